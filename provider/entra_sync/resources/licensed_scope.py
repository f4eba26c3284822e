"""LicensedScope: licenses for exactly the users and groups of a link's scope."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Required, TypedDict, Unpack, overload

import pulumi
from pulumi.dynamic import CreateResult, UpdateResult
from pydantic import Field

from entra_sync.base.calls import GraphCall
from entra_sync.base.hooks import LEFT, Plan
from entra_sync.base.principals import Principal, Principals
from entra_sync.base.resource import Resource
from entra_sync.base.run import claims
from entra_sync.base.values.unknown import holds_unknown, is_unknown
from entra_sync.errors import BadArgument
from entra_sync.graph.gateway import AGREEING
from entra_sync.graph.paths import SUBSCRIBED_SKUS
from entra_sync.graph.requests import Request
from entra_sync.licensing import assignment
from entra_sync.licensing.assignment import License
from entra_sync.licensing.reading import Licenses, read_licenses
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.licenses import Entries, LicenseArgs, LicenseHandler
from entra_sync.resources.shared.ownership.licenses import foreign
from entra_sync.resources.shared.ownership.reference import LinkReference

__all__ = ["LicensedScope", "LicensedScopeArgs", "LicensedScopeHandler"]

JSON = Any


class LicensedScopeArgs(LicenseArgs):
    """The scope of a link, and the licenses that all users in it get."""

    principals: Principals = Field(
        min_length=1, description="Users and groups in scope, as in the link. Only direct members of a group count."
    )
    licenses: list[License] = Field(min_length=1, description="Licenses that each user gets.")


class LicensedScopeHandler(LicenseHandler[LicensedScopeArgs]):
    """Assigns licenses to the groups in scope, and to users who are in scope themselves.

    Synchronization and group licensing reach the same users: direct members of a group, but not members of nested
    groups. A user who joins a group in scope gets a license, and a user who leaves returns it, without another `up`. A
    scoping filter does not affect licenses: users that the filter excludes also use a license.

    Sources: "Scoping users or groups to be provisioned", "Assign licenses to a group", "group: assignLicense".
    """

    args = LicensedScopeArgs
    placeholders: ClassVar[tuple[str, ...]] = ("principals[].id", "application.applicationId")

    def validate(self, args: LicensedScopeArgs) -> Iterator[tuple[str, str]]:
        """One entry per product and principal; the link's application is in the tenant of the licenses."""
        yield from assignment.named_twice(args.licenses)
        yield from foreign(args.application, args.tenant)
        seen: set[str] = set()
        for position, principal in enumerate(args.principals):
            if is_unknown(principal.id):
                continue
            if principal.id in seen:
                yield f"principals[{position}]", f"{principal} is named twice"
            seen.add(principal.id)

    def principals(self, args: LicensedScopeArgs) -> Sequence[Principal]:
        """The users and groups of the scope."""
        return args.principals

    def found_first(self, state: Mapping[str, JSON]) -> Entries:
        """What each principal had before."""
        first: Entries = (state.get("existing") or {}).get("licenses", {})
        return first

    def with_found_first(self, state: Mapping[str, JSON], first: Entries) -> dict[str, JSON]:
        """*state* with other licenses found first."""
        return {**state, "existing": {"licenses": first}}

    def plan(self, old: LicensedScopeArgs | None, new: LicensedScopeArgs, previous: Mapping[str, JSON]) -> Plan:
        """One assignLicense for each principal that lacks something, or that leaves the scope."""
        skus = list(self.graph(new).pages(SUBSCRIBED_SKUS, "listing the tenant's licenses"))
        resolved = assignment.resolve(new.tenant, skus, new.licenses)
        found = self._found(new, new.principals)
        for position, principal in enumerate(new.principals):
            if is_unknown(principal.id):
                continue
            where = f"principals[{position}]"
            body = found[principal.id]
            if body is None:
                raise BadArgument(where, f"tenant {new.tenant} has no {principal}; take the object id from its page")
            try:
                assignment.refuse(new.tenant, principal, body, skus, resolved)
            except BadArgument as problem:
                raise BadArgument(where, str(problem)) from None
        # What a refresh did not find complete is managed all the same.
        was = {principal.id for principal in old.principals} | set(self.found_first(previous)) if old else set()
        earlier = previous
        if old is None and not holds_unknown(new.body()["principals"]):
            # Another declaration of this run may hold the same licenses: then they are not found, but ours.
            for claim in claims.holders(self.resource_id(new, {}, None)):
                earlier = claim.inputs
                was = {principal.id for principal in LicensedScopeArgs.read(earlier).principals}
        known = self.found_first(earlier)
        self._say_short(new, skus, resolved, found)
        plan = self._difference(old, new, resolved, was, earlier.get("resolved", []), found, known)
        record = self.recording(old, new, previous, {"existing": plan.existing, **plan.computed})
        return replace(plan, calls=[*record, *plan.calls])

    def _say_short(
        self, args: LicensedScopeArgs, skus: Sequence[JSON], resolved: Sequence[JSON], found: Mapping[str, JSON]
    ) -> None:
        """Notes groups that get a product with fewer free seats than members who lack it.

        A member gets all of a group's licenses or, with an error, none ("Identify and resolve license assignment
        problems for a group").
        """
        wanted = {entry["skuId"] for entry in resolved}
        for principal, _, body in _each(args.principals, found):
            has = {entry["skuId"] for entry in assignment.direct(principal, body)}
            if principal.kind != "Group" or wanted <= has:
                continue
            members = read_licenses(self.graph(args), groups=[principal.id]).held
            for sku in skus:
                if sku["skuId"] not in wanted - has:
                    continue
                free = max(0, assignment.seats(sku) - sku["consumedUnits"])
                lack = sum(all(holding.sku_id != sku["skuId"] for holding in held) for held in members.values())
                if lack > free:
                    self.note(
                        args,
                        f"{lack:,} members of {principal} need {sku['skuPartNumber']}, which has {free:,} seats left: "
                        f"{lack - free:,} of them get none of the licenses of this group; buy seats first",
                    )

    def find_existing(self, args: LicensedScopeArgs) -> JSON | None:
        """What each principal has itself."""
        return {"licenses": self._held(args, args.principals)}

    def calls(
        self, old: LicensedScopeArgs | None, new: LicensedScopeArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """What is missing on each principal."""
        skus = list(self.graph(new).pages(SUBSCRIBED_SKUS, "listing the tenant's licenses"))
        resolved = assignment.resolve(new.tenant, skus, new.licenses)
        held: Entries = (existing or {}).get("licenses", {})
        return [
            call
            for principal in new.principals
            for call in self._assign(
                new, principal, [entry for entry in resolved if entry not in held.get(principal.id, [])], []
            )
        ]

    def taking_away(self, args: LicensedScopeArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """Takes away what this resource added, principal by principal, and puts back what it changed.

        The calls for principals that no read finds come last, by themselves: "not found" is an answer to them.
        """
        found_first = self.found_first(state)
        held: Entries | None = state.get("held")
        unseen = state.get("unseen") or ()
        calls: list[GraphCall] = []
        doubtful: list[GraphCall] = []
        for principal in args.principals:
            id = "" if is_unknown(principal.id) else principal.id
            present = None if held is None else held[id]
            added, removed = assignment.back(state.get("resolved", []), present, found_first.get(id, []))
            needed = self._assign(args, principal, added, removed)
            if id in unseen:
                doubtful += [replace(call, batched=False, undoes=True) for call in needed]
            else:
                calls += needed
        return [*calls, *doubtful]

    def resource_id(self, args: LicensedScopeArgs, answers: Mapping[str, JSON], existing: JSON | None) -> str:
        """``<tenant id>/licensedScopes/<object id of the first principal that it was made with>``."""
        return f"{args.tenant.tenant_id}/licensedScopes/{args.principals[0].id}"

    def create(self, props: dict[str, JSON]) -> CreateResult:
        """Waits for other changes of these principals, in this process, until they are visible."""
        args = self._args(props)
        with assignment.one_at_a_time(args.tenant, args.principals):
            return super().create(props)

    def update(self, id: str, olds: dict[str, JSON], news: dict[str, JSON]) -> UpdateResult:
        """Waits for other changes of these principals, in this process, until they are visible."""
        args, old = self._args(news), self._args(olds)
        with assignment.one_at_a_time(args.tenant, [*args.principals, *old.principals]):
            return super().update(id, olds, news)

    def delete(self, id: str, props: dict[str, JSON]) -> None:
        """Takes away what is still there, and asks Graph to do so for principals that no read finds."""
        args = self._args(props)
        with assignment.one_at_a_time(args.tenant, args.principals):
            held = self._held(args, args.principals)
            unseen = [principal.id for principal in args.principals if principal.id not in held]
            taken = {**held, **{principal: props.get("resolved", []) for principal in unseen}}
            super().delete(id, {**props, "held": taken, "unseen": unseen})

    def wait_until_ready(self, id: str, args: LicensedScopeArgs) -> None:
        """A group's assignment is accepted first and listed later."""
        skus = list(self.graph(args).pages(SUBSCRIBED_SKUS, "listing the tenant's licenses"))
        resolved = assignment.resolve(args.tenant, skus, args.licenses)
        for principal in args.principals:

            def listed(found: Mapping[str, JSON], principal: Principal = principal) -> bool:
                held = assignment.direct(principal, found)
                return all(entry in held for entry in resolved)

            self.graph(args).wait_for(_path(principal), f"waiting for the licenses of {principal}", until=listed)

    def read_live(
        self, id: str, args: LicensedScopeArgs, outputs: Mapping[str, JSON]
    ) -> tuple[LicensedScopeArgs, dict[str, JSON]] | None:
        """Those principals that have all of the licenses, and how many people they reach.

        If none has all of them, those that have the same as the first one that has some. Gone when none has any.
        """
        resolved = outputs.get("resolved", [])
        held = self._held(args, args.principals)
        live = {id: _live(args.licenses, resolved, entries) for id, entries in held.items()}
        some = [args.licenses, *(live[each.id] for each in args.principals if live.get(each.id))]
        alike = ([each for each in args.principals if live.get(each.id) == found] for found in some)
        complete = next(filter(None, alike), None)
        if complete is None:
            return None
        licenses = read_licenses(
            self.graph(args),
            groups=[principal.id for principal in complete if principal.kind == "Group"],
            users=[principal.id for principal in complete if principal.kind == "User"],
        )
        update = {"principals": complete, "licenses": live[complete[0].id]}
        return args.model_copy(update=update), _figures(licenses, resolved)

    def _difference(
        self,
        old: LicensedScopeArgs | None,
        new: LicensedScopeArgs,
        resolved: list[JSON],
        was: Collection[str],
        before: Sequence[JSON],
        found: Mapping[str, JSON],
        known: Entries,
    ) -> Plan:
        calls: list[GraphCall] = []
        present = {id: assignment.direct(principal, body) for principal, id, body in _each(new.principals, found)}
        existing: Entries = {
            id: assignment.found_first(resolved, held, before if id in was else [], known.get(id, []))
            for id, held in present.items()
        }
        if new.adopt:
            existing = {id: [] for id in existing}
        else:
            existing = self.not_ours(new, existing, None if old is None else known)
        now = {principal.id for principal in new.principals if not is_unknown(principal.id)}
        left = [principal for principal in (old.principals if old else []) if principal.id not in now]
        held_by = self._held(new, left)
        dropped = {entry["skuId"] for entry in before} - {entry["skuId"] for entry in resolved}
        given_up = {id: dropped for id in present if id in was}
        given_up |= {id: {entry["skuId"] for entry in before} for id in held_by}
        first = {**existing, **self.not_ours(new, {id: known.get(id, []) for id in held_by}, known)}
        stay, heirs = self.used_by_others(new, given_up, {**present, **held_by}, first)
        for principal in new.principals:
            if is_unknown(principal.id):
                calls += self._assign(new, principal, resolved, [])
                continue
            held = present[principal.id]
            managed = before if principal.id in was else []
            original = [*existing[principal.id], *stay.get(principal.id, [])]
            added, removed = assignment.difference(resolved, held, managed, original)
            calls += self._assign(new, principal, added, removed)
        with_some = sum(map(bool, existing.values()))
        if old is None and with_some:
            self.note(new, f"{with_some} of {len(existing)} principals have the licenses already; {LEFT}")
        for principal in left:
            if principal.id in held_by:
                original = [*first[principal.id], *stay.get(principal.id, [])]
                added, removed = assignment.back(before, held_by[principal.id], original)
                calls += self._assign(new, principal, added, removed)
        return Plan([*calls, *heirs], {"licenses": existing}, {"resolved": resolved})

    def _assign(
        self, args: LicensedScopeArgs, principal: Principal, added: Sequence[JSON], removed: Sequence[str]
    ) -> list[GraphCall]:
        return assignment.assign(args.tenant, principal, added, removed, batched=True)

    def _held(self, args: LicensedScopeArgs, principals: Sequence[Principal]) -> dict[str, list[dict[str, JSON]]]:
        """What each of *principals* has itself, by id; one that does not exist is left out."""
        found = self._found(args, principals)
        of = {principal.id: principal for principal in principals}
        return {id: assignment.direct(of[id], body) for id, body in found.items() if body is not None}

    def _found(self, args: LicensedScopeArgs, principals: Sequence[Principal]) -> dict[str, JSON | None]:
        """Each known principal as it stands, by id; None for one that does not exist, as several answers say."""
        known = [principal for principal in principals if not is_unknown(principal.id)]
        requests = [
            Request("GET", _path(principal), purpose=f"reading the licenses of {principal}") for principal in known
        ]
        bodies = self.graph(args).read_each(requests)
        return {
            principal.id: self.graph(args).find(request.path, request.purpose, agreeing=AGREEING)
            if body is None
            else body
            for principal, request, body in zip(known, requests, bodies, strict=True)
        }


def _each(principals: Sequence[Principal], found: Mapping[str, JSON]) -> Iterator[tuple[Principal, str, JSON]]:
    """Each principal that is known, with its id and Graph's object."""
    for principal in principals:
        if not is_unknown(principal.id):
            yield principal, principal.id, found[principal.id]


def _live(declared: Sequence[License], resolved: Sequence[JSON], held: Sequence[Mapping[str, JSON]]) -> list[License]:
    """Those of the *declared* licenses that a principal has, with the plans that are left out now."""
    present = {entry["skuId"]: entry for entry in held}
    return [
        license
        if present[entry["skuId"]] == entry
        else License(sku=license.sku, disabled_plans=present[entry["skuId"]]["disabledPlans"])
        for license, entry in zip(declared, resolved, strict=False)
        if entry["skuId"] in present
    ]


def _path(principal: Principal) -> str:
    return f"{principal.path}?$select={assignment.properties(principal)}"


def _figures(licenses: Licenses, resolved: Sequence[JSON]) -> dict[str, JSON]:
    """How many people the principals reach, how many of them have everything, and why others have not."""
    wanted = {entry["skuId"] for entry in resolved}
    licensed = sum(
        wanted <= {holding.sku_id for holding in held if holding.effective} for held in licenses.held.values()
    )
    counts: dict[str, int] = {}
    for held in licenses.held.values():
        failed = [holding for holding in held if holding.sku_id in wanted and not holding.effective]
        for reason in {holding.error or holding.state for holding in failed}:
            counts[reason] = counts.get(reason, 0) + 1
    return {"people": len(licenses.held), "licensed": licensed, "errorCounts": counts}


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    tenant: Required[Tenant]
    application: pulumi.Input[LinkReference] | None
    adopt: pulumi.Input[bool]
    principals: Required[pulumi.Input[Sequence[pulumi.Input[Principal]]]]
    licenses: Required[pulumi.Input[Sequence[pulumi.Input[License]]]]


# until here


class LicensedScope(Resource):
    """Licenses for all users in a link's scope, assigned to the groups in scope.

    Attributes:
        tenant: The argument of the same name.
        principals: The argument of the same name; after a refresh, the principals that have all of the licenses.
        licenses: The argument of the same name.
        resolved: Ids of the products (SKUs) and of the disabled plans.
        people: Number of users in scope, as of the last update or refresh.
        licensed: Number of these users who have all of the licenses. Members of a group get them some time later.
        error_counts: Number of users who did not get a license, by reason, such as ``{"CountViolation": 3}``.
    """

    handler = LicensedScopeHandler

    principals: pulumi.Output[list[dict[str, str]]]
    licenses: pulumi.Output[list[dict[str, Any]]]
    resolved: pulumi.Output[list[dict[str, Any]]]
    people: pulumi.Output[int]
    licensed: pulumi.Output[int]
    error_counts: pulumi.Output[dict[str, int]]

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        tenant: pulumi.Output[Any]
        application: pulumi.Output[Any]
        adopt: pulumi.Output[bool]

        @overload
        def __init__(
            self, resource_name: str, args: LicensedScopeArgs, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
