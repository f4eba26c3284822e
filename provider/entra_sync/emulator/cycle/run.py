"""One cycle of one job: who to look at, what to do with them, and what the job's status says afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from entra_sync.emulator.cycle.job import NEVER, Job, execution
from entra_sync.emulator.cycle.preconditions import check_link
from entra_sync.emulator.cycle.settings import Settings, job_schema, saved_secrets
from entra_sync.emulator.cycle.users.export import Exporter
from entra_sync.emulator.cycle.users.mapping import Failed, UserMapping
from entra_sync.emulator.cycle.users.person import AccountLink, Decider, Decision
from entra_sync.emulator.cycle.users.records import System
from entra_sync.emulator.cycle.users.target import Target
from entra_sync.emulator.errors import Fault
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.state import EscrowLimits, State
from entra_sync.emulator.state.store import Document
from entra_sync.microsoft.clouds import Cloud

__all__ = ["Summary", "prepare", "run_cycle", "scope"]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a cycle did.

    Attributes:
        state: Succeeded, EntryLevelErrors or Failed.
        counts: How many people by what happened to them.
        reason: Quarantine reason, or empty.
    """

    job_id: str
    cycle_id: str
    initial: bool
    state: str
    counts: dict[str, int]
    reason: str = ""


def scope(state: State, tid: str, owner: str, *, everyone: bool) -> dict[str, str]:
    """App role by id of each user in scope: assigned, a direct member of an assigned group, or all users."""
    store, directory = state.store, state.directory(tid)
    if everyone:
        rows = store.query("SELECT id FROM objects WHERE tenant = ? AND kind = 'user' AND deleted IS NULL", [tid])
        return {row[0]: "User" for row in rows}
    entry = directory.get("servicePrincipal", owner)
    roles = {role["id"]: role["displayName"] for role in entry.doc.get("appRoles", [])}
    found: dict[str, str] = {}
    for assignment in directory.assigned_to(owner):
        role = roles.get(assignment.doc["appRoleId"], "Default Access")
        principal = assignment.doc["principalId"]
        if assignment.doc["principalType"] == "User":
            found.setdefault(principal, role)
        elif assignment.doc["principalType"] == "Group":
            for member in store.targets(tid, "member", principal):
                found.setdefault(member, role)
    live = {
        row[0]
        for row in store.query("SELECT id FROM objects WHERE tenant = ? AND kind = 'user' AND deleted IS NULL", [tid])
    }
    return {id: role for id, role in found.items() if id in live}


def prepare(job: Job) -> tuple[Decider, Settings]:
    """What a cycle or an on-demand run works with.

    Raises:
        Fault: a precondition between the two tenants is missing.
        Failed: the schema cannot be used.
    """
    state, tid = job.state, job.tid
    secrets = saved_secrets(state, tid, job.owner)
    tenant = check_link(state, tid, job.doc["templateId"], secrets)
    schema = job_schema(state, tid, job.owner, job.id, job.doc["templateId"])
    mapping = UserMapping.read(schema, tenant.domain, state.clock.now(), state.store.new_id)
    if mapping is None:
        raise Failed("SchemaInvalid", "The schema has no enabled mapping of users.")
    source = state.tenant(tid)
    assert source is not None, "a job's tenant exists"
    if {source.cloud, tenant.cloud} != {Cloud.GLOBAL}:
        # "What is cross-tenant synchronization?": not across clouds, and not in the US Government cloud.
        mapping.rows = [row for row in mapping.rows if row.target != "manager"]
    principal = state.directory(tid).get("servicePrincipal", job.owner)
    system = System(
        state,
        tid,
        job.id,
        state.store.new_id(),
        job.owner,
        principal.doc["displayName"],
        principal.doc["appId"],
        mapping.source_directory,
        mapping.target_directory,
        tenant.tenant_id,
    )
    return Decider(system, mapping, source, Target(state, tenant)), Settings.read(secrets)


