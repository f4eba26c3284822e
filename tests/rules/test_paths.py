"""Graph's paths are written down once, in `entra_sync.graph.paths`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "provider" / "entra_sync"
POLICIES = Path(__file__).parents[2] / "policies"

TABLES = {
    "graph/paths.py": "the paths",
    "graph/permissions.py": "which permissions an operation takes, by the operation's name in Microsoft's reference",
    "operate/project/requirements.py": "which operations a resource takes, by their names in Microsoft's reference",
}
"""Modules that write paths out, and why. The emulator, which answers the paths, has its routes."""

COLLECTIONS = (
    *("applicationTemplates", "applications", "auditLogs", "directory", "directoryObjects", "groups", "invitations"),
    *("me", "organization", "policies", "servicePrincipals", "subscribedSkus", "users"),
)
PATH = re.compile(rf"^(<[\w ]+>)?(/(v1\.0|beta)|/({'|'.join(COLLECTIONS)}))\b")


def test_paths_are_in_one_module() -> None:
    modules = {path.relative_to(root).as_posix(): path for root in (ROOT, POLICIES) for path in root.rglob("*.py")}
    found = [
        f"{name}:{line}: {text}"
        for name, path in sorted(modules.items())
        if name not in TABLES and not name.startswith("emulator/")
        for line, text in _paths(path.read_text(encoding="utf-8"))
    ]
    assert [] == found


@pytest.mark.parametrize("module", TABLES)
def test_each_table_has_paths(module: str) -> None:
    assert list(_paths((ROOT / module).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("code", "has_path"),
    [
        ('graph.get(f"/v1.0/applications/{id}")', True),
        ('path = "/beta/policies"', True),
        ('id = f"{tenant.tenant_id}/policies/crossTenantAccessPolicy/default"', True),
        ('form = f"<tenant id>/servicePrincipals/{id}"', True),
        ('operation = "GET /users/{id}"', False),
        ('path.removeprefix("/v1.0")', False),
        ('"""Reads `/users`."""', False),
        ('f"{paths.USERS}?$select=id"', False),
        ('"/usersettings"', False),
    ],
)
def test_a_literal_path_is_found(code: str, has_path: bool) -> None:
    assert has_path == bool(list(_paths(code)))


def _paths(code: str) -> Iterator[tuple[int, str]]:
    """Line and text of each literal that begins with a path; a version that is taken off again is not one."""
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Constant(value=str(text), lineno=line) if PATH.search(text) and text not in ("/v1.0", "/beta"):
                yield line, text
