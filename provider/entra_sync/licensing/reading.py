"""Licenses as a tenant has them now, read through Graph: its subscriptions, and what each person in scope has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from entra_sync.errors import ConfigurationError, NotFound
from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Request
from entra_sync.graph.transport import BATCH_SIZE, BATCHED_PAGE
from entra_sync.licensing.coverage import USER_PROPERTIES, Coverage, Holding, Requirement, coverage, holdings
from entra_sync.licensing.subscriptions import Subscription, subscriptions

__all__ = ["Licenses", "read_licenses", "read_subscriptions"]

JSON = Any

_SELECT = "$select=" + ",".join(("id", *USER_PROPERTIES))


@dataclass(frozen=True, slots=True)
class Licenses:
    """A tenant's subscriptions, and the licenses of the people that were read.

    Attributes:
        owned: The subscriptions.
        held: Object id of each person that was read → what they have; people who have the same share one tuple.
    """

    owned: tuple[Subscription, ...]
    held: Mapping[str, tuple[Holding, ...]]

    def coverage(self, needs: Requirement, people: Iterable[str]) -> Coverage:
        """How *people*, by object id, are covered.

        Raises:
            ConfigurationError: A user's licenses were not read: unknown is not "no license".
        """

        def found(person: str) -> tuple[str, tuple[Holding, ...]]:
            if person not in self.held:
                raise ConfigurationError(f"licenses of user {person} were not read, so they cannot be judged")
            return person, self.held[person]

        return coverage(needs, map(found, people), self.owned)


def read_subscriptions(graph: Graph) -> tuple[Subscription, ...]:
    """The tenant's subscriptions that people can have.

    Raises:
        GraphError: They cannot be read, e.g. LicenseAssignment.Read.All is missing.
    """
    return subscriptions(graph.pages(paths.SUBSCRIBED_SKUS, "listing the tenant's licenses"))


def read_licenses(
    graph: Graph, *, groups: Collection[str] = (), users: Collection[str] = (), everyone: bool = False
) -> Licenses:
    """Subscriptions, and the licenses of the direct members of *groups* and of *users*, or of *everyone*.

    A page holds 999 people; single users and the members of small groups go 20 to a batch. A user who is reached twice
    counts once, and a group or user that does not exist has no people.

    Raises:
        GraphError: Something cannot be read; nothing is returned in part.
    """
    owned = read_subscriptions(graph)
    held: dict[str, tuple[Holding, ...]] = {}
    shared: dict[tuple[Holding, ...], tuple[Holding, ...]] = {}

    def take(user: Mapping[str, JSON]) -> None:
        has = holdings(user)
        held[user["id"]] = shared.setdefault(has, has)

    if everyone:
        for user in graph.pages(f"{paths.USERS}?{_SELECT}&$top=999", "reading the licenses of all users"):
            take(user)
        return Licenses(owned, held)
    for user in _members(graph, sorted(set(groups))):
        take(user)
    single = sorted(set(users) - held.keys())
    requests = [
        Request("GET", f"{paths.USERS}/{segment(user)}?{_SELECT}", purpose=f"reading the licenses of user {user}")
        for user in single
    ]
    for user in graph.read_each(requests):
        if user is not None:
            take(user)
    return Licenses(owned, held)


def _members(graph: Graph, groups: Sequence[str]) -> Iterator[Mapping[str, JSON]]:
    """The direct members of groups with what they have; short lists of several groups go 20 to a batch."""
    if len(groups) == 1:
        yield from _all_members(graph, groups[0])
        return
    for start in range(0, len(groups), BATCH_SIZE):
        part = groups[start : start + BATCH_SIZE]
        asked = [_members_of(group, BATCHED_PAGE) for group in part]
        requests = [Request("GET", path, purpose=purpose, expects="value") for path, purpose in asked]
        for group, page in zip(part, graph.read_each(requests), strict=True):
            if page is None:
                continue
            if page.get("@odata.nextLink") is None:
                yield from page["value"]
            else:
                yield from _all_members(graph, group)


def _all_members(graph: Graph, group: str) -> Iterator[Mapping[str, JSON]]:
    """The members of one group, however many; none of a group that does not exist."""
    with suppress(NotFound):
        yield from graph.pages(*_members_of(group, 999))


def _members_of(group: str, page_size: int) -> tuple[str, str]:
    """The path of a group's members, and what it is read for."""
    path = f"{paths.GROUPS}/{segment(group)}/members/microsoft.graph.user?{_SELECT}&$top={page_size}"
    return path, f"reading the licenses of the members of group {group}"
