"""AppRoleAssignments: the whole set of who is in scope."""

import json
from collections.abc import Callable
from dataclasses import replace
from uuid import NAMESPACE_OID, uuid5

import httpx
import pytest

from entra_sync.base.calls import listed, unlisted
from entra_sync.base.principals import Group, User
from entra_sync.base.values.large import MOST
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.app_role_assignments import NO_ROLES, AppRoleAssignmentsArgs, AppRoleAssignmentsHandler
from tests.graph.service import Credential
from tests.resources.lifecycle import Lifecycle, Refused, wire


@pytest.fixture
def assignments(resource) -> Lifecycle:
    """The resource under test."""
    return resource(AppRoleAssignmentsHandler())


@pytest.fixture
def declared(contoso, application):
    """Makes arguments for the application's assignments."""

    def make(*principals) -> AppRoleAssignmentsArgs:
        owner = application.outputs["servicePrincipalId"]
        return AppRoleAssignmentsArgs(tenant=contoso, service_principal_id=owner, principals=list(principals))

    return make


@pytest.fixture
def groups(portal) -> list[str]:
    """Object ids of Contoso's groups."""
    return [group["id"] for group in portal("contoso", "GET", "/v1.0/groups?$select=id")["value"]]


@pytest.fixture
def people(portal) -> list[str]:
    """Object ids of Contoso's people."""
    return [user["id"] for user in portal("contoso", "GET", "/v1.0/users?$select=id&$top=999")["value"]]


def new_user(portal, number: int) -> str:
    """The id of one more user of Contoso."""
    name = f"user{number}"
    domain = portal("contoso", "GET", "/v1.0/domains")["value"][0]["id"]
    body = {
        "accountEnabled": True,
        "displayName": name,
        "mailNickname": name,
        "userPrincipalName": f"{name}@{domain}",
        "passwordProfile": {"password": "Long-enough-1"},
    }
    return portal("contoso", "POST", "/v1.0/users", body)["id"]


def assigned(portal, args) -> set[str]:
    """Who is assigned now."""
    path = f"/v1.0/servicePrincipals/{args.service_principal_id}/appRoleAssignedTo?$top=999"
    return {each["principalId"] for each in portal("contoso", "GET", path)["value"]}


def test_basic(assignments, declared, groups, people, portal) -> None:
    """Groups and users, by one JSON batch."""
    args = declared(Group(groups[0]), User(people[0]))
    assignments.up(args)

    assert {groups[0], people[0]} == assigned(portal, args)


def test_update(assignments, declared, groups, portal) -> None:
    """Who is new is added, who is missing is removed."""
    assignments.up(declared(Group(groups[0])))

    assert "update" == assignments.up(declared(Group(groups[1])))
    assert {groups[1]} == assigned(portal, declared())


def test_more_than_a_batch_at_once(assignments, declared, people, portal) -> None:
    """Twenty go into one batch."""
    args = declared(*(User(person) for person in people))
    before = len([each for each in assignments.emulator.requests if each.path.endswith("/$batch")])
    assignments.up(args)

    assert set(people) == assigned(portal, args)
    assert before < len([each for each in assignments.emulator.requests if each.path.endswith("/$batch")])


def test_adopt(assignments, declared, groups, portal) -> None:
    """One that is there is kept, one that is not declared is removed."""
    owner = declared().service_principal_id
    roles = portal("contoso", "GET", f"/v1.0/servicePrincipals/{owner}")["appRoles"]
    role = next(each["id"] for each in roles if each["displayName"] == "msiam_access")
    for group in groups[:2]:
        body = {"principalId": group, "resourceId": owner, "appRoleId": role}
        portal("contoso", "POST", f"/v1.0/servicePrincipals/{owner}/appRoleAssignedTo", body)
    assignments.up(declared(Group(groups[0])))

    assert {groups[0]} == assigned(portal, declared())


