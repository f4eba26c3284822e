"""LicenseAssignment: licenses of one group or user, beside those that others assigned."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pulumi.output import UNKNOWN

from entra_sync.base.principals import Principal, User
from entra_sync.emulator import Emulator
from entra_sync.licensing import PLANS
from entra_sync.resources.license_assignment import License, LicenseAssignmentHandler
from tests.resources.conftest import (
    GOVERNANCE,
    IDS,
    P1,
    P2,
)
from tests.resources.lifecycle import Lifecycle, Refused

JSON = Any


@pytest.fixture
def give(portal) -> Callable[..., None]:
    """What an administrator does elsewhere: ``give(principal, add={P2: ["AAD_PREMIUM"]}, remove=[P1])``."""

    def act(principal: Principal, add: dict[str, list[str]] | None = None, remove: list[str] | None = None) -> None:
        added = [
            {"skuId": IDS[product], "disabledPlans": [PLANS[plan] for plan in plans]}
            for product, plans in (add or {}).items()
        ]
        body = {"addLicenses": added, "removeLicenses": [IDS[product] for product in remove or []]}
        portal("contoso", "POST", f"{principal.path}/assignLicense", body)

    return act


def calls(lifecycle: Lifecycle) -> list[str]:
    """The calls that were listed."""
    return [call["call"] for call in lifecycle.inputs["graphCalls"]]


def test_basic_for_a_user(licenses, declared, ada, has) -> None:
    """Two products in one call."""
    licenses.up(declared(ada, P2, GOVERNANCE))

    assert {P2: [], GOVERNANCE: []} == has(ada)
    assert [f"POST {ada.path}/assignLicense"] == calls(licenses)
    assert licenses.id.endswith(f"/users/{ada.id}/assignedLicenses")


def test_basic_for_a_group_is_recorded_while_it_reaches_its_members(licenses, declared, engineering, emulator) -> None:
    """The service accepts it first; a refresh tells when it is done."""
    emulator.service.latency = timedelta(minutes=5)
    licenses.up(declared(engineering, P2, GOVERNANCE))

    assert "QueuedForProcessing" == licenses.outputs["processingState"]

    emulator.advance(timedelta(minutes=5))
    licenses.refresh()

    assert "ProcessingComplete" == licenses.outputs["processingState"]
    assert {} == licenses.outputs["errorCounts"]


def test_products_and_plans_are_named_by_part_number_or_id(licenses, declared, ada, has) -> None:
    """In any case; plans that are left out by name or id too."""
    one = License(sku=P2.lower(), disabled_plans=["aad_premium"])
    licenses.up(declared(ada, one, IDS[GOVERNANCE].upper()))

    assert {P2: ["AAD_PREMIUM"], GOVERNANCE: []} == has(ada)


def test_update_swaps_one_product_for_another_in_one_call(licenses, declared, ada, has, emulator: Emulator) -> None:
    """No user is without a license in between."""
    emulator.tenants["contoso"].add_subscription(P1, 5)
    licenses.up(declared(ada, P1))

    assert "update" == licenses.up(declared(ada, P2))
    assert {P2: []} == has(ada)
    assert [{"addLicenses": [{"skuId": IDS[P2], "disabledPlans": []}], "removeLicenses": [IDS[P1]]}] == [
        call["body"] for call in licenses.inputs["graphCalls"]
    ]


def test_update_changes_the_plans_that_are_left_out(licenses, declared, ada, has) -> None:
    """The product is assigned again, not removed."""
    licenses.up(declared(ada, P2))
    licenses.up(declared(ada, License(sku=P2, disabled_plans=["AAD_PREMIUM_P2"])))

    assert {P2: ["AAD_PREMIUM_P2"]} == has(ada)
    assert [] == licenses.inputs["graphCalls"][0]["body"]["removeLicenses"]


def test_other_principal_is_a_replacement(licenses, declared, ada, engineering, has) -> None:
    """The first one loses the license again."""
    licenses.up(declared(ada, P2))

    assert "replace" == licenses.up(declared(engineering, P2))
    assert ({}, {P2: []}) == (has(ada), has(engineering))


def test_unchanged_program_sends_nothing(licenses, declared, ada) -> None:
    """What check() computed is carried over."""
    args = declared(ada, P2)
    licenses.up(args)
    before = len(list(licenses.emulator.requests))

    assert "same" == licenses.up(args)
    assert before == len(list(licenses.emulator.requests))


def test_adopt_takes_over_what_is_there_and_leaves_it_on_delete(licenses, declared, ada, give, has) -> None:
    """Only what this resource added is taken away."""
    give(ada, {P2: []})
    licenses.up(declared(ada, P2, GOVERNANCE))

    assert [{"skuId": IDS[GOVERNANCE], "disabledPlans": []}] == licenses.inputs["graphCalls"][0]["body"]["addLicenses"]

    licenses.delete()

    assert {P2: []} == has(ada)


def test_adopted_product_gets_its_plans_back_on_delete(licenses, declared, ada, give, has) -> None:
    """It was there with other plans left out."""
    give(ada, {P2: ["AAD_PREMIUM"]})
    licenses.up(declared(ada, P2))

    assert {P2: []} == has(ada)

    licenses.delete()

    assert {P2: ["AAD_PREMIUM"]} == has(ada)


def test_product_that_is_declared_later_may_be_adopted_too(licenses, declared, ada, give, has) -> None:
    """It was not the program's before it was declared, and stays when it is taken out."""
    licenses.up(declared(ada, P2))
    give(ada, {GOVERNANCE: []})
    licenses.up(declared(ada, P2, GOVERNANCE))
    licenses.up(declared(ada, P2))

    assert {P2: [], GOVERNANCE: []} == has(ada)


