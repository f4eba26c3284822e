"""What is read of two tenants to compare it: one function for the assumptions that one kind of answer shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from entra_sync.errors import GraphError, NotFound, PermissionMissing
from entra_sync.expressions import default_schema
from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph
from entra_sync.graph.permissions import GRAPH_APPLICATION
from entra_sync.graph.synchronization.job_template import usual_template
from entra_sync.microsoft.assumptions import CROSS_CLOUD_NAMES, DATABRICKS_NAME, REGISTER, SAME_CLOUD_TEMPLATE
from entra_sync.microsoft.clouds import Cloud, family
from entra_sync.operate.verify.reader import MISSING, NotSeen, Reader

__all__ = ["Probe", "gallery_template", "job_state", "missing_tenant", "probes"]

JSON = Any
Seen = Mapping[str, JSON]

_JOBS, _TEMPLATES, _SECRETS = paths.jobs("{id}"), paths.templates("{id}"), paths.secrets("{id}")


@dataclass(frozen=True, slots=True)
class Probe:
    """Some assumptions, and what shows whether they hold.

    Attributes:
        keys: The assumptions.
        look: Returns the values that the tenants show, by key.
    """

    keys: Sequence[str]
    look: Callable[[], Seen]


def probes(reader: Reader) -> list[Probe]:
    """Returns what reads alone can show of two tenants."""
    kind, source, target = reader.kind, reader.source, reader.target
    found = [
        Probe([f"gallery.{kind}.id"], partial(_gallery_id, reader)),
        Probe(["gallery.databricks.id"], partial(_databricks, reader)),
        Probe(["gallery.filter"], partial(_by_gallery, reader)),
        Probe(["discovery.unknown-tenant"], partial(_unknown_tenant, reader)),
        Probe([f"job-template.{kind}"], partial(_job_template, reader)),
        Probe(["job.id"], partial(_job_id, reader)),
        Probe(["secrets.keys", "secrets.readable"], partial(_secrets, reader)),
        Probe([f"schema.{kind}"], partial(_schema, reader)),
        Probe(["error.missing-job"], partial(_missing_job, reader)),
        Probe(["error.missing-template"], partial(_missing_template, reader)),
        Probe(["error.missing-service-principal"], partial(_missing_principal, reader)),
        Probe(["error.missing-partner"], partial(_missing_partner, reader)),
        Probe([f"object-connections.{source.tenant.cloud}"], partial(_object_connections, reader)),
        Probe(["log.actions", "log.statuses", "log.steps"], partial(_log, reader)),
    ]
    if reader.crosses:
        box = f"box.{family(source.tenant.cloud)}.{family(target.tenant.cloud)}"
        found[1:1] = [
            Probe(["gallery.cross-cloud.found"], partial(_gallery_found, reader)),
            Probe(["gallery.cross-cloud.name", "gallery.cross-cloud.home"], partial(_gallery_template, reader)),
        ]
        if box in REGISTER:
            found.append(Probe([box, "box.permissions"], partial(_box, reader, box)))
        found.append(Probe(["box.audit-actor"], partial(_audit_actor, reader)))
    for cloud, graph, other in _clouds(source, target):
        for part in ("policy", "default", "partner"):
            found.append(Probe([f"v1.{part}.{cloud}"], partial(_properties, reader, graph, part, other)))
    if Cloud.GLOBAL in (source.tenant.cloud, target.tenant.cloud):
        found.append(Probe(["default.collaboration"], partial(_collaboration, reader)))
    return found


def _clouds(source: Graph, target: Graph) -> Iterable[tuple[Cloud, Graph, Graph]]:
    """Each cloud once, with the gateway to a tenant in it and to the other tenant."""
    yield source.tenant.cloud, source, target
    if source.tenant.cloud is not target.tenant.cloud:
        yield target.tenant.cloud, target, source


def job_state(job: JSON) -> Seen:
    """Returns what a new job shows."""
    schedule, status = job["schedule"], job["status"]
    state = {"interval": schedule["interval"], "schedule": schedule["state"], "status": status["code"]}
    return {"job.new": state}


def missing_tenant(error: GraphError) -> Seen:
    """Returns what the refusal of a tenant that does not exist shows."""
    return {"error.unknown-tenant": _answer(error)}


# Templates, jobs, schema


def _gallery_id(reader: Reader) -> Seen:
    return {f"gallery.{reader.kind}.id": gallery_template(reader)}


def gallery_template(reader: Reader) -> str:
    """Returns the gallery template for the link: across clouds the one that an application or the gallery shows.

    Raises:
        NotSeen: No application shows it, and the gallery has none, or several, of such a name.
    """
    if reader.application is not None and reader.application.gallery:
        return reader.application.gallery
    if not reader.crosses:
        path, assumed = paths.gallery_template("{id}"), REGISTER["gallery.same-cloud.id"].value
        return str(reader.read(reader.source, path, "$select=id", id=assumed)["id"])
    found = reader.gallery()
    if len(found) != 1:
        raise NotSeen(f"the gallery has {len(found)} templates of such a name; name an application of such a link")
    return str(found[0]["id"])


def _databricks(reader: Reader) -> Seen:
    query = quote(f"displayName eq '{DATABRICKS_NAME}'")
    found = reader.pages(reader.source, paths.GALLERY, f"$filter={query}&$select=id")
    if len(found) != 1:
        raise NotSeen(f"the gallery of the source's cloud has {len(found)} templates of this name")
    return {"gallery.databricks.id": str(found[0]["id"])}


def _by_gallery(reader: Reader) -> Seen:
    """Whether the filter is taken; a refusal is a 400."""
    query = quote(f"applicationTemplateId eq '{SAME_CLOUD_TEMPLATE}'")
    try:
        reader.pages(reader.source, paths.APPLICATIONS, f"$filter={query}&$select=appId")
    except PermissionMissing:
        raise
    except GraphError as error:
        if error.status != 400:
            raise
        return {"gallery.filter": False}
    return {"gallery.filter": True}


def _unknown_tenant(reader: Reader) -> Seen:
    graph = reader.source
    return {"discovery.unknown-tenant": graph.tenants_in(graph.tenant.authority, [MISSING]) == [MISSING]}


def _gallery_found(reader: Reader) -> Seen:
    return {"gallery.cross-cloud.found": len(reader.gallery())}


def _gallery_template(reader: Reader) -> Seen:
    path, select = paths.gallery_template("{id}"), "$select=displayName,homePageUrl"
    template = reader.read(reader.source, path, select, id=gallery_template(reader))
    marker = re.search(r"metadata=([^|&]+)", str(template.get("homePageUrl")))
    home = {"gallery.cross-cloud.home": marker[1]} if marker else {}
    return {"gallery.cross-cloud.name": str(template["displayName"]), **home}


def _templates(reader: Reader) -> str:
    """The job template of the application."""
    found = reader.read(reader.source, _TEMPLATES, "$select=id,default", id=reader.principal.id)["value"]
    template = usual_template(found)
    if template is None:
        raise NotSeen(f"the application has {len(found)} job templates and no default one")
    return template


def _job_template(reader: Reader) -> Seen:
    return {f"job-template.{reader.kind}": _templates(reader)}


def _schema(reader: Reader) -> Seen:
    path = f"{_TEMPLATES}/{{template}}/schema"
    schema = reader.read(reader.source, path, id=reader.principal.id, template=_templates(reader))
    cloud = reader.source.tenant.cloud
    assumed = _rows(default_schema() if reader.crosses else default_schema(cloud, cloud))
    found = _rows(schema)
    rows = {name: row for name, row in found.items() if _essence(row) != _essence(assumed.get(name, {}))}
    return {f"schema.{reader.kind}": {"missing": sorted(assumed.keys() - found.keys()), "rows": rows}}


def _rows(schema: JSON) -> dict[str, JSON]:
    """The rows of the mapping of users, by target; a tenant's own attributes are left out."""
    mappings = (each for rule in schema["synchronizationRules"] for each in rule["objectMappings"])
    users = next((each for each in mappings if each["sourceObjectName"] == "User"), None)
    if users is None:
        raise NotSeen("the schema has no mapping of users")
    return {
        row["targetAttributeName"]: row
        for row in users["attributeMappings"]
        if "extension_" not in row["targetAttributeName"]
    }


