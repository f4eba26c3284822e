"""What the service answers, writes to its logs, and refuses."""

from __future__ import annotations

from entra_sync.microsoft.assumptions.register import EMULATOR, HOW_TO, Basis, assume

# Status codes

for _key, _what, _code, _basis, _source in (
    ("job", "a synchronization job", "JobNotFound", Basis.GUESS, "no page shows the code"),
    ("template", "a synchronization template", "TemplateNotFound", Basis.GUESS, "no page shows the code"),
    ("service-principal", "a service principal", "Request_ResourceNotFound", Basis.SEEN, "recorded traffic"),
    ("partner", "a partner of the cross-tenant access policy", "Request_ResourceNotFound", Basis.GUESS, "as elsewhere"),
):
    assume(
        f"error.missing-{_key}",
        f"Answer for {_what} that does not exist",
        {"status": 404, "code": _code},
        _basis,
        _source,
        EMULATOR,
    )

assume(
    "error.unknown-tenant",
    "Answer of validateCredentials for a tenant that the source's cloud does not know",
    {"status": 400, "code": "ExternalTenantNotFound"},
    Basis.GUESS,
    "the how-to shows the code in the message, not in the code of the answer",
    EMULATOR,
)
assume(
    "error.phone",
    "Answer for a phone that cannot be added, or with which SMS sign-in cannot be enabled",
    {"status": 400, "code": "invalidRequest"},
    Basis.GUESS,
    "the reference pages show no such answer",
    EMULATOR,
    unseen="only adding a phone to a user would show it",
)
assume(
    "job.new",
    "State of a new job",
    {"interval": "PT40M", "schedule": "Disabled", "status": "Paused"},
    Basis.PAGE,
    HOW_TO,
)

# Logs

assume(
    "log.actions",
    "Values of provisioningAction in the provisioning log",
    ["create", "delete", "disable", "other", "stagedDelete", "update"],
    Basis.PAGE,
    "provisioningObjectSummary resource type",
)
assume(
    "log.statuses",
    "Values of provisioningStatusInfo in the provisioning log",
    ["failure", "skipped", "success", "warning"],
    Basis.PAGE,
    "provisioningStatusInfo resource type",
)
assume(
    "log.steps",
    "Values of provisioningStepType in the provisioning log",
    ["export", "import", "matching", "processing", "referenceResolution", "scoping"],
    Basis.PAGE,
    "provisioningStep resource type",
)

# Permissions

assume(
    "permissions.refused",
    "Requests that Graph refuses although the token has a permission that should allow them",
    {},
    Basis.PAGE,
    "the permission tables of the reference pages",
)
assume(
    "licenses.other-products",
    "Error of a group's other products if one product lacks seats",
    "Other",
    Basis.GUESS,
    "“Identify and resolve license assignment problems” says only that they are not assigned",
    EMULATOR,
    unseen="only a group with too few seats of one product shows it",
)
assume(
    "schema.refused-targets",
    "Target attributes that the service refuses in a mapping",
    ["otherMails", "proxyAddresses"],
    Basis.GUESS,
    "“Known issues for provisioning” advises against both; no page shows the refusal",
    EMULATOR,
)
for _kind, _names in (
    ("user", ["accountEnabled", "displayName", "mailNickname", "userPrincipalName"]),
    ("group", ["displayName", "mailEnabled", "mailNickname", "securityEnabled"]),
):
    assume(
        f"never-cleared.{_kind}",
        f"Properties of a {_kind} that no change can clear",
        _names,
        Basis.GUESS,
        f"the {_kind} resource type states it for displayName only; the others are required at creation",
        EMULATOR,
        unseen=f"verify does not create a {_kind}",
    )
assume(
    "never-cleared.application",
    "Properties of an application that no change can clear",
    ["displayName", "signInAudience"],
    Basis.GUESS,
    "“Create application” requires displayName; no page says what a change can clear",
    EMULATOR,
)
assume(
    "never-cleared.service-principal",
    "Properties of a service principal that no change can clear",
    ["displayName"],
    Basis.GUESS,
    "no page says what a change can clear",
    EMULATOR,
)
assume(
    "never-cleared.administrative-unit",
    "Properties of an administrative unit that no change can clear",
    ["displayName"],
    Basis.GUESS,
    "no page says what a change can clear",
    EMULATOR,
    unseen="verify does not create an administrative unit",
)
