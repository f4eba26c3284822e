"""An emulator with a sample tenant in each of two clouds, asked over HTTP."""

from __future__ import annotations

import pytest

from entra_sync.emulator import Emulator
from tests.emulator.api import Api
from tests.emulator.dashboard.screenshots import eventful
from tests.emulator.linking import Link


@pytest.fixture
def emulator() -> Emulator:
    """Contoso with forty people in the global cloud, Contoso Federal in the US Government cloud."""
    return Emulator.sample("contoso", seed=7, people=40)


@pytest.fixture
def contoso(emulator: Emulator) -> Api:
    """Contoso's Graph."""
    return Api(emulator, "contoso")


@pytest.fixture
def federal(emulator: Emulator) -> Api:
    """Contoso Federal's Graph."""
    return Api(emulator, "federal")


@pytest.fixture(scope="module")
def morning() -> Link:
    """Contoso and Contoso Federal after three cycles; tests that use it only look."""
    return eventful(people=60)
