"""Tenants: what a new one contains, and the switches that only a portal has."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from entra_sync.emulator.state.catalog.graph_roles import APP_ROLES, GRAPH_APP_ID, delegated_scopes, graph_app_roles
from entra_sync.emulator.state.catalog.subscriptions import subscription
from entra_sync.emulator.state.clock import Clock, iso, precise
from entra_sync.emulator.state.directory import Directory
from entra_sync.emulator.state.spelling import b64
from entra_sync.emulator.state.store import Document, Store
from entra_sync.microsoft.clouds import CLOUDS, Cloud, family, pair

__all__ = ["Tenant", "create_tenant", "new_service_principal"]

_DOMAINS = {
    Cloud.GLOBAL: "onmicrosoft.com",
    Cloud.USGOV: "onmicrosoft.us",
    Cloud.USGOV_DOD: "onmicrosoft.us",
    Cloud.CHINA: "partner.onmschina.cn",
}


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant of the emulator.

    Attributes:
        name: What programs call it.
        tenant_id: Directory id.
        cloud: The cloud that it is in.
        client_id: Client id of an application that holds every permission that the emulator knows.
        client_secret: That application's secret.
        domain: Initial domain, such as ``contoso.onmicrosoft.com``.
    """

    store: Store = field(repr=False)
    clock: Clock = field(repr=False)
    name: str
    tenant_id: str
    cloud: Cloud
    client_id: str
    client_secret: str
    domain: str

    @property
    def document(self) -> Document:
        """The tenant's own settings as stored."""
        entry = self.store.get(self.tenant_id, "tenant", self.tenant_id)
        if entry is None:
            raise KeyError(self.name)
        return entry.doc

    def change(self, **settings: Any) -> None:
        """Change settings of the tenant, such as ``guestInvites`` or ``verifiedDomains``."""
        self.store.replace(self.tenant_id, "tenant", self.tenant_id, {**self.document, **settings})

    @property
    def graph_url(self) -> str:
        """Root of its cloud's Graph, for clients that use the in-process transport."""
        return CLOUDS[self.cloud].graph

    @property
    def domains(self) -> list[str]:
        """Verified domains, lower case."""
        return [str(domain["name"]).lower() for domain in self.document["verifiedDomains"]]

    def add_domain(self, name: str, *, default: bool = True) -> None:
        """Adds a domain that the tenant has verified, as its default one unless told otherwise."""
        added = {
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": default,
            "isInitial": False,
            "name": name,
            "type": "Managed",
        }
        known = [
            {**domain, "isDefault": domain["isDefault"] and not default} for domain in self.document["verifiedDomains"]
        ]
        self.change(verifiedDomains=[*known, added])

    def add_subscription(self, part_number: str, seats: int, *, grace: int = 0) -> str:
        """Buys licenses, or changes how many there are; *grace* ones have expired and can still be used.

        Returns the SKU's id.

        Raises:
            ValueError: a part number that the emulator does not have.
        """
        doc = subscription(part_number, seats, grace, self.tenant_id)
        store, tid, sku_id = self.store, self.tenant_id, str(doc["skuId"])
        with store.transaction():
            if store.get(tid, "sku", sku_id) is None:
                store.put(tid, "sku", sku_id, doc)
            else:
                store.replace(tid, "sku", sku_id, doc)
        return sku_id

    def redeem(self, guest: str, home: Tenant, user: str) -> None:
        """Let a user of another tenant accept an invitation, as one does in a browser.

        Args:
            guest: Id of the invited account here.
            home: The user's own tenant.
            user: Id of the user there.

        Raises:
            ValueError: One of the two does not exist.
        """
        store = self.store
        here, there = (Directory(store, self.clock, tenant.tenant_id) for tenant in (self, home))
        for directory, id, tenant in ((here, guest, self), (there, user, home)):
            if directory.find(id, ["user"]) is None:
                raise ValueError(f'there is no user with id "{id}" in {tenant.name}')
        with store.transaction():
            account = there.get("user", user)
            accepted = {
                "externalUserState": "Accepted",
                "externalUserStateChangeDateTime": iso(self.clock.now()),
                "_alternativeSecurityIds": f"5::{account.doc['_netId']}",
            }
            here.update("user", guest, accepted)

    def allow_cross_cloud_synchronization_from(self, cloud: Cloud | str) -> str:
        """Ticks the cross-cloud synchronization box for a source cloud, as an administrator does in the portal.

        The box is a service principal with four application permissions; that nothing else belongs to it is a guess.

        Returns:
            Its id.

        Raises:
            ValueError: A tenant of this cloud cannot be synchronized into from there.
        """
        store, tid = self.store, self.tenant_id
        app_id, name = self._cross_cloud_app(cloud)
        with store.transaction():
            found = store.find(tid, "servicePrincipal.appId", app_id)
            if found:
                return found[0]
            id = new_service_principal(store, self.clock, tid, app_id, name)
            _grant(store, self.clock, tid, id, store.facts["box.permissions"])
            return id

    def allow_links_from(self, other: Tenant) -> None:
        """Ticks the box for the cloud of another tenant, if there is one: the service links the two clouds."""
        found = pair(other.cloud, self.cloud)
        if found.supported and found.cross_cloud:
            self.allow_cross_cloud_synchronization_from(other.cloud)

    def forbid_cross_cloud_synchronization_from(self, cloud: Cloud | str) -> None:
        """Clears the box again."""
        with self.store.transaction():
            for id in self.store.find(self.tenant_id, "servicePrincipal.appId", self._cross_cloud_app(cloud)[0]):
                Directory(self.store, self.clock, self.tenant_id).purge("servicePrincipal", id)

    def is_synchronized_into_from(self, cloud: Cloud | str) -> bool:
        """Whether the box is ticked for a source cloud, and nothing was taken from its service principal since."""
        if self._box(cloud) not in self.store.facts:
            return False
        directory = Directory(self.store, self.clock, self.tenant_id)
        for id in self.store.find(self.tenant_id, "servicePrincipal.appId", self._cross_cloud_app(cloud)[0]):
            entry = directory.find(id, ("servicePrincipal",))
            assigned = self.store.find(self.tenant_id, "assignment.principal", id)
            roles = (self.store.get(self.tenant_id, "appRoleAssignment", each) for each in assigned)
            held = {assignment.doc["appRoleId"] for assignment in roles if assignment is not None}
            needed = {APP_ROLES[permission] for permission in self.store.facts["box.permissions"]}
            if entry is not None and entry.doc["accountEnabled"] and needed <= held:
                return True
        return False

    def _box(self, cloud: Cloud | str) -> str:
        """Name of the fact that says which application the box for a source cloud makes."""
        return f"box.{family(Cloud(cloud))}.{family(self.cloud)}"

    def _cross_cloud_app(self, cloud: Cloud | str) -> tuple[str, str]:
        """Id and name of the application behind the box for a source cloud."""
        box = self._box(cloud)
        if box not in self.store.facts:
            raise ValueError(f"a tenant of the {self.cloud} cloud has no cross-cloud synchronization from {cloud}")
        made = self.store.facts[box]
        return made["appId"], made["displayName"]

    def start_jobs_with(self, schema: Document) -> None:
        """Let new jobs of cross-tenant synchronization start with a schema, e.g. one exported from a real tenant."""
        store = self.store
        with store.transaction():
            if store.get(self.tenant_id, "templateSchema", "crossTenant") is None:
                store.put(self.tenant_id, "templateSchema", "crossTenant", schema)
            else:
                store.replace(self.tenant_id, "templateSchema", "crossTenant", schema)


