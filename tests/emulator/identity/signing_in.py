"""Asking a login authority for a token."""

from __future__ import annotations

import httpx

from entra_sync.emulator import Emulator, Tenant
from entra_sync.microsoft.clouds import CLOUDS


def sign_in(emulator: Emulator, tenant: Tenant, **form: str) -> httpx.Response:
    """Ask for a token; the tenant's administration with its secret unless the form says otherwise."""
    info = CLOUDS[tenant.cloud]
    usual = {
        "grant_type": "client_credentials",
        "client_id": tenant.client_id,
        "scope": f"{info.graph}/.default",
        **({} if "client_assertion" in form else {"client_secret": tenant.client_secret}),
    }
    with httpx.Client(transport=emulator.transport()) as client:
        return client.post(f"{info.authority}/{tenant.tenant_id}/oauth2/v2.0/token", data={**usual, **form})
