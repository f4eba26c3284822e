"""``entra-sync graph``: the picture of a program's links."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from entra_sync.cli import app
from entra_sync.emulator import Emulator
from entra_sync.operate.picture import drawn, links_in
from entra_sync.operate.project.program import Program
from entra_sync.operate.project.requirements import Declared
from tests.cli.commands import run
from tests.cli.conftest import ROOT, configuration

SVG = "{http://www.w3.org/2000/svg}"

UNKNOWN_SCOPE = """
import entra_sync as entra

contoso = entra.Tenant("contoso", tenant_id="11111111-1111-4111-8111-111111111111", cloud="global")
federal = entra.Tenant("federal", tenant_id="22222222-2222-4222-8222-222222222222", cloud="usgov")
other = entra.ServicePrincipal("other", tenant=contoso, display_name="Other")
entra.CrossCloudLink(
    "contoso-to-federal",
    source=contoso,
    target=federal,
    scope=[entra.Group(other.service_principal_id)],
    filters=other.app_id.apply(lambda id: entra.any_of(entra.all_of(entra.clause("country").equals(id)))),
    mappings=other.app_id.apply(lambda id: entra.defaults("global", "usgov").constant("companyName", id)),
    notify="identity-ops@contoso.com",
)
"""


def declared(name: str, **changes: object) -> list[Declared]:
    """What a program declares with the groups and tenants of the sample."""
    values = {**configuration(Emulator.sample("contoso", people=30)), **changes}
    config = {f"{name.replace('_', '-')}:{key}": json.dumps(value) for key, value in values.items()}
    return Program(ROOT / "programs" / name).declared(config)


def texts(svg: str) -> list[str]:
    """The lines of a picture."""
    return [str(each.text) for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_the_picture_of_the_documentation_is_what_the_command_draws() -> None:
    """After a change: write the text of ``drawn`` into the file."""
    assert (ROOT / "docs" / "images" / "link.svg").read_text() == drawn(links_in(declared("quickstart")))


def test_a_picture_names_tenants_scope_filter_mappings_and_what_is_managed() -> None:
    """Everything that a reader asks first of a link."""
    lines = texts(drawn(links_in(declared("quickstart"))))

    assert {"contoso", "global", "federal", "US Government", "contoso-to-federal", "job runs"} <= set(lines)
    assert {'if country equals "US"', "and employeeType is not null", "21 declared attributes"} <= set(lines)
    assert 2 == sum(line.startswith("group ") for line in lines)
    assert 2 == lines.count("partner entry") == lines.count("allowed cloud")
    assert {"application", "provisioning job", "inbound synchronization"} <= set(lines)


def test_a_picture_says_what_is_not_known_before_up(tmp_path: Path) -> None:
    """The group, the filter and the mappings come from outputs of another resource."""
    (tmp_path / "Pulumi.yaml").write_text("name: new\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(UNKNOWN_SCOPE)
    (link,) = links_in(Program(tmp_path).declared({}))
    lines = texts(drawn([link]))

    assert ["group that is not known before up"] == link.scope
    assert ["not known before up"] == link.conditions
    assert 2 == lines.count("not known before up"), "the filter, and the mappings"
    assert not [line for line in lines if "Unknown" in line or "None" in line]


def test_each_link_has_a_band_of_its_own() -> None:
    """Of a program with several links, the pictures stand below each other."""
    links = links_in(declared("both_ways", federalGroups=["b54ed5a7-7d06-4a0c-a3b2-0b4b3c3a1f10"]))

    assert [("contoso", "federal"), ("federal", "contoso")] == [(each.source.name, each.target.name) for each in links]
    assert 4 == drawn(links).count('<rect class="box"')


def test_a_link_has_no_resource_of_another_one_whose_name_begins_alike() -> None:
    """``east`` and ``east-two`` between the same tenants."""
    one = declared("quickstart")
    two = [replace(each, urn=f"{each.urn}-two", parent=f"{each.parent}-two") for each in one]
    (alone,) = links_in(one)
    first, second = links_in([*one, *two])

    assert ["contoso-to-federal", "contoso-to-federal-two"] == [first.name, second.name]
    assert alone.managed == first.managed == second.managed


def test_names_are_no_markup() -> None:
    """A value of a filter can be anything."""
    (link,) = links_in(declared("quickstart"))
    hostile = type(link)(
        link.name, link.source, link.target, ["</text><script>x</script>"], ['"&<'], 1, [], True, link.managed
    )

    assert {"</text><script>x</script>", '"&<'} <= set(texts(drawn([hostile])))


def test_a_program_without_a_link_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line."""
    monkeypatch.setattr(Program, "declared", lambda self: [])
    result = run("graph", "--program", str(tmp_path))

    assert f"the program in {tmp_path} declares no CrossCloudLink" == str(result.exception)


def test_the_command_writes_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the file that is named."""
    found = declared("quickstart")
    monkeypatch.setattr(Program, "declared", lambda self: found)
    result = CliRunner().invoke(app, ["graph", "--output", str(tmp_path / "link.svg")])

    assert 0 == result.exit_code, result.output
    assert drawn(links_in(found)) == (tmp_path / "link.svg").read_text()
