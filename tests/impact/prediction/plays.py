"""Scenarios played in a world: what was planned is held against what the cycle did."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pprint import pformat
from typing import Any

from entra_sync.emulator.errors import Fault
from entra_sync.errors import GraphError
from tests.impact.prediction.comparison import REACHED, accounts_to_delete, differences, lost, unnamed
from tests.impact.prediction.scenarios import Change, Guest, LinkChange, Scenario, scenario, simplest
from tests.impact.world import World

JSON = Any
EXAMPLES = int(os.environ.get("ENTRA_SYNC_EXAMPLES", "20"))
"""Examples of each property; the nightly run sets more."""
SEED = int(os.environ.get("ENTRA_SYNC_SEED", "0"))
"""Seed of the first example; the nightly run sets the date, so that its examples are others each night."""


class Play:
    """A scenario played in a world."""

    def __init__(self, world: World, scenario: Scenario) -> None:
        self.world, self.scenario = world, scenario
        world.reset(scenario.ids)
        self.service = world.emulator.service
        self.source = self.service.directory(world.emulator.tenants["contoso"].tenant_id)
        self.target = self.service.directory(world.emulator.tenants["federal"].tenant_id)
        self.people = [self._user(doc) for doc in scenario.users]
        # If a user was invited by hand and renamed since, no API shows that the account is theirs.
        self.invited = {guest.person for guest in scenario.guests}
        self.left: set[str] = set()
        self.groups = self._groups()
        for person, boss in scenario.managers.items():
            self.source.store.connect(self.source.tid, "manager", self.people[person], self.people[boss])
        self._existing()

    def live(self, past: Iterable[tuple[LinkChange, Iterable[Change]]]) -> None:
        """Plays links one after the other: each is applied, a cycle runs, and then its changes happen."""
        for link, changes in past:
            self.apply(link)
            self.world.start()
            self.world.cycle()
            self.world.allow()
            for change in changes:
                self.happen(change)

    # -- setting up

    def _user(self, doc: JSON) -> str:
        store, tid = self.source.store, self.source.tid
        id = store.new_id()
        # Two people with one address: the directory's own rules forbid it, and reality has it across domains.
        store.put(tid, "user", id, {"id": id, **doc}, keys={"userPrincipalName": doc["userPrincipalName"]})
        return id

    def _groups(self) -> list[str]:
        store, tid = self.source.store, self.source.tid
        ids = []
        for number, members in enumerate(self.scenario.members):
            doc = {"displayName": f"Group {number}", "groupTypes": [], "mailEnabled": False, "securityEnabled": True}
            ids.append(self.source.create("group", doc).id)
            store.connect_many(tid, "member", ((ids[-1], self.people[member]) for member in sorted(members)))
        if self.scenario.nested:
            store.connect(tid, "member", ids[0], ids[2])
        return ids

    def _existing(self) -> None:
        domain = self.world.emulator.tenants["federal"].domain
        if self.scenario.bosses:
            boss = {"userPrincipalName": f"boss@{domain}", "displayName": "Boss", "mail": "boss@federal.us"}
            self.target.create("user", {**boss, "proxyAddresses": ["SMTP:boss@federal.us"], "accountEnabled": True})
            team = {"displayName": "Team", "groupTypes": ["Unified"], "mail": "team@federal.us"}
            self.target.create("group", {**team, "proxyAddresses": ["SMTP:team@federal.us"]})
        for number, guest in enumerate(self.scenario.guests):
            self._guest(number, guest)

    def _guest(self, number: int, guest: Guest) -> None:
        domain = self.world.emulator.tenants["federal"].domain
        person = self.scenario.users[guest.person] if guest.person is not None else None
        home = person["userPrincipalName"] if person else f"guest{number}@fabrikam.com"
        internal = guest.kind == "converted"
        name = f"worker{number}@{domain}" if internal else f"{home.replace('@', '_')}#EXT#@{domain}"
        doc: dict[str, JSON] = {
            "userPrincipalName": name,
            "displayName": f"Guest {number}",
            "userType": "Member" if internal else "Guest",
            "accountEnabled": True,
            "externalUserState": "PendingAcceptance" if guest.kind == "pending" else "Accepted",
            **({} if internal else {"creationType": "Invitation"}),
            **guest.attributes,
        }
        mail = (person or {}).get("mail") if guest.mail is None else guest.mail
        if mail:
            doc |= {"mail": mail, "proxyAddresses": [f"SMTP:{mail}"]}
        identity = f"5::{person['_netId']}" if person else f"5::9{number:015X}"
        doc["_alternativeSecurityIds" if guest.kind != "pending" else "_invited"] = identity
        try:
            account = self.target.create("user", doc)
        except Fault:  # another user has the name or address already: then there is no such guest
            return
        REACHED[f"guest: {guest.kind}{', deleted' if guest.deleted else ''}"] += 1
        if guest.deleted:
            self.target.soft_delete("user", account.id)

    # -- changing

    def happen(self, change: Change) -> None:
        """One change of a tenant, if it is possible."""
        # What a directory refuses does not happen.
        with suppress(Fault, GraphError, LookupError):
            REACHED[f"event: {change.what}"] += self._happen(change)

    def _happen(self, change: Change) -> bool:
        person = self.people[change.number]
        match change.what.split():
            case ["edit" | "change", "source" | "mail"]:
                self.source.update("user", self._one_of(self._known(self._live()), change), change.value)
            case ["block", "source"]:
                enabled = [id for id in self._live() if id not in self._blocked(self.people)]
                self.source.update("user", self._one_of(self._known(enabled), change), {"accountEnabled": False})
            case ["unblock", "source"]:
                self.source.update("user", self._one_of(self._blocked(self.people), change), {"accountEnabled": True})
            case ["rename"]:
                if change.number in self.invited:
                    return False
                name = f"renamed{change.number}@contoso.onmicrosoft.com"
                self.source.update("user", person, {"userPrincipalName": name})
            case ["delete", "source"]:
                self.source.soft_delete("user", person)
            case ["restore", "source"]:
                deleted = [id for id in self.people if self.source.find(id) is None and self.in_tenant(id)]
                self.source.restore("user", self._one_of(deleted, change))
            case ["purge", "source"]:
                self.source.soft_delete("user", person)
                self.source.purge("user", person)
            case ["leave"]:
                self._leave(self._one_of(self._known(sorted(self._members())), change))
            case ["come", "back"]:
                outside = [id for id in self._live() if id not in self._members()]
                self._come_back(self._one_of(self._known(outside), change))
            case ["leave", "for", "a", "cycle"]:
                person = self._one_of(self._known(sorted(self._members() & set(self._live()))), change)
                self._leave(person)
                self.world.cycle()
                self._come_back(person)
            case ["cycle"]:
                self.world.cycle()
            case ["pause"]:
                self.world.send("contoso", "POST", f"{self.world.job_path}/pause")
            case ["forbid"]:
                self.world.forbid(change.value)
            case ["a", "month", "passes"]:
                self.world.pass_days(31)
            case [what, *_]:
                self._to_account(what, change)
        return True

    def _to_account(self, what: str, change: Change) -> None:
        accounts = self.world.accounts()
        deleted = [id for id, doc in accounts.items() if doc["_deleted"]]
        live = [id for id in accounts if id not in deleted]
        linked = set(self.world.links().values())
        synchronized = [id for id in live if id in linked] or live
        match what:
            case "edit":
                self.target.update("user", self._one_of(synchronized, change), change.value)
            case "block":
                self.target.update("user", self._one_of(synchronized, change), {"accountEnabled": False})
            case "unblock":
                blocked = [id for id in live if accounts[id].get("accountEnabled") is False]
                self.target.update("user", self._one_of(blocked, change), {"accountEnabled": True})
            case "delete":
                self.target.soft_delete("user", self._one_of(synchronized, change))
            case "restore":
                self.target.restore("user", self._one_of(deleted, change))
            case "purge":
                self.target.purge("user", self._one_of(deleted, change))
            case "redeem":
                if not any("_invited" in accounts[id] for id in live):
                    self._guest(change.number, Guest(change.number, None, "pending", deleted=False))
                    self.invited.add(change.number)
                    accounts = self.world.accounts()
                invited = [id for id, doc in accounts.items() if "_invited" in doc and not doc["_deleted"]]
                account = self._one_of(invited, change)
                identity = {"_alternativeSecurityIds": accounts[account]["_invited"], "externalUserState": "Accepted"}
                self.target.update("user", account, identity)

    def _one_of(self, ids: list[str], change: Change) -> str:
        if not ids:
            raise LookupError("there is no user for this event")
        return sorted(ids)[change.number % len(ids)]

    def _live(self) -> list[str]:
        return [id for id in self.people if self.source.find(id) is not None]

    def _known(self, ids: list[str]) -> list[str]:
        """Those that the job has linked, or if there are none all: what happens to them has consequences."""
        return [id for id in ids if id in self.world.links()] or ids

    def _blocked(self, ids: list[str]) -> list[str]:
        found = [(id, self.source.find(id)) for id in ids]
        return [id for id, entry in found if entry is not None and entry.doc.get("accountEnabled") is False]

    def in_tenant(self, id: str) -> bool:
        """Whether a user is live or can be restored."""
        return self.source.store.kind_of(self.source.tid, id, ("user",)) is not None

    def _members(self) -> set[str]:
        return {id for group in self.groups[:2] for id in self.source.store.targets(self.source.tid, "member", group)}

    def _leave(self, person: str) -> None:
        """The user is not assigned any more, neither directly nor by a group."""
        for group in self.groups[:2]:
            if self.source.store.connected(self.source.tid, "member", group, person):
                self.world.send("contoso", "DELETE", f"/v1.0/groups/{group}/members/{person}/$ref")
        self.left.add(person)

    def _come_back(self, person: str) -> None:
        """The user is a member of the first group."""
        reference = f"https://graph.microsoft.com/v1.0/directoryObjects/{person}"
        self.world.send("contoso", "POST", f"/v1.0/groups/{self.groups[0]}/members/$ref", {"@odata.id": reference})

    def apply(self, link: LinkChange) -> None:
        """Makes the link so."""
        self.world.settings(everyone=link.everyone, threshold=link.threshold)
        self.world.assign(self._principals(link))
        self.world.schema(link.mappings, link.filters)
        if link.restarts:
            self.world.restart(link.restarts)

    def _principals(self, link: LinkChange) -> set[str]:
        return self._users(link) | {self.groups[number] for number in link.groups}

    def _users(self, link: LinkChange) -> set[str]:
        """Those of the link's users who can be assigned: they exist, and have not left."""
        people = {self.people[number] for number in link.users} - self.left
        return {id for id in people if self.source.find(id) is not None}

    def declared(self, link: LinkChange) -> JSON:
        """The same as a declaration."""
        return {
            "everyone": link.everyone,
            "groups": {self.groups[number] for number in link.groups},
            "users": self._users(link),
            "mappings": link.mappings,
            "filters": link.filters,
            "deletion_threshold": link.threshold,
            "restart": link.restarts,
            "enabled": True,
        }


