"""Rules for the users that a change affects: who loses access, which accounts change, how many licenses are needed.

The link's own preview counts them and adds the numbers to the inputs of its ``LinkImpact``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pulumi_policy import EnforcementLevel, Severity
from pydantic import Field

from entra_guard.rule import Config, Report, rule
from entra_sync.impact.planning.limits import accounts_after, exceeds_percent
from entra_sync.impact.report.contract import ImpactSummary
from entra_sync.licensing.contract import LicenseFigures, UnknownFigures
from entra_sync.resources.link_impact import LinkImpactArgs

__all__ = [
    "licenses_suffice",
    "link_protected",
    "people_changed_within_limits",
    "people_removed_within_limits",
    "wide_change_has_canaries",
]

_REMEDY = "; list them with `entra-sync impact --people`, then make the change smaller or raise the limits of this rule"


class Removals(Config):
    """Configuration of ``people-removed-within-limits``."""

    maximum: int = Field(default=25, ge=0, description="Most users who may lose access in one change.")
    percent: float = Field(
        default=10,
        ge=0,
        le=100,
        description="Most users who may lose access, in percent of the synchronized accounts. Fewer than ten accounts "
        "count as ten.",
    )


@rule(
    LinkImpactArgs,
    "people-removed-within-limits",
    "Checks that few users lose access in one change.",
    severity=Severity.CRITICAL,
)
def people_removed_within_limits(link: LinkImpactArgs, report: Report, config: Removals) -> None:
    """A small mistake in a filter, group or mapping deletes accounts in another cloud. The program sets the limits of a
    link; reviewers set the limits of this rule. If data cannot be read, removals may be missed, so that is reported."""
    impact = _next_cycle(report)
    if impact is None:
        return
    removed, existing = impact["removed"], impact["existing"]
    share = impact["removedPercent"]
    if removed > config.maximum or exceeds_percent(removed, existing, config.percent):
        report(
            f"{removed:,.0f} of {existing:,.0f} users would lose access to {link.target.name} ({share:g} %)"
            f"{_because(impact, 'delete', 'disable')}; the limits are {config.maximum:,} users and {config.percent:g} %"
            f"{_REMEDY}"
        )
    for gap in impact["gaps"]:
        report(f"it is unknown how many users would lose access to {link.target.name}: {gap}")


class Changes(Config):
    """Configuration of ``people-changed-within-limits``."""

    percent: float = Field(
        default=50, ge=0, le=100, description="Most synchronized accounts that may change, in percent."
    )
    taken_over: int = Field(default=0, ge=0, description="Most existing accounts that the link may take over.")


@rule(
    LinkImpactArgs,
    "people-changed-within-limits",
    "Checks that a change updates few accounts and takes over none that exist already.",
    severity=Severity.HIGH,
    level=EnforcementLevel.ADVISORY,
)
def people_changed_within_limits(link: LinkImpactArgs, report: Report, config: Changes) -> None:
    """The job updates an account that it takes over, and deletes it when the user leaves the scope. This also applies
    to guests that administrators invited."""
    impact = _next_cycle(report)
    if impact is None:
        return
    counts, existing = impact["counts"], impact["existing"]
    if exceeds_percent(counts.get("update", 0), existing, config.percent):
        attributes = ", ".join(_counted(impact["attributes"]))
        report(
            f"{counts.get('update', 0):,.0f} of {existing:,.0f} accounts in {link.target.name} would change "
            f"({impact['changedPercent']:g} %): {attributes}; the limit is {config.percent:g} %{_REMEDY}"
        )
    taken_over = impact["takenOver"]
    if taken_over > config.taken_over:
        report(
            f"{taken_over:,.0f} accounts that exist in {link.target.name} would be taken over"
            f"{_because(impact, 'match')}; the limit is {config.taken_over:,}{_REMEDY}"
        )


class Wide(Config):
    """Configuration of ``wide-change-has-canaries``."""

    people: int = Field(default=25, ge=0, description="Most users that a change may affect without canaries.")


@rule(
    LinkImpactArgs,
    "wide-change-has-canaries",
    "Checks that a change that affects many users is tried on canaries first.",
    severity=Severity.HIGH,
    level=EnforcementLevel.ADVISORY,
)
def wide_change_has_canaries(link: LinkImpactArgs, report: Report, config: Wide) -> None:
    """Canaries are users that are provisioned on demand first, before the first start of a job and before each change
    of its schema. If the result differs from the plan, the job stays paused. The rule counts accounts that are
    created, restored, taken over or updated."""
    impact = _next_cycle(report)
    if impact is None:
        return
    counts = {action: impact["counts"].get(action, 0) for action in ("create", "restore", "match", "update")}
    reached = sum(counts.values())
    if reached > config.people and not link.canaries:
        what = ", ".join(f"{action} {count:,.0f}" for action, count in counts.items() if count)
        report(
            f"{reached:,.0f} users in {link.target.name} would be affected at once ({what}); declare canaries, or "
            f"change at most {config.people:,} at a time"
        )


class Protection(Config):
    """Configuration of ``link-protected``."""

    accounts: int = Field(default=25, ge=0, description="Most accounts that a link may have without protection.")


@rule(
    LinkImpactArgs,
    "link-protected",
    "Checks that a link with many accounts is protected from removal.",
    severity=Severity.HIGH,
    level=EnforcementLevel.ADVISORY,
)
def link_protected(link: LinkImpactArgs, report: Report, config: Protection) -> None:
    """If a link is removed from a program, its accounts stay and nothing disables or deletes them any more. No policy
    sees a resource that is removed, and a preview runs no code of the provider for it. The engine itself refuses to
    delete a protected resource, in preview and in destroy. So the protection must be removed in an earlier change."""
    impact = _impact(report)
    if impact is None or report.protected:
        return
    accounts = accounts_after(impact)
    if accounts > config.accounts:
        report(
            f"{accounts:,} accounts in {link.target.name} would be unmanaged if this link were removed; protect the "
            "link with opts=pulumi.ResourceOptions(protect=True)"
        )


PREREQUISITE = "P1 or P2, the prerequisite of Entra ID Governance and Entra Suite"


class Licenses(Config):
    """Configuration of ``licenses-suffice``."""

    count: Literal["seats", "assignments", "both"] = Field(
        default="seats",
        description="What must suffice for the users in scope: seats, which the service's terms require, assigned "
        "licenses, or both.",
    )
    spare: int = Field(default=0, ge=0, description="Seats that must stay free.")


@rule(
    LinkImpactArgs,
    "licenses-suffice",
    "Checks that the source tenant has a license for each user in scope.",
    severity=Severity.HIGH,
    level=EnforcementLevel.ADVISORY,
)
def licenses_suffice(link: LinkImpactArgs, report: Report, config: Licenses) -> None:
    """The service does not enforce licenses. Within a cloud, each user needs P1 or P2 in the source. Across clouds,
    each user also needs Entra ID Governance or Entra Suite."""
    licensing: LicenseFigures | UnknownFigures | None = report.computed("licensing")
    if licensing is None:
        report("licenses were not counted; preview with a newer version of entra_sync")
        return
    if "unknown" in licensing:
        report(f"the number of licenses is unknown: {licensing['unknown']}")
        return
    after, source = licensing["after"], link.tenant.name
    sides = [(licensing["label"], after["seats"]), (PREREQUISITE, after.get("base"))]
    for label, seats in sides if config.count != "assignments" else []:
        if seats is not None and seats["total"] < seats["needed"] + config.spare:
            spare = f", and {config.spare:,} seats must stay free," if config.spare else ""
            report(
                f"{seats['needed']:,.0f} users of {source} need {label}{spare or ','} but the tenant has "
                f"{seats['total']:,.0f} seats; buy {seats['needed'] + config.spare - seats['total']:,.0f} more, "
                "or reduce the scope"
            )
        elif seats is not None and seats["total"] - seats["warning"] < seats["needed"] + config.spare:
            report(
                f"{seats['needed']:,.0f} users of {source} need {label}, and {seats['warning']:,.0f} of the tenant's "
                f"{seats['total']:,.0f} seats are in the grace period, after which they stop counting; renew the "
                "subscription, or reduce the scope"
            )
    if config.count != "seats" and after["notCovered"]:
        why = ", ".join(_counted(after["gaps"]))
        report(
            f"{after['notCovered']:,.0f} of {after['people']:,.0f} users of {source} have no license assigned: {why}; "
            "assign licenses to them, or reduce the scope"
        )


def _impact(report: Report) -> ImpactSummary | None:
    """Returns the impact in the inputs of a link; reports a violation if it is missing."""
    impact: ImpactSummary | None = report.computed("impact")
    if impact is None:
        report("the impact of the change was not calculated; preview with a newer version of entra_sync")
    return impact


def _next_cycle(report: Report) -> ImpactSummary | None:
    """Returns the impact of the change, if a cycle follows that carries it out."""
    impact = _impact(report)
    return None if impact is None or impact["cycle"] == "none" else impact


def _because(impact: ImpactSummary, *actions: str) -> str:
    """The reasons of actions, the most frequent first."""
    reasons: dict[str, float] = {}
    for action in actions:
        reasons |= impact["reasons"].get(action, {})
    return f": {', '.join(_counted(reasons))}" if reasons else ""


def _counted(people: Mapping[str, float]) -> list[str]:
    """Names with their counts, most people first: the engine keeps no order of keys."""
    return [f"{name} ({count:,.0f})" for name, count in sorted(people.items(), key=lambda item: (-item[1], item[0]))]
