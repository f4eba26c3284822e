"""What a process remembers of its run is gone before the next one."""

from __future__ import annotations

import pytest

from entra_sync.base.run import claims
from entra_sync.base.run.memory import forget, remembered
from entra_sync.program.packaged.serving import declaration
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


@pytest.mark.parametrize("name", ["partner", "team/partner", "100 %", "team%2Fpartner"])
@pytest.mark.parametrize("types", ["entra:index:Partner", "entra:index:Link$entra:index/partner:Partner"])
def test_messages_have_the_whole_name_of_a_resource(types: str, name: str) -> None:
    """A slash is allowed in it, and also parts the name of a declaration."""
    found = declaration(f"urn:pulumi:stack::project::{types}::{name}")

    assert name == claims.label(found)
    assert "project/stack" == claims.stack_of({claims.DECLARATION: found})


@pytest.mark.parametrize(
    ("declaration", "link"),
    [
        ("p/s/entra:index:CrossCloudLink::a-b/a-b-job", ("p/s/", "a-b")),
        ("p/s/x:y:Z$entra:index:CrossCloudLink::a%2Fb/other", ("p/s/x:y:Z$", "a%2Fb")),
        ("p/s/entra:index:CrossCloudLink$entra:index:SynchronizationJob/a-b-job", ("p/s/", "a-b")),
        ("p/s/entra:index:SynchronizationJob/job", None),
        ("p/s/x:y:Z::a/a-job", None),
        ("", None),
    ],
)
def test_a_declaration_tells_the_link_that_it_belongs_to(declaration: str, link: tuple[str, str] | None) -> None:
    """In both forms."""
    assert link == claims.link_of({claims.DECLARATION: declaration})