def check(world: World, scenario: Scenario) -> None:
    """Plays a scenario, and before each of its cycles compares the plan with what the cycle then does."""
    play = Play(world, scenario)
    for link, changes in [*scenario.past, (scenario.future, [])]:
        plan = world.plan(world.then(**play.declared(link)))
        before = world.accounts()
        play.apply(link)
        world.start()
        log = {entry["sourceIdentity"]["id"]: entry for entry in world.cycle()}
        world.allow()
        REACHED["plans"] += 1
        REACHED["linked"] += bool(plan.people["linked"].any())
        REACHED.update({action for action, count in plan.counts.items() if count})
        different, unplanned = differences(world, plan, log), lost(world, before) - accounts_to_delete(plan)
        unplanned -= {log[person]["targetIdentity"]["id"] for person in unnamed(plan, log)}
        assert not different, different
        assert not unplanned, unplanned
        for change in changes:
            play.happen(change)


def two_people(past: list[tuple[LinkChange, list[Change]]], future: LinkChange, **attributes: str) -> Scenario:
    """Two people with a name each, and the *attributes* that they share."""
    users = [
        {
            "userPrincipalName": f"p{number}@contoso.onmicrosoft.com",
            "displayName": "Ada",
            "userType": "Member",
            "accountEnabled": True,
            "_netId": f"{number:016X}",
            **attributes,
        }
        for number in range(2)
    ]
    empty: list[frozenset[int]] = [frozenset()] * 3
    return Scenario(users, empty, False, [], False, {}, past, future)


def hold(share: float, first: int, statement: Callable[[Scenario], None]) -> None:
    """Holds a *statement* against a share of the examples, whose seeds begin with *first*.

    A counterexample is made smaller before it is shown.
    """
    for number in range(max(1, round(EXAMPLES * share))):
        found = scenario(SEED + first + number)
        try:
            statement(found)
        except AssertionError as different:
            before = REACHED.copy()
            small = simplest(found, lambda candidate: _fails(statement, candidate))
            REACHED.clear()
            REACHED.update(before)
            raise AssertionError(
                f"seed {SEED + first + number}: {different}\n\nsmaller: {pformat(small, width=120)}"
            ) from different


def _fails(statement: Callable[[Scenario], None], candidate: Scenario) -> bool:
    try:
        statement(candidate)
    except AssertionError:
        return True
    return False
