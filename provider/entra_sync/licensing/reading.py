"""Licenses as a tenant has them now, read through Graph: its subscriptions, and what each person in scope has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from entra_sync.errors import ConfigurationError, NotFound
from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Request
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

    A page holds 999 people, and single users go 20 to a batch; a user who is reached twice counts once, and a group
    or user that does not exist has no people.

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
    for group in groups:
        path = f"{paths.GROUPS}/{segment(group)}/members/microsoft.graph.user?{_SELECT}&$top=999"
        try:
            for user in graph.pages(path, f"reading the licenses of the members of group {group}"):
                take(user)
        except NotFound:
            continue
    single = [user for user in users if user not in held]
    requests = [
        Request("GET", f"{paths.USERS}/{segment(user)}?{_SELECT}", purpose=f"reading the licenses of user {user}")
        for user in single
    ]
    for user in graph.read_each(requests):
        if user is not None:
            take(user)
    return Licenses(owned, held)
