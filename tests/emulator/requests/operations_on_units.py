"""Random operations on administrative units, with those on everything else, for Hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule

from tests.emulator.requests.operations import NAMES, Operations

__all__ = ["OperationsWithUnits"]

UNITS = "/directory/administrativeUnits"


class OperationsWithUnits(Operations):
    """Units come and go, and so do their members."""

    units: Bundle[str] = Bundle("units")

    @rule(target=units, name=NAMES)
    def create_unit(self, name: str) -> str:
        """A unit."""
        self.changes += 1
        return self.new(self.api.post(UNITS, {"displayName": name})["id"])

    @rule(unit=units, hidden=st.booleans())
    def change_unit(self, unit: str, hidden: bool) -> None:
        """Another visibility."""
        self.attempt("PATCH", f"{UNITS}/{unit}", {"visibility": "HiddenMembership" if hidden else "Public"})

    @rule(unit=units, member=st.one_of(Operations.users, Operations.groups), added=st.booleans())
    def change_members(self, unit: str, member: str, added: bool) -> None:
        """One member more or less."""
        if added:
            self.attempt("POST", f"{UNITS}/{unit}/members/$ref", self.reference(member))
        else:
            self.attempt("DELETE", f"{UNITS}/{unit}/members/{member}/$ref")

    @rule(target=Operations.groups, unit=units)
    def create_group_inside(self, unit: str) -> Any:
        """A group that is made in a unit."""
        self.number += 1
        name = f"group{self.number}"
        body = {"displayName": name, "mailEnabled": False, "mailNickname": name, "securityEnabled": True}
        made = self.attempt("POST", f"{UNITS}/{unit}/members", {"@odata.type": "#microsoft.graph.group", **body})
        if made is None:
            return multiple()
        self.changes += 1
        return self.new(made["id"])

    @rule(unit=units)
    def delete_unit(self, unit: str) -> None:
        """Delete, if it is there."""
        self.attempt("DELETE", f"{UNITS}/{unit}")

    @rule(unit=units, restored=st.booleans())
    def end_of_unit(self, unit: str, restored: bool) -> None:
        """Bring a deleted unit back, or purge it."""
        path = f"/directory/deletedItems/{unit}"
        self.attempt(*(("POST", f"{path}/restore") if restored else ("DELETE", path)))
