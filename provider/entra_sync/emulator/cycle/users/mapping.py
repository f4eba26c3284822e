"""One job's object mapping at work: matching values, values to write, and what differs from the target.

Rules: attributeMapping resource, "Customize user provisioning attribute-mappings", "Known issues for provisioning": a
    null
is not sent, a default value and a creation-only mapping apply at creation, case alone is no change unless the target
attribute is set so.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from entra_sync.emulator.cycle.users.people import target_value
from entra_sync.emulator.state.catalog.entities import entity
from entra_sync.emulator.state.spelling import external_alias
from entra_sync.emulator.state.store import Document
from entra_sync.errors import EntraSyncError, ExpressionError
from entra_sync.expressions import (
    GRAPH_PROPERTIES,
    IGNORE_ATTRIBUTE,
    IGNORE_OBJECT,
    Context,
    Expression,
    ScopingFilter,
    Value,
    evaluate,
    from_source,
    is_read,
    passes,
)
from entra_sync.expressions.filters.evaluation import holds
from entra_sync.expressions.language.syntax import Call, walk

__all__ = ["Failed", "Row", "UserMapping", "external_name"]

_ADDS_ONLY = {"AttributeAddOnly", "ValueAddOnly", "MultiValueAddOnly"}
_COMPUTED = {"IsSoftDeleted", "manager", "alternativeSecurityIds"}


class Failed(Exception):
    """A person that cannot be provisioned, with the code and text that the log gives."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute mapping, its expression parsed.

    Attributes:
        calls: Whether the expression calls functions, which may draw random numbers.
    """

    target: str
    expression: Expression | None
    calls: bool
    flow_type: str
    matching: int
    default: str | None
    case_exact: bool


def external_name(principal_name: str, domain: str) -> str:
    """The principal name of an invited user: ``ada@contoso.com`` is ``ada_contoso.com#EXT#@<initial domain>``."""
    return f"{external_alias(principal_name)}@{domain}"


@dataclass
class UserMapping:
    """The mapping of users to users of a schema."""

    rows: list[Row]
    scoping: ScopingFilter | None
    source_directory: str
    target_directory: str
    domain: str
    now: datetime
    new_id: Callable[[], str]
    flow_types: set[str] = field(default_factory=set)
    _without_calls: Context = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._without_calls = Context(now=self.now, random=random.Random(0), new_guid=self.new_id)

    @classmethod
    def read(cls, schema: Document, domain: str, now: datetime, new_id: Callable[[], str]) -> UserMapping | None:
        """The enabled mapping of users in a schema, or None.

        Raises:
            Failed: ``SchemaInvalid`` where an expression or filter cannot be read.
        """
        for rule in schema["synchronizationRules"]:
            for mapping in rule["objectMappings"]:
                if (mapping["sourceObjectName"], mapping["targetObjectName"]) == ("User", "User") and mapping.get(
                    "enabled", True
                ):
                    return cls._read(schema, rule, mapping, domain, now, new_id)
        return None

    @classmethod
    def _read(
        cls, schema: Document, rule: Document, mapping: Document, domain: str, now: datetime, new_id: Callable[[], str]
    ) -> UserMapping:
        exact = _case_exact(schema, rule["targetDirectoryName"])
        try:
            rows = [_row(item, exact) for item in mapping["attributeMappings"]]
            scope = mapping.get("scope")
            scoping = ScopingFilter.model_validate(scope) if scope is not None else None
            for clause in scoping.clauses() if scoping is not None else ():
                holds(clause, "any")  # an operator, operand or pattern that the cycle cannot use
        except (EntraSyncError, ValueError) as error:
            raise Failed("SchemaInvalid", str(error)) from None
        flow_types = {part.strip() for part in str(mapping.get("flowTypes") or "Add, Update, Delete").split(",")}
        return cls(
            rows, scoping, rule["sourceDirectoryName"], rule["targetDirectoryName"], domain, now, new_id, flow_types
        )

    # Scope

    def reads(self, attributes: Mapping[str, Value]) -> bool:
        """Whether the service looks at this person at all."""
        return is_read(self.scoping, attributes)

    def passes(self, attributes: Mapping[str, Value]) -> bool:
        """Whether the person passes the scoping filter."""
        return passes(self.scoping, attributes)

    # Values

    def _value(self, row: Row, attributes: Mapping[str, Value]) -> Any:
        if row.expression is None:
            return None
        context = self._without_calls
        if row.calls:
            seed = f"{attributes.get('objectId')}/{row.target}"
            context = Context(now=self.now, random=random.Random(seed), new_guid=self.new_id)
        try:
            return evaluate(row.expression, attributes, context)
        except ExpressionError as error:
            raise Failed("ExpressionEvaluationFailed", f"{row.target}: {error}") from None

    def matching(self, attributes: Mapping[str, Value]) -> list[tuple[str, Any]]:
        """(attribute, value) pairs to find the person's account by, in order of precedence."""
        rows = sorted((row for row in self.rows if row.matching > 0), key=lambda row: row.matching)
        return [(row.target, value) for row in rows if (value := self._value(row, attributes)) is not None]

    def soft_deletes(self, attributes: Mapping[str, Value]) -> bool:
        """Whether the mapping of IsSoftDeleted says that the person goes."""
        for row in self.rows:
            if row.target == "IsSoftDeleted":
                return str(self._value(row, attributes)).lower() == "true"
        return False

    def manager(self, attributes: Mapping[str, Value]) -> str | None:
        """Source id of the manager that the mapping asks for, or None."""
        for row in self.rows:
            if row.target == "manager":
                value = self._value(row, attributes)
                return str(value) if value else None
        return None

    def values(self, attributes: Mapping[str, Value], *, creating: bool) -> dict[str, Any] | None:
        """Target values by attribute, in the types of the target's properties; None when an expression drops the
        object.

        Raises:
            Failed: an expression has no value, or a value does not fit its attribute.
        """
        found: dict[str, Any] = {}
        for row in self.rows:
            if row.target in _COMPUTED and row.target != "alternativeSecurityIds":
                continue
            if row.flow_type == "ObjectAddOnly" and not creating:
                continue
            if row.matching > 0 and not creating:
                continue
            value = self._value(row, attributes)
            if value is IGNORE_OBJECT:
                return None
            if value is IGNORE_ATTRIBUTE:
                continue
            if value is None and creating:
                value = row.default
            if value is None:
                continue
            if row.target == "userPrincipalName":
                value = external_name(str(value), self.domain)
            found[row.target] = _typed(row.target, value)
        return found

    def changes(self, attributes: Mapping[str, Value], target: Document) -> dict[str, tuple[Any, Any]] | None:
        """(old, new) by attribute, of what an update would write; None when an expression drops the object."""
        values = self.values(attributes, creating=False)
        if values is None:
            return None
        rows = {row.target: row for row in self.rows}
        found: dict[str, tuple[Any, Any]] = {}
        for name, value in values.items():
            before = target_value(target, name)
            row = rows[name]
            if row.flow_type in _ADDS_ONLY and before not in (None, [], ""):
                continue
            if not _same(before, value, exact=row.case_exact):
                found[name] = (before, value)
        return found


