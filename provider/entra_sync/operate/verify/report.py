"""What a comparison found, as a file that can be published: no names of people or tenants, and no ids of theirs."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from entra_sync.microsoft.assumptions import FORMAT, REGISTER
from entra_sync.microsoft.clouds import Cloud
from entra_sync.operate.verify.compare import Comparison, Verdict

__all__ = ["report"]

JSON = Any

_GUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_MAIL = re.compile(r"[^\s\"'<>;,()]+@[^\s\"'<>;,()]+")
_PUBLIC = ("gallery.", "box.")
"""Assumptions about Microsoft's own applications, whose ids are the same in every tenant."""


def report(comparisons: Sequence[Comparison], source: Cloud, target: Cloud) -> dict[str, Any]:
    """Returns the comparison as JSON; ``facts`` is what the emulator takes.

    Ids of the tenants are replaced by random ones, the same id by the same one within a file. The key of this
    replacement is kept nowhere.
    """
    hide = _Hidden(comparisons)
    rows = [
        {
            "key": each.assumption.key,
            "assumed": each.assumption.value,
            "seen": hide(each.seen),
            "verdict": str(each.verdict),
            "why": each.why,
        }
        for each in comparisons
    ]
    return {
        "format": FORMAT,
        "version": version("pulumi-entra-sync"),
        "date": datetime.now(UTC).date().isoformat(),
        "source": str(source),
        "target": str(target),
        "comparisons": rows,
        "facts": {row["key"]: row["seen"] for row in rows if row["verdict"] == Verdict.DIFFERENT},
    }


class _Hidden:
    """Replaces what could tell who ran it."""

    def __init__(self, comparisons: Sequence[Comparison]) -> None:
        self._key = secrets.token_bytes(32)
        known = [each.value for each in REGISTER.values()]
        public = [each.seen for each in comparisons if each.assumption.key.startswith(_PUBLIC)]
        self._public = {_plain(id) for id in _GUID.findall(str([*known, *public]))}

    def __call__(self, value: JSON) -> JSON:
        if isinstance(value, str):
            return _MAIL.sub("redacted", _GUID.sub(self._id, value))
        if isinstance(value, list):
            return [self(each) for each in value]
        if isinstance(value, dict):
            return {self(name): self(each) for name, each in value.items()}
        return value

    def _id(self, found: re.Match[str]) -> str:
        if _plain(found[0]) in self._public:
            return found[0]
        space = uuid.UUID(bytes=self._key[:16])
        made = uuid.uuid5(space, f"{self._key.hex()}{_plain(found[0])}")
        return str(made) if "-" in found[0] else made.hex


def _plain(id: str) -> str:
    return id.replace("-", "").lower()
