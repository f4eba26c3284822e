"""Judge of the emulator's cycle and of the impact plan: worlds, events and expectations from Microsoft's pages only.

    python judge.py CHECKOUT [scenario …]

A scenario is a function that takes a `Stage` and calls `stage.step(...)`. Each step plans, applies, runs a cycle, and holds both against
what the page says. Verdicts: right, WRONG, marked (the plan says otherwise but calls it uncertain), n/a.
"""

from __future__ import annotations

import itertools
import json
import os
import tempfile
import sys
import traceback
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

CHECKOUT = Path(sys.argv[1]).resolve()
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "provider")]

from entra_sync.emulator import Emulator  # noqa: E402
from entra_sync.expressions import AttributeMapping, Mappings, ScopingFilter, any_of, clause  # noqa: E402,F401
from entra_sync.expressions import all_of  # noqa: E402,F401
from tests.impact.world import World, _at_once  # noqa: E402
from entra_sync.graph.gateway import Graph  # noqa: E402

JSON = Any
NOTHING = "nothing"
_numbers = itertools.count(1)


class _Names:
    """An emulator in which a pair of tenants is called contoso and federal."""

    def __init__(self, emulator: Emulator, source: str, target: str) -> None:
        self._e, self._map = emulator, {"contoso": source, "federal": target}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._e, name)

    @property
    def tenants(self) -> JSON:
        real = self._e.tenants
        return {name: real[to] for name, to in self._map.items()}

    def credential(self, name: str) -> Any:
        return self._e.credential(self._map[name])


def pair(emulator: Emulator, source: str, target: str, cloud: str = "global") -> World:
    """A link between two tenants of an emulator."""
    world = World(_Names(emulator, source, target))  # type: ignore[arg-type]
    for name in ("contoso", "federal"):
        world.graphs[name] = Graph(world.tenant(name), credential=world.emulator.credential(name), transport=emulator.transport(), sleep=_at_once)
    policy = "/v1.0/policies/crossTenantAccessPolicy"
    ids = {name: world.emulator.tenants[name].tenant_id for name in ("contoso", "federal")}
    for name, other, direction in (("contoso", "federal", "outboundAllowed"), ("federal", "contoso", "inboundAllowed")):
        present = world.send(name, "GET", f"{policy}/partners")["value"]
        mine = next((p for p in present if p["tenantId"] == ids[other]), None)
        consent = {**((mine or {}).get("automaticUserConsentSettings") or {}), direction: True}
        if mine is None:
            world.send(name, "POST", f"{policy}/partners", {"tenantId": ids[other], "automaticUserConsentSettings": consent})
        else:
            world.send(name, "PATCH", f"{policy}/partners/{ids[other]}", {"automaticUserConsentSettings": consent})
    world.send("federal", "PUT", f"{policy}/partners/{ids['contoso']}/identitySynchronization", {"userSyncInbound": {"isSyncAllowed": True}})
    world._application(cloud)
    return world


def second_link(world: World) -> World:
    """Another configuration between the same two tenants."""
    other = World(world.emulator)
    other.graphs = world.graphs
    other._application(str(world.emulator.tenants["federal"].cloud))
    return other


def outcome_of_row(row: JSON) -> str:
    if row is None:
        return NOTHING
    if row["held"] or row["action"] in ("unchanged", "skipped"):
        return NOTHING
    if row["action"] in ("conflict", "failed"):
        return "shared" if row["shares"] else "failed"
    return str(row["action"])


@dataclass
class Result:
    scenario: str
    step: str
    person: str
    expected: str
    cycle: str
    plan: str
    cycle_ok: str
    plan_ok: str
    status: str
    note: str = ""


