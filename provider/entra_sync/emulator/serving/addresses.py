"""What clients of a served emulator need to know: addresses, credentials, and the certificate to trust."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from entra_sync.emulator.serving.emulation import Emulation
from entra_sync.emulator.state.tenants import Tenant
from entra_sync.microsoft.clouds import Cloud
from entra_sync.microsoft.tenant import variable

__all__ = ["Addresses"]


class Addresses:
    """The addresses of a served emulator.

    Attributes:
        emulator: What is served.
        secret: Part of the control API's address. Only users who can read the state directory know it.
        ca_file: PEM file with the certificate authority that clients have to trust.
        ports: Port of each cloud.
    """

    def __init__(self, emulator: Emulation, ca_file: Path) -> None:
        self.emulator, self.ca_file = emulator, ca_file
        self.secret = secrets.token_urlsafe(24)
        self.ports: dict[Cloud, int] = {}

    def url(self, cloud: Cloud) -> str:
        """Root of a cloud's Graph and login authority."""
        return f"https://localhost:{self.ports[cloud]}"

    @property
    def control(self) -> str:
        """Root of the control API, with its secret."""
        return f"{self.url(Cloud.GLOBAL)}/_emulator/{self.secret}"

    def connection(self, tenant: Tenant | str) -> dict[str, str]:
        """Where a tenant answers, with the names that the provider's ``Tenant`` takes."""
        found = self.emulator.tenants[tenant] if isinstance(tenant, str) else tenant
        return {
            "tenantId": found.tenant_id,
            "cloud": str(found.cloud),
            "graphUrl": self.url(found.cloud),
            "authorityUrl": self.url(found.cloud),
        }

    def environment(self, tenant: Tenant | str | None = None) -> dict[str, str]:
        """Environment variables that give the provider credentials and trust, for one tenant or for all."""
        found = self.emulator.tenants
        chosen = [found[tenant] if isinstance(tenant, str) else tenant] if tenant is not None else list(found.values())
        variables: dict[str, str] = {}
        for item in chosen:
            variables[variable(item.name, "CLIENT_ID")] = item.client_id
            variables[variable(item.name, "CLIENT_SECRET")] = item.client_secret
            variables[variable(item.name, "CA_FILE")] = str(self.ca_file)
        return variables

    def description(self) -> dict[str, Any]:
        """What ``entra-sync emulate --json`` prints: tenants with their addresses, and the control API."""
        return {
            "tenants": [
                {
                    "name": tenant.name,
                    **self.connection(tenant),
                    "caFile": str(self.ca_file),
                    "environment": self.environment(tenant),
                }
                for tenant in self.emulator.tenants.values()
            ],
            "control": self.control,
        }
