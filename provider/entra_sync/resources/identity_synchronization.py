"""IdentitySynchronization: a target tenant lets a partner synchronize people into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Required, TypedDict, Unpack, overload

import pulumi
from pydantic import Field

from entra_sync.base.args import Args, Guid, replaces
from entra_sync.base.calls import GraphCall, part
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import LEFT, Plan, Release
from entra_sync.base.resource import Resource
from entra_sync.base.run import claims
from entra_sync.base.run.claims import Claim
from entra_sync.graph.answers.fresh import building
from entra_sync.graph.gateway import AGREEING
from entra_sync.graph.paths import identity_synchronization, resource_id
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.ownership import ledger
from entra_sync.resources.shared.ownership.ledger import Shared
from entra_sync.resources.shared.ownership.reference import LinkReference, adoptable, reference
from entra_sync.resources.shared.ownership.sharing import Setting, View, give_up

__all__ = ["IdentitySynchronization", "IdentitySynchronizationArgs", "IdentitySynchronizationHandler"]

JSON = Any


class IdentitySynchronizationArgs(Args):
    """What a partner may synchronize into this tenant."""

    partner_tenant_id: Guid = replaces("Directory (tenant) id of the source tenant, which must be a partner already.")
    display_name: str | None = Field(default=None, description="Name of the entry, usually the partner's name.")
    user_sync_inbound: bool = Field(
        default=True, description="Whether the partner may create, change and delete users in this tenant."
    )
    group_sync_inbound: bool | None = Field(
        default=None, description="Whether the partner may synchronize groups. Beta API, only within one cloud."
    )
    external_cloud_authorized_application_id: Guid | None = Field(
        default=None, description="Application that is authorized in the external cloud. Beta API; sent unchanged."
    )
    application: LinkReference | None = reference()
    adopt: bool = adoptable()

    def policy(self) -> dict[str, JSON]:
        """The object as Graph knows it."""
        return {
            **({"displayName": self.display_name} if self.display_name is not None else {}),
            "userSyncInbound": {"isSyncAllowed": self.user_sync_inbound},
            **(
                {"groupSyncInbound": {"isSyncAllowed": self.group_sync_inbound}}
                if self.group_sync_inbound is not None
                else {}
            ),
            **(
                {"externalCloudAuthorizedApplicationId": self.external_cloud_authorized_application_id}
                if self.external_cloud_authorized_application_id is not None
                else {}
            ),
        }

    def with_policy(self, live: Mapping[str, JSON]) -> IdentitySynchronizationArgs:
        """These arguments with the values of the object *live*."""
        allowed = {key: (live.get(key) or {}).get("isSyncAllowed") for key in ("userSyncInbound", "groupSyncInbound")}
        flat = {key: live.get(key) for key in ("displayName", "externalCloudAuthorizedApplicationId")}
        return self.mirrored({**flat, **allowed})


class IdentitySynchronizationHandler(Handler[IdentitySynchronizationArgs]):
    """Creates the entry, or changes one that exists already.

    Sources: "Create identitySynchronization", "Update crossTenantIdentitySyncPolicyPartner".
    """

    args = IdentitySynchronizationArgs
    placeholders: ClassVar[tuple[str, ...]] = (
        "displayName",
        "externalCloudAuthorizedApplicationId",
        "application.applicationId",
    )
    permissions = (("Policy.ReadWrite.CrossTenantAccess",),)
    replace_by_deleting_first = True

    def validate(self, args: IdentitySynchronizationArgs) -> Iterator[tuple[str, str]]:
        """A tenant is no partner of itself."""
        if args.partner_tenant_id == args.tenant.tenant_id:
            yield "partnerTenantId", f"is tenant {args.tenant} itself; name the other tenant"

    def find_existing(self, args: IdentitySynchronizationArgs) -> JSON | None:
        """The object as it stands."""
        purpose = f"looking for identitySynchronization {self._for(args)}"
        found = self.graph(args).find(self._path(args), purpose, agreeing=AGREEING)
        return None if found is None else {key: found.get(key) for key in args.policy()}

    def plan(
        self, old: IdentitySynchronizationArgs | None, new: IdentitySynchronizationArgs, previous: Mapping[str, JSON]
    ) -> Plan:
        """An object that a link of ours made, or that is adopted, is ours. Another one stays on delete."""
        if old is not None:
            before = None if new.adopt else previous.get("existing")
            return Plan(self.calls(old, new, before), before)
        found, setting = self.find_existing(new), self._setting(new)
        before = None if found is None or new.adopt or setting.is_ours() else found
        if before is not None:
            earlier = [claim.inputs["existing"] for claim in claims.holders(setting.id) if "existing" in claim.inputs]
            before = earlier[0] if earlier else before
            self.note(new, f"partner {new.partner_tenant_id} may synchronize already; {LEFT}")
        return Plan(self.calls(None, new, found), before)

    def partner(self, args: IdentitySynchronizationArgs) -> str:
        """The source tenant."""
        return args.partner_tenant_id

    def release(
        self, id: str, args: IdentitySynchronizationArgs, state: Mapping[str, JSON], others: Sequence[Claim]
    ) -> Release:
        """The object goes with its last user. One that was there before gets its values back then.

        If no read finds it, the call is sent all the same: its answer tells whether there is one.
        """
        purpose = f"looking for identitySynchronization {self._for(args)}"
        found = self.graph(args).find(self._path(args), purpose, agreeing=AGREEING)
        verdict, reason = give_up(self._setting(args), state, others, list)
        if not reason:
            return Release(self.delete_calls(args, {**state, "existing": None}))
        told = reason if found is not None else ""
        if verdict.unknown or verdict.users or others:
            return Release(stays=told)
        return Release(self.delete_calls(args, state), told)

    def _setting(self, args: IdentitySynchronizationArgs) -> Setting:
        link, views = args.application, []
        if link is not None and link.other(args.tenant).tenant_id == args.partner_tenant_id:
            tag = ledger.target_tag(args.tenant.tenant_id)
            views = [View(link.other(args.tenant), tag, Shared.INBOUND)]
        return Setting(self.resource_id(args, {}, None) or "", args.tenant, link, views)

    def calls(
        self, old: IdentitySynchronizationArgs | None, new: IdentitySynchronizationArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """PUT for a new object, else one PATCH of what differs."""
        policy = new.policy()
        if old is None and existing is None:
            return [self._call(new, "PUT", policy, "creating", patience=building())]
        before = old.policy() if old else existing or {}
        changed = {key: value for key, value in policy.items() if value != before.get(key)}
        return [self._call(new, "PATCH", changed, "changing")] if changed else []

    def delete_calls(self, args: IdentitySynchronizationArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """DELETE if this resource made it; else what was there before. People who were synchronized stay."""
        existing = state.get("existing")
        if existing is None:
            return [self._call(args, "DELETE", None, "deleting")]
        policy = args.policy()
        before = {key: value for key, value in existing.items() if key in policy and value != policy[key]}
        return [self._call(args, "PATCH", before, "putting back")] if before else []

    def resource_id(
        self, args: IdentitySynchronizationArgs, answers: Mapping[str, JSON], existing: JSON | None
    ) -> str | None:
        """``<tenant id>/policies/crossTenantAccessPolicy/partners/<source tenant id>/identitySynchronization``."""
        return resource_id(args.tenant.tenant_id, identity_synchronization(str(args.partner_tenant_id)))

    def wait_until_ready(self, id: str, args: IdentitySynchronizationArgs) -> None:
        """A new object is not on every replica at once."""
        self.graph(args).wait_for(self._path(args), f"waiting for identitySynchronization {self._for(args)}")

    def read_live(
        self, id: str, args: IdentitySynchronizationArgs, outputs: Mapping[str, JSON]
    ) -> tuple[IdentitySynchronizationArgs, dict[str, JSON]] | None:
        """What is allowed now."""
        found = self.graph(args).find(self._path(args), f"reading identitySynchronization {self._for(args)}")
        return None if found is None else (args.with_policy(found), {})

    def _path(self, args: IdentitySynchronizationArgs) -> str:
        beta = args.group_sync_inbound is not None or args.external_cloud_authorized_application_id is not None
        return identity_synchronization(part(args.partner_tenant_id, "partnerTenantId"), beta=beta)

    def _for(self, args: IdentitySynchronizationArgs) -> str:
        return f"for partner {args.partner_tenant_id}"

    def _call(
        self, args: IdentitySynchronizationArgs, method: str, body: JSON, doing: str, patience: int = 0
    ) -> GraphCall:
        purpose = f"{doing} identitySynchronization {self._for(args)}"
        return GraphCall(args.tenant.name, method, self._path(args), body, purpose, patience=patience)


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    tenant: Required[Tenant]
    partner_tenant_id: Required[pulumi.Input[str]]
    display_name: pulumi.Input[str] | None
    user_sync_inbound: pulumi.Input[bool]
    group_sync_inbound: pulumi.Input[bool] | None
    external_cloud_authorized_application_id: pulumi.Input[str] | None
    application: pulumi.Input[LinkReference] | None
    adopt: pulumi.Input[bool]


# until here


class IdentitySynchronization(Resource):
    """Allows a partner to synchronize users into this tenant. Delete it before the partner entry.

    Attributes:
        tenant: The argument of the same name.
        partner_tenant_id: The argument of the same name.
        user_sync_inbound: Whether the partner may synchronize users into this tenant.
    """

    handler = IdentitySynchronizationHandler

    partner_tenant_id: pulumi.Output[str]
    user_sync_inbound: pulumi.Output[bool]

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        tenant: pulumi.Output[Any]
        display_name: pulumi.Output[str | None]
        group_sync_inbound: pulumi.Output[bool | None]
        external_cloud_authorized_application_id: pulumi.Output[Any]
        application: pulumi.Output[Any]
        adopt: pulumi.Output[bool]

        @overload
        def __init__(
            self, resource_name: str, args: IdentitySynchronizationArgs, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
