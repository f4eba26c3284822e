"""Static checks of a scoping filter: what the service refuses, never does, or does otherwise than it looks.

Rules: "Scoping users or groups to be provisioned with scoping filters", "Known issues for provisioning in Microsoft
Entra ID" (unsupported scoping filters), "filter resource type".
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic.alias_generators import to_camel

from entra_sync.errors import ConfigurationError, EntraSyncError
from entra_sync.expressions.checks.filter_questions import FILTER_CHOICES
from entra_sync.expressions.checks.findings import AttributeList, Finding
from entra_sync.expressions.dotnet.regex import compile_dotnet
from entra_sync.expressions.filters.evaluation import operands
from entra_sync.expressions.filters.model import Clause, FilterGroup, Operator, ScopingFilter, find_operator
from entra_sync.expressions.schema.attributes import NOT_IN_FILTERS

__all__ = ["check_filter"]


def check_filter(
    scoping_filter: ScopingFilter,
    attributes: AttributeList,
    *,
    path: str,
    built_in: ScopingFilter | None,
) -> Iterator[Finding]:
    """Findings about a declared filter, clause by clause.

    Args:
        scoping_filter: What is declared.
        attributes: Those of the source's object.
        path: Where the filter stands in the program.
        built_in: The filter that the schema has already; the service's own groups in it may be repeated.
    """
    for name in ("input_filter_groups", "category_filter_groups"):
        declared = getattr(scoping_filter, name)
        if declared and declared != getattr(built_in, name, None):
            yield Finding(
                f"{path}.{to_camel(name)}",
                "error",
                "the service owns these groups, and users who leave them are not deprovisioned; declare groups instead",
            )
    groups = scoping_filter.groups or ()
    decided = {
        clause.source_operand_name
        for group in groups
        for clause in group.clauses
        if clause.operator_name.casefold() in ("is null", "is not null")
    }
    for number, group in enumerate(groups):
        here = f"{path}.groups[{number}]"
        if not group.clauses:
            yield Finding(here, "error", f"{_title(group)}has no clauses, so every user passes; remove the group")
        for place, clause in enumerate(group.clauses):
            yield from _check_clause(clause, attributes, f"{here}.clauses[{place}]", decided)


def _title(group: FilterGroup) -> str:
    return f'group "{group.name}" ' if group.name else "the group "


def _check_clause(clause: Clause, attributes: AttributeList, path: str, decided: set[str]) -> Iterator[Finding]:
    problems = list(_attribute_problems(clause, attributes))
    yield from (Finding(path, "error", problem) for problem in problems)
    try:
        operator = find_operator(clause.operator_name)
        operands(clause, operator)
    except ConfigurationError as error:
        yield Finding(path, "error", str(error))
        return
    if operator.unary and clause.values:
        yield Finding(path, "error", f"{operator.name} takes no value; remove {', '.join(map(repr, clause.values))}")
    if "" in clause.values:
        yield Finding(path, "error", f"{clause}: never true, an empty attribute fails every clause; use IS NULL")
    yield from _check_patterns(clause, operator, path)
    if not problems:
        yield from (Finding(path, "warning", caution) for caution in _cautions(clause, operator, attributes, decided))


def _attribute_problems(clause: Clause, attributes: AttributeList) -> Iterator[str]:
    name = clause.source_operand_name
    forbidden = {known.casefold(): reason for known, reason in NOT_IN_FILTERS.items()}
    if reason := forbidden.get(name.casefold()):
        yield f'attribute "{name}" cannot be used in a scoping filter: {reason}'
    elif name not in attributes:
        yield attributes.missing(name)
    elif attributes.type_of(name) in ("DateTime", "Reference"):
        kind = "a date" if attributes.type_of(name) == "DateTime" else "a reference"
        yield f'attribute "{name}" is {kind}; the service does not support those in scoping filters'
    elif attributes.is_multivalued(name):
        yield f'attribute "{name}" has many values; the service does not support those in scoping filters'


def _check_patterns(clause: Clause, operator: Operator, path: str) -> Iterator[Finding]:
    if "REGEX" in operator.name:
        for pattern in clause.values:
            try:
                compile_dotnet(pattern)
            except EntraSyncError as error:
                yield Finding(path, "error", str(error))


def _cautions(clause: Clause, operator: Operator, attributes: AttributeList, decided: set[str]) -> Iterator[str]:
    name, kind = clause.source_operand_name, attributes.type_of(clause.source_operand_name)
    for choice in FILTER_CHOICES:
        if choice.touched_by(clause, attributes):
            yield f"{clause}: {choice.caution}"
    if operator.name.startswith("NOT ") and name not in decided and not attributes.is_required(name):
        yield f"{clause}: users without {name} are out of scope too; to keep them, add a group with IS NULL"
    if kind != "Boolean" and kind not in operator.types:
        yield f"{clause}: the service lists {operator.name} for {' and '.join(operator.types)}, and {name} is {kind}"
    if operator.name.startswith("Greater") and kind == "String":
        yield f"{clause}: only true for users whose {name} is a whole number of at least 0"
