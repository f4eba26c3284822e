"""Coverage as figures: for the inputs of a link, where policies read them, and as a line for people."""

from __future__ import annotations

from entra_sync.licensing.contract import LicenseFigures, SideFigures, UnknownFigures
from entra_sync.licensing.coverage import GOVERNANCE, Coverage

__all__ = ["facts", "summary", "unknown"]


def facts(now: Coverage, after: Coverage) -> LicenseFigures:
    """The figures before and after a change, as a link's inputs hold them for policies, hooks and reports.

    No user is named: ``gaps`` has counts.
    """
    return {
        "requires": after.requirement.name,
        "label": after.requirement.label,
        "now": _side(now),
        "after": _side(after),
        "notes": list(after.notes),
    }


def _side(covered: Coverage) -> SideFigures:
    side: SideFigures = {
        "people": covered.people,
        "covered": covered.covered,
        "notCovered": covered.not_covered,
        "shortfall": covered.shortfall,
        "gaps": {reason: len(ids) for reason, ids in covered.gaps.items()},
        "seats": covered.seats.facts(),
    }
    if covered.base is not None:
        side["base"] = covered.base.facts()
    return side


def unknown(reason: str) -> UnknownFigures:
    """What stands in the place of the figures where licenses could not be read: unknown is not "no license"."""
    return {"unknown": reason}


def summary(figures: LicenseFigures | UnknownFigures) -> str:
    """:func:`facts` in one line: "1,171 needed after, 1,204 now; 1,250 Governance seats, 79 free after; …"."""
    if "unknown" in figures:
        return f"not known: {figures['unknown']}"
    now, after = figures["now"], figures["after"]
    kind = "Governance" if figures["requires"] == GOVERNANCE.name else "P1 or P2"
    seats, base = after["seats"], after.get("base")
    balance = f"{seats['shortfall']:,} short after" if seats["shortfall"] else f"{seats['free']:,} free after"
    if seats["warning"]:
        balance += f", {seats['warning']:,} of them in the grace period, which end soon"
    line = f"{after['people']:,} needed after, {now['people']:,} now; {seats['total']:,} {kind} seats, {balance}"
    if base and base["shortfall"]:
        line += f"; {base['total']:,} P1 or P2 seats below them, {base['shortfall']:,} short"
    return f"{line}; {after['covered']:,} of {after['people']:,} users have one assigned"
