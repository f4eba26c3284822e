"""IdentitySynchronization: what the target lets a partner synchronize in."""

import pytest

from entra_sync.resources.identity_synchronization import IdentitySynchronizationArgs, IdentitySynchronizationHandler
from tests.resources.lifecycle import Lifecycle

PARTNERS = "/v1.0/policies/crossTenantAccessPolicy/partners"


@pytest.fixture
def inbound(resource, portal, contoso) -> Lifecycle:
    """The resource under test, in a Federal that has Contoso as a partner."""
    portal("federal", "POST", PARTNERS, {"tenantId": contoso.tenant_id})
    return resource(IdentitySynchronizationHandler())


@pytest.fixture
def declared(contoso, federal):
    """Makes arguments for Contoso in Federal."""

    def make(**values) -> IdentitySynchronizationArgs:
        return IdentitySynchronizationArgs(tenant=federal, partner_tenant_id=contoso.tenant_id, **values)

    return make


def path(contoso) -> str:
    """Path of the object."""
    return f"{PARTNERS}/{contoso.tenant_id}/identitySynchronization"


def test_basic(inbound, declared, contoso, portal) -> None:
    """PUT makes it."""
    inbound.up(declared(display_name="Contoso"))
    found = portal("federal", "GET", path(contoso))

    assert ("Contoso", {"isSyncAllowed": True}) == (found["displayName"], found["userSyncInbound"])
    assert inbound.id.endswith(f"/partners/{contoso.tenant_id}/identitySynchronization")


@pytest.mark.parametrize(("values", "version"), [({}, "v1.0"), ({"group_sync_inbound": True}, "beta")])
def test_the_beta_version_is_used_only_for_what_v1_lacks(values, version, inbound, declared) -> None:
    inbound.up(declared(**values))

    assert [version] == [call["call"].split("/")[1] for call in inbound.inputs["graphCalls"]]


def test_update(inbound, declared, contoso, portal) -> None:
    """PATCH of what changed."""
    inbound.up(declared())

    assert "update" == inbound.up(declared(user_sync_inbound=False))
    assert {"isSyncAllowed": False} == portal("federal", "GET", path(contoso))["userSyncInbound"]


def test_replace(inbound, declared, federal, portal) -> None:
    """Another partner is another object; the old one goes first."""
    other = "3d0f5dec-5d3d-455c-8016-e2af1ae4d31a"
    portal("federal", "POST", PARTNERS, {"tenantId": other})
    inbound.up(declared())

    assert "replace" == inbound.up(IdentitySynchronizationArgs(tenant=federal, partner_tenant_id=other))


def test_adopt(inbound, declared, contoso, portal) -> None:
    """An object that is there is changed by PATCH, and put back when the resource goes."""
    portal("federal", "PUT", path(contoso), {"userSyncInbound": {"isSyncAllowed": False}})
    inbound.up(declared())
    inbound.delete()

    assert {"isSyncAllowed": False} == portal("federal", "GET", path(contoso))["userSyncInbound"]


@pytest.mark.parametrize(
    ("values", "sent"),
    [({}, []), ({"user_sync_inbound": False}, [{"userSyncInbound": {"isSyncAllowed": False}}])],
    ids=["as it is there", "changed"],
)
def test_only_what_differs_from_what_is_there_is_sent(values, sent, inbound, declared, contoso, portal) -> None:
    portal("federal", "PUT", path(contoso), {"displayName": "Contoso", "userSyncInbound": {"isSyncAllowed": True}})
    inbound.up(declared(display_name="Contoso", **values))

    assert sent == [call["body"] for call in inbound.inputs["graphCalls"]]


def test_drift(inbound, declared, contoso, portal) -> None:
    """Inbound synchronization that was turned off is seen and repaired."""
    inbound.up(declared())
    portal("federal", "PATCH", path(contoso), {"userSyncInbound": {"isSyncAllowed": False}})

    assert inbound.refresh()
    assert inbound.outputs["userSyncInbound"] is False
    assert "update" == inbound.up(declared())


def test_gone(inbound, declared, contoso, portal) -> None:
    """An object that was deleted elsewhere is gone after a refresh."""
    inbound.up(declared())
    portal("federal", "DELETE", path(contoso))

    assert not inbound.refresh()


def test_delete(inbound, declared, contoso, portal) -> None:
    """Deleted; the partner stays."""
    inbound.up(declared())
    inbound.delete()

    assert [contoso.tenant_id] == [each["tenantId"] for each in portal("federal", "GET", PARTNERS)["value"]]
