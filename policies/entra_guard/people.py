"""Rules over what a change does to people: who loses access, whose account changes, who needs a licence.

The numbers are those of the link's own preview, which puts them into the inputs of its ``LinkImpact``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pulumi_policy import EnforcementLevel, Severity
from pydantic import Field

from entra_guard.rule import Config, Report, rule
from entra_sync.impact.planning.limits import FEWEST_FOR_PERCENT
from entra_sync.resources.link_impact import LinkImpactArgs

__all__ = [
    "licences_suffice",
    "people_changed_within_limits",
    "people_removed_within_limits",
    "wide_change_has_canaries",
]

JSON = Any


class Removals(Config):
    """Configuration of ``people-removed-within-limits``."""

    maximum: int = Field(default=25, ge=0, description="People who may lose access in one change.")
    percent: float = Field(
        default=10, ge=0, le=100, description="The same in percent of the synchronized accounts, from ten accounts on."
    )


@rule(
    LinkImpactArgs,
    "people-removed-within-limits",
    "Few people lose access in one change.",
    severity=Severity.CRITICAL,
)
def people_removed_within_limits(link: LinkImpactArgs, report: Report, config: Removals) -> None:
    """A filter, a group or a mapping that is slightly wrong deletes accounts in another cloud. The link's own limits
    are the program's, these are the reviewers'. What could not be read may be more, so it is reported too."""
    impact = _impact(report)
    if impact is None or impact["cycle"] == "none":
        return
    removed, existing = impact["removed"], impact["existing"]
    share = impact["removedPercent"]
    if removed > config.maximum or (existing >= FEWEST_FOR_PERCENT and share > config.percent):
        report(
            f"{removed:,.0f} of {existing:,.0f} people would lose access to {link.target.name} ({share:g} %)"
            f"{_because(impact, 'delete', 'disable')}; at most {config.maximum:,} people and {config.percent:g} % may"
        )
    for gap in impact["gaps"]:
        report(f"how many people would lose access to {link.target.name} is not known: {gap}")


class Changes(Config):
    """Configuration of ``people-changed-within-limits``."""

    percent: float = Field(default=50, ge=0, le=100, description="Synchronized accounts that may change, in percent.")
    taken_over: int = Field(default=0, ge=0, description="Accounts of others that the link may take over.")


@rule(
    LinkImpactArgs,
    "people-changed-within-limits",
    "Few accounts change in one change, and none that somebody else made is taken over.",
    severity=Severity.HIGH,
    level=EnforcementLevel.ADVISORY,
)
def people_changed_within_limits(link: LinkImpactArgs, report: Report, config: Changes) -> None:
    """An account that is taken over is changed now and deleted one day: guests of administrators have been lost so."""
    impact = _impact(report)
    if impact is None or impact["cycle"] == "none":
        return
    counts, existing = impact["counts"], impact["existing"]
    if existing >= FEWEST_FOR_PERCENT and impact["changedPercent"] > config.percent:
        attributes = ", ".join(_counted(impact["attributes"]))
        report(
            f"{counts.get('update', 0):,.0f} of {existing:,.0f} accounts in {link.target.name} would change "
            f"({impact['changedPercent']:g} %): {attributes}; at most {config.percent:g} % may"
        )
    taken_over = impact["takenOver"]
    if taken_over > config.taken_over:
        report(
            f"{taken_over:,.0f} accounts that exist in {link.target.name} would be taken over"
            f"{_because(impact, 'match')}; at most {config.taken_over:,} may"
        )


class Wide(Config):
    """Configuration of ``wide-change-has-canaries``."""

    people: int = Field(
        default=25, ge=0, description="People whom a change may reach without being tried on a few first."
    )


@rule(
    LinkImpactArgs,
    "wide-change-has-canaries",
    "What reaches many people is tried on a few first.",
    severity=Severity.HIGH,
    level=EnforcementLevel.ADVISORY,
)
def wide_change_has_canaries(link: LinkImpactArgs, report: Report, config: Wide) -> None:
    """A first start, a changed mapping, a schema that is put back: provision on demand shows on a few canaries what the
    next cycle would do to all, and the job stays paused where that is not what was planned. Whom a wider scope brings
    in gets a schema that was tried so. Counted are accounts that are created, restored, taken over or changed."""
    impact = _impact(report)
    if impact is None or impact["cycle"] == "none":
        return
    counts = {action: impact["counts"].get(action, 0) for action in ("create", "restore", "match", "update")}
    reached = sum(counts.values())
    if reached > config.people and not link.canaries:
        what = ", ".join(f"{action} {count:,.0f}" for action, count in counts.items() if count)
        report(
            f"{reached:,.0f} people in {link.target.name} would be reached at once ({what}); declare canaries, or "
            f"change at most {config.people:,} at a time"
        )


class Licences(Config):
    """Configuration of ``licences-suffice``."""

    count: Literal["seats", "assignments", "both"] = Field(
        default="seats", description="What has to suffice: seats, as the service's terms have it, or assigned licences."
    )
    spare: int = Field(default=0, ge=0, description="Seats that have to be left over.")


@rule(
    LinkImpactArgs,
    "licences-suffice",
    "There is a licence for everybody in scope.",
    severity=Severity.HIGH,
    level=EnforcementLevel.ADVISORY,
)
def licences_suffice(link: LinkImpactArgs, report: Report, config: Licences) -> None:
    """Nothing enforces licences but an audit. Within a cloud each person needs P1 or P2 in the source, into another
    cloud Governance or Entra Suite on top of it."""
    licensing = report.computed("licensing")
    if licensing is None:
        report("licences have not been counted; preview with a version of entra_sync that counts them")
        return
    if "unknown" in licensing:
        report(f"licences are not known: {licensing['unknown']}")
        return
    after, source = licensing["after"], link.tenant.name
    sides = [(licensing["label"], after["seats"]), ("P1 or P2, which it stands on", after.get("base"))]
    for label, seats in sides if config.count != "assignments" else []:
        if seats is not None and seats["total"] < seats["needed"] + config.spare:
            report(
                f"{seats['needed']:,.0f} people of {source} need {label}, and the tenant has {seats['total']:,.0f}; "
                f"buy {seats['needed'] + config.spare - seats['total']:,.0f} more, or take people out of scope"
            )
    if config.count != "seats" and after["notCovered"]:
        why = ", ".join(_counted(after["gaps"]))
        report(f"{after['notCovered']:,.0f} of {after['people']:,.0f} people of {source} have none assigned: {why}")


def _impact(report: Report) -> Mapping[str, JSON] | None:
    """The impact in the inputs of a link; where it is missing that is reported."""
    impact: Mapping[str, JSON] | None = report.computed("impact")
    if impact is None:
        report("whom the change touches has not been calculated; preview with a version of entra_sync that does")
    return impact


def _because(impact: Mapping[str, JSON], *actions: str) -> str:
    """The reasons of actions, the most frequent first."""
    reasons: dict[str, float] = {}
    for action in actions:
        reasons |= impact["reasons"].get(action, {})
    return f": {', '.join(_counted(reasons))}" if reasons else ""


def _counted(people: Mapping[str, float]) -> list[str]:
    """Names with their counts, most people first: the engine keeps no order of keys."""
    return [f"{name} ({count:,.0f})" for name, count in sorted(people.items(), key=lambda item: (-item[1], item[0]))]
