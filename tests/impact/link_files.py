"""Link files of a world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from entra_sync.expressions import Mappings
from entra_sync.impact.declared.file import LinkFile
from tests.impact.world import World


def link_file(world: World, path: Path, **declared: Any) -> Path:
    """A file that declares the link as it stands, but for what is given."""
    now = world.now()
    assert now is not None
    link = LinkFile(
        source=world.tenant("contoso"),
        target=world.tenant("federal"),
        service_principal_id=world.owner,
        users=sorted(now.users),
        **{"mappings": Mappings(()), **declared},
    )
    path.write_bytes(link.content())
    return path
