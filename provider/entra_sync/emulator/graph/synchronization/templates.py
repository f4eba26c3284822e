"""Synchronization templates (synchronizationTemplate resource)."""

from __future__ import annotations

from functools import partial

from entra_sync.emulator.cycle.settings import template_schema
from entra_sync.emulator.graph.applications.applications import application
from entra_sync.emulator.graph.common import by_key, owned, picked
from entra_sync.emulator.graph.synchronization.common import principal, template, templates
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import few
from entra_sync.emulator.odata.options import Options, read_options
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes"]

routes = Router()


def _owner(call: Call, id: str) -> Entry:
    """The service principal, also when the path names the application."""
    if call.path.lower().startswith("/applications/"):
        entry = application(call, id)
        owned(call, entry.id)
        return by_key(call, "servicePrincipal", f"(appId='{entry.doc['appId']}')")
    return principal(call, id)


def _show(call: Call, doc: Document, options: Options) -> Document:
    if "schema" in options.select or not options.select:
        doc = {**doc, "schema": template_schema(call.state, call.tid, doc["id"])}
    return picked(doc, options)


@routes.on("GET", "/servicePrincipals/{id}/synchronization/templates", "/applications/{id}/synchronization/templates")
def list_templates(call: Call, id: str) -> Reply:
    """Templates that jobs can be made from."""
    owner = _owner(call, id)
    context = f"servicePrincipals('{owner.id}')/synchronization/templates"
    return few(call, templates(call, owner), context, partial(_show, call))


@routes.on(
    "GET",
    "/servicePrincipals/{id}/synchronization/templates/{templateId}",
    "/applications/{id}/synchronization/templates/{templateId}",
)
def get_template(call: Call, id: str, templateId: str) -> Reply:
    """One template."""
    owner = _owner(call, id)
    doc = _show(call, template(call, owner, templateId), read_options(call, None))
    return call.entity(doc, f"servicePrincipals('{owner.id}')/synchronization/templates/$entity")


@routes.on(
    "GET",
    "/servicePrincipals/{id}/synchronization/templates/{templateId}/schema",
    "/applications/{id}/synchronization/templates/{templateId}/schema",
)
def get_template_schema(call: Call, id: str, templateId: str) -> Reply:
    """The schema that a template's jobs begin with."""
    owner = _owner(call, id)
    known = template(call, owner, templateId)
    context = f"servicePrincipals('{owner.id}')/synchronization/templates('{known['id']}')/schema/$entity"
    return call.entity(template_schema(call.state, call.tid, known["id"]), context)
