"""What a change of a link sets off: which cycle comes, and what of it is not certain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.remarks import Event, Note, Remark

__all__ = ["DROPS_LINKS", "Situation", "situation"]

Cycle = Literal["initial", "incremental", "none"]

DROPS_LINKS = frozenset({"Full", "ConnectorDataStore"})
LOOKS_AGAIN = frozenset({"Full", "Watermark"})


@dataclass(frozen=True, slots=True)
class Situation:
    """What happens to the job.

    Attributes:
        cycle: The next cycle looks at all users (``initial``) or at who has changed (``incremental``); ``none``: no
            cycle comes, and the plan says what one would do once the job is started.
        events: What the change is.
        notes: What else to know.
        drops_links: The job forgets its links, so accounts are matched again and no user is removed.
        forces_deletions: The threshold does not hold deletions back this time.
        destroys: The link goes, and its accounts stay without it.
        first: The link has never run, so that the first cycle creates an account for every user in scope.
    """

    cycle: Cycle
    events: tuple[Remark, ...]
    notes: tuple[Remark, ...]
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
            (Remark(Event.DESTROYED),),
            (Remark(Note.DESTROYED),),
            destroys=True,
        )
    drops = bool(then.restart & DROPS_LINKS)
    if not then.enabled:
        cycle: Cycle = "none"
    elif now is None or not now.ran or drops or then.restart & LOOKS_AGAIN or not now.same_schema(then):
        cycle = "initial"
    else:
        cycle = "incremental"
    return Situation(
        cycle,
        tuple(_events(now, then)),
        tuple(_notes(now, then)),
        drops,
        "ForceDeletes" in then.restart,
        now is None or not now.ran,
    )


def _events(now: LinkState | None, then: LinkState) -> Iterator[Remark]:
    if now is None:
        yield Remark(Event.FIRST_ENABLEMENT if then.enabled else Event.SET_UP_PAUSED)
        return
    if then.enabled and not now.enabled:
        yield Remark(Event.STARTED if now.ran else Event.FIRST_ENABLEMENT)
    if now.enabled and not then.enabled:
        yield Remark(Event.PAUSED)
    changed = [row.target for row in then.mappings if not _same_row(now, row.target, then)]
    changed += [row.target for row in now.mappings if then.mappings.get(row.target) is None]
    if changed:
        yield Remark(Event.MAPPINGS, tuple(sorted(changed)))
    if (now.filter.graph() if now.filter else {}) != (then.filter.graph() if then.filter else {}):
        yield Remark(Event.FILTER)
    if now.everyone != then.everyone:
        yield Remark(Event.EVERYONE if then.everyone else Event.ASSIGNED_ONLY)
    elif not then.everyone:
        names = {**now.names, **then.names}
        for group in sorted(then.groups - now.groups):
            yield Remark(Event.COMES, (names.get(group, group),))
        for group in sorted(now.groups - then.groups):
            yield Remark(Event.LEAVES, (names.get(group, group),))
        # People are counted: events stand in the state and in comments, where no name of a person belongs.
        came, went = len(then.users - now.users), len(now.users - then.users)
        if came:
            yield Remark(Event.USERS_COME, (came,))
        if went:
            yield Remark(Event.USERS_LEAVE, (went,))
    if then.restart:
        yield Remark(Event.RESTARTED, tuple(sorted(then.restart)))


def _same_row(now: LinkState, target: str, then: LinkState) -> bool:
    before, after = now.mappings.get(target), then.mappings.get(target)
    return before is not None and after is not None and before.same_as(after)


def _notes(now: LinkState | None, then: LinkState) -> Iterator[Remark]:
    if now is not None and now.enabled and not then.enabled:
        yield Remark(Note.LAST_CYCLE)
    if not then.enabled:
        yield Remark(Note.PAUSED)
    if then.restart & DROPS_LINKS:
        yield Remark(Note.LINKS_DROPPED)
    if now is not None and now.quarantine and then.enabled and "QuarantineState" not in then.restart:
        yield Remark(Note.QUARANTINE, (now.quarantine,))
    if now is not None and now.quarantine == "TooManyDeletes" and then.restart - {"ForceDeletes"}:
        yield Remark(Note.HELD_BACK)
