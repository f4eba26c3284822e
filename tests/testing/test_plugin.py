"""The pytest plugin for a team's own link: the example of the documentation, and what mistakes print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from entra_sync.cli import app, commands
from entra_sync.errors import ConfigurationError, EntraSyncError
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.microsoft.tenant import Tenant
from entra_sync.operate.project.configuration import configuration, configure
from entra_sync.testing import Synchronized
from tests.emulator.api import Api

FEDERAL = "22222222-2222-4222-8222-222222222222"
PAGE = Path(__file__).parents[2] / "docs" / "guide" / "testing.md"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of the page: a new project with the files that the page shows."""
    directory = tmp_path_factory.mktemp("example") / "my-link"
    commands.register(app)
    assert 0 == CliRunner().invoke(app, ["new", str(directory)]).exit_code
    for name, text in re.findall(r"^`([\w./]+)`[^`\n]*.*?\n\n```\w+\n(.*?)^```", PAGE.read_text(), re.M | re.S):
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return directory


def test_the_example_of_the_page_passes(example: Path) -> None:
    """As a team runs it: pytest in the repository, without an engine."""
    listed = set(re.findall(r"── ([\w.]+\w)$", PAGE.read_text(), re.MULTILINE))
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=example,
        env={**os.environ, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == run.returncode, run.stdout + run.stderr
    assert "4 passed" in run.stdout
    assert listed <= {path.name for path in example.rglob("*")}


@pytest.fixture
def edited(example: Path, tmp_path: Path) -> Callable[..., Path]:
    """Copies the example and replaces a text in one of its files."""

    def edit(name: str, old: str, new: str) -> Path:
        for file in (path for path in example.rglob("*") if path.is_file()):
            copy = tmp_path / file.relative_to(example)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
        text = (tmp_path / name).read_text()
        assert old in text
        (tmp_path / name).write_text(text.replace(old, new))
        return tmp_path

    return edit


USERS, GROUPS = "tests/tenants/contoso.csv", "tests/tenants/contoso.groups.csv"


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (USERS, "country", "contry", 'contoso.csv:2: a user has no property "contry"; did you mean "country"?'),
        (USERS, "userPrincipalName", "upn", 'contoso.csv: the column "userPrincipalName" is missing'),
        (USERS, "ada@contoso.com,Ada", "ada,Ada", 'contoso.csv:2: userPrincipalName: "ada" has no @ and domain'),
        (USERS, "ada@contoso.com,Ada", ",Ada", "contoso.csv:2: userPrincipalName is empty"),
        (USERS, "grace@contoso.com,", "ada@contoso.com,", "contoso.csv:3: Another object with the same value"),
        (USERS, "Sales,Employee,Sales,", "Sales,Employee", "contoso.csv:5: the first line has 7 columns"),
        (USERS, "Support,ada@", "Support,eve@", 'manager: no row has userPrincipalName "eve@contoso.com"'),
        (USERS, "employeeType", "accountEnabled", 'accountEnabled: must be true or false, got "Employee"'),
        (USERS, "employeeType", "signInActivity", "values of type signInActivity cannot be given in a CSV file"),
        (USERS, "employeeType", "id", 'contoso.csv:2: id: "Employee" is not an object id (a GUID)'),
        (
            GROUPS,
            ",aaaaaaaa-",
            ",bbbbbbbb-",
            "tenant contoso (global) has no group aaaaaaaa-",
        ),
        (GROUPS, ",aaaaaaaa-", ",", 'contoso.groups.csv:2: id: "aaaa-4aaa-8aaa-aaaaaaaaaaaa" is not an object id'),
        ("Pulumi.test.yaml", "config:", "config: {", "it is not the configuration of a stack"),
        ("__main__.py", '"displayName"', '"displayNam"', "displayNam"),
        ("__main__.py", "link = ", "link = None and ", "__main__.py: 'NoneType' object has no attribute 'job'"),
    ],
)
def test_a_mistake_is_one_line(edited: Callable[..., Path], name: str, old: str, new: str, message: str) -> None:
    """It names the file, and the line of a CSV file."""
    directory = edited(name, old, new)
    with pytest.raises(ConfigurationError) as refused:
        Synchronized(directory, "test", directory / "tests" / "tenants")

    assert message in str(refused.value)
    assert ": :" not in str(refused.value) and "\n" not in str(refused.value)


def test_a_file_of_no_tenant_is_named(edited: Callable[..., Path]) -> None:
    """A misspelled file name does not leave a tenant empty in silence."""
    directory = edited(USERS, "", "")
    (directory / "tests/tenants/federal.csv").rename(directory / "tests/tenants/fedral.csv")
    with pytest.raises(ConfigurationError, match="the program has no tenant fedral, only contoso, federal"):
        Synchronized(directory, "test", directory / "tests" / "tenants")


def test_what_is_not_there_is_an_error(example: Path) -> None:
    """A misspelled user is not a user who is not synchronized."""
    made = Synchronized(example, "test", example / "tests" / "tenants")
    for ask, message in [
        (lambda: made.account("ade@contoso.com"), 'contoso has no user "ade@contoso.com"; similar: ada@contoso.com'),
        (lambda: made.change("ada@contoso.com", contry="DE"), 'no property "contry"; did you mean "country"?'),
        (lambda: made.account("ada@contoso.com", target="x"), 'has the target "x"; targets are federal'),
    ]:
        with pytest.raises(EntraSyncError) as refused:
            ask()  # type: ignore[no-untyped-call]
        assert message in str(refused.value)


