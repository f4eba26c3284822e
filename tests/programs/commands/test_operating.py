"""Commands about a program, on the real engine: its configuration and its state come from there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from entra_sync.graph.requests import Request
from tests.cli.commands import answer
from tests.programs.conftest import Stack

JSON = Any


@pytest.fixture
def selected(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack that a user has made."""
    stack.configure(groups=stack.groups("Support"))
    stack.made()
    return stack.selected(monkeypatch)


def test_drift_and_status_of_a_stack(stack: Stack, selected: Path) -> None:
    """No drift; then an administrator renames the application, and the call that undoes it is listed."""
    arguments = ("--program", str(selected), "--stack", stack.workspace.stack)

    assert {"drift": [], "violations": []} == answer("drift", *arguments)

    (application,) = stack.graphs["contoso"].pages("/v1.0/applications?$filter=displayName eq 'contoso-to-federal'")
    path = f"/v1.0/applications/{application['id']}"
    stack.graphs["contoso"].send(Request("PATCH", path, {"displayName": "renamed"}, "acting as an administrator"))
    start = len(stack.emulator.requests)
    (step,) = answer("drift", *arguments, code=3)["drift"]
    (link,) = answer("status", *arguments)
    (contoso, federal) = answer("permissions", *arguments)

    assert [f"PATCH {path}"] == [call["call"] for call in step["calls"]]
    assert [] == stack.emulator.requests.calls(start)
    assert ("contoso-to-federal", "federal") == (link["link"], link["target"])
    assert ("contoso", "federal") == (contoso["tenant"], federal["tenant"])