def test_delete_leaves_other_licenses_alone(licenses, declared, ada, give, has) -> None:
    """What was never named here is not looked at."""
    licenses.up(declared(ada, P2))
    give(ada, {GOVERNANCE: []})
    licenses.delete()

    assert {GOVERNANCE: []} == has(ada)


def test_delete_after_it_was_removed_elsewhere_sends_nothing(licenses, declared, ada, give) -> None:
    """Graph refuses to remove a license that is not there."""
    licenses.up(declared(ada, P2))
    give(ada, remove=[P2])
    before = len(licenses.emulator.requests.writes)
    licenses.handler.delete(licenses.id, licenses.outputs)

    assert before == len(licenses.emulator.requests.writes)


def test_delete_of_a_principal_that_is_gone_is_a_success(licenses, declared, ada, portal) -> None:
    """With the user went the licenses."""
    licenses.up(declared(ada, P2))
    portal("contoso", "DELETE", ada.path)
    licenses.handler.delete(licenses.id, licenses.outputs)

    assert not licenses.refresh()


def test_license_by_group_is_not_taken_for_a_direct_one(licenses, declared, engineering, members, portal, give) -> None:
    """It cannot be removed from the user, and goes when the user leaves the group."""
    member = User(members[0])
    give(engineering, {P2: []})
    licenses.up(declared(member, P2))

    assert [f"POST {member.path}/assignLicense"] == calls(licenses)
    assert {"licenses": []} == licenses.inputs["existing"]

    licenses.delete()
    states = portal("contoso", "GET", f"{member.path}?$select=licenseAssignmentStates")["licenseAssignmentStates"]

    assert [engineering.id] == [state["assignedByGroup"] for state in states]


def test_drift_of_a_license_that_was_removed_is_fixed(licenses, declared, ada, give, has) -> None:
    """A refresh shows what is left; the next up adds what is missing."""
    args = declared(ada, P2, GOVERNANCE)
    licenses.up(args)
    give(ada, remove=[GOVERNANCE])
    licenses.refresh()

    assert [P2] == [license["sku"] for license in licenses.outputs["licenses"]]
    assert "update" == licenses.up(args)
    assert {P2: [], GOVERNANCE: []} == has(ada)


def test_drift_of_plans_is_fixed(licenses, declared, ada, give, has) -> None:
    """An administrator left a plan out in the portal."""
    args = declared(ada, P2)
    licenses.up(args)
    give(ada, {P2: ["AAD_PREMIUM_P2"]})
    licenses.refresh()

    assert [[PLANS["AAD_PREMIUM_P2"]]] == [license["disabledPlans"] for license in licenses.outputs["licenses"]]
    assert "update" == licenses.up(args)
    assert {P2: []} == has(ada)


def test_gone_when_none_of_the_licenses_is_left(licenses, declared, ada, give) -> None:
    """The next up makes it again."""
    licenses.up(declared(ada, P2))
    give(ada, remove=[P2])

    assert not licenses.refresh()
    assert "create" == licenses.up(declared(ada, P2))


def test_members_without_a_seat_are_named_with_the_reason(licenses, declared, engineering, members, emulator) -> None:
    """A group's assignment succeeds although some of its members get nothing."""
    emulator.tenants["contoso"].add_subscription(P1, 1)
    licenses.up(declared(engineering, P1))
    licenses.refresh()

    assert {"CountViolation": len(members) - 1} == licenses.outputs["errorCounts"]
    assert {(IDS[P1], "CountViolation")} == {(each["skuId"], each["error"]) for each in licenses.outputs["errors"]}
    assert {each["id"] for each in licenses.outputs["errors"]} < set(members)


