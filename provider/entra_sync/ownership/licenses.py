"""The record of the licenses that links assign, kept as tags on their applications.

A group's or user's license has no place for a note, and it stays when the state is lost. So the application of the link
says which licenses the link assigns: one tag for each principal and SKU. A license that was there before has no tag.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from entra_sync.base.calls import GraphCall, part
from entra_sync.base.run.memory import remembered
from entra_sync.graph.gateway import connect
from entra_sync.ownership.ledger import PREFIX, tagging
from entra_sync.ownership.reference import LinkReference
from entra_sync.tenant import Tenant

__all__ = ["License", "Records", "changes", "dropped", "foreign", "records"]

JSON = Any
License = tuple[str, str]
"""Object id of a principal, and id of a SKU."""

_START = f"{PREFIX}license="


@dataclass(frozen=True, slots=True)
class Records:
    """What the applications of a tenant record.

    Attributes:
        by_application: Object id of each application → the licenses that its link assigns.
        names: Object id of each application → its display name.
    """

    by_application: Mapping[str, frozenset[License]]
    names: Mapping[str, str]

    def of(self, link: LinkReference) -> frozenset[License]:
        """The licenses that *link* assigns."""
        return self.by_application.get(link.application_id, frozenset())

    def all(self) -> frozenset[License]:
        """The licenses that any link assigns."""
        return frozenset().union(*self.by_application.values())

    def others(self, link: LinkReference | None, licenses: Collection[License]) -> dict[License, list[str]]:
        """Which of *licenses* other links than *link* assign, with the names of their applications."""
        found: dict[License, list[str]] = {}
        own = link.application_id if link is not None else None
        for application, held in self.by_application.items():
            for each in held & set(licenses) if application != own else ():
                found.setdefault(each, []).append(self.names[application])
        return found


def records(tenant: Tenant) -> Records:
    """What the applications of *tenant* record, without what this run has taken back.

    Raises:
        EntraSyncError: The applications cannot be read.
    """
    query = "$filter=" + quote(f"tags/any(t:startswith(t,'{_START}'))") + "&$select=id,displayName,tags&$top=999"
    purpose = "looking for links that assign a license"
    by_application: dict[str, frozenset[License]] = {}
    names: dict[str, str] = {}
    for application in connect(tenant).pages(f"/v1.0/applications?{query}", purpose):
        tags = [tag for tag in application.get("tags") or () if tag.startswith(_START)]
        with _lock:
            held = {_license(tag) for tag in tags} - _dropped.get(application["id"], set())
        by_application[application["id"]] = frozenset(held)
        names[application["id"]] = application.get("displayName") or ""
    return Records(by_application, names)


def changes(link: LinkReference, wanted: Collection[License], recorded: Collection[License]) -> list[GraphCall]:
    """The call that makes the record of *link* name the *wanted* licenses instead of those that are *recorded*."""
    add = sorted(map(_tag, set(wanted) - set(recorded)))
    remove = sorted(map(_tag, set(recorded) - set(wanted)))
    if not add and not remove:
        return []
    application = part(link.application_id, "applicationId")
    return [tagging(link.tenant, application, add, remove, purpose="recording which licenses the link assigns")]


def foreign(link: LinkReference | None, tenant: Tenant) -> Iterator[tuple[str, str]]:
    """The problem of a link whose application is in another tenant than the license, as (property, reason)."""
    if link is not None and link.tenant.tenant_id != tenant.tenant_id:
        yield (
            "application",
            f"it is in tenant {link.tenant}, and the licenses are in tenant {tenant}; leave it out, or pass the "
            "reference of a ServicePrincipal of the same tenant",
        )


def dropped(link: LinkReference, licenses: Sequence[License]) -> None:
    """Notes that this run takes licenses off the record of *link*, whatever a replica still says."""
    with _lock:
        _dropped.setdefault(link.application_id, set()).update(licenses)


def _tag(license: License) -> str:
    principal, sku = license
    return f"{_START}{principal}/{sku}"


def _license(tag: str) -> License:
    principal, _, sku = tag.removeprefix(_START).partition("/")
    return principal, sku


_dropped: dict[str, set[License]] = remembered({})
_lock = threading.Lock()
