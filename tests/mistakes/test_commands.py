"""Mistakes on the command line and in the environment: each is one line, exit code 2, and no file is written."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
from pathlib import Path

import pytest

from entra_sync.cli import main
from tests.mistakes.running import rows

FILES = {"bad.json": b"{", "binary": b"\xff\xfe", "empty.json": b"{}", "list.json": b"[]", "no.md": b"# Hello\n"}


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command runs."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("line", "said"), rows("commands.txt"), ids=str)
def test_a_mistake_is_one_line(line: str, said: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables stand before a ``$``. Of a wrong usage the last line counts: Typer prints the usage above it."""
    variables, _, command = line.rpartition("$ ")
    for each in shlex.split(variables):
        monkeypatch.setenv(*each.split("=", 1))
    monkeypatch.setattr(sys, "argv", ["entra-sync", *shlex.split(command)])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    errors, printed = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as ended:
        main()

    told = re.sub(r"(?s)^Usage: .*\n(?=Error: )", "", errors.getvalue().rstrip())
    assert (2, said, "") == (ended.value.code, told, printed.getvalue())
    assert set(FILES) == {path.name for path in directory.iterdir()}
