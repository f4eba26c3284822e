"""What holds for all tests."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from pulumi.runtime.settings import ROOT

from entra_sync.base.run.memory import forget

# Random cases are the same ones in every run, whichever folders run, and no case fails because the machine is busy.
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def nothing_is_kept_of_tenants(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the snapshots of the user who runs it; a test of them takes this back."""
    monkeypatch.setenv("ENTRA_SYNC_NO_CACHE", "1")


@pytest.fixture(autouse=True)
def no_declaration_of_another_test_counts() -> None:
    """A process of the engine runs one command; this one runs many tests, whose emulators give the same ids."""
    forget()


@pytest.fixture(autouse=True)
def no_program_of_another_test_runs() -> None:
    """A stack that a test with mocks made would stay: mistakes would then be told as to a program that runs."""
    ROOT.set(None)
