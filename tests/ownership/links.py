"""Applications of links, as declarations refer to them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from entra_sync.emulator import Emulator
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.service_principal import ServicePrincipalArgs, ServicePrincipalHandler
from entra_sync.resources.shared.ownership.reference import LinkReference
from tests.resources.lifecycle import Lifecycle


@pytest.fixture
def link(emulator: Emulator, contoso: Tenant, federal: Tenant) -> Callable[[str], LinkReference]:
    """Makes the application of a link."""

    def make(name: str) -> LinkReference:
        application = Lifecycle(ServicePrincipalHandler(), emulator)
        application.up(ServicePrincipalArgs(tenant=contoso, display_name=name, cross_cloud=True, target=federal))
        return LinkReference(tenant=contoso, target=federal, application_id=application.outputs["applicationId"])

    return make
