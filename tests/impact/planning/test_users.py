"""Facts about users that several parts read: one function for columns and for documents says the same."""

from __future__ import annotations

import polars as pl

from entra_sync.impact.facts.users import mail_addresses, name_before_deletion, names_before_deletion, smtp_addresses
from entra_sync.impact.planning.users.flow import same_value
from entra_sync.impact.reading.users import Patience, Reading

ID = "0a1b2c3d-0000-4000-8000-00000000000a"
NAMES = [f"{ID.replace('-', '')}ada@contoso.com", "ada@contoso.com", None]


def test_name_before_deletion_is_that_of_the_column() -> None:
    """Graph puts the id in front of the name of a soft-deleted user; a name without it stays."""
    people = pl.DataFrame({"id": [ID] * 3, "userPrincipalName": NAMES})
    columns = people.select(names_before_deletion()).to_series().to_list()

    assert ["ada@contoso.com", "ada@contoso.com", None] == columns
    assert [name or "" for name in columns] == [name_before_deletion({"id": ID, "userPrincipalName": n}) for n in NAMES]


def test_only_mail_addresses_count_among_proxy_addresses() -> None:
    """The prefix is in capitals for the primary address; other kinds of addresses are no mail."""
    proxies = ["SMTP:Ada@contoso.com", "smtp:a@contoso.com", "x500:/o=contoso", "sip:ada@contoso.com"]

    assert ["Ada@contoso.com", "a@contoso.com"] == list(smtp_addresses(proxies))
    assert [] == list(smtp_addresses(None))
    group = {"mail": "Team@contoso.com", "proxyAddresses": proxies}
    assert {"team@contoso.com", "ada@contoso.com", "a@contoso.com"} == mail_addresses([group, {"mail": None}])


def test_progress_is_told_of_long_readings_only() -> None:
    """Nothing in the first two seconds, then a line every five."""
    moments = iter([0.0, 1.9, 2.0, 6.9, 7.0])
    told: list[str] = []
    patience = Patience(told.append, lambda: next(moments))
    for people in (999, 1998, 2997, 3996):
        patience(Reading("contoso (global)", "users", people))

    assert [
        "reading contoso (global): users, 1,998 users so far",
        "reading contoso (global): users, 3,996 users so far",
    ] == told


def test_values_that_differ_in_case_only_are_the_same_unless_case_counts() -> None:
    """A letter may have more bytes in one case than in the other, such as the Kelvin sign."""
    old = pl.Series(["Ada", "ADA", "ada", "\u212aelvin", "Ada", None, "Ada"])
    new = pl.Series(["Ada", "ada", "adam", "kelvin", "Eve", "Ada", None])

    assert [True, True, False, True, False, False, False] == same_value(old, new, exact=False).to_list()
    assert [True, False, False, False, False, False, False] == same_value(old, new, exact=True).to_list()
