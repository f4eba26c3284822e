"""What was read of one tenant: its people as columns, who is a member of what, and where reading can go on from."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import orjson
import polars as pl

from entra_sync.errors import ConfigurationError
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.impact.facts.private_files import private_directory, replacing, write_privately
from entra_sync.impact.facts.remarks import Gap, Remark, recalled, recorded

__all__ = [
    "DAMAGE",
    "MEMBERS",
    "Snapshot",
    "read_columns",
    "texts",
    "write_parquet",
]

JSON = Any

MEMBERS: dict[str, pl.DataType] = {"group": pl.String(), "person": pl.String()}
"""Columns of a membership: ids of a group and of one of its direct members."""

_FORMAT = 1

ROW_GROUP = 1 << 17
"""Rows of a file that are read in one piece."""

DAMAGE = (
    OSError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    pl.exceptions.PolarsError,
)
"""What reading a saved file may end in if it is not as it was written."""

LARGE = 500_000
"""Users or memberships above which :meth:`Snapshot.load` may leave a file's columns where they are."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The people of one tenant that matter to a link, complete or with its gaps named.

    Attributes:
        tenant_id: Directory id.
        taken: When it was last read in full, in UTC.
        record: What was read of each person.
        rows: The record's columns, and ``deleted``: when the account was soft-deleted, null while it is live. Of a
            large snapshot they may be in a file still.
        memberships: Who is a direct member of which of the *groups*; see :data:`MEMBERS`. Many may be in a file still.
        everyone: The people are all users of the tenant; else those that *groups* and *users* lead to.
        groups: Groups whose direct members were read.
        users: Users that were asked for one by one, whether or not they exist.
        links: Delta links, by collection, which give what has changed since.
        gaps: What could not be read, and why; empty if the snapshot is complete.
    """

    tenant_id: str
    taken: datetime
    record: UserColumns
    rows: pl.DataFrame | pl.LazyFrame
    memberships: pl.DataFrame | pl.LazyFrame = field(default_factory=lambda: pl.DataFrame(schema=MEMBERS))
    everyone: bool = False
    groups: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)
    gaps: tuple[Remark, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.gaps

    @property
    def people(self) -> pl.DataFrame:
        """All users, in memory."""
        return self.rows if isinstance(self.rows, pl.DataFrame) else self.select(pl.all())

    @property
    def members(self) -> pl.DataFrame:
        """All memberships, in memory."""
        with self._from_file():
            return self.memberships.lazy().collect()

    def select(self, *columns: pl.Expr | str, where: pl.Expr | None = None) -> pl.DataFrame:
        """Some columns of all users, or of those whose *where* is true; ``row`` is the number of the user's row.

        Raises:
            ConfigurationError: The file cannot be read.
        """
        frame = self.rows.lazy().with_row_index("row")
        with self._from_file():
            return (
                (frame if where is None else frame.filter(where))
                .select(*columns or [pl.all().exclude("row")])
                .collect()
            )

    def slice(self, start: int, length: int, *columns: str) -> pl.DataFrame:
        """Some or all columns of some users in order of their rows; errors as for :meth:`select`."""
        with self._from_file():
            return self.rows.lazy().slice(start, length).select(*columns or [pl.all()]).collect()

    @property
    def height(self) -> int:
        """How many users there are."""
        return int(self.select(pl.len())["len"].item())

    def sorted(self) -> Self:
        """The same in order of the users' ids."""
        return replace(self, rows=self.people.sort("id"))

    @contextmanager
    def _from_file(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pl.exceptions.PolarsError) as problem:
            if isinstance(self.rows, pl.DataFrame) and isinstance(self.memberships, pl.DataFrame):
                raise
            reason = str(problem).partition("\n")[0]
            raise ConfigurationError(f"the snapshot of {self.tenant_id} is damaged: {reason}; take it again") from None

    def covers(self, record: UserColumns, *, everyone: bool) -> bool:
        """Whether it has what is asked for of each person, and all users where that is asked for."""
        names = set(self.record.names)
        return (
            set(record.names) <= names
            and record.booleans & names <= self.record.booleans
            and (self.everyone or not everyone)
        )

    def save(self, directory: Path) -> None:
        """Writes the snapshot into *directory*, readable by its owner only.

        The description goes last and replaces the old one in one step: without it the files do not count.
        """
        private_directory(directory)
        # Names of its own: whatever else is saved here at the same time, a description never tells of other files.
        stamp = f"{self.taken:%Y%m%dT%H%M%S}-{secrets.token_hex(8)}"
        names = {"people": f"people-{stamp}.parquet", "members": f"members-{stamp}.parquet"}
        for name, frame in (("people", self.rows), ("members", self.memberships)):
            write_parquet(directory / names[name], frame)
        description = {
            "format": _FORMAT,
            "tenantId": self.tenant_id,
            "taken": self.taken.isoformat(),
            "attributes": self.record.attributes,
            "booleans": sorted(self.record.booleans),
            "everyone": self.everyone,
            "groups": sorted(self.groups),
            "users": sorted(self.users),
            "links": dict(self.links),
            "gaps": recorded(self.gaps),
            "files": names,
        }
        write_privately(directory / "snapshot.json", orjson.dumps(description))
        for old in directory.glob("*.parquet"):
            if old.name not in names.values():
                old.unlink()

    @classmethod
    def load(cls, directory: Path, *, whole: bool = True) -> Self:
        """The snapshot in *directory*.

        Args:
            directory: Where it was saved.
            whole: Read everything; if false, users and memberships of a large snapshot stay in their files until they
                are asked for.

        Raises:
            ConfigurationError: There is none, or another version of this package wrote it.
        """
        try:
            description = orjson.loads((directory / "snapshot.json").read_bytes())
            if description["format"] != _FORMAT:
                raise ConfigurationError(f"{directory} holds a snapshot of another version; take it again")
            files = description["files"]
            record = UserColumns(tuple(description["attributes"]), frozenset(description["booleans"]))
            return cls(
                tenant_id=description["tenantId"],
                taken=datetime.fromisoformat(description["taken"]).astimezone(UTC),
                record=record,
                rows=_columns(_inside(directory, files["people"]), record.schema, whole=whole),
                memberships=_columns(_inside(directory, files["members"]), MEMBERS, whole=whole),
                everyone=description["everyone"],
                groups=texts(description["groups"]),
                users=texts(description["users"]),
                links=description["links"],
                gaps=recalled(Gap, description["gaps"]),
            )
        except FileNotFoundError as problem:
            raise ConfigurationError(f"{directory} holds no snapshot: {problem.filename} is not there") from None
        except DAMAGE as problem:
            reason = str(problem).partition("\n")[0]
            raise ConfigurationError(f"the snapshot in {directory} is damaged: {reason}; take it again") from None


