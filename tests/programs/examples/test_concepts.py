"""The examples of docs/guide/concepts.md: each does what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from entra_sync.errors import EntraSyncError
from entra_sync.graph.requests import Request
from tests.ownership.engine import Stack as Engine
from tests.ownership.tenants import held
from tests.ownership.world import World, make_world
from tests.programs.conftest import Stack

JSON = Any
PAGE = (Path(__file__).parents[3] / "docs" / "guide" / "concepts.md").read_text()
HEAD = """
import pulumi
import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))
group = config.require_object("groups")[0]
"""
POLICY = "/v1.0/policies/crossTenantAccessPolicy"


def examples(title: str) -> list[str]:
    """The Python examples of a section."""
    section = re.split(r"^#+ ", PAGE, flags=re.MULTILINE)
    (found,) = [part for part in section if part.startswith(f"{title}\n")]
    return re.findall(r"```python\n(.*?)```", found, re.DOTALL)


def example(title: str) -> str:
    """The one example of a section, as a program."""
    (found,) = examples(title)
    return HEAD + found


@pytest.fixture
def world() -> World:
    """Contoso and Contoso Federal."""
    return make_world("quickstart")


@pytest.fixture
def engine(world: World) -> Engine:
    """A stack of the page's link, which runs."""
    stack = world.stack(example("Rename, move, adopt, import"))
    stack.up()
    world.works(1)
    return stack


def ask(world: World, method: str, path: str, body: JSON) -> None:
    """An administrator of Contoso changes something."""
    world.graphs["contoso"].send(Request(method, path, body, "acting as an administrator"))


@pytest.mark.parametrize(
    ("title", "name"), [("Rename", "contoso-to-gov-job"), ("Move", "Branch$entra:index:CrossCloudLink")]
)
def test_a_link_with_an_alias_is_the_same_link(world: World, engine: Engine, title: str, name: str) -> None:
    """Nothing is written, its job runs, and a destroy leaves nothing."""
    start = len(world.emulator.requests)
    engine.text = example(title)
    engine.up()

    assert [] == world.emulator.requests.calls(start)
    assert [True] * len(engine.state) == [
        ("contoso-to-gov" in urn) if title == "Rename" else (name in urn) for urn in engine.state
    ]
    world.works(1)
    engine.destroy()
    world.is_as_before()


def test_a_rename_without_a_name_of_the_application_renames_it(world: World, engine: Engine) -> None:
    """One call."""
    start = len(world.emulator.requests)
    engine.text = example("Rename").replace('    display_name="contoso-to-federal",\n', "")
    engine.up()

    ((method, path, body),) = world.emulator.requests.calls(start)
    assert ("PATCH", {"displayName": "contoso-to-gov"}) == (method, body)
    assert path.startswith("/v1.0/applications/")


def test_two_links_of_one_pair_are_not_taken_for_a_rename(
    world: World, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second comes after the first in the program, whether the first is new too, and in whatever order they run."""
    second = engine.text[engine.text.index("link = ") :].replace("contoso-to-federal", "contoso-to-federal-2")
    first = engine.text
    engine.text = first + second
    engine.after = ("federal-application", "federal-2-application")
    engine.up()
    engine.after = None
    engine.destroy()
    engine.up()

    assert "exists already" not in capsys.readouterr().err
    world.works(2)
    engine.text = first.replace("contoso-to-federal", "contoso-to-gov")
    engine.up()
    said = capsys.readouterr().err
    assert 'the link "contoso-to-federal" to federal exists already' in said
    assert 'the link "contoso-to-federal-2" to federal exists already' in said


@pytest.mark.parametrize("adopt", [True, False])
def test_what_exists_is_left_unless_it_is_adopted(world: World, adopt: bool) -> None:
    """An allowed cloud of the portal."""
    ask(world, "PATCH", POLICY, {"allowedCloudEndpoints": ["microsoftonline.us"]})
    text = example("Adopt")
    stack = world.stack(text if adopt else text.replace(", adopt=True", ""))
    start = len(world.emulator.requests)
    stack.up()
    sent = world.emulator.requests.calls(start)
    stack.destroy()

    assert [] == sent
    assert ([] if adopt else ["microsoftonline.us"]) == held(world.graphs)["contoso"]["clouds"]


def test_a_partner_is_adopted_in_place_of_an_import(world: World) -> None:
    """The entry of the portal is changed, and then it is the program's own."""
    federal = world.graphs["federal"].tenant.tenant_id
    ask(world, "PATCH", POLICY, {"allowedCloudEndpoints": ["microsoftonline.us"]})
    ask(world, "POST", f"{POLICY}/partners", {"tenantId": federal})
    stack = world.stack(example("Import"))
    start = len(world.emulator.requests)
    stack.up()
    sent = [call[0] for call in world.emulator.requests.calls(start)]
    stack.destroy()

    assert ["PATCH"] == sent
    assert {} == held(world.graphs)["contoso"]["partners"]


def test_a_link_of_outputs_is_made(world: World) -> None:
    """As the page has it."""
    stack = world.stack(example("Values that are not known yet"))
    stack.up()

    world.works(1)
    stack.destroy()
    world.is_as_before()


def test_import_as_an_option_is_refused_with_the_remedy(world: World) -> None:
    """Before anything is sent."""
    text = example("Import").replace("    adopt=True,\n", '    opts=pulumi.ResourceOptions(import_="an id"),\n')
    with pytest.raises(EntraSyncError, match=r"import_ is not supported; leave it out: .* adopt=True"):
        world.stack(text).up()

    world.is_as_before()


def test_pulumi_import_ends_in_the_engine_as_the_page_says(stack: Stack) -> None:
    """No code of this package runs, and nothing is asked or changed."""
    stack.configure(groups=stack.groups("Support"))
    start = len(stack.emulator.requests)
    kind = "pulumi-python:dynamic/entra:CrossTenantPartner"
    outcome = stack.workspace.run("import", "--yes", "--generate-code=false", kind, "federal-at-contoso", "an-id")

    assert 0 != outcome.code
    assert "KeyError: '__provider'" in outcome.output
    assert "KeyError: '__provider'" in PAGE
    assert start == len(stack.emulator.requests)


def test_every_example_of_the_page_is_run() -> None:
    """A new one needs a test of its own."""
    run = ["Rename, move, adopt, import", "Rename", "Move", "Adopt", "Import", "Values that are not known yet"]
    elsewhere = ["Remove a link"]
    tried = dict.fromkeys([*elsewhere, *run], 1)
    titles = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL), re.MULTILINE)

    assert tried == {title: len(examples(title)) for title in titles if examples(title)}
