"""Expressions over whole columns of people: the answers of `evaluate`, a column at a time.

An expression is computed from the inside out, each part for all people at once. A function with a form in
`columns.forms` uses it; any other runs its scalar definition once for each distinct combination of arguments.
`evaluate` computes only the branch that a person takes; here a branch is computed for all users and what it gave, a
value or an error, is chosen per person, which comes to the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import polars as pl

from entra_sync.errors import ConfigurationError, EvaluationError
from entra_sync.errors.visible import visible_lines
from entra_sync.expressions.columns.forms import FORMS, Form, Operand, concatenate
from entra_sync.expressions.columns.values import (
    Values,
    as_text,
    choose,
    from_values,
    is_list,
    is_null,
    is_true,
    repeated,
)
from entra_sync.expressions.dotnet.no_value import NoValue
from entra_sync.expressions.language.binding import bind
from entra_sync.expressions.language.context import Context
from entra_sync.expressions.language.evaluation import call_function, concatenation, evaluate, holds, word_value
from entra_sync.expressions.language.functions import FUNCTIONS
from entra_sync.expressions.language.registry import OMITTED, Omitted
from entra_sync.expressions.language.syntax import (
    Attribute,
    Call,
    Comparison,
    Concatenation,
    Expression,
    Number,
    Text,
    Word,
    walk,
)
from entra_sync.expressions.language.values import FlowIgnored, Ignored, Value, decimal_of, is_empty, one_text, truth

__all__ = ["EvaluatedColumn", "evaluate_columns", "evaluate_mappings"]

WORKERS = 4
"""Expressions computed at the same time; Polars leaves Python's lock while it works."""

_ERROR = "error: "


@dataclass(frozen=True, slots=True)
class EvaluatedColumn:
    """What an expression gives for each person.

    Attributes:
        values: Canonical texts, or lists of them; null where the value is null or there is none.
        outcomes: Why there is no value, null where there is one: ``ignore-attribute``, ``ignore-object``, or
            ``error: `` and the message of the EvaluationError. None if every user has a value.
    """

    values: pl.Series
    outcomes: pl.Series | None = None

    @property
    def errors(self) -> pl.Series:
        """The message for each user whose evaluation fails, else null."""
        outcomes = self._outcomes()
        return outcomes.set(~outcomes.str.starts_with(_ERROR), None).str.strip_prefix(_ERROR)

    @property
    def ignored(self) -> pl.Series:
        """``ignore-attribute`` or ``ignore-object`` for each person whose flow is ignored, else null."""
        outcomes = self._outcomes()
        return outcomes.set(outcomes.str.starts_with(_ERROR), None)

    def _outcomes(self) -> pl.Series:
        return repeated(None, len(self.values)) if self.outcomes is None else self.outcomes


def evaluate_columns(expression: Expression, people: pl.DataFrame, context: Context) -> EvaluatedColumn:
    """The value of *expression* for each of the *people*.

    Args:
        expression: From `parse` or `from_source`.
        people: One row a person, one column an attribute, under the attribute's name: text, lists of texts, Boolean or
            integers; null is an absent attribute.
        context: As for `evaluate`.

    Raises:
        ConfigurationError: An attribute that the expression reads has no column, as what was not read is unknown and
            not absent; or a column holds something that no attribute can hold.
    """
    if any(isinstance(node, Call) and FUNCTIONS[node.name].volatile for node in walk(expression)):
        part = _row_by_row(expression, people, context)
        return EvaluatedColumn(_canonical(part.values, people.height), part.outcomes)
    return _Evaluation(expression, people, context).result(expression)


def evaluate_mappings(
    expressions: Mapping[str, Expression], people: pl.DataFrame, context: Context
) -> dict[str, EvaluatedColumn]:
    """`evaluate_columns` for several expressions at once, by name."""
    with ThreadPoolExecutor(WORKERS) as pool:
        evaluated = pool.map(lambda expression: evaluate_columns(expression, people, context), expressions.values())
        return dict(zip(expressions, evaluated, strict=True))


