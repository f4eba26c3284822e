"""ServicePrincipal: the synchronization application of a source tenant."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Required, TypedDict, Unpack, overload

import pulumi
from pydantic import Field

from entra_sync.base.args import Args, Guid, replaces
from entra_sync.base.calls import GraphCall, Merge, Placeholder, part
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import Plan
from entra_sync.base.kinds import BESIDE, EARLIER
from entra_sync.base.resource import Resource
from entra_sync.base.run import claims
from entra_sync.base.run.memory import remembered
from entra_sync.errors import BadArgument, NotFound
from entra_sync.errors.argument import ArgumentError
from entra_sync.graph import paths
from entra_sync.graph.answers import once
from entra_sync.graph.answers.fresh import building, lag
from entra_sync.graph.gateway import AGREEING, Awaited, Graph, reading_at_once
from entra_sync.graph.paths import resource_id
from entra_sync.graph.requests import Request
from entra_sync.microsoft.assumptions import SAME_CLOUD_TEMPLATE
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.existing_application import (
    GALLERY_SEARCH,
    Search,
    cross_cloud_template,
    is_enabled,
    named_path,
)
from entra_sync.resources.shared.ownership import ledger
from entra_sync.resources.shared.ownership.missing import asked
from entra_sync.resources.shared.ownership.recording import links_elsewhere, recording, unrecorded
from entra_sync.resources.shared.ownership.reference import LinkReference

__all__ = ["SAME_CLOUD_TEMPLATE", "ServicePrincipal", "ServicePrincipalArgs", "ServicePrincipalHandler"]

JSON = Any

Shared = Annotated[
    Literal["clouds", "partners", "inbound"],
    Field(title="SharedSetting", description="A setting that several links may use."),
]

_declared: list[tuple[str, str]] = remembered([])
"""Tenant and name of each application that the program has declared so far."""


class ServicePrincipalArgs(Args):
    """An application and its service principal, made from a gallery template."""

    display_name: str = Field(min_length=1, description="Name of the application.")
    cross_cloud: bool = replaces(
        "Whether the target is in another Microsoft cloud. It cannot be changed later, as in the portal.", False
    )
    application_template_id: Guid | None = replaces(
        "Id of the gallery template. Default: the documented template within a cloud, and the template in the "
        "gallery across clouds.",
        None,
    )
    adopt: bool = Field(
        default=False,
        description="Whether to take over an application with this name and template that another identity created.",
    )
    target: Tenant | None = Field(
        default=None,
        description="Target tenant of the link. Tags on the application record it, together with the shared settings "
        "that are missing now and that this program therefore makes.",
    )
    shares: list[Shared] = Field(
        default=["clouds", "partners", "inbound"],
        description="Shared settings that this program declares for the link.",
    )
    enabled: bool = Field(default=True, description="Whether the service principal is enabled (`accountEnabled`).")


class ServicePrincipalHandler(Handler[ServicePrincipalArgs]):
    """Creates the application from its template, and waits until the synchronization API finds its service principal.

    It first looks for an application with this name and template, because creating it twice would make two. If the
    signed-in identity owns that application, an interrupted run created it, and it is used. If not, `adopt` is needed.
    A delete also deletes the service principal and its jobs. You can restore the application for 30 days.

    Sources: "applicationTemplate: instantiate", "Delete application".
    """

    args = ServicePrincipalArgs
    permissions = (("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Directory.ReadWrite.All"),)
    merges: ClassVar[Mapping[str, Merge]] = ledger.MERGES
    computed: ClassVar[tuple[str, ...]] = ("template", "servicePrincipalId", "applicationId", "appId")

    def plan(self, old: ServicePrincipalArgs | None, new: ServicePrincipalArgs, previous: Mapping[str, JSON]) -> Plan:
        """Finds template and existing application; what is found is known to later resources in preview already."""
        if old is not None:
            computed = {key: value for key, value in previous.items() if key != "existing"}
            computed |= {} if "applicationId" in computed else self._ids(old)
            return Plan(self.calls(old, new, computed), previous.get("existing"), computed)
        with reading_at_once(self._asked(new), self._asked_for_others(new)):
            return self._plan_creation(new)

    def _plan_creation(self, new: ServicePrincipalArgs) -> Plan:
        """:meth:`plan` of a new application."""
        template = new.application_template_id or self._template(new)
        found = self._existing(new, template)
        computed = {"template": template, **_ids(found or {})}
        first = self._creation(new, template) if found is None else self._repairs(new, found)
        self._point_to_former_name(new)
        calls = [*first, *self._record(new, found)]
        return Plan(calls, _ids(found) if found else None, computed)

    def _asked(self, args: ServicePrincipalArgs) -> list[tuple[Graph, str]]:
        """What the plan of a new application reads anyhow."""
        template = [GALLERY_SEARCH] if args.cross_cloud and args.application_template_id is None else []
        first = [(self.graph(args), path) for path in (*template, named_path(args.display_name))]
        return first if args.target is None else [*first, *asked(args.tenant, args.target)]

    def _asked_for_others(self, args: ServicePrincipalArgs) -> list[tuple[Graph, str]]:
        """What the plans of the program's other applications look for, unless a plan of this run has done so."""
        graph, own = self.graph(args), named_path(args.display_name)
        if once.holds([(args.tenant, Request("GET", own))]):
            return []
        names = claims.declared_beside(args.tenant.tenant_id)
        return [(graph, path) for path in map(named_path, names) if path != own]

    def find_existing(self, args: ServicePrincipalArgs) -> JSON | None:
        """The application that an interrupted run made, or that is to be adopted."""
        return self._existing(args, args.application_template_id or self._template(args))

    def calls(
        self, old: ServicePrincipalArgs | None, new: ServicePrincipalArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """A change of the name is a PATCH of the application; its service principal follows. So is a new target.

        The service principal has a switch of its own.
        """
        found = existing or {}
        if old is None:
            return [*self._repairs(new, found), *self._record(new, found)] if found else []
        application = part(found.get("applicationId"), "applicationId")
        calls = [self._renaming(new, application)] if old.display_name != new.display_name else []
        if new.target is not None and (old.target is None or old.target.tenant_id != new.target.tenant_id):
            calls.append(recording(new.tenant, new.target, new.shares, application, before=old.target))
        if old.enabled != new.enabled:
            calls.append(self._switch(new, found.get("servicePrincipalId")))
        return calls

    def delete_calls(self, args: ServicePrincipalArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """One DELETE of the application takes the service principal along."""
        application = part(state.get("applicationId"), "applicationId")
        return [
            GraphCall(args.tenant.name, "DELETE", paths.application(application), purpose=f"deleting {self._of(args)}")
        ]

    def resource_id(self, args: ServicePrincipalArgs, answers: Mapping[str, JSON], existing: JSON | None) -> str | None:
        """``<tenant id>/servicePrincipals/<object id>``."""
        ids = self.known(answers, existing)
        owner = ids.get("servicePrincipalId")
        return resource_id(args.tenant.tenant_id, paths.service_principal(owner)) if owner else None

    def known(self, answers: Mapping[str, JSON], existing: JSON | None) -> dict[str, JSON]:
        """The ids, as the instantiated template or the application found first has them."""
        ids = _ids(existing or {})
        created, recreated = answers.get("created"), answers.get("recreated")
        if created is not None:
            ids["servicePrincipalId"] = created["servicePrincipal"]["id"]
            ids["applicationId"], ids["appId"] = created["application"]["id"], created["application"]["appId"]
        if recreated is not None:
            ids["servicePrincipalId"] = recreated["id"]
        return ids

    def remaining_calls(
        self, args: ServicePrincipalArgs, listed: Sequence[GraphCall], state: Mapping[str, JSON]
    ) -> Sequence[GraphCall]:
        """What repairs the application of the state, which may still have a former name.

        Raises:
            NotFound: There is none any more; only a refresh takes it out of the state.
        """
        template = args.application_template_id or self._template(args)
        graph, ours = self.graph(args), state.get("applicationId")
        for pause in (0.0, *graph.pauses(lag())):
            graph.pause(pause)
            name = (self._application(args, ours) or {}).get("displayName") or args.display_name
            found = Search(graph, name, template, args.adopt).existing(ours)
            if found is not None:
                renaming = [self._renaming(args, found["applicationId"])] if name != args.display_name else []
                return [*renaming, *self._repairs(args, found), *self._record(args, found)]
        raise NotFound(
            f"tenant {args.tenant}: {self._of(args)} is gone; run `pulumi up --refresh`, which makes it again"
        )

    def wait_until_ready(self, id: str, args: ServicePrincipalArgs) -> None:
        """Synchronization endpoints may answer 403 and 404, then no templates, while the service principal replicates.

        It is a guess: no page describes it.
        """
        owner = part(_object_id(id), "servicePrincipalId")
        templates, purpose = f"{paths.templates(owner)}?$select=id", "waiting for the synchronization templates of"
        self.graph(args).wait_for_each(
            [
                Awaited(paths.principal(owner), f"waiting for {self._of(args)}"),
                Awaited(templates, f"{purpose} {self._of(args)}", lambda body: bool(body["value"])),
            ]
        )

    def read_live(
        self, id: str, args: ServicePrincipalArgs, outputs: Mapping[str, JSON]
    ) -> tuple[ServicePrincipalArgs, dict[str, JSON]] | None:
        """Gone when the service principal is; unfinished while it can be restored to its application."""
        graph, service_principal_id = self.graph(args), _object_id(id)
        found = graph.find(paths.principal(part(service_principal_id, "id")), f"reading {self._of(args)}")
        if found is None:
            return self._restorable(args, service_principal_id, outputs)
        application = graph.get(paths.named_application(part(found["appId"], "appId")), f"reading {self._of(args)}")
        live = args.model_copy(update={"display_name": application["displayName"], "enabled": is_enabled(found)})
        return live, {
            "servicePrincipalId": service_principal_id,
            "applicationId": application["id"],
            "appId": found["appId"],
            "template": found.get("applicationTemplateId") or outputs.get("template"),
        }

    def validate(self, args: ServicePrincipalArgs) -> Iterator[tuple[str, str]]:
        """The documented template is for synchronization within one cloud."""
        if args.cross_cloud is True and args.application_template_id == SAME_CLOUD_TEMPLATE:
            yield (
                "applicationTemplateId",
                "this template makes an application for synchronization within one cloud; leave it out to have the "
                "cross-cloud one looked up in the gallery",
            )

    def _point_to_former_name(self, args: ServicePrincipalArgs) -> None:
        """Says which links serve the target already: the new declaration may be one of them under another name."""
        if args.target is None:
            return
        for link in links_elsewhere(args.tenant, args.target):
            self.note(
                args,
                f'the link "{link.name}" to {args.target.name} exists already; if this is that link under a new '
                f'name, their resources are the same objects: add aliases=[pulumi.Alias(name="{link.name}")], with '
                "the former name in the program. Otherwise both links run",
            )

    def _creation(self, args: ServicePrincipalArgs, template: str) -> Sequence[GraphCall]:
        path = paths.gallery_template(part(template, "templateId"), "instantiate")
        body = {"displayName": args.display_name}
        return [
            GraphCall(args.tenant.name, "POST", path, body, f"creating {self._of(args)}", saves="created"),
            *([] if args.enabled else [self._switch(args, Placeholder("created.servicePrincipal.id"))]),
        ]

    def _switch(self, args: ServicePrincipalArgs, service_principal_id: JSON) -> GraphCall:
        """The call that enables or disables the service principal."""
        path = paths.service_principal(part(service_principal_id, "servicePrincipalId"))
        purpose = f"{'enabling' if args.enabled else 'disabling'} the service principal of {self._of(args)}"
        body = {"accountEnabled": args.enabled}
        return GraphCall(args.tenant.name, "PATCH", path, body, purpose, patience=building())

    def _record(self, args: ServicePrincipalArgs, existing: JSON | None) -> list[GraphCall]:
        """The call that writes the record of the link on the application, unless it is there."""
        if args.target is None:
            return []
        if existing is None:
            return [recording(args.tenant, args.target, args.shares, "{created.application.id}")]
        return unrecorded(args.tenant, args.target, args.shares, existing, f"reading the tags of {self._of(args)}")

    def _template(self, args: ServicePrincipalArgs) -> str:
        """The gallery template to use: the documented one, or across clouds the one that the gallery has."""
        return cross_cloud_template(self.graph(args), args.tenant) if args.cross_cloud else SAME_CLOUD_TEMPLATE

    def _restorable(
        self, args: ServicePrincipalArgs, service_principal_id: str, outputs: Mapping[str, JSON]
    ) -> tuple[ServicePrincipalArgs, dict[str, JSON]] | None:
        """An application whose service principal was deleted less than 30 days ago: the next `up` restores it."""
        deleted = paths.deleted(part(service_principal_id, "servicePrincipalId"))
        graph, purpose = self.graph(args), f"looking for the deleted service principal of {self._of(args)}"
        if self._application(args, outputs.get("applicationId")) is None:
            return None
        if graph.find(deleted, purpose, agreeing=AGREEING) is None:
            return None
        problem = f"its service principal {service_principal_id} was deleted, and `up` restores it"
        return args, {**_ids(outputs), "provisioningState": "incomplete", "problem": problem}

    def _repairs(self, args: ServicePrincipalArgs, found: Mapping[str, JSON]) -> list[GraphCall]:
        """The calls that give an application its service principal back or switch it, and delete empty copies of it."""
        tenant = args.tenant.name
        calls = [
            GraphCall(
                tenant,
                "DELETE",
                paths.application(part(id, "id")),
                purpose=f"deleting {self._of(args)}, {id}, an empty copy that an interrupted run made",
            )
            for id in found.get("copies", [])
        ]
        if found.get("servicePrincipalId"):
            switched = found["enabled"] is args.enabled
            return calls if switched else [*calls, self._switch(args, found["servicePrincipalId"])]
        if found.get("deleted"):
            path = paths.deleted(part(found["deleted"], "id"), "restore")
            purpose = f"restoring the service principal of {self._of(args)}"
            return [*calls, GraphCall(tenant, "POST", path, None, purpose, saves="recreated")]
        purpose = f"creating the missing service principal of {self._of(args)}"
        body = {"appId": found["appId"]}
        return [
            *calls,
            GraphCall(tenant, "POST", paths.SERVICE_PRINCIPALS, body, purpose, saves="recreated", patience=building()),
        ]

    def _renaming(self, args: ServicePrincipalArgs, application_id: JSON) -> GraphCall:
        """The call that gives the application its name; the service principal follows."""
        path, body = paths.application(application_id), {"displayName": args.display_name}
        return GraphCall(args.tenant.name, "PATCH", path, body, f"renaming {self._of(args)}")

    def _application(self, args: ServicePrincipalArgs, id: str | None) -> JSON | None:
        """Id and name of the application that the state holds; None if there is none."""
        if id is None:
            return None
        path = f"{paths.application(part(id, 'applicationId'))}?$select=id,displayName"
        return self.graph(args).find(path, f"reading {self._of(args)}")

    def _existing(self, args: ServicePrincipalArgs, template: str) -> JSON | None:
        """The application that is there already."""
        return Search(self.graph(args), args.display_name, template, args.adopt).existing()

    def _ids(self, args: ServicePrincipalArgs) -> dict[str, JSON]:
        """The ids of the application that the state has, so that a preview of an update does not make them unknown.

        They are no more than a help: if the name does not lead to one application, they stay unknown until `up`.
        """
        try:
            known = args.model_copy(update={"adopt": True})
            return _ids(self._existing(known, args.application_template_id or self._template(args)) or {})
        except BadArgument:
            return {}

    def _of(self, args: ServicePrincipalArgs) -> str:
        return f'application "{args.display_name}"'


def _object_id(id: str) -> str:
    return id.rsplit("/", 1)[1]


def _ids(found: Mapping[str, JSON]) -> dict[str, JSON]:
    """The ids of an application and its service principal among other values."""
    return {key: found[key] for key in ("servicePrincipalId", "applicationId", "appId") if found.get(key)}


class _Beside:
    """Tenant and name of each application that the program declares, once the program has run."""

    def __await__(self) -> Generator[Any, Any, list[tuple[str, str]]]:
        """The list, when the engine asks for it."""
        yield from ()
        return list(_declared)


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    tenant: Required[Tenant]
    display_name: Required[pulumi.Input[str]]
    cross_cloud: pulumi.Input[bool]
    application_template_id: pulumi.Input[str] | None
    adopt: pulumi.Input[bool]
    target: Tenant | None
    shares: pulumi.Input[Sequence[pulumi.Input[Literal["clouds", "partners", "inbound"]]]]
    enabled: pulumi.Input[bool]


# until here


class ServicePrincipal(Resource):
    """The application that synchronizes users.

    It is created from a gallery template, and deleted together with its jobs.

    Attributes:
        tenant: The argument of the same name.
        display_name: The argument of the same name.
        template: Id of its gallery template.
        service_principal_id: Object id of the service principal. Jobs, secrets and assignments belong to it.
        application_id: Object id of the application.
        app_id: Application (client) id.
    """

    handler = ServicePrincipalHandler

    display_name: pulumi.Output[str]
    template: pulumi.Output[str]
    service_principal_id: pulumi.Output[str]
    application_id: pulumi.Output[str]
    app_id: pulumi.Output[str]

    @classmethod
    def _announced(cls, args: Args) -> dict[str, Any]:
        """The names of the applications that the program declares earlier; of the first one in a preview, those of all.

        In `up`, answers are not shared after the first write. The packaged provider learns of one link after the other.
        """
        name = args.body().get("displayName")
        earlier = [each for _, each in _declared if each != name]
        tells_all = pulumi.runtime.is_dry_run() and not _declared and not cls.packaged
        if isinstance(name, str):
            _declared.append((args.tenant.tenant_id, name))
        return {EARLIER: earlier, **({BESIDE: _Beside()} if tells_all else {})}

    @property
    def reference(self) -> LinkReference:
        """What the shared settings of the link take as ``application``."""
        args = self.declared
        if not isinstance(args, ServicePrincipalArgs) or args.target is None:
            title = self._title(self.pulumi_resource_name)
            raise ArgumentError(f"{title}: reference: give target, so that it is known which link it is")
        id: Any = self.application_id
        return LinkReference(tenant=args.tenant, target=args.target, application_id=id)

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        tenant: pulumi.Output[Any]
        cross_cloud: pulumi.Output[bool]
        application_template_id: pulumi.Output[Any]
        adopt: pulumi.Output[bool]
        target: pulumi.Output[Any]
        shares: pulumi.Output[Any]
        enabled: pulumi.Output[bool]

        @overload
        def __init__(
            self, resource_name: str, args: ServicePrincipalArgs, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
