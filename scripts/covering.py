"""Records which tests run which lines, and each test's processor time: a plugin of pytest for scripts/mutation.py.

Tests that start Pulumi's engine or a browser are left out: what they cover runs in other processes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import coverage
import orjson
import pytest

SEPARATE = frozenset({"project", "stack", "browser"})
"""Fixtures of tests whose work is done in other processes."""


class Covering:
    """Tests by the lines that they run, out of a record in *directory*."""

    def __init__(self, directory: Path) -> None:
        self._data = coverage.CoverageData(str(directory / "lines"))
        self._data.read()
        self._seconds: dict[str, float] = orjson.loads((directory / "seconds.json").read_bytes())
        self._by_line: dict[str, dict[int, list[str]]] = {}

    def tests(self, file: str, first: int, last: int) -> list[tuple[str, float]]:
        """The tests that run a line between two of *file*, the shortest first, each with its seconds.

        A test is the name of its file if the line is run for several tests of it.
        """
        if file not in self._by_line:
            self._by_line[file] = self._data.contexts_by_lineno(file)
        found = {test for line in range(first, last + 1) for test in self._by_line[file].get(line, ()) if test}
        return sorted(((test, self._seconds[test]) for test in found), key=lambda each: (each[1], each[0]))


class Recorder:
    """The plugin."""

    def __init__(self, directory: Path, files: list[str]) -> None:
        self.directory, self.seconds = directory, dict[str, float]()
        self.coverage = coverage.Coverage(data_file=str(directory / "lines"), config_file=False, include=files)
        self.coverage.set_option("run:relative_files", True)
        self.coverage.start()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leaves out tests whose work is done in other processes."""
        items[:] = [each for each in items if not SEPARATE & set(getattr(each, "fixturenames", ()))]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Says to coverage which test runs, and adds its processor time to its own and to its file's."""
        self.coverage.switch_context(item.nodeid)
        start = time.process_time()
        try:
            return (yield)
        finally:
            self.coverage.switch_context("")
            for name in (item.nodeid, item.nodeid.partition("::")[0]):
                self.seconds[name] = self.seconds.get(name, 0) + time.process_time() - start

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> Iterator[object]:
        """What a fixture does for several tests is of their whole file: any of them may be the one that notices."""
        test = request._pyfuncitem.nodeid
        self.coverage.switch_context(test if fixturedef.scope == "function" else test.partition("::")[0])
        try:
            return (yield)
        finally:
            self.coverage.switch_context(test)

    def pytest_sessionfinish(self) -> None:
        """Writes the record."""
        self.coverage.stop()
        self.coverage.save()
        (self.directory / "seconds.json").write_bytes(orjson.dumps(self.seconds))


def pytest_configure(config: pytest.Config) -> None:
    """Records into the directory that the environment names."""
    directory, files = os.environ["ENTRA_SYNC_COVERING"], os.environ["ENTRA_SYNC_COVERED"]
    config.pluginmanager.register(Recorder(Path(directory), files.split(os.pathsep)))
