"""What a tenant has bought: the part of Graph's ``subscribedSkus`` that says how many people may use which plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from entra_sync.licensing.identifiers import AAD_PREMIUM, AAD_PREMIUM_P2, ENTRA_IDENTITY_GOVERNANCE, product

__all__ = ["Subscription", "subscriptions"]

JSON = Any

USABLE = frozenset({"Enabled", "Warning"})
"""Values of ``capabilityStatus`` in which people may use the product; Warning is the grace period after its end."""

_STEP_UP = "governance_step_up"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One product of a tenant ("subscribedSku resource type", "licenseUnitsDetail resource type").

    Attributes:
        sku_id: Graph's id of the product, lower case.
        part_number: Graph's ``skuPartNumber``.
        status: ``Enabled``, ``Warning``, ``Suspended``, ``LockedOut`` or ``Deleted``.
        plans: Ids of the service plans that people get with it.
        enabled: Seats that are paid for.
        warning: Seats in the grace period after their subscription ended: they still work, for some weeks.
        suspended: Seats that cannot be used: suspended, or locked out.
        assigned: Seats that are assigned to people, directly or by group.
    """

    sku_id: str
    part_number: str
    status: str
    plans: frozenset[str]
    enabled: int = 0
    warning: int = 0
    suspended: int = 0
    assigned: int = 0

    @property
    def name(self) -> str:
        """The product's published name, or its part number where it has none here."""
        found = product(self.sku_id) or product(self.part_number)
        return found.name if found else self.part_number

    @property
    def usable(self) -> bool:
        """Whether people who have it assigned can use it."""
        return self.status in USABLE

    @property
    def seats(self) -> int:
        """Seats that can be used now, those in their grace period included."""
        return self.enabled + self.warning if self.usable else 0

    @property
    def base(self) -> frozenset[str]:
        """Service plans of which tenant and person need one beside this product; empty for one that stands alone.

        Governance and Entra Suite need P1 or P2, the step-up products P2 ("Microsoft Entra ID Governance licensing
        fundamentals", prerequisites).
        """
        if ENTRA_IDENTITY_GOVERNANCE not in self.plans:
            return frozenset()
        if _STEP_UP in self.part_number.lower():
            return frozenset({AAD_PREMIUM_P2})
        return frozenset({AAD_PREMIUM, AAD_PREMIUM_P2})

    @classmethod
    def from_graph(cls, sku: Mapping[str, JSON]) -> Subscription:
        """A subscription out of one item of ``subscribedSkus``.

        A service plan whose ``provisioningStatus`` is ``Disabled`` or ``Error`` is not one that people get.
        """
        units = sku.get("prepaidUnits") or {}
        return cls(
            sku_id=str(sku["skuId"]).lower(),
            part_number=str(sku["skuPartNumber"]),
            status=str(sku["capabilityStatus"]),
            plans=frozenset(
                str(plan["servicePlanId"]).lower()
                for plan in sku["servicePlans"]
                if plan.get("provisioningStatus") not in {"Disabled", "Error"}
            ),
            enabled=int(units.get("enabled") or 0),
            warning=int(units.get("warning") or 0),
            suspended=int(units.get("suspended") or 0) + int(units.get("lockedOut") or 0),
            assigned=int(sku.get("consumedUnits") or 0),
        )


def subscriptions(skus: Iterable[Mapping[str, JSON]]) -> tuple[Subscription, ...]:
    """The subscriptions that people can have, out of ``subscribedSkus``; those of the whole company are left out."""
    return tuple(Subscription.from_graph(sku) for sku in skus if sku.get("appliesTo", "User") == "User")
