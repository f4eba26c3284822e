"""What the provider tells a user goes through one function: the engine hides what the packaged provider prints."""

import ast
from pathlib import Path

import pytest

import entra_sync

PACKAGE = Path(entra_sync.__file__).parent
PROVIDER = ("base", "errors", "expressions", "graph", "impact", "licensing", "microsoft", "program", "resources")
PRINTS = {
    "base/notes.py": "the function itself, for a process without an engine",
    "program/packaged/__main__.py": "the port, by which the engine finds the provider",
}


def printing(source: str) -> list[str]:
    """The lines of a module that print, or name the streams of the process."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Name) and node.id == "print")
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr"))
    ]


def test_the_provider_prints_nothing_by_itself() -> None:
    """Progress and warnings are shown whichever way the engine runs the provider."""
    modules = [path for folder in PROVIDER for path in (PACKAGE / folder).rglob("*.py")]
    found = {str(path.relative_to(PACKAGE)) for path in modules if printing(path.read_text())}

    assert set(PRINTS) == found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("print(1)", ["print"]),
        ("f(show=print)", ["print"]),
        ("f(sys.stderr)", ["sys.stderr"]),
        ("console.print(1)", []),
    ],
)
def test_printing_is_found(source: str, expected: list[str]) -> None:
    """Also where the function is only named."""
    assert expected == printing(source)
