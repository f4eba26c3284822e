"""Which clouds may be linked, and where they answer."""

import pytest

from entra_sync.microsoft.clouds import CLOUDS, Cloud, pair


@pytest.mark.parametrize(
    ("source", "target", "supported"),
    [
        ("global", "global", True),
        ("global", "usgov", True),
        ("global", "usgovdod", True),
        ("usgov", "global", True),
        ("usgovdod", "global", True),
        ("usgov", "usgovdod", True),
        ("global", "china", True),
        ("china", "china", True),
        ("china", "global", False),
        ("china", "usgov", False),
        ("usgov", "china", False),
        ("usgovdod", "china", False),
    ],
)
def test_pairs_are_supported_in_the_documented_directions_only(source: str, target: str, supported: bool) -> None:
    """China can only receive; the US Government clouds count as one."""
    assert supported == pair(Cloud(source), Cloud(target)).supported


def test_a_refused_pair_says_why() -> None:
    """The reason goes into the error that a user reads."""
    assert "can only receive" in pair(Cloud.CHINA, Cloud.GLOBAL).reason


def test_manager_stays_within_the_global_cloud() -> None:
    """It is synchronized only between commercial tenants."""
    across, within, government = (
        pair(Cloud.GLOBAL, Cloud.USGOV),
        pair(Cloud.GLOBAL, Cloud.GLOBAL),
        pair(Cloud.USGOV, Cloud.USGOV_DOD),
    )

    assert [False, True, False] == [across.manager, within.manager, government.manager]


def test_each_cloud_has_endpoints_of_its_own_but_the_two_of_the_us_government() -> None:
    """L4 and L5 share login authority and entry in allowedCloudEndpoints, not Graph."""
    assert len(CLOUDS) == len({info.graph for info in CLOUDS.values()})
    assert CLOUDS[Cloud.USGOV].endpoint == CLOUDS[Cloud.USGOV_DOD].endpoint
