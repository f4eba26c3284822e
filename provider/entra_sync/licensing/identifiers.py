"""Names of products and service plans by their published identifiers, offline.

``identifiers.csv`` is the part of "Product names and service plan identifiers for licensing" (Entra documentation)
whose products contain a service plan that synchronization asks for; Entra Suite, which that list does not have yet, is
entered with the id that the Global Secure Access troubleshooting pages print. Of the plans of a product only those
three are listed. Products that are not here are called by the part number that Graph gives for them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

__all__ = ["PLANS", "Product", "all_products", "product"]

AAD_PREMIUM = "41781fb2-bc02-4b7c-bd55-b576c07bb09d"
AAD_PREMIUM_P2 = "eec0eb4f-6444-4f95-aba0-50c24d67f998"
ENTRA_IDENTITY_GOVERNANCE = "e866a266-3cff-43a3-acca-0c90a7e00c8b"

PLANS: Mapping[str, str] = MappingProxyType(
    {
        "AAD_PREMIUM": AAD_PREMIUM,
        "AAD_PREMIUM_P2": AAD_PREMIUM_P2,
        "Entra_Identity_Governance": ENTRA_IDENTITY_GOVERNANCE,
    }
)
"""Service plan name → id, of the plans that synchronization asks for; the same in every product and cloud."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product as it is sold.

    Attributes:
        name: Its name for people.
        part_number: Graph's ``skuPartNumber``.
        sku_id: Graph's ``skuId``.
        plans: Ids of those of its service plans that are in :data:`PLANS`.
    """

    name: str
    part_number: str
    sku_id: str
    plans: frozenset[str]


def product(identifier: str) -> Product | None:
    """The published product with that SKU id or part number, in any case; None where the table has none."""
    return all_products().get(identifier.strip().lower())


@cache
def all_products() -> dict[str, Product]:
    table = (files(__package__) / "identifiers.csv").read_text(encoding="utf-8")
    products = [
        Product(
            row["product"], row["part_number"], row["sku_id"], frozenset(PLANS[name] for name in row["plans"].split())
        )
        for row in csv.DictReader(table.splitlines())
    ]
    return {key.lower(): item for item in products for key in (item.part_number, item.sku_id)}
