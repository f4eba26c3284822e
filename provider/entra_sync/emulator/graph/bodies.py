"""Bodies without anything that their type or operation does not have, whose values have the right types.

Names of properties may be a mapping to shapes (:mod:`entra_sync.emulator.http.shapes`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.emulator.http.shapes import misfits
from entra_sync.emulator.state.store import Document

__all__ = ["invalid_value", "known", "parameters", "properties", "unknown_property"]


def invalid_value(name: str, resource: str) -> Fault:
    """400 for a value that a property cannot have."""
    message = f"Invalid value specified for property '{name}' of resource '{resource}'."
    return bad_request(message, details=[{"code": "InvalidValue", "message": message, "target": name}])


def known(body: Any, names: Collection[str], resource: str) -> Document:
    """An object of a type without annotations, none of whose properties is unknown.

    Raises:
        Fault: 400 naming the property, or the type where the value is no object.
    """
    for name in _strange(body, names):
        raise bad_request(
            f"The property '{name}' does not exist on type 'microsoft.graph.{resource}'. Make sure to only"
            " use property names that are defined by the type.",
            "BadRequest",
        )
    return _plain(body, names, f"microsoft.graph.{resource}")


def properties(body: Any, names: Collection[str], resource: str) -> Document:
    """Returns an object of a directory type without annotations, in the directory's own words for what is unknown.

    "Invalid property '…'" is what issue threads of 2025 and 2026 show for policies.

    Raises:
        Fault: 400 naming the property, or the type if the value is not an object.
    """
    for name in _strange(body, names):
        raise unknown_property(name)
    return _plain(body, names, f"microsoft.graph.{resource}")


def unknown_property(name: str) -> Fault:
    """Returns the directory's 400 for a property that its type does not have."""
    return bad_request(f"Invalid property '{name}'.")


def parameters(body: Any, names: Collection[str], operation: str) -> Document:
    """The parameters of an action without annotations, none of which it does not have.

    Raises:
        Fault: 400 naming the parameter.
    """
    for name in _strange(body, names):
        raise bad_request(
            f"The parameter '{name}' in the request payload is not a valid parameter for the operation '{operation}'.",
            "BadRequest",
        )
    return _plain(body, names, operation)


def _strange(body: Any, names: Collection[str]) -> list[str]:
    return [name for name in body if "@odata" not in name and name not in names] if isinstance(body, dict) else []


def _plain(body: Any, names: Collection[str], what: str) -> Document:
    if not isinstance(body, dict):
        raise bad_request(f"Invalid value specified for '{what}': a JSON object is expected.", "BadRequest")
    for path in misfits(body, names) if isinstance(names, Mapping) else ():
        raise invalid_value(path, what.removeprefix("microsoft.graph."))
    return {name: value for name, value in body.items() if "@odata" not in name}
