"""Applications and their service principals: how properties merge, follow and are shown, and their credentials."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from entra_sync.emulator.state.catalog.entities import entity, members
from tests.emulator.api import Api
from tests.emulator.identity.signing_in import sign_in

JSON = Any
ROLE = "1c1a5b1e-1111-4222-8333-444444444444"
GRAPH = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"


def certificate() -> x509.Certificate:
    """A certificate whose subject has several parts."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "AU"),
            x509.NameAttribute(x509.NameOID.STATE_OR_PROVINCE_NAME, "Some-State"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Widgits"),
        ]
    )
    now = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=90))
    return builder.sign(key, hashes.SHA256())


@pytest.fixture
def application(contoso: Api) -> JSON:
    """An application with a value in every complex property that the tests change."""
    return contoso.post(
        "/applications",
        {
            "displayName": "App",
            "identifierUris": ["api://app"],
            "web": {"homePageUrl": "https://app.example", "redirectUris": ["https://app.example/in"]},
            "api": {"requestedAccessTokenVersion": 2},
            "spa": {"redirectUris": ["https://spa.example"]},
            "info": {"supportUrl": "https://support.example"},
        },
    )


COMPLEX = [
    (name, known)
    for name, known in entity("application").properties.items()
    if not known.collection and members(known.type) and name != "verifiedPublisher"
]


@pytest.mark.parametrize(("name", "known"), COMPLEX, ids=[name for name, _ in COMPLEX])
def test_members_of_a_complex_property_that_a_patch_does_not_name_stay(contoso: Api, name: str, known: Any) -> None:
    """Each member is changed alone, and the others keep their values."""
    values: JSON = {"Boolean": True, "Int32": 2, "String": "https://x.example"}
    changes = {
        member: ["https://x.example"] if item.collection else values[item.type]
        for member, item in (members(known.type) or {}).items()
        if item.item in values and item.shown == "v1"
    }
    path = f"/applications/{contoso.post('/applications', {'displayName': 'Members'})['id']}"
    for member, value in changes.items():
        contoso.patch(path, {name: {member: value}})
    held = contoso.get(f"{path}?$select={name}")[name]

    assert changes == {member: held[member] for member in changes}


def test_nested_boolean_text_is_read_and_unknown_member_is_refused(contoso: Api, application: JSON) -> None:
    """A text is a Boolean inside of a complex value only; a member that the type does not have is named."""
    path, role = f"/applications/{application['id']}", {"id": ROLE, "value": "r"}
    contoso.patch(path, {"appRoles": [{**role, "isEnabled": "true", "allowedMemberTypes": ["User"]}]})

    (shown,) = contoso.get(path)["appRoles"]
    assert (True, "Application") == (shown["isEnabled"], shown["origin"])
    assert 400 == contoso.error("PATCH", path, {"isFallbackPublicClient": "true"})[0]
    assert (400, "Request_BadRequest", "Invalid property 'homePage'.") == contoso.error(
        "PATCH", path, {"web": {"homePage": "x"}}
    )


def test_id_may_be_repeated_but_not_changed(contoso: Api, application: JSON) -> None:
    """Terraform's azuread sends the id with each change."""
    path = f"/applications/{application['id']}"
    contoso.patch(path, {"id": application["id"], "notes": "x"})

    assert "x" == contoso.get(path)["notes"]
    assert 400 == contoso.error("PATCH", path, {"id": ROLE})[0]


def test_service_principal_follows_its_application(contoso: Api, application: JSON) -> None:
    """Names, reply URLs, home page, roles and scopes come from the application, at first and later."""
    principal = contoso.post("/servicePrincipals", {"appId": application["appId"]})
    assert [application["appId"], "api://app"] == principal["servicePrincipalNames"]
    assert ["https://app.example/in"] == principal["replyUrls"]

    role = {"id": ROLE, "value": "r", "allowedMemberTypes": ["User"], "isEnabled": True}
    changes = {"displayName": "Renamed", "appRoles": [role], "web": {"homePageUrl": "https://new.example"}}
    contoso.patch(f"/applications/{application['id']}", changes)
    shown = contoso.get(f"/servicePrincipals/{principal['id']}")

    assert ("Renamed", "https://new.example", "r") == (
        shown["displayName"], shown["homepage"], shown["appRoles"][0]["value"],
    )  # fmt: skip
    found = contoso.get("/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq 'api://app')")["value"]
    assert [principal["id"]] == [item["id"] for item in found]


