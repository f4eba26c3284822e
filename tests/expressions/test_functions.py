"""Every function of the expression language, by case files and by the published examples."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from entra_sync.errors import EvaluationError
from entra_sync.expressions import (
    CHOICES,
    FUNCTIONS,
    Context,
    Ignored,
    canonical,
    choices_touched,
    evaluate,
    from_source,
    parse,
    to_source,
)
from entra_sync.expressions.columns.evaluation import evaluate_columns
from entra_sync.expressions.dotnet.dates import read_date
from entra_sync.expressions.language.syntax import Call, walk
from tests.expressions.case_files import CASES, Case, read_case_files

LINES = list(read_case_files())
EXAMPLES: list[dict[str, Any]] = json.loads((CASES / "expressions.json").read_text(encoding="utf-8"))["cases"]
INCONSISTENT = [example for example in EXAMPLES if example["kind"] == "doc-inconsistent"]
GRADED = [example for example in EXAMPLES if example["kind"] in ("value", "flow-ignored", "error")]
OF_CHANCE = [example for example in EXAMPLES if example["kind"] == "nondeterministic"]


def result(text: str, attributes: dict[str, Any], context: Context) -> Any:
    """What an expression gives, as a case file writes it."""
    try:
        value = evaluate(parse(text), attributes, context)
    except EvaluationError as error:
        return f"error: {error}"
    return value.value if isinstance(value, Ignored) else canonical(value)


def context_of(example: dict[str, Any]) -> Context:
    taken = set(example.get("taken", ()))
    now = datetime.fromisoformat(example["now"]) if "now" in example else datetime(2025, 1, 1, tzinfo=UTC)
    return Context.fixed(now, taken=taken.__contains__)


def expected_of(example: dict[str, Any]) -> Any:
    if example["kind"] == "flow-ignored":
        return "ignore-object" if example["flow"] == "ignore-object" else "ignore-attribute"
    return str(example["expect"]) if isinstance(example["expect"], int) else example["expect"]


@pytest.mark.parametrize("case", LINES, ids=[case.place for case in LINES])
def test_case_file(case: Case) -> None:
    """Each line of the case files gives its result, and its expression survives printing and Graph's form."""
    expression = parse(case.expression)

    assert case.expected == result(
        case.expression, case.attributes, Context.fixed(case.now, taken=case.taken.__contains__)
    )
    assert expression == parse(str(expression))
    assert expression == from_source(to_source(expression))


@pytest.mark.parametrize("case", LINES, ids=[case.place for case in LINES])
def test_case_file_as_columns(case: Case) -> None:
    """Each line gives the same result for a frame of one person."""
    names = {node.name for node in walk(parse(case.expression)) if hasattr(node, "name") and not isinstance(node, Call)}
    kinds = {bool: pl.Boolean, int: pl.Int64, list: pl.List(pl.String)}
    columns = {
        name: pl.Series([case.attributes.get(name)], dtype=kinds.get(type(case.attributes.get(name)), pl.String))
        for name in names
    }
    person = pl.DataFrame({"id": ["1"], **columns})

    column = evaluate_columns(parse(case.expression), person, Context.fixed(case.now, taken=case.taken.__contains__))

    error, ignored = column.errors[0], column.ignored[0]
    found = f"error: {error}" if error is not None else ignored or column.values.to_list()[0]
    assert case.expected == found


@pytest.mark.parametrize("example", GRADED, ids=[example["id"] for example in GRADED])
def test_published_example(example: dict[str, Any]) -> None:
    """Examples whose printed result follows from the published rules."""
    assert expected_of(example) == result(example["expression"], example["input"], context_of(example))


@pytest.mark.parametrize("example", INCONSISTENT, ids=[example["id"] for example in INCONSISTENT])
def test_example_that_contradicts_its_own_rules(example: dict[str, Any]) -> None:
    """Where a page prints what its rules do not give, the rules are followed."""
    assert expected_of(example) == result(example["expression"], example["input"], context_of(example))


