"""Settings of the target that decide whether users of the source get in at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from entra_sync.graph import paths
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Request
from entra_sync.impact.facts.remarks import Note, Remark

__all__ = ["Settings", "settings"]

JSON = Any
_UNREAD = {"invitations": Note.INVITATIONS_UNREAD, "inbound": Note.INBOUND_UNREAD}
"""What is said of a setting that could not be read."""


def settings(source_id: str, *, ran: bool) -> dict[str, Request]:
    """The questions for the settings; for inbound synchronization only if the link *ran*."""
    invites = f"{paths.AUTHORIZATION_POLICY}?$select=allowInvitesFrom"
    found = {"invitations": Request("GET", invites, None, "reading whether the target allows guest invitations")}
    if ran:
        path = paths.identity_synchronization(segment(source_id))
        found["inbound"] = Request("GET", path, None, "reading whether the target lets users in")
    return found


@dataclass(frozen=True, slots=True)
class Settings:
    """What the target allows; None is what was not read.

    Attributes:
        inbound: Inbound synchronization from the source.
        invitations: Invitations of guests. ``none`` stops administrators, too (authorizationPolicy resource type), and
            synchronization ("Configure cross-tenant synchronization", troubleshooting, AzureActiveDirectoryForbidden);
            the other values are about who may invite.
        notes: What could not be read.
    """

    inbound: bool | None = None
    invitations: bool | None = None
    notes: tuple[Remark, ...] = ()

    @classmethod
    def of(cls, found: Mapping[str, JSON | None], unread: Mapping[str, str]) -> Settings:
        """The settings by the answers to :func:`settings`, None where there is no such setting.

        Args:
            found: The answers' bodies.
            unread: Why each of the others could not be read.
        """
        sync = (found.get("inbound") or {}).get("userSyncInbound") or {}
        return cls(
            inbound=sync.get("isSyncAllowed") is True if "inbound" in found else None,
            invitations=(found["invitations"] or {}).get("allowInvitesFrom") != "none"
            if "invitations" in found
            else None,
            notes=tuple(Remark(_UNREAD[name], (why,)) for name, why in unread.items()),
        )
