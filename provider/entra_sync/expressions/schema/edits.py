"""Edits of Graph's synchronizationSchema as pure functions: a schema in, another one out.

A schema is replaced as a whole ("Update synchronizationSchema"), so an edit touches only what it is about: rows that
are not declared, the service's matching row, the built-in input filters and unknown fields stay as they are. The object
mapping of users is found by the objects it connects, since most object mappings have no name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field

from entra_sync.errors import ConfigurationError
from entra_sync.expressions.filters.model import ScopingFilter
from entra_sync.expressions.schema.attributes import PROTECTED_TARGETS
from entra_sync.expressions.schema.mapping import NEVER, AttributeMapping
from entra_sync.expressions.schema.mappings import Mappings

__all__ = [
    "ACTIONS",
    "Action",
    "Switches",
    "add_extension",
    "beside_template",
    "is_cross_tenant",
    "merge_schema",
    "object_definition",
    "object_mapping",
    "read_filter",
    "read_mappings",
    "read_switches",
    "remove_mapping",
    "set_mapping",
    "set_switches",
    "synchronization_rule",
]

Schema = Mapping[str, Any]
Row = dict[str, Any]

USER = "User"
"""What a schema calls users, in the source and in the target. No other objects go from one tenant to another."""

Action = Annotated[
    Literal["create", "update", "delete"],
    Field(title="JobAction", description="What a job may do with an account in the target."),
]

ACTIONS = MappingProxyType({"create": "Add", "update": "Update", "delete": "Delete"})
"""What a job may do with accounts of the target, in a program → in Graph's ``flowTypes``."""


@dataclass(frozen=True, slots=True)
class Switches:
    """What decides about users apart from rows and scoping filter ("objectMapping resource type").

    Attributes:
        enabled: Whether the object mapping is on. If it is off, nothing is synchronized.
        actions: What the job may do in the target, of :data:`ACTIONS`, in their order.
        input_filter: The input filter groups, which decide which users the service reads at all. The template's group
            "Filter external users" keeps external users and pending invitations out.
    """

    enabled: bool
    actions: tuple[str, ...]
    input_filter: tuple[Mapping[str, Any], ...]


def merge_schema(
    schema: Schema,
    mappings: Mappings | Iterable[AttributeMapping],
    scoping_filter: ScopingFilter | None = None,
) -> dict[str, Any]:
    """Returns the schema with the declared mappings and filter in it.

    Each declared mapping takes the place of the row to its target attribute or is added; ``apply="never"`` takes the
    row out. A row of `defaults` changes only what the program says about it. The service's own matching row stays as
    it is, whatever is declared.

    Args:
        schema: Graph's JSON; not changed.
        mappings: What is declared, one per target attribute.
        scoping_filter: Its ``groups`` replace those of the object mapping; None leaves the filter as it is, and
            ``ScopingFilter.everybody()`` empties it. Built-in input filters stay.

    Raises:
        ConfigurationError: the schema has no mapping of users.
    """
    merged = deepcopy(dict(schema))
    target = object_mapping(merged)
    for mapping in mappings:
        if mapping.target not in _protected(target) and not mapping.untouched:
            row = None if mapping.apply == NEVER else mapping.to_graph(_row(_rows(target), mapping.target))
            _put(target, mapping.target, row)
    if scoping_filter is not None:
        _put_groups(target, scoping_filter)
    return merged


def set_mapping(schema: Schema, mapping: AttributeMapping) -> tuple[dict[str, Any], Row | None]:
    """The schema with one mapping in it, and the row that stood in its place before, or None.

    Raises:
        ConfigurationError: the row belongs to the service, or the schema has no mapping of users.
    """
    edited, target, previous = _edit(schema, mapping.target)
    _put(target, mapping.target, None if mapping.apply == NEVER else mapping.to_graph(previous))
    return edited, previous


def remove_mapping(
    schema: Schema,
    target_attribute: str,
    put_back: Row | None = None,
) -> tuple[dict[str, Any], Row | None]:
    """The schema without one target attribute's row, or with *put_back* in its place; and the row that stood there.

    Raises:
        ConfigurationError: the row belongs to the service, or the schema has no mapping of users.
    """
    edited, target, previous = _edit(schema, target_attribute)
    _put(target, target_attribute, put_back)
    return edited, previous


def read_mappings(schema: Schema) -> Mappings:
    """The rows of an object mapping as values, in their order.

    Raises:
        ConfigurationError: the schema has no mapping of users.
    """
    rows = _rows(object_mapping(schema))
    return Mappings(tuple(AttributeMapping.from_graph(row) for row in rows if row.get("targetAttributeName")))


