"""What the record on the application costs."""

from __future__ import annotations

from tests.ownership.world import make_world


def test_the_record_of_a_link_costs_one_write() -> None:
    """Of a link's twelve writes eleven make one thing each, and no path is written twice. The twelfth is the record."""
    world = make_world("quickstart")
    world.stack().up()
    writes = world.emulator.requests.writes
    record = [each for each in writes if isinstance(each.body, dict) and "tags" in each.body]
    paths = {(each.cloud, each.method, each.path) for each in writes if each not in record}

    assert 1 == len(record)
    assert 11 == len(paths)
    assert 12 == len(writes)
