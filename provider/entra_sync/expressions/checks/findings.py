"""What a static check has to say, and the attributes that it checks names against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from entra_sync.errors import ExpressionError
from entra_sync.expressions.schema.attributes import GRAPH_PROPERTIES

__all__ = ["AttributeList", "Finding", "Span"]

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the service would refuse, or that would surprise.

    Attributes:
        path: The property, as in a program: ``mappings[3].source``, ``filters.groups[0].clauses[1]``.
        severity: ``error`` (must not be sent) or ``warning``.
        message: What is wrong, why, and what to do.
        text: The expression that it is about, if it is about one.
        span: The characters of *text*, half-open.
    """

    path: str
    severity: Literal["error", "warning"]
    message: str
    text: str | None = None
    span: Span | None = None

    @property
    def reason(self) -> str:
        """The message, below the expression with a caret under the place where there is one."""
        if self.text is None or self.span is None:
            return self.message
        return ExpressionError(self.text, self.span, self.message).pointed()

    def __str__(self) -> str:
        if self.text is None:
            return f"{self.path}: {self.message}"
        return f"{self.path}:\n" + "\n".join(f"  {line}" for line in self.reason.splitlines())


class AttributeList:
    """The attributes of an object of one directory, by their case-sensitive names.

    Args:
        definition: Graph's objectDefinition. None if the schema does not define the object: then nothing is known
            about its attributes, so every name may be one.
        where: Whose object it is, for messages: the name of a tenant, or ``the source``.
    """

    def __init__(self, definition: Mapping[str, Any] | None, where: str) -> None:
        self.known = definition is not None
        self.object_name: str = definition["name"] if definition else "the object"
        self.where = where
        self._by_name = {item["name"]: item for item in (definition or {}).get("attributes") or ()}

    def __contains__(self, name: str) -> bool:
        return name in self._by_name or not self.known

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def type_of(self, name: str) -> str:
        """String, Integer, Reference, Binary, Boolean or DateTime; String if the schema gives none; Any if unknown."""
        if not self.known:
            return "Any"
        return str(self._value(name, "type", "String")).capitalize().replace("Datetime", "DateTime")

    def is_multivalued(self, name: str) -> bool:
        """Whether the attribute holds several values."""
        return bool(self._value(name, "multivalued", False))

    def is_required(self, name: str) -> bool:
        return bool(self._value(name, "required", False))

    def mutability(self, name: str) -> str:
        return str(self._value(name, "mutability", "ReadWrite"))

    def references(self, name: str) -> tuple[str, ...]:
        """The objects that a Reference attribute may point to."""
        return tuple(item["referencedObjectName"] for item in self._value(name, "referencedObjects", ()))

    def missing(self, name: str) -> str:
        """Why *name* is no attribute of this object, with the one that was probably meant."""
        problem = f'attribute "{name}" does not exist on {self.object_name} in {self.where}'
        for known in self:
            if known.casefold() == name.casefold():
                return f'{problem}; names are case-sensitive, did you mean "{known}"?'
        for known, graph in GRAPH_PROPERTIES.items():
            if graph.casefold().removesuffix("[0]") == name.casefold() and known in self:
                return f'{problem}; the synchronization service calls Graph\'s {name} "{known}"'
        if name.startswith("extension_"):
            return f"{problem}; add the directory extension to the schema's attributes first"
        near = get_close_matches(name, self._by_name, n=1)
        return f'{problem}; did you mean "{near[0]}"?' if near else problem

    def _value(self, name: str, key: str, otherwise: Any) -> Any:
        value = self._by_name.get(name, {}).get(key)
        return otherwise if value is None else value
