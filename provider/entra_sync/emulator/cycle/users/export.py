"""Carries out what was decided about a user, and writes it down for the log."""

from __future__ import annotations

from entra_sync.emulator.cycle.users.person import Decider, Decision
from entra_sync.emulator.cycle.users.records import Journey
from entra_sync.emulator.state.store import Entry

__all__ = ["Exporter"]


class Exporter:
    """Carries out for one job and one cycle.

    Raises:
        Failed: From every step, if the target refuses; the user is retried later.
    """

    def __init__(self, decider: Decider) -> None:
        self.decider = decider
        self.system, self.mapping, self.target = decider.system, decider.mapping, decider.target

    def carry_out(self, decision: Decision) -> None:
        """Does what was decided; references to other users follow with `refer`.

        Raises:
            Failed: The target refused.
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
        link.name = journey.principal_name
        link.escrow = None

    def _create(self, decision: Decision) -> None:
        journey = decision.journey
        journey.action = "create"
        values = self.mapping.values(decision.attributes, creating=True)
        if values is None:
            self.decider.skip(decision, "EntrySynchronizationSkipped", "An expression leaves the object out.")
            return
        source, target = self.system.source_name, self.system.target_name
        reason = f"is active and assigned in {source}, but no matching User was found in {target}"
        self._decided(journey, "Add", "created", reason)
        for attribute, value in values.items():
            journey.modified(attribute, None, value)
        account, _ = self.target.invite(values, self.decider.source)
        decision.account = account
        decision.link.target, decision.link.removed = account.id, False
        self._done(journey, "Add", "created")

    def _update(self, decision: Decision) -> None:
        assert decision.account is not None and decision.changes is not None
        journey, name, account = decision.journey, decision.journey.principal_name, decision.account
        decision.link.target, decision.link.removed = account.id, False
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
        source, target = self.system.source_name, self.system.target_name
        reason = f"is active and assigned in {source} and a matching User was found in {target}"
        self._decided(journey, "Update", "updated", reason)
        self._write(decision, account)
        self._done(journey, "Update", "updated")

    def _restore(self, decision: Decision) -> None:
        assert decision.account is not None
        journey = decision.journey
        journey.action = "update"
        self._decided(journey, "Update", "restored", f"is active and assigned in {self.system.source_name} again")
        account = self.target.restore(decision.account)
        decision.link.removed = False
        journey.modified("IsSoftDeleted", True, False)
        self._write(decision, account)
        self._done(journey, "Update", "restored")

    def _delete(self, decision: Decision) -> None:
        assert decision.account is not None
        journey = decision.journey
        journey.action = "delete"
        reason = f"is not active or not in scope in {self.system.source_name} any more"
        self._decided(journey, "Delete", "deleted", reason)
        self.target.soft_delete(decision.account)
        decision.link.removed = True
        journey.modified("IsSoftDeleted", False, True)
        self._done(journey, "Delete", "deleted")

    def _write(self, decision: Decision, account: Entry) -> None:
        """Writes the attributes that change, if any, and notes them."""
        changes = decision.changes or {}
        values = {key: new for key, (_, new) in changes.items()}
        decision.account = self.target.update(account, values) if values else account
        for attribute, (before, after) in changes.items():
            decision.journey.modified(attribute, before, after)

    def _decided(self, journey: Journey, kind: str, verb: str, reason: str) -> None:
        """Notes what will be done, and why."""
        text = f"User '{journey.principal_name}' will be {verb} in {self.system.target_name} (User {reason})"
        journey.step(f"EntrySynchronization{kind}", "matching", "success", text)

    def _done(self, journey: Journey, kind: str, verb: str) -> None:
        """Notes what was done."""
        name = journey.principal_name
        text = f"User '{name}' was {verb} in {self.system.target_name}"
        journey.step(f"EntryExport{kind}", "export", "success", text, {"ReportableIdentifier": name})

    def refer(self, decision: Decision) -> None:
        """Sets the manager if the manager has an account too, which no administrator of the target has deleted.

        Not tried again later: a user whose manager comes into scope afterwards is updated when the user changes, on
        demand, or by a restart ("What is cross-tenant synchronization?", attributes).
        """
        if decision.action not in {"create", "update", "restore"} or decision.account is None:
            return
        own = self.target.get(decision.account.id)
        if own is None or own.deleted is not None:
            return  # another user who shares the account left in this cycle
        wanted = self.mapping.manager(decision.attributes)
        if wanted is None:
            return
        stored = self.decider.store.get(self.decider.tid, "link", f"{self.system.job_id}/{wanted}")
        target = stored.doc.get("target") if stored is not None and not stored.doc["removed"] else None
        account = self.target.get(target) if target is not None else None
        if account is None or account.deleted is not None:
            decision.journey.step(
                "ReferenceResolution",
                "referenceResolution",
                "warning",
                "The manager is not synchronized.",
                {"errorCode": "UnableToResolveReferenceAttributeValue"},
            )
            return
        if self.target.set_manager(decision.account.id, account.id):
            decision.journey.modified("manager", None, account.id)
            if decision.journey.status == "skipped":
                decision.journey.status, decision.journey.error, decision.journey.action = "success", None, "update"