def create_tenant(
    store: Store,
    clock: Clock,
    name: str,
    cloud: Cloud,
    *,
    display_name: str | None = None,
    tenant_id: str | None = None,
) -> Tenant:
    """Make a tenant with its organization, cross-tenant access policy, and an application for its administrators."""
    with store.transaction():
        tid = tenant_id or store.new_id()
        label = display_name or name.capitalize()
        domain = f"{''.join(ch for ch in label.lower() if ch.isalnum())}.{_DOMAINS[cloud]}"
        secret = b64(hashlib.sha256(f"{store.seed}/{tid}/secret".encode()).digest())[:40]
        store.put(tid, "tenant", tid, _tenant_document(clock, name, cloud, label, domain))
        store.put(
            tid,
            "crossTenantAccessPolicy",
            tid,
            {"displayName": f"CrossTenantAccessPolicy for {tid}", "allowedCloudEndpoints": []},
        )
        scopes = delegated_scopes()
        graph = new_service_principal(
            store,
            clock,
            tid,
            GRAPH_APP_ID,
            "Microsoft Graph",
            app_roles=graph_app_roles(),
            oauth2PermissionScopes=scopes,
        )
        client_id = _administrator(store, clock, tid, secret)
        store.replace(
            tid, "tenant", tid, {**store.objects(tid, "tenant")[0].doc, "_client": [client_id, secret], "_graph": graph}
        )
    return open_tenant(store, clock, tid)