def read_filter(schema: Schema) -> ScopingFilter | None:
    """The filter of an object mapping, built-in input filters included; None where it has none.

    Raises:
        ConfigurationError: the schema has no mapping of users.
    """
    scope = object_mapping(schema).get("scope")
    return None if scope is None else ScopingFilter.model_validate(scope)


def beside_template(schema: Schema, template: Schema) -> tuple[Mappings, ScopingFilter | None, tuple[str, ...] | None]:
    """What a schema has that its template has not: rows, the scoping filter and actions; None: as in the template.

    A row of the template that is missing counts as one that is never applied.
    """
    usual, live = read_mappings(template), read_mappings(schema)
    rows = [row for row in live if not _same(row, usual.get(row.target))]
    rows += [AttributeMapping(target=row.target, apply=NEVER) for row in usual if live.get(row.target) is None]
    found, actions = read_filter(schema), read_switches(schema).actions
    differs = found is not None and bool(found.groups) and _groups(found) != _groups(read_filter(template))
    return (
        Mappings(tuple(rows)),
        found if differs else None,
        None if actions == read_switches(template).actions else actions,
    )


def _same(row: AttributeMapping, usual: AttributeMapping | None) -> bool:
    return usual is not None and row.same_as(usual)


def _groups(found: ScopingFilter | None) -> list[str]:
    return [str(group) for group in (found.groups or () if found else ())]


def read_switches(schema: Schema) -> Switches:
    """Returns the switches of an object mapping. One that the schema does not mention is on.

    Raises:
        ConfigurationError: The schema has no mapping of users.
    """
    mapping = object_mapping(schema)
    said = mapping.get("flowTypes")
    flow_types = {part.strip() for part in said.split(",")} if said is not None else set(ACTIONS.values())
    built_in = ScopingFilter.model_validate({"groups": (mapping.get("scope") or {}).get("inputFilterGroups") or []})
    return Switches(
        enabled=mapping.get("enabled") is not False,
        actions=tuple(action for action, flow_type in ACTIONS.items() if flow_type in flow_types),
        input_filter=tuple(built_in.graph().get("groups") or ()),
    )


