"""`pulumi import` of an id that is not the right one: one line says why, or the engine is told that it is not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from entra_sync.base.args import Args
from entra_sync.base.handler import Handler
from entra_sync.errors import EntraSyncError
from entra_sync.microsoft.tenant import Tenant
from entra_sync.program.packaged.ids import Place
from entra_sync.program.packaged.import_kinds import IMPORTS
from tests.resources.lifecycle import Lifecycle, wire
from tests.resources.shared.importing import handler, imported, named

JSON = Any
Made = Callable[[str], tuple[Lifecycle, Args]]
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PLACE = re.compile(r"<[^>]+>")
NAMED = {kind: PLACE.findall(how.id)[1:] for kind, how in IMPORTS.items()}
OBJECT_PLACES = {Place.PARTNER, Place.SOURCE, Place.OBJECT, Place.PRINCIPALS}
OBJECTS = [kind for kind, places in NAMED.items() if OBJECT_PLACES & {*places}]
JOBS = [kind for kind, places in NAMED.items() if Place.JOB in places]
NO_OBJECT = ["x?y", "a'b", "..", "%2e%2e", "a#b", "a b", "\n", "\0", "$count", "x(y)", "\ud800", "contoso.com"]


def filled(kind: str, values: dict[str, str]) -> str:
    """An id of the form of a kind; the places that *values* does not name have a GUID."""
    return PLACE.sub(lambda place: values.get(place[0], "12345678-1234-1234-1234-123456789012"), IMPORTS[kind].id)


@pytest.mark.parametrize("kind", IMPORTS)
def test_ids_of_objects_may_be_in_upper_case(kind: str, made: Made, contoso: Tenant, federal: Tenant) -> None:
    """As PowerShell and some exports show them: the state has the id that it has without an import."""
    resource, args = made(kind)
    shouted = re.sub(rf"(?<![.\w]){GUID.pattern}", lambda found: found[0].upper(), named(kind, resource, args))
    found = imported(kind, shouted, contoso, federal)

    assert shouted != named(kind, resource, args)
    assert resource.id == found.id
    inputs = handler(kind).check(wire(found.inputs), wire(args.body())).inputs
    assert [] == handler(kind).diff(found.id, wire(found.outs), wire(inputs)).replaces


def refused_unasked(kind: str, emulator: JSON, tenant: Tenant, **places: str) -> None:
    """The id with these texts in its places is refused, and nothing is asked."""
    asked = len(emulator.requests)
    with pytest.raises(EntraSyncError, match=re.escape(f"is not the id of a {kind}")):
        imported(kind, filled(kind, {Place.TENANT: tenant.tenant_id, **places}), tenant)

    assert asked == len(emulator.requests)


@pytest.mark.parametrize("kind", OBJECTS)
def test_what_is_no_guid_is_no_id_of_an_object(kind: str, emulator: JSON, contoso: Tenant) -> None:
    """It is refused before anything is asked, so it never becomes a part of another path."""
    place = next(each for each in NAMED[kind] if each in OBJECT_PLACES)
    for text in NO_OBJECT:
        refused_unasked(kind, emulator, contoso, **{place: text})


@pytest.mark.parametrize("kind", JOBS)
def test_what_is_no_id_of_a_job(kind: str, emulator: JSON, contoso: Tenant) -> None:
    """The same of jobs, whose ids are not GUIDs."""
    for text in ("..", "$count", "x(y)", "a b", "\ud800", "x\n"):
        refused_unasked(kind, emulator, contoso, **{Place.JOB: text})


@pytest.mark.parametrize("kind", IMPORTS)
def test_more_or_less_than_an_id_is_refused(kind: str, made: Made, contoso: Tenant, federal: Tenant) -> None:
    """As it comes from a copy of too much or too little."""
    resource, args = made(kind)
    id = named(kind, resource, args)

    for wrong in ("", id + "/", f"{id}/x", f" {id}", f"{id}\n", id.rpartition("/")[0], id.partition("/")[2], f"/{id}"):
        with pytest.raises(EntraSyncError, match="is not the"):
            imported(kind, wrong, contoso, federal)


@pytest.mark.parametrize("kind", [kind for kind in IMPORTS if kind not in ("CrossTenantAccessDefault",)])
def test_an_object_of_another_tenant_is_not_there(kind: str, made: Made, contoso: Tenant, federal: Tenant) -> None:
    """Every tenant has default settings; of all else a tenant has its own objects only."""
    resource, args = made(kind)
    elsewhere = named(kind, resource, args).replace(contoso.tenant_id, federal.tenant_id, 1)

    assert "" == imported(kind, elsewhere, contoso, federal).id


@pytest.mark.parametrize("other", ["/v1.0/groups", "/v1.0/users", "/v1.0/applications"])
@pytest.mark.parametrize("kind", [kind for kind in OBJECTS if kind not in ("LicenseAssignment", "LicensedScope")])
def test_an_object_of_another_kind_is_not_there(
    kind: str, other: str, contoso: Tenant, portal: Callable[..., JSON], application: Lifecycle
) -> None:
    """Its id is one of the tenant, but nothing of this kind has it."""
    (found, *_) = portal("contoso", "GET", f"{other}?$select=id")["value"]
    ids = dict.fromkeys(PLACE.findall(IMPORTS[kind].id), found["id"])
    if Place.JOB in ids:
        ids[Place.JOB] = "Azure2AzureCrossCloud.x.y"

    assert "" == imported(kind, filled(kind, {**ids, Place.TENANT: contoso.tenant_id}), contoso).id


def test_a_user_has_no_licenses_of_a_group(made: Made, contoso: Tenant) -> None:
    """The id of a group in the place of a user's id."""
    resource, _ = made("LicenseAssignment")

    assert "" == imported("LicenseAssignment", resource.id.replace("/groups/", "/users/"), contoso).id


