"""Licenses that links assign: their record outlasts a lost state, and they go with the last link that needs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from entra_sync.base.principals import Group, Principal
from entra_sync.base.run import claims
from entra_sync.base.run.memory import forget
from entra_sync.emulator import Emulator
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.license_assignment import License, LicenseAssignmentArgs, LicenseAssignmentHandler
from entra_sync.resources.licensed_scope import LicensedScopeArgs, LicensedScopeHandler
from entra_sync.resources.shared.ownership.reference import LinkReference
from tests.ownership.engine import Stack
from tests.ownership.links import link
from tests.resources.conftest import connected, contoso, emulator, federal, ground, live, portal, resource
from tests.resources.lifecycle import Lifecycle, Refused, wire

__all__ = ["connected", "contoso", "emulator", "federal", "ground", "link", "live", "portal", "resource"]

JSON = Any
P1 = "AAD_PREMIUM"
P1_ID = "078d2b04-f1bd-4111-bbd4-b4b1b354cef4"
BY_HAND = {"addLicenses": [{"skuId": P1_ID}], "removeLicenses": []}


@pytest.fixture
def support(emulator: Emulator, portal: Callable[..., JSON]) -> Principal:
    """A group, and seats for its members."""
    emulator.tenants["contoso"].add_subscription(P1, 20)
    found = portal("contoso", "GET", "/v1.0/groups?$filter=displayName eq 'Support'&$select=id")["value"]
    return Group(found[0]["id"])


@pytest.fixture
def held(portal: Callable[..., JSON], support: Principal) -> Callable[[], list[str]]:
    """The SKUs that the group has."""

    def read() -> list[str]:
        found = portal("contoso", "GET", f"{support.path}?$select=assignedLicenses")["assignedLicenses"]
        return [each["skuId"] for each in found]

    return read


@pytest.fixture(params=[LicensedScopeHandler, LicenseAssignmentHandler])
def declare(request: pytest.FixtureRequest, emulator: Emulator, contoso: Tenant, support: Principal) -> JSON:
    """Makes one of the two resources, and its arguments for a link."""

    def make(link: LinkReference | None, products: tuple[str, ...] = (P1,)) -> tuple[Lifecycle, JSON]:
        given: JSON = {"tenant": contoso, "licenses": [License(sku=each) for each in products], "application": link}
        args = (
            LicensedScopeArgs(principals=[support], **given)
            if request.param is LicensedScopeHandler
            else LicenseAssignmentArgs(principal=support, **given)
        )
        return Lifecycle(request.param(), emulator), args

    return make


def test_a_license_whose_state_was_lost_is_still_ours(declare, link, held) -> None:
    """A second declaration finds it on the record, and a destroy takes it away."""
    reference = link("To Federal")
    lost, args = declare(reference)
    lost.up(args)
    found, args = declare(reference)
    found.up(args)
    assigned = held()
    found.delete()

    assert [P1_ID] == assigned
    assert [] == held()


def test_a_license_that_was_there_before_stays(declare, link, held, portal, support) -> None:
    """It has no record."""
    portal(
        "contoso", "POST", f"{support.path}/assignLicense", {"addLicenses": [{"skuId": P1_ID}], "removeLicenses": []}
    )
    made, args = declare(link("To Federal"))
    made.up(args)
    made.delete()

    assert [P1_ID] == held()


def test_a_license_that_is_assigned_by_hand_after_a_destroy_is_not_ours(declare, link, held, portal, support) -> None:
    """A destroy takes the license off the record."""
    reference = link("To Federal")
    made, args = declare(reference)
    made.up(args)
    made.delete()
    portal(
        "contoso", "POST", f"{support.path}/assignLicense", {"addLicenses": [{"skuId": P1_ID}], "removeLicenses": []}
    )
    forget()
    made, args = declare(reference)
    made.up(args)
    made.delete()

    assert [P1_ID] == held()


@pytest.mark.parametrize("first", [0, 1])
def test_a_license_goes_with_the_last_link_that_assigns_it(declare, link, held, first, capsys) -> None:
    """Two links of two stacks; the one that stays is named."""
    names = ["To Federal", "To Federal again"]
    links = []
    for name in names:
        made, args = declare(link(name))
        made.up(args)
        links.append(made)
    gone = links[first]
    gone.handler.delete(gone.id, wire(gone.outputs))  # less than listed, and told
    between = held()
    told = capsys.readouterr().err
    links[1 - first].delete()

    assert [P1_ID] == between
    assert f'stays: link "{names[1 - first]}" of tenant contoso uses it' in told
    assert [] == held()


P2 = "AAD_PREMIUM_P2"


@pytest.fixture
def p2_id(emulator: Emulator, support: Principal, portal: Callable[..., JSON]) -> str:
    """The SKU of a second product that the tenant owns."""
    emulator.tenants["contoso"].add_subscription(P2, 20)
    skus = portal("contoso", "GET", "/v1.0/subscribedSkus")["value"]
    return next(str(each["skuId"]) for each in skus if each["skuPartNumber"] == P2)


def test_a_license_that_an_update_drops_stays_while_another_link_assigns_it(declare, link, held, p2_id, capsys) -> None:
    """The line names the link, and the license goes with that link."""
    first, args = declare(link("To Federal"), (P1, P2))
    first.up(args)
    last, needs = declare(link("To Agency"), (P2,))
    last.up(needs)
    capsys.readouterr()
    first.up(args.model_copy(update={"licenses": args.licenses[:1]}))
    told = capsys.readouterr().err
    between = sorted(held())
    last.delete()

    assert sorted([P1_ID, p2_id]) == between
    assert f"license {p2_id} of " in told
    assert 'stays: link "To Agency" of tenant contoso uses it' in told
    assert [P1_ID] == held()


def test_two_links_that_drop_a_license_in_one_run_leave_none(declare, link, held, p2_id) -> None:
    """Each is planned while the other still has it on its record."""
    made = [declare(link(name), (P1, P2)) for name in ("To Federal", "To Agency")]
    for each, args in made:
        each.up(args)
    fewer = [(each, args.model_copy(update={"licenses": args.licenses[:1]})) for each, args in made]
    inputs = [each.preview(args) for each, args in fewer]
    for (each, _), planned in zip(fewer, inputs, strict=True):
        each.handler.update(each.id, wire(each.outputs), planned)

    assert [P1_ID] == held()


def test_a_group_that_leaves_the_scope_keeps_what_another_link_assigns(
    emulator, contoso, link, held, support, portal, capsys
) -> None:
    """The other link still has the group in scope."""
    groups = portal("contoso", "GET", "/v1.0/groups?$select=id")["value"]
    other = Group(next(each["id"] for each in groups if each["id"] != support.id))
    first, last = Lifecycle(LicensedScopeHandler(), emulator), Lifecycle(LicensedScopeHandler(), emulator)
    given: JSON = {"tenant": contoso, "licenses": [License(sku=P1)]}
    first.up(LicensedScopeArgs(principals=[other, support], application=link("To Federal"), **given))
    args = LicensedScopeArgs(principals=[support], application=link("To Agency"), **given)
    last.up(args)
    first.up(first.handler.args.read(first.inputs).model_copy(update={"principals": [other]}))
    between = held()
    last.delete()

    assert [P1_ID] == between
    assert 'stays: link "To Agency" of tenant contoso uses it' in capsys.readouterr().err
    assert [] == held()


def test_a_license_without_a_link_stays_while_a_link_assigns_it(declare, link, held, capsys) -> None:
    """A delete asks the records, although its own resource has none."""
    linked, needs = declare(link("To Federal"))
    linked.up(needs)
    bare, args = declare(None)
    bare.up(args.model_copy(update={"adopt": True}))
    bare.handler.delete(bare.id, wire(bare.outputs))
    between = held()

    assert [P1_ID] == between
    assert 'stays: link "To Federal" of tenant contoso uses it' in capsys.readouterr().err


@pytest.mark.parametrize("first_to_go", ["bare", "linked"])
def test_a_license_that_was_assigned_without_a_link_goes_with_the_last_that_needs_it(
    declare, link, held, first_to_go
) -> None:
    """A link that finds it records that it needs it, and gets it when the other one goes. Two stacks."""
    bare, args = declare(None)
    bare.up(args)
    forget()
    linked, needs = declare(link("To Federal"))
    linked.up(needs)
    forget()
    first, last = (bare, linked) if first_to_go == "bare" else (linked, bare)
    first.handler.delete(first.id, wire(first.outputs))
    between = held()
    forget()
    last.handler.delete(last.id, wire(last.outputs))

    assert [P1_ID] == between
    assert [] == held()


def test_a_license_that_an_administrator_assigned_stays_although_a_link_needs_it(
    declare, link, held, portal, support
) -> None:
    """That the link needs it is on the record, and does not make it the link's own, even if the state is lost."""
    portal("contoso", "POST", f"{support.path}/assignLicense", BY_HAND)
    reference = link("To Federal")
    for _ in range(2):
        made, args = declare(reference)
        made.up(args)
        forget()
    made.handler.delete(made.id, wire(made.outputs))

    assert [P1_ID] == held()


