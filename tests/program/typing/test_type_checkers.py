"""What a user's editor says about a program: nothing about a good one, every mistake of a bad one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program.typing import every_type
from tests.scripts import script

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
BIN = Path(sys.executable).parent


def mypy(programs: list[Path]) -> set[tuple[str, int]]:
    """File and line of each error of ``mypy --strict``; its cache is that of ``make lint``."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", *map(str, programs)]
    environment = {**os.environ, "MYPYPATH": str(ROOT / "provider")}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    errors = re.findall(r"^(.+?):(\d+): error: ", run.stdout, flags=re.MULTILINE)
    assert run.returncode in {0, 1}, run.stdout + run.stderr
    return {(Path(file).name, int(line)) for file, line in errors}


def pyright(programs: list[Path]) -> set[tuple[str, int]]:
    """The same of pyright, which gets its own program from npm once."""
    settings = {"extraPaths": [str(ROOT / "provider")], "pythonVersion": "3.11", "typeCheckingMode": "standard"}
    (programs[0].parent / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [BIN / "pyright", "--outputjson", "--pythonpath", sys.executable, "--project", programs[0].parent]
    run = subprocess.run([*command], capture_output=True, text=True)
    if not run.stdout.lstrip().startswith("{"):
        pytest.skip(f"pyright cannot be had here: {(run.stderr or run.stdout).strip()[-200:]}")
    found = json.loads(run.stdout)["generalDiagnostics"]
    return {
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1) for each in found if each["severity"] == "error"
    }


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_type_checkers_find_each_mistake_and_no_other(
    checker: Callable[[list[Path]], set[tuple[str, int]]], tmp_path: Path
) -> None:
    """The programs stand outside the checkout, as a user's do; each line that is wrong has a comment."""
    programs = [Path(shutil.copy(HERE / name, tmp_path)) for name in ("good_program.py", "bad_program.py")]
    programs.append(tmp_path / "every_type.py")
    programs[-1].write_text(every_type.program())
    wrong = {
        (path.name, number)
        for path in programs
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if line.endswith(every_type.WRONG)
    }

    assert wrong == checker(programs)


def test_every_exported_type_is_used_as_meant_and_misused() -> None:
    """A new resource, value type or enumeration is in the program by itself; each has a line that is wrong."""
    lines = every_type.program().splitlines()
    wrong = {line.removeprefix("entra.").partition("(")[0].partition(".")[0] for line in lines if "# wrong" in line}

    assert {"Mappings", "ScopingFilter"} == every_type.exported().keys() - wrong


def test_the_made_parts_are_what_the_arguments_say() -> None:
    """A new argument needs ``python scripts/argument_types.py``, and nothing else."""
    for path, text in script("argument_types").texts().items():
        formatted = subprocess.run(
            [BIN / "ruff", "format", "-q", "-", "--stdin-filename", path],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )

        assert formatted.stdout == path.read_text(), path.name
