"""One attribute mapping as a value: which attribute of the target gets what, and when.

It is the ``attributeMapping`` resource of Microsoft Graph in the portal's words ("Customize user provisioning
attribute-mappings"): a target attribute, a source written as an expression, when it applies, and whether it finds
people.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from entra_sync.errors import ConfigurationError, ExpressionError
from entra_sync.errors.mistakes import Told, told
from entra_sync.errors.problems import Misfit
from entra_sync.expressions.language.binding import parse
from entra_sync.expressions.language.source import from_source, to_source
from entra_sync.expressions.language.syntax import Call, Comparison, Concatenation, Expression, Number, Text

__all__ = ["NEVER", "PROPERTIES", "AttributeMapping", "attribute", "checked", "constant", "expr", "nearest"]

FLOW_TYPES = {
    "always": "Always",
    "onCreate": "ObjectAddOnly",
    "multiValueAddOnly": "MultiValueAddOnly",
    "valueAddOnly": "ValueAddOnly",
    "attributeAddOnly": "AttributeAddOnly",
}
"""When a mapping applies, in a program → Graph's ``flowType``."""

FLOW_BEHAVIORS = ("FlowWhenChanged", "FlowAlways")

NEVER = "never"
"""``apply`` of a mapping that is taken out of the schema."""

PROPERTIES = ("source", "apply", "match", "default", "flow_behavior")
"""What a mapping says about its target attribute, in the order of the class."""

_MOMENTS = {graph: name for name, graph in FLOW_TYPES.items()}


@told("expr")
def expr(text: str) -> str:
    """An expression as the source of a mapping, checked and in its canonical form.

    Raises:
        ExpressionError: it does not parse; the error points at the character.
        ConfigurationError: it is not a text.
    """
    return str(parse(checked(text, str)))


def checked(value: Any, *kinds: type) -> Any:
    """*value*, which must be of one of the *kinds*: an output of another resource has no text yet."""
    if isinstance(value, kinds):
        return value
    kind = "None" if value is None else type(value).__name__
    way = "; make all mappings in .apply(lambda value: ...) of the output" if kind == "Output" else ""
    raise ConfigurationError(f"a mapping takes a text, not {kind}{way}")


@told("attribute")
def attribute(name: str) -> str:
    """The source attribute *name*, as it is, as the source of a mapping."""
    if checked(name, str).startswith("["):
        raise ConfigurationError(f'write the attribute without brackets: attribute("{name.strip("[]")}")')
    return expr(f"[{name}]")


@told("constant")
def constant(value: str | bool | int) -> str:
    """A fixed text as the source of a mapping; a Boolean is spelt True or False, as in exported schemas."""
    return str(Text(str(checked(value, str, bool, int))))


