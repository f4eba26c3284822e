"""AllowedCloudEndpoint: one more cloud that a tenant works with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Required, TypedDict, Unpack, overload

import pulumi

from entra_sync.base.args import Args, replaces
from entra_sync.base.calls import GraphCall, Merge
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import LEFT, Plan, Release
from entra_sync.base.resource import Resource
from entra_sync.base.run.claims import Claim
from entra_sync.graph.gateway import AGREEING, reading_at_once
from entra_sync.graph.paths import ACCESS_POLICY, ALLOWED_CLOUDS, PARTNERS, identity_synchronization, resource_id
from entra_sync.graph.synchronization.cross_cloud import allowed_clouds, policy_path
from entra_sync.microsoft.clouds import CLOUDS, Cloud
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.ownership import ledger
from entra_sync.resources.shared.ownership.ledger import Shared
from entra_sync.resources.shared.ownership.reference import LinkReference, adoptable, reference
from entra_sync.resources.shared.ownership.sharing import Setting, View, give_up

__all__ = ["AllowedCloudEndpoint", "AllowedCloudEndpointArgs", "AllowedCloudEndpointHandler"]

JSON = Any
LIST = "allowedCloudEndpoints"
_PARTNER_IDS = f"{PARTNERS}?$select=tenantId"


class AllowedCloudEndpointArgs(Args):
    """One cloud in the ``allowedCloudEndpoints`` of a tenant's cross-tenant access policy."""

    cloud: Cloud = replaces("Cloud to allow. In a link, each tenant allows the cloud of the other tenant.")
    application: LinkReference | None = reference()
    adopt: bool = adoptable()


def _merged(current: JSON, change: JSON) -> JSON:
    """The whole list, with what the call's body adds and without what it removes."""
    edit = change[LIST]
    entries = {*(current.get(LIST) or ()), *edit.get("add", ())} - {*edit.get("remove", ())}
    return {LIST: sorted(entries)}


