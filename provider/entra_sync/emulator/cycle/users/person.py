"""Decides what a cycle does with one user.

Rules from "What is cross-tenant synchronization?" (deprovisioning), "How Application Provisioning works" (known
limitations), "Known issues for provisioning", "On-demand provisioning", and the filter resource:

- A user who fails an input filter is no longer looked at.
- A user who is blocked and then unassigned keeps the account only if the block has reached the target before.
- A user who is disabled, or an internal guest, gets no account.
- After synchronization has deleted an account it does not manage the account, whatever becomes of it, until the user
  is in scope again. Of users who share an account it is the user who left that this holds for; that is a guess.
- An account that an administrator of the target deleted is not restored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from entra_sync.emulator.cycle.users.mapping import Failed, UserMapping
from entra_sync.emulator.cycle.users.people import source_attributes
from entra_sync.emulator.cycle.users.records import Journey, System, scope_evaluation
from entra_sync.emulator.cycle.users.target import Target
from entra_sync.emulator.state.store import Document, Entry
from entra_sync.emulator.state.tenants import Tenant
from entra_sync.errors import RegexTooSlow
from entra_sync.expressions import Value

__all__ = ["AccountLink", "Decider", "Decision"]


_KEPT = ("source", "target", "name", "removed", "escrow", "entitled", "held")


@dataclass
class AccountLink:
    """What the engine remembers about a source user.

    Attributes:
        target: Id of the account in the target, or None.
        removed: Synchronization soft-deleted the account and does not manage it until the user is in scope again.
        escrow: Retries of a failed user: ``count`` of failures and ``next`` cycle to try in.
        entitled: The user was assigned when last looked at.
        held: A deletion or disable waits, because too many were due in one cycle; it is due in every cycle until then.
    """

    source: str
    target: str | None = None
    name: str = ""
    removed: bool = False
    escrow: Document | None = None
    entitled: bool = False
    held: bool = False
    known: bool = False

    @classmethod
    def read(cls, doc: Document) -> AccountLink:
        """A link as stored."""
        return cls(**{name: doc[name] for name in _KEPT if name in doc}, known=True)

    def document(self) -> Document:
        """The link as it is stored."""
        return {name: getattr(self, name) for name in _KEPT}

    def keys(self) -> Document:
        """What the link is looked up by: the account in the target."""
        return {"link.target": self.target}


@dataclass
class Decision:
    """What happens to a user.

    Attributes:
        action: create, update, restore, delete, or skip.
        changes: (old, new) by attribute for an update.
        deprovisions: Counts towards the deletion threshold: a deletion or a disable.
    """

    action: str
    link: AccountLink
    user: Entry | None
    attributes: dict[str, Value]
    journey: Journey
    account: Entry | None = None
    changes: dict[str, tuple[Any, Any]] | None = None
    deprovisions: bool = False
    matched: bool = False


class Decider:
    """Decides for one job and one cycle."""

    def __init__(self, system: System, mapping: UserMapping, source: Tenant, target: Target) -> None:
        self.system, self.mapping, self.target = system, mapping, target
        self.state, self.store, self.tid = system.state, system.state.store, system.tid
        self.source = source

    def decide(self, link: AccountLink, *, entitled: str | None, first: bool, on_demand: bool = False) -> Decision:
        """Decides what happens to a user.

        Args:
            link: What is remembered about the user.
            entitled: Name of the app role that puts the user into scope, or None.
            first: Whether the user is new to the engine, which the log's words show.
            on_demand: Whether an administrator asked for this user; a deleted account is not restored then.

        Raises:
            Failed: The user cannot be provisioned.
        """
        try:
            return self._decided(link, entitled, first=first, on_demand=on_demand)
        except RegexTooSlow as error:
            raise Failed("ExpressionEvaluationFailed", str(error)) from None

    def _decided(self, link: AccountLink, entitled: str | None, *, first: bool, on_demand: bool) -> Decision:
        link.entitled = entitled is not None
        user = self.store.kind_of(self.tid, link.source, ("user",))
        live = user is not None and user.deleted is None
        present, attributes = self._seen(user, entitled) if user is not None else (False, {})
        journey = self._journey(link, user)
        decision = Decision("skip", link, user, attributes, journey)
        self._import(decision, live=live, first=first)
        if user is not None and not self.mapping.reads(attributes):
            self._scoping(decision, entitled)
            return self.skip(
                decision,
                "EntrySynchronizationSkipped",
                "Filtered out when the source was read; the account, if there is one, is left as it is.",
            )
        self._scoping(decision, entitled)
        account = self.target.get(link.target) if link.target else None
        if link.target and account is None:
            link.target, link.removed = None, False
        decision.account = account
        if on_demand and account is not None and account.deleted is not None:
            decision.account = None
        return self._arriving(decision) if present else self._leaving(decision, entitled)

    def _seen(self, user: Entry, entitled: str | None) -> tuple[bool, dict[str, Value]]:
        """Whether the user belongs into the target, and the user's attributes."""
        present = user.deleted is None and entitled is not None
        attributes = source_attributes(self.state, self.tid, user, leaving=not present, role=entitled)
        if present and not self.mapping.passes(attributes):
            return False, {**attributes, "IsSoftDeleted": True}
        return present, attributes

    def _arriving(self, decision: Decision) -> Decision:
        link, account = decision.link, decision.account
        if account is not None and account.deleted is not None:
            if not link.removed:
                raise Failed(
                    "InvalidAnchor",
                    "The account that this user is linked to was deleted in the target, and not by this job."
                    " Synchronization does not restore it; an administrator of the target can.",
                )
            decision.action = "restore"
            decision.changes = self._changes(decision, account)
            return decision
        if account is None:
            unsupported = _unsupported(decision)
            if unsupported is not None:
                return self.skip(decision, "EntrySynchronizationSkipped", unsupported)
            account = self.target.match(self.mapping.matching(decision.attributes))
            decision.matched = account is not None
            decision.account = account
        if account is None:
            if "Add" not in self.mapping.flow_types:
                return self.skip(decision, "EntrySynchronizationSkipped", "The mapping does not create objects.")
            decision.action = "create"
            return decision
        decision.changes = self._changes(decision, account)
        if decision.changes is None or "Update" not in self.mapping.flow_types:
            return self.skip(decision, "EntrySynchronizationSkipped", "The mapping leaves the object out.")
        decision.deprovisions = decision.changes.get("accountEnabled", (None, None)) == (True, False)
        decision.action = "update"
        return decision

    def _changes(self, decision: Decision, account: Entry) -> dict[str, tuple[Any, Any]] | None:
        changes = self.mapping.changes(decision.attributes, account.doc)
        return None if changes is None else self.target.writable(account, changes)

    def _leaving(self, decision: Decision, entitled: str | None) -> Decision:
        link, account, user = decision.link, decision.account, decision.user
        if account is None or account.deleted is not None:
            reason = "NotEffectivelyEntitled" if entitled is None else "The user does not pass the scoping filter."
            return self.skip(decision, "EntrySynchronizationSkipped", reason)
        if link.removed:
            reason = "The account was deprovisioned before and is not managed any more."
            return self.skip(decision, "EntrySynchronizationSkipped", reason)
        disabled = user is not None and user.deleted is None and user.doc.get("accountEnabled") is False
        if disabled and entitled is None and account.doc.get("accountEnabled") is False:
            reason = "The user is disabled and not assigned any more; the account stays disabled."
            return self.skip(decision, "EntrySynchronizationSkipped", reason)
        if "Delete" not in self.mapping.flow_types or (
            user is not None and not self.mapping.soft_deletes(decision.attributes)
        ):
            return self.skip(decision, "EntrySynchronizationSkipped", "The mapping does not delete objects.")
        decision.action, decision.deprovisions = "delete", True
        return decision

    # The log's words

    def failed_journey(self, link: AccountLink) -> Journey:
        """A journey for a user without a decision."""
        return self._journey(link, self.store.kind_of(self.tid, link.source, ("user",)))

    def _journey(self, link: AccountLink, user: Entry | None) -> Journey:
        doc = user.doc if user is not None else {}
        name = doc.get("userPrincipalName") or link.name
        return Journey(self.system, link.source, doc.get("displayName") or link.name, name)

    def _import(self, decision: Decision, *, live: bool, first: bool) -> None:
        journey = decision.journey
        change = "Delete" if not live else "Add" if first else "Update"
        names = [row.target for row in self.mapping.rows]
        read = {
            name: decision.attributes.get(name) for name in ("objectId", *names, "netId") if name in decision.attributes
        }
        journey.step(
            f"EntryImport{change}",
            "import",
            "success",
            f"Received User '{journey.principal_name}' change of type ({change}) from {self.system.source_name}",
            {
                **read,
                **{
                    name: decision.attributes.get(name)
                    for name in ("alternativeSecurityIds", "IsSoftDeleted", "appRoleAssignments")
                },
            },
        )

    def _scoping(self, decision: Decision, entitled: str | None) -> None:
        evaluated = scope_evaluation(self.mapping.scoping, decision.attributes) if decision.user is not None else {}
        user = decision.user
        active = user is not None and user.deleted is None and user.doc.get("accountEnabled") is not False
        passed = decision.user is not None and self.mapping.passes(decision.attributes)
        decision.journey.step(
            "EntrySynchronizationScoping",
            "scoping",
            "success",
            "Determine if User in scope by evaluating against each scoping filter",
            {
                "Active in the source system": active,
                "Assigned to the application": entitled is not None,
                "User has the required role": entitled is not None,
                "Scoping filter evaluation passed": passed,
                "ScopeEvaluationResult": _as_json(evaluated),
            },
        )

    def skip(self, decision: Decision, code: str, reason: str) -> Decision:
        """Turn a decision into one to do nothing, and say why in the log."""
        journey = decision.journey
        decision.action = "skip"
        journey.skip(code, reason)
        journey.step(
            "EntrySynchronizationSkip",
            "processing",
            "skipped",
            f"User '{journey.principal_name}' will be skipped. {reason}",
            {"SkipReason": code},
        )
        return decision


def _unsupported(decision: Decision) -> str | None:
    """Why a user without an account gets none, or None.

    "How Application Provisioning works" (known limitations) and "What is cross-tenant synchronization?" (user types);
    the topologies page lists internal guests as supported and is older.
    """
    assert decision.user is not None
    if decision.user.doc.get("accountEnabled") is False:
        return "The user is disabled; a user must be active before the user can be provisioned."
    if decision.user.doc.get("userType") == "Guest":
        return "The user is an internal guest; only internal members can be provisioned."
    return None


def _as_json(evaluated: dict[str, bool]) -> str:
    return orjson.dumps(evaluated).decode()
