"""Rules of the whole stack: functions of all of its resources, with what Graph said of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pulumi_policy import (
    EnforcementLevel,
    PolicyResource,
    ReportViolation,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from entra_guard.rule import (
    arguments,
    config_schema,
    configuration,
    configured,
    kind_name,
    unknown_is_noted,
)
from entra_guard.values import CannotJudge, NotKnown, plain
from entra_sync.base.args import Args
from entra_sync.base.kinds import kind_of
from entra_sync.microsoft.tenant import Tenant

__all__ = ["Declared", "Stack", "StackReport", "StackRule", "stack_rule"]

JSON = Any
A = TypeVar("A", bound=Args)


@dataclass(frozen=True)
class Declared(Generic[A]):
    """A resource of the stack.

    Attributes:
        name: Its name in the program.
        urn: Its URN.
        args: Its arguments.
        outputs: Its outputs; in a preview those of a new resource are its inputs, and of an unchanged one the stored.
    """

    name: str
    urn: str
    args: A
    outputs: Mapping[str, JSON]
    _resource: PolicyResource

    def owner(self, property: str) -> tuple[str, ...]:
        """What a property refers to, in a form that can be compared: its value, or where that comes from.

        A preview does not know the id of an object that is not there yet, but it knows which resource will have it.
        """
        value = self.outputs.get(property)
        if isinstance(value, NotKnown):
            return tuple(each.urn for each in self._resource.property_dependencies.get(property, []))
        return (self.args.tenant.tenant_id, str(value))


class Stack:
    """The resources of a stack.

    Attributes:
        tags: The stack's tags.
    """

    def __init__(self, resources: Sequence[PolicyResource], tags: Mapping[str, str]) -> None:
        self.tags = dict(tags)
        self._resources = resources

    def of(self, kind: type[A]) -> list[Declared[A]]:
        """The resources that have arguments of this kind, in the engine's order.

        Raises:
            CannotJudge: One of them cannot be read.
        """
        wanted = kind_name(kind)
        found = []
        for resource in self._resources:
            if kind_of(resource.resource_type) == wanted:
                outputs = plain(resource.props)
                try:
                    args = arguments(kind, outputs)
                except CannotJudge as problem:
                    raise problem.about(resource.urn) from None
                found.append(Declared(resource.name, resource.urn, args, outputs, resource))
        return found

    @property
    def tenants(self) -> set[Tenant]:
        """The tenants that resources of the provider live in."""
        ours = [resource for resource in self._resources if kind_of(resource.resource_type)]
        return {Tenant.model_validate(plain(resource.props["tenant"])) for resource in ours}


class StackReport:
    """What a rule of the stack calls with each violation."""

    def __init__(self, send: ReportViolation) -> None:
        self._send = send

    def __call__(self, message: str, about: Declared[Any] | None = None) -> None:
        """Reports a violation: one sentence that says what is wrong and what to do, about a resource or the stack."""
        self._send(message, about.urn if about else None)


class StackRule(StackValidationPolicy):
    """A rule of the stack. Made with :func:`stack_rule`; used as a policy of a pack.

    Attributes:
        config: Model of its configuration; None where it has none.
    """

    def __init__(
        self,
        condition: Callable[..., None],
        name: str,
        description: str,
        severity: Severity,
        level: EnforcementLevel | None,
    ) -> None:
        self.condition = condition
        self.config = configuration(condition)
        super().__init__(
            name,
            description,
            validate=self._judge,
            enforcement_level=level,
            config_schema=config_schema(self.config),
            severity=severity,
        )

    def _judge(self, stack: StackValidationArgs, send: ReportViolation) -> None:
        config, problem = configured(self.config, stack.get_config())
        if problem:
            send(problem, None)
            return
        seen = Stack(stack.resources, stack.stack_tags)
        with unknown_is_noted(lambda: [plain(resource.props) for resource in stack.resources]):
            try:
                self.condition(seen, StackReport(send), *([config] if config is not None else []))
            except CannotJudge as unreadable:
                send(str(unreadable), unreadable.urn)


def stack_rule(
    name: str,
    description: str,
    *,
    severity: Severity = Severity.MEDIUM,
    level: EnforcementLevel | None = None,
) -> Callable[[Callable[..., None]], StackRule]:
    """Makes a rule out of a function ``(stack, report)`` or ``(stack, report, config)``, as for `rule`."""

    def make(condition: Callable[..., None]) -> StackRule:
        return StackRule(condition, name, description, severity, level)

    return make
