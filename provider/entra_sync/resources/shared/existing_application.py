"""The search for the application that is there already, which an interrupted run made or which is to be adopted.

It is found by its name and its gallery template; who owns it and its tags tell whether it is ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from entra_sync.base.calls import part
from entra_sync.base.run import claims
from entra_sync.errors import BadArgument
from entra_sync.graph import paths
from entra_sync.graph.answers.fresh import second_look
from entra_sync.graph.gateway import Graph
from entra_sync.microsoft.assumptions import CROSS_CLOUD_WORDS
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.ownership import ledger

__all__ = ["GALLERY_SEARCH", "Search", "cross_cloud_template", "is_enabled", "named_path"]

JSON = Any


GALLERY_SEARCH = (
    f"{paths.GALLERY}?$filter="
    + quote(" or ".join(f"contains(displayName,'{words}')" for words in CROSS_CLOUD_WORDS))
    + "&$select=id,displayName"
)
"""Path of the templates that :func:`cross_cloud_template` chooses from."""


def cross_cloud_template(graph: Graph, tenant: Tenant) -> str:
    """The gallery template for synchronization across clouds; the service documents none, so the gallery is asked."""
    purpose = "looking for the gallery's cross-cloud synchronization template"
    found = list(graph.pages(GALLERY_SEARCH, purpose))
    if len(found) == 1:
        return str(found[0]["id"])
    names = ", ".join(f'"{template["displayName"]}" ({template["id"]})' for template in found)
    raise BadArgument(
        "applicationTemplateId",
        f"the gallery of tenant {tenant} has "
        + (f"several cross-cloud synchronization templates: {names}; " if found else "no cross-cloud template; ")
        + "create a configuration in the portal with 'across Microsoft clouds' selected, read the "
        "applicationTemplateId of its application, and pass that",
    )


def is_enabled(service_principal: Mapping[str, JSON]) -> bool:
    """Whether a service principal is enabled. One without `accountEnabled` is."""
    return service_principal.get("accountEnabled") is not False


def named_path(display_name: str) -> str:
    """Path of the applications of a name."""
    name = display_name.replace("'", "''")
    select = "$select=id,appId,displayName,applicationTemplateId,createdDateTime,tags"
    return f"{paths.APPLICATIONS}?$filter=" + quote(f"displayName eq '{name}'") + f"&{select}"


@dataclass(frozen=True, slots=True)
class Search:
    """The search for one application.

    Attributes:
        graph: The gateway to the application's tenant.
        name: Its display name.
        template: The gallery template that it was made from.
        adopt: Whether one that another identity or another stack made is taken over.
    """

    graph: Graph
    name: str
    template: str
    adopt: bool

    def existing(self, ours: str | None = None) -> JSON | None:
        """The application of this name and template, with its service principal if it has one.

        *ours* is the application that the state holds. ``deleted`` is the id of a service principal that can be
        restored, ``copies`` are ids of empty applications that this identity made too.
        """
        graph, path, purpose = self.graph, named_path(self.name), f"looking for {self._it}"
        named = graph.agreed(lambda: list(graph.pages(path, purpose)))
        applications = [each for each in named if each.get("applicationTemplateId") == self.template]
        if not applications:
            return None
        application, copies = self._one(applications, ours)
        if application["id"] != ours and not self.adopt and not copies and not self._is_ours(application["id"]):
            raise BadArgument(
                "displayName",
                f'an application named "{self.name}" from that template is there already ({application["id"]}) '
                "and was made by another identity; set adopt=True to manage it from here, or choose another name",
            )
        stacks = ledger.other_stacks(application, claims.stack())
        if application["id"] != ours and not self.adopt and stacks:
            raise BadArgument(
                "displayName",
                f'the application "{self.name}" ({application["id"]}) is a link of stack {stacks[0]}; choose '
                "another name, or set adopt=True if that stack no longer manages it",
            )
        found = {"applicationId": application["id"], "appId": application["appId"], "copies": copies}
        service_principal = self._owner(application)
        if service_principal is not None:
            return {
                **found,
                "servicePrincipalId": service_principal["id"],
                "enabled": is_enabled(service_principal),
            }
        query = "$filter=" + quote(f"appId eq '{application['appId']}'") + "&$select=id,appId"
        path = f"{paths.DELETED_SERVICE_PRINCIPALS}?{query}"
        purpose = f"looking for the deleted service principal of {self._it}"
        deleted = [item["id"] for item in graph.pages(path, purpose)]
        return {**found, "deleted": deleted[0] if deleted else None}

    def _one(self, applications: Sequence[JSON], ours: str | None) -> tuple[JSON, list[str]]:
        """The application to manage among several of one name, and the others if all are ours and they are empty.

        A creation whose answer was lost may have been sent again, and have made a second one.
        """
        if len(applications) == 1:
            return applications[0], []
        used = [each for each in applications if self._is_used(each)]
        kept = [each for each in applications if each["id"] == ours] or used
        if len(used) > 1 or not all(self._is_ours(each["id"]) for each in applications):
            ids = ", ".join(application["id"] for application in applications)
            raise BadArgument(
                "displayName",
                f'{len(applications)} applications named "{self.name}" come from that template ({ids}); '
                "choose another name, or delete those that are not needed",
            )
        oldest = min(applications, key=lambda each: str(each.get("createdDateTime")))
        chosen = (kept or [oldest])[0]
        return chosen, [each["id"] for each in applications if each is not chosen and each not in used]

    def _is_used(self, application: JSON) -> bool:
        """Whether an application has jobs or assignments."""
        owner, graph = self._owner(application), self.graph
        if owner is None:
            return False
        id = part(owner["id"], "servicePrincipalId")
        lists = (paths.jobs(id), f"{paths.service_principal(id, 'appRoleAssignedTo')}?$top=1")
        purpose = f"looking whether {self._it} is used"
        return graph.agreed(lambda: any(list(graph.pages(each, purpose)) for each in lists))

    def _owner(self, application: JSON) -> JSON | None:
        """The service principal of an application; that it has none is believed only if it is repeated."""
        graph = self.graph
        path = f"{paths.service_principal_of(part(application['appId'], 'appId'))}?{paths.PRINCIPAL}"
        for pause in (0.0, *graph.pauses(second_look())):
            graph.pause(pause)
            found = graph.find(path, f"reading the service principal of {self._it}")
            if found is not None:
                return found
        return None

    def _is_ours(self, application_id: str) -> bool:
        """Whether the identity that we run as owns the application, as who instantiates one does."""
        graph = self.graph
        path = f"{paths.application(part(application_id, 'applicationId'), 'owners')}?$select=id"
        owners = {owner["id"] for owner in graph.pages(path, f"reading the owners of {self._it}")}
        return graph.identity() in owners

    @property
    def _it(self) -> str:
        return f'application "{self.name}"'
