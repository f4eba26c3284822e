"""A service that tells of provisioning on demand something else than it did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from entra_sync.emulator.cycle.users.records import Journey

__all__ = ["in_values", "otherwise"]

JSON = Any
_HONEST = Journey.on_demand


def otherwise(change: Callable[[JSON], None]) -> Callable[[Journey], JSON]:
    """What ``Journey.on_demand`` is replaced by, so that *change* is made to each answer."""

    def told(self: Journey) -> JSON:
        doc = _HONEST(self)
        change(doc)
        return doc

    return told


def in_values(text: str, other: str) -> Callable[[JSON], None]:
    """The change by which *other* was written in place of *text*."""

    def change(doc: JSON) -> None:
        for item in doc["modifiedProperties"]:
            item["newValue"] = item["newValue"].replace(text, other)

    return change
