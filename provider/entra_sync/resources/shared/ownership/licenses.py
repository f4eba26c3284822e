"""The record of the licenses that links assign, kept as tags on their applications.

A group's or user's license has no place for a note, and it stays when the state is lost. So the application of the link
says which licenses the link assigns, and which it found and needs: one tag for each principal and SKU.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from entra_sync.base.calls import GraphCall, part
from entra_sync.base.run.claims import PREFIX
from entra_sync.base.run.memory import remembered
from entra_sync.graph import paths
from entra_sync.graph.gateway import connect
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.ownership.ledger import tagging
from entra_sync.resources.shared.ownership.reference import LinkReference

__all__ = ["License", "Records", "changes", "dropped", "foreign", "handing_on", "records", "tags"]

JSON = Any
License = tuple[str, str]
"""Object id of a principal, and id of a SKU."""

_START = f"{PREFIX}license"
_ASSIGNED = f"{_START}="
_USED = f"{_START}-used="


@dataclass(frozen=True, slots=True)
class Records:
    """What the applications of a tenant record.

    Attributes:
        by_application: Object id of each application → the licenses that its link assigns.
        used: Object id of each application → the licenses that its link found and needs.
        names: Object id of each application → its display name.
        tags: Object id of each application → its tags about licenses, also those that this run has taken back.
    """

    by_application: Mapping[str, frozenset[License]] = field(default_factory=dict)
    used: Mapping[str, frozenset[License]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, link: LinkReference) -> frozenset[License]:
        """The licenses that *link* assigns."""
        return self.by_application.get(link.application_id, frozenset())

    def tags_of(self, link: LinkReference) -> frozenset[str]:
        """The tags by which *link* names licenses."""
        return self.tags.get(link.application_id, frozenset())

    def all(self) -> frozenset[License]:
        """The licenses that any link assigns."""
        return frozenset().union(*self.by_application.values())

    def others(self, link: LinkReference | None, licenses: Collection[License]) -> dict[License, list[str]]:
        """Which of *licenses* other links than *link* assign or need, with the ids of their applications."""
        found: dict[License, list[str]] = {}
        own = link.application_id if link is not None else None
        for application, held in self.by_application.items():
            for each in (held | self.used[application]) & set(licenses) if application != own else ():
                found.setdefault(each, []).append(application)
        return found


def records(tenant: Tenant) -> Records:
    """What the applications of *tenant* record, without what this run has taken back.

    Raises:
        EntraSyncError: The applications cannot be read.
    """
    query = "$filter=" + quote(f"tags/any(t:startswith(t,'{_START}'))") + "&$select=id,displayName,tags&$top=999"
    purpose = "looking for links that assign a license"
    by_application: dict[str, frozenset[License]] = {}
    used: dict[str, frozenset[License]] = {}
    names: dict[str, str] = {}
    named: dict[str, frozenset[str]] = {}
    for application in connect(tenant).pages(f"{paths.APPLICATIONS}?{query}", purpose):
        id = application["id"]
        named[id] = frozenset(tag for tag in application.get("tags") or () if tag.startswith(_START))
        with _lock:
            gone = _dropped.get(id, set())
            for start, held in ((_ASSIGNED, by_application), (_USED, used)):
                held[id] = frozenset(_licenses(named[id], start)) - gone
        names[id] = application.get("displayName") or ""
    return Records(by_application, used, names, named)


def tags(assigned: Collection[License], used: Collection[License] = ()) -> frozenset[str]:
    """The tags that name licenses: those that a link assigns, and those that it found and needs."""
    return frozenset([_tag(_ASSIGNED, each) for each in assigned] + [_tag(_USED, each) for each in used])


def changes(link: LinkReference, wanted: Collection[str], recorded: Collection[str]) -> list[GraphCall]:
    """The call that makes the record of *link* have the *wanted* tags instead of those that are *recorded*."""
    add = sorted(set(wanted) - set(recorded))
    remove = sorted(set(recorded) - set(wanted))
    if not add and not remove:
        return []
    application = part(link.application_id, "applicationId")
    return [tagging(link.tenant, application, add, remove, purpose=_RECORDING)]


def handing_on(tenant: Tenant, found: Records, users: Mapping[License, Sequence[str]]) -> list[GraphCall]:
    """The calls by which licenses become those of a link that found and needs them, unless another user assigns them.

    Args:
        tenant: Tenant of the licenses and applications.
        found: What the applications record.
        users: The applications whose links use each license.
    """
    heirs: dict[str, list[License]] = {}
    for license, applications in sorted(users.items()):
        if not any(license in found.by_application[each] for each in applications):
            heirs.setdefault(min(applications), []).append(license)
    return [
        tagging(tenant, part(each, "applicationId"), sorted(tags(given)), tags((), given), purpose=_RECORDING)
        for each, given in heirs.items()
    ]


def foreign(link: LinkReference | None, tenant: Tenant) -> Iterator[tuple[str, str]]:
    """The problem of a link whose application is in another tenant than the license, as (property, reason)."""
    if link is not None and link.tenant.tenant_id != tenant.tenant_id:
        yield (
            "application",
            f"it is in tenant {link.tenant}, and the licenses are in tenant {tenant}; leave it out, or pass the "
            "reference of a ServicePrincipal of the same tenant",
        )


def dropped(link: LinkReference, licenses: Collection[License]) -> None:
    """Notes that this run takes licenses off the record of *link*, whatever a replica still says."""
    with _lock:
        _dropped.setdefault(link.application_id, set()).update(licenses)


def _tag(start: str, license: License) -> str:
    principal, sku = license
    return f"{start}{principal}/{sku}"


def _licenses(tags: Collection[str], start: str) -> Iterator[License]:
    for tag in tags:
        if tag.startswith(start):
            principal, _, sku = tag.removeprefix(start).partition("/")
            yield principal, sku


_RECORDING = "recording which licenses the link assigns"
_dropped: dict[str, set[License]] = remembered({})
_lock = threading.Lock()
