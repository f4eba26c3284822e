"""Rules of resources as typed functions: what `@rule` makes of one, so that it holds nothing but its condition.

A rule is a function of a resource's arguments, in the same model that programs use, of a report to call, and where it
can be configured of a model whose fields are its configuration:

    class Domains(Config):
        allowed: list[str] = Field([], description="Mail domains that may hear of a job.")

    @rule(SynchronizationSecretsArgs, "mail-stays-here", "Notifications go to our own domains.")
    def mail_stays_here(secrets: SynchronizationSecretsArgs, report: Report, domains: Domains) -> None:
        for address in secrets.notify:
            if address.partition("@")[2] not in domains.allowed:
                report(f"{address} is outside of {', '.join(domains.allowed)}")

What a preview does not know yet may stand in any argument; a rule that looks at it ends there, and the engine says
which value it could not judge.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from entra_guard.values import CannotJudge, UnknownValueError, first_unknown, plain, wire
from entra_sync.base.args import Args, restore_integers
from entra_sync.base.calls import listed
from entra_sync.base.handler import Handler
from entra_sync.base.kinds import kind_of
from entra_sync.errors.problems import in_line, problems

__all__ = ["Config", "Remedy", "Report", "Rule", "rule"]

JSON = Any
A = TypeVar("A", bound=Args)


class Config(BaseModel):
    """Base of the configuration of rules. Each field has a default and a description, and is written in camelCase."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Report:
    """What a rule calls with each violation: one sentence that says what is wrong, and what to do.

    Attributes:
        name: Name of the resource in the program.
        protected: Whether the engine refuses to delete the resource.
    """

    def __init__(
        self, send: ReportViolation, name: str, properties: Mapping[str, JSON], *, protected: bool = False
    ) -> None:
        self.name, self.protected = name, protected
        self._send, self._properties = send, properties

    def __call__(self, message: str) -> None:
        """Reports a violation."""
        self._send(message, None)

    def computed(self, key: str) -> JSON:
        """What the provider's check() added to the inputs under *key*, e.g. ``impact``; None where it did not."""
        return self._properties.get(key)


@dataclass(frozen=True, slots=True)
class Remedy:
    """The unambiguous way to make a resource follow a rule, for the level ``remediate``.

    Remediated inputs are not checked again, so the Graph calls in them are computed again.

    Attributes:
        handler: Handler of the resource.
        change: Function of arguments and configuration that gives better arguments, or None where there is no way.
    """

    handler: type[Handler[Any]]
    change: Callable[[Any, Any], Any]


class Rule(ResourceValidationPolicy):
    """A rule of one kind of resource, or of several. Made with :func:`rule`; used as a policy of a pack.

    Attributes:
        kinds: Arguments of the resources that it judges.
        config: Model of its configuration; None where it has none.
    """

    def __init__(
        self,
        condition: Callable[..., None],
        kinds: tuple[type[Args], ...],
        name: str,
        description: str,
        severity: Severity,
        level: EnforcementLevel | None,
        remedy: Remedy | None,
    ) -> None:
        self.condition, self.kinds, self.remedy = condition, kinds, remedy
        self.config = configuration(condition)
        self._by_kind = {kind_name(kind): kind for kind in kinds}
        super().__init__(
            name,
            description,
            validate=self._judge,
            remediate=self._remedied if remedy else None,  # type: ignore[arg-type]  # it may answer at once
            enforcement_level=level,
            config_schema=config_schema(self.config),
            severity=severity,
        )

    def _judge(self, resource: ResourceValidationArgs, send: ReportViolation) -> None:
        kind = self._by_kind.get(kind_of(resource.resource_type) or "")
        if kind is None:
            return
        config, problem = configured(self.config, resource.get_config())
        if problem:
            send(problem, None)
            return
        properties = plain(resource.props)
        report = Report(send, resource.name, properties, protected=resource.opts.protect)
        with unknown_is_noted(lambda: properties):
            try:
                self.condition(arguments(kind, properties), report, *([config] if config is not None else []))
            except CannotJudge as unreadable:
                report(str(unreadable))

    def _remedied(self, resource: ResourceValidationArgs) -> Mapping[str, JSON] | None:
        kind = self._by_kind.get(kind_of(resource.resource_type) or "")
        config, problem = configured(self.config, resource.get_config())
        if kind is None or problem or self.remedy is None:
            return None
        properties = plain(resource.props)
        try:
            args = arguments(kind, properties)
        except CannotJudge:
            return None  # the rule itself reports it
        better = self.remedy.change(args, config)
        if better is None:
            return None
        handler = self.remedy.handler()
        calls = handler.calls(None, better, properties.get("existing"))
        removal = handler.delete_calls(better, {**properties, **better.body()})
        changed = {**better.body(), "graphCalls": listed(calls, properties), "deleteCalls": listed(removal, properties)}
        kept = set(kind.model_fields) - set(better.changed_from(args))
        unchanged = {kind.wire(name) for name in kept}
        # The engine's own mapping is changed in place: it keeps secrets secret, and the keys that are not ours.
        for key in changed.keys() - unchanged:
            resource.props[key] = wire(changed[key])  # type: ignore[index]
        return resource.props


