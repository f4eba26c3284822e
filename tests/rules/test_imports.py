"""Tests stand alone: none imports from another one, nor uses a private name of something that it imports."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PRODUCT = {"entra_sync", "entra_guard"}
OF_PULUMI = {"_resource_type_name"}
"""What Pulumi gives no public name: the type under which the engine knows a resource."""


def faults(source: str) -> list[str]:
    """What a test module takes that it should not: ``module.name`` of an import, and private attributes.

    A private attribute that is replaced by its name, as ``monkeypatch`` does it, counts too.
    """
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
    return found + [
        name
        for name in [*private_attributes(source), *replaced_attributes(source)]
        if name.rpartition(".")[2] not in OF_PULUMI
    ]


def private_attributes(source: str) -> list[str]:
    """Private attributes that a module reads and does not define, in the order of the text."""
    tree = ast.parse(source)
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    used = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__")
    ]
    of_itself = [node for node in used if ast.unparse(node.value) in {"self", "cls"}]
    own |= {node.attr for node in of_itself}
    return [ast.unparse(node) for node in used if node.attr not in own]


def replaced_attributes(source: str) -> list[str]:
    """Private attributes that a module sets or deletes by their names, in the order of the text."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Name("setattr" | "delattr") | ast.Attribute(attr="setattr" | "delattr"), args=[of, *rest]
            ):
                names = [of] if isinstance(of, ast.Constant) else [of, *rest[:1]]
                written = ".".join(ast.unparse(each).strip("'") for each in names)
                if re.match(r"_[^_]", written.rpartition(".")[2]):
                    found.append(written)
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
        ("from entra_sync.base.run import claims\nclaims._claims.clear()", ["claims._claims"]),
        ("def f(stack):\n    stack.workspace._run()", ["stack.workspace._run"]),
        ("class A:\n    def _b(self): ...\n    def c(self, other): return self._d or other._d or other._b()", []),
        ("from entra_sync.graph.paths import _path, job", ["entra_sync.graph.paths._path"]),
        ("def f():\n    from entra_guard._inner import rule", ["entra_guard._inner.rule"]),
        ("from entra_sync.program.packaged.__main__ import start", []),
        ('monkeypatch.setattr(doctor, "_now", clock.now)', ["doctor._now"]),
        (
            'monkeypatch.setattr("entra_sync.emulator.serving.server._TICK", 1)',
            ["entra_sync.emulator.serving.server._TICK"],
        ),
        ('monkeypatch.delattr(handler, "_args")\nsetattr(handler, name, 1)', ["handler._args"]),
        ('monkeypatch.setattr(Server, "tick", 1)\nmonkeypatch.setattr(Server, "__enter__", 1)', []),
        ("from tests.graph.service import ok", []),
        ("from azure.identity._internal import x", []),
    ],
    ids=range(15),
)
def test_such_a_use_is_found(source: str, expected: list[str]) -> None:
    assert expected == faults(source)
