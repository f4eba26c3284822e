"""Who uses a partner entry and the consent in it: links with a record, and synchronizations from the portal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from entra_sync.base.calls import part
from entra_sync.base.hooks import used_by
from entra_sync.base.run import claims
from entra_sync.errors import PermissionMissing
from entra_sync.graph.gateway import AGREEING, Graph, connect
from entra_sync.graph.paths import PARTNERS, resource_id
from entra_sync.microsoft.assumptions import SAME_CLOUD_TEMPLATE
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.ownership import ledger
from entra_sync.resources.shared.ownership.ledger import Shared
from entra_sync.resources.shared.ownership.reference import LinkReference
from entra_sync.resources.shared.ownership.sharing import Setting, View, configured_elsewhere, made_from

__all__ = ["CONSENT", "SWITCHES", "SYNCHRONIZED", "PartnerEntry"]

JSON = Any

CONSENT = "automaticUserConsentSettings"

SYNCHRONIZED = "synchronized"
"""Whether users of the partner were synchronized already, beside the sections of an entry that was there before."""

SWITCHES = {Shared.SOURCE_PARTNER: "outboundAllowed", Shared.TARGET_PARTNER: "inboundAllowed"}
"""The consent that a link needs in the entry, by what it calls the entry."""

_CONSENTS = {Shared.SOURCE_PARTNER: Shared.SOURCE_CONSENT, Shared.TARGET_PARTNER: Shared.TARGET_CONSENT}


@dataclass(frozen=True, slots=True)
class PartnerEntry:
    """A partner entry with its users.

    Attributes:
        tenant: The tenant that has the entry.
        partner: Id of the other tenant.
        link: The link that declares the entry. None if a program declares it by itself.
    """

    tenant: Tenant
    partner: str
    link: LinkReference | None

    @property
    def path(self) -> str:
        """Where the entry is."""
        return f"{PARTNERS}/{part(self.partner, 'partnerTenantId')}"

    @property
    def id(self) -> str:
        """``<tenant id>/policies/crossTenantAccessPolicy/partners/<partner's tenant id>``."""
        return resource_id(self.tenant.tenant_id, f"{PARTNERS}/{self.partner}")

    def setting(self) -> Setting:
        """The entry as a setting that links share."""
        views = [View(self.tenant, ledger.target_tag(self.partner), Shared.SOURCE_PARTNER)]
        if self.link is not None and self.link.other(self.tenant).tenant_id == self.partner:
            back = ledger.target_tag(self.tenant.tenant_id)
            views.append(View(self.link.other(self.tenant), back, Shared.TARGET_PARTNER))
        return Setting(self.id, self.tenant, self.link, views)

    def asked(self, *, outbound: bool) -> tuple[list[tuple[Graph, str]], list[tuple[Graph, str]]]:
        """What giving the entry up reads, once and until several answers agree; *outbound*: it is that of a source."""
        graph = connect(self.tenant)
        portal = [(graph, made_from(SAME_CLOUD_TEMPLATE))] if outbound else []
        return [(graph, self.path), *portal], [(graph, self._inbound_path), *self.setting().asked()]

    @property
    def _inbound_path(self) -> str:
        return f"{self.path}/identitySynchronization"

    def inbound(self) -> JSON | None:
        """The partner's identitySynchronization."""
        purpose = f"looking for synchronization from partner {self.partner}"
        return connect(self.tenant).find(self._inbound_path, purpose, agreeing=AGREEING)

    def configured_elsewhere(self) -> list[str]:
        """Synchronizations to the partner that were configured in the portal."""
        links = self.setting().links()
        templates = [SAME_CLOUD_TEMPLATE, *(record.template for record, _ in links if record.template)]
        ours = [record.application_id for record, _ in links]
        if self.link is not None:
            ours.append(self.link.application_id)
        return configured_elsewhere(self.tenant, self.partner, templates, ours)

    def before(self, found: JSON) -> JSON | None:
        """The entry as it was before any link of ours, if it is *found* now; None if a link of ours has made it."""
        setting = self.setting()
        if setting.is_ours():
            return None
        earlier = [claim.inputs["existing"] for claim in claims.holders(setting.id) if "existing" in claim.inputs]
        before = dict(earlier[0]) if earlier else {**found, SYNCHRONIZED: self.inbound() is not None}
        made = {
            SWITCHES[shared]
            for record, shared in setting.links()
            if _CONSENTS[shared] in record.made and shared in SWITCHES
        }
        if made:
            before[CONSENT] = {**(before.get(CONSENT) or {}), **dict.fromkeys(made)}
        return before

    def used_consent(self, recorded: JSON) -> dict[str, str]:
        """Which consent others need, and why: other links with a record, and synchronizations from the portal.

        *recorded* is the entry as it was before any link of ours, as the state has it.
        """
        state = {} if recorded is None else {"existing": recorded}
        try:
            verdict = self.setting().verdict(state)
            outbound = self.configured_elsewhere()
        except PermissionMissing as error:
            if error.is_contradicted:
                raise
            return dict.fromkeys(SWITCHES.values(), f"its other users are unknown ({error})")
        users = {"outboundAllowed": outbound, "inboundAllowed": list[str]()}
        for name, (_, shared) in zip(verdict.names(), verdict.users, strict=True):
            users[SWITCHES[shared]].append(name)
        return {consent: used_by(names) for consent, names in users.items() if names}
