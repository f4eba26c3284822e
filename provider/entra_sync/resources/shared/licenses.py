"""What the resources that assign licenses share: the record on the application of their link."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

from pulumi.dynamic import DiffResult
from pydantic import Field

from entra_sync.base.args import Args
from entra_sync.base.calls import GraphCall, Merge, part
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import Release, used_by
from entra_sync.base.principals import Principal, Principals
from entra_sync.base.run import claims
from entra_sync.base.run.claims import Claim
from entra_sync.base.run.memory import remembered
from entra_sync.base.values.unknown import holds_unknown, is_unknown
from entra_sync.errors import PermissionMissing
from entra_sync.licensing.assignment import Entry
from entra_sync.resources.shared.ownership import ledger, licenses
from entra_sync.resources.shared.ownership.reference import LinkReference, adoptable, reference

__all__ = ["Entries", "LicenseArgs", "LicenseHandler"]

JSON = Any
Entries = Mapping[str, list[Entry]]
"""Object id of each principal → entries of assignLicense."""


class LicenseArgs(Args):
    """What every resource that assigns licenses takes."""

    application: LinkReference | None = reference(
        "Link that needs the licenses: the output `reference` of its ServicePrincipal in the same tenant. Tags on its "
        "application record which licenses the link assigned and which other links use them, so that a crash or a lost "
        "state does not lose this."
    )
    adopt: bool = adoptable("licenses that were assigned before this program")


A = TypeVar("A", bound=LicenseArgs)


class LicenseHandler(Handler[A]):
    """A license is ours if a record names it, or if this program's state does; else a destroy leaves it."""

    computed: ClassVar[tuple[str, ...]] = ("resolved",)
    merges: ClassVar[Mapping[str, Merge]] = ledger.MERGES

    def principals(self, args: A) -> Sequence[Principal]:
        """Who gets the licenses."""
        raise NotImplementedError

    def found_first(self, state: Mapping[str, JSON]) -> Entries:
        """The licenses that each principal had before the resource managed them."""
        raise NotImplementedError

    def with_found_first(self, state: Mapping[str, JSON], first: Entries) -> dict[str, JSON]:
        """*state* with other licenses found first."""
        raise NotImplementedError

    def taking_away(self, args: A, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """The calls that take away what the resource added, and put back what it changed."""
        raise NotImplementedError

    def missing_calls(self, args: A, state: Mapping[str, JSON], found: JSON | None) -> Sequence[GraphCall]:
        """The record comes first, so that no license is assigned without one."""
        return [*self.recording(None, args, {}, state), *self.calls(None, args, found)]

    def delete_calls(self, args: A, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """Takes the licenses away, and then takes them off the record; first if the principal may be gone."""
        calls = list(self.taking_away(args, state))
        if args.application is None:
            return calls
        recorded = state["recorded"] if "recorded" in state else self._tags(args, state)
        record = licenses.changes(args.application, (), recorded)
        return [*record, *calls] if state.get("unseen") else [*calls, *record]

    def release(self, id: str, args: A, state: Mapping[str, JSON], others: Sequence[Claim]) -> Release:
        """A license goes with the last link, or declaration of this run, that needs it."""
        declared = self._declared_by_others(args, state)
        try:
            found, users = self._users(args, self._needed(args, state))
        except PermissionMissing as error:
            if error.is_contradicted:
                raise
            return Release(stays=f"its other users are unknown ({error})")
        link = args.application
        handed = found.of(link) if link is not None else frozenset()
        own = {
            principal: [entry for entry in entries if (principal, entry["skuId"]) not in handed]
            for principal, entries in self.found_first(state).items()
        }
        first = {
            principal: [
                *own.get(principal, []),
                *(entry for entry in entries if {(principal, entry["skuId"])} & (users.keys() | declared.keys())),
            ]
            for principal, entries in (state.get("held") or {}).items()
        }
        given_up = self._needed(args, self.with_found_first(state, own), assigned=True)
        users = {each: by for each, by in users.items() if each in given_up}
        declared = {each: by for each, by in declared.items() if each in given_up}
        recorded = found.tags_of(link) & self._every_tag(args, state) if link is not None else frozenset()
        calls = self.delete_calls(args, {**self.with_found_first(state, first), "recorded": recorded})
        heirs = licenses.handing_on(args.tenant, found, users)
        return Release([*calls, *heirs], self._used_by(args, found, users, declared))

    def used_by_others(
        self, args: A, given_up: Mapping[str, Collection[str]], held: Entries, first: Entries
    ) -> tuple[Entries, Sequence[GraphCall]]:
        """What an update must not take away, by principal, and the calls that hand it on; a note names the users.

        In this run, the link of *args* no longer counts as a user of what it gives up.

        Args:
            args: The new arguments.
            given_up: SKUs that the update gives up, by principal.
            held: What each principal has itself.
            first: What each principal had before.
        """
        taken = {
            (principal, entry["skuId"]): entry
            for principal, skus in given_up.items()
            for entry in held[principal]
            if entry["skuId"] in set(skus) - {each["skuId"] for each in first[principal]}
        }
        if not taken:
            return {}, []
        found, users = self._users(args, taken)
        declared = {each: by for each, by in self._declared_by_others(args, {}).items() if each in taken}
        stay: dict[str, list[Entry]] = {}
        for principal, sku in sorted(users.keys() | declared.keys()):
            one = (principal, sku)
            by = self._used_by(args, found, {one: users.get(one, [])}, {one: declared.get(one, [])})
            self.note(args, f"license {sku} of {principal} stays: {by}")
            stay.setdefault(principal, []).append(taken[principal, sku])
        return stay, licenses.handing_on(args.tenant, found, users)

    def _users(
        self, args: A, taken: Collection[licenses.License]
    ) -> tuple[licenses.Records, dict[licenses.License, list[str]]]:
        """What the applications record, and which of them other than that of *args* use some of *taken*.

        Of two links that give up a license in one run, the second one no longer sees the first.
        """
        found = licenses.Records()

        def look() -> dict[licenses.License, list[str]]:
            nonlocal found
            found = licenses.records(args.tenant)
            return found.others(args.application, taken)

        users = self.graph(args).agreed(look)
        if args.application is not None:
            licenses.dropped(args.application, taken)
        return found, users

    def _declared_by_others(self, args: A, state: Mapping[str, JSON]) -> dict[licenses.License, list[Claim]]:
        """The licenses that declarations of this run need, without the one that *state* was recorded for."""
        name = state.get(claims.DECLARATION)
        found: dict[licenses.License, list[Claim]] = {}
        for claim in claims.with_value("tenant", args.body()["tenant"]):
            if name is None or name not in {claim.declaration, claim.formerly}:
                for license in _in_claim(claim):
                    found.setdefault(license, []).append(claim)
        return found

    def send(
        self,
        args: A,
        props: Mapping[str, JSON],
        calls: Sequence[GraphCall],
        answers: dict[str, JSON],
        carried_out: list[GraphCall] | None = None,
    ) -> None:
        """Sends the calls, but takes nothing away that a declaration which this run checked after the plan needs."""
        kept = [each for call in calls for each in self._harmless(args, props, call)]
        super().send(args, props, kept, answers, carried_out)

    def diff(self, id: str, olds: dict[str, JSON], news: dict[str, JSON]) -> DiffResult:
        """A license that this run has taken away, and that an unchanged declaration needs, is assigned again."""
        result = super().diff(id, olds, news)
        args = self._args(news)
        lost = _taken_away & {(args.tenant.tenant_id, each) for each in self._needed(args, news)}
        if result.changes or not lost:
            return result
        return DiffResult(changes=True, replaces=result.replaces, delete_before_replace=result.delete_before_replace)

    def _harmless(self, args: A, props: Mapping[str, JSON], call: GraphCall) -> Sequence[GraphCall]:
        """*call* without the licenses that other declarations of this run need; nothing if nothing is left of it."""
        if not call.path.endswith("/assignLicense") or not call.body["removeLicenses"]:
            return [call]
        principal = call.path.rsplit("/", 2)[1]
        removed = {sku: (args.tenant.tenant_id, (principal, sku)) for sku in call.body["removeLicenses"]}
        # Noted before it is looked who needs them: a declaration that is checked meanwhile finds the note.
        _taken_away.update(removed.values())
        declared = self._declared_by_others(args, props)
        for sku, (tenant_id, license) in list(removed.items()):
            if license in declared:
                _taken_away.discard((tenant_id, license))
                del removed[sku]
                by = self._used_by(args, licenses.Records(), {}, {license: declared[license]})
                self.note(args, f"license {sku} of {principal} stays: {by}")
        if not removed and not call.body["addLicenses"]:
            return []
        return [replace(call, body={**call.body, "removeLicenses": list(removed)})]

    def recording(
        self, old: A | None, new: A, before: Mapping[str, JSON], now: Mapping[str, JSON]
    ) -> Sequence[GraphCall]:
        """The calls that bring the record up to date.

        Args:
            old: The arguments of the last time; None if nothing is managed yet.
            new: The arguments.
            before: What was found out the last time.
            now: What is found out now.
        """
        link, former = new.application, old.application if old is not None else None
        if link is None and former is None:
            return []
        wanted = self._tags(new, now)
        last = self._tags(old, before) if old is not None else frozenset()
        if link is not None and former is not None and link.application_id == former.application_id:
            return licenses.changes(link, wanted, last)
        found, calls = licenses.records(new.tenant), []
        if former is not None:
            calls += licenses.changes(former, (), found.tags_of(former) & last)
        if link is not None:
            recorded = frozenset() if is_unknown(link.application_id) else found.tags_of(link) & wanted
            calls += licenses.changes(link, wanted, recorded)
        return calls

    def not_ours(self, args: A, held: Entries, known: Entries | None) -> Entries:
        """Of what the principals hold before the resource manages it, the entries that no link of ours has assigned.

        An earlier run may have assigned the others: it recorded them, and then it did not learn that it succeeded.

        Args:
            args: The arguments.
            held: What the principals hold.
            known: What of it was found first in an earlier run already. It stays so.
        """
        known = known or {}
        fresh = {
            (principal, entry["skuId"])
            for principal, entries in held.items()
            for entry in entries
            if entry not in known.get(principal, [])
        }
        ours = {
            license
            for license, holders in self._declared_by_others(args, {}).items()
            if license in fresh and any(_in_claim(each)[license] for each in holders)
        }
        if args.application is not None and any(held.values()):
            found = licenses.records(args.tenant)
            handed = frozenset() if is_unknown(args.application.application_id) else found.of(args.application)
            ours |= (found.all() & fresh) | handed
        return {
            principal: [entry for entry in entries if (principal, entry["skuId"]) not in ours]
            for principal, entries in held.items()
        }

    def _needed(self, args: A, state: Mapping[str, JSON], *, assigned: bool | None = None) -> set[licenses.License]:
        """The licenses that the resource declares; or of them those that it assigns itself, or those that it found."""
        first = self.found_first(state)
        return {
            (id, entry["skuId"])
            for id in (part(principal.id, "principalId") for principal in self.principals(args))
            for entry in state.get("resolved", [])
            if assigned in (None, entry["skuId"] not in {each["skuId"] for each in first.get(id, [])})
        }

    def _tags(self, args: A, state: Mapping[str, JSON]) -> frozenset[str]:
        """The tags that a link's record has for the resource."""
        return licenses.tags(self._needed(args, state, assigned=True), self._needed(args, state, assigned=False))

    def _every_tag(self, args: A, state: Mapping[str, JSON]) -> frozenset[str]:
        """The tags that a link's record may have for the resource, also if another link has handed a license on."""
        needed = self._needed(args, state)
        return licenses.tags(needed, needed)

    def _used_by(
        self,
        args: A,
        found: licenses.Records,
        users: Mapping[licenses.License, Sequence[str]],
        declared: Mapping[licenses.License, Sequence[Claim]],
    ) -> str:
        """Which links and declarations use some licenses, as text; empty if none does."""
        names = dict.fromkeys(
            [
                *(f"{claims.label(each.declaration)} of this program" for by in declared.values() for each in by),
                *(f'link "{found.names[each]}" of tenant {args.tenant.name}' for by in users.values() for each in by),
            ]
        )
        return used_by(list(names))


_taken_away: set[tuple[str, licenses.License]] = remembered(set())
"""Licenses that this run takes away, each with the id of its tenant."""


class _Claimed(Args):
    """What the inputs of both resources that assign licenses have in common."""

    principal: Principal | None = None
    principals: Principals = Field(default=[])


def _in_claim(claim: Claim) -> dict[licenses.License, bool]:
    """The licenses that a declaration needs, and of each whether the declaration assigns it itself."""
    resolved = claim.inputs.get("resolved")
    if not isinstance(resolved, list) or holds_unknown(claim.inputs.get("principals", claim.inputs.get("principal"))):
        return {}
    args = _Claimed.read(claim.inputs)
    single = args.principal
    existing = (claim.inputs.get("existing") or {}).get("licenses") or {}
    found: dict[licenses.License, bool] = {}
    for each in [single] if single is not None else args.principals:
        first = existing if single is not None else existing.get(each.id, [])
        before = {entry["skuId"] for entry in first}
        found |= {(each.id, entry["skuId"]): entry["skuId"] not in before for entry in resolved}
    return found
