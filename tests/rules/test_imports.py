"""Tests stand alone: none imports from another one, nor a private name of the product."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PRODUCT = {"entra_sync", "entra_guard"}


def faults(source: str) -> list[str]:
    """What a test module imports that it should not, as ``module.name``."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [(node.module or "", alias.name) for alias in node.names]
        else:
            continue
        for module, name in modules:
            parts = [*module.split("."), *([name] if name else [])]
            of_a_test = parts[0] == "tests" and any(part.startswith("test_") for part in parts[1:])
            private = parts[0] in PRODUCT and any(
                part.startswith("_") and not part.startswith("__") for part in parts[1:]
            )
            if of_a_test or private:
                found.append(".".join(parts))
    return found


def test_no_test_imports_from_another_test_nor_a_private_name() -> None:
    """What several tests need is in a module of its own, or in a conftest; what tests need of the product is public."""
    found = {
        path.relative_to(TESTS).as_posix(): bad
        for path in sorted(TESTS.rglob("*.py"))
        if "judges" not in path.parts and (bad := faults(path.read_text(encoding="utf-8")))
    }

    assert {} == found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from tests.graph.test_hosts import ok", ["tests.graph.test_hosts.ok"]),
        ("from tests.graph import test_hosts", ["tests.graph.test_hosts"]),
        ("import tests.graph.test_hosts", ["tests.graph.test_hosts"]),
        ("from entra_sync.graph.paths import _path, job", ["entra_sync.graph.paths._path"]),
        ("def f():\n    from entra_guard._inner import rule", ["entra_guard._inner.rule"]),
        ("from entra_sync.program.packaged.__main__ import start", []),
        ("from tests.graph.service import ok", []),
        ("from azure.identity._internal import x", []),
    ],
    ids=range(8),
)
def test_such_an_import_is_found(source: str, expected: list[str]) -> None:
    assert expected == faults(source)
