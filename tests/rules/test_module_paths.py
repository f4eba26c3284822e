"""What states hold for ever: where handlers are, and what their resources are called."""

import base64
import pickletools

import dill
import pytest
from pulumi.dynamic.dynamic import serialize_provider

import entra_sync as entra
from entra_sync.base.resource import Resource

PINNED = {
    "AllowedCloudEndpoint": "entra_sync.resources.allowed_cloud_endpoint AllowedCloudEndpointHandler",
    "AppRoleAssignments": "entra_sync.resources.app_role_assignments AppRoleAssignmentsHandler",
    "CrossTenantAccessDefault": "entra_sync.resources.cross_tenant_access_default CrossTenantAccessDefaultHandler",
    "CrossTenantPartner": "entra_sync.resources.cross_tenant_partner CrossTenantPartnerHandler",
    "IdentitySynchronization": "entra_sync.resources.identity_synchronization IdentitySynchronizationHandler",
    "LicenseAssignment": "entra_sync.resources.license_assignment LicenseAssignmentHandler",
    "LicensedScope": "entra_sync.resources.licensed_scope LicensedScopeHandler",
    "LinkImpact": "entra_sync.resources.link_impact LinkImpactHandler",
    "ServicePrincipal": "entra_sync.resources.service_principal ServicePrincipalHandler",
    "SynchronizationAttributeMapping": (
        "entra_sync.resources.synchronization_attribute_mapping SynchronizationAttributeMappingHandler"
    ),
    "SynchronizationJob": "entra_sync.resources.synchronization_job SynchronizationJobHandler",
    "SynchronizationSchedule": "entra_sync.resources.synchronization_schedule SynchronizationScheduleHandler",
    "SynchronizationSchema": "entra_sync.resources.synchronization_schema SynchronizationSchemaHandler",
    "SynchronizationSecrets": "entra_sync.resources.synchronization_secrets SynchronizationSecretsHandler",
}


def test_every_resource_is_pinned() -> None:
    """A new one gets a line above; a line is never changed."""
    public = {name for name in entra.__all__ if isinstance(getattr(entra, name), type)}

    assert PINNED.keys() == {name for name in public if issubclass(getattr(entra, name), Resource)}


@pytest.mark.parametrize("name", PINNED)
def test_type_token_and_pickle_stay_as_they_are(name: str) -> None:
    """State names the handler by module and class, in a few hundred bytes, and not as a secret."""
    resource = getattr(entra, name)
    pickled = base64.b64decode(serialize_provider(resource.lazy_handler()))
    strings = [argument for _, argument, _ in pickletools.genops(pickled) if isinstance(argument, str)]

    assert f"dynamic/entra:{name}" == resource._resource_type_name
    assert f"entra_sync.base.lazy LazyHandler {PINNED[name]}" == " ".join(strings[:4])
    assert len(pickled) < 400
    assert resource.lazy_handler().serialize_as_secret_always is False


def test_a_program_may_have_thousands_of_resources() -> None:
    """The SDK wraps the method that pickles a dictionary once more for each resource, so there must be none to pickle.

    Handlers were pickled without :class:`LazyHandler` before, and states have them still.
    """
    for made in (entra.LinkImpact.lazy_handler(), entra.LinkImpact.handler()):
        operations = {operation.name for operation, _, _ in pickletools.genops(dill.dumps(made))}

        assert set() == {"EMPTY_DICT", "DICT", "SETITEMS", "SETITEM"} & operations
