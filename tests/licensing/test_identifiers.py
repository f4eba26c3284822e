"""Names of products and plans, offline."""

from uuid import UUID

import pytest

from entra_sync.licensing import PLANS, product
from entra_sync.licensing.identifiers import all_products


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("cf6b0d46-4093-4546-a0ab-0b1546dcc10e", "Microsoft Entra ID Governance"),
        ("CF6B0D46-4093-4546-A0AB-0B1546DCC10E", "Microsoft Entra ID Governance"),
        ("Microsoft_Entra_Suite", "Microsoft Entra Suite"),
        ("aad_premium_usgov_gcchigh", "Microsoft Entra ID P1_USGOV_GCCHIGH"),
        ("SPE_E5_USGOV_GCCHIGH", "Microsoft 365 E5_USGOV_GCCHIGH"),
    ],
)
def test_product_is_named_by_sku_id_or_part_number_in_any_case(identifier: str, name: str) -> None:
    """Names are those of the published list."""
    assert name == product(identifier).name


def test_a_product_that_the_table_does_not_have_is_none() -> None:
    """It is neither an error nor another product."""
    assert product("CONTOSO_SPECIAL") is None


def test_bundles_contain_the_plans_that_count() -> None:
    """Microsoft 365 E3 contains P1, E5 also P2; the E5 Security add-on contains P2 alone."""
    plans = {name: product(name).plans for name in ("SPE_E3", "SPE_E5", "IDENTITY_THREAT_PROTECTION")}

    assert plans == {
        "SPE_E3": {PLANS["AAD_PREMIUM"]},
        "SPE_E5": {PLANS["AAD_PREMIUM"], PLANS["AAD_PREMIUM_P2"]},
        "IDENTITY_THREAT_PROTECTION": {PLANS["AAD_PREMIUM_P2"]},
    }


def test_table_is_sound() -> None:
    """Each product has a GUID, one part number of its own, and at least one plan that counts."""
    products = set(all_products().values())

    assert len(products) * 2 == len(all_products())
    assert [str(UUID(each.sku_id)) for each in products] == [each.sku_id for each in products]
    assert [] == [each.name for each in products if not each.plans]