def _essence(row: JSON) -> list[JSON]:
    """What decides what a row does."""
    names = ("targetAttributeName", "flowType", "flowBehavior", "matchingPriority", "defaultValue")
    return [*(row.get(name) for name in names), (row.get("source") or {}).get("expression")]


def _job(reader: Reader) -> JSON:
    found = reader.read(reader.source, _JOBS, "$select=id,templateId", id=reader.principal.id)["value"]
    if not found:
        raise NotSeen("the application has no job")
    return found[0]


def _job_id(reader: Reader) -> Seen:
    job, principal = _job(reader), reader.principal
    form = str(job["id"])
    parts = {
        "template": str(job["templateId"]),
        "tenant": reader.source.tenant.tenant_id.replace("-", ""),
        "application": principal.app_id,
    }
    for name, value in parts.items():
        form = form.replace(value, f"{{{name}}}", 1)
    return {"job.id": form}


def _secrets(reader: Reader) -> Seen:
    pairs = reader.read(reader.source, _SECRETS, id=reader.principal.id)["value"]
    if not pairs:
        raise NotSeen("the application has no settings yet")
    masked = {each["key"] for each in pairs if set(str(each.get("value") or "")) == {"*"}}
    shown = {each["key"] for each in pairs if each.get("value")} - masked
    readable = {"secrets.readable": sorted((set(REGISTER["secrets.readable"].value) | shown) - masked)}
    if reader.throwaway:
        return readable  # which keys there are is what we wrote
    return {"secrets.keys": sorted(each["key"] for each in pairs), **readable}


