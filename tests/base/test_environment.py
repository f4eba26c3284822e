"""The package's own environment variables."""

import ast
import re
from pathlib import Path

import pytest

from entra_sync.environment import Environment
from entra_sync.errors import ConfigurationError
from entra_sync.graph.answers.fresh import building, lag, second_look

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "provider" / "entra_sync"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[("", False), ("0", False), ("false", False), ("No", False), ("off", False)],
        *[("1", True), ("true", True), ("YES", True), (" on ", True)],
    ],
)
def test_switches_take_the_usual_truth_values(text: str, expected: bool) -> None:
    """In any case, with blanks around them; an empty variable is one that is not set."""
    assert expected == Environment.read({"ENTRA_SYNC_READ_ONLY": text}).read_only


@pytest.mark.parametrize("name", ["ENTRA_SYNC_READ_ONLY", "ENTRA_SYNC_NO_CACHE", "ENTRA_SYNC_SHOW_VALUES"])
def test_another_value_of_a_switch_is_refused_by_name(name: str) -> None:
    """A switch that is misspelled must not count as off."""
    with pytest.raises(ConfigurationError) as refused:
        Environment.read({name: "treu"})

    assert f'{name} is "treu"; set it to true or false (or 1, yes, on, 0, no, off)' == str(refused.value)


@pytest.mark.parametrize("hours", ["a day", "-1", "nan", "inf"])
def test_hours_are_a_number_from_zero(hours: str) -> None:
    """One line that names the variable."""
    with pytest.raises(
        ConfigurationError, match=r"ENTRA_SYNC_CACHE_HOURS is .*; set it to a number of hours, e\.g\. 24"
    ):
        Environment.read({"ENTRA_SYNC_CACHE_HOURS": hours})


@pytest.mark.parametrize("seconds", ["long", "-1", "nan", "3601"])
def test_the_lag_of_replicas_is_a_number_of_seconds(seconds: str) -> None:
    """One line that names the variable."""
    with pytest.raises(ConfigurationError) as refused:
        Environment.read({"ENTRA_SYNC_REPLICA_LAG": seconds})

    assert f'ENTRA_SYNC_REPLICA_LAG is "{seconds}"; set it to a number of seconds from 0 to 3600, e.g. 120' == str(
        refused.value
    )


def test_all_waits_follow_the_lag_of_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that builds on another waits half of it, a look for what is gone a thirtieth."""
    usual = (lag(), building(), second_look())
    monkeypatch.setenv("ENTRA_SYNC_REPLICA_LAG", "30")

    assert (120.0, 60, 4.0) == usual
    assert (30.0, 15, 1.0) == (lag(), building(), second_look())


def test_a_process_of_its_own_reads_the_same(tmp_path: Path) -> None:
    """What is passed on as variables is read as what it was."""
    environment = Environment(
        cache=tmp_path, cache_hours=0.5, no_cache=True, links=tmp_path, read_only=True, replica_lag=9
    )

    assert environment == Environment.read(environment.variables())


def _writes(tree: ast.AST) -> list[int]:
    """Lines that set, remove or update a variable of the process."""
    changing = {"clear", "pop", "popitem", "setdefault", "update"}
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()) if ast.unparse(owner) == "os.environ":
                found.append(node.lineno)
            case ast.AugAssign(target=target) if ast.unparse(target) == "os.environ":
                found.append(node.lineno)
            case ast.Call(func=ast.Attribute(value=owner, attr=method)):
                if (ast.unparse(owner) == "os.environ" and method in changing) or (
                    ast.unparse(owner) == "os" and method in {"putenv", "unsetenv"}
                ):
                    found.append(node.lineno)
    return found


@pytest.mark.parametrize(
    "code",
    [
        "os.environ['A'] = 'b'",
        "del os.environ['A']",
        "os.environ |= {}",
        "os.environ.update(A='b')",
        "os.environ.setdefault('A', 'b')",
        "os.putenv('A', 'b')",
    ],
)
def test_a_write_of_the_environment_is_found(code: str) -> None:
    """In each way in which Python can do it."""
    assert [1] == _writes(ast.parse(code))


@pytest.mark.parametrize(
    "folder", [SOURCES, SOURCES.parents[1] / "policies" / "entra_guard"], ids=lambda path: path.name
)
def test_nothing_writes_the_environment(folder: Path) -> None:
    """What one function asks of another is an argument."""
    trees = {path: ast.parse(path.read_text()) for path in folder.rglob("*.py")}

    assert [] == [f"{path.name}:{line}" for path, tree in trees.items() for line in _writes(tree)]


def test_the_package_s_own_variables_are_read_in_one_module() -> None:
    """Elsewhere they are named in messages only. Those of a tenant and of a pipeline have other names."""
    reading = [
        f"{path.relative_to(SOURCES)}:{node.lineno}"
        for path in SOURCES.rglob("*.py")
        if path.name != "environment.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call | ast.Subscript)
        and re.search(r"^os\.(environ\b.*|getenv\()['\"(\[]+ENTRA_SYNC_", ast.unparse(node))
    ]

    assert [] == reading
