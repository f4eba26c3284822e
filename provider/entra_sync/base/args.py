"""Arguments of resources: one pydantic model from the program to the body that Graph gets.

The same model validates what a program passes (Pulumi outputs go through), what preview knows (unknowns go through),
and what policies read. Its aliases are the names of Graph's properties.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Self

from pulumi import Output
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic.alias_generators import to_camel

from entra_sync.base.values.unknown import holds_unknown, is_unknown, same
from entra_sync.errors.mistakes import Told
from entra_sync.errors.problems import unwritable
from entra_sync.microsoft.tenant import Tenant

__all__ = ["Args", "Guid", "Values", "replaces", "restore_integers", "secret"]

JSON = Any


def _is_guid(value: str) -> str:
    if not re.fullmatch(_GUID, value):
        raise ValueError(f'"{value}" is not an id; ids are GUIDs such as 00000000-1111-2222-3333-444444444444')
    return value.lower()


_GUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"

Guid = Annotated[str, AfterValidator(_is_guid)]
"""The id of an object for which Graph uses a GUID; in lower case, as Graph writes it, so that ids can be compared."""


def replaces(description: str, default: Any = ..., **options: Any) -> Any:
    """A field whose change needs a new resource."""
    return Field(default=default, description=description, json_schema_extra={"replaces": True}, **options)


def secret(description: str, default: Any = ..., **options: Any) -> Any:
    """A field that state keeps encrypted and that no list of calls shows."""
    return Field(default=default, description=description, json_schema_extra={"secret": True}, **options)


class Values(BaseModel, metaclass=Told):
    """A typed group of arguments; any value may be a Pulumi output, or unknown in preview."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
    )

    @field_validator("*", mode="wrap")
    @classmethod
    def _let_unknowns_pass(cls, value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        if is_unknown(value):
            return value
        if isinstance(value, Mapping) and not all(isinstance(key, str) for key in value):
            raise ValueError("must be a dictionary whose names are texts")
        for problem in unwritable(value):
            raise ValueError(f"{problem.where} {problem.why}" if problem.where else problem.why)
        if isinstance(value, (list, tuple)) and any(map(is_unknown, value)):
            try:
                known = iter(validate([item for item in value if not is_unknown(item)]))
            except ValidationError as error:
                # Too few are known. With those that are not known yet there may be enough.
                if {problem["type"] for problem in error.errors()} == {"too_short"}:
                    return list(value)
                raise
            return [item if is_unknown(item) else next(known) for item in value]
        if isinstance(value, Mapping) and not isinstance(value, BaseModel) and any(map(is_unknown, value.values())):
            pending = {key: item for key, item in value.items() if is_unknown(item)}
            try:
                known_part = validate({key: item for key, item in value.items() if not is_unknown(item)})
            except ValidationError as error:
                # A typed group one of whose required values is not known yet: its own validators let it pass.
                if all(problem["type"] == "missing" for problem in error.errors()):
                    return validate(value)
                raise
            return {**known_part, **pending} if isinstance(known_part, dict) else validate(value)
        return validate(value)

    def body(self) -> dict[str, JSON]:
        """The values under Graph's names, without those that are not set."""
        values = {self.wire(name): _plain(getattr(self, name)) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def listed(cls, items: Sequence[Any]) -> JSON:
        """A list that begins with one of these, as JSON; a kind that comes in thousands has a shorter form of it."""
        return [_plain(item) for item in items]

    def mirrored(self, live: Mapping[str, JSON]) -> Self:
        """These arguments with the values that *live* has for them; what is not declared here is left out."""
        declared = self.body()
        return type(self).model_validate({**declared, **_mirror(declared, live)})

    @classmethod
    def wire(cls, name: str) -> str:
        """Graph's and the state's name of the field *name*."""
        return cls.model_fields[name].alias or name

    @classmethod
    def marked(cls, mark: str) -> list[str]:
        """Names of the fields with a mark: ``replaces`` or ``secret``."""
        marked = []
        for name, field in cls.model_fields.items():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and extra.get(mark):
                marked.append(name)
        return marked


class Args(Values):
    """Base of every resource's arguments.

    Args:
        tenant: The tenant that the object lives in.
    """

    tenant: Tenant = Field(description="Tenant that the object lives in.")

    @classmethod
    def read(cls, properties: Mapping[str, JSON]) -> Self:
        """Arguments out of a bag of state, inputs or policy properties; what is not an argument is left out.

        Raises:
            pydantic.ValidationError: They do not fit the model.
        """
        known = {cls.wire(name) for name in cls.model_fields}
        return cls.model_validate({key: restore_integers(value) for key, value in properties.items() if key in known})

    def changed_from(self, old: Self) -> list[str]:
        """Names of the fields whose values differ from *old*'s; one that is not known yet counts as different."""
        before, after = old.body(), self.body()
        fields = type(self).model_fields
        return [name for name in fields if not same(before.get(self.wire(name)), after.get(self.wire(name)))]

    def replaced_from(self, old: Self) -> list[str]:
        """Those changed fields that need a new resource; an identity that is not known yet is taken as unchanged."""
        marked = set(self.marked("replaces"))
        names = [name for name in self.changed_from(old) if name in marked and not holds_unknown(getattr(self, name))]
        moved = (self.tenant.tenant_id, self.tenant.cloud) != (old.tenant.tenant_id, old.tenant.cloud)
        return [*(["tenant"] if moved else []), *names]


def _plain(value: Any) -> JSON:
    """*value* as JSON; pydantic's own dump would empty a model whose place an unknown holds.

    What a program has as an output becomes JSON as soon as it is known.
    """
    if isinstance(value, Output):
        return value.apply(_plain)
    if isinstance(value, Values):
        return value.body()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        first = value[0] if value else None
        return first.listed(value) if isinstance(first, Values) else [_plain(item) for item in value]
    return value


def _mirror(declared: Mapping[str, JSON], live: Mapping[str, JSON]) -> dict[str, JSON]:
    mirrored: dict[str, JSON] = {}
    for key, value in declared.items():
        if key in live:
            deeper = isinstance(value, Mapping) and isinstance(live[key], Mapping)
            mirrored[key] = _mirror(value, live[key]) if deeper else live[key]
    return mirrored


def restore_integers(value: JSON) -> JSON:
    """Numbers as they were: the engine hands every number over as a float."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: restore_integers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [restore_integers(item) for item in value]
    return value
