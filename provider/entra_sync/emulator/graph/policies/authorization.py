"""Authorization policy: who may invite external users, and what users may do by themselves.

Properties and values from the resource page authorizationPolicy. Only ``allowInvitesFrom`` has an effect here: with
``none`` neither administrators nor synchronization can invite anyone. Tenants of US Government begin with ``none`` by
that page; those of the emulator begin with ``everyone`` in every cloud, as if an administrator had allowed it already.
"""

from __future__ import annotations

from entra_sync.emulator.graph.audit import audit
from entra_sync.emulator.graph.bodies import invalid_value, properties
from entra_sync.emulator.graph.common import picked
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.options import read_options
from entra_sync.emulator.state.store import Document

__all__ = ["routes"]

routes = Router()

_PATH = "/policies/authorizationPolicy"
_TYPE = "authorizationPolicy"
_INVITERS = ("none", "adminsAndGuestInviters", "adminsGuestInvitersAndAllMembers", "everyone")
_GUESTS = "10dae51f-b6af-4016-8d66-8c2a99b929b3"
_GUEST_ROLES = ("a0b1b346-4d3e-4e8b-98f8-753987be4970", _GUESTS, "2af84b1e-32c8-42b7-82bc-daa82404023b")
_USERS_MAY: Document = {
    "allowedToCreateApps": True,
    "allowedToCreateSecurityGroups": True,
    "allowedToCreateTenants": True,
    "allowedToReadBitlockerKeysForOwnedDevice": True,
    "allowedToReadOtherUsers": True,
    "permissionGrantPoliciesAssigned": [],
}
_PERMISSIONS = {name: [str] if value == [] else bool for name, value in _USERS_MAY.items()}
_NEW: Document = {
    "id": _TYPE,
    "deletedDateTime": None,
    "displayName": "Authorization Policy",
    "description": "Used to manage authorization related settings across the company.",
    "allowInvitesFrom": "everyone",
    "allowedToSignUpEmailBasedSubscriptions": True,
    "allowedToUseSSPR": True,
    "allowEmailVerifiedUsersToJoinOrganization": False,
    "allowUserConsentForRiskyApps": None,
    "blockMsolPowerShell": False,
    "guestUserRoleId": _GUESTS,
    "defaultUserRolePermissions": _USERS_MAY,
}
_READ_ONLY = {"id", "deletedDateTime"}


def _policy(call: Call) -> Document:
    tenant = call.tenant.document
    return {**_NEW, **tenant.get("authorization", {}), "allowInvitesFrom": tenant["guestInvites"]}


@routes.on("GET", _PATH, versions=("v1.0",))
def get_authorization(call: Call) -> Reply:
    """The tenant's authorization policy."""
    return call.entity(picked(_policy(call), read_options(call, None)), "policies/authorizationPolicy/$entity")


@routes.on("PATCH", _PATH, versions=("v1.0",))
def patch_authorization(call: Call) -> Reply:
    """Change who may invite, and the other settings."""
    body = properties(call.json(), _NEW.keys() - _READ_ONLY, _TYPE)
    for name, value in body.items():
        if not _fits(name, value):
            raise invalid_value(name, _TYPE)
    if "defaultUserRolePermissions" in body:
        given = properties(body["defaultUserRolePermissions"] or {}, _PERMISSIONS, "defaultUserRolePermissions")
        body["defaultUserRolePermissions"] = {**_policy(call)["defaultUserRolePermissions"], **given}
    inviters = body.pop("allowInvitesFrom", call.tenant.document["guestInvites"])
    former = call.tenant.document.get("authorization", {})
    call.tenant.change(guestInvites=inviters, authorization={**former, **body})
    audit(call, "AuthorizationPolicy", "Update authorization policy", "Policy", call.tid)
    return Reply(204)


def _fits(name: str, value: object) -> bool:
    if name == "allowInvitesFrom":
        return value in _INVITERS
    if name == "guestUserRoleId":
        return value in _GUEST_ROLES
    default = _NEW[name]
    return value is None or isinstance(value, bool if default is None else type(default))