def test_an_application_without_a_template_is_refused(contoso: Tenant, portal: Callable[..., JSON]) -> None:
    """Else a destroy would delete an application that has nothing to do with synchronization."""
    application = portal("contoso", "POST", "/v1.0/applications", {"displayName": "Payroll"})
    principal = portal("contoso", "POST", "/v1.0/servicePrincipals", {"appId": application["appId"]})

    with pytest.raises(EntraSyncError, match='the application "Payroll" comes from no template'):
        imported("ServicePrincipal", f"{contoso.tenant_id}/servicePrincipals/{principal['id']}", contoso)


def test_an_application_of_another_tenant_is_refused(contoso: Tenant, portal: Callable[..., JSON]) -> None:
    """As Microsoft Graph's own: its service principal is here, and its application is not."""
    graph = portal("contoso", "GET", "/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")

    with pytest.raises(EntraSyncError, match="its application belongs to another tenant"):
        imported("ServicePrincipal", f"{contoso.tenant_id}/servicePrincipals/{graph['id']}", contoso)


@pytest.mark.parametrize("kind", ["ServicePrincipal", "SynchronizationJob", "SynchronizationSecrets"])
def test_what_another_stack_has_is_said(
    kind: str,
    made: Made,
    contoso: Tenant,
    federal: Tenant,
    portal: Callable[..., JSON],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is imported, since a stack may be given up; but two stacks that have it delete it twice."""
    said: list[str] = []
    monkeypatch.setattr(Handler, "note", lambda self, args, text: said.append(text))
    resource, args = made(kind)
    owner = resource.id.split("/")[2]
    application = portal("contoso", "GET", f"/v1.0/servicePrincipals/{owner}?$select=appId")["appId"]
    found = portal("contoso", "GET", f"/v1.0/applications(appId='{application}')?$select=id,tags")
    tags = {"tags": [*found["tags"], "entra-sync:stack=sync/production"]}
    portal("contoso", "PATCH", f"/v1.0/applications/{found['id']}", tags)

    assert resource.id == imported(kind, named(kind, resource, args), contoso, federal).id
    assert [True] == ["the stack sync/production has this application" in each for each in said if "the stack" in each]
