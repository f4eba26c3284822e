"""The target tenant's side: finds, invites, changes, soft-deletes and restores accounts.

Rules from "What is cross-tenant synchronization?", "Known issues for provisioning", "Properties of a Microsoft Entra
B2B collaboration user" and the error codes of "How to analyze the provisioning logs".
"""

from __future__ import annotations

import re
from typing import Any

from entra_sync.emulator.cycle.users.mapping import Failed
from entra_sync.emulator.cycle.users.people import write_target
from entra_sync.emulator.errors import CONFLICT, Fault
from entra_sync.emulator.state.audit import record_audit, synchronization_actor
from entra_sync.emulator.state.catalog.subscriptions import MAILBOX_PLANS
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.directory import keys_of
from entra_sync.emulator.state.spelling import EXTERNAL_MARK, PENDING
from entra_sync.emulator.state.state import State
from entra_sync.emulator.state.store import Document, Entry
from entra_sync.emulator.state.tenants import Tenant

__all__ = ["Target"]

_KEYS = {"userPrincipalName": "userPrincipalName", "mail": "address", "alternativeSecurityIds": "alternativeSecurityId"}
_USER_TYPES = {"Member", "Guest"}
_ADDRESS = re.compile(r"[^@\s]+@([^@\s.]+(?:\.[^@\s.]+)+)")
_OF_EXCHANGE = {"mail", "showInAddressList"}
"""What Exchange is the authority of, once the account has a license for it."""


