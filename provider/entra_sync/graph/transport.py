"""Sends requests to one tenant's Graph, one by one or in batches, and again if that is safe."""

from __future__ import annotations

import threading
from collections import Counter
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
from entra_sync.graph.sign_in import OfTenant, credential, no_token, readable_claims
from entra_sync.microsoft.tenant import Tenant

if TYPE_CHECKING:
    import httpx
    from azure.core.credentials import TokenCredential

__all__ = ["BATCHED_PAGE", "BATCH_SIZE", "Transport"]

JSON = Any

BATCH_SIZE = 20
"""Requests in one JSON batch ("Combine multiple HTTP requests using JSON batching")."""

BATCHED_PAGE = 100
"""Items on a page that is asked for in a batch, so that the answer to a batch is about as long as two of the largest
pages. A list that has more is read by itself, from its beginning, in the largest pages."""

LONGEST_PAUSE = 10.0
"""Seconds between two looks for an object that is not on every replica yet."""

_NO_DIRECTORY_ROLE = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
"""The ``wids`` of a token whose owner has no directory role."""


class _Tries:
    """How often a request was sent, and why it is sent again.

    Attributes:
        sent: Attempts that failed.
        waits: Looks for an object that is not on every replica yet.
        renewed: A new token was got for it.
    """

    def __init__(self) -> None:
        self.sent = self.waits = 0
        self.renewed = False

    def pause_if(self, safe: bool, seconds: float | None = None) -> float | None:
        """Seconds after which to send the request again if that is *safe*; None if it is not, or was sent enough."""
        if not safe or self.sent + 1 >= ATTEMPTS:
            return None
        pause = pause_before(self.sent, {}) if seconds is None else seconds
        self.sent += 1
        return pause


