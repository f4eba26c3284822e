"""What a link's mappings write for each person, a column at a time, and what of it differs from an account.

Rules: "attributeMapping resource type" and "Customize user provisioning attribute-mappings" (creation-only mappings,
default values), "Known issues for provisioning" (a null is not sent), "Reference for writing expressions" (ToLower: a
change of case alone flows only into attributes whose ``caseExact`` is true).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from entra_sync.expressions import FUNCTIONS, AttributeMapping, Context, Expression
from entra_sync.expressions.columns.evaluation import EvaluatedColumn, evaluate_mappings
from entra_sync.expressions.language.syntax import Attribute, Call, walk
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.series import falses, is_empty, nulls
from entra_sync.impact.facts.users import UNPREDICTABLE, external_name
from entra_sync.impact.planning.reasons import Reason, Reasons

__all__ = ["Flow", "FlowRow", "flow", "is_true", "same_value", "typed", "unpredictable", "written"]

APART = frozenset({"IsSoftDeleted", "manager", "alternativeSecurityIds"})
"""Targets that are not written as values: deprovisioning, a reference, and the service's own matching row."""

_ADD_ONLY = frozenset({"attributeAddOnly", "valueAddOnly", "multiValueAddOnly"})


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One mapping at work.

    Attributes:
        mapping: The mapping.
        value: What an update writes, in the kind of the target attribute; null where nothing is sent.
        created: What a creation writes: *value*, or the mapping's default.
        exact: A change of case alone is a change.
    """

    mapping: AttributeMapping
    value: pl.Series
    created: pl.Series
    exact: bool

    @property
    def target(self) -> str:
        """The target attribute."""
        return self.mapping.target

    @property
    def on_update(self) -> bool:
        """Whether it applies to accounts that exist."""
        return self.mapping.apply != "onCreate" and not self.mapping.match

    def changes(self, current: pl.Series) -> pl.Series:
        """Which users have an account with *current* that the mapping would change; without nulls."""
        differs = self.value.is_not_null() & ~same_value(current, self.value, exact=self.exact)
        if self.mapping.apply in _ADD_ONLY:
            differs = differs & is_empty(current)
        return differs

    def differs_in_case(self, current: pl.Series, changes: pl.Series) -> pl.Series:
        """Which users have an account with *current* that stays, although its case is another one; without nulls.

        Args:
            current: What the accounts have.
            changes: What :meth:`changes` said of them.
        """
        if self.exact or self.value.dtype != pl.String or self.mapping.apply in _ADD_ONLY:
            return falses(changes.len())
        return (current != self.value).fill_null(False) & ~changes


@dataclass(frozen=True)
class Flow:
    """What all mappings write.

    Attributes:
        rows: The mappings that write values, in the order of the schema.
        update_outcome: Why nothing is written to a user's account although it exists. ``DROPPED``: IgnoreObjectFlow
            leaves the user out; any other reason is a failure.
        create_outcome: Why no account is created for a user.
    """

    rows: tuple[FlowRow, ...]
    update_outcome: Reasons
    create_outcome: Reasons

    @cached_property
    def by_target(self) -> dict[str, FlowRow]:
        """The rows by target attribute."""
        return {row.target: row for row in self.rows}

    def created(self, target: str) -> pl.Series | None:
        """What a creation writes to an attribute; None where nothing is mapped to it."""
        row = self.by_target.get(target)
        return None if row is None else row.created


def flow(link: LinkState, people: pl.DataFrame, domain: str, context: Context) -> Flow:
    """Evaluates the mappings of *link* for the *people*.

    Args:
        link: The link.
        people: As the service sees them, with ``IsSoftDeleted``.
        domain: Initial domain of the target, which the principal names of invited accounts end in.
        context: Time and randomness.

    Raises:
        ConfigurationError: A mapping reads an attribute that was not read.
        ExpressionError: A mapping's source cannot be parsed.
    """
    mappings = written(link)
    expressions: dict[str, Expression] = {}
    for mapping in mappings:
        if mapping.expression is not None:
            expressions[mapping.target] = mapping.expression
    evaluated = evaluate_mappings(expressions, people, context)
    record = UserColumns.of([mapping.target for mapping in mappings])
    rows: list[FlowRow] = []
    on_update: list[Reasons] = []
    on_create: list[Reasons] = []
    for mapping in mappings:
        nothing = nulls(people.height)
        column = evaluated.get(mapping.target) or EvaluatedColumn(nothing)
        row, problems, creation_problems = _row(mapping, column, link, domain, record.schema[mapping.target])
        rows.append(row)
        if row.on_update and problems is not None:
            on_update.append(problems)
        if creation_problems is not None:
            on_create.append(creation_problems)
    return Flow(tuple(rows), _earliest(on_update, people.height), _earliest(on_create, people.height))


def written(link: LinkState) -> list[AttributeMapping]:
    """The mappings that write values, in the order of the schema."""
    return [mapping for mapping in link.mappings if mapping.target not in APART]


def unpredictable(expression: Expression | None) -> str:
    """Why the result of an expression cannot be predicted; empty if it can."""
    for node in walk(expression) if expression is not None else ():
        if isinstance(node, Call) and (FUNCTIONS[node.name].volatile or node.name == "Now"):
            return f"{node.name}() differs from cycle to cycle"
        if isinstance(node, Attribute) and node.name in UNPREDICTABLE:
            return f"the service computes {node.name}, and no API shows it"
    return ""


def is_true(link: LinkState, target: str, people: pl.DataFrame, context: Context) -> pl.Series:
    """Which users get true by the mapping to a Boolean attribute; none if there is no such mapping."""
    mapping = link.mappings.get(target)
    if mapping is None or mapping.expression is None:
        return falses(people.height)
    values = evaluate_mappings({target: mapping.expression}, people, context)[target].values
    return (values.cast(pl.String).str.to_lowercase() == "true").fill_null(False)


def same_value(current: pl.Series, value: pl.Series, *, exact: bool) -> pl.Series:
    """Where an account has a value already; a null equals nothing. Without nulls."""
    if value.dtype == pl.String:
        same = (current == value).fill_null(False)
        if exact:
            return same
        rest = (~same & current.is_not_null() & value.is_not_null()).arg_true()
        if not rest.len():
            return same
        old, new = current.gather(rest), value.gather(rest)
        alike = (old.str.len_bytes() == new.str.len_bytes()) | _beyond_ascii(old) | _beyond_ascii(new)
        lower = (texts.filter(alike).str.to_lowercase() for texts in (old, new))
        return same.scatter(rest.filter(alike), next(lower) == next(lower))
    if isinstance(value.dtype, pl.List):
        return current.eq_missing(value) & value.is_not_null()
    return (current == value).fill_null(False)


def _beyond_ascii(texts: pl.Series) -> pl.Series:
    """Texts whose length in bytes may change with their case."""
    return texts.str.len_bytes() != texts.str.len_chars()


def _row(
    mapping: AttributeMapping, column: EvaluatedColumn, link: LinkState, domain: str, kind: pl.DataType
) -> tuple[FlowRow, Reasons | None, Reasons | None]:
    """A row, and which users' whole flow it ends, when updating and when creating."""
    outcomes = None
    if column.outcomes is not None:
        dropped = (column.ignored == "ignore-object").fill_null(False)
        failed = Reasons.of(Reason.NO_VALUE, column.errors.is_not_null(), mapping.target, column.errors)
        outcomes = Reasons.of(Reason.DROPPED, dropped).otherwise(failed)
    value, misfits = _written(column.values, kind, mapping.target, domain)
    created, creation_misfits = value, misfits
    if mapping.default is not None:
        absent = (
            column.values.is_null() if column.outcomes is None else column.values.is_null() & column.outcomes.is_null()
        )
        filled = _filled(column.values, absent, mapping.default)
        created, creation_misfits = _written(filled, kind, mapping.target, domain)
    row = FlowRow(
        mapping,
        value.alias(mapping.target),
        created.alias(mapping.target),
        mapping.target in link.exact_case,
    )
    return row, _either(outcomes, misfits), _either(outcomes, creation_misfits)