def test_a_cycle_that_fails_is_an_error(example: Path) -> None:
    """A test that expects no account would pass otherwise. The job is in quarantine until later, which is one too."""
    made = Synchronized(example, "test", example / "tests" / "tenants")
    contoso = made.emulator.tenants["contoso"]
    path = f"/policies/crossTenantAccessPolicy/partners/{FEDERAL}"
    Api(made.emulator, contoso).patch(path, {"automaticUserConsentSettings": {"outboundAllowed": False}})
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"the job from contoso to federal is in quarantine.* outbound"):
            made.run_cycle()

    made.change("ada@contoso.com", country="DE")
    Api(made.emulator, contoso).patch(path, {"automaticUserConsentSettings": {"outboundAllowed": True}})
    made.emulator.clock.advance(timedelta(hours=12))
    assert [{"delete": 1}] == [summary.counts for summary in made.run_cycle()]


def test_a_cycle_returns_that_deletions_were_held_back(edited: Callable[..., Path]) -> None:
    """The accounts are still there, and the next cycle waits."""
    directory = edited("__main__.py", "deletion_threshold=50", "deletion_threshold=1")
    made = Synchronized(directory, "test", directory / "tests" / "tenants")
    before = made.accounts()
    for user in before:
        made.change(user, country="DE")

    assert ["TooManyDeletes"] == [summary.reason for summary in made.run_cycle()]
    assert before == made.accounts()
    with pytest.raises(ConfigurationError, match="The number of deletions in this cycle is above the threshold"):
        made.run_cycle()


def test_a_snapshot_of_the_emulator_stands_in_for_the_files(example: Path, tmp_path: Path) -> None:
    """With the same tenants, the program finds the users that the snapshot has."""
    made = Synchronized(example, "test", example / "tests" / "tenants")
    made.change("ada@contoso.com", displayName="Ada King")
    made.emulator.snapshot(tmp_path / "emulator.sqlite3")
    again = Synchronized(example, "test", tmp_path / "emulator.sqlite3")
    account = again.account("ada@contoso.com")

    assert account is not None and "Ada King (Contoso)" == account["displayName"]
    assert made.accounts() == again.accounts()


@pytest.fixture
def kept(example: Path, tmp_path: Path) -> tuple[Synchronized, Path]:
    """Tenants whose link is up, and what ``entra-sync impact --save`` keeps of them."""
    made = Synchronized(example, "test", example / "tests" / "tenants")
    (link,) = made.links
    file, directory = tmp_path / "link.json", tmp_path / "kept"
    file.write_bytes(link.content())

    def make(tenant: Tenant) -> Graph:
        emulator = made.emulator
        return Graph(tenant, credential=emulator.credential(tenant.name), transport=emulator.transport())

    commands.register(app)
    with connecting(make):
        assert 0 == CliRunner().invoke(app, ["impact", "--link", str(file), "--save", str(directory)]).exit_code
    return made, directory


def test_what_a_plan_saved_stands_in_for_the_files(kept: tuple[Synchronized, Path], example: Path) -> None:
    """The same users are synchronized into the accounts that they have, and a change acts on them."""
    made, directory = kept
    again = Synchronized(example, "test", directory)
    before, after = made.account("ada@contoso.com"), again.account("ada@contoso.com")
    assert before is not None and after is not None
    assert ["ada@contoso.com", "grace@contoso.com"] == made.accounts() == again.accounts()
    assert (before["id"], "Ada Lovelace (Contoso)") == (after["id"], after["displayName"])
    users = [sorted(user.id for user in each.emulator.service.store.objects(FEDERAL, "user")) for each in (made, again)]
    assert users[0] == users[1]
    again.change("ada@contoso.com", country="DE")
    again.run_cycle()
    assert ["grace@contoso.com"] == again.accounts()


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("__main__.py", '"employeeType"', '"extensionAttribute7"', "was taken without extensionAttribute7"),
        ("Pulumi.test.yaml", "aaaaaaaa-aaaa", "bbbbbbbb-bbbb", "tenant contoso .global. has no group bbbbbbbb-bbbb"),
        (
            "Pulumi.test.yaml",
            "{tenantId: 1111",
            "{tenantId: 3333",
            "kept has no tenant 33331111-.*; it has contoso .1111",
        ),
    ],
)
def test_what_a_plan_did_not_read_is_not_empty(
    kept: tuple[Synchronized, Path], edited: Callable[..., Path], name: str, old: str, new: str, message: str
) -> None:
    """A program that needs more than was saved is refused."""
    directory = edited(name, old, new)
    with pytest.raises(ConfigurationError, match=message):
        Synchronized(directory, "test", kept[1])


def test_damaged_data_is_one_line(kept: tuple[Synchronized, Path], example: Path) -> None:
    """It names the directory."""
    (description,) = kept[1].glob("*/read.json")
    description.write_text("{")
    with pytest.raises(ConfigurationError) as refused:
        Synchronized(example, "test", kept[1])

    assert f"what was kept in {description.parent} is damaged" in str(refused.value)


@pytest.mark.parametrize("project", [{"name": "links"}, {}], ids=["named", "named like its folder"])
def test_a_setting_without_a_namespace_is_the_projects(tmp_path: Path, project: dict[str, str]) -> None:
    """A project without a name has that of its folder."""
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  groups: one\n  azure:location: two\n")
    name = project.get("name", tmp_path.name)

    assert {f"{name}:groups": "one", "azure:location": "two"} == configuration(tmp_path, project, "dev")
    assert f"{name}:new" in configure(tmp_path, project, "dev", {"new": 3}).read_text()
