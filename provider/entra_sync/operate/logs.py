"""The provisioning log and the audit log of a link, as rows.

Sources: "List provisioningObjectSummary", "List directoryAudits". Entries appear in the logs some minutes after the
event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from entra_sync.errors import ConfigurationError
from entra_sync.graph.gateway import connect
from entra_sync.graph.paths import DIRECTORY_AUDITS, PROVISIONING_LOG
from entra_sync.operate.links import ExistingLink

__all__ = ["AUDIT", "AUDIT_TABLE", "PROVISIONING", "PROVISIONING_TABLE", "audit_log", "provisioning_log", "since"]

JSON = Any

PROVISIONING = (
    "time",
    "link",
    "action",
    "status",
    "code",
    "reason",
    "sourceId",
    "source",
    "targetId",
    "target",
    "cycle",
)
"""Columns of the provisioning log. ``source`` and ``target`` are display names: personal data."""

AUDIT = ("time", "link", "activity", "result", "reason", "by", "object", "objectId")
"""Columns of the audit log. ``by``, ``object`` and ``reason`` may be personal data."""

PROVISIONING_TABLE = ("time", "action", "status", "source", "code", "reason")
AUDIT_TABLE = ("time", "activity", "result", "by", "object")
"""Columns of a table for people. CSV, JSON and Parquet have all columns."""

_SPAN = re.compile(r"(\d+)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def since(text: str, now: datetime) -> datetime:
    """Returns the moment that a text means: a span back from *now* such as ``12h`` or ``1d``, or a date or time.

    Raises:
        ConfigurationError: It is neither.
    """
    span = _SPAN.fullmatch(text)
    if span:
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f'--since: "{text}" is neither a span such as 30m, 12h or 7d nor a date') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def provisioning_log(link: ExistingLink, begin: datetime, *, failed: bool = False) -> Iterator[dict[str, JSON]]:
    """Yields what the job did since *begin*, the latest first; *failed*: only failures.

    Raises:
        GraphError: The log cannot be read.
    """
    query = f"servicePrincipal/id eq '{link.service_principal_id}' and activityDateTime ge {_instant(begin)}"
    path = f"{PROVISIONING_LOG}?$filter={quote(query)}"
    for entry in connect(link.source).pages(path, f"reading the provisioning log of link {link.name}"):
        told = entry.get("provisioningStatusInfo") or {}
        error = told.get("errorInformation") or {}
        if failed and str(told.get("status", "")).lower() != "failure":
            continue
        source, target = (entry.get(side) or {} for side in ("sourceIdentity", "targetIdentity"))
        yield {
            "time": entry["activityDateTime"],
            "link": link.name,
            "action": entry.get("provisioningAction") or "",
            "status": told.get("status") or "",
            "code": error.get("errorCode") or "",
            "reason": error.get("reason") or "",
            "sourceId": source.get("id") or "",
            "source": source.get("displayName") or "",
            "targetId": target.get("id") or "",
            "target": target.get("displayName") or "",
            "cycle": entry.get("cycleId") or "",
        }


def audit_log(link: ExistingLink, begin: datetime, *, failed: bool = False) -> Iterator[dict[str, JSON]]:
    """Yields what was changed of the link's application since *begin*; *failed*: only failures.

    Raises:
        GraphError: The log cannot be read.
    """
    query = f"activityDateTime ge {_instant(begin)} and targetResources/any(t: t/id eq '{link.service_principal_id}')"
    path = f"{DIRECTORY_AUDITS}?$filter={quote(query)}"
    for entry in connect(link.source).pages(path, f"reading the audit log of link {link.name}"):
        if failed and str(entry.get("result", "")).lower() != "failure":
            continue
        by = entry.get("initiatedBy") or {}
        subject = (entry.get("targetResources") or [{}])[0]
        yield {
            "time": entry["activityDateTime"],
            "link": link.name,
            "activity": entry.get("activityDisplayName") or "",
            "result": entry.get("result") or "",
            "reason": entry.get("resultReason") or "",
            "by": (by.get("user") or {}).get("userPrincipalName") or (by.get("app") or {}).get("displayName") or "",
            "object": subject.get("displayName") or "",
            "objectId": subject.get("id") or "",
        }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
