"""Tenants whose names are hostile, and whose answers have another form than documented, beside each command."""

from __future__ import annotations

import ast
import random
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from entra_sync.emulator import Emulator
from entra_sync.errors import ConfigurationError, EntraSyncError
from entra_sync.errors.visible import visible
from entra_sync.expressions import AttributeMapping, Mappings, all_of, any_of, clause
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.microsoft.tenant import Tenant
from entra_sync.operate.importing import Imported, project
from entra_sync.operate.links import ExistingLink
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs
from tests.base.hostile import HARMFUL
from tests.cli.commands import run
from tests.cli.conftest import act, objects
from tests.faults.wire import Changing, changed

JSON = Any
SOURCE = Tenant("contoso", tenant_id="a0000000-0000-4000-8000-00000000000a", cloud="global")
TARGET = Tenant("federal", tenant_id="b0000000-0000-4000-8000-00000000000b", cloud="usgov")
OWNER = "c0000000-0000-4000-8000-00000000000c"


def imported(name: str) -> Imported:
    """A link in which everything that has a free text has this one."""
    return Imported(
        link=ExistingLink(name, SOURCE, TARGET.tenant_id, name, OWNER, True),
        target=TARGET,
        principals=[("Group", OWNER, name), ("User", OWNER, name)],
        mappings=Mappings([AttributeMapping(target="city", source="[city]", default=name)]),
        filters=any_of(all_of(clause("city").equals(name), name=name)),
        actions=[name],
        settings=SynchronizationSecretsArgs(
            tenant=SOURCE, service_principal_id=OWNER, target_tenant_id=TARGET.tenant_id
        ),
        running=False,
        template=name,
    )


@pytest.mark.parametrize("name", HARMFUL.values(), ids=HARMFUL)
def test_an_imported_program_holds_names_as_texts_and_runs_nothing_of_them(name: str) -> None:
    files = project(imported(name), "link", "dev")
    tree, harmless = ast.parse(files["__main__.py"]), ast.parse(project(imported("x"), "link", "dev")["__main__.py"])
    texts = [each.value for each in ast.walk(tree) if isinstance(each, ast.Constant)]

    assert [type(each) for each in ast.walk(harmless)] == [type(each) for each in ast.walk(tree)]
    assert 6 == texts.count(name)
    assert [] == [each for each in files["__main__.py"].splitlines() if not each.isprintable()]
    assert files == {each: text.encode().decode() for each, text in files.items()}


def test_names_are_no_markup_in_the_readme_of_an_imported_program() -> None:
    readme = project(imported(HARMFUL["Markdown"]), "link", "dev")["README.md"]
    expected = (
        r"\[x\](http&#8203;://evil.example) \!\[x\](http&#8203;://evil.example/x.png) \<script\>x\</script\> \`id\` "
        r"&#64;&#8203;admin \#&#8203;1 \# x"
    )

    assert f'Declares the link "{expected}" as it was' in readme


@pytest.mark.parametrize(
    ("option", "value"),
    [("--stack", "../../x"), ("--stack", "a/b/c/d"), ("--stack", "a b"), ("--project", "a:b"), ("--project", "")],
)
def test_a_name_that_pulumi_does_not_take_is_refused(option: str, value: str, tmp_path: Path) -> None:
    """Nothing is written."""
    directory = tmp_path / "p"
    result = run("import", "--source", "a", "--target", "b", "--directory", str(directory), option, value)

    assert isinstance(result.exception, ConfigurationError)
    assert f'{option}: "{value}" is not a name' in str(result.exception)
    assert [] == list(tmp_path.iterdir())


@pytest.fixture
def variables(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both tenants in the environment."""
    for name, tenant in emulator.tenants.items():
        monkeypatch.setenv(f"ENTRA_{name.upper()}_TENANT_ID", tenant.tenant_id)
        monkeypatch.setenv(f"ENTRA_{name.upper()}_CLOUD", str(tenant.cloud))


@pytest.mark.parametrize(
    "command",
    [
        ("status", "--tenant", "contoso"),
        ("pause", "--tenant", "contoso", "--yes"),
        ("logs", "--tenant", "contoso", "--since", "2020-01-01", "--wide"),
        ("import", "--source", "contoso", "--target", "federal", "--directory", "DIRECTORY"),
        ("restart", "--tenant", "contoso", "--yes"),
    ],
    ids=["status", "pause", "logs", "import", "restart"],
)
def test_a_hostile_name_of_an_application_commands_nothing(
    command: tuple[str, ...], emulator: Emulator, link_file: Path, variables: None, tmp_path: Path
) -> None:
    """Terminals and pipelines show it."""
    name = f"{HARMFUL['terminal']} {HARMFUL['pipeline']} x\u202ey\u200bz"
    (application,) = [
        id
        for id, each in objects(emulator, "contoso", "application").items()
        if each["displayName"] == "contoso-to-federal"
    ]
    act(emulator, "contoso", "PATCH", f"/v1.0/applications/{application}", {"displayName": name})
    result = run(*(str(tmp_path / "p") if each == "DIRECTORY" else each for each in command))
    shown = f"{result.output}{result.exception or ''}"

    assert visible(name) in shown
    assert [] == [line for line in shown.splitlines() if line != visible(line)]


@pytest.fixture
def answers(emulator: Emulator, link_file: Path, variables: None) -> Iterator[Changing]:
    """What the tenants answer to commands; one answer at a time can be changed."""
    transport = Changing(emulator.transport())

    async def sleep(seconds: float) -> None:
        emulator.clock.advance(timedelta(seconds=seconds))

    def make(tenant: Tenant) -> Graph:
        return Graph(tenant, credential=emulator.credential(tenant.name), transport=transport, sleep=sleep)

    with connecting(make):
        yield transport


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        (("status", "--tenant", "contoso"), 20),
        (("logs", "--audit", "--tenant", "contoso"), 20),
        (("import", "--source", "contoso", "--target", "federal", "--directory", "DIRECTORY"), 20),
    ],
    ids=["status", "logs", "import"],
)
def test_a_changed_part_of_an_answer_to_a_command_is_no_python_error(
    command: tuple[str, ...], runs: int, answers: Changing, tmp_path: Path
) -> None:
    """A property that is missing, null, of another type or empty: a result, or one line that says whose it is."""
    directory, drawn = tmp_path / "p", random.Random(7)
    arguments = [str(directory) if each == "DIRECTORY" else each for each in command]
    answers.seen = 0
    run(*arguments)
    number_of_answers = answers.seen
    for _ in range(runs):
        shutil.rmtree(directory, ignore_errors=True)
        which, value = drawn.randrange(300), drawn.choice([None, True, -1, "x", [], {}, [None], "gone"])
        answers.seen, answers.number = 0, drawn.randrange(number_of_answers)
        answers.change = lambda content, which=which, value=value: changed(content, which, value)
        problem = run(*arguments).exception

        assert problem is None or isinstance(problem, EntraSyncError | SystemExit), (answers.number, which, value)
        assert 1 >= len(str(problem or "").splitlines())


def test_an_answer_of_another_form_is_told_with_its_tenant(answers: Changing, link_file: Path) -> None:
    answers.seen, answers.number = 0, 0
    answers.change = lambda content: b'{"value": [{"id": "x", "schedule": []}]}'
    found = str(run("pause", "--link", str(link_file), "--yes").exception)

    assert found.startswith("tenant contoso (global): an answer of Microsoft Graph is not as documented (TypeError: ")
    assert found.endswith("run again, and report it if it stays so")
