"""Rules for the settings of a synchronization application: the scope, and protection against mass deletions."""

from __future__ import annotations

from pulumi_policy import Severity
from pydantic import Field

from entra_guard.rule import Config, Remedy, Report, rule
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs, SynchronizationSecretsHandler

__all__ = ["deletion_threshold_set", "not_everyone_in_scope", "notification_mail_set"]


class Threshold(Config):
    """Configuration of ``deletion-threshold-set``."""

    maximum: int = Field(default=500, ge=1, description="Highest deletion threshold that is allowed.")


def _with_threshold(secrets: SynchronizationSecretsArgs, config: Threshold) -> SynchronizationSecretsArgs | None:
    if 0 < secrets.deletion_threshold <= config.maximum:
        return None
    return secrets.model_copy(update={"deletion_threshold": config.maximum})


@rule(
    SynchronizationSecretsArgs,
    "deletion-threshold-set",
    "Checks that the deletions in one cycle are limited.",
    severity=Severity.HIGH,
    remedy=Remedy(SynchronizationSecretsHandler, _with_threshold),
)
def deletion_threshold_set(secrets: SynchronizationSecretsArgs, report: Report, config: Threshold) -> None:
    """Above the threshold, the service holds deletions back and puts the job into quarantine ("Enable accidental
    deletions prevention"). Without a threshold, a mistake in a filter can delete all accounts in one cycle."""
    if secrets.deletion_threshold == 0:
        report(f"no deletion threshold is set; set deletion_threshold to at most {config.maximum:,}")
    elif secrets.deletion_threshold > config.maximum:
        report(f"the deletion threshold is {secrets.deletion_threshold:,}; set it to at most {config.maximum:,}")


class Mail(Config):
    """Configuration of ``notification-mail-set``."""

    domains: list[str] = Field(default=[], description="Allowed domains of the addresses. Empty: any domain.")
    address: str = Field(default="", description="Address that the level `remediate` sets if none is declared.")


def _with_mail(secrets: SynchronizationSecretsArgs, config: Mail) -> SynchronizationSecretsArgs | None:
    return secrets.model_copy(update={"notify": [config.address]}) if config.address and not secrets.notify else None


@rule(
    SynchronizationSecretsArgs,
    "notification-mail-set",
    "Checks that a notification address is set.",
    remedy=Remedy(SynchronizationSecretsHandler, _with_mail),
)
def notification_mail_set(secrets: SynchronizationSecretsArgs, report: Report, config: Mail) -> None:
    """The service reports quarantine and held-back deletions by mail. A job in quarantine slows down, and the service
    disables it after four weeks ("Application provisioning in quarantine status")."""
    if not secrets.notify:
        report("no notification address is set; set notify to the mail address of the team that runs the link")
    domains = {domain.casefold() for domain in config.domains}
    for address in secrets.notify:
        if domains and address.rpartition("@")[2].casefold() not in domains:
            report(
                f"{address} is not in an allowed domain ({', '.join(config.domains)}); use an address in one of them"
            )


class Everyone(Config):
    """Configuration of ``not-everyone-in-scope``."""

    tenants: list[str] = Field(default=[], description="Names of source tenants that may have all users in scope.")


@rule(
    SynchronizationSecretsArgs,
    "not-everyone-in-scope",
    "Checks that only assigned users and groups are in scope.",
    severity=Severity.HIGH,
)
def not_everyone_in_scope(secrets: SynchronizationSecretsArgs, report: Report, config: Everyone) -> None:
    """With ``SyncAll``, each new user of the source gets an account in the target."""
    if secrets.sync_all and secrets.tenant.name not in config.tenants:
        report(
            f"all users of {secrets.tenant.name} are in scope (sync_all); assign the groups that need it, and set "
            "sync_all to False"
        )
