"""Sends requests to one tenant's Graph, one by one or in batches, and again if that is safe."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from entra_sync.errors import Ambiguous, GraphError, NotFound, PermissionMissing, Throttled
from entra_sync.graph import sdk
from entra_sync.graph.answers.checked import (
    ATTEMPTS,
    LONGEST_WAIT,
    Unusable,
    checked,
    decoded,
    error_body,
    pause_before,
    whole,
)
from entra_sync.graph.answers.failures import failure
from entra_sync.graph.answers.fresh import Fresh
from entra_sync.graph.requests import Answer, Request
from entra_sync.graph.sign_in import credential, no_token, readable_claims
from entra_sync.tenant import Tenant

if TYPE_CHECKING:
    import httpx
    from azure.core.credentials import TokenCredential

__all__ = ["BATCH_SIZE", "Transport"]

JSON = Any

BATCH_SIZE = 20
"""Requests in one JSON batch ("Combine multiple HTTP requests using JSON batching")."""

LONGEST_PAUSE = 10.0
"""Seconds between two looks for an object that is not on every replica yet."""

_NO_DIRECTORY_ROLE = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
"""The ``wids`` of a token whose owner has no directory role."""


class Transport:
    """Requests to one tenant; its coroutines run on the event loop of :mod:`entra_sync.graph.loop`.

    Args:
        tenant: Whose Graph; its endpoints are used.
        credential: What gets tokens; the tenant's own from the environment if None.
        below: An httpx transport below the SDK, for a Graph in this process.
        sleep: Awaitable sleep.
    """

    def __init__(
        self,
        tenant: Tenant,
        credential: TokenCredential | None,
        below: httpx.AsyncBaseTransport | None,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.tenant = tenant
        self.sleep = sleep
        self.fresh = Fresh()
        self._credential = credential
        self._below = below
        self._adapter: Any = None
        self._token: Any = None
        self._opening = threading.Lock()

    async def batch(self, requests: Sequence[Request]) -> list[Answer | GraphError]:
        """Answers to many requests in their order, 20 to a round trip; what failed is an error in its place."""
        results: dict[int, Answer | GraphError] = {}
        pending = list(enumerate(requests))
        attempt = 0
        while pending:
            again: list[tuple[int, Request]] = []
            wait = 0.0
            for start in range(0, len(pending), BATCH_SIZE):
                chunk = pending[start : start + BATCH_SIZE]
                items = await self._batch_items(chunk)
                for index, request in chunk:
                    result, pause = self._item(request, items.get(str(index)), attempt)
                    if pause:
                        again.append((index, request))
                        wait = max(wait, pause)
                    results[index] = result
            if again:
                await self.sleep(wait)
            pending, attempt = again, attempt + 1
        return [results[index] for index in range(len(requests))]

    async def _batch_items(self, chunk: Sequence[tuple[int, Request]]) -> dict[str, dict[str, JSON]]:
        """The answers in a JSON batch's answer by their ids; what is not one is left out."""
        version = chunk[0][1].path.split("/", 2)[1]
        body = {"requests": [_batch_item(index, request) for index, request in chunk]}
        answer = await self.send(
            Request("POST", f"/{version}/$batch", body, chunk[0][1].purpose, expects="responses"),
        )
        return {str(item["id"]): item for item in answer.body["responses"] if _is_answer(item)}

    def _item(self, request: Request, item: dict[str, JSON] | None, attempt: int) -> tuple[Answer | GraphError, float]:
        """What one item of a batch came to, and the seconds after which to send it again; 0 if it is final."""
        last = attempt + 1 >= ATTEMPTS
        if item is None:
            lost = "the batch left it unanswered"
            problem = GraphError if request.repeatable else Ambiguous
            pause = pause_before(attempt, {}) if request.repeatable and not last else 0.0
            return problem(f"{self._where(request.purpose)}: {lost}"), pause
        headers = {key.lower(): str(value) for key, value in (item.get("headers") or {}).items()}
        error = self._failure(request, item["status"], headers, item.get("body"))
        if error is None and item["status"] >= 300:
            error = self._redirected(request, item["status"], headers.get("location", ""))
        if error is None:
            try:
                body = checked(request, item.get("body"))
            except Unusable as problem:
                return self._unusable(request, item["status"], problem), (
                    pause_before(attempt, {}) if request.repeatable and not last else 0.0
                )
            self.fresh.note(request, body)
            return Answer(item["status"], headers, body), 0.0
        patience = self._lagging(request, error)
        if patience:
            pause = min(pause_before(attempt, {}), patience, LONGEST_PAUSE)
            self.fresh.spend(request, pause)
            return error, pause
        throttled = isinstance(error, Throttled)
        broken = item["status"] in {500, 502, 503, 504}
        wait = pause_before(attempt, headers)
        if isinstance(error, Throttled):
            _note_wait(error, wait)
        if (throttled or (broken and request.repeatable)) and not last and wait <= LONGEST_WAIT:
            return error, wait
        if broken and not request.repeatable:
            return _ambiguous(error), 0.0
        return error, 0.0

    async def send(self, request: Request, *, raw: bool = False) -> Answer:
        """The answer to one request, after the retries that are safe; *raw*: leave the body of a success as bytes.

        Raises:
            GraphError: Or the child of it that fits; the message names tenant, purpose, code, request id, way out.
        """
        import httpx

        attempt = waits = 0
        renewed = False
        while True:
            last = attempt + 1 == ATTEMPTS
            try:
                response = await self._exchange(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as problem:
                # Nothing was sent, so even a POST may be repeated.
                if last or _is_final(problem):
                    raise self._unreachable(request, problem) from None
                await self.sleep(pause_before(attempt, {}))
                attempt += 1
                continue
            except (httpx.RequestError, OSError) as problem:
                if not request.repeatable:
                    raise Ambiguous(
                        f"{self._where(request.purpose)}: the connection broke ({type(problem).__name__})"
                    ) from None
                if last:
                    raise GraphError(
                        f"{self._where(request.purpose)}: no whole answer came ({problem or type(problem).__name__}); "
                        "check the network and any proxy, then run again"
                    ) from None
                await self.sleep(pause_before(attempt, {}))
                attempt += 1
                continue
            headers = {key.lower(): value for key, value in response.headers.items()}
            if response.is_success:
                try:
                    content = response.content
                    body = whole(content) if raw else decoded(request, content, headers.get("content-type", ""))
                except Unusable as problem:
                    if last or not request.repeatable:
                        raise self._unusable(request, response.status_code, problem) from None
                    await self.sleep(pause_before(attempt, {}))
                    attempt += 1
                    continue
                if not raw:
                    self.fresh.note(request, body)
                return Answer(response.status_code, headers, body)
            error = self._failure(request, response.status_code, headers, error_body(response.content))
            if error is None:
                error = self._redirected(request, response.status_code, headers.get("location", ""))
            if response.status_code == 401 and not renewed:
                # The token may have been revoked before it expired: once more with a new one.
                self._renew()
                renewed = True
                continue
            patience = self._lagging(request, error)
            if patience:
                pause = min(pause_before(waits, {}), patience, LONGEST_PAUSE)
                self.fresh.spend(request, pause)
                await self.sleep(pause)
                waits += 1
                continue
            wait = pause_before(attempt, headers)
            repeat = isinstance(error, Throttled) or (
                response.status_code in {500, 502, 503, 504} and request.repeatable
            )
            if isinstance(error, Throttled):
                _note_wait(error, wait)
            if not repeat or last or wait > LONGEST_WAIT:
                if response.status_code in {500, 502, 503, 504} and not request.repeatable:
                    raise _ambiguous(error)
                raise error
            await self.sleep(wait)
            attempt += 1

    def _failure(self, request: Request, status: int, headers: dict[str, str], body: JSON) -> GraphError | None:
        """The error that an answer stands for; a refusal also tells what the token may do."""
        error = failure(self.tenant, request, status, headers, body)
        if isinstance(error, PermissionMissing):
            error.held = self.granted()
        return error

    def _lagging(self, request: Request, error: GraphError) -> float:
        """Seconds for which *error* is taken for a replica that does not know yet what this process created."""
        late = isinstance(error, NotFound) or (
            isinstance(error, PermissionMissing) and "/synchronization" in request.path
        )
        return self.fresh.patience(request) if late else 0.0

    def _redirected(self, request: Request, status: int, location: str) -> GraphError:
        """The error for a redirect, which is never followed: bodies hold secrets, and the answer would be another's."""
        where = f" to {location[:200]}" if location else ""
        return GraphError(
            f"{self._where(request.purpose)}: answered {status}, a redirect{where}, which is not followed. "
            f"Check graphUrl and any proxy between here and {self.tenant.graph}",
            status=status,
        )

    def _unreachable(self, request: Request, problem: Exception) -> GraphError:
        """The error for a connection that was not made, so that nothing was sent."""
        remedy = "check the tenant's cloud and endpoints, the network, and HTTPS_PROXY if there is a proxy"
        if "certificate" in str(problem).lower():
            remedy = (
                "its certificate is not trusted; behind a proxy that inspects TLS, or on the emulator, set "
                f"{self.tenant.variable('CA_FILE')} to a file with its root certificate"
            )
        where = self._where(request.purpose)
        error = GraphError(f"{where}: {self.tenant.graph} cannot be reached ({problem}); {remedy}")
        error.sent = False
        return error

    def _unusable(self, request: Request, status: int, problem: Unusable) -> GraphError:
        """The error for a success that is not what was asked for. A creation may or may not have been carried out."""
        kind = GraphError if request.repeatable else Ambiguous
        return kind(
            f"{self._where(request.purpose)}: the answer ({status}) cannot be used: {problem}; "
            "a proxy or gateway may have changed it. Run again",
            status=status,
        )

    async def _exchange(self, request: Request) -> httpx.Response:
        return await sdk.exchange(self.open(), self.tenant, request)

    def open(self) -> Any:
        """The SDK's request adapter, made when the first request needs it."""
        with self._opening:
            if self._adapter is None:
                self._token = self._credential or credential(self.tenant)
                self._adapter = sdk.adapter(self.tenant, self._token, self._below)
            return self._adapter

    def _renew(self) -> None:
        """Makes the next request sign in again, unless the credential was handed in."""
        with self._opening:
            if self._credential is None:
                self._adapter = None

    def _where(self, purpose: str) -> str:
        return f"tenant {self.tenant}: while {purpose or 'calling Microsoft Graph'}"

    def granted(self) -> frozenset[str] | None:
        """The application permissions of the token; None where the token does not tell what it may do.

        A user's token says otherwise what it may, and so does an application's with a directory role.
        """
        claims = self.claims()
        if not claims or claims.get("idtyp") == "user" or "scp" in claims:
            return None
        if set(claims.get("wids") or ()) - {_NO_DIRECTORY_ROLE}:
            return None
        return frozenset(claims.get("roles") or ())

    def claims(self) -> Mapping[str, JSON]:
        """What the access token says; empty if it cannot be read."""
        from azure.core.exceptions import AzureError

        self.open()
        try:
            token = self._token.get_token(f"{self.tenant.graph}/.default").token
        except AzureError as problem:
            raise no_token(self.tenant, problem) from None
        return readable_claims(token)


def _is_answer(item: JSON) -> bool:
    """Whether an item of a batch's answer has an id, an HTTP status, and headers if any."""
    if not isinstance(item, dict) or "id" not in item or not isinstance(item.get("headers") or {}, dict):
        return False
    status = item.get("status")
    return isinstance(status, int) and 200 <= status < 600


def _batch_item(index: int, request: Request) -> dict[str, JSON]:
    item: dict[str, JSON] = {
        "id": str(index),
        "method": request.method,
        "url": "/" + request.path.split("/", 2)[2],
    }
    headers = dict(request.headers)
    if request.body is not None:
        item["body"] = request.body
        headers["Content-Type"] = "application/json"
    if headers:
        item["headers"] = headers
    return item


def _ambiguous(error: GraphError) -> Ambiguous:
    return Ambiguous(str(error), status=error.status, code=error.code, request_id=error.request_id)


def _note_wait(error: Throttled, wait: float) -> None:
    """Records how long Graph asks to wait; the message names a wait that is too long to sit through."""
    error.retry_after = wait
    if wait > LONGEST_WAIT:
        error.args = (f"{error}; Graph asks to wait {wait:.0f} s",)


def _is_final(problem: Exception) -> bool:
    """Whether trying again cannot help: a certificate that is not trusted, a name that does not exist."""
    text = str(problem).lower()
    return "certificate" in text or "name or service not known" in text
