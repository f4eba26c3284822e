"""Who else uses a setting that links share, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any

from entra_sync.base.calls import part
from entra_sync.base.hooks import used_by
from entra_sync.base.run import claims
from entra_sync.base.run.claims import Claim
from entra_sync.errors import ConfigurationError, PermissionMissing
from entra_sync.graph import paths
from entra_sync.graph.answers.fresh import second_look
from entra_sync.graph.gateway import AGREEING, Graph, connect
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared.ownership import ledger
from entra_sync.resources.shared.ownership.ledger import Record, Shared
from entra_sync.resources.shared.ownership.reference import LinkReference

__all__ = ["Setting", "Verdict", "View", "configured_elsewhere", "give_up", "made_from", "made_here"]

JSON = Any


@dataclass(frozen=True, slots=True)
class View:
    """One kind of link that may use a setting.

    Attributes:
        tenant: Source tenant of these links.
        tag: Tag that their applications carry.
        shared: What these links call the setting.
    """

    tenant: Tenant
    tag: str
    shared: Shared


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known when a resource gives a setting up.

    Attributes:
        ours: Whether a link of ours made it, so that the last user removes it.
        own: The record of the resource's own link, with what it calls the setting.
        users: Other links that use it, with what they call it.
        unknown: Why the other users cannot be known; empty if they are known.
    """

    ours: bool
    own: tuple[Record, Shared] | None = None
    users: Sequence[tuple[Record, Shared]] = ()
    unknown: str = ""

    def names(self) -> list[str]:
        """The other links, as text."""
        return [f'link "{record.name}" of tenant {record.tenant.name}' for record, _ in self.users]


@dataclass(frozen=True, slots=True)
class Setting:
    """One shared setting.

    Attributes:
        id: The resource's id.
        tenant: Tenant that holds the setting.
        link: The link that the resource belongs to, if the program names it.
        views: The kinds of links that may use it.
    """

    id: str
    tenant: Tenant
    link: LinkReference | None
    views: Sequence[View] = field(default=())

    def links(self) -> list[tuple[Record, Shared]]:
        """The links with a record that use, or have used, the setting; the resource's own is one of them.

        The application of a target tenant may lack the permission to read applications. The links that start there
        show in the tenant's settings too, so that this is no error.

        Raises:
            EntraSyncError: The records cannot be read.
        """
        found: list[tuple[Record, Shared]] = []
        for view in self.views:
            try:
                found += [(each, view.shared) for each in ledger.records(view.tenant, view.tag)]
            except PermissionMissing as error:
                own = self.link is not None and view.tenant.tenant_id == self.link.tenant.tenant_id
                if own or error.is_contradicted:
                    raise
        return found

    def asked(self) -> list[tuple[Graph, str]]:
        """What :meth:`links` reads: gateways and paths."""
        return [(connect(view.tenant), ledger.records_path(view.tag)) for view in self.views]

    def is_ours(self) -> bool:
        """Whether a link of ours made the setting: this program's declarations or a record tell."""
        return made_here(self.id) or any(shared in record.made for record, shared in self.links())

    def verdict(self, state: Mapping[str, JSON]) -> Verdict:
        """Who else uses the setting that the resource recorded as *state* gives up.

        Raises:
            EntraSyncError: The records cannot be read.
        """
        ours, links = state.get("existing") is None, self.links()
        own_id = self.link.application_id if self.link else None
        own = next(((record, shared) for record, shared in links if record.application_id == own_id), None)
        users = [(each, shared) for each, shared in links if each.application_id != own_id and each.uses(shared)]
        made = own is not None and own[1] in own[0].made
        return Verdict(ours or made, own, users)

    def leave(self, verdict: Verdict, state: Mapping[str, JSON]) -> Verdict:
        """Records that the link no longer uses the setting, and that another one is to remove it as the last user.

        Returns the verdict after that: of two links that leave at once, at least one sees that the other has left.
        """
        heirs = [(each, shared) for each, shared in verdict.users if shared not in each.made]
        if verdict.ours and heirs and len(heirs) == len(verdict.users):
            heir, shared = heirs[0]
            ledger.mark(heir, made=[shared])
        if verdict.own is None:
            return verdict
        record, shared = verdict.own
        ledger.mark(record, released=[shared])
        return self.verdict(state)


def made_here(id: str) -> bool:
    """Whether a declaration of this run made the object."""
    return any(claim.inputs.get("existing") is None for claim in claims.holders(id))