def _written(values: pl.Series, kind: pl.DataType, target: str, domain: str) -> tuple[pl.Series, Reasons | None]:
    """Values as :func:`typed` gives them; a principal name is that of an invited account."""
    value, misfits = typed(values, kind, target)
    return _external(value, domain) if target == "userPrincipalName" else value, misfits


def _filled(values: pl.Series, absent: pl.Series, default: str) -> pl.Series:
    """Values with a default in place of those that are *absent*; as a list of one where values are lists."""
    if isinstance(values.dtype, pl.List):
        return values.zip_with(~absent, pl.Series([[default]], dtype=values.dtype).new_from_index(0, values.len()))
    return values.set(absent, default)


def _external(names: pl.Series, domain: str) -> pl.Series:
    return pl.select(external_name(pl.lit(names), domain)).to_series()


def typed(values: pl.Series, kind: pl.DataType, target: str) -> tuple[pl.Series, Reasons | None]:
    """Texts in the kind of an attribute, and why a value does not fit it; None where all do."""
    if isinstance(kind, pl.List):
        lists = values if isinstance(values.dtype, pl.List) else _as_lists(values)
        return lists, None
    misfits: Reasons | None = None
    if isinstance(values.dtype, pl.List):
        many = (values.list.len() > 1).fill_null(False)
        if many.any():
            misfits = Reasons.of(Reason.ONE_VALUE_ONLY, many, target, values.list.join(", "))
        values = values.list.first().set(many, None)
    if kind == pl.Boolean:
        words = values.str.to_lowercase()
        strange = (~words.is_in(["true", "false"])).fill_null(False)
        if strange.any():
            misfits = _either(misfits, Reasons.of(Reason.NOT_BOOLEAN, strange, target, values))
        values = (words == "true").set(strange, None)
    return values, misfits


def _as_lists(values: pl.Series) -> pl.Series:
    return values.reshape((-1, 1)).arr.to_list().set(values.is_null(), None)


def _either(first: Reasons | None, second: Reasons | None) -> Reasons | None:
    if first is None or second is None:
        return second if first is None else first
    return first.otherwise(second)


def _earliest(outcomes: Sequence[Reasons], height: int) -> Reasons:
    result = Reasons.none(height)
    for outcome in reversed(outcomes):
        result = outcome.otherwise(result)
    return result
