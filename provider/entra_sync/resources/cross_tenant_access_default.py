"""CrossTenantAccessDefault: how a tenant deals with every other tenant that has no partner entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Required, TypedDict, Unpack, overload

import pulumi
from pydantic import Field, model_validator

from entra_sync.base.args import Args, Values
from entra_sync.base.calls import GraphCall
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import Plan, Release
from entra_sync.base.resource import Resource
from entra_sync.base.run.claims import Claim
from entra_sync.base.values.merging import joined, narrowed, put_back, with_newly_declared
from entra_sync.graph.paths import DEFAULT_SETTINGS, resource_id
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.access_settings import B2BSettings, InboundTrust, TenantRestrictions, refuse_lacking

__all__ = [
    "CrossTenantAccessDefault",
    "CrossTenantAccessDefaultArgs",
    "CrossTenantAccessDefaultHandler",
    "InvitationRedemption",
]

JSON = Any

Provider = Annotated[
    Literal["azureActiveDirectory", "externalFederation", "socialIdentityProviders"],
    Field(title="IdentityProvider", description="Kind of identity provider with which a guest can sign in."),
]

Fallback = Annotated[
    Literal["defaultConfiguredIdp", "emailOneTimePasscode", "microsoftAccount"],
    Field(
        title="FallbackIdentityProvider",
        description="Identity provider of guests who have no account with another one.",
    ),
]


class InvitationRedemption(Values):
    """Where guests sign in ("defaultInvitationRedemptionIdentityProviderConfiguration resource type")."""

    primary_identity_provider_precedence_order: list[Provider] | None = Field(
        default=None, description="Identity providers in the order in which they are tried."
    )
    fallback_identity_provider: Fallback | None = Field(
        default=None, description="Identity provider if none of these has an account of the guest."
    )


class CrossTenantAccessDefaultArgs(Args):
    """The defaults of a tenant's cross-tenant access policy. A section that is not given is left as it is.

    Automatic redemption is none of them: both sides have to agree to it, partner by partner
    (:class:`CrossTenantPartner`), and as a default it is read-only (crossTenantAccessPolicyConfigurationDefault).
    """

    inbound_trust: InboundTrust | None = Field(
        default=None, description="Claims that are trusted for users of any other tenant."
    )
    b2b_collaboration_inbound: B2BSettings | None = Field(
        default=None,
        alias="b2bCollaborationInbound",
        description="Which users of other tenants can be guests in this tenant.",
    )
    b2b_collaboration_outbound: B2BSettings | None = Field(
        default=None,
        alias="b2bCollaborationOutbound",
        description="Which users of this tenant can be guests in other tenants.",
    )
    b2b_direct_connect_inbound: B2BSettings | None = Field(
        default=None,
        alias="b2bDirectConnectInbound",
        description="Which users of other tenants can use shared channels of this tenant.",
    )
    b2b_direct_connect_outbound: B2BSettings | None = Field(
        default=None,
        alias="b2bDirectConnectOutbound",
        description="Which users of this tenant can use shared channels of other tenants.",
    )
    invitation_redemption_identity_provider_configuration: InvitationRedemption | None = Field(
        default=None, description="Identity providers with which guests redeem an invitation."
    )
    tenant_restrictions: TenantRestrictions | None = Field(
        default=None, description="What users and devices of this tenant can access with accounts of other tenants."
    )
    on_delete: Literal["keep", "restore", "reset"] = Field(
        default="keep",
        title="OnDelete",
        description="What a destroy does. keep: leaves the settings. restore: puts declared values that nothing has "
        "changed since back to what they were. reset: puts everything back to Microsoft's defaults, which allow "
        "collaboration for all users.",
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_automatic_redemption(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and data.keys() & {
            "automatic_user_consent_settings",
            "automaticUserConsentSettings",
        }:
            raise ValueError(
                "Graph refuses automatic redemption as a default: both sides agree to it partner by partner; declare "
                "it in CrossTenantPartner"
            )
        return data

    def sections(self) -> dict[str, JSON]:
        """The sections that are declared, by Graph's names."""
        return {key: value for key, value in self.body().items() if key in SECTIONS}


SECTIONS = {CrossTenantAccessDefaultArgs.wire(name) for name in CrossTenantAccessDefaultArgs.model_fields} - {
    "tenant",
    "onDelete",
}


