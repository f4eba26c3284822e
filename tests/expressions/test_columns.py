"""The column form of expressions gives what the scalar form gives."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from entra_sync.errors import ConfigurationError, EvaluationError
from entra_sync.expressions import FUNCTIONS, Context, Expression, Ignored, canonical, evaluate, parse
from entra_sync.expressions.columns.evaluation import evaluate_columns, evaluate_mappings
from entra_sync.expressions.columns.forms import FORMS
from tests.expressions.generated import calls, expressions, parsed, people

NOW = datetime(2025, 7, 30, 12, 0, tzinfo=UTC)


def scalar_answers(expression: Expression, frame: pl.DataFrame, context: Context) -> list[object]:
    """The texts, the error or the ignored flow of each person by the scalar form."""
    answers: list[object] = []
    for row in frame.iter_rows(named=True):
        try:
            value = evaluate(expression, row, context)
        except EvaluationError as error:
            answers.append(("error", str(error)))
            continue
        texts = canonical(value)
        answers.append(value.value if isinstance(value, Ignored) else [texts] if isinstance(texts, str) else texts)
    return answers


def column_answers(expression: Expression, frame: pl.DataFrame, context: Context) -> list[object]:
    """The same by the column form."""
    column = evaluate_columns(expression, frame, context)
    answers: list[object] = []
    for value, error, ignored in zip(
        column.values.to_list(), column.errors.to_list(), column.ignored.to_list(), strict=True
    ):
        if error is not None or ignored is not None:
            assert value is None
            answers.append(("error", error) if error is not None else ignored)
        else:
            answers.append([value] if isinstance(value, str) else value)
    return answers


@settings(max_examples=400)
@given(expressions().map(parsed), people())
def test_columns_equal_rows(expression: Expression, frame: pl.DataFrame) -> None:
    """Values, errors and ignored flows are the same for every expression and all people."""
    context = Context.fixed(NOW)

    assert scalar_answers(expression, frame, context) == column_answers(expression, frame, context)


@pytest.mark.parametrize("constant", ["1", "1.0", "x", ""])
@pytest.mark.parametrize("operator", ["=", "<>"])
def test_comparisons_of_columns_take_numbers_as_numbers(operator: str, constant: str) -> None:
    """As the comparison of one user does."""
    expression = parse(f'IIF([employeeId] {operator} "{constant}", "yes", "no")')
    frame = pl.DataFrame({"employeeId": ["1", "01", "1.0", "x", "X", "", None]})
    context = Context.fixed(NOW)

    assert scalar_answers(expression, frame, context) == column_answers(expression, frame, context)


@settings(max_examples=100)
@given(expressions(volatile=True, depth=2).map(parsed), people(), st.integers(0, 3))
def test_random_columns_equal_rows_for_the_same_seed(expression: Expression, frame: pl.DataFrame, seed: int) -> None:
    """Functions that make values up draw them person by person, in order."""
    by_row = scalar_answers(expression, frame, Context.fixed(NOW, seed))

    assert by_row == column_answers(expression, frame, Context.fixed(NOW, seed))


@pytest.mark.parametrize("name", sorted(FORMS))
@settings(max_examples=60)
@given(st.data(), people())
def test_each_column_form_equals_its_function(name: str, data: st.DataObject, frame: pl.DataFrame) -> None:
    """Every function with a column form, over attributes and constants."""
    expression = parsed(data.draw(calls(FUNCTIONS[name], expressions(depth=0))))
    context = Context.fixed(NOW)

    assert scalar_answers(expression, frame, context) == column_answers(expression, frame, context)


def test_attribute_that_was_not_read_is_refused() -> None:
    """A missing column is not a column of nulls."""
    with pytest.raises(ConfigurationError, match='attribute "mail" was not read'):
        evaluate_columns(parse("ToLower([mail])"), pl.DataFrame({"city": ["Reading"]}), Context.fixed())


def test_several_mappings_are_computed_by_name() -> None:
    """Each expression's column comes back under its name."""
    frame = pl.DataFrame({"mail": ["A@x", None]})

    columns = evaluate_mappings({"lower": parse("ToLower([mail])"), "mail": parse("[mail]")}, frame, Context.fixed())

    assert {
        "lower": ["a@x", None],
        "mail": ["A@x", None],
    } == {name: column.values.to_list() for name, column in columns.items()}


def test_untaken_branch_leaves_no_error() -> None:
    """A date that cannot be read matters only to people whose branch reads it."""
    frame = pl.DataFrame({"kind": ["dated", "plain", "dated"], "date": ["2025-07-31", "", ""]})

    column = evaluate_columns(parse('Switch([kind], CDate([date]), "plain", "none")'), frame, Context.fixed(NOW))

    assert (
        ["7/31/2025 12:00:00 AM", "none", None],
        [None, None, 'CDate: takes a date and time: "" is not a date and time'],
    ) == (
        column.values.to_list(),
        column.errors.to_list(),
    )
