"""Carries out what was decided about a user, and writes it down for the log."""

from __future__ import annotations

from entra_sync.emulator.cycle.users.person import Decider, Decision

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
        journey, name = decision.journey, decision.journey.principal_name
        journey.action = "create"
        values = self.mapping.values(decision.attributes, creating=True)
        if values is None:
            self.decider.skip(decision, "EntrySynchronizationSkipped", "An expression leaves the object out.")
            return
        journey.step(
            "EntrySynchronizationAdd",
            "matching",
            "success",
            f"User '{name}' will be created in {self.system.target_name} (User is active and assigned in"
            f" {self.system.source_name}, but no matching User was found in {self.system.target_name})",
        )
        for attribute, value in values.items():
            journey.modified(attribute, None, value)
        account, _ = self.target.invite(values, self.decider.source)
        decision.account = account
        decision.link.target, decision.link.removed = account.id, False
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

    def refer(self, decision: Decision) -> None:
        """Sets the manager if the manager has an account too.

        Not tried again later: a user whose manager comes into scope afterwards is updated when the user changes, on
        demand, or by a restart ("What is cross-tenant synchronization?", attributes).
        """
        if decision.action not in {"create", "update", "restore"} or decision.account is None:
            return
        wanted = self.mapping.manager(decision.attributes)
        if wanted is None:
            return
        stored = self.decider.store.get(self.decider.tid, "link", f"{self.system.job_id}/{wanted}")
        target = stored.doc.get("target") if stored is not None and not stored.doc["removed"] else None
        if target is None:
            decision.journey.step(
                "ReferenceResolution",
                "referenceResolution",
                "warning",
                "The manager is not synchronized.",
                {"errorCode": "UnableToResolveReferenceAttributeValue"},
            )
            return
        if self.target.set_manager(decision.account.id, target):
            decision.journey.modified("manager", None, target)
            if decision.journey.status == "skipped":
                decision.journey.status, decision.journey.error, decision.journey.action = "success", None, "update"
