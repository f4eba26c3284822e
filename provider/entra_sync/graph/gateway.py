"""The gateway to one tenant's Microsoft Graph: reading one by one, in batches and by pages, waiting for replicas."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from entra_sync.errors import ConfigurationError, GraphError, NotFound, PermissionMissing
from entra_sync.graph import discovery
from entra_sync.graph.answers import once, together
from entra_sync.graph.answers.at_hand import AtHand
from entra_sync.graph.answers.fresh import agreeing_pause, lag
from entra_sync.graph.links import Links
from entra_sync.graph.loop import run
from entra_sync.graph.requests import Answer, Request
from entra_sync.graph.transport import Transport
from entra_sync.microsoft.tenant import Tenant

if TYPE_CHECKING:
    import httpx
    from azure.core.credentials import TokenCredential

__all__ = [
    "AGREEING",
    "Awaited",
    "Graph",
    "bodies",
    "connect",
    "connected",
    "connecting",
    "reading_at_once",
    "required",
]

JSON = Any
T = TypeVar("T")

AGREEING = 3
"""Answers in a row that must agree before something counts as replicated (Terraform's azuread wants five)."""


class Awaited(NamedTuple):
    """An object that is waited for.

    Attributes:
        path: Its path.
        purpose: What it is waited for, in words.
        until: Whether a body is complete.
    """

    path: str
    purpose: str
    until: Callable[[JSON], bool] = bool


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
        self.transport = Transport(tenant, credential, transport, sleep)
        self.at_hand = AtHand()
        self._below = transport

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
        """What *look* finds. That there is nothing is believed only if *agreeing* looks in a row agree.

        One replica that is behind must not decide what is deleted, made a second time, or whose an object is. What the
        first look has asked several times of a tenant, a later one asks by one batch: its items count as one answer.
        """
        if agreeing == 1:
            return look()
        with together.noting() as asked:
            found = look()
        for number in range(1, agreeing):
            if found:
                break
            with together.looking(number):
                due = together.due(asked)
                if (due or not asked) and not once.holds([(graph.tenant, request) for graph, request in due]):
                    self.pause(agreeing_pause())
                with together.taking(together.read(due)):
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

    def wait_for(self, path: str, purpose: str, *, until: Callable[[JSON], bool] = bool) -> JSON:
        """The body of *path* once it is there and *until* says that it is complete: :meth:`wait_for_each` of one."""
        return self.wait_for_each([Awaited(path, purpose, until)])[0]

    def wait_for_each(self, wanted: Sequence[Awaited]) -> list[JSON]:
        """Bodies of objects once all are there and complete, several times in a row; each time by one request.

        A new object is not on every replica at once, and synchronization endpoints answer 403 or 404 while their
        service principal replicates. One replica's answer proves nothing about the next one's.

        Raises:
            GraphError: Still not so after as long as replicas may lag; the object itself is not lost.
        """
        seconds, last, purpose = lag(), "it is not there yet", wanted[0].purpose
        for pause in (0.0, *self.pauses(seconds)):
            self.pause(pause)
            try:
                for number in range(AGREEING):
                    self.pause(agreeing_pause() if number else 0)
                    found = self._read_at_once([Request("GET", each.path, purpose=each.purpose) for each in wanted])
                    lacking = [each for each, body in zip(wanted, found, strict=True) if not each.until(body)]
                    if lacking:
                        last, purpose = "it is not complete yet", lacking[0].purpose
                        break
                else:
                    for each, body in zip(wanted, found, strict=True):
                        together.keep(self, each.path, body)
                    return found
            except (NotFound, PermissionMissing) as error:
                last = str(error)
        raise GraphError(f"tenant {self.tenant}: while {purpose}: gave up after {seconds:.0f} s of waiting: {last}")

    def _read_at_once(self, requests: Sequence[Request]) -> list[JSON]:
        """Bodies of reads by one request."""
        return [self.send(requests[0]).body] if len(requests) == 1 else self.read_all(requests)

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

        A refusal is believed only if several in a row agree.

        Raises:
            ConfigurationError: The tenant's CA file cannot be used.
            GraphError: The authority gives no usable answer.
        """
        found: set[str] = set()

        def look() -> bool:
            missing = [each for each in tenant_ids if each not in found]
            asking = discovery.tenants_in(self.tenant, authority, missing, transport=self._below, sleep=self.sleep)
            found.update(run(asking))
            return len(found) == len(set(tenant_ids))

        self.agreed(look)
        return [each for each in tenant_ids if each in found]

    # -- sending

    def send(self, request: Request) -> Answer:
        """The answer to one request, after the retries that are safe.

        Raises:
            GraphError: Or the child of it that fits; the message names tenant, purpose, code, request id, way out.
        """
        if request.method != "GET":
            self.at_hand.clear()
            together.forget()
            return run(self.ask(request))
        known = self.at_hand.answer(request.path)
        if known is not None:
            return known
        together.note((self, request))
        if together.is_announced((self, request)):
            together.hold(together.read(together.due([(self, request)])))
        return run(self.ask(request))

    def batch(self, requests: Sequence[Request]) -> list[Answer | GraphError]:
        """Answers to many requests in their order, 20 to a round trip; what failed is an error in its place.

        Items that were throttled are sent again, after the longest wait that any of them asked for.

        Raises:
            GraphError: A round trip failed as a whole; what those before it came to is lost.
        """
        if any(request.method != "GET" for request in requests):
            self.at_hand.clear()
            together.forget()
        return run(self.ask_all(requests))

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
        known = None if raw else together.taken(self, request)
        answer: Answer | GraphError
        if known is not None:
            answer = known
        else:
            [answer] = await once.read(self.tenant, [request], partial(self._alone, raw=raw), raw=raw)
        if isinstance(answer, GraphError):
            raise answer from None
        return answer

    async def ask_all(self, requests: Sequence[Request]) -> list[Answer | GraphError]:
        """Like :meth:`batch`, for code that has many requests under way at once."""

        async def rest(missing: Sequence[Request]) -> list[Answer | GraphError]:
            return await (self._alone(missing) if len(missing) == 1 < len(requests) else self.transport.batch(missing))

        known = [together.taken(self, request) for request in requests]
        missing = [request for request, answer in zip(requests, known, strict=True) if answer is None]
        asked = iter(await once.read(self.tenant, missing, rest) if missing else ())
        return [next(asked) if answer is None else answer for answer in known]

    async def _alone(self, requests: Sequence[Request], *, raw: bool = False) -> list[Answer | GraphError]:
        """The answer to one request, or the error that it ends in."""
        try:
            return [await self.transport.send(requests[0], raw=raw)]
        except GraphError as error:
            return [error]

    def identity(self) -> str:
        """Object id of the service principal or user that this gateway runs as, from its access token.

        Raises:
            ConfigurationError: The token does not tell.
        """
        found = self.transport.claims().get("oid")
        if not isinstance(found, str):
            raise ConfigurationError(
                f"tenant {self.tenant}: the access token does not say whose it is (it has no oid). Use a credential of "
                "Microsoft Entra ID: client secret, certificate, federated token or Azure CLI"
            )
        return found

    def granted(self) -> frozenset[str] | None:
        """The application permissions of this gateway's token; None where the token does not tell what it may do."""
        return self.transport.granted()


@contextmanager
def reading_at_once(wanted: Sequence[tuple[Graph, str]], again: Sequence[tuple[Graph, str]] = ()) -> Iterator[None]:
    """While it lasts, reads of these paths by this thread take their answers from a batch of each tenant, each once.

    Args:
        wanted: What is read: gateways and paths.
        again: What is also read in further looks, until several agree.
    """
    first, always = (
        [
            (graph, Request("GET", path, purpose=f"reading {path}", optional=True))
            for graph, path in paths
            if graph.at_hand.answer(path) is None
        ]
        for paths in (wanted, again)
    )
    with together.announcing(first, always):
        yield


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


def connected() -> list[Tenant]:
    """The tenants that this process has clients for."""
    with _lock:
        return list(_clients)


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
