"""Sentences about a whole report, the same in every rendering."""

from __future__ import annotations

from entra_sync import licensing
from entra_sync.impact.report.contract import ImpactReport, ReportedUser
from entra_sync.impact.words import ACTIONS
from entra_sync.licensing.contract import Uncovered

__all__ = ["count", "headline", "licenses", "person", "uncovered", "unmanaged", "why"]


def count(number: int, one: str = "user", many: str = "users") -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


def headline(report: ImpactReport) -> str:
    """The report in one sentence: who loses access first."""
    if report["unmanaged"] is not None:
        return f"the link is removed: {unmanaged(report['unmanaged'], report['target'])}"
    counts = report["counts"]
    parts = [f"{count(report['removed'])} {'loses' if report['removed'] == 1 else 'lose'} access"]
    parts += [
        f"{counts[action]:,} {ACTIONS[action]}"
        for action in ("create", "match", "restore", "update", "conflict", "failed")
        if counts.get(action)
    ]
    return ", ".join(parts)


def unmanaged(accounts: int, target: str) -> str:
    """What becomes of the accounts of a link that goes."""
    stay = count(accounts, "account stays", "accounts stay")
    return f"{stay} in {target}, and nothing manages {'it' if accounts == 1 else 'them'} any more"


def why(report: ImpactReport, action: str) -> str:
    """The reasons of an action, most people first; of changed attributes, which."""
    if action == "update":
        names = [f"{row['attribute']} ({row['people']:,})" for row in report["attributes"]]
        return ", ".join(names)
    reasons = report["reasons"].get(action, {})
    return "; ".join(f"{reason} ({people:,})" for reason, people in reasons.items())


def licenses(report: ImpactReport) -> list[str]:
    """Seats and coverage, now and after the change, a line each; none where licenses were not asked for.

    Both figures stand there: seats are what the service's terms count, assignment is who really has one.
    """
    figures = report["licensing"]
    if figures is None or "unknown" in figures:
        return [] if figures is None else [licensing.summary(figures)]
    lines = [licensing.summary(figures)]
    lines += [
        f"{when}: {side['covered']:,} covered, {side['notCovered']:,} not covered; "
        f"{side['seats']['free']:,} seats free, {side['shortfall']:,} short"
        for when, side in (("now", figures["now"]), ("after", figures["after"]))
    ]
    return [*lines, *figures["notes"]]


def uncovered(report: ImpactReport) -> list[tuple[str, int, list[Uncovered]]]:
    """Why users are not covered after the change, and how many, the most first; with the users if they were asked for.

    There may be fewer users than the number says, because a report has a limited number of rows.
    """
    figures = report["licensing"]
    if figures is None or "unknown" in figures:
        return []
    rows = figures.get("uncovered", [])
    return [
        (reason, people, [row for row in rows if row["reason"] == reason])
        for reason, people in figures["after"]["gaps"].items()
    ]


def person(row: ReportedUser | Uncovered) -> str:
    """A person as lists show them."""
    if row.get("name"):
        return f"{row['name']} <{row.get('userPrincipalName') or row['id']}>"
    return str(row["id"])
