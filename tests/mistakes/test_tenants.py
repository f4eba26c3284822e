"""Mistakes that only a tenant can tell: each is one line that names the resource, and nothing is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import pulumi
import pytest
from pulumi.output import Unknown

import entra_sync as entra
from entra_sync.base.run.memory import forget
from entra_sync.base.values.unknown import map_leaves
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.graph.requests import Request
from entra_sync.microsoft.tenant import Tenant
from tests.faults.mini import Declared, Failed
from tests.gateways import gateways
from tests.mistakes.running import LINK, declared, rows

PARTNER = 'entra.CrossTenantPartner("p", tenant=contoso, partner_tenant_id=federal.tenant_id)'


def made() -> Emulator:
    """Two tenants."""
    tenants = Emulator.sample("contoso", seed=3, people=20)
    tenants.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    return tenants


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    """Two tenants that nothing changes."""
    return made()


@pytest.fixture(scope="module")
def names(emulator: Emulator) -> Iterator[dict[str, Any]]:
    """What a program of the table can use; requests go to the emulator."""
    tenants = {
        name: Tenant(name, tenant_id=each.tenant_id, cloud=str(each.cloud)) for name, each in emulator.tenants.items()
    }
    store = emulator.service.store
    ids = {
        kind: {entry.doc["displayName"]: entry.id for entry in store.objects(tenants["contoso"].tenant_id, kind)}
        for kind in ("user", "group")
    }

    async def sleep(seconds: float) -> None:
        pass

    def make(tenant: Tenant) -> Graph:
        return Graph(tenant, credential=emulator.credential(tenant.name), transport=emulator.transport(), sleep=sleep)

    with connecting(make):
        yield {
            "pulumi": pulumi,
            "entra": entra,
            **tenants,
            "SALES": ids["group"]["Engineering"],
            "ADA": next(iter(ids["user"].values())),
            "UNKNOWN": str(UUID(int=7)),
        }


@pytest.fixture
def restricted() -> Emulator:
    """The same tenants; Contoso's application may not write cross-tenant access."""
    tenants = made()
    graph, client = gateways(tenants)["contoso"], tenants.tenants["contoso"].client_id
    own = graph.get(f"/v1.0/servicePrincipals(appId='{client}')")["id"]
    service = graph.get("/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
    (taken,) = [each["id"] for each in service["appRoles"] if each["value"] == "Policy.ReadWrite.CrossTenantAccess"]
    for assignment in list(graph.pages(f"/v1.0/servicePrincipals/{own}/appRoleAssignments")):
        if taken == assignment["appRoleId"]:
            graph.send(Request("DELETE", f"/v1.0/servicePrincipals/{own}/appRoleAssignments/{assignment['id']}"))
    return tenants


def preview(resources: Sequence[Declared]) -> None:
    """Checks each resource as a preview of a new stack does: outputs of the others are not known yet.

    Raises:
        Failed: The first resource that is refused.
    """
    forget()
    for each in resources:
        inputs = map_leaves(lambda leaf: Unknown() if _MARK.fullmatch(str(leaf)) else leaf, dict(each.inputs))
        refused = each.handler.check({}, inputs).failures
        if refused:
            raise Failed([(f"{each.name}: {refused[0].reason}", None)])


def plain(text: str, names: Mapping[str, Any]) -> str:
    """A message without ids that differ from run to run."""
    text = re.sub(r" \(request [0-9a-f-]+\)", "", text)
    for name in ("UNKNOWN", "SALES", "ADA"):
        text = text.replace(names[name], name)
    return text


_MARK = re.compile("«[^»]+»")


@pytest.mark.parametrize(("text", "said"), rows("tenants.txt"), ids=str)
def test_a_mistake_is_one_line(text: str, said: str, emulator: Emulator, names: dict[str, Any]) -> None:
    """Checked in preview, before anything is sent."""
    start = len(emulator.requests)
    with pytest.raises(Failed) as ended:
        preview(declared(LINK + text, names))

    assert said == plain(str(ended.value), names)
    assert [] == emulator.requests.calls(start)


def test_a_permission_that_the_token_lacks(restricted: Emulator, names: dict[str, Any]) -> None:
    """Known in preview: the token says what it may do."""
    granted = gateways(restricted)
    start = len(restricted.requests)
    with connecting(lambda tenant: granted[tenant.name]), pytest.raises(Failed) as ended:
        preview(declared(PARTNER, names))

    assert str(ended.value).startswith("p: ")
    assert "the application lacks the permission Policy.ReadWrite.CrossTenantAccess" in str(ended.value)
    assert [] == restricted.requests.calls(start)


def test_a_credential_that_is_missing(
    emulator: Emulator, names: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable that is not set is named."""
    monkeypatch.setenv("ENTRA_CONTOSO_CLIENT_ID", emulator.tenants["contoso"].client_id)
    monkeypatch.delenv("ENTRA_CONTOSO_CLIENT_SECRET", raising=False)
    start = len(emulator.requests)
    with connecting(Graph), pytest.raises(Failed) as ended:
        preview(declared(PARTNER, names))

    assert str(ended.value).startswith(
        "p: tenant contoso (global): ENTRA_CONTOSO_CLIENT_ID is set without a credential"
    )
    assert start == len(emulator.requests)
