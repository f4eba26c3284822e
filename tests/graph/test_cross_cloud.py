"""What a tenant lacks for synchronization from another cloud, said exactly."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph
from entra_sync.graph.synchronization.cross_cloud import APPLICATIONS, PERMISSIONS, Lack, Missing, lacking
from entra_sync.impact.words import crossing
from entra_sync.microsoft.clouds import Cloud
from entra_sync.microsoft.tenant import Tenant
from tests.emulator.api import Api

Gateway = Callable[..., Graph]


@pytest.fixture
def emulator() -> Emulator:
    """A tenant of each cloud."""
    made = Emulator(seed=5)
    for cloud in ("global", "usgov", "china"):
        made.add_tenant(cloud, cloud)
    return made


@pytest.fixture
def gateway(emulator: Emulator) -> Gateway:
    """Makes a gateway to a tenant, for an application that holds every permission or only some."""

    def make(name: str, roles: tuple[str, ...] | None = None) -> Graph:
        found = emulator.tenants[name]
        tenant = Tenant(name, tenant_id=found.tenant_id, cloud=str(found.cloud))
        return Graph(tenant, credential=emulator.credential(name, roles), transport=emulator.transport())

    return make


def test_one_cloud_needs_nothing(gateway: Gateway) -> None:
    """Nothing is asked, so no permission is needed."""
    assert [] == lacking(gateway("global", ("User.Read.All",)), Cloud.GLOBAL)


def test_box_that_is_not_ticked_names_the_application(gateway: Gateway) -> None:
    """The message says which service principal is missing and where to tick."""
    (problem,) = lacking(gateway("usgov"), Cloud.GLOBAL)

    assert Missing(Lack.NOT_SET_UP, "usgov", "2313b47f-a76d-4513-be58-500e42ce8d11") == problem
    found, fix = crossing(problem)
    assert "the service principal of application 2313b47f-a76d-4513-be58-500e42ce8d11 is missing" in found
    assert fix.startswith("select cross-cloud synchronization for the source's cloud in usgov")


@pytest.mark.parametrize(("source", "target"), [("global", "usgov"), ("usgov", "global"), ("global", "china")], ids=str)
def test_box_that_is_ticked_is_found_in_every_direction(
    emulator: Emulator, gateway: Gateway, source: str, target: str
) -> None:
    """By id where it is published, else by the name."""
    assert 1 == len(lacking(gateway(target), Cloud(source)))
    emulator.tenants[target].allow_cross_cloud_synchronization_from(source)

    assert [] == lacking(gateway(target), Cloud(source))


def test_direction_without_a_published_id_says_that_it_guesses(gateway: Gateway) -> None:
    """A name is not proof."""
    (problem,) = lacking(gateway("china"), Cloud.GLOBAL)

    assert Missing(Lack.NOT_SET_UP_GUESS, "china", "Microsoft.Azure.SyncFabric.CrossCloud.") == problem
    assert "that this direction has one of this name is a guess" in crossing(problem)[0]


def test_each_permission_that_is_missing_is_named(emulator: Emulator, gateway: Gateway) -> None:
    """One that an administrator took away."""
    tenant = Api(emulator, "usgov")
    id = tenant.tenant.allow_cross_cloud_synchronization_from("global")
    held = tenant.get(f"/servicePrincipals/{id}/appRoleAssignments")["value"]
    taken = next(item for item in held if item["appRoleId"] == PERMISSIONS["User.Invite.All"])
    tenant.ok("DELETE", f"/servicePrincipals/{id}/appRoleAssignments/{taken['id']}")

    (problem,) = lacking(gateway("usgov"), Cloud.GLOBAL)
    assert (Lack.PERMISSIONS, "User.Invite.All") == (problem.lack, problem.permissions)
    assert problem.subject.endswith("Commercial2Government")


def test_disabled_service_principal_is_named(emulator: Emulator, gateway: Gateway) -> None:
    """It has what it needs and may not sign in."""
    id = emulator.tenants["usgov"].allow_cross_cloud_synchronization_from("global")
    Api(emulator, "usgov").patch(f"/servicePrincipals/{id}", {"accountEnabled": False})

    assert [Lack.DISABLED] == [problem.lack for problem in lacking(gateway("usgov"), Cloud.GLOBAL)]


def test_missing_permission_to_look_is_not_taken_for_a_missing_box(gateway: Gateway) -> None:
    """Unknown is not empty."""
    (problem,) = lacking(gateway("usgov", ("User.Read.All",)), Cloud.GLOBAL)

    assert Missing(Lack.NOT_READABLE, "usgov") == problem


def test_both_government_clouds_have_the_published_application() -> None:
    """Azure Government stands for both."""
    assert {(Cloud.GLOBAL, Cloud.USGOV), (Cloud.GLOBAL, Cloud.USGOV_DOD)} == APPLICATIONS.keys()
