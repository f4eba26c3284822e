"""Official clients over TLS against the emulator, unmodified: only addresses and trust are set."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from entra_sync.emulator import Emulator
from entra_sync.emulator.serving.server import Server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a language's tools its tests are skipped; ``make contract`` has them fail instead."""
    if os.environ.get("ENTRA_CONTRACT") == "all":
        return
    for item in items:
        for mark in item.iter_markers("toolchain"):
            missing = [tool for tool in mark.args if shutil.which(tool) is None]
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"not on this machine: {', '.join(missing)}"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running emulator with Contoso and Contoso Federal."""
    directory: Path = tmp_path_factory.mktemp("emulator")
    emulator = Emulator.sample("contoso", people=150, state=directory)
    with emulator.serve() as running:
        yield running
