"""What holds for all tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def nothing_is_kept_of_tenants(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the snapshots of whoever runs it; a test of them takes this back."""
    monkeypatch.setenv("ENTRA_SYNC_NO_CACHE", "1")
