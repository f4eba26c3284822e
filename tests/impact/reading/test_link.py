"""The state of a link from what Graph says of its job."""

from __future__ import annotations

from typing import Any

import pytest

from entra_sync.expressions import default_schema
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
