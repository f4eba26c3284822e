"""Values that have to be unique in the target and that users are to get: addresses and principal names."""

from __future__ import annotations

import polars as pl

from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.series import falses
from entra_sync.impact.planning.users.decisions.decide import Decisions

__all__ = ["WRITES", "claims", "unverified"]

WRITES = ("create", "match", "restore", "update", "disable")
"""Actions that write values to an account."""

CLAIMS: dict[str, type[pl.DataType]] = dict.fromkeys(("person", "account", "kind", "value"), pl.String)


def claims(decisions: Decisions) -> pl.DataFrame:
    """Values that mappings give to users who do not have them yet: ``person``, ``account``, ``kind``, ``value``."""
    flow, table, arriving = decisions.flow, decisions.table, decisions.arriving
    action = table["action"].gather(arriving)
    creates = action == "create"
    updates = action.is_in(WRITES) & ~creates
    frames = [pl.DataFrame(schema=CLAIMS)]
    for target, kind in (("mail", "address"), ("userPrincipalName", "name")):
        row = flow.by_target.get(target)
        if row is None:
            continue
        rows = (creates | (updates & decisions.changes.get(target, falses(arriving.len())))).arg_true()
        value = row.created.gather(rows).zip_with(creates.gather(rows), row.value.gather(rows))
        frames.append(
            table.select("person", "account")[arriving.gather(rows)]
            .with_columns(pl.lit(kind).alias("kind"), value.str.to_lowercase().alias("value"))
            .filter((value != "").fill_null(False))
        )
    return pl.concat(frames)


def unverified(decisions: Decisions, facts: Facts) -> pl.DataFrame:
    """Users whose mail would be of a domain that the source has not verified: ``person``, ``address``, ``domain``.

    "Known issues for provisioning": no external user can be created for such an address.
    """
    mail = decisions.flow.created("mail")
    if mail is None or facts.home_domains is None:
        return pl.DataFrame(schema=dict.fromkeys(("person", "address", "domain"), pl.String))
    found = pl.DataFrame(
        {"person": decisions.table["person"].gather(decisions.arriving), "address": mail}
    ).with_columns(pl.col("address").str.split("@").list.last().str.to_lowercase().alias("domain"))
    strange = ~pl.col("domain").is_in(sorted(facts.home_domains))
    return found.filter((pl.col("address") != "").fill_null(False) & strange)
