"""What is read of two tenants to compare it: one function for the assumptions that one kind of answer shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from entra_sync.assumptions import CROSS_CLOUD_NAMES, REGISTER, family
from entra_sync.clouds import Cloud
from entra_sync.errors import GraphError, NotFound
from entra_sync.expressions import default_schema
from entra_sync.graph.gateway import Graph
from entra_sync.graph.permissions import GRAPH_APPLICATION
from entra_sync.graph.synchronization.job_template import usual_template
from entra_sync.operate.verify.look import NOBODY, Look, NotSeen

__all__ = ["Probe", "gallery_template", "job_state", "missing_tenant", "probes"]

JSON = Any
Seen = Mapping[str, JSON]

_JOBS = "/v1.0/servicePrincipals/{id}/synchronization/jobs"
_TEMPLATES = "/v1.0/servicePrincipals/{id}/synchronization/templates"
_SECRETS = "/v1.0/servicePrincipals/{id}/synchronization/secrets"
_POLICY = "/policies/crossTenantAccessPolicy"


@dataclass(frozen=True, slots=True)
class Probe:
    """Some assumptions, and what shows whether they hold.

    Attributes:
        keys: The assumptions.
        look: Returns the values that the tenants show, by key.
    """

    keys: Sequence[str]
    look: Callable[[], Seen]


def probes(look: Look) -> list[Probe]:
    """Returns what reads alone can show of two tenants."""
    kind, source, target = look.kind, look.source, look.target
    found = [
        Probe([f"gallery.{kind}.id"], partial(_gallery_id, look)),
        Probe([f"job-template.{kind}"], partial(_job_template, look)),
        Probe(["job.id"], partial(_job_id, look)),
        Probe(["secrets.keys", "secrets.readable"], partial(_secrets, look)),
        Probe([f"schema.{kind}"], partial(_schema, look)),
        Probe(["error.missing-job"], partial(_missing_job, look)),
        Probe(["error.missing-template"], partial(_missing_template, look)),
        Probe(["error.missing-service-principal"], partial(_missing_principal, look)),
        Probe(["error.missing-partner"], partial(_missing_partner, look)),
        Probe([f"object-connections.{source.tenant.cloud}"], partial(_object_connections, look)),
        Probe(["log.actions", "log.statuses", "log.steps"], partial(_log, look)),
    ]
    if look.crosses:
        box = f"box.{family(source.tenant.cloud)}.{family(target.tenant.cloud)}"
        found[1:1] = [
            Probe(["gallery.cross-cloud.found"], partial(_gallery_found, look)),
            Probe(["gallery.cross-cloud.name", "gallery.cross-cloud.home"], partial(_gallery_template, look)),
        ]
        if box in REGISTER:
            found.append(Probe([box, "box.permissions"], partial(_box, look, box)))
        found.append(Probe(["box.audit-actor"], partial(_audit_actor, look)))
    for cloud, graph, other in _clouds(source, target):
        for part in ("policy", "default", "partner"):
            found.append(Probe([f"v1.{part}.{cloud}"], partial(_properties, look, graph, part, other)))
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


def _gallery_id(look: Look) -> Seen:
    return {f"gallery.{look.kind}.id": gallery_template(look)}


def gallery_template(look: Look) -> str:
    """Returns the gallery template for the link: across clouds the one that an application or the gallery shows.

    Raises:
        NotSeen: No application shows it, and the gallery has none, or several, of such a name.
    """
    if look.application is not None and look.application.gallery:
        return look.application.gallery
    if not look.crosses:
        path, assumed = "/v1.0/applicationTemplates/{id}", REGISTER["gallery.same-cloud.id"].value
        return str(look.read(look.source, path, "$select=id", id=assumed)["id"])
    found = look.gallery()
    if len(found) != 1:
        raise NotSeen(f"the gallery has {len(found)} templates of such a name; name an application of such a link")
    return str(found[0]["id"])


def _gallery_found(look: Look) -> Seen:
    return {"gallery.cross-cloud.found": len(look.gallery())}


def _gallery_template(look: Look) -> Seen:
    path, select = "/v1.0/applicationTemplates/{id}", "$select=displayName,homePageUrl"
    template = look.read(look.source, path, select, id=gallery_template(look))
    marker = re.search(r"metadata=([^|&]+)", str(template.get("homePageUrl")))
    home = {"gallery.cross-cloud.home": marker[1]} if marker else {}
    return {"gallery.cross-cloud.name": str(template["displayName"]), **home}


def _templates(look: Look) -> str:
    """The job template of the application."""
    found = look.read(look.source, _TEMPLATES, "$select=id,default", id=look.principal.id)["value"]
    template = usual_template(found)
    if template is None:
        raise NotSeen(f"the application has {len(found)} job templates and no default one")
    return template


def _job_template(look: Look) -> Seen:
    return {f"job-template.{look.kind}": _templates(look)}


def _schema(look: Look) -> Seen:
    path = f"{_TEMPLATES}/{{template}}/schema"
    schema = look.read(look.source, path, id=look.principal.id, template=_templates(look))
    cloud = look.source.tenant.cloud
    assumed = _rows(default_schema() if look.crosses else default_schema(cloud, cloud))
    found = _rows(schema)
    rows = {name: row for name, row in found.items() if _essence(row) != _essence(assumed.get(name, {}))}
    return {f"schema.{look.kind}": {"missing": sorted(assumed.keys() - found.keys()), "rows": rows}}


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


def _job(look: Look) -> JSON:
    found = look.read(look.source, _JOBS, "$select=id,templateId", id=look.principal.id)["value"]
    if not found:
        raise NotSeen("the application has no job")
    return found[0]


def _job_id(look: Look) -> Seen:
    job, principal = _job(look), look.principal
    form = str(job["id"])
    parts = {
        "template": str(job["templateId"]),
        "tenant": look.source.tenant.tenant_id.replace("-", ""),
        "application": principal.app_id,
    }
    for name, value in parts.items():
        form = form.replace(value, f"{{{name}}}", 1)
    return {"job.id": form}


def _secrets(look: Look) -> Seen:
    pairs = look.read(look.source, _SECRETS, id=look.principal.id)["value"]
    if not pairs:
        raise NotSeen("the application has no settings yet")
    masked = {each["key"] for each in pairs if set(str(each.get("value") or "")) == {"*"}}
    shown = {each["key"] for each in pairs if each.get("value")} - masked
    readable = {"secrets.readable": sorted((set(REGISTER["secrets.readable"].value) | shown) - masked)}
    if look.trial:
        return readable  # which keys there are is what we wrote
    return {"secrets.keys": sorted(each["key"] for each in pairs), **readable}


# Answers to what does not exist


def _answer(error: GraphError) -> JSON:
    return {"status": error.status, "code": error.code}


def _missing_job(look: Look) -> Seen:
    path = f"{_JOBS}/{{job}}"
    return {"error.missing-job": _answer(look.refusal(look.source, path, id=look.principal.id, job=NOBODY))}


def _missing_template(look: Look) -> Seen:
    path = f"{_TEMPLATES}/{{template}}"
    error = look.refusal(look.source, path, id=look.principal.id, template=NOBODY)
    return {"error.missing-template": _answer(error)}


def _missing_principal(look: Look) -> Seen:
    error = look.refusal(look.source, "/v1.0/servicePrincipals/{id}", id=NOBODY)
    return {"error.missing-service-principal": _answer(error)}


def _missing_partner(look: Look) -> Seen:
    error = look.refusal(look.source, f"/v1.0{_POLICY}/partners/{{id}}", id=NOBODY)
    return {"error.missing-partner": _answer(error)}


def _object_connections(look: Look) -> Seen:
    """A cloud that has them answers 404 for a user who is not linked, another one does not know the segment."""
    path = f"{_JOBS}/{{job}}/objectConnections/{{object}}".replace("/v1.0", "/beta", 1)
    error = look.refusal(look.source, path, id=look.principal.id, job=_job(look)["id"], object=NOBODY)
    unknown = error.status == 400 and "segment" in str(error)
    if not unknown and not isinstance(error, NotFound):
        raise error
    return {f"object-connections.{look.source.tenant.cloud}": not unknown}


# Properties


def _properties(look: Look, graph: Graph, part: str, other: Graph) -> Seen:
    """The names that v1.0 shows."""
    suffix = {"policy": "", "default": "/default", "partner": "/partners/{id}"}[part]
    ids = {"id": other.tenant.tenant_id} if part == "partner" else {}
    try:
        found = look.read(graph, f"/v1.0{_POLICY}{suffix}", **ids)
    except NotFound:
        raise NotSeen(f"{graph.tenant.name} has no settings for {other.tenant.name}") from None
    names = {name for name in found if not name.startswith("@") and "@odata" not in name}
    return {f"v1.{part}.{graph.tenant.cloud}": sorted(names)}


# The box in the target


def _box(look: Look, key: str) -> Seen:
    select = "$select=id,appId,displayName"
    query = "$filter=" + quote(f"startswith(displayName,'{CROSS_CLOUD_NAMES}')") + f"&{select}"
    found = look.pages(look.target, "/v1.0/servicePrincipals", query)
    if not found:
        app_id = REGISTER[key].value["appId"]
        try:
            found = [look.read(look.target, "/v1.0/servicePrincipals(appId='{id}')", select, id=app_id)]
        except NotFound:
            raise NotSeen("the box is not ticked in the target, or makes something of another name") from None
    if len(found) > 1:
        raise NotSeen(f"the target has {len(found)} applications {CROSS_CLOUD_NAMES}…, so which is of this source?")
    box = found[0]
    graph = look.read(look.target, "/v1.0/servicePrincipals(appId='{id}')", "$select=id,appRoles", id=GRAPH_APPLICATION)
    names = {role["id"]: role["value"] for role in graph["appRoles"]}
    path = "/v1.0/servicePrincipals/{id}/appRoleAssignments"
    held = look.read(look.target, path, id=box["id"])["value"]
    return {
        key: {"appId": box["appId"], "displayName": box["displayName"]},
        "box.permissions": sorted(names.get(each["appRoleId"], each["appRoleId"]) for each in held),
    }


def _audit_actor(look: Look) -> Seen:
    query = quote("startswith(initiatedBy/app/displayName,'Microsoft.Azure.SyncFabric')")
    found = look.read(look.target, "/v1.0/auditLogs/directoryAudits", f"$filter={query}&$top=100")["value"]
    names = {str(each["initiatedBy"]["app"]["displayName"]) for each in found}
    if not names:
        raise NotSeen("the target's audit log has no entry of a synchronization yet")
    crossing = sorted(each for each in names if each.startswith(CROSS_CLOUD_NAMES))
    return {"box.audit-actor": (crossing or sorted(names))[0]}


# Logs


def _log(look: Look) -> Seen:
    """The values of the newest entries, in addition to the assumed ones."""
    query = "$filter=" + quote(f"servicePrincipal/id eq '{look.principal.id}'") + "&$top=500"
    entries = look.read(look.source, "/v1.0/auditLogs/provisioning", query)["value"]
    if not entries:
        raise NotSeen("the provisioning log has no entry of the job")
    steps = (step for each in entries for step in each.get("provisioningSteps") or ())
    seen = {
        "log.actions": {each.get("provisioningAction") for each in entries},
        "log.statuses": {(each.get("provisioningStatusInfo") or {}).get("status") for each in entries},
        "log.steps": {step.get("provisioningStepType") for step in steps},
    }
    return {key: sorted({*REGISTER[key].value, *map(str, values - {None})}) for key, values in seen.items()}
