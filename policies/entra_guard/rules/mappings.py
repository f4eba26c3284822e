"""Rules for attribute mappings: which attributes cross clouds, the user type of new accounts, and how accounts are
matched.

Mappings that a program does not declare stay as they are in the template. So the rules check declared rows and, for all
other target attributes, the template's rows. If the live rows differ from the built-in default, the provider adds them
to the inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pulumi_policy import Severity
from pydantic import AfterValidator, Field

from entra_guard.rule import Config, Report, rule
from entra_guard.values import CannotJudge
from entra_sync.errors import EvaluationError, ExpressionError
from entra_sync.errors.nearest import did_you_mean
from entra_sync.expressions import (
    FUNCTIONS,
    IGNORE_ATTRIBUTE,
    IGNORE_OBJECT,
    NEVER,
    AttributeMapping,
    Context,
    Expression,
    Mappings,
    canonical,
    defaults,
    evaluate,
)
from entra_sync.expressions.language.syntax import Attribute, Call, walk
from entra_sync.expressions.schema.attributes import COMPUTED_ATTRIBUTES, GRAPH_PROPERTIES, NOT_SOURCE, NOT_TARGET
from entra_sync.microsoft.clouds import CLOUDS, Cloud, pair
from entra_sync.resources.synchronization_attribute_mapping import SynchronizationAttributeMappingArgs
from entra_sync.resources.synchronization_schema import SynchronizationSchemaArgs

__all__ = ["attributes_stay_in_their_cloud", "matching_property_safe", "members_only_where_allowed"]

EVERYWHERE = "*"
MAPPED = (SynchronizationSchemaArgs, SynchronizationAttributeMappingArgs)
Mapped = SynchronizationSchemaArgs | SynchronizationAttributeMappingArgs
"""Arguments that declare rows: all of a schema, or a single one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the schema as it will be.

    Attributes:
        mapping: The row.
        declared: Whether the program declares it; else it is the template's.
    """

    mapping: AttributeMapping
    declared: bool

    @property
    def nodes(self) -> tuple[Expression, ...]:
        """Every part of the source's expression.

        Raises:
            CannotJudge: This version cannot read the expression, so what it carries is not known.
        """
        try:
            expression = self.mapping.expression
        except ExpressionError:
            raise CannotJudge(f"{self.mapping.target}: the source {self.mapping.source} cannot be read") from None
        return () if expression is None else tuple(walk(expression))

    @property
    def attributes(self) -> list[str]:
        """Source attributes that it carries, wherever in the expression they are, in their order."""
        return list(dict.fromkeys(node.name for node in self.nodes if isinstance(node, Attribute)))


def rows(args: Mapped, report: Report) -> Iterator[Row]:
    """Yields the rows that write something: declared ones, and for a schema the template's for all other targets."""
    if not isinstance(args, SynchronizationSchemaArgs):
        if args.mapping.apply != NEVER:
            yield Row(args.mapping, declared=True)
        return
    template = _template(args, report)
    said = Mappings(tuple(mapping for mapping in args.mappings if not mapping.untouched))
    declared = {mapping.target for mapping in said}
    for mapping in said.over(template):
        if mapping.apply != NEVER:
            yield Row(mapping, declared=True)
    for mapping in template:
        if mapping.target not in declared:
            yield Row(mapping, declared=False)


def _template(args: SynchronizationSchemaArgs, report: Report) -> Mappings:
    """The rows of the job's template: those of the built-in default, except where the provider found others."""
    live = Mappings.model_validate(report.computed("template") or [])
    usual = defaults(args.tenant.cloud, args.target_cloud or args.tenant.cloud)
    found = {mapping.target: mapping for mapping in (*usual, *live)}
    return Mappings(tuple(mapping for mapping in found.values() if mapping.apply != NEVER))


_SERVICE_NAMES = {path.removesuffix("[0]").casefold(): name for name, path in GRAPH_PROPERTIES.items()}


def _plain_name(name: str) -> str:
    """One spelling for the service's and Graph's name of an attribute."""
    path = name.removesuffix("[0]").replace("/", ".").casefold()
    return _SERVICE_NAMES.get(path, path).casefold()


_KNOWN = {
    name.casefold(): name for names in (GRAPH_PROPERTIES, COMPUTED_ATTRIBUTES, NOT_SOURCE, NOT_TARGET) for name in names
}


def _are_forbidden(forbidden: Mapping[str, list[str]]) -> Mapping[str, list[str]]:
    """Refuses what cannot be meant, since it would forbid nothing."""
    for cloud, names in forbidden.items():
        if cloud != EVERYWHERE and cloud not in list(Cloud):
            raise ValueError(f'"{cloud}" is not a cloud; use {", ".join(Cloud)}, or "{EVERYWHERE}" for all')
        for name in names:
            if _plain_name(name) not in _KNOWN and not name.casefold().startswith("extension_"):
                raise ValueError(f'"{name}" is not an attribute of a user{did_you_mean(name, _KNOWN.values())}')
    return forbidden


