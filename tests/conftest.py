"""What holds for all tests."""

from __future__ import annotations

import pytest

from entra_sync.base.run.memory import forget


@pytest.fixture(autouse=True)
def nothing_is_kept_of_tenants(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the snapshots of whoever runs it; a test of them takes this back."""
    monkeypatch.setenv("ENTRA_SYNC_NO_CACHE", "1")


@pytest.fixture(autouse=True)
def no_declaration_of_another_test_counts() -> None:
    """A process of the engine runs one command; this one runs many tests, whose emulators give the same ids."""
    forget()
