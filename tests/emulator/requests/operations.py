"""Random operations of every kind on a small tenant and the tenant that it synchronizes into, for Hypothesis."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, rule

from entra_sync.emulator import Emulator
from tests.emulator.api import Api
from tests.emulator.linking import allow

__all__ = ["Operations"]

JSON = Any
CROSS_CLOUD = "c2b9a3d8-5c0e-4f57-9f0b-6b9a4c1e7d25"
NAMES = st.sampled_from(["Ada", "Émile", "Zoë O'Neill", "李 明", "Nia", "Ada Lovelace"])
KEYS = st.sampled_from(["one", "two"])
POLICY = "/policies/crossTenantAccessPolicy"
PARTNERS = st.sampled_from(["9c5d131d-b1c3-4fc4-9e3f-c6557947d551", "2c38da9c-6d47-4620-8397-dcfafd759c17"])
"""Tenants outside the link."""


class Operations(RuleBasedStateMachine):
    """Requests that clients send. A request that refers to a deleted object is refused."""

    users: Bundle[str] = Bundle("users")
    groups: Bundle[str] = Bundle("groups")
    applications: Bundle[tuple[str, str]] = Bundle("applications")
    principals: Bundle[tuple[str, str, str]] = Bundle("principals")
    jobs: Bundle[tuple[str, str]] = Bundle("jobs")
    assignments: Bundle[tuple[str, str]] = Bundle("assignments")

    def __init__(self) -> None:
        super().__init__()
        self.emulator = Emulator(seed=5)
        self.emulator.add_tenant("source", "global")
        self.emulator.add_tenant("target", "usgov")
        self.api, self.target = Api(self.emulator, "source"), Api(self.emulator, "target")
        self.sku = self.api.tenant.add_subscription("FLOW_FREE", 2)
        self.given_out: set[str] = set()
        self.number = 0
        self.changes = 0

    @initialize()
    def link(self) -> None:
        """Both tenants allow the link."""
        allow(self.api, self.target)
        self.audited = len(self.api.pages("/auditLogs/directoryAudits")) - self.changes

    @initialize(target=users)
    def first_users(self) -> Any:
        """Adds two users to begin with."""
        return multiple(*(self.create_user(name, True) for name in ("Ada", "Émile")))

    @initialize(target=groups)
    def first_group(self) -> str:
        """Adds a group to begin with."""
        return self.create_group(True)

    @initialize(target=principals)
    def first_principal(self) -> tuple[str, str, str]:
        """Adds an application to begin with."""
        return self.create_from_template()

    @initialize(target=jobs)
    def first_job(self) -> Any:
        """Adds a running job with a user in scope."""
        principal = self.create_from_template()
        user = self.create_user("Nia", True)
        self.assign(principal, user, "s")
        return self.create_job(principal)

    def new(self, id: str) -> str:
        """An identifier that was not seen before."""
        assert id not in self.given_out, "an identifier was used again"
        self.given_out.add(id)
        return id

    def attempt(self, method: str, path: str, body: JSON = None, *, audited: bool = True, **options: Any) -> JSON:
        """Sends a request that may be refused but must not fail. Returns the answer, or None if it is refused."""
        answer = self.api.send(method, path, body, **options)
        assert answer.status_code < 500, f"{method} {path}: {answer.text}"
        if not answer.is_success:
            return None
        self.changes += audited
        return answer.json() if answer.content else {}

    def reference(self, id: str) -> JSON:
        """A body that refers to an object."""
        return {"@odata.id": f"{self.api.tenant.graph_url}/v1.0/directoryObjects/{id}"}

    # Users

    @rule(target=users, name=NAMES, enabled=st.booleans())
    def create_user(self, name: str, enabled: bool) -> str:
        """A user."""
        self.number += 1
        nickname = f"user{self.number}"
        names = {"mailNickname": nickname, "userPrincipalName": f"{nickname}@{self.api.tenant.domain}"}
        self.changes += 1
        return self.new(self.api.user(name, accountEnabled=enabled, usageLocation="US", **names)["id"])

    @rule(target=users)
    def invite(self) -> Any:
        """A guest."""
        self.number += 1
        body = {
            "invitedUserEmailAddress": f"guest{self.number}@fabrikam.com",
            "inviteRedirectUrl": "https://contoso.com",
        }
        made = self.attempt("POST", "/invitations", body)
        return multiple() if made is None else self.new(made["invitedUser"]["id"])

    @rule(user=users, city=st.sampled_from(["Ulm", "Kiel", None]), enabled=st.booleans())
    def change_user(self, user: str, city: str | None, enabled: bool) -> None:
        """Other properties."""
        self.attempt("PATCH", f"/users/{user}", {"city": city, "accountEnabled": enabled})

    @rule(user=users, manager=users)
    def set_manager(self, user: str, manager: str) -> None:
        """A manager in place of the former one."""
        self.attempt("PUT", f"/users/{user}/manager/$ref", self.reference(manager))

    @rule(user=users)
    def remove_manager(self, user: str) -> None:
        """No manager."""
        self.attempt("DELETE", f"/users/{user}/manager/$ref")

    @rule(user=users)
    def delete_user(self, user: str) -> None:
        """Soft-delete, if it is there."""
        self.attempt("DELETE", f"/users/{user}")

    @rule(id=st.one_of(users, groups))
    def restore(self, id: str) -> None:
        """Restore, if it is in the deleted items."""
        self.attempt("POST", f"/directory/deletedItems/{id}/restore")

    @rule(id=st.one_of(users, groups))
    def purge(self, id: str) -> None:
        """Purge, if it is in the deleted items."""
        self.attempt("DELETE", f"/directory/deletedItems/{id}")

    # Groups

    @rule(target=groups, unified=st.booleans())
    def create_group(self, unified: bool) -> str:
        """A group."""
        self.number += 1
        self.changes += 1
        return self.new(self.api.group(f"group{self.number}", unified=unified)["id"])

    @rule(target=groups, key=KEYS)
    def upsert_group(self, key: str) -> Any:
        """A group by its unique name, new or changed."""
        self.number += 1
        body = {
            "displayName": f"group{self.number}",
            "mailEnabled": False,
            "mailNickname": f"group{self.number}",
            "securityEnabled": True,
        }
        path, headers = f"/groups(uniqueName='{key}')", {"Prefer": "create-if-missing"}
        made = self.attempt("PATCH", path, body, headers=headers)
        return self.new(made["id"]) if made else multiple()

    @rule(group=groups, member=st.one_of(users, groups))
    def change_group(self, group: str, member: str) -> None:
        """Another description, and a member at once."""
        self.number += 1
        links = [self.reference(member)["@odata.id"]]
        self.attempt("PATCH", f"/groups/{group}", {"description": f"d{self.number}", "members@odata.bind": links})

    @rule(group=groups)
    def delete_group(self, group: str) -> None:
        """Delete, if it is there."""
        self.attempt("DELETE", f"/groups/{group}")

    @rule(group=groups, member=st.one_of(users, groups))
    def add_member(self, group: str, member: str) -> None:
        """Add a user or group to a group."""
        self.attempt("POST", f"/groups/{group}/members/$ref", self.reference(member))

    @rule(group=groups, member=st.one_of(users, groups))
    def remove_member(self, group: str, member: str) -> None:
        """Remove a user or group from a group."""
        self.attempt("DELETE", f"/groups/{group}/members/{member}/$ref")

    # Applications and their service principals

    @rule(target=principals)
    def create_from_template(self) -> tuple[str, str, str]:
        """An application with its service principal."""
        made = self.api.application(CROSS_CLOUD, "Link")
        self.changes += 2
        principal = made["servicePrincipal"]
        return (
            self.new(made["application"]["id"]),
            self.new(principal["id"]),
            self.new(principal["appRoles"][0]["id"]),
        )

    @rule(target=applications)
    def register(self) -> tuple[str, str]:
        """An application alone."""
        self.changes += 1
        made = self.api.post("/applications", {"displayName": "Registered"})
        return self.new(made["id"]), self.new(made["appId"])

    @rule(target=applications, key=KEYS)
    def upsert_application(self, key: str) -> Any:
        """An application by its unique name, new or changed."""
        self.number += 1
        path, headers = f"/applications(uniqueName='{key}')", {"Prefer": "create-if-missing"}
        made = self.attempt("PATCH", path, {"displayName": f"app{self.number}"}, headers=headers)
        return (self.new(made["id"]), self.new(made["appId"])) if made else multiple()

    @rule(application=applications)
    def change_application(self, application: tuple[str, str]) -> None:
        """Other properties, a secret that comes and goes, and an identity that is trusted and is not."""
        path = f"/applications/{application[0]}"
        self.attempt("PATCH", path, {"notes": f"n{self.number}"})
        secret = self.attempt("POST", f"{path}/addPassword", {"passwordCredential": {"displayName": "Secret"}})
        self.number += 1
        body = {"name": f"f{self.number}", "issuer": "https://example.com", "subject": "s", "audiences": ["a"]}
        trusted = self.attempt("POST", f"{path}/federatedIdentityCredentials", body)
        if secret and trusted:
            self.attempt("POST", f"{path}/removePassword", {"keyId": self.new(secret["keyId"])})
            self.attempt("DELETE", f"{path}/federatedIdentityCredentials/{self.new(trusted['id'])}")

    @rule(application=applications, by_key=st.booleans())
    def make_principal(self, application: tuple[str, str], by_key: bool) -> None:
        """The service principal of a registered application."""
        path, headers = f"/servicePrincipals(appId='{application[1]}')", {"Prefer": "create-if-missing"}
        if by_key:
            made = self.attempt("PATCH", path, {"notes": "By key"}, headers=headers)
        else:
            made = self.attempt("POST", "/servicePrincipals", {"appId": application[1]})
        if made:
            self.new(made["id"])

    @rule(application=applications)
    def delete_registered(self, application: tuple[str, str]) -> None:
        """Delete a registered application, and its service principal with it."""
        self.attempt("DELETE", f"/applications/{application[0]}")

    @rule(application=applications, restored=st.booleans())
    def end_of_application(self, application: tuple[str, str], restored: bool) -> None:
        """Bring a deleted application back, or purge it."""
        path = f"/directory/deletedItems/{application[0]}"
        self.attempt(*(("POST", f"{path}/restore") if restored else ("DELETE", path)))

    @rule(principal=principals)
    def change_principal(self, principal: tuple[str, str, str]) -> None:
        """Other properties."""
        self.number += 1
        self.attempt("PATCH", f"/servicePrincipals/{principal[1]}", {"notes": f"n{self.number}"})

    @rule(principal=principals)
    def delete_principal(self, principal: tuple[str, str, str]) -> None:
        """Delete the service principal alone."""
        self.attempt("DELETE", f"/servicePrincipals/{principal[1]}")

    @rule(principal=principals, restored=st.booleans())
    def end_of_principal(self, principal: tuple[str, str, str], restored: bool) -> None:
        """Bring a deleted service principal back, or purge it."""
        path = f"/directory/deletedItems/{principal[1]}"
        self.attempt(*(("POST", f"{path}/restore") if restored else ("DELETE", path)))

    @rule(principal=principals)
    def delete_application(self, principal: tuple[str, str, str]) -> None:
        """Delete the application, and its service principal and jobs with it."""
        self.attempt("DELETE", f"/applications/{principal[0]}")

    @rule(owned=st.one_of(groups, applications, principals), owner=users, added=st.booleans())
    def change_owners(self, owned: Any, owner: str, added: bool) -> None:
        """Add or remove an owner of a group, an application, or an application and its service principal."""
        paths = [f"/groups/{owned}"] if isinstance(owned, str) else [f"/applications/{owned[0]}"]
        if not isinstance(owned, str) and len(owned) == 3:
            paths.append(f"/servicePrincipals/{owned[1]}")
        for path in paths:
            if added:
                self.attempt("POST", f"{path}/owners/$ref", self.reference(owner))
            else:
                self.attempt("DELETE", f"{path}/owners/{owner}/$ref")

    # Assignments and licenses

    @rule(target=assignments, principal=principals, member=st.one_of(users, groups), end=st.sampled_from("so"))
    def assign(self, principal: tuple[str, str, str], member: str, end: str) -> Any:
        """Assigns a user or group, by either of the two paths."""
        body = {"principalId": member, "resourceId": principal[1], "appRoleId": principal[2]}
        for path in (
            [f"/servicePrincipals/{principal[1]}/appRoleAssignedTo"]
            if end == "s"
            else [f"/{kind}/{member}/appRoleAssignments" for kind in ("users", "groups")]
        ):
            made = self.attempt("POST", path, body)
            if made:
                return path, self.new(made["id"])
        return multiple()

    @rule(assignment=consumes(assignments))
    def unassign(self, assignment: tuple[str, str]) -> None:
        """Removes an assignment by the path that made it."""
        self.attempt("DELETE", f"{assignment[0]}/{assignment[1]}")

    @rule(id=st.one_of(users, groups), added=st.booleans())
    def change_licenses(self, id: str, added: bool) -> None:
        """Assigns or removes a license. The tenant has two."""
        body: JSON = {"addLicenses": [{"skuId": self.sku}] if added else [], "removeLicenses": []}
        if not added:
            body["removeLicenses"] = [self.sku]
        for kind in ("users", "groups"):
            self.attempt("POST", f"/{kind}/{id}/assignLicense", body)
        self.attempt("POST", f"/users/{id}/reprocessLicenseAssignment", audited=False)

    # Synchronization

    @rule(target=jobs, principal=principals)
    def create_job(self, principal: tuple[str, str, str]) -> Any:
        """A job with its connection, if the service principal is there and has none."""
        path = f"/servicePrincipals/{principal[1]}/synchronization"
        value = [
            {"key": "CompanyId", "value": self.target.tenant.tenant_id},
            {"key": "AuthenticationType", "value": "SyncPolicy"},
        ]
        self.attempt("PUT", f"{path}/secrets", {"value": value})
        made = self.attempt("POST", f"{path}/jobs", {"templateId": "Azure2AzureCrossCloud"})
        if not made:
            return multiple()
        self.attempt("POST", f"{path}/jobs/{made['id']}/start")
        return f"{path}/jobs/{made['id']}", made["id"]

    @rule(job=jobs, action=st.sampled_from(["start", "pause", "restart", "full", "validateCredentials"]))
    def act_on_job(self, job: tuple[str, str], action: str) -> None:
        """Start, pause, restart with or without what it knows, or test the connection."""
        bodies: JSON = {
            "restart": {"criteria": {"resetScope": "Watermark, Escrows, QuarantineState"}},
            "full": {"criteria": {"resetScope": "Full"}},
            "validateCredentials": {"useSavedCredentials": True},
        }
        path = f"{job[0]}/{'restart' if action == 'full' else action}"
        self.attempt("POST", path, bodies.get(action), audited=action != "validateCredentials")

    @rule(job=jobs, reset=st.booleans())
    def change_schema(self, job: tuple[str, str], reset: bool) -> None:
        """Another schema, or the template's again; attributes are read again."""
        if reset:
            self.attempt("DELETE", f"{job[0]}/schema")
            return
        schema = self.attempt("GET", f"{job[0]}/schema", audited=False)
        if schema:
            directory = schema["directories"][0]["id"]
            self.attempt("POST", f"{job[0]}/schema/directories/{directory}/discover", audited=False)
            rows = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
            rows[:] = [row for row in rows if row["targetAttributeName"] != "telephoneNumber"]
            self.attempt("PUT", f"{job[0]}/schema", schema)

    @rule(job=jobs, user=users)
    def provision_on_demand(self, job: tuple[str, str], user: str) -> None:
        """Provisions one user on demand."""
        schema = self.attempt("GET", f"{job[0]}/schema", audited=False)
        if schema:
            subject = {"objectId": user, "objectTypeName": "User"}
            one = {"ruleId": schema["synchronizationRules"][0]["id"], "subjects": [subject]}
            self.attempt("POST", f"{job[0]}/provisionOnDemand", {"parameters": [one]}, audited=False)

    @rule(job=jobs, user=users)
    def cut_connection(self, job: tuple[str, str], user: str) -> None:
        """Removes the connection between a user and an account."""
        self.attempt("DELETE", f"{job[0]}/objectConnections/{user}", audited=False, version="beta")

    @rule(job=consumes(jobs))
    def delete_job(self, job: tuple[str, str]) -> None:
        """Delete a job."""
        self.attempt("DELETE", job[0])

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

    # Policies of the tenant

    @rule(trusted=st.booleans(), reset=st.booleans())
    def change_policy(self, trusted: bool, reset: bool) -> None:
        """The policy, its default, and the organization."""
        self.attempt("PATCH", POLICY, {"displayName": f"Policy {trusted}"})
        self.attempt("PATCH", f"{POLICY}/default", {"inboundTrust": {"isMfaAccepted": trusted}})
        if reset:
            self.attempt("POST", f"{POLICY}/default/resetToSystemDefault")
        mails = [f"{trusted}@contoso.com".lower()]
        self.attempt("PATCH", f"/organization/{self.api.tenant.tenant_id}", {"technicalNotificationMails": mails})

    @rule(partner=PARTNERS, trusted=st.booleans())
    def add_partner(self, partner: str, trusted: bool) -> None:
        """A partner with its identity synchronization, or other settings of both."""
        path = f"{POLICY}/partners/{partner}"
        sync: JSON = {"userSyncInbound": {"isSyncAllowed": trusted}}
        self.attempt("POST", f"{POLICY}/partners", {"tenantId": partner})
        self.attempt("PATCH", path, {"inboundTrust": {"isMfaAccepted": trusted}})
        if self.attempt("PUT", f"{path}/identitySynchronization", sync) is None:
            self.attempt("PATCH", f"{path}/identitySynchronization", sync)

    @rule(partner=PARTNERS, alone=st.booleans())
    def remove_partner(self, partner: str, alone: bool) -> None:
        """Soft-delete a partner, or its identity synchronization alone."""
        path = f"{POLICY}/partners/{partner}"
        self.attempt("DELETE", f"{path}/identitySynchronization" if alone else path)

    @rule(
        partner=PARTNERS,
        kind=st.sampled_from(["crossTenantPartners", "crossTenantSyncPolicyPartners"]),
        restored=st.booleans(),
    )
    def end_of_partner(self, partner: str, kind: str, restored: bool) -> None:
        """Bring a partner or its identity synchronization back, or purge it."""
        path = f"/policies/deletedItems/{kind}/{partner}"
        verb = ("POST", f"{path}/restore") if restored else ("DELETE", path)
        self.attempt(*verb, version="beta")
