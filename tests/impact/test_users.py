"""Facts about users that several parts read: one function for columns and for documents says the same."""

from __future__ import annotations

import polars as pl

from entra_sync.impact.facts.users import mail_addresses, name_before_deletion, names_before_deletion, smtp_addresses

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
