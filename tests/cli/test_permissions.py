"""``entra-sync permissions``: every program runs on exactly what is listed."""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from entra_sync.base.kinds import PACKAGED
from entra_sync.base.preview import UNKNOWN_TEXT
from entra_sync.emulator import Emulator
from entra_sync.emulator.graph import ROUTES
from entra_sync.emulator.identity.permissions import alternatives as accepted
from entra_sync.errors import ConfigurationError
from entra_sync.graph.permissions import alternatives, least
from entra_sync.microsoft.tenant import Tenant
from entra_sync.operate import clock
from entra_sync.operate.doctor import diagnose
from entra_sync.operate.project import requirements
from entra_sync.operate.project.program import Program
from entra_sync.operate.project.purpose import Purpose
from entra_sync.operate.project.requirements import COMMANDS, Declared, needs, operations
from tests.cli.commands import answer, run
from tests.cli.conftest import ROOT, configuration, objects, program
from tests.ownership.engine import Stack, text_of

JSON = Any

PROGRAMS = ("commercial_to_government", "licensed_rollout", "quickstart", "single_resources")


def declared(name: str, emulator: Emulator) -> list[requirements.Declared]:
    """What a program declares with the emulator's tenants."""
    project = Program(ROOT / "programs" / name)
    prefix = project.project()[1]["name"]
    config = {f"{prefix}:{key}": text_of(value) for key, value in configuration(emulator).items()}
    return project.declared(config)


class Held:
    """The credentials of a stack: exactly the permissions for a purpose."""

    def __init__(self, emulator: Emulator, resources: list[requirements.Declared]) -> None:
        self.emulator, self.resources = emulator, resources
        self.roles: dict[str, list[str]] = {}
        self.tenants = dict(emulator.tenants)
        self.all = emulator.credential
        emulator.credential = self.credential  # type: ignore[method-assign]

    def only(self, purpose: Purpose) -> None:
        """From now on tokens have the permissions for *purpose*."""
        found = defaultdict(list)
        for need in needs(self.resources, purpose):
            found[need.tenant].append(need.permission)
        self.roles = dict(found)

    def credential(self, tenant: Any, roles: Any = None) -> Any:
        """What gets tokens for a tenant."""
        return self.all(tenant, self.roles[tenant])


def asked(emulator: Emulator, start: int) -> dict[str, set[str]]:
    """Requests since number *start*, by tenant, as the emulator's routes name them; and which of them were refused."""
    found = defaultdict(set)
    for record in emulator.requests[start:]:
        path = re.sub(r"^/(v1\.0|beta)", "", record.path.split("?")[0]).lower()
        if path.endswith("/$batch") or "/oauth2/" in path or not record.tenant:
            continue
        path = re.sub(r"\(appid='[^']*'\)", "/{id}", path)
        path = re.sub(r"(?<=/approleassignedto/).+|(?<=/authenticationmethodconfigurations/).+", "{id}", path)
        path = re.sub(r"(?<=/jobs/)(?!validatecredentials)[^/]+|(?<=/templates/)[^/]+", "{id}", path)
        path = re.sub(r"\('[^']*'\)$", "", path)
        path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "{id}", path)
        found[record.tenant].add(f"{record.method} {path}{' refused' if record.status == 403 else ''}")
    return dict(found)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_runs_on_exactly_its_permissions(name: str, emulator: Emulator, monkeypatch: Any) -> None:
    """From preview to destroy, no request is refused and each is in the table."""
    resources = declared(name, emulator)
    held = Held(emulator, resources)
    text = program(name)
    if "limits=" not in text:
        text = text.replace("    scope=", '    limits=entra.Limits(allow=["removed"]),\n    scope=', 1)
    text = text.replace("entra.Limits(max_removed=25)", 'entra.Limits(allow=["removed"])')
    stack = Stack(emulator, text, configuration(emulator))

    def check(purpose: Purpose, act: Any) -> None:
        held.only(purpose)
        start = len(emulator.requests)
        act()
        listed = {
            tenant: {f"{method} {path}".lower() for method, path in found}
            for tenant, found in operations(resources, purpose).items()
        }
        for tenant, requests in asked(emulator, start).items():
            assert set() == {each for each in requests if each.lower() not in listed[tenant]}, (purpose, tenant)

    monkeypatch.setenv("ENTRA_SYNC_READ_ONLY", "1")
    check(Purpose.PREVIEW, stack.preview)
    monkeypatch.delenv("ENTRA_SYNC_READ_ONLY")
    check(Purpose.UP, stack.up)
    emulator.run_cycle()
    check(Purpose.UP, stack.refresh)
    stack.config["groups"] = stack.config["groups"][:1]
    stack.config["allow"] = ["removed"]
    monkeypatch.setenv("ENTRA_SYNC_READ_ONLY", "1")
    check(Purpose.PREVIEW, stack.preview)
    monkeypatch.delenv("ENTRA_SYNC_READ_ONLY")
    check(Purpose.UP, stack.up)
    check(Purpose.DESTROY, stack.destroy)


