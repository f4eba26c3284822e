"""A link to run cycles of."""

from __future__ import annotations

import pytest

from tests.emulator.api import Api
from tests.emulator.linking import Link, connect


@pytest.fixture
def link(contoso: Api, federal: Api) -> Link:
    """A running link with no user in scope."""
    made = connect(contoso, federal)
    made.start()
    return made
