"""Users and groups as arguments: by object id, with what they are."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from entra_sync.args import Values
from entra_sync.calls import part

__all__ = ["Group", "Principal", "User"]


class Principal(Values):
    """A user or group of a tenant; :class:`Group` and :class:`User` are the short ways to write one."""

    id: str = Field(description="Object id.")
    kind: Literal["User", "Group"] = Field(description="What it is.")

    @property
    def path(self) -> str:
        """Path of the object in Graph."""
        return f"/v1.0/{self.kind.lower()}s/{part(self.id, 'principalId')}"

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.id}"


def Group(id: Any) -> Principal:
    """The group with the object id *id*."""
    return Principal(id=id, kind="Group")


def User(id: Any) -> Principal:
    """The user with the object id *id*."""
    return Principal(id=id, kind="User")