@pytest.mark.parametrize("example", OF_CHANCE, ids=[example["id"] for example in OF_CHANCE])
def test_example_of_chance(example: dict[str, Any]) -> None:
    """Random results meet the conditions of the example, whatever the randomness."""
    check = example["check"]
    for seed in range(50):
        text = result(example["expression"], example["input"], Context.fixed(seed=seed))

        if "regex" in check:
            assert re.search(check["regex"], text)
            continue
        counts = {
            "length": len(text),
            "min_digits": sum(character.isdigit() for character in text),
            "min_upper": sum(character.isupper() for character in text),
            "min_lower": sum(character.islower() for character in text),
            "min_special": sum(not character.isalnum() for character in text),
        }
        assert all(counts[name] >= check[name] for name in counts)
        assert not set(check["forbidden"]) & set(text)


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["id"] for example in EXAMPLES])
def test_every_published_expression_survives_printing_and_graphs_form(example: dict[str, Any]) -> None:
    """Examples that cannot be graded have to be read all the same."""
    expression = parse(example["expression"])

    assert expression == parse(str(expression))
    assert expression == from_source(to_source(expression))


def test_every_function_has_a_case() -> None:
    """The case files leave no function out, but those whose results are random."""
    used = {node.name for case in LINES for node in walk(parse(case.expression)) if isinstance(node, Call)}

    assert {"Guid"} == set(FUNCTIONS) - used


def test_every_function_names_the_page_of_its_rule() -> None:
    """Docstrings, pages and reasons are there for the documentation to show."""
    assert all(definition.page and definition.evaluate.__doc__ for definition in FUNCTIONS.values())


def test_every_choice_is_touched_by_some_case() -> None:
    """No open question is listed that no expression can meet."""
    touched = {choice.name for case in LINES for choice in choices_touched(parse(case.expression))}

    assert set() == {choice.name for choice in CHOICES} - touched


def test_origins_name_choices_that_touch_their_cases() -> None:
    """A case that comes from a choice is one that the choice is reported for."""
    unreported = [
        case.place
        for case in LINES
        if case.origin.startswith("choice ")
        and case.origin.removeprefix("choice ")
        not in {choice.name for choice in choices_touched(parse(case.expression))}
    ]

    assert [] == unreported


def test_guid_has_the_documented_form() -> None:
    """Lower case, 8-4-4-4-12."""
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", result("Guid()", {}, Context.fixed()))


def test_evaluation_error_points_at_the_call() -> None:
    """The span is the part that failed, in the text that was parsed."""
    with pytest.raises(EvaluationError) as failed:
        evaluate(parse('Append("x", CDate([d]))'), {"d": "soon"}, Context.fixed())

    assert ('Append("x", CDate([d]))', (12, 22)) == (failed.value.text, failed.value.span)


def test_attribute_of_an_impossible_kind_is_an_error() -> None:
    """What no attribute can hold is not turned into some text."""
    with pytest.raises(EvaluationError, match="attribute a is neither a text, a number, a Boolean nor a list of texts"):
        evaluate(parse("[a]"), {"a": 1.5}, Context.fixed())


def test_each_computed_part_is_observed_once() -> None:
    """The observer sees the parts that were computed, innermost first, and no untaken branch."""
    seen: list[str] = []

    evaluate(
        parse('IIF([a] = "1", ToUpper([b]), [c])'),
        {"a": "1", "b": "x"},
        Context.fixed(),
        lambda node, value: seen.append(str(node)),
    )

    assert ["[a]", '"1"', '[a] = "1"', "[b]", "ToUpper([b])", 'IIF([a] = "1", ToUpper([b]), [c])'] == seen


def test_a_year_that_no_date_has_is_refused() -> None:
    """The text may hold any number of digits, and .NET refuses those beyond the year 9999."""
    with pytest.raises(EvaluationError):
        evaluate(
            parse('FormatDateTime("9999999999-01-01", , "yyyyyyyyyy-MM-dd", "yyyy")'),
            {},
            Context.fixed(datetime(2026, 1, 1, tzinfo=UTC)),
        )


@pytest.mark.parametrize(("fraction", "ticks"), [("5070408502", 5_070_409), ("5070408498", 5_070_408), ("99999999", 0)])
def test_more_than_seven_digits_of_a_second_are_rounded(fraction: str, ticks: int) -> None:
    """DateTime.Parse of .NET Core 3.1 rounds them to the nearest tick, which may be the next second."""
    assert ticks == read_date(f"18-Mar-1968, 18:45:50.{fraction}").fraction
