"""AllowedCloudEndpoint: one entry of a list that belongs to the whole tenant."""

import pytest

from entra_sync.graph.gateway import Graph
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpointArgs, AllowedCloudEndpointHandler
from tests.resources.lifecycle import Lifecycle, Refused

POLICY = "/v1.0/policies/crossTenantAccessPolicy"


@pytest.fixture
def endpoint(resource) -> Lifecycle:
    """The resource under test."""
    return resource(AllowedCloudEndpointHandler())


def allowed(portal) -> list[str]:
    """What Contoso's policy allows now."""
    return portal("contoso", "GET", POLICY)["allowedCloudEndpoints"] or []


def test_basic(endpoint, contoso, portal) -> None:
    """The entry is added, and the id names it."""
    endpoint.up(AllowedCloudEndpointArgs(tenant=contoso, cloud="usgov"))

    assert ["microsoftonline.us"] == allowed(portal)
    assert endpoint.id.endswith("/policies/crossTenantAccessPolicy/allowedCloudEndpoints/microsoftonline.us")
    assert "microsoftonline.us" == endpoint.outputs["endpoint"]


def test_update_is_nothing(endpoint, contoso) -> None:
    """The same arguments again change nothing and ask nothing."""
    args = AllowedCloudEndpointArgs(tenant=contoso, cloud="usgov")
    endpoint.up(args)
    before = len(endpoint.emulator.requests)

    assert "same" == endpoint.up(args)
    assert before == len(endpoint.emulator.requests)


def test_replace(endpoint, contoso, portal) -> None:
    """Another cloud is another entry."""
    endpoint.up(AllowedCloudEndpointArgs(tenant=contoso, cloud="usgov"))

    assert "replace" == endpoint.up(AllowedCloudEndpointArgs(tenant=contoso, cloud="china"))
    assert ["partner.microsoftonline.cn"] == allowed(portal)


def test_adopt(endpoint, contoso, portal) -> None:
    """An entry that was there stays when the resource goes."""
    portal("contoso", "PATCH", POLICY, {"allowedCloudEndpoints": ["microsoftonline.us"]})
    endpoint.up(AllowedCloudEndpointArgs(tenant=contoso, cloud="usgov"))
    endpoint.delete()

    assert ["microsoftonline.us"] == allowed(portal)


def test_drift(endpoint, contoso, portal) -> None:
    """Another administrator's entry is neither drift nor lost."""
    endpoint.up(AllowedCloudEndpointArgs(tenant=contoso, cloud="usgov"))
    portal("contoso", "PATCH", POLICY, {"allowedCloudEndpoints": ["microsoftonline.us", "partner.microsoftonline.cn"]})

    assert endpoint.refresh()
    endpoint.delete()
    assert ["partner.microsoftonline.cn"] == allowed(portal)


def test_gone(endpoint, contoso, portal) -> None:
    """An entry that was removed elsewhere is gone after a refresh."""
    endpoint.up(AllowedCloudEndpointArgs(tenant=contoso, cloud="usgov"))
    portal("contoso", "PATCH", POLICY, {"allowedCloudEndpoints": []})

    assert not endpoint.refresh()


def test_delete(endpoint, contoso, portal) -> None:
    """The list is as before."""
    endpoint.up(AllowedCloudEndpointArgs(tenant=contoso, cloud="usgov"))
    endpoint.delete()

    assert [] == allowed(portal)


def test_own_cloud_is_refused(endpoint, contoso) -> None:
    """Before anything is sent."""
    with pytest.raises(Refused, match=r"cloud: tenant contoso .* is in that cloud itself"):
        endpoint.up(AllowedCloudEndpointArgs(tenant=contoso, cloud="global"))


def test_list_that_only_beta_has(endpoint, federal, portal) -> None:
    """v1.0 of a national cloud lacks the list: the calls that are listed and sent go to beta."""
    endpoint.up(AllowedCloudEndpointArgs(tenant=federal, cloud="global"))
    beta = POLICY.replace("v1.0", "beta")

    assert [f"PATCH {beta}"] == [call["call"] for call in endpoint.inputs["graphCalls"]]
    assert [f"PATCH {beta}"] == [call["call"] for call in endpoint.inputs["deleteCalls"]]
    assert ["microsoftonline.com"] == portal("federal", "GET", beta)["allowedCloudEndpoints"]
    assert beta == endpoint.outputs["policyPath"]
    endpoint.delete()
    assert [] == portal("federal", "GET", beta)["allowedCloudEndpoints"]


def test_state_that_does_not_say_which_version_has_the_list(endpoint, federal, portal) -> None:
    """A state of an earlier version is refreshed and deleted: the tenant is asked."""
    endpoint.up(AllowedCloudEndpointArgs(tenant=federal, cloud="global"))
    del endpoint.outputs["policyPath"]

    assert endpoint.refresh()
    endpoint.delete()
    assert [] == portal("federal", "GET", POLICY.replace("v1.0", "beta"))["allowedCloudEndpoints"]


def test_list_that_no_version_has(endpoint, federal, monkeypatch) -> None:
    """Unknown is not empty: without the list nothing is planned, and the way out is said."""

    class Other(Graph):
        """A service whose policy has no list."""

        def get(self, path: str, purpose: str = "") -> dict[str, str]:
            """Answers the policy of any version."""
            return {"displayName": "CrossTenantAccessPolicy"}

    monkeypatch.setattr(AllowedCloudEndpointHandler, "graph", lambda self, args: Other(federal))

    with pytest.raises(Refused, match=r"neither in v1.0 nor in beta"):
        endpoint.up(AllowedCloudEndpointArgs(tenant=federal, cloud="global"))
