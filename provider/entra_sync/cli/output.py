"""Where a command writes what it found."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO

from entra_sync.errors import ConfigurationError

__all__ = ["writing"]


@contextmanager
def writing(output: Path | None, *, private: bool) -> Iterator[TextIO]:
    """Standard output where no file is named, else the file; a new *private* one is for its owner only.

    Raises:
        ConfigurationError: The file cannot be written.
    """
    if output is None:
        yield sys.stdout
        return
    opener = partial(os.open, mode=0o600 if private else 0o666)
    try:
        with open(output, "w", encoding="utf-8", opener=opener) as file:
            yield file
    except OSError as problem:
        raise ConfigurationError(f"{output}: {problem.strerror}") from None
