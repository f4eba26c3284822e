"""Bodies without anything that their type or operation does not have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.emulator.state.store import Document

__all__ = ["known", "parameters", "properties", "unknown_property"]


def known(body: Any, names: Iterable[str], resource: str) -> Document:
    """An object of a type without annotations, none of whose properties is unknown.

    Raises:
        Fault: 400 naming the property, or the type where the value is no object.
    """
    for name in body if isinstance(body, dict) else []:
        if "@odata" not in name and name not in names:
            raise bad_request(
                f"The property '{name}' does not exist on type 'microsoft.graph.{resource}'. Make sure to only"
                " use property names that are defined by the type.",
                "BadRequest",
            )
    return _plain(body, f"microsoft.graph.{resource}")


def properties(body: Any, names: Iterable[str], resource: str) -> Document:
    """Returns an object of a directory type without annotations, in the directory's own words for what is unknown.

    "Invalid property '…'" is what issue threads of 2025 and 2026 show for policies.

    Raises:
        Fault: 400 naming the property, or the type if the value is not an object.
    """
    for name in body if isinstance(body, dict) else []:
        if "@odata" not in name and name not in names:
            raise unknown_property(name)
    return _plain(body, f"microsoft.graph.{resource}")


def unknown_property(name: str) -> Fault:
    """Returns the directory's 400 for a property that its type does not have."""
    return bad_request(f"Invalid property '{name}'.")


def parameters(body: Any, names: Iterable[str], operation: str) -> Document:
    """The parameters of an action without annotations, none of which it does not have.

    Raises:
        Fault: 400 naming the parameter.
    """
    for name in body:
        if "@odata" not in name and name not in names:
            raise bad_request(
                f"The parameter '{name}' in the request payload is not a valid parameter for the operation"
                f" '{operation}'.",
                "BadRequest",
            )
    return _plain(body, operation)


def _plain(body: Any, what: str) -> Document:
    if not isinstance(body, dict):
        raise bad_request(f"Invalid value specified for '{what}': a JSON object is expected.", "BadRequest")
    return {name: value for name, value in body.items() if "@odata" not in name}
