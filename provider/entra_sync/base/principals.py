"""Users and groups as arguments: by object id, with what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field

from entra_sync.base.args import Guid, Values
from entra_sync.base.calls import part
from entra_sync.base.values.large import MOST, condensed, spread
from entra_sync.errors.mistakes import told
from entra_sync.graph.paths import group_name, member

__all__ = ["Canaries", "Group", "Principal", "Principals", "User"]

JSON = Any


class Principal(Values):
    """A user or group of a tenant; :class:`Group` and :class:`User` are the short ways to write one."""

    id: Guid = Field(description="Object id.")
    kind: Literal["User", "Group"] = Field(title="PrincipalKind", description="Whether it is a user or a group.")

    @property
    def path(self) -> str:
        """Path of the object in Graph."""
        return member(self.kind, part(self.id, "principalId"))

    @property
    def look(self) -> str:
        """Path of what tells that the object is there: its id, and the name of a group."""
        return group_name(part(self.id, "principalId")) if self.kind == "Group" else f"{self.path}?$select=id"

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.id}"

    @classmethod
    def listed(cls, items: Sequence[Any]) -> JSON:
        """More than 100 of which all ids are known are condensed, users and groups apart: their order means nothing."""
        if len(items) <= MOST or not all(isinstance(item, cls) and isinstance(item.id, str) for item in items):
            return super().listed(items)
        kinds = {kind: [item.id for item in items if item.kind == kind] for kind in ("Group", "User")}
        return {f"{kind.lower()}s": condensed(ids) for kind, ids in kinds.items() if ids}


def _one_by_one(value: Any) -> Any:
    """The principals of a condensed set."""
    if not isinstance(value, Mapping) or not value.keys() <= {"groups", "users"}:
        return value
    if not all(
        isinstance(parts, Mapping) and all(isinstance(ids, str) for ids in parts.values()) for parts in value.values()
    ):
        return value
    return [
        {"id": id, "kind": kind}
        for name, kind in (("groups", "Group"), ("users", "User"))
        for id in spread(value.get(name, {}))
    ]


Principals = Annotated[list[Principal], BeforeValidator(_one_by_one)]
"""Users and groups; an argument takes a list, and a state may hold them condensed."""


@told("Group")
def Group(id: Any) -> Principal:
    """The group with the object id *id*."""
    return Principal.model_validate({"id": id, "kind": "Group"})


@told("User")
def User(id: Any) -> Principal:
    """The user with the object id *id*."""
    return Principal.model_validate({"id": id, "kind": "User"})


MOST_CANARIES = 20
"""Canaries of a link: the service provisions five users on demand in ten seconds ("synchronizationJob:
provisionOnDemand")."""


def _object_id(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError(
            "is not an object id; take the one on the user's page (a principal name would put a name into the state)"
        ) from None


Canaries = Annotated[list[Annotated[str, AfterValidator(_object_id)]], Field(max_length=MOST_CANARIES)]
"""Object ids of the users who get a schema first."""