# Answers to what does not exist


def _answer(error: GraphError) -> JSON:
    return {"status": error.status, "code": error.code}


def _missing_job(reader: Reader) -> Seen:
    path = f"{_JOBS}/{{job}}"
    return {"error.missing-job": _answer(reader.refusal(reader.source, path, id=reader.principal.id, job=MISSING))}


def _missing_template(reader: Reader) -> Seen:
    path = f"{_TEMPLATES}/{{template}}"
    error = reader.refusal(reader.source, path, id=reader.principal.id, template=MISSING)
    return {"error.missing-template": _answer(error)}


def _missing_principal(reader: Reader) -> Seen:
    error = reader.refusal(reader.source, paths.service_principal("{id}"), id=MISSING)
    return {"error.missing-service-principal": _answer(error)}


def _missing_partner(reader: Reader) -> Seen:
    error = reader.refusal(reader.source, paths.partner("{id}"), id=MISSING)
    return {"error.missing-partner": _answer(error)}


def _object_connections(reader: Reader) -> Seen:
    """A cloud that has them answers 404 for a user who is not linked, another one does not know the segment."""
    path = f"{paths.connections('{id}', '{job}')}/{{object}}"
    error = reader.refusal(reader.source, path, id=reader.principal.id, job=_job(reader)["id"], object=MISSING)
    unknown = error.status == 400 and "segment" in error.said
    if not unknown and not isinstance(error, NotFound):
        raise error
    return {f"object-connections.{reader.source.tenant.cloud}": not unknown}


# Properties


