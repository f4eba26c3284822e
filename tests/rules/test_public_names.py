"""The public surface: what is listed is there, typed, and nothing else is."""

import ast
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest

import entra_sync
from entra_sync.errors import EntraSyncError


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


INNER_ERRORS = {"NotSeen": "`entra-sync verify` raises it and reports what it did not see"}
"""Errors of the package that no program can meet, and why."""


def test_every_error_that_a_program_can_meet_is_exported_from_the_one_tree() -> None:
    """Each kind is defined in ``errors``, or stays within one command."""
    for name in modules():
        import_module(name)
    kinds, found = [EntraSyncError], []
    while kinds:
        kind = kinds.pop()
        found.append(kind)
        kinds += kind.__subclasses__()
    own = {kind for kind in found if kind.__module__.startswith("entra_sync.")}
    elsewhere = {kind.__name__ for kind in own if not kind.__module__.startswith("entra_sync.errors")}

    assert INNER_ERRORS.keys() == elsewhere
    assert set() == {kind.__name__ for kind in own} - INNER_ERRORS.keys() - set(entra_sync.__all__)