def run_cycle(job: Job) -> Summary:
    """Run one cycle now, and write what it did into the job and beside its earlier cycles."""
    summary = _run(job, job.state.clock.now())
    last, quarantine = job.status["lastExecution"], job.status["quarantine"]
    doc: Document = {
        "id": summary.cycle_id,
        "initial": summary.initial,
        "counts": summary.counts,
        "quarantine": summary.reason,
        "message": quarantine["error"]["message"] if quarantine is not None else "",
        **{name: last[name] for name in ("state", "timeBegan", "timeEnded", "countEntitled", "countEscrowed")},
    }
    job.state.store.put(job.tid, "cycle", summary.cycle_id, doc, parent=job.id)
    return summary


def _run(job: Job, began: datetime) -> Summary:
    initial = job.doc.get("_watermark") is None
    seen = job.state.store.version
    try:
        decider, settings = prepare(job)
    except Fault as fault:
        return _failed(job, began, fault.code, fault.message)
    except Failed as failed:
        return _failed(job, began, failed.code, failed.reason)
    cycle = _Cycle(job, decider, settings, initial=initial)
    cycle.run()
    job.doc["_watermark"] = seen
    job.doc["_cycles"] = job.doc.get("_cycles", 0) + 1
    return cycle.finish(began)


def _failed(job: Job, began: datetime, code: str, message: str) -> Summary:
    """A cycle that could not begin puts the job into quarantine."""
    error = {"code": code, "message": message, "tenantActionable": True}
    run = execution("Failed", job.state.store.new_id(), iso(began), iso(job.state.clock.now()))
    job.status["lastExecution"] = {**run, "error": error}
    job.status["countSuccessiveCompleteFailures"] += 1
    job.quarantine("EncounteredQuarantineException", error, began)
    job.finish(began)
    job.save()
    return Summary(
        job.id,
        run["activityIdentifier"],
        job.doc.get("_watermark") is None,
        "Failed",
        {},
        "EncounteredQuarantineException",
    )