def give_up(
    setting: Setting, state: Mapping[str, JSON], others: Sequence[Claim], elsewhere: Callable[[], Sequence[str]]
) -> tuple[Verdict, str]:
    """Whether a setting may be removed, as a verdict and the reason why it stays; empty: it may be removed.

    If the other users cannot be read for lack of a permission, the setting stays, since every other run would meet the
    same. A refusal that the token contradicts is none of these: the delete fails, and the next run looks again.

    Args:
        setting: The setting.
        state: Recorded state of the resource that gives it up.
        others: Declarations of this run that use it.
        elsewhere: Looks for users that have no record, and names them.

    Raises:
        GraphError: The users cannot be read now, but another run may read them.
    """
    try:
        try:
            return _given_up(setting, state, others, elsewhere)
        except PermissionMissing as error:
            if error.held is not None:
                raise
            connect(setting.tenant).pause(second_look())
            return _given_up(setting, state, others, elsewhere)
    except (PermissionMissing, ConfigurationError) as error:
        if isinstance(error, PermissionMissing) and error.is_contradicted:
            raise
        unknown = str(error)
    verdict = Verdict(state.get("existing") is None, unknown=unknown)
    return verdict, f"its other users are unknown ({unknown})"


def _given_up(
    setting: Setting, state: Mapping[str, JSON], others: Sequence[Claim], elsewhere: Callable[[], Sequence[str]]
) -> tuple[Verdict, str]:
    """:func:`give_up`, if the users can be read."""
    verdict = setting.verdict(state)
    if not others and setting.link is not None and _goes_on(setting, setting.link, state):
        own, unknown = ([verdict.own], "") if verdict.own else ([], "the link has no record")
        return Verdict(verdict.ours, users=own, unknown=unknown), "its own link uses it, which this program declares"

    looks = chain([verdict], (setting.verdict(state) for _ in repeat(None)))

    def others_with_a_record() -> list[str]:
        nonlocal verdict
        verdict = next(looks)
        return verdict.names()

    users = connect(setting.tenant).agreed(others_with_a_record)
    if others or users or elsewhere():
        verdict = setting.leave(verdict, state)
        users = [*verdict.names(), *elsewhere()]
    declared = [f"{claims.label(each.declaration)} of this program" for each in others]
    reason = used_by(list(dict.fromkeys([*declared, *users])))
    return verdict, reason or ("" if verdict.ours else "it was there before")


def _goes_on(setting: Setting, link: LinkReference, state: Mapping[str, JSON]) -> bool:
    """Whether the program takes a setting out of a link that it still declares: then another one manages the setting.

    A setting that is replaced is declared itself.
    """
    name = state.get(claims.DECLARATION)
    if name is None or any(each.declaration == name for each in claims.holders(setting.id)):
        return False
    declared = claims.with_value("applicationId", link.application_id)
    return any((each.inputs.get("target") or {}).get("tenantId") == link.target.tenant_id for each in declared)


def configured_elsewhere(tenant: Tenant, target_id: str, templates: Sequence[str], ours: Sequence[str]) -> list[str]:
    """Applications of *tenant* without a record that have a job which synchronizes to *target_id*.

    Such an application was configured in the portal. If the target of its job cannot be read, it may be this one.

    Raises:
        EntraSyncError: The applications cannot be read.
    """
    graph = connect(tenant)
    found = []
    for template in dict.fromkeys(templates):
        for application in list(graph.pages(made_from(template), "looking for other synchronizations")):
            if application["id"] in ours:
                continue
            if _target(graph, application) in (target_id, ""):
                found.append(f'application "{application["displayName"]}" of tenant {tenant.name}')
    return found


def made_from(template: str) -> str:
    """Path of the applications that were made from a gallery template."""
    query = f"$filter=applicationTemplateId eq '{part(template, 'template')}'&$select=id,appId,displayName&$top=999"
    return f"{paths.APPLICATIONS}?{query}"


def _target(graph: Graph, application: Mapping[str, JSON]) -> str | None:
    """The tenant that an application's job synchronizes to; empty if it does not say, None if there is no job."""
    app_id = part(application["appId"], "appId")
    purpose = f'reading what application "{application["displayName"]}" synchronizes'
    principal = graph.find(f"{paths.service_principal_of(app_id)}?$select=id", purpose, agreeing=AGREEING)
    if principal is None:
        return None
    owner = part(principal["id"], "id")
    if not graph.agreed(lambda: list(graph.pages(paths.jobs(owner), purpose))):
        return None
    pairs = {pair["key"]: pair.get("value") for pair in graph.get(paths.secrets(owner), purpose)["value"]}
    return pairs.get("CompanyId") or ""