PROGRAM = """
import pulumi

import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
group = entra.Group(config.require("group"))
for name, products in config.require_object("declared"):
    licenses = [entra.License(sku=each) for each in products]
    if name == "scope":
        entra.LicensedScope(name, tenant=contoso, principals=[group], licenses=licenses)
    else:
        entra.LicenseAssignment(name, tenant=contoso, principal=group, licenses=licenses)
"""


@pytest.mark.parametrize("change", ["drop", "remove"])
@pytest.mark.parametrize("order", [["scope", "group"], ["group", "scope"]], ids=" then ".join)
def test_of_two_declarations_without_a_link_none_takes_away_what_the_other_needs(
    order, change, emulator, contoso, support, held, p2_id
) -> None:
    """In whatever order the program declares them, and whichever of them drops a product or goes."""
    tenant = {"tenant_id": contoso.tenant_id, "cloud": str(contoso.cloud)}
    both = [P1, P2]
    config: JSON = {"contoso": tenant, "group": support.id, "declared": [[name, both] for name in order]}
    stack = Stack(emulator, PROGRAM, config)
    stack.up()
    for drops in order:
        others = [[name, [P2] if name == drops and change == "drop" else both] for name in order]
        stack.config["declared"] = [each for each in others if change == "drop" or each[0] != drops]
        stack.up()
        assert sorted([P1_ID, p2_id]) == sorted(held()), drops
        stack.config["declared"] = [[name, both] for name in order]
        stack.up()


