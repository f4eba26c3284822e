"""Rules judged as the policy library judges them: properties through its proxies, unknowns as its marks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pulumi_policy import PolicyResource, PolicyResourceOptions, ResourceValidationArgs, StackValidationArgs
from pulumi_policy.policy import PolicyCustomTimeouts
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from entra_guard import POLICIES, Rule, StackRule
from entra_sync.base.args import Args
from entra_sync.base.kinds import DYNAMIC
from entra_sync.microsoft.tenant import Tenant

JSON = Any

UNKNOWN = UNKNOWN_STRING_VALUE
"""How the engine writes a value that a preview does not know."""

CONTOSO_ID = "11111111-1111-1111-1111-111111111111"
FEDERAL_ID = "22222222-2222-2222-2222-222222222222"
CHINA_ID = "33333333-3333-3333-3333-333333333333"
CONTOSO = Tenant("contoso", tenant_id=CONTOSO_ID, cloud="global")
FEDERAL = Tenant("federal", tenant_id=FEDERAL_ID, cloud="usgov")
SHANGHAI = Tenant("shanghai", tenant_id=CHINA_ID, cloud="china")

BY_NAME: dict[str, Rule | StackRule] = {rule.name: rule for rule in POLICIES}


@dataclass(frozen=True)
class Res:
    """A resource as a policy sees it.

    Attributes:
        args: Its arguments.
        also: Properties that replace or join them: what check() computed, outputs, :data:`UNKNOWN`.
        name: Its name in the program.
        refers: Property → name of the resource that it comes from.
        protected: Whether the engine refuses to delete it.
        form: What the type begins with: the dynamic form's prefix, or the packaged one's.
    """

    args: Args
    also: Mapping[str, JSON] = field(default_factory=dict)
    name: str = "settings"
    refers: Mapping[str, str] = field(default_factory=dict)
    protected: bool = False
    form: str = DYNAMIC

    @property
    def type(self) -> str:
        """The engine's type."""
        return self.form + type(self.args).__name__.removesuffix("Args")

    @property
    def urn(self) -> str:
        """The engine's name."""
        return f"urn:pulumi:test::demo::{self.type}::{self.name}"

    @property
    def properties(self) -> dict[str, JSON]:
        """As the engine sends them: JSON, numbers as floats."""
        copied: dict[str, JSON] = json.loads(json.dumps({**self.args.body(), **self.also}), parse_int=float)
        return copied


def options(subject: Res) -> PolicyResourceOptions:
    return PolicyResourceOptions(subject.protected, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])


Subject = Res | Sequence[Res]


@dataclass(frozen=True)
class Case:
    """One judgement of one rule.

    Attributes:
        rule: Name of the rule.
        says: What the case shows, in a few words.
        kind: ``passes``, ``reported``, ``unknown`` or ``configured``.
        subject: The resource, or the resources of the stack.
        expected: Messages, in order; what is not known is ``? path``.
        config: The rule's configuration.
        tags: The stack's tags.
        environment: Environment variables.
    """

    rule: str
    kind: str
    says: str
    subject: Subject
    expected: Sequence[str] = ()
    config: Mapping[str, JSON] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.rule}: {self.says}"


def in_form(case: Case, form: str) -> Case:
    """The case with its resources in another form."""
    subject = case.subject
    if isinstance(subject, Res):
        return replace(case, subject=replace(subject, form=form))
    return replace(case, subject=[replace(each, form=form) for each in subject])


def messages(case: Case) -> list[str]:
    """What the rule of a case reports, and at last ``? path`` if it stopped at an unknown value."""
    rule = BY_NAME[case.rule]
    found: list[str] = []

    def report(message: str, urn: str | None = None) -> None:
        where = f"{urn.rsplit('::', 1)[1]}: " if urn else ""
        found.append(where + message)

    try:
        if isinstance(rule, StackRule):
            assert not isinstance(case.subject, Res)
            rule.validate(_stack(case.subject, case), report)
        else:
            assert isinstance(case.subject, Res)
            rule.validate(_resource(case.subject, case), report)
    except UnknownValueError as unknown:
        found.append(f"? {'.'.join(unknown.props)}")
    return found


def _resource(subject: Res, case: Case) -> ResourceValidationArgs:
    properties = unknown_checking_proxy(subject.properties)
    config = json.loads(json.dumps(case.config), parse_int=float)
    return ResourceValidationArgs(
        subject.type, properties, subject.urn, subject.name, options(subject), None, config, case.tags
    )


def _stack(subjects: Sequence[Res], case: Case) -> StackValidationArgs:
    resources = {
        each.name: PolicyResource(
            each.type, unknown_checking_proxy(each.properties), each.urn, each.name, options(each), None, None, [], {}
        )
        for each in subjects
    }
    for each in subjects:
        for property, name in each.refers.items():
            resources[each.name].property_dependencies[property] = [resources[name]]
    config = json.loads(json.dumps(case.config), parse_int=float)
    return StackValidationArgs(list(resources.values()), config, case.tags)