def test_owners_can_be_named_when_an_object_is_made(contoso: Api) -> None:
    """Those that are named own it, in place of the caller."""
    user = contoso.user("Owner")["id"]
    link = f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"
    made = contoso.post("/applications", {"displayName": "Owned", "owners@odata.bind": [link]})
    principal = contoso.post("/servicePrincipals", {"appId": made["appId"], "owners@odata.bind": [link]})

    for path in (f"/applications/{made['id']}", f"/servicePrincipals/{principal['id']}"):
        assert [user] == [item["id"] for item in contoso.get(f"{path}/owners")["value"]]
        assert [user] == [item["id"] for item in contoso.get(f"{path}?$expand=owners")["owners"]]


@pytest.mark.parametrize("collection", ["applications", "servicePrincipals"])
def test_expand_is_done_or_refused(contoso: Api, collection: str) -> None:
    """No option is ignored: what Graph does not have is 400, and what is not emulated is 501."""
    assert [] == [item for item in contoso.get(f"/{collection}?$expand=owners")["value"] if "owners" not in item]
    assert 400 == contoso.error("GET", f"/{collection}?$expand=nothing")[0]
    assert 501 == contoso.error("GET", f"/{collection}?$expand=tokenLifetimePolicies")[0]


@pytest.mark.parametrize("pem", [False, True])
@pytest.mark.parametrize("collection", ["applications", "servicePrincipals"])
def test_certificate_is_kept_as_sent_and_described(contoso: Api, application: JSON, collection: str, pem: bool) -> None:
    """Dates are those of the request; subject and thumbprint are those of the certificate, in .NET's spelling."""
    made = certificate()
    raw = made.public_bytes(serialization.Encoding.PEM if pem else serialization.Encoding.DER)
    dates = {"startDateTime": "2026-01-02T00:00:00Z", "endDateTime": "2026-02-02T00:00:00Z"}
    id = application["id"]
    if collection == "servicePrincipals":
        id = contoso.post("/servicePrincipals", {"appId": application["appId"]})["id"]
    path = f"/{collection}/{id}"
    contoso.patch(path, {"keyCredentials": [{"key": base64.b64encode(raw).decode(), "usage": "Verify", **dates}]})
    (shown,) = contoso.get(path)["keyCredentials"]

    assert "O=Widgits, S=Some-State, C=AU" == shown["displayName"]
    assert made.fingerprint(hashes.SHA1()).hex().upper() == shown["customKeyIdentifier"]
    assert dates == {name: shown[name] for name in dates}

    contoso.patch(path, {"keyCredentials": [{**shown, "key": None}]})
    assert [shown["keyId"]] == [item["keyId"] for item in contoso.get(path)["keyCredentials"]]


@pytest.mark.parametrize("collection", ["applications", "servicePrincipals"])
def test_client_secrets(contoso: Api, application: JSON, collection: str) -> None:
    """The newest comes first, ids and dates are as asked, and a secret of either object signs the application in."""
    principal = contoso.post("/servicePrincipals", {"appId": application["appId"]})["id"]
    path = f"/{collection}/{application['id'] if collection == 'applications' else principal}"
    asked = {"displayName": "one", "keyId": ROLE}
    asked["startDateTime"] = "2026-01-02T12:36:18.018157+02:00"
    one = contoso.post(f"{path}/addPassword", {"passwordCredential": asked})
    two = contoso.post(f"{path}/microsoft.graph.addPassword", {"passwordCredential": {"displayName": "two"}})

    assert (asked["keyId"], "2026-01-02T10:36:18.018157Z") == (one["keyId"], one["startDateTime"])
    assert re.fullmatch(r"[\d-]+T[\d:]+\.\d{7}Z", two["endDateTime"])
    assert (collection == "applications") == (one["hint"] is not None)
    assert ["two", "one"] == [item["displayName"] for item in contoso.get(path)["passwordCredentials"]]
    form = {"client_id": application["appId"], "client_secret": two["secretText"]}
    assert 200 == sign_in(contoso.emulator, contoso.tenant, **form).status_code

    contoso.ok("POST", f"{path}/removePassword", {"keyId": two["keyId"]})
    assert ["one"] == [item["displayName"] for item in contoso.get(path)["passwordCredentials"]]
    contoso.patch(path, {"passwordCredentials": []})
    assert [] == contoso.get(path)["passwordCredentials"]