LICENSES = """
import pulumi

import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
licenses = [entra.License(sku=each) for each in config.require_object("products")]
groups = [entra.Group(group) for group in config.require_object("groups")]
entra.LicensedScope("scope", tenant=contoso, principals=groups[:1], licenses=licenses)
entra.LicenseAssignment("group", tenant=contoso, principal=groups[1], licenses=licenses)
"""


def test_licenses_without_a_link_run_on_exactly_their_permissions(emulator: Emulator) -> None:
    """A destroy reads which links use a license; without the permission it would leave the license."""
    for product in ("AAD_PREMIUM", "AAD_PREMIUM_P2"):
        emulator.tenants["contoso"].add_subscription(product, 60)
    stack = Stack(emulator, LICENSES, {**configuration(emulator), "products": ["AAD_PREMIUM", "AAD_PREMIUM_P2"]})
    tenant = {"name": "contoso"}
    held = Held(emulator, [Declared(kind, {"tenant": tenant}) for kind in ("LicensedScope", "LicenseAssignment")])
    held.only(Purpose.UP)
    stack.up()
    stack.config["products"] = ["AAD_PREMIUM"]
    stack.up()
    assigned = [each.get("assignedLicenses") or [] for each in objects(emulator, "contoso", "group").values()]
    held.only(Purpose.DESTROY)
    stack.destroy()
    left = [each.get("assignedLicenses") or [] for each in objects(emulator, "contoso", "group").values()]

    assert [1, 1] == [len(each) for each in assigned if each]
    assert [] == [each for each in left if each]


