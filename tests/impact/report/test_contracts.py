"""The JSON that scripts and policies read has types, which hold for what is really printed and kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import ValidationError

from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph
from entra_sync.impact.declared.read import read_declared
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.remarks import Remark, Unknown
from entra_sync.impact.planning.limits import Limits
from entra_sync.impact.planning.plan import ImpactPlan
from entra_sync.impact.report.contract import CanaryFigures, ImpactReport, ImpactSummary
from entra_sync.impact.report.data import Who, report
from entra_sync.impact.report.licenses import licenses_of
from entra_sync.impact.report.summary import summary
from entra_sync.impact.why.contract import Answer
from entra_sync.licensing.contract import LicenseFigures, UnknownFigures
from tests.gateways import gateways
from tests.impact.report.contracts import fits

JSON = Any
DOCS = Path(__file__).parents[3] / "docs" / "reference" / "impact-json.md"


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    """Contoso with thirty people, and Contoso Federal."""
    return Emulator.sample("contoso", seed=5, people=30)


@pytest.fixture(scope="module")
def graphs(emulator: Emulator) -> dict[str, Graph]:
    """Both tenants' Graph."""
    return gateways(emulator)


@pytest.fixture(scope="module")
def plan(graphs: dict[str, Graph]) -> ImpactPlan:
    """A new link for all users; some of them do not exist yet."""
    declared = Declaration(everyone=True, unknown=(Remark(Unknown.PRINCIPALS, (2,)),))
    return read_declared(graphs["contoso"], graphs["federal"], None, declared).plan()


def test_the_impact_in_a_links_state_has_its_type(plan: ImpactPlan) -> None:
    """With canaries, and without."""
    found = fits(ImpactSummary, summary(plan))
    canary = {"action": "create", "reason": "", "attributes": ["mail"]}

    assert ["2 of the users and groups in scope do not exist yet"] == found["unknown"]
    assert ["principals-not-created"] == found["unknownCodes"]
    assert fits(ImpactSummary, {**found, "canaries": {"id": canary}})


@pytest.mark.parametrize("who", [Who(), Who(people=True), Who(redact=True, key="k")], ids=["ids", "people", "hashes"])
def test_a_report_has_its_type(graphs: dict[str, Graph], plan: ImpactPlan, who: Who) -> None:
    """However users appear in it."""
    cloud = graphs["federal"].tenant.cloud
    figures = fits(LicenseFigures, licenses_of(graphs["contoso"], cloud, plan, people=who.people))
    found = fits(ImpactReport, report(plan, Limits(max_created=1), who, licensing=figures))

    assert found["people"] and found["violations"]
    assert fits(ImpactReport, report(plan))["licensing"] is None


def test_licenses_that_cannot_be_read_have_their_type(
    emulator: Emulator, graphs: dict[str, Graph], plan: ImpactPlan
) -> None:
    """In a state, and in a report."""
    emulator.fault(path="subscribedSkus", status=403)
    figures = fits(UnknownFigures, licenses_of(graphs["contoso"], graphs["federal"].tenant.cloud, plan))

    assert "licenses" in fits(ImpactReport, report(plan, licensing=figures))["gapCodes"]


@pytest.mark.parametrize("change", [{"removed": "3"}, {"misspelled": 1}, {"notes": [1]}], ids=str)
def test_what_does_not_fit_is_noticed(plan: ImpactPlan, change: dict[str, JSON]) -> None:
    """A value of another type, and a key that no type has."""
    with pytest.raises((AssertionError, ValidationError)):
        fits(ImpactSummary, {**summary(plan), **change})


def keys(kind: Any) -> Iterator[str]:
    """The keys of a type, and of the types in it."""
    for name, hint in get_type_hints(kind).items():
        yield name
        yield from inner(hint)


def inner(hint: Any) -> Iterator[str]:
    """The keys of the types in an annotation."""
    if hasattr(hint, "__total__"):
        yield from keys(hint)
    for each in get_args(hint):
        yield from inner(each)


@pytest.mark.parametrize("kind", [CanaryFigures, ImpactReport, ImpactSummary, Answer], ids=lambda kind: kind.__name__)
def test_each_key_is_documented(kind: Any) -> None:
    """As code, in the tables of the page."""
    text = DOCS.read_text()

    assert [] == sorted({name for name in keys(kind) if f"`{name}`" not in text})
