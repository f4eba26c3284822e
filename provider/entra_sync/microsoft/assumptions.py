"""What this package assumes about Microsoft's service: the one register of facts and guesses, with their sources.

The provider and the emulator take these values from here, ``entra-sync verify`` compares them with two real tenants,
and docs/emulator/fidelity.md lists them. What a tenant showed instead can be saved to a file and given to the emulator,
which then behaves in that way: see :class:`Facts`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from entra_sync.errors import ConfigurationError
from entra_sync.microsoft.clouds import Cloud

__all__ = ["REGISTER", "Assumption", "Basis", "Facts", "family", "found", "guesses"]

JSON = Any
T = TypeVar("T")


class Basis(StrEnum):
    """What an assumption stands on."""

    PAGE = "page"
    """A page or a file of Microsoft states it."""

    SEEN = "seen"
    """Answers of the real service that others published show it."""

    GUESS = "guess"
    """No source states it."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing that is taken for true about the service.

    Attributes:
        key: Name, for files and tables.
        about: What it is, as a noun phrase.
        value: What is assumed, as JSON.
        basis: What it stands on.
        source: Page, file or report; for a guess, why there is none.
        override: What a program or setting can say instead; empty if nothing.
        unseen: Why ``entra-sync verify`` cannot compare it; empty if it does.
    """

    key: str
    about: str
    value: JSON
    basis: Basis
    source: str
    override: str = ""
    unseen: str = ""

    @property
    def checked(self) -> bool:
        """Whether ``entra-sync verify`` compares it."""
        return not self.unseen


REGISTER: dict[str, Assumption] = {}
"""Every assumption, by its key."""


def _assume(key: str, about: str, value: T, basis: Basis, source: str, override: str = "", *, unseen: str = "") -> T:
    """Registers an assumption and returns its value."""
    REGISTER[key] = Assumption(key, about, value, basis, source, override, unseen)
    return value


_HOW_TO = "Configure cross-tenant synchronization using PowerShell or Microsoft Graph"
_CROSS = "application_template_id"
_EMULATOR = "entra-sync emulate --facts"
_CSDL = "CSDL of v1.0 in microsoftgraph/msgraph-metadata, 2026-07 and 2026-08"

# Gallery and job templates

SAME_CLOUD_TEMPLATE = _assume(
    "gallery.same-cloud.id",
    "Gallery template for synchronization within one cloud",
    "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7",
    Basis.PAGE,
    _HOW_TO,
    _CROSS,
)
_assume(
    "gallery.cross-cloud.id",
    "Gallery template for synchronization across clouds (the emulator's)",
    "c2b9a3d8-5c0e-4f57-9f0b-6b9a4c1e7d25",
    Basis.GUESS,
    "no page names it; the provider looks for it in the gallery",
    _CROSS,
)
_assume(
    "gallery.cross-cloud.name",
    "Display name of that template (the emulator's)",
    "Cross-tenant synchronization across Microsoft clouds",
    Basis.GUESS,
    "no page shows it",
    _CROSS,
)
_assume(
    "gallery.cross-cloud.home",
    "Marker in the home page of that template (the emulator's)",
    "aad2aadcrosscloudsync",
    Basis.GUESS,
    "no page shows it; within one cloud it is aad2aadsync",
    _EMULATOR,
)
DATABRICKS_NAME = "Azure Databricks SCIM Provisioning Connector"
_assume(
    "gallery.databricks.id",
    f"Gallery template “{DATABRICKS_NAME}” (the emulator's)",
    "9c9818d2-2900-49e8-8ba4-22688be7c675",
    Basis.GUESS,
    "published examples look it up by its name",
    _EMULATOR,
)
_assume(
    "gallery.filter",
    "Whether applications are found by the gallery template that they were made from",
    True,
    Basis.PAGE,
    "application resource type: applicationTemplateId supports $filter",
)
_assume(
    "discovery.unknown-tenant",
    "Whether a cloud's OpenID discovery knows a tenant that does not exist",
    False,
    Basis.PAGE,
    "Microsoft Entra authentication and authorization error codes: AADSTS90002",
)
CROSS_CLOUD_WORDS = ("cross-cloud", "across Microsoft clouds")
_assume(
    "gallery.cross-cloud.found",
    f"Number of gallery templates whose names contain {' or '.join(map(repr, CROSS_CLOUD_WORDS))}",
    1,
    Basis.GUESS,
    "no page shows the name; the portal's option has these words",
    _CROSS,
)
_assume("job-template.same-cloud", "Job template within one cloud", "Azure2Azure", Basis.PAGE, _HOW_TO, "template_id")
_assume(
    "job-template.cross-cloud",
    "Job template across clouds (the emulator's)",
    "Azure2AzureCrossCloud",
    Basis.GUESS,
    "no page names it; the provider asks the application for its templates",
    "template_id",
)
_assume(
    "job.id",
    "Form of a job's id",
    "{template}.{tenant}.{application}",
    Basis.SEEN,
    f"the example ids of “{_HOW_TO}”: the tenant id without dashes, then the application id",
)

# Settings that Graph calls secrets

_assume(
    "secrets.keys",
    "Keys that a link has among its secrets",
    ["AuthenticationType", "CompanyId", "SyncAll", "SyncNotificationSettings"],
    Basis.GUESS,
    f"“{_HOW_TO}” has them within one cloud; no page says that a link across clouds needs no other key",
    "values of SynchronizationSecrets",
)
_assume(
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
    _EMULATOR,
)

# The schema that a job starts with

_assume(
    "schema.same-cloud",
    "Default schema within one cloud, as changes to the one that ships with this package",
    {"missing": [], "rows": {}},
    Basis.SEEN,
    "two public exports of a real job, 2025-03 and 2025-06",
)
_assume(
    "schema.cross-cloud",
    "Default schema across clouds, as changes to the one within the global cloud",
    {"missing": ["manager"], "rows": {}},
    Basis.GUESS,
    "no page or export shows one; managers are synchronized in the global cloud only (“What is cross-tenant"
    " synchronization?”)",
    _EMULATOR,
)

# The box "cross-cloud synchronization" in the target

CROSS_CLOUD_NAMES = "Microsoft.Azure.SyncFabric.CrossCloud."
"""How the name of the service principal begins that the box makes."""

_BOXES = {
    ("global", "usgov"): ("2313b47f-a76d-4513-be58-500e42ce8d11", "Commercial2Government"),
    ("usgov", "global"): ("8c59ead7-d703-4a27-9e55-c96a0054c8d2", "Government2Commercial"),
    ("global", "china"): ("d4a3d3f8-3a43-4d17-b0f4-5c1a6d3c2b91", "Commercial2China"),
}
for _pair, (_id, _direction) in _BOXES.items():
    _published = _pair == ("global", "usgov")
    _assume(
        f"box.{_pair[0]}.{_pair[1]}",
        f"Application that the box makes in the target, from {_pair[0]} to {_pair[1]}",
        {"appId": _id, "displayName": f"{CROSS_CLOUD_NAMES}{_direction}"},
        Basis.PAGE if _published else Basis.GUESS,
        "microsoft-graph-devx-content, provisioningInfo.json, and a public script"
        if _published
        else f"no source shows it; the provider looks for a name that begins with {CROSS_CLOUD_NAMES}",
        _EMULATOR,
    )
CROSS_CLOUD_PERMISSIONS = _assume(
    "box.permissions",
    "Permissions that the box grants to it",
    ["Organization.Read.All", "Policy.Read.All", "User.Invite.All", "User.ReadWrite.CrossCloud"],
    Basis.PAGE,
    "Configure cross-tenant synchronization, cross-cloud steps",
)
_assume(
    "box.audit-actor",
    "Application that the target's audit log names for what the job does, by its name",
    "Microsoft.Azure.SyncFabric",
    Basis.GUESS,
    "published entries are of jobs within one cloud; across clouds it may be the application of the box",
    _EMULATOR,
)

# What each cloud has

_POLICY = ["allowedCloudEndpoints", "displayName", "id"]
_DEFAULT = [
    "appServiceConnectInbound",
    "automaticUserConsentSettings",
    "b2bCollaborationInbound",
    "b2bCollaborationOutbound",
    "b2bDirectConnectInbound",
    "b2bDirectConnectOutbound",
    "id",
    "inboundTrust",
    "invitationRedemptionIdentityProviderConfiguration",
    "isServiceDefault",
    "m365CollaborationInbound",
    "m365CollaborationOutbound",
    "tenantRestrictions",
]
_PARTNER = [
    "automaticUserConsentSettings",
    "b2bCollaborationInbound",
    "b2bCollaborationOutbound",
    "b2bDirectConnectInbound",
    "b2bDirectConnectOutbound",
    "crossCloudMeetingConfiguration",
    "inboundTrust",
    "isInMultiTenantOrganization",
    "isServiceProvider",
    "protectedContentSharing",
    "tenantId",
    "tenantRestrictions",
]
NOT_IN_NATIONAL_CLOUDS = frozenset(
    {
        "allowedCloudEndpoints",
        "appServiceConnectInbound",
        "isInMultiTenantOrganization",
        "m365CollaborationInbound",
        "m365CollaborationOutbound",
        "tenantRestrictions",
    }
)
"""Properties of the policy and its parts that v1.0 of the national clouds does not have, by its CSDL."""

for _cloud in Cloud:
    for _part, _names in (("policy", _POLICY), ("default", _DEFAULT), ("partner", _PARTNER)):
        _world = _cloud is Cloud.GLOBAL
        _assume(
            f"v1.{_part}.{_cloud}",
            f"Properties of the cross-tenant access {_part} that v1.0 of the {_cloud} cloud shows",
            _names if _world else [name for name in _names if name not in NOT_IN_NATIONAL_CLOUDS],
            Basis.SEEN if _world else Basis.GUESS,
            "recorded and published answers"
            if _world
            else f"{_CSDL}; the reference pages show every property for every cloud",
            _EMULATOR,
        )
    _assume(
        f"object-connections.{_cloud}",
        f"Whether beta of the {_cloud} cloud has objectConnections",
        _cloud is Cloud.GLOBAL,
        Basis.PAGE,
        "Get objectConnection",
    )

for _cloud in Cloud:
    _assume(
        f"sms-sign-in.{_cloud}",
        f"Whether v1.0 of the {_cloud} cloud has SMS sign-in, users with which synchronization skips",
        _cloud is not Cloud.CHINA,
        Basis.PAGE,
        "phoneAuthenticationMethod: enableSmsSignIn; Get smsAuthenticationMethodConfiguration",
        unseen="only enabling SMS sign-in for a user would show it",
    )

SMS_SIGN_IN = frozenset(each for each in Cloud if REGISTER[f"sms-sign-in.{each}"].value)
"""Clouds whose users can sign in by SMS."""

SMS_IDENTITY = _assume(
    "sms-sign-in.identity",
    "alternativeSecurityIds of a user who signs in by SMS",
    "SMS",
    Basis.GUESS,
    "no page shows it; the built-in filter lets only None pass",
    _EMULATOR,
    unseen="Graph has no property that shows it",
)

OBJECT_CONNECTIONS = frozenset(each for each in Cloud if REGISTER[f"object-connections.{each}"].value)
"""Clouds whose Graph tells which account a job has linked a user to."""

# Status codes

for _key, _what, _code, _basis, _source in (
    ("job", "a synchronization job", "JobNotFound", Basis.GUESS, "no page shows the code"),
    ("template", "a synchronization template", "TemplateNotFound", Basis.GUESS, "no page shows the code"),
    ("service-principal", "a service principal", "Request_ResourceNotFound", Basis.SEEN, "recorded traffic"),
    ("partner", "a partner of the cross-tenant access policy", "Request_ResourceNotFound", Basis.GUESS, "as elsewhere"),
):
    _assume(
        f"error.missing-{_key}",
        f"Answer for {_what} that does not exist",
        {"status": 404, "code": _code},
        _basis,
        _source,
        _EMULATOR,
    )

_assume(
    "error.unknown-tenant",
    "Answer of validateCredentials for a tenant that the source's cloud does not know",
    {"status": 400, "code": "ExternalTenantNotFound"},
    Basis.GUESS,
    "the how-to shows the code in the message, not in the code of the answer",
    _EMULATOR,
)
_assume(
    "error.phone",
    "Answer for a phone that cannot be added, or with which SMS sign-in cannot be enabled",
    {"status": 400, "code": "invalidRequest"},
    Basis.GUESS,
    "the reference pages show no such answer",
    _EMULATOR,
    unseen="only adding a phone to a user would show it",
)
_assume(
    "job.new",
    "State of a new job",
    {"interval": "PT40M", "schedule": "Disabled", "status": "Paused"},
    Basis.PAGE,
    _HOW_TO,
)

# Logs

_assume(
    "log.actions",
    "Values of provisioningAction in the provisioning log",
    ["create", "delete", "disable", "other", "stagedDelete", "update"],
    Basis.PAGE,
    "provisioningObjectSummary resource type",
)
_assume(
    "log.statuses",
    "Values of provisioningStatusInfo in the provisioning log",
    ["failure", "skipped", "success", "warning"],
    Basis.PAGE,
    "provisioningStatusInfo resource type",
)
_assume(
    "log.steps",
    "Values of provisioningStepType in the provisioning log",
    ["export", "import", "matching", "processing", "referenceResolution", "scoping"],
    Basis.PAGE,
    "provisioningStep resource type",
)

# Permissions

_assume(
    "permissions.refused",
    "Requests that Graph refuses although the token has a permission that should allow them",
    {},
    Basis.PAGE,
    "the permission tables of the reference pages",
)

# Guesses that only time or a rare state of a tenant shows

REPLICA_LAG = _assume(
    "wait.replicas",
    "Seconds for which a change may be missing on some replicas",
    120.0,
    Basis.GUESS,
    "Microsoft states no limit",
    "ENTRA_SYNC_REPLICA_LAG",
    unseen="no number of reads shows the longest time",
)
PATIENCE = _assume(
    "wait.dependent-call",
    "Seconds for which a call that builds on a new object is sent again",
    60,
    Basis.GUESS,
    "Microsoft states no limit",
    "ENTRA_SYNC_REPLICA_LAG",
    unseen="no number of reads shows the longest time",
)
ASSIGNMENT_LAG = _assume(
    "wait.assignment",
    "Seconds for which provisioning on demand may not know a new assignment yet",
    180,
    Basis.GUESS,
    "Microsoft states no limit",
    "ENTRA_SYNC_REPLICA_LAG",
    unseen="no number of reads shows the longest time",
)
AGREEING_PAUSE = _assume(
    "wait.agreeing",
    "Seconds between two answers that must agree",
    0.2,
    Basis.GUESS,
    "Microsoft states no limit",
    "ENTRA_SYNC_REPLICA_LAG",
    unseen="no number of reads shows the longest time",
)
SECOND_LOOK = _assume(
    "wait.not-found",
    "Seconds for which a read looks again before it believes that an object is gone, or that a refusal is final",
    4.0,
    Basis.GUESS,
    "Microsoft states none",
    "ENTRA_SYNC_REPLICA_LAG",
    unseen="no number of reads shows the longest time",
)
_assume(
    "licenses.other-products",
    "Error of a group's other products if one product lacks seats",
    "Other",
    Basis.GUESS,
    "“Identify and resolve license assignment problems” says only that they are not assigned",
    _EMULATOR,
    unseen="only a group with too few seats of one product shows it",
)
_assume(
    "schema.refused-targets",
    "Target attributes that the service refuses in a mapping",
    ["otherMails", "proxyAddresses"],
    Basis.GUESS,
    "“Known issues for provisioning” advises against both; no page shows the refusal",
    _EMULATOR,
)
for _kind, _names in (
    ("user", ["accountEnabled", "displayName", "mailNickname", "userPrincipalName"]),
    ("group", ["displayName", "mailEnabled", "mailNickname", "securityEnabled"]),
):
    _assume(
        f"never-cleared.{_kind}",
        f"Properties of a {_kind} that no change can clear",
        _names,
        Basis.GUESS,
        f"the {_kind} resource type states it for displayName only; the others are required at creation",
        _EMULATOR,
        unseen=f"verify does not create a {_kind}",
    )
_assume(
    "never-cleared.application",
    "Properties of an application that no change can clear",
    ["displayName", "signInAudience"],
    Basis.GUESS,
    "“Create application” requires displayName; no page says what a change can clear",
    _EMULATOR,
)
_assume(
    "never-cleared.service-principal",
    "Properties of a service principal that no change can clear",
    ["displayName"],
    Basis.GUESS,
    "no page says what a change can clear",
    _EMULATOR,
)
_assume(
    "default.collaboration",
    "Access in the default cross-tenant settings of a new tenant to Microsoft 365 (in and out) and to App Service",
    {
        "m365CollaborationInbound": "allowed",
        "m365CollaborationOutbound": "allowed",
        "appServiceConnectInbound": "blocked",
    },
    Basis.GUESS,
    "published answers show that the settings are there, not their values",
    _EMULATOR,
)


def guesses() -> list[Assumption]:
    """Returns the assumptions that no source supports."""
    return [each for each in REGISTER.values() if each.basis is Basis.GUESS]


def family(cloud: Cloud) -> str:
    """Returns the name under which clouds with one login authority share assumptions."""
    return "usgov" if cloud is Cloud.USGOV_DOD else str(cloud)


class Facts(Mapping[str, JSON]):
    """The assumptions, some of them replaced by what tenants showed.

    Args:
        differing: Values by key that replace the assumed ones.

    Raises:
        ConfigurationError: A key that is not in the register, or a value of another kind than the assumed one.
    """

    def __init__(self, differing: Mapping[str, JSON] | None = None) -> None:
        self.differing = dict(differing or {})
        for key, value in self.differing.items():
            if key not in REGISTER:
                raise ConfigurationError(f'"{key}" is not an assumption of this version; remove it, or update')
            if type(value) is not type(REGISTER[key].value):
                kind = type(REGISTER[key].value).__name__
                raise ConfigurationError(f"{key}: the value must be a {kind}, got {json.dumps(value)[:60]}")

    def __getitem__(self, key: str) -> JSON:
        return self.differing[key] if key in self.differing else REGISTER[key].value

    def __iter__(self) -> Any:
        return iter(REGISTER)

    def __len__(self) -> int:
        return len(REGISTER)


FORMAT = 1
"""Version of the file that ``entra-sync verify`` writes."""


def found(path: Path) -> Facts:
    """Reads the facts of a file that ``entra-sync verify`` wrote.

    Raises:
        ConfigurationError: The file cannot be read or is not such a file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigurationError(f"{path}: {problem.strerror}") from None
    except ValueError as problem:
        raise ConfigurationError(f"{path}: is not JSON: {problem}") from None
    facts = content.get("facts") if isinstance(content, dict) and content.get("format") == FORMAT else None
    if not isinstance(facts, dict):
        raise ConfigurationError(f"{path}: is not a file of this version's entra-sync verify; write it again")
    try:
        return Facts(facts)
    except ConfigurationError as problem:
        raise ConfigurationError(f"{path}: {problem}") from None
