"""Which permissions a call needs.

``permissions.json`` lists, for each operation, the alternatives for application and for delegated tokens; an
alternative is a list of permissions that are needed together, and an empty one needs nothing. The rows come from the
permission file that Microsoft's reference tables are generated from (microsoft-graph-devx-content,
``permissions/new/permissions.json``, 2026-08-07); where it has no row, from the table printed on the operation's
reference page, and for the neighboring operations that have neither, from the operation they resemble. Two pages
describe object connections: the reference names SynchronizationMetadata.*, the how-to Synchronization.*. Both count.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import orjson

from entra_sync.emulator.http.call import Claims
from entra_sync.microsoft.assumptions import Facts

__all__ = ["OWNED_ONLY", "alternatives", "grants"]

OWNED_ONLY = frozenset(
    {
        "Application.ReadWrite.OwnedBy",
        "SynchronizationMetadata.Read.OwnedBy",
        "SynchronizationMetadata.ReadWrite.OwnedBy",
    }
)
"""Permissions for what the application owns."""


@cache
def table() -> dict[str, dict[str, list[list[str]]]]:
    table: dict[str, dict[str, list[list[str]]]] = orjson.loads((files(__package__) / "permissions.json").read_bytes())
    return table


_table = table
"""The name under which the judge of recorded traffic, which is not ours, imports it."""


def alternatives(route_key: str, *, delegated: bool, own: bool = False) -> list[list[str]]:
    """The permission sets that allow an operation; an empty list means that no permission of this kind does.

    Args:
        route_key: The operation.
        delegated: For a token of a signed-in user.
        own: The user asks about themselves by ``/me``, which has rows of its own for some operations.

    Raises:
        KeyError: the table has no row, which a test over all routes rules out.
    """
    key = route_key.replace("/users/{id}", "/me") if own else route_key
    return table().get(key, table()[route_key])["delegated" if delegated else "application"]


def grants(route_key: str, claims: Claims, facts: Facts, *, own: bool = False) -> list[frozenset[str]]:
    """The sets of the caller's permissions that each allow an operation; empty when it is not allowed.

    Args:
        route_key: The operation.
        claims: What the caller's token says.
        facts: What is assumed of the service: some permissions may not suffice, although the table has them.
        own: The user asks about themselves.
    """
    insufficient = frozenset(facts["permissions.refused"].get(route_key, ()))
    return [
        frozenset(alternative)
        for alternative in alternatives(route_key, delegated=claims.delegated, own=own)
        if claims.permissions.issuperset(alternative) and not (insufficient and insufficient.issuperset(alternative))
    ]