class AttributeMapping(BaseModel, metaclass=Told):
    """What one attribute of the target is given. A row of Graph's JSON is accepted wherever a mapping is.

    Attributes:
        target: The target attribute's case-sensitive name.
        source: An expression such as ``[mail]`` or ``"text"``. A row without a source has only a ``default``.
        apply: ``always``, ``onCreate`` (only when the account is created), or ``never`` (there is no such row);
            also the service's own ``multiValueAddOnly``, ``valueAddOnly`` and ``attributeAddOnly``.
        match: Precedence among the attributes that find a person's existing account, 1 first; 0: not one of them.
        default: Text written instead when the source has no value, only when the account is created.
        flow_behavior: ``FlowWhenChanged`` or ``FlowAlways``.
        graph: Graph's row, if it holds more than these properties. What is not edited stays in it.
        declared: Which of ``source`` to ``flow_behavior`` the program says, for a row that starts from `defaults`. The
            job's template has the others, whatever they are there. None: the program says all of them.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True
    )

    target: str = Field(min_length=1)
    source: str | None = None
    apply: str = Field(default="always", title="Apply", json_schema_extra={"enum": [*FLOW_TYPES, NEVER]})
    match: int = Field(default=0, ge=0)
    default: str | None = None
    flow_behavior: str = Field(
        default="FlowWhenChanged", title="FlowBehavior", json_schema_extra={"enum": [*FLOW_BEHAVIORS]}
    )
    graph: dict[str, Any] | None = Field(default=None, repr=False)
    declared: SkipJsonSchema[tuple[str, ...] | None] = None

    @classmethod
    def from_graph(cls, row: Mapping[str, Any]) -> AttributeMapping:
        """The mapping that a row of Graph's JSON stands for; whatever the row holds comes back with `to_graph`."""
        fields = _fields(row)
        try:
            plain = cls.model_validate(fields)
        except ValidationError:
            plain = None
        return plain if plain and plain.to_graph() == row else cls.model_validate({**fields, "graph": dict(row)})

    def to_graph(self, onto: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Graph's row for this mapping.

        Args:
            onto: An existing row to edit: only what this mapping declares, and says otherwise, changes in it.
        """
        row: dict[str, Any] = deepcopy(dict(onto if onto is not None else self.graph or _EMPTY_ROW))
        before = _fields(row) if "targetAttributeName" in row else None
        said = PROPERTIES if onto is None or self.declared is None else self.declared
        row["targetAttributeName"] = self.target
        for name, key, value in (
            ("apply", "flowType", FLOW_TYPES.get(self.apply, self.apply)),
            ("match", "matchingPriority", self.match),
            ("default", "defaultValue", self.default),
            ("flow_behavior", "flowBehavior", self.flow_behavior),
        ):
            if before is None or (name in said and before[name] != getattr(self, name)):
                row[key] = value
        if before is None or ("source" in said and not _same_source(before["source"], self.source)):
            row["source"] = None if self.source is None else to_source(parse(self.source), row.get("source") or None)
        return row

    @property
    def expression(self) -> Expression | None:
        """The source as a tree.

        Raises:
            ExpressionError: a source read from Graph that this version cannot parse.
        """
        return None if self.source is None else parse(self.source)

    @property
    def untouched(self) -> bool:
        """Whether the program says nothing about this row, so that it is the template's."""
        return self.declared == ()

    def over(self, template: AttributeMapping | None) -> AttributeMapping | None:
        """Returns this mapping with the template's values for everything that the program does not say.

        Args:
            template: The template's row to the same target, or None if it has no such row. Then a row that the program
                says something about keeps the values of `defaults`, and an untouched one does not exist: None.
        """
        if self.declared is None:
            return self
        if template is None:
            return None if self.untouched else self.model_copy(update={"declared": None})
        row = template.model_copy(update={"declared": None})
        said = {name: getattr(self, name) for name in self.declared}
        return AttributeMapping.model_validate({**dict(row), **said}) if said else row

    def same_as(self, other: AttributeMapping) -> bool:
        """Whether both mean the same row, however its source is spelt."""
        return (
            (self.target, self.apply, self.match, self.default, self.flow_behavior)
            == (other.target, other.apply, other.match, other.default, other.flow_behavior)
        ) and _same_source(self.source, other.source)

    @property
    def written(self) -> str:
        """What the target is given, and when, e.g. ``[city] (onCreate)``."""
        notes = [self.apply] * (self.apply != "always") + [f"match {self.match}"] * (self.match > 0)
        notes += [f'default "{self.default}"'] * (self.default is not None)
        return f"{self.source or 'nothing'}" + (f" ({', '.join(notes)})" if notes else "")

    def __str__(self) -> str:
        return f"{self.target} ← {self.written}"

    @model_validator(mode="before")
    @classmethod
    def _accept_row(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and "targetAttributeName" in data:
            return dict(cls.from_graph(data))
        if isinstance(data, Mapping):
            try:
                for name in ("target", "source"):
                    checked(data.get(name), str, type(None))
            except ConfigurationError as error:
                raise ValueError(str(error)) from None
        return data

    @model_validator(mode="after")
    def _understood(self) -> AttributeMapping:
        if self.graph and not isinstance(self.graph.get("targetAttributeName"), str):
            raise Misfit("must be a row of Graph's JSON, which has a targetAttributeName", field="graph")
        read = _fields(self.graph) if self.graph else {}
        if self.source is not None and self.source != read.get("source"):
            try:
                parse(self.source)
            except ExpressionError as error:
                raise Misfit.of_expression(error, "source") from None
        for name in self.declared or ():
            if name not in PROPERTIES:
                raise Misfit(f'"{name}" is unknown; {nearest(name, list(PROPERTIES))}', field="declared")
        moments = [*FLOW_TYPES, NEVER]
        if self.apply not in moments and self.apply != read.get("apply"):
            raise Misfit(f'"{self.apply}" is unknown; {nearest(self.apply, moments)}', field="apply")
        if self.flow_behavior not in FLOW_BEHAVIORS and self.flow_behavior != read.get("flow_behavior"):
            known = nearest(self.flow_behavior, [*FLOW_BEHAVIORS])
            raise Misfit(f'"{self.flow_behavior}" is unknown; {known}', field="flow_behavior")
        return self

    @model_serializer(mode="wrap")
    def _without_defaults(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        if self.untouched:
            return {"target": self.target, "declared": []}
        fields = type(self).model_fields
        usual = {name for name, field in fields.items() if name != "target" and getattr(self, name) == field.default}
        hidden = usual | {to_camel(name) for name in usual}
        return {key: value for key, value in handler(self).items() if key not in hidden}


_EMPTY_ROW = {"exportMissingReferences": False}


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row of Graph's JSON says in the words of a mapping; what it leaves out is the service's default."""
    flow_type = row.get("flowType") or "Always"
    source = row.get("source") or None
    return {
        "target": row["targetAttributeName"],
        "source": None if source is None else _source_text(source),
        "apply": _MOMENTS.get(flow_type, flow_type),
        "match": row.get("matchingPriority") or 0,
        "default": row.get("defaultValue"),
        "flow_behavior": row.get("flowBehavior") or "FlowWhenChanged",
    }


def _source_text(source: Mapping[str, Any]) -> str:
    try:
        return str(from_source(source))
    except ExpressionError:
        return str(source.get("expression") or source.get("name"))


def _same_source(one: str | None, other: str | None) -> bool:
    if one is None or other is None or one == other:
        return one == other
    try:
        return str(_plain(parse(one))) == str(_plain(parse(other)))
    except ExpressionError:
        return False


def _plain(node: Expression) -> Expression:
    """The tree without differences of spelling: numbers are texts, trailing empty slots are none.

    Exported schemas have numbers as texts; that they mean the same is a guess.
    """
    match node:
        case Number():
            return Text(node.digits)
        case Call():
            arguments = [None if argument is None else _plain(argument) for argument in node.arguments]
            while arguments and arguments[-1] is None:
                arguments.pop()
            return Call(node.name, tuple(arguments))
        case Concatenation():
            return Concatenation(tuple(_plain(part) for part in node.parts))
        case Comparison():
            return Comparison(node.operator, _plain(node.left), _plain(node.right))
    return node


def nearest(name: str, known: list[str]) -> str:
    """The end of a message about a word that does not exist: the nearest one, or all."""
    near = get_close_matches(name, known, n=1) or [item for item in known if item.casefold() == name.casefold()]
    return f'did you mean "{near[0]}"?' if near else "known are " + ", ".join(known)
