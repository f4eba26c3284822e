"""Two emulated tenants with a link between them, made by plain Graph calls, and plans of it as the product does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from entra_sync.emulator import Emulator
from entra_sync.expressions import Context, Mappings, ScopingFilter, default_schema, merge_schema
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.graph.loop import together
from entra_sync.graph.requests import Request
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState, after
from entra_sync.impact.planning.plan import ImpactPlan, plan
from entra_sync.impact.reading.gather import Needs, Readers, gather
from entra_sync.impact.reading.link import read_link
from entra_sync.impact.reading.users import Reader
from entra_sync.microsoft.tenant import Tenant

JSON = Any

JUDGES_NAMES = {"threshold": "deletion_threshold", "restarts": "restart", "running": "enabled"}
"""Options as the scenarios in tests/judges name them."""

CROSS_CLOUD = "Azure2AzureCrossCloud"

SEED = 7
"""What ids are drawn from, if nothing else is said."""


async def _at_once(seconds: float) -> None:
    """No time passes."""


@dataclass
class World:
    """Contoso (global) and Federal (US Government, or global as well), empty but for a link that never ran."""

    emulator: Emulator
    owner: str = ""
    job: str = ""
    folder: tempfile.TemporaryDirectory[str] = field(default_factory=tempfile.TemporaryDirectory)
    graphs: dict[str, Graph] = field(default_factory=dict)
    forbidden: list[str] = field(default_factory=list)

    @classmethod
    def build(cls, target_cloud: str = "usgov") -> World:
        """A world that `reset` comes back to."""
        emulator = Emulator(seed=SEED)
        emulator.add_tenant("contoso", "global").add_domain("contoso.com", default=False)
        emulator.add_tenant("federal", target_cloud)
        world = cls(emulator)
        for name in ("contoso", "federal"):
            world.graphs[name] = Graph(
                world.tenant(name),
                credential=emulator.credential(name),
                transport=emulator.transport(),
                sleep=_at_once,
            )
        world._allow(target_cloud)
        world._application(target_cloud)
        emulator.snapshot(world.base)
        return world

    def reset(self, ids: int = SEED) -> None:
        """Everything as it was built, whatever came before.

        What is made from now on gets ids that are drawn from *ids*; a cycle works in their order.
        """
        self.emulator.reset(self.base)
        self.emulator.service.store.seed = ids
        self.forbidden.clear()

    @property
    def base(self) -> Path:
        """The state that it was built with; it goes with the world."""
        return Path(self.folder.name) / "world.sqlite3"

    def connected(self) -> AbstractContextManager[None]:
        """While it lasts, commands and programs reach these tenants."""
        return connecting(lambda tenant: self.graphs[tenant.name])

    def tenant(self, name: str) -> Tenant:
        """A tenant as programs declare it."""
        found = self.emulator.tenants[name]
        return Tenant(name, tenant_id=found.tenant_id, cloud=str(found.cloud))

    def send(self, name: str, method: str, path: str, body: JSON = None) -> JSON:
        """One Graph call as a tenant's administrator."""
        return self.graphs[name].send(Request(method, path, body, "acting as an administrator")).body

    # -- the link

    def _allow(self, target_cloud: str) -> None:
        contoso, federal = self.emulator.tenants["contoso"], self.emulator.tenants["federal"]
        policy = "/v1.0/policies/crossTenantAccessPolicy"
        if target_cloud != "global":
            federal.allow_cross_cloud_synchronization_from("global")
            self.send("contoso", "PATCH", policy, {"allowedCloudEndpoints": ["microsoftonline.us"]})
            beta = policy.replace("/v1.0/", "/beta/")
            self.send("federal", "PATCH", beta, {"allowedCloudEndpoints": ["microsoftonline.com"]})
        for name, other, direction in (("contoso", federal, "outboundAllowed"), ("federal", contoso, "inboundAllowed")):
            body = {"tenantId": other.tenant_id, "automaticUserConsentSettings": {direction: True}}
            self.send(name, "POST", f"{policy}/partners", body)
        body = {"userSyncInbound": {"isSyncAllowed": True}}
        self.send("federal", "PUT", f"{policy}/partners/{contoso.tenant_id}/identitySynchronization", body)

    def _application(self, target_cloud: str) -> None:
        templates = self.send("contoso", "GET", "/v1.0/applicationTemplates?$top=999")["value"]
        crossing = target_cloud != "global"
        template = next(
            item["id"]
            for item in templates
            if ("across" in item["displayName"].lower()) is crossing and "cross-tenant" in item["displayName"].lower()
        )
        path = f"/v1.0/applicationTemplates/{template}/instantiate"
        made = self.send("contoso", "POST", path, {"displayName": "To Federal"})
        self.owner = made["servicePrincipal"]["id"]
        jobs = f"/v1.0/servicePrincipals/{self.owner}/synchronization/jobs"
        known = self.send("contoso", "GET", f"{jobs[:-5]}/templates")["value"]
        self.job = self.send("contoso", "POST", jobs, {"templateId": known[0]["id"]})["id"]
        self.settings(everyone=False, threshold=None)

    @property
    def job_path(self) -> str:
        """Path of the job."""
        return f"/v1.0/servicePrincipals/{self.owner}/synchronization/jobs/{self.job}"

    def settings(self, *, everyone: bool, threshold: int | None) -> None:
        """What the service keeps among the secrets."""
        enabled = str(threshold is not None).lower()
        notification = (
            f'{{"Enabled":false,"DeleteThresholdEnabled":{enabled},"DeleteThresholdValue":{threshold or 500}}}'
        )
        values = {
            "AuthenticationType": "SyncPolicy",
            "CompanyId": self.emulator.tenants["federal"].tenant_id,
            "SyncNotificationSettings": notification,
            "SyncAll": str(everyone).lower(),
        }
        body = {"value": [{"key": key, "value": value} for key, value in values.items()]}
        self.send("contoso", "PUT", f"/v1.0/servicePrincipals/{self.owner}/synchronization/secrets", body)

    def assign(self, principals: Iterable[str]) -> None:
        """Makes the assignments exactly these."""
        path = f"/v1.0/servicePrincipals/{self.owner}/appRoleAssignedTo"
        present = {item["principalId"]: item["id"] for item in self.send("contoso", "GET", path)["value"]}
        role = self.send("contoso", "GET", f"/v1.0/servicePrincipals/{self.owner}")["appRoles"][0]["id"]
        wanted = set(principals)
        for principal in sorted(wanted - present.keys()):
            body = {"principalId": principal, "resourceId": self.owner, "appRoleId": role}
            self.send("contoso", "POST", path, body)
        for principal in sorted(present.keys() - wanted):
            self.send("contoso", "DELETE", f"{path}/{present[principal]}")

    def schema(self, mappings: Mappings, filters: ScopingFilter | None) -> None:
        """Saves mappings and filter; what is as it was is not saved again."""
        current = self.send("contoso", "GET", f"{self.job_path}/schema")
        merged = merge_schema(current, mappings, filters)
        if merged != current:
            self.send("contoso", "PUT", f"{self.job_path}/schema", merged)

    def start(self) -> None:
        """Starts the job."""
        self.send("contoso", "POST", f"{self.job_path}/start")

    def restart(self, scopes: Sequence[str]) -> None:
        """Restarts the job."""
        body = {"criteria": {"resetScope": ", ".join(scopes)}}
        self.send("contoso", "POST", f"{self.job_path}/restart", body)

    def forbid(self, setting: str) -> None:
        """An administrator forbids what synchronization needs: see :meth:`_switch`."""
        self._switch(setting, on=False)
        self.forbidden.append(setting)

    def allow(self) -> None:
        """What was forbidden is allowed again."""
        while self.forbidden:
            self._switch(self.forbidden.pop(), on=True)

    def _switch(self, setting: str, *, on: bool) -> None:
        policies = "/v1.0/policies"
        contoso, federal = (self.emulator.tenants[name].tenant_id for name in ("contoso", "federal"))
        partners = f"{policies}/crossTenantAccessPolicy/partners"
        path, body = {
            "synchronization": (
                f"{partners}/{contoso}/identitySynchronization",
                {"userSyncInbound": {"isSyncAllowed": on}},
            ),
            "invitations": (f"{policies}/authorizationPolicy", {"allowInvitesFrom": "everyone" if on else "none"}),
            "consent of the source": (
                f"{partners}/{federal}",
                {"automaticUserConsentSettings": {"outboundAllowed": on}},
            ),
            "consent of the target": (
                f"{partners}/{contoso}",
                {"automaticUserConsentSettings": {"inboundAllowed": on}},
            ),
        }[setting]
        self.send("contoso" if setting == "consent of the source" else "federal", "PATCH", path, body)

    def pass_days(self, days: int) -> None:
        """Time passes without a cycle; what was deleted more than thirty days ago is gone."""
        self.emulator.clock.advance(timedelta(days=days))
        self.emulator.service.settle()

    # -- what the product makes of it

    def now(self) -> LinkState | None:
        """The link as it stands."""
        return together(read_link(Reader(self.graphs["contoso"], UserColumns.of([])), self.owner))

    def then(self, **declared: Any) -> LinkState:
        """The link with other properties than it has now."""
        now = self.now()
        assert now is not None
        as_it_is: Mapping[str, Any] = {
            "everyone": now.everyone,
            "groups": now.groups,
            "users": now.users,
            "mappings": Mappings(()),
            "filters": None,
            "deletion_threshold": now.deletion_threshold,
        }
        options = {JUDGES_NAMES.get(name, name): value for name, value in declared.items()}
        return after(now, Declaration(**{**as_it_is, **options}), default_schema("global", "usgov"))

    def facts(self, now: LinkState | None, then: LinkState | None) -> Facts:
        """Both tenants as read through Graph."""
        readers = Readers(self.graphs["contoso"], self.graphs["federal"], clock=self.emulator.clock.now)
        return together(gather(readers, Needs.of(now, then), now))

    def plan(self, then: LinkState | None, now: LinkState | None = None) -> ImpactPlan:
        """The plan from the link as it stands to *then*."""
        current = now or self.now()
        context = Context.fixed(self.emulator.clock.now())
        return plan(self.facts(current, then), current, then, source="contoso", target="federal", context=context)

    # -- what happens

    def cycle(self) -> list[JSON]:
        """Runs a cycle; returns the provisioning log's entries of it."""
        store, tid = self.emulator.service.store, self.emulator.tenants["contoso"].tenant_id
        before = {entry.id for entry in store.objects(tid, "provisioningLog")}
        self.emulator.run_cycle(self.job)
        return [entry.doc for entry in store.objects(tid, "provisioningLog") if entry.id not in before]

    def accounts(self) -> dict[str, JSON]:
        """Every account of the target, deleted ones too, by id, as the emulator stores it."""
        store, tid = self.emulator.service.store, self.emulator.tenants["federal"].tenant_id
        rows = store.query("SELECT id FROM objects WHERE tenant = ? AND kind = 'user'", [tid])
        entries = [store.kind_of(tid, row[0], ("user",)) for row in rows]
        return {entry.id: {**entry.doc, "_deleted": entry.deleted} for entry in entries if entry is not None}

    def add_user(self, name: str, doc: JSON) -> str:
        """Puts a user into a tenant as a document, whatever the API would say of it."""
        service, tid = self.emulator.service, self.emulator.tenants[name].tenant_id
        return service.directory(tid).create("user", doc).id

    def links(self) -> dict[str, str]:
        """Which users the job has linked to which account, as the emulator remembers it."""
        store, tid = self.emulator.service.store, self.emulator.tenants["contoso"].tenant_id
        docs = [entry.doc for entry in store.objects(tid, "link", parent=self.job)]
        return {doc["source"]: doc["target"] for doc in docs if doc["target"]}
