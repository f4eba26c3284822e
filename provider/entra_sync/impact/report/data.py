"""What a report says, as JSON: the one source of all renderings.

Ids and counts only, unless who reads it asks for people: names, addresses and values of attributes are personal data.
Ids can be hashed, with a key that the reader chooses, so that two reports can be compared without naming anybody.
Its keys: see ``docs/reference/impact-json.md``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from entra_sync.impact.planning.limits import Limits, Violation
from entra_sync.impact.planning.plan import ImpactPlan
from entra_sync.impact.report.contract import (
    AttributeChange,
    ExceededLimit,
    ImpactReport,
    Made,
    ReportedUser,
    Verdict,
)
from entra_sync.impact.report.summary import figures
from entra_sync.impact.words import doubted, exceeded, explained
from entra_sync.licensing.contract import LicenseFigures, Uncovered, UnknownFigures

__all__ = ["FORMAT", "LOSING", "Row", "Who", "report"]

JSON = Any
Row = dict[str, JSON]

FORMAT = 2
"""Version of the JSON; it grows when a key changes its meaning or goes."""

LOSING = ("delete", "disable")
"""Actions that take access away."""

ORDER = ("delete", "disable", "conflict", "failed", "match", "restore", "create", "update")
"""Actions whose people are listed, in the order that a reviewer wants them."""

MOST = 5_000
"""People that a report lists; the counts are of all."""


@dataclass(frozen=True, slots=True)
class Who:
    """How people appear.

    Attributes:
        people: Names, addresses and values are shown.
        redact: Ids are replaced by their keyed hash.
        key: Key of the hash, so that trying all ids does not help.
    """

    people: bool = False
    redact: bool = False
    key: str = ""

    def shown(self, id: str | None) -> str | None:
        """An id as the report shows it."""
        if id is None or not self.redact:
            return id
        return hmac.new(self.key.encode(), id.encode(), hashlib.sha256).hexdigest()[:16]


def report(
    plan: ImpactPlan,
    limits: Limits | None = None,
    who: Who | None = None,
    most: int = MOST,
    licensing: LicenseFigures | UnknownFigures | None = None,
    made: Made | None = None,
) -> ImpactReport:
    """The report of a plan.

    Args:
        plan: The plan.
        limits: What it is judged by; None judges nothing.
        who: How people appear; ids only by default.
        most: People that are listed.
        licensing: What :func:`entra_sync.impact.report.licenses.licenses_of` gives; None where licenses were not asked
            for.
        made: When and of what the report was made: ``time``, ``stack`` and ``version``; None in a comment.
    """
    shown = who or Who()
    # People are in order of their ids already.
    actions = plan.people["action"]
    listed = pl.concat([plan.people[(actions == action).arg_true().head(most)] for action in ORDER]).head(most)
    facts = figures(plan)
    facts["sample"] = {
        action: [each for id in ids if (each := shown.shown(id))] for action, ids in facts["sample"].items()
    }
    if licensing is not None and "unknown" in licensing:
        facts["gaps"] = [*facts["gaps"], f"licenses: {licensing['unknown']}"]
        facts["gapCodes"] = [*facts["gapCodes"], "licenses"]
    violations = [_violation(each, plan) for each in plan.violations(limits)] if limits is not None else []
    return {
        "format": FORMAT,
        "made": made,
        "source": plan.source,
        "target": plan.target,
        "effective": plan.effective,
        "verdict": _verdict(limits, violations, facts["gaps"]),
        "violations": violations,
        **facts,
        "attributes": [
            {"attribute": row["attribute"], "cause": row["cause"], "people": int(row["people"])}
            for row in plan.attribute_counts().iter_rows(named=True)
        ],
        "licensing": _licensing(licensing, plan, shown, most),
        "people": _people(plan, listed, shown),
        "leftOut": _people(plan, plan.left_out.head(most), shown),
        "peopleListed": listed.height,
        "peopleTouched": sum(plan.counts[action] for action in ORDER),
        "personalData": shown.people,
    }


def _violation(violation: Violation, plan: ImpactPlan) -> ExceededLimit:
    return {
        "kind": violation.kind,
        "count": violation.count,
        "existing": violation.existing,
        "limit": violation.limit,
        "limitPercent": violation.percent,
        "text": exceeded(violation, plan.target),
    }


def _verdict(limits: Limits | None, violations: Sequence[ExceededLimit], gaps: Sequence[str]) -> Verdict:
    if violations:
        return "refused"
    if gaps:
        return "incomplete"
    return "not-judged" if limits is None else "within-limits"


def _licensing(
    found: LicenseFigures | UnknownFigures | None, plan: ImpactPlan, who: Who, most: int
) -> LicenseFigures | UnknownFigures | None:
    """The figures; the users who are not covered, with their names, only if people are asked for."""
    if found is None:
        return None
    listed = found.get("uncovered", [])[:most] if who.people else []
    names = _names(plan, [str(row["id"]) for row in listed])
    rows: list[Uncovered] = []
    for row in listed:
        name = names.get(str(row["id"]), {})
        rows.append({**row, "name": name.get("displayName"), "userPrincipalName": name.get("userPrincipalName")})
    if "unknown" in found:
        return {"unknown": found["unknown"], "uncovered": rows}
    return {**found, "uncovered": rows}


def _people(plan: ImpactPlan, rows: pl.DataFrame, who: Who) -> list[ReportedUser]:
    ids = rows["person"].to_list()
    changed = plan.attribute_changes(ids)
    names = _names(plan, ids) if who.people else {}
    changes: dict[str, list[AttributeChange]] = {}
    for row in changed.iter_rows(named=True):
        changes.setdefault(row["person"], []).append(_change(row, who.people))
    return [
        _person(row, changes.get(row["person"], []), names, who.shown, people=who.people)
        for row in rows.iter_rows(named=True)
    ]


def _names(plan: ImpactPlan, ids: Sequence[str]) -> dict[str, Row]:
    return {row["person"]: row for row in plan.names(ids).iter_rows(named=True)}


def _change(row: Row, people: bool) -> AttributeChange:
    shown: AttributeChange = {"attribute": row["attribute"], "cause": row["cause"]}
    return {**shown, "old": row["old"], "new": row["new"]} if people else shown


def _person(
    row: Row,
    changes: list[AttributeChange],
    names: dict[str, Row],
    shown: Callable[[str | None], str | None],
    *,
    people: bool,
) -> ReportedUser:
    found: ReportedUser = {
        "id": shown(row["person"]),
        "account": shown(row["account"]),
        "action": row["action"],
        "reason": explained(row) or None,
        "reasonCode": row["reason"],
        "uncertain": doubted(row["uncertain"]),
        "uncertainCode": row["uncertain"],
        "pending": row["pending"],
        "held": row["held"],
        "sharesAccountWith": shown(row["shares"]),
        "attributes": changes,
    }
    if people:
        name = names.get(row["person"], {})
        found["name"], found["userPrincipalName"] = name.get("displayName"), name.get("userPrincipalName")
        found["detail"] = row["detail"]
    return found
