"""Attribute mappings in order, and the documented ones to start from.

:class:`Mappings` is an ordered collection of mappings, and :func:`defaults` the documented one to start from:

    defaults("global", "usgov").replace("displayName", expr('Append([displayName], " (Contoso)")')).without("city")

The rows of `defaults` leave to the job's template whatever the program does not say itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ConfigDict, RootModel, model_validator

from entra_sync.errors import ConfigurationError
from entra_sync.errors.mistakes import ToldList, told, told_methods
from entra_sync.errors.problems import word_for
from entra_sync.expressions.schema.attributes import PROTECTED_TARGETS
from entra_sync.expressions.schema.defaults import default_schema
from entra_sync.expressions.schema.mapping import (
    NEVER,
    PROPERTIES,
    AttributeMapping,
    checked,
    constant,
    expr,
    nearest,
)
from entra_sync.microsoft.clouds import Cloud

__all__ = ["Mappings", "defaults"]


@told_methods("Mappings")
class Mappings(RootModel[tuple[AttributeMapping, ...]], metaclass=ToldList):
    """Attribute mappings in order, one per target attribute; every edit gives a new value.

    What is not mentioned here stays in the schema as it is; :meth:`without` takes a row out.
    """

    model_config = ConfigDict(frozen=True)

    root: tuple[AttributeMapping, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _is_a_list(cls, data: Any) -> Any:
        if isinstance(data, AttributeMapping):
            raise ValueError("must be a list, as in Mappings([AttributeMapping(...)])")
        return data

    def __iter__(self) -> Iterator[AttributeMapping]:  # type: ignore[override]
        return iter(self.root)

    def __len__(self) -> int:
        return len(self.root)

    def __getitem__(self, target: int | str) -> AttributeMapping:
        if isinstance(target, int):
            return self.root[target]
        if mapping := self.get(target):
            return mapping
        raise ConfigurationError(f'no mapping to "{target}"; {nearest(target, [item.target for item in self])}')

    def get(self, target: str) -> AttributeMapping | None:
        """The mapping to *target*, if there is one here."""
        return next((mapping for mapping in self.root if mapping.target == target), None)

    @property
    def active(self) -> Mappings:
        """The mappings that write something, without those that take a row out."""
        return Mappings(tuple(mapping for mapping in self.root if mapping.apply != NEVER))

    def released_since(self, before: Mappings) -> list[str]:
        """Target attributes that were declared *before* and are not mentioned here any more."""
        return sorted({mapping.target for mapping in _mappings(before)} - {mapping.target for mapping in self})

    def over(self, template: Mappings) -> Mappings:
        """Returns these mappings with the template's values for everything that the program does not say."""
        resolved = (mapping.over(_mappings(template).get(mapping.target)) for mapping in self.root)
        return Mappings(tuple(mapping for mapping in resolved if mapping is not None))

    def replace(self, target: str, source: str, *, apply: str | None = None, default: str | None = None) -> Mappings:
        """Another source for a target attribute that is mapped here; *apply* and *default* stay where not given.

        Raises:
            ConfigurationError: no mapping to *target* here, or one that belongs to the service.
            ExpressionError: the source does not parse.
        """
        old = self[_writable(target)]
        given = {"source": expr(source), "apply": apply, "default": default}
        return self._with(old, {name: value for name, value in given.items() if value is not None})

    def constant(self, target: str, value: str | bool | int, *, apply: str | None = None) -> Mappings:
        """A fixed text for a target attribute, whether or not it is mapped here already."""
        edits = {"source": constant(value)} | ({"apply": apply} if apply else {})
        old = self.get(_writable(target)) or AttributeMapping(target=target)
        return self._with(old, edits)

    def add(self, mapping: AttributeMapping) -> Mappings:
        """One more mapping.

        Raises:
            ConfigurationError: its target is mapped here already.
        """
        if not isinstance(mapping, AttributeMapping):
            raise ConfigurationError('add takes a mapping, as in add(AttributeMapping(target="city", source="[city]"))')
        present = self.get(mapping.target)
        if present is not None and present.apply != NEVER:
            raise ConfigurationError(f'"{mapping.target}" is mapped already; use replace("{mapping.target}", …)')
        return self._with(mapping, {})

    def without(self, target: str) -> Mappings:
        """Take the row of a target attribute out of the schema.

        Raises:
            ConfigurationError: the row belongs to the service, or only the case of the name differs from one here.
        """
        _writable(target)
        for mapping in self.root:
            if mapping.target != target and mapping.target.casefold() == target.casefold():
                raise ConfigurationError(
                    f'no mapping to "{target}"; names are case-sensitive, "{mapping.target}" is one'
                )
        return self._with(AttributeMapping(target=target, apply=NEVER), {})

    def matching(self, target: str, precedence: int = 1) -> Mappings:
        """Matches existing accounts by a mapped attribute. *precedence* 1 is tried first, 0 switches matching off.

        Cross-tenant synchronization matches on its own attribute ("Configure cross-tenant synchronization"); that it
        refuses others (schemaInvalid) is a guess.

        Raises:
            ConfigurationError: no mapping to *target* here, or one that belongs to the service.
        """
        return self._with(self[_writable(target)], {"match": precedence})

    def _with(self, mapping: AttributeMapping, edits: dict[str, Any]) -> Mappings:
        """These mappings with an edited one in the place of the one to the same target, or at the end."""
        if mapping.apply == NEVER and "source" in edits:
            edits = {"apply": "always"} | edits  # a source for a row that was taken out brings it back
        data = {name: getattr(mapping, name) for name in AttributeMapping.model_fields} | edits
        if mapping.declared is not None:
            data["declared"] = tuple(name for name in PROPERTIES if name in {*mapping.declared, *edits})
        edited = AttributeMapping.model_validate(data)
        if self.get(mapping.target):
            return Mappings(tuple(edited if item.target == mapping.target else item for item in self.root))
        return Mappings((*self.root, edited))


def _mappings(value: Any) -> Mappings:
    if not isinstance(value, Mappings):
        raise ConfigurationError(f"takes entra.Mappings, not {word_for(value)}")
    return value


def _writable(target: str) -> str:
    if checked(target, str) in PROTECTED_TARGETS:
        raise ConfigurationError(f'"{target}" cannot be mapped otherwise: {PROTECTED_TARGETS[target]}')
    return target


@told("defaults")
def defaults(source_cloud: Cloud | str, target_cloud: Cloud | str) -> Mappings:
    """Returns the default mappings of users between two clouds, to edit.

    A row that is not edited is the one that the job's template has, and what an edit does not mention is as the
    template has it. So `defaults` without edits changes nothing, whatever the template is. The rows that this function
    starts from are those of :func:`default_schema`.

    Raises:
        ConfigurationError: A cloud that does not exist.
    """
    for cloud in (source_cloud, target_cloud):
        if not isinstance(cloud, str):
            raise ConfigurationError(f"a cloud must be a text, not {word_for(cloud)}; {nearest('', [*Cloud])}")
        if cloud not in list(Cloud):
            raise ConfigurationError(f'cloud "{cloud}" does not exist; {nearest(str(cloud), [*Cloud])}')
    users = default_schema(source_cloud, target_cloud)["synchronizationRules"][0]["objectMappings"][0]
    rows = (AttributeMapping.from_graph(row) for row in users["attributeMappings"])
    return Mappings(tuple(row.model_copy(update={"declared": ()}) for row in rows))
