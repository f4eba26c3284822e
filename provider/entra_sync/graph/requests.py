"""One request to Microsoft Graph, and the answer to it when it is a success."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Answer", "Request"]

JSON = Any


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        method: HTTP method.
        path: Path with version, e.g. ``/v1.0/users``.
        body: JSON.
        purpose: What it is for, in words.
        headers: Further headers.
        expects: Name of a list that the answer must have, e.g. ``value``.
        optional: The object may be missing: "not found" is an answer, not a failure.
    """

    method: str
    path: str
    body: JSON = None
    purpose: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    expects: str = ""
    optional: bool = False

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice has the effect of sending it once; of a batch, whether that is so of every item."""
        if self.path.endswith("/$batch"):
            return all(item["method"] != "POST" for item in self.body["requests"])
        return self.method in {"GET", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (lower-case names) and decoded body of a successful answer."""

    status: int
    headers: dict[str, str]
    body: JSON
