"""The plan is what the emulator's next cycle does and logs: person by person, attribute by attribute."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, currently_in_test_context, given, note, settings

from entra_sync.expressions import AttributeMapping, Mappings, any_of, clause
from entra_sync.impact.planning.plan import ImpactPlan
from entra_sync.impact.planning.reasons import Doubt
from tests.impact.scenarios import Change, Guest, LinkChange, Scenario, scenarios
from tests.impact.world import World

JSON = Any

EXAMPLES = int(os.environ.get("ENTRA_SYNC_EXAMPLES", "100"))
"""Examples of each property; the nightly run sets 1000."""


REACHED: Counter[str] = Counter()
"""Examples of this process, those with linked users, planned actions and events that happened."""

ENOUGH = 60
"""Examples from which on the floor counts."""

FLOOR = ("create", "match", "update", "disable", "delete", "conflict", "failed", "skipped", "unchanged", "linked")
"""What at least one of forty examples has to reach."""

WRITING = {"create", "update", "disable", "restore"}

UNDECIDED = {Doubt.OTHERS_TURNS, Doubt.CONTESTED}
"""Doubts that leave open what happens, and not only whether it happens now."""


@pytest.fixture(scope="module")
def across_clouds() -> Iterator[World]:
    """One world for all examples, which each set it back first."""
    yield World.build("usgov")


@pytest.fixture(scope="module")
def within_a_cloud() -> Iterator[World]:
    """The same with both tenants in the global cloud."""
    yield World.build("global")


@pytest.fixture(scope="module", autouse=True)
def coverage() -> Iterator[None]:
    """Prints which actions and events the examples have reached, and fails if some are hardly ever reached."""
    yield
    print("\nreached:", dict(sorted(REACHED.items())))
    if (number := REACHED["examples"]) >= ENOUGH:
        assert [] == [name for name in FLOOR if REACHED[name] < number / 40]


def remark(text: str) -> None:
    """Stands beside a counterexample."""
    if currently_in_test_context():
        note(text)


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
        for person, boss in scenario.managers.items():
            self.source.store.connect(self.source.tid, "manager", self.people[person], self.people[boss])
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
            remark(f"no guest {number}: {refusal}")
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
                    self.source.update("user", person, change.value)
                case "rename" if change.number % len(self.people) not in self.invited:
                    name = f"renamed{change.number}@contoso.onmicrosoft.com"
                    self.source.update("user", person, {"userPrincipalName": name})
                case "delete source":
                    self.source.soft_delete("user", person)
                case "purge source":
                    self.source.soft_delete("user", person)
                    self.source.purge("user", person)
                case "leave":
                    for group in self.groups[:2]:
                        if store.connected(self.source.tid, "member", group, person):
                            self.world.send("contoso", "DELETE", f"/v1.0/groups/{group}/members/{person}/$ref")
                    self.world.assign(set(self.groups[:2]))
                case "cycle":
                    self.world.cycle()
                case "restore source":
                    self.source.restore("user", person)
                case "toggle member":
                    members = f"/v1.0/groups/{self.groups[0]}/members"
                    if store.connected(self.source.tid, "member", self.groups[0], person):
                        self.world.send("contoso", "DELETE", f"{members}/{person}/$ref")
                    else:
                        reference = f"https://graph.microsoft.com/v1.0/directoryObjects/{person}"
                        self.world.send("contoso", "POST", f"{members}/$ref", {"@odata.id": reference})
                case "edit target" if account:
                    self.target.update("user", account, change.value)
                case "delete target" if account:
                    self.target.soft_delete("user", account)
                case "restore target" if account:
                    self.target.restore("user", account)
                case "purge target" if account:
                    self.target.purge("user", account)
        except Exception as refusal:  # what the directory refuses does not happen
            remark(f"{change} did not happen: {refusal}")
        else:
            REACHED[f"event: {change.what}"] += 1

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
            "deletion_threshold": link.threshold,
            "restart": link.restarts,
            "enabled": True,
        }


def done(entry: JSON) -> str:
    """What the log says happened."""
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
        if item["displayName"] not in {"alternativeSecurityIds", "IsSoftDeleted"}
    }


def planned(plan: ImpactPlan, links: dict[str, str]) -> dict[str, dict[str, tuple[str | None, str | None]]]:
    """The same of the plan, by person.

    A manager is a person in the plan and an account in the log, which does not say who was the manager before.
    """
    found: dict[str, dict[str, tuple[str | None, str | None]]] = {}
    for row in plan.attribute_changes().iter_rows(named=True):
        values = (row["old"], row["new"])
        if row["attribute"] == "manager":
            values = (None, links.get(row["new"], row["new"]))
        found.setdefault(row["person"], {})[row["attribute"]] = values
    return found


def check(world: World, scenario: Scenario) -> None:
    """Plays a scenario and compares the plan of its last change with what the cycle after it does."""
    play = Play(world, scenario)
    for link, changes in scenario.past:
        play.apply(link)
        world.start()
        world.cycle()
        for change in changes:
            play.happen(change)
    plan = world.plan(world.then(**play.declared(scenario.future)))
    before = world.accounts()
    play.apply(scenario.future)
    world.start()
    log = {entry["sourceIdentity"]["id"]: entry for entry in world.cycle()}
    remark(str(plan.situation))

    REACHED["examples"] += 1
    REACHED["linked"] += bool(plan.people["linked"].any())
    REACHED.update({action for action, count in plan.counts.items() if count})
    assert {} == differences(world, plan, log)
    assert set() == lost(world, before) - accounts_to_delete(plan)


def differences(world: World, plan: ImpactPlan, log: dict[str, JSON]) -> dict[str, tuple[JSON, JSON]]:
    """Person → (what was planned, what happened), where the two differ beyond what the plan calls uncertain."""
    incremental = plan.situation.cycle == "incremental"
    changes = planned(plan, world.links())
    different = {}
    for row in plan.people.iter_rows(named=True):
        entry = log.get(row["person"])
        attributes = changes.get(row["person"], {})
        happens, happened = meant(row, attributes), done(entry) if entry else "nothing"
        if row["uncertain"] and (happened in {"nothing", "failed"} or row["uncertain"] in UNDECIDED):
            continue
        if incremental and happens == "failed" and entry is None:
            continue  # tried again in a later cycle
        expected = attributes if happens in WRITING else {}
        logged = written(entry) if entry and happened in WRITING else {}
        if row["redeemed"] or row["shares"]:
            # The log lists all values as new; which of them the account had already only the plan says.
            expected = {name: new for name, (_, new) in expected.items()}
            logged = {name: new for name, (_, new) in logged.items() if name in expected}
        if (happens, expected) != (happened, logged):
            different[row["person"]] = ((happens, expected), (happened, logged))
    for person in log.keys() - set(plan.people["person"]):
        if done(log[person]) != "nothing":
            different[person] = (("not in the plan", {}), (done(log[person]), written(log[person])))
    return different


def lost(world: World, before: dict[str, JSON]) -> set[str]:
    """Accounts that the cycle deleted."""
    return {
        id for id, doc in world.accounts().items() if id in before and doc["_deleted"] and not before[id]["_deleted"]
    }


def accounts_to_delete(plan: ImpactPlan) -> set[str]:
    """Accounts that the plan says will be deleted."""
    rows = plan.people.iter_rows(named=True)
    return {row["account"] for row in rows if row["action"] == "delete" and not row["held"]}


def two_people(past: list[tuple[LinkChange, list[Change]]], future: LinkChange, **attributes: str) -> Scenario:
    """Two people of whom nothing is known but their names and the *attributes* that they share."""
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
    nobody: list[frozenset[int]] = [frozenset()] * 3
    return Scenario(users, nobody, False, [], False, {}, past, future)


def examples(share: float) -> settings:
    """Settings of a property; the same examples each time."""
    number = max(1, round(EXAMPLES * share))
    return settings(max_examples=number, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@examples(0.75)
@given(scenario=scenarios())
def test_plan_across_clouds_is_what_the_next_cycle_does(across_clouds: World, scenario: Scenario) -> None:
    """For any tenants, link and change: each person's action and each attribute's old and new value are as planned."""
    check(across_clouds, scenario)


@examples(0.25)
@given(scenario=scenarios())
def test_plan_within_a_cloud_is_what_the_next_cycle_does(within_a_cloud: World, scenario: Scenario) -> None:
    """The same between two tenants of the global cloud, where managers are synchronized too."""
    check(within_a_cloud, scenario)


def test_deletions_held_back_are_still_counted_when_one_person_changes(across_clouds: World) -> None:
    """Two people leave the filter, one deletion is allowed, and then one of them changes: both deletions stay held."""
    base = LinkChange(frozenset(), frozenset({0, 1}), False, Mappings(()), None, threshold=1)
    narrow = replace(base, filters=any_of(clause("country").equals("US")))
    past = [(base, []), (narrow, [Change("edit source", 0, {"displayName": "Grace"})])]

    check(across_clouds, two_people(past, narrow))


def test_whose_a_shared_account_becomes_when_links_are_dropped_is_uncertain(across_clouds: World) -> None:
    """Two people with one address share an account; after renames and a full restart only the service knows whose."""
    row = AttributeMapping(target="userPrincipalName", source="[userPrincipalName]", apply="always")
    base = LinkChange(frozenset(), frozenset({0, 1}), False, Mappings((row,)), None, threshold=None)
    for renamed in (0, 1):
        past = [(base, [Change("rename", renamed)]), (base, [])]
        scenario = two_people(past, replace(base, restarts=("Full",)), mail="a.kim@contoso.com")
        play = Play(across_clouds, scenario)
        for link, changes in past:
            play.apply(link)
            across_clouds.start()
            across_clouds.cycle()
            for change in changes:
                play.happen(change)
        plan = across_clouds.plan(across_clouds.then(**play.declared(scenario.future)))

        assert [Doubt.CONTESTED] * 2 == plan.people["uncertain"].to_list()
        check(across_clouds, scenario)