@dataclass
class Stage:
    """A link in a world, people by nickname, and what was found."""

    world: World
    name: str
    status: str = "D"
    people: dict[str, str] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    link: JSON = field(default_factory=lambda: {"everyone": False, "threshold": None, "principals": set(), "rows": {}, "filters": None})
    last_plan: Any = None
    last_log: JSON = field(default_factory=dict)
    target_name: str = "federal"

    # -- tenants

    @property
    def source(self) -> Any:
        return self.world.emulator.service.directory(self.world.emulator.tenants["contoso"].tenant_id)

    @property
    def target(self) -> Any:
        return self.world.emulator.service.directory(self.world.emulator.tenants["federal"].tenant_id)

    @property
    def target_domain(self) -> str:
        return self.world.emulator.tenants["federal"].domain

    def user(self, nick: str, **doc: Any) -> str:
        number = next(_numbers)
        domain = self.world.emulator.tenants["contoso"].domain
        full = {
            "userPrincipalName": f"{nick}@{domain}", "displayName": nick.capitalize(), "mailNickname": nick, "userType": "Member",
            "accountEnabled": True, "mail": f"{nick}@{domain}", "_netId": f"{number:016X}", **doc,
        }
        full = {k: v for k, v in full.items() if v is not None}
        self.people[nick] = self.source.create("user", full).id
        return self.people[nick]

    def doc(self, nick: str) -> JSON:
        return self.source.store.kind_of(self.source.tid, self.people[nick], ("user",)).doc

    def edit(self, nick: str, **changes: Any) -> None:
        self.source.update("user", self.people[nick], changes)

    def group(self, *members: str, **doc: Any) -> str:
        full = {"displayName": f"Group {next(_numbers)}", "groupTypes": [], "mailEnabled": False, "securityEnabled": True, **doc}
        id = self.source.create("group", full).id
        self.join(id, *members)
        return id

    def join(self, group: str, *members: str) -> None:
        """As an administrator does it, so that Graph's delta shows it."""
        root = self.world.emulator.tenants["contoso"].graph_url
        for m in members:
            body = {"@odata.id": f"{root}/v1.0/directoryObjects/{self.people.get(m, m)}"}
            if self.source.find(self.people.get(m, m)) is None or "DynamicMembership" in (self.source.get("group", group).doc.get("groupTypes") or ()) or self.source.get("group", group).doc.get("mailEnabled"):
                self.source.store.connect(self.source.tid, "member", group, self.people.get(m, m))
            else:
                self.world.send("contoso", "POST", f"/v1.0/groups/{group}/members/$ref", body)

    def part(self, group: str, *members: str) -> None:
        for m in members:
            if "DynamicMembership" in (self.source.get("group", group).doc.get("groupTypes") or ()):
                self.source.store.disconnect(self.source.tid, "member", group, self.people.get(m, m))
            else:
                self.world.send("contoso", "DELETE", f"/v1.0/groups/{group}/members/{self.people.get(m, m)}/$ref")

    def boss(self, nick: str, manager: str | None) -> None:
        """Through the API, so that the user counts as changed as Graph's delta says."""
        path = f"/v1.0/users/{self.people[nick]}/manager/$ref"
        if manager is None:
            self.world.send("contoso", "DELETE", path)
        else:
            root = self.world.emulator.tenants["contoso"].graph_url
            self.world.send("contoso", "PUT", path, {"@odata.id": f"{root}/v1.0/users/{self.people[manager]}"})

    def guest(self, nick: str | None = None, *, accepted: bool = True, mail: str | None = None, name: str | None = None, **doc: Any) -> str:
        """An account that was in the target before."""
        home = self.doc(nick) if nick else {}
        upn = name or f"{(mail or home['userPrincipalName']).replace('@', '_')}#EXT#@{self.target_domain}"
        mail = mail if mail is not None else home.get("mail")
        full = {
            "userPrincipalName": upn, "displayName": "By hand", "userType": "Guest", "accountEnabled": True, "creationType": "Invitation",
            "externalUserState": "Accepted" if accepted else "PendingAcceptance", **doc,
        }
        if mail:
            full |= {"mail": mail, "proxyAddresses": [f"SMTP:{mail}"]}
        if accepted and nick:
            full["_alternativeSecurityIds"] = f"5::{home['_netId']}"
        full = {k: v for k, v in full.items() if v is not None}
        return self.target.create("user", full).id

    def account(self, nick: str) -> JSON:
        """The account that the job has linked to a person, deleted or not."""
        id = self.world.links().get(self.people[nick])
        return self.world.accounts().get(id) if id else None

    def edit_account(self, nick: str, **changes: Any) -> None:
        self.target.update("user", self.account(nick)["id"], changes)

    # -- the link

    def schema_edit(self, change: Any) -> None:
        schema = self.world.send("contoso", "GET", f"{self.world.job_path}/schema")
        change(schema["synchronizationRules"][0]["objectMappings"][0], schema)
        self.world.send("contoso", "PUT", f"{self.world.job_path}/schema", schema)

    def _principals(self) -> set[str]:
        ids = {self.people.get(p, p) for p in self.link["principals"]}
        return {id for id in ids if self.source.find(id) is not None}

    def _declared(self, restarts: tuple[str, ...]) -> JSON:
        mine = set(self.people.values())
        principals = self._principals()
        return {
            "everyone": self.link["everyone"], "groups": principals - mine, "users": principals & mine,
            "mappings": Mappings(tuple(self.link["rows"].values())), "filters": self.link["filters"],
            "threshold": self.link["threshold"], "restarts": restarts, "running": True,
        }

    def _apply(self, restarts: tuple[str, ...] | None) -> None:
        self.world.settings(everyone=self.link["everyone"], threshold=self.link["threshold"])
        self.world.assign(self._principals())
        self.world.schema(Mappings(tuple(self.link["rows"].values())), self.link["filters"])
        if restarts:
            self.world.restart(restarts)

    def step(
        self, label: str, expected: JSON, *, assign: Any = None, everyone: bool | None = None, rows: Any = (), filters: Any = None,
        threshold: Any = "same", restarts: tuple[str, ...] = (), start: bool = True, status: str | None = None, checks: Any = (),
        plan: bool = True, values: Any = (), job_id: str | None = None, advance: timedelta | None = None,
    ) -> None:
        """Plan, apply, cycle; *expected*: nickname → outcome, or a set of outcomes that the page leaves open.

        checks: (name, function → bool) of the state after the cycle. values: (nick, attribute, expected value after; the plan must say it).
        """
        if assign is not None:
            self.link["principals"] = set(assign)
        if everyone is not None:
            self.link["everyone"] = everyone
        for row in rows:
            self.link["rows"][row.target] = row
        if filters is not None:
            self.link["filters"] = filters
        if threshold != "same":
            self.link["threshold"] = threshold
        status = status or self.status
        found, problem = None, ""
        if plan:
            try:
                found = self.world.plan(self.world.then(**self._declared(restarts)))
            except Exception as error:  # noqa: BLE001
                problem = f"{type(error).__name__}: {error}"[:200]
        self.last_plan = found
        if found is not None and os.environ.get("JUDGE_CACHE"):
            self._cached(label, found, restarts)
        before, links_before = self.world.accounts(), self.world.links()
        self._apply(restarts)
        if start:
            # what the portal's Start does, only where the job is not running: "use start only when paused or in quarantine"
            job = self.world.send("contoso", "GET", self.world.job_path)
            if job["schedule"]["state"] != "Active":
                self.world.start()
        if advance:
            self.world.emulator.clock.advance(advance)
        log = {}
        for entry in self.world.cycle():
            log[entry["sourceIdentity"]["id"]] = entry
        self.last_log = log
        after, links_after = self.world.accounts(), self.world.links()
        plan_rows = {row["person"]: row for row in found.people.iter_rows(named=True)} if found else {}
        for nick, want in expected.items():
            person = self.people[nick]
            happened = self._happened(person, log, before, after, links_before, links_after)
            row = plan_rows.get(person)
            planned = outcome_of_row(row) if found else ("error" if plan else "-")
            allowed = want if isinstance(want, (set, frozenset)) else {want}
            cycle_ok = "right" if happened in allowed else "WRONG"
            if not plan:
                plan_ok = "n/a"
            elif found is None:
                plan_ok = "WRONG"
            elif planned in allowed:
                plan_ok = "right"
            elif row is not None and row["uncertain"]:
                plan_ok = "marked"
            else:
                plan_ok = "WRONG"
            note = problem
            if row is not None:
                note = "; ".join(filter(None, [row["reason"], f"uncertain: {row['uncertain']}" if row["uncertain"] else "", note]))
            self.results.append(Result(self.name, label, nick, "|".join(sorted(allowed)), happened, planned, cycle_ok, plan_ok, status, note))
        for what, test in checks:
            try:
                good = bool(test())
            except Exception as error:  # noqa: BLE001
                good, what = False, f"{what} ({type(error).__name__}: {error})"
            self.results.append(Result(self.name, label, "", what, "yes" if good else "no", "-", "right" if good else "WRONG", "n/a", status))
        for nick, attribute, value in values:
            account = self.account(nick)
            has = _value(account, attribute) if account else None
            said = "-"
            plan_ok = "n/a"
            if found is not None:
                old = before.get(account["id"]) if account else None
                said = _value(old, attribute) if old else None
                rowset = found.attribute_changes().filter(found.attribute_changes()["person"] == self.people[nick])
                acts = outcome_of_row(plan_rows.get(self.people[nick]))
                if acts in {"create", "match", "update", "disable", "restore"}:
                    for r in rowset.iter_rows(named=True):
                        if r["attribute"] == attribute:
                            said = r["new"]
                same = _same(said, value)
                unsure = (plan_rows.get(self.people[nick]) or {}).get("uncertain")
                plan_ok = "right" if same else "marked" if unsure else "WRONG"
            self.results.append(Result(
                self.name, label, nick, f"{attribute} = {value!r}", repr(has), repr(said), "right" if _same(has, value) else "WRONG", plan_ok, status))

    def _cached(self, label: str, found: Any, restarts: tuple[str, ...]) -> None:
        """The plan from what was kept is the plan from what is read again."""
        from entra_sync.impact.reading.cache import Cache
        from entra_sync.impact.reading.gather import Needs, Readers, gather
        from entra_sync.impact.planning.plan import plan as make
        from entra_sync.expressions import Context
        from entra_sync.graph.loop import together
        world = self.world
        if not hasattr(self, "_cache"):
            self._cache = Cache(Path(tempfile.mkdtemp()) / "cache", timedelta(days=365))
        now = world.now()
        then = world.then(**self._declared(restarts))
        readers = Readers(world.graphs["contoso"], world.graphs["federal"], clock=world.emulator.clock.now, cache=self._cache)
        facts = together(gather(readers, Needs.of(now, then), now))
        kept = make(facts, now, then, source="contoso", target="federal", context=Context.fixed(world.emulator.clock.now()))
        names = ["person", "account", "action", "held", "redeemed", "linked"]
        one = {r["person"]: r for r in found.people.select(names).iter_rows(named=True)}
        two = {r["person"]: r for r in kept.people.select(names).iter_rows(named=True)}
        different = {p: (one.get(p), two.get(p)) for p in one.keys() | two.keys() if one.get(p) != two.get(p)}
        quiet = {p for p, (a, b) in different.items() if (a or b)["action"] in ("skipped", "unchanged") and (a is None or b is None)}
        different = {p: d for p, d in different.items() if p not in quiet}
        self.note_check(label, "with the cache the same", not different, str(different)[:400])

    def _happened(self, person: str, log: JSON, before: JSON, after: JSON, links_before: JSON, links_after: JSON) -> str:
        entry = log.get(person)
        if entry and entry["provisioningStatusInfo"]["status"] == "failure":
            return "failed"
        was, now = links_before.get(person), links_after.get(person)
        if now is None or now not in after:
            if was and was in after:  # only the link is gone
                return "delete" if after[was]["_deleted"] and not before[was]["_deleted"] else NOTHING
            return "gone" if was and was in before else NOTHING
        a, b = before.get(now), after[now]
        if a is None:
            return "create" if entry else NOTHING
        if was != now:
            if a["_deleted"] and not b["_deleted"]:
                return "restore"
            others = {t for p, t in links_after.items() if p != person}
            if entry is None:
                return NOTHING
            if a.get("accountEnabled") and not b.get("accountEnabled"):
                return "disable"
            return "shared" if now in others else "match"
        if a["_deleted"] and not b["_deleted"]:
            return "restore"
        if not a["_deleted"] and b["_deleted"]:
            return "delete"
        if a["_deleted"] and b["_deleted"]:
            return NOTHING
        def plain(d: JSON) -> JSON:
            return {k: v for k, v in d.items() if not k.startswith("_") or k == "_alternativeSecurityIds"}

        if plain(a) != plain(b) or self._manager_changed(entry):
            if a.get("accountEnabled") is True and b.get("accountEnabled") is False:
                return "disable"
            return "update"
        return NOTHING

    @staticmethod
    def _manager_changed(entry: JSON) -> bool:
        return bool(entry) and any(item["displayName"] == "manager" for item in entry["modifiedProperties"])

    def manager(self, nick: str) -> str | None:
        account = self.account(nick)
        found = self.target.store.targets(self.target.tid, "manager", account["id"])
        return found[0] if found else None

    def check(self, label: str, what: str, good: Any, status: str | None = None, note: str = "") -> None:
        """One thing about the emulator that a plan has nothing to say about."""
        try:
            value = good() if callable(good) else good
        except Exception as error:  # noqa: BLE001
            value, note = False, f"{type(error).__name__}: {error}"[:250]
        self.results.append(Result(self.name, label, "", what, "yes" if value else "no", "-", "right" if value else "WRONG", "n/a", status or self.status, note))

    def note_check(self, label: str, what: str, good: bool, note: str = "", status: str | None = None) -> None:
        """One thing that the plan is to say, and the cycle has nothing to do with."""
        self.results.append(Result(self.name, label, "", what, "-", "yes" if good else "no", "n/a", "right" if good else "WRONG", status or self.status, note))

    def demand(self, nick: str, object_type: str = "User", id: str | None = None) -> tuple[str, str, JSON]:
        """Provision on demand: status, action, journey; or ('error', code, message)."""
        rule = self.world.send("contoso", "GET", f"{self.world.job_path}/schema")["synchronizationRules"][0]["id"]
        body = {"parameters": [{"ruleId": rule, "subjects": [{"objectId": id or self.people[nick], "objectTypeName": object_type}]}]}
        try:
            answer = self.world.send("contoso", "POST", f"{self.world.job_path}/provisionOnDemand", body)
        except Exception as error:  # noqa: BLE001
            return "error", type(error).__name__, str(error)
        journeys = json.loads(answer["value"])
        journey = journeys[0] if isinstance(journeys, list) else journeys
        return journey["statusInfo"]["status"], journey.get("action", ""), journey


