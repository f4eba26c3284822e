"""Which account of the target the plan takes for a user's: by name, and once the job's links are dropped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from entra_sync.expressions import AttributeMapping, Mappings
from tests.impact.planning.worlds import guest, synchronized, user
from tests.impact.world import World

ONE_MAIL = Mappings((AttributeMapping(target="mail", source='"shared@contoso.com"'),))
"""Gives all users the same address, so that they end up with one account."""


@pytest.fixture(scope="module")
def built() -> Iterator[World]:
    """Two tenants of the global cloud."""
    yield World.build("global")


@pytest.mark.parametrize("name", ["{}@contoso.com", "{}@CONTOSO.com"], ids=["as it was", "in another case"])
@pytest.mark.parametrize(("first", "second"), [("ada", "bob"), ("bob", "ada")])
def test_a_shared_account_goes_to_the_user_whose_name_it_does_not_carry(
    built: World, first: str, second: str, name: str
) -> None:
    """The name is that of the user who had it first, also if the other one has the first turn."""
    built.reset()
    built.schema(ONE_MAIL, None)
    ids = {each: user(built, each, number) for number, each in enumerate(("ada", "bob"), 1)}
    synchronized(built, ids[first])
    built.assign(ids.values())
    built.cycle()
    for each, id in ids.items():
        built.send("contoso", "PATCH", f"/v1.0/users/{id}", {"userPrincipalName": name.format(each)})
    found = built.plan(built.then(mappings=ONE_MAIL, restart=frozenset({"Full"}))).people
    rows = {person: told for person, *told in found.select("person", "action", "uncertain").iter_rows()}

    assert 1 == len(set(built.links().values()))
    assert [["conflict", "contested"], ["match", "contested"]] == [rows[ids[first]], rows[ids[second]]]


def test_an_account_of_one_user_stays_with_the_user(built: World) -> None:
    built.reset()
    ids = [user(built, "ada", 1), user(built, "bob", 2)]
    synchronized(built, *ids)
    found = built.plan(built.then(restart=frozenset({"Full"}))).people

    assert built.links() == dict(found.select("person", "account").iter_rows())
    assert [("match", None)] * 2 == found.select("action", "uncertain").rows()


def test_an_account_with_the_name_that_a_mapping_gives_is_the_users(built: World) -> None:
    """The job takes it over, because it has the user's identity."""
    built.reset()
    ada, row = user(built, "ada", 1), AttributeMapping(target="userPrincipalName", source='"countess@contoso.com"')
    account = guest(built, "countess_contoso.com", _alternativeSecurityIds=f"5::{1:016X}")
    mappings = Mappings((row,))
    found = built.plan(built.then(users=frozenset({ada}), mappings=mappings)).people
    built.schema(mappings, None)
    synchronized(built, ada)

    assert [(ada, account, "match")] == found.select("person", "account", "action").rows()
    assert {ada: account} == built.links()


def test_a_user_whose_mail_is_of_an_unverified_domain_gets_no_account(built: World) -> None:
    """A user without a mail address gets one, as does a user whose domain the source has verified."""
    built.reset()
    mails = {"ada": "ada@elsewhere.example", "bob": "", "cay": "cay@contoso.com"}
    ids = {name: user(built, name, number, mail=mail) for number, (name, mail) in enumerate(mails.items(), 1)}
    found = built.plan(built.then(users=frozenset(ids.values()))).people
    rows = {person: told for person, *told in found.select("person", "action", "reason", "subject").iter_rows()}
    synchronized(built, *ids.values())

    assert ["failed", "domain-not-verified", "elsewhere.example"] == rows[ids["ada"]]
    assert ["create", "create"] == [rows[ids[name]][0] for name in ("bob", "cay")]
    assert {ids["bob"], ids["cay"]} == built.links().keys()
