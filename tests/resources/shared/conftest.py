"""Resources of every kind, made in tenants that have what they stand on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from entra_sync.base.args import Args
from entra_sync.base.principals import Group
from entra_sync.microsoft.tenant import Tenant
from tests.resources.lifecycle import Lifecycle
from tests.resources.shared.importing import args_of, declared, handler

JSON = Any


@pytest.fixture
def made(request: pytest.FixtureRequest, contoso: Tenant, federal: Tenant) -> Callable[[str], tuple[Lifecycle, Args]]:
    """Makes a resource of a kind, in tenants that have what it stands on."""

    def make(kind: str) -> tuple[Lifecycle, Args]:
        ground = request.getfixturevalue("ground")
        known: dict[str, JSON] = {"tenant": contoso}
        if kind.startswith(("Synchronization", "AppRole")):
            known["service_principal_id"] = request.getfixturevalue("application").outputs["servicePrincipalId"]
        if kind in ("SynchronizationSchema", "SynchronizationSchedule", "SynchronizationAttributeMapping"):
            known["job_id"] = request.getfixturevalue("job").outputs["jobId"]
        if kind == "IdentitySynchronization":
            Lifecycle(handler("CrossTenantPartner"), ground).up(
                args_of("CrossTenantPartner", tenant=contoso, partner_tenant_id=federal.tenant_id)
            )
        listed = request.getfixturevalue("portal")("contoso", "GET", "/v1.0/groups?$select=id,displayName")["value"]
        groups = [Group(each["id"]) for each in listed if each["displayName"] in ("Engineering", "Support")]
        args = args_of(kind, **known, **declared(federal, groups)[kind])
        resource = Lifecycle(handler(kind), ground)
        resource.up(args)
        return resource, args

    return make
