"""Every answer with a body is read by the model that msgraph-sdk has for it, and nothing in it is left over.

The answers are those of the routes, one by one, so none can be without a model; ``test_python`` has the SDK ask for
many of them itself.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from kiota_serialization_json.json_parse_node import JsonParseNode

from entra_sync.emulator import Emulator
from entra_sync.emulator.graph import ROUTES
from tests.contract.answers import (
    BODIES,
    CLAIMS,
    DEFINITION,
    MODELS,
    NO_BODY,
    PLACES,
    PRINTERS,
    ROLES,
    SLACK,
    UNITS,
)
from tests.contract.leftovers import EXPECTED_LEFTOVERS
from tests.contract.python_client import leftovers
from tests.emulator.api import Api
from tests.emulator.linking import connect

JSON = Any

ROUTES_WITH_BODY = [
    f"{route.method} {route.template}"
    for route in ROUTES.routes
    if route.method in {"GET", "POST"}
    and "v1.0" in route.versions
    and not route.template.endswith("/$count")
    and "{cast}" not in route.template
    and f"{route.method} {route.template}" not in NO_BODY
]


@pytest.fixture(scope="module")
def contoso() -> Api:
    """A tenant that other tests do not see."""
    return Api(Emulator.sample("contoso", seed=2, people=60), "contoso")


@pytest.fixture(scope="module")
def world(contoso: Api) -> dict[str, str]:
    """A link with history, deleted objects of every kind, licenses, and what they are called."""
    federal = Api(contoso.emulator, "federal")
    link = connect(contoso, federal)
    link.start()
    person = contoso.user("Person", mail="person@contoso.com", usageLocation="US", city="Ulm")["id"]
    mobile = {"phoneType": "mobile", "phoneNumber": "+1 4255550101"}
    phone = contoso.post(f"/users/{person}/authentication/phoneMethods", mobile)["id"]
    boss = contoso.user("Boss")["id"]
    for one, other in ((person, boss), (contoso.user("Report")["id"], person)):
        contoso.ok("PUT", f"/users/{one}/manager/$ref", {"@odata.id": f"{contoso.tenant.graph_url}/v1.0/users/{other}"})
    members = [person, boss, contoso.group("Inner")["id"], link.principal]
    group = contoso.group("Group", members, unified=True)["id"]
    sku = contoso.get("/subscribedSkus")["value"][0]
    for place in (f"/users/{person}", f"/groups/{group}"):
        contoso.post(f"{place}/assignLicense", {"addLicenses": [{"skuId": sku["skuId"]}], "removeLicenses": []})
    contoso.tenant.add_subscription("FLOW_FREE", 1)
    scarce = contoso.get("/subscribedSkus")["value"][-1]["skuId"]
    contoso.post(f"/groups/{group}/assignLicense", {"addLicenses": [{"skuId": scarce}], "removeLicenses": []})
    federal.user("In The Way", mail="way@contoso.com")
    link.assign(contoso.user("Fails", mail="way@contoso.com")["id"])
    assignments = {"person": link.assign(person), "group": link.assign(group)}
    link.cycle()
    path = f"/policies/crossTenantAccessPolicy/partners/{federal.tenant.tenant_id}/identitySynchronization"
    contoso.ok("PUT", path, {"displayName": "Federal", "userSyncInbound": {"isSyncAllowed": True}})
    slack = contoso.application(SLACK, "Slack")["servicePrincipal"]["id"]
    gone = contoso.user("Gone")["id"]
    unit, deleted = (contoso.post(UNITS, {"displayName": name})["id"] for name in ("Unit", "Gone"))
    role = contoso.post("/directoryRoles", {"roleTemplateId": PRINTERS})["id"]
    member = contoso.post(f"{UNITS}/{unit}{ROLES}", {"roleId": role, "roleMemberInfo": {"id": person}})["id"]
    claims = contoso.post(CLAIMS, {"displayName": "Claims", "definition": [DEFINITION]})["id"]
    for path, target in (
        (f"{UNITS}/{unit}/members", person),
        (f"/servicePrincipals/{link.principal}/claimsMappingPolicies", claims),
        (f"/groups/{group}/owners", person),
    ):
        reference = {"@odata.id": f"{contoso.tenant.graph_url}/v1.0/directoryObjects/{target}"}
        contoso.post(f"{path}/$ref", reference)
    for path in (
        f"{UNITS}/{deleted}",
        f"/users/{gone}",
        f"/groups/{contoso.group('Gone', unified=True)['id']}",
        f"/applications/{contoso.application(SLACK, 'Gone')['application']['id']}",
    ):
        contoso.ok("DELETE", path)
    bare, lonely = (contoso.post("/applications", {"displayName": name})["appId"] for name in ("Bare", "Lonely"))
    app_id = contoso.get(f"/servicePrincipals/{link.principal}")["appId"]
    federated = {
        **BODIES["POST /applications/{id}/federatedIdentityCredentials"],
        "name": "earlier",
        "subject": "before",
    }
    contoso.post(f"/applications(appId='{app_id}')/federatedIdentityCredentials", federated)
    graph = contoso.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")["id"]
    granted = {"clientId": link.principal, "consentType": "Principal", "principalId": person, "scope": "openid"}
    grant = contoso.post("/oauth2PermissionGrants", {**granted, "resourceId": graph})["id"]
    admin = contoso.get(f"/servicePrincipals(appId='{contoso.tenant.client_id}')")["id"]
    schema = contoso.get(f"{link.job}/schema")
    return {
        "admin": admin,
        "application": contoso.get(f"/applications(appId='{app_id}')")["id"],
        "audit": contoso.get("/auditLogs/directoryAudits")["value"][0]["id"],
        "claims": claims,
        "member": member,
        "role": role,
        "roleTemplate": PRINTERS,
        "definition": DEFINITION,
        "unit": unit,
        "bare": contoso.post("/servicePrincipals", {"appId": bare})["id"],
        "directoryId": schema["directories"][0]["id"],
        "gallery": SLACK,
        "phone": phone,
        "sms": "sms",
        "gone": gone,
        "granted to admin": contoso.get(f"/servicePrincipals/{admin}/appRoleAssignments")["value"][0]["id"],
        "granted to group": assignments["group"],
        "granted to person": assignments["person"],
        "granted to principal": assignments["person"],
        "group": group,
        "credential": "earlier",
        "directoryRole": contoso.get("/directoryRoles")["value"][0]["id"],
        "domain": contoso.tenant.domain,
        "grant": grant,
        "graph": graph,
        "jobId": link.job_id,
        "lonely": lonely,
        "outer": contoso.group("Outer", [group])["id"],
        "new": contoso.user("Unassigned")["id"],
        "person": person,
        "principal": link.principal,
        "rule": schema["synchronizationRules"][0]["id"],
        "sku": sku["skuId"],
        "slack": slack,
        "slackTemplate": contoso.get(f"/servicePrincipals/{slack}/synchronization/templates")["value"][0]["id"],
        "subscription": sku["id"],
        "templateId": contoso.get(f"{link.sync}/templates")["value"][0]["id"],
        "tenant": contoso.tenant.tenant_id,
        "tenantId": federal.tenant.tenant_id,
    }


def path_of(route: str, world: dict[str, str]) -> str:
    """The path of a route for something that is there."""
    template = route.split(" ")[1]
    place = PLACES.get(route) or PLACES.get(template.split("/")[1], "")
    key = "(domainName='contoso.com')" if "Domain" in template else f"(tenantId='{world['tenant']}')"
    names = {**world, "id": world.get(place, ""), "assignment": world.get(f"granted to {place}", ""), "key": key}
    return template.replace("/{key}", "{key}").format(**names)


def filled(value: JSON, world: dict[str, str]) -> JSON:
    """A body for this tenant."""
    if isinstance(value, dict):
        return {name: filled(item, world) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, world) for item in value]
    return world[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value


def model_of(name: str) -> Any:
    """The SDK's class."""
    folder, _, own = f"models.{name}".rpartition(".") if "." not in name else name.rpartition(".")
    own = own.replace("*", "CollectionResponse")
    module = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in own).lstrip("_")
    return getattr(importlib.import_module(f"msgraph.generated.{folder}.{module}"), own)


def test_each_route_that_answers_with_a_body_has_a_model() -> None:
    """A new route needs a line here."""
    assert sorted(ROUTES_WITH_BODY) == sorted(MODELS)


@pytest.mark.parametrize("route", ROUTES_WITH_BODY)
def test_answer_fits_its_model(contoso: Api, world: dict[str, str], route: str) -> None:
    """The model reads it, and nothing is left over but what the reference documents all the same."""
    answer = contoso.ok(route.split(" ")[0], path_of(route, world), filled(BODIES.get(route), world))
    read = JsonParseNode(answer).get_object_value(model_of(MODELS[route]))
    left = {path.rsplit("/", 1)[1] for path in leftovers(read)} - set(EXPECTED_LEFTOVERS)

    assert [] != answer.get("value"), "nothing to read"
    assert set() == left
