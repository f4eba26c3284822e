"""What a cycle does with one person: decide, then carry out.

Rules from "What is cross-tenant synchronization?" (deprovisioning), "How Application Provisioning works", "Known
issues for provisioning", and the filter resource: who fails an input filter is not looked at any more; who is
disabled and loses the assignment stays disabled; an account that an administrator of the target deleted is not
restored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from entra_sync.expressions import Value

from ..store import Document, Entry
from .mapping import Failed, UserMapping
from .people import source_attributes
from .records import Journey, System, scope_evaluation
from .target import Target

__all__ = ["Decision", "Engine", "Link"]


@dataclass
class Link:
    """What the engine remembers about a source user.

    Attributes:
        target: Id of the account in the target, or None.
        removed: The engine soft-deleted the account.
        escrow: Retries of a failed person: ``count`` of failures and ``next`` cycle to try in.
        retry: Look at the person again in the next cycle.
    """

    source: str
    target: str | None = None
    name: str = ""
    removed: bool = False
    escrow: Document | None = None
    retry: bool = False
    known: bool = False

    @classmethod
    def read(cls, doc: Document) -> Link:
        """A link as stored."""
        return cls(
            **{name: doc[name] for name in ("source", "target", "name", "removed", "escrow", "retry")}, known=True
        )

    def document(self) -> Document:
        """The link as it is stored."""
        names = ("source", "target", "name", "removed", "escrow", "retry")
        return {name: getattr(self, name) for name in names}

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


class Engine:
    """Decides and carries out for one job and one cycle."""

    def __init__(self, system: System, mapping: UserMapping, target: Target) -> None:
        self.system, self.mapping, self.target = system, mapping, target
        self.service, self.store, self.tid = system.service, system.service.store, system.tid

    # Deciding

    def decide(self, link: Link, *, entitled: str | None, first: bool) -> Decision:
        """What is to happen to a person.

        Args:
            link: What is remembered about the person.
            entitled: Name of the app role that puts the person into scope, or None.
            first: Whether the person is new to the engine, which the log's words show.

        Raises:
            Failed: the person cannot be provisioned.
        """
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
            return self._skip(
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
                return self._skip(decision, "EntrySynchronizationSkipped", "The mapping does not create objects.")
            decision.action = "create"
            return decision
        decision.changes = self.mapping.changes(decision.attributes, account.doc)
        if decision.changes is None or "Update" not in self.mapping.flow_types:
            return self._skip(decision, "EntrySynchronizationSkipped", "The mapping leaves the object out.")
        decision.deprovisions = decision.changes.get("accountEnabled", (None, None)) == (True, False)
        decision.action = "update"
        return decision

    def _leaving(self, decision: Decision, entitled: str | None) -> Decision:
        account, user = decision.account, decision.user
        if account is None or account.deleted is not None:
            reason = "NotEffectivelyEntitled" if entitled is None else "The user does not pass the scoping filter."
            return self._skip(decision, "EntrySynchronizationSkipped", reason)
        disabled = user is not None and user.deleted is None and user.doc.get("accountEnabled") is False
        if disabled and entitled is None:
            return self._skip(
                decision,
                "EntrySynchronizationSkipped",
                "The user is disabled and not assigned any more; the account stays disabled.",
            )
        if "Delete" not in self.mapping.flow_types or (
            user is not None and not self.mapping.soft_deletes(decision.attributes)
        ):
            return self._skip(decision, "EntrySynchronizationSkipped", "The mapping does not delete objects.")
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

    def _skip(self, decision: Decision, code: str, reason: str) -> Decision:
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

    # Carrying out

    def carry_out(self, decision: Decision) -> None:
        """Do what was decided and complete the journey.

        Raises:
            Failed: the target refused.
        """
        link, journey = decision.link, decision.journey
        if decision.action == "create":
            self._create(decision)
        elif decision.action == "update":
            self._update(decision)
        elif decision.action == "restore":
            self._restore(decision)
        elif decision.action == "delete":
            self._delete(decision)
        if decision.account is not None:
            journey.target_id = decision.account.id
            journey.target_display = decision.account.doc.get("displayName", "")
        if decision.action in {"create", "update", "restore"}:
            self._refer_to_manager(decision)
        link.name = journey.principal_name
        link.escrow = None

    def _create(self, decision: Decision) -> None:
        journey, name = decision.journey, decision.journey.principal_name
        journey.action = "create"
        values = self.mapping.values(decision.attributes, creating=True)
        if values is None:
            self._skip(decision, "EntrySynchronizationSkipped", "An expression leaves the object out.")
            return
        journey.step(
            "EntrySynchronizationAdd",
            "matching",
            "success",
            f"User '{name}' will be created in {self.system.target_name} (User is active and assigned in"
            f" {self.system.source_name}, but no matching User was found in {self.system.target_name})",
        )
        account, _ = self.target.invite(values, {"tenant": self.tid})
        decision.account = account
        decision.link.target, decision.link.removed = account.id, False
        for attribute, value in values.items():
            journey.modified(attribute, None, value)
        journey.step(
            "EntryExportAdd",
            "export",
            "success",
            f"User '{name}' was created in {self.system.target_name}",
            {"ReportableIdentifier": name},
        )

    def _update(self, decision: Decision) -> None:
        assert decision.account is not None and decision.changes is not None
        journey, name, account = decision.journey, decision.journey.principal_name, decision.account
        decision.link.target = account.id
        if not decision.changes:
            reason = "The state of the user in both the source and target systems already match."
            journey.skip("RedundantExport", reason)
            journey.step(
                "EntrySynchronizationSkip",
                "export",
                "skipped",
                f"{reason} No change to the User '{name}' currently needs to be made.",
                {"SkipReason": "RedundantExport"},
            )
            return
        journey.action = "disable" if decision.deprovisions else "update"
        journey.step(
            "EntrySynchronizationUpdate",
            "matching",
            "success",
            f"User '{name}' will be updated in {self.system.target_name} (User is active and assigned in"
            f" {self.system.source_name} and a matching User was found in {self.system.target_name})",
        )
        decision.account = self.target.update(account, {key: new for key, (_, new) in decision.changes.items()})
        for attribute, (before, after) in decision.changes.items():
            journey.modified(attribute, before, after)
        journey.step(
            "EntryExportUpdate",
            "export",
            "success",
            f"User '{name}' was updated in {self.system.target_name}",
            {"ReportableIdentifier": name},
        )

    def _restore(self, decision: Decision) -> None:
        assert decision.account is not None
        journey, name = decision.journey, decision.journey.principal_name
        journey.action = "update"
        journey.step(
            "EntrySynchronizationUpdate",
            "matching",
            "success",
            f"User '{name}' will be restored in {self.system.target_name} (User is active and assigned in"
            f" {self.system.source_name} again)",
        )
        account = self.target.restore(decision.account)
        decision.link.removed = False
        journey.modified("IsSoftDeleted", True, False)
        changes = decision.changes or {}
        if changes:
            account = self.target.update(account, {key: new for key, (_, new) in changes.items()})
        for attribute, (before, after) in changes.items():
            journey.modified(attribute, before, after)
        decision.account = account
        journey.step(
            "EntryExportUpdate",
            "export",
            "success",
            f"User '{name}' was restored in {self.system.target_name}",
            {"ReportableIdentifier": name},
        )

    def _delete(self, decision: Decision) -> None:
        assert decision.account is not None
        journey, name = decision.journey, decision.journey.principal_name
        journey.action = "delete"
        journey.step(
            "EntrySynchronizationDelete",
            "matching",
            "success",
            f"User '{name}' will be deleted in {self.system.target_name} (User is not active or not in scope in"
            f" {self.system.source_name} any more)",
        )
        self.target.soft_delete(decision.account)
        decision.link.removed = True
        journey.modified("IsSoftDeleted", False, True)
        journey.step(
            "EntryExportDelete",
            "export",
            "success",
            f"User '{name}' was deleted in {self.system.target_name}",
            {"ReportableIdentifier": name},
        )

    def _refer_to_manager(self, decision: Decision) -> None:
        """Set the manager where the manager has an account too; otherwise try again next cycle."""
        wanted = self.mapping.manager(decision.attributes)
        if wanted is None or decision.account is None:
            return
        stored = self.store.get(self.tid, "link", f"{self.system.job_id}/{wanted}")
        target = stored.doc.get("target") if stored is not None and not stored.doc["removed"] else None
        decision.link.retry = target is None
        if target is None:
            decision.journey.step(
                "ReferenceResolution",
                "referenceResolution",
                "warning",
                "The manager is not synchronized yet.",
                {"errorCode": "UnableToResolveReferenceAttributeValue"},
            )
            return
        if self.target.set_manager(decision.account.id, target):
            decision.journey.modified("manager", None, target)
            if decision.journey.status == "skipped":
                decision.journey.status, decision.journey.error, decision.journey.action = "success", None, "update"


def _as_json(evaluated: dict[str, bool]) -> str:
    return orjson.dumps(evaluated).decode()
