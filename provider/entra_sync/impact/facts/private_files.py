"""Files that only their owner can read: what is kept of a tenant, and what is known of its users."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from entra_sync.errors import ConfigurationError

__all__ = ["private_directory", "replacing", "write_privately"]


def private_directory(directory: Path) -> None:
    """Makes a directory that only its owner can enter; one that is there is narrowed.

    Raises:
        ConfigurationError: It belongs to another user of this machine, or cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if hasattr(os, "getuid") and directory.stat().st_uid != os.getuid():
            raise ConfigurationError(f"{directory} belongs to another user, so nothing is written there")
        directory.chmod(0o700)
    except OSError as problem:
        raise ConfigurationError(f"{directory} cannot be used for snapshots ({problem.strerror or problem})") from None


def write_privately(path: Path, content: bytes) -> None:
    """Replaces a file in one step by one that only its owner can read."""
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file that only its owner can read, beside *path*, which takes its place in the end.

    No file or link that is there is written to.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
