"""The public surface: what is listed is there, typed, and nothing else is."""

import ast
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest

import entra_sync


def modules() -> list[str]:
    """Every module of the package."""
    found = pkgutil.walk_packages(entra_sync.__path__, "entra_sync.")
    return sorted(module.name for module in found)


def test_every_name_of_the_package_loads_and_has_a_type() -> None:
    """The stub that type checkers read lists the same names."""
    stub = ast.parse(Path(entra_sync.__file__).with_suffix(".pyi").read_text())
    typed = [alias.asname for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names]

    assert entra_sync.__all__ == sorted(str(name) for name in typed)
    for name in entra_sync.__all__:
        assert getattr(entra_sync, name) is not None


@pytest.mark.parametrize("name", modules())
def test_a_module_lists_names_that_it_has(name: str) -> None:
    """``__all__`` is there, and each of its names is public and defined."""
    module = import_module(name)
    listed = getattr(module, "__all__", [])

    assert [] == [each for each in listed if each.startswith("_") or not hasattr(module, each)]
