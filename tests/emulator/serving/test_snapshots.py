"""A program that returns to a snapshot meets the same service again: the same time, and the same ids from then on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from entra_sync.emulator.state.clock import Clock
from tests.emulator.api import Api

USER = {
    "userPrincipalName": "new@contoso.onmicrosoft.com",
    "displayName": "New",
    "mailNickname": "new",
    "accountEnabled": True,
    "passwordProfile": {"password": "Emulated1234!"},
}


def test_a_snapshot_has_its_time(contoso: Api, tmp_path: Path) -> None:
    """Its jobs would otherwise be late at once."""
    emulator = contoso.emulator
    before = emulator.clock.now()
    emulator.snapshot(tmp_path / "state.sqlite3")
    emulator.advance(timedelta(days=31))
    emulator.reset(tmp_path / "state.sqlite3")

    assert before == emulator.clock.now()


def test_a_running_clock_returns_no_further_than_to_the_time_of_the_machine() -> None:
    clock = Clock(running=True, wall=lambda: 1_800_000_000.0)
    clock.advance(timedelta(days=31))
    clock.return_to(datetime(2026, 1, 5, tzinfo=UTC))

    assert datetime.fromtimestamp(1_800_000_000, UTC) == clock.now()


def test_ids_do_not_depend_on_how_users_were_read(contoso: Api, tmp_path: Path) -> None:
    """Clients put as many requests into a batch as are waiting, which is never the same."""
    emulator = contoso.emulator
    emulator.snapshot(tmp_path / "state.sqlite3")
    first = contoso.post("/users", USER)["id"]
    emulator.reset(tmp_path / "state.sqlite3")
    contoso.post("/$batch", {"requests": [{"id": "1", "method": "GET", "url": "/users"}]})

    assert first == contoso.post("/users", USER)["id"]
