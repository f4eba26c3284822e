"""The gateway to one tenant's Microsoft Graph: requests one by one, in batches and page by page, with safe retries."""

from __future__ import annotations

import asyncio
import base64
import random
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from entra_sync.errors import Ambiguous, ConfigurationError, GraphError, NotFound, PermissionMissing, Throttled
from entra_sync.graph import sdk
from entra_sync.graph.answers.checked import Unusable, asked_wait, checked, decoded, error_body, whole
from entra_sync.graph.answers.failures import failure
from entra_sync.graph.answers.fresh import Fresh, lag
from entra_sync.graph.links import Links
from entra_sync.graph.loop import run
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Answer, Request
from entra_sync.graph.sign_in import credential, no_token
from entra_sync.tenant import Tenant

if TYPE_CHECKING:
    import httpx
    from azure.core.credentials import TokenCredential

__all__ = ["AGREEING", "AGREEING_PAUSE", "BATCH_SIZE", "Graph", "bodies", "connect", "connecting", "required"]

JSON = Any
T = TypeVar("T")

BATCH_SIZE = 20
"""Requests in one JSON batch ("Combine multiple HTTP requests using JSON batching")."""

ATTEMPTS = 6
"""How often a throttled or failed request is sent in all."""

LONGEST_WAIT = 300.0
"""Seconds that a Retry-After may ask for before we rather report it."""


AGREEING = 3
"""Answers in a row that must agree before something counts as replicated (Terraform's azuread wants five)."""

AGREEING_PAUSE = 0.2
"""Seconds between them."""

DISCOVERIES = 8
"""Questions to a login authority under way at a time."""

LONGEST_PAUSE = 10.0
"""Seconds between two looks for an object that is not on every replica yet."""


_NO_DIRECTORY_ROLE = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
"""The ``wids`` of a token whose owner has no directory role."""


