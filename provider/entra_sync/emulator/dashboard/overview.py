"""A cloud's tenants, the jobs that link them to others, and the cycles of a job."""

from __future__ import annotations

from typing import Any

import orjson

from entra_sync.emulator.cycle.job import NEVER, Job
from entra_sync.emulator.cycle.scheduler import jobs
from entra_sync.emulator.dashboard.query import Page, Query, Unknown, place
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.tenants import Tenant
from entra_sync.microsoft.clouds import CLOUDS, Cloud

__all__ = ["cycles", "overview", "pulse"]

JSON = dict[str, Any]

_COUNTED = {"users": "user", "groups": "group", "applications": "application"}


def pulse(query: Query) -> JSON:
    """Whether anything changed: ``stamp`` is another one then. Cheap, since every open page asks every second."""
    asked = query.service.journal
    newest = asked[-1].request_id if len(asked) else ""
    return {"stamp": f"{query.store.version}.{newest}", "now": iso(query.service.clock.now())}


def overview(query: Query) -> JSON:
    """Every cloud with its number of tenants and the address of its page; the tenants of this one, with their links."""
    tenants = query.service.tenants()
    links = [(job, *query.ends(job)) for job in jobs(query.service)]
    return {
        **pulse(query),
        "cloud": str(query.cloud),
        "clouds": [
            {
                "id": str(cloud),
                "label": label(cloud),
                "url": query.addresses.get(cloud),
                "tenants": sum(tenant.cloud is cloud for tenant in tenants),
            }
            for cloud in CLOUDS
        ],
        "tenants": [
            {
                **_named(tenant),
                "domains": tenant.domains,
                "counts": _counts(query, tenant),
                "trusts": _trusts(query, tenant),
                "links": [_link(*link) for link in links if tenant in link],
            }
            for tenant in tenants
            if tenant.cloud is query.cloud
        ],
    }


def label(cloud: Cloud) -> str:
    """A cloud's name at the beginning of a phrase."""
    text = CLOUDS[cloud].label
    return text[0].upper() + text[1:]


def _named(tenant: Tenant) -> JSON:
    return {
        "id": tenant.tenant_id,
        "name": tenant.name,
        "displayName": tenant.document["displayName"],
        "cloud": str(tenant.cloud),
        "cloudLabel": label(tenant.cloud),
    }


def _counts(query: Query, tenant: Tenant) -> dict[str, int]:
    live = "SELECT count(*) FROM objects WHERE tenant = ? AND kind = ? AND deleted IS NULL"
    gone = "SELECT count(*) FROM objects WHERE tenant = ? AND kind = 'user' AND deleted IS NOT NULL"
    return {
        **{name: query.store.query(live, [tenant.tenant_id, kind])[0][0] for name, kind in _COUNTED.items()},
        "deletedUsers": query.store.query(gone, [tenant.tenant_id])[0][0],
    }


def _trusts(query: Query, tenant: Tenant) -> JSON:
    """What the tenant's cross-tenant access settings allow, as far as synchronization goes."""
    tid = tenant.tenant_id
    policy = query.store.get(tid, "crossTenantAccessPolicy", tid)
    ticked = dict.fromkeys(info.endpoint for cloud, info in CLOUDS.items() if tenant.is_synchronized_into_from(cloud))
    partners = query.store.objects(tid, "partner")
    allowed = policy.doc["allowedCloudEndpoints"] if policy is not None else []
    return {
        "clouds": [_labels()[endpoint] for endpoint in allowed],
        "synchronizationFromClouds": [_labels()[endpoint] for endpoint in ticked],
        "partners": len(partners),
    }


def _labels() -> dict[str, str]:
    """Names of the clouds by endpoint; the two US Government clouds share one."""
    return {info.endpoint: label(cloud) for cloud, info in reversed(CLOUDS.items())}


def _link(job: Job, source: Tenant, target: Tenant | None) -> JSON:
    """A job as a link between two tenants, with what its status says."""
    principal = job.state.store.get(job.tid, "servicePrincipal", job.owner)
    status, last = job.status, job.status["lastExecution"]
    ran = last is not None and last["timeEnded"] != NEVER
    return {
        "job": job.id,
        "application": principal.doc["displayName"] if principal is not None else None,
        "template": job.doc["templateId"],
        "source": _named(source),
        "target": _named(target) if target is not None else None,
        "schedule": job.doc["schedule"]["state"],
        "code": status["code"],
        "due": iso(job.due) if job.due is not None else None,
        "synchronized": sum(item["value"] for item in status["synchronizedEntryCountByType"]),
        "quarantine": status["quarantine"],
        "last": last if ran else None,
        "cycles": job.doc.get("_cycles", 0),
    }


def cycles(query: Query) -> JSON:
    """The cycles of a job, newest first.

    Raises:
        Unknown: no such job.
    """
    job = query.job()
    if job is None:
        raise Unknown("say which job")
    after = query.after(int)
    rows = query.store.query(
        "SELECT version, doc FROM objects WHERE tenant = ? AND kind = 'cycle' AND parent = ? AND version < ?"
        " ORDER BY version DESC LIMIT ?",
        [job.tid, job.id, after[0] if after else query.store.version + 1, query.size],
    )
    more = place(rows[-1][0]) if len(rows) == query.size else None
    return Page([orjson.loads(doc) for _, doc in rows], more, len(rows)).as_json()
