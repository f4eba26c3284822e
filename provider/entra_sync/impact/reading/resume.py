"""What has been read of a collection so far, kept so that an interrupted reading goes on where it stopped."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from entra_sync.impact.facts.private_files import private_directory, write_privately
from entra_sync.impact.facts.snapshot import write_parquet

__all__ = ["Parts", "Progress"]

JSON = Any

PAGES_A_PART = 20
"""Pages that are kept in memory before they are written: what an interruption may cost."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the reading of one collection stands.

    Attributes:
        frames: What was read.
        next: Link to go on with; None when nothing was read yet.
        done: Whether the last page was read.
    """

    frames: list[pl.DataFrame] = field(default_factory=list)
    next: str | None = None
    done: bool = False


@dataclass
class Parts:
    """The collections of one reading, in a directory of the owner's, or nowhere.

    Args:
        directory: Where to keep them; None keeps nothing, so that an interrupted reading begins again.
        purpose: What is read, in a form that differs when the requests would: parts of another purpose are dropped.

    Attributes:
        resumed: Whether something of an interrupted reading was used, which is as old as that reading.
    """

    directory: Path | None
    purpose: str = ""
    resumed: bool = field(default=False, init=False)
    _waiting: dict[str, list[pl.DataFrame]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.directory is None:
            return
        stamp = self.directory / "purpose.json"
        if stamp.exists() and stamp.read_bytes() == orjson.dumps(self.purpose):
            return
        self._begin(self.directory)

    def progress(self, collection: str) -> Progress:
        """What was read of a collection before an interruption; nothing where that is damaged."""
        directory = self._of(collection)
        if directory is None or not self.begun(collection):
            return Progress()
        try:
            state = orjson.loads((directory / "state.json").read_bytes())
            frames = [pl.read_parquet(directory / name) for name in state["files"]]
            progress = Progress(frames, state["next"], state["done"])
        except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError):
            self.forget(collection)
            return Progress()
        self.resumed = True
        return progress

    def begun(self, collection: str) -> bool:
        """Whether something of a collection was kept before an interruption."""
        directory = self._of(collection)
        return directory is not None and (directory / "state.json").exists()

    def add(self, collection: str, frame: pl.DataFrame, next: str | None) -> None:
        """Keeps one more page; *next* is the link that follows it, None after the last."""
        directory = self._of(collection)
        if directory is None:
            return
        waiting = self._waiting.setdefault(collection, [])
        waiting.append(frame)
        if next is not None and len(waiting) < PAGES_A_PART:
            return
        try:
            self._write(directory, waiting, next)
        except OSError:
            self._give_up()
        waiting.clear()

    def _write(self, directory: Path, waiting: list[pl.DataFrame], next: str | None) -> None:
        private_directory(directory)
        state = directory / "state.json"
        files = orjson.loads(state.read_bytes())["files"] if state.exists() else []
        name = f"{len(files):06}.parquet"
        write_parquet(directory / name, pl.concat(waiting))
        write_privately(state, orjson.dumps({"files": [*files, name], "next": next, "done": next is None}))

    def forget(self, collection: str) -> None:
        """Drops what is kept of one collection, e.g. since its link has expired."""
        self._waiting.pop(collection, None)
        directory = self._of(collection)
        if directory is not None:
            shutil.rmtree(directory, ignore_errors=True)

    def note(self, name: str, value: JSON) -> JSON:
        """*value*, or what was noted under the name before an interruption."""
        if self.directory is None:
            return value
        path = self.directory / f"note-{_key(name)}.json"
        if path.exists():
            try:
                return orjson.loads(path.read_bytes())
            except (OSError, orjson.JSONDecodeError):
                # What was read under a note that is lost is of no use.
                self._begin(self.directory)
        try:
            write_privately(path, orjson.dumps(value))
        except OSError:
            self._give_up()
        return value

    def clear(self) -> None:
        """Drops everything: the reading is complete, or another one begins."""
        self._waiting.clear()
        self.resumed = False
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _begin(self, directory: Path) -> None:
        self.clear()
        private_directory(directory)
        try:
            write_privately(directory / "purpose.json", orjson.dumps(self.purpose))
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        """Keeps nothing any more: parts are for an interruption only, and without them a reading begins again."""
        resumed = self.resumed
        self.clear()
        self.resumed, self.directory = resumed, None

    def _of(self, collection: str) -> Path | None:
        return None if self.directory is None else self.directory / _key(collection)


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]
