"""The answer as JSON: the one source of all renderings. A part that could not be read is ``{"unknown": why}``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from entra_sync.errors import ConfigurationError
from entra_sync.expressions import Context, Expression, ScopingFilter, failing
from entra_sync.expressions.language.syntax import Attribute
from entra_sync.expressions.language.values import Value
from entra_sync.graph.gateway import Graph
from entra_sync.graph.loop import together
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.provisioning_log import account
from entra_sync.impact.facts.users import as_the_service_sees
from entra_sync.impact.planning.cycle import DROPS_LINKS, situation
from entra_sync.impact.planning.plan import plan
from entra_sync.impact.planning.reasons import Doubt
from entra_sync.impact.why.account import account_of
from entra_sync.impact.why.ask import Unread
from entra_sync.impact.why.contract import (
    Answer,
    Assignment,
    ChangedValue,
    FailingClause,
    FilterAnswer,
    JobAnswer,
    LogEntry,
    NoJob,
    ScopeAnswer,
    Turn,
    UnknownTurn,
    Unreadable,
)
from entra_sync.impact.why.neighbors import UNIQUE
from entra_sync.impact.why.read import read_user_facts
from entra_sync.impact.why.user_facts import UserFacts
from entra_sync.impact.words import doubted, explained, said

__all__ = ["FORMAT", "why"]

JSON = Any
FORMAT = 1
"""Version of the JSON; it grows when a key changes its meaning or goes."""

WRITES = frozenset({"create", "match", "restore", "update", "disable", "conflict"})
"""Actions that write values, which can be another user's."""

NOT_READ = "the person could not be read"

LOG_SHOWN = 5
"""Entries of the provisioning log in an answer."""

SETS = {"input_filter_groups": "built-in", "category_filter_groups": "service", "groups": "filter"}
"""Which filter a group belongs to: what the service itself leaves out, and what the link's scoping filter does."""


def why(
    source: Graph,
    target: Graph,
    service_principal_id: str | None,
    declared: Declaration,
    asked: str,
    *,
    context: Context | None = None,
    moment: datetime | None = None,
) -> Answer:
    """Why one person is, or is not, synchronized by a link, and what comes next.

    Args:
        source, target: Gateways to the two tenants.
        service_principal_id: The link's application; None while it does not exist.
        declared: The link as the program has it.
        asked: User principal name, address or object id of a person of the source, or of an account of the target.
        context: Time and randomness that expressions are evaluated with; the present time if not given.
        moment: The time of day; now if not given.

    Returns:
        Keys: see ``docs/reference/impact-json.md``. It holds personal data: that of the person asked
        about.

    Raises:
        NoSuchPerson: No user of either tenant is meant, or several are.
        ConfigurationError: People of the source cannot be read at all.
    """
    evaluation = context or Context.live()
    at = moment or datetime.now(UTC)
    seen = together(
        read_user_facts(source, target, service_principal_id, declared, asked, context=evaluation, moment=at)
    )
    names = {"source": source.tenant.name, "target": target.tenant.name}
    coming = _next(seen, seen.now, evaluation, names)
    declaration: Turn | UnknownTurn | None = None
    if isinstance(seen.then, LinkState) and not isinstance(seen.now, Unread):
        events = situation(seen.now, seen.then).events
        if events:
            declaration = _next(seen, seen.then, evaluation, names)
            declaration["events"] = [said(each) for each in events]
    elif not isinstance(seen.now, Unread):
        declaration = _next(seen, seen.then, evaluation, names)
    row = coming if "action" in coming else declaration or coming
    return {
        "format": FORMAT,
        "source": source.tenant.name,
        "target": target.tenant.name,
        "found": True,
        "person": {
            "id": seen.person.id,
            "userPrincipalName": seen.person.name,
            "displayName": seen.person.user.get("displayName"),
            "mail": seen.person.mail or None,
            "deleted": seen.person.user.get("deletedDateTime") if seen.person.deleted else None,
        },
        "job": _job(seen),
        "scope": _scope(seen),
        "filter": _filter(seen),
        "account": account_of(seen, row),
        "log": _log(seen),
        "nextCycle": coming,
        "afterUp": declaration,
    }


