"""Synchronization jobs: making, starting, pausing, restarting, testing, and provisioning on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from entra_sync.emulator.cycle.job import NEVER, RESET_SCOPES, Job, restart, start
from entra_sync.emulator.cycle.ondemand import provision_on_demand
from entra_sync.emulator.cycle.preconditions import check_link
from entra_sync.emulator.cycle.settings import OTHER_JOB
from entra_sync.emulator.errors import Fault, bad_request, not_emulated
from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.bodies import known, parameters
from entra_sync.emulator.graph.common import picked
from entra_sync.emulator.graph.synchronization.common import (
    job,
    key_values,
    principal,
    schema_of,
    secrets_of,
    template,
    templates,
)
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Answer, Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.collections import few
from entra_sync.emulator.odata.options import read_options
from entra_sync.emulator.state.store import Document, Entry

__all__ = ["routes"]

routes = Router()

_PROPERTIES = {
    "bulkUpload": dict, "id": str, "schedule": dict, "schema": dict, "status": dict,
    "synchronizationJobSettings": [dict], "templateId": str,
}  # fmt: skip
_CREDENTIALS = {
    "applicationIdentifier": str, "credentials": [dict], "templateId": str, "useSavedCredentials": bool,
}  # fmt: skip
_SUBJECT = {"links": dict, "objectId": str, "objectTypeName": str}
_JOBS = "/servicePrincipals/{id}/synchronization/jobs"
_JOB = "/servicePrincipals/{id}/synchronization/jobs/{jobId}"


def show_job(entry: Entry) -> Document:
    """A job as the API shows it."""
    return {name: value for name, value in entry.doc.items() if not name.startswith("_")}


@routes.on("POST", _JOBS)
def post_job(call: Call, id: str) -> Reply:
    """Make a job from a template; it is disabled."""
    owner = principal(call, id)
    template_id = known(call.json(), _PROPERTIES, "synchronizationJob").get("templateId")
    if not template_id:
        raise bad_request("A value is required for property 'templateId'.", "BadRequest")
    chosen = template(call, owner, template_id)
    parts = {"template": chosen["id"], "tenant": call.tid.replace("-", ""), "application": owner.doc["appId"]}
    job_id = call.store.facts["job.id"].format(**parts)
    if call.store.get(call.tid, "job", job_id) is not None:
        raise Fault(409, "Conflict", f"A job with id '{job_id}' already exists.")
    state = call.store.facts["job.new"]
    doc: Document = {
        "id": job_id,
        "templateId": chosen["id"],
        "schedule": {"expiration": None, "interval": state["interval"], "state": state["schedule"]},
        "status": {
            "countSuccessiveCompleteFailures": 0,
            "escrowsPruned": False,
            "code": state["status"],
            "lastExecution": None,
            "lastSuccessfulExecution": None,
            "lastSuccessfulExecutionWithExports": None,
            "quarantine": None,
            "steadyStateFirstAchievedTime": NEVER,
            "steadyStateLastAchievedTime": NEVER,
            "troubleshootingUrl": None,
            "progress": [],
            "synchronizedEntryCountByType": [],
        },
        "synchronizationJobSettings": [
            {"name": "AzureIngestionAttributeOptimization", "value": "False"},
            {"name": "LookaheadQueryEnabled", "value": "False"},
        ],
    }
    call.store.put(call.tid, "job", job_id, doc, parent=owner.id, now=call.clock.now().timestamp())
    _audit(call, owner, "Create provisioning configuration")
    return call.created(doc, f"servicePrincipals('{owner.id}')/synchronization/jobs/$entity")


def _audit(call: Call, owner: Entry, activity: str) -> None:
    audit(call, "ProvisioningManagement", activity, "ServicePrincipal", owner.id, owner.doc["displayName"])


@routes.on("GET", _JOBS)
def list_jobs(call: Call, id: str) -> Reply:
    """The jobs of a service principal."""
    owner = principal(call, id)
    jobs = [show_job(entry) for entry in call.store.objects(call.tid, "job", parent=owner.id)]
    return few(call, jobs, f"servicePrincipals('{owner.id}')/synchronization/jobs", picked)


@routes.on("GET", _JOB)
def get_job(call: Call, id: str, jobId: str) -> Reply:
    """One job with its status."""
    owner = principal(call, id)
    options = read_options(call, None, expanding=True)
    entry = job(call, owner, jobId)
    doc = show_job(entry)
    for item in options.expand:
        if item.name != "schema":
            raise not_emulated(f"$expand={item.name} of {call.path}")
        doc["schema"] = schema_of(call, owner, entry)
    return call.entity(picked(doc, options), f"servicePrincipals('{owner.id}')/synchronization/jobs/$entity")


@routes.on("DELETE", _JOB)
def delete_job(call: Call, id: str, jobId: str) -> Reply:
    """Delete a job and what it knows; the accounts that it made stay."""
    owner = principal(call, id)
    entry = job(call, owner, jobId)
    call.directory.remove_job(entry.id)
    _audit(call, owner, "Delete provisioning configuration")
    return Reply(204)


@routes.on("POST", f"{_JOB}/start")
def start_job(call: Call, id: str, jobId: str) -> Reply:
    """Start a job, or resume a paused one; lifts quarantine."""
    owner = principal(call, id)
    parameters(call.optional_json(), (), "start")
    start(Job.open(call.state, call.tid, job(call, owner, jobId).id))
    _audit(call, owner, "Enable/start provisioning configuration")
    return Reply(204)


@routes.on("POST", f"{_JOB}/pause")
def pause_job(call: Call, id: str, jobId: str) -> Reply:
    """Pause a job; what it has done is kept."""
    owner = principal(call, id)
    parameters(call.optional_json(), (), "pause")
    current = Job.open(call.state, call.tid, job(call, owner, jobId).id)
    current.doc["schedule"]["state"] = "Disabled"
    current.doc["status"]["code"] = "Paused"
    current.save()
    _audit(call, owner, "Disable/pause provisioning configuration")
    return Reply(204)


@routes.on("POST", f"{_JOB}/restart")
def restart_job(call: Call, id: str, jobId: str) -> Reply:
    """Forget what the criteria name, so that the next cycle looks again."""
    owner = principal(call, id)
    criteria = parameters(call.optional_json(), {"criteria": dict}, "restart").get("criteria") or {}
    text = known(criteria, {"resetScope": str}, "synchronizationJobRestartCriteria").get("resetScope")
    scopes = [part.strip() for part in text.split(",")] if text else []
    for scope in scopes:
        if scope not in RESET_SCOPES:
            raise bad_request(f"Requested value '{scope}' was not found.", "BadRequest")
    restart(Job.open(call.state, call.tid, job(call, owner, jobId).id), set(scopes))
    _audit(call, owner, "Enable/restart provisioning configuration")
    return Reply(204)


# Testing the connection


@routes.on("POST", f"{_JOBS}/validateCredentials", f"{_JOB}/validateCredentials")
def validate_credentials(call: Call, id: str, jobId: str = "") -> Reply:
    """Test the connection to the target, with given or with saved credentials."""
    owner = principal(call, id)
    body = parameters(call.optional_json(), _CREDENTIALS, "validateCredentials")
    template_id = body.get("templateId")
    if jobId:
        template_id = job(call, owner, jobId).doc["templateId"]
    elif template_id is not None:
        template_id = template(call, owner, template_id)["id"]
    given = dict(key_values(call, body.get("credentials") or [], "credentials"))
    values = secrets_of(call, owner) if body.get("useSavedCredentials") else given
    offered = [item["id"] for item in templates(call, owner)]
    if OTHER_JOB in (offered if template_id is None else [template_id]):
        if not values or not all(values.values()):
            raise bad_request("You appear to have entered invalid credentials.", "InvalidCredentials")
        return Reply(204)
    check_link(call.state, call.tid, template_id, values)
    return Reply(204)


# On demand


@routes.on("POST", f"{_JOB}/provisionOnDemand")
def provision(call: Call, id: str, jobId: str) -> Reply:
    """Provision one person now; the job need not be running."""
    owner = principal(call, id)
    entry = job(call, owner, jobId)
    asked = parameters(call.json(), {"parameters": [dict]}, "provisionOnDemand").get("parameters") or []
    if len(asked) != 1:
        raise bad_request("Exactly one set of parameters is expected.", "BadRequest")
    one = known(asked[0], {"ruleId": str, "subjects": [dict]}, "synchronizationJobApplicationParameters")
    subjects = one.get("subjects") or []
    if len(subjects) != 1:
        raise bad_request("Exactly one subject is expected.", "BadRequest")
    subject = _subject(subjects[0])
    if not secrets_of(call, owner):
        raise bad_request("No credentials are saved for the synchronization job.", "CredentialsMissing")
    rule_id = one.get("ruleId")
    schema = schema_of(call, owner, entry)
    if not any(rule["id"] == rule_id for rule in schema["synchronizationRules"]):
        raise bad_request(f"The synchronization rule '{rule_id}' was not found.", "InvalidRuleId")
    key, value = provision_on_demand(
        Job.open(call.state, call.tid, entry.id),
        str(subject.get("objectId")),
        str(subject.get("objectTypeName")),
    )
    return call.entity({"key": key, "value": value}, "microsoft.graph.stringKeyStringValuePair")


def _subject(value: Any) -> Document:
    """A subject, and those that it links to, checked."""
    found = known(value, _SUBJECT, "synchronizationJobSubject")
    links = known(found.get("links") or {}, {"members": [dict]}, "synchronizationLinkedObjects")
    for member in links.get("members") or []:
        _subject(member)
    return found


# Object connections


def _connections(method: str, template: str) -> Callable[[Answer], Answer]:
    """Registers an operation that only beta of the global cloud has ("Get objectConnection")."""
    return routes.on(method, template, versions=("beta",), feature="object-connections")


@_connections("GET", f"{_JOB}/objectConnections")
def list_connections(call: Call, id: str, jobId: str) -> Reply:
    """Connections cannot be listed, only asked for one by one."""
    job(call, principal(call, id), jobId)
    raise bad_request("Listing object connections is not supported; provide the object id as key.", "BadRequest")


def _connection(call: Call, job_id: str, object_id: str) -> Entry | None:
    """The link of a source object, or else of a target object."""
    link = call.store.get(call.tid, "link", f"{job_id}/{object_id.lower()}")
    if link is not None and link.doc.get("target") is not None:
        return link
    found = (call.store.get(call.tid, "link", id) for id in call.store.find(call.tid, "link.target", object_id))
    return next((link for link in found if link is not None and link.parent == job_id), None)


@_connections("GET", f"{_JOB}/objectConnections/{{objectId}}")
def get_connection(call: Call, id: str, jobId: str, objectId: str) -> Reply:
    """Shows which target object a source object is linked to; the key may be the id of either."""
    entry = job(call, principal(call, id), jobId)
    link = _connection(call, entry.id, objectId)
    if link is None:
        raise Fault(404, "ObjectConnectionNotFound", f"No connection was found for object '{objectId}'.")
    shown = {
        "objectId": objectId,
        "sourceAnchor": link.doc["source"],
        "targetAnchor": link.doc["target"],
        "displayName": link.doc.get("name"),
        "objectTypeName": "User",
    }
    return call.entity(shown, f"servicePrincipals('{id}')/synchronization/jobs('{jobId}')/objectConnections/$entity")


@_connections("DELETE", f"{_JOB}/objectConnections/{{objectId}}")
def delete_connection(call: Call, id: str, jobId: str, objectId: str) -> Reply:
    """Cuts a wrong link; the job must not be running."""
    entry = job(call, principal(call, id), jobId)
    if entry.doc["schedule"]["state"] == "Active":
        raise Fault(409, "Conflict", "The job has to be paused or disabled before a connection can be deleted.")
    link = _connection(call, entry.id, objectId)
    if link is not None:
        call.store.remove(call.tid, "link", link.id)
    return Reply(204)