@pytest.mark.parametrize("order", [["scope", "group"], ["group", "scope"]], ids=" then ".join)
def test_a_license_that_an_administrator_assigned_stays_although_two_declarations_need_it(
    order, emulator, contoso, support, held, portal
) -> None:
    """What the first one found, the second one does not take for something that the first one assigned."""
    portal("contoso", "POST", f"{support.path}/assignLicense", BY_HAND)
    tenant = {"tenant_id": contoso.tenant_id, "cloud": str(contoso.cloud)}
    declared = [[name, [P1]] for name in order]
    stack = Stack(emulator, PROGRAM, {"contoso": tenant, "group": support.id, "declared": declared})
    stack.up()
    stack.destroy()

    assert [P1_ID] == held()


def test_a_license_stays_if_it_is_declared_after_the_plan(declare, held, p2_id, capsys) -> None:
    """The engine checks resources side by side. The note names the other resource."""
    made, both = declare(None, (P1, P2))
    made.up(both)
    _, fewer = declare(None, (P2,))
    planned = made.preview(fewer)
    late, args = declare(None)
    claims.declare("late", {**late.preview(args), claims.DECLARATION: "project/stack/late"})
    made.handler.update(made.id, wire(made.outputs), planned)

    assert sorted([P1_ID, p2_id]) == sorted(held())
    assert "stays: late of this program uses it" in capsys.readouterr().err


def test_the_record_follows_a_change(declare, link, held, emulator) -> None:
    """A product that is declared no longer is taken off it; a second run without a change writes nothing."""
    emulator.tenants["contoso"].add_subscription("AAD_PREMIUM_P2", 20)
    reference = link("To Federal")
    made, args = declare(reference, (P1, "AAD_PREMIUM_P2"))
    made.up(args)
    _, fewer = declare(reference)
    made.up(fewer)
    lost, args = declare(reference, (P1, "AAD_PREMIUM_P2"))
    again = made.up(fewer)

    assert "same" == again
    assert [P1_ID] == held()
    recorded = [call for call in lost.preview(args)["graphCalls"] if "/applications/" in call["call"]]
    assert [1] == [len(call["body"]["tags"]["add"]) for call in recorded]


def test_the_application_of_another_tenant_is_refused(declare, link, federal) -> None:
    """The record is in the tenant of the licenses."""
    reference = link("To Federal")
    made, args = declare(reference.model_copy(update={"tenant": federal}))
    with pytest.raises(Refused, match="application: it is in tenant federal"):
        made.preview(args)
