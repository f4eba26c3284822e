"""People as the synchronization service sees them: what Graph shows, and what the service works out itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import polars as pl

from entra_sync.expressions.filters.evaluation import MEMBER
from entra_sync.expressions.schema.attributes import COMPUTED_ATTRIBUTES
from entra_sync.microsoft.assumptions import SMS_IDENTITY

__all__ = [
    "EXTERNAL_MARK",
    "PENDING",
    "PURGED",
    "RESTORABLE",
    "SMTP",
    "UNPREDICTABLE",
    "as_the_service_sees",
    "converted",
    "external_name",
    "home_name",
    "is_external",
    "is_nameless",
    "mail_addresses",
    "name_before_deletion",
    "names_before_deletion",
    "smtp_addresses",
]

EXTERNAL_MARK = "#EXT#"
"""What the user principal name of an invited account has before the domain of the tenant that invited it."""

PENDING = "PendingAcceptance"
"""State of an invitation that was not redeemed: the account has no identity yet, so nothing matches it."""

RESTORABLE = timedelta(days=30)
"""How long a soft-deleted user can be restored ("Recover from deletions in Microsoft Entra ID")."""

SMTP = "smtp:"
"""What a mail address has before it among ``proxyAddresses``; in capitals for the primary one."""

PURGED = "purged"
"""In the column ``deleted``: the user is gone for good, and only the job's link says that there was one."""

UNPREDICTABLE = frozenset({"netId", "appRoleAssignments", "originalUserPrincipalName"}) & COMPUTED_ATTRIBUTES.keys()
"""Attributes that the service computes from what no API shows."""


def is_external() -> pl.Expr:
    """Whether an account of a tenant belongs to an external user."""
    invited = (pl.col("creationType") == "Invitation").fill_null(False)
    marked = pl.col("userPrincipalName").str.contains(EXTERNAL_MARK, literal=True).fill_null(False)
    return invited | marked | pl.col("userState").is_not_null()


def is_nameless() -> pl.Expr:
    """Whether an account of an external user, who has an identity, has a name that does not show whose it is."""
    marked = pl.col("userPrincipalName").str.contains(EXTERNAL_MARK, literal=True).fill_null(False)
    return is_external() & ~marked & (pl.col("userState").fill_null("") != PENDING)


def _is_external_now() -> pl.Expr:
    """Whether a user of the source is external.

    ``creationType`` alone does not tell: it cannot be changed, and stays when an external user is converted to an
    internal one ("Convert external users to internal users").
    """
    marked = pl.col("userPrincipalName").str.contains(EXTERNAL_MARK, literal=True).fill_null(False)
    return marked | (pl.col("userState").is_not_null() & (pl.col("userState") != MEMBER["userState"]))


def converted(people: pl.DataFrame) -> pl.Series:
    """Which users of the source were invited once and are internal now, as far as can be read."""
    invited = (pl.col("creationType") == "Invitation").fill_null(False)
    return people.select(invited & ~_is_external_now()).to_series()


def as_the_service_sees(
    people: pl.DataFrame, booleans: frozenset[str], sms: frozenset[str] = frozenset()
) -> pl.DataFrame:
    """The records of source users with the attributes that the service computes.

    The caller, who knows the scope, adds ``IsSoftDeleted``. Extensions that hold Booleans have the texts ``True`` and
    ``False``, as expressions see them.

    Args:
        people: Records of users of the source.
        booleans: Attributes that hold Booleans.
        sms: Users who sign in by SMS.
    """
    extensions = [name for name in booleans & set(people.columns) if people.schema[name] == pl.String]
    spelling = {"true": "True", "false": "False"}
    nothing = [pl.lit(None, pl.String).alias(name) for name in sorted(UNPREDICTABLE)]
    return people.with_columns(
        pl.when(_is_external_now())
        .then(pl.lit("external"))
        .when(pl.col("id").is_in(sorted(sms)))
        .then(pl.lit(SMS_IDENTITY))
        .otherwise(pl.lit(MEMBER["alternativeSecurityIds"]))
        .alias("alternativeSecurityIds"),
        pl.col("userState").fill_null(MEMBER["userState"]),
        pl.col("accountEnabled").fill_null(True),
        *(pl.col(name).replace(spelling) for name in extensions),
        *nothing,
    )


def external_name(names: pl.Expr, domain: str) -> pl.Expr:
    """The principal name of an invited account: ``ada@contoso.com`` is ``ada_contoso.com#EXT#@<initial domain>``."""
    return names.str.replace_all("@", "_", literal=True) + f"{EXTERNAL_MARK}@{domain}"


def home_name(names: pl.Expr) -> pl.Expr:
    """The principal name at home of an invited account; null for others.

    The last underscore stands for the ``@``: a domain has none.
    """
    before = names.str.extract(rf"^(.+?){EXTERNAL_MARK}@", 1)
    return before.str.replace(r"^(.*)_([^_]+)$", "${1}@${2}")


def name_before_deletion(user: Mapping[str, Any]) -> str:
    """The principal name that a soft-deleted user had: Graph puts the id in front of it ("Delete user")."""
    return str(user.get("userPrincipalName") or "").removeprefix(str(user["id"]).replace("-", ""))


def names_before_deletion() -> pl.Expr:
    """:func:`name_before_deletion` for a column."""
    name, mark = pl.col("userPrincipalName"), pl.col("id").str.replace_all("-", "", literal=True)
    return pl.when(name.str.starts_with(mark)).then(name.str.slice(mark.str.len_chars())).otherwise(name)


def smtp_addresses(addresses: Iterable[str] | None) -> Iterator[str]:
    """The mail addresses among ``proxyAddresses``, without their prefix."""
    return (each[len(SMTP) :] for each in (() if addresses is None else addresses) if each.lower().startswith(SMTP))


def mail_addresses(objects: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The mail addresses of groups or users, in lower case."""
    found = {address for each in objects for address in smtp_addresses(each.get("proxyAddresses"))}
    found |= {each["mail"] for each in objects if each.get("mail")}
    return frozenset(address.lower() for address in found)
