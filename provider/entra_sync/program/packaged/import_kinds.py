"""How each kind of resource is imported: the form of its id, what is declared after an import, what a destroy does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from entra_sync.base.args import Args
from entra_sync.base.calls import part
from entra_sync.base.handler import Handler
from entra_sync.base.principals import Principal
from entra_sync.base.run import claims
from entra_sync.errors import EntraSyncError
from entra_sync.expressions import read_mappings, read_switches
from entra_sync.expressions.schema.edits import beside_template
from entra_sync.graph import paths
from entra_sync.graph.gateway import connect
from entra_sync.graph.synchronization import job_status, job_template
from entra_sync.licensing import assignment
from entra_sync.microsoft.assumptions import SAME_CLOUD_TEMPLATE
from entra_sync.microsoft.clouds import CLOUDS
from entra_sync.microsoft.tenant import Tenant
from entra_sync.program.packaged.ids import Place
from entra_sync.resources.shared.ownership import ledger

__all__ = ["IMPORTS", "OWNER", "Found", "Import", "Tenants"]

JSON = Any
Tenants = Mapping[str, Tenant]
"""The tenants that a provider knows, by id."""

NO_ID = "00000000-0000-0000-0000-000000000000"
ORDINARY = "stays as it was found, unless a link of this package made it or `adopt: true` is set"


@dataclass(frozen=True, slots=True)
class Found:
    """What an id leads to.

    Attributes:
        handler: The handler of the kind.
        tenant: The tenant that the id names.
        tenants: All tenants that the provider knows, by id.
        declaration: Name of the declaration.
    """

    handler: Handler[Any]
    tenant: Tenant
    tenants: Tenants
    declaration: str

    def args(self, **values: JSON) -> Args:
        """Arguments of the resource."""
        made: Args = self.handler.args(tenant=self.tenant, **values)
        return made

    def live(self, id: str, args: Args) -> Args | None:
        """*args* as Graph has them; None if there is no such object."""
        seen = self.handler.read_live(id, args, {})
        return None if seen is None else cast(Args, seen[0])

    def first(self, args: Args) -> Mapping[str, JSON] | None:
        """What a new declaration finds of the object; None if there is none."""
        return cast("Mapping[str, JSON] | None", self.handler.find_existing(args))

    def checked(self, args: Args) -> dict[str, JSON]:
        """The inputs as a new declaration has them: what was found first, and what check() computes.

        Raises:
            EntraSyncError: check() refuses them.
        """
        result = self.handler.check({}, {**args.body(), claims.DECLARATION: self.declaration})
        if result.failures:
            raise EntraSyncError("; ".join(each.reason for each in result.failures))
        return dict(result.inputs)


@dataclass(frozen=True, slots=True)
class Import:
    """How resources of one kind are imported.

    Attributes:
        id: Form of the id.
        reads: What is declared after an import.
        destroy: What a destroy does with the object then.
        arguments: The arguments of the object with the given parts of the id; None if there is no such object.
    """

    id: str
    reads: str
    destroy: str
    arguments: Callable[..., Args | None]


def _cloud(place: Found, id: str, endpoint: str) -> Args | None:
    cloud = next((name for name, info in CLOUDS.items() if info.endpoint == endpoint), None)
    if cloud is None:
        known = ", ".join(dict.fromkeys(info.endpoint for info in CLOUDS.values()))
        raise EntraSyncError(f"{id}: {endpoint} is not the entry of a known cloud; those are {known}")
    return place.live(id, place.args(cloud=cloud))


def _assignments(place: Found, id: str, owner: str) -> Args | None:
    asked = place.args(service_principal_id=owner, principals=[])
    live = place.live(id, asked)
    if live is None:
        return None
    roles = {each["role"] for items in (place.first(asked) or {}).values() for each in items}
    if len(roles) != 1 or _usual(place, live, "role") in roles:
        return live
    return live.model_copy(update={"app_role_id": roles.pop()})


def _default(place: Found, id: str) -> Args | None:
    return place.args(**_set(place.handler, place.first(place.args()) or {}))


def _partner(place: Found, id: str, partner: str) -> Args | None:
    asked = place.args(partner_tenant_id=partner)
    found = place.first(asked)
    return None if found is None else place.args(partner_tenant_id=partner, **_set(place.handler, found))


def _inbound(place: Found, id: str, partner: str) -> Args | None:
    # What only the beta version has is asked for, and left out if it is off.
    asked = {"display_name": "", "group_sync_inbound": False, "external_cloud_authorized_application_id": NO_ID}
    live = place.live(id, place.args(partner_tenant_id=partner, **asked))
    groups = getattr(live, "group_sync_inbound", None) or None
    return None if live is None else live.model_copy(update={"group_sync_inbound": groups})


_KINDS: Mapping[str, Literal["Group", "User"]] = {"groups": "Group", "users": "User"}


def _license(place: Found, id: str, kinds: str, principal: str) -> Args | None:
    if kinds not in _KINDS:
        raise EntraSyncError(f"{id}: licenses are those of groups or users, not of {kinds}")
    someone = Principal(id=principal, kind=_KINDS[kinds])
    licenses = _licenses(place.tenant, someone)
    return place.args(principal=someone, licenses=licenses) if licenses else None


def _scope(place: Found, id: str, principals: str) -> Args | None:
    """The licenses that all principals have themselves."""
    named = [_licensed(place.tenant, principal) for principal in principals.split(",")]
    missing = [each for each, found in zip(principals.split(","), named, strict=True) if found is None]
    if len(missing) == len(named):
        return None
    if missing:
        raise EntraSyncError(f"{id}: without a license of its own, or not there: {', '.join(missing)}; leave it out")
    found = [each for each in named if each is not None]
    first = found[0][1]
    shared = [each for each in first if all(each in licenses for _, licenses in found)]
    if not shared:
        raise EntraSyncError(f"{id}: these principals have no license in common; import each scope by itself")
    return place.args(principals=[each for each, _ in found], licenses=shared)


def _licensed(tenant: Tenant, id: str) -> tuple[Principal, list[assignment.License]] | None:
    """The group or user, with its own licenses; None if it has none."""
    for kind in _KINDS.values():
        someone = Principal(id=id, kind=kind)
        licenses = _licenses(tenant, someone)
        if licenses:
            return someone, licenses
    return None


def _licenses(tenant: Tenant, principal: Principal) -> list[assignment.License]:
    graph = connect(tenant)
    path = f"{principal.path}?$select={assignment.properties(principal)}"
    found = graph.find(path, f"reading the licenses of {principal}")
    held = assignment.direct(principal, found) if found is not None else []
    names = {each["skuId"]: each["skuPartNumber"] for each in graph.pages(paths.SUBSCRIBED_SKUS, "listing licenses")}
    return [
        assignment.License(sku=str(names.get(each["skuId"], each["skuId"])), disabled_plans=each["disabledPlans"])
        for each in held
    ]


_APPLICATION = "$select=id,displayName,applicationTemplateId,tags"


def _application(place: Found, id: str, owner: str) -> Args | None:
    graph = connect(place.tenant)
    path, purpose = paths.service_principal(part(owner, "id")), "reading the service principal"
    found = graph.find(f"{path}?$select=id,appId,accountEnabled", purpose)
    if found is None:
        return None
    path = f"{paths.application_of(part(found['appId'], 'appId'))}?{_APPLICATION}"
    application = graph.find(path, "reading the application")
    if application is None:
        raise EntraSyncError(f"{id}: its application belongs to another tenant, so this one cannot declare it")
    template = application.get("applicationTemplateId")
    if template is None:
        name = application["displayName"]
        raise EntraSyncError(f'{id}: the application "{name}" comes from no template, so it has no synchronization')
    args = place.args(
        display_name=application["displayName"],
        cross_cloud=template != SAME_CLOUD_TEMPLATE,
        application_template_id=template,
        target=_target(place, application),
        enabled=found.get("accountEnabled") is not False,
    )
    usual = args.model_copy(update={"application_template_id": None, "adopt": True})
    as_usual = _usual(place, usual, "template") == template
    return args.model_copy(update={"application_template_id": None}) if as_usual else args


def _target(place: Found, application: Mapping[str, JSON]) -> Tenant | None:
    """The target that the record of a link names."""
    named = ledger.values(application, ledger.target_tag(""))
    if not named:
        return None
    target = place.tenants.get(named[0])
    if target is None:
        raise EntraSyncError(
            f'the application "{application["displayName"]}" is a link to the tenant {named[0]}, which the provider '
            "does not know; add it to the configuration entra:tenants"
        )
    return target


def _row(place: Found, id: str, owner: str, job: str, target: str) -> Args | None:
    graph, path = connect(place.tenant), paths.schema(part(owner, "id"), part(job, "id"))
    schema = graph.find(path, "reading the job's schema")
    row = read_mappings(schema).get(target) if schema is not None else None
    return None if row is None else place.args(service_principal_id=owner, job_id=job, mapping=row)


def _job(place: Found, id: str, owner: str, job: str) -> Args | None:
    graph = connect(place.tenant)
    found = graph.find(paths.job(part(owner, "id"), part(job, "id")), "reading the job")
    if found is None:
        return None
    usual = job_template.usual_template(job_template.templates(graph, owner))
    template = None if found["templateId"] == usual else found["templateId"]
    return place.args(service_principal_id=owner, template_id=template, enabled=job_status.is_running(found))


def _schedule(place: Found, id: str, owner: str, job: str) -> Args | None:
    return place.live(id, place.args(service_principal_id=owner, job_id=job))


def _schema(place: Found, id: str, owner: str, job: str) -> Args | None:
    graph = connect(place.tenant)
    found = graph.find(paths.job(part(owner, "id"), part(job, "id")), "reading the job")
    if found is None:
        return None
    schema = graph.get(paths.schema(part(owner, "id"), part(job, "id")), "reading the job's schema")
    template = job_template.template_schema(graph, owner, found.get("templateId"))
    if template is None:
        raise EntraSyncError(f"{id}: the template of the job cannot be read, so what differs from it is not known")
    rows, filters, actions = beside_template(schema, template)
    switches = read_switches(schema)
    return place.args(
        service_principal_id=owner,
        job_id=job,
        mappings=rows,
        filters=filters,
        actions=None if actions is None else list(actions),
        users_enabled=switches.enabled,
        input_filter=switches.input_filter == read_switches(template).input_filter,
    )


def _settings(place: Found, id: str, owner: str) -> Args | None:
    return place.live(id, place.args(service_principal_id=owner, target_tenant_id=NO_ID))


def _usual(place: Found, args: Args, name: str) -> JSON:
    """What check() computes where an argument is left out; None if it refuses to."""
    try:
        return place.checked(args).get(name)
    except EntraSyncError:
        return None


def _set(handler: Handler[Any], found: Mapping[str, JSON]) -> dict[str, JSON]:
    """The settings of a policy that are on; a program that leaves one out leaves it off."""
    names = {handler.args.wire(name): name for name in handler.args.model_fields}
    return {names[key]: value for key, value in _on(found).items() if key in names}


def _on(value: JSON) -> JSON:
    if isinstance(value, Mapping):
        kept = {key: _on(each) for key, each in value.items() if not key.startswith("@")}
        return {key: each for key, each in kept.items() if each not in (None, False, {}, [])}
    return value


OWNER = paths.resource_id(Place.TENANT, paths.service_principal(Place.OBJECT))
JOB = paths.resource_id(Place.TENANT, paths.job(Place.OBJECT, Place.JOB))
ON = "sections and settings that are on"

IMPORTS: Mapping[str, Import] = {
    "AllowedCloudEndpoint": Import(
        paths.resource_id(Place.TENANT, f"{paths.ALLOWED_CLOUDS}/{Place.ENDPOINT}"), "the cloud", ORDINARY, _cloud
    ),
    "AppRoleAssignments": Import(
        paths.resource_id(Place.TENANT, paths.service_principal(Place.OBJECT, "appRoleAssignedTo")),
        "all assigned users and groups",
        "the assignments are removed",
        _assignments,
    ),
    "CrossTenantAccessDefault": Import(
        paths.resource_id(Place.TENANT, paths.DEFAULT_SETTINGS), ON, "stays, unless `onDelete` says otherwise", _default
    ),
    "CrossTenantPartner": Import(paths.resource_id(Place.TENANT, paths.partner(Place.PARTNER)), ON, ORDINARY, _partner),
    "IdentitySynchronization": Import(
        paths.resource_id(Place.TENANT, paths.identity_synchronization(Place.SOURCE)),
        "name and switches",
        ORDINARY,
        _inbound,
    ),
    "LicenseAssignment": Import(
        f"{Place.TENANT}/{Place.PRINCIPAL_KIND}/{Place.OBJECT}/assignedLicenses",
        "all licenses that the principal has itself",
        ORDINARY,
        _license,
    ),
    "LicensedScope": Import(
        f"{Place.TENANT}/licensedScopes/{Place.PRINCIPALS}",
        "the principals, and the licenses that all of them have themselves",
        ORDINARY,
        _scope,
    ),
    "ServicePrincipal": Import(
        OWNER, "name, kind, target and switch", "the application is deleted, with its jobs", _application
    ),
    "SynchronizationAttributeMapping": Import(
        f"{JOB}/schema/{Place.ATTRIBUTE}", "the row", "the row stays as it was found", _row
    ),
    "SynchronizationJob": Import(JOB, "the template, and whether it runs", "the job is deleted", _job),
    "SynchronizationSchedule": Import(f"{JOB}/schedule", "whether the job runs", "the job is paused", _schedule),
    "SynchronizationSchema": Import(
        f"{JOB}/schema", "what differs from the job's template", "the template's schema is restored", _schema
    ),
    "SynchronizationSecrets": Import(
        paths.resource_id(Place.TENANT, paths.secrets(Place.OBJECT)),
        "the settings that Graph shows; it masks `values`",
        "the settings are blanked",
        _settings,
    ),
}
"""How each kind is imported. LinkImpact is not an object."""
