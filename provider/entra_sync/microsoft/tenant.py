"""A tenant as programs and state know it: name, id, cloud and where it answers, never its credentials."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel

from entra_sync.errors import ConfigurationError
from entra_sync.errors.mistakes import told
from entra_sync.errors.problems import problems
from entra_sync.errors.visible import visible
from entra_sync.microsoft.clouds import CLOUDS, Cloud, CloudInfo

__all__ = ["Tenant", "variable"]


def variable(name: str, suffix: str) -> str:
    """Name of the environment variable for *suffix* of the tenant with that *name*."""
    return f"ENTRA_{re.sub('[^A-Z0-9]', '_', name.upper())}_{suffix}"


class Tenant(BaseModel):
    """One Entra tenant and the cloud that it is in.

    It is part of every resource's inputs, so that state alone is enough to refresh and destroy. Credentials come from
    environment variables with the tenant's name, such as ``ENTRA_CONTOSO_CLIENT_ID`` for ``contoso``:

    =================================  =============================================================
    ``…_CLIENT_ID``                    application (client) id; needed by the three ways below
    ``…_CLIENT_SECRET``                a client secret
    ``…_CERTIFICATE_PATH``             a PEM or PFX file (``…_CERTIFICATE_PASSWORD`` if it has one)
    ``…_FEDERATED_TOKEN_FILE``         a file with a workload identity token (OIDC)
    ``…_CA_FILE``                      trust root of a Graph that is not Microsoft's (the emulator)
    =================================  =============================================================

    If none is set, azure-identity's default credential chain signs in, with this cloud's authority.

    Args:
        name: What the program and its messages call the tenant.
        tenant_id: Directory (tenant) id, a GUID.
        cloud: ``global``, ``usgov`` (L4, GCC High), ``usgovdod`` (L5) or ``china``.
        graph_url: Root of Microsoft Graph where it is not the cloud's own.
        authority_url: Login authority where it is not the cloud's own.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True
    )

    name: str = Field(min_length=1, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")
    tenant_id: str
    cloud: Cloud
    graph_url: str | None = None
    authority_url: str | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            name: str,
            *,
            tenant_id: str,
            cloud: Cloud | Literal["global", "usgov", "usgovdod", "china"],
            graph_url: str | None = None,
            authority_url: str | None = None,
        ) -> None: ...

    else:

        @told("Tenant")
        def __init__(self, name: str | None = None, /, **data: Any) -> None:
            try:
                super().__init__(**({"name": name} if name is not None else {}), **data)
            except ValidationError as error:
                from entra_sync.errors.argument import refusal

                given = name or data.get("name", "")
                raise refusal(
                    f'Tenant "{given if isinstance(given, str | int) else ""}"', problems(Tenant, error)
                ) from None

    @field_validator("tenant_id")
    @classmethod
    def _is_guid(cls, value: str) -> str:
        try:
            return str(UUID(value))
        except ValueError:
            raise ValueError(
                f'"{value}" is not a directory (tenant) id; take the GUID from the tenant\'s overview page'
            ) from None

    @field_validator("graph_url", "authority_url")
    @classmethod
    def _is_https(cls, value: str | None) -> str | None:
        if value is None:
            return None
        shown = visible(value)
        if not value.isascii() or not value.isprintable() or " " in value:
            raise ValueError(f'"{shown}" must be an address that starts with https:// and has no blanks')
        try:
            parts = urlsplit(value)
            host, port = parts.hostname, parts.port
        except ValueError as problem:
            raise ValueError(f'"{shown}" is not an address: {problem}') from None
        if parts.scheme != "https" or not host:
            raise ValueError(f'"{shown}" must be an address that starts with https:// and names a host')
        if "@" in parts.netloc:
            raise ValueError("an address must not hold a user name or password; credentials come from the environment")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError(f'"{shown}" must end after host and port, without path, query and fragment')
        return f"https://{host if ':' not in host else f'[{host}]'}" + (f":{port}" if port is not None else "")

    def __str__(self) -> str:
        return f"{self.name} ({self.info.label})"

    @property
    def info(self) -> CloudInfo:
        """The cloud's endpoints and label."""
        return CLOUDS[self.cloud]

    @property
    def graph(self) -> str:
        """Root of Graph for this tenant, without version and trailing slash."""
        return self.graph_url or self.info.graph

    @property
    def authority(self) -> str:
        """Login authority for this tenant, without trailing slash."""
        return self.authority_url or self.info.authority

    def variable(self, suffix: str) -> str:
        """Name of the environment variable for *suffix*, e.g. ``ENTRA_CONTOSO_CLIENT_ID``."""
        return variable(self.name, suffix)

    def setting(self, suffix: str) -> str | None:
        """Value of that environment variable; empty counts as not set."""
        return os.environ.get(self.variable(suffix)) or None

    @property
    def ca_file(self) -> str | None:
        """Trust root from the environment, for a Graph that is not Microsoft's.

        Raises:
            ConfigurationError: The variable names a file that is not there.
        """
        path = self.setting("CA_FILE")
        if path and not Path(path).is_file():
            raise ConfigurationError(f"tenant {self}: {self.variable('CA_FILE')} names {path}, which does not exist")
        return path
