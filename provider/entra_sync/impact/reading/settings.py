"""Settings of both tenants that decide whether users of the source get into the target at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from entra_sync.graph import paths
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Request
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.remarks import Note, Remark

__all__ = ["ORGANIZATION", "Settings", "settings_of_source", "settings_of_target"]

JSON = Any

ORGANIZATION = Request(
    "GET", f"{paths.ORGANIZATION}?$select=verifiedDomains", None, "reading the tenant's domains", expects="value"
)
"""Asks for the domains of a tenant."""

_UNREAD = {
    "invitations": Note.INVITATIONS_UNREAD,
    "inbound": Note.INBOUND_UNREAD,
    "consent of the source": Note.OUTBOUND_CONSENT_UNREAD,
    "consent of the target": Note.INBOUND_CONSENT_UNREAD,
}
"""What is said of a setting that could not be read."""


def settings_of_source(target_id: str, *, ran: bool) -> dict[str, Request]:
    """The questions for settings of the source; none unless the link *ran*, because `up` makes them before it runs."""
    purpose = "reading whether the source redeems invitations automatically"
    path = paths.partner(segment(target_id))
    return {"consent of the source": Request("GET", path, None, purpose)} if ran else {}


def settings_of_target(source_id: str, *, ran: bool) -> dict[str, Request]:
    """The questions for settings of the target; of those that `up` makes only if the link *ran*."""
    invites = f"{paths.AUTHORIZATION_POLICY}?$select=allowInvitesFrom"
    found = {"invitations": Request("GET", invites, None, "reading whether the target allows guest invitations")}
    if ran:
        partner, inbound = paths.partner(segment(source_id)), paths.identity_synchronization(segment(source_id))
        found["inbound"] = Request("GET", inbound, None, "reading whether the target lets users in")
        purpose = "reading whether the target redeems invitations automatically"
        found["consent of the target"] = Request("GET", partner, None, purpose)
    return found


@dataclass(frozen=True, slots=True)
class Settings:
    """What the tenants allow; None is what was not read.

    Attributes:
        inbound: Inbound synchronization from the source.
        invitations: Invitations of guests. ``none`` stops administrators, too (authorizationPolicy resource type), and
            synchronization ("Configure cross-tenant synchronization", troubleshooting, AzureActiveDirectoryForbidden);
            the other values are about who may invite.
        source_consents: The source redeems invitations of the target automatically. Only an entry for the target says
            so: the default of a tenant is off and cannot be changed (inboundOutboundPolicyConfiguration resource type).
        target_consents: The target does so for invitations that users of the source get.
        notes: What could not be read.
    """

    inbound: bool | None = None
    invitations: bool | None = None
    source_consents: bool | None = None
    target_consents: bool | None = None
    notes: tuple[Remark, ...] = ()

    @classmethod
    def of(cls, found: Mapping[str, JSON | None], unread: Mapping[str, str]) -> Settings:
        """The settings by the answers to the questions, None where there is no such setting.

        Args:
            found: The answers' bodies.
            unread: Why each of the others could not be read.
        """

        def has(name: str, section: str, switch: str) -> bool | None:
            return ((found[name] or {}).get(section) or {}).get(switch) is True if name in found else None

        consent = "automaticUserConsentSettings"
        return cls(
            inbound=has("inbound", "userSyncInbound", "isSyncAllowed"),
            invitations=(found["invitations"] or {}).get("allowInvitesFrom") != "none"
            if "invitations" in found
            else None,
            source_consents=has("consent of the source", consent, "outboundAllowed"),
            target_consents=has("consent of the target", consent, "inboundAllowed"),
            notes=tuple(Remark(_UNREAD[name], (why,)) for name, why in unread.items()),
        )

    def told(self, facts: Facts) -> Facts:
        """The facts with these settings."""
        return replace(
            facts,
            inbound=self.inbound,
            invitations=self.invitations,
            source_consents=self.source_consents,
            target_consents=self.target_consents,
            notes=(*facts.notes, *self.notes),
        )
