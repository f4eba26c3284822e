"""Contract with the Python clients: sign-in, a whole link, and models that know everything that is answered."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientAssertionCredential, ClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from msgraph import GraphServiceClient
from msgraph.generated.applications.item.add_password.add_password_post_request_body import AddPasswordPostRequestBody
from msgraph.generated.models.o_data_errors.o_data_error import ODataError

from entra_sync.emulator.identity.tokens import jwk
from entra_sync.emulator.serving.server import Server
from tests.contract.leftovers import EXPECTED_LEFTOVERS
from tests.contract.python_client import graph_client, leftovers, secret_credential
from tests.emulator.api import Api
from tests.emulator.linking import connect

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def run(job: Callable[[], Awaitable[Any]]) -> Any:
    """Run a coroutine."""
    return asyncio.run(job())  # type: ignore[arg-type]


# Sign-in


def test_client_secret_credential_gets_a_token_of_its_tenant(server: Server) -> None:
    """azure-identity signs in unchanged, in either cloud."""
    for name in ("contoso", "federal"):
        tenant = server.emulator.tenants[name]
        token = secret_credential(server, name).get_token(f"{server.url(tenant.cloud)}/.default")
        claims = jwt.decode(token.token, options={"verify_signature": False})
        assert (claims["tid"], claims["appid"]) == (tenant.tenant_id, tenant.client_id)


def test_wrong_secret_is_an_authentication_error(server: Server) -> None:
    """azure-identity reports the service's number."""
    tenant = server.emulator.tenants["contoso"]
    credential = ClientSecretCredential(
        tenant.tenant_id,
        tenant.client_id,
        "wrong",
        authority=server.url(tenant.cloud),
        disable_instance_discovery=True,
        connection_verify=str(server.ca_file),
    )
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        credential.get_token(f"{server.url(tenant.cloud)}/.default")


def test_certificate_credential_signs_in(server: Server, tmp_path: Path) -> None:
    """A certificate that the application has registered."""
    contoso = Api(server.emulator, "contoso")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "contract")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    der = certificate.public_bytes(serialization.Encoding.DER)
    credential = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.b64encode(der).decode()}
    contoso.patch(f"/applications(appId='{contoso.tenant.client_id}')", {"keyCredentials": [credential]})
    pem = tmp_path / "key.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    root = server.url(contoso.tenant.cloud)
    signed_in = CertificateCredential(
        contoso.tenant.tenant_id,
        contoso.tenant.client_id,
        str(pem),
        authority=root,
        disable_instance_discovery=True,
        connection_verify=str(server.ca_file),
    )

    assert signed_in.get_token(f"{root}/.default").token


def test_assertion_credential_signs_in(server: Server) -> None:
    """A federated identity, as workload identity uses it."""
    contoso = Api(server.emulator, "contoso")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    issuer = "https://issuer.example.com"
    server.emulator.trust_issuer(issuer, {"keys": [jwk(key.public_key(), "k1")]})
    body = {"name": "contract", "issuer": issuer, "subject": "job", "audiences": ["api://AzureADTokenExchange"]}
    contoso.post(f"/applications(appId='{contoso.tenant.client_id}')/federatedIdentityCredentials", body)
    claims = {"iss": issuer, "sub": "job", "aud": "api://AzureADTokenExchange", "exp": 4102444800}
    assertion = jwt.encode(claims, key, algorithm="RS256", headers={"kid": "k1"})
    root = server.url(contoso.tenant.cloud)
    credential = ClientAssertionCredential(
        contoso.tenant.tenant_id,
        contoso.tenant.client_id,
        lambda: assertion,
        authority=root,
        disable_instance_discovery=True,
        connection_verify=str(server.ca_file),
    )

    assert credential.get_token(f"{root}/.default").token


# Graph


def test_pages_are_followed_and_errors_are_typed(server: Server) -> None:
    """Next links work with the SDK, and an error is an ODataError with code and inner error."""

    async def job() -> None:
        client = graph_client(server, "contoso")
        page = await client.users.get()
        found = list(page.value)
        while page.odata_next_link:
            page = await client.users.with_url(page.odata_next_link).get()
            found += page.value
        assert len({user.id for user in found}) == len(found) >= 150
        with pytest.raises(ODataError) as caught:
            await client.users.by_user_id("nobody").get()
        error = caught.value.error
        assert (404, "Request_ResourceNotFound") == (caught.value.response_status_code, error.code)
        assert error.inner_error.request_id and error.inner_error.date

    run(job)


def test_throttled_requests_are_retried_by_the_sdk(server: Server) -> None:
    """The SDK's own middleware waits as Retry-After says and asks again."""
    server.emulator.fault(path="/organization", status=429, retry_after=0.01, times=2)

    async def job() -> None:
        found = await graph_client(server, "contoso").organization.get()
        assert "Contoso" == found.value[0].display_name

    run(job)


def test_new_secret_is_made_and_used(server: Server) -> None:
    """An action with a body and an answer."""

    async def job() -> Any:
        client = graph_client(server, "contoso")
        made = await client.applications.post(_application("Contract"))
        await client.service_principals.post(_principal(made.app_id))
        return made.app_id, await client.applications.by_application_id(made.id).add_password.post(
            AddPasswordPostRequestBody()
        )

    app_id, password = run(job)
    tenant = server.emulator.tenants["contoso"]
    root = server.url(tenant.cloud)
    credential = ClientSecretCredential(
        tenant.tenant_id,
        app_id,
        password.secret_text,
        authority=root,
        disable_instance_discovery=True,
        connection_verify=str(server.ca_file),
    )
    assert credential.get_token(f"{root}/.default").token


