"""How a comparison reads the two tenants, and the application that it looks at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from entra_sync.errors import ConfigurationError, GraphError, PermissionMissing
from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph
from entra_sync.graph.paths import segment
from entra_sync.graph.permissions import alternatives
from entra_sync.graph.requests import Request
from entra_sync.microsoft.assumptions import CROSS_CLOUD_WORDS, SAME_CLOUD_TEMPLATE
from entra_sync.microsoft.clouds import pair
from entra_sync.microsoft.secret_keys import is_masked

__all__ = ["MISSING", "Application", "NotSeen", "Reader"]

JSON = Any

MISSING = "00000000-0000-4000-8000-000000000000"
"""An id that no object has."""

_PRINCIPAL = "$select=id,appId,displayName,applicationTemplateId"


class NotSeen(Exception):
    """The tenants do not show something; the message says why, and the comparison reports it."""


@dataclass(frozen=True, slots=True)
class Application:
    """A synchronization application of the source.

    Attributes:
        id: Object id of its service principal.
        app_id: Application (client) id.
        gallery: Gallery template that it was made from.
    """

    id: str
    app_id: str
    gallery: str


@dataclass
class Reader:
    """Reads both tenants, and notes what Graph refuses to a token that should suffice.

    Attributes:
        source: Gateway to the source.
        target: Gateway to the target.
        application: The application to look at; None if there is none.
        throwaway: Whether this run has made the application.
        refused: Permissions that did not suffice, by request.
    """

    source: Graph
    target: Graph
    application: Application | None = None
    throwaway: bool = False
    refused: dict[str, list[str]] = field(default_factory=dict)

    @property
    def crosses(self) -> bool:
        """Whether the two tenants are in different clouds."""
        return pair(self.source.tenant.cloud, self.target.tenant.cloud).cross_cloud

    @property
    def kind(self) -> str:
        """Which assumptions about templates concern the link."""
        return "cross-cloud" if self.crosses else "same-cloud"

    @property
    def principal(self) -> Application:
        """The application to look at.

        Raises:
            NotSeen: There is none.
        """
        if self.application is None:
            raise NotSeen("no application of such a link; make one in the portal, or add --write")
        return self.application

    def read(self, graph: Graph, path: str, query: str = "", **ids: str) -> JSON:
        """The body of a GET.

        Args:
            graph: Which tenant.
            path: Path with version and placeholders, such as ``/v1.0/users/{id}``.
            query: Query without the question mark.
            ids: Values of the placeholders.

        Raises:
            GraphError: The answer is no success.
        """
        full = path.format(**{name: segment(value) for name, value in ids.items()})
        purpose = f"reading {full} to compare it"
        try:
            return graph.send(Request("GET", f"{full}?{query}" if query else full, purpose=purpose)).body
        except PermissionMissing:
            self._note(graph, path)
            raise

    def pages(self, graph: Graph, path: str, query: str = "") -> list[JSON]:
        """Every item of a collection.

        Raises:
            GraphError: A page cannot be read.
        """
        try:
            return list(graph.pages(f"{path}?{query}" if query else path, f"reading {path} to compare it"))
        except PermissionMissing:
            self._note(graph, path)
            raise

    def refusal(self, graph: Graph, path: str, query: str = "", **ids: str) -> GraphError:
        """The error that a read of something missing ends with.

        Raises:
            NotSeen: It is not refused.
            PermissionMissing: Nothing is known about it, because the token may not read there.
        """
        try:
            self.read(graph, path, query, **ids)
        except PermissionMissing:
            raise
        except GraphError as error:
            return error
        raise NotSeen("the object that should be missing exists")

    def _note(self, graph: Graph, path: str) -> None:
        """Notes a refusal if the token has a permission that should allow the request."""
        granted = graph.granted()
        sets = alternatives("GET", path)
        if granted is None or not any(granted >= each for each in sets):
            return
        known = re.sub(r"\(appId='\{(\w+)\}'\)", r"/{\1}", path)
        key = re.sub(r"\{\w+\}", "{id}", re.sub(r"^/(v1\.0|beta)", "", known)).lower()
        self.refused[f"GET {key}"] = sorted(granted & frozenset().union(*sets))

    # Applications

    def gallery(self) -> list[JSON]:
        """The gallery templates whose names say that they are for synchronization across clouds."""
        words = " or ".join(f"contains(displayName,'{each}')" for each in CROSS_CLOUD_WORDS)
        return self.pages(self.source, paths.GALLERY, f"$filter={quote(words)}&$select=id,displayName")

    def find(self, name: str | None) -> Application | None:
        """The application of the given name, or one that synchronizes to the target.

        Raises:
            ConfigurationError: There is no application of that name, or several.
            GraphError: The applications cannot be read.
        """
        if name is None:
            return next(self._linked(), None)
        query = quote(f"displayName eq '{name.replace(chr(39), chr(39) * 2)}'")
        found = self.pages(self.source, paths.SERVICE_PRINCIPALS, f"$filter={query}&{_PRINCIPAL}")
        if len(found) != 1:
            raise ConfigurationError(f'{self.source.tenant} has {len(found)} applications named "{name}"; name one')
        return _application(found[0])

    def _linked(self) -> Iterator[Application]:
        templates = [each["id"] for each in self.gallery()] if self.crosses else [SAME_CLOUD_TEMPLATE]
        for template in templates:
            query = "$filter=" + quote(f"applicationTemplateId eq '{template}'") + "&$select=appId"
            for found in self.pages(self.source, paths.APPLICATIONS, query):
                path = paths.service_principal_of("{id}")
                application = _application(self.read(self.source, path, _PRINCIPAL, id=found["appId"]))
                pairs = self.read(self.source, paths.secrets("{id}"), id=application.id)
                company = next((str(each["value"]) for each in pairs["value"] if each["key"] == "CompanyId"), "")
                if company == self.target.tenant.tenant_id or is_masked(company):
                    yield application


def _application(principal: JSON) -> Application:
    return Application(principal["id"], principal["appId"], str(principal.get("applicationTemplateId") or ""))
