"""The state of a link from what Graph says of its job."""

from __future__ import annotations

from typing import Any

import pytest

from entra_sync.expressions import default_schema
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.link import LinkState, after
from entra_sync.impact.reading.link import link_state

JSON = Any


@pytest.mark.parametrize(
    ("counts", "users"),
    [
        ([{"key": "user to User", "value": 3}], 3),
        ([{"key": "user to User", "value": 3}, {"key": "group to Group", "value": 5}], 3),
        ([{"key": "group to Group", "value": 5}], None),
        ([], None),
    ],
    ids=["users", "users and groups", "groups", "nothing"],
)
def test_only_users_count_among_what_the_job_has_synchronized(counts: JSON, users: int | None) -> None:
    """The plan compares the number with the accounts that it finds. What is not said is not 0."""
    job = {"id": "job", "status": {"synchronizedEntryCountByType": counts}}

    assert users == link_state("application", job, default_schema(), [], []).synchronized


@pytest.mark.parametrize(
    ("last", "escrowed"),
    [({}, 0), ({"state": "EntryLevelErrors", "countEscrowed": 2}, 2), ({"state": "Failed", "countEscrowed": 0}, None)],
    ids=["none", "two", "the cycle failed"],
)
def test_users_who_wait_for_another_try_are_not_known_after_a_cycle_that_failed(
    last: JSON, escrowed: int | None
) -> None:
    job = {"id": "job", "status": {"lastExecution": last}}

    assert escrowed == link_state("application", job, default_schema(), [], []).escrowed


def with_settings(**settings: str) -> LinkState:
    """A link with these settings."""
    secrets = [{"key": key, "value": value} for key, value in settings.items()]
    return link_state("application", {"id": "job"}, default_schema(), secrets, [])


@pytest.mark.parametrize(
    ("settings", "read"),
    [
        ({}, (False, None)),
        ({"SyncAll": "True"}, (True, None)),
        ({"SyncAll": "false", "SyncNotificationSettings": ""}, (False, None)),
        ({"SyncNotificationSettings": '{"DeleteThresholdEnabled":false,"DeleteThresholdValue":5}'}, (False, None)),
        ({"SyncNotificationSettings": '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":5}'}, (False, 5)),
        ({"SyncNotificationSettings": '{"DeleteThresholdEnabled":true}'}, (False, 500)),
    ],
    ids=["none", "all users", "assigned users", "switched off", "five", "on without a number"],
)
def test_settings_are_read(settings: dict[str, str], read: JSON) -> None:
    found = with_settings(**settings)

    assert (read, frozenset()) == ((found.everyone, found.deletion_threshold), found.unread)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("SyncAll", "*****"),
        ("SyncAll", "maybe"),
        ("SyncNotificationSettings", "*****"),
        ("SyncNotificationSettings", "[]"),
        ("SyncNotificationSettings", '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":"many"}'),
    ],
)
def test_a_setting_that_cannot_be_read_is_presumed_to_be_as_declared(key: str, value: str) -> None:
    """Graph may hide it by asterisks. The other setting counts as it was read."""
    both = {"SyncAll": "false", "SyncNotificationSettings": '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":5}'}
    found = with_settings(**{**both, key: value})
    then = after(found, Declaration(everyone=True, deletion_threshold=7), default_schema())
    presumed = found.presumed(then)

    assert {key} == found.unread
    assert frozenset() == then.unread
    assert ((True, 5) if key == "SyncAll" else (False, 7)) == (presumed.everyone, presumed.deletion_threshold)
