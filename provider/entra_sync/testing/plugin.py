"""The settings and fixtures of the pytest plugin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from entra_sync.environment import NO_CACHE
from entra_sync.errors import EntraSyncError
from entra_sync.testing.synchronized import Synchronized

__all__ = ["entra_after_first_cycle", "pytest_addoption", "synchronized"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the settings of ``[tool.pytest.ini_options]``."""
    parser.addini("entra_program", "Directory of the Pulumi program.", type="string", default=".")
    parser.addini("entra_stack", "Stack whose file Pulumi.<stack>.yaml configures the program.", default="test")
    parser.addini(
        "entra_tenants",
        "Directory of CSV files or of `entra-sync impact --save`, or a snapshot of the emulator.",
        type="string",
        default="tests/tenants",
    )


@pytest.fixture(scope="session")
def entra_after_first_cycle(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Synchronized]:
    """The program of this test session, once its link is up and has run its first cycle."""
    root = pytestconfig.rootpath
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(NO_CACHE, "true")  # Emulated tenants have the ids of real ones, whose cache must stay as it is.
        try:
            program = Synchronized(
                root / str(pytestconfig.getini("entra_program")),
                str(pytestconfig.getini("entra_stack")),
                root / str(pytestconfig.getini("entra_tenants")),
            )
        except EntraSyncError as problem:
            pytest.fail(str(problem), pytrace=False)
        start: Path = tmp_path_factory.mktemp("entra") / "start.sqlite3"
        program.emulator.snapshot(start)
        program.start = start
        yield program
        program.emulator.close()


@pytest.fixture
def synchronized(entra_after_first_cycle: Synchronized) -> Synchronized:
    """The program after its first cycle; what one test changes, the next one does not see."""
    entra_after_first_cycle.reset()
    return entra_after_first_cycle
