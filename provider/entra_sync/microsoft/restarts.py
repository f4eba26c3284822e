"""What a restart of a synchronization job can reset, in the service's words."""

from __future__ import annotations

from enum import StrEnum

from entra_sync.errors.names import ToldWords

__all__ = ["ResetScope"]


class ResetScope(StrEnum, metaclass=ToldWords):
    """What a restart resets ("synchronizationJobRestartCriteria resource type").

    ``None`` and ``ConnectorDataStore`` are missing, because the page advises against them.
    """

    ESCROWS = "Escrows"
    WATERMARK = "Watermark"
    QUARANTINE = "QuarantineState"
    FULL = "Full"
    FORCE_DELETES = "ForceDeletes"
