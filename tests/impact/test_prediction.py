"""The plan is what the emulator's next cycle does and logs: person by person, attribute by attribute."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings

from entra_sync.impact.plan import ImpactPlan
from tests.impact.scenarios import Change, Guest, LinkChange, Scenario, scenarios
from tests.impact.world import World

JSON = Any

EXAMPLES = int(os.environ.get("ENTRA_SYNC_EXAMPLES", "100"))
"""Examples of each property; the nightly run sets 1000."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One world for all examples, which each set it back first."""
    yield World.build()


class Play:
    """A scenario played in a world."""

    def __init__(self, world: World, scenario: Scenario) -> None:
        self.world, self.scenario = world, scenario
        world.reset()
        self.service = world.emulator.service
        self.source = self.service.directory(world.emulator.tenants["contoso"].tenant_id)
        self.target = self.service.directory(world.emulator.tenants["federal"].tenant_id)
        self.people = [self._user(doc) for doc in scenario.users]
        # Of whoever was invited by hand and renamed since, no API shows that the account is theirs.
        self.invited = {guest.person for guest in scenario.guests}
        self.groups = self._groups()
        self._existing()

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
            self._guest(number, guest, domain)

    def _guest(self, number: int, guest: Guest, domain: str) -> None:
        person = None
        if guest.person is not None and guest.person < len(self.people):
            person = self.scenario.users[guest.person]
        home = person["userPrincipalName"] if person else f"guest{number}@fabrikam.com"
        name = f"{home.replace('@', '_')}#EXT#@{domain}"
        doc: dict[str, JSON] = {
            "userPrincipalName": name,
            "displayName": f"Guest {number}",
            "userType": "Guest",
            "accountEnabled": True,
            "creationType": "Invitation",
            "externalUserState": "Accepted" if guest.accepted else "PendingAcceptance",
            **guest.attributes,
        }
        if guest.mail:
            doc |= {"mail": guest.mail, "proxyAddresses": [f"SMTP:{guest.mail}"]}
        if guest.accepted:
            doc["_alternativeSecurityIds"] = f"5::{person['_netId']}" if person else f"5::9{number:015X}"
        try:
            account = self.target.create("user", doc)
        except Exception as refusal:  # somebody has the name or address already: then there is no such guest
            note(f"no guest {number}: {refusal}")
            return
        if guest.deleted:
            self.target.soft_delete("user", account.id)

    # -- changing

    def happen(self, change: Change) -> None:
        """One change of a tenant, if it is possible."""
        person = self.people[change.number % len(self.people)]
        account = self._account(change.number)
        store = self.source.store
        try:
            match change.what:
                case "edit source":
                    entry = store.kind_of(self.source.tid, person, ("user",))
                    store.replace(self.source.tid, "user", person, {**entry.doc, **change.value})
                case "rename" if change.number % len(self.people) not in self.invited:
                    entry = store.kind_of(self.source.tid, person, ("user",))
                    name = f"renamed{change.number}@contoso.onmicrosoft.com"
                    keys = {"userPrincipalName": name}
                    store.replace(self.source.tid, "user", person, {**entry.doc, "userPrincipalName": name}, keys=keys)
                case "delete source":
                    self.source.soft_delete("user", person)
                case "restore source":
                    self.source.restore("user", person)
                case "toggle member":
                    if not store.connect(self.source.tid, "member", self.groups[0], person):
                        store.disconnect(self.source.tid, "member", self.groups[0], person)
                case "edit target" if account:
                    self.target.update("user", account, change.value)
                case "delete target" if account:
                    self.target.soft_delete("user", account)
                case "restore target" if account:
                    self.target.restore("user", account)
                case "purge target" if account:
                    self.target.purge("user", account)
        except Exception as refusal:  # what the directory refuses does not happen
            note(f"{change} did not happen: {refusal}")

    def _account(self, number: int) -> str | None:
        ids = sorted(self.world.accounts())
        return ids[number % len(ids)] if ids else None

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
        """Those of the link's people who are there: nobody else can be assigned."""
        people = [self.people[number] for number in link.users if number < len(self.people)]
        return {id for id in people if self.source.find(id) is not None}

    def declared(self, link: LinkChange) -> JSON:
        """The same as a declaration."""
        return {
            "everyone": link.everyone,
            "groups": {self.groups[number] for number in link.groups},
            "users": self._users(link),
            "mappings": link.mappings,
            "filters": link.filters,
            "threshold": link.threshold,
            "restarts": link.restarts,
            "running": True,
        }


