"""The dashboard's cycles and logs, and that nothing secret is in any of its answers."""

from __future__ import annotations

import httpx
import orjson

from tests.emulator.dashboard.looking import ask, every, persons
from tests.emulator.dashboard.screenshots import eventful
from tests.emulator.linking import Link


def test_cycles_are_listed_newest_first_with_what_they_did(morning: Link) -> None:
    """The initial cycle creates, the second one changes and removes, the third one changes a name.

    Users who were disabled before the first cycle are skipped.
    """
    rows = every(morning.source.emulator, "cycles", job=morning.job_id)
    whole = len(persons(morning, "synchronized")) + len(persons(morning, "removed"))
    disabled = len(persons(morning, "skipped"))

    assert [False, False, True] == [row["initial"] for row in rows]
    assert {"create": whole, "failure": 1, "skipped": disabled} == rows[2]["counts"]
    assert {"update": 1, "disable": 1, "delete": 2, "failure": 1} == rows[1]["counts"]
    assert {"update": 1} == rows[0]["counts"]
    assert ["Succeeded", "EntryLevelErrors", "EntryLevelErrors"] == [row["state"] for row in rows]


def test_cycle_that_ended_in_quarantine_says_why() -> None:
    """A deletion threshold that is reached is shown with its cycle and on the link."""
    link = eventful(people=30)
    link.secrets(threshold=1)
    (assignment,) = link.source.pages(f"/servicePrincipals/{link.principal}/appRoleAssignedTo")
    link.unassign(assignment["id"])
    link.cycle()
    newest = every(link.source.emulator, "cycles", job=link.job_id)[0]
    (shown,) = ask(link.source.emulator, "overview")["tenants"][0]["links"]

    assert ("TooManyDeletes", "Quarantine") == (newest["quarantine"], shown["code"])
    assert newest["message"] == shown["quarantine"]["error"]["message"] != ""


def test_deleted_job_takes_its_cycles_along() -> None:
    """A job that is gone has no history."""
    link = eventful(people=30)
    link.source.ok("DELETE", link.job)

    assert [] == link.source.emulator.service.store.objects(link.source.tenant.tenant_id, "cycle")


def test_provisioning_log_is_graphs_newest_first(morning: Link) -> None:
    """The same entries as auditLogs/provisioning."""
    rows = every(morning.source.emulator, "provisioning", tenant=morning.source.tenant.tenant_id)
    entries = morning.source.pages("/auditLogs/provisioning")

    assert sorted(entry["id"] for entry in entries) == sorted(row["id"] for row in rows)
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)


def test_provisioning_entry_shows_steps_and_what_was_written(morning: Link) -> None:
    """The newest entry is the renaming."""
    tenant = morning.source.tenant.tenant_id
    newest = every(morning.source.emulator, "provisioning", tenant=tenant)[0]
    entry = ask(morning.source.emulator, "provisioning-entry", tenant=tenant, id=newest["id"])

    assert ["displayName"] == [item["displayName"] for item in entry["modifiedProperties"]]
    assert "Sofía 'Sol' Okonkwo" == entry["modifiedProperties"][0]["newValue"]
    assert ["import", "scoping", "matching", "export"] == [step["provisioningStepType"] for step in entry["steps"]]


def test_provisioning_log_can_be_asked_for_failures_and_for_one_person(morning: Link) -> None:
    """By status, by error code, and by the id of the person."""
    emulator, tenant = morning.source.emulator, morning.source.tenant.tenant_id
    failures = every(emulator, "provisioning", tenant=tenant, status="failure")
    person = failures[0]["source"]["id"]

    assert 2 == len(failures)
    assert failures == every(emulator, "provisioning", tenant=tenant, find="ambiguoususer")
    assert failures == every(emulator, "provisioning", tenant=tenant, find=person)


def test_request_log_shows_one_cloud_newest_first(morning: Link) -> None:
    """Each request of the journal once, on the page of the cloud that it was sent to."""
    emulator = morning.source.emulator
    rows = every(emulator, "requests")
    asked = [record.request_id for record in emulator.requests if record.cloud == "global"]

    assert asked[::-1] == [row["id"] for row in rows]


def test_request_log_can_be_asked_for_writes(morning: Link) -> None:
    """What the emulator counts as a write, and nothing else."""
    emulator = morning.source.emulator
    rows = every(emulator, "requests", tenant=morning.source.tenant.tenant_id, writes="only")
    writes = [record.request_id for record in emulator.requests.writes if record.tenant == "contoso"]

    assert writes[::-1] == [row["id"] for row in rows]


def test_request_shows_its_body(morning: Link) -> None:
    """The body of a write is there to read."""
    emulator = morning.source.emulator
    (newest, *_) = every(emulator, "requests", writes="only", find="PATCH")

    assert {"displayName": "Sofía 'Sol' Okonkwo"} == ask(emulator, "request", id=newest["id"])["body"]


def test_no_secret_is_in_anything_the_window_shows() -> None:
    """Passwords, client secrets, saved credentials and every kind of token stay out of all its answers."""
    link = eventful(people=30)
    emulator, contoso = link.source.emulator, link.source.tenant
    application = link.source.post("/applications", {"displayName": "Automation"})
    added = link.source.post(f"/applications/{application['id']}/addPassword", {"passwordCredential": {}})
    secrets = {"value": [{"key": "SecretToken", "value": "saved-credential-1"}]}
    link.source.ok("PUT", f"{link.sync}/secrets", secrets)
    page = link.source.get("/users?$top=5")
    token_option = page["@odata.nextLink"].split("$skiptoken=")[1].split("&")[0]
    link.source.get(page["@odata.nextLink"])
    login = f"https://login.microsoftonline.com/{contoso.tenant_id}/oauth2/v2.0/token?client_secret=in-the-query-1"
    form = {"client_id": contoso.client_id, "client_secret": contoso.client_secret, "grant_type": "client_credentials"}
    with httpx.Client(transport=emulator.transport()) as client:
        issued = client.post(login, data=form | {"scope": "https://graph.microsoft.com/.default"}).json()
    shown = [ask(emulator, "overview"), every(emulator, "people", job=link.job_id), every(emulator, "requests")]
    shown += [ask(emulator, "request", id=row["id"]) for row in shown[2]]
    shown += [ask(emulator, "person", job=link.job_id, id=row["source"]["id"]) for row in shown[1] if row["source"]]
    shown += every(emulator, "provisioning", tenant=contoso.tenant_id)
    text = orjson.dumps(shown).decode()
    kept = (
        "Not-shown-anywhere-1",
        added["secretText"],
        "saved-credential-1",
        "in-the-query-1",
        contoso.client_secret,
        issued["access_token"],
        token_option,
    )

    assert "/oauth2/v2.0/token?client_secret=…" in text
    assert [] == [secret for secret in kept if secret in text]
