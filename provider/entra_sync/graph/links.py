"""Where requests may go: to the tenant's own Graph, by paths that stay what they are.

Answers hold links to further pages. One that leads to another host would hand that host's answer to the plan as the
tenant's data, and one that leads back would never end.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from entra_sync.errors import GraphError
from entra_sync.microsoft.tenant import Tenant

__all__ = ["Links", "address"]

LONGEST = 60_000
"""Characters of an address; httpx refuses one of more than 65,536."""


def address(tenant: Tenant, path: str, purpose: str) -> str:
    """Returns the whole address of a path, or of a link that an answer held.

    Raises:
        GraphError: It is not an address of the tenant's Graph, or not one that is sent as it stands.
    """
    url = tenant.graph + path if path.startswith("/") else path
    try:
        found, own = urlsplit(url), urlsplit(tenant.graph)
        is_own = len({(at.scheme, at.hostname, at.port or 443, at.username) for at in (found, own)}) == 1
    except ValueError:
        is_own = False
    if not is_own or path.startswith("//") or not url.isascii() or not url.isprintable() or "\\" in url:
        raise GraphError(
            f"tenant {tenant}: while {purpose}: the answer leads to {_short(path)}, which is not "
            f"part of {tenant.graph}. It is not followed: its data is not the tenant's. Check graphUrl and proxies"
        )
    if len(url) > LONGEST:
        raise GraphError(f"tenant {tenant}: while {purpose}: {_short(path)} has {len(url)} characters, and is not sent")
    if {".", ".."} & set(found.path.split("/")):
        raise GraphError(f"tenant {tenant}: while {purpose}: {_short(path)} has dots for an id, and is not sent")
    return url


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}…"


class Links:
    """The links from page to page of one listing."""

    def __init__(self, tenant: Tenant, purpose: str) -> None:
        self._tenant = tenant
        self._purpose = purpose
        self._seen: set[str] = set()

    def next(self, link: object) -> str | None:
        """Returns the link to the next page, None after the last one.

        Raises:
            GraphError: The link is not a text, leads elsewhere, or leads to a page that was read already.
        """
        if link is None:
            return None
        if not isinstance(link, str):
            raise self._problem("a link to the next page is not a text")
        if link in self._seen:
            raise self._problem("the pages lead in a circle, so the list would never end. Run again")
        self._seen.add(link)
        address(self._tenant, link, self._purpose)
        return link

    def _problem(self, text: str) -> GraphError:
        return GraphError(f"tenant {self._tenant}: while {self._purpose}: {text}")
