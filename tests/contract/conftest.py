"""Official clients over TLS against the emulator, unmodified: only addresses and trust are set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from entra_sync.emulator import Emulator
from entra_sync.emulator.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running emulator with Contoso and Contoso Federal."""
    directory: Path = tmp_path_factory.mktemp("emulator")
    emulator = Emulator.sample("contoso", people=150, state=directory)
    with emulator.serve() as running:
        yield running
