"""Whether a preview is to leave the links that it meets as files: for `entra-sync impact`, which asks it to."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["DIRECTORY", "directory"]

DIRECTORY = "ENTRA_SYNC_LINKS"
"""Environment variable: a directory in which each preview of a link leaves its declaration."""


def directory() -> Path | None:
    """The directory that the environment names; None where it names none."""
    place = os.environ.get(DIRECTORY)
    return Path(place) if place else None
