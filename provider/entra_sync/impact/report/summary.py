"""A plan in few words: as JSON for state and policies, and as the block that a preview prints. Ids and counts only."""

from __future__ import annotations

from typing import cast

import polars as pl

from entra_sync.errors.visible import visible_values
from entra_sync.impact.canaries.expected import canary_lines
from entra_sync.impact.planning.plan import ImpactPlan
from entra_sync.impact.report.contract import Figures, ImpactReport, ImpactSummary
from entra_sync.impact.words import ACTIONS, explained, kept_accounts, said

__all__ = ["SHOWN", "block", "caveats", "figures", "skipped", "summary"]

SAMPLE = 10
"""People of each action that are named, by object id."""

SHOWN = ("delete", "disable", "create", "match", "restore", "update", "conflict", "failed")
"""Actions that are shown with their reasons, in this order."""


def summary(plan: ImpactPlan) -> ImpactSummary:
    """The plan as it stands in the inputs of a link's impact: :func:`figures`, and users by target attribute."""
    rows = plan.attribute_counts().iter_rows(named=True)
    attributes = {row["attribute"]: int(row["people"]) for row in rows}
    # mypy wants each optional key in an expansion to be named, but canaries come later.
    return {**figures(plan), "attributes": attributes}  # type: ignore[typeddict-item]


def figures(plan: ImpactPlan) -> Figures:
    """What the state and a report say of a plan.

    ``counts``: people by action (:data:`entra_sync.impact.planning.users.decisions.actions.ACTIONS`);
    ``removed``: deleted and disabled; ``existing``: accounts synchronized now; ``removedPercent``,
    ``changedPercent``: of those; ``inScopeNow``, ``inScopeThen``; ``takenOver``: existing accounts that the link
    manages from then on; ``unmanaged``: accounts that stay without the link, if it goes; ``reasons``: action → reason
    in words → users; ``reasonCodes``: action → code (:class:`entra_sync.impact.planning.reasons.Reason`) → users, both
    for ``skipped`` only of users in scope;
    ``sample``: action → at most ten object ids; ``cycle``, ``events``,
    ``notes``, ``gaps``, ``unknown``: what comes and what is not certain, the last four also as codes (``eventCodes``,
    ``noteCodes``, ``gapCodes``, ``unknownCodes``: :mod:`entra_sync.impact.facts.remarks`); ``uncertain``: users whose
    turn may end differently; ``held``: removals that the threshold holds back.
    """
    people = plan.people
    rows_by_action = {action: plan.reasons(action) for action in SHOWN if plan.counts[action]}
    left_out = plan.left_out_reasons()
    if left_out.height:
        rows_by_action["skipped"] = left_out
    return {
        "counts": {action: count for action, count in plan.counts.items() if count},
        "removed": plan.removed,
        "existing": plan.existing,
        "removedPercent": _percent(plan.removed, plan.existing),
        "changedPercent": _percent(plan.counts["update"], plan.existing),
        "inScopeNow": plan.in_scope_now,
        "inScopeThen": plan.in_scope_then,
        "takenOver": plan.taken_over,
        "unmanaged": plan.existing if plan.situation.destroys else None,
        "reasons": {action: _reasons(rows) for action, rows in rows_by_action.items()},
        "reasonCodes": {action: _codes(rows) for action, rows in rows_by_action.items()},
        "sample": {
            action: people["person"].filter(people["action"] == action).drop_nulls().head(SAMPLE).to_list()
            for action in SHOWN
            if plan.counts[action]
        },
        "cycle": plan.situation.cycle,
        "events": [said(each) for each in plan.situation.events],
        "eventCodes": [str(each.code) for each in plan.situation.events],
        "held": plan.held,
        "uncertain": int(people["uncertain"].is_not_null().sum()),
        "notes": [*map(said, plan.notes), *kept_accounts(plan)],
        "noteCodes": [str(each.code) for each in plan.notes],
        "gaps": [said(each) for each in plan.gaps],
        "gapCodes": [str(each.code) for each in plan.gaps],
        "unknown": [said(each) for each in plan.unknown],
        "unknownCodes": [str(each.code) for each in plan.unknown],
    }


def block(source: str, target: str, impact: ImpactSummary) -> str:
    """A summary for people: the scope first, then who loses access, then the rest, each with its reasons.

    Args:
        source, target: The tenants with their clouds, as ``contoso (global)``.
        impact: What :func:`summary` gives.
    """
    impact = cast("ImpactSummary", visible_values(impact))
    counts = impact["counts"]
    lines = [
        f"{source} → {target}: {impact['inScopeNow']:,} users in scope now, {impact['inScopeThen']:,} after"
        + (f" ({'; '.join(impact['events'])})" if impact["events"] else "")
    ]
    for action in SHOWN:
        if counts.get(action) or action in {"delete", "create"}:
            reasons = impact["reasons"].get(action, {})
            why = ", ".join(
                f"{reason} ({people:,})" if len(reasons) > 1 else reason for reason, people in reasons.items()
            )
            if action == "update":
                why = ", ".join(f"{name} ({people:,})" for name, people in impact["attributes"].items())
            lines.append(f"  {ACTIONS[action]:<10} {counts.get(action, 0):>6,}   {why}".rstrip())
    lines.append(f"  {ACTIONS['unchanged']:<10} {counts.get('unchanged', 0):>6,}")
    if counts.get("skipped"):
        lines.append(f"  {ACTIONS['skipped']:<10} {counts['skipped']:>6,}   {skipped(impact)}".rstrip())
    lines += [f"  {line}" for line in caveats(impact)]
    lines += canary_lines(impact.get("canaries", {}))
    lines += [f"  not known before up: {clause}" for clause in impact["unknown"]]
    lines += [f"  incomplete: {gap}" for gap in impact["gaps"]]
    lines += [f"  note: {sentence}" for sentence in impact["notes"]]
    return "\n".join(lines)


def skipped(impact: ImpactSummary | ImpactReport) -> str:
    """Says who is skipped: how many users are not in scope, and why users in scope are skipped; empty if none is."""
    reasons = impact["reasons"].get("skipped", {})
    if not reasons:
        return ""
    others = impact["counts"]["skipped"] - sum(reasons.values())
    inside = ", ".join(f"{reason} ({people:,})" for reason, people in reasons.items())
    return "; ".join([*([f"not in scope ({others:,})"] if others else []), f"in scope, but {inside}"])


def caveats(impact: ImpactSummary | ImpactReport) -> list[str]:
    """Why the counts may turn out differently, a line for each cause."""
    lines = []
    if impact["held"]:
        lines.append(f"the service's deletion threshold would hold back {impact['held']:,} removals")
    if impact["uncertain"]:
        lines.append(f"for {impact['uncertain']:,} users the outcome is uncertain")
    return lines


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _reasons(reasons: pl.DataFrame) -> dict[str, int]:
    """The five most frequent reasons of an action in words, and the others together."""
    rows = [(explained(row), int(row["people"])) for row in reasons.iter_rows(named=True)]
    named = {text: people for text, people in rows[:5] if text}
    rest = sum(people for _, people in rows[5:])
    return {**named, **({"other reasons": rest} if rest else {})}


def _codes(reasons: pl.DataFrame) -> dict[str, int]:
    """The codes of all reasons of an action."""
    found: dict[str, int] = {}
    for row in reasons.iter_rows(named=True):
        if row["reason"]:
            found[row["reason"]] = found.get(row["reason"], 0) + int(row["people"])
    return found
