"""A Graph that answers from a script, and a gateway to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from azure.core.credentials import AccessToken

from entra_sync.graph.gateway import Graph
from entra_sync.microsoft.tenant import Tenant

JSON = Any
CONTOSO = Tenant("contoso", tenant_id="3d0f5dec-5d3d-455c-8016-e2af1ae4d31a", cloud="global")
TOKEN = "eyJhbGciOiJub25lIn0.eyJvaWQiOiAibWUiLCAicm9sZXMiOiBbIlVzZXIuUmVhZC5BbGwiXX0."


class Credential:
    """Hands out one token."""

    def get_token(self, *scopes: str, **options: JSON) -> AccessToken:
        """The token."""
        return AccessToken(TOKEN, 2**40)


class Service:
    """A Graph that answers from a script, and notes requests and pauses."""

    def __init__(self, *answers: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]) -> None:
        self.answers, self.asked, self.pauses = list(answers), [], []  # type: ignore[var-annotated]

    def graph(self) -> Graph:
        """A gateway to it."""

        async def sleep(seconds: float) -> None:
            self.pauses.append(seconds)

        return Graph(CONTOSO, credential=Credential(), transport=httpx.MockTransport(self.respond), sleep=sleep)

    def respond(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer


def refusal(status: int, code: str, message: str = "No.", detail: str = "", **headers: str) -> httpx.Response:
    """An error as Graph words it, with the code of one detail."""
    details = {"details": [{"code": detail, "message": message}]} if detail else {}
    body = {"error": {"code": code, "message": message, **details, "innerError": {"request-id": "r-1"}}}
    return httpx.Response(status, json=body, headers=headers)


def ok(body: JSON) -> httpx.Response:
    """A success."""
    return httpx.Response(200, json=body)
