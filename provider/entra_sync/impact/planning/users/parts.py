"""The users of a plan in parts, so that the columns of only some of them are in memory at the same time.

What one user's turn does to another's goes by keys (ids, names, addresses), which are looked at for all users together.
Everything else about a user needs the user and their account only.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import polars as pl

from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.snapshot import ROW_GROUP, Snapshot
from entra_sync.impact.planning.users.accounts import (
    connected_accounts,
    free_accounts,
    linked_accounts,
    strange_accounts,
)
from entra_sync.impact.planning.users.scope import memberships

__all__ = ["Part", "Parts", "Rows"]

PART = ROW_GROUP
"""Users of a part."""

WHOLE = 1_100_000
"""Users of a target up to which the columns that a plan reads are all in memory."""

STRETCH = 4 * ROW_GROUP
"""Users of the target that are packed at a time."""

READ = ("accountEnabled", "dirSyncEnabled", "userState")
"""Attributes of accounts that decide, whether or not they are mapped."""


class Rows:
    """Columns of the target's users at some places, each null where the place is.

    Args:
        frame: Columns of one chunk each: in many chunks, places take several times as long to find.
        at: The places.
    """

    def __init__(self, frame: pl.DataFrame, at: pl.Series) -> None:
        self._frame = frame
        self._at = at

    def __getitem__(self, name: str) -> pl.Series:
        column = self._frame[name]
        if not column.len():
            return column.clear().extend_constant(None, self._at.len())
        return column.gather(self._at)

    def __contains__(self, name: str) -> bool:
        return name in self._frame.columns

    def gather(self, places: pl.Series) -> Rows:
        """The same columns at some of the places."""
        return Rows(self._frame, self._at.gather(places))


@dataclass(frozen=True, slots=True)
class Part:
    """Some users in order of their ids.

    Attributes:
        number: Which part it is.
        start: Row of the first of them among all.
        people: Their records.
        ids: Their object ids.
        linked: Their accounts (:func:`entra_sync.impact.planning.users.accounts.linked_accounts`).
        members: Their memberships, ``row`` counted from *start*.
    """

    number: int
    start: int
    people: pl.DataFrame
    ids: pl.Series
    linked: pl.DataFrame
    members: pl.DataFrame


class Parts:
    """All users of the source in parts, and the accounts that they have in the target.

    Args:
        facts: Both tenants.
        link: The link, whose mappings say which attributes of the accounts are read.
        dropped: The job's links are dropped before the cycle.

    Attributes:
        people: Object ids of the users, in order.
        free: Accounts that may be matched by name
            (:func:`entra_sync.impact.planning.users.accounts.free_accounts`).
        connected: Rows of the target's users that the job has linked.
        strange: Accounts that may have the identity of any user
            (:func:`entra_sync.impact.planning.users.accounts.strange_accounts`).
    """

    def __init__(self, facts: Facts, link: LinkState, *, dropped: bool) -> None:
        self.facts = facts
        self._reading = Lock()
        wanted = {*READ, *(mapping.target for mapping in link.mappings)}
        self._columns = [name for name in facts.target.record.names if name in wanted]
        self.size = PART
        ids = facts.source.select("id")["id"]
        self._source = facts.source
        if not ids.is_sorted():
            self._source = facts.source.sorted()
            ids = ids.sort()
        self.people = ids
        connected = connected_accounts(facts)
        self.connected = connected["row"].drop_nulls()
        self.free = free_accounts(facts, connected)
        self.strange = strange_accounts(facts, self.connected)
        self._linked = linked_accounts(facts, ids, connected, dropped=dropped)
        self._members = memberships(facts.source, ids)

    def __len__(self) -> int:
        return max(1, -(-self.people.len() // self.size))

    def __getitem__(self, number: int) -> Part:
        start = number * self.size
        rows = self._members["row"]
        first, last = (int(rows.search_sorted(row)) for row in (start, start + self.size))
        members = self._members.slice(first, last - first).with_columns((pl.col("row") - start).cast(pl.UInt32))
        return Part(
            number,
            start,
            self._source.slice(start, self.size),
            self.people.slice(start, self.size),
            self._linked.slice(start, self.size),
            members,
        )

    def accounts(self, number: int, rows: pl.Series) -> Rows:
        """The target's users at some *rows*, which users of one part have."""
        with self._reading:
            target = self._target
        return target.at(number, rows)

    @cached_property
    def _target(self) -> _Whole | _ByPart:
        target = self.facts.target
        if isinstance(target.rows, pl.DataFrame) or target.height <= WHOLE:
            return _Whole(target, self._columns)
        return _ByPart(target, self._columns, self._linked["row"], self.free["row"], self.size)


