"""CrossTenantPartner: how a tenant deals with one other tenant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Required, TypedDict, Unpack, overload

import pulumi
from pydantic import Field

from entra_sync.base.args import Args, Guid, replaces
from entra_sync.base.calls import GraphCall
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import LEFT, Plan, Release
from entra_sync.base.resource import Resource
from entra_sync.base.run.claims import Claim
from entra_sync.base.values.merging import beside, joined, narrowed, put_back, with_newly_declared
from entra_sync.graph.gateway import AGREEING, reading_at_once
from entra_sync.graph.paths import DEFAULT_SETTINGS, PARTNERS
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.access_settings import (
    AutomaticUserConsent,
    B2BSettings,
    InboundTrust,
    TenantRestrictions,
    refuse_lacking,
)
from entra_sync.resources.shared.ownership.partner_entry import CONSENT, SWITCHES, SYNCHRONIZED, PartnerEntry
from entra_sync.resources.shared.ownership.reference import LinkReference, adoptable, reference
from entra_sync.resources.shared.ownership.sharing import give_up

__all__ = ["CrossTenantPartner", "CrossTenantPartnerArgs", "CrossTenantPartnerHandler"]

JSON = Any


class CrossTenantPartnerArgs(Args):
    """The partner entry of one other tenant. A section that is not given inherits the tenant's defaults."""

    partner_tenant_id: Guid = replaces("Directory (tenant) id of the other tenant.")
    automatic_user_consent_settings: AutomaticUserConsent | None = Field(
        default=None,
        description="Automatic redemption of invitations. Synchronization needs outbound in the source and inbound "
        "in the target.",
    )
    inbound_trust: InboundTrust | None = Field(
        default=None, description="Claims that are trusted for users of the partner."
    )
    b2b_collaboration_inbound: B2BSettings | None = Field(
        default=None,
        alias="b2bCollaborationInbound",
        description="Which users of the partner can be guests in this tenant.",
    )
    b2b_collaboration_outbound: B2BSettings | None = Field(
        default=None,
        alias="b2bCollaborationOutbound",
        description="Which users of this tenant can be guests at the partner.",
    )
    b2b_direct_connect_inbound: B2BSettings | None = Field(
        default=None,
        alias="b2bDirectConnectInbound",
        description="Which users of the partner can use shared channels of this tenant. Only within one cloud.",
    )
    b2b_direct_connect_outbound: B2BSettings | None = Field(
        default=None,
        alias="b2bDirectConnectOutbound",
        description="Which users of this tenant can use shared channels of the partner. Only within one cloud.",
    )
    tenant_restrictions: TenantRestrictions | None = Field(
        default=None, description="What users and devices of this tenant can access with accounts of the partner."
    )
    application: LinkReference | None = reference()
    adopt: bool = adoptable()

    def sections(self) -> dict[str, JSON]:
        """The sections that are declared, by Graph's names."""
        return {key: value for key, value in self.body().items() if key in SECTIONS}


SECTIONS = {CrossTenantPartnerArgs.wire(name) for name in CrossTenantPartnerArgs.model_fields} - {
    "tenant",
    "partnerTenantId",
    "application",
    "adopt",
}

_OTHERS = ("crossCloudMeetingConfiguration", "protectedContentSharing")
"""Settings of a partner that no argument declares ("crossTenantAccessPolicyConfigurationPartner resource type")."""


