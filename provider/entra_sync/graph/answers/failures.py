"""What an answer of Microsoft Graph that is not a success means, and what to do about it."""

from __future__ import annotations

from typing import Any

from entra_sync.errors import (
    Conflict,
    CredentialsRejected,
    EntraSyncError,
    GraphError,
    NotFound,
    PermissionMissing,
    Throttled,
)
from entra_sync.graph.permissions import alternatives
from entra_sync.graph.requests import Request
from entra_sync.microsoft.tenant import Tenant

__all__ = ["failure", "first_line", "undocumented"]

JSON = Any

_MISSING = {"Directory_ObjectNotFound", "Request_ResourceNotFound", "NoBackingApplicationObject"}
"""Codes for an object that is not there, whatever the status is; the last one is among the details of a 400."""

_TAKEN = {"Request_MultipleObjectsWithSameKeyValue", "ObjectConflict"}
"""Codes for an object, or a value, that is there already; the last one is among the details of a 400."""

LONGEST = 4_000
"""Characters of a message of Graph that are shown."""


def undocumented(where: str, found: str) -> EntraSyncError:
    """The error for an answer of another form than its page says, which must not end in a message of Python.

    Args:
        where: Whose answer it is.
        found: What was noticed.
    """
    return EntraSyncError(
        f"{where}: an answer of Microsoft Graph is not as documented ({found}); run again, and report it if it stays so"
    )


def failure(tenant: Tenant, request: Request, status: int, headers: dict[str, str], body: JSON) -> GraphError | None:
    """The error that an answer stands for, or None where it is a success."""
    if status < 400:
        return None
    error = body.get("error") if isinstance(body, dict) else None
    code = str(error.get("code", "")) if isinstance(error, dict) else ""
    codes = {code, *_detailed(error)}
    # A proxy's page says nothing of the object that was asked for, whatever its status is.
    foreign = bool(body) and not isinstance(error, dict)
    text = _told(error) if isinstance(error, dict) else _otherwise(body)
    inner = _inner(error) if isinstance(error, dict) else {}
    request_id = headers.get("request-id") or str(inner.get("request-id", ""))
    remedy = ""
    kind: type[GraphError] = GraphError
    needed: tuple[str, ...] = ()
    if status == 429:
        kind, remedy = Throttled, "wait, then run again"
    elif code in CREDENTIAL_REMEDIES and request.path.endswith("validateCredentials"):
        kind, remedy = CredentialsRejected, CREDENTIAL_REMEDIES[code]
    elif foreign:
        pass
    elif status == 404 or codes & _MISSING:
        kind = NotFound
    elif status == 409 or codes & _TAKEN:
        kind = Conflict
    elif status == 403:
        needed = tuple(sorted(next(iter(alternatives(request.method, request.path)), ())))
        kind = PermissionMissing
        if needed:
            remedy = f"the application needs {' and '.join(needed)}"
    elif status == 401:
        remedy = f"the token was refused; check {tenant.variable('CLIENT_ID')} and the tenant's cloud"
    where = f"tenant {tenant}: while {request.purpose or 'calling Microsoft Graph'}"
    message = f"{where}: {status} {code}".rstrip()
    message += f": {text}" if text else ""
    message += f" — {remedy}" if remedy else ""
    message += f" (request {request_id})" if request_id else ""
    problem = kind(message, status=status, code=code, said=text, request_id=request_id)
    if isinstance(problem, PermissionMissing):
        problem.needed = needed
    return problem


def _detailed(error: JSON) -> set[str]:
    """The codes of an error's details."""
    details = error.get("details") if isinstance(error, dict) else None
    return {str(each.get("code")) for each in details if isinstance(each, dict)} if isinstance(details, list) else set()


def _told(error: dict[str, JSON]) -> str:
    """What Graph says, in one line: its message, its details and the codes and messages of its inner errors."""
    parts = [" ".join(str(error.get("message") or "").split())]
    details = error.get("details")
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict):
            parts.append(_coded(detail, str(detail.get("target") or "")))
    inner = _inner(error)
    while inner:
        parts.append(_coded(inner, ""))
        inner = _inner(inner)
    whole = "; ".join(dict.fromkeys(part for part in parts if part))
    return whole if len(whole) <= LONGEST else f"{whole[:LONGEST]}…"


def _otherwise(body: JSON) -> str:
    """What an answer says that is not an error of Microsoft Graph."""
    if isinstance(body, dict) and isinstance(body.get("error_description"), str):
        return _told({"message": body["error_description"]})
    return "the answer is not one of Microsoft Graph; check any proxy or gateway that may have given it" if body else ""


def _inner(error: dict[str, JSON]) -> dict[str, JSON]:
    inner = error.get("innerError") or error.get("innererror")
    return inner if isinstance(inner, dict) else {}


def _coded(error: dict[str, JSON], target: str) -> str:
    """Code, target and message of a part of an error, as far as it has them."""
    code, message = str(error.get("code") or ""), " ".join(str(error.get("message") or "").split())
    named = " ".join(filter(None, (code, f"({target})" if target else "")))
    return ": ".join(filter(None, (named, message)))


CREDENTIAL_REMEDIES = {
    "AzureActiveDirectoryTokenExpired": (
        "the target does not allow cross-cloud synchronization from the source's cloud: in its portal, open External "
        "Identities, cross-tenant access settings, Microsoft cloud settings, and select it"
    ),
    "ExternalTenantNotFound": (
        "the application was made for synchronization within one cloud: delete it and make it from the cross-cloud "
        "template (application_template_id), or check the target's tenant id"
    ),
    "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure": (
        "the source must consent automatically outbound, the target inbound, and the target must allow user "
        "synchronization inbound for the source"
    ),
}
"""What to do about each code of validateCredentials ("Configure cross-tenant synchronization", troubleshooting)."""


def first_line(text: str) -> str:
    return text.strip().splitlines()[0].strip() if text.strip() else ""
