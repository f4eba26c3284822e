"""AppRoleAssignments: the users and groups that are in scope of a synchronization application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Required, TypedDict, Unpack, overload

import pulumi
from pydantic import Field

from entra_sync.base.args import Args, Guid, replaces
from entra_sync.base.calls import GraphCall, part, ref
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import Plan, Release
from entra_sync.base.principals import Principal, Principals
from entra_sync.base.resource import Resource
from entra_sync.base.run.claims import Claim
from entra_sync.base.values.unknown import is_unknown
from entra_sync.errors import BadArgument, NotFound
from entra_sync.graph import paths
from entra_sync.graph.answers.fresh import second_look
from entra_sync.graph.gateway import AGREEING, reading_at_once
from entra_sync.graph.paths import resource_id
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared import jobs
from entra_sync.resources.shared.validation import refuse_strangers

__all__ = ["AppRoleAssignments", "AppRoleAssignmentsArgs", "AppRoleAssignmentsHandler"]

JSON = Any
NO_ROLES = "00000000-0000-0000-0000-000000000000"
"""Role id of an application that declares no roles ("Grant an appRoleAssignment for a service principal")."""


class AppRoleAssignmentsArgs(Args):
    """The whole set of users and groups that are assigned to an application, or to one role of it."""

    service_principal_id: Guid = replaces("Service principal that users and groups are assigned to.")
    principals: Principals = Field(
        description="Users and groups in scope. Only direct members of a group are in scope."
    )
    app_role_id: Guid | None = replaces(
        "Role to assign; assignments of other roles are left alone. Default: msiam_access, or the only enabled role if "
        "there is no msiam_access; then an assignment of any role counts, since each brings a user into scope.",
        None,
    )


class AppRoleAssignmentsHandler(Handler[AppRoleAssignmentsArgs]):
    """Manages all assignments, or with ``app_role_id`` all of that role. Those that are not declared are removed.

    Changes are sent in JSON batches, so a change of many assignments needs few requests. A delete pauses the job first,
    because a running job deletes the accounts of users who are not assigned. If the program still declares the job, the
    assignments stay; to remove them, declare an empty list.

    Sources: "Grant an appRoleAssignment for a service principal", "Delete appRoleAssignment", "Configure
    cross-tenant synchronization" (users and groups).
    """

    args = AppRoleAssignmentsArgs
    placeholders: ClassVar[tuple[str, ...]] = ("servicePrincipalId", "principals[].id", "appRoleId")
    permissions = (
        ("AppRoleAssignment.ReadWrite.All",),
        ("Application.Read.All", "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Directory.Read.All"),
    )
    computed: ClassVar[tuple[str, ...]] = ("role",)
    retired: ClassVar[tuple[str, ...]] = ("assignments",)

    def plan(
        self, old: AppRoleAssignmentsArgs | None, new: AppRoleAssignmentsArgs, previous: Mapping[str, JSON]
    ) -> Plan:
        """Compares with the assignments that are there now; refuses principals that the tenant does not know."""
        refuse_strangers(
            self.graph(new), new.principals, but=frozenset(each.id for each in old.principals) if old else frozenset()
        )
        owner = new.service_principal_id
        asks_role = new.app_role_id is None and not is_unknown(owner)
        together = [paths.roles(owner), self._list(new)] if asks_role else []
        with reading_at_once([(self.graph(new), path) for path in together]):
            role, present = self.role_to_assign(new), self._present(new)
        return Plan(self.difference(new, role, present), computed={"role": role} if isinstance(role, str) else {})

    def find_existing(self, args: AppRoleAssignmentsArgs) -> JSON | None:
        """The assignments that are there, by principal."""
        return self._present(args)

    def calls(
        self, old: AppRoleAssignmentsArgs | None, new: AppRoleAssignmentsArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """POST for each principal that is missing, DELETE for each that is not declared."""
        return self.difference(new, self.role_to_assign(new), existing or {})

    def delete_calls(self, args: AppRoleAssignmentsArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """DELETE of each assignment."""
        return [self._delete(args, None) for _ in args.principals]

    def release(
        self, id: str, args: AppRoleAssignmentsArgs, state: Mapping[str, JSON], others: Sequence[Claim]
    ) -> Release:
        """Looks up the assignments. A list that lacks a principal may come from a replica that is behind.

        A job that runs would delete the accounts of all users. So the assignments stay if the program goes on with the
        job, and any other job is paused first.

        Raises:
            NotFound: There is no list, as several answers say, but the service principal is there.
        """
        release = super().release(id, args, state, others)
        if release.calls and jobs.goes_on(args.service_principal_id):
            return Release(stays=f"{jobs.STAYS}; declare principals=[] to unassign them")
        graph, problem = self.graph(args), None
        present: dict[str, list[JSON]] = {}
        for pause in (0.0, *graph.pauses(second_look())) if release.calls else ():
            graph.pause(pause)
            try:
                present, problem = self._present(args), None
            except NotFound as error:
                problem = error
                continue
            if all(principal.id in present for principal in args.principals):
                break
        if problem is not None and not present:
            owner = f"{paths.service_principal(args.service_principal_id)}?$select=id"
            if graph.find(owner, "looking for the service principal", agreeing=AGREEING) is not None:
                raise problem
        found = [item["id"] for principal in args.principals for item in present.get(principal.id, ())]
        if len(found) > len(args.principals):
            self.note(args, f"a user or group has several roles, so {len(found)} assignments are deleted")
        deletes = [self._delete(args, assignment) for assignment in found]
        return Release(jobs.paused_first(self, args, deletes), release.stays)

    def needs_plan(self, calls: Sequence[GraphCall]) -> bool:
        """Who is assigned is in scope."""
        return True

    def resource_id(
        self, args: AppRoleAssignmentsArgs, answers: Mapping[str, JSON], existing: JSON | None
    ) -> str | None:
        """``<tenant id>/servicePrincipals/<object id>/appRoleAssignedTo``."""
        return resource_id(
            args.tenant.tenant_id, paths.service_principal(args.service_principal_id, "appRoleAssignedTo")
        )

    def remains(self, id: str, args: AppRoleAssignmentsArgs, state: Mapping[str, JSON]) -> bool:
        """Whether one of the declared principals is still assigned."""
        try:
            present = self._present(args)
        except NotFound:
            return False
        return any(principal.id in present for principal in args.principals)

    def wait_until_ready(self, id: str, args: AppRoleAssignmentsArgs) -> None:
        """New assignments are not in every replica's list at once."""
        wanted = {principal.id for principal in args.principals}

        def complete(body: JSON) -> bool:
            there = {item["principalId"] for item in body["value"] if _is_managed(args, item)}
            return "@odata.nextLink" in body or wanted <= there

        self.graph(args).wait_for(self._list(args), "waiting for the assignments", until=complete)

    def read_live(
        self, id: str, args: AppRoleAssignmentsArgs, outputs: Mapping[str, JSON]
    ) -> tuple[AppRoleAssignmentsArgs, dict[str, JSON]] | None:
        """The set as it stands, in the declared order first. Gone when the service principal is."""
        try:
            found = self._present(args)
        except NotFound:
            return None
        declared = [principal for principal in args.principals if principal.id in found]
        names = {principal.id for principal in declared}
        others = [
            Principal(id=principal, kind=items[0]["kind"])
            for principal, items in sorted(found.items())
            if principal not in names
        ]
        live = args.model_copy(update={"principals": [*declared, *others]})
        return live, {}

    def role_to_assign(self, args: AppRoleAssignmentsArgs) -> JSON:
        if args.app_role_id is not None:
            return args.app_role_id
        if is_unknown(args.service_principal_id):
            return ref("servicePrincipal.role")
        found = self.graph(args).get(
            paths.roles(args.service_principal_id),
            "reading the application's roles",
        )
        roles = [role for role in found["appRoles"] if role["isEnabled"] and "User" in role["allowedMemberTypes"]]
        named = [role for role in roles if role["displayName"] == "msiam_access"]
        if not roles:
            return NO_ROLES
        if len(named or roles) == 1:
            return (named or roles)[0]["id"]
        names = ", ".join(f"{role['displayName']} ({role['id']})" for role in roles)
        raise BadArgument("appRoleId", f"the application has several roles: {names}; pass one")

    def _present(self, args: AppRoleAssignmentsArgs) -> dict[str, list[JSON]]:
        """The managed assignments that are there, by principal, which has one for each role."""
        found: dict[str, list[JSON]] = {}
        if is_unknown(args.service_principal_id):
            return found
        for item in self.graph(args).pages(self._list(args), "listing the assignments"):
            if item["principalType"] in {"User", "Group"} and _is_managed(args, item):
                assignment = {"id": item["id"], "kind": item["principalType"], "role": item["appRoleId"]}
                found.setdefault(item["principalId"], []).append(assignment)
        return found

    def difference(self, new: AppRoleAssignmentsArgs, role: JSON, present: Mapping[str, JSON]) -> list[GraphCall]:
        """POST for each principal that is missing, DELETE for each assignment of one that is not declared."""
        wanted = {principal.id for principal in new.principals if isinstance(principal.id, str)}
        additions = [
            GraphCall(
                new.tenant.name,
                "POST",
                self._path(new),
                {"principalId": principal.id, "resourceId": new.service_principal_id, "appRoleId": role},
                f"assigning {principal}",
                batched=True,
                subject=principal.id if isinstance(principal.id, str) else "",
            )
            for principal in new.principals
            if is_unknown(principal.id) or principal.id not in present
        ]
        removals = [
            self._delete(new, item["id"])
            for principal, items in present.items()
            if principal not in wanted
            for item in items
        ]
        return [*additions, *removals]

    def _delete(self, args: AppRoleAssignmentsArgs, assignment: JSON) -> GraphCall:
        path = f"{self._path(args)}/{part(assignment, 'assignmentId')}"
        subject = part(assignment, "") if assignment else ""
        return GraphCall(
            args.tenant.name, "DELETE", path, None, "removing an assignment", batched=True, subject=subject
        )

    def _list(self, args: AppRoleAssignmentsArgs) -> str:
        return paths.assigned(part(args.service_principal_id, "servicePrincipalId"))

    def _path(self, args: AppRoleAssignmentsArgs) -> str:
        return paths.service_principal(part(args.service_principal_id, "servicePrincipalId"), "appRoleAssignedTo")


def _is_managed(args: AppRoleAssignmentsArgs, assignment: Mapping[str, JSON]) -> bool:
    """Whether an assignment is of the role that is managed, or any is."""
    return args.app_role_id is None or assignment["appRoleId"] == args.app_role_id


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    tenant: Required[Tenant]
    service_principal_id: Required[pulumi.Input[str]]
    principals: Required[pulumi.Input[Sequence[pulumi.Input[Principal]]]]
    app_role_id: pulumi.Input[str] | None


# until here


class AppRoleAssignments(Resource):
    """The users and groups in scope of an application.

    If a user leaves the scope while the job runs, the job removes the account in the target.

    Attributes:
        tenant: The argument of the same name.
        service_principal_id: The argument of the same name.
        principals: The argument of the same name; after a refresh, the current assignments. More than 100 are stored as
            one compressed text.
        role: Id of the assigned role.
    """

    handler = AppRoleAssignmentsHandler

    service_principal_id: pulumi.Output[str]
    principals: pulumi.Output[Any]
    role: pulumi.Output[str]

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        tenant: pulumi.Output[Any]
        app_role_id: pulumi.Output[Any]

        @overload
        def __init__(
            self, resource_name: str, args: AppRoleAssignmentsArgs, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
