"""What Microsoft's pages say happens to a user, one page at a time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.api import Api
from tests.emulator.linking import Link, connect

JSON = Any


@pytest.fixture
def ada(contoso: Api) -> JSON:
    """A member of Contoso."""
    return contoso.user("Ada", mail="ada@contoso.com", userPrincipalName="ada@contoso.com")


def test_user_blocked_and_unassigned_at_once_loses_the_account(link: Link, contoso: Api, ada: JSON) -> None:
    """The exception is for a block that has reached the target before."""
    assignment = link.assign(ada["id"])
    link.cycle()
    contoso.patch(f"/users/{ada['id']}", {"accountEnabled": False})
    link.unassign(assignment)

    assert {"delete": 1} == link.cycle()


def test_disabled_user_is_created_once_enabled(link: Link, contoso: Api, ada: JSON) -> None:
    """A user must be active before the user is provisioned."""
    contoso.patch(f"/users/{ada['id']}", {"accountEnabled": False})
    link.assign(ada["id"])

    assert {"skipped": 1} == link.cycle()
    contoso.patch(f"/users/{ada['id']}", {"accountEnabled": True})
    assert {"create": 1} == link.cycle()


def test_internal_guest_gets_no_account(link: Link, contoso: Api, ada: JSON) -> None:
    """Only internal members are provisioned."""
    contoso.patch(f"/users/{ada['id']}", {"userType": "Guest"})
    link.assign(ada["id"])

    assert {"skipped": 1} == link.cycle()


def test_mail_of_an_unverified_domain_fails(link: Link, contoso: Api, ada: JSON) -> None:
    """The external user is not created."""
    contoso.patch(f"/users/{ada['id']}", {"mail": "ada@example.org"})
    link.assign(ada["id"])

    assert {"failure": 1} == link.cycle()


def test_deletions_are_forced_in_the_next_cycle_only(contoso: Api, federal: Api) -> None:
    """A restart with ForceDeletes that finds nothing pending does not wait for later deletions."""
    link = connect(contoso, federal, threshold=1)
    assignments = [link.assign(contoso.user(f"Person {letter}")["id"]) for letter in "ABC"]
    link.start()
    link.cycle()
    contoso.post(f"{link.job}/restart", {"criteria": {"resetScope": "ForceDeletes"}})
    link.cycle()
    for assignment in assignments:
        link.unassign(assignment)

    assert {} == link.cycle()
    assert "TooManyDeletes" == link.status()["quarantine"]["reason"]