def _row_by_row(expression: Expression, people: pl.DataFrame, context: Context) -> _Part:
    """The scalar form for each person: two people with equal attributes may get different values, and a column of lists
    does not tell a text from a list of one."""
    names = sorted({node.name for node in walk(expression) if isinstance(node, Attribute)})
    columns = {name: _attribute(people, name).to_list() for name in names}
    values: list[Value] = []
    outcomes: list[str | None] = []
    for row in range(people.height):
        attributes = {name: column[row] for name, column in columns.items()}
        value, outcome = _outcome(partial(evaluate, expression, attributes, context))
        values.append(value)
        outcomes.append(outcome)
    return _Part(from_values(values), _series_of(outcomes))


def _outcome(compute: Callable[[], Value | Ignored], function: str = "") -> tuple[Value, str | None]:
    """A value and, where there is none, why."""
    try:
        value = compute()
    except FlowIgnored as flow:
        return None, flow.ignored.value
    except NoValue as problem:
        return None, _ERROR + visible_lines(f"{function}{': ' if function else ''}{problem}")
    except EvaluationError as error:
        return None, f"{_ERROR}{error}"
    return (None, value.value) if isinstance(value, Ignored) else (value, None)


def _series_of(outcomes: Sequence[str | None]) -> pl.Series | None:
    return pl.Series(outcomes, dtype=pl.String) if any(outcome is not None for outcome in outcomes) else None


def _canonical(values: Values, height: int) -> pl.Series:
    if not isinstance(values, pl.Series):
        return repeated(values, height)
    return values if is_list(values) else as_text(values)


