"""Why something happens to a user, as values. The words for people are in :mod:`entra_sync.impact.words`.

A reason has a code that never changes its meaning, a subject that is not personal (a group, an attribute, a clause of
the filter), and a detail that is (a mail address, another user's id). Plans, policies and automation compare codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from entra_sync.impact.facts.series import filled, nulls

__all__ = ["DOUBT", "REASON", "Doubt", "Reason", "Reasons"]


class Reason(StrEnum):
    """Why an action is planned for a user; the values are the codes of the JSON report."""

    EVERYONE = "everyone"
    ASSIGNED = "assigned"
    MEMBER = "member"

    DELETED_IN_SOURCE = "deleted-in-source"
    NOT_ASSIGNED = "not-assigned"
    NO_LONGER_EVERYONE = "no-longer-everyone"
    NO_LONGER_ASSIGNED = "no-longer-assigned"
    NO_LONGER_MEMBER = "no-longer-member"
    FILTER = "filter"
    EXTERNAL = "external"
    SMS_SIGN_IN = "sms-sign-in"

    UNMANAGED = "unmanaged"
    DELETES_NOT_MAPPED = "deletes-not-mapped"
    STAYS_DISABLED = "stays-disabled"

    DISABLED = "disabled"
    INTERNAL_GUEST = "internal-guest"
    CREATES_NOT_MAPPED = "creates-not-mapped"
    UPDATES_NOT_MAPPED = "updates-not-mapped"
    DROPPED = "dropped-by-expression"
    NO_INVITATIONS = "no-invitations"
    NO_VALUE = "no-value"
    ONE_VALUE_ONLY = "one-value-only"
    NOT_BOOLEAN = "not-boolean"
    NOT_A_USER_TYPE = "not-a-user-type"
    VALUES_MISSING = "values-missing"
    NOT_AN_ADDRESS = "not-an-address"
    DOMAIN_NOT_VERIFIED = "domain-not-verified"
    ON_PREMISES = "on-premises"

    SAME_IDENTITY = "same-identity"
    SAME_IDENTITY_BLOCKED = "same-identity-blocked"
    SIGN_IN_BLOCKED = "sign-in-blocked"
    DELETED_IN_TARGET = "deleted-in-target"
    DEPROVISIONED = "deprovisioned"

    INVITED = "invited"
    INVITED_AND_BLOCKED = "invited-and-blocked"
    SHARED_MAIL = "shared-mail"
    MAIL_OF_GROUP = "mail-of-group"
    MAIL_OF_MEMBER = "mail-of-member"
    MAIL_TAKEN = "mail-taken"
    NAME_TAKEN = "name-taken"
    REMOVED_BY_SHARER = "removed-by-sharer"


class Doubt(StrEnum):
    """Why a user's turn may end differently; the values are the codes of the JSON report."""

    CONTESTED = "contested"
    RESTORE = "restore"
    RESTORE_REMOVER = "restore-remover-unknown"
    RESTORED = "restored-unknown"
    SHARED = "shared-and-restored"
    UNNAMED = "links-unnamed"
    INFERRED = "link-inferred"
    IDENTITY = "identity-unknown"
    STRANGERS = "strangers"
    CONVERTED = "converted"
    INTERNAL_GUEST = "internal-guest"
    BLOCK_READ = "block-read-by-expression"
    EXCHANGE = "exchange"
    NARROWED = "narrowed"
    THRESHOLD = "threshold-met"
    FORCED = "force-unknown"
    ESCROWED = "escrowed"
    INBOUND = "inbound-not-allowed"
    OUTBOUND_CONSENT = "outbound-consent-off"
    INBOUND_CONSENT = "inbound-consent-off"
    SMS = "sms-sign-in-unknown"
    WHOLE_PLAN = "whole-plan"
    OTHERS_UNCERTAIN = "others-uncertain"
    OTHERS_TURNS = "others-turns"
    GONE_INCREMENTAL = "gone-incremental"
    INCREMENTAL = "incremental"
    MANAGER = "manager-uncertain"


REASON = pl.Enum([str(each) for each in Reason])
DOUBT = pl.Enum([str(each) for each in Doubt])


@dataclass(frozen=True, slots=True)
class Reasons:
    """A reason for each user, or none: three columns of equal height.

    Attributes:
        code: The codes (:data:`REASON`); null where there is no reason.
        subject: What the reason is about; not personal.
        detail: The user or value that it is about; personal.
    """

    code: pl.Series
    subject: pl.Series
    detail: pl.Series

    @classmethod
    def none(cls, height: int) -> Reasons:
        """No reason for anyone."""
        return cls(filled(None, height, REASON), nulls(height), nulls(height))

    @classmethod
    def of(
        cls,
        reason: Reason,
        where: pl.Series,
        subject: pl.Series | str | None = None,
        detail: pl.Series | None = None,
    ) -> Reasons:
        """One reason for those whose *where* is true; *where* has no nulls."""
        height = where.len()
        texts = subject if isinstance(subject, pl.Series) else filled(subject, height)
        details = nulls(height) if detail is None else detail
        columns = (filled(str(reason), height, REASON), texts, details)
        return cls(*(column.set(~where, None) for column in columns))

    @property
    def given(self) -> pl.Series:
        """Who has a reason."""
        return self.code.is_not_null()

    def otherwise(self, other: Reasons) -> Reasons:
        """These reasons, and those of *other* for users who have none."""
        given = self.given
        return Reasons(
            self.code.zip_with(given, other.code),
            self.subject.zip_with(given, other.subject),
            self.detail.zip_with(given, other.detail),
        )

    def where(self, mask: pl.Series) -> Reasons:
        """These reasons for those whose *mask* is true, none for the others."""
        return Reasons(*(column.set(~mask, None) for column in (self.code, self.subject, self.detail)))

    def spread(self, rows: pl.Series, height: int) -> Reasons:
        """The reasons of some *rows* among *height*."""
        whole = Reasons.none(height)
        return Reasons(
            whole.code.scatter(rows, self.code),
            whole.subject.scatter(rows, self.subject),
            whole.detail.scatter(rows, self.detail),
        )

    def columns(self, prefix: str) -> list[pl.Series]:
        """The three columns, named ``<prefix>``, ``<prefix> subject`` and ``<prefix> detail``."""
        return [
            self.code.alias(prefix),
            self.subject.alias(f"{prefix} subject"),
            self.detail.alias(f"{prefix} detail"),
        ]
