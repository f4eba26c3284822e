"""Licenses as a tenant has them, read in pages and batches."""

from collections.abc import Callable
from typing import Any

import pytest

from entra_sync.emulator import Emulator
from entra_sync.errors import ConfigurationError, GraphError
from entra_sync.graph.gateway import Graph
from entra_sync.graph.requests import Request
from entra_sync.licensing import GOVERNANCE, P1
from entra_sync.licensing.reading import read_licenses, read_subscriptions
from entra_sync.microsoft.tenant import Tenant
from tests.licensing.conftest import P1_SKU, P2_SKU

JSON = Any


@pytest.fixture
def emulator() -> Emulator:
    """Contoso with thirty people."""
    return Emulator.sample("contoso", seed=5, people=30)


@pytest.fixture
def graph(emulator: Emulator) -> Graph:
    """Contoso's Graph."""
    found = emulator.tenants["contoso"]
    tenant = Tenant("contoso", tenant_id=found.tenant_id, cloud=str(found.cloud))
    return Graph(tenant, credential=emulator.credential("contoso"), transport=emulator.transport())


@pytest.fixture
def group(graph: Graph) -> str:
    """Object id of Engineering."""
    return str(next(graph.pages("/v1.0/groups?$filter=displayName eq 'Engineering'&$select=id"))["id"])


@pytest.fixture
def members(graph: Graph, group: str) -> set[str]:
    """Object ids of the people in Engineering."""
    return {each["id"] for each in graph.pages(f"/v1.0/groups/{group}/members/microsoft.graph.user?$select=id")}


@pytest.fixture
def give(graph: Graph) -> Callable[[str, str], None]:
    """Gives a product to a group or user: ``give("groups/…", sku_id)``."""

    def act(who: str, sku_id: str) -> None:
        body = {"addLicenses": [{"skuId": sku_id, "disabledPlans": []}], "removeLicenses": []}
        graph.send(Request("POST", f"/v1.0/{who}/assignLicense", body))

    return act


def test_members_of_groups_and_single_users_are_read_once_each(graph, group, members, give) -> None:
    """A user who is in scope twice counts once."""
    give(f"groups/{group}", P2_SKU)
    other = next(each["id"] for each in graph.pages("/v1.0/users?$select=id") if each["id"] not in members)
    licenses = read_licenses(graph, groups=[group, group], users=[other, next(iter(members))])
    judged = licenses.coverage(P1, sorted(licenses.held))

    assert members | {other} == set(licenses.held)
    assert (len(members), {"no license": (other,)}) == (judged.covered, dict(judged.gaps))


def test_all_users_is_read_in_pages(graph, emulator: Emulator) -> None:
    """A page holds 999 people, so the thirty take one request beside the subscriptions."""
    before = len(list(emulator.requests))
    licenses = read_licenses(graph, everyone=True)

    assert 30 == len(licenses.held)
    assert ["/v1.0/subscribedSkus", "/v1.0/users"] == [
        each.path.partition("?")[0] for each in list(emulator.requests)[before:]
    ]


def test_single_users_go_twenty_to_a_batch(graph, emulator: Emulator) -> None:
    """Thirty are two round trips."""
    people = [each["id"] for each in graph.pages("/v1.0/users?$select=id&$top=999")]
    before = len(list(emulator.requests))
    licenses = read_licenses(graph, users=people)
    batches = {each.batch for each in list(emulator.requests)[before:]} - {None, ""}

    assert set(people) == set(licenses.held)
    assert 2 == len(batches)


def test_group_and_user_that_do_not_exist_have_no_user(graph) -> None:
    """Whether they should is for the link to say."""
    licenses = read_licenses(graph, groups=["00000000-0000-0000-0000-000000000001"], users=["unknown@contoso.com"])

    assert {} == licenses.held


def test_people_who_were_not_read_are_an_error_and_not_unlicensed(graph, group) -> None:
    """Unknown is not "no license"."""
    with pytest.raises(ConfigurationError, match="licenses of user someone were not read"):
        read_licenses(graph, groups=[group]).coverage(GOVERNANCE, ["someone"])


def test_subscriptions_come_with_seats_and_assignments(graph, emulator: Emulator, group, members, give) -> None:
    """As Graph counts them."""
    emulator.tenants["contoso"].add_subscription("AAD_PREMIUM", 50)
    give(f"groups/{group}", P1_SKU)
    found = next(each for each in read_subscriptions(graph) if each.sku_id == P1_SKU)

    assert (50, len(members), "Microsoft Entra ID P1") == (found.seats, found.assigned, found.name)


@pytest.mark.parametrize("path", ["subscribedSkus", "/users"])
def test_reading_that_fails_is_an_error_and_not_a_short_list(graph, emulator: Emulator, path: str) -> None:
    """Whatever the page says, nothing is returned in part."""
    emulator.fault(path=path, status=403, code="Authorization_RequestDenied")

    with pytest.raises(GraphError, match="403 Authorization_RequestDenied"):
        read_licenses(graph, everyone=True)


def made(graph: Graph, number: int, members: list[str]) -> list[str]:
    """New groups with the same members."""
    body = {"mailEnabled": False, "securityEnabled": True, "mailNickname": "part", "displayName": "Part"}
    groups = [graph.send(Request("POST", "/v1.0/groups", body)).body["id"] for _ in range(number)]
    for group in groups:
        for id in members:
            link = {"@odata.id": f"{graph.tenant.graph}/v1.0/directoryObjects/{id}"}
            graph.send(Request("POST", f"/v1.0/groups/{group}/members/$ref", link))
    return groups


def test_members_of_many_groups_go_twenty_to_a_batch(graph, emulator: Emulator, group, members) -> None:
    """Twenty-one groups are two round trips; one that does not exist has no user."""
    groups = [*made(graph, 19, []), "00000000-0000-0000-0000-000000000001", group]
    before = len(list(emulator.requests))
    licenses = read_licenses(graph, groups=groups)

    assert members == set(licenses.held)
    assert 2 == len({each.batch for each in list(emulator.requests)[before:]} - {None, ""})


def test_group_that_is_longer_than_a_page_of_a_batch_is_read_whole(graph, group, members, monkeypatch) -> None:
    """It is read by itself."""
    monkeypatch.setattr("entra_sync.licensing.reading.BATCHED_PAGE", len(members) - 1)

    assert members == set(read_licenses(graph, groups=[*made(graph, 1, []), group]).held)


def test_group_that_cannot_be_read_in_a_batch_is_an_error_and_not_empty(graph, emulator: Emulator, group) -> None:
    """Nothing is returned in part."""
    groups = [*made(graph, 1, []), group]
    emulator.fault(path=f"groups/{group}/members", status=403, code="Authorization_RequestDenied")

    with pytest.raises(GraphError, match=f"members of group {group}: 403 Authorization_RequestDenied"):
        read_licenses(graph, groups=groups)
