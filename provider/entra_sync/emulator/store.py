"""State: directory objects and the edges between them, in one SQLite file or in memory.

An object is a JSON document under (tenant, kind, id). Properties whose names start with an underscore are the
emulator's own and never leave it. Every write takes a number from one counter, so "what changed since" is one
comparison; an object that is gone for good leaves a tombstone with such a number. The store knows nothing of Graph's
rules. Beside a document it keeps the *plain* answer that its maker was given a function for, so that a page of plain
answers is read and not rendered; whoever writes a document writes that answer too.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

__all__ = ["Document", "Entry", "Plain", "Row", "Store"]

Document = dict[str, Any]
Row = tuple[str, str, bytes | None, dict[str, str]]
"""Id, document as JSON, plain answer, and keys."""
Plain = Callable[[str, Document], bytes | None]
"""The plain answer for a document of a kind, or None where it is not kept."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
  tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL DEFAULT '',
  deleted TEXT, created REAL NOT NULL, version INTEGER NOT NULL, doc TEXT NOT NULL,
  plain BLOB);
CREATE UNIQUE INDEX IF NOT EXISTS objects_by_kind ON objects (tenant, kind, id);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (tenant, kind, parent) WHERE parent <> '';
CREATE INDEX IF NOT EXISTS objects_by_version ON objects (tenant, kind, version);
CREATE INDEX IF NOT EXISTS objects_live ON objects (tenant, kind, deleted);
CREATE INDEX IF NOT EXISTS objects_by_id ON objects (tenant, id);
CREATE INDEX IF NOT EXISTS objects_deleted ON objects (tenant, deleted) WHERE deleted IS NOT NULL;
CREATE INDEX IF NOT EXISTS tenants ON objects (version) WHERE kind = 'tenant';
CREATE INDEX IF NOT EXISTS jobs ON objects (kind) WHERE kind = 'job';
CREATE INDEX IF NOT EXISTS work ON objects (created) WHERE kind = 'work';
CREATE TABLE IF NOT EXISTS keys (
  tenant TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL COLLATE NOCASE, id TEXT NOT NULL,
  PRIMARY KEY (tenant, name, value, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_by_id ON keys (tenant, id);
CREATE TABLE IF NOT EXISTS edges (
  tenant TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL,
  version INTEGER NOT NULL, removed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, kind, source, target)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS edges_by_target ON edges (tenant, kind, target);
CREATE TABLE IF NOT EXISTS tombstones (
  tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

_LEFT, _RIGHT = "substr(value, 1, instr(value, ' ') - 1)", "substr(value, instr(value, ' ') + 1)"
"""The two parts of a pair that came to SQLite as one text; a list of texts is read much faster than rows are bound."""


@dataclass(slots=True)
class Entry:
    """An object as stored: its document and what the store knows besides."""

    kind: str
    id: str
    doc: Document
    parent: str
    deleted: str | None
    created: float
    version: int


class Store:
    """Objects and edges of all tenants. One thread at a time may be inside ``transaction``.

    Args:
        path: SQLite file; None keeps everything in memory.
        seed: What identifiers are drawn from, unless the file says already.
        plain: Makes the plain answers that are kept beside documents; none are kept without it.

    Attributes:
        horizon: Objects made after this moment are not seen by ``get``, ``find`` and ``objects``; None to see all.
    """

    def __init__(self, path: Path | None, seed: int = 1, plain: Plain = lambda kind, doc: None) -> None:
        self._plain = plain
        self._lock = threading.RLock()
        self._database = sqlite3.connect(
            str(path) if path else ":memory:", isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute("PRAGMA cache_size = -65536")
        self._database.create_function("has_word", 2, _has_word, deterministic=True)
        self._database.executescript(_SCHEMA)
        self._depth = 0
        self.horizon: float | None = None
        self.seed = int(self.setting("seed") or seed)
        self.set_setting("seed", str(self.seed))
        self._ids = int(self.setting("ids") or 0)
        self._version = int(self.setting("version") or 0)

    def close(self) -> None:
        """Close the file; nothing can be read afterwards."""
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: an exception inside takes every write back. May be nested."""
        with self._lock:
            if self._depth:
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                return
            counters = (self._ids, self._version)
            self._database.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                if counters != (self._ids, self._version):
                    self.set_setting("ids", str(self._ids))
                    self.set_setting("version", str(self._version))
                self._database.execute("COMMIT")
            except BaseException:
                # Numbers that were handed out are never handed out again, so both counters stay.
                self._database.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of a transaction that can fail on its own."""
        self._database.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK TO part")
            self._database.execute("RELEASE part")
            raise
        self._database.execute("RELEASE part")

    # Settings, identifiers, versions

    def setting(self, name: str) -> str | None:
        """A value of the emulator as a whole."""
        row = self._database.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_setting(self, name: str, value: str) -> None:
        """Keep a value of the emulator as a whole."""
        self._database.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def new_id(self) -> str:
        """A GUID that was never handed out before, the same ones in the same order for the same seed."""
        self._ids += 1
        digest = hashlib.blake2b(f"{self.seed}/{self._ids}".encode(), digest_size=16).digest()
        return str(uuid.UUID(bytes=digest, version=4))

    @property
    def version(self) -> int:
        """Number of the newest write."""
        return self._version

    def next_version(self) -> int:
        """A number for a write that is about to happen."""
        self._version += 1
        return self._version

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
        self._database.execute(
            "INSERT INTO objects VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?)",
            (tenant, kind, id, parent, now, self.next_version(), orjson.dumps(doc).decode(), self._plain(kind, doc)),
        )
        self._set_keys(tenant, id, keys)

    def put_many(self, tenant: str, kind: str, rows: Iterable[Row], *, now: float = 0.0) -> None:
        """Create many objects at once, best in order of id."""
        keys: defaultdict[str, list[str]] = defaultdict(list)

        def objects() -> Iterator[tuple[Any, ...]]:
            for id, doc, plain, names in rows:
                for name, value in names.items():
                    keys[name].append(f"{id} {value}")
                yield (tenant, kind, id, "", now, self.next_version(), doc, plain)

        with self.transaction(), self._filling("objects"):
            self._database.executemany("INSERT INTO objects VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?)", objects())
        with self.transaction(), self._filling("keys"):
            for name, pairs in keys.items():
                self._database.execute(
                    f"INSERT INTO keys SELECT ?, ?, {_RIGHT}, {_LEFT} FROM json_each(?) ORDER BY 3 COLLATE NOCASE",
                    (tenant, name, orjson.dumps(pairs)),
                )

    @contextmanager
    def _filling(self, table: str) -> Iterator[None]:
        """Take the indexes of a table that is still small away while it is filled, and make them again afterwards."""
        held = self._database.execute(f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT 10000)").fetchone()[0]
        indexes = self._database.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
        ).fetchall()
        if held == 10000:
            indexes = []
        for name, _ in indexes:
            self._database.execute(f"DROP INDEX {name}")
        yield
        for _, sql in indexes:
            self._database.execute(sql)

    def replace(self, tenant: str, kind: str, id: str, doc: Document, *, keys: Document | None = None) -> None:
        """Write an object's document again."""
        self._database.execute(
            "UPDATE objects SET doc = ?, plain = ?, version = ? WHERE tenant = ? AND kind = ? AND id = ?",
            (orjson.dumps(doc).decode(), self._plain(kind, doc), self.next_version(), tenant, kind, id),
        )
        if keys is not None:
            self._database.execute("DELETE FROM keys WHERE tenant = ? AND id = ?", (tenant, id))
            self._set_keys(tenant, id, keys)

    def _set_keys(self, tenant: str, id: str, keys: Document | None) -> None:
        rows = [
            (tenant, name, value, id)
            for name, values in (keys or {}).items()
            for value in (values if isinstance(values, list) else [values])
            if value is not None
        ]
        self._database.executemany("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?)", rows)

    def get(self, tenant: str, kind: str, id: str, *, deleted: bool = False) -> Entry | None:
        """An object, or None; soft-deleted ones only when asked for."""
        row = self._database.execute(
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
        row = self._database.execute(
            "SELECT kind, id, doc, parent, deleted, created, version FROM objects"
            f" WHERE tenant = ? AND id = ? AND kind IN ({marks})",
            (tenant, id, *kinds),
        ).fetchone()
        return _entry(row) if row and not self._unseen(row[5]) else None

    def find(self, tenant: str, name: str, value: str) -> list[str]:
        """Ids of the objects that have this key value, without regard to case."""
        rows = self._database.execute(
            "SELECT id FROM keys WHERE tenant = ? AND name = ? AND value = ?", (tenant, name, value)
        )
        return [row[0] for row in rows]

    def objects(self, tenant: str, kind: str, *, parent: str | None = None) -> list[Entry]:
        """Every live object of a kind (of one parent), in order of id."""
        condition, arguments = ("", [tenant, kind])
        if parent is not None:
            condition, arguments = " AND parent = ?", [tenant, kind, parent]
        rows = self._database.execute(
            "SELECT kind, id, doc, parent, deleted, created, version FROM objects"
            f" WHERE tenant = ? AND kind = ?{condition} AND deleted IS NULL ORDER BY id",
            arguments,
        )
        return [_entry(row) for row in rows if not self._unseen(row[5])]

    def known_everywhere(self, moment: float) -> None:
        """Make every object that is there old enough for a horizon at a moment."""
        self._database.execute("UPDATE objects SET created = ? WHERE created > ? AND kind <> 'work'", (moment, moment))

    def changed(self, tenant: str, kind: str, since: int) -> list[str]:
        """Ids of the objects of a kind that were written after a version, soft-deleted ones among them."""
        rows = self._database.execute(
            "SELECT id FROM objects WHERE tenant = ? AND kind = ? AND version > ?", (tenant, kind, since)
        )
        return [row[0] for row in rows]

    def mark_deleted(
        self, tenant: str, kind: str, id: str, moment: str | None, *, keys: Document | None = None
    ) -> None:
        """Soft-delete an object at a moment, or bring it back with None; a soft-deleted one loses its keys."""
        self._database.execute(
            "UPDATE objects SET deleted = ?, version = ? WHERE tenant = ? AND kind = ? AND id = ?",
            (moment, self.next_version(), tenant, kind, id),
        )
        self._database.execute("DELETE FROM keys WHERE tenant = ? AND id = ?", (tenant, id))
        self._set_keys(tenant, id, keys)

    def remove(self, tenant: str, kind: str, id: str) -> None:
        """Take an object away for good, with its keys and every edge that touches it."""
        version = self.next_version()
        self._database.execute("DELETE FROM objects WHERE tenant = ? AND kind = ? AND id = ?", (tenant, kind, id))
        self._database.execute("DELETE FROM keys WHERE tenant = ? AND id = ?", (tenant, id))
        self._database.execute("DELETE FROM edges WHERE tenant = ? AND source = ?", (tenant, id))
        self._database.execute(
            "UPDATE edges SET removed = 1, version = ? WHERE tenant = ? AND target = ? AND removed = 0",
            (version, tenant, id),
        )
        self._database.execute("INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?, ?)", (tenant, kind, id, version))

    # Edges

    def connect(self, tenant: str, kind: str, source: str, target: str) -> bool:
        """Draw an edge; False when it was there already."""
        if self.connected(tenant, kind, source, target):
            return False
        self._database.execute(
            "INSERT OR REPLACE INTO edges VALUES (?, ?, ?, ?, ?, 0)",
            (tenant, kind, source, target, self.next_version()),
        )
        return True

    def connect_many(self, tenant: str, kind: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Draw many edges at once, best in order."""
        found = [f"{source} {target}" for source, target in pairs]
        with self.transaction(), self._filling("edges"):
            self._database.execute(
                f"INSERT INTO edges SELECT ?, ?, {_LEFT}, {_RIGHT}, ? + key, 0 FROM json_each(?)",
                (tenant, kind, self._version + 1, orjson.dumps(found)),
            )
            self._version += len(found)

    def disconnect(self, tenant: str, kind: str, source: str, target: str) -> bool:
        """Take an edge away; False when there was none."""
        done = self._database.execute(
            "UPDATE edges SET removed = 1, version = ? WHERE tenant = ? AND kind = ? AND source = ? AND target = ?"
            " AND removed = 0",
            (self.next_version(), tenant, kind, source, target),
        )
        return done.rowcount > 0

    def connected(self, tenant: str, kind: str, source: str, target: str) -> bool:
        """Whether the edge is there."""
        row = self._database.execute(
            "SELECT 1 FROM edges WHERE tenant = ? AND kind = ? AND source = ? AND target = ? AND removed = 0",
            (tenant, kind, source, target),
        ).fetchone()
        return row is not None

    def targets(self, tenant: str, kind: str, source: str) -> list[str]:
        """Where the edges from an object lead, in order of id."""
        rows = self._database.execute(
            "SELECT target FROM edges WHERE tenant = ? AND kind = ? AND source = ? AND removed = 0",
            (tenant, kind, source),
        )
        return [row[0] for row in rows]

    def sources(self, tenant: str, kind: str, target: str) -> list[str]:
        """Where the edges to an object come from."""
        rows = self._database.execute(
            "SELECT source FROM edges WHERE tenant = ? AND kind = ? AND target = ? AND removed = 0 ORDER BY source",
            (tenant, kind, target),
        )
        return [row[0] for row in rows]

    # Queries that the OData layer writes

    def query(self, sql: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Rows of a SELECT."""
        return self._database.execute(sql, arguments).fetchall()

    def order_by(self, columns: str) -> None:
        """Get ready for reading the objects of a kind in an order, which takes a while the first time in each order."""
        name = f"ordered_{hashlib.blake2b(columns.encode(), digest_size=8).hexdigest()}"
        self._database.execute(f"CREATE INDEX IF NOT EXISTS {name} ON objects (tenant, kind, {columns})")

    def snapshot(self, path: Path) -> None:
        """Write everything to a new SQLite file."""
        with self._lock:
            target = sqlite3.connect(str(path))
            self._database.backup(target)
            target.close()

    def restore(self, path: Path) -> None:
        """Replace everything by what a snapshot holds."""
        with self._lock:
            source = sqlite3.connect(str(path))
            source.backup(self._database)
            source.close()
            self._ids = int(self.setting("ids") or 0)
            self._version = int(self.setting("version") or 0)


_WORDS = re.compile(r"[^\W_]+")


def _has_word(text: Any, start: str) -> bool:
    """Whether a word of *text* begins with *start*, as ``$search`` sees words."""
    if not isinstance(text, str):
        return False
    lowered = text.lower()
    if start not in lowered:
        return False
    return lowered.startswith(start) or any(word.startswith(start) for word in _WORDS.findall(lowered))


def _entry(row: tuple[Any, ...]) -> Entry:
    kind, id, doc, parent, deleted, created, version = row
    return Entry(kind, id, orjson.loads(doc), parent, deleted, created, version)