class Target:
    """The directory that a job writes to."""

    def __init__(self, state: State, tenant: Tenant) -> None:
        self.state, self.tenant, self.tid = state, tenant, tenant.tenant_id
        self.directory, self.store = state.directory(tenant.tenant_id), state.store
        self._actor = synchronization_actor(state.store)

    def get(self, id: str) -> Entry | None:
        """An account, live or soft-deleted; None when it is gone for good."""
        return self.store.kind_of(self.tid, id, ("user",))

    def match(self, pairs: list[tuple[str, Any]]) -> Entry | None:
        """Returns the live account that the first fitting pair of attribute and value finds.

        Raises:
            Failed: ``DuplicateTargetEntries`` if there are several.
        """
        for attribute, value in pairs:
            key = _KEYS.get(attribute)
            ids = self.store.find(self.tid, key, str(value)) if key is not None else self._search(attribute, value)
            users = [entry for entry in map(self.directory.find, ids) if entry is not None and entry.kind == "user"]
            if len(users) > 1:
                raise Failed("DuplicateTargetEntries", f"Several users in the target have {attribute} '{value}'.")
            if users:
                return users[0]
        return None

    def _search(self, attribute: str, value: Any) -> list[str]:
        rows = self.store.query(
            "SELECT id FROM objects WHERE tenant = ? AND kind = 'user' AND deleted IS NULL AND json_extract(doc,"
            " ?) = ?",
            [self.tid, f'$."{attribute}"', value],
        )
        return [row[0] for row in rows]

    def invite(self, values: dict[str, Any], source: Tenant) -> tuple[Entry, bool]:
        """Makes an external user, redeemed at once; True if the invitation found an account that was there.

        Without a value for ``userType`` the user becomes a member, as with the template. That is a guess: no page says
        what the service creates then.

        Raises:
            Failed: With the code of the provisioning log.
        """
        if self.tenant.document["guestInvites"] == "none":
            raise Failed(
                "AzureActiveDirectoryForbidden",
                "Guest invitations not allowed for your company. Contact your company administrator for more details.",
            )
        if values.get("userType", "Member") not in _USER_TYPES:
            raise Failed(
                "InvitationCreationFailureInvalidPropertyValue",
                f"userType cannot be '{values['userType']}', only Member or Guest.",
            )
        missing = [name for name in ("userPrincipalName", "displayName") if not values.get(name)]
        if missing:
            raise Failed("MissingValues", f"The target needs a value for {', '.join(missing)}.")
        address = self._address(values.get("mail"))
        existing = self._by_address(values.get("mail"))
        if existing is not None:
            return self._redeem(existing, values), True
        if address is not None and address[1].lower() not in source.domains:
            raise Failed(
                "InvitationCreationFailure",
                f"The invitation failed: {address[1]} is not a verified domain of the source tenant.",
            )
        moment = iso(self.state.clock.now())
        doc: Document = {
            "userType": "Member",
            "createdDateTime": moment,
            "creationType": "Invitation",
            "externalUserState": "Accepted",
            "externalUserStateChangeDateTime": moment,
            "_netId": self.store.new_id().replace("-", "")[:16].upper(),
            "_homeTenant": source.tenant_id,
        }
        for name, value in values.items():
            write_target(doc, name, value)
        if doc.get("mail"):
            doc["otherMails"] = [doc["mail"]]
            doc["proxyAddresses"] = [f"SMTP:{doc['mail']}"]
        doc["identities"] = self._identities(doc["userPrincipalName"])
        entry = self._guarded(lambda: self.directory.create("user", doc))
        self._audit("Invite external user", entry)
        self._audit("Add user", entry)
        return entry, False

    @staticmethod
    def _address(mail: str | None) -> re.Match[str] | None:
        """The parts of an address, or None if there is none.

        Raises:
            Failed: ``InvitationCreationFailureInvalidPropertyValue`` if the text is no address.
        """
        if not mail:
            return None
        address = _ADDRESS.fullmatch(mail)
        if address is None:
            raise Failed(
                "InvitationCreationFailureInvalidPropertyValue",
                "The Primary SMTP Address is an invalid value.",
            )
        return address

    def _identities(self, principal_name: str) -> list[Document]:
        return [
            {"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None},
            {"signInType": "userPrincipalName", "issuer": self.tenant.domain, "issuerAssignedId": principal_name},
        ]

    def _by_address(self, mail: str | None) -> Entry | None:
        """The external user that has an address already; an internal one is in the way.

        Raises:
            Failed: ``InvitationCreationFailureAmbiguousUser`` for an internal user,
                ``InvitationCreationFailureInvalidPropertyValue`` for a group.
        """
        for id in self.store.find(self.tid, "address", mail) if mail else []:
            entry = self.directory.find(id)
            if entry is None:
                continue
            if entry.kind == "group":
                raise Failed(
                    "InvitationCreationFailureInvalidPropertyValue",
                    f"The address {mail} belongs to a group in the target.",
                )
            if EXTERNAL_MARK not in entry.doc["userPrincipalName"]:
                raise Failed(
                    "InvitationCreationFailureAmbiguousUser",
                    f"A proxy address of the invited user, {mail}, is that of an internal user in the target.",
                )
            return entry
        return None

    def _redeem(self, entry: Entry, values: dict[str, Any]) -> Entry:
        """Takes over an account that was invited before; its principal name stays as the invitation made it.

        Raises:
            Failed: ``InvitationCreationFailureUserAccountDisabled`` for a disabled account that was not redeemed.
        """
        if entry.doc.get("externalUserState") == PENDING and entry.doc.get("accountEnabled") is False:
            raise Failed(
                "InvitationCreationFailureUserAccountDisabled",
                "The user exists in the target, but the account is disabled and the invitation is pending.",
            )
        moment = iso(self.state.clock.now())
        doc = {**entry.doc, "externalUserState": "Accepted", "externalUserStateChangeDateTime": moment}
        for name, value in values.items():
            if name not in {"userPrincipalName", "userType"}:
                write_target(doc, name, value)
        return self._guarded(lambda: self.directory.update("user", entry.id, doc))

    def writable(self, entry: Entry, changes: dict[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
        """Returns the changes that the service sends: without ``showInAddressList`` if the account has a mailbox.

        The service retries an update without this attribute ("How to analyze the provisioning logs"); it does not say
        so of ``mail``, which `update` refuses.
        """
        if "showInAddressList" in changes and self._has_mailbox(entry):
            return {name: change for name, change in changes.items() if name != "showInAddressList"}
        return changes

    def _has_mailbox(self, entry: Entry) -> bool:
        """Whether the account has a license with a mailbox ("Known issues for provisioning")."""
        return any(plan["servicePlanId"] in MAILBOX_PLANS for plan in entry.doc.get("assignedPlans") or [])

    def update(self, entry: Entry, changes: dict[str, Any]) -> Entry:
        """Writes attributes of an account.

        Raises:
            Failed: With the code of the provisioning log.
        """
        if entry.doc.get("onPremisesSyncEnabled"):
            raise Failed(
                "AzureActiveDirectoryCannotUpdateObjectsMasteredOnPremises",
                "The account is mastered in an on-premises directory and cannot be updated by synchronization.",
            )
        if changes.keys() & _OF_EXCHANGE and self._has_mailbox(entry):
            raise Failed(
                "AzureActiveDirectoryCannotUpdateObjectsOriginatedInExternalService",
                "Unable to update the specified properties for objects that have originated within an external"
                " service. Exchange is the authority of mail, since the account has a license for it.",
            )
        doc = dict(entry.doc)
        if "userType" in changes and changes["userType"] not in _USER_TYPES:
            raise Failed(
                "InvitationCreationFailureInvalidPropertyValue",
                f"userType cannot be '{changes['userType']}', only Member or Guest.",
            )
        for name, value in changes.items():
            write_target(doc, name, value)
        if "mail" in changes and doc.get("mail"):
            doc["proxyAddresses"] = [f"SMTP:{doc['mail']}"]
        if "userPrincipalName" in changes:
            doc["identities"] = self._identities(doc["userPrincipalName"])
        updated = self._guarded(lambda: self.directory.update("user", entry.id, doc))
        self._audit("Update user", updated)
        return updated

    def soft_delete(self, entry: Entry) -> None:
        """Moves an account to the deleted items; of two users who share one, the second finds it there."""
        if self.directory.find(entry.id) is None:
            return
        self.directory.soft_delete("user", entry.id)
        self._audit("Delete user", entry)

    def restore(self, entry: Entry) -> Entry:
        """Brings an account back from the deleted items.

        Raises:
            Failed: If another user has its unique values by now.
        """
        restored = self._guarded(lambda: self.directory.restore("user", entry.id))
        self._audit("Restore user", restored)
        return restored

    def set_manager(self, id: str, manager: str) -> bool:
        """Makes a user an account's manager; False if it was so before."""
        former = self.store.targets(self.tid, "manager", id)
        if former == [manager]:
            return False
        for other in former:
            self.store.disconnect(self.tid, "manager", id, other)
        self.store.connect(self.tid, "manager", id, manager)
        entry = self.directory.get("user", id)
        self.store.replace(self.tid, "user", id, entry.doc, keys=keys_of("user", entry.doc))
        return True

    def _guarded(self, write: Any) -> Entry:
        try:
            with self.store.savepoint():
                entry: Entry = write()
                return entry
        except Fault as fault:
            taken = any(detail["code"] == CONFLICT for detail in fault.details or ())
            code = "EntryConflict" if taken else "InvalidAnchor" if fault.status == 404 else "InvalidPropertyValue"
            raise Failed(code, fault.message) from None

    def _audit(self, activity: str, entry: Entry) -> None:
        target: Document = {
            "id": entry.id,
            "displayName": entry.doc.get("displayName"),
            "type": "User",
            "userPrincipalName": entry.doc.get("userPrincipalName"),
            "groupType": None,
            "modifiedProperties": [],
        }
        record_audit(
            self.store,
            self.state.clock,
            self.tid,
            "UserManagement",
            activity,
            self._actor,
            target,
        )