def _properties(reader: Reader, graph: Graph, part: str, other: Graph) -> Seen:
    """The names that v1.0 shows."""
    known = {"policy": paths.ACCESS_POLICY, "default": paths.DEFAULT_SETTINGS, "partner": paths.partner("{id}")}
    ids = {"id": other.tenant.tenant_id} if part == "partner" else {}
    try:
        found = reader.read(graph, known[part], **ids)
    except NotFound:
        raise NotSeen(f"{graph.tenant.name} has no settings for {other.tenant.name}") from None
    names = {name for name in found if not name.startswith("@") and "@odata" not in name}
    return {f"v1.{part}.{graph.tenant.cloud}": sorted(names)}


def _collaboration(reader: Reader) -> Seen:
    """The access in the default settings of a tenant of the global cloud that are as the service made them."""
    for graph in (reader.source, reader.target):
        if graph.tenant.cloud is not Cloud.GLOBAL:
            continue
        found = reader.read(graph, paths.DEFAULT_SETTINGS)
        if found["isServiceDefault"]:
            parts = {name: next(iter(found[name].values())) for name in REGISTER["default.collaboration"].value}
            return {"default.collaboration": {name: part["accessType"] for name, part in parts.items()}}
    raise NotSeen("the default settings were changed")


# The box in the target


def _box(reader: Reader, key: str) -> Seen:
    select = "$select=id,appId,displayName"
    query = "$filter=" + quote(f"startswith(displayName,'{CROSS_CLOUD_NAMES}')") + f"&{select}"
    found = reader.pages(reader.target, paths.SERVICE_PRINCIPALS, query)
    if not found:
        app_id = REGISTER[key].value["appId"]
        try:
            found = [reader.read(reader.target, paths.service_principal_of("{id}"), select, id=app_id)]
        except NotFound:
            raise NotSeen(
                "the checkbox is not selected in the target, or it creates an application of another name"
            ) from None
    if len(found) > 1:
        raise NotSeen(f"the target has {len(found)} applications {CROSS_CLOUD_NAMES}…, so which is of this source?")
    box = found[0]
    graph = reader.read(reader.target, paths.service_principal_of("{id}"), "$select=id,appRoles", id=GRAPH_APPLICATION)
    names = {role["id"]: role["value"] for role in graph["appRoles"]}
    path = paths.service_principal("{id}", "appRoleAssignments")
    held = reader.read(reader.target, path, id=box["id"])["value"]
    return {
        key: {"appId": box["appId"], "displayName": box["displayName"]},
        "box.permissions": sorted(names.get(each["appRoleId"], each["appRoleId"]) for each in held),
    }


def _audit_actor(reader: Reader) -> Seen:
    query = quote("startswith(initiatedBy/app/displayName,'Microsoft.Azure.SyncFabric')")
    found = reader.read(reader.target, paths.DIRECTORY_AUDITS, f"$filter={query}&$top=100")["value"]
    names = {str(each["initiatedBy"]["app"]["displayName"]) for each in found}
    if not names:
        raise NotSeen("the target's audit log has no entry of a synchronization yet")
    crossing = sorted(each for each in names if each.startswith(CROSS_CLOUD_NAMES))
    return {"box.audit-actor": (crossing or sorted(names))[0]}


# Logs


def _log(reader: Reader) -> Seen:
    """The values of the newest entries, in addition to the assumed ones."""
    query = "$filter=" + quote(f"servicePrincipal/id eq '{reader.principal.id}'") + "&$top=500"
    entries = reader.read(reader.source, paths.PROVISIONING_LOG, query)["value"]
    if not entries:
        raise NotSeen("the provisioning log has no entry of the job")
    steps = (step for each in entries for step in each.get("provisioningSteps") or ())
    seen = {
        "log.actions": {each.get("provisioningAction") for each in entries},
        "log.statuses": {(each.get("provisioningStatusInfo") or {}).get("status") for each in entries},
        "log.steps": {step.get("provisioningStepType") for step in steps},
    }
    return {key: sorted({*REGISTER[key].value, *map(str, values - {None})}) for key, values in seen.items()}