class Graph:
    """Microsoft Graph as one tenant sees it; methods block and may be called from any thread.

    Args:
        tenant: Whose Graph; its endpoints are used.
        credential: What gets tokens; the tenant's own from the environment if not given.
        transport: An httpx transport below the SDK, for a Graph in this process.
        sleep: Awaitable sleep, so that tests hand time in.
    """

    def __init__(
        self,
        tenant: Tenant,
        *,
        credential: TokenCredential | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.tenant = tenant
        self.sleep = sleep
        self._credential = credential
        self._transport = transport
        self._adapter: Any = None
        self._token: Any = None
        self._opening = threading.Lock()
        self._fresh = Fresh()

    # -- reading

    def get(self, path: str, purpose: str = "") -> JSON:
        """Body of a GET. *path* carries the version, e.g. ``/v1.0/users/{id}``; *purpose* says what for in messages.

        Raises:
            NotFound: The object is not there.
            GraphError: Anything else that is not a success.
        """
        return self.send(Request("GET", path, purpose=purpose or f"reading {path}")).body

    def find(self, path: str, purpose: str = "", *, agreeing: int = 1) -> JSON | None:
        """Like :meth:`get`, but None if the object is not there, as *agreeing* answers in a row say."""
        request = Request("GET", path, purpose=purpose or f"reading {path}", optional=True)

        def look() -> JSON | None:
            try:
                return self.send(request).body
            except NotFound:
                return None

        return self.agreed(look, agreeing)

    def agreed(self, look: Callable[[], T], agreeing: int = AGREEING) -> T:
        """What *look* finds. That there is nothing is believed only if *agreeing* looks in a row say so.

        One replica that is behind must not decide what is deleted, made a second time, or whose an object is.
        """
        found = look()
        for _ in range(agreeing - 1):
            if found:
                break
            self.pause(AGREEING_PAUSE)
            found = look()
        return found

    def pages(self, path: str, purpose: str = "") -> Iterator[JSON]:
        """Every item of a collection, over all its pages; a page that fails raises, so a list is never short."""
        what = purpose or f"listing {path}"
        links, link = Links(self.tenant, what), path
        while link:
            page = self.send(Request("GET", link, purpose=what, expects="value")).body
            yield from page["value"]
            link = links.next(page.get("@odata.nextLink")) or ""

    def wait_for(
        self,
        path: str,
        purpose: str,
        *,
        until: Callable[[JSON], bool] = bool,
        agreeing: int = AGREEING,
    ) -> JSON:
        """The body of *path* once it is there and *until* says that it is complete, several times in a row.

        A new object is not on every replica at once, and synchronization endpoints answer 403 or 404 while their
        service principal replicates. One replica's answer proves nothing about the next one's.

        Raises:
            GraphError: Still not so after as long as replicas may lag; the object itself is not lost.
        """
        seconds, last = lag(), "it is not there yet"
        for pause in (0.0, *self.pauses(seconds)):
            self.pause(pause)
            try:
                for number in range(agreeing):
                    self.pause(AGREEING_PAUSE if number else 0)
                    body = self.get(path, purpose)
                    if not until(body):
                        last = "it is not complete yet"
                        break
                else:
                    return body
            except (NotFound, PermissionMissing) as error:
                last = str(error)
        raise GraphError(f"{self._where(purpose)}: gave up after {seconds:.0f} s of waiting: {last}")

    def pauses(self, seconds: float) -> Iterator[float]:
        """Growing pauses, in seconds, that together come to *seconds*."""
        pause = 0.5
        while seconds > 0:
            yield min(pause, seconds)
            seconds, pause = seconds - pause, min(pause * 1.6, 10)

    def pause(self, seconds: float) -> None:
        """Sleeps, by the sleep that this gateway was given."""
        if seconds:
            run(self.sleep(seconds))

    def tenants_in(self, authority: str, tenant_ids: Collection[str]) -> list[str]:
        """Which of *tenant_ids* are tenants of the cloud whose login authority is *authority*.

        Asks the authority's public OpenID discovery. It refuses a tenant that it does not know, and for a tenant of
        another cloud it may name that cloud's endpoints. A refusal is believed only if several in a row agree.

        Raises:
            GraphError: The authority gives no usable answer.
        """
        found: set[str] = set()

        def look() -> bool:
            found.update(run(self._tenants_in(authority, [each for each in tenant_ids if each not in found])))
            return len(found) == len(set(tenant_ids))

        self.agreed(look)
        return [each for each in tenant_ids if each in found]

    # -- sending

    def send(self, request: Request) -> Answer:
        """The answer to one request, after the retries that are safe.

        Raises:
            GraphError: Or the child of it that fits; the message names tenant, purpose, code, request id, way out.
        """
        return run(self._send(request))

    def batch(self, requests: Sequence[Request]) -> list[Answer | GraphError]:
        """Answers to many requests in their order, 20 to a round trip; what failed is an error in its place.

        Items that were throttled are sent again, after the longest wait that any of them asked for.
        """
        return run(self._batch(list(requests)))

    def read_all(self, requests: Sequence[Request]) -> list[JSON]:
        """Bodies of many reads in their order, 20 to a round trip.

        Raises:
            GraphError: The first read that failed, also if it is for something that is not there.
        """
        return required(self.batch(requests))

    def read_each(self, requests: Sequence[Request]) -> list[JSON | None]:
        """Bodies of many reads in their order, 20 to a round trip; None for what is not there.

        Raises:
            GraphError: The first read that failed otherwise.
        """
        return bodies(self.batch(requests))

    async def ask(self, request: Request, *, raw: bool = False) -> Answer:
        """Like :meth:`send`, for code that has many requests under way at once: see :func:`together`.

        Args:
            request: What to send.
            raw: Leave the body of a success as bytes.
        """
        return await self._send(request, raw=raw)

    async def ask_all(self, requests: Sequence[Request]) -> list[Answer | GraphError]:
        """Like :meth:`batch`, for code that has many requests under way at once."""
        return await self._batch(list(requests))

    def identity(self) -> str:
        """Object id of the service principal or user that this gateway runs as, from its access token."""
        return str(self._claims()["oid"])

    def granted(self) -> frozenset[str] | None:
        """The application permissions of this gateway's token; None where the token does not tell what it may do.

        A user's token says otherwise what it may, and so does an application's with a directory role.
        """
        claims = self._claims()
        if claims.get("idtyp") == "user" or "scp" in claims or set(claims.get("wids") or ()) - {_NO_DIRECTORY_ROLE}:
            return None
        return frozenset(claims.get("roles") or ())

    def _claims(self) -> dict[str, JSON]:
        from azure.core.exceptions import AzureError

        self._open()
        try:
            token = self._token.get_token(f"{self.tenant.graph}/.default").token
        except AzureError as problem:
            raise no_token(self.tenant, problem) from None
        payload = token.split(".")[1]
        claims: dict[str, JSON] = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    # -- inside

    async def _tenants_in(self, authority: str, tenant_ids: Sequence[str]) -> list[str]:
        import ssl
        from urllib.parse import urlsplit

        import httpx

        verify: ssl.SSLContext | bool = (
            ssl.create_default_context(cafile=self.tenant.ca_file) if self.tenant.ca_file else True
        )
        free = asyncio.Semaphore(DISCOVERIES)

        async def is_there(client: httpx.AsyncClient, tenant_id: str) -> bool:
            url = f"{authority}/{segment(tenant_id)}/v2.0/.well-known/openid-configuration"
            try:
                async with free:
                    response = await client.get(url)
                if response.status_code in {400, 404}:
                    return False
                body = response.raise_for_status().json()
                return bool(urlsplit(body["token_endpoint"]).netloc == urlsplit(authority).netloc)
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as problem:
                raise GraphError(
                    f"tenant {self.tenant}: while asking {authority} which cloud tenant {tenant_id} is in: "
                    f"{problem or type(problem).__name__}"
                ) from None

        async with httpx.AsyncClient(verify=verify, transport=self._transport, timeout=30) as client:
            answers = await asyncio.gather(*(is_there(client, each) for each in tenant_ids))
        return [each for each, there in zip(tenant_ids, answers, strict=True) if there]

    async def _batch(self, requests: list[Request]) -> list[Answer | GraphError]:
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
        answer = await self._send(
            Request("POST", f"/{version}/$batch", body, chunk[0][1].purpose, expects="responses"),
        )
        items = [item for item in answer.body["responses"] if isinstance(item, dict)]
        return {str(item.get("id")): item for item in items if isinstance(item.get("status"), int)}

    def _item(self, request: Request, item: dict[str, JSON] | None, attempt: int) -> tuple[Answer | GraphError, float]:
        """What one item of a batch came to, and the seconds after which to send it again; 0 if it is final."""
        last = attempt + 1 >= ATTEMPTS
        if item is None:
            lost = "the batch left it unanswered"
            problem = GraphError if request.repeatable else Ambiguous
            pause = _retry_after({}, attempt) if request.repeatable and not last else 0.0
            return problem(f"{self._where(request.purpose)}: {lost}"), pause
        headers = {key.lower(): str(value) for key, value in (item.get("headers") or {}).items()}
        error = self._failure(request, item["status"], headers, item.get("body"))
        if error is None:
            try:
                body = checked(request, item.get("body"))
            except Unusable as problem:
                return self._unusable(request, item["status"], problem), (
                    _retry_after({}, attempt) if request.repeatable and not last else 0.0
                )
            self._fresh.note(request, body)
            return Answer(item["status"], headers, body), 0.0
        patience = self._lagging(request, error)
        if patience:
            pause = min(_retry_after({}, attempt), patience, LONGEST_PAUSE)
            self._fresh.spend(request, pause)
            return error, pause
        throttled = isinstance(error, Throttled)
        broken = item["status"] in {500, 502, 503, 504}
        wait = _retry_after(headers, attempt)
        if isinstance(error, Throttled):
            _note_wait(error, wait)
        if (throttled or (broken and request.repeatable)) and not last and wait <= LONGEST_WAIT:
            return error, wait
        if broken and not request.repeatable:
            return _ambiguous(error), 0.0
        return error, 0.0

    async def _send(self, request: Request, *, raw: bool = False) -> Answer:
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
                    unreachable = GraphError(
                        f"{self._where(request.purpose)}: {self.tenant.graph} cannot be reached ({problem}); "
                        "check the tenant's cloud and endpoints"
                    )
                    unreachable.sent = False
                    raise unreachable from None
                await self.sleep(_retry_after({}, attempt))
                attempt += 1
                continue
            except httpx.TransportError as problem:
                if not request.repeatable:
                    raise Ambiguous(
                        f"{self._where(request.purpose)}: the connection broke ({type(problem).__name__})"
                    ) from None
                if last:
                    raise GraphError(f"{self._where(request.purpose)}: {problem or type(problem).__name__}") from None
                await self.sleep(_retry_after({}, attempt))
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
                    await self.sleep(_retry_after({}, attempt))
                    attempt += 1
                    continue
                if not raw:
                    self._fresh.note(request, body)
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
                pause = min(_retry_after({}, waits), patience, LONGEST_PAUSE)
                self._fresh.spend(request, pause)
                await self.sleep(pause)
                waits += 1
                continue
            wait = _retry_after(headers, attempt)
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
        return self._fresh.patience(request) if late else 0.0

    def _redirected(self, request: Request, status: int, location: str) -> GraphError:
        """The error for a redirect, which is never followed: bodies hold secrets, and the answer would be another's."""
        where = f" to {location[:200]}" if location else ""
        return GraphError(
            f"{self._where(request.purpose)}: answered {status}, a redirect{where}, which is not followed. "
            f"Check graphUrl and any proxy between here and {self.tenant.graph}",
            status=status,
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
        return await sdk.exchange(self._open(), self.tenant, request)

    def _open(self) -> Any:
        """The SDK's request adapter, made when the first request needs it."""
        with self._opening:
            if self._adapter is None:
                self._token = self._credential or credential(self.tenant)
                self._adapter = sdk.adapter(self.tenant, self._token, self._transport)
            return self._adapter

    def _renew(self) -> None:
        """Makes the next request sign in again, unless the credential was handed in."""
        with self._opening:
            if self._credential is None:
                self._adapter = None

    def _where(self, purpose: str) -> str:
        return f"tenant {self.tenant}: while {purpose or 'calling Microsoft Graph'}"


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


def bodies(answers: Sequence[Answer | GraphError]) -> list[JSON | None]:
    """Bodies of reads; None for what is not there.

    Raises:
        GraphError: The first read that failed otherwise.
    """
    for answer in answers:
        if isinstance(answer, GraphError) and not isinstance(answer, NotFound):
            raise answer
    return [answer.body if isinstance(answer, Answer) else None for answer in answers]


def required(answers: Sequence[Answer | GraphError]) -> list[JSON]:
    """Bodies of reads.

    Raises:
        GraphError: The first read that failed.
    """
    for answer in answers:
        if not isinstance(answer, Answer):
            raise answer
    return [answer.body for answer in answers if isinstance(answer, Answer)]


def _ambiguous(error: GraphError) -> Ambiguous:
    return Ambiguous(str(error), status=error.status, code=error.code, request_id=error.request_id)


def _note_wait(error: Throttled, wait: float) -> None:
    """Records how long Graph asks to wait; the message names a wait that is too long to sit through."""
    error.retry_after = wait
    if wait > LONGEST_WAIT:
        error.args = (f"{error}; Graph asks to wait {wait:.0f} s",)


def _retry_after(headers: dict[str, str], attempt: int) -> float:
    """Seconds to wait: what Retry-After says, else exponential with jitter ("Microsoft Graph throttling guidance")."""
    asked = asked_wait(headers)
    return float(2**attempt) * random.uniform(0.5, 1.0) if asked is None else asked


def _is_final(problem: Exception) -> bool:
    """Whether trying again cannot help: a certificate that is not trusted, a name that does not exist."""
    text = str(problem).lower()
    return "certificate" in text or "name or service not known" in text


# -- one client per tenant and process

_clients: dict[Tenant, Graph] = {}
_lock = threading.Lock()
_maker: Callable[[Tenant], Graph] = Graph


def connect(tenant: Tenant) -> Graph:
    """The process's client for *tenant*; nothing is sent before the first request."""
    with _lock:
        if tenant not in _clients:
            _refuse_shared_credentials(tenant)
            _clients[tenant] = _maker(tenant)
        return _clients[tenant]


def _refuse_shared_credentials(tenant: Tenant) -> None:
    """Refuses a tenant whose name means the environment variables of another one, as ``a-b`` and ``a_b`` do."""
    for other in _clients:
        if other.name != tenant.name and other.variable("CLIENT_ID") == tenant.variable("CLIENT_ID"):
            raise ConfigurationError(
                f"tenants {other.name} and {tenant.name} would both take their credentials from "
                f"{tenant.variable('CLIENT_ID')}; give one of them another name"
            )


@contextmanager
def connecting(make: Callable[[Tenant], Graph]) -> Iterator[None]:
    """While it lasts, :func:`connect` uses clients that *make* returns: how tests and tools put a Graph below."""
    global _maker
    with _lock:
        before, _maker = _maker, make
        saved = dict(_clients)
        _clients.clear()
    try:
        yield
    finally:
        with _lock:
            _maker = before
            _clients.clear()
            _clients.update(saved)
