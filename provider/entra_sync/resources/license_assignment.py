"""LicenseAssignment: licenses on a group or a user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Required, TypedDict, Unpack, overload

import pulumi
from pulumi.dynamic import CreateResult, UpdateResult
from pydantic import Field

from entra_sync.base.args import replaces
from entra_sync.base.calls import GraphCall
from entra_sync.base.hooks import LEFT, Plan
from entra_sync.base.principals import Principal
from entra_sync.base.resource import Resource
from entra_sync.base.run import claims
from entra_sync.base.values.unknown import is_unknown
from entra_sync.errors import BadArgument
from entra_sync.graph.gateway import AGREEING
from entra_sync.graph.paths import SUBSCRIBED_SKUS
from entra_sync.licensing import assignment
from entra_sync.licensing.assignment import License
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.licenses import Entries, LicenseArgs, LicenseHandler
from entra_sync.resources.shared.ownership.licenses import foreign
from entra_sync.resources.shared.ownership.reference import LinkReference

__all__ = ["License", "LicenseAssignment", "LicenseAssignmentArgs", "LicenseAssignmentHandler"]

JSON = Any

MOST_ERRORS = 50
"""How many people with errors are listed; all are counted."""


class LicenseAssignmentArgs(LicenseArgs):
    """Licenses of one principal. Others that it has, and that are not named here, are left alone."""

    principal: Principal = replaces("The group or user that gets the licenses.")
    licenses: list[License] = Field(min_length=1, description="Licenses to assign.")


class LicenseAssignmentHandler(LicenseHandler[LicenseAssignmentArgs]):
    """Sends all changes of a principal in one request, so that one product replaces another without a gap.

    A license that the principal has already is taken over. A delete restores the previous assignments.

    Sources: "user: assignLicense",
    "group: assignLicense", "List subscribedSkus", "Assign licenses to a group", "Resolve license assignment problems".
    """

    args = LicenseAssignmentArgs
    placeholders: ClassVar[tuple[str, ...]] = ("principal.id", "application.applicationId")

    def validate(self, args: LicenseAssignmentArgs) -> Iterator[tuple[str, str]]:
        """One entry per product; the link's application is in the tenant of the licenses."""
        yield from assignment.named_twice(args.licenses)
        yield from foreign(args.application, args.tenant)

    def principals(self, args: LicenseAssignmentArgs) -> Sequence[Principal]:
        """The one that gets the licenses."""
        return [args.principal]

    def found_first(self, state: Mapping[str, JSON]) -> Entries:
        """What the principal had before."""
        first = (state.get("existing") or {}).get("licenses", [])
        return {state["principal"]["id"]: first} if first else {}

    def with_found_first(self, state: Mapping[str, JSON], first: Entries) -> dict[str, JSON]:
        """*state* with other licenses found first."""
        return {**state, "existing": {"licenses": first.get(state["principal"]["id"], [])}}

    def plan(self, old: LicenseAssignmentArgs | None, new: LicenseAssignmentArgs, previous: Mapping[str, JSON]) -> Plan:
        """Resolves products and plans against what the tenant owns, and refuses what it cannot assign."""
        skus = self.subscriptions(new)
        resolved = assignment.resolve(new.tenant, skus, new.licenses)
        if is_unknown(new.principal.id):
            calls = assignment.assign(new.tenant, new.principal, resolved, [])
            record = self.recording(old, new, previous, {**new.body(), "resolved": resolved})
            return Plan([*record, *calls], computed={"resolved": resolved})
        found = self._principal(new)
        if found is None:
            raise BadArgument(
                "principal", f"tenant {new.tenant} has no {new.principal}; take the object id from its page"
            )
        assignment.refuse(new.tenant, new.principal, found, skus, resolved)
        held, earlier = assignment.direct(new.principal, found), previous
        if old is None:
            # Another declaration of this run may hold the same licenses: then they are not found, but ours.
            earlier = next((claim.inputs for claim in claims.holders(self.resource_id(new, {}, None) or "")), previous)
        before = earlier.get("resolved", [])
        known = (earlier.get("existing") or {}).get("licenses", [])
        first = assignment.found_first(resolved, held, before, known)
        found_before = None if old is None else {new.principal.id: known}
        first = self.not_ours(new, {new.principal.id: first}, found_before)[new.principal.id]
        existing = [] if new.adopt else first
        if old is None and existing:
            self.note(new, f"{new.principal} has {len(existing)} of these licenses already; {LEFT}")
        dropped = {entry["skuId"] for entry in before} - {entry["skuId"] for entry in resolved}
        principal = new.principal.id
        stay, heirs = self.used_by_others(new, {principal: dropped}, {principal: held}, {principal: existing})
        added, removed = assignment.difference(resolved, held, before, [*existing, *stay.get(principal, [])])
        now = {**new.body(), "resolved": resolved, "existing": {"licenses": existing}}
        record = self.recording(old, new, {**(old.body() if old else {}), **previous}, now)
        calls = assignment.assign(new.tenant, new.principal, added, removed)
        return Plan([*record, *calls, *heirs], {"licenses": existing}, {"resolved": resolved})

    def find_existing(self, args: LicenseAssignmentArgs) -> JSON | None:
        """What the principal has itself."""
        found = self._principal(args)
        return None if found is None else {"licenses": assignment.direct(args.principal, found)}

    def calls(
        self, old: LicenseAssignmentArgs | None, new: LicenseAssignmentArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """One assignLicense with what is missing."""
        held = (existing or {}).get("licenses", [])
        resolved = assignment.resolve(new.tenant, self.subscriptions(new), new.licenses)
        return assignment.assign(new.tenant, new.principal, [entry for entry in resolved if entry not in held], [])

    def taking_away(self, args: LicenseAssignmentArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """One assignLicense that takes away what this resource added, and puts back what it changed."""
        found_first = (state.get("existing") or {}).get("licenses", [])
        held = state["held"].get(args.principal.id, []) if "held" in state else None
        added, removed = assignment.back(state.get("resolved", []), held, found_first)
        return assignment.assign(args.tenant, args.principal, added, removed)

    def resource_id(
        self, args: LicenseAssignmentArgs, answers: Mapping[str, JSON], existing: JSON | None
    ) -> str | None:
        """``<tenant id>/groups/<id>/assignedLicenses`` or ``<tenant id>/users/<id>/assignedLicenses``."""
        return f"{args.tenant.tenant_id}/{args.principal.kind.lower()}s/{args.principal.id}/assignedLicenses"

    def create(self, props: dict[str, JSON]) -> CreateResult:
        """Waits for other changes of the principal, in this process, until they are visible."""
        args = self._args(props)
        with assignment.one_at_a_time(args.tenant, [args.principal]):
            return super().create(props)

    def update(self, id: str, olds: dict[str, JSON], news: dict[str, JSON]) -> UpdateResult:
        """Waits for other changes of the principal, in this process, until they are visible."""
        args = self._args(news)
        with assignment.one_at_a_time(args.tenant, [args.principal]):
            return super().update(id, olds, news)

    def delete(self, id: str, props: dict[str, JSON]) -> None:
        """Takes away what is still there: Graph refuses to remove a license that is removed already ("user:
        assignLicense").

        If reads do not find the principal, the removal is sent all the same: its answer tells whether there is one.
        """
        args = self._args(props)
        with assignment.one_at_a_time(args.tenant, [args.principal]):
            purpose = f"reading the licenses of {args.principal}"
            found = self.graph(args).find(self._path(args), purpose, agreeing=AGREEING)
            held = props.get("resolved", []) if found is None else assignment.direct(args.principal, found)
            super().delete(id, {**props, "held": {args.principal.id: held}, "unseen": found is None})

    def wait_until_ready(self, id: str, args: LicenseAssignmentArgs) -> None:
        """A group's assignment is accepted first and listed later."""
        resolved = assignment.resolve(args.tenant, self.subscriptions(args), args.licenses)

        def listed(found: Mapping[str, JSON]) -> bool:
            held = assignment.direct(args.principal, found)
            return all(entry in held for entry in resolved)

        self.graph(args).wait_for(self._path(args), f"waiting for the licenses of {args.principal}", until=listed)

    def read_live(
        self, id: str, args: LicenseAssignmentArgs, outputs: Mapping[str, JSON]
    ) -> tuple[LicenseAssignmentArgs, dict[str, JSON]] | None:
        """Those of the declared licenses that the principal has, how a group's processing stands, and what failed."""
        found = self._principal(args)
        if found is None:
            return None
        resolved = outputs.get("resolved", [])
        held = {entry["skuId"]: entry for entry in assignment.direct(args.principal, found)}
        live = []
        for license, entry in zip(args.licenses, resolved, strict=False):
            present = held.get(entry["skuId"])
            if present is not None:
                same = present == entry
                live.append(license if same else License(sku=license.sku, disabled_plans=present["disabledPlans"]))
        if not live:
            return None
        failed = assignment.errors(self.graph(args), args.principal, found, resolved)
        counts: dict[str, int] = {}
        for each in failed:
            counts[each["error"]] = counts.get(each["error"], 0) + 1
        state = (found.get("licenseProcessingState") or {}).get("state") or "ProcessingComplete"
        return args.model_copy(update={"licenses": live}), {
            "processingState": state,
            "errorCounts": counts,
            "errors": failed[:MOST_ERRORS],
        }

    def _principal(self, args: LicenseAssignmentArgs) -> JSON | None:
        return self.graph(args).find(self._path(args), f"reading the licenses of {args.principal}")

    def _path(self, args: LicenseAssignmentArgs) -> str:
        return f"{args.principal.path}?$select={assignment.properties(args.principal)}"

    def subscriptions(self, args: LicenseAssignmentArgs) -> list[JSON]:
        return list(self.graph(args).pages(SUBSCRIBED_SKUS, "listing the tenant's licenses"))


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    tenant: Required[Tenant]
    application: pulumi.Input[LinkReference] | None
    adopt: pulumi.Input[bool]
    principal: Required[pulumi.Input[Principal]]
    licenses: Required[pulumi.Input[Sequence[pulumi.Input[License]]]]


# until here


class LicenseAssignment(Resource):
    """Licenses of one group or user.

    Attributes:
        tenant: The argument of the same name.
        principal: The argument of the same name.
        licenses: The argument of the same name; after a refresh, the current assignments.
        resolved: Ids of the products (SKUs) and of the disabled plans.
        processing_state: Whether the members of a group have the licenses, as of the last update or refresh:
            ``QueuedForProcessing``, ``ProcessingInProgress`` or ``ProcessingComplete``. For a user it is always
            ``ProcessingComplete``.
        error_counts: Number of users who did not get a license, by reason, such as ``{"CountViolation": 3}``.
        errors: Some of these users, each with object id, SKU id and reason.
    """

    handler = LicenseAssignmentHandler

    principal: pulumi.Output[dict[str, str]]
    licenses: pulumi.Output[list[dict[str, Any]]]
    resolved: pulumi.Output[list[dict[str, Any]]]
    processing_state: pulumi.Output[str]
    error_counts: pulumi.Output[dict[str, int]]
    errors: pulumi.Output[list[dict[str, str]]]

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        tenant: pulumi.Output[Any]
        application: pulumi.Output[Any]
        adopt: pulumi.Output[bool]

        @overload
        def __init__(
            self, resource_name: str, args: LicenseAssignmentArgs, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
