"""What a preview keeps of both tenants, on the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from entra_sync.graph.requests import Request
from tests.programs.commands.previews import impact
from tests.programs.conftest import Stack


def listings(stack: Stack, start: int) -> list[str]:
    """Requests from *start* on that list users or members in full."""
    paths = [record.path for record in stack.emulator.requests[start:]]
    return [path for path in paths if "$top=999" in path and ("/users?" in path or "/members?" in path)]


def test_second_preview_reads_what_has_changed(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first lists both tenants, the next one neither; a user who moves meanwhile is seen, in `up` too."""
    monkeypatch.delenv("ENTRA_SYNC_NO_CACHE")
    monkeypatch.setenv("ENTRA_SYNC_CACHE", str(tmp_path / "cache"))
    stack.configure(groups=stack.groups("Support"))
    first = impact(stack.workspace.plan())
    (group,), member = stack.groups("Support"), first["sample"]["create"][0]
    path = f"/v1.0/groups/{group}/members/{member}/$ref"
    stack.graphs["contoso"].send(Request("DELETE", path, None, "moving a person"))
    start = len(stack.emulator.requests)
    second = impact(stack.workspace.plan())
    asked = listings(stack, start)
    start = len(stack.emulator.requests)
    outcome = stack.workspace.up()

    assert [] == asked
    assert first["counts"]["create"] - 1 == second["counts"].get("create", 0)
    assert 0 == outcome.code, outcome.output
    assert [] == listings(stack, start)
    assert f"created    {second['counts'].get('create', 0):>6}" in outcome.output


def test_preview_keeps_nothing_when_told_so(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ENTRA_SYNC_NO_CACHE: everything is read each time, and no file is left."""
    monkeypatch.setenv("ENTRA_SYNC_CACHE", str(tmp_path / "cache"))
    stack.configure(groups=stack.groups("Support"))
    for _ in range(2):
        start = len(stack.emulator.requests)
        stack.workspace.plan()

        assert listings(stack, start)
    assert not (tmp_path / "cache").exists()