class Residency(Config):
    """Configuration of ``attributes-stay-in-their-cloud``."""

    forbidden: Annotated[dict[str, list[str]], AfterValidator(_are_forbidden)] = Field(
        default={},
        description="For each target cloud, or * for all: attributes that must not be written to it. Use the "
        "service's or Graph's names.",
    )


@rule(
    MAPPED,
    "attributes-stay-in-their-cloud",
    "Checks that no mapping writes a forbidden attribute into the target's cloud.",
    severity=Severity.CRITICAL,
)
def attributes_stay_in_their_cloud(args: Mapped, report: Report, config: Residency) -> None:
    """The rule enforces data residency. No mapping may read a forbidden attribute, at any depth of an expression, and
    no mapping may write one."""
    if not config.forbidden:
        return
    if args.target_cloud is None:
        report("it is not known which cloud the attributes go to; set target_cloud")
        return
    if not pair(args.tenant.cloud, args.target_cloud).cross_cloud:
        return
    names = [*config.forbidden.get(args.target_cloud, []), *config.forbidden.get(EVERYWHERE, [])]
    forbidden = {_plain_name(name) for name in names}
    where = CLOUDS[args.target_cloud].label
    for row in rows(args, report):
        target = row.mapping.target
        carried = [name for name in row.attributes if _plain_name(name) in forbidden]
        if not carried and row.attributes and _plain_name(target) in forbidden:
            report(f"{target} must not be written in {where}, but {row.mapping.source} writes it; {_way_out(row)}")
        for name in carried:
            report(f"{name} must not cross into {where}, but the mapping to {target} uses it; {_way_out(row)}")


def _way_out(row: Row) -> str:
    target = row.mapping.target
    if not row.declared:
        return f'it is in the template; remove it with .without("{target}")'
    if row.mapping.source == f"[{target}]":
        return f'use .without("{target}")'
    return f"remove it from {row.mapping.source}"


class Members(Config):
    """Configuration of ``members-only-where-allowed``."""

    clouds: list[Cloud] = Field(default=list(Cloud), description="Clouds in which users may become members.")


@rule(
    MAPPED,
    "members-only-where-allowed",
    "Checks that users become guests, unless their target cloud allows members.",
    severity=Severity.HIGH,
)
def members_only_where_allowed(args: Mapped, report: Report, config: Members) -> None:
    """A member can read the directory and has every permission of "all users". The template creates members. Without
    a value for ``userType``, the service may create members too; no page of Microsoft says what it creates."""
    if args.target_cloud in config.clouds or set(config.clouds) == set(Cloud):
        return
    where = "an unknown cloud" if args.target_cloud is None else CLOUDS[args.target_cloud].label
    written = [row for row in rows(args, report) if row.mapping.target == "userType"]
    if not written and (isinstance(args, SynchronizationSchemaArgs) or args.mapping.target == "userType"):
        report(
            f"users may become members in {where}, because nothing is mapped to userType; "
            'use .constant("userType", "Guest")'
        )
    for row in written:
        if _may_make_members(row):
            report(
                f"users would become members in {where} by {row.mapping.source or 'the present source'}"
                + ("" if row.declared else ", which is in the template")
                + '; use .constant("userType", "Guest")'
            )


def _may_make_members(row: Row) -> bool:
    """Whether the row gives a user the type "Member", or no type.

    A source that varies, also with the time, or that the program leaves as it is, may give anything.

    Raises:
        CannotJudge: Its expression has no value.
    """
    default = (row.mapping.default or "").casefold()
    varies = any(isinstance(node, Call) and FUNCTIONS[node.name].uses_context for node in row.nodes)
    expression = row.mapping.expression
    if expression is None or default == "member" or row.attributes or varies:
        return True
    try:
        value = evaluate(expression, {}, Context.live())
    except EvaluationError:
        raise CannotJudge(f"userType: the source {row.mapping.source} has no value") from None
    if value is IGNORE_OBJECT:
        return False
    if value is IGNORE_ATTRIBUTE:
        return True
    return (str(canonical(value) or "") or default).casefold() in ("member", "")


class Matching(Config):
    """Configuration of ``matching-property-safe``."""

    allowed: list[str] = Field(
        default=["alternativeSecurityIds"], description="Target attributes that may match existing accounts."
    )


@rule(
    MAPPED,
    "matching-property-safe",
    "Checks that existing accounts are matched by a safe attribute.",
    severity=Severity.CRITICAL,
)
def matching_property_safe(args: Mapped, report: Report, config: Matching) -> None:
    """The job takes over every account that it matches, and deletes it when the user leaves the scope. A match by mail
    address or name can find the account of another user. Without a matching attribute, users get a second account."""
    matching = [row.mapping for row in rows(args, report) if row.mapping.match]
    for mapping in matching:
        if mapping.target not in config.allowed:
            report(
                f"{mapping.target} (match {mapping.match}) can match the account of another user; match on "
                f"{', '.join(config.allowed)} only"
            )
    if not matching and isinstance(args, SynchronizationSchemaArgs):
        report(
            "no attribute matches existing accounts, so users would be created twice; keep the template's matching row"
        )
