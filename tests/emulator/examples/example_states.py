"""For each worked example the state that makes its request meaningful, and what its placeholders stand for.

A state is made through Graph. It returns replacements: texts of the example (ids, placeholders) and what stands for
them here, and may change who asks.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from entra_sync.emulator import Emulator
from tests.emulator.api import Api
from tests.emulator.linking import Link, connect

JSON = Any

PARTNERS = "/policies/crossTenantAccessPolicy/partners"
SLACK = "4f2fc37d-967b-4929-9959-fbe9c9dbccca"


@dataclass
class World:
    """The tenants that an example is tried in.

    Attributes:
        api: Who sends the example's request.
        body: The request's body where it differs from the example's.
    """

    emulator: Emulator
    api: Api
    federal: Api
    body: JSON = None
    replacements: dict[str, str] = field(default_factory=dict)

    def replace(self, text: str, by: str) -> None:
        """Say what a text of the example stands for."""
        self.replacements[text] = by

    @property
    def delegated(self) -> Api:
        """A signed-in user who may do everything."""
        user = self.api.user("Signed In", usageLocation="US", city="Nairobi", companyName="Contoso")
        return self.api.signed_in(user["id"], _SCOPES)


_SCOPES = [
    "User.ReadWrite.All",
    "Directory.ReadWrite.All",
    "Policy.Read.All",
    "Policy.ReadWrite.CrossTenantAccess",
    "LicenseAssignment.ReadWrite.All",
    "AuditLog.Read.All",
    "User.Read",
    "GroupMember.Read.All",
]

State = Callable[[World], None]
STATES: dict[str, State] = {}


def state(*ids: str) -> Callable[[State], State]:
    """Register the state of one or more examples."""

    def register(make: State) -> State:
        STATES.update(dict.fromkeys(ids, make))
        return make

    return register


# Policies


def _partner(world: World, id: str, **settings: Any) -> None:
    world.api.post(PARTNERS, {"tenantId": id, **settings})


_DIRECT_CONNECT = {
    "b2bDirectConnectInbound": {
        "usersAndGroups": {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]},
        "applications": {"accessType": "allowed", "targets": [{"target": "Office365", "targetType": "application"}]},
    }
}


@state("crosstenantaccesspolicy-list-partners#1")
def _(world: World) -> None:
    _partner(world, "123f4846-ba00-4fd7-ba43-dac1f8f63013", **_DIRECT_CONNECT)


@state("crosstenantaccesspolicyconfigurationpartner-get#1")
def _(world: World) -> None:
    _partner(world, "9c5d131d-b1c3-4fc4-9e3f-c6557947d551", **_DIRECT_CONNECT)


@state(
    "crosstenantaccesspolicyconfigurationpartner-update#2",
    "crosstenantaccesspolicyconfigurationpartner-put-identitysynchronization#1",
)
def _(world: World) -> None:
    _partner(world, "90e29127-71ad-49c7-9ce8-db3f41ea06f1")


@state("crosstenantidentitysyncpolicypartner-update#1")
def _(world: World) -> None:
    _partner(world, "90e29127-71ad-49c7-9ce8-db3f41ea06f1")
    path = f"{PARTNERS}/90e29127-71ad-49c7-9ce8-db3f41ea06f1/identitySynchronization"
    world.api.ok("PUT", path, {"userSyncInbound": {"isSyncAllowed": False}})


@state(
    "policydeletableitem-list#1",
    "policydeletableitem-get#1",
    "policydeletableitem-delete#1",
    "crosstenantaccesspolicyconfigurationpartner-restore#1",
)
def _(world: World) -> None:
    for id in ("01d0e717-bc90-46ba-94a9-71b4a811fddb", "809cbbd2-2325-4c17-bd51-f8f098db19c8"):
        _partner(world, id)
        world.api.ok("DELETE", f"{PARTNERS}/{id}")
    world.api = world.delegated


# Applications and synchronization


def _slack(world: World) -> JSON:
    made = world.api.application(SLACK, "Slack")
    world.replace("{id}", made["servicePrincipal"]["id"])
    return made


def _slack_job(world: World) -> str:
    principal = _slack(world)["servicePrincipal"]["id"]
    path = f"/servicePrincipals/{principal}/synchronization"
    world.api.ok("PUT", f"{path}/secrets", {"value": [{"key": "BaseAddress", "value": "https://slack.example"}]})
    template = world.api.get(f"{path}/templates")["value"][0]["id"]
    job = str(world.api.post(f"{path}/jobs", {"templateId": template})["id"])
    world.replace("{jobId}", job)
    world.replace("BoxOutDelta", template)
    return job


@state("synchronization-synchronization-list-templates#1", "synchronization-serviceprincipal-put-synchronization#1")
def _(world: World) -> None:
    _slack(world)


@state("synchronization-synchronization-post-jobs#1")
def _(world: World) -> None:
    principal = _slack(world)["servicePrincipal"]["id"]
    path = f"/servicePrincipals/{principal}/synchronization/templates"
    world.replace("BoxOutDelta", world.api.get(path)["value"][0]["id"])


@state(
    "synchronization-synchronizationjob-start#1",
    "synchronization-synchronizationjob-restart#1",
    "synchronization-synchronizationschema-update#1",
    "synchronization-synchronizationschema-filteroperators#1",
)
def _(world: World) -> None:
    _slack_job(world)


@state("synchronization-synchronizationschema-parseexpression#1")
def _(world: World) -> None:
    job = _slack_job(world)
    world.replace("/jobs/{id}/", f"/jobs/{job}/")


@state("synchronization-synchronizationjob-validatecredentials#1")
def _(world: World) -> None:
    job = _slack_job(world)
    world.replace("/jobs/{id}/", f"/jobs/{job}/")


@state("synchronization-synchronizationjob-get#1")
def _(world: World) -> None:
    job = _slack_job(world)
    principal = world.replacements["{id}"]
    world.api.post(f"/servicePrincipals/{principal}/synchronization/jobs/{job}/start")
    world.emulator.run_cycle(job)


def _link(world: World) -> Link:
    link = connect(world.api, world.federal)
    link.start()
    return link


@state("synchronization-synchronizationjob-provisionondemand#2")
def _(world: World) -> None:
    link = _link(world)
    user = world.api.user("Adele Vest", mail="adelev@contoso.com", city="Chicago")
    link.assign(user["id"])
    link.cycle()
    world.api.patch(f"/users/{user['id']}", {"jobTitle": "Analyst"})
    rule = world.api.get(f"{link.job}/schema")["synchronizationRules"][0]["id"]
    world.replace("/3e916d82-dd59-4944-824d-93092908fd8d/", f"/{link.principal}/")
    world.replace("264ea562-28cd-42b1-93e0-8de1f0560581", link.job_id)
    world.replace("6c409270-f78a-4bc6-af23-7cf3ab6482fe", rule)
    world.replace("CN=AdeleV,CN=Users,DC=corp,DC=chicago,DC=com", user["id"])


@state("serviceprincipal-get#2")
def _(world: World) -> None:
    path = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"
    world.replace("7408235b-7540-4850-82fe-a5f15ed019e2", world.api.get(path)["id"])


@state("serviceprincipal-get#4")
def _(world: World) -> None:
    _slack(world)


@state("serviceprincipal-update#2")
def _(world: World) -> None:
    _slack(world)
    world.api = world.api.holding("Application.ReadWrite.All", "CustomSecAttributeAssignment.ReadWrite.All")


@state("serviceprincipal-list#4")
def _(world: World) -> None:
    world.api.application(SLACK, "My Contoso Team")


@state("serviceprincipal-list-approleassignedto#1", "serviceprincipal-delete-approleassignedto#1")
def _(world: World) -> None:
    principal = world.api.application(SLACK, "Slack")["servicePrincipal"]
    body = {
        "principalId": world.api.user("MOD Administrator")["id"],
        "resourceId": principal["id"],
        "appRoleId": principal["appRoles"][0]["id"],
    }
    assignment = world.api.post(f"/servicePrincipals/{principal['id']}/appRoleAssignedTo", body)
    world.replace("00063ffc-54e9-405d-b8f3-56124728e051", principal["id"])
    world.replace("{resource-SP-id}", principal["id"])
    world.replace("{appRoleAssignment-id}", assignment["id"])


@state("application-get#2")
def _(world: World) -> None:
    access = [{"id": "ad902697-1014-4ef5-81ef-2b4301988e8c", "type": "Scope"}]
    required = [{"resourceAppId": "00000003-0000-0000-c000-000000000000", "resourceAccess": access}]
    body = {"displayName": "PostmanWeb", "requiredResourceAccess": required}
    world.replace("46e6adf4-a9cf-4b60-9390-0ba6fb00bf6b", world.api.post("/applications", body)["appId"])


# Users


@state("user-list#2")
def _(world: World) -> None:
    identity = {"signInType": "emailAddress", "issuer": "My B2C tenant", "issuerAssignedId": "j.smith@yahoo.com"}
    world.api.user("John Smith", identities=[identity])


@state("user-list#4")
def _(world: World) -> None:
    world.api.user("a", mail="a@contoso.com")


@state("user-list#6")
def _(world: World) -> None:
    world.api.user("Oscar Ward", givenName="Oscar", mail="oscarward@contoso.com")


@state("user-list#8")
def _(world: World) -> None:
    invited = {"invitedUserEmailAddress": "AdeleV@adatum.com", "inviteRedirectUrl": "https://example.com"}
    world.api.post("/invitations", invited)
    world.replace("@contoso.com')", f"@{world.api.tenant.domain}')")


@state("user-list#10")
def _(world: World) -> None:
    user = world.api.get("/users?$top=1")["value"][0]
    course = {"courseType": "Developer", "courseName": "Introduction to Microsoft Graph", "courseId": 1}
    world.api.patch(f"/users/{user['id']}", {"ext55gb1l09_msLearnCourses": course})


@state("user-get#1", "user-get#3")
def _(world: World) -> None:
    user = world.api.user(
        "Adele Vance",
        businessPhones=["+1 425 555 0109"],
        givenName="Adele",
        surname="Vance",
        jobTitle="Retail Manager",
        mail="adelev2@contoso.com",
        mobilePhone="+1 425 555 0109",
        officeLocation="18/2111",
        preferredLanguage="en-US",
        postalCode="98004",
    )
    world.replace("87d349ed-44d7-43e1-9a83-5f2406dee5bd", user["id"])


@state("user-get#5")
def _(world: World) -> None:
    user = world.api.user("Attributed")
    roles = ("User.ReadWrite.All", "CustomSecAttributeAssignment.ReadWrite.All")
    engineering = {
        "@odata.type": "#Microsoft.DirectoryServices.CustomSecurityAttributeValue",
        "Project@odata.type": "#Collection(String)",
        "Project": ["Baker", "Cascade"],
        "CostCenter@odata.type": "#Collection(Int32)",
        "CostCenter": [1001],
        "Certification": True,
    }
    marketing = {"@odata.type": "#Microsoft.DirectoryServices.CustomSecurityAttributeValue", "EmployeeId": "QN26904"}
    world.api = world.api.holding(*roles)
    attributes = {"Engineering": engineering, "Marketing": marketing}
    world.api.patch(f"/users/{user['id']}", {"customSecurityAttributes": attributes})
    world.replace("{id}", user["id"])


@state("user-post-users#1")
def _(world: World) -> None:
    world.replace("@contoso.onmicrosoft.com", f"@{world.api.tenant.domain}")


@state("user-update#1")
def _(world: World) -> None:
    world.api = world.delegated


@state("user-update#3")
def _(world: World) -> None:
    world.replace("{id}", world.api.user("Forgetful")["id"])


@state("user-delta#3")
def _(world: World) -> None:
    world.api.user("Vance Adele", jobTitle="Product Marketing Manager")


@state("user-assignlicense-beta#1")
def _(world: World) -> None:
    world.api.tenant.add_subscription("FLOW_FREE", 10)
    world.api = world.delegated


@state("user-list-licensedetails#1")
def _(world: World) -> None:
    world.api = world.delegated
    license = {"skuId": "84a661c4-e949-4bd2-a560-ed7766fcaf2b", "disabledPlans": []}
    world.api.post("/me/assignLicense", {"addLicenses": [license], "removeLicenses": []})


@state("subscribedsku-get#1")
def _(world: World) -> None:
    world.api.tenant.add_subscription("ENTERPRISEPREMIUM", 25)
    world.replace("dcd219dd-bc68-4b9b-bf0b-4a33a796be35", world.api.tenant.tenant_id)


# Groups


@state("group-list#2")
def _(world: World) -> None:
    world.api.tenant.add_subscription("FLOW_FREE", 1)
    for name in ("Contoso Group 1", "Contoso Group 2"):
        members = [world.api.user(f"{name} {number}", usageLocation="US")["id"] for number in range(2)]
        group = world.api.group(name, members)
        license = {"skuId": "f30db892-07e9-47e9-837c-80727f46fd3d", "disabledPlans": []}
        world.api.post(f"/groups/{group['id']}/assignLicense", {"addLicenses": [license], "removeLicenses": []})


@state("group-list#4")
def _(world: World) -> None:
    world.api.group("a")


@state("group-list#6")
def _(world: World) -> None:
    rule = {"membershipRule": '(user.city -eq "Nairobi")', "membershipRuleProcessingState": "On"}
    world.api.group("Dynamic", groupTypes=["DynamicMembership"], **rule)


@state("group-get#1")
def _(world: World) -> None:
    group = world.api.group(
        "HR Taskforce", unified=True, description="Welcome.", visibility="Private", resourceProvisioningOptions=["Team"]
    )
    world.replace("02bd9fd6-8f93-4758-87c3-1fb73740a315", group["id"])


@state("group-post-groups#3")
def _(world: World) -> None:
    for id in (
        "99e44b05-c10b-4e95-a523-e2732bbaba1e",
        "6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0",
        "4562bcc8-c436-4f95-b7c0-4f8ce89dca5e",
    ):
        world.replace(id, world.api.user(f"Person {id[:4]}")["id"])


@state("group-list-members#1")
def _(world: World) -> None:
    member = world.api.user("User One", mail="user1@contoso.com")
    world.replace("{id}", world.api.group("Group", [member["id"]])["id"])


@state("group-list-members#3")
def _(world: World) -> None:
    world.replace("{id}", world.api.group("Group", [world.api.user("User One")["id"]])["id"])


@state("group-list-members#5", "group-list-transitivemembers#5")
def _(world: World) -> None:
    member = world.api.user("AAD Contoso Users", mail="AADContoso_Users@contoso.com")
    world.replace("{id}", world.api.group("Group", [member["id"]])["id"])


@state("group-post-members#2")
def _(world: World) -> None:
    people = [world.api.user(f"Person {number}")["id"] for number in range(3)]
    world.replace("{group-id}", world.api.group("Group")["id"])
    root = f"{world.api.tenant.graph_url}/v1.0/directoryObjects"
    world.body = {"members@odata.bind": [f"{root}/{id}" for id in people]}


@state("group-delta#2")
def _(world: World) -> None:
    group = world.api.group("All Company", description="Everybody")
    world.api.patch(f"/groups/{group['id']}", {"description": None})


@state("group-assignlicense#1")
def _(world: World) -> None:
    world.api.tenant.add_subscription("EMSPREMIUM", 5)
    world.api.tenant.add_subscription("ENTERPRISEPREMIUM", 5)
    world.replace("1132b215-826f-42a9-8cfe-1643d19d17fd", world.api.group("Licensed")["id"])


@state("group-list-transitivemembers#1")
def _(world: World) -> None:
    inner = world.api.group("Inner", [world.api.user("User One", mail="group1@contoso.com")["id"]])
    outer = world.api.group("Outer", [inner["id"]])
    world.replace("02bd9fd6-8f93-4758-87c3-1fb73740a315", outer["id"])


@state("group-list-transitivemembers#3")
def _(world: World) -> None:
    executives = world.api.group("Executives", unified=True, securityEnabled=True)
    falcon = world.api.group("Project Falcon", unified=True, securityEnabled=True)
    world.replace("{id}", world.api.group("Outer", [executives["id"], falcon["id"]])["id"])


# Deleted items, logs, batch


@state("directory-deleteditems-list#1", "directory-deleteditems-get#1", "directory-deleteditems-delete#1")
def _(world: World) -> None:
    group = world.api.group("SampleGroup", unified=True)
    world.api.ok("DELETE", f"/groups/{group['id']}")
    world.replace("{object-id}", group["id"])


@state("provisioningobjectsummary-list#2")
def _(world: World) -> None:
    link = _link(world)
    world.federal.user("Self-service Pilot", mail="pilot@contoso.com")
    link.assign(world.api.user("Self-service Pilot", mail="pilot@contoso.com")["id"])
    link.cycle()


@state("directoryaudit-list#2")
def _(world: World) -> None:
    world.api = world.delegated
    world.api.patch("/me", {"jobTitle": "Auditor"})
    world.replace("00000000-0000-0000-0000-000000000000", world.api.get("/me")["id"])


@state("json-batching#1")
def _(world: World) -> None:
    group = world.api.group("Kept")
    boss = world.api.user("Manager", city=None)
    world.api.add_member(group["id"], boss["id"])
    world.replace("0e226165-c685-41ce-8bfc-df8360ab325d", group["id"])
    world.replace("161ab652-cdbc-490d-82a4-0ada1f0db247", boss["id"])
    world.api = world.api.signed_in(boss["id"], ["User.Read", "User.Read.All", "GroupMember.Read.All"])


def applied(world: World, value: JSON) -> JSON:
    """A part of an example with what its texts stand for."""
    text = json.dumps(value)
    for old, new in sorted(world.replacements.items(), key=lambda pair: -len(pair[0])):
        text = text.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
    return json.loads(text)
