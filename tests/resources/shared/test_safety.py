"""What must hold although no ordinary run shows it: locks, ids that are not lost, objects of others."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, ExitStack

import pytest

from entra_sync.base.principals import Principal, User
from entra_sync.errors import GraphError
from entra_sync.graph.gateway import connect
from entra_sync.licensing.assignment import one_at_a_time
from entra_sync.licensing.reading import read_licenses
from entra_sync.resources.app_role_assignments import AppRoleAssignmentsArgs, AppRoleAssignmentsHandler
from entra_sync.resources.service_principal import ServicePrincipalArgs, ServicePrincipalHandler
from tests.resources.conftest import GOVERNANCE, P1, P2
from tests.resources.lifecycle import Lifecycle


@pytest.fixture
def slow_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before each lock is taken, another thread may take its own."""
    enter = ExitStack.enter_context

    def enter_later(self: ExitStack, context: AbstractContextManager[object]) -> object:
        threading.Event().wait(0.05)
        return enter(self, context)

    monkeypatch.setattr(ExitStack, "enter_context", enter_later)


def both(*work) -> list[bool]:  # type: ignore[no-untyped-def]
    """Whether each of two pieces of work ends, begun at once."""
    start = threading.Barrier(len(work))

    def run(piece) -> None:  # type: ignore[no-untyped-def]
        start.wait()
        piece()

    threads = [threading.Thread(target=run, args=(piece,), daemon=True) for piece in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return [not thread.is_alive() for thread in threads]


def test_two_changes_of_one_principal_wait_for_each_other(contoso, ada: Principal) -> None:
    """Graph loses one of two changes that are sent at once."""
    inside: list[int] = []
    most: list[int] = []

    def change() -> None:
        with one_at_a_time(contoso, [ada]):
            inside.append(1)
            most.append(len(inside))
            threading.Event().wait(0.05)
            inside.pop()

    assert [True, True] == both(change, change)
    assert 1 == max(most)


def test_principals_in_opposite_orders_do_not_wait_for_ever(contoso, slow_locks, engineering, ada) -> None:
    def change(order) -> None:  # type: ignore[no-untyped-def]
        with one_at_a_time(contoso, order):
            pass

    assert [True, True] == both(lambda: change([engineering, ada]), lambda: change([ada, engineering]))


def test_licenses_that_a_change_added_are_taken_away_by_a_destroy(licenses, declared, ada, has) -> None:
    """Its own licenses are not taken for those that were there before."""
    licenses.up(declared(ada, P2))
    licenses.up(declared(ada, P2, GOVERNANCE))
    licenses.delete()

    assert {} == has(ada)


def test_a_failing_read_after_a_create_does_not_lose_the_id(licenses, declared, ada, monkeypatch) -> None:
    """The object exists, so the state must know it."""
    inputs = licenses.preview(declared(ada, P2))

    def broken(self: object, *arguments: object) -> None:
        raise GraphError("no answer")

    monkeypatch.setattr(type(licenses.handler), "wait_until_ready", broken)
    created = licenses.handler.create(inputs)

    assert "incomplete" == created.outs["provisioningState"]


def test_a_user_who_was_deleted_blocks_no_change_of_the_scope(
    resource,
    contoso,
    application: Lifecycle,
    portal,
    engineering,
    ada,
) -> None:
    """A user who leaves the scope need not exist any more."""
    made = resource(AppRoleAssignmentsHandler())
    owner = application.outputs["servicePrincipalId"]
    made.up(AppRoleAssignmentsArgs(tenant=contoso, service_principal_id=owner, principals=[engineering, ada]))
    portal("contoso", "DELETE", f"/v1.0/users/{ada.id}")
    other = next(u["id"] for u in portal("contoso", "GET", "/v1.0/users?$select=id")["value"] if u["id"] != ada.id)
    args = AppRoleAssignmentsArgs(tenant=contoso, service_principal_id=owner, principals=[engineering, User(other)])

    assert made.preview(args)["graphCalls"]


def test_an_application_of_another_template_is_not_taken_over(resource, contoso) -> None:
    """The same name within a cloud and across clouds means two applications."""
    within, across = resource(ServicePrincipalHandler()), resource(ServicePrincipalHandler())
    within.up(ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=False))
    across.up(ServicePrincipalArgs(tenant=contoso, display_name="To Federal", cross_cloud=True))

    assert within.outputs["applicationId"] != across.outputs["applicationId"]


def test_users_whose_licenses_cannot_be_read_are_an_error(contoso, ada: Principal, emulator) -> None:
    """Unknown is not "no license"."""
    emulator.fault(path=f"/users/{ada.id}", status=403, times=None)

    with pytest.raises(GraphError):
        read_licenses(connect(contoso), users=[ada.id])


def test_seats_in_grace_can_be_assigned(licenses, declared, ada, emulator) -> None:
    """A subscription that has expired a few days ago still gives seats, and Graph accepts them."""
    emulator.tenants["contoso"].add_subscription(P1, 0, grace=5)

    assert licenses.preview(declared(ada, P1))["graphCalls"]