class _Whole:
    """The target in memory."""

    def __init__(self, target: Snapshot, columns: Sequence[str]) -> None:
        self._people = pl.DataFrame([target.select(name).to_series().rechunk() for name in columns])

    def at(self, number: int, rows: pl.Series) -> Rows:
        del number
        return Rows(self._people, rows)


class _ByPart:
    """The target's users, packed, by the part of the source that their linked users are in.

    Parquet's dictionaries of values make little of them. Users who are not linked and may be matched by name are not
    packed.
    """

    def __init__(self, target: Snapshot, columns: Sequence[str], linked: pl.Series, free: pl.Series, size: int) -> None:
        self._target = target
        self._columns = columns
        self._pieces: dict[int, list[bytes]] = {}
        owners = pl.DataFrame({"row": linked}).with_row_index("part").with_columns(pl.col("part") // size).drop_nulls()
        part = (
            pl.Series([None], dtype=pl.UInt32).new_from_index(0, target.height).scatter(owners["row"], owners["part"])
        )
        loose = pl.Series([False]).new_from_index(0, target.height).scatter(free, True)
        rest = []
        with ThreadPoolExecutor(2) as pool:
            slices = pool.map(lambda start: self._slice(start, part, loose), range(0, target.height, STRETCH))
            for pieces, unlinked in slices:
                rest.append(unlinked)
                for number, piece in pieces.items():
                    self._pieces.setdefault(number, []).append(piece)
        self._rest = pl.concat(rest)

    def _slice(self, start: int, part: pl.Series, loose: pl.Series) -> tuple[dict[int, bytes], pl.DataFrame]:
        frame = self._target.slice(start, STRETCH, *self._columns).with_columns(
            pl.int_range(start, start + pl.len(), dtype=pl.UInt32).alias("row"),
            part.slice(start, STRETCH).alias("part"),
        )
        unlinked = frame.filter(loose.slice(start, STRETCH) & frame["part"].is_null()).drop("part")
        groups = frame.filter(pl.col("part").is_not_null()).partition_by("part", as_dict=True, include_key=False)
        return {int(number): packed(group) for (number,), group in groups.items()}, unlinked

    def at(self, number: int, rows: pl.Series) -> Rows:
        frame = pl.concat([self._rest.clear(), *(pl.read_parquet(each) for each in self._pieces.get(number, ()))])
        wanted = pl.DataFrame({"row": rows})
        for others in (self._rest, None):
            missing = wanted.drop_nulls().join(frame.select("row"), on="row", how="anti").unique()
            if missing.height:
                at = pl.col("row").is_in(missing["row"].implode())
                found = self._target.select("row", *self._columns, where=at) if others is None else others.filter(at)
                frame = pl.concat([frame, found.select(frame.columns)])
        places = frame.select("row").with_row_index("at")
        return Rows(frame.rechunk(), wanted.join(places, on="row", how="left", maintain_order="left")["at"])


def packed(frame: pl.DataFrame) -> bytes:
    """*frame* as Parquet, which takes less memory while it waits."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="uncompressed", statistics=False)
    return buffer.getvalue()
