"""Filter trees as conditions on the documents in the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.emulator.odata.filters import (
    Any_,
    Comparison,
    Date,
    Function,
    Guid,
    Logical,
    Membership,
    Node,
    Not,
    Path,
)
from entra_sync.emulator.state.catalog.entities import Entity
from entra_sync.emulator.state.spelling import EXTENSION

__all__ = ["Condition", "compile_filter", "json_path", "key_of"]

Condition = tuple[str, list[Any]]

_SIGNS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_ASK = (
    "Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to"
    " https://aka.ms/graph-docs/advanced-queries for more information"
)


def json_path(parts: tuple[str, ...]) -> str:
    """A JSON path for SQLite."""
    return "$" + "".join(f'."{part}"' for part in parts)


_COUNTED_RELATIONS = {"owners": ("owner", {"application", "servicePrincipal", "group"})}
"""Relations that ``/$count`` can be compared of in a filter: their edges, and the kinds of objects that have them."""

_LOOKED_UP = {"userPrincipalName": "userPrincipalName", "mail": "address"}
"""Properties whose values live objects are looked up by, with the names of their keys."""


def key_of(path: Path, entity: Entity) -> str | None:
    """The key that live objects of a type with a value of a property are found by."""
    if path.text == "appId" and entity.kind in {"application", "servicePrincipal"}:
        return f"{entity.kind}.appId"
    return _LOOKED_UP.get(path.text)


_BY_KEY = "id IN (SELECT keys.id FROM keys WHERE keys.tenant = ? AND keys.name = ? AND keys.value"


def compile_filter(node: Node, entity: Entity | None, *, advanced: bool, tenant: str) -> Condition:
    """A WHERE condition over ``doc`` with its arguments.

    Args:
        node: The parsed ``$filter``.
        entity: The entity type, whose table says what is supported; None for collections without one, such as logs.
        advanced: Whether the request has the advanced query parameters.
        tenant: Tenant whose live objects are asked for, so that they can be looked up by key; empty for others.

    Raises:
        Fault: 400 for what the service does not support, with its message.
    """
    return _Compiler(entity, advanced, tenant).compile(node)


_KINDS = {"eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual", "lt": "LessThan",
          "le": "LessThanOrEqual", "in": "Equal"}  # fmt: skip
"""Names of operators in the message about operands that cannot be compared."""


def _type(value: Any) -> str:
    """The OData type of a literal."""
    match value:
        case bool():
            return "Boolean"
        case int():
            return "Int32"
        case float():
            return "Double"
        case Guid():
            return "Guid"
        case Date():
            return "DateTimeOffset"
    return "String"


_NUMBERS = {"Int32", "Double"}


def _check_operands(known: str, operator: str, value: Any) -> None:
    """A property and the value that it is compared with have the same type ("OData, Comparison Operators").

    Raises:
        Fault: 400 with the message that public issues show for a Boolean property and a text.
    """
    given = _type(value)
    if value is None or given == known or {given, known} <= _NUMBERS:
        return
    raise bad_request(
        "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types"
        f" 'Edm.{known}' and 'Edm.{given}' for operator kind '{_KINDS[operator]}'.",
        "BadRequest",
    )


class _Compiler:
    def __init__(self, entity: Entity | None, advanced: bool, tenant: str) -> None:
        self._entity, self._advanced, self._tenant = entity, advanced, tenant

    def compile(self, node: Node, variable: str = "", source: str = "doc") -> Condition:
        match node:
            case Logical(operator, conditions):
                parts = [self.compile(condition, variable, source) for condition in conditions]
                if operator == "and" and not variable:
                    parts = [*self._between(conditions), *parts]
                text = f" {operator.upper()} ".join(f"({sql})" for sql, _ in parts)
                return text, [argument for _, arguments in parts for argument in arguments]
            case Not(condition):
                self._needs_advanced("not", self._first_path(condition, variable))
                sql, arguments = self.compile(condition, variable, source)
                return f"NOT coalesce(({sql}), 0)", arguments
            case Any_(path, inner, condition, every):
                return self._any(path, inner, condition, every, source)
            case Comparison(path, operator, value):
                return self._comparison(path, operator, value, variable, source)
            case Membership(path, values):
                self._supported(path, "in", variable)
                for value in values:
                    self._check(path, "in", value, variable)
                column, arguments = self._column(path, variable, source)
                marks = ",".join("?" * len(values))
                if column == "id":
                    return f"id IN ({marks})", [str(value).lower() for value in values]
                stored = [_stored(value) for value in values]
                column = _moment(column) if any(isinstance(value, Date) for value in values) else column
                folding = any(_beyond_ascii(value) for value in stored)
                if folding:
                    column = f"folded({column})"
                    stored = [value.lower() if isinstance(value, str) else value for value in stored]
                among, needed = f"{column} COLLATE NOCASE IN ({marks})", [*arguments, *stored]
                key = self._key(path) if not variable and not folding else None
                if key is None or None in values:
                    return among, needed
                return f"{_BY_KEY} IN ({marks})) AND {among}", [self._tenant, key, *stored, *needed]
            case Function(name, path, value):
                self._supported(path, name, variable)
                column, arguments = self._column(path, variable, source)
                return _text_match(name, column, path.lowered, _lower(value)), [*arguments, str(value)]

    def _first_path(self, node: Node, variable: str) -> Path | None:
        match node:
            case Comparison(path) | Membership(path) | Function(_, path) | Any_(path):
                return None if variable and path.parts[0] == variable else path
            case Not(condition):
                return self._first_path(condition, variable)
            case Logical(_, conditions):
                return self._first_path(conditions[0], variable)

    def _needs_advanced(self, operator: str, path: Path | None) -> None:
        if self._entity is not None and path is not None and not self._advanced:
            raise Fault(
                400,
                "Request_UnsupportedQuery",
                f"Operator '{operator}' is not supported because the required parameters might be missing. {_ASK}",
            )

    def _supported(self, path: Path, operator: str, variable: str, value: Any = "") -> None:
        if self._entity is None or (variable and path.parts[0] == variable):
            return
        name = path.parts[0]
        if self._relation(path) is not None:
            self._needs_advanced(f"{name}/$count", path)
            return
        known = self._entity.properties.get(name)
        if known is None:
            if EXTENSION.match(name):
                return
            raise bad_request(
                f"Invalid filter clause: Could not find a property named '{name}' on type '{self._entity.type}'.",
                "BadRequest",
            )
        wanted = ["count"] if path.count else [operator, *(["null"] if value is None else [])]
        for item in wanted:
            code = {"gt": "ge", "lt": "le"}.get(item, item)
            if code in known.query:
                continue
            if f"{code}!" not in known.query:
                raise Fault(
                    400,
                    "Request_UnsupportedQuery",
                    f"Unsupported or invalid query filter clause specified for property '{name}' of resource"
                    f" '{self._entity.resource}'.",
                )
            if not self._advanced:
                if item in {"ne", "endsWith", "not"}:
                    self._needs_advanced(item, path)
                raise Fault(
                    400,
                    "Request_UnsupportedQuery",
                    f"Unsupported or invalid query filter clause specified for property '{name}' of resource"
                    f" '{self._entity.resource}'.",
                )

    def _check(self, path: Path, operator: str, value: Any, variable: str) -> None:
        """Checks the type of a value that a property of the entity type is compared with."""
        if self._entity is None or len(path.parts) > 1 or (variable and path.parts[0] == variable):
            return
        known = self._entity.properties.get(path.parts[0])
        if path.count:
            _check_operands("Int32", operator, value)
        elif known is not None and not known.collection:
            _check_operands(known.type, operator, value)

    def _column(self, path: Path, variable: str, source: str) -> Condition:
        if variable and path.parts[0] == variable:
            if len(path.parts) == 1:
                return "item.value", []
            return "json_extract(item.value, ?)", [json_path(path.parts[1:])]
        if path.parts == ("id",) and self._entity is not None:
            return "id", []
        if (relation := self._relation(path)) is not None:
            edges = "edges.tenant = objects.tenant AND edges.kind = ? AND source = objects.id AND removed = 0"
            return f"(SELECT count(*) FROM edges WHERE {edges})", [relation]
        if path.count:
            return f"coalesce(json_array_length({source}, ?), 0)", [json_path(path.parts)]
        return f"json_extract({source}, ?)", [json_path(path.parts)]

    def _relation(self, path: Path) -> str | None:
        """The edges that a path counts, if it counts a relation."""
        edges, kinds = _COUNTED_RELATIONS.get(path.parts[0], ("", set()))
        return edges if path.count and self._entity is not None and self._entity.kind in kinds else None

    def _comparison(self, path: Path, operator: str, value: Any, variable: str, source: str) -> Condition:
        self._supported(path, operator, variable, value)
        self._check(path, operator, value, variable)
        column, arguments = self._column(path, variable, source)
        if value is None:
            if operator not in {"eq", "ne"}:
                raise bad_request("Invalid filter clause: null can only be compared with eq and ne.", "BadRequest")
            return f"{column} IS {'NOT ' if operator == 'ne' else ''}NULL", arguments
        if column == "id" and isinstance(value, str):
            return f"id {_SIGNS[operator]} ?", [value.lower()]
        stored = _stored(value)
        column = _moment(column) if isinstance(value, Date) else column
        collation = " COLLATE NOCASE" if isinstance(stored, str) and not path.lowered else ""
        folding = _beyond_ascii(stored)
        if path.lowered or folding:
            column = f"{_lower(stored)}({column})"
        if folding and not path.lowered:
            stored = stored.lower()
        comparison = f"{column} {_SIGNS[operator]} ?{collation}"
        if operator == "ne":
            comparison = f"({comparison} OR {column} IS NULL)"
            arguments = [*arguments, stored, *arguments]
            return comparison, arguments
        if value is False and self._entity is not None:
            comparison = f"coalesce({column}, 0) {_SIGNS[operator]} ?"
        key = self._key(path) if operator == "eq" and not variable and not folding else None
        if key is not None:
            return f"{_BY_KEY} = ?) AND {comparison}", [self._tenant, key, stored, *arguments, stored]
        return comparison, [*arguments, stored]

    def _between(self, conditions: Sequence[Node]) -> list[Condition]:
        """Where principal names have to lie between two, those who do, found by key before anything is compared."""
        bounds = [
            (condition.operator, condition.value)
            for condition in conditions
            if isinstance(condition, Comparison)
            and condition.path.parts == ("userPrincipalName",)
            and condition.operator in {"ge", "gt", "le", "lt"}
            and isinstance(condition.value, str)
            and condition.value.isascii()
        ]
        if len(bounds) < 2 or not self._tenant:
            return []
        sides = "".join(f" AND keys.value {_SIGNS[operator]} ?" for operator, _ in bounds)
        found = f"id IN (SELECT keys.id FROM keys WHERE keys.tenant = ? AND keys.name = 'userPrincipalName'{sides})"
        return [(found, [self._tenant, *(value for _, value in bounds)])]

    def _key(self, path: Path) -> str | None:
        """The key that objects with a value of a property are found by, if live ones are asked for."""
        return key_of(path, self._entity) if self._tenant and self._entity is not None else None

    def _any(self, path: Path, variable: str, condition: Node | None, every: bool, source: str) -> Condition:
        self._supported(path, "any", "")
        rows = f"json_each({source}, ?) AS item"
        if condition is None:
            return f"EXISTS (SELECT 1 FROM {rows})", [json_path(path.parts)]
        self._collection_operators(path, condition)
        sql, arguments = self.compile(condition, variable, source)
        if every:
            return f"NOT EXISTS (SELECT 1 FROM {rows} WHERE NOT coalesce(({sql}), 0))", [
                json_path(path.parts),
                *arguments,
            ]
        return f"EXISTS (SELECT 1 FROM {rows} WHERE {sql})", [json_path(path.parts), *arguments]

    def _collection_operators(self, path: Path, condition: Node) -> None:
        """What a lambda's condition uses has to be supported by the collection."""
        match condition:
            case Logical(_, conditions):
                for part in conditions:
                    self._collection_operators(path, part)
            case Not(inner):
                self._needs_advanced("not", path)
                self._collection_operators(path, inner)
            case Function(name):
                self._supported(path, name, "")
            case Comparison(_, operator) if operator not in {"eq"}:
                self._supported(path, operator, "")
            case _:
                pass


_ENDING = "Z0."
"""Characters that end a moment in UTC and do not tell it from others; without them, text order is time order."""


def _moment(column: str) -> str:
    return f"rtrim({column}, '{_ENDING}')"


def _stored(value: Any) -> Any:
    if isinstance(value, Date):
        return value.rstrip(_ENDING)
    return int(value) if isinstance(value, bool) else value


def _beyond_ascii(value: Any) -> bool:
    """Whether a text has letters whose small forms SQLite does not know; its own functions use indexes and are fast."""
    return isinstance(value, str) and not value.isascii()


def _lower(value: Any) -> str:
    """The function of SQL that makes a text small, for comparison with a value."""
    return "folded" if _beyond_ascii(value) else "lower"


def _text_match(name: str, column: str, lowered: bool, function: str) -> str:
    subject, argument = f"{function}({column})", "?" if lowered else f"{function}(?)"
    if name == "startsWith":
        return f"instr({subject}, {argument}) = 1"
    if name == "endsWith":
        return f"{subject} LIKE '%' || replace(replace({argument}, '%', '\\%'), '_', '\\_') ESCAPE '\\'"
    return f"instr({subject}, {argument}) > 0"