def _unknown(unread: Unread) -> Unreadable:
    return {"unknown": unread.why}


def _job(seen: UserFacts) -> JobAnswer | NoJob | Unreadable:
    """What the job is about; per-person retries no API shows, only how many people are in escrow."""
    job = seen.job
    if isinstance(job, Unread):
        return _unknown(job)
    if job is None:
        return {"state": "none"}
    status = job.get("status") or {}
    quarantine = status.get("quarantine") or {}
    last = status.get("lastExecution") or {}
    state = seen.now
    return {
        "id": job["id"],
        "state": "running" if (job.get("schedule") or {}).get("state") == "Active" else "paused",
        "quarantine": quarantine.get("reason"),
        "quarantinedSince": quarantine.get("currentBegan"),
        "nextAttempt": quarantine.get("nextAttempt"),
        "escrowed": last.get("countEscrowed") or 0,
        "lastCycle": last.get("timeEnded"),
        "deletionThreshold": state.deletion_threshold if isinstance(state, LinkState) else None,
    }


def _scope(seen: UserFacts) -> ScopeAnswer | Unreadable:
    """What brings the person in; assignments that only a nested membership leads to, which the service ignores."""
    if isinstance(seen.assigned, Unread):
        return _unknown(seen.assigned)
    by: list[Assignment] = []
    if isinstance(seen.now, LinkState) and seen.now.everyone:
        by.append({"kind": "everyone", "id": None, "name": None, "since": None})
    direct = frozenset[str]() if isinstance(seen.direct, Unread) else seen.direct
    for item in seen.assigned:
        if item["principalId"] == seen.person.id or item["principalId"] in direct:
            by.append(_assignment(item))
    ignored: list[Assignment] | Unreadable
    if isinstance(seen.nested, Unread):
        ignored = _unknown(seen.nested)
    else:
        ignored = [_assignment(item) for item in seen.assigned if item["principalId"] in seen.nested - direct]
    if not by:
        for part in (seen.direct, seen.now):
            if isinstance(part, Unread):
                return _unknown(part)
    return {"inScope": bool(by) and not seen.person.deleted, "by": by, "ignored": ignored}


def _assignment(item: JSON) -> Assignment:
    return {
        "kind": str(item["principalType"]).lower(),
        "id": item["principalId"],
        "name": item.get("principalDisplayName"),
        "since": item.get("createdDateTime"),
    }


def _filter(seen: UserFacts) -> FilterAnswer | Unreadable:
    """Whether the filters let the person pass, and of each that does not the clauses with the person's value."""
    if isinstance(seen.now, Unread):
        return _unknown(seen.now)
    if isinstance(seen.record, Unread):
        return _unknown(seen.record)
    state = seen.now or seen.then
    assert isinstance(state, LinkState), "without a link there is the declared one"
    rules = state.filter
    if not seen.record.height:
        return {"unknown": NOT_READ}
    if rules is None:
        return {"passes": True, "failing": [], "groups": 0}
    sms = frozenset() if isinstance(seen.facts, Unread) else seen.facts.sms
    person = as_the_service_sees(seen.record, state.booleans, sms).row(0, named=True)
    attributes: Mapping[str, Value] = {name: _value(value) for name, value in person.items()}
    try:
        found: list[FailingClause] = [
            {
                "set": word,
                "group": failure.group,
                "attribute": failure.clause.source_operand_name,
                "clause": str(failure.clause),
                "value": list(failure.value) if isinstance(failure.value, tuple) else failure.value,
                "text": str(failure),
            }
            for field, word in SETS.items()
            for failure in failing(ScopingFilter(**{field: getattr(rules, field)}), attributes)
        ]
    except ConfigurationError as problem:
        return {"unknown": str(problem)}
    return {"passes": not found, "failing": found, "groups": len(rules.groups or ())}


