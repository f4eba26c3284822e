"""A link as its shared settings refer to it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from entra_sync.base.args import Guid, Values
from entra_sync.microsoft.tenant import Tenant

__all__ = ["LinkReference", "adoptable", "reference"]


class LinkReference(Values):
    """The application of a link, whose tags record what the link uses and makes (``ServicePrincipal.reference``)."""

    tenant: Tenant = Field(description="Source tenant, where the application is.")
    target: Tenant = Field(description="Target tenant.")
    application_id: Guid = Field(description="Object id of the application.")

    def other(self, tenant: Tenant) -> Tenant:
        """The tenant of the link that is not *tenant*."""
        return self.target if tenant.tenant_id == self.tenant.tenant_id else self.tenant


def reference(
    description: str = "Link that uses this setting: the output `reference` of its ServicePrincipal. Tags on its "
    "application record whether a link created the setting and which other links use it.",
) -> Any:
    """Returns the argument that names the link of a shared setting. An id that is not known yet is not a change."""
    return Field(
        None,
        description=description,
        json_schema_extra={"reference": True},
    )


def adoptable(what: str = "settings that existed before this program") -> Any:
    """Returns the argument that takes over what exists."""
    return Field(
        False,
        description=f"Whether a destroy also removes {what}. By default they stay.",
    )
