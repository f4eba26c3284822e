"""A body with a property that the type does not have is refused, by name, and nothing is changed."""

from __future__ import annotations

import pytest

from tests.emulator.api import Api
from tests.emulator.requests.bodies import CASES, filled, furnished, state


@pytest.fixture
def places(contoso: Api, federal: Api) -> dict[str, str]:
    """Something of every type, by the names in the paths of the cases."""
    return furnished(contoso, federal)


@pytest.mark.parametrize("case", CASES)
def test_unknown_property_is_refused(contoso: Api, places: dict[str, str], case: str) -> None:
    """The answer is 400 and names it; the same body without it is accepted, so nothing else was wrong."""
    method, path, body = CASES[case]
    path = path.format(**places)
    body = contoso.get(path) if body == "schema" else filled(body, places, "nonsense")
    inside = "*" in str(CASES[case][2])
    before = state(contoso)
    status, _, message = contoso.error(method, path, body if inside else {**body, "nonsense": 1})

    assert 400 == status
    assert "'nonsense'" in message
    assert before == state(contoso)
    if not inside:
        contoso.ok(method, path, body)