def test_signing_certificate(contoso: Api, application: JSON) -> None:
    """It brings a private key, its password and the public key, which go again by the change of both lists."""
    id = contoso.post("/servicePrincipals", {"appId": application["appId"]})["id"]
    path = f"/servicePrincipals/{id}"
    made = contoso.post(f"{path}/addTokenSigningCertificate", {"displayName": "CN=app.example"})
    shown = contoso.get(f"{path}?$select=keyCredentials,passwordCredentials,preferredTokenSigningKeyThumbprint")

    der = x509.load_der_x509_certificate(base64.b64decode(made["key"]))
    thumbprint = der.fingerprint(hashes.SHA1()).hex().upper()
    assert thumbprint == made["thumbprint"] == shown["preferredTokenSigningKeyThumbprint"]
    assert ["Sign", "Verify"] == [item["usage"] for item in shown["keyCredentials"]]
    assert 1 == len(shown["passwordCredentials"])
    contoso.patch(path, {"keyCredentials": [], "passwordCredentials": []})
    assert [] == contoso.get(path)["keyCredentials"]


def test_federated_credential_is_read_and_changed_by_id_and_name(contoso: Api, application: JSON) -> None:
    """In beta an expression can stand in for the subject."""
    path = f"/applications/{application['id']}/federatedIdentityCredentials"
    body: JSON = {"name": "ci", "issuer": "https://ci.example", "subject": "s", "audiences": ["a"]}
    made = contoso.post(path, body)
    contoso.patch(f"{path}/ci", {"subject": "other"})

    assert "other" == contoso.get(f"{path}/{made['id']}")["subject"] == contoso.get(f"{path}/ci")["subject"]
    flexible = {**body, "name": "flexible", "claimsMatchingExpression": {"value": "x", "languageVersion": 1}}
    del flexible["subject"]
    assert 201 == contoso.send("POST", path, flexible, version="beta").status_code
    name = "federatedIdentityCredentials"
    assert 2 == len(contoso.get(f"/applications/{application['id']}?$expand={name}")[name])


def test_delegated_permission_grants(contoso: Api, application: JSON) -> None:
    """One for a client, a resource and a user or all of them; it ends with any of the three."""
    client = contoso.post("/servicePrincipals", {"appId": application["appId"]})["id"]
    graph = contoso.get(GRAPH)
    body = {"clientId": client, "consentType": "AllPrincipals", "principalId": None}
    body |= {"resourceId": graph["id"], "scope": "User.Read"}
    made = contoso.post("/oauth2PermissionGrants", body)
    contoso.patch(f"/oauth2PermissionGrants/{made['id']}", {"scope": "User.Read openid"})
    found = contoso.get(f"/oauth2PermissionGrants?$filter=clientId eq '{client}'")["value"]

    assert [{**body, "id": made["id"], "scope": "User.Read openid"}] == found
    assert 43 == len(made["id"])
    assert 409 == contoso.error("POST", "/oauth2PermissionGrants", body)[0]
    scopes = {item["value"] for item in graph["oauth2PermissionScopes"]}
    assert {"openid", "email", "offline_access", "profile"} <= scopes
    contoso.ok("DELETE", f"/servicePrincipals/{client}")
    contoso.ok("DELETE", f"/directory/deletedItems/{client}")
    assert [] == contoso.get("/oauth2PermissionGrants")["value"]


def test_microsoft_graph_cannot_be_deleted(contoso: Api) -> None:
    """Without it no user could sign in."""
    assert (403, "Authorization_RequestDenied") == contoso.error("DELETE", GRAPH)[:2]


def test_method_that_graph_has_and_the_emulator_lacks_is_501(contoso: Api, application: JSON) -> None:
    """405 would say that Graph does not have it."""
    assert 501 == contoso.error("POST", f"/applications/{application['id']}/owners", {})[0]
    assert 405 == contoso.error("PUT", "/users", {})[0]


def test_user_name_may_begin_with_a_dollar(contoso: Api) -> None:
    """Azure CLI's tests make such users; the key form quotes the name."""
    name = f"$odd-user@{contoso.tenant.domain}"
    contoso.user("Odd", mailNickname="$odd-user", userPrincipalName=name)

    assert name == contoso.get(f"/users('{name}')")["userPrincipalName"]


