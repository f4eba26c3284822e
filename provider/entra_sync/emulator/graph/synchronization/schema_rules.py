"""What a synchronization schema has to be to be saved ("Update synchronizationSchema", error ``schemaInvalid``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.emulator.graph.bodies import known
from entra_sync.emulator.http.shapes import Needed, misfits
from entra_sync.emulator.state.store import Document
from entra_sync.errors import EntraSyncError, ExpressionError
from entra_sync.expressions import Expression, ScopingFilter, from_source
from entra_sync.expressions.filters.evaluation import holds
from entra_sync.expressions.language.syntax import Attribute, walk

__all__ = ["check_schema"]

_FLOW_TYPES = {"Always", "ObjectAddOnly", "MultiValueAddOnly", "ValueAddOnly", "AttributeAddOnly"}
_FLOW_BEHAVIORS = {"FlowWhenChanged", "FlowAlways"}


_RULE = {
    "containerFilter", "editable", "groupFilter", "id", "metadata", "name", "objectMappings", "priority",
    "sourceDirectoryName", "targetDirectoryName",
}  # fmt: skip
_MAPPING = {
    "attributeMappings", "enabled", "flowTypes", "metadata", "name", "scope", "sourceObjectName", "targetObjectName",
}  # fmt: skip
_ROW = {
    "defaultValue", "exportMissingReferences", "flowBehavior", "flowType", "matchingPriority", "source",
    "targetAttributeName",
}  # fmt: skip
_FILTER = {"categoryFilterGroups", "groups", "inputFilterGroups"}
_ROW_SHAPE = {
    "defaultValue": str, "exportMissingReferences": bool, "flowBehavior": str, "flowType": str,
    "matchingPriority": int, "source": {"expression": str, "name": str, "parameters": [dict], "type": str},
    "targetAttributeName": str,
}  # fmt: skip
_MAPPING_SHAPE = {
    "attributeMappings": [_ROW_SHAPE], "enabled": bool, "flowTypes": str, "metadata": [dict], "name": str,
    "scope": dict, "sourceObjectName": str, "targetObjectName": str,
}  # fmt: skip
_SHAPE = {
    "synchronizationRules": [
        {
            "editable": bool, "id": str, "metadata": [dict], "name": str, "objectMappings": Needed([_MAPPING_SHAPE]),
            "priority": int, "sourceDirectoryName": str, "targetDirectoryName": str,
        }
    ],
    "directories": [{"id": str, "name": str, "objects": [{"name": str, "attributes": [{"name": Needed(str)}]}]}],
    "version": str,
}  # fmt: skip


def check_schema(
    before: Document, after: Document, template: Document, new_id: Callable[[], str], refused: Sequence[str]
) -> Document:
    """Returns a schema as it is saved.

    What is as it was before, or as the template has it, is right by definition; what changes is checked.
    ``directories`` is a relationship, so a body may leave it out, and the attributes stay as they are. A rule without
    an id gets one. *refused* are target attributes that no new row can have.

    Raises:
        Fault: 400 ``schemaInvalid``, or ``BadRequest`` for a property that its type does not have.
    """
    for path in misfits(after, _SHAPE):
        raise _invalid(f"The value of '{path}' has the wrong type, or is missing.")
    rules = after.get("synchronizationRules")
    if not rules:
        raise _invalid("The schema has to be supplied as a whole: synchronizationRules is required.")
    if after.get("directories") is None:
        after = {**after, "directories": before.get("directories") or []}
    ids = {rule.get("name"): rule.get("id") for rule in before.get("synchronizationRules") or ()}
    saved: list[Document] = []
    for rule in rules:
        former = _former(before.get("synchronizationRules"), rule, ("id",))
        known(rule, _RULE | former.keys(), "synchronizationRule")
        id = rule.get("id") or ids.get(rule.get("name")) or new_id()
        if ids and id not in ids.values():
            raise _invalid(f"The synchronization rule '{id}' is not part of the schema.")
        saved.append({**rule, "id": id})
    after = {**after, "synchronizationRules": saved}
    for rule in saved:
        for mapping in rule["objectMappings"]:
            _check_targets(before, mapping, refused)
            _check_mapping(before, after, template, rule, mapping)
    return after


def _check_targets(before: Document, mapping: Document, refused: Sequence[str]) -> None:
    former = _former(_mappings(before), mapping, ("sourceObjectName", "targetObjectName"))
    held = {row.get("targetAttributeName") for row in former.get("attributeMappings") or ()}
    for row in mapping.get("attributeMappings") or ():
        target = row.get("targetAttributeName")
        if target in refused and target not in held:
            raise _invalid(f"The attribute '{target}' cannot be a target attribute.")


def _former(items: Any, item: Document, keys: tuple[str, ...]) -> Document:
    """The item of a list as it was before, found by the values of some keys; empty if there was none."""
    same = (each for each in items or () if all(each.get(key) == item.get(key) for key in keys))
    return next(same, {})


def _mappings(schema: Document) -> list[Document]:
    return [mapping for rule in schema.get("synchronizationRules", []) for mapping in rule.get("objectMappings", [])]


def _check_mapping(before: Document, after: Document, template: Document, rule: Document, mapping: Document) -> None:
    pair = (mapping.get("sourceObjectName"), mapping.get("targetObjectName"))
    name = mapping.get("name") or f"{pair[0]} to {pair[1]}"
    former = _former(_mappings(before), mapping, ("sourceObjectName", "targetObjectName"))
    original = _former(_mappings(template), mapping, ("sourceObjectName", "targetObjectName"))
    known(mapping, _MAPPING | former.keys(), "objectMapping")
    rows = mapping.get("attributeMappings") or []
    targets = [row.get("targetAttributeName") for row in rows]
    for target in targets:
        if targets.count(target) > 1:
            raise _invalid(f"Object mapping '{name}' maps the target attribute '{target}' more than once.")
    if former and _matching(former) != _matching(mapping):
        raise _invalid(f"The matching attribute of object mapping '{name}' cannot be changed.")
    sources = _attribute_names(after, before, rule.get("sourceDirectoryName"), str(pair[0]))
    destinations = _attribute_names(after, before, rule.get("targetDirectoryName"), str(pair[1]))
    for row in rows:
        as_before = _former(former.get("attributeMappings"), row, ("targetAttributeName",))
        if row not in (as_before, _former(original.get("attributeMappings"), row, ("targetAttributeName",))):
            known(row, _ROW | as_before.keys(), "attributeMapping")
            _check_row(name, row, as_before, sources, destinations)
    scope, scope_before = mapping.get("scope"), former.get("scope") or {}
    if scope is not None and scope != scope_before:
        known(scope, _FILTER | scope_before.keys(), "filter")
        _check_filter(name, scope, sources)


def _matching(mapping: Document) -> list[tuple[Any, Any, Any]]:
    return [
        (row.get("targetAttributeName"), (row.get("source") or {}).get("expression"), row.get("matchingPriority"))
        for row in mapping.get("attributeMappings") or []
        if row.get("matchingPriority")
    ]


def _attribute_names(after: Document, before: Document, directory_name: Any, object_name: str) -> set[str]:
    """Attributes of an object in one of the rule's directories, as the schema defines them; empty if it does not."""
    directories = after["directories"] or before.get("directories", [])
    return {
        attribute["name"]
        for directory in directories
        if directory.get("name") == directory_name
        for definition in directory.get("objects") or []
        if definition.get("name") == object_name
        for attribute in definition.get("attributes") or []
    }


