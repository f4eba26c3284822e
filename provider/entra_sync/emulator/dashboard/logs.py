"""The provisioning log of a job, and the log of what clients asked."""

from __future__ import annotations

import re
from typing import Any

import orjson

from entra_sync.emulator.dashboard.query import AT_ONCE, Page, Query, Unknown, place
from entra_sync.emulator.http.journal import JournalEntry
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.store import Document

__all__ = ["provisioning", "provisioning_entry", "request_log", "request_record"]

JSON = dict[str, Any]

_STATUSES = ("success", "failure", "skipped", "warning")
_SECRET_OPTION = re.compile(r"(?i)([?&][^=&]*(?:token|secret|password|assertion|code|key)[^=&]*=)[^&]*")


# Provisioning


def provisioning(query: Query) -> JSON:
    """Entries of a tenant's provisioning log, newest first: of ``job``, with ``status``, about users by ``find``.

    Raises:
        Unknown: no such tenant or job.
        ValueError: a status that entries never have.
    """
    tenant, job, status = query.tenant(), query.job(), query.choice("status", _STATUSES)
    after = query.after(int)
    read = query.store.query(
        "SELECT version, doc FROM objects WHERE tenant = ? AND kind = 'provisioningLog' AND version < ?"
        " ORDER BY version DESC LIMIT ?",
        [tenant.tenant_id, after[0] if after else query.store.version + 1, _reach(query, status)],
    )
    rows: list[JSON] = []
    examined = 0
    for version, text in read:
        examined += 1
        doc = orjson.loads(text)
        if _entry_fits(query, doc, job.id if job is not None else "", status):
            rows.append(_entry(doc))
            if len(rows) == query.size:
                return Page(rows, place(version), examined).as_json()
    more = place(read[-1][0]) if len(read) == _reach(query, status) else None
    return Page(rows, more, examined).as_json()


def _reach(query: Query, status: str) -> int:
    return AT_ONCE if query.wanted or status or query.query.get("job") else query.size


def _entry_fits(query: Query, doc: Document, job: str, status: str) -> bool:
    if (job and doc["jobId"] != job) or (status and doc["provisioningStatusInfo"]["status"] != status):
        return False
    source, target = doc["sourceIdentity"], doc["targetIdentity"]
    error = doc["provisioningStatusInfo"]["errorInformation"] or {}
    texts = (
        source["displayName"],
        source["details"].get("UserPrincipalName"),
        target["displayName"],
        error.get("errorCode"),
    )
    wanted = query.wanted
    return wanted in (source["id"], target["id"]) or any(wanted in (text or "").casefold() for text in texts)


def _entry(doc: Document) -> JSON:
    info = doc["provisioningStatusInfo"]
    error = info["errorInformation"] or {}
    return {
        "id": doc["id"],
        "at": doc["activityDateTime"],
        "action": doc["provisioningAction"],
        "status": info["status"],
        "code": error.get("errorCode"),
        "reason": error.get("reason"),
        "cycle": doc["cycleId"],
        "source": {
            "id": doc["sourceIdentity"]["id"],
            "displayName": doc["sourceIdentity"]["displayName"],
            "principalName": doc["sourceIdentity"]["details"].get("UserPrincipalName"),
        },
        "target": {
            "id": doc["targetIdentity"]["id"] or None,
            "displayName": doc["targetIdentity"]["displayName"] or None,
        },
        "modified": len(doc["modifiedProperties"]),
    }


def provisioning_entry(query: Query) -> JSON:
    """One entry with its steps and the properties that were written.

    Raises:
        Unknown: no such tenant or entry.
    """
    tenant, id = query.tenant(), query.query.get("id", "")
    found = query.store.get(tenant.tenant_id, "provisioningLog", id)
    if found is None:
        raise Unknown(f'there is no provisioning log entry "{id}"')
    names = ("name", "provisioningStepType", "status", "description")
    return {
        **_entry(found.doc),
        "steps": [{name: step[name] for name in names} for step in found.doc["provisioningSteps"]],
        "modifiedProperties": found.doc["modifiedProperties"],
    }


# Requests


def request_log(query: Query) -> JSON:
    """Requests to this cloud, newest first: of ``tenant`` or by an unknown caller; with ``writes=only`` no reads.

    Raises:
        Unknown: no such tenant.
        ValueError: another word for ``writes``.
    """
    tenant = query.tenant().name if query.query.get("tenant") else ""
    only_writes = query.choice("writes", ("only",)) == "only"
    records = query.service.journal
    end = _position(query)
    rows: list[JSON] = []
    examined = 0
    for index in range(end - 1, max(end - 10 * AT_ONCE, 0) - 1, -1):
        examined += 1
        record = records[index]
        if _record_fits(query, record, tenant, only_writes=only_writes):
            rows.append(_shown(record))
            if len(rows) == query.size:
                return Page(rows, place(record.request_id) if index else None, examined).as_json()
    last = end - examined
    return Page(rows, place(records[last].request_id) if last > 0 else None, examined).as_json()


def _position(query: Query) -> int:
    """How many records are older than the place that was asked for; none, if that one has been dropped by now."""
    records, after = query.service.journal, query.after(str)
    if after is None:
        return len(records)
    for index in range(len(records) - 1, -1, -1):
        if records[index].request_id == after[0]:
            return index
    return 0


def _record_fits(query: Query, record: JournalEntry, tenant: str, *, only_writes: bool) -> bool:
    if record.cloud != str(query.cloud) or (tenant and record.tenant not in (tenant, "")):
        return False
    if only_writes and not record.writes:
        return False
    wanted = query.wanted
    return wanted in f"{record.method} {record.path} {record.status} {record.code}".casefold()


def _shown(record: JournalEntry) -> JSON:
    return {
        "id": record.request_id,
        "at": iso(record.at),
        "tenant": record.tenant,
        "method": record.method,
        "path": _without_tokens(record.path),
        "status": record.status,
        "code": record.code,
        "batch": record.batch is not None,
        "writes": record.writes,
        "hasBody": record.body is not None,
    }


def _without_tokens(path: str) -> str:
    """A path whose query shows no token, of whatever kind; paging tokens are long and say nothing to people."""
    return _SECRET_OPTION.sub(r"\1…", path)


def request_record(query: Query) -> JSON:
    """One request with its body, in which secrets are masked.

    Raises:
        Unknown: the log has no such request, any more.
    """
    id = query.query.get("id", "")
    for record in reversed(list(query.service.journal)):
        if record.request_id == id:
            return {**_shown(record), "body": record.body}
    raise Unknown(f'the log has no request "{id}"')
