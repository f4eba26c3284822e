"""Users and groups as arguments: by object id, with what they are."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from entra_sync.base.args import Guid, Values
from entra_sync.base.calls import part
from entra_sync.errors.mistakes import told

__all__ = ["MOST_CANARIES", "Canaries", "Group", "Principal", "User"]


class Principal(Values):
    """A user or group of a tenant; :class:`Group` and :class:`User` are the short ways to write one."""

    id: Guid = Field(description="Object id.")
    kind: Literal["User", "Group"] = Field(description="What it is.")

    @property
    def path(self) -> str:
        """Path of the object in Graph."""
        return f"/v1.0/{self.kind.lower()}s/{part(self.id, 'principalId')}"

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.id}"


@told("Group")
def Group(id: Any) -> Principal:
    """The group with the object id *id*."""
    return Principal.model_validate({"id": id, "kind": "Group"})


@told("User")
def User(id: Any) -> Principal:
    """The user with the object id *id*."""
    return Principal.model_validate({"id": id, "kind": "User"})


MOST_CANARIES = 20
"""Canaries of a link: the service provisions five people on demand in ten seconds."""


def _object_id(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError(
            "is not an object id; take the one on the user's page (a principal name would put a name into the state)"
        ) from None


Canaries = Annotated[list[Annotated[str, AfterValidator(_object_id)]], Field(max_length=MOST_CANARIES)]
"""Object ids of the users on whom a schema is tried first."""
