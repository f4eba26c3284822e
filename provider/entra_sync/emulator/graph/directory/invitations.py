"""Inviting external users by hand (invitation resource)."""

from __future__ import annotations

from entra_sync.emulator.errors import bad_request, denied
from entra_sync.emulator.graph.audit import audit_object
from entra_sync.emulator.graph.bodies import properties
from entra_sync.emulator.graph.directory.users import show_user
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.spelling import EXTERNAL_MARK, PENDING, external_alias
from entra_sync.emulator.state.store import Document

__all__ = ["routes"]

routes = Router()

_PROPERTIES = {
    "id": str, "inviteRedeemUrl": str, "inviteRedirectUrl": str, "invitedUser": dict, "invitedUserDisplayName": str,
    "invitedUserEmailAddress": str, "invitedUserMessageInfo": dict, "invitedUserSponsors": [dict],
    "invitedUserType": str, "resetRedemption": bool, "sendInvitationMessage": bool, "status": str,
}  # fmt: skip


@routes.on("POST", "/invitations")
def post_invitation(call: Call) -> Reply:
    """Invite a user: a guest who has not accepted yet, or the external user with that address if there is one."""
    body = properties(call.json(), _PROPERTIES, "invitation")
    for name in ("invitedUserEmailAddress", "inviteRedirectUrl"):
        if not body.get(name):
            raise bad_request(f"A value is required for property '{name}' of resource 'Invitation'.")
    if call.tenant.document["guestInvites"] == "none":
        raise denied(
            "Guest invitations not allowed for your company. Contact your company administrator for more details."
        )
    mail = body["invitedUserEmailAddress"]
    directory = call.directory
    found = [entry for id in call.store.find(call.tid, "address", mail) if (entry := directory.find(id, ("user",)))]
    if found and EXTERNAL_MARK not in found[0].doc["userPrincipalName"]:
        raise bad_request("The invited user already exists in the directory as object of type 'User'.")
    guest = found[0] if found else directory.create("user", _guest(call, body, mail))
    audit_object(call, "Invite external {}", guest)
    invitation = call.store.new_id()
    return call.created(
        {
            "id": invitation,
            "inviteRedeemUrl": f"{call.request.root}/redeem?rd={invitation}",
            "invitedUserDisplayName": guest.doc["displayName"],
            "invitedUserType": guest.doc["userType"],
            "invitedUserEmailAddress": mail,
            "sendInvitationMessage": bool(body.get("sendInvitationMessage", False)),
            "resetRedemption": False,
            "inviteRedirectUrl": body["inviteRedirectUrl"],
            "status": guest.doc["externalUserState"],
            "invitedUser": {"@odata.type": "#microsoft.graph.user", **show_user(call, guest.doc)},
            "invitedUserMessageInfo": body.get("invitedUserMessageInfo"),
        },
        "invitations/$entity",
    )


def _guest(call: Call, body: Document, mail: str) -> Document:
    now = iso(call.clock.now())
    alias = external_alias(mail)
    return {
        "accountEnabled": True,
        "displayName": body.get("invitedUserDisplayName") or mail.partition("@")[0],
        "mail": mail,
        "mailNickname": alias,
        "otherMails": [mail],
        "proxyAddresses": [f"SMTP:{mail}"],
        "userPrincipalName": f"{alias}@{call.tenant.domain}",
        "userType": body.get("invitedUserType") or "Guest",
        "createdDateTime": now,
        "creationType": "Invitation",
        "externalUserState": PENDING,
        "externalUserStateChangeDateTime": now,
        "_netId": call.store.new_id().replace("-", "")[:16].upper(),
    }