class AllowedCloudEndpointHandler(Handler[AllowedCloudEndpointArgs]):
    """Adds one entry to the tenant's list of allowed clouds. A delete removes only this entry.

    The requests use the API version, v1.0 or beta, that has the list in the tenant's cloud.

    Sources: "Update crossTenantAccessPolicy", "Configure Microsoft cloud settings for B2B collaboration".
    """

    args = AllowedCloudEndpointArgs
    placeholders: ClassVar[tuple[str, ...]] = ("application.applicationId",)
    computed = ("policyPath",)
    permissions = (("Policy.ReadWrite.CrossTenantAccess",),)
    merges: ClassVar[Mapping[str, Merge]] = {"list": _merged}
    replace_by_deleting_first = True

    def validate(self, args: AllowedCloudEndpointArgs) -> Iterator[tuple[str, str]]:
        """A tenant's own cloud needs no entry: the list is of other clouds. That Graph refuses it is a guess."""
        if CLOUDS[args.cloud].endpoint == args.tenant.info.endpoint:
            yield "cloud", f"tenant {args.tenant} is in that cloud itself; name the other tenant's cloud"

    def find_existing(self, args: AllowedCloudEndpointArgs) -> JSON | None:
        """The list if this cloud is on it already."""
        return self.graph(args).agreed(lambda: self._on_the_list(args))

    def plan(
        self, old: AllowedCloudEndpointArgs | None, new: AllowedCloudEndpointArgs, previous: Mapping[str, JSON]
    ) -> Plan:
        """An entry that a link of ours made, or that is adopted, is this program's own. Another one stays on delete."""
        found = previous.get("existing") if old is not None else self.find_existing(new)
        before = None if found is None or new.adopt or self._setting(new).is_ours() else found
        if old is None and before is not None:
            self.note(new, f"the {new.cloud} cloud is allowed already; {LEFT}")
        # A later delete is sent to the version that has the list.
        path = previous.get("policyPath") or policy_path(self.graph(new))
        return Plan(self.calls(old, new, found), before, {"policyPath": path})

    def partner(self, args: AllowedCloudEndpointArgs) -> str:
        """The other tenant of the link that the entry is for."""
        return "" if args.application is None else args.application.other(args.tenant).tenant_id

    def release(
        self, id: str, args: AllowedCloudEndpointArgs, state: Mapping[str, JSON], others: Sequence[Claim]
    ) -> Release:
        """The entry goes with its last user: while a link or a partner of that cloud needs it, it stays."""
        graph, setting = self.graph(args), self._setting(args)
        with reading_at_once([(graph, ACCESS_POLICY)], [(graph, _PARTNER_IDS), *setting.asked()]):
            if self.find_existing(args) is None:
                return Release()
            _, reason = give_up(setting, state, others, lambda: self._partners(args))
        inbound = resource_id(args.tenant.tenant_id, identity_synchronization(self.partner(args)))
        return (
            Release(stays=reason, until=inbound)
            if reason
            else Release(self.delete_calls(args, {**state, "existing": None}))
        )

    def calls(
        self, old: AllowedCloudEndpointArgs | None, new: AllowedCloudEndpointArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """One PATCH that adds the entry, unless it is there."""
        if old or existing:
            return []
        return [self._patch(new, policy_path(self.graph(new)), "add", f"allowing the {new.cloud} cloud")]

    def delete_calls(self, args: AllowedCloudEndpointArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """One PATCH that takes the entry off the list, unless it stood there before.

        A state of an earlier version does not say which version has the list, so the tenant is asked.
        """
        if state.get("existing"):
            return []
        path = state.get("policyPath") or policy_path(self.graph(args))
        return [self._patch(args, path, "remove", f"no longer allowing the {args.cloud} cloud")]

    def resource_id(
        self, args: AllowedCloudEndpointArgs, answers: Mapping[str, JSON], existing: JSON | None
    ) -> str | None:
        """``<tenant id>/policies/crossTenantAccessPolicy/allowedCloudEndpoints/<endpoint>``."""
        endpoint = CLOUDS[args.cloud].endpoint
        return resource_id(args.tenant.tenant_id, f"{ALLOWED_CLOUDS}/{endpoint}")

    def read_live(
        self, id: str, args: AllowedCloudEndpointArgs, outputs: Mapping[str, JSON]
    ) -> tuple[AllowedCloudEndpointArgs, dict[str, JSON]] | None:
        """Gone when the entry is no longer on the list."""
        return None if self._on_the_list(args) is None else (args, {"endpoint": CLOUDS[args.cloud].endpoint})

    def _setting(self, args: AllowedCloudEndpointArgs) -> Setting:
        views = [View(args.tenant, ledger.cloud_tag(CLOUDS[args.cloud].endpoint), Shared.SOURCE_CLOUD)]
        link = args.application
        if link is not None:
            other = link.other(args.tenant)
            views.append(View(other, ledger.target_tag(args.tenant.tenant_id), Shared.TARGET_CLOUD))
        return Setting(self.resource_id(args, {}, None) or "", args.tenant, link, views)

    def _partners(self, args: AllowedCloudEndpointArgs) -> list[str]:
        """Partners in the cloud. That of the resource's own link counts only if something synchronizes with it."""
        graph, link = self.graph(args), args.application
        other = link.other(args.tenant) if link is not None else None
        authority = other.authority if other is not None else CLOUDS[args.cloud].authority
        purpose = "looking for partners of that cloud"
        partners = graph.agreed(lambda: [each["tenantId"] for each in graph.pages(_PARTNER_IDS, purpose)])
        found = []
        if other is not None and other.tenant_id in partners:
            partners.remove(other.tenant_id)
            inbound = identity_synchronization(other.tenant_id)
            if graph.find(inbound, "looking for synchronization from a partner", agreeing=AGREEING) is not None:
                found.append(f"synchronization from partner {other.tenant_id}")
        return [*found, *(f"partner {each}" for each in graph.tenants_in(authority, partners))]

    def _on_the_list(self, args: AllowedCloudEndpointArgs) -> JSON | None:
        """The list if this cloud is on it."""
        allowed = allowed_clouds(self.graph(args))[1]
        return {LIST: allowed} if CLOUDS[args.cloud].endpoint in allowed else None

    def _patch(self, args: AllowedCloudEndpointArgs, path: str, action: str, purpose: str) -> GraphCall:
        body = {LIST: {action: [CLOUDS[args.cloud].endpoint]}}
        return GraphCall(args.tenant.name, "PATCH", path, body, purpose, merges="list")


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    tenant: Required[Tenant]
    cloud: Required[Cloud | Literal["global", "usgov", "usgovdod", "china"]]
    application: pulumi.Input[LinkReference] | None
    adopt: pulumi.Input[bool]


# until here


class AllowedCloudEndpoint(Resource):
    """Allows one other cloud in a tenant. A cross-cloud link needs one in each of its two tenants.

    Attributes:
        tenant: The argument of the same name.
        cloud: The argument of the same name.
        endpoint: The entry in ``allowedCloudEndpoints``, such as ``microsoftonline.us``.
    """

    handler = AllowedCloudEndpointHandler

    cloud: pulumi.Output[str]
    endpoint: pulumi.Output[str]

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        tenant: pulumi.Output[Any]
        application: pulumi.Output[Any]
        adopt: pulumi.Output[bool]

        @overload
        def __init__(
            self, resource_name: str, args: AllowedCloudEndpointArgs, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