class CrossTenantAccessDefaultHandler(Handler[CrossTenantAccessDefaultArgs]):
    """Changes only the declared sections of the defaults, which every tenant has.

    By default, a delete changes nothing, because the previous values and Microsoft's own defaults may open the tenant.
    `on_delete` selects another behavior.

    Sources: "Update crossTenantAccessPolicyConfigurationDefault",
    "crossTenantAccessPolicyConfigurationDefault: resetToSystemDefault".
    """

    args = CrossTenantAccessDefaultArgs
    placeholders: ClassVar[tuple[str, ...]] = ("*.targets[].target",)
    permissions = (("Policy.ReadWrite.CrossTenantAccess",),)

    def find_existing(self, args: CrossTenantAccessDefaultArgs) -> JSON | None:
        """The defaults as they stand."""
        found = self.graph(args).get(DEFAULT_SETTINGS, "reading the default cross-tenant access settings")
        return {key: value for key, value in found.items() if key in SECTIONS}

    def plan(
        self,
        old: CrossTenantAccessDefaultArgs | None,
        new: CrossTenantAccessDefaultArgs,
        previous: Mapping[str, JSON],
    ) -> Plan:
        """The calls from what the tenant holds now; what stood there first is recorded once."""
        current = self.find_existing(new)
        refuse_lacking(new, new.sections(), current, dict)
        if old is None:
            return Plan(self.calls(None, new, current), current)
        recorded = previous.get("existing") or {}
        calls = self._patch(new, self._changes(old, new, current, recorded))
        return Plan(calls, with_newly_declared(recorded, old.sections(), new.sections(), current or {}))

    def calls(
        self, old: CrossTenantAccessDefaultArgs | None, new: CrossTenantAccessDefaultArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """One PATCH of the declared sections that differ."""
        return self._patch(new, self._changes(old, new, existing, {}))

    def delete_calls(self, args: CrossTenantAccessDefaultArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """None; or what ``on_delete`` asks for."""
        if args.on_delete == "keep":
            return []
        if args.on_delete == "reset":
            purpose = "resetting the default cross-tenant access settings"
            return [GraphCall(args.tenant.name, "POST", f"{DEFAULT_SETTINGS}/resetToSystemDefault", None, purpose)]
        existing, sections = state.get("existing") or {}, args.sections()
        live = {key: joined(existing.get(key), value) for key, value in sections.items()}
        return self._patch(args, put_back(sections, live, existing, {}), "putting back")

    def release(
        self, id: str, args: CrossTenantAccessDefaultArgs, state: Mapping[str, JSON], others: Sequence[Claim]
    ) -> Release:
        """A restore puts back what is still as declared, and leaves what others have set beside it."""
        release = super().release(id, args, state, others)
        if not release.calls or args.on_delete != "restore":
            return release
        live, existing = self.find_existing(args) or {}, state.get("existing") or {}
        return Release(self._patch(args, put_back(args.sections(), live, existing, {}), "putting back"))

    def resource_id(
        self, args: CrossTenantAccessDefaultArgs, answers: Mapping[str, JSON], existing: JSON | None
    ) -> str | None:
        """``<tenant id>/policies/crossTenantAccessPolicy/default``."""
        return resource_id(args.tenant.tenant_id, DEFAULT_SETTINGS)

    def read_live(
        self, id: str, args: CrossTenantAccessDefaultArgs, outputs: Mapping[str, JSON]
    ) -> tuple[CrossTenantAccessDefaultArgs, dict[str, JSON]] | None:
        """The declared sections as they stand; the defaults are never gone."""
        found = self.graph(args).get(DEFAULT_SETTINGS, "reading the default cross-tenant access settings")
        return args.mirrored(found), {"isServiceDefault": bool(found.get("isServiceDefault"))}

    def _changes(
        self,
        old: CrossTenantAccessDefaultArgs | None,
        new: CrossTenantAccessDefaultArgs,
        current: JSON | None,
        recorded: JSON,
    ) -> dict[str, JSON]:
        """Declared sections that change, beside what is there; on request, what is declared no longer is put back."""
        sections, there = new.sections(), current or {}
        before = old.sections() if old else narrowed(sections, there)
        released = before if old and new.on_delete == "restore" else {}
        changed = {
            key: joined(there.get(key), value, released.get(key), recorded.get(key))
            for key, value in sections.items()
            if value != before.get(key)
        }
        dropped = {key: value for key, value in released.items() if key in recorded and key not in sections}
        return {**changed, **put_back(dropped, there, recorded, {})}

    def _patch(self, args: CrossTenantAccessDefaultArgs, body: JSON, doing: str = "changing") -> list[GraphCall]:
        purpose = f"{doing} the default cross-tenant access settings"
        return [GraphCall(args.tenant.name, "PATCH", DEFAULT_SETTINGS, body, purpose)] if body else []


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    tenant: Required[Tenant]
    inbound_trust: pulumi.Input[InboundTrust] | None
    b2b_collaboration_inbound: pulumi.Input[B2BSettings] | None
    b2b_collaboration_outbound: pulumi.Input[B2BSettings] | None
    b2b_direct_connect_inbound: pulumi.Input[B2BSettings] | None
    b2b_direct_connect_outbound: pulumi.Input[B2BSettings] | None
    invitation_redemption_identity_provider_configuration: pulumi.Input[InvitationRedemption] | None
    tenant_restrictions: pulumi.Input[TenantRestrictions] | None
    on_delete: pulumi.Input[Literal["keep", "restore", "reset"]]


# until here


class CrossTenantAccessDefault(Resource):
    """The default cross-tenant access settings of a tenant. They apply to all tenants without a partner entry.

    Attributes:
        tenant: The argument of the same name.
        is_service_default: Whether the settings are Microsoft's own defaults.
    """

    handler = CrossTenantAccessDefaultHandler

    is_service_default: pulumi.Output[bool]

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        tenant: pulumi.Output[Any]
        inbound_trust: pulumi.Output[Any]
        b2b_collaboration_inbound: pulumi.Output[Any]
        b2b_collaboration_outbound: pulumi.Output[Any]
        b2b_direct_connect_inbound: pulumi.Output[Any]
        b2b_direct_connect_outbound: pulumi.Output[Any]
        invitation_redemption_identity_provider_configuration: pulumi.Output[Any]
        tenant_restrictions: pulumi.Output[Any]
        on_delete: pulumi.Output[Any]

        @overload
        def __init__(
            self, resource_name: str, args: CrossTenantAccessDefaultArgs, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