def test_two_resources_of_one_principal_do_not_lose_each_other(declared, engineering, resource, has) -> None:
    """Each adds its own at the same time."""
    resources = [resource(LicenseAssignmentHandler()) for _ in range(2)]
    prepared = [
        (each, each.preview(declared(engineering, product)))
        for each, product in zip(resources, (P2, GOVERNANCE), strict=True)
    ]
    threads = [threading.Thread(target=each.handler.create, args=(inputs,)) for each, inputs in prepared]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {P2: [], GOVERNANCE: []} == has(engineering)


@pytest.mark.parametrize(
    ("products", "problem"),
    [
        (["Microsoft_Entra_ID_Governence"], 'licenses[0].sku: tenant contoso (global) owns no SKU '
         '"Microsoft_Entra_ID_Governence"; did you mean "Microsoft_Entra_ID_Governance"?'),
        (["SPE_E5"], 'licenses[0].sku: tenant contoso (global) owns no SKU "SPE_E5" (Microsoft 365 E5); it has '
         "AAD_PREMIUM_P2, Microsoft_Entra_ID_Governance"),
        ([P2, P2.lower()], 'licenses[1].sku: "aad_premium_p2" is named twice'),
        ([P2, IDS[P2]], f'licenses[1].sku: "{IDS[P2]}" is the product of licenses[0] too; keep one'),
        ([License(sku=GOVERNANCE, disabled_plans=["Entra_Identity_Governanc"])],
         "licenses[0].disabledPlans: Microsoft_Entra_ID_Governance has no service plan "
         '"Entra_Identity_Governanc"; did you mean "Entra_Identity_Governance"?'),
    ],
)  # fmt: skip
def test_what_cannot_be_assigned_is_refused_in_preview(licenses, declared, ada, products, problem: str) -> None:
    """By name of the property, with what was probably meant; nothing is sent."""
    with pytest.raises(Refused) as refused:
        licenses.preview(declared(ada, *products))

    assert problem == str(refused.value)


def test_principal_that_does_not_exist_is_refused(licenses, declared) -> None:
    """A typo in the id, or a group taken for a user."""
    with pytest.raises(Refused, match=r"principal: tenant contoso .global. has no user 00000000-"):
        licenses.preview(declared(User("00000000-0000-0000-0000-000000000001"), P2))


def test_user_without_a_usage_location_is_refused(licenses, declared, ada, portal) -> None:
    """Graph would refuse it in the middle of an up."""
    portal("contoso", "PATCH", ada.path, {"usageLocation": None})

    with pytest.raises(Refused, match=r"principal: user .* has no usage location"):
        licenses.preview(declared(ada, P2))


def test_user_without_a_seat_is_refused(licenses, declared, ada, emulator: Emulator) -> None:
    """Seats that are assigned are counted in preview."""
    emulator.tenants["contoso"].add_subscription(P1, 0)

    with pytest.raises(Refused, match="AAD_PREMIUM has no seat left in tenant contoso"):
        licenses.preview(declared(ada, P1))


def test_subscription_that_is_suspended_is_refused(licenses, declared, ada, monkeypatch) -> None:
    """It could be assigned, and would give nothing."""
    skus = licenses.handler.subscriptions
    suspended = [{**sku, "capabilityStatus": "Suspended"} for sku in skus(declared(ada, P2))]
    monkeypatch.setattr(LicenseAssignmentHandler, "subscriptions", lambda self, args: suspended)

    with pytest.raises(Refused, match="the subscription of AAD_PREMIUM_P2 is Suspended"):
        licenses.preview(declared(ada, P2))


def test_principal_that_is_not_known_yet_leaves_a_placeholder(contoso) -> None:
    """A group that the same program makes; what is assigned is resolved all the same."""
    inputs = {
        "tenant": contoso.model_dump(by_alias=True, exclude_none=True),
        "principal": {"id": UNKNOWN, "kind": "Group"},
        "licenses": [{"sku": P2, "disabledPlans": []}],
    }
    result = LicenseAssignmentHandler().check({}, inputs)

    assert [] == result.failures
    assert [
        {
            "tenant": "contoso",
            "call": "POST /v1.0/groups/{principalId}/assignLicense",
            "body": {"addLicenses": [{"skuId": IDS[P2], "disabledPlans": []}], "removeLicenses": []},
        }
    ] == [{key: call[key] for key in ("tenant", "call", "body")} for call in result.inputs["graphCalls"]]


def test_a_plan_that_is_named_by_name_and_by_id_is_left_out_once(licenses, declared, engineering, has) -> None:
    """Graph keeps each plan once, so that the license is as declared, and a refresh sees no difference."""
    licenses.up(declared(engineering, License(sku=P2, disabled_plans=["AAD_PREMIUM_P2", PLANS["AAD_PREMIUM_P2"]])))

    assert {P2: ["AAD_PREMIUM_P2"]} == has(engineering)
    assert "succeeded" == licenses.outputs["provisioningState"]
