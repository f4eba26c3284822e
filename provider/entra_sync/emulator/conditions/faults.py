"""Failures on demand, repeatable by seed: errors, slow answers and dropped connections, by route and rate."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Literal

from entra_sync.emulator.errors import Fault
from entra_sync.emulator.http.wire import ReceivedRequest
from entra_sync.errors import RegexRefused, RegexTooSlow
from entra_sync.expressions.dotnet.regex import compile_dotnet

__all__ = ["Faults", "Injection"]

_CODES = {
    400: ("Request_BadRequest", "The request is not valid."),
    403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    404: ("Request_ResourceNotFound", "The resource could not be found."),
    409: ("Request_MultipleObjectsWithSameKeyValue", "A conflicting object is present in the directory."),
    429: ("TooManyRequests", "Too many requests."),
    500: ("InternalServerError", "An internal server error occurred. The operation failed."),
    502: ("BadGateway", "Bad gateway."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable. Retry after the specified duration."),
    504: ("GatewayTimeout", "The gateway did not receive a response in time."),
}


@dataclass
class Injection:
    """One rule of what goes wrong.

    Attributes:
        method: HTTP method it applies to; empty for any.
        path: Regular expression searched in the path and query, without regard to case. One that takes too many steps
            is an error of the request: no rule can make the emulator hang.
        status: Error status to answer instead of doing what was asked; 0 for none.
        code: Graph error code; the usual one of the status if empty.
        message: Error message; the usual one if empty.
        retry_after: Seconds for ``Retry-After``; none if None.
        done: Do what was asked before the error is answered, as the service at times does.
        drop: ``before``: the connection closes and nothing was done. ``after``: what was asked is done, then it closes.
            An item of a batch has no connection of its own: it is answered 504.
        delay: Seconds before the answer leaves.
        times: How many requests it hits at most; None for no limit.
        rate: Share of the requests that it hits, drawn from *seed*.
        skip: How many matching requests pass before the first is hit.
    """

    method: str = ""
    path: str = ""
    status: int = 0
    code: str = ""
    message: str = ""
    retry_after: float | None = None
    done: bool = False
    drop: Literal["", "before", "after"] = ""
    delay: float = 0.0
    times: int | None = 1
    rate: float = 1.0
    skip: int = 0
    seed: int = 1
    hits: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.status and self.status not in _CODES and not self.code:
            raise ValueError(f"status {self.status} needs a code: the emulator knows none for it")
        if not (self.status or self.drop or self.delay):
            raise ValueError("a fault needs a status, a drop or a delay")
        try:
            self._pattern = compile_dotnet(f"(?i){self.path}")
        except RegexRefused as refused:
            raise ValueError(f"path: {refused}") from None
        self._random = random.Random(self.seed)

    def strikes(self, request: ReceivedRequest) -> bool:
        """Whether this request is hit; counts it if so."""
        if self.method and self.method.upper() != request.method:
            return False
        try:
            if self._pattern.search(request.url.split("://", 1)[-1].partition("/")[2]) is None:
                return False
        except RegexTooSlow:
            raise Fault(500, "InternalServerError", f"The fault rule's path takes too long: {self.path}") from None
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        if self._random.random() >= self.rate:
            return False
        self.hits += 1
        return True

    def answer(self) -> Fault:
        """The error answer."""
        code, message = _CODES.get(self.status, ("", ""))
        headers = {} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"}
        return Fault(self.status, self.code or code, self.message or message, headers=headers, delay=self.delay)


class Faults:
    """The rules in force, in the order in which they were made; the first that strikes wins."""

    def __init__(self) -> None:
        self.rules: list[Injection] = []

    def inject(self, **rule: Any) -> Injection:
        """Add a rule, with the fields of ``Injection``."""
        injection = Injection(**rule)
        self.rules.append(injection)
        return injection

    def clear(self) -> None:
        """Take all rules away."""
        self.rules.clear()

    def due(self, request: ReceivedRequest) -> Injection | None:
        """The rule that hits this request, or None."""
        if "/_emulator" in request.url:
            return None
        return next((rule for rule in self.rules if rule.strikes(request)), None)