def rule(
    kinds: type[Args] | tuple[type[Args], ...],
    name: str,
    description: str,
    *,
    severity: Severity = Severity.MEDIUM,
    level: EnforcementLevel | None = None,
    remedy: Remedy | None = None,
) -> Callable[[Callable[..., None]], Rule]:
    """Makes a rule out of a function ``(args, report)`` or ``(args, report, config)``.

    Args:
        kinds: Arguments of the resources that it judges.
        name: How configuration and reports call it, e.g. ``mail-stays-here``.
        description: What it asks for, in one sentence.
        severity: How bad a violation is.
        level: What a violation does where nothing is configured; that of the pack if not given.
        remedy: How to make a resource follow it.
    """

    def make(condition: Callable[..., None]) -> Rule:
        all_kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        return Rule(condition, all_kinds, name, description, severity, level, remedy)

    return make


def kind_name(kind: type[Args]) -> str:
    """The kind of the resource that has these arguments."""
    return kind.__name__.removesuffix("Args")


def arguments(kind: type[A], properties: Mapping[str, JSON]) -> A:
    """The arguments of a resource out of its properties.

    Raises:
        UnknownValueError: Something is not known yet that the model cannot do without.
        CannotJudge: They do not fit the model, e.g. in a state that another version wrote.
    """
    try:
        return kind.read(properties)
    except ValidationError as error:
        known = {kind.wire(name) for name in kind.model_fields}
        unknown = first_unknown({key: value for key, value in properties.items() if key in known})
        if unknown is not None:
            raise UnknownValueError(unknown.mark, list(unknown.path)) from None
        raise CannotJudge(str(problems(kind, error, json=True)[0])) from None


@contextmanager
def unknown_is_noted(properties: Callable[[], JSON]) -> Iterator[None]:
    """Lets a function of the standard library that refuses an unknown value end the rule as a look at it does."""
    try:
        yield
    except TypeError as error:
        unknown = first_unknown(properties())
        if unknown is None or type(unknown).__name__ not in str(error):
            raise
        raise UnknownValueError(unknown.mark, list(unknown.path)) from None


def configuration(condition: Callable[..., None]) -> type[Config] | None:
    """The model of a rule's configuration, out of the annotation of its third parameter."""
    parameters = list(inspect.signature(condition).parameters)
    if len(parameters) < 3:
        return None
    model: type[Config] = get_type_hints(condition)[parameters[2]]
    if not issubclass(model, Config):
        raise TypeError(f"{condition.__qualname__}: the third parameter is the configuration, a subclass of Config")
    return model


def config_schema(model: type[Config] | None) -> PolicyConfigSchema | None:
    """A rule's configuration as the JSON schema that the engine checks the configuration file with."""
    if model is None:
        return None
    schema = model.model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})

    def inline(part: JSON) -> JSON:
        if isinstance(part, dict):
            if "$ref" in part:
                return inline(definitions[part["$ref"].rsplit("/", 1)[1]])
            return {key: inline(value) for key, value in part.items() if key != "title" or not isinstance(value, str)}
        return [inline(item) for item in part] if isinstance(part, list) else part

    return PolicyConfigSchema({name: inline(part) for name, part in schema["properties"].items()})


def configured(model: type[Config] | None, values: Mapping[str, JSON]) -> tuple[Config | None, str]:
    """The configuration, or the reason why it cannot be used, which a rule reports: it must not pass unheard."""
    if model is None:
        return None, ""
    try:
        return model.model_validate(restore_integers(dict(values))), ""
    except ValidationError as error:
        line, _ = in_line(problems(model, error, json=True))
        return None, f"configuration: {line}"
