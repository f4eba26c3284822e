"""What a synchronization schema has to be to be saved ("Update synchronizationSchema", error ``schemaInvalid``)."""

from __future__ import annotations

from typing import Any

from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.emulator.state.store import Document
from entra_sync.errors import ConfigurationError, ExpressionError
from entra_sync.expressions import Expression, ScopingFilter, from_source
from entra_sync.expressions.filters.model import find_operator
from entra_sync.expressions.language.syntax import Attribute, walk

__all__ = ["attributes_in", "check_schema"]

_FLOW_TYPES = {"Always", "ObjectAddOnly", "MultiValueAddOnly", "ValueAddOnly", "AttributeAddOnly"}
_FLOW_BEHAVIORS = {"FlowWhenChanged", "FlowAlways"}


def check_schema(before: Document, after: Document) -> None:
    """The schema has to be complete, and its matching attribute as it was.

    Raises:
        Fault: 400 ``schemaInvalid``.
    """
    rules = after.get("synchronizationRules")
    if not isinstance(rules, list) or not rules or not isinstance(after.get("directories"), list):
        raise _invalid("The schema has to be supplied as a whole: synchronizationRules and directories are required.")
    known = {rule["id"] for rule in before.get("synchronizationRules", [])}
    for rule in rules:
        if not isinstance(rule, dict) or not isinstance(rule.get("objectMappings"), list):
            raise _invalid("Each synchronization rule needs objectMappings.")
        if known and rule.get("id") not in known:
            raise _invalid(f"The synchronization rule '{rule.get('id')}' is not part of the schema.")
        for mapping in rule["objectMappings"]:
            _check_mapping(before, after, mapping)


def _mappings(schema: Document) -> list[Document]:
    return [mapping for rule in schema.get("synchronizationRules", []) for mapping in rule.get("objectMappings", [])]


def _check_mapping(before: Document, after: Document, mapping: Document) -> None:
    name = mapping.get("name") or f"{mapping.get('sourceObjectName')} to {mapping.get('targetObjectName')}"
    rows = mapping.get("attributeMappings") or []
    targets = [row.get("targetAttributeName") for row in rows]
    for target in targets:
        if targets.count(target) > 1:
            raise _invalid(f"Object mapping '{name}' maps the target attribute '{target}' more than once.")
    pair = (mapping.get("sourceObjectName"), mapping.get("targetObjectName"))
    former = next(
        (item for item in _mappings(before) if (item["sourceObjectName"], item["targetObjectName"]) == pair), None
    )
    if former is not None and _matching(former) != _matching(mapping):
        raise _invalid(f"The matching attribute of object mapping '{name}' cannot be changed.")
    sources = _attribute_names(after, before, str(pair[0]), source=True)
    destinations = _attribute_names(after, before, str(pair[1]), source=False)
    for row in rows:
        _check_row(name, row, sources, destinations)
    _check_filter(name, mapping.get("scope"), sources)


def _matching(mapping: Document) -> list[tuple[Any, Any, Any]]:
    return [
        (row.get("targetAttributeName"), (row.get("source") or {}).get("expression"), row.get("matchingPriority"))
        for row in mapping.get("attributeMappings") or []
        if row.get("matchingPriority")
    ]


def _attribute_names(after: Document, before: Document, object_name: str, *, source: bool) -> set[str]:
    """Attributes of an object in the source or target directory, as the schema defines them."""
    rules = after["synchronizationRules"]
    wanted = rules[0].get("sourceDirectoryName" if source else "targetDirectoryName")
    directories = after["directories"] or before.get("directories", [])
    return {
        attribute["name"]
        for directory in directories
        if directory.get("name") == wanted
        for definition in directory.get("objects") or []
        if definition.get("name") == object_name
        for attribute in definition.get("attributes") or []
    }


def _check_row(name: str, row: Document, sources: set[str], destinations: set[str]) -> None:
    target = row.get("targetAttributeName")
    if not target:
        raise _invalid(f"Object mapping '{name}' has an attribute mapping without targetAttributeName.")
    if destinations and target not in destinations:
        raise _invalid(f"The attribute '{target}' does not exist on the target object of mapping '{name}'.")
    if (
        row.get("flowType", "Always") not in _FLOW_TYPES
        or row.get("flowBehavior", "FlowWhenChanged") not in _FLOW_BEHAVIORS
    ):
        raise _invalid(f"The flow of attribute mapping '{target}' is not valid.")
    source = row.get("source")
    if source is None or not source.get("expression"):
        return
    try:
        expression = from_source(source)
    except ExpressionError as error:
        raise _invalid(f"The expression of attribute mapping '{target}' is not valid: {error}") from None
    missing = sorted(attributes_in(expression) - sources) if sources else []
    if missing:
        raise _invalid(
            f"The attribute '{missing[0]}' that mapping '{target}' reads does not exist on the source object."
        )


def _check_filter(name: str, scope: Document | None, sources: set[str]) -> None:
    if scope is None:
        return
    try:
        read = ScopingFilter.model_validate(scope)
        clauses = [clause for group in read.groups or () for clause in group.clauses]
        for clause in clauses:
            find_operator(clause.operator_name)
    except (ConfigurationError, ValueError) as error:
        raise _invalid(f"The scoping filter of mapping '{name}' is not valid: {error}") from None
    missing = sorted({clause.source_operand_name for clause in clauses} - sources) if sources else []
    if missing:
        raise _invalid(
            f"The attribute '{missing[0]}' in the scoping filter of mapping '{name}' does not exist on the source"
            " object."
        )


def attributes_in(expression: Expression) -> set[str]:
    """Names of the attributes that an expression reads."""
    return {node.name for node in walk(expression) if isinstance(node, Attribute)}


def _invalid(message: str) -> Fault:
    return bad_request(message, "schemaInvalid")
