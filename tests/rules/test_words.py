"""Plain English: words that readers stumble at stay out of what they read first."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORDS = re.compile(
    r"\b(somebody|nobody|everybody|whoever|whom|anew|besides|mend(s|ed|ing)?|in earnest|says? so|said so|licences?)\b",
    re.IGNORECASE,
)
ALLOWED = {
    "ScopingFilter.everybody()": "a public name",
    "licences-suffice": "the earlier name of a rule, in the changelog",
    "link.licences": "the earlier name of an output, in the changelog",
    "<link>-licences": "the earlier name of a resource, in the changelog",
    "-licences": "the earlier name of a resource, which an alias keeps",
    "everybody-else": "a name in users' states",
    "everybody_else": "a name in a program",
    "licence.group": "a name in the emulator's earlier state",
    '"licence"': "a name in the emulator's earlier state",
    "link(licences=[])": "a spelling that a user may take",
    'there is no argument "licences"': "the answer to it",
}
NAMES = {"everybody", "everybody_else"}
"""Names that users have in their programs."""

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("programs/*/*.md")]
)
CODE = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("provider", "policies", "programs", "tests", "scripts", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if path != Path(__file__)
)
COMMANDS_AND_RULES = [each for each in CODE if "/cli/" in each or each.startswith("policies/")]
FOLDERS = ("provider", "policies", "programs", "tests", "scripts", "benchmarks", "docs", "docker", "engine", ".github")
KINDS = {".go", ".js", ".mjs", ".ts", ".html", ".css", ".svg", ".txt", ".yaml", ".yml", ".toml", ".mod", ".pyi", ""}
"""Files of these endings are for people too; those without one are scripts and the Dockerfile."""


def is_text(path: Path) -> bool:
    """Whether a person wrote the file, or a program for a person."""
    parts = path.relative_to(ROOT).parts
    made = {"node_modules", "__pycache__", ".pulumi", ".venv", "bin", "obj"} & set(parts)
    return path.suffix in KINDS and path.is_file() and not made


TEXTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*"), *(each for folder in FOLDERS for each in (ROOT / folder).rglob("*"))]
    if is_text(path) and path.name != "LICENSE"  # the MIT license has its own words
)


def found(text: str) -> list[str]:
    """The lines of a text that have one of the words."""
    for name in ALLOWED:
        text = text.replace(name, "")
    return [line.strip() for line in text.splitlines() if WORDS.search(line)]


def messages(source: str) -> Iterator[str]:
    """The texts of a module that people read in output: all strings but docstrings and names."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    statements = [each for node in ast.walk(tree) if isinstance(node, documented) for each in node.body]
    docstrings = {id(each.value) for each in statements if isinstance(each, ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in docstrings else None
        if isinstance(text, str) and " " in text:
            yield text


def remarks(source: str) -> Iterator[str]:
    """The docstrings, comments and names of a module: what the next author reads."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
        elif token.type == tokenize.NAME and token.string not in NAMES:
            yield token.string.replace("_", " ")


def helps(source: str) -> Iterator[str]:
    """The docstrings of a module's functions: of commands and of rules they are texts for users."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            yield ast.get_docstring(node) or ""


@pytest.mark.parametrize("page", PAGES)
def test_pages_have_plain_words(page: str) -> None:
    """README, documentation, programs and changelog."""
    assert [] == found((ROOT / page).read_text())


@pytest.mark.parametrize("text", TEXTS)
def test_other_files_have_plain_words(text: str) -> None:
    """Configuration, tables of cases, pages of the browser, and code in other languages."""
    assert [] == found((ROOT / text).read_text())


def test_names_of_files_have_plain_words() -> None:
    """A reader sees them first."""
    names = {*PAGES, *CODE, *TEXTS}

    assert [] == [name for name in sorted(names) if found(re.sub(r"[/_.-]", " ", name))]


@pytest.mark.parametrize("module", CODE)
def test_messages_have_plain_words(module: str) -> None:
    """Errors, warnings, help of options, descriptions of fields and of rules, and what tests print."""
    source = (ROOT / module).read_text()
    texts = messages(source) if found(source) else ()  # most modules need not be parsed

    assert [] == [line for text in texts for line in found(text)]


@pytest.mark.parametrize("source", COMMANDS_AND_RULES)
def test_help_and_reasons_of_rules_have_plain_words(source: str) -> None:
    """Docstrings of commands are their help, and those of rules the reason on their page."""
    assert [] == [line for text in helps((ROOT / source).read_text()) for line in found(text)]


@pytest.mark.parametrize("module", CODE)
def test_docstrings_comments_and_names_have_plain_words(module: str) -> None:
    """Of the package, and of its tests, scripts and benchmarks."""
    source = (ROOT / module).read_text()
    texts = remarks(source) if found(source.replace("_", " ")) else ()  # most modules need not be parsed

    assert [] == [line for text in texts for line in found(text)]
