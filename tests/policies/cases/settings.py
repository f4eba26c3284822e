"""Settings of the synchronization application."""

from typing import Any

from entra_sync.resources.synchronization_schedule import SynchronizationScheduleArgs
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs
from tests.policies.harness import CONTOSO, FEDERAL_ID, UNKNOWN, Case, Res

THRESHOLD, MAIL, EVERYONE = "deletion-threshold-set", "notification-mail-set", "not-everyone-in-scope"


def secrets(also: dict[str, Any] | None = None, **changes: Any) -> Res:
    """Settings that no rule objects to, but for the changes."""
    values: dict[str, Any] = {
        "deletion_threshold": 50,
        "notify": ["ops@contoso.com"],
        "target_tenant_id": FEDERAL_ID,
        **changes,
    }
    args = SynchronizationSecretsArgs(
        tenant=CONTOSO, service_principal_id="50000000-0000-0000-0000-000000000001", **values
    )
    return Res(args, also or {})


OTHER_KIND = Res(
    SynchronizationScheduleArgs(
        tenant=CONTOSO, service_principal_id="50000000-0000-0000-0000-000000000001", job_id="job"
    )
)

CASES = (
    Case(THRESHOLD, "passes", "a threshold is set", secrets(deletion_threshold=50)),
    Case(THRESHOLD, "passes", "the service's own default is enough", secrets(deletion_threshold=500)),
    Case(THRESHOLD, "passes", "another kind of resource is not looked at", OTHER_KIND),
    Case(
        THRESHOLD,
        "reported",
        "none is set",
        secrets(deletion_threshold=0),
        ["no deletion threshold is set; set deletion_threshold to at most 500"],
    ),
    Case(
        THRESHOLD,
        "reported",
        "it is higher than the service's own",
        secrets(deletion_threshold=5000),
        ["the deletion threshold is 5,000; set it to at most 500"],
    ),
    Case(THRESHOLD, "unknown", "it is not known yet", secrets({"deletionThreshold": UNKNOWN}), ["? deletionThreshold"]),
    Case(THRESHOLD, "unknown", "another value is not known yet", secrets({"servicePrincipalId": UNKNOWN})),
    Case(
        THRESHOLD,
        "configured",
        "the limit is lower",
        secrets(deletion_threshold=50),
        ["the deletion threshold is 50; set it to at most 25"],
        {"maximum": 25},
    ),
    Case(THRESHOLD, "configured", "just at the limit", secrets(deletion_threshold=25), config={"maximum": 25}),
    Case(
        THRESHOLD,
        "configured",
        "the configuration has a typo",
        secrets(),
        ['configuration: maximun: there is no argument "maximun", did you mean "maximum"?'],
        {"maximun": 25},
    ),
    Case(
        THRESHOLD,
        "configured",
        "the configuration is out of range",
        secrets(),
        ["configuration: maximum: must be at least 1, not 0"],
        {"maximum": 0},
    ),
    Case(MAIL, "passes", "there is an address", secrets()),
    Case(
        MAIL,
        "reported",
        "there is no address",
        secrets(notify=[]),
        ["no notification address is set; set notify to the mail address of the team that runs the link"],
    ),
    Case(MAIL, "unknown", "who is notified is not known yet", secrets({"notify": UNKNOWN}), ["? notify"]),
    Case(
        MAIL,
        "unknown",
        "one of the addresses is not known yet",
        secrets({"notify": ["ops@contoso.com", UNKNOWN]}),
        ["? notify.1"],
        {"domains": ["contoso.com"]},
    ),
    Case(
        MAIL,
        "configured",
        "an address is of another domain",
        secrets(notify=["ops@contoso.com", "me@Mail.example", "us@CONTOSO.com"]),
        ["me@Mail.example is not in an allowed domain (contoso.com, contoso.us); use an address in one of them"],
        {"domains": ["contoso.com", "contoso.us"]},
    ),
    Case(EVERYONE, "passes", "assigned people only", secrets(sync_all=False)),
    Case(
        EVERYONE,
        "reported",
        "all users",
        secrets(sync_all=True),
        ["all users of contoso are in scope (sync_all); assign the groups that need it, and set sync_all to False"],
    ),
    Case(EVERYONE, "unknown", "it is not known yet", secrets({"syncAll": UNKNOWN}), ["? syncAll"]),
    Case(EVERYONE, "configured", "allowed in this tenant", secrets(sync_all=True), config={"tenants": ["contoso"]}),
    Case(
        EVERYONE,
        "configured",
        "allowed in another tenant only",
        secrets(sync_all=True),
        ["all users of contoso are in scope (sync_all); assign the groups that need it, and set sync_all to False"],
        {"tenants": ["fabrikam"]},
    ),
)
