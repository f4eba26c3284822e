"""The login authorities: discovery, tokens by secret, certificate and federation, and what Graph makes of them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from entra_sync.emulator import Emulator
from entra_sync.emulator.identity.tokens import jwk
from entra_sync.emulator.state.spelling import b64
from entra_sync.microsoft.clouds import CLOUDS
from tests.emulator.api import Api
from tests.emulator.identity.signing_in import sign_in

JSON = Any
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def test_discovery_document_and_keys_verify_a_token(emulator: Emulator, contoso: Api) -> None:
    """A token can be checked with the keys that the OpenID configuration points at."""
    tenant = contoso.tenant
    token = sign_in(emulator, tenant).json()["access_token"]
    with httpx.Client(transport=emulator.transport()) as client:
        authority = CLOUDS[tenant.cloud].authority
        configuration = client.get(f"{authority}/{tenant.tenant_id}/v2.0/.well-known/openid-configuration").json()
        keys = jwt.PyJWKSet.from_dict(client.get(configuration["jwks_uri"]).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["RS256"], audience="https://graph.microsoft.com")

    assert configuration["token_endpoint"].endswith(f"{tenant.tenant_id}/oauth2/v2.0/token")
    assert (claims["tid"], claims["appid"], claims["idtyp"]) == (tenant.tenant_id, tenant.client_id, "app")
    assert "User.ReadWrite.All" in claims["roles"]


def test_tenant_is_found_by_its_domain(emulator: Emulator) -> None:
    """The authority takes a verified domain in place of the id."""
    with httpx.Client(transport=emulator.transport()) as client:
        url = "https://login.microsoftonline.com/contoso.com/v2.0/.well-known/openid-configuration"
        assert emulator.tenants["contoso"].tenant_id in client.get(url).json()["issuer"]


@pytest.mark.parametrize(
    ("form", "status", "number"),
    [
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"client_id": "3f7565a3-fde6-4e4d-bda8-1bb70aba3612"}, 400, 700016),
        ({"scope": "https://example.com/.default"}, 400, 500011),
        ({"scope": "User.Read.All"}, 400, 1002012),
        ({"grant_type": "password"}, 400, 70003),
        ({"client_secret": ""}, 401, 7000218),
    ],
)
def test_refused_sign_ins_have_the_services_numbers(
    emulator: Emulator, contoso: Api, form: dict[str, str], status: int, number: int
) -> None:
    """Each error is an OAuth error with its AADSTS number."""
    answer = sign_in(emulator, contoso.tenant, **form)

    assert (answer.status_code, answer.json()["error_codes"]) == (status, [number])
    assert answer.json()["error_description"].startswith(f"AADSTS{number}: ")


def test_unknown_tenant_and_tenant_of_another_cloud_are_refused(emulator: Emulator, federal: Api) -> None:
    """A cloud's authority does not know tenants of other clouds."""
    with httpx.Client(transport=emulator.transport()) as client:
        url = f"https://login.microsoftonline.com/{federal.tenant.tenant_id}/v2.0/.well-known/openid-configuration"
        assert [90002] == client.get(url).json()["error_codes"]


def certificate() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """A key and a self-signed certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return key, builder.sign(key, hashes.SHA256())


def test_certificate_assertion_signs_in(emulator: Emulator, contoso: Api) -> None:
    """An assertion signed with a registered certificate is as good as a secret; others are not."""
    tenant = contoso.tenant
    key, registered = certificate()
    der = registered.public_bytes(serialization.Encoding.DER)
    credential = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.b64encode(der).decode()}
    contoso.patch(f"/applications(appId='{tenant.client_id}')", {"keyCredentials": [credential]})
    endpoint = f"https://login.microsoftonline.com/{tenant.tenant_id}/oauth2/v2.0/token"

    def assertion(signer: rsa.RSAPrivateKey, **changes: Any) -> str:
        expires = datetime.now(UTC) + timedelta(minutes=5)
        claims = {"iss": tenant.client_id, "sub": tenant.client_id, "aud": endpoint, "exp": expires, "jti": "1"}
        header = {"x5t#S256": b64(registered.fingerprint(hashes.SHA256()))}
        return jwt.encode({**claims, **changes}, signer, algorithm="PS256", headers=header)

    def tried(text: str) -> httpx.Response:
        return sign_in(emulator, tenant, client_assertion=text, client_assertion_type=ASSERTION)

    assert 200 == tried(assertion(key)).status_code
    assert [700027] == tried(assertion(certificate()[0])).json()["error_codes"]
    assert [700024] == tried(assertion(key, exp=1)).json()["error_codes"]
    assert [700023] == tried(assertion(key, aud="https://example.com")).json()["error_codes"]


def test_federated_assertion_signs_in(emulator: Emulator, contoso: Api) -> None:
    """A trusted issuer's token for the registered subject is as good as a secret."""
    tenant, issuer = contoso.tenant, "https://token.actions.example.com"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    emulator.trust_issuer(issuer, {"keys": [jwk(key.public_key(), "one")]})
    body = {"name": "ci", "issuer": issuer, "subject": "repo:x", "audiences": ["api://AzureADTokenExchange"]}
    contoso.post(f"/applications(appId='{tenant.client_id}')/federatedIdentityCredentials", body)

    def tried(subject: str) -> httpx.Response:
        claims = {"iss": issuer, "sub": subject, "aud": "api://AzureADTokenExchange", "exp": 4102444800}
        text = jwt.encode(claims, key, algorithm="RS256", headers={"kid": "one"})
        return sign_in(emulator, tenant, client_assertion=text, client_assertion_type=ASSERTION)

    assert 200 == tried("repo:x").status_code
    assert [700213] == tried("repo:y").json()["error_codes"]


