"""The time of this machine, for commands that compare it with what the tenants say."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["now"]


def now() -> datetime:
    """Now, by this machine's clock."""
    return datetime.now(UTC)