def _value(value: JSON) -> Value:
    return tuple(value) if isinstance(value, list) else value


def _log(seen: UserFacts) -> list[LogEntry] | Unreadable:
    """The last entries of the provisioning log, newest first."""
    if isinstance(seen.log, Unread):
        return _unknown(seen.log)
    return [
        {
            "time": entry["activityDateTime"],
            "cycle": entry["cycleId"],
            "action": entry["provisioningAction"],
            "status": entry["provisioningStatusInfo"]["status"],
            "code": (entry["provisioningStatusInfo"].get("errorInformation") or {}).get("errorCode"),
            "reason": (entry["provisioningStatusInfo"].get("errorInformation") or {}).get("reason"),
            "account": account(entry),
        }
        for entry in seen.log[:LOG_SHOWN]
    ]


def _next(
    seen: UserFacts, then: LinkState | Unread | None, context: Context, names: Mapping[str, str]
) -> Turn | UnknownTurn:
    """What a cycle does with the person when the link is *then*."""
    if then is None:
        return {"cycle": "none", "unknown": "there is no job yet"}
    now = seen.now
    for part in (then, now, seen.facts, seen.record):
        if isinstance(part, Unread):
            return {"unknown": part.why}
    assert isinstance(then, LinkState) and not isinstance(now, Unread) and not isinstance(seen.facts, Unread)
    entitled = then.everyone or seen.person.id in then.users
    if isinstance(seen.direct, Unread) and not entitled:
        return {"unknown": seen.direct.why}
    try:
        found = plan(seen.facts, now, then, **names, context=context)
    except ConfigurationError as problem:
        return {"unknown": str(problem)}
    rows = found.people.filter(pl.col("person") == seen.person.id)
    if not rows.height:
        return {"unknown": NOT_READ}
    row = rows.row(0, named=True)
    limited = then.deletion_threshold is not None and found.removed > 0
    doubts = [Doubt(row["uncertain"])] if row["uncertain"] else []
    doubts += [Doubt.WHOLE_PLAN] if limited or _elsewhere(then, row["action"]) else []
    uncertain = [str(doubted(doubt)) for doubt in doubts]
    if isinstance(seen.connection, Unread):
        doubts.append(Doubt.INFERRED)
        uncertain.append(f"{doubted(Doubt.INFERRED)} ({seen.connection.why})")
    return {
        "cycle": found.situation.cycle,
        "action": row["action"],
        "reason": explained(row) or None,
        "reasonCode": row["reason"],
        "detail": row["detail"],
        "uncertain": "; ".join(uncertain) or None,
        "uncertainCodes": [str(doubt) for doubt in doubts],
        "heldBackBeyond": then.deletion_threshold if row["action"] in {"delete", "disable"} else None,
        "sharesAccountWith": row["shares"],
        "account": row["account"],
        "attributes": _changes(found.attribute_changes([seen.person.id])),
        "notes": [
            said(each) for each in (*found.situation.notes, *seen.facts.notes, *found.kept_in_case([seen.person.id]))
        ],
    }


def _elsewhere(then: LinkState, action: str) -> bool:
    """Whether other users decide, which reading this one user cannot tell: who gets the same value, or, once the job
    has forgotten its links, which account."""
    if then.restart & DROPS_LINKS and action in WRITES:
        return True
    made = (row for name in UNIQUE if (row := then.mappings.get(name)) is not None)
    return action in WRITES and any(not _plain(row.expression) for row in made)


def _plain(expression: Expression | None) -> bool:
    return expression is None or (isinstance(expression, Attribute) and expression.name in UNIQUE)


def _changes(changes: pl.DataFrame) -> list[ChangedValue]:
    return [
        {"attribute": row["attribute"], "old": row["old"], "new": row["new"], "cause": row["cause"]}
        for row in changes.iter_rows(named=True)
    ]
