"""The package's own environment variables, ``ENTRA_SYNC_…``: read here alone, and passed on as a value.

A tenant's credentials have variables of their own; see :class:`entra_sync.microsoft.tenant.Tenant`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from entra_sync.errors import ConfigurationError

__all__ = [
    "CACHE",
    "CACHE_HOURS",
    "COMPARE_ONLY",
    "DECLARE_ONLY",
    "LINKS",
    "NO_CACHE",
    "READ_ONLY",
    "REPLICA_LAG",
    "SHOW_VALUES",
    "Environment",
    "reading",
]

CACHE = "ENTRA_SYNC_CACHE"
CACHE_HOURS = "ENTRA_SYNC_CACHE_HOURS"
NO_CACHE = "ENTRA_SYNC_NO_CACHE"
COMPARE_ONLY = "ENTRA_SYNC_COMPARE_ONLY"
DECLARE_ONLY = "ENTRA_SYNC_DECLARE_ONLY"
LINKS = "ENTRA_SYNC_LINKS"
READ_ONLY = "ENTRA_SYNC_READ_ONLY"
SHOW_VALUES = "ENTRA_SYNC_SHOW_VALUES"
REPLICA_LAG = "ENTRA_SYNC_REPLICA_LAG"

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"", "0", "false", "no", "off"})

_instead: dict[str, str] = {}


@contextmanager
def reading(name: str, value: str) -> Iterator[None]:
    """While it lasts, the package reads *value* for one of its variables, whatever the process's environment has."""
    before = dict(_instead)
    _instead[name] = value
    try:
        yield
    finally:
        _instead.clear()
        _instead.update(before)


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment asks of the package.

    Attributes:
        cache: Directory of the cache (``ENTRA_SYNC_CACHE``). Default: the user's cache directory.
        cache_hours: Hours before the cached data of a tenant is discarded and read in full again
            (``ENTRA_SYNC_CACHE_HOURS``).
        no_cache: Everything is read each time, and nothing is cached (``ENTRA_SYNC_NO_CACHE``).
        compare_only: A preview beyond the limits is not refused, so that it lists every difference.
            ``entra-sync drift`` sets it (``ENTRA_SYNC_COMPARE_ONLY``).
        declare_only: The packaged provider reports what a program declares, sends no request to a tenant, and refuses
            `up`. Commands such as ``entra-sync permissions`` set it (``ENTRA_SYNC_DECLARE_ONLY``).
        links: Directory in which each preview writes a file for each link (``ENTRA_SYNC_LINKS``).
        read_only: The preview only reads, and does not check the permissions to write (``ENTRA_SYNC_READ_ONLY``).
        show_values: Differences on canaries are printed with their values, which are personal data
            (``ENTRA_SYNC_SHOW_VALUES``).
        replica_lag: Seconds for which a replica of Microsoft Graph may lag, from 0 to 3600
            (``ENTRA_SYNC_REPLICA_LAG``). All waits follow it. Default: 120, a guess, because Microsoft states no limit.
        user_caches: Where the user's programs keep what they can make again (``XDG_CACHE_HOME``, ``LOCALAPPDATA``).
    """

    cache: Path | None = None
    cache_hours: float = 24.0
    no_cache: bool = False
    compare_only: bool = False
    declare_only: bool = False
    links: Path | None = None
    read_only: bool = False
    show_values: bool = False
    replica_lag: float | None = None
    user_caches: Path | None = None

    @classmethod
    def read(cls, variables: Mapping[str, str] | None = None) -> Environment:
        """The environment of this process, or *variables*.

        Raises:
            ConfigurationError: A variable has a value that it cannot have.
        """
        found = {**os.environ, **_instead} if variables is None else variables
        user = found.get("XDG_CACHE_HOME") or found.get("LOCALAPPDATA")
        return cls(
            cache=_path(found, CACHE),
            cache_hours=_number(found, CACHE_HOURS, "hours", 24, 1_000_000),
            no_cache=_switch(found, NO_CACHE),
            compare_only=_switch(found, COMPARE_ONLY),
            declare_only=_switch(found, DECLARE_ONLY),
            links=_path(found, LINKS),
            read_only=_switch(found, READ_ONLY),
            show_values=_switch(found, SHOW_VALUES),
            replica_lag=_number(found, REPLICA_LAG, "seconds from 0 to 3600", 120, 3600)
            if found.get(REPLICA_LAG)
            else None,
            user_caches=Path(user) if user else None,
        )

    def variables(self) -> dict[str, str]:
        """The same as variables, for a process of its own."""
        places = {CACHE: self.cache, LINKS: self.links}
        return {
            **{name: str(place.absolute()) for name, place in places.items() if place is not None},
            **({REPLICA_LAG: repr(self.replica_lag)} if self.replica_lag is not None else {}),
            CACHE_HOURS: repr(self.cache_hours),
            NO_CACHE: str(self.no_cache).lower(),
            COMPARE_ONLY: str(self.compare_only).lower(),
            DECLARE_ONLY: str(self.declare_only).lower(),
            READ_ONLY: str(self.read_only).lower(),
            SHOW_VALUES: str(self.show_values).lower(),
        }


def _path(variables: Mapping[str, str], name: str) -> Path | None:
    return Path(variables[name]) if variables.get(name) else None


def _switch(variables: Mapping[str, str], name: str) -> bool:
    value = variables.get(name, "").strip().lower()
    if value not in _YES | _NO:
        raise ConfigurationError(f'{name} is "{value}"; set it to true or false (or 1, yes, on, 0, no, off)')
    return value in _YES


def _number(variables: Mapping[str, str], name: str, what: str, usual: int, most: int) -> float:
    """A number from 0 to *most*, or the *usual* one."""
    text = variables.get(name, "").strip() or str(usual)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= most:
        raise ConfigurationError(f'{name} is "{text}"; set it to a number of {what}, e.g. {usual}')
    return number