def _attribute(people: pl.DataFrame, name: str) -> pl.Series:
    """The column of an attribute: text, Boolean, integers, or lists that are not empty and hold no null."""
    if name not in people.columns:
        raise ConfigurationError(f'attribute "{name}" was not read')
    column = people[name]
    if isinstance(column.dtype, pl.List) and column.dtype.inner in (pl.String, pl.Null):
        lists = column.cast(pl.List(pl.String)).list.drop_nulls()
        return lists.set((lists.list.len() == 0).fill_null(False), None)
    if isinstance(column.dtype, pl.Null | pl.Enum | pl.Categorical):
        return column.cast(pl.String)
    if column.dtype not in (pl.String, pl.Boolean) and not column.dtype.is_integer():
        raise ConfigurationError(f'attribute "{name}" cannot hold {column.dtype}')
    return column


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the expression for all users: its values, and outcomes as in `EvaluatedColumn`."""

    values: Values
    outcomes: pl.Series | None = None


def _first(*outcomes: pl.Series | None) -> pl.Series | None:
    """For each person the first outcome that is not null."""
    given = [outcome for outcome in outcomes if outcome is not None]
    return pl.select(pl.coalesce(*given)).to_series() if len(given) > 1 else given[0] if given else None


class _Evaluation:
    """One expression over one frame. A part that occurs more than once is computed once."""

    def __init__(self, expression: Expression, people: pl.DataFrame, context: Context) -> None:
        self.people = people
        self.height = people.height
        self.context = context
        self.repeated = {node for node, times in Counter(walk(expression)).items() if times > 1}
        self.known: dict[Expression, _Part] = {}

    def result(self, expression: Expression) -> EvaluatedColumn:
        part = self.part(expression)
        values = _canonical(part.values, self.height)
        if part.outcomes is not None:
            values = values.set(part.outcomes.is_not_null(), None)
        return EvaluatedColumn(values, part.outcomes)

    def part(self, node: Expression) -> _Part:
        if node in self.known:
            return self.known[node]
        part = self.compute(node)
        if node in self.repeated:
            self.known[node] = part
        return part

    def compute(self, node: Expression) -> _Part:
        if isinstance(node, Attribute):
            return _Part(_attribute(self.people, node.name))
        if isinstance(node, Text):
            return _Part(node.value)
        if isinstance(node, Number):
            return _Part(node.digits)
        if isinstance(node, Word):
            return self.constant(lambda: word_value(node.name))
        if isinstance(node, Comparison):
            return self.comparison(node)
        if isinstance(node, Concatenation):
            return self.strict([self.part(part) for part in node.parts], concatenation, concatenate)
        assert isinstance(node, Call)
        lazily = _LAZY.get(node.name)
        return lazily(self, node) if lazily else self.call(node)

    def call(self, node: Call) -> _Part:
        definition = FUNCTIONS[node.name]
        bound = bind(node, definition)
        given = [argument is not None for _, argument in bound]
        parts = [self.part(argument) for _, argument in bound if argument is not None]

        def scalar(*values: Value) -> Value:
            return call_function(definition, list(zip(parameters, _spread(given, values), strict=True)), self.context)

        def form(*operands: Operand) -> pl.Series | None:
            return FORMS[node.name](*_spread(given, operands)) if node.name in FORMS else None

        parameters = [parameter for parameter, _ in bound]
        return self.strict(parts, scalar, form, node.name)

    def strict(self, parts: list[_Part], scalar: Callable[..., Value], form: Form, function: str = "") -> _Part:
        """A function of all *parts*: by its column form where that applies, else by distinct arguments."""
        before = _first(*(part.outcomes for part in parts))
        values = [part.values for part in parts]
        if not any(isinstance(value, pl.Series) for value in values):
            answer = self.constant(lambda: scalar(*values), function)
            return _Part(answer.values, _first(before, answer.outcomes))
        found = form(*values)
        if found is not None:
            return _Part(found, before)
        answer = self.distinct(values, scalar, before, function)
        return _Part(answer.values, _first(before, answer.outcomes))

    def constant(self, compute: Callable[[], Value], function: str = "") -> _Part:
        """One value, or one outcome, for all users."""
        value, outcome = _outcome(compute, function)
        return _Part(value, None if outcome is None else repeated(outcome, self.height))

    def distinct(
        self, values: list[Values], scalar: Callable[..., Value], before: pl.Series | None, function: str
    ) -> _Part:
        """The scalar function once for each distinct combination of arguments, of those people who have them."""
        columns = {str(place): column for place, column in enumerate(values) if isinstance(column, pl.Series)}
        arguments = pl.DataFrame(columns)
        if before is not None:
            arguments = arguments.select(pl.when(before.is_null()).then(pl.col(name)).alias(name) for name in columns)
        combinations = arguments.unique(maintain_order=True)
        rows = zip(
            *(
                combinations[str(place)].to_list() if str(place) in columns else [value] * combinations.height
                for place, value in enumerate(values)
            ),
            strict=True,
        )
        answers: list[Value] = []
        outcomes: list[str | None] = []
        for row in rows:
            given = [tuple(item) if isinstance(item, list) else item for item in row]
            answer, outcome = _outcome(partial(scalar, *given), function)
            answers.append(answer)
            outcomes.append(outcome)
        combinations = combinations.with_columns(
            from_values(answers).alias("value"), pl.Series("outcome", outcomes, dtype=pl.String)
        )
        joined = arguments.join(combinations, on=list(columns), how="left", nulls_equal=True, maintain_order="left")
        return _Part(joined["value"], joined["outcome"] if _series_of(outcomes) is not None else None)

    def comparison(self, node: Comparison) -> _Part:
        left, right = self.part(node.left), self.part(node.right)

        def scalar(first: Value, second: Value) -> bool:
            return holds(node, first, second)

        def form(first: Operand, second: Operand) -> pl.Series | None:
            if node.operator not in ("=", "<>") or not isinstance(first, pl.Series) or not isinstance(second, str):
                return None
            if is_list(first) or decimal_of(second) is not None:
                return None
            texts = as_text(first).fill_null("")
            equal = texts == second
            if node.operator == "<>":
                equal = ~equal
            return equal & (texts != "") if isinstance(node.left, Attribute) else equal

        return self.strict([left, right], scalar, form)

    # Functions that compute only some of their arguments for a person.

    def choose(self, chosen: pl.Series, when_true: _Part, when_false: _Part) -> _Part:
        outcomes = None
        if when_true.outcomes is not None or when_false.outcomes is not None:
            outcomes = choose(chosen, when_true.outcomes, when_false.outcomes)
        return _Part(choose(chosen, when_true.values, when_false.values), outcomes)

    def without_outcome(self, part: _Part) -> pl.Series:
        if part.outcomes is None:
            return pl.repeat(True, self.height, dtype=pl.Boolean, eager=True)
        return part.outcomes.is_null()

    def iif(self, node: Call) -> _Part:
        condition, when_true, when_false = (self.argument(node, place) for place in range(3))
        tested = self.strict([self.part(condition)], truth, FORMS["CBool"], "IIF")
        chosen = is_true(tested.values, self.height)
        if chosen.all():
            picked = self.part(when_true)
        elif not chosen.any():
            picked = self.part(when_false)
        else:
            picked = self.choose(chosen, self.part(when_true), self.part(when_false))
        return _Part(picked.values, _first(tested.outcomes, picked.outcomes))

    def switch(self, node: Call) -> _Part:
        default, pairs = node.arguments[1], node.arguments[2:]
        source = self.strict([self.part(self.argument(node, 0))], one_text, FORMS["CStr"], "Switch")
        wanted = _canonical(source.values, self.height).fill_null("")
        undecided = self.without_outcome(source)
        result = _Part(None, source.outcomes)
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            assert key is not None and value is not None  # parse sees to it
            compared = self.strict([self.part(key)], one_text, FORMS["CStr"], "Switch")
            failed = undecided & ~self.without_outcome(compared)
            if failed.any():
                result = self.choose(failed, compared, result)
            undecided &= ~failed
            matched = undecided & (_canonical(compared.values, self.height).fill_null("") == wanted)
            if matched.any():
                result = self.choose(matched, self.part(value), result)
            undecided &= ~matched
            if not undecided.any():
                return result
        otherwise = _Part(None) if default is None else self.part(default)
        return self.choose(undecided, otherwise, result)

    def coalesce(self, node: Call) -> _Part:
        undecided = pl.repeat(True, self.height, dtype=pl.Boolean, eager=True)
        result = _Part(None)
        for place in range(len(node.arguments)):
            part = self.part(self.argument(node, place))
            result = self.choose(undecided, part, result)
            undecided &= is_null(part.values, self.height) & self.without_outcome(part)
            if not undecided.any():
                break
        return result

    def ignore_if_empty(self, node: Call) -> _Part:
        part = self.part(self.argument(node, 0))
        empty = is_true(self.strict([_Part(part.values)], is_empty, FORMS["IsNullOrEmpty"]).values, self.height)
        ignored = repeated("ignore-attribute", self.height).set(~empty, None)
        return _Part(part.values, _first(part.outcomes, ignored))

    def is_string(self, node: Call) -> _Part:
        argument = self.argument(node, 0)
        values = self.part(argument).values
        if isinstance(values, pl.Series) and is_list(values) and not isinstance(argument, Attribute):
            return _row_by_row(node, self.people, self.context)
        return self.call(node)

    def argument(self, node: Call, place: int) -> Expression:
        argument = node.arguments[place]
        assert argument is not None  # parse sees to it
        return argument


_LAZY: dict[str, Callable[[_Evaluation, Call], _Part]] = {
    "Coalesce": _Evaluation.coalesce,
    "IIF": _Evaluation.iif,
    "IgnoreFlowIfNullOrEmpty": _Evaluation.ignore_if_empty,
    "IsString": _Evaluation.is_string,
    "Switch": _Evaluation.switch,
}


Given = TypeVar("Given")


def _spread(given: list[bool], values: Sequence[Given]) -> list[Given | Omitted]:
    """The values at the places that are given, and OMITTED at the others."""
    following = iter(values)
    return [next(following) if is_given else OMITTED for is_given in given]
