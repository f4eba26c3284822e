"""Whatever clients do in whatever order, the directory keeps its invariants.

No reference dangles, a deleted parent takes its children, identifiers are never used again, unique values are unique,
and every change is in the audit log.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from entra_sync.emulator import Emulator
from tests.emulator.api import Api
from tests.emulator.linking import allow

JSON = Any
CROSS_CLOUD = "c2b9a3d8-5c0e-4f57-9f0b-6b9a4c1e7d25"
NAMES = st.sampled_from(["Ada", "Émile", "Zoë O'Neill", "李 明", "Nia", "Ada Lovelace"])


class Directory(RuleBasedStateMachine):
    """Random operations through Graph on a small tenant and the tenant that it synchronizes into."""

    users: Bundle[str] = Bundle("users")
    groups: Bundle[str] = Bundle("groups")
    principals: Bundle[tuple[str, str, str]] = Bundle("principals")
    jobs: Bundle[tuple[str, str]] = Bundle("jobs")
    assignments: Bundle[tuple[str, str]] = Bundle("assignments")

    def __init__(self) -> None:
        super().__init__()
        self.emulator = Emulator(seed=5)
        self.emulator.add_tenant("source", "global")
        self.emulator.add_tenant("target", "usgov")
        self.api, self.target = Api(self.emulator, "source"), Api(self.emulator, "target")
        self.given_out: set[str] = set()
        self.number = 0
        self.changes = 0

    @initialize()
    def link(self) -> None:
        """Both tenants allow the link."""
        allow(self.api, self.target)
        self.audited = len(self.api.pages("/auditLogs/directoryAudits"))

    def _new(self, id: str) -> str:
        assert id not in self.given_out, "an identifier was used again"
        self.given_out.add(id)
        return id

    def _try(self, method: str, path: str, body: JSON = None) -> int:
        """Send a request that may be refused, but not break anything."""
        answer = self.api.send(method, path, body)
        assert answer.status_code < 500, answer.text
        self.changes += answer.is_success
        return answer.status_code

    # Operations

    @rule(target=users, name=NAMES, enabled=st.booleans())
    def create_user(self, name: str, enabled: bool) -> str:
        """A user."""
        self.number += 1
        nickname = f"user{self.number}"
        names = {"mailNickname": nickname, "userPrincipalName": f"{nickname}@{self.api.tenant.domain}"}
        self.changes += 1
        return self._new(self.api.user(name, accountEnabled=enabled, **names)["id"])

    @rule(target=groups, unified=st.booleans())
    def create_group(self, unified: bool) -> str:
        """A group."""
        self.number += 1
        self.changes += 1
        return self._new(self.api.group(f"group{self.number}", unified=unified)["id"])

    @rule(target=principals)
    def create_application(self) -> tuple[str, str, str]:
        """An application with its service principal."""
        made = self.api.application(CROSS_CLOUD, "Link")
        self.changes += 2
        principal = made["servicePrincipal"]
        return (
            self._new(made["application"]["id"]),
            self._new(principal["id"]),
            self._new(principal["appRoles"][0]["id"]),
        )

    @rule(target=jobs, principal=principals)
    def create_job(self, principal: tuple[str, str, str]) -> Any:
        """A job with its connection, if the service principal is there and has none."""
        path = f"/servicePrincipals/{principal[1]}/synchronization"
        value = [
            {"key": "CompanyId", "value": self.target.tenant.tenant_id},
            {"key": "AuthenticationType", "value": "SyncPolicy"},
        ]
        self._try("PUT", f"{path}/secrets", {"value": value})
        answer = self.api.send("POST", f"{path}/jobs", {"templateId": "Azure2AzureCrossCloud"})
        if not answer.is_success:
            return multiple()
        self.changes += 1
        self._try("POST", f"{path}/jobs/{answer.json()['id']}/start")
        return principal[1], answer.json()["id"]

    @rule(user=users, city=st.sampled_from(["Ulm", "Kiel", None]), enabled=st.booleans())
    def change_user(self, user: str, city: str | None, enabled: bool) -> None:
        """Other properties."""
        self._try("PATCH", f"/users/{user}", {"city": city, "accountEnabled": enabled})

    @rule(user=users)
    def delete_user(self, user: str) -> None:
        """Soft-delete, if it is there."""
        self._try("DELETE", f"/users/{user}")

    @rule(id=st.one_of(users, groups))
    def restore(self, id: str) -> None:
        """Restore, if it is in the deleted items."""
        self._try("POST", f"/directory/deletedItems/{id}/restore")

    @rule(id=st.one_of(users, groups))
    def purge(self, id: str) -> None:
        """Purge, if it is in the deleted items."""
        self._try("DELETE", f"/directory/deletedItems/{id}")

    @rule(principal=principals)
    def delete_principal(self, principal: tuple[str, str, str]) -> None:
        """Delete the service principal alone."""
        self._try("DELETE", f"/servicePrincipals/{principal[1]}")

    @rule(principal=principals, restored=st.booleans())
    def end_of_principal(self, principal: tuple[str, str, str], restored: bool) -> None:
        """Bring a deleted service principal back, or purge it."""
        path = f"/directory/deletedItems/{principal[1]}"
        self._try(*(("POST", f"{path}/restore") if restored else ("DELETE", path)))

    @rule(group=groups)
    def delete_group(self, group: str) -> None:
        """Delete, if it is there."""
        self._try("DELETE", f"/groups/{group}")

    @rule(group=groups, member=st.one_of(users, groups))
    def add_member(self, group: str, member: str) -> None:
        """Add a user or group to a group."""
        body = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{member}"}
        self._try("POST", f"/groups/{group}/members/$ref", body)

    @rule(group=groups, member=users)
    def remove_member(self, group: str, member: str) -> None:
        """Remove a user from a group."""
        self._try("DELETE", f"/groups/{group}/members/{member}/$ref")

    @rule(target=assignments, principal=principals, member=st.one_of(users, groups))
    def assign(self, principal: tuple[str, str, str], member: str) -> Any:
        """Put a user or group into scope."""
        body = {"principalId": member, "resourceId": principal[1], "appRoleId": principal[2]}
        answer = self.api.send("POST", f"/servicePrincipals/{principal[1]}/appRoleAssignedTo", body)
        assert answer.status_code < 500, answer.text
        if not answer.is_success:
            return multiple()
        self.changes += 1
        return principal[1], self._new(answer.json()["id"])

    @rule(assignment=consumes(assignments))
    def unassign(self, assignment: tuple[str, str]) -> None:
        """Take somebody out of scope."""
        self._try("DELETE", f"/servicePrincipals/{assignment[0]}/appRoleAssignedTo/{assignment[1]}")

    @rule(principal=principals)
    def delete_application(self, principal: tuple[str, str, str]) -> None:
        """Delete the application, and its service principal and jobs with it."""
        self._try("DELETE", f"/applications/{principal[0]}")

    @rule(job=consumes(jobs))
    def delete_job(self, job: tuple[str, str]) -> None:
        """Delete a job."""
        self._try("DELETE", f"/servicePrincipals/{job[0]}/synchronization/jobs/{job[1]}")

    @rule(hours=st.sampled_from([1, 24, 24 * 31]))
    def wait(self, hours: int) -> None:
        """Let time pass, with the cycles that fall due."""
        self.emulator.clock.advance(timedelta(hours=hours))
        self.emulator.run_due()

    @rule()
    def cycle(self) -> None:
        """Run a cycle of every active job."""
        for summary in self.emulator.run_cycle():
            assert summary.state in {"Succeeded", "EntryLevelErrors"}, summary

    # Invariants

    @invariant()
    def no_reference_dangles(self) -> None:
        """Members, owners and assignments lead to live objects."""
        if not hasattr(self, "audited"):
            return
        users = {user["id"] for user in self.api.pages("/users?$select=id")}
        groups = {group["id"] for group in self.api.pages("/groups?$select=id")}
        principals = {item["id"] for item in self.api.pages("/servicePrincipals?$select=id")}
        for group in groups:
            for relation in ("members", "owners"):
                found = {item["id"] for item in self.api.pages(f"/groups/{group}/{relation}?$select=id")}
                assert found <= users | groups | principals
        for principal in principals:
            for item in self.api.pages(f"/servicePrincipals/{principal}/appRoleAssignedTo"):
                assert item["principalId"] in users | groups | principals
                assert item["resourceId"] == principal
        for user in users:
            for item in self.api.pages(f"/users/{user}/appRoleAssignments"):
                assert item["resourceId"] in principals

    @invariant()
    def children_do_not_outlive_their_parents(self) -> None:
        """A job belongs to a live service principal; its schema, links and cycles to the job."""
        principals = {item["id"] for item in self.api.pages("/servicePrincipals?$select=id")}
        jobs = {job.id for job in self.emulator.service.jobs()}
        query = self.emulator.service.store.query
        for kinds, parents in ((("job", "secrets"), principals), (("schema", "link", "cycle"), jobs)):
            for kind in kinds:
                found = query(
                    "SELECT parent FROM objects WHERE tenant = ? AND kind = ?", [self.api.tenant.tenant_id, kind]
                )
                assert {row[0] for row in found} <= parents, kind

    @invariant()
    def assignments_end_with_either_end(self) -> None:
        """No assignment is left of a principal or resource that is gone for good."""
        query = self.emulator.service.store.query
        tenant = self.api.tenant.tenant_id
        there = {row[0] for row in query("SELECT id FROM objects WHERE tenant = ?", [tenant])}
        ends = query(
            "SELECT parent, json_extract(doc, '$.principalId') FROM objects WHERE tenant = ? AND kind = ?",
            [tenant, "appRoleAssignment"],
        )
        assert {end for pair in ends for end in pair} <= there

    @invariant()
    def unique_values_are_unique(self) -> None:
        """Principal names, in both tenants."""
        for api in (self.api, self.target):
            names = [user["userPrincipalName"].lower() for user in api.pages("/users?$select=userPrincipalName")]
            assert len(names) == len(set(names))

    @invariant()
    def every_change_is_audited(self) -> None:
        """The source's audit log has at least one entry for every successful change."""
        if hasattr(self, "audited"):
            entries = self.api.pages("/auditLogs/directoryAudits")
            assert len(entries) - self.audited >= self.changes


Directory.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestDirectory = Directory.TestCase
