"""Secrets of a link, and access tokens, in what commands print, log and save."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from entra_sync.emulator import Emulator
from tests.cli.commands import run
from tests.cli.conftest import act, connections, objects
from tests.programs.planted import PLANTED, found

JSON = Any


def test_no_secret_and_no_token_is_in_what_commands_print_log_and_save(
    link_file: Path,
    emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With each library's log in full, as a pipeline that is debugged has it."""
    monkeypatch.setenv("ENTRA_SYNC_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ENTRA_SYNC_NO_CACHE", raising=False)
    for name, each in connections(emulator).items():
        monkeypatch.setenv(f"ENTRA_{name.upper()}_TENANT_ID", each["tenantId"])
        monkeypatch.setenv(f"ENTRA_{name.upper()}_CLOUD", each["cloud"])
    owner = json.loads(link_file.read_text())["servicePrincipalId"]
    secrets = f"/v1.0/servicePrincipals/{owner}/synchronization/secrets"
    values = act(emulator, "contoso", "GET", secrets)["value"]
    act(emulator, "contoso", "PUT", secrets, {"value": [*values, {"key": "SecretToken", "value": PLANTED}]})
    user = next(each["userPrincipalName"] for each in objects(emulator, "contoso", "user").values())
    commands = [
        ("status", "--link", str(link_file)),
        (
            "logs",
            "--link",
            str(link_file),
            "--since",
            "2020-01-01",
            "--format",
            "csv",
            "--output",
            str(tmp_path / "log.csv"),
        ),
        ("logs", "--link", str(link_file), "--since", "2020-01-01", "--audit", "--wide"),
        ("impact", "--link", str(link_file), "--people", "--save", str(tmp_path / "saved")),
        ("impact", "--link", str(link_file), "--people", "--format", "html", "--output", str(tmp_path / "report.html")),
        ("why", user, "--link", str(link_file)),
        ("import", "--source", "contoso", "--target", "federal", "--directory", str(tmp_path / "imported")),
        ("verify", "--source", "contoso", "--target", "federal", "--output", str(tmp_path / "verified.json")),
    ]
    with caplog.at_level(logging.DEBUG):
        results = [run(*command) for command in commands]
    files = [each for each in tmp_path.rglob("*") if each.is_file()]

    assert [None] * len(commands) == [
        None if isinstance(each.exception, SystemExit) else each.exception for each in results
    ]
    assert {"cache", "imported", "link.json", "log.csv", "report.html", "saved", "verified.json"} == {
        each.relative_to(tmp_path).parts[0] for each in files
    }
    assert "SecretToken" in [each["key"] for each in act(emulator, "contoso", "GET", secrets)["value"]]
    assert [] == [each for result in results for each in found(result.output, [PLANTED])]
    assert [] == found(caplog.text, [PLANTED])
    for path in files:
        assert [] == found(path.read_bytes().decode("utf-8", "replace"), [PLANTED]), path
