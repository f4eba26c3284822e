"""The record of each link, kept as tags on its application.

The application belongs to one link and lives as long as it does, so it holds what must outlast a crash of the provider
and a lost state: which target the link serves, which shared settings it found missing and therefore makes itself, and
which it no longer uses. Other links and other stacks find the record by a filter on ``tags``.

Source: "application resource type" (``tags``: custom strings, filterable; they also appear on the service principal).
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from entra_sync.base.calls import GraphCall, part
from entra_sync.base.run import claims
from entra_sync.base.run.claims import PREFIX
from entra_sync.base.run.memory import remembered
from entra_sync.base.run.sending import execute
from entra_sync.graph import paths
from entra_sync.graph.answers.fresh import building
from entra_sync.graph.gateway import connect
from entra_sync.microsoft.tenant import Tenant

__all__ = [
    "MERGES",
    "Record",
    "Shared",
    "cloud_tag",
    "every_tag",
    "is_recorded",
    "mark",
    "other_stacks",
    "record",
    "records",
    "records_path",
    "released",
    "tagging",
    "tags",
    "target_tag",
    "values",
]

JSON = Any


class Shared(StrEnum):
    """A setting that links may share, as one link sees it."""

    SOURCE_CLOUD = "source-cloud"
    TARGET_CLOUD = "target-cloud"
    SOURCE_PARTNER = "source-partner"
    TARGET_PARTNER = "target-partner"
    SOURCE_CONSENT = "source-consent"
    TARGET_CONSENT = "target-consent"
    INBOUND = "inbound"


@dataclass(frozen=True, slots=True)
class Record:
    """What the tags of one application say.

    Attributes:
        tenant: Tenant of the application, which is the source of the link.
        application_id: Object id of the application.
        name: Its display name.
        template: Gallery template that it was made from.
        made: Settings that were missing when the link was made, or that were handed on to it.
        released: Settings that the link no longer uses.
    """

    tenant: Tenant
    application_id: str
    name: str
    template: str
    made: frozenset[str]
    released: frozenset[str]

    def uses(self, shared: Shared) -> bool:
        """Whether the link still uses the setting."""
        return shared not in self.released and not released(self.application_id, shared)


def tags(target: Tenant, made: Iterable[Shared], *, cross_cloud: bool) -> list[str]:
    """The tags of a link's application."""
    return [
        target_tag(target.tenant_id),
        *([cloud_tag(target.info.endpoint)] if cross_cloud else []),
        *(f"{PREFIX}made={each}" for each in made),
    ]


def every_tag(target: Tenant) -> list[str]:
    """Every tag that the record of a link to *target* may have."""
    marks = [f"{PREFIX}{kind}={each}" for kind in ("made", "released") for each in Shared]
    return [target_tag(target.tenant_id), cloud_tag(target.info.endpoint), *marks]


def other_stacks(application: Mapping[str, JSON], stack: str) -> list[str]:
    """The stacks that an application's record names, if *stack* is known and not one of them."""
    named = values(application, claims.stack_tag(""))
    return [] if not stack or stack in named else named


def values(application: Mapping[str, JSON], start: str) -> list[str]:
    """What follows *start* in the tags of an application that begin so."""
    return [tag.removeprefix(start) for tag in application.get("tags") or () if tag.startswith(start)]


def target_tag(tenant_id: str) -> str:
    """Tag of the links to a tenant."""
    return f"{PREFIX}target={tenant_id}"


def cloud_tag(endpoint: str) -> str:
    """Tag of the links to a cloud."""
    return f"{PREFIX}cloud={endpoint}"


def records(tenant: Tenant, tag: str) -> list[Record]:
    """The links of *tenant* as a source whose applications carry *tag*."""
    purpose = "looking for links that share a setting"
    return [record(tenant, each) for each in connect(tenant).pages(records_path(tag), purpose)]


def records_path(tag: str) -> str:
    """Path of the applications that carry *tag*, with what a record is made of."""
    query = "$filter=" + quote(f"tags/any(t:t eq '{tag}')")
    return f"{paths.APPLICATIONS}?{query}&$select=id,displayName,applicationTemplateId,tags&$top=999"


def record(tenant: Tenant, application: Mapping[str, JSON]) -> Record:
    """The record on an application."""

    return Record(
        tenant,
        application["id"],
        application.get("displayName") or "",
        application.get("applicationTemplateId") or "",
        frozenset(values(application, f"{PREFIX}made=")),
        frozenset(values(application, f"{PREFIX}released=")),
    )


def is_recorded(application: Mapping[str, JSON], target: Tenant) -> bool:
    """Whether an application carries the record of a link to *target*."""
    return target_tag(target.tenant_id) in (application.get("tags") or ())


def tagging(
    tenant: Tenant,
    application: str,
    add: Iterable[str],
    remove: Iterable[str] = (),
    *,
    purpose: str = "recording which settings the link uses and makes",
) -> GraphCall:
    """The call that changes an application's tags; those of others stay. *application* is a segment of the path."""
    body = {"tags": {"add": list(add), **({"remove": sorted(remove)} if remove else {})}}
    path = paths.application(application)
    return GraphCall(tenant.name, "PATCH", path, body, purpose, merges="tags", patience=building())


def _merged(current: JSON, change: JSON) -> JSON:
    """All tags, with those that the call adds and without those that it removes."""
    edit = change["tags"]
    return {"tags": sorted({*(current.get("tags") or ()), *edit.get("add", ())} - {*edit.get("remove", ())})}


MERGES = {"tags": _merged}


def mark(owner: Record, *, made: Collection[Shared] = (), released: Collection[Shared] = ()) -> None:
    """Adds marks to the record of a link."""
    added = [*(f"{PREFIX}made={each}" for each in made), *(f"{PREFIX}released={each}" for each in released)]
    with _lock:
        _released.update((owner.application_id, each) for each in released)
    call = tagging(owner.tenant, part(owner.application_id, "applicationId"), added)
    execute(connect(owner.tenant), [call], {}, merges=MERGES)


def released(application_id: str, shared: Shared) -> bool:
    """Whether this run has released the setting for the link of the application, whatever a replica still says."""
    with _lock:
        return (application_id, shared) in _released


_released: set[tuple[str, Shared]] = remembered(set())
_lock = threading.Lock()
