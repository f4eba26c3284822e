"""Applications and jobs: gallery and job templates, a job's settings and schema, and the application in the target."""

from __future__ import annotations

from entra_sync.microsoft.assumptions.register import EMULATOR, HOW_TO, Basis, assume

__all__ = [
    "CROSS_CLOUD_NAMES",
    "CROSS_CLOUD_WORDS",
    "DATABRICKS_NAME",
    "SAME_CLOUD_TEMPLATE",
]

_CROSS = "application_template_id"

# Gallery and job templates

SAME_CLOUD_TEMPLATE = assume(
    "gallery.same-cloud.id",
    "Gallery template for synchronization within one cloud",
    "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7",
    Basis.PAGE,
    HOW_TO,
    _CROSS,
)
assume(
    "gallery.cross-cloud.id",
    "Gallery template for synchronization across clouds (the emulator's)",
    "c2b9a3d8-5c0e-4f57-9f0b-6b9a4c1e7d25",
    Basis.GUESS,
    "no page names it; the provider looks for it in the gallery",
    _CROSS,
)
assume(
    "gallery.cross-cloud.name",
    "Display name of that template (the emulator's)",
    "Cross-tenant synchronization across Microsoft clouds",
    Basis.GUESS,
    "no page shows it",
    _CROSS,
)
assume(
    "gallery.cross-cloud.home",
    "Marker in the home page of that template (the emulator's)",
    "aad2aadcrosscloudsync",
    Basis.GUESS,
    "no page shows it; within one cloud it is aad2aadsync",
    EMULATOR,
)
DATABRICKS_NAME = "Azure Databricks SCIM Provisioning Connector"
assume(
    "gallery.databricks.id",
    f"Gallery template “{DATABRICKS_NAME}” (the emulator's)",
    "9c9818d2-2900-49e8-8ba4-22688be7c675",
    Basis.GUESS,
    "published examples look it up by its name",
    EMULATOR,
)
assume(
    "gallery.filter",
    "Whether applications are found by the gallery template that they were made from",
    True,
    Basis.PAGE,
    "application resource type: applicationTemplateId supports $filter",
)
assume(
    "discovery.unknown-tenant",
    "Whether a cloud's OpenID discovery knows a tenant that does not exist",
    False,
    Basis.PAGE,
    "Microsoft Entra authentication and authorization error codes: AADSTS90002",
)
CROSS_CLOUD_WORDS = ("cross-cloud", "across Microsoft clouds")
assume(
    "gallery.cross-cloud.found",
    f"Number of gallery templates whose names contain {' or '.join(map(repr, CROSS_CLOUD_WORDS))}",
    1,
    Basis.GUESS,
    "no page shows the name; the portal's option has these words",
    _CROSS,
)
assume("job-template.same-cloud", "Job template within one cloud", "Azure2Azure", Basis.PAGE, HOW_TO, "template_id")
assume(
    "job-template.cross-cloud",
    "Job template across clouds (the emulator's)",
    "Azure2AzureCrossCloud",
    Basis.GUESS,
    "no page names it; the provider asks the application for its templates",
    "template_id",
)
assume(
    "job.id",
    "Form of a job's id",
    "{template}.{tenant}.{application}",
    Basis.SEEN,
    f"the example ids of “{HOW_TO}”: the tenant id without dashes, then the application id",
)

# Settings that Graph calls secrets

assume(
    "secrets.keys",
    "Keys that a link has among its secrets",
    ["AuthenticationType", "CompanyId", "SyncAll", "SyncNotificationSettings"],
    Basis.GUESS,
    f"“{HOW_TO}” has them within one cloud; no page says that a link across clouds needs no other key",
    "values of SynchronizationSecrets",
)
assume(
    "secrets.readable",
    "Keys whose values a read shows; other values are masked",
    [
        "AuthenticationType",
        "BaseAddress",
        "CompanyId",
        "Domain",
        "EnforceDomain",
        "HardDeletesEnabled",
        "InstanceName",
        "Server",
        "SkipOutOfScopeDeletions",
        "SyncAll",
        "SyncNotificationSettings",
        "SynchronizationSchedule",
        "Url",
        "UserName",
    ],
    Basis.GUESS,
    "the reference says that values are not returned; published answers show some",
    EMULATOR,
)

# The schema that a job starts with

assume(
    "schema.same-cloud",
    "Default schema within one cloud, as changes to the one that ships with this package",
    {"missing": [], "rows": {}},
    Basis.SEEN,
    "two public exports of a real job, 2025-03 and 2025-06",
)
assume(
    "schema.cross-cloud",
    "Default schema across clouds, as changes to the one within the global cloud",
    {"missing": ["manager"], "rows": {}},
    Basis.GUESS,
    "no page or export shows one; managers are synchronized in the global cloud only (“What is cross-tenant"
    " synchronization?”)",
    EMULATOR,
)

# The checkbox "cross-cloud synchronization" in the target

CROSS_CLOUD_NAMES = "Microsoft.Azure.SyncFabric.CrossCloud."
"""How the name of the service principal begins that the checkbox creates."""

_BOXES = {
    ("global", "usgov"): ("2313b47f-a76d-4513-be58-500e42ce8d11", "Commercial2Government"),
    ("usgov", "global"): ("8c59ead7-d703-4a27-9e55-c96a0054c8d2", "Government2Commercial"),
    ("global", "china"): ("d4a3d3f8-3a43-4d17-b0f4-5c1a6d3c2b91", "Commercial2China"),
}
for _pair, (_id, _direction) in _BOXES.items():
    _published = _pair == ("global", "usgov")
    assume(
        f"box.{_pair[0]}.{_pair[1]}",
        f"Application that the checkbox creates in the target, from {_pair[0]} to {_pair[1]}",
        {"appId": _id, "displayName": f"{CROSS_CLOUD_NAMES}{_direction}"},
        Basis.PAGE if _published else Basis.GUESS,
        "microsoft-graph-devx-content, provisioningInfo.json, and a public script"
        if _published
        else f"no source shows it; the provider looks for a name that begins with {CROSS_CLOUD_NAMES}",
        EMULATOR,
    )
assume(
    "box.permissions",
    "Permissions that the checkbox grants to it",
    ["Organization.Read.All", "Policy.Read.All", "User.Invite.All", "User.ReadWrite.CrossCloud"],
    Basis.PAGE,
    "Configure cross-tenant synchronization, cross-cloud steps",
)
assume(
    "box.audit-actor",
    "Application that the target's audit log names for what the job does, by its name",
    "Microsoft.Azure.SyncFabric",
    Basis.GUESS,
    "published entries are of jobs within one cloud; across clouds it may be the application of the checkbox",
    EMULATOR,
)