def _application(name: str) -> Any:
    from msgraph.generated.models.application import Application

    return Application(display_name=name)


def _principal(app_id: str) -> Any:
    from msgraph.generated.models.service_principal import ServicePrincipal

    return ServicePrincipal(app_id=app_id)


def _answers(client: GraphServiceClient, world: dict[str, str]) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Every kind of answer that the SDK has a model for."""
    principal = client.service_principals.by_service_principal_id(world["principal"])
    job = principal.synchronization.jobs.by_synchronization_job_id(world["job"])
    user, group = client.users.by_user_id(world["user"]), client.groups.by_group_id(world["group"])
    policy = client.policies.cross_tenant_access_policy
    partner = policy.partners.by_cross_tenant_access_policy_configuration_partner_tenant_id(world["partner"])
    return {
        "users": client.users.get,
        "user": user.get,
        "user delta": client.users.delta.get,
        "manager": user.manager.get,
        "memberOf": user.member_of.get,
        "transitiveMemberOf": user.transitive_member_of.get,
        "user assignments": user.app_role_assignments.get,
        "license details": user.license_details.get,
        "groups": client.groups.get,
        "group": group.get,
        "group delta": client.groups.delta.get,
        "members": group.members.get,
        "members as users": group.members.graph_user.get,
        "transitive members": group.transitive_members.get,
        "owners": group.owners.get,
        "applications": client.applications.get,
        "application": client.applications.by_application_id(world["application"]).get,
        "application by appId": client.applications_with_app_id(world["appId"]).get,
        "service principals": client.service_principals.get,
        "service principal": principal.get,
        "service principal by appId": client.service_principals_with_app_id(world["appId"]).get,
        "assigned to": principal.app_role_assigned_to.get,
        "application templates": client.application_templates.get,
        "templates": principal.synchronization.templates.get,
        "jobs": principal.synchronization.jobs.get,
        "job": job.get,
        "schema": job.schema.get,
        "functions": job.schema.functions.get,
        "filter operators": job.schema.filter_operators.get,
        "subscriptions": client.subscribed_skus.get,
        "organization": client.organization.get,
        "policy": policy.get,
        "default": policy.default.get,
        "partners": policy.partners.get,
        "partner": partner.get,
        "provisioning log": client.audit_logs.provisioning.get,
        "audit log": client.audit_logs.directory_audits.get,
        "deleted users": client.directory.deleted_items.graph_user.get,
        "deleted groups": client.directory.deleted_items.graph_group.get,
        "tenant": client.tenant_relationships.find_tenant_information_by_tenant_id_with_tenant_id(world["tenant"]).get,
    }


@pytest.fixture(scope="session")
def world(server: Server) -> dict[str, str]:
    """A link with history: someone synchronized, a failure, deleted people and groups, licenses."""
    contoso, federal = Api(server.emulator, "contoso"), Api(server.emulator, "federal")
    link = connect(contoso, federal)
    user = contoso.get("/users?$filter=jobTitle ne null&$count=true&$top=1", headers={"ConsistencyLevel": "eventual"})
    person = user["value"][0]["id"]
    license = {
        "addLicenses": [{"skuId": "84a661c4-e949-4bd2-a560-ed7766fcaf2b", "disabledPlans": []}],
        "removeLicenses": [],
    }
    contoso.post(f"/users/{person}/assignLicense", license)
    boss = contoso.user("The Boss")["id"]
    contoso.ok("PUT", f"/users/{person}/manager/$ref", {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{boss}"})
    group = contoso.group("Contract", [person], unified=True)["id"]
    federal.user("In The Way", mail="way@contoso.com")
    link.assign(person)
    link.assign(contoso.user("Fails", mail="way@contoso.com")["id"])
    link.start()
    link.cycle()
    contoso.ok("DELETE", f"/users/{contoso.user('Deleted')['id']}")
    contoso.ok("DELETE", f"/groups/{contoso.group('Deleted', unified=True)['id']}")
    app_id = contoso.get(f"/servicePrincipals/{link.principal}")["appId"]
    return {
        "principal": link.principal,
        "job": link.job_id,
        "user": person,
        "group": group,
        "appId": app_id,
        "application": contoso.get(f"/applications(appId='{app_id}')")["id"],
        "partner": federal.tenant.tenant_id,
        "tenant": contoso.tenant.tenant_id,
    }


def test_every_answer_fits_the_sdks_models(server: Server, world: dict[str, str]) -> None:
    """Nothing is left over that the models do not know, but what the reference documents all the same."""

    async def job() -> dict[str, set[str]]:
        client = graph_client(server, "contoso")
        found: dict[str, set[str]] = {}
        for name, ask in _answers(client, world).items():
            answer = await ask()
            assert answer is not None, name
            names = {path.rsplit("/", 1)[1] for path in leftovers(answer)}
            found[name] = names - set(EXPECTED_LEFTOVERS)
        return found

    assert {} == {name: left for name, left in run(job).items() if left}
