"""Subscriptions that a tenant can have ("Product names and service plan identifiers for licensing")."""

from __future__ import annotations

import uuid

from entra_sync.emulator.state.store import Document

__all__ = ["MAILBOX_PLANS", "subscription"]

_PLANS = {
    "AAD_PREMIUM": "41781fb2-bc02-4b7c-bd55-b576c07bb09d",
    "AAD_PREMIUM_P2": "eec0eb4f-6444-4f95-aba0-50c24d67f998",
    "ADALLOM_S_O365": "8c098270-9dd4-4350-9b30-ba4703f3b36b",
    "ATA": "14ab5db5-e6c4-4b20-b4bc-13e36fd2227f",
    "Entra_Identity_Governance": "e866a266-3cff-43a3-acca-0c90a7e00c8b",
    "EXCHANGE_S_ENTERPRISE": "efb87545-963c-4e0d-99df-69c6916d9eb0",
    "EXCHANGE_S_FOUNDATION": "113feb6c-3fe4-4440-bddc-54d774bf0318",
    "FLOW_P2_VIRAL": "50e68c76-46c6-4674-81f9-75456511b170",
    "LOCKBOX_ENTERPRISE": "9f431833-0334-42de-a7dc-70aa40db46db",
    "MFA_PREMIUM": "8a256a2b-b617-496d-b51b-e76466e88db0",
    "MICROSOFT_COMMUNICATION_COMPLIANCE": "a413a9ff-720c-4822-98ef-2f37c2a21f4c",
    "SHAREPOINTENTERPRISE": "5dbe027f-2339-4123-9542-606e4d348a72",
}
MAILBOX_PLANS = frozenset({_PLANS["EXCHANGE_S_ENTERPRISE"]})
"""Plans that come with a mailbox; EXCHANGE_S_FOUNDATION does not."""

_SUBSCRIPTIONS = {
    "AAD_PREMIUM": ("078d2b04-f1bd-4111-bbd4-b4b1b354cef4", ("AAD_PREMIUM", "MFA_PREMIUM", "EXCHANGE_S_FOUNDATION")),
    "AAD_PREMIUM_P2": (
        "84a661c4-e949-4bd2-a560-ed7766fcaf2b",
        ("AAD_PREMIUM", "AAD_PREMIUM_P2", "MFA_PREMIUM", "EXCHANGE_S_FOUNDATION"),
    ),
    "AAD_PREMIUM_USGOV_GCCHIGH": ("de597797-22fb-4d65-a9fe-b7dbe8893914", ("AAD_PREMIUM", "MFA_PREMIUM")),
    "EMSPREMIUM": (
        "b05e124f-c7cc-45a0-a6aa-8cf78c946968",
        ("AAD_PREMIUM", "AAD_PREMIUM_P2", "ATA", "MFA_PREMIUM", "EXCHANGE_S_FOUNDATION"),
    ),
    "ENTERPRISEPREMIUM": (
        "c7df2760-2c81-4ef7-b578-5b5392b571df",
        (
            "ADALLOM_S_O365",
            "EXCHANGE_S_ENTERPRISE",
            "LOCKBOX_ENTERPRISE",
            "MICROSOFT_COMMUNICATION_COMPLIANCE",
            "SHAREPOINTENTERPRISE",
        ),
    ),
    "FLOW_FREE": ("f30db892-07e9-47e9-837c-80727f46fd3d", ("FLOW_P2_VIRAL", "EXCHANGE_S_FOUNDATION")),
    "Microsoft_Entra_ID_Governance": ("cf6b0d46-4093-4546-a0ab-0b1546dcc10e", ("Entra_Identity_Governance",)),
}


def subscription(part_number: str, seats: int, grace: int, tid: str) -> Document:
    """The stored form of a subscription.

    Raises:
        ValueError: no such part number here.
    """
    if part_number not in _SUBSCRIPTIONS:
        raise ValueError(f'the emulator has no subscription "{part_number}"; it has {", ".join(_SUBSCRIPTIONS)}')
    sku_id, plans = _SUBSCRIPTIONS[part_number]
    return {
        "skuId": sku_id,
        "skuPartNumber": part_number,
        "capabilityStatus": "Warning" if grace and not seats else "Enabled",
        "subscriptionIds": [str(uuid.uuid5(uuid.UUID(tid), sku_id))],
        "prepaidUnits": {"enabled": seats, "suspended": 0, "warning": grace, "lockedOut": 0},
        "servicePlans": [
            {
                "servicePlanId": _PLANS[plan],
                "servicePlanName": plan,
                "provisioningStatus": "Success",
                "appliesTo": "Company" if plan == "EXCHANGE_S_FOUNDATION" else "User",
            }
            for plan in plans
        ],
    }
