"""The request log: what clients asked, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, overload

from entra_sync.microsoft.secret_keys import SECRET_KEYS

__all__ = ["Journal", "JournalEntry"]

_SECRETS = re.compile("|".join(["password", "secret", "token", "assertion", *sorted(SECRET_KEYS)]), re.IGNORECASE)
_READING = re.compile(
    r"/(\$batch|validateCredentials|parseExpression|discover|getByIds|oauth2/v2\.0/token)(\(\))?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One request as it was answered.

    Attributes:
        tenant: Name of the caller's tenant; empty where no good token was shown.
        method: HTTP method.
        path: Path and query.
        status: HTTP status of the answer; 0 where the connection was dropped instead.
        body: JSON body of a request that may change something, secrets masked.
        batch: Request id of the ``$batch`` that the request was part of.
        code: Graph's error code, where the answer was an error.
    """

    at: datetime
    cloud: str
    tenant: str
    method: str
    path: str
    status: int
    body: Any = None
    batch: str | None = None
    request_id: str = ""
    code: str = ""

    @property
    def writes(self) -> bool:
        """Whether the request may change something; actions that only read do not count, nor does a batch as such."""
        return self.method not in {"GET", "HEAD"} and not _READING.search(self.path.split("?")[0])

    def as_json(self) -> dict[str, Any]:
        """The record as the control API shows it."""
        return {
            "at": self.at.isoformat(),
            "cloud": self.cloud,
            "tenant": self.tenant,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "body": self.body,
            "batch": self.batch,
            "requestId": self.request_id,
            "code": self.code,
        }


@dataclass
class Journal(Sequence[JournalEntry]):
    """Every request since the start or the last ``clear``; the oldest go when there are more than *limit*."""

    limit: int = 100_000
    _records: list[JournalEntry] = field(default_factory=list)

    def add(self, record: JournalEntry) -> None:
        """Note a request."""
        self._records.append(record)
        if len(self._records) > self.limit:
            del self._records[: self.limit // 10]

    def clear(self) -> None:
        """Forget everything."""
        self._records.clear()

    @property
    def writes(self) -> list[JournalEntry]:
        """Requests that may have changed something."""
        return [record for record in self._records if record.writes]

    def calls(self, start: int = 0) -> list[tuple[str, str, Any]]:
        """Method, path and body of what was carried out since request number *start*.

        Reads and sign-ins do not count, actions that only check something do; of a batch each item is one.
        """
        return [
            (record.method, record.path, record.body)
            for record in self._records[start:]
            if record.method not in {"GET", "HEAD"}
            and record.path.startswith(("/v1.0/", "/beta/"))
            and not record.path.endswith("/$batch")
            and 0 < record.status < 400
        ]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[JournalEntry]:
        return iter(list(self._records))

    @overload
    def __getitem__(self, index: int) -> JournalEntry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[JournalEntry]: ...
    def __getitem__(self, index: int | slice) -> JournalEntry | Sequence[JournalEntry]:
        return self._records[index]


def masked(value: Any, name: str = "") -> Any:
    """A request body with the values of secrets replaced.

    In an object with a key and a value, the key tells whether the value is a secret, whatever else the object has.
    """
    if isinstance(value, dict):
        key = next((item for each, item in value.items() if each.lower() == "key"), None)
        return {
            each: masked(item, key if each.lower() == "value" and isinstance(key, str) else each)
            for each, item in value.items()
        }
    if isinstance(value, list):
        return [masked(item, name) for item in value]
    return "*" if isinstance(value, str) and _SECRETS.search(name) else value