class _Cycle:
    def __init__(self, job: Job, decider: Decider, settings: Settings, *, initial: bool) -> None:
        self.job, self.decider, self.settings, self.initial = job, decider, settings, initial
        self.exporter = Exporter(decider)
        self.state, self.store, self.tid = job.state, job.state.store, job.tid
        self.number = job.doc.get("_cycles", 0) + 1
        self.counts: dict[str, int] = {}
        self.links: dict[str, AccountLink] = {}
        self.held = False
        self.looked_at = 0
        self.exported = 0

    def run(self) -> None:
        entitled = scope(self.state, self.tid, self.job.owner, everyone=self.settings.sync_all)
        for entry in self.store.objects(self.tid, "link", parent=self.job.id):
            self.links[entry.doc["source"]] = AccountLink.read(entry.doc)
        decisions = [self._decide(id, entitled) for id in self._candidates(entitled)]
        deprovisions = sum(decision is not None and decision.deprovisions for decision in decisions)
        limit = self.settings.threshold
        forced = self.job.doc.pop("_force", False)
        self.held = limit is not None and deprovisions > limit and not forced
        exported: list[Decision] = []
        for decision in decisions:
            if decision is None:
                continue
            decision.link.held = self.held and decision.deprovisions
            if decision.link.held:
                self._save(decision.link)
            elif self._carry_out(decision):
                exported.append(decision)
        for decision in exported:
            self._report(decision)
        self.entitled = len(entitled)

    def _candidates(self, entitled: dict[str, str]) -> list[str]:
        """The users to look at: all in an initial cycle, else those who changed, came, left, failed or wait.

        Deletions that were held back wait too, and count again ("Enable accidental deletions prevention").
        """
        links = self.links
        everyone = entitled.keys() | links.keys()
        if self.initial:
            return sorted(everyone)
        changed = set(self.store.changed(self.tid, "user", self.job.doc["_watermark"]))
        came = entitled.keys() - links.keys()
        moved = {id for id, link in links.items() if link.entitled != (id in entitled)}
        waiting = {
            id for id, link in links.items() if link.held or (link.escrow and link.escrow["next"] <= self.number)
        }
        return sorted((changed & everyone) | came | moved | waiting)

    def _decide(self, id: str, entitled: dict[str, str]) -> Decision | None:
        link = self.links.setdefault(id, AccountLink(id))
        self.looked_at += 1
        try:
            return self.decider.decide(link, entitled=entitled.get(id), first=self.initial or not link.known)
        except Failed as failed:
            self._fail(link, failed)
            return None

    def _carry_out(self, decision: Decision) -> bool:
        try:
            self.exporter.carry_out(decision)
        except Failed as failed:
            self._fail(decision.link, failed, decision)
            return False
        self._save(decision.link)
        return True

    def _report(self, decision: Decision) -> None:
        """Sets references, since every account is there by now, and writes the log."""
        self.exporter.refer(decision)
        journey = decision.journey
        self._count(journey.action if journey.status == "success" else journey.status)
        self.exported += journey.status == "success"
        journey.write()

    def _fail(self, link: AccountLink, failed: Failed, decision: Decision | None = None) -> None:
        count = (link.escrow or {}).get("count", 0) + 1
        link.escrow = {"count": count, "next": self.number + min(2 ** (count - 1), 36), "code": failed.code}
        journey = decision.journey if decision is not None else self.decider.failed_journey(link)
        journey.fail(failed.code, failed.reason)
        journey.failed_step(decision.action if decision is not None else "update", failed.code)
        journey.write()
        self._count("failure")
        self._save(link)

    def _save(self, link: AccountLink) -> None:
        id = f"{self.job.id}/{link.source}"
        if link.known:
            self.store.replace(self.tid, "link", id, link.document(), keys=link.keys())
        else:
            self.store.put(self.tid, "link", id, link.document(), parent=self.job.id, keys=link.keys())
            link.known = True

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    # Afterwards

    def finish(self, began: datetime) -> Summary:
        job, status = self.job, self.job.status
        links = self.links.values()
        escrows = sum(link.escrow is not None for link in links)
        state = "EntryLevelErrors" if self.counts.get("failure") else "Succeeded"
        run = execution(
            state,
            self.decider.system.cycle_id,
            iso(began),
            iso(self.state.clock.now()),
            entitled=self.entitled,
            entitledForProvisioning=self.entitled,
            escrowed=escrows,
            escrowedRaw=escrows,
            exported=self.exported,
            exports=self.exported,
            imported=self.looked_at,
            importedDeltas=self.looked_at,
        )
        status["lastExecution"] = run
        if state == "Succeeded":
            status["lastSuccessfulExecution"] = run
            if self.exported:
                status["lastSuccessfulExecutionWithExports"] = run
        status["countSuccessiveCompleteFailures"] = 0
        self._steady(status, began)
        synchronized = sum(bool(link.target) and not link.removed for link in links)
        status["synchronizedEntryCountByType"] = [{"key": "user to User", "value": synchronized}] if links else []
        status["progress"] = [
            {
                "completedUnits": self.looked_at,
                "progressObservationDateTime": iso(self.state.clock.now()),
                "totalUnits": self.looked_at,
                "units": "users",
            }
        ]
        reason = self._quarantine(escrows, began)
        job.finish(began)
        job.save()
        return Summary(job.id, run["activityIdentifier"], self.initial, state, dict(self.counts), reason)

    def _steady(self, status: Document, began: datetime) -> None:
        """The steady state is reached by a cycle in which no user failed and nothing was held back."""
        if self.held or self.counts.get("failure"):
            return
        if status["steadyStateFirstAchievedTime"] == NEVER:
            status["steadyStateFirstAchievedTime"] = iso(began)
        status["steadyStateLastAchievedTime"] = iso(began)

    def _quarantine(self, escrows: int, began: datetime) -> str:
        limits: EscrowLimits = self.state.escrow_limits
        people = max(self.entitled, 1)
        reason = ""
        if self.held:
            reason = "TooManyDeletes"
        elif escrows >= limits.most:
            reason = "EncounteredBaseEscrowThreshold"
        elif escrows >= limits.fewest and escrows / people > limits.share:
            reason = "EncounteredEscrowProportionThreshold"
        if reason:
            text = {
                "TooManyDeletes": "The number of deletions in this cycle is above the threshold. Review them,"
                " then allow them or"
                " bring the users back into scope.",
            }.get(reason, f"{escrows} users could not be provisioned.")
            self.job.quarantine(reason, {"code": reason, "message": text, "tenantActionable": True}, began)
        else:
            self.job.status["quarantine"] = None
            self.job.status["code"] = "Active" if self.job.active else self.job.status["code"]
        return reason
