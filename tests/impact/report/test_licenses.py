"""Licenses of the users that a plan has in scope."""

from typing import Any

import pytest

from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph
from entra_sync.graph.requests import Request
from entra_sync.impact.declared.read import read_declared
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.planning.plan import ImpactPlan
from entra_sync.impact.report.licenses import licenses_of
from entra_sync.licensing import summary
from tests.gateways import gateways

JSON = Any


@pytest.fixture
def emulator() -> Emulator:
    """Contoso with thirty people, and Contoso Federal."""
    return Emulator.sample("contoso", seed=5, people=30)


@pytest.fixture
def graphs(emulator: Emulator) -> dict[str, Graph]:
    """Both tenants' Graph."""
    return gateways(emulator)


@pytest.fixture
def group(graphs: dict[str, Graph]) -> str:
    """Object id of Engineering."""
    found = graphs["contoso"].pages("/v1.0/groups?$filter=displayName eq 'Engineering'&$select=id")
    return str(next(found)["id"])


@pytest.fixture
def plan(graphs: dict[str, Graph], group: str) -> ImpactPlan:
    """A new link for Engineering."""
    declared = Declaration(groups=frozenset({group}))
    return read_declared(graphs["contoso"], graphs["federal"], None, declared).plan()


def test_people_in_scope_are_those_who_need_a_license(graphs, group, plan) -> None:
    """Not the guests of the group, because synchronization skips them; before the link exists no user."""
    figures = licenses_of(graphs["contoso"], graphs["federal"].tenant.cloud, plan, [group])

    assert len(plan.scope_then) == plan.in_scope_then > 0
    assert (figures["now"]["people"], figures["after"]["people"]) == (0, plan.in_scope_then)
    assert "governance" == figures["requires"]


def test_figures_are_the_same_however_people_are_read(graphs, group, plan) -> None:
    """By the page of their group, or one by one."""
    cloud = graphs["federal"].tenant.cloud

    assert licenses_of(graphs["contoso"], cloud, plan, [group]) == licenses_of(graphs["contoso"], cloud, plan)


def test_licenses_that_cannot_be_read_are_not_known(graphs, group, plan, emulator: Emulator) -> None:
    """And not missing; the reason is what the permission would be."""
    emulator.fault(path="subscribedSkus", status=403)
    figures = licenses_of(graphs["contoso"], graphs["federal"].tenant.cloud, plan, [group])

    assert {"unknown"} == figures.keys()
    assert "the application needs LicenseAssignment.Read.All" in figures["unknown"]
    assert summary(figures).startswith("not known: tenant contoso (global): while listing the tenant's licenses: 403")


def test_licenses_of_a_user_deleted_since_the_plan_was_read_are_not_known(graphs, group, plan) -> None:
    """The preview goes on."""
    gone = sorted(plan.scope_then)[0]
    graphs["contoso"].send(Request("DELETE", f"/v1.0/users/{gone}", purpose="deleting a user"))
    figures = licenses_of(graphs["contoso"], graphs["federal"].tenant.cloud, plan, [group])

    assert {"unknown": f"licenses of user {gone} were not read, so they cannot be judged"} == figures
