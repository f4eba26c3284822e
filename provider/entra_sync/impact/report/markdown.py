"""A report for a comment on a pull request: short, folded, and never longer than a comment may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from entra_sync.errors.visible import in_markdown, visible_values
from entra_sync.impact.report.contract import ImpactReport, ReportedUser
from entra_sync.impact.report.data import LOSING
from entra_sync.impact.report.sentences import count, headline, licenses, person, uncovered, why
from entra_sync.impact.report.summary import SHOWN, caveats, skipped
from entra_sync.impact.words import ACTIONS, CAUSES
from entra_sync.licensing.contract import Uncovered

__all__ = ["LONGEST", "markdown"]

JSON = Any
LONGEST = 60_000
"""Characters of a report; GitHub takes 65,536 in a comment, and other parts stand beside it."""


def markdown(report: ImpactReport, longest: int = LONGEST) -> str:
    """The report as Markdown of at most *longest* characters: counts, who loses access, what did it, then people."""
    report = visible_values(report)
    head = "\n".join(_head(report))
    lists = _lists(report)
    text = "\n".join([head, *lists])
    for most in (100, 30, 10, 3):
        if len(text) <= longest:
            return text
        text = "\n".join([head, *_lists(report, most)])
    return text if len(text) <= longest else head[:longest]


def _head(report: ImpactReport) -> list[str]:
    title = f"**{in_markdown(report['source'])} → {in_markdown(report['target'])}**: {headline(report)}."
    if report["violations"]:
        title += f" **Refused**: {in_markdown('; '.join(each['text'] for each in report['violations']))}."
    scope = f"{report['inScopeNow']:,} users in scope now, {report['inScopeThen']:,} after"
    lines = [
        title,
        "",
        "; ".join([scope, *map(in_markdown, report["events"])]) + ".",
        "",
        "| | users | why |",
        "|---|--:|---|",
    ]
    for action in SHOWN:
        if report["counts"].get(action):
            lines.append(f"| {ACTIONS[action]} | {report['counts'][action]:,} | {in_markdown(why(report, action))} |")
    lines.append(f"| unchanged | {report['counts'].get('unchanged', 0):,} | |")
    if skipped(report):
        lines.append(f"| skipped | {report['counts']['skipped']:,} | {in_markdown(skipped(report))} |")
    lines += ["", *(f"- {in_markdown(line)}" for line in caveats(report))] if caveats(report) else []
    for place, line in enumerate(licenses(report)):
        lines += ["", f"**Licenses**: {in_markdown(line)}"] if not place else [f"- {in_markdown(line)}"]
        lines += [""] if not place else []
    if not report["effective"]:
        lines += ["", "_Nothing happens before the job is started._"]
    for gap in report["gaps"]:
        lines += ["", f"> **Incomplete**: {in_markdown(gap)}"]
    for clause in report["unknown"]:
        lines += ["", f"> Not known before `up`: {in_markdown(clause)}"]
    return lines


def _lists(report: ImpactReport, most: int = 500) -> list[str]:
    lines: list[str] = []
    losing = [row for row in report["people"] if row["action"] in LOSING]
    others = [row for row in report["people"] if row["action"] not in LOSING]
    lines += _folded(f"Who loses access ({report['removed']:,})", _rows(losing, report["removed"], most))
    changed = [
        f"- {in_markdown(row['attribute'])}: {row['people']:,} users, by {CAUSES[row['cause']]}"
        for row in report["attributes"]
    ]
    lines += _folded("Which attributes change", changed)
    lines += _folded("Who else", _rows(others, report["peopleTouched"] - report["removed"], most))
    lines += _folded("In scope, but skipped", _rows(report["leftOut"], len(report["leftOut"]), most))
    lines += _folded("Users without a license", _without(report, most))
    lines += _folded("Notes", [f"- {in_markdown(note)}" for note in report["notes"]])
    return lines


def _without(report: ImpactReport, most: int) -> list[str]:
    """Reasons and counts; below each reason its users if they were asked for."""
    lines = []
    for reason, people, rows in uncovered(report):
        lines.append(f"- {in_markdown(reason)}: {count(people)}")
        lines += [f"  - {_who(row)}" for row in rows[:most]]
        lines += [f"  - and {people - len(rows[:most]):,} more"] if rows and people > len(rows[:most]) else []
    return lines


def _rows(rows: Sequence[ReportedUser], total: int, most: int) -> list[str]:
    lines = [
        f"- {ACTIONS[row['action']]}: {_who(row)} — {in_markdown(row['reason'] or ', '.join(_names(row)))}"
        for row in rows[:most]
    ]
    left = total - min(len(rows), most)
    return [*lines, f"- and {left:,} more"] if left > 0 else lines


def _who(row: ReportedUser | Uncovered) -> str:
    return in_markdown(person(row)) if row.get("name") else f"`{row['id']}`"


def _names(row: ReportedUser) -> list[str]:
    return [change["attribute"] for change in row["attributes"]]


def _folded(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    return ["", "<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>"]
