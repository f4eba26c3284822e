"""Provisioning log entries (provisioningObjectSummary resource, "How to analyze the provisioning logs")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from entra_sync.emulator.state.audit import record_audit
from entra_sync.emulator.state.clock import iso, precise
from entra_sync.emulator.state.state import State
from entra_sync.emulator.state.store import Document
from entra_sync.expressions import ScopingFilter, Value
from entra_sync.expressions.filters.evaluation import holds

__all__ = ["Journey", "System", "scope_evaluation", "text"]


def text(value: Any) -> str:
    """A value as the log writes it; nothing is an empty text."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def scope_evaluation(scoping: ScopingFilter | None, attributes: Mapping[str, Value]) -> dict[str, bool]:
    """Which clauses of the filter hold, by the texts that the log uses."""
    found: dict[str, bool] = {}
    if scoping is not None:
        for group in (*(scoping.input_filter_groups or ()), *(scoping.groups or ())):
            for clause in group.clauses:
                wanted = " ".join(f"'{value}'" for value in clause.values)
                name = f"{group.name or 'Filter'}.{clause.source_operand_name} {clause.operator_name} {wanted}".rstrip()
                found[name] = holds(clause, attributes.get(clause.source_operand_name))
    return found


@dataclass(frozen=True, slots=True)
class System:
    """What a log entry says about where it happened."""

    state: State
    tid: str
    job_id: str
    cycle_id: str
    principal_id: str
    principal_name: str
    app_id: str
    source_name: str
    target_name: str
    target_tid: str


@dataclass
class Journey:
    """What happened to one person in one cycle, step by step."""

    system: System
    source_id: str
    source_name: str
    principal_name: str
    steps: list[Document] = field(default_factory=list)
    changed: list[Document] = field(default_factory=list)
    action: str = "other"
    status: str = "success"
    error: Document | None = None
    target_id: str = ""
    target_display: str = ""

    def step(
        self, name: str, type: str, status: str, description: str, details: Mapping[str, Any] | None = None
    ) -> None:
        """Add a step."""
        self.steps.append(
            {
                "name": name,
                "provisioningStepType": type,
                "status": status,
                "description": description,
                "details": {key: text(value) for key, value in (details or {}).items()},
            }
        )

    def modified(self, name: str, before: Any, after: Any) -> None:
        """Note a property that was written."""
        old = None if before is None else text(before)
        self.changed.append({"displayName": name, "oldValue": old, "newValue": text(after)})

    def fail(self, code: str, reason: str) -> None:
        """The person could not be provisioned."""
        self._end("failure", code, reason)

    def failed_step(self, action: str, code: str) -> None:
        """Add the export step that failed: a creation, an update or a deletion."""
        word, verb = {"create": ("Add", "create"), "delete": ("Delete", "delete")}.get(action, ("Update", "update"))
        self.step(
            f"EntryExport{word}",
            "export",
            "failure",
            f"Failed to {verb} User '{self.principal_name}' in {self.system.target_name}",
            {"ErrorCode": code, "ReportableIdentifier": self.principal_name},
        )

    def skip(self, code: str, reason: str) -> None:
        """Nothing was to be done."""
        self._end("skipped", code, reason)

    def _end(self, status: str, code: str, reason: str) -> None:
        self.status = status
        self.error = {
            "errorCode": code,
            "reason": reason,
            "additionalDetails": None,
            "errorCategory": "nonServiceFailure",
            "recommendedAction": None,
        }

    def _identity(self) -> Document:
        return {
            "id": self.source_id,
            "displayName": self.source_name,
            "identityType": "User",
            "details": {
                "id": self.source_id,
                "odatatype": "User",
                "DisplayName": self.source_name,
                "UserPrincipalName": self.principal_name,
            },
        }

    def entry(self) -> Document:
        """The log entry."""
        system, store = self.system, self.system.state.store
        return {
            "id": store.new_id(),
            "activityDateTime": iso(system.state.clock.now()),
            "tenantId": system.tid,
            "jobId": system.job_id,
            "cycleId": system.cycle_id,
            "changeId": store.new_id(),
            "provisioningAction": self.action,
            "durationInMilliseconds": 400 + 150 * len(self.steps),
            "servicePrincipal": {"id": system.principal_id, "displayName": system.principal_name},
            "sourceSystem": {"id": system.tid, "displayName": system.source_name, "details": {}},
            "targetSystem": {
                "id": system.target_tid,
                "displayName": system.target_name,
                "details": {
                    "ApplicationId": system.app_id,
                    "ServicePrincipalId": system.principal_id,
                    "ServicePrincipalDisplayName": system.principal_name,
                },
            },
            "initiatedBy": {"id": "", "displayName": "Azure AD Provisioning Service", "initiatorType": "system"},
            "sourceIdentity": self._identity(),
            "targetIdentity": {
                "id": self.target_id,
                "displayName": self.target_display,
                "identityType": "User",
                "details": {},
            },
            "provisioningStatusInfo": {"status": self.status, "errorInformation": self.error},
            "provisioningSteps": self.steps,
            "modifiedProperties": self.changed,
        }

    def write(self) -> Document:
        """Put the entry into the source tenant's log, and an entry into its audit log."""
        doc = self.entry()
        system = self.system
        now = system.state.clock.now()
        system.state.store.put(system.tid, "provisioningLog", doc["id"], doc, now=now.timestamp())
        last = self.steps[-1]["description"] if self.steps else ""
        record_audit(
            system.state.store,
            system.state.clock,
            system.tid,
            "ProvisioningManagement",
            {"success": "Export", "failure": "Export"}.get(self.status, "Synchronization rule action"),
            {
                "app": {
                    "appId": None,
                    "displayName": "Azure AD Provisioning Service",
                    "servicePrincipalId": None,
                    "servicePrincipalName": None,
                },
                "user": None,
            },
            {
                "id": system.principal_id,
                "displayName": system.principal_name,
                "type": "ServicePrincipal",
                "userPrincipalName": None,
                "groupType": None,
                "modifiedProperties": [],
            },
            result="failure" if self.status == "failure" else "success",
            reason=last,
            service_name="Account Provisioning",
        )
        return doc

    def on_demand(self) -> Document:
        """The same journey in the form that provisionOnDemand answers."""
        now = precise(self.system.state.clock.now())
        doc = self.entry()
        info = self.error or {}
        names = ("errorCode", "reason", "additionalDetails", "errorCategory", "recommendedAction")
        return {
            "provisioningSteps": [
                {
                    "name": step["name"],
                    "type": step["provisioningStepType"].capitalize(),
                    "status": step["status"].capitalize(),
                    "description": step["description"],
                    "timestamp": now,
                    "details": step["details"],
                }
                for step in self.steps
            ],
            "modifiedProperties": self.changed,
            "action": self.action.capitalize(),
            "changeId": doc["changeId"],
            "startTime": now,
            "endTime": now,
            "reportableIdentifier": self.principal_name,
            "statusInfo": {"status": self.status.capitalize(), **{name: info.get(name) for name in names}},
            "sourceIdentity": {"id": self.source_id, "type": "User", "displayName": self.source_name, "details": None},
            "sourceSystem": {"id": self.system.tid, "name": self.system.source_name, "details": None},
            "targetIdentity": {
                "id": self.target_id or None,
                "type": "User",
                "displayName": self.target_display or None,
                "details": None,
            },
            "targetSystem": {"id": self.system.target_tid, "name": self.system.target_name, "details": None},
        }
