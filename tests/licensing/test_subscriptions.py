"""What a tenant has bought, out of Graph's subscribedSkus."""

from typing import Any

import pytest

from entra_sync.licensing import PLANS, Subscription, subscriptions
from tests.licensing.conftest import GOVERNANCE_PLAN, GOVERNANCE_SKU, governance, p1, step_up


def sku(**changes: Any) -> dict[str, Any]:
    """An item of subscribedSkus as Graph gives it."""
    return {
        "skuId": GOVERNANCE_SKU,
        "skuPartNumber": "Microsoft_Entra_ID_Governance",
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": 14,
        "prepaidUnits": {"enabled": 25, "suspended": 3, "warning": 5, "lockedOut": 2},
        "servicePlans": [
            {"servicePlanId": GOVERNANCE_PLAN, "servicePlanName": "Entra_Identity_Governance",
             "provisioningStatus": "Success", "appliesTo": "User"},
        ],
    } | changes  # fmt: skip


def test_units_are_read_by_what_they_are_worth() -> None:
    """Enabled and warning seats work; suspended and locked out ones do not."""
    read = Subscription.from_graph(sku())

    assert read == governance(enabled=25, warning=5, suspended=5, assigned=14)
    assert 30 == read.seats


@pytest.mark.parametrize(("status", "seats"), [("Enabled", 30), ("Warning", 30), ("Suspended", 0), ("LockedOut", 0)])
def test_status_decides_whether_seats_count(status: str, seats: int) -> None:
    """A subscription in its grace period still counts, a suspended one does not."""
    assert Subscription.from_graph(sku(capabilityStatus=status)).seats == seats


@pytest.mark.parametrize("status", ["Disabled", "Error"])
def test_plan_that_the_tenant_has_switched_off_is_not_given(status: str) -> None:
    """A plan counts by its provisioning status in the tenant, a pending one included."""
    plans = [
        {"servicePlanId": GOVERNANCE_PLAN, "provisioningStatus": status},
        {"servicePlanId": PLANS["AAD_PREMIUM"], "provisioningStatus": "PendingActivation"},
    ]

    assert Subscription.from_graph(sku(servicePlans=plans)).plans == {PLANS["AAD_PREMIUM"]}


def test_ids_are_compared_in_lower_case() -> None:
    """Graph prints ids in lower case, people paste them in upper case."""
    assert GOVERNANCE_SKU == Subscription.from_graph(sku(skuId=GOVERNANCE_SKU.upper())).sku_id


def test_products_of_the_whole_company_are_left_out() -> None:
    """They have no seats that people could have."""
    assert () == subscriptions([sku(appliesTo="Company")])


def test_add_ons_need_a_base() -> None:
    """Governance needs P1 or P2, the step-up P2; P1 stands alone."""
    bases = [each.base for each in (governance(), step_up(), p1())]

    assert bases == [{PLANS["AAD_PREMIUM"], PLANS["AAD_PREMIUM_P2"]}, {PLANS["AAD_PREMIUM_P2"]}, frozenset()]


def test_product_without_a_published_name_is_called_by_its_part_number() -> None:
    """The step-up's id is not in the published list."""
    assert [
        "Microsoft Entra ID Governance",
        "Microsoft_Entra_ID_Governance_Step_Up_for_Microsoft_Entra_ID_P2",
    ] == [governance().name, step_up().name]
