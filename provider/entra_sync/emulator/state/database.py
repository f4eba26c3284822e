"""The SQLite file below the store: its tables and indexes, transactions, settings, and numbers for what is written."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from entra_sync.emulator.state.spelling import drawn_guid
from entra_sync.emulator.state.words import define_words, find_word, index_words

__all__ = ["Database"]

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
CREATE TABLE IF NOT EXISTS counts (
  tenant TEXT NOT NULL, kind TEXT NOT NULL, live INTEGER NOT NULL, PRIMARY KEY (tenant, kind)) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS count_less AFTER DELETE ON objects WHEN old.deleted IS NULL BEGIN
  UPDATE counts SET live = live - 1 WHERE tenant = old.tenant AND kind = old.kind;
END;
CREATE TRIGGER IF NOT EXISTS count_again AFTER UPDATE OF deleted ON objects BEGIN
  UPDATE counts SET live = live + (new.deleted IS NULL) - (old.deleted IS NULL)
    WHERE tenant = new.tenant AND kind = new.kind;
END;
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
CREATE INDEX IF NOT EXISTS tombstones_by_version ON tombstones (tenant, kind, version);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO counts SELECT tenant, kind, count(*) FROM objects
  WHERE deleted IS NULL AND NOT EXISTS (SELECT 1 FROM counts) GROUP BY tenant, kind;
"""

_RENAMED = [("license", "licence"), ("license.group", "licence.group")]
"""Names of keys, and what files of version 0 call them."""


class Database:
    """One file, or the same in memory. One thread at a time may be inside ``transaction``.

    Args:
        path: SQLite file; None keeps everything in memory.
        seed: What identifiers are drawn from, unless the file says already.
    """

    def __init__(self, path: Path | None, seed: int = 1) -> None:
        self._lock = threading.RLock()
        if path is not None:
            _keep_private(path)
        self.database = sqlite3.connect(
            str(path) if path else ":memory:", isolation_level=None, check_same_thread=False
        )
        # Another program that opens the file could otherwise lock it, and all requests would wait for it.
        self.database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = NORMAL")
        self.database.execute("PRAGMA cache_size = -65536")
        define_words(self.database)
        self._bring_up_to_date()
        self._depth = 0
        self.seed = int(self.setting("seed") or seed)
        self.set_setting("seed", str(self.seed))
        self._ids = int(self.setting("ids") or 0)
        self._version = int(self.setting("version") or 0)

    def _bring_up_to_date(self) -> None:
        """Adds what the file lacks, renames keys that an earlier version wrote, and drops indexes that it used."""
        self.database.executescript(_SCHEMA)
        version = self.database.execute("PRAGMA user_version").fetchone()[0]
        if version < 1:
            self.database.executemany("UPDATE keys SET name = ? WHERE name = ?", _RENAMED)
        if version < 2:
            for (name,) in self.query("SELECT name FROM sqlite_schema WHERE name GLOB 'words_of_*'", []):
                self.database.execute(f"DROP INDEX {name}")
            self.database.execute("PRAGMA user_version = 2")

    def close(self) -> None:
        """Close the file; nothing can be read afterwards."""
        self.database.close()

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
            self.database.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                if counters != (self._ids, self._version):
                    self.set_setting("ids", str(self._ids))
                    self.set_setting("version", str(self._version))
                self.database.execute("COMMIT")
            except BaseException:
                # Numbers that were handed out are never handed out again, so both counters stay.
                if self.database.in_transaction:  # SQLite itself rolls back if the disk is full.
                    self.database.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of a transaction that can fail on its own."""
        self.database.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.database.execute("ROLLBACK TO part")
            self.database.execute("RELEASE part")
            raise
        self.database.execute("RELEASE part")

    # Settings, identifiers, versions

    def setting(self, name: str) -> str | None:
        """A value of the emulator as a whole."""
        row = self.database.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_setting(self, name: str, value: str) -> None:
        """Keep a value of the emulator as a whole."""
        self.database.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def new_id(self) -> str:
        """A GUID that was never handed out before, the same ones in the same order for the same seed."""
        self._ids += 1
        return drawn_guid(f"{self.seed}/{self._ids}")

    @property
    def version(self) -> int:
        """Number of the newest write."""
        return self._version

    def next_version(self) -> int:
        """A number for a write that is about to happen."""
        self._version += 1
        return self._version

    # Reading

    def query(self, sql: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Rows of a SELECT."""
        return self.database.execute(sql, arguments).fetchall()

    def order_by(self, columns: str) -> None:
        """Get ready for reading the objects of a kind in an order, which takes a while the first time in each order."""
        name = f"ordered_{hashlib.blake2b(columns.encode(), digest_size=8).hexdigest()}"
        self.database.execute(f"CREATE INDEX IF NOT EXISTS {name} ON objects (tenant, kind, {columns})")

    def search_by(self, name: str, tenant: str, start: str) -> tuple[str, list[Any]]:
        """Returns a condition for the objects of a tenant with a word that begins so in a property, and its arguments.

        The first call for a property builds an index.
        """
        index_words(self.database, name)
        return find_word(name, tenant, start)

    # As a whole

    @contextmanager
    def _filling(self, table: str) -> Iterator[None]:
        """Take the indexes of a table that is still small away while it is filled, and make them again afterwards."""
        held = self.database.execute(f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT 10000)").fetchone()[0]
        indexes = self.database.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
        ).fetchall()
        if held == 10000:
            indexes = []
        for name, _ in indexes:
            self.database.execute(f"DROP INDEX {name}")
        yield
        for _, sql in indexes:
            self.database.execute(sql)

    def snapshot(self, path: Path) -> None:
        """Write everything to a new SQLite file."""
        with self._lock:
            _keep_private(path)
            target = sqlite3.connect(str(path))
            self.database.backup(target)
            target.close()

    def restore(self, path: Path) -> None:
        """Replace everything by what a snapshot holds."""
        with self._lock:
            source = sqlite3.connect(str(path))
            source.backup(self.database)
            source.close()
            self._bring_up_to_date()
            self._ids = int(self.setting("ids") or 0)
            self._version = int(self.setting("version") or 0)


def _keep_private(path: Path) -> None:
    """Makes a file that only its owner may read: it will hold signing keys and client secrets."""
    path.touch(mode=0o600)
    path.chmod(0o600)
