"""Subscriptions and people, written as short as the tests need them."""

from __future__ import annotations

from entra_sync.licensing import PLANS, Holding, Subscription

P1_SKU = "078d2b04-f1bd-4111-bbd4-b4b1b354cef4"
P2_SKU = "84a661c4-e949-4bd2-a560-ed7766fcaf2b"
GOVERNANCE_SKU = "cf6b0d46-4093-4546-a0ab-0b1546dcc10e"
STEP_UP_SKU = "00000000-0000-0000-0000-00000000005e"  # its real id is not published
GOVERNANCE_PLAN = PLANS["Entra_Identity_Governance"]


def p1(**units: int) -> Subscription:
    """Entra ID P1."""
    return Subscription(P1_SKU, "AAD_PREMIUM", "Enabled", frozenset({PLANS["AAD_PREMIUM"]}), **units)


def p2(**units: int) -> Subscription:
    """Entra ID P2, which contains P1's plan too."""
    plans = frozenset({PLANS["AAD_PREMIUM"], PLANS["AAD_PREMIUM_P2"]})
    return Subscription(P2_SKU, "AAD_PREMIUM_P2", "Enabled", plans, **units)


def governance(status: str = "Enabled", **units: int) -> Subscription:
    """Entra ID Governance, an add-on."""
    return Subscription(GOVERNANCE_SKU, "Microsoft_Entra_ID_Governance", status, frozenset({GOVERNANCE_PLAN}), **units)


def step_up(**units: int) -> Subscription:
    """Entra ID Governance for those who have P2."""
    name = "Microsoft_Entra_ID_Governance_Step_Up_for_Microsoft_Entra_ID_P2"
    return Subscription(STEP_UP_SKU, name, "Enabled", frozenset({GOVERNANCE_PLAN}), **units)


def has(*skus: str) -> tuple[Holding, ...]:
    """Active direct assignments of these products."""
    return tuple(map(Holding, skus))
