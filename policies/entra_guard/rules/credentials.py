"""A rule for how the provider and the service sign in."""

from __future__ import annotations

from pulumi_policy import EnforcementLevel, Severity
from pydantic import Field

from entra_guard.rule import Config
from entra_guard.stack import Stack, StackReport, stack_rule
from entra_sync.microsoft.secret_keys import SECRET_KEYS
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs

__all__ = ["no_client_secrets"]


class Credentials(Config):
    """Configuration of ``no-client-secrets``."""

    certificates: bool = Field(
        default=True, description="Whether certificates are allowed, not only federated credentials."
    )


@stack_rule(
    "no-client-secrets",
    "Checks that no client secrets are used.",
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
)
def no_client_secrets(stack: Stack, report: StackReport, config: Credentials) -> None:
    """A client secret works for everyone who gets a copy of it.

    The rule checks the environment variables of each tenant in this process, and the secret keys of the connection. The
    connection needs no secret, because the default authentication type, SyncPolicy, uses none.
    """
    for tenant in sorted(stack.tenants, key=lambda tenant: tenant.name):
        instead = f"use {tenant.variable('FEDERATED_TOKEN_FILE')}, a workload identity token of the pipeline"
        if tenant.setting("CLIENT_SECRET"):
            report(f"tenant {tenant.name} signs in with {tenant.variable('CLIENT_SECRET')}; {instead}")
        elif tenant.setting("CERTIFICATE_PATH") and not config.certificates:
            report(f"tenant {tenant.name} signs in with {tenant.variable('CERTIFICATE_PATH')}; {instead}")
    for secrets in stack.of(SynchronizationSecretsArgs):
        for key in sorted(SECRET_KEYS & set(secrets.args.values or {})):
            report(
                f"values.{key} is a secret of the connection; remove it, because the synchronization policy signs in",
                secrets,
            )