def test_drift(assignments, declared, groups, people, portal) -> None:
    """An administrator assigned one more: seen, and removed by the next up."""
    args = declared(Group(groups[0]))
    assignments.up(args)
    body = {"principalId": people[0], "resourceId": args.service_principal_id, "appRoleId": assignments.outputs["role"]}
    portal("contoso", "POST", f"/v1.0/servicePrincipals/{args.service_principal_id}/appRoleAssignedTo", body)

    assert assignments.refresh()
    assert 2 == len(assignments.outputs["principals"])
    assert 2 == len(assignments.inputs["deleteCalls"]), "a destroy now would delete both"
    assert "update" == assignments.up(args)
    assert {groups[0]} == assigned(portal, args)


@pytest.fixture
def assign(portal, application, declared) -> Callable[[str, str], str]:
    """Assigns a group to a role by its name, as an administrator does in the portal; returns the id of the role."""
    owner = declared().service_principal_id
    path = f"/v1.0/applications/{application.outputs['applicationId']}"
    ids = {"User": str(uuid5(NAMESPACE_OID, "User"))}
    added = {"id": ids["User"], "displayName": "User", "description": "User", "allowedMemberTypes": ["User"]}
    roles = portal("contoso", "GET", path)["appRoles"]
    portal("contoso", "PATCH", path, {"appRoles": [*roles, {**added, "isEnabled": True, "value": None}]})
    ids |= {role["displayName"]: role["id"] for role in roles}

    def make(group: str, role: str) -> str:
        body = {"principalId": group, "resourceId": owner, "appRoleId": ids[role]}
        portal("contoso", "POST", f"/v1.0/servicePrincipals/{owner}/appRoleAssignedTo", body)
        return ids[role]

    return make


def test_each_role_of_a_group_that_leaves_is_removed(assignments, declared, groups, assign, portal) -> None:
    """One that stayed would keep the group in scope."""
    assignments.up(declared(Group(groups[0]), Group(groups[1])))
    assign(groups[0], "User")

    assert "update" == assignments.up(declared(Group(groups[1])))
    assert {groups[1]} == assigned(portal, declared())


def test_a_destroy_removes_each_role(assignments, declared, groups, assign, portal, capsys) -> None:
    """The list of a destroy has one call for each group, so the rest is told."""
    assignments.up(declared(Group(groups[0])))
    assign(groups[0], "User")
    assignments.handler.delete(assignments.id, wire(assignments.outputs))

    assert set() == assigned(portal, declared())
    assert "a user or group has several roles, so 2 assignments are deleted" in capsys.readouterr().err


def test_a_role_by_its_id_leaves_other_roles_alone(assignments, declared, groups, assign, portal) -> None:
    """What has another role only gets this one, and keeps that one."""
    other = assign(groups[0], "User")
    assign(groups[1], "User")
    role = assign(groups[2], "msiam_access")
    args = declared(Group(groups[0])).model_copy(update={"app_role_id": role})
    assignments.up(args)
    path = f"/v1.0/servicePrincipals/{args.service_principal_id}/appRoleAssignedTo?$top=999"
    there = {(each["principalId"], each["appRoleId"]) for each in portal("contoso", "GET", path)["value"]}

    assert {(groups[0], role), (groups[0], other), (groups[1], other)} == there
    assert assignments.refresh()
    assert [groups[0]] == [each["id"] for each in assignments.outputs["principals"]]
    assignments.delete()
    assert {groups[0], groups[1]} == assigned(portal, args)


def test_gone(assignments, declared, groups, application, portal) -> None:
    """The application was deleted."""
    assignments.up(declared(Group(groups[0])))
    portal("contoso", "DELETE", f"/v1.0/applications/{application.outputs['applicationId']}")

    assert not assignments.refresh()


def test_delete(assignments, declared, groups, portal) -> None:
    """All of them."""
    assignments.up(declared(Group(groups[0]), Group(groups[1])))
    assignments.delete()

    assert set() == assigned(portal, declared())