@pytest.mark.parametrize("name", PROGRAMS)
def test_doctor_asks_what_its_row_lists(
    name: str, emulator: Emulator, connected: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first up of each program with a link; the page shows the row."""
    resources = declared(name, emulator)
    start = len(emulator.requests)
    monkeypatch.setattr(clock, "now", emulator.clock.now)
    list(diagnose(resources, [Purpose.UP]))
    sides = zip(("contoso", "federal"), COMMANDS["doctor"], strict=True)
    listed = {f"{tenant} {each}".lower() for tenant, side in sides for each in side}
    sent = {f"{tenant} {each}".lower() for tenant, found in asked(emulator, start).items() for each in found}

    assert sent and set() == sent - listed


def test_microsoft_s_tables_accept_every_permission_for_its_requests() -> None:
    """The emulator's rows come from the reference pages, and this package's from what it sends."""
    routes = {route.key for route in ROUTES.routes}
    tables = (requirements.READS, requirements.WRITES, requirements.DELETES, requirements.TARGET)
    requests = {each for table in tables for found in table.values() for each in found}
    requests |= {each for sides in COMMANDS.values() for side in sides for each in side}
    for request in sorted(requests):
        method, path = request.split(" ", 1)
        key = f"{method} {path.replace('members/microsoft.graph.user', 'members').lower()}"
        assert key in routes, request
        known = [set(each) for each in accepted(key, delegated=False)]
        for mine in alternatives(method, path)[:1]:
            assert any(mine >= each for each in known), (request, mine, known)


def test_the_table_has_a_column_for_each_purpose(emulator: Emulator, monkeypatch: Any) -> None:
    """A reading pipeline gets no permission to write."""
    monkeypatch.setattr(Program, "config", lambda self: prefixed(emulator))
    found = answer("permissions", "--program", str(ROOT / "programs" / "quickstart"))

    assert ["contoso", "federal"] == [each["tenant"] for each in found]
    contoso = found[0]["permissions"]
    assert "Synchronization.ReadWrite.All" in contoso["up"]
    assert [] == [each for each in contoso["pull-request"] if "Write" in each]
    text = run("permissions", "--program", str(ROOT / "programs" / "quickstart")).stdout
    assert re.search(r"AppRoleAssignment.ReadWrite.All +yes", text)


def test_scripts_grant_what_is_listed(emulator: Emulator, monkeypatch: Any) -> None:
    """For both shells, with the cloud's own names; the client id comes from the environment."""
    monkeypatch.setattr(Program, "config", lambda self: prefixed(emulator))
    monkeypatch.setenv("ENTRA_FEDERAL_CLIENT_ID", "11111111-2222-4333-8444-555555555555")
    arguments = ("permissions", "--program", str(ROOT / "programs" / "quickstart"), "--for", "pull-request")
    az, powershell = (run(*arguments, "--script", shell).stdout for shell in ("az", "powershell"))

    assert "az cloud set --name AzureUSGovernment" in az and "graph.microsoft.us" in az
    assert "-Environment USGov " in powershell
    for text in (az, powershell):
        assert "11111111-2222-4333-8444-555555555555" in text and "<ENTRA_CONTOSO_CLIENT_ID>" in text
        assert "User.Read.All" in text and "ReadWrite.All" not in text.replace("AppRoleAssignment.ReadWrite.All", "")


def test_a_program_that_does_not_run_says_why(tmp_path: Path) -> None:
    """The last line of what Python says."""
    (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
    (tmp_path / "__main__.py").write_text("import nonsense_that_is_not_there\n")

    with pytest.raises(Exception, match="does not run: ModuleNotFoundError: No module named 'nonsense"):
        Program(tmp_path).declared({})


YAML = ROOT / "programs" / "quickstart_yaml"


def printing(folder: Path, text: str, code: int = 0) -> tuple[str, ...]:
    """An engine that prints *text*, and in the file ``asked`` how it was started."""
    script = folder / "engine.py"
    script.write_text(
        "import os, sys\n"
        f"print(sys.argv[3:], os.environ['ENTRA_SYNC_DECLARE_ONLY'], file=open({str(folder / 'asked')!r}, 'w'))\n"
        f"print({text!r}); sys.exit({code})\n"
    )
    return (sys.executable, str(script))


def test_a_program_in_another_language_declares_what_a_preview_lists(tmp_path: Path) -> None:
    """Once each, with None for what is not known; other packages' resources are left out. It asks no tenant."""
    job = f"urn:pulumi:test::p::{PACKAGED}SynchronizationJob::job"
    inputs = {"tenant": {"name": "contoso"}, "servicePrincipalId": UNKNOWN_TEXT, "restart": {"trigger": UNKNOWN_TEXT}}
    state = {"type": f"{PACKAGED}SynchronizationJob", "urn": job, "inputs": inputs, "deletedWith": "urn"}
    steps = [
        {"op": "same", "newState": {"type": "pulumi:pulumi:Stack", "urn": "stack"}},
        {"op": "replace", "newState": state},
        {"op": "create-replacement", "newState": state},
        {"op": "delete", "oldState": state},
    ]
    found = Program(YAML, "test", printing(tmp_path, json.dumps({"steps": steps}))).declared()

    expected = {"tenant": {"name": "contoso"}, "servicePrincipalId": None, "restart": {"trigger": None}}
    assert [Declared("SynchronizationJob", expected, deleted_with=True, urn=job)] == found
    options = ["never", "preview", "--json", "--stack", "test"]
    assert f"{options} true\n" == (tmp_path / "asked").read_text()


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (
            json.dumps(
                {"diagnostics": [{"severity": "error", "message": f"{PACKAGED}Job job has a problem: x: no\n"}]}
            ),
            255,
            "does not run: entra:Job job: x: no",
        ),
        ("error: no stack selected", 255, "does not run: no stack selected"),
        ('{"steps": []}', 1, "does not run: the engine printed no plan"),
        ("{}", 0, "does not run: {}"),
    ],
    ids=["refused", "no-stack", "failed", "no-plan"],
)
def test_a_preview_that_fails_says_why(text: str, code: int, said: str, tmp_path: Path) -> None:
    """In the words of the engine: an incomplete plan would list too few permissions."""
    with pytest.raises(ConfigurationError) as refused:
        Program(YAML, "test", printing(tmp_path, text, code)).declared()

    assert f"the program in {YAML} {said}" == str(refused.value)