class CrossTenantPartnerHandler(Handler[CrossTenantPartnerArgs]):
    """Sends only the declared sections, because null would reset a section to the tenant's defaults.

    If the entry exists already, its declared sections are changed. A delete then restores their previous values and
    leaves the entry in place.

    Sources: "Create crossTenantAccessPolicyConfigurationPartner", "Update crossTenantAccessPolicyConfigurationPartner".
    """

    args = CrossTenantPartnerArgs
    placeholders: ClassVar[tuple[str, ...]] = ("*.targets[].target", "application.applicationId")
    permissions = (("Policy.ReadWrite.CrossTenantAccess",),)
    replace_by_deleting_first = True

    def validate(self, args: CrossTenantPartnerArgs) -> Iterator[tuple[str, str]]:
        """A tenant is no partner of itself."""
        if args.partner_tenant_id == args.tenant.tenant_id:
            yield "partnerTenantId", f"is tenant {args.tenant} itself; name the other tenant"

    def find_existing(self, args: CrossTenantPartnerArgs) -> JSON | None:
        """The partner entry as it stands."""
        purpose = f"looking for partner {args.partner_tenant_id}"
        found = self.graph(args).find(self._path(args), purpose, agreeing=AGREEING)
        return None if found is None else {key: value for key, value in found.items() if key in SECTIONS}

    def plan(
        self, old: CrossTenantPartnerArgs | None, new: CrossTenantPartnerArgs, previous: Mapping[str, JSON]
    ) -> Plan:
        """Finds what is there beside the declared values, and whose the entry is."""
        found = self.find_existing(new)
        refuse_lacking(new, new.sections(), found, lambda: self._defaults(new))
        if old is None:
            before = None if found is None or new.adopt else self._entry(new).before(found)
            if before is not None:
                self.note(new, f"partner {new.partner_tenant_id} is there already; {LEFT}")
            return Plan(self.calls(None, new, found), before)
        recorded = None if new.adopt else previous.get("existing")
        changes = self._changes(old, new, found, self._with_consent_of_others(old, new, recorded))
        same = [
            key
            for key, value in changes.items()
            if key == CONSENT and narrowed({key: value}, found or {})[key] == value
        ]
        if recorded is not None:
            recorded = with_newly_declared(recorded, old.sections(), new.sections(), found or {})
        return Plan(self._patch(new, {key: value for key, value in changes.items() if key not in same}), recorded)

    def _with_consent_of_others(self, old: CrossTenantPartnerArgs, new: CrossTenantPartnerArgs, recorded: JSON) -> JSON:
        """*recorded*, to which an update returns, with the consent that is declared no longer and that others use.

        One that is declared as false is switched off all the same: that is how synchronization is stopped at once.
        """
        before, after = (args.sections().get(CONSENT) or {} for args in (old, new))
        given_up = [name for name, value in before.items() if value and not after.get(name)]
        if not given_up:
            return recorded
        kept: dict[str, bool] = {}
        for name, reason in self._entry(new).used_consent(recorded).items():
            if name in given_up and name in after:
                self.note(
                    new, f"{CONSENT}.{name} of partner {new.partner_tenant_id} is switched off, although {reason}"
                )
            elif name in given_up:
                self.note(new, f"{CONSENT}.{name} of partner {new.partner_tenant_id} stays: {reason}")
                kept[name] = True
        return {**(recorded or {}), CONSENT: {**((recorded or {}).get(CONSENT) or {}), **kept}} if kept else recorded

    def owns(self, args: CrossTenantPartnerArgs) -> bool:
        """Only a record or another declaration of this run tells that the entry is not another program's."""
        return args.adopt or self._entry(args).setting().is_ours()

    def partner(self, args: CrossTenantPartnerArgs) -> str:
        """The other tenant."""
        return args.partner_tenant_id

    def release(
        self, id: str, args: CrossTenantPartnerArgs, state: Mapping[str, JSON], others: Sequence[Claim]
    ) -> Release:
        """The entry goes with its last user. While it stays, only values that no other user needs are taken back."""
        with reading_at_once(*self._entry(args).asked(outbound=_allows_outbound(args))):
            return self._released(args, state, others)

    def _released(self, args: CrossTenantPartnerArgs, state: Mapping[str, JSON], others: Sequence[Claim]) -> Release:
        """:meth:`release`, which has announced what this reads."""
        found = self._present(args)
        if found is None:
            return Release()
        first = state.get("existing") or {}
        had_no_consent = first.get(SYNCHRONIZED) and not (first.get(CONSENT) or {}).get("inboundAllowed")
        entry = self._entry(args)
        inbound = None if had_no_consent else entry.inbound()
        users = {
            "inboundAllowed": [f"synchronization from partner {args.partner_tenant_id}"] if inbound else [],
            "outboundAllowed": [],
        }

        def elsewhere() -> list[str]:
            if _allows_outbound(args):
                users["outboundAllowed"] = entry.configured_elsewhere()
            return [name for names in users.values() for name in names]

        verdict, reason = give_up(entry.setting(), state, others, elsewhere)
        sections = args.sections()
        added = beside(sections, {key: value for key, value in found.items() if key in SECTIONS or key in _OTHERS})
        if not reason and added:
            reason = f"it has other settings ({', '.join(added)})"
        if not reason:
            return Release(self.delete_calls(args, {**state, "existing": None}))
        kept: dict[str, JSON] = {}
        until = f"{entry.id}/identitySynchronization"
        for claim in others:
            for key, value in CrossTenantPartnerArgs.read(claim.inputs).sections().items():
                both = isinstance(value, Mapping) and isinstance(kept.get(key), Mapping)
                kept[key] = {**kept[key], **value} if both else value
        if verdict.unknown:
            return Release(stays=reason, until=until)
        used = {name for name, names in users.items() if names}
        used |= {SWITCHES[shared] for _, shared in verdict.users}
        kept[CONSENT] = {**(kept.get(CONSENT) or {}), **dict.fromkeys(used, True)}
        before = {} if verdict.ours else dict(state.get("existing") or {})
        calls = self._patch(args, put_back(sections, found, before, kept), "giving up settings of")
        return Release(calls, reason, until)

    def _entry(self, args: CrossTenantPartnerArgs) -> PartnerEntry:
        return PartnerEntry(args.tenant, args.partner_tenant_id, args.application)

    def _present(self, args: CrossTenantPartnerArgs) -> JSON | None:
        """The entry; None if neither its own path has it, as several answers say, nor the list of entries."""
        graph, purpose = self.graph(args), f"reading partner {args.partner_tenant_id}"
        found = graph.find(self._path(args), purpose, agreeing=AGREEING)
        if found is not None:
            return found
        listed = graph.pages(self._path(args).rsplit("/", 1)[0], purpose)
        return next((each for each in listed if each["tenantId"] == args.partner_tenant_id), None)

    def _defaults(self, args: CrossTenantPartnerArgs) -> JSON:
        """The default settings, whose properties show which ones a partner can have."""
        return self.graph(args).get(DEFAULT_SETTINGS, "reading which settings the cloud has")

    def calls(
        self, old: CrossTenantPartnerArgs | None, new: CrossTenantPartnerArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """POST for a new partner; else one PATCH of the sections that differ."""
        if old is None and existing is None:
            body = {"tenantId": new.partner_tenant_id, **new.sections()}
            return [self._call(new, "POST", PARTNERS, body, "creating", saves="created")]
        return self._patch(new, self._changes(old, new, existing, existing))

    def delete_calls(self, args: CrossTenantPartnerArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """DELETE of the entry if this resource made it; else the declared sections as they were before."""
        existing = state.get("existing")
        if existing is None:
            return [self._call(args, "DELETE", self._path(args), None, "deleting")]
        sections = args.sections()
        live = {key: joined(existing.get(key), value) for key, value in sections.items()}
        return self._patch(args, put_back(sections, live, existing, {}), "giving up settings of")

    def resource_id(
        self, args: CrossTenantPartnerArgs, answers: Mapping[str, JSON], existing: JSON | None
    ) -> str | None:
        """``<tenant id>/policies/crossTenantAccessPolicy/partners/<partner's tenant id>``."""
        return self._entry(args).id

    def wait_until_ready(self, id: str, args: CrossTenantPartnerArgs) -> None:
        """A new entry is not on every replica at once."""
        self.graph(args).wait_for(self._path(args), f"waiting for partner {args.partner_tenant_id}")

    def read_live(
        self, id: str, args: CrossTenantPartnerArgs, outputs: Mapping[str, JSON]
    ) -> tuple[CrossTenantPartnerArgs, dict[str, JSON]] | None:
        """The declared sections as they stand."""
        found = self.graph(args).find(self._path(args), f"reading partner {args.partner_tenant_id}")
        if found is None:
            return None
        others = _undeclared(args.sections(), found)
        return args.mirrored(found), {
            "isServiceProvider": bool(found.get("isServiceProvider")),
            **({"undeclared": others} if others else {}),
        }

    def _changes(
        self, old: CrossTenantPartnerArgs | None, new: CrossTenantPartnerArgs, current: JSON, recorded: JSON
    ) -> dict[str, JSON]:
        """Declared sections that change, beside what is there; what is declared no longer as it was *recorded*.

        Of a section that is declared no longer, values that others have set or changed stay.
        """
        sections, there, first = new.sections(), current or {}, recorded or {}
        released = old.sections() if old else {}
        before = released if old else narrowed(sections, there)
        changed = {
            key: joined(there.get(key), value, released.get(key), first.get(key))
            for key, value in sections.items()
            if value != before.get(key)
        }
        dropped = {key: value for key, value in released.items() if key not in sections}
        return {**changed, **put_back(dropped, there, first, {})}

    def _patch(self, args: CrossTenantPartnerArgs, body: JSON, doing: str = "changing") -> list[GraphCall]:
        return [self._call(args, "PATCH", self._path(args), body, doing)] if body else []

    def _path(self, args: CrossTenantPartnerArgs) -> str:
        return self._entry(args).path

    def _call(
        self, args: CrossTenantPartnerArgs, method: str, path: str, body: JSON, doing: str, saves: str = ""
    ) -> GraphCall:
        return GraphCall(args.tenant.name, method, path, body, f"{doing} partner {args.partner_tenant_id}", saves=saves)


def _allows_outbound(args: CrossTenantPartnerArgs) -> bool:
    """Whether the entry is that of a source, from which synchronization goes out."""
    return bool((args.sections().get(CONSENT) or {}).get("outboundAllowed"))


def _undeclared(sections: Mapping[str, JSON], found: Mapping[str, JSON]) -> list[str]:
    """Settings of an entry that the resource does not declare, for example ``inboundTrust.isMfaAccepted``."""
    names = []
    for key in beside(sections, {key: value for key, value in found.items() if key in SECTIONS or key in _OTHERS}):
        section, own = found[key], sections.get(key) or {}
        inside = [name for name, value in section.items() if value and name not in own] if own else []
        names += [f"{key}.{name}" for name in inside] if inside else [key]
    return names


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    tenant: Required[Tenant]
    partner_tenant_id: Required[pulumi.Input[str]]
    automatic_user_consent_settings: pulumi.Input[AutomaticUserConsent] | None
    inbound_trust: pulumi.Input[InboundTrust] | None
    b2b_collaboration_inbound: pulumi.Input[B2BSettings] | None
    b2b_collaboration_outbound: pulumi.Input[B2BSettings] | None
    b2b_direct_connect_inbound: pulumi.Input[B2BSettings] | None
    b2b_direct_connect_outbound: pulumi.Input[B2BSettings] | None
    tenant_restrictions: pulumi.Input[TenantRestrictions] | None
    application: pulumi.Input[LinkReference] | None
    adopt: pulumi.Input[bool]


# until here


class CrossTenantPartner(Resource):
    """A partner entry in a tenant's cross-tenant access policy.

    Attributes:
        tenant: The argument of the same name.
        partner_tenant_id: The argument of the same name.
        is_service_provider: Whether the partner is a cloud service provider of this tenant.
        undeclared: Settings of the entry that this resource does not declare and does not change. Absent if it declares
            all of them.
    """

    handler = CrossTenantPartnerHandler

    partner_tenant_id: pulumi.Output[str]
    is_service_provider: pulumi.Output[bool]
    undeclared: pulumi.Output[list[str]]

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        tenant: pulumi.Output[Any]
        automatic_user_consent_settings: pulumi.Output[Any]
        inbound_trust: pulumi.Output[Any]
        b2b_collaboration_inbound: pulumi.Output[Any]
        b2b_collaboration_outbound: pulumi.Output[Any]
        b2b_direct_connect_inbound: pulumi.Output[Any]
        b2b_direct_connect_outbound: pulumi.Output[Any]
        tenant_restrictions: pulumi.Output[Any]
        application: pulumi.Output[Any]
        adopt: pulumi.Output[bool]

        @overload
        def __init__(
            self, resource_name: str, args: CrossTenantPartnerArgs, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
