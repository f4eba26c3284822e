"""What the output of a preview says: links that go, and previews that failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from typer.testing import CliRunner

from entra_sync.cli.project import calls
from entra_sync.impact.report.planned import planned_impacts, removed_links, renamed_links

JSON = Any
SIDES = {
    "tenant": {"name": "contoso", "tenantId": "11111111-1111-1111-1111-111111111111", "cloud": "global"},
    "target": {"name": "federal", "tenantId": "22222222-2222-2222-2222-222222222222", "cloud": "usgov"},
}
URN = "urn:pulumi:t::p::entra:index:CrossCloudLink$pulumi-python:dynamic/entra:LinkImpact::{}"
GOING = {
    "op": "delete",
    "urn": URN.format("one-impact"),
    "oldState": {
        "inputs": {
            **SIDES,
            "servicePrincipalId": "33333333-3333-3333-3333-333333333333",
            "impact": {"existing": 20, "counts": {"create": 5, "delete": 3}},
        }
    },
}


def test_a_link_that_goes_is_said_with_its_accounts() -> None:
    """Twenty accounts, three fewer and five more after the cycle of its last change."""
    assert [
        "contoso (global) → federal (US Government): the link is removed: 22 accounts stay in federal, and nothing "
        "manages them any more (as of its last change)"
    ] == planned_impacts({"steps": [GOING]})
    assert ["33333333-3333-3333-3333-333333333333"] == [
        link.service_principal_id for link in removed_links({"steps": [GOING]})
    ]


@pytest.mark.parametrize("op", ["create", "same", "update"])
def test_a_link_under_another_name_is_not_removed(op: str) -> None:
    """Another link of the same two tenants stays, so that its accounts stay managed."""
    staying = {"op": op, "urn": URN.format("two-impact"), "newState": {"inputs": SIDES}}

    assert [] == removed_links({"steps": [GOING, staying]})


def step(op: str, name: str, parent: str) -> JSON:
    """A step for the impact *name* in the resource *parent*."""
    urn = URN.format(name)
    return {"op": op, "urn": urn, "newState" if op == "create" else "oldState": {"parent": parent, "inputs": SIDES}}


def test_a_link_is_named_as_the_program_names_it() -> None:
    """By its component; an impact without a link by its own name, whatever that is."""
    link, stack = "urn:pulumi:t::p::entra:index:CrossCloudLink::{}", "urn:pulumi:t::p::pulumi:pulumi:Stack::p-t"
    former, new = step("delete", "a::b-impact", link.format("a::b")), step("create", "two-impact", link.format("two"))
    alone = step("create", "who-impact", stack)

    assert [
        'two-* are the same objects as a::b-*; add aliases=[pulumi.Alias(name="a::b")] to the link to keep them'
    ] == renamed_links({"steps": [former, new]})
    assert ["who-impact-*"] == [said.split(" ")[0] for said in renamed_links({"steps": [former, alone]})]


def run(tmp_path: Path, preview: JSON) -> tuple[int, str]:
    """Exit code and output of `entra-sync calls`."""
    app = typer.Typer()
    calls.register(app)
    path = tmp_path / "preview.json"
    path.write_bytes(orjson.dumps(preview))
    ended = CliRunner().invoke(app, [str(path)])
    return ended.exit_code, ended.output or str(ended.exception)


def test_a_failed_preview_prints_its_errors_and_exits_with_3(tmp_path: Path) -> None:
    """And does not say that no calls will be sent."""
    problem = {"severity": "error", "message": "property limits: 33 of 40 people would be removed\n"}
    code, text = run(tmp_path, {"steps": [], "diagnostics": [problem, problem]})

    assert 3 == code
    assert 1 == text.count("33 of 40 people would be removed")
    assert "none" not in text


def test_a_preview_without_errors_exits_with_0(tmp_path: Path) -> None:
    """Warnings are no errors."""
    code, text = run(tmp_path, {"steps": [], "diagnostics": [{"severity": "warning", "message": "careful"}]})

    assert (0, "Graph calls that will be sent: none") == (code, text.strip())


def test_other_json_is_not_a_preview(tmp_path: Path) -> None:
    """An empty object has no steps and no diagnostics."""
    code, text = run(tmp_path, {})

    assert 0 != code
    assert "not the output of `pulumi preview --json`" in text
