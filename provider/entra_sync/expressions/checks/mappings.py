"""Static checks of attribute mappings and a scoping filter, before anything is sent.

Rules: "Configure cross-tenant synchronization", "What is cross-tenant synchronization?", "Known issues for provisioning
in Microsoft Entra ID" and "Customize user provisioning attribute-mappings"; those about one expression are in
`checks.expressions`, those about filters in `checks.filters`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from entra_sync.errors import ExpressionError
from entra_sync.expressions.checks.expressions import check_expression, check_result, constant_problem
from entra_sync.expressions.checks.filters import check_filter
from entra_sync.expressions.checks.findings import AttributeList, Finding
from entra_sync.expressions.filters.model import ScopingFilter
from entra_sync.expressions.language.syntax import Attribute, Call, Expression, Text, walk
from entra_sync.expressions.schema.attributes import NOT_TARGET, PROTECTED_TARGETS, REQUIRED_TARGETS
from entra_sync.expressions.schema.defaults import default_schema
from entra_sync.expressions.schema.edits import is_cross_tenant, object_definition, read_filter, read_mappings
from entra_sync.expressions.schema.mapping import NEVER, AttributeMapping
from entra_sync.expressions.schema.mappings import Mappings
from entra_sync.microsoft.clouds import Cloud, pair

__all__ = ["check_mappings"]


@dataclass(frozen=True, slots=True)
class _Setting:
    """What mappings are checked against."""

    source: AttributeList
    target: AttributeList
    present: Mappings
    cross_tenant: bool
    manager: bool


def check_mappings(
    mappings: Mappings | Iterable[AttributeMapping],
    scoping_filter: ScopingFilter | None = None,
    schema: Mapping[str, Any] | None = None,
    *,
    template: Mapping[str, Any] | None = None,
    source_cloud: Cloud | str = Cloud.GLOBAL,
    target_cloud: Cloud | str | None = None,
    source_name: str = "the source",
    target_name: str = "the target",
    path: str = "mappings",
    filter_path: str = "filters",
) -> list[Finding]:
    """Finds everything that is known to be wrong, or to surprise, before a schema is sent.

    Only what the program changes is checked. A row or filter that the schema has already is right by definition.

    Args:
        mappings: What is declared.
        scoping_filter: The declared filter, if any.
        schema: The job's live schema. Without it the template, or the built-in default of these clouds, takes its
            place.
        template: The schema of the job's template, which rows of `defaults` take their values from. Without it they
            take them from *schema*.
        source_cloud: Cloud of the source tenant.
        target_cloud: Cloud of the target tenant; None where it is not known, which refuses nothing on its account.
        source_name: Name of the source tenant, for messages.
        target_name: Name of the target tenant, for messages.
        path: Property of the program that holds the mappings.
        filter_path: Property of the program that holds the filter.

    Returns:
        Findings in the order of the program; those of severity ``error`` must keep the schema from being sent.

    Raises:
        ConfigurationError: The schema has no mapping of users.
    """
    declared = list(mappings)
    clouds = (source_cloud, target_cloud or source_cloud)
    live = schema or template or default_schema(*clouds)
    present = read_mappings(live)
    usual = read_mappings(template) if template else present
    setting = _Setting(
        source=AttributeList(object_definition(live, "source"), source_name),
        target=AttributeList(object_definition(live, "target"), target_name),
        present=present,
        cross_tenant=is_cross_tenant(live),
        manager=target_cloud is None or pair(Cloud(source_cloud), Cloud(target_cloud)).manager,
    )
    findings: list[Finding] = []
    for place, mapping in enumerate(declared):
        here = f"{path}[{place}]"
        earlier = [number for number, other in enumerate(declared[:place]) if other.target == mapping.target]
        if earlier:
            findings.append(_error(f"{here}.target", f'"{mapping.target}" is mapped by {path}[{earlier[0]}] already'))
        resolved = mapping.over(usual.get(mapping.target))
        if resolved is not None and not mapping.untouched:
            findings += _check_mapping(resolved, here, setting)
    merged = {mapping.target: mapping for mapping in (*present, *Mappings(tuple(declared)).over(usual))}
    if _matches(present) and not _matches(merged.values()):
        findings.append(
            _error(path, "no mapping finds existing accounts, so every user would be created again; set match")
        )
    built_in = read_filter(live)
    if scoping_filter is not None and scoping_filter != built_in:
        findings += check_filter(scoping_filter, setting.source, path=filter_path, built_in=built_in)
    return findings


def _matches(mappings: Iterable[AttributeMapping]) -> bool:
    return any(mapping.match and mapping.apply != NEVER for mapping in mappings)


def _check_mapping(mapping: AttributeMapping, here: str, setting: _Setting) -> Iterator[Finding]:
    before = setting.present.get(mapping.target)
    if before is not None and mapping.same_as(before):
        return
    if before is not None and setting.cross_tenant and mapping.target in PROTECTED_TARGETS:
        yield _error(here, f'"{mapping.target}" cannot be mapped otherwise: {PROTECTED_TARGETS[mapping.target]}')
        return
    if mapping.apply == NEVER:
        yield from _check_removal(mapping.target, here, setting)
        return
    problem = _target_problem(mapping, setting)
    if problem:
        yield _error(f"{here}.target", problem)
    yield from _check_properties(mapping, here, setting)
    try:
        expression = mapping.expression
    except ExpressionError as error:
        yield Finding(f"{here}.source", "error", str(error), error.text, error.span)
        return
    if expression is not None:
        yield from _check_source(mapping, expression, here, setting, typed=not problem)


def _check_removal(name: str, here: str, setting: _Setting) -> Iterator[Finding]:
    reason = REQUIRED_TARGETS.get(name) if setting.cross_tenant else None
    if reason or (setting.target.is_required(name) and not setting.cross_tenant):
        why = reason or "the target creates no account without it"
        yield _error(f"{here}.target", f'"{name}" cannot be left out: {why}')
    elif setting.target.is_required(name):
        yield _warning(f"{here}.target", f'"{name}" {_MARKED_REQUIRED}')
    elif setting.present.get(name) is None and name not in setting.target:
        yield _error(f"{here}.target", setting.target.missing(name))


_MARKED_REQUIRED = (
    "is marked as required in the schema. By Microsoft's page on attribute definitions, no account is created without "
    "a required attribute. An invitation does not need it, and no page says which of the two holds for a mapping that "
    "is left out. Try it on canaries first"
)
"""Required by the template's schema alone, e.g. ``surname`` ("attributeDefinition resource type", "Create
invitation"). That the service saves such a schema is a guess."""


