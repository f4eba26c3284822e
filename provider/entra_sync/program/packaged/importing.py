"""`pulumi import`: a resource as Graph has it, found by the id that the state would have.

An id names the tenant by its id only. How the tenant is reached is in the provider's configuration, ``entra:tenants``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import ReadResult

from entra_sync.base.args import Args
from entra_sync.base.calls import part
from entra_sync.base.handler import Handler
from entra_sync.base.run import claims
from entra_sync.base.values.unknown import is_unknown
from entra_sync.errors import BadArgument, EntraSyncError
from entra_sync.graph import paths
from entra_sync.graph.gateway import connect
from entra_sync.program.packaged.ids import parts_of, with_parts
from entra_sync.program.packaged.import_kinds import IMPORTS, OWNER, Found, Tenants
from entra_sync.program.packaged.values import tenant
from entra_sync.resources.shared.ownership import ledger

__all__ = ["configured", "read_import"]

JSON = Any


def configured(settings: Mapping[str, JSON]) -> Tenants:
    """The tenants in the provider's configuration, by id. The engine passes a list as its JSON.

    Raises:
        BadArgument: They are not tenants.
    """
    given = settings.get("tenants", [])
    if is_unknown(given):
        return {}
    try:
        values = json.loads(given) if isinstance(given, str) else given
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
        raise BadArgument("tenants", "entra:tenants must be a list of tenants, each with name, tenantId and cloud")
    found = [tenant(value, f"entra:tenants[{position}]") for position, value in enumerate(values)]
    return {each.tenant_id: each for each in found}


def read_import(kind: str, handler: Handler[Any], id: str, tenants: Tenants, declaration: str) -> ReadResult:
    """Outputs and inputs of the object *id*, without a list of calls: an import sends nothing.

    Raises:
        EntraSyncError: The id has another form, or names a tenant that the provider does not know, or the object cannot
            be declared.
    """
    how = IMPORTS.get(kind)
    if how is None:
        raise EntraSyncError(f"{kind} is a result of each preview and not an object, so there is nothing to import")
    found = parts_of(id, kind, how.id)
    id = with_parts(how.id, found)
    owner = tenants.get(found[0])
    if owner is None:
        known = ", ".join(map(str, tenants.values())) or "none"
        raise EntraSyncError(
            f"{id}: the provider does not know the tenant {found[0]} (it knows: {known}); set its name, tenantId and "
            "cloud, as in pulumi config set --path 'entra:tenants[0].name' contoso, and its credentials in the "
            "environment (docs: Other languages)"
        )
    claims.run_for({claims.DECLARATION: declaration})
    place = Found(handler, owner, tenants, declaration)
    args = how.arguments(place, id, *found[1:])
    if args is None:
        return ReadResult("", {})
    if how.id.startswith(OWNER):
        _say_whose(place, args, found[1])
    # An import is explicit, so an application of another identity needs no adopt.
    taken = args.model_copy(update={"adopt": True}) if kind == "ServicePrincipal" else args
    # The id may name more than the one that the state has.
    return handler.read(handler.resource_id(args, {}, None) or id, {**place.checked(taken), **args.body()})


def _say_whose(place: Found, args: Args, owner: str) -> None:
    """Says which stack the application belongs to, if its record names another one."""
    graph, purpose = connect(place.tenant), "reading whose the application is"
    found = graph.get(f"{paths.service_principal(part(owner, 'id'))}?$select=appId", purpose)
    path = f"{paths.application_of(part(found['appId'], 'appId'))}?$select=id,tags"
    application = graph.find(path, purpose) or {}
    for stack in ledger.other_stacks(application, claims.stack()):
        place.handler.note(
            args,
            f"the stack {stack} has this application: remove it there from the state (pulumi state delete), or a "
            "destroy of either stack deletes it",
        )
