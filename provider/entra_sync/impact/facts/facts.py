"""Everything that a plan is made from, as read: both tenants, and who is linked to which account."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from entra_sync.impact.facts.remarks import Remark
from entra_sync.impact.facts.snapshot import Snapshot

__all__ = ["CONNECTIONS", "Facts"]

CONNECTIONS: dict[str, pl.DataType] = {"person": pl.String(), "account": pl.String()}
"""Columns of a connection: ids of a source user and of the account in the target that the job linked them to."""


@dataclass(frozen=True)
class Facts:
    """What two tenants hold.

    Attributes:
        source: People of the source: those in scope now or then, and those behind accounts of the target.
        target: All users of the target, the soft-deleted ones too.
        domain: Initial domain of the target.
        connections: Links that the job keeps, one a person at most; see :data:`CONNECTIONS`.
        asked: People whose connection the job itself named; of the others it is inferred.
        removed: Accounts that synchronization soft-deleted itself, by the provisioning log; None where it is not known.
        given_up: Users whose accounts synchronization deleted itself, and has not managed since. An administrator of
            the target restored those that are live.
        passed_over: Users who are out of scope in a state of the link, and that the job has looked at since they left,
            leaving their accounts as they are.
        home_domains: Verified domains of the source, lower case; None if they were not read.
        managers: The clouds of the two tenants synchronize managers.
        inbound: The target allows inbound synchronization from the source; None if that was not read.
        invitations: The target allows invitations of guests; None if that was not read.
        source_consents: The source redeems invitations of the target automatically; None if that was not read.
        target_consents: The target does so for users of the source; None if that was not read.
        sms: Users of the source who sign in by SMS, which the service skips.
        sms_unread: Users of the source may sign in by SMS, and who does was not read.
        group_addresses: Mail addresses of groups in the target, lower case.
        strangers: Accounts of the source's domains without a user in the source.
        gaps: What could not be read, and what follows from it.
        notes: What to know about how it was read.
    """

    source: Snapshot
    target: Snapshot
    domain: str
    connections: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CONNECTIONS))
    asked: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))
    removed: frozenset[str] | None = frozenset()
    given_up: frozenset[str] = frozenset()
    passed_over: frozenset[str] = frozenset()
    home_domains: frozenset[str] | None = None
    managers: bool = True
    inbound: bool | None = None
    invitations: bool | None = None
    source_consents: bool | None = None
    target_consents: bool | None = None
    sms: frozenset[str] = frozenset()
    sms_unread: bool = False
    group_addresses: frozenset[str] = frozenset()
    strangers: tuple[str, ...] = ()
    gaps: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.gaps and self.source.complete and self.target.complete
