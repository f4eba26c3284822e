"""What a cycle is to do with one person.

Rules from "What is cross-tenant synchronization?" (deprovisioning), "How Application Provisioning works", "Known
issues for provisioning", and the filter resource: who fails an input filter is not looked at any more; who is
disabled and loses the assignment stays disabled; an account that an administrator of the target deleted is not
restored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from entra_sync.emulator.cycle.mapping import Failed, UserMapping
from entra_sync.emulator.cycle.people import source_attributes
from entra_sync.emulator.cycle.records import Journey, System, scope_evaluation
from entra_sync.emulator.cycle.target import Target
from entra_sync.emulator.state.store import Document, Entry
from entra_sync.expressions import Value

__all__ = ["Decider", "Decision", "Link"]


_KEPT = ("source", "target", "name", "removed", "escrow", "retry", "entitled", "held")


@dataclass
class Link:
    """What the engine remembers about a source user.

    Attributes:
        target: Id of the account in the target, or None.
        removed: The engine soft-deleted the account.
        escrow: Retries of a failed person: ``count`` of failures and ``next`` cycle to try in.
        retry: Look at the person again in the next cycle.
        entitled: The person was assigned when last looked at.
        held: A deletion or disable waits, since too many were due in one cycle: it is due in every cycle until then.
    """

    source: str
    target: str | None = None
    name: str = ""
    removed: bool = False
    escrow: Document | None = None
    retry: bool = False
    entitled: bool = False
    held: bool = False
    known: bool = False

    @classmethod
    def read(cls, doc: Document) -> Link:
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
    """What is to happen to a person.

    Attributes:
        action: create, update, restore, delete, or skip.
        changes: (old, new) by attribute for an update.
        deprovisions: Counts towards the deletion threshold: a deletion or a disable.
    """

    action: str
    link: Link
    user: Entry | None
    attributes: dict[str, Value]
    journey: Journey
    account: Entry | None = None
    changes: dict[str, tuple[Any, Any]] | None = None
    deprovisions: bool = False
    matched: bool = False


class Decider:
    """Decides for one job and one cycle."""

    def __init__(self, system: System, mapping: UserMapping, target: Target) -> None:
        self.system, self.mapping, self.target = system, mapping, target
        self.service, self.store, self.tid = system.service, system.service.store, system.tid

    def decide(self, link: Link, *, entitled: str | None, first: bool) -> Decision:
        """What is to happen to a person.

        Args:
            link: What is remembered about the person.
            entitled: Name of the app role that puts the person into scope, or None.
            first: Whether the person is new to the engine, which the log's words show.

        Raises:
            Failed: the person cannot be provisioned.
        """
        link.entitled = entitled is not None
        user = self.store.kind_of(self.tid, link.source, ("user",))
        live = user is not None and user.deleted is None
        present = self._present(user, entitled) if user is not None else False
        attributes = (
            source_attributes(self.service, self.tid, user, leaving=not present, role=entitled)
            if user is not None
            else {}
        )
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
        return self._arriving(decision) if present else self._leaving(decision, entitled)

    def _present(self, user: Entry, entitled: str | None) -> bool:
        """Whether the person is to have a live account in the target."""
        if user.deleted is not None or entitled is None:
            return False
        attributes = source_attributes(self.service, self.tid, user, leaving=False, role=entitled)
        return self.mapping.passes(attributes)

    def _arriving(self, decision: Decision) -> Decision:
        link, account = decision.link, decision.account
        if account is not None and account.deleted is not None:
            if not link.removed:
                raise Failed(
                    "InvalidAnchor",
                    "The account that this user is linked to was deleted in the target by somebody else. It is"
                    " not restored by"
                    " synchronization; an administrator of the target can restore it.",
                )
            decision.action = "restore"
            decision.changes = self.mapping.changes(decision.attributes, account.doc)
            return decision
        if account is None:
            account = self.target.match(self.mapping.matching(decision.attributes))
            decision.matched = account is not None
            decision.account = account
        if account is None:
            if "Add" not in self.mapping.flow_types:
                return self.skip(decision, "EntrySynchronizationSkipped", "The mapping does not create objects.")
            decision.action = "create"
            return decision
        decision.changes = self.mapping.changes(decision.attributes, account.doc)
        if decision.changes is None or "Update" not in self.mapping.flow_types:
            return self.skip(decision, "EntrySynchronizationSkipped", "The mapping leaves the object out.")
        decision.deprovisions = decision.changes.get("accountEnabled", (None, None)) == (True, False)
        decision.action = "update"
        return decision

    def _leaving(self, decision: Decision, entitled: str | None) -> Decision:
        account, user = decision.account, decision.user
        if account is None or account.deleted is not None:
            reason = "NotEffectivelyEntitled" if entitled is None else "The user does not pass the scoping filter."
            return self.skip(decision, "EntrySynchronizationSkipped", reason)
        disabled = user is not None and user.deleted is None and user.doc.get("accountEnabled") is False
        if disabled and entitled is None:
            return self.skip(
                decision,
                "EntrySynchronizationSkipped",
                "The user is disabled and not assigned any more; the account stays disabled.",
            )
        if "Delete" not in self.mapping.flow_types or (
            user is not None and not self.mapping.soft_deletes(decision.attributes)
        ):
            return self.skip(decision, "EntrySynchronizationSkipped", "The mapping does not delete objects.")
        decision.action, decision.deprovisions = "delete", True
        return decision

    # The log's words

    def failed_journey(self, link: Link) -> Journey:
        """A journey for a person about whom nothing could be decided."""
        return self._journey(link, self.store.kind_of(self.tid, link.source, ("user",)))

    def _journey(self, link: Link, user: Entry | None) -> Journey:
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
        live = decision.user is not None and decision.user.deleted is None
        passed = decision.user is not None and self.mapping.passes(decision.attributes)
        decision.journey.step(
            "EntrySynchronizationScoping",
            "scoping",
            "success",
            "Determine if User in scope by evaluating against each scoping filter",
            {
                "Active in the source system": live,
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


def _as_json(evaluated: dict[str, bool]) -> str:
    return orjson.dumps(evaluated).decode()
