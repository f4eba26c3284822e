"""How long the service takes, which only time or a rare state of a tenant shows."""

from __future__ import annotations

from entra_sync.microsoft.assumptions.register import Basis, assume

__all__ = ["AGREEING_PAUSE", "ASSIGNMENT_LAG", "PATIENCE", "REPLICA_LAG", "SECOND_LOOK"]

REPLICA_LAG = assume(
    "wait.replicas",
    "Seconds for which a change may be missing on some replicas",
    120.0,
    Basis.GUESS,
    "Microsoft states no limit",
    "ENTRA_SYNC_REPLICA_LAG",
    unseen="no number of reads shows the longest time",
)
PATIENCE = assume(
    "wait.dependent-call",
    "Seconds for which a call that builds on a new object is sent again",
    60,
    Basis.GUESS,
    "Microsoft states no limit",
    "ENTRA_SYNC_REPLICA_LAG",
    unseen="no number of reads shows the longest time",
)
ASSIGNMENT_LAG = assume(
    "wait.assignment",
    "Seconds for which provisioning on demand may not know a new assignment yet",
    180,
    Basis.GUESS,
    "Microsoft states no limit",
    "ENTRA_SYNC_REPLICA_LAG",
    unseen="no number of reads shows the longest time",
)
AGREEING_PAUSE = assume(
    "wait.agreeing",
    "Seconds between two answers that must agree",
    0.2,
    Basis.GUESS,
    "Microsoft states no limit",
    "ENTRA_SYNC_REPLICA_LAG",
    unseen="no number of reads shows the longest time",
)
SECOND_LOOK = assume(
    "wait.not-found",
    "Seconds for which a read looks again before it believes that an object is gone, or that a refusal is final",
    4.0,
    Basis.GUESS,
    "Microsoft states none",
    "ENTRA_SYNC_REPLICA_LAG",
    unseen="no number of reads shows the longest time",
)
