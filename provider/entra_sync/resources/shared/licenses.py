"""What the resources that assign licenses share: the record on the application of their link."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from entra_sync.base.args import Args
from entra_sync.base.calls import GraphCall, Merge, part
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import Release
from entra_sync.base.principals import Principal
from entra_sync.base.run.claims import Claim
from entra_sync.base.unknown import is_unknown
from entra_sync.errors import PermissionMissing
from entra_sync.licensing.assignment import Entry
from entra_sync.ownership import ledger, licenses
from entra_sync.ownership.reference import LinkReference, adoptable, reference

__all__ = ["Entries", "LicenseArgs", "LicenseHandler"]

JSON = Any
Entries = Mapping[str, list[Entry]]
"""Object id of each principal → entries of assignLicense."""


class LicenseArgs(Args):
    """What every resource that assigns licenses takes."""

    application: LinkReference | None = reference(
        "The link that the licenses are for: `reference` of its ServicePrincipal, in the same tenant. Its record tells "
        "which licenses the link assigned, also after a crash or a lost state, and which other links use them."
    )
    adopt: bool = adoptable("licenses that a principal has already")


A = TypeVar("A", bound=LicenseArgs)


class LicenseHandler(Handler[A]):
    """A license is ours if a record says so, or if this program's state does; else a destroy leaves it."""

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
        recorded = state["recorded"] if "recorded" in state else self._assigned(args, state)
        record = licenses.changes(args.application, (), recorded)
        return [*record, *calls] if state.get("unseen") else [*calls, *record]

    def release(self, id: str, args: A, state: Mapping[str, JSON], others: Sequence[Claim]) -> Release:
        """A license goes with the last link that assigns it."""
        if others:
            return super().release(id, args, state, others)
        assigned = self._assigned(args, state)
        try:
            users, recorded = self._users(args, assigned)
        except PermissionMissing as error:
            if error.is_contradicted:
                raise
            return Release(stays=f"its other users are unknown ({error})")
        held = state.get("held") or {}
        first = {
            principal: [
                *self.found_first(state).get(principal, []),
                *(entry for entry in entries if (principal, entry["skuId"]) in users),
            ]
            for principal, entries in held.items()
        }
        calls = self.delete_calls(args, {**self.with_found_first(state, first), "recorded": recorded})
        return Release(calls, _used_by(args, users))

    def used_by_others(
        self, args: A, given_up: Mapping[str, Collection[str]], held: Entries, first: Entries
    ) -> Entries:
        """What an update must not take away, by principal: licenses that other links assign too, which a note names.

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
            return {}
        users, _ = self._users(args, taken)
        stay: dict[str, list[Entry]] = {}
        for principal, sku in sorted(users):
            by = _used_by(args, {(principal, sku): users[principal, sku]})
            self.note(args, f"license {sku} of {principal} stays: {by}")
            stay.setdefault(principal, []).append(taken[principal, sku])
        return stay

    def _users(
        self, args: A, taken: Collection[licenses.License]
    ) -> tuple[dict[licenses.License, list[str]], list[licenses.License]]:
        """Which other links assign some of *taken*, and what of it is on the record of the link of *args*.

        Of two links that give up a license in one run, the second one no longer sees the first.
        """
        found = licenses.Records({}, {})

        def look() -> dict[licenses.License, list[str]]:
            nonlocal found
            found = licenses.records(args.tenant)
            return found.others(args.application, taken)

        users = self.graph(args).agreed(look)
        recorded = [] if args.application is None else sorted(found.of(args.application) & set(taken))
        if args.application is not None:
            licenses.dropped(args.application, recorded)
        return users, recorded

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
        wanted = self._assigned(new, now)
        last = self._assigned(old, before) if old is not None else set()
        if link is not None and former is not None and link.application_id == former.application_id:
            return licenses.changes(link, wanted, last)
        found, calls = licenses.records(new.tenant), []
        if former is not None:
            calls += licenses.changes(former, (), found.of(former) & last)
        if link is not None:
            recorded = frozenset() if is_unknown(link.application_id) else found.of(link) & wanted
            calls += licenses.changes(link, wanted, recorded)
        return calls

    def not_ours(self, args: A, held: Entries, known: Entries | None = None) -> Entries:
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
        if args.application is None or not fresh:
            return held
        ours = licenses.records(args.tenant).all() & fresh
        return {
            principal: [entry for entry in entries if (principal, entry["skuId"]) not in ours]
            for principal, entries in held.items()
        }

    def _assigned(self, args: A, state: Mapping[str, JSON]) -> set[licenses.License]:
        """The licenses that the resource assigns itself."""
        first = self.found_first(state)
        return {
            (id, entry["skuId"])
            for id in (part(principal.id, "principalId") for principal in self.principals(args))
            for entry in state.get("resolved", [])
            if entry["skuId"] not in {each["skuId"] for each in first.get(id, [])}
        }


def _used_by(args: LicenseArgs, users: Mapping[licenses.License, Sequence[str]]) -> str:
    """Which links use some licenses, as text; empty if none does."""
    names = dict.fromkeys(f'link "{name}" of tenant {args.tenant.name}' for each in users.values() for name in each)
    return f"{' and '.join(names)} {'use' if len(names) > 1 else 'uses'} it" if names else ""
