"""Whatever clients do in whatever order, the directory keeps its invariants.

No reference dangles, a deleted parent takes its children, identifiers are never used again, unique values are unique,
counts and tracked changes agree with what is listed, and every change is in the audit log.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant

from entra_sync.emulator.cycle.scheduler import jobs
from tests.emulator.requests.operations import POLICY
from tests.emulator.requests.operations_on_units import UNITS, OperationsWithUnits

JSON = Any
EVENTUAL = {"ConsistencyLevel": "eventual"}
TRACKED = ("users", "groups", "applications", "servicePrincipals", "directory/administrativeUnits")


class Directory(OperationsWithUnits):
    """What has to hold after each operation."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, set[str]] = {name: set() for name in TRACKED}
        self.tracks = {name: f"/{name}/delta?$select=id" for name in TRACKED}

    def ids(self, path: str) -> set[str]:
        """Ids of a collection of the source."""
        return {item["id"] for item in self.api.pages(f"{path}{'&' if '?' in path else '?'}$select=id")}

    def stored(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the source's part of the store; ``tenant = ?`` is part of the query."""
        return self.emulator.service.store.query(sql, [self.api.tenant.tenant_id])

    @invariant()
    def no_reference_dangles(self) -> None:
        """Members, owners, managers and assignments lead to live objects."""
        users, groups, principals = (self.ids(f"/{name}") for name in ("users", "groups", "servicePrincipals"))
        for group in groups:
            for relation in ("members", "owners"):
                assert self.ids(f"/groups/{group}/{relation}") <= users | groups | principals
        for unit in self.ids(UNITS):
            members = self.ids(f"{UNITS}/{unit}/members")
            assert members <= users | groups
            for kind, ids in (("users", users), ("groups", groups)):
                assert all(unit in self.ids(f"/{kind}/{id}/memberOf") for id in members & ids)
        for owned in [f"/applications/{id}" for id in self.ids("/applications")]:
            assert self.ids(f"{owned}/owners") <= users | principals
        for principal in principals:
            assert self.ids(f"/servicePrincipals/{principal}/owners") <= users | principals
            for item in self.api.pages(f"/servicePrincipals/{principal}/appRoleAssignedTo"):
                assert item["principalId"] in users | groups | principals
                assert item["resourceId"] == principal
        for user in self.api.pages("/users?$select=id&$expand=manager($select=id)"):
            assert user.get("manager", {"id": user["id"]})["id"] in users
            for item in self.api.pages(f"/users/{user['id']}/appRoleAssignments"):
                assert item["resourceId"] in principals

    @invariant()
    def children_do_not_outlive_their_parents(self) -> None:
        """A job belongs to a live service principal; its schema, links and cycles to the job."""
        principals = self.ids("/servicePrincipals")
        existing = {job.id for job in jobs(self.emulator.service)}
        for kinds, parents in ((("job", "secrets"), principals), (("schema", "link", "cycle"), existing)):
            for kind in kinds:
                found = self.stored(f"SELECT parent FROM objects WHERE tenant = ? AND kind = '{kind}'")
                assert {row[0] for row in found} <= parents, kind

    @invariant()
    def identity_synchronization_needs_its_partner(self) -> None:
        """It is there with its partner only, and not left over when the partner is gone for good."""
        live = "SELECT id FROM objects WHERE tenant = ? AND kind = '{}' AND deleted IS NULL"
        there = "SELECT id FROM objects WHERE tenant = ? AND kind = '{}'"
        for query in (live, there):
            assert set(self.stored(query.format("identitySynchronization"))) <= set(
                self.stored(query.format("partner"))
            )
        assert {item["tenantId"] for item in self.api.pages(f"{POLICY}/partners")} == {
            row[0] for row in self.stored(live.format("partner"))
        }

    @invariant()
    def assignments_end_with_either_end(self) -> None:
        """No assignment, and no edge, is left of an object that is gone for good."""
        there = {row[0] for row in self.stored("SELECT id FROM objects WHERE tenant = ?")}
        ends = self.stored(
            "SELECT parent, json_extract(doc, '$.principalId') FROM objects WHERE tenant = ?"
            " AND kind = 'appRoleAssignment'"
        )
        edges = self.stored("SELECT source, target FROM edges WHERE tenant = ? AND removed = 0")
        assert {end for pair in ends + edges for end in pair} <= there

    @invariant()
    def licenses_are_counted(self) -> None:
        """Consumed units are the users with the license; a license by group ends with the membership."""
        (sku,) = [item for item in self.api.pages("/subscribedSkus") if item["skuId"] == self.sku]
        having = [
            user
            for user in self.api.pages("/users?$select=id,assignedLicenses,licenseAssignmentStates")
            if user["assignedLicenses"]
        ]
        assert sku["consumedUnits"] == len(having) <= sku["prepaidUnits"]["enabled"]
        for user in having:
            groups = self.ids(f"/users/{user['id']}/memberOf")
            for state in user["licenseAssignmentStates"]:
                assert state["assignedByGroup"] is None or state["assignedByGroup"] in groups

    @invariant()
    def unique_values_are_unique(self) -> None:
        """Principal names in both tenants, unique names, and appIds."""
        for api in (self.api, self.target):
            names = [user["userPrincipalName"].lower() for user in api.pages("/users?$select=userPrincipalName")]
            assert len(names) == len(set(names))
        for kind, name in (
            ("groups", "uniqueName"),
            ("applications", "uniqueName"),
            ("applications", "appId"),
            ("servicePrincipals", "appId"),
        ):
            values = [item[name] for item in self.api.pages(f"/{kind}?$select={name}") if item[name] is not None]
            assert len(values) == len(set(values)), (kind, name)

    @invariant()
    def counts_and_words_agree_with_what_is_listed(self) -> None:
        """However they are found."""
        for api in (self.api, self.target):
            for name in TRACKED:
                found = api.send("GET", f"/{name}/$count", headers=EVENTUAL).text
                assert found == str(len(api.pages(f"/{name}?$select=id"))), name
        for group in self.ids("/groups"):
            path = f"/groups/{group}/transitiveMembers"
            for cast in ("", "/microsoft.graph.user", "/microsoft.graph.group"):
                found = self.api.send("GET", f"{path}{cast}/$count", headers=EVENTUAL).text
                assert found == str(len(self.api.pages(f"{path}{cast}?$select=id"))), cast
        named = {user["id"] for user in self.api.pages("/users?$select=id,displayName") if "Ada" in user["displayName"]}
        found = self.api.pages('/users?$select=id&$search="displayName:ada"', headers=EVENTUAL)
        assert named == {user["id"] for user in found}

    @invariant()
    def tracked_changes_lead_to_what_is_listed(self) -> None:
        """A client that follows the changes knows what is there."""
        for name in TRACKED:
            link: str | None = self.tracks[name]
            while link:
                answer = self.api.send("GET", link)
                if answer.status_code == 410:
                    self.known[name], answer = set(), self.api.send("GET", f"/{name}/delta?$select=id")
                page = answer.json()
                for item in page["value"]:
                    (self.known[name].discard if "@removed" in item else self.known[name].add)(item["id"])
                self.tracks[name] = page.get("@odata.deltaLink", "")
                link = page.get("@odata.nextLink")
            assert self.known[name] == self.ids(f"/{name}"), name

    @invariant()
    def every_change_is_audited(self) -> None:
        """The source's audit log has at least one entry for every successful change."""
        if hasattr(self, "audited"):
            entries = self.api.pages("/auditLogs/directoryAudits")
            assert len(entries) - self.audited >= self.changes


Directory.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestDirectory = Directory.TestCase
