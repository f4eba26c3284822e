"""The package's own environment variables."""

import ast
from pathlib import Path

import pytest

from entra_sync.environment import Environment
from entra_sync.errors import ConfigurationError
from entra_sync.graph.answers.fresh import building, lag, second_look

SOURCES = Path(__file__).parents[2] / "provider" / "entra_sync"


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


def test_nothing_writes_the_environment() -> None:
    """What one function asks of another is an argument."""
    written = [
        f"{path.name}:{node.lineno}"
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Store | ast.Del)
        and ast.unparse(node.value) == "os.environ"
    ]

    assert [] == written
