"""What the dashboard is asked for: a cloud, and parameters that name a tenant, a job and a place in a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from entra_sync.emulator.cycle.job import Job
from entra_sync.emulator.cycle.preconditions import target_of
from entra_sync.emulator.cycle.scheduler import jobs
from entra_sync.emulator.cycle.settings import saved_secrets
from entra_sync.emulator.service import Service
from entra_sync.emulator.state.store import Store
from entra_sync.emulator.state.tenants import Tenant
from entra_sync.microsoft.clouds import Cloud

__all__ = ["AT_ONCE", "PAGE_SIZE", "Page", "Query", "Unknown", "place"]

PAGE_SIZE = 50
"""Rows that a page of a list has at most."""

AT_ONCE = 2_000
"""Rows that one answer looks at: Graph waits while the dashboard reads, so a long search is many short ones."""


class Unknown(LookupError):
    """Something that was asked for is not there."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list.

    Attributes:
        rows: At most fifty rows.
        next: Where the list goes on, None at its end. A page with few rows and a ``next`` is not the last one: the
            search has not come any further yet.
        examined: How many rows were looked at for this page.
    """

    rows: list[dict[str, Any]]
    next: str | None
    examined: int

    def as_json(self) -> dict[str, Any]:
        """The page as the browser gets it."""
        return {"rows": self.rows, "next": self.next, "examined": self.examined}


@dataclass(frozen=True, slots=True)
class Query:
    """One question."""

    service: Service
    cloud: Cloud
    query: Mapping[str, str]
    addresses: Mapping[Cloud, str]

    @property
    def store(self) -> Store:
        """Its state."""
        return self.service.store

    def tenant(self) -> Tenant:
        """The tenant that ``tenant`` names by id.

        Raises:
            Unknown: there is none in any cloud.
        """
        return self._known(self.query.get("tenant", ""))

    def _known(self, id: str) -> Tenant:
        found = self.service.tenant(id)
        if found is None:
            raise Unknown(f'there is no tenant "{id}"')
        return found

    def job(self) -> Job | None:
        """The job that ``job`` names; None where none is named.

        Raises:
            Unknown: there is no such job.
        """
        id = self.query.get("job")
        if not id:
            return None
        for job in jobs(self.service):
            if job.id == id:
                return job
        raise Unknown(f'there is no job "{id}"')

    def ends(self, job: Job) -> tuple[Tenant, Tenant | None]:
        """A job's source tenant, and the tenant that its settings point at."""
        return self._known(job.tid), target_of(self.service, saved_secrets(self.service, job.tid, job.owner))

    def after(self, *kinds: type) -> list[Any] | None:
        """The place that ``after`` names, a JSON list of values of these types; None for the beginning.

        Raises:
            ValueError: it was not made by this list.
        """
        text = self.query.get("after")
        if not text:
            return None
        try:
            place = orjson.loads(text)
        except orjson.JSONDecodeError:
            place = None
        if not isinstance(place, list) or [type(part) for part in place] != list(kinds):
            raise ValueError(f'after: "{text}" is no place in this list')
        return place

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """A parameter that is empty or one of some words.

        Raises:
            ValueError: it is another word.
        """
        word = self.query.get(name, "")
        if word and word not in choices:
            raise ValueError(f'{name}: "{word}" is none of {", ".join(choices)}')
        return word

    @property
    def size(self) -> int:
        """How many rows are wanted at most, ``size``: fifty where it does not say.

        Raises:
            ValueError: no number from 1 to 50.
        """
        text = self.query.get("size", str(PAGE_SIZE))
        if not text.isdecimal() or not 1 <= int(text) <= PAGE_SIZE:
            raise ValueError(f'size: "{text}" is no number from 1 to {PAGE_SIZE}')
        return int(text)

    @property
    def wanted(self) -> str:
        """What ``find`` looks for, without regard to case; empty for everything."""
        return self.query.get("find", "").strip().casefold()


def place(*parts: Any) -> str:
    """A place in a list, as ``Query.after`` reads it."""
    return orjson.dumps(list(parts)).decode()