def done(entry: JSON, plan: ImpactPlan) -> str:
    """What the log says happened, in the words of plans; several words for what the log does not tell apart."""
    status, action = entry["provisioningStatusInfo"]["status"], entry["provisioningAction"]
    if status == "failure":
        return "failed"
    if status == "skipped":
        return "nothing"
    if action == "update" and any(item["displayName"] == "IsSoftDeleted" for item in entry["modifiedProperties"]):
        return "restore"
    return str(action)


def meant(row: JSON, changes: dict[str, Any]) -> str:
    """What the log will say of a person of the plan."""
    action = row["action"]
    if row["held"] or action in {"unchanged", "skipped"}:
        return "nothing"
    if action == "conflict":
        return "create" if row["shares"] else "failed"
    if action == "match":
        return "create" if row["redeemed"] else "update" if changes else "nothing"
    return str(action)


def written(entry: JSON) -> dict[str, tuple[str | None, str]]:
    """Attribute → (old, new) of a log entry, without what stands for the person and not for a value."""
    return {
        item["displayName"]: (item["oldValue"], item["newValue"])
        for item in entry["modifiedProperties"]
        if item["displayName"] not in {"alternativeSecurityIds", "IsSoftDeleted", "manager"}
    }


def planned(plan: ImpactPlan) -> dict[str, dict[str, tuple[str | None, str | None]]]:
    """The same of the plan, by person."""
    found: dict[str, dict[str, tuple[str | None, str | None]]] = {}
    for row in plan.attribute_changes().iter_rows(named=True):
        if row["attribute"] != "manager":
            found.setdefault(row["person"], {})[row["attribute"]] = (row["old"], row["new"])
    return found


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(scenario=scenarios())
def test_plan_is_what_the_next_cycle_does(world: World, scenario: Scenario) -> None:
    """For any tenants, link and change: each person's action and each attribute's old and new value are as planned."""
    play = Play(world, scenario)
    if scenario.first is not None:
        play.apply(scenario.first)
        world.start()
        world.cycle()
    for change in scenario.changes:
        play.happen(change)
    plan = world.plan(world.then(**play.declared(scenario.second)))
    before = world.accounts()
    play.apply(scenario.second)
    world.start()
    log = {entry["sourceIdentity"]["id"]: entry for entry in world.cycle()}

    incremental = plan.situation.cycle == "incremental"
    expected, actual, all_changes = {}, {}, planned(plan)
    for row in plan.people.iter_rows(named=True):
        person = row["person"]
        entry = log.get(person)
        changes = all_changes.get(person, {})
        happens = meant(row, changes)
        happened = done(entry, plan) if entry else "nothing"
        if row["uncertain"] and (happened in {"nothing", "failed"} or "depends on" in row["uncertain"]):
            continue
        if incremental and happens == "failed" and entry is None:
            continue
        attributes = changes if happens in {"create", "update", "disable", "restore"} else {}
        logged = written(entry) if entry and happened in {"create", "update", "disable", "restore"} else {}
        if row["redeemed"] or row["shares"]:
            attributes = {name: new for name, (_, new) in attributes.items()}
            logged = {name: new for name, (_, new) in logged.items() if name in attributes}
        expected[person] = (happens, attributes)
        actual[person] = (happened, logged)
    for person in log.keys() - set(plan.people["person"]):
        actual[person] = (done(log[person], plan), written(log[person]))
        expected[person] = ("nothing", {})
    note(str(plan.situation))
    different = {
        person: (expected[person], actual[person]) for person in expected if expected[person] != actual[person]
    }
    assert {} == different
    assert _lost(plan, before) >= {
        id for id, doc in world.accounts().items() if doc["_deleted"] and not before.get(id, {}).get("_deleted")
    }


def _lost(plan: ImpactPlan, before: JSON) -> set[str]:
    """Accounts that the plan says will be deleted."""
    return {
        row["account"] for row in plan.people.iter_rows(named=True) if row["action"] == "delete" and not row["held"]
    }
