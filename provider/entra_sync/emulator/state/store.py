"""State: directory objects and the edges between them, in one SQLite file or in memory.

An object is a JSON document under (tenant, kind, id). Properties whose names start with an underscore are the
emulator's own and never leave it. Every write takes a number from one counter, so "what changed since" is one
comparison; an object that is gone for good leaves a tombstone with such a number. The store knows nothing of Graph's
rules. Beside a document it keeps the *plain* answer that its maker was given a function for, so that a page of plain
answers is read and not rendered; a write of a document writes that answer too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from entra_sync.emulator.state.database import Database
from entra_sync.microsoft.assumptions import Facts

__all__ = ["Document", "Entry", "Links", "Row", "Span", "Store"]

Document = dict[str, Any]
Row = tuple[str, str, bytes | None, dict[str, str]]
"""Id, document as JSON, plain answer, and keys."""
Plain = Callable[[str, Document], bytes | None]
"""The plain answer for a document of a kind, or None where it is not kept."""

_LEFT, _RIGHT = "substr(value, 1, instr(value, ' ') - 1)", "substr(value, instr(value, ' ') + 1)"
"""The two parts of a pair that came to SQLite as one text; a list of texts is read much faster than rows are bound."""


@dataclass(slots=True)
class Entry:
    """An object as stored: its document and what else the store knows."""

    kind: str
    id: str
    doc: Document
    parent: str
    deleted: str | None
    created: float
    version: int


@dataclass(frozen=True, slots=True)
class Span:
    """The objects of a kind whose ids come after one id, up to another; without another, all that come after it."""

    tenant: str
    kind: str
    after: str
    last: str | None


@dataclass(frozen=True, slots=True)
class Links:
    """The edges of a tenant, and which of its objects are soft-deleted."""

    tenant: str


_MOST_WRITES = 1000
"""Writes since a version among which ``touched`` looks; after more of them it does not look, and answers yes."""


class Store(Database):
    """Objects and edges of all tenants.

    Args:
        path: SQLite file; None keeps everything in memory.
        seed: What identifiers are drawn from, unless the file says already.
        plain: Makes the plain answers that are kept beside documents; none are kept without it.

    Attributes:
        horizon: Objects made after this moment are not seen by ``get``, ``find`` and ``objects``; None to see all.
    """

    def __init__(self, path: Path | None, seed: int = 1, plain: Plain = lambda kind, doc: None) -> None:
        super().__init__(path, seed)
        self._plain = plain
        self._facts: Facts | None = None
        self._linked: dict[str, int] = {}
        self.horizon: float | None = None

    # Facts

    @property
    def facts(self) -> Facts:
        """What the emulated service is taken to be like."""
        if self._facts is None:
            self._facts = Facts(orjson.loads(self.setting("facts") or "{}"))
        return self._facts

    def assume(self, facts: Facts) -> None:
        """Behave by other facts from now on."""
        self.set_setting("facts", orjson.dumps(facts.differing).decode())
        self._facts = facts

    def restore(self, path: Path) -> None:
        """Replace everything by what a snapshot holds, facts included."""
        super().restore(path)
        self._facts = None
        self._linked.clear()

    # Objects

    def put(
        self,
        tenant: str,
        kind: str,
        id: str,
        doc: Document,
        *,
        parent: str = "",
        now: float = 0.0,
        keys: Document | None = None,
    ) -> None:
        """Create an object; *keys* are the values that ``find`` looks it up by."""
        self.database.execute(
            "INSERT INTO objects VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?)",
            (tenant, kind, id, parent, now, self.next_version(), orjson.dumps(doc).decode(), self._plain(kind, doc)),
        )
        self._count(tenant, kind, 1)
        self._set_keys(tenant, id, keys)

    def put_many(self, tenant: str, kind: str, rows: Iterable[Row], *, now: float) -> None:
        """Create many objects at once, best in order of id."""
        keys: defaultdict[str, list[str]] = defaultdict(list)
        before = self.version

        def objects() -> Iterator[tuple[Any, ...]]:
            for id, doc, plain, names in rows:
                for name, value in names.items():
                    keys[name].append(f"{id} {value}")
                yield (tenant, kind, id, "", now, self.next_version(), doc, plain)

        with self.transaction(), self._filling("objects"):
            self.database.executemany("INSERT INTO objects VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?)", objects())
            self._count(tenant, kind, self.version - before)
        with self.transaction(), self._filling("keys"):
            for name, pairs in keys.items():
                self.database.execute(
                    f"INSERT INTO keys SELECT ?, ?, {_RIGHT}, {_LEFT} FROM json_each(?) ORDER BY 3 COLLATE NOCASE",
                    (tenant, name, orjson.dumps(pairs)),
                )

    def _count(self, tenant: str, kind: str, more: int) -> None:
        """Adds new objects to the count; triggers count deleted, restored and removed ones."""
        self.database.execute(
            "INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET live = live + excluded.live",
            (tenant, kind, more),
        )

    def count(self, tenant: str, kinds: Sequence[str]) -> int:
        """Returns the number of live objects of these kinds, at a cost that does not grow with it."""
        marks = ",".join("?" * len(kinds))
        rows = self.database.execute(
            f"SELECT coalesce(sum(live), 0) FROM counts WHERE tenant = ? AND kind IN ({marks})", (tenant, *kinds)
        )
        return int(rows.fetchone()[0])

    def replace(self, tenant: str, kind: str, id: str, doc: Document, *, keys: Document | None = None) -> None:
        """Write an object's document again."""
        self.database.execute(
            "UPDATE objects SET doc = ?, plain = ?, version = ? WHERE tenant = ? AND kind = ? AND id = ?",
            (orjson.dumps(doc).decode(), self._plain(kind, doc), self.next_version(), tenant, kind, id),
        )
        if keys is not None:
            self.database.execute("DELETE FROM keys WHERE tenant = ? AND id = ?", (tenant, id))
            self._set_keys(tenant, id, keys)

    def _set_keys(self, tenant: str, id: str, keys: Document | None) -> None:
        rows = [
            (tenant, name, value, id)
            for name, values in (keys or {}).items()
            for value in (values if isinstance(values, list) else [values])
            if value is not None
        ]
        if rows:
            self.database.executemany("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?)", rows)

    def get(self, tenant: str, kind: str, id: str, *, deleted: bool = False) -> Entry | None:
        """An object, or None; soft-deleted ones only when asked for."""
        row = self.database.execute(
            "SELECT kind, id, doc, parent, deleted, created, version FROM objects WHERE tenant = ? AND kind = ?"
            " AND id = ?",
            (tenant, kind, id),
        ).fetchone()
        if row is None or (row[4] is not None) != deleted or self._unseen(row[5]):
            return None
        return _entry(row)

    def _unseen(self, created: float) -> bool:
        return self.horizon is not None and created > self.horizon

    def kind_of(self, tenant: str, id: str, kinds: Sequence[str]) -> Entry | None:
        """The object with this id among several kinds, soft-deleted or not."""
        marks = ",".join("?" * len(kinds))
        row = self.database.execute(
            "SELECT kind, id, doc, parent, deleted, created, version FROM objects"
            f" WHERE tenant = ? AND id = ? AND kind IN ({marks})",
            (tenant, id, *kinds),
        ).fetchone()
        return _entry(row) if row and not self._unseen(row[5]) else None

    def find(self, tenant: str, name: str, value: str) -> list[str]:
        """Ids of the objects that have this key value, without regard to case."""
        rows = self.database.execute(
            "SELECT id FROM keys WHERE tenant = ? AND name = ? AND value = ?", (tenant, name, value)
        )
        return [row[0] for row in rows]

    def objects(self, tenant: str, kind: str, *, parent: str | None = None) -> list[Entry]:
        """Every live object of a kind (of one parent), in order of id."""
        condition, arguments = ("", [tenant, kind])
        if parent is not None:
            condition, arguments = " AND parent = ?", [tenant, kind, parent]
        rows = self.database.execute(
            "SELECT kind, id, doc, parent, deleted, created, version FROM objects"
            f" WHERE tenant = ? AND kind = ?{condition} AND deleted IS NULL ORDER BY id",
            arguments,
        )
        return [_entry(row) for row in rows if not self._unseen(row[5])]

    def known_everywhere(self, moment: float) -> None:
        """Make every object that is there old enough for a horizon at a moment."""
        self.database.execute("UPDATE objects SET created = ? WHERE created > ? AND kind <> 'work'", (moment, moment))

    def changed(self, tenant: str, kind: str, since: int) -> list[str]:
        """Ids of the objects of a kind that were written after a version, soft-deleted ones among them."""
        rows = self.database.execute(
            "SELECT id FROM objects WHERE tenant = ? AND kind = ? AND version > ?", (tenant, kind, since)
        )
        return [row[0] for row in rows]

    def _next_link_version(self, tenant: str) -> int:
        """A number for a write that changes the edges of a tenant, or which of its objects are soft-deleted."""
        self._linked[tenant] = self.next_version()
        return self._version

    def touched(self, span: Span | Links, since: int) -> bool:
        """Whether an object of a span was made, written, soft-deleted, restored or removed after a version.

        Of links: whether an edge came or went, or an object was soft-deleted, restored or removed.
        """
        if isinstance(span, Links):
            return self._linked.get(span.tenant, 0) > since
        if self.version - since > _MOST_WRITES:
            return True
        # With the plus, SQLite goes by the version, which few objects come after, and not by the ids of the span.
        within = "tenant = ? AND kind = ? AND version > ? AND +id > ? AND (? IS NULL OR +id <= ?)"
        row = self.database.execute(
            f"SELECT EXISTS (SELECT 1 FROM objects WHERE {within}) OR EXISTS (SELECT 1 FROM tombstones WHERE {within})",
            (span.tenant, span.kind, since, span.after, span.last, span.last) * 2,
        ).fetchone()
        return bool(row[0])

    def mark_deleted(
        self, tenant: str, kind: str, id: str, moment: str | None, *, keys: Document | None = None
    ) -> None:
        """Soft-delete an object at a moment, or bring it back with None; a soft-deleted one loses its keys."""
        self.database.execute(
            "UPDATE objects SET deleted = ?, version = ? WHERE tenant = ? AND kind = ? AND id = ?",
            (moment, self._next_link_version(tenant), tenant, kind, id),
        )
        self.database.execute("DELETE FROM keys WHERE tenant = ? AND id = ?", (tenant, id))
        self._set_keys(tenant, id, keys)

    def remove(self, tenant: str, kind: str, id: str) -> None:
        """Take an object away for good, with its keys and every edge that touches it."""
        version = self._next_link_version(tenant)
        self.database.execute("DELETE FROM objects WHERE tenant = ? AND kind = ? AND id = ?", (tenant, kind, id))
        self.database.execute("DELETE FROM keys WHERE tenant = ? AND id = ?", (tenant, id))
        self.database.execute("DELETE FROM edges WHERE tenant = ? AND source = ?", (tenant, id))
        self.database.execute(
            "UPDATE edges SET removed = 1, version = ? WHERE tenant = ? AND target = ? AND removed = 0",
            (version, tenant, id),
        )
        self.database.execute("INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?, ?)", (tenant, kind, id, version))

    # Edges

    def connect(self, tenant: str, kind: str, source: str, target: str) -> bool:
        """Draw an edge; False when it was there already."""
        if self.connected(tenant, kind, source, target):
            return False
        self.database.execute(
            "INSERT OR REPLACE INTO edges VALUES (?, ?, ?, ?, ?, 0)",
            (tenant, kind, source, target, self._next_link_version(tenant)),
        )
        return True

    def connect_many(self, tenant: str, kind: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Draw many edges at once, best in order."""
        found = [f"{source} {target}" for source, target in pairs]
        with self.transaction(), self._filling("edges"):
            self.database.execute(
                f"INSERT INTO edges SELECT ?, ?, {_LEFT}, {_RIGHT}, ? + key, 0 FROM json_each(?)",
                (tenant, kind, self._version + 1, orjson.dumps(found)),
            )
            self._version += len(found)
            self._linked[tenant] = self._version

    def disconnect(self, tenant: str, kind: str, source: str, target: str) -> bool:
        """Take an edge away; False when there was none."""
        done = self.database.execute(
            "UPDATE edges SET removed = 1, version = ? WHERE tenant = ? AND kind = ? AND source = ? AND target = ?"
            " AND removed = 0",
            (self._next_link_version(tenant), tenant, kind, source, target),
        )
        return done.rowcount > 0

    def connected(self, tenant: str, kind: str, source: str, target: str) -> bool:
        """Whether the edge is there."""
        row = self.database.execute(
            "SELECT 1 FROM edges WHERE tenant = ? AND kind = ? AND source = ? AND target = ? AND removed = 0",
            (tenant, kind, source, target),
        ).fetchone()
        return row is not None

    def targets(self, tenant: str, kind: str, source: str) -> list[str]:
        """Where the edges from an object lead, in order of id."""
        rows = self.database.execute(
            "SELECT target FROM edges WHERE tenant = ? AND kind = ? AND source = ? AND removed = 0",
            (tenant, kind, source),
        )
        return [row[0] for row in rows]

    def sources(self, tenant: str, kind: str, target: str) -> list[str]:
        """Where the edges to an object come from."""
        rows = self.database.execute(
            "SELECT source FROM edges WHERE tenant = ? AND kind = ? AND target = ? AND removed = 0 ORDER BY source",
            (tenant, kind, target),
        )
        return [row[0] for row in rows]


def _entry(row: tuple[Any, ...]) -> Entry:
    kind, id, doc, parent, deleted, created, version = row
    return Entry(kind, id, orjson.loads(doc), parent, deleted, created, version)
