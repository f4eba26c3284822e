"""Provisioning one person on demand ("On-demand provisioning", "synchronizationJob: provisionOnDemand")."""

from __future__ import annotations

import orjson

from entra_sync.emulator.cycle.job import Job
from entra_sync.emulator.cycle.run import prepare, scope
from entra_sync.emulator.cycle.users.export import Exporter
from entra_sync.emulator.cycle.users.mapping import Failed, UserMapping
from entra_sync.emulator.cycle.users.people import target_value
from entra_sync.emulator.cycle.users.person import AccountLink, Decision
from entra_sync.emulator.cycle.users.records import Journey
from entra_sync.emulator.errors import bad_request, not_found

__all__ = ["provision_on_demand"]

_KEY = "Microsoft.Identity.Health.CPP.Common.DataContracts.SyncFabric.StatusInfo"


def provision_on_demand(job: Job, id: str, object_type: str) -> tuple[str, str]:
    """Provision one user now, whatever the job's schedule.

    Returns:
        Key and value of the answer, both text; the value is a JSON list with the one journey.

    Raises:
        Fault: 400 for a group or missing preconditions, 404 for a user that is not there.
    """
    if object_type.lower() != "user":
        raise bad_request(f"Objects of type '{object_type}' cannot be provisioned on demand.", "EntityTypeNotSupported")
    user = job.state.store.get(job.tid, "user", id.lower())
    if user is None:
        raise not_found(id)
    try:
        decider, settings = prepare(job)
    except Failed as failed:
        raise bad_request(failed.reason, failed.code) from None
    entitled = scope(job.state, job.tid, job.owner, everyone=settings.sync_all).get(user.id)
    stored = job.state.store.get(job.tid, "link", f"{job.id}/{user.id}")
    link = AccountLink.read(stored.doc) if stored is not None else AccountLink(user.id)
    journey, action = decider.failed_journey(link), "update"
    try:
        decision = decider.decide(link, entitled=entitled, first=not link.known, on_demand=True)
        journey, action = decision.journey, decision.action
        _show_match(decision, decider.mapping)
        exporter = Exporter(decider)
        exporter.carry_out(decision)
        exporter.refer(decision)
    except Failed as failed:
        journey.fail(failed.code, failed.reason)
        journey.failed_step(action, failed.code)
    _as_retrieved(journey)
    journey.write()
    _save(job, link)
    return _KEY, orjson.dumps([journey.on_demand()]).decode()


def _show_match(decision: Decision, mapping: UserMapping) -> None:
    """Shows the account that was found, right after the user that was imported ("On-demand provisioning", step 4)."""
    account, journey = decision.account, decision.journey
    if account is None:
        return
    found = {row.target: target_value(account.doc, row.target) for row in mapping.rows}
    journey.step(
        "EntryImport",
        "matching",
        "success",
        f"Retrieved  '{journey.principal_name}' from {journey.system.target_name}",
        {"objectId": account.id, **{name: value for name, value in found.items() if value not in (None, [], "")}},
    )
    journey.steps.insert(1, journey.steps.pop())


def _as_retrieved(journey: Journey) -> None:
    """On demand a person is fetched, not received as a change."""
    if journey.steps and journey.steps[0]["name"].startswith("EntryImport"):
        first = journey.steps[0]
        first["name"] = "EntryImport"
        first["description"] = f"Retrieved User '{journey.principal_name}' from {journey.system.source_name}"


def _save(job: Job, link: AccountLink) -> None:
    store, id = job.state.store, f"{job.id}/{link.source}"
    if link.known:
        store.replace(job.tid, "link", id, link.document(), keys=link.keys())
    elif link.target is not None:
        store.put(job.tid, "link", id, link.document(), parent=job.id, keys=link.keys())
