"""Error answers of the service: ``Fault``, and those that many operations give."""

from __future__ import annotations

from typing import Any

__all__ = ["CONFLICT", "Fault", "bad_request", "conflict", "denied", "exists", "not_emulated", "not_found"]

CONFLICT = "ObjectConflict"
"""Code among the details of :func:`conflict`."""


class Fault(Exception):
    """An error answer of the service.

    Args:
        status: HTTP status.
        code: ``error.code``.
        message: ``error.message``.
        details: Entries of ``error.details``.
        headers: Headers in addition to the usual ones.
        inner: Properties of ``innerError`` in addition to the usual ones.
        delay: Seconds to wait before the answer leaves.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
        inner: dict[str, Any] | None = None,
        delay: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.delay = status, code, message, delay
        self.details, self.headers, self.inner = details, headers or {}, inner or {}

    def body(self, moment: str, request_id: str, client_request_id: str) -> dict[str, Any]:
        """The error body, with ``innerError`` as the service fills it; *moment* has no zone."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details is not None:
            error["details"] = self.details
        ids = {"date": moment, "request-id": request_id, "client-request-id": client_request_id}
        return {"error": {**error, "innerError": {**self.inner, **ids}}}


def not_emulated(what: str) -> Fault:
    """501 for something that the emulator does not know, whatever Graph answers."""
    return Fault(501, "NotImplemented", f"The emulator does not know {what}.")


def not_found(id: str) -> Fault:
    """404 for a directory object that is not there."""
    message = f"Resource '{id}' does not exist or one of its queried reference-property objects are not present."
    return Fault(404, "Request_ResourceNotFound", message)


def bad_request(message: str, code: str = "Request_BadRequest", details: list[dict[str, str]] | None = None) -> Fault:
    """400 with the directory's usual code."""
    return Fault(400, code, message, details=details)


def conflict(name: str) -> Fault:
    """400 for a value that another directory object has, as published answers have it."""
    message = f"Another object with the same value for property {name} already exists."
    return bad_request(message, details=[{"code": CONFLICT, "message": message, "target": name}])


def exists(name: str) -> Fault:
    """409 for an object whose key another one has ("Configure cross-tenant synchronization", troubleshooting)."""
    message = f"Another object with the same value for property {name} already exists."
    details = [{"code": "ConflictingObjects", "message": message, "target": name}]
    return Fault(409, "Request_MultipleObjectsWithSameKeyValue", message, details=details)


def denied(message: str = "Insufficient privileges to complete the operation.") -> Fault:
    """403 for a permission that the caller lacks."""
    return Fault(403, "Authorization_RequestDenied", message)
