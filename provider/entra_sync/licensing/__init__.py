"""Licenses that synchronization needs, and who has them: pure functions over what Graph says of a source tenant."""

from entra_sync.licensing.coverage import (
    GOVERNANCE,
    P1,
    USER_PROPERTIES,
    Coverage,
    Holding,
    Requirement,
    Seats,
    coverage,
    holdings,
    requirement,
)
from entra_sync.licensing.figures import facts, summary, unknown
from entra_sync.licensing.identifiers import PLANS, Product, product
from entra_sync.licensing.subscriptions import Subscription, subscriptions

__all__ = [
    "GOVERNANCE",
    "P1",
    "PLANS",
    "USER_PROPERTIES",
    "Coverage",
    "Holding",
    "Product",
    "Requirement",
    "Seats",
    "Subscription",
    "coverage",
    "facts",
    "holdings",
    "product",
    "requirement",
    "subscriptions",
    "summary",
    "unknown",
]
