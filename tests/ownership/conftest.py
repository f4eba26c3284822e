"""Programs on the real engine, and a table of cells on an engine in this process."""

import os
import random

import pytest

from tests.programs.conftest import emulator, project, stack

__all__ = ["emulator", "project", "stack"]

SAMPLE = 12
"""Cells of the table that an ordinary run tries; ``ENTRA_SYNC_TABLE=all`` tries every one."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps a seeded sample of the table."""
    if os.environ.get("ENTRA_SYNC_TABLE") == "all":
        return
    cells = sorted((item for item in items if "test_table.py" in item.nodeid), key=lambda item: item.nodeid)
    left_out = set(cells) - set(random.Random(11).sample(cells, min(SAMPLE, len(cells))))
    if left_out and not config.option.keyword:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]