def _check_row(name: str, row: Document, before: Document, sources: set[str], destinations: set[str]) -> None:
    target = row.get("targetAttributeName")
    if not target:
        raise _invalid(f"Object mapping '{name}' has an attribute mapping without targetAttributeName.")
    if destinations and not before and target not in destinations:
        raise _invalid(f"The attribute '{target}' does not exist on the target object of mapping '{name}'.")
    if row.get("flowType", "Always") not in _FLOW_TYPES | {before.get("flowType")} or row.get(
        "flowBehavior", "FlowWhenChanged"
    ) not in _FLOW_BEHAVIORS | {before.get("flowBehavior")}:
        raise _invalid(f"The flow of attribute mapping '{target}' is not valid.")
    source = row.get("source")
    if source is None or not source.get("expression") or source == before.get("source"):
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


def _check_filter(name: str, scope: Document, sources: set[str]) -> None:
    try:
        read = ScopingFilter.model_validate(scope)
        for clause in read.clauses():
            holds(clause, "any")  # an operator, operand or pattern that no cycle could use
    except (EntraSyncError, ValueError) as error:
        raise _invalid(f"The scoping filter of mapping '{name}' is not valid: {error}") from None
    names = {clause.source_operand_name for group in read.groups or () for clause in group.clauses}
    missing = sorted(names - sources) if sources else []
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
