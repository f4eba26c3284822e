"""Rules for names and tags."""

from __future__ import annotations

import re
from typing import Annotated

from pulumi_policy import Severity
from pydantic import AfterValidator, Field

from entra_guard.rule import Config, Report, rule
from entra_guard.stack import Stack, StackReport, stack_rule
from entra_sync.resources.identity_synchronization import IdentitySynchronizationArgs
from entra_sync.resources.service_principal import ServicePrincipalArgs

__all__ = ["names_follow_pattern", "stack_has_tags"]


def _is_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f'"{text}" is not a regular expression: {error}') from None
    return text


Pattern = Annotated[str, AfterValidator(_is_pattern)]


class Names(Config):
    """Configuration of ``names-follow-pattern``."""

    display_name: Pattern = Field(
        default=r"\S+( \S+)*", description="Regular expression that the whole display name must match."
    )
    resource_name: Pattern = Field(
        default=".+", description="Regular expression that the whole name of the resource must match."
    )


@rule(
    (ServicePrincipalArgs, IdentitySynchronizationArgs),
    "names-follow-pattern",
    "Checks that display names and resource names match the configured patterns.",
    severity=Severity.LOW,
)
def names_follow_pattern(
    args: ServicePrincipalArgs | IdentitySynchronizationArgs, report: Report, config: Names
) -> None:
    """Administrators see only the display name in the portal."""
    if args.display_name is not None and not re.fullmatch(config.display_name, args.display_name):
        report(f'display name "{args.display_name}" does not match {config.display_name}; change display_name')
    if not re.fullmatch(config.resource_name, report.name):
        report(
            f'resource name "{report.name}" does not match {config.resource_name}; rename it, with an alias for the '
            "former name"
        )


class Tags(Config):
    """Configuration of ``stack-has-tags``."""

    required: dict[str, Pattern] = Field(
        default={}, description="For each tag of the stack: regular expression that its whole value must match."
    )


@stack_rule("stack-has-tags", "Checks that the stack has the required tags.", severity=Severity.LOW)
def stack_has_tags(stack: Stack, report: StackReport, config: Tags) -> None:
    """Objects of cross-tenant synchronization cannot have tags, so the stack has them."""
    for tag, pattern in config.required.items():
        value = stack.tags.get(tag)
        if value is None:
            report(f'the stack has no tag "{tag}"; set it with `pulumi stack tag set {tag} …`')
        elif not re.fullmatch(pattern, value):
            report(
                f'the stack\'s tag "{tag}" is "{value}", which does not match {pattern}; set it with '
                f"`pulumi stack tag set {tag} …`"
            )
