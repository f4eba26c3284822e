"""Rules over the settings of a synchronization application: who is in scope, and what stops a mass deletion."""

from __future__ import annotations

from pulumi_policy import Severity
from pydantic import Field

from entra_guard.rule import Config, Remedy, Report, rule
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs, SynchronizationSecretsHandler

__all__ = ["deletion_threshold_set", "not_everyone_in_scope", "notification_mail_set"]


class Threshold(Config):
    """Configuration of ``deletion-threshold-set``."""

    maximum: int = Field(default=500, ge=1, description="Most deletions that one cycle may carry out.")


def _with_threshold(secrets: SynchronizationSecretsArgs, config: Threshold) -> SynchronizationSecretsArgs | None:
    if 0 < secrets.deletion_threshold <= config.maximum:
        return None
    return secrets.model_copy(update={"deletion_threshold": config.maximum})


@rule(
    SynchronizationSecretsArgs,
    "deletion-threshold-set",
    "Deletions in one cycle are limited.",
    severity=Severity.HIGH,
    remedy=Remedy(SynchronizationSecretsHandler, _with_threshold),
)
def deletion_threshold_set(secrets: SynchronizationSecretsArgs, report: Report, config: Threshold) -> None:
    """Beyond the threshold the service holds deletions back and puts the job into quarantine ("Enable accidental
    deletions prevention"); without one a mistake in a filter empties the target in one cycle."""
    if secrets.deletion_threshold == 0:
        report(f"no deletion threshold is set; set deletion_threshold to at most {config.maximum:,}")
    elif secrets.deletion_threshold > config.maximum:
        report(f"the deletion threshold is {secrets.deletion_threshold:,}; set it to at most {config.maximum:,}")


class Mail(Config):
    """Configuration of ``notification-mail-set``."""

    domains: list[str] = Field(default=[], description="Mail domains that addresses must be of; empty: any.")
    address: str = Field(default="", description="Address that the level remediate sets where there is none.")


def _with_mail(secrets: SynchronizationSecretsArgs, config: Mail) -> SynchronizationSecretsArgs | None:
    return secrets.model_copy(update={"notify": [config.address]}) if config.address and not secrets.notify else None


@rule(
    SynchronizationSecretsArgs,
    "notification-mail-set",
    "Somebody hears of quarantine and of deletions that are held back.",
    remedy=Remedy(SynchronizationSecretsHandler, _with_mail),
)
def notification_mail_set(secrets: SynchronizationSecretsArgs, report: Report, config: Mail) -> None:
    """A job in quarantine slows down and ends after four weeks, and mail is what tells ("Application provisioning in
    quarantine status")."""
    if not secrets.notify:
        report("nobody is notified; set notify to the mail address of those who run the link")
    domains = {domain.casefold() for domain in config.domains}
    for address in secrets.notify:
        if domains and address.rpartition("@")[2].casefold() not in domains:
            report(f"{address} is outside of {', '.join(config.domains)}; notify an address there")


class Everyone(Config):
    """Configuration of ``not-everyone-in-scope``."""

    tenants: list[str] = Field(default=[], description="Names of source tenants whose people may all be in scope.")


@rule(
    SynchronizationSecretsArgs,
    "not-everyone-in-scope",
    "Only assigned users and groups are synchronized.",
    severity=Severity.HIGH,
)
def not_everyone_in_scope(secrets: SynchronizationSecretsArgs, report: Report, config: Everyone) -> None:
    """With ``SyncAll`` each new account of the source is created in the target without anybody asking for it."""
    if secrets.sync_all and secrets.tenant.name not in config.tenants:
        report(
            f"everybody in {secrets.tenant.name} is in scope (sync_all); assign the groups that need it, and set it "
            "to False"
        )
