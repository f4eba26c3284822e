"""What was created a short while ago, and what a deletion takes from it."""

import pytest

from entra_sync.graph import paths
from entra_sync.graph.answers.fresh import Fresh
from entra_sync.graph.requests import Request

ONE, OTHER = (f"{number}0000000-0000-4000-8000-000000000000" for number in range(1, 3))

ALONE = [
    # A path for each of two objects: one is deleted, the other stays fresh.
    (paths.identity_synchronization(ONE), paths.identity_synchronization(OTHER)),
    (paths.identity_synchronization(ONE), f"{paths.PARTNERS}/{ONE}"),
    (paths.schema(ONE, "first"), paths.schema(ONE, "second")),
    (paths.schema(ONE, "first"), paths.secrets(ONE)),
    (paths.job(ONE, "first"), paths.job(ONE, "second")),
    (paths.partner(ONE), paths.identity_synchronization(OTHER)),
    (f"{paths.GROUPS}/{ONE}/members/{OTHER}/$ref", f"{paths.GROUPS}/{ONE}"),
]

TOGETHER = [
    # What is deleted, and what is gone with it.
    (paths.identity_synchronization(ONE), paths.identity_synchronization(ONE)),
    (paths.partner(ONE), paths.identity_synchronization(ONE)),
    (paths.job(ONE, "first"), paths.schema(ONE, "first")),
    (paths.service_principal(ONE), paths.schema(ONE, "first")),
    (paths.deleted(ONE), paths.schema(ONE, "first")),
]


@pytest.mark.parametrize(("deleted", "stays"), ALONE)
def test_a_deletion_leaves_other_objects_fresh(deleted: str, stays: str) -> None:
    """A late replica's "not found" for them is still waited for."""
    fresh = Fresh()
    fresh.note(Request("PUT", stays), None)
    fresh.note(Request("DELETE", deleted), None)

    assert fresh.patience(Request("GET", stays)) > 0


@pytest.mark.parametrize(("deleted", "gone"), TOGETHER)
def test_a_deletion_ends_the_wait_for_the_object_and_what_is_below_it(deleted: str, gone: str) -> None:
    """They are really gone."""
    fresh = Fresh()
    fresh.note(Request("PUT", gone), None)
    fresh.note(Request("DELETE", deleted), None)

    assert 0.0 == fresh.patience(Request("GET", gone))


@pytest.mark.parametrize("path", [paths.application(ONE), paths.application_of(OTHER), paths.deleted(ONE)])
def test_a_deletion_by_id_ends_the_wait_for_the_object(path: str) -> None:
    """Whichever of its ids the path names."""
    fresh = Fresh()
    fresh.note(Request("POST", paths.APPLICATIONS), {"id": ONE, "appId": OTHER})
    fresh.note(Request("DELETE", path), None)

    assert 0.0 == fresh.patience(Request("GET", path))
