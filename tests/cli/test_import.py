"""``entra-sync import``: the program that it writes changes nothing but the record of who owns the link."""

from __future__ import annotations

import ast
import io
import json
import random
import tokenize
from pathlib import Path
from typing import Any

import pytest
import yaml

from entra_sync.emulator import Emulator
from entra_sync.errors import ConfigurationError
from tests.cli.commands import answer, run
from tests.cli.conftest import act, configuration, objects, program
from tests.ownership.engine import Stack

JSON = Any


@pytest.fixture
def variables(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both tenants in the environment."""
    for name, tenant in emulator.tenants.items():
        monkeypatch.setenv(f"ENTRA_{name.upper()}_TENANT_ID", tenant.tenant_id)
        monkeypatch.setenv(f"ENTRA_{name.upper()}_CLOUD", str(tenant.cloud))


def imported(directory: Path) -> tuple[str, dict[str, JSON]]:
    """Text and configuration of the program that was written."""
    config = yaml.safe_load((directory / "Pulumi.dev.yaml").read_text())["config"]
    return (directory / "__main__.py").read_text(), {key.split(":")[1]: value for key, value in config.items()}


def sent(emulator: Emulator, start: int) -> list[str]:
    """What was sent since a request, but for checks of the link."""
    return [
        f"{method} {path}" for method, path, _ in emulator.requests.calls(start) if "validateCredentials" not in path
    ]


def policies(emulator: Emulator) -> JSON:
    """The settings about partners of both tenants."""
    address = "/v1.0/policies/crossTenantAccessPolicy"
    return [
        act(emulator, tenant, "GET", f"{address}/{part}")
        for tenant in ("contoso", "federal")
        for part in ("", "default", "partners?$expand=identitySynchronization")
    ]


def single_quoted(text: str) -> list[str]:
    """Texts in single quotes, which a formatter would change: those without a double quote in them."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    texts = [each.string for each in tokens if each.type == tokenize.STRING]
    return [each for each in texts if each.startswith("'") and '"' not in each]


@pytest.mark.parametrize("name", ["quickstart", "commercial_to_government"])
def test_round_trip(name: str, emulator: Emulator, tmp_path: Path, variables: None, connected: None) -> None:
    """Import, up without a write, destroy; for links that have no record, as those of the portal."""
    made = Stack(emulator, program(name), configuration(emulator))
    made.up()
    (application,) = [state for urn, state in made.state.items() if urn.endswith("-application")]
    path = f"/v1.0/applications/{application.outputs['applicationId']}"
    act(emulator, "contoso", "PATCH", path, {"tags": []})
    emulator.run_cycle()
    start = len(emulator.requests)
    answer("import", "--source", "contoso", "--target", "federal", "--directory", str(tmp_path / "p"))

    assert [] == sent(emulator, start)
    text, config = imported(tmp_path / "p")
    ast.parse(text)
    assert [] == single_quoted(text)
    assert "ENTRA_FEDERAL_CLIENT_ID" in (tmp_path / "p" / "README.md").read_text()
    assert "# Engineering" in text
    start = len(emulator.requests)
    again = Stack(emulator, text, config)
    again.up()
    writes = sent(emulator, start)

    assert [] == [each for each in writes if not each.startswith("PATCH /v1.0/applications/")], text
    again.destroy()
    assert {} == again.state


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('Append([displayName], " (', 'Append([displayName], " (the new ', id="mapping"),
        pytest.param(").is_not_null()", ').is_not_null(), entra.clause("city").not_equals("Atlantis")', id="filter"),
    ],
)
def test_every_step_sends_what_its_preview_lists(
    old: str, new: str, emulator: Emulator, stack: Stack, tmp_path: Path, variables: None, connected: None
) -> None:
    """Import, preview, up, change, preview, up, destroy: a link without a record, and a target that stays as it was."""
    (application,) = [state for urn, state in stack.state.items() if urn.endswith("-application")]
    (job,) = [state for urn, state in stack.state.items() if urn.endswith("-job")]
    address = f"/v1.0/applications/{application.outputs['applicationId']}"
    principal = application.outputs["servicePrincipalId"]
    job_address = f"/v1.0/servicePrincipals/{principal}/synchronization/jobs/{job.outputs['jobId']}"
    act(emulator, "contoso", "PATCH", address, {"tags": []})
    answer("import", "--source", "contoso", "--target", "federal", "--directory", str(tmp_path / "p"))
    text, config = imported(tmp_path / "p")
    assert 1 == text.count(old)
    again, before = Stack(emulator, text, config), policies(emulator)

    def step() -> list[str]:
        """Previews, carries out, and returns what was listed."""
        start = len(emulator.requests)
        listed = again.preview()
        assert [] == sent(emulator, start)
        again.up()
        assert listed == sent(emulator, start)
        return listed

    assert [f"PATCH {address}"] == step()
    again.text = text.replace(old, new)
    assert [f"PUT {job_address}/schema"] == step()
    assert [] == step()
    start = len(emulator.requests)
    again.destroy()
    record = f"PATCH {address}"
    assert [f"DELETE {job_address}", f"DELETE {address}"] == [each for each in sent(emulator, start) if each != record]
    assert before == policies(emulator)