def _row(item: Document, exact: dict[str, bool]) -> Row:
    source = item.get("source")
    expression = from_source(source) if source and source.get("expression") else None
    target = item["targetAttributeName"]
    return Row(
        target,
        expression,
        expression is not None and any(isinstance(part, Call) for part in walk(expression)),
        item.get("flowType") or "Always",
        item.get("matchingPriority") or 0,
        item.get("defaultValue"),
        exact.get(target, False),
    )


def _case_exact(schema: Document, directory: str) -> dict[str, bool]:
    return {
        attribute["name"]: bool(attribute.get("caseExact"))
        for known in schema["directories"]
        if known["name"] == directory
        for definition in known.get("objects") or []
        if definition["name"] == "User"
        for attribute in definition.get("attributes") or []
    }


def _same(before: Any, value: Any, *, exact: bool) -> bool:
    if isinstance(before, str) and isinstance(value, str) and not exact:
        return before.lower() == value.lower()
    return bool(before == value)


@lru_cache(1000)
def _type(attribute: str) -> str:
    """The type of the property that an attribute of the target is written to."""
    known = entity("user").properties.get(GRAPH_PROPERTIES.get(attribute, attribute))
    return known.type if known is not None else "String"


def _typed(attribute: str, value: Any) -> Any:
    """A value in the type of the target's property.

    Raises:
        Failed: ``SchemaPropertyCanOnlyAcceptValue`` where it does not fit.
    """
    kind = _type(attribute)
    if kind == "Boolean":
        text = str(value).lower()
        if text not in {"true", "false"}:
            raise Failed(
                "SchemaPropertyCanOnlyAcceptValue", f"Attribute {attribute} can only be True or False, not '{value}'."
            )
        return text == "true"
    if kind.startswith("Collection("):
        return list(value) if isinstance(value, tuple) else [str(value)]
    if isinstance(value, tuple):
        if len(value) > 1:
            raise Failed(
                "SchemaPropertyCanOnlyAcceptValue", f"Attribute {attribute} can only have one value, not {len(value)}."
            )
        value = value[0]
    return str(value)
