"""What was read about one person and one link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.provisioning_log import succeeded
from entra_sync.impact.why.ask import Unread
from entra_sync.impact.why.find import Found

__all__ = ["UserFacts"]

JSON = Any

UNREAD = Unread("it was not read")


@dataclass(frozen=True)
class UserFacts:
    """One person and one link, as read. What could not be read is :class:`Unread`.

    Attributes:
        person: The person of the source.
        job: The synchronizationJob; None where the link has none.
        assigned: The application's appRoleAssignedTo.
        direct: Groups that the person is a direct member of.
        nested: All groups that the person is in, directly or through others.
        log: Provisioning log entries of the person, newest first.
        connection: Account that the job has linked the person to; None if there is no link.
        now: The link as it stands; None where there is none.
        then: The link as it is declared.
        record: The person's record, of one row.
        facts: Both tenants, as far as this person goes.
    """

    person: Found
    job: JSON | Unread | None
    assigned: Sequence[JSON] | Unread
    direct: frozenset[str] | Unread
    nested: frozenset[str] | Unread
    log: Sequence[JSON] | Unread
    connection: str | Unread | None
    now: LinkState | Unread | None
    then: LinkState | Unread
    record: pl.DataFrame | Unread = UNREAD
    facts: Facts | Unread = UNREAD

    def logged(self, action: str = "") -> tuple[str, ...]:
        """Accounts of the log's entries that succeeded, newest first, of all or of one action."""
        return succeeded(() if isinstance(self.log, Unread) else self.log, action)