def test_added_secret_signs_in_until_it_is_removed(emulator: Emulator, contoso: Api) -> None:
    """addPassword shows its secret once; it works until removePassword."""
    path = f"/applications(appId='{contoso.tenant.client_id}')"
    added = contoso.post(f"{path}/addPassword", {"passwordCredential": {"displayName": "second"}})
    assert 200 == sign_in(emulator, contoso.tenant, client_secret=added["secretText"]).status_code
    assert contoso.get(path)["passwordCredentials"][1]["secretText"] is None
    contoso.post(f"{path}/removePassword", {"keyId": added["keyId"]})

    assert 401 == sign_in(emulator, contoso.tenant, client_secret=added["secretText"]).status_code


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("", "Access token is empty."),
        ("x.y.z", "CompactToken parsing failed with error code: 80049217"),
        ("expired", "Lifetime validation failed, the token is expired."),
        ("federal", "Access token validation failure. Invalid audience."),
        ("forged", "Signing key is invalid."),
        ("changed", "Signing key is invalid."),
    ],
)
def test_tokens_that_are_no_good_here_are_refused(emulator: Emulator, token: str, message: str) -> None:
    """A token has to be this cloud's, unchanged, and in its lifetime."""
    graph = CLOUDS[emulator.tenants["contoso"].cloud].graph
    good = emulator.token("contoso")
    head, payload, signature = good.split(".")
    other = jwt.encode({**jwt.decode(good, options={"verify_signature": False})}, "s" * 32, algorithm="HS256")
    tokens = {
        "expired": emulator.token("contoso", lifetime=-10),
        "federal": emulator.token("federal"),
        "forged": emulator.token("federal", audience=graph),
        "changed": f"{head}.{other.split('.')[1]}.{signature}" if other.split(".")[1] != payload else other,
    }
    with httpx.Client(transport=emulator.transport()) as client:
        shown = {"Authorization": f"Bearer {tokens.get(token, token)}"} if token else {}
        answer = client.get("https://graph.microsoft.com/v1.0/users", headers=shown)

    assert (401, "InvalidAuthenticationToken") == (answer.status_code, answer.json()["error"]["code"])
    assert answer.json()["error"]["message"] == message


def test_token_of_a_tenant_shows_that_tenant_only(emulator: Emulator, contoso: Api) -> None:
    """Which tenant is asked is said by the token alone."""
    emulator.add_tenant("fabrikam", "global")
    user = contoso.user("Only Here")

    assert 404 == Api(emulator, "fabrikam").error("GET", f"/users/{user['id']}")[0]


def test_cloud_metadata_document_names_graph_and_login(emulator: Emulator) -> None:
    """Tools that find a cloud by its metadata host learn both addresses."""
    with httpx.Client(transport=emulator.transport()) as client:
        found = client.get("https://graph.microsoft.us/metadata/endpoints?api-version=2022-09-01").json()

    assert "AzureUSGovernment" == found["name"]
    assert "https://graph.microsoft.us/" == found["microsoftGraphResourceId"]
    assert {"loginEndpoint", "audiences", "tenant", "identityProvider"} == set(found["authentication"])
    assert {} == found["suffixes"]


@pytest.mark.parametrize("cloud", ["global", "usgov", "usgovdod", "china"])
def test_every_cloud_has_its_own_tokens(cloud: str) -> None:
    """Clouds stand side by side, each with its own issuer and Graph."""
    emulator = Emulator()
    tenant = emulator.add_tenant("here", cloud)

    assert Api(emulator, "here").get("/organization")["value"][0]["id"] == tenant.tenant_id
    assert 200 == sign_in(emulator, tenant).status_code


def test_token_for_azure_resource_manager_is_issued_and_not_good_for_graph(emulator: Emulator) -> None:
    """``az login`` asks for it first; Graph does not take it."""
    tenant = emulator.tenants["contoso"]
    answer = sign_in(emulator, tenant, scope="https://management.core.windows.net//.default")

    assert 200 == answer.status_code
    assert 401 == Api(emulator, tenant, token=answer.json()["access_token"]).send("GET", "/organization").status_code


def test_azure_resource_manager_has_no_subscriptions(emulator: Emulator, contoso: Api) -> None:
    """`az login --allow-no-subscriptions` asks for them, with a token that is not for Graph."""
    tenant = emulator.tenants["contoso"]
    token = sign_in(emulator, tenant, scope="https://management.core.windows.net//.default").json()["access_token"]
    root = CLOUDS[tenant.cloud].graph

    answer = Api(emulator, tenant, token=token).send("GET", f"{root}/subscriptions?api-version=2022-12-01")
    assert [] == answer.json()["value"]
    answer = Api(emulator, tenant, token=token).send("GET", f"{root}/tenants?api-version=2022-12-01")
    assert [tenant.tenant_id] == [each["tenantId"] for each in answer.json()["value"]]
    assert 401 == contoso.send("GET", f"{root}/subscriptions?api-version=2022-12-01").status_code
