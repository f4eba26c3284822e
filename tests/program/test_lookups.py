"""Look-ups of programs: by name, once per run, with candidates if a name is ambiguous."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest

import entra_sync as entra
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.program import lookups
from tests.cli.conftest import act, connections, objects, program
from tests.faults.wire import Changing
from tests.ownership.engine import Stack

JSON = Any


@pytest.fixture
def emulator() -> Emulator:
    """Contoso with thirty people."""
    made = Emulator.sample("contoso", seed=1, people=30)
    made.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    return made


@pytest.fixture
def contoso(emulator: Emulator) -> Iterator[entra.Tenant]:
    """A run of a program, which has read nothing yet."""

    def make(tenant: entra.Tenant) -> Graph:
        return Graph(tenant, credential=emulator.credential(tenant.name), transport=emulator.transport())

    with connecting(make):
        yield entra.Tenant(**connections(emulator)["contoso"])


def test_objects_are_found_by_name(contoso: entra.Tenant, emulator: Emulator) -> None:
    """Groups and applications by display name, users by principal name or address, licenses by part number."""
    groups = {doc["displayName"]: id for id, doc in objects(emulator, "contoso", "group").items()}
    (id, user), *_ = objects(emulator, "contoso", "user").items()

    assert entra.Group(groups["Engineering"]) == entra.get_group("Engineering", tenant=contoso)
    assert entra.User(id) == entra.get_user(user["userPrincipalName"], tenant=contoso)
    assert "Emulator administration" == entra.get_application("Emulator administration", tenant=contoso).display_name
    assert "AAD_PREMIUM_P2" == entra.get_sku("aad_premium_p2", tenant=contoso).sku


def test_names_are_read_once_and_together(contoso: entra.Tenant, emulator: Emulator) -> None:
    """Two groups in one batch; asked for again, nothing is read."""
    start = len(emulator.requests)
    first = entra.get_groups("Engineering", "Support", tenant=contoso)
    batches = [record for record in emulator.requests[start:] if record.path.endswith("/$batch")]
    assert 1 == len(batches)

    start = len(emulator.requests)
    assert first[1] == entra.get_group("Support", tenant=contoso)
    assert start == len(emulator.requests)


def test_an_ambiguous_name_is_an_error_with_its_candidates(contoso: entra.Tenant, emulator: Emulator) -> None:
    """By object id and description."""
    body = {"displayName": "Engineering", "mailEnabled": False, "securityEnabled": True, "mailNickname": "e2"}
    made = act(emulator, "contoso", "POST", "/v1.0/groups", {**body, "description": "The other one"})

    with pytest.raises(entra.ArgumentError, match="has several groups") as caught:
        entra.get_group("Engineering", tenant=contoso)
    assert f"{made['id']}, The other one" in str(caught.value)
    assert "use the object id" in str(caught.value)


@pytest.mark.parametrize(
    ("call", "name", "message"),
    [
        (entra.get_group, "Enginering", r'has no group "Enginering"; similar: Engineering \('),
        (entra.get_group, "xyz", "are source and target swapped"),
        (entra.get_user, "o'neil@contoso.com", 'has no user "o\'neil@contoso.com"'),
        (entra.get_sku, "NOTHING", 'does not own license "NOTHING"; it owns '),
        (entra.get_group, "", "takes a name as text"),
    ],
)
def test_a_name_that_does_not_exist_is_one_line(
    call: Callable[..., JSON], name: str, message: str, contoso: entra.Tenant
) -> None:
    """With what is similar, or what to check."""
    with pytest.raises(entra.ArgumentError, match=message):
        call(name, tenant=contoso)


def test_a_missing_permission_is_an_error_and_not_an_empty_answer(contoso: entra.Tenant, emulator: Emulator) -> None:
    """It names the permission."""
    emulator.fault(path="/groups", status=403, times=None)

    with pytest.raises(entra.ArgumentError, match=r"GroupMember\.Read\.All"):
        entra.get_group("Engineering", tenant=contoso)


@pytest.mark.parametrize(
    ("call", "name", "item", "message"),
    [
        (entra.get_application, "Emulator administration", {"id": "a"}, "lacks displayName, appId"),
        (entra.get_group, "Engineering", {}, "group Engineering lacks id"),
        (entra.get_groups, "Engineering", {"id": None}, "group Engineering lacks id"),
        (entra.get_user, "ada@contoso.com", "ada", "something else than objects"),
        (entra.get_sku, "AAD_PREMIUM_P2", {"skuId": "s"}, "a license lacks skuPartNumber"),
        (entra.get_sku, "AAD_PREMIUM_P2", None, "something else than objects"),
    ],
)
def test_an_answer_of_another_form_is_an_error(
    call: Callable[..., JSON], name: str, item: JSON, message: str, emulator: Emulator
) -> None:
    """A made-up id in its place would get into the program."""
    with answering(emulator, [item]), pytest.raises(entra.ArgumentError, match=message):
        call(name, tenant=entra.Tenant(**connections(emulator)["contoso"]))


def test_candidates_without_an_id_are_told_by_what_they_have(emulator: Emulator) -> None:
    with (
        answering(emulator, [{"displayName": "Engineering", "description": "One"}, {"displayName": "Engineering"}]),
        pytest.raises(entra.ArgumentError, match=r'several groups "Engineering": Engineering \(One\); Engineering;'),
    ):
        entra.get_group("Engineering", tenant=entra.Tenant(**connections(emulator)["contoso"]))


@contextmanager
def answering(emulator: Emulator, items: list[JSON]) -> Iterator[None]:
    """While it lasts, the first list that is read has these items."""

    def change(content: bytes) -> bytes:
        body = orjson.loads(content)
        body["responses"][0]["body"]["value"] = items
        return orjson.dumps(body)

    answers = Changing(emulator.transport())
    answers.number, answers.change = 0, change

    def make(tenant: entra.Tenant) -> Graph:
        return Graph(tenant, credential=emulator.credential(tenant.name), transport=answers)

    with connecting(make):
        yield


def test_a_program_uses_them_in_its_scope(contoso: entra.Tenant, emulator: Emulator) -> None:
    """The link has the group, by its id."""
    text = program("quickstart").replace(
        '[entra.Group(group) for group in config.require_object("groups")]',
        '[entra.get_group("Support", tenant=contoso)]',
    )
    tenants = {
        name: {key: value for key, value in each.items() if key != "name"}
        for name, each in connections(emulator).items()
    }
    stack = Stack(emulator, text, tenants)
    stack.up()
    (assignments,) = [state for urn, state in stack.state.items() if urn.endswith("-assignments")]
    groups = {doc["displayName"]: id for id, doc in objects(emulator, "contoso", "group").items()}

    assert [groups["Support"]] == [each["id"] for each in assignments.inputs["principals"]]


def test_a_run_without_an_engine_reads_nothing(contoso: entra.Tenant, emulator: Emulator) -> None:
    """So that `entra-sync permissions` needs no credentials."""
    start = len(emulator.requests)
    with lookups.nothing_is_read():
        entra.get_group("Engineering", tenant=contoso)
        entra.get_sku("AAD_PREMIUM_P2", tenant=contoso)

    assert start == len(emulator.requests)