def drawn(draw: random.Random, emulator: Emulator) -> str:
    """A program with a link of random options, as an administrator may choose them in the portal."""
    groups = sorted(objects(emulator, "contoso", "group"))
    users = sorted(id for id, doc in objects(emulator, "contoso", "user").items() if doc["userType"] == "Member")
    scope = [f"entra.Group({id!r})" for id in draw.sample(groups, draw.randint(1, 3))]
    scope += [f"entra.User({id!r})" for id in draw.sample(users, draw.randint(0, 2))]
    clauses = draw.sample(
        [
            'entra.clause("country").equals("US")',
            'entra.clause("employeeType").is_not_null()',
            'entra.clause("department").not_equals("Legal")',
            'entra.clause("city").matches("^[A-M]")',
        ],
        draw.randint(1, 3),
    )
    mappings = draw.choice(
        [
            "",
            '.replace("displayName", entra.expr(\'Append([displayName], " (Contoso)")\'))',
            '.without("telephoneNumber")',
            '.replace("department", entra.expr(\'IIF([department] = "Legal", "", [department])\'))',
        ]
    )
    return f"""
import pulumi
import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))
entra.CrossCloudLink(
    "drawn",
    source=contoso,
    target=federal,
    scope=[{", ".join(scope)}],
    filters=entra.any_of(entra.all_of({", ".join(clauses)})),
    mappings=entra.defaults(contoso.cloud, federal.cloud){mappings},
    notify={draw.choice(["()", '"ops@contoso.com"', '["ops@contoso.com", "more@contoso.com"]'])},
    deletion_threshold={draw.choice([1, 50, 500])},
    actions={draw.choice([None, ["create", "update"], ["create", "update", "delete"]])},
)
"""


@pytest.mark.parametrize("seed", range(3))
def test_round_trip_of_random_links(
    seed: int, emulator: Emulator, tmp_path: Path, variables: None, connected: None
) -> None:
    """Whatever the options are, the imported program only writes the record of who owns the link.

    The job has run: the schema of a job that never ran is always written, even if it is the same.
    """
    text = drawn(random.Random(seed), emulator)
    made = Stack(emulator, text, configuration(emulator))
    made.up()
    (application,) = [state for urn, state in made.state.items() if urn.endswith("-application")]
    act(emulator, "contoso", "PATCH", f"/v1.0/applications/{application.outputs['applicationId']}", {"tags": []})
    emulator.run_cycle()
    answer("import", "--source", "contoso", "--target", "federal", "--directory", str(tmp_path / "p"))
    imported_text, config = imported(tmp_path / "p")
    start = len(emulator.requests)
    again = Stack(emulator, imported_text, config)
    again.up()
    writes = [each for each in sent(emulator, start) if not each.startswith("PATCH /v1.0/applications/")]

    assert [] == writes, f"{text}\n{imported_text}"
    again.destroy()
    assert {} == again.state


def test_a_directory_with_files_is_refused(tmp_path: Path) -> None:
    """Nothing is overwritten."""
    (tmp_path / "mine").write_text("")
    result = run("import", "--source", "a", "--target", "b", "--directory", str(tmp_path))

    assert isinstance(result.exception, ConfigurationError) and "is not empty" in str(result.exception)


def test_no_link_asks_whether_the_tenants_are_swapped(link_file: Path, tmp_path: Path, variables: None) -> None:
    """From the target to the source there is none."""
    result = run("import", "--source", "federal", "--target", "contoso", "--directory", str(tmp_path / "p"))

    assert "are source and target swapped?" in str(result.exception)
    assert not (tmp_path / "p").exists()


def test_a_name_that_no_link_has_is_answered_with_the_names_that_there_are(
    link_file: Path, tmp_path: Path, variables: None
) -> None:
    """The tenants are the right ones."""
    options = ("--source", "contoso", "--target", "federal", "--directory", str(tmp_path / "p"), "--name", "other")
    said = str(run("import", *options).exception)

    assert 'is called "other"; there are: "contoso-to-federal" (' in said


def test_a_link_of_terraform_is_chosen_by_its_state(
    link_file: Path, tmp_path: Path, variables: None, emulator: Emulator
) -> None:
    """The answer names what to take out of Terraform, so that two tools do not manage one application."""
    owner = json.loads(link_file.read_text())["servicePrincipalId"]
    kinds: dict[str, JSON] = {
        "azuread_application": {"client_id": "c"},
        "azuread_service_principal": {"object_id": owner, "client_id": "c"},
        "azuread_synchronization_job": {"service_principal_id": f"/servicePrincipals/{owner}"},
        "azuread_group": {"object_id": owner},
    }
    resources = [
        {"mode": "managed", "type": kind, "name": "sync", "instances": [{"attributes": values}]}
        for kind, values in kinds.items()
    ]
    resources[2] |= {
        "module": "module.link",
        "instances": [{"index_key": "a", "attributes": kinds[resources[2]["type"]]}],
    }
    (tmp_path / "terraform.tfstate").write_text(json.dumps({"version": 4, "resources": resources}))
    arguments = ("import", "--source", "contoso", "--target", "federal", "--directory", str(tmp_path / "p"))
    found = answer(*arguments, "--terraform", str(tmp_path))

    assert [
        "azuread_application.sync",
        "azuread_service_principal.sync",
        'module.link.azuread_synchronization_job.sync["a"]',
    ] == found["terraform"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "terraform state pull"),
        ("{", "it is not JSON"),
        ("{}", "is not a Terraform state of format 4"),
        ('{"version": 4, "resources": []}', "has no azuread_synchronization_job"),
    ],
)
def test_a_state_that_cannot_be_used_is_one_line(text: str | None, message: str, tmp_path: Path) -> None:
    """Nothing is read from a tenant, and nothing is written."""
    if text is not None:
        (tmp_path / "terraform.tfstate").write_text(text)
    arguments = ("import", "--source", "a", "--target", "b", "--directory", str(tmp_path / "p"))
    result = run(*arguments, "--terraform", str(tmp_path))

    assert message in str(result.exception)
    assert not (tmp_path / "p").exists()
