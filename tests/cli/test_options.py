"""Options that all commands share: version, completion, colors, JSON, exit codes."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version

import orjson
import pytest
from typer.main import get_command

from entra_sync.cli import app
from tests.cli.commands import answer, run

WITHOUT_JSON = {
    "comment": "writes Markdown",
    "demo": "is a walkthrough",
    "evaluate": "prints JSON lines",
    "federate": "prints nothing",
    "filter": "prints JSON lines",
    "graph": "prints a picture",
    "new": "prints nothing to read back",
    "post-comment": "prints nothing",
}
"""Commands whose answer is not a value, or is JSON already."""


def options(command: object) -> set[str]:
    """Names of a command's options."""
    return {name for parameter in command.params for name in parameter.opts}  # type: ignore[attr-defined]


def test_the_version_is_the_package_s() -> None:
    """It is printed before anything else is looked at."""
    assert f"entra-sync {version('pulumi-entra-sync')}\n" == run("--version").stdout


def test_completion_can_be_installed() -> None:
    """By Typer's own options."""
    assert {"--install-completion", "--show-completion"} <= options(get_command(app))


def test_every_command_answers_in_json() -> None:
    """But for those that print something else, each for a reason."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    lacking = {name for name, command in commands.items() if "--json" not in options(command)}

    assert set() == lacking - WITHOUT_JSON.keys()


def test_help_names_values_in_plain_words() -> None:
    """No type of Python, and no markup of docstrings."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    texts = {name: run(name, "--help").stdout for name in commands}
    kinds = {kind for text in texts.values() for kind in re.findall(r" {2}(?:--)?[\w.-]+ <([a-z ]+)>(?= |\n)", text)}

    assert {"text", "path", "number"} == kinds
    assert [] == [name for name, text in texts.items() if "list[" in text or "``" in text]


def test_exit_codes_are_in_the_help() -> None:
    """One sentence for all commands."""
    text = " ".join(run("--help").stdout.split())

    assert "Exit codes of all commands: 0 success, 2 an error" in text


def test_the_list_of_commands_cuts_no_sentence() -> None:
    """A long one is wrapped, in a terminal of 80 columns too."""
    assert not re.search(r"\w\.\.\.", run("--help").stdout)


def test_no_color_prints_no_escape_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal that has colors; without the option there are some."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    colored = re.compile(r"\x1b\[[0-9;]*3[0-9]")
    expression = ("explain", 'Append([a], "x")', "--input", '{"a": "Ada"}')

    assert colored.search(run(*expression).stdout)
    assert not colored.search(run("--no-color", *expression).stdout)


def test_explain_has_its_tree_in_json() -> None:
    """With the value of each step that was computed."""
    found = answer("explain", 'Left([a], 2) & "!"', "--input", '{"a": "Ada"}')

    assert "Ad!" == found["result"]
    (left, _) = found["tree"]["children"]
    assert {"expression": "Left([a], 2)", "value": {"result": "Ad"}} == {
        key: left[key] for key in ("expression", "value")
    }


def test_calls_in_json_end_with_code_3_if_the_preview_failed() -> None:
    """The errors are in the answer."""
    preview = {"steps": [], "diagnostics": [{"severity": "error", "message": "refused"}]}
    found = answer("calls", given=orjson.dumps(preview).decode(), code=3)

    assert {"impact": [], "steps": [], "errors": ["refused"]} == found


def test_the_command_line_starts_without_what_only_commands_need() -> None:
    """Rich, pydantic, polars and Pulumi take longer to import than the help takes to print."""
    code = "import sys; from entra_sync.cli import app, commands; commands.register(app); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert set() == {"rich", "pydantic", "polars", "pulumi", "httpx", "msgraph"} & set(loaded)
