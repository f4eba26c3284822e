"""What official models do not read."""

from __future__ import annotations

EXPECTED_LEFTOVERS = {
    "crossCloudMeetingConfiguration": "documented in the how-to's answer, though not in the v1.0 metadata",
    "protectedContentSharing": "documented in the how-to's answer, though not in the v1.0 metadata",
    "directorySizeQuota": "documented in the organization sample, though not in the v1.0 metadata",
    "name": "of functions and operators: in every sample, where the v1.0 metadata has only an id",
    "createdDateTime": "of service principals: in 464 of 468 recorded answers, though not in the v1.0 metadata",
    "creationOptions": "of groups: in 48 of 48 recorded answers, though not in the v1.0 metadata",
    "onPremisesSyncStatus": "of organizations: live answers of 2025 and 2026 have it, though not the v1.0 metadata",
    "isMultipleDataLocationsForServicesEnabled": "documented in the organization sample, though not in the metadata",
    "userPrincipalName": 'of a scopedRoleMember: in the sample of "Add a scopedRoleMember", though not in the metadata',
}
"""Properties that the reference shows and the SDK's models do not know."""