def open_tenant(store: Store, clock: Clock, tid: str) -> Tenant:
    """A tenant that the store holds."""
    entry = store.get(tid, "tenant", tid)
    if entry is None:
        raise KeyError(tid)
    doc = entry.doc
    client_id, secret = doc["_client"]
    initial = next(item["name"] for item in doc["verifiedDomains"] if item["isInitial"])
    return Tenant(store, clock, doc["name"], tid, Cloud(doc["cloud"]), client_id, secret, initial)


def _tenant_document(clock: Clock, name: str, cloud: Cloud, label: str, domain: str) -> Document:
    government = cloud in (Cloud.USGOV, Cloud.USGOV_DOD)
    return {
        "name": name,
        "cloud": str(cloud),
        "displayName": label,
        "createdDateTime": iso(clock.now()),
        "countryLetterCode": "CN" if cloud is Cloud.CHINA else "US",
        "preferredLanguage": "zh-Hans" if cloud is Cloud.CHINA else "en",
        "technicalNotificationMails": [f"admin@{domain}"],
        "government": government,
        "guestInvites": "everyone",
        "verifiedDomains": [
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": True,
                "isInitial": True,
                "name": domain,
                "type": "Managed",
            }
        ],
    }


def new_service_principal(
    store: Store,
    clock: Clock,
    tid: str,
    app_id: str,
    display_name: str,
    *,
    owner: str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
    app_roles: list[Document] | None = None,
    **properties: Any,
) -> str:
    """Put a service principal into a tenant; *owner* is the tenant of its application, Microsoft's own by default."""
    id = store.new_id()
    doc: Document = {
        "id": id,
        "accountEnabled": True,
        "appId": app_id,
        "appDisplayName": display_name,
        "appOwnerOrganizationId": owner,
        "appRoleAssignmentRequired": False,
        "createdDateTime": iso(clock.now()),
        "displayName": display_name,
        "servicePrincipalNames": [app_id],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMultipleOrgs",
        "appRoles": app_roles or [],
        "info": dict.fromkeys(("logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")),
        "verifiedPublisher": dict.fromkeys(("displayName", "verifiedPublisherId", "addedDateTime")),
        **properties,
    }
    doc["_made"] = store.version + 1
    store.put(tid, "servicePrincipal", id, doc, now=clock.now().timestamp(), keys={"servicePrincipal.appId": app_id})
    return id


def _administrator(store: Store, clock: Clock, tid: str, secret: str) -> str:
    app_id, object_id = store.new_id(), store.new_id()
    hint = secret[:3]
    credential = {
        "keyId": store.new_id(),
        "displayName": "emulator",
        "hint": hint,
        "startDateTime": iso(clock.now()),
        "endDateTime": "2999-12-31T00:00:00Z",
        "customKeyIdentifier": None,
        "secretText": None,
        "_secret": secret,
    }
    doc: Document = {
        "id": object_id,
        "appId": app_id,
        "displayName": "Emulator administration",
        "signInAudience": "AzureADMyOrg",
        "createdDateTime": iso(clock.now()),
        "passwordCredentials": [credential],
    }
    store.put(tid, "application", object_id, doc, keys={"application.appId": app_id})
    principal = new_service_principal(
        store, clock, tid, app_id, "Emulator administration", owner=tid, signInAudience="AzureADMyOrg"
    )
    _grant(store, clock, tid, principal, tuple(APP_ROLES))
    return app_id


def _grant(store: Store, clock: Clock, tid: str, principal: str, permissions: Sequence[str]) -> None:
    """Give a service principal application permissions on Microsoft Graph."""
    graph = store.find(tid, "servicePrincipal.appId", GRAPH_APP_ID)[0]
    name = (store.get(tid, "servicePrincipal", principal) or _missing(principal)).doc["displayName"]
    for permission in permissions:
        Directory(store, clock, tid).assign_role(
            principal,
            "ServicePrincipal",
            name,
            graph,
            "Microsoft Graph",
            APP_ROLES[permission],
            precise(clock.now()),
        )


def _missing(id: str) -> Any:
    raise KeyError(id)