def _target_problem(mapping: AttributeMapping, setting: _Setting) -> str:
    name, attributes = mapping.target, setting.target
    forbidden = {known.casefold(): reason for known, reason in NOT_TARGET.items()} if setting.cross_tenant else {}
    if reason := forbidden.get(name.casefold()):
        return f'attribute "{name}" cannot be a target: {reason}'
    if name == "manager" and setting.cross_tenant and not setting.manager:
        return _MANAGER
    if name not in attributes:
        return attributes.missing(name)
    if attributes.mutability(name) == "ReadOnly":
        return f'attribute "{name}" of {attributes.object_name} in {attributes.where} is read-only'
    if attributes.mutability(name) == "Immutable" and mapping.apply != "onCreate":
        return f'attribute "{name}" can be set only when the account is created; write apply="onCreate"'
    return ""


_MANAGER = (
    'attribute "manager" cannot be a target: the service carries managers only between two tenants of the global cloud'
)


def _check_properties(mapping: AttributeMapping, here: str, setting: _Setting) -> Iterator[Finding]:
    name, default = mapping.target, mapping.default
    if mapping.match and setting.cross_tenant:
        yield _error(
            f"{here}.match",
            f'"{name}" cannot match people: cross-tenant synchronization matches on alternativeSecurityIds alone and '
            "refuses further matching attributes (schemaInvalid)",
        )
    if mapping.match and default is not None:
        yield _error(
            f"{here}.default", f'all users without a value would match one account, whose {name} is "{default}"'
        )
    if mapping.source is None and default is None:
        yield _error(f"{here}.source", f'nothing is written to "{name}"; give a source or a default')
    if default is not None and (problem := constant_problem(default, setting.target.type_of(name))):
        yield _error(f"{here}.default", f"{name} {problem}")
    if default == "":
        yield _warning(f"{here}.default", "an empty text is a value and is written as it is; leave the default out")
    if mapping.source is not None and mapping.source.startswith('"') and default is not None:
        yield _warning(f"{here}.default", "a constant always has a value, so its default is never used")


def _check_source(
    mapping: AttributeMapping, expression: Expression, here: str, setting: _Setting, *, typed: bool
) -> Iterator[Finding]:
    path, text = f"{here}.source", str(mapping.source)
    remarks = list(check_expression(expression, setting.source, cross_tenant=setting.cross_tenant))
    if typed and not any(remark.severity == "error" for remark in remarks):
        kind = setting.target.type_of(mapping.target)
        many = setting.target.is_multivalued(mapping.target) or not setting.target.known
        remarks += check_result(expression, kind, many, mapping.target, setting.source)
    for remark in sorted(remarks, key=lambda remark: (remark.severity, remark.span)):
        yield Finding(path, remark.severity, remark.message, text, remark.span)
    if mapping.apply != "onCreate":
        for node in walk(expression):
            if isinstance(node, Call) and node.name == "Switch" and any(isinstance(n, Attribute) for n in walk(node)):
                yield Finding(path, "warning", _SWITCH, text, node.name_span)
    if mapping.target == "userType" and setting.cross_tenant:
        yield from _check_user_type(mapping, expression, path)


_SWITCH = (
    "when only other attributes of a person changed, the service computes Switch as empty and writes that; "
    "write nested IIF instead"
)


def _check_user_type(mapping: AttributeMapping, expression: Expression, path: str) -> Iterator[Finding]:
    if not isinstance(expression, Text):
        return
    if expression.value not in ("Member", "Guest"):
        problem = f'userType is Member or Guest; an invitation with "{expression.value}" fails'
        yield Finding(path, "error", problem, str(mapping.source), expression.span)
    elif mapping.apply == "always":
        yield _warning(path, f"applied always, it also turns existing accounts into {expression.value}s of the target")


def _error(path: str, message: str) -> Finding:
    return Finding(path, "error", message)


def _warning(path: str, message: str) -> Finding:
    return Finding(path, "warning", message)
