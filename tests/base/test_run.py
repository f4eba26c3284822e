"""What a process remembers of its run is gone before the next one."""

from __future__ import annotations

from entra_sync.base.run import claims
from entra_sync.base.run.memory import forget, remembered
from entra_sync.resources.shared import targets


def test_every_memory_is_empty_after_a_run() -> None:
    """Declarations, the stack, and what a module of its own remembers."""
    own = remembered({"a": 1})
    inputs = {claims.DECLARATION: "project/stack/link"}
    claims.declare("tenant/object", inputs)
    claims.run_for(inputs)
    assert claims.holders("tenant/object")
    assert "project/stack" == claims.stack()

    forget()

    assert {} == own
    assert [] == claims.holders("tenant/object")
    assert "" == claims.stack()
    assert {} == targets.owners_by_job