def test_headers_of_actions_errors_and_empty_answers(contoso: Api, application: JSON) -> None:
    """As recorded traffic has them."""
    made = contoso.send("POST", f"/applications/{application['id']}/addPassword", {})
    failed = contoso.send("GET", f"/applications/{ROLE}")
    empty = contoso.send("PATCH", f"/applications/{application['id']}", {"notes": "x"})
    checked = contoso.send(
        "POST", f"/users/{contoso.user('Checked')['id']}/checkMemberGroups", {"groupIds": [application["id"]]}
    )

    assert (contoso.tenant.graph_url, "Accept-Encoding") == (made.headers["Location"], made.headers["Vary"])
    assert "application/json" == failed.headers["Content-Type"]
    assert "OData-Version" not in empty.headers
    assert "4" == checked.headers["x-ms-resource-unit"]


def test_domains_are_the_verified_ones(contoso: Api) -> None:
    """Terraform configurations begin with them."""
    names = [item["name"] for item in contoso.tenant.document["verifiedDomains"]]

    assert names == [item["id"] for item in contoso.get("/domains")["value"]]
    assert contoso.get(f"/domains/{names[0]}")["isVerified"]


def test_an_identifier_uri_is_unique(contoso: Api) -> None:
    """Published answers: 400 with ObjectConflict among the details."""
    contoso.post("/applications", {"displayName": "One", "identifierUris": ["api://one"]})
    other = contoso.post("/applications", {"displayName": "Other"})["id"]
    answer = contoso.send("PATCH", f"/applications/{other}", {"identifierUris": ["api://one"]})
    error = answer.json()["error"]

    assert (400, "Request_BadRequest") == (answer.status_code, error["code"])
    assert [("ObjectConflict", "identifierUris")] == [(each["code"], each["target"]) for each in error["details"]]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"appRoles": []}, {"appRoles": [{"id": ROLE, "isEnabled": False}]}),
        ({"api": {"oauth2PermissionScopes": []}}, {"api": {"oauth2PermissionScopes": [{"id": ROLE}]}}),
    ],
    ids=["role", "scope"],
)
def test_what_is_enabled_has_to_be_disabled_before_it_is_removed(contoso: Api, body: JSON, kept: JSON) -> None:
    role = {"id": ROLE, "isEnabled": True, "displayName": "R", "description": "R", "value": "R"}
    scope = {"id": ROLE, "isEnabled": True, "value": "S", "type": "User"}
    made = {"appRoles": [{**role, "allowedMemberTypes": ["User"]}], "api": {"oauth2PermissionScopes": [scope]}}
    path = f"/applications/{contoso.post('/applications', {'displayName': 'A', **made})['id']}"

    assert (400, "CannotDeleteOrUpdateEnabledEntitlement") == contoso.error("PATCH", path, body)[:2]

    contoso.patch(path, kept)
    contoso.patch(path, body)


def test_an_audience_is_one_of_four(contoso: Api) -> None:
    answer = contoso.error("POST", "/applications", {"displayName": "A", "signInAudience": "Everyone"})

    assert (400, "Invalid value specified for property 'signInAudience' of resource 'Application'.") == (
        answer[0],
        answer[2],
    )


def test_a_service_principal_needs_an_application(contoso: Api) -> None:
    """Published answers: 400 with NoBackingApplicationObject among the details, and not 404."""
    answer = contoso.send("POST", "/servicePrincipals", {"appId": ROLE})
    error = answer.json()["error"]

    assert (400, "Request_BadRequest") == (answer.status_code, error["code"])
    assert ["NoBackingApplicationObject"] == [each["code"] for each in error["details"]]


def test_an_action_that_the_emulator_does_not_know_is_not_said_to_be_unknown_to_graph(contoso: Api) -> None:
    """validateProperties stands where other paths of directoryObjects have an id."""
    assert 501 == contoso.error("POST", "/directoryObjects/validateProperties", {"entityType": "Group"})[0]


