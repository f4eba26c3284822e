"""The synchronization schema of a job: reading, replacing and resetting it."""

from __future__ import annotations

from entra_sync.emulator.cycle.job import Job, forget
from entra_sync.emulator.cycle.settings import template_schema
from entra_sync.emulator.errors import Fault
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.bodies import known
from entra_sync.emulator.graph.synchronization.common import job, principal, schema_of
from entra_sync.emulator.graph.synchronization.schema_rules import check_schema
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.state.store import Entry

__all__ = ["routes"]

routes = Router()

_PROPERTIES = {"directories", "id", "synchronizationRules", "version"}
_SCHEMA = "/servicePrincipals/{id}/synchronization/jobs/{jobId}/schema"


@routes.on("GET", _SCHEMA)
def get_schema(call: Call, id: str, jobId: str) -> Reply:
    """A job's schema."""
    owner = principal(call, id)
    entry = job(call, owner, jobId)
    context = f"servicePrincipals('{owner.id}')/synchronization/jobs('{entry.id}')/schema/$entity"
    return call.entity(schema_of(call, owner, entry), context)


@routes.on("PUT", _SCHEMA)
def put_schema(call: Call, id: str, jobId: str) -> Reply:
    """Replace a job's schema as a whole; the next cycle looks at all users again."""
    owner = principal(call, id)
    entry = job(call, owner, jobId)
    before = schema_of(call, owner, entry)
    after = known(call.json(), _PROPERTIES | before.keys(), "synchronizationSchema")
    template = template_schema(call.state, call.tid, entry.doc["templateId"])
    saved = check_schema(before, after, template, call.store.new_id, call.store.facts["schema.refused-targets"])
    stamp = call.state.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    doc = {**saved, "id": entry.id, "version": f"Date:{stamp}, ActivityId:{call.store.new_id()}"}
    if call.store.get(call.tid, "schema", entry.id) is None:
        call.store.put(call.tid, "schema", entry.id, doc, parent=entry.id)
    else:
        call.store.replace(call.tid, "schema", entry.id, doc)
    forget(Job.open(call.state, call.tid, entry.id), {"Watermark"})
    _audit(call, owner)
    return Reply(204)


@routes.on("DELETE", _SCHEMA)
def delete_schema(call: Call, id: str, jobId: str) -> Reply:
    """Return to the template's schema."""
    owner = principal(call, id)
    entry = job(call, owner, jobId)
    if call.store.get(call.tid, "schema", entry.id) is not None:
        call.store.remove(call.tid, "schema", entry.id)
    forget(Job.open(call.state, call.tid, entry.id), {"Watermark"})
    _audit(call, owner)
    return Reply(204)


@routes.on("PATCH", _SCHEMA)
def patch_schema(call: Call, id: str, jobId: str) -> Reply:
    """There is no PATCH, although the metadata has it: the service answers that it found no such resource."""
    owner = principal(call, id)
    entry = job(call, owner, jobId)
    target = f"https://syncfabric.windowsazure.com/api/servicePrincipals('{owner.id}')/synchronization/jobs('{entry.id}')/schema?api-version=2.0"
    raise Fault(
        404, "UnknownError", f'{{"Message":"No HTTP resource was found that matches the request URI \'{target}\'."}}'
    )


def _audit(call: Call, owner: Entry) -> None:
    activity = "Update attribute mappings or scope"
    audit(call, "ProvisioningManagement", activity, "ServicePrincipal", owner.id, owner.doc["displayName"])
