"""A report for the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from entra_sync.errors.visible import visible_values
from entra_sync.impact.report.contract import ImpactReport
from entra_sync.impact.report.sentences import count, headline, licenses, person, uncovered, why
from entra_sync.impact.report.summary import SHOWN, caveats, skipped
from entra_sync.impact.words import ACTIONS, CAUSES

__all__ = ["terminal"]

JSON = Any
MOST = 50
"""People that are listed of each action."""
EXAMPLES = 10
"""Users that are listed of each reason for which users have no license."""

_STYLES = {"delete": "red", "disable": "red", "conflict": "yellow", "failed": "yellow", "match": "magenta"}


def terminal(report: ImpactReport, console: Console, most: int = MOST) -> None:
    """Prints a report: counts, which filter or mapping did it, who loses access, then who lacks a license."""
    console.print(Group(*_parts(visible_values(report), most)))


def _parts(report: ImpactReport, most: int) -> list[RenderableType]:
    title = f"{report['source']} → {report['target']}: {headline(report)}"
    scope = f"{report['inScopeNow']:,} users in scope now, {report['inScopeThen']:,} after; "
    scope += f"{report['existing']:,} accounts synchronized"
    parts: list[RenderableType] = [Text(title, "bold"), Text(scope)]
    parts += [Text(f"  {event}") for event in report["events"]]
    table = Table("", "users", "why", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.columns[1].justify = "right"
    for action in SHOWN:
        if report["counts"].get(action):
            # A text, since a string could hold markup: reasons hold the names of groups.
            reasons = Text(why(report, action))
            table.add_row(Text(ACTIONS[action], _STYLES.get(action, "")), f"{report['counts'][action]:,}", reasons)
    for action, who in (("unchanged", ""), ("skipped", skipped(report))):
        table.add_row(Text(ACTIONS[action], "dim"), f"{report['counts'].get(action, 0):,}", Text(who))
    parts.append(table)
    parts += [Text(line, "yellow") for line in caveats(report)]
    for row in report["attributes"]:
        parts.append(Text(f"  {row['attribute']}: {row['people']:,} users, by {CAUSES[row['cause']]}", "dim"))
    parts += _licenses(report)
    parts += _people(report, most)
    parts += _without_license(report)
    parts += [Text(f"note: {note}", "dim") for note in report["notes"]]
    parts += [Text(f"not known before up: {clause}", "yellow") for clause in report["unknown"]]
    parts += [Text(f"incomplete: {gap}", "bold yellow") for gap in report["gaps"]]
    parts += [Text(f"refused: {violation['text']}", "bold red") for violation in report["violations"]]
    return parts


def _licenses(report: ImpactReport) -> list[RenderableType]:
    lines = licenses(report)
    if not lines:
        return []
    figures = report["licensing"]
    short = figures is not None and "unknown" not in figures and figures["after"]["shortfall"] > 0
    parts: list[RenderableType] = [Text(f"licenses: {lines[0]}", "bold yellow" if short else "")]
    found = uncovered(report)
    reasons = [] if any(rows for _, _, rows in found) else [f"{reason}: {count(people)}" for reason, people, _ in found]
    return [*parts, *(Text(f"  {line}", "dim") for line in [*lines[1:], *reasons])]


def _without_license(report: ImpactReport) -> list[RenderableType]:
    """Lists the reasons, and a few users of each: often all users of a tenant have one and the same reason."""
    found = uncovered(report)
    if not any(rows for _, _, rows in found):
        return []
    parts: list[RenderableType] = [Text("\nin scope, without a license:", "bold")]
    for reason, people, rows in found:
        parts.append(Text(f"  {reason}: {count(people)}"))
        shown = rows[:EXAMPLES]
        parts += [Text(f"    {person(row)}") for row in shown]
        if people > len(shown):
            parts.append(Text(f"    and {people - len(shown):,} more; --format json lists them", "dim"))
    return parts


def _people(report: ImpactReport, most: int) -> list[RenderableType]:
    parts: list[RenderableType] = []
    listed = [
        (action, ACTIONS[action], [row for row in report["people"] if row["action"] == action]) for action in SHOWN
    ]
    for action, title, rows in [*listed, ("skipped", "in scope, but skipped", report["leftOut"])]:
        if not rows:
            continue
        parts.append(Text(f"\n{title}:", _STYLES.get(action, "bold")))
        for row in rows[:most]:
            line = Text(f"  {person(row)}")
            line.append(f"  {row['reason'] or ''}", "dim")
            if row.get("detail"):
                line.append(f" {row['detail']}")
            if row["uncertain"]:
                line.append(f"  (uncertain: {row['uncertain']})", "yellow")
            parts.append(line)
            for change in row["attributes"] if report["personalData"] and action == "update" else []:
                parts.append(Text(f"      {change['attribute']}: {change['old']!r} → {change['new']!r}"))
        whole = len(rows) if action == "skipped" else report["counts"][action]
        left = whole - min(len(rows), most)
        if left:
            parts.append(Text(f"  and {left:,} more", "dim"))
    return parts
