"""A plain HTTP client of the emulator, as tests use it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx

from entra_sync.emulator import Emulator, Tenant

JSON = Any


class Api:
    """One tenant's Graph over the in-process transport, with a token of the tenant's administration or another one."""

    def __init__(self, emulator: Emulator, tenant: Tenant | str, token: str | None = None) -> None:
        self.emulator = emulator
        self.tenant = emulator.tenants[tenant] if isinstance(tenant, str) else tenant
        self.token = token or emulator.token(self.tenant)
        self._client = httpx.Client(transport=emulator.transport(), base_url=self.tenant.graph_url)

    def holding(self, *roles: str) -> Api:
        """The same tenant asked by an application that holds only these permissions."""
        return Api(self.emulator, self.tenant, self.emulator.token(self.tenant, roles))

    def signed_in(self, user: str, scopes: Iterable[str]) -> Api:
        """The same tenant asked on behalf of a user."""
        return Api(self.emulator, self.tenant, self.emulator.token(self.tenant, scopes, user=user))

    def send(
        self, method: str, path: str, body: JSON = None, headers: dict[str, str] | None = None, version: str = "v1.0"
    ) -> httpx.Response:
        """Send a request as it is; *path* may be a whole URL, such as a next link."""
        url = path if path.startswith("https://") else f"/{version}{path}"
        every = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        if body is None:
            return self._client.request(method, url, headers=every)
        return self._client.request(method, url, json=body, headers=every)

    def ok(self, method: str, path: str, body: JSON = None, **options: Any) -> JSON:
        """Send a request that has to succeed; its JSON body, or None."""
        answer = self.send(method, path, body, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content and "json" in answer.headers["Content-Type"] else None

    def get(self, path: str, **options: Any) -> JSON:
        """GET that has to succeed."""
        return self.ok("GET", path, **options)

    def post(self, path: str, body: JSON = None, **options: Any) -> JSON:
        """POST that has to succeed."""
        return self.ok("POST", path, body, **options)

    def patch(self, path: str, body: JSON, **options: Any) -> None:
        """PATCH that has to succeed."""
        self.ok("PATCH", path, body, **options)

    def error(self, method: str, path: str, body: JSON = None, **options: Any) -> tuple[int, str, str]:
        """Status, code and message of a request that has to fail."""
        answer = self.send(method, path, body, **options)
        assert answer.is_error, f"{method} {path}: {answer.status_code} {answer.text}"
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["message"]

    def pages(self, path: str, **options: Any) -> list[JSON]:
        """Every object of a collection."""
        found: list[JSON] = []
        next_link: str | None = path
        while next_link:
            page = self.get(next_link, **options)
            found += page["value"]
            next_link = page.get("@odata.nextLink")
        return found

    # Objects that tests need again and again

    def user(self, name: str, **properties: Any) -> JSON:
        """A new user."""
        body = {
            "accountEnabled": True,
            "displayName": name,
            "mailNickname": "".join(ch for ch in name if ch.isalnum()) or "somebody",
            "userPrincipalName": f"{''.join(ch for ch in name.lower() if ch.isalnum())}@{self.tenant.domain}",
            "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
            **properties,
        }
        return self.post("/users", body)

    def group(self, name: str, members: Iterable[str] = (), *, unified: bool = False, **properties: Any) -> JSON:
        """A new group with members."""
        body = {
            "displayName": name,
            "mailEnabled": unified,
            "mailNickname": "".join(ch for ch in name.lower() if ch.isalnum()),
            "securityEnabled": not unified,
            "groupTypes": ["Unified"] if unified else [],
            **properties,
        }
        group = self.post("/groups", body)
        for member in members:
            self.add_member(group["id"], member)
        return group

    def add_member(self, group: str, member: str) -> None:
        """Put a user into a group."""
        self.post(
            f"/groups/{group}/members/$ref", {"@odata.id": f"{self.tenant.graph_url}/v1.0/directoryObjects/{member}"}
        )

    def application(self, template: str, name: str) -> JSON:
        """A new application and service principal from a gallery template."""
        return self.post(f"/applicationTemplates/{template}/instantiate", {"displayName": name})