def _columns(path: Path, schema: Mapping[str, pl.DataType], *, whole: bool) -> pl.DataFrame | pl.LazyFrame:
    """Some columns of a file; not read yet if it has many rows and not the *whole* is wanted."""
    rows = read_columns(path, schema)
    return rows.collect() if whole or rows.select(pl.len()).collect().item() <= LARGE else rows


def _inside(directory: Path, name: str) -> Path:
    """A file of *directory*, by the name that a description gives it.

    Raises:
        ValueError: The name leads elsewhere.
    """
    if Path(name).name != name:
        raise ValueError(f"{name} is not the name of a file beside it")
    return directory / name


def read_columns(path: Path, schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    """Columns of a file, with the types that plans count on.

    Raises:
        ValueError: A column has values of another type.
        PolarsError: The file cannot be read, or lacks a column.
    """
    rows = pl.scan_parquet(path, glob=False).select(*schema)
    other = [name for name, kind in rows.collect_schema().items() if kind != schema[name]]
    if other:
        raise ValueError(f"{path.name} has values of another type in {', '.join(other)}")
    return rows


def texts(values: Collection[object]) -> frozenset[str]:
    """A set of texts from JSON.

    Raises:
        TypeError: A value is not a text.
    """
    found = [each for each in values if isinstance(each, str)]
    if isinstance(values, str) or len(found) != len(values):
        raise TypeError("a list has something else than texts")
    return frozenset(found)


def write_parquet(path: Path, frame: pl.DataFrame | pl.LazyFrame) -> None:
    """Like :func:`entra_sync.impact.facts.private_files.write_privately`, for columns."""
    with replacing(path) as file:
        frame.lazy().sink_parquet(file, compression="zstd", row_group_size=ROW_GROUP)