def set_switches(
    schema: Schema,
    *,
    enabled: bool | None = None,
    actions: Iterable[str] | None = None,
    input_filter: Iterable[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Returns the schema with other switches of an object mapping; None leaves one as it is.

    Raises:
        ConfigurationError: The schema has no mapping of users.
    """
    edited = deepcopy(dict(schema))
    mapping = object_mapping(edited)
    if enabled is not None:
        mapping["enabled"] = enabled
    if actions is not None:
        wanted = set(actions)
        mapping["flowTypes"] = ",".join(flow_type for action, flow_type in ACTIONS.items() if action in wanted)
    if input_filter is not None:
        groups = [deepcopy(dict(group)) for group in input_filter]
        mapping["scope"] = {**(mapping.get("scope") or {"groups": []}), "inputFilterGroups": groups}
    return edited


def object_mapping(schema: Schema) -> dict[str, Any]:
    """The object mapping of users, inside *schema*.

    Raises:
        ConfigurationError: there is none; the text lists those that there are.
    """
    return _find(schema)[1]


def synchronization_rule(schema: Schema) -> dict[str, Any]:
    """The synchronization rule that holds the object mapping of users, inside *schema*.

    Raises:
        ConfigurationError: as :func:`object_mapping`.
    """
    return _find(schema)[0]


def object_definition(schema: Schema, side: str) -> dict[str, Any] | None:
    """Returns the definition of the source's or the target's users, with their attributes, inside *schema*.

    Directories are a relationship of a schema, so it may come without them. Then, or if they do not define users, the
    result is None: the attributes are not known.

    Args:
        side: ``source`` or ``target``.
    """
    directory_name = synchronization_rule(schema).get(f"{side}DirectoryName")
    for directory in schema.get("directories") or ():
        if directory.get("name") == directory_name:
            for definition in directory.get("objects") or ():
                if definition.get("name") == USER:
                    return definition  # type: ignore[no-any-return]
    return None


def add_extension(schema: Schema, side: str, name: str) -> dict[str, Any]:
    """The schema with a directory extension, a text, among the attributes of one side's users.

    The service finds most extensions itself; one that it did not find has to be added before it can be mapped ("Map
    directory extensions in cross-tenant synchronization"). Only single-valued extensions can be used.

    Args:
        side: ``source`` or ``target``.
        name: Case-sensitive, of the form ``extension_<application id without dashes>_<name>``.

    Raises:
        ConfigurationError: The name has another form, or the schema does not define users.
    """
    if not re.fullmatch(r"extension_[0-9A-Za-z]{32}_\w+", name):
        raise ConfigurationError(
            f'"{name}" is not a directory extension; use extension_<application id without dashes>_<name>'
        )
    edited = deepcopy(dict(schema))
    definition = object_definition(edited, side)
    if definition is None:
        raise ConfigurationError(f"the schema does not define the {side}'s {USER}, so nothing can be added to it")
    attributes = definition["attributes"]
    if all(attribute["name"] != name for attribute in attributes):
        like = next(item for item in attributes if item.get("type") == "String" and not item.get("anchor"))
        attributes.append(
            {**like, "name": name, "multivalued": False, "mutability": "ReadWrite"}
            | {"caseExact": False, "required": False, "referencedObjects": []}
        )
    return edited


def is_cross_tenant(schema: Schema) -> bool:
    """Whether the object mapping is one of cross-tenant synchronization: it has the service's own matching row."""
    return bool(_protected(object_mapping(schema)))


def _find(schema: Schema) -> tuple[dict[str, Any], dict[str, Any]]:
    for rule, mapping in _object_mappings(schema):
        if (mapping.get("sourceObjectName"), mapping.get("targetObjectName")) == (USER, USER):
            return rule, mapping
    found = ", ".join(
        f"{mapping.get('sourceObjectName')} to {mapping.get('targetObjectName')}"
        for _, mapping in _object_mappings(schema)
    )
    raise ConfigurationError(f"the schema has no mapping of {USER} to {USER}; it has {found or 'no object mappings'}")


def _object_mappings(schema: Schema) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for rule in schema.get("synchronizationRules") or ():
        for mapping in rule.get("objectMappings") or ():
            yield rule, mapping


def _rows(mapping: Mapping[str, Any]) -> list[Row]:
    return mapping.get("attributeMappings") or []


def _row(rows: Iterable[Row], target_attribute: str) -> Row | None:
    return next((row for row in rows if row.get("targetAttributeName") == target_attribute), None)


def _protected(mapping: Mapping[str, Any]) -> set[str]:
    return {str(row.get("targetAttributeName")) for row in _rows(mapping)} & PROTECTED_TARGETS.keys()


def _put(mapping: dict[str, Any], target_attribute: str, row: Row | None) -> None:
    """Put *row* in the place of the row to the same target, at the end if there is none; None takes the row out."""
    rows = _rows(mapping)
    old = _row(rows, target_attribute)
    others = [other for other in rows if other is old or other.get("targetAttributeName") != target_attribute]
    if row is None:
        mapping["attributeMappings"] = [other for other in others if other is not old]
    elif old is None:
        mapping["attributeMappings"] = [*others, deepcopy(row)]
    else:
        mapping["attributeMappings"] = [deepcopy(row) if other is old else other for other in others]


def _put_groups(mapping: dict[str, Any], scoping_filter: ScopingFilter) -> None:
    """Replace the groups of a filter; a group or clause that is there already keeps what else Graph wrote into it."""
    scope = mapping.get("scope")
    present = (scope or {}).get("groups") or []
    groups = [_over(present, group, ("name",)) for group in scoping_filter.graph().get("groups") or []]
    for group in groups:
        before: Row = next((old for old in present if old.get("name") == group.get("name")), {})
        identity = ("operatorName", "sourceOperandName", "targetOperand")
        group["clauses"] = [_over(before.get("clauses") or [], clause, identity) for clause in group["clauses"]]
    if groups == present:
        return
    if scope is None:
        scope = mapping["scope"] = {"inputFilterGroups": [], "categoryFilterGroups": []}
    scope["groups"] = groups


def _over(present: Iterable[Row], declared: Row, identity: tuple[str, ...]) -> Row:
    same = (old for old in present if all(old.get(key) == declared.get(key) for key in identity))
    return {**deepcopy(next(same, {})), **declared}


def _edit(schema: Schema, target_attribute: str) -> tuple[dict[str, Any], dict[str, Any], Row | None]:
    edited = deepcopy(dict(schema))
    target = object_mapping(edited)
    if target_attribute in _protected(target):
        raise ConfigurationError(
            f'"{target_attribute}" cannot be mapped otherwise: {PROTECTED_TARGETS[target_attribute]}'
        )
    return edited, target, deepcopy(_row(_rows(target), target_attribute))
