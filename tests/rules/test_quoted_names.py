"""Docstrings quote names that exist."""

import ast
import re
from pathlib import Path

import entra_guard
import entra_sync

PACKAGES = [Path(package.__file__).parent for package in (entra_sync, entra_guard)]
QUOTED = re.compile(r"(?<![`:])`([a-z_][a-z_0-9.]*)`(?!`)|:(?:mod|func|class|data|meth|attr):`~?([\w.]+)`")


def quoted_names(source: str) -> set[str]:
    """The names in backticks and cross-references of the docstrings of a module."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(source)) if isinstance(node, documented)]
    return {name.rsplit(".", 1)[-1] for text in texts for pair in QUOTED.findall(text) for name in pair if name}


def known_names(source: str) -> set[str]:
    """Every name of a module, and every word that is a value in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        for field in ("name", "id", "attr", "arg"):
            name = getattr(node, field, None)
            found.update(name.split(".") if isinstance(name, str) else ())
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def test_docstrings_quote_names_that_exist() -> None:
    """A module or function that was renamed is renamed in the text too."""
    modules = {path: path.read_text() for package in PACKAGES for path in package.rglob("*.py")}
    known = {part for path in modules for part in (path.stem, *path.parts)}
    known.update(name for text in modules.values() for name in known_names(text))

    assert {} == {path.name: lost for path, text in modules.items() if (lost := quoted_names(text) - known)}


def test_a_quoted_name_is_found() -> None:
    """In single backticks and in cross-references; code in double backticks may be anything."""
    assert {"one", "two"} == quoted_names('"""See `old.one` and :func:`here.two`, not ``three``."""')
