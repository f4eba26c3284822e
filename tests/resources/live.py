"""The tests of resources in two real tenants, instead of the emulator: see ``make live`` in CONTRIBUTING.md.

What a test makes is noted as it is sent, and taken away after the test. Tests that look into the emulator, move its
clock or let it fail are skipped.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest

from entra_sync.cli.operate.links import tenant_named
from entra_sync.emulator.http.journal import Journal, JournalEntry, masked
from entra_sync.errors import EntraSyncError, NotFound
from entra_sync.graph.gateway import Graph
from entra_sync.graph.paths import ACCESS_POLICY, DEFAULT_SETTINGS, PARTNERS
from entra_sync.graph.requests import Request
from entra_sync.microsoft.clouds import Cloud
from entra_sync.microsoft.tenant import Tenant

__all__ = ["SWITCH", "Live", "from_environment"]

JSON = Any

SWITCH = "ENTRA_SYNC_LIVE"
"""Ids of the source and the target, with a comma in between: nothing is changed in a tenant that is not named."""

TENANTS = {"contoso": Cloud.GLOBAL, "federal": Cloud.USGOV}
"""Names of the tenants in the tests, with the clouds that the tests are written for."""

_NOTHING = "Nothing was changed."


class Refused(Exception):
    """The tenants cannot be used for tests; the message says what to do."""


class Recorder(httpx.AsyncHTTPTransport):
    """Sends requests to a tenant, and notes them and what they made."""

    def __init__(self, live: Live, tenant: Tenant) -> None:
        super().__init__(verify=ssl.create_default_context(cafile=tenant.ca_file))
        self._live, self._tenant = live, tenant

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the tenant."""
        answer = await super().handle_async_request(request)
        await answer.aread()
        sent = orjson.loads(request.content) if request.content else None
        made = orjson.loads(answer.content) if answer.content else None
        path = request.url.raw_path.decode()
        self._note(request.method, path, sent, answer.status_code, made)
        if path.endswith("/$batch") and sent is not None and made is not None:
            version = path.split("/")[1]
            parts, answers = sent["requests"], {item["id"]: item for item in made["responses"]}
            for item in parts:
                found = answers.get(item["id"], {})
                self._note(
                    item["method"],
                    f"/{version}{item['url']}",
                    item.get("body"),
                    found.get("status", 0),
                    found.get("body"),
                )
        return answer

    def _note(self, method: str, path: str, sent: JSON, status: int, made: JSON) -> None:
        tenant = self._tenant
        body = None if path.endswith("/$batch") or method == "GET" else masked(sent)
        self._live.requests.add(
            JournalEntry(datetime.now(UTC), str(tenant.cloud), tenant.name, method, path, status, body)
        )
        if 200 <= status < 300 and method in {"POST", "PUT", "PATCH"}:
            self._live.changed(tenant.name, urlsplit(path).path, sent, made)


class Live:
    """Two real tenants, what was sent to them, and how to take it back.

    Raises:
        Refused: The environment does not name two tenants for tests, or they are in use.
    """

    def __init__(self) -> None:
        self.requests = Journal()
        self.tenants = {name: _named(name, cloud) for name, cloud in TENANTS.items()}
        named = [each.strip().lower() for each in os.environ.get(SWITCH, "").split(",")]
        if named != [tenant.tenant_id for tenant in self.tenants.values()]:
            raise Refused(
                f"name the two test tenants to change them: make live TENANTS=SOURCE_ID,TARGET_ID. {_NOTHING}"
            )
        self._undo: dict[tuple[str, str, str], JSON] = {}
        self._before: dict[str, JSON] = {}
        for name, other in (("contoso", "federal"), ("federal", "contoso")):
            self._check(name, self.tenants[other])

    def connect(self, tenant: Tenant) -> Graph:
        """What a handler reaches a tenant by."""
        return Graph(tenant, transport=Recorder(self, tenant))

    def _check(self, name: str, other: Tenant) -> None:
        """The tenant has no settings that a test would change."""
        graph = Graph(self.tenants[name])
        try:
            if graph.find(f"{PARTNERS}/{other.tenant_id}", "looking whether the tenant is in use") is not None:
                raise Refused(f"{name} has settings for {other.name}, so it is in use; take other tenants. {_NOTHING}")
            default = graph.get(DEFAULT_SETTINGS, "looking whether the tenant is in use")
            if default["isServiceDefault"] is not True:
                raise Refused(f"{name} has default access settings of its own; take another tenant. {_NOTHING}")
            policy = graph.get(ACCESS_POLICY.replace("v1.0", "beta"), "reading the clouds that the tenant allows")
        except EntraSyncError as problem:
            raise Refused(f"{problem}. {_NOTHING}") from None
        self._before[name] = policy["allowedCloudEndpoints"] or []
        if self._before[name]:
            raise Refused(f"{name} allows other clouds, so it is in use; take another tenant. {_NOTHING}")

    def changed(self, name: str, path: str, sent: JSON, made: JSON) -> None:
        """Notes how to take a change back; of several changes the last one comes first."""
        kind = path.split("/", 2)[2]
        if kind.endswith("/instantiate"):
            self._undo["DELETE", name, f"/v1.0/applications/{made['application']['id']}"] = None
        elif kind in {"applications", "groups", "users"}:
            self._undo["DELETE", name, f"{path}/{made['id']}"] = None
        elif kind.endswith("/partners"):
            self._undo["DELETE", name, f"{path}/{sent['tenantId']}"] = None
        elif kind.endswith("/identitySynchronization"):
            self._undo["DELETE", name, path] = None
        elif kind == "policies/crossTenantAccessPolicy":
            self._undo["PATCH", name, path] = {"allowedCloudEndpoints": self._before[name]}
        elif kind == "policies/crossTenantAccessPolicy/default":
            self._undo["POST", name, f"{path}/resetToSystemDefault"] = None

    @contextmanager
    def one_test(self) -> Iterator[Live]:
        """Takes back at the end what was changed meanwhile.

        Raises:
            ExceptionGroup: What could not be taken back.
        """
        yield self
        undo, problems = list(reversed(self._undo.items())), []
        self._undo.clear()
        for (method, name, path), body in undo:
            try:
                Graph(self.tenants[name]).send(Request(method, path, body, "taking back what a test has changed"))
            except NotFound:
                continue
            except EntraSyncError as problem:
                problems.append(problem)
        if problems:
            raise ExceptionGroup("a test left something behind", problems)


def from_environment() -> Live | None:
    """Two real tenants if the environment names them, None if it names none; with the wrong ones the run ends."""
    if SWITCH not in os.environ:
        return None
    try:
        return Live()
    except Refused as problem:
        pytest.exit(f"make live: {problem}", returncode=2)


def _named(name: str, cloud: Cloud) -> Tenant:
    try:
        tenant = tenant_named(name)
    except EntraSyncError as problem:
        raise Refused(f"{problem}. {_NOTHING}") from None
    if tenant.cloud is not cloud:
        raise Refused(
            f"tenant {name} is in the {tenant.cloud} cloud, and the tests are written for one in {cloud}: set "
            f"{tenant.variable('CLOUD')}. {_NOTHING}"
        )
    return tenant
