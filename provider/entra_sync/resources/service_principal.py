"""ServicePrincipal: the synchronization application of a source tenant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

import pulumi
from pydantic import Field

from entra_sync.base.args import Args, replaces
from entra_sync.base.calls import GraphCall, part
from entra_sync.base.handler import Handler, Plan
from entra_sync.base.resource import Resource
from entra_sync.errors import BadArgument
from entra_sync.graph import paths
from entra_sync.graph.paths import resource_id

__all__ = ["SAME_CLOUD_TEMPLATE", "ServicePrincipal", "ServicePrincipalArgs", "ServicePrincipalHandler"]

JSON = Any

SAME_CLOUD_TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
"""Gallery template of cross-tenant synchronization ("Configure cross-tenant synchronization using Microsoft Graph")."""

_SELECT = "$select=id,appId,displayName,applicationTemplateId,appRoles"


class ServicePrincipalArgs(Args):
    """An application and its service principal, made from a gallery template."""

    display_name: str = Field(min_length=1, description="Name of the application.")
    cross_cloud: bool = replaces(
        "Synchronize into another Microsoft cloud; as in the portal, decided when the application is made.", False
    )
    application_template_id: str | None = replaces(
        "Gallery template. Not given: the documented one within a cloud; across clouds the one that the gallery has.",
        None,
    )
    adopt: bool = Field(
        False, description="Take over an application of that name and template that somebody else made."
    )


class ServicePrincipalHandler(Handler[ServicePrincipalArgs]):
    """Instantiates the template and waits until the service principal answers on the synchronization API.

    Instantiating twice makes two applications of one name, so an application of this name and template is looked for
    first. One that this identity owns is ours, from an interrupted run; another needs ``adopt``. Deleting the
    application deletes its service principal and its jobs; both stay restorable for 30 days. Source of the rules:
    "applicationTemplate: instantiate", "Delete application".
    """

    args = ServicePrincipalArgs
    permissions = (("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Directory.ReadWrite.All"),)
    computed: ClassVar[tuple[str, ...]] = ("template", "servicePrincipalId", "applicationId", "appId")

    def plan(self, old: ServicePrincipalArgs | None, new: ServicePrincipalArgs, kept: Mapping[str, JSON]) -> Plan:
        """Finds template and existing application; what is found is known to later resources in preview already."""
        if old is not None:
            return super().plan(old, new, kept)
        template = new.application_template_id or self._template(new)
        found = self._existing(new, template)
        notes = {"template": template, **(found or {})}
        return Plan(self._creation(new, template) if found is None else [], found, notes)

    def existing(self, args: ServicePrincipalArgs) -> JSON | None:
        """The application that an interrupted run made, or that is to be adopted."""
        return self._existing(args, args.application_template_id or self._template(args))

    def calls(
        self, old: ServicePrincipalArgs | None, new: ServicePrincipalArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """A change of the name is a PATCH of the application; its service principal follows."""
        if old is None or old.display_name == new.display_name:
            return []
        application = part((existing or {}).get("applicationId"), "applicationId")
        body = {"displayName": new.display_name}
        return [
            GraphCall(new.tenant.name, "PATCH", f"/v1.0/applications/{application}", body, f"renaming {self._of(new)}")
        ]

    def removal(self, args: ServicePrincipalArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """One DELETE of the application takes the service principal along."""
        application = part(state.get("applicationId"), "applicationId")
        return [
            GraphCall(
                args.tenant.name, "DELETE", f"/v1.0/applications/{application}", purpose=f"deleting {self._of(args)}"
            )
        ]

    def identify(self, args: ServicePrincipalArgs, answers: Mapping[str, JSON], existing: JSON | None) -> str | None:
        """``<tenant id>/servicePrincipals/<object id>``."""
        created = answers.get("created")
        if created is not None:
            return resource_id(args.tenant.tenant_id, paths.service_principal(created["servicePrincipal"]["id"]))
        return (
            resource_id(args.tenant.tenant_id, paths.service_principal(existing["servicePrincipalId"]))
            if existing
            else None
        )

    def known(self, answers: Mapping[str, JSON], existing: JSON | None) -> dict[str, JSON]:
        """The ids, as the instantiated template or the application found first has them."""
        created = answers.get("created")
        if created is None:
            return dict(existing or {})
        return {
            "servicePrincipalId": created["servicePrincipal"]["id"],
            "applicationId": created["application"]["id"],
            "appId": created["application"]["appId"],
        }

    def settle(self, id: str, args: ServicePrincipalArgs) -> None:
        """Synchronization endpoints answer 403 and 404, then no templates, while the service principal replicates."""
        path = paths.service_principal(part(_object_id(id), "servicePrincipalId"))
        graph = self.graph(args)
        graph.wait_for(f"{path}?{_SELECT}", f"waiting for {self._of(args)}")
        graph.wait_for(
            f"{path}/synchronization/templates?$select=id",
            f"waiting for the synchronization templates of {self._of(args)}",
            until=lambda body: bool(body["value"]),
        )

    def observe(
        self, id: str, args: ServicePrincipalArgs, outputs: Mapping[str, JSON]
    ) -> tuple[ServicePrincipalArgs, dict[str, JSON]] | None:
        """Gone when the service principal is."""
        graph, service_principal_id = self.graph(args), _object_id(id)
        found = graph.find(
            f"{paths.service_principal(part(service_principal_id, 'id'))}?{_SELECT}", f"reading {self._of(args)}"
        )
        if found is None:
            return None
        application = graph.get(
            f"/v1.0/applications(appId='{part(found['appId'], 'appId')}')?$select=id,displayName",
            f"reading {self._of(args)}",
        )
        live = args.model_copy(update={"display_name": application["displayName"]})
        return live, {
            "servicePrincipalId": service_principal_id,
            "applicationId": application["id"],
            "appId": found["appId"],
            "template": found.get("applicationTemplateId") or outputs.get("template"),
        }

    def verify(self, args: ServicePrincipalArgs) -> Iterator[tuple[str, str]]:
        """The documented template is for synchronization within one cloud."""
        if args.cross_cloud is True and args.application_template_id == SAME_CLOUD_TEMPLATE:
            yield (
                "applicationTemplateId",
                "this template makes an application for synchronization within one cloud; leave it out to have the "
                "cross-cloud one looked up in the gallery",
            )

    def _creation(self, args: ServicePrincipalArgs, template: str) -> Sequence[GraphCall]:
        path = f"/v1.0/applicationTemplates/{part(template, 'templateId')}/instantiate"
        body = {"displayName": args.display_name}
        return [GraphCall(args.tenant.name, "POST", path, body, f"creating {self._of(args)}", saves="created")]

    def _template(self, args: ServicePrincipalArgs) -> str:
        """The gallery template to use; across clouds the service documents none, so the gallery is asked."""
        if not args.cross_cloud:
            return SAME_CLOUD_TEMPLATE
        query = "$filter=" + quote(
            "contains(displayName,'cross-cloud') or contains(displayName,'across Microsoft clouds')"
        )
        path = f"/v1.0/applicationTemplates?{query}&$select=id,displayName"
        purpose = "looking for the gallery's cross-cloud synchronization template"
        found = list(self.graph(args).pages(path, purpose))
        if len(found) == 1:
            return str(found[0]["id"])
        names = ", ".join(f'"{template["displayName"]}" ({template["id"]})' for template in found)
        raise BadArgument(
            "applicationTemplateId",
            f"the gallery of tenant {args.tenant} has "
            + (f"several cross-cloud synchronization templates: {names}; " if found else "no cross-cloud template; ")
            + "make one configuration in the portal with 'across Microsoft clouds' ticked, read the "
            "applicationTemplateId of its application, and pass that",
        )

    def _existing(self, args: ServicePrincipalArgs, template: str) -> JSON | None:
        graph = self.graph(args)
        name = args.display_name.replace("'", "''")
        query = "$filter=" + quote(f"displayName eq '{name}'") + "&$select=id,appId,displayName,applicationTemplateId"
        applications = [
            application
            for application in graph.pages(f"/v1.0/applications?{query}", f"looking for {self._of(args)}")
            if application.get("applicationTemplateId") == template
        ]
        if not applications:
            return None
        if len(applications) > 1:
            ids = ", ".join(application["id"] for application in applications)
            raise BadArgument(
                "displayName",
                f'{len(applications)} applications named "{args.display_name}" come from that template ({ids}); '
                "choose another name, or delete those that are not needed",
            )
        application = applications[0]
        if not args.adopt and not self._is_ours(args, application["id"]):
            raise BadArgument(
                "displayName",
                f'an application named "{args.display_name}" from that template is there already ({application["id"]}) '
                "and was made by somebody else; set adopt=True to manage it from here, or choose another name",
            )
        service_principal = graph.get(
            f"/v1.0/servicePrincipals(appId='{part(application['appId'], 'appId')}')?{_SELECT}",
            f"reading the service principal of {self._of(args)}",
        )
        return {
            "servicePrincipalId": service_principal["id"],
            "applicationId": application["id"],
            "appId": application["appId"],
        }

    def _is_ours(self, args: ServicePrincipalArgs, application_id: str) -> bool:
        """Whether the identity that we run as owns the application, as who instantiates one does."""
        graph = self.graph(args)
        path = f"/v1.0/applications/{part(application_id, 'applicationId')}/owners?$select=id"
        owners = {owner["id"] for owner in graph.pages(path, f"reading the owners of {self._of(args)}")}
        return graph.identity() in owners

    def _of(self, args: ServicePrincipalArgs) -> str:
        return f'application "{args.display_name}"'


def _object_id(id: str) -> str:
    return id.rsplit("/", 1)[1]


class ServicePrincipal(Resource):
    """The application that synchronizes: instantiated from its gallery template, deleted together with its jobs.

    Attributes:
        tenant: As given.
        display_name: As given.
        template: Gallery template that it was made from.
        service_principal_id: Object id of the service principal, which jobs, secrets and assignments belong to.
        application_id: Object id of the application.
        app_id: Application (client) id.
    """

    handler = ServicePrincipalHandler

    display_name: pulumi.Output[str]
    template: pulumi.Output[str]
    service_principal_id: pulumi.Output[str]
    application_id: pulumi.Output[str]
    app_id: pulumi.Output[str]
