"""Provisioning log and directory audit log (provisioningObjectSummary and directoryAudit resources)."""

from __future__ import annotations

from entra_sync.emulator.errors import Fault
from entra_sync.emulator.graph.common import picked_row
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import Rows, page

__all__ = ["routes"]

routes = Router()

_TIP = (
    "Use $select to choose only the properties your app needs, as this can lead to performance improvements. For"
    " example:"
    " GET auditLogs/directoryAudits?$select=activityDateTime,activityDisplayName"
)
_NEWEST_FIRST = (("activityDateTime", True),)


@routes.on("GET", "/auditLogs/provisioning")
def list_provisioning(call: Call) -> Reply:
    """What synchronization did, newest first."""
    rows = Rows(call.tid, ["provisioningLog"])
    return page(call, rows, "auditLogs/provisioning", None, picked_row, usual=1000, most=1000, orderby=_NEWEST_FIRST)


@routes.on("GET", "/auditLogs/directoryAudits")
def list_audits(call: Call) -> Reply:
    """What changed in the tenant, newest first."""
    rows = Rows(call.tid, ["directoryAudit"])
    asked = any(name.lower() == "$select" for name in call.request.query)
    notes = {} if asked else {"@microsoft.graph.tips": _TIP}
    context = "auditLogs/directoryAudits"
    return page(call, rows, context, None, picked_row, notes=notes, usual=1000, most=1000, orderby=_NEWEST_FIRST)


@routes.on("GET", "/auditLogs/directoryAudits/{id}")
def get_audit(call: Call, id: str) -> Reply:
    """One audit entry."""
    entry = call.store.get(call.tid, "directoryAudit", id)
    if entry is None:
        raise Fault(404, "UnknownError", f"Audit entry '{id}' was not found.")
    return call.entity(entry.doc, "auditLogs/directoryAudits/$entity")
