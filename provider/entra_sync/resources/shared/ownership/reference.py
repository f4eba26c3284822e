"""A link as its shared settings refer to it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from entra_sync.base.args import Values
from entra_sync.microsoft.tenant import Tenant

__all__ = ["LinkReference", "adoptable", "reference"]


class LinkReference(Values):
    """The application of a link, whose tags record what the link uses and makes (``ServicePrincipal.reference``)."""

    tenant: Tenant = Field(description="Source tenant, where the application is.")
    target: Tenant = Field(description="Target tenant.")
    application_id: str = Field(description="Object id of the application.")

    def other(self, tenant: Tenant) -> Tenant:
        """The tenant of the link that is not *tenant*."""
        return self.target if tenant.tenant_id == self.tenant.tenant_id else self.tenant


def reference(
    description: str = "The link that this setting is for: `reference` of its ServicePrincipal. Its record tells "
    "whether a link made the setting, and which other links use it.",
) -> Any:
    """The argument that names the link of a shared setting. An id that is not known yet is no change."""
    return Field(
        None,
        description=description,
        json_schema_extra={"reference": True},
    )


def adoptable(what: str = "a setting that exists already") -> Any:
    """The argument that takes over what exists."""
    return Field(
        False,
        description=f"Treat {what} as this program's own, which a destroy removes. By default a destroy leaves it.",
    )
