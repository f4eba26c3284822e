"""What a change of a link sets off: which cycle comes, and what of it is not certain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from entra_sync.impact.facts.link import LinkState

__all__ = ["DROPS_LINKS", "Situation", "situation"]

Cycle = Literal["initial", "incremental", "none"]

DROPS_LINKS = frozenset({"Full", "ConnectorDataStore"})
LOOKS_ANEW = frozenset({"Full", "Watermark"})


@dataclass(frozen=True, slots=True)
class Situation:
    """What happens to the job.

    Attributes:
        cycle: The next cycle looks at everybody (``initial``) or at who has changed (``incremental``); ``none``: no
            cycle comes, and the plan says what one would do once the job is started.
        events: What the change is, one clause each: "first enablement", "the filter changes".
        notes: What to know besides, one sentence each; contradictions of Microsoft's pages among them.
        drops_links: The job forgets whom it has linked, so accounts are matched anew and nobody is removed.
        forces_deletions: The threshold does not hold deletions back this time.
        destroys: The link goes, and its accounts stay without it.
        first: The link has never run, so that the first cycle creates an account for every user in scope.
    """

    cycle: Cycle
    events: tuple[str, ...]
    notes: tuple[str, ...]
    drops_links: bool = False
    forces_deletions: bool = False
    first: bool = False
    destroys: bool = False


def situation(now: LinkState | None, then: LinkState | None) -> Situation:
    """What a change from *now* to *then* sets off; None stands for no link.

    Rules: "How Application Provisioning works" (cycles), "synchronizationJobRestartCriteria resource type", "Start" and
    "Pause synchronizationJob", "Enable accidental deletions prevention", "Delete synchronizationJob".
    """
    if then is None:
        return Situation(
            "none",
            ("the link is destroyed",),
            (
                "Accounts that were synchronized stay in the target, and nothing manages them any more; to remove "
                "them, empty the scope first and wait for a cycle.",
            ),
            destroys=True,
        )
    events = list(_events(now, then))
    notes = list(_notes(now, then))
    drops = bool(then.restart & DROPS_LINKS)
    if not then.enabled:
        cycle: Cycle = "none"
    elif now is None or not now.ran or drops or then.restart & LOOKS_ANEW or not now.same_schema(then):
        cycle = "initial"
    else:
        cycle = "incremental"
    return Situation(
        cycle, tuple(events), tuple(notes), drops, "ForceDeletes" in then.restart, now is None or not now.ran
    )


def _events(now: LinkState | None, then: LinkState) -> list[str]:
    if now is None:
        return ["first enablement" if then.enabled else "the link is set up, paused"]
    events = []
    if then.enabled and not now.enabled:
        events.append("the job is started" if now.ran else "first enablement")
    if now.enabled and not then.enabled:
        events.append("the job is paused")
    changed = [row.target for row in then.mappings if not _same_row(now, row.target, then)]
    changed += [row.target for row in now.mappings if then.mappings.get(row.target) is None]
    if changed:
        events.append(f"mappings change: {', '.join(sorted(changed))}")
    if (now.filter.graph() if now.filter else {}) != (then.filter.graph() if then.filter else {}):
        events.append("the filter changes")
    if now.everyone != then.everyone:
        events.append("all users come into scope" if then.everyone else "only assigned users stay in scope")
    elif not then.everyone:
        names = {**now.names, **then.names}
        events += [f"{names.get(each, each)} comes into scope" for each in sorted(then.groups - now.groups)]
        events += [f"{names.get(each, each)} leaves the scope" for each in sorted(now.groups - then.groups)]
        # People are counted: events stand in the state and in comments, where no name of a person belongs.
        came, went = len(then.users - now.users), len(now.users - then.users)
        events += [_users(came, "comes into scope", "come into scope")] if came else []
        events += [_users(went, "leaves the scope", "leave the scope")] if went else []
    if then.restart:
        events.append(f"the job is restarted and forgets {', '.join(sorted(then.restart))}")
    return events


def _users(number: int, one: str, many: str) -> str:
    return f"1 directly assigned user {one}" if number == 1 else f"{number:,} directly assigned users {many}"


def _same_row(now: LinkState, target: str, then: LinkState) -> bool:
    before, after = now.mappings.get(target), then.mappings.get(target)
    return before is not None and after is not None and before.same_as(after)


def _notes(now: LinkState | None, then: LinkState) -> list[str]:
    notes = []
    if now is not None and now.enabled and not then.enabled:
        notes.append("A cycle that runs when the job is paused is finished first; its changes may land afterwards.")
    if not then.enabled:
        notes.append(
            "The job is paused, so nothing happens until it is started. The plan shows what a cycle would do then."
        )
    if then.restart & DROPS_LINKS:
        notes.append(
            "The restart drops the job's links between users and accounts. Accounts are matched again. Accounts of "
            "users who are out of scope by then stay, but are not managed any more."
        )
    if now is not None and now.quarantine and then.enabled and "QuarantineState" not in then.restart:
        notes.append(
            f"The job is in quarantine ({now.quarantine}): its next cycle comes after hours, up to a day, and "
            "deletions that the threshold holds back wait for a restart with ForceDeletes."
        )
    if now is not None and now.quarantine == "TooManyDeletes" and then.restart - {"ForceDeletes"}:
        notes.append(
            "The job holds deletions back. A restart does not review them: undo the cause first, or they are carried "
            "out as soon as one cycle has no more of them than the threshold."
        )
    return notes
