"""What the resources that assign licenses share: the record on the application of their link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from entra_sync.base.args import Args
from entra_sync.base.calls import GraphCall, Merge, part
from entra_sync.base.handler import Handler, Release
from entra_sync.base.principals import Principal
from entra_sync.base.run.claims import Claim
from entra_sync.base.unknown import is_unknown
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
        """Takes the licenses away, and then takes them off the record."""
        calls = list(self.taking_away(args, state))
        if args.application is not None:
            recorded = state["recorded"] if "recorded" in state else self._assigned(args, state)
            calls += licenses.changes(args.application, (), recorded)
        return calls

    def release(self, id: str, args: A, state: Mapping[str, JSON], others: Sequence[Claim]) -> Release:
        """A license goes with the last link that assigns it."""
        if others or args.application is None:
            return super().release(id, args, state, others)
        found, assigned = licenses.records(args.tenant), self._assigned(args, state)
        users = found.others(args.application, assigned)
        recorded = sorted(found.of(args.application) & assigned)
        licenses.dropped(args.application, recorded)
        held = state.get("held") or {}
        first = {
            principal: [
                *self.found_first(state).get(principal, []),
                *(entry for entry in entries if (principal, entry["skuId"]) in users),
            ]
            for principal, entries in held.items()
        }
        calls = self.delete_calls(args, {**self.with_found_first(state, first), "recorded": recorded})
        names = dict.fromkeys(f'link "{name}" of tenant {args.tenant.name}' for each in users.values() for name in each)
        return Release(calls, f"{' and '.join(names)} {'use' if len(names) > 1 else 'uses'} it" if names else "")

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

    def not_ours(self, args: A, held: Entries) -> Entries:
        """Of what the principals hold when the resource is made, the entries that no link of ours has assigned."""
        if args.application is None or not any(held.values()):
            return held
        ours = licenses.records(args.tenant).all()
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