def test_a_large_set_is_condensed_and_its_calls_are_listed_once(assignments, declared, groups, portal) -> None:
    """All that preview lists is sent, and a change of one user lists one call."""
    users = [new_user(portal, number) for number in range(MOST + 5)]
    args = declared(Group(groups[0]), *(User(id) for id in reversed(users)))
    inputs = assignments.preview(args)
    calls = unlisted(inputs["graphCalls"], inputs)

    assert len(users) + 1 == len(calls)
    assert "principals.users" == inputs["graphCalls"][1]["each"]
    assert "create" == assignments.up(args)
    assert {groups[0], *users} == assigned(portal, args)
    assert sorted([groups[0], *users]) == sorted(
        each.id for each in AppRoleAssignmentsArgs.read(assignments.outputs).principals
    )

    assert "same" == assignments.up(declared(*(User(id) for id in users), Group(groups[0])))
    assert assignments.refresh()
    assert "same" == assignments.up(args)

    assert "update" == assignments.up(declared(Group(groups[0]), *map(User, users[1:])))
    assert ["removing an assignment"] == [call["purpose"] for call in assignments.inputs["graphCalls"]]
    assert {groups[0], *users[1:]} == assigned(portal, args)

    assignments.delete()

    assert set() == assigned(portal, args)


def test_state_of_five_thousand_users_is_below_a_megabyte(declared) -> None:
    """As the engine writes it, in the two resources of a link that hold its users: inputs and outputs of each."""
    users = [User(str(uuid5(NAMESPACE_OID, str(number)))) for number in range(5000)]
    declaration = declared(*users).body()
    calls = AppRoleAssignmentsHandler().difference(declared(*users), str(uuid5(NAMESPACE_OID, "role")), {})
    lists = {
        "graphCalls": listed(calls, declaration),
        "deleteCalls": listed(AppRoleAssignmentsHandler().delete_calls(declared(*users), {}), declaration),
    }
    state = [{**declaration, **lists}, declaration, declaration, declaration]

    assert len(json.dumps(state, indent=4)) < 1_000_000
    assert sorted(map(repr, calls)) == sorted(
        repr(replace(call, subject=call.body["principalId"])) for call in unlisted(lists["graphCalls"], declaration)
    )


def test_a_group_that_is_not_there_is_refused_by_its_place(assignments, declared, groups) -> None:
    """In preview, before anything is sent."""
    stranger = "3d0f5dec-5d3d-455c-8016-e2af1ae4d31a"

    with pytest.raises(Refused, match=rf"principals\[1\]: tenant contoso .* has no group {stranger}"):
        assignments.up(declared(Group(groups[0]), Group(stranger)))


def test_a_user_passed_as_a_group_is_refused(assignments, declared, people) -> None:
    """The id exists, the kind is wrong."""
    with pytest.raises(Refused, match=r"the id is of a user; write entra\.User"):
        assignments.up(declared(Group(people[0])))


def test_an_assignment_remains_while_one_of_the_declared_principals_has_it(
    assignments, declared, groups, portal
) -> None:
    args, other = declared(Group(groups[0]), Group(groups[1])), declared(Group(groups[2]))
    assignments.up(args)
    remains = assignments.handler.remains

    assert [True, False] == [remains(assignments.id, each, {}) for each in (args, other)]
    portal("contoso", "DELETE", f"/v1.0/servicePrincipals/{args.service_principal_id}")
    assert not remains(assignments.id, args, {})


@pytest.mark.parametrize(
    ("roles", "chosen"),
    [
        ([("user", True, ["User"])], "user"),
        ([("off", False, ["User"]), ("user", True, ["User"])], "user"),
        ([("application", True, ["Application"]), ("user", True, ["User", "Application"])], "user"),
        ([("off", False, ["User"]), ("application", True, ["Application"])], NO_ROLES),
    ],
    ids=["one", "one is off", "one is for applications", "none for users"],
)
def test_the_role_is_one_that_is_on_and_for_users(roles, chosen, contoso) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        found = [{"id": id, "displayName": id, "isEnabled": on, "allowedMemberTypes": kinds} for id, on, kinds in roles]
        return httpx.Response(200, json={"appRoles": found})

    def make(tenant: Tenant) -> Graph:
        return Graph(tenant, credential=Credential(), transport=httpx.MockTransport(answer))

    with connecting(make):
        args = AppRoleAssignmentsArgs(
            tenant=contoso, service_principal_id=str(uuid5(NAMESPACE_OID, "x")), principals=[]
        )
        assert chosen == AppRoleAssignmentsHandler().role_to_assign(args)