def _value(doc: JSON, attribute: str) -> Any:
    from entra_sync.expressions import GRAPH_PROPERTIES
    if doc is None:
        return None
    value: Any = doc
    path = GRAPH_PROPERTIES.get(attribute, attribute)
    indexed = path.endswith("[0]")
    for part in path.removesuffix("[0]").split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if indexed:
        value = value[0] if value else None
    return value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return str(one).lower() == str(other).lower()
    return one == other


SCENARIOS: list[tuple[str, str, str, str, Any]] = []


def scenario(name: str, page: str, cloud: str = "global", status: str = "D") -> Any:
    def register(function: Any) -> Any:
        SCENARIOS.append((name, page, cloud, status, function))
        return function
    return register


_worlds: dict[str, World] = {}


def main() -> int:
    chosen = set(sys.argv[2:])
    everything: list[Result] = []
    errors = []
    for name, page, cloud, status, function in SCENARIOS:
        if chosen and not any(name.startswith(c) for c in chosen):
            continue
        if cloud == "global" and not name.startswith(("90", "91", "92")):
            cloud = os.environ.get("JUDGE_CLOUD", cloud)
        if cloud not in _worlds:
            _worlds[cloud] = World.build(cloud)
        world = _worlds[cloud]
        world.reset()
        stage = Stage(world, name, status)
        try:
            function(stage)
        except Exception as error:  # noqa: BLE001
            errors.append((name, error))
            tail = traceback.extract_tb(error.__traceback__)[-1]
            stage.results.append(Result(name, "?", "", "runs", "no", "no", "ERROR", "n/a", status, f"{type(error).__name__}: {str(error)[:200]} ({Path(tail.filename).name}:{tail.lineno})"))
        cycle = {r.cycle_ok for r in stage.results}
        plan = {r.plan_ok for r in stage.results}
        verdict_cycle = "ERROR" if "ERROR" in cycle else "WRONG" if "WRONG" in cycle else "right" if "right" in cycle else "n/a"
        verdict_plan = "WRONG" if "WRONG" in plan else "marked" if "marked" in plan else "right" if "right" in plan else "n/a"
        print(f"{name:<34} [{status}] cycle {verdict_cycle:<6} plan {verdict_plan:<6}  {page}")
        for r in stage.results:
            if "WRONG" in (r.cycle_ok, r.plan_ok) or "ERROR" in (r.cycle_ok,) or r.plan_ok == "marked" or chosen:
                print(f"      {r.step} | {r.person} | expected {r.expected} | cycle {r.cycle} ({r.cycle_ok}) | plan {r.plan} ({r.plan_ok}) | {r.note}")
        everything += stage.results
    if os.environ.get("JUDGE_JSON"):
        pages = {name: page for name, page, *_ in SCENARIOS}
        Path(os.environ["JUDGE_JSON"]).write_text(json.dumps([{**vars(r), "page": pages[r.scenario]} for r in everything], indent=1))
    by: dict[str, list[int]] = {}
    for name, _, _, status, _ in SCENARIOS:
        mine = [r for r in everything if r.scenario == name]
        if not mine:
            continue
        bad_cycle = any(r.cycle_ok in ("WRONG", "ERROR") for r in mine)
        bad_plan, marked = any(r.plan_ok == "WRONG" for r in mine), any(r.plan_ok == "marked" for r in mine)
        row = by.setdefault(status, [0] * 6)
        row[0] += 1
        row[1] += not bad_cycle and not bad_plan and not marked
        row[2] += not bad_cycle and not bad_plan and marked
        row[3] += bad_plan and not bad_cycle
        row[4] += bad_cycle and not bad_plan
        row[5] += bad_cycle and bad_plan
    print()
    for status, word in (("D", "documented plainly"), ("C", "pages contradict"), ("S", "pages silent")):
        if status in by:
            n, good, unsure, plan_only, cycle_only, both = by[status]
            print(f"{word}: {n} scenarios; {good} right, {unsure} right but for what the plan marks as uncertain, {plan_only} with the plan wrong or unmarked, {cycle_only} with the cycle wrong, {both} with both")
    cycles = [r.cycle_ok for r in everything if r.cycle_ok != "n/a"]
    plans = [r.plan_ok for r in everything if r.plan_ok != "n/a"]
    print(f"\n{len(SCENARIOS)} scenarios; cycle: {cycles.count('right')} right, {cycles.count('WRONG')} wrong, {cycles.count('ERROR')} errors; "
          f"plan: {plans.count('right')} right, {plans.count('marked')} marked uncertain, {plans.count('WRONG')} wrong")
    return 1 if {"WRONG", "ERROR"} & set(cycles + plans) else 0
