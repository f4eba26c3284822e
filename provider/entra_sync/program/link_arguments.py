"""The arguments of a CrossCloudLink, and what is refused of them before any resource is declared."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import pulumi
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StrictBool,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from entra_sync.base.args import Guid, Values, secret
from entra_sync.base.principals import Principal
from entra_sync.base.resource import Resource, refuse_options
from entra_sync.errors.argument import ArgumentError, refusal
from entra_sync.errors.names import ToldWords
from entra_sync.errors.problems import problems
from entra_sync.expressions import Mappings
from entra_sync.licensing.assignment import License
from entra_sync.microsoft.clouds import Pair, pair
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.link_impact import ImpactOptions, as_list
from entra_sync.resources.synchronization_secrets import is_mail

__all__ = ["KIND", "LinkArguments", "Scope", "addresses", "supported", "validated"]

KIND = "entra:CrossCloudLink"


class Scope(StrEnum, metaclass=ToldWords):
    """A scope other than a list of users and groups."""

    EVERYONE = "everyone"


def _scope(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """The scope: everyone, or a list of users and groups."""
    if isinstance(value, Scope):
        return value
    if isinstance(value, Principal):
        raise ValueError(f'must be a list; write [entra.{value.kind}("{value.id}")]')
    if not isinstance(value, list | tuple):
        raise ValueError('must be entra.Scope.EVERYONE, or a list such as [entra.Group("id")]')
    return validate(list(value))


def _mails(value: Any) -> Any:
    return [value] if isinstance(value, str) else as_list(value)


def _mail(value: str) -> str:
    if not is_mail(value):
        raise ValueError(f'"{value}" is not a mail address')
    return value


def _fixed(description: str, default: Any = ..., **options: Any) -> Any:
    """A field whose value must be known when the program runs."""
    return Field(default=default, description=description, json_schema_extra={"fixed": True}, **options)


class LinkArguments(Values, ImpactOptions):
    """The arguments of a link: the one place where they are declared; its resources check the rest of each.

    `scripts/argument_types.py` makes the constructor of :class:`entra_sync.program.link.CrossCloudLink` from it. What
    an argument takes in a program beside the values of its type is its mark ``also``.
    """

    source: Tenant = _fixed("Tenant of the users.")
    target: Tenant = _fixed("Tenant in which the users get accounts.")
    scope: Annotated[list[Principal], WrapValidator(_scope)] = Field(
        description="Users and groups in scope, or `Scope.EVERYONE`. Only direct members of a group are in scope.",
        json_schema_extra={"also": "Scope"},
    )
    notify: Annotated[list[Annotated[str, AfterValidator(_mail)]], BeforeValidator(_mails)] = Field(
        default=[],
        description="One or several mail addresses that the service notifies of quarantine and held-back deletions.",
        json_schema_extra={"also": "pulumi.Input[str]"},
    )
    display_name: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="Name of the application. Default: the name of the link."
    )
    application_template_id: Guid | None = Field(
        default=None, description="Gallery template of the application, if it cannot be found by name."
    )
    job_template_id: str | None = Field(
        default=None, description="Synchronization template of the job, if the application has several."
    )
    secret_values: dict[Annotated[str, Field(min_length=1)], str] | None = secret(
        "Further secret keys of the connection.", default=None
    )
    adopt: StrictBool = _fixed(
        "Whether to take over an application of that name that an administrator or another program made.", default=False
    )
    manage_clouds: StrictBool = _fixed("False if another link or program manages the allowed clouds.", default=True)
    manage_partners: StrictBool = _fixed("False if another link or program manages the partner entries.", default=True)
    licenses: Annotated[list[License], BeforeValidator(as_list)] = Field(
        default=[],
        description="Licenses that every user in scope gets in the source, through the groups of the scope.",
    )

    @model_validator(mode="before")
    @classmethod
    def _none_is_the_default(cls, given: dict[str, Any]) -> dict[str, Any]:
        """A signature shows None for a default such as ``Limits()``."""
        models = {name for name, field in cls.model_fields.items() if isinstance(field.default, BaseModel)}
        return {name: value for name, value in given.items() if not (value is None and name in models)}


def validated(name: str, given: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> LinkArguments:
    """The arguments, each refused by its own name before a resource refuses it by another."""
    title = f'{KIND} "{name}"'
    refuse_options(KIND, name, opts)
    try:
        link = LinkArguments.model_validate(given)
    except ValidationError as error:
        raise refusal(title, problems(LinkArguments, error, json=Resource.packaged)) from None
    for argument in LinkArguments.marked("fixed"):
        if isinstance(getattr(link, argument), pulumi.Output):
            raise ArgumentError(
                f"{title}: {argument}: must be known when the program runs, and an output is not; take it from the "
                "configuration"
            )
    if link.licenses and given["scope"] is Scope.EVERYONE:
        raise ArgumentError(
            f"{title}: licenses: a link assigns them to the groups and users of its scope, but the scope is everyone; "
            "assign them to a group of all users with LicenseAssignment"
        )
    return link


def supported(name: str, link: LinkArguments) -> Pair:
    """What the pair of clouds can do; refused is what it cannot, before any call."""
    source, target, title = link.source, link.target, f'{KIND} "{name}"'
    if source.tenant_id == target.tenant_id:
        raise ArgumentError(f"{title}: source and target are the same tenant ({source.tenant_id})")
    found = pair(source.cloud, target.cloud)
    if not found.supported:
        raise ArgumentError(f"{title}: {source} cannot be synchronized to {target}: {found.reason}")
    mappings = link.mappings
    if not found.manager and isinstance(mappings, Mappings) and mappings.active.get("manager"):
        raise ArgumentError(
            f'{title}: mappings: the service carries "manager" within the global cloud only; '
            'leave it out with .without("manager")'
        )
    return found


def addresses(notify: Any) -> Any:
    """The mail addresses; an output of one becomes an output of a list."""
    return notify.apply(_mails) if isinstance(notify, pulumi.Output) else notify
