"""How tenants and the connection sign in."""

from entra_sync.microsoft.secret_keys import SECRET_KEYS
from tests.policies.cases.settings import secrets
from tests.policies.cases.tenants import allowed
from tests.policies.harness import FEDERAL, UNKNOWN, Case

RULE = "no-client-secrets"
TOKEN = "a workload identity token of the pipeline"

CASES = (
    Case(
        RULE,
        "passes",
        "federated credentials, or none",
        [secrets()],
        environment={"ENTRA_CONTOSO_FEDERATED_TOKEN_FILE": "f"},
    ),
    Case(
        RULE,
        "passes",
        "certificates, where nothing is configured",
        [secrets()],
        environment={"ENTRA_CONTOSO_CERTIFICATE_PATH": "f"},
    ),
    Case(RULE, "passes", "a secret of another tenant", [secrets()], environment={"ENTRA_FABRIKAM_CLIENT_SECRET": "s"}),
    Case(
        RULE,
        "reported",
        "a client secret, once a tenant",
        [secrets(), allowed(FEDERAL, "global")],
        [
            f"tenant {name} signs in with ENTRA_{name.upper()}_CLIENT_SECRET; "
            f"use ENTRA_{name.upper()}_FEDERATED_TOKEN_FILE, {TOKEN}"
            for name in ("contoso", "federal")
        ],
        environment={"ENTRA_CONTOSO_CLIENT_SECRET": "hush", "ENTRA_FEDERAL_CLIENT_SECRET": "hush"},
    ),
    Case(
        RULE,
        "reported",
        "secrets of the connection, by name and not by value",
        [secrets(values={"SecretToken": "hush", "ClientSecret": "hush", "Domain": "contoso.com"})],
        [
            "settings: values.ClientSecret is a secret of the connection; remove it, because the "
            "synchronization policy signs in",
            "settings: values.SecretToken is a secret of the connection; remove it, because the "
            "synchronization policy signs in",
        ],
    ),
    Case(
        RULE,
        "reported",
        "each key that holds a credential",
        [secrets(values=dict.fromkeys(SECRET_KEYS, "hush"))],
        [
            f"settings: values.{key} is a secret of the connection; remove it, because the synchronization policy "
            "signs in"
            for key in sorted(SECRET_KEYS)
        ],
    ),
    Case(RULE, "unknown", "a value of the connection is not known yet", [secrets({"values": {"Domain": UNKNOWN}})]),
    Case(RULE, "unknown", "the connection is not known yet", [secrets({"values": UNKNOWN})], ["? values"]),
    Case(RULE, "configured", "nothing to do with certificates", [secrets()], config={"certificates": False}),
    Case(
        RULE,
        "configured",
        "certificates are not allowed",
        [secrets()],
        [
            "tenant contoso signs in with ENTRA_CONTOSO_CERTIFICATE_PATH; use ENTRA_CONTOSO_FEDERATED_TOKEN_FILE, "
            f"{TOKEN}"
        ],
        {"certificates": False},
        environment={"ENTRA_CONTOSO_CERTIFICATE_PATH": "f"},
    ),
)
