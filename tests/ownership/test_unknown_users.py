"""What a delete does if Graph refuses to tell who else uses a setting."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entra_sync.emulator import Emulator
from entra_sync.errors import PermissionMissing
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.ownership.sharing import Setting, give_up


@pytest.fixture
def setting() -> Setting:
    """A partner that this program made, without a link."""
    return Setting(
        "partners/1", Tenant("contoso", tenant_id="0e209f66-11fd-454d-8caf-dc8df35f7bd9", cloud="global"), None
    )


def refusal(held: frozenset[str] | None) -> PermissionMissing:
    """Graph's 403 for a read of applications, by what the token holds."""
    error = PermissionMissing("403 Authorization_RequestDenied", status=403)
    error.needed, error.held = ("Application.Read.All",), held
    return error


class Refusing:
    """Looks for other users, and is refused at first."""

    def __init__(self, error: PermissionMissing, times: int) -> None:
        self.error, self.times = error, times

    def __call__(self) -> list[str]:
        """No users, once Graph answers."""
        self.times -= 1
        if self.times >= 0:
            raise self.error
        return []


@pytest.fixture(autouse=True)
def connected() -> object:
    """A wait is time on the emulator's clock."""
    emulator = Emulator.sample("contoso", seed=3, people=20)

    async def sleep(seconds: float) -> None:
        emulator.clock.advance(timedelta(seconds=seconds))

    with connecting(lambda tenant: Graph(tenant, credential=emulator.credential(tenant.name), sleep=sleep)):
        yield


def test_it_stays_if_the_token_lacks_the_permission(setting: Setting) -> None:
    """Every other run would be refused too, so the line names the permission and the delete succeeds."""
    verdict, reason = give_up(setting, {}, [], Refusing(refusal(frozenset({"Policy.Read.All"})), 9))

    assert "its other users are unknown (403 Authorization_RequestDenied)" == reason
    assert verdict.unknown


def test_the_delete_fails_if_the_token_has_the_permission(setting: Setting) -> None:
    """The refusal passes, and the next run removes the setting."""
    with pytest.raises(PermissionMissing):
        give_up(setting, {}, [], Refusing(refusal(frozenset({"Application.ReadWrite.OwnedBy"})), 1))

    assert "" == give_up(setting, {}, [], list)[1]


@pytest.mark.parametrize(("times", "reason"), [(1, ""), (2, "its other users are unknown (403 Auth")])
def test_a_token_that_does_not_tell_is_asked_twice(setting: Setting, times: int, reason: str) -> None:
    """A signed-in user's token has no application permissions."""
    assert reason == give_up(setting, {}, [], Refusing(refusal(None), times))[1][: len(reason) or None]