_Outcome = tuple[Answer | GraphError, float | None]
"""What a request came to, and the seconds after which to send it again; None if it is final."""


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
        """Answers to many requests in their order, 20 to a round trip; what failed is an error in its place.

        Raises:
            GraphError: A round trip failed as a whole; what those before it came to is lost.
        """
        results: dict[int, Answer | GraphError] = {}
        tries = [_Tries() for _ in requests]
        pending = list(enumerate(requests))
        while pending:
            again: list[tuple[int, Request]] = []
            wait = 0.0
            for start in range(0, len(pending), BATCH_SIZE):
                chunk = pending[start : start + BATCH_SIZE]
                items = await self._batch_items(chunk)
                for index, request in chunk:
                    results[index], pause = self._item(request, items.get(str(index)), tries[index])
                    if pause is not None:
                        again.append((index, request))
                        wait = max(wait, pause)
            if wait:
                await self.sleep(wait)
            pending = again
        return [results[index] for index in range(len(requests))]

    async def _batch_items(self, chunk: Sequence[tuple[int, Request]]) -> dict[str, dict[str, JSON]]:
        """The answers in a JSON batch's answer by their ids. What is not one, or has the id of another, is left out."""
        version = chunk[0][1].path.split("/", 2)[1]
        body = {"requests": [_batch_item(index, request) for index, request in chunk]}
        answer = await self.send(
            Request("POST", f"/{version}/$batch", body, chunk[0][1].purpose, expects="responses"),
        )
        items = [item for item in answer.body["responses"] if isinstance(item, dict) and "id" in item]
        times = Counter(str(item["id"]) for item in items)
        return {str(item["id"]): item for item in items if times[str(item["id"])] == 1 and _is_answer(item)}

    def _item(self, request: Request, item: dict[str, JSON] | None, tries: _Tries) -> _Outcome:
        """What one item of a batch comes to."""
        if item is None:
            problem = GraphError if request.repeatable else Ambiguous
            lost = problem(f"{self._where(request.purpose)}: the batch left it unanswered")
            return lost, tries.pause_if(request.repeatable)
        headers = {key.lower(): str(value) for key, value in (item.get("headers") or {}).items()}
        body = item.get("body")
        return self._judged(request, Answer(item["status"], headers, body), lambda: checked(request, body), tries)

    async def send(self, request: Request, *, raw: bool = False) -> Answer:
        """The answer to one request, after the retries that are safe; *raw*: leave the body of a success as bytes.

        Raises:
            GraphError: Or the child of it that fits; the message names tenant, purpose, code, request id, way out.
        """
        tries = _Tries()
        while True:
            outcome, pause = await self._attempt(request, raw, tries)
            if pause is None:
                if isinstance(outcome, GraphError):
                    raise outcome from None
                return outcome
            if pause:
                await self.sleep(pause)

    async def _attempt(self, request: Request, raw: bool, tries: _Tries) -> _Outcome:
        """What one request comes to that is sent once."""
        import httpx

        try:
            response = await self._exchange(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as problem:
            # Nothing was sent, so even a POST may be repeated.
            return self._unreachable(request, problem), tries.pause_if(not _is_final(problem))
        except (httpx.RequestError, OSError) as problem:
            return self._broken(request, problem), tries.pause_if(request.repeatable)
        headers = {key.lower(): value for key, value in response.headers.items()}
        content = response.content

        def read() -> JSON:
            return whole(content) if raw else decoded(request, content, headers.get("content-type", ""))

        said = None if response.is_success else error_body(content)
        return self._judged(request, Answer(response.status_code, headers, said), read, tries)

    def _judged(self, request: Request, answer: Answer, read: Callable[[], JSON], tries: _Tries) -> _Outcome:
        """What an answer to a request, or to an item of a batch, comes to.

        Args:
            request: What was asked.
            answer: Status, headers, and the body if it is an error.
            read: Reads the body of a success; raises ``Unusable`` if it is not what was asked for.
            tries: What was tried so far.
        """
        status, headers = answer.status, answer.headers
        if status < 300:
            try:
                body = read()
            except Unusable as problem:
                return self._unusable(request, status, problem), tries.pause_if(request.repeatable)
            self.fresh.note(request, body)
            return Answer(status, headers, body), None
        error = self._failure(request, status, headers, answer.body) or self._redirected(
            request, status, headers.get("location", "")
        )
        if status == 401 and not tries.renewed:
            # The token may have been revoked before it expired: once more with a new one.
            self._renew()
            tries.renewed = True
            return error, 0.0
        patience = self._lagging(request, error)
        if patience:
            pause = min(pause_before(tries.waits, {}), patience, LONGEST_PAUSE)
            self.fresh.spend(request, pause)
            tries.waits += 1
            return error, pause
        if isinstance(error, Throttled):
            _note_wait(error, pause_before(tries.sent, headers))
            return error, tries.pause_if(error.retry_after <= LONGEST_WAIT, error.retry_after)
        if status in {500, 502, 503, 504}:
            if not request.repeatable:
                return _ambiguous(error), None
            wait = pause_before(tries.sent, headers)
            return error, tries.pause_if(wait <= LONGEST_WAIT, wait)
        return error, None

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

    def _broken(self, request: Request, problem: Exception) -> GraphError:
        """The error for a connection that broke, so that the request may or may not have been carried out."""
        if not request.repeatable:
            return Ambiguous(f"{self._where(request.purpose)}: the connection broke ({type(problem).__name__})")
        return GraphError(
            f"{self._where(request.purpose)}: no whole answer came ({problem or type(problem).__name__}); "
            "check the network and any proxy, then run again"
        )

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
                self._token = OfTenant(self.tenant, self._credential or credential(self.tenant))
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


def _is_answer(item: dict[str, JSON]) -> bool:
    """Whether an item of a batch's answer has an HTTP status, and headers if any."""
    if not isinstance(item.get("headers") or {}, dict):
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
    return Ambiguous(str(error), status=error.status, code=error.code, said=error.said, request_id=error.request_id)


def _note_wait(error: Throttled, wait: float) -> None:
    """Records how long Graph asks to wait; the message names a wait that is too long to sit through."""
    error.retry_after = wait
    if wait > LONGEST_WAIT:
        error.args = (f"{error}; Graph asks to wait {wait:.0f} s",)


def _is_final(problem: Exception) -> bool:
    """Whether trying again cannot help: a certificate that is not trusted, a name that does not exist."""
    text = str(problem).lower()
    return "certificate" in text or "name or service not known" in text
