"""Which users are in scope, what lets them in, and what is told of each user who is not."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime

import polars as pl
import pytest

from entra_sync.expressions import ScopingFilter, all_of, any_of, clause, default_schema, object_mapping
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.planning.users.scope import Population
from entra_sync.microsoft.assumptions import SMS_IDENTITY

GONE = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = {
    # id: country, department, identity, deleted
    "ada": ("US", "Sales", "None", None),
    "bob": ("DE", "Sales", "None", None),
    "cleo": (None, None, "None", None),
    "dan": ("US", "Sales", "external", None),
    "eve": ("US", "Sales", SMS_IDENTITY, None),
    "fay": ("US", "Sales", None, None),
    "gone": ("US", "Sales", "None", GONE),
}
COLUMNS = {
    "id": pl.String,
    "country": pl.String,
    "department": pl.String,
    "alternativeSecurityIds": pl.String,
    "deleted": pl.Datetime("us", "UTC"),
    "userState": pl.String,
}
"""The users of these tests, as the service sees them."""


@pytest.fixture
def population() -> Population:
    """All users; ``bob`` and ``cleo`` are members of a group."""
    people = pl.DataFrame([(id, *values, "Accepted") for id, values in PEOPLE.items()], schema=COLUMNS, orient="row")
    members = pl.DataFrame({"row": [1, 2], "group": ["team", "team"]}, schema={"row": pl.UInt32, "group": pl.String})
    return Population(members, people)


def link(scoping: ScopingFilter | None = None, **scope: object) -> LinkState:
    """A link with the service's own filter, and one of the program."""
    schema = deepcopy(default_schema())
    if scoping is not None:
        object_mapping(schema)["scope"].update(scoping.graph())
    return LinkState(schema, **scope)  # type: ignore[arg-type]


def told(population: Population, state: LinkState) -> dict[str, tuple[str | None, str | None]]:
    """The reason of each user who is not in scope, with what it is about."""
    why = population.reasons(state, population.scoping(state))
    rows = zip(PEOPLE, why.code.to_list(), why.subject.to_list(), strict=True)
    return {id: (code, subject) for id, code, subject in rows if code is not None}


BY_THE_SERVICE = {
    "dan": ("external", None),
    "eve": ("sms-sign-in", None),
    "fay": ("filter", "alternativeSecurityIds is empty"),
    "gone": ("deleted-in-source", None),
}


def test_without_a_filter_of_the_program_the_service_keeps_some_users_out(population: Population) -> None:
    """Each for a reason of its own: an external user, one who signs in by SMS, one who is deleted."""
    assert BY_THE_SERVICE == told(population, link(everyone=True))


@pytest.mark.parametrize(
    ("scoping", "out"),
    [
        (
            any_of(clause("country").equals("US")),
            {"bob": 'country is not "US"', "cleo": "country is empty"},
        ),
        (
            any_of(all_of(clause("country").equals("US"), clause("department").equals("Sales"))),
            {"bob": 'country is not "US"', "cleo": "country is empty"},
        ),
        (
            any_of(clause("country").equals("US"), clause("department").equals("Research")),
            {
                "bob": 'country is not "US"; department is not "Research"',
                "cleo": "country is empty; department is empty",
            },
        ),
        (
            any_of(clause("country").equals("US"), clause("department").equals("Sales")),
            {"cleo": "country is empty; department is empty"},
        ),
    ],
    ids=["one clause", "the first clause that fails", "each group that fails", "one group is enough"],
)
def test_a_filter_tells_of_each_user_what_keeps_the_user_out(
    population: Population, scoping: ScopingFilter, out: dict[str, str]
) -> None:
    """An attribute that is empty is told as that: it is a user to complete, not one to leave out."""
    expected = {**BY_THE_SERVICE, **{id: ("filter", subject) for id, subject in out.items()}}

    assert expected == told(population, link(scoping, everyone=True))


def test_who_is_not_assigned_is_told_before_what_the_program_filters(population: Population) -> None:
    """The service's own filter comes first."""
    state = link(any_of(clause("country").equals("US")), groups=frozenset({"team"}), users=frozenset({"ada", "bob"}))

    assert {
        **BY_THE_SERVICE,
        "bob": ("filter", 'country is not "US"'),
        "cleo": ("filter", "country is empty"),
    } == told(population, state)
    assert ("not-assigned", None) == told(population, link(users=frozenset({"ada"})))["bob"]


def test_what_lets_a_user_in_is_the_user_s_own_assignment_before_that_of_a_group(population: Population) -> None:
    """A group that is not assigned lets no user in. A user who is deleted is not let in."""
    state = link(groups=frozenset({"team"}), users=frozenset({"ada", "bob", "gone"}))
    via = population.scoping(state).via

    assert [
        ("assigned", None),
        ("assigned", None),
        ("member", "team"),
        *[(None, None)] * 4,
    ] == list(zip(via.code.to_list(), via.subject.to_list(), strict=True))
    assert [] == population.scoping(link(groups=frozenset({"another"}))).entitled.arg_true().to_list()
