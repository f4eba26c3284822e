"""Which declarations of this run use which object.

The provider process lives as long as one command of the engine. Two declarations may name one object: after a rename
or a move, the program declares the object under a new name, and the engine deletes the old name at the end. A delete
asks here first, so that an object that is still declared stays.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from entra_sync.base.kinds import BESIDE, COMPONENT, DECLARATION, EARLIER
from entra_sync.base.run.memory import remembered

__all__ = [
    "DECLARATION",
    "EARLIER",
    "PREFIX",
    "Claim",
    "declare",
    "declared_beside",
    "declared_earlier",
    "declares",
    "holders",
    "label",
    "link_of",
    "named",
    "note_plan",
    "others",
    "planned",
    "replaced",
    "run_for",
    "stack",
    "stack_of",
    "stack_tag",
    "with_value",
]

JSON = Any

PREFIX = "entra-sync:"
"""How the tags begin by which this package records things on an application."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One declaration of an object.

    Attributes:
        declaration: Name of the declaration.
        formerly: Name of the declaration in the old state. None if the old state has no name.
        inputs: The checked inputs.
        created: Whether this run has created, or adopted, the object for the declaration.
    """

    declaration: str
    formerly: str | None
    inputs: Mapping[str, JSON]
    created: bool = False


claims_by_id: dict[str, dict[str, Claim]] = remembered({})
_stack: list[str] = remembered([])
_earlier: set[str] = remembered(set())
_beside: list[tuple[str, str]] = remembered([])
_planned: set[tuple[str, str]] = remembered(set())
_lock = threading.Lock()


def declare(
    id: str, inputs: Mapping[str, JSON], before: Mapping[str, JSON] | None = None, *, created: bool = False
) -> None:
    """Notes that the program declares the object *id*.

    Args:
        id: The resource's id, which names the object fully.
        inputs: The checked inputs of the declaration, and the ids that are known of the object.
        before: The recorded state of the same declaration. None if it has none.
        created: Whether this run has created the object for the declaration.
    """
    name = inputs.get(DECLARATION)
    if name is None:
        return
    formerly = before.get(DECLARATION) if before is not None else name
    with _lock:
        claims = claims_by_id.setdefault(id, {})
        known = claims.get(name)
        if known is not None:
            claims[name] = replace(known, inputs=inputs, created=known.created or created)
        else:
            claims[name] = Claim(name, formerly, inputs, created)


def others(id: str, state: Mapping[str, JSON]) -> list[Claim]:
    """The declarations of this run that use the object *id*, without the one that *state* was recorded for."""
    name = state.get(DECLARATION)
    with _lock:
        claims = list(claims_by_id.get(id, {}).values())
    return [claim for claim in claims if name not in {claim.declaration, claim.formerly}]


def holders(id: str) -> list[Claim]:
    """The declarations of this run that use the object *id*."""
    with _lock:
        return list(claims_by_id.get(id, {}).values())


def with_value(name: str, value: JSON) -> list[Claim]:
    """The declarations of this run that have *value* in their inputs, as argument or as what check() found out."""
    with _lock:
        return [each for claims in claims_by_id.values() for each in claims.values() if each.inputs.get(name) == value]


def declares(name: str, value: JSON) -> bool:
    """Whether there is such a declaration."""
    return bool(with_value(name, value))


def declared_earlier(name: str) -> bool:
    """Whether the program declares an object of this name before one that this run has checked."""
    with _lock:
        return name in _earlier


def declared_beside(tenant_id: str) -> list[str]:
    """Names of the objects in a tenant that the program declares and this run has not checked, as far as it tells."""
    with _lock:
        known = {each.inputs.get("displayName") for claims in claims_by_id.values() for each in claims.values()}
        return [name for tenant, name in _beside if tenant == tenant_id and name not in known]


def replaced(id: str, state: Mapping[str, JSON]) -> bool:
    """Whether this run has already created the object *id* again for the declaration of *state*."""
    name = state.get(DECLARATION)
    with _lock:
        claims = list(claims_by_id.get(id, {}).values())
    return any(claim.created and name in {claim.declaration, claim.formerly} for claim in claims)


def run_for(inputs: Mapping[str, JSON]) -> None:
    """Notes which stack this process works for, and what its program declares, as the inputs of a declaration say."""
    with _lock:
        _earlier.update(inputs.get(EARLIER) or ())
        if BESIDE in inputs:
            _beside[:] = [(tenant_id, name) for tenant_id, name in inputs[BESIDE]]
    if stack := stack_of(inputs):
        _stack[:] = [stack]


def link_of(properties: Mapping[str, JSON]) -> tuple[str, str] | None:
    """The link whose component a declaration belongs to, as its place in the program and its name.

    In the packaged form only the names tell it: those of a link's resources are ``<its name>-<part>``.
    """
    declaration = str(properties.get(DECLARATION) or "")
    place, component, rest = declaration.partition(COMPONENT)
    if not component:
        return None
    return place, rest[2:].rpartition("/")[0] if rest.startswith("::") else label(declaration).rpartition("-")[0]


def note_plan(inputs: Mapping[str, JSON]) -> None:
    """Notes that this run plans the link of the declaration, or has found it as it was."""
    if link := link_of(inputs):
        with _lock:
            _planned.add(link)


def planned(link: tuple[str, str]) -> bool:
    """Whether this run plans the link."""
    with _lock:
        return link in _planned


def stack() -> str:
    """The stack that this process works for, as ``<project>/<stack>``; empty if it is not known."""
    return "".join(_stack)


def stack_of(properties: Mapping[str, JSON]) -> str:
    """The stack of the declaration that inputs or outputs belong to; empty if they do not say."""
    parts = str(properties.get(DECLARATION) or "").split("/", 2)
    return "/".join(parts[:2]) if len(parts) == 3 else ""


def stack_tag(stack: str) -> str:
    """Tag of the applications whose links a stack makes."""
    return f"{PREFIX}stack={stack}"


def named(place: str, name: str) -> str:
    """The name of a declaration: where it stands, and the resource's own name, in which a slash is written ``%2F``."""
    return f"{place}/{name.replace('%', '%25').replace('/', '%2F')}"


def label(declaration: str) -> str:
    """The resource's own name in the name of a declaration."""
    return declaration.rsplit("/", 1)[-1].replace("%2F", "/").replace("%25", "%")