@pytest.mark.parametrize("part", ["web", "spa", "publicClient"])
def test_redirect_uris_are_https_except_on_this_computer(contoso: Api, part: str) -> None:
    def answer(uri: str) -> int:
        return contoso.send("POST", "/applications", {"displayName": "A", part: {"redirectUris": [uri]}}).status_code

    uris = ("https://a.example/cb", "http://localhost:8080/cb", "http://127.0.0.1/cb", "http://a.example/cb")

    assert [201, 201, 201, 400] == [answer(uri) for uri in uris]


A_ROLE = {"allowedMemberTypes": ["User"], "description": "r", "displayName": "r", "isEnabled": True}
A_SCOPE = {"adminConsentDisplayName": "s", "adminConsentDescription": "s", "type": "User", "isEnabled": True}
FIRST, SECOND = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({"appRoles": [{**A_ROLE, "id": FIRST, "value": "a"}, {**A_ROLE, "id": SECOND, "value": "a"}]}, "appRoles"),
        ({"appRoles": [{**A_ROLE, "id": FIRST, "value": "a"}, {**A_ROLE, "id": FIRST, "value": "b"}]}, "appRoles"),
        (
            {
                "appRoles": [{**A_ROLE, "id": FIRST, "value": "a"}],
                "api": {"oauth2PermissionScopes": [{**A_SCOPE, "id": SECOND, "value": "a"}]},
            },
            "api",
        ),
    ],
    ids=["value of two roles", "id of two roles", "value of a role and a scope"],
)
def test_ids_and_values_of_roles_and_scopes_are_unique(contoso: Api, body: dict[str, Any], target: str) -> None:
    error = contoso.send("POST", "/applications", {"displayName": "A", **body}).json()["error"]

    assert ("DuplicateValue", target) == (error["code"], error["details"][0]["target"])


def test_roles_without_a_value_are_no_duplicates(contoso: Api) -> None:
    roles = [{**A_ROLE, "id": id, "value": None} for id in (FIRST, SECOND)]

    assert 201 == contoso.send("POST", "/applications", {"displayName": "A", "appRoles": roles}).status_code


def test_parts_of_an_application_and_its_service_principal_are_whole(contoso: Api) -> None:
    """Members that were not sent have their usual value; roles and scopes look the same in both."""
    body = {
        "displayName": "A",
        "web": {"implicitGrantSettings": {"enableIdTokenIssuance": True}},
        "appRoles": [{**A_ROLE, "id": FIRST, "value": "a"}],
        "api": {"oauth2PermissionScopes": [{**A_SCOPE, "id": SECOND, "value": "b"}]},
    }
    application = contoso.post("/applications", body)
    principal = contoso.post("/servicePrincipals", {"appId": application["appId"]})

    assert application["web"]["implicitGrantSettings"]["enableAccessTokenIssuance"] is False
    assert application["appRoles"] == principal["appRoles"]
    assert application["api"]["oauth2PermissionScopes"] == principal["oauth2PermissionScopes"]


def test_an_application_trusts_a_subject_of_an_issuer_once(contoso: Api) -> None:
    path = f"/applications/{contoso.post('/applications', {'displayName': 'A'})['id']}/federatedIdentityCredentials"
    body = {"name": "one", "issuer": "https://i.example", "subject": "s", "audiences": ["a"]}
    contoso.post(path, body)
    contoso.post(path, {**body, "name": "two", "subject": "t"})

    assert 409 == contoso.error("POST", path, {**body, "name": "three"})[0]
    assert 409 == contoso.error("PATCH", f"{path}/two", {"subject": "s"})[0]


def test_only_owners_change_a_deleted_application_with_the_permission_for_what_they_own(
    contoso: Api, application: JSON
) -> None:
    """Permissions reference, Application.ReadWrite.OwnedBy: nothing that the caller does not own."""
    path, id = f"/applications/{application['id']}", application["id"]
    only_own = contoso.holding("Application.ReadWrite.OwnedBy")
    contoso.ok("DELETE", path)
    only_own.post(f"/directory/deletedItems/{id}/restore")
    contoso.ok("DELETE", f"{path}/owners/{contoso.get(f'{path}/owners')['value'][0]['id']}/$ref")
    contoso.ok("DELETE", path)

    assert 403 == only_own.error("POST", f"/directory/deletedItems/{id}/restore")[0]
    assert 403 == only_own.error("DELETE", f"/directory/deletedItems/{id}")[0]
    contoso.holding("Application.ReadWrite.All").post(f"/directory/deletedItems/{id}/restore")
