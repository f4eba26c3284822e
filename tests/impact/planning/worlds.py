"""Users, guests and the first cycle of a world, for tests of what is planned next."""

from __future__ import annotations

from typing import Any

from tests.impact.world import World

__all__ = ["guest", "synchronized", "user"]

JSON = Any


def user(world: World, name: str, number: int, **doc: JSON) -> str:
    """A member of the source."""
    mail = f"{name}@contoso.com"
    base = {"userPrincipalName": mail, "mail": mail, "displayName": name, "userType": "Member", "accountEnabled": True}
    return world.add_user("contoso", {**base, "_netId": f"{number:016X}", **doc})


def guest(world: World, name: str, **doc: JSON) -> str:
    """An external account in the target."""
    base = {"displayName": "By hand", "userType": "Guest", "accountEnabled": True, "creationType": "Invitation"}
    names = {"userPrincipalName": f"{name}#EXT#@{world.emulator.tenants['federal'].domain}"}
    return world.add_user("federal", {**base, **names, "externalUserState": "Accepted", **doc})


def synchronized(world: World, *users: str, everyone: bool = False, threshold: int | None = None) -> None:
    """Runs the first cycle."""
    world.settings(everyone=everyone, threshold=threshold)
    world.assign(users)
    world.start()
    world.cycle()
