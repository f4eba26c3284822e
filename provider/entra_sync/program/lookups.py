"""Objects of a tenant by name, for programs: ``scope=[entra.get_group("Engineering", tenant=contoso)]``.

A look-up reads Microsoft Graph when the program runs, once for each name and run. Only ids enter the state. Sources:
"List groups", "List users", "List servicePrincipals", "List subscribedSkus".
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from entra_sync.base.principals import Group, Principal, User
from entra_sync.base.run.memory import remembered
from entra_sync.errors import EntraSyncError
from entra_sync.errors.argument import ArgumentError, refusal
from entra_sync.errors.mistakes import told, told_methods
from entra_sync.errors.problems import unwritable, word_for
from entra_sync.graph import paths
from entra_sync.graph.answers.failures import undocumented
from entra_sync.graph.gateway import bodies, connect
from entra_sync.graph.requests import Request
from entra_sync.licensing.assignment import License
from entra_sync.microsoft.tenant import Tenant

__all__ = ["Application", "get_application", "get_group", "get_groups", "get_sku", "get_user", "nothing_is_read"]

JSON = Any

_PLACEHOLDER = "00000000-0000-4000-8000-000000000000"
_SHOWN = 5
"""Candidates that a message names at most."""

_found: dict[tuple[str, str, str], Mapping[str, JSON]] = remembered({})
_lock = threading.Lock()
_reads = True


@told_methods("Application")
@dataclass(frozen=True, slots=True)
class Application:
    """An application as a tenant has it.

    Attributes:
        service_principal_id: Object id of the service principal.
        app_id: Application (client) id.
        display_name: Display name.
    """

    service_principal_id: str
    app_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """How objects of a kind are found: their collection, what a name may be, and what tells two of them apart.

    Attributes:
        needs: Properties that an object must have.
    """

    noun: str
    path: str
    keys: tuple[str, ...]
    shown: str
    select: str
    needs: tuple[str, ...] = ("id",)


_GROUPS = _Kind("group", paths.GROUPS, ("displayName",), "description", "id,displayName,description")
_USERS = _Kind(
    "user", paths.USERS, ("userPrincipalName", "mail"), "userPrincipalName", "id,displayName,userPrincipalName,mail"
)
_APPLICATIONS = _Kind(
    "application",
    paths.SERVICE_PRINCIPALS,
    ("displayName",),
    "appId",
    "id,displayName,appId",
    ("id", "displayName", "appId"),
)


@told("get_group")
def get_group(name: str, *, tenant: Tenant) -> Principal:
    """The group with the display name *name*.

    Raises:
        ArgumentError: The tenant has none, or several, or they cannot be read. The message names candidates.
    """
    return get_groups(name, tenant=tenant)[0]


@told("get_groups")
def get_groups(*names: str, tenant: Tenant) -> list[Principal]:
    """The groups with these display names, read together; errors as for :func:`get_group`."""
    return [Group(each["id"]) for each in _look(tenant, _GROUPS, names)]


@told("get_user")
def get_user(name: str, *, tenant: Tenant) -> Principal:
    """The user with the user principal name or mail address *name*; errors as for :func:`get_group`."""
    return User(_look(tenant, _USERS, [name])[0]["id"])


@told("get_application")
def get_application(name: str, *, tenant: Tenant) -> Application:
    """The application with the display name *name*; errors as for :func:`get_group`."""
    found = _look(tenant, _APPLICATIONS, [name])[0]
    return Application(found["id"], found["appId"], found["displayName"])


@told("get_sku")
def get_sku(name: str, *, tenant: Tenant) -> License:
    """The license with the part number *name*, e.g. ``AAD_PREMIUM_P2``, if the tenant owns it.

    Raises:
        ArgumentError: It does not, or its licenses cannot be read. The message names those that it owns.
    """
    _refuse_misfits("get_sku", tenant, [name])
    if not _reads:
        return License(sku=name)
    with _lock:
        key = (tenant.tenant_id, "skus", "")
        if key not in _found:
            licenses = _read(tenant, "license", [(paths.SUBSCRIBED_SKUS, name)])[0]
            for each in licenses:
                _refuse_unfit("get_sku", tenant, "a license", each, ("skuPartNumber",))
            _found[key] = {"value": licenses}
        owned = sorted(str(each["skuPartNumber"]) for each in _found[key]["value"])
    for each in owned:
        if each.lower() == name.lower():
            return License(sku=each)
    raise ArgumentError(f'get_sku: tenant {tenant} does not own license "{name}"; it owns {", ".join(owned) or "none"}')


@contextmanager
def nothing_is_read() -> Iterator[None]:
    """While it lasts, look-ups answer made-up ids: for a run of a program that must not need credentials."""
    global _reads
    _reads = False
    try:
        yield
    finally:
        _reads = True


def _look(tenant: Tenant, kind: _Kind, names: Sequence[str]) -> list[Mapping[str, JSON]]:
    """The objects with these names, in their order."""
    _refuse_misfits(f"get_{kind.noun}", tenant, names)
    if not _reads:
        return [dict.fromkeys(kind.needs, _PLACEHOLDER)] * len(names)
    with _lock:
        missing = [name for name in dict.fromkeys(names) if (tenant.tenant_id, kind.noun, name) not in _found]
        answers = _read(tenant, kind.noun, [(_query(kind, name), name) for name in missing]) if missing else []
        for name, objects in zip(missing, answers, strict=True):
            _found[tenant.tenant_id, kind.noun, name] = _only(tenant, kind, name, objects)
        return [_found[tenant.tenant_id, kind.noun, name] for name in names]


def _refuse_misfits(call: str, tenant: Any, names: Sequence[Any]) -> None:
    """Refuses what is not a tenant and not a name."""
    if not isinstance(tenant, Tenant):
        raise ArgumentError(f"{call}: tenant: must be an entra.Tenant, not {word_for(tenant)}")
    for name in names:
        if not isinstance(name, str) or not name.strip():
            given = "an empty one" if isinstance(name, str) else word_for(name)
            raise ArgumentError(f"{call}: takes a name as text, not {given}")
        problem = next(unwritable(name, "name"), None)
        if problem is not None:
            raise refusal(call, [problem])


def _query(kind: _Kind, name: str) -> str:
    text = name.replace("'", "''")
    condition = " or ".join(f"{key} eq '{text}'" for key in kind.keys)
    return f"{kind.path}?$filter={quote(condition)}&$select={kind.select}&$top={_SHOWN + 1}"


def _read(tenant: Tenant, noun: str, queries: Sequence[tuple[str, str]]) -> list[list[JSON]]:
    """The lists that the queries answer, twenty to a round trip."""
    requests = [Request("GET", path, purpose=f'looking for {noun} "{name}"', expects="value") for path, name in queries]
    try:
        found = [list((body or {})["value"]) for body in bodies(connect(tenant).batch(requests))]
        if not all(isinstance(each, Mapping) for objects in found for each in objects):
            raise undocumented(f"tenant {tenant}", f"{noun}s: a list has something else than objects")
        return found
    except EntraSyncError as problem:
        raise ArgumentError(f"get_{noun}: {problem}") from None


def _only(tenant: Tenant, kind: _Kind, name: str, objects: Sequence[Mapping[str, JSON]]) -> Mapping[str, JSON]:
    call = f"get_{kind.noun}"
    if len(objects) == 1:
        _refuse_unfit(call, tenant, f"{kind.noun} {name}", objects[0], kind.needs)
        return objects[0]
    if objects:
        shown = "; ".join(_described(each, kind) for each in objects[:_SHOWN])
        more = ", and more" if len(objects) > _SHOWN else ""
        raise ArgumentError(
            f'{call}: tenant {tenant} has several {kind.noun}s "{name}": {shown}{more}; use the object id'
        )
    start = name[:3].replace("'", "''")
    condition = quote(f"startswith({kind.keys[0]},'{start}')")
    path = f"{kind.path}?$filter={condition}&$select={kind.select}&$top={_SHOWN}"
    near = _read(tenant, kind.noun, [(path, name)])[0]
    hint = "; ".join(_described(each, kind) for each in near)
    advice = f"similar: {hint}" if hint else "check the name and the tenant (are source and target swapped?)"
    raise ArgumentError(f'{call}: tenant {tenant} has no {kind.noun} "{name}"; {advice}')


def _refuse_unfit(call: str, tenant: Tenant, what: str, found: Mapping[str, JSON], needs: Sequence[str]) -> None:
    """Refuses an object of an answer that lacks a property."""
    lacking = ", ".join(key for key in needs if not found.get(key))
    if lacking:
        raise ArgumentError(f"{call}: {undocumented(f'tenant {tenant}', f'{what} lacks {lacking}')}")


def _described(found: Mapping[str, JSON], kind: _Kind) -> str:
    known = ", ".join(filter(None, (found.get("id"), found.get(kind.shown))))
    return str(found.get("displayName")) + (f" ({known})" if known else "")