def test_only_a_python_program_runs_without_an_engine() -> None:
    """Tests of a link run the program in their process."""
    with pytest.raises(ConfigurationError, match="has the runtime 'yaml': only a Python program runs without the"):
        Program(YAML).main()


def prefixed(emulator: Emulator) -> dict[str, str]:
    """The quickstart's configuration, as the engine prints it."""
    prefix = Program(ROOT / "programs" / "quickstart").project()[1]["name"]
    return {f"{prefix}:{key}": text_of(value) for key, value in configuration(emulator).items()}


def test_tenants_are_those_of_the_program(emulator: Emulator) -> None:
    """Each once."""
    found = requirements.tenants(declared("quickstart", emulator))

    assert ["contoso", "federal"] == [each.name for each in found]
    assert all(isinstance(each, Tenant) for each in found)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("status", ("status",)),
        ("logs", ("logs", "--since", "2026-01-01")),
        ("logs --audit", ("logs", "--audit", "--since", "2026-01-01")),
        ("restart, pause, resume", ("restart", "--yes")),
        ("restart, pause, resume", ("pause", "--yes")),
        ("provision", ("provision", "USER", "--yes")),
        ("why", ("why", "USER")),
        ("import", ("import", "--source", "contoso", "--target", "federal", "--directory", "NEW")),
    ],
)
def test_a_command_runs_on_exactly_its_permissions(
    name: str, arguments: tuple[str, ...], link_file: Path, emulator: Emulator, monkeypatch: Any
) -> None:
    """No request is refused with what the page lists for the command."""
    for tenant, found in emulator.tenants.items():
        monkeypatch.setenv(f"ENTRA_{tenant.upper()}_TENANT_ID", found.tenant_id)
        monkeypatch.setenv(f"ENTRA_{tenant.upper()}_CLOUD", str(found.cloud))
    user = next(iter(objects(emulator, "contoso", "user").values()))["userPrincipalName"]
    words = [{"USER": user, "NEW": str(link_file.parent / "new")}.get(each, each) for each in arguments]
    sides = zip(("contoso", "federal"), COMMANDS[name], strict=True)
    roles = {tenant: list(least(tuple(each.split(" ", 1)) for each in side)) for tenant, side in sides}  # type: ignore[misc]
    everything = emulator.credential
    monkeypatch.setattr(emulator, "credential", lambda tenant, _=None: everything(tenant, roles[tenant]))
    start = len(emulator.requests)
    result = run(*words, *(() if name == "import" else ("--link", str(link_file))), "--json")

    assert 0 == result.exit_code, (result.output, result.exception)
    assert [] == [record.path for record in emulator.requests[start:] if record.status == 403]
