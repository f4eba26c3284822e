"""A link as a program declares it: the one list of a link's options, and their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, field_serializer, field_validator
from pydantic.alias_generators import to_camel

from entra_sync.expressions import Action, Mappings, ScopingFilter
from entra_sync.impact.facts.remarks import Remark, Unknown, recalled, recorded

__all__ = ["Declaration", "LinkOptions"]


class LinkOptions(BaseModel):
    """The options of a link that mean the same in a program, in a plan and in a link file.

    A field here is an argument of :class:`entra_sync.program.link.CrossCloudLink`, and a part of :class:`Declaration`.
    """

    mappings: Mappings = Field(
        default=Mappings(()),
        description="Attribute mappings. Target attributes that are not named keep the mapping of the job's template. "
        "A Python program that changes single mappings starts from `defaults`.",
    )
    filters: ScopingFilter | None = Field(
        default=None,
        description="Scoping filter. Default: the job's filter stays; a filter that was declared before is emptied.",
    )
    actions: list[Action] | None = Field(
        default=None,
        description="What the job may do with accounts in the target. Default: what the job's template allows, which "
        "is create, update and delete.",
    )
    enabled: StrictBool = Field(
        default=True, description="Whether the job runs. False: everything is set up, but the job is paused."
    )


class Declaration(LinkOptions):
    """What a program declares of a link, as a plan reads it: ids instead of principals, and what a change implies.

    Args:
        everyone: Whether all users are in scope.
        groups: Object ids of the groups in scope.
        users: Object ids of the users who are assigned directly.
        released: Target attributes that were declared before and are not declared now.
        deletion_threshold: The service's own deletion threshold; None: no limit.
        restart: What a restart that comes with the change forgets, as Graph names it; empty without a restart.
        unknown: What is not known before `up`.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    everyone: bool = False
    groups: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    released: tuple[str, ...] = ()
    deletion_threshold: int | None = Field(default=500, ge=1)
    restart: frozenset[str] = frozenset()
    unknown: tuple[Remark, ...] = ()

    @field_validator("groups", "users")
    @classmethod
    def _lower(cls, ids: frozenset[str]) -> frozenset[str]:
        return frozenset(id.lower() for id in ids)

    @field_serializer("groups", "users", "restart")
    def _sorted(self, values: frozenset[str]) -> list[str]:
        return sorted(values)

    @field_validator("unknown", mode="before")
    @classmethod
    def _recalled(cls, found: Any) -> Any:
        """A link file has codes; those of earlier versions have sentences."""
        try:
            return recalled(Unknown, found) if isinstance(found, list) else found
        except (TypeError, IndexError, ValueError):
            raise ValueError("must be a list of codes, each with its values") from None

    @field_serializer("unknown")
    def _recorded(self, remarks: Sequence[Remark]) -> list[Any]:
        return recorded(remarks)
