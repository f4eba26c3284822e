"""The product decides by values: no code takes its own sentences apart, or compares them."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("provider/entra_sync", "policies/entra_guard")

SEARCHES = {
    *("startswith", "endswith", "removeprefix", "removesuffix", "starts_with", "ends_with", "contains"),
    *("split", "rsplit", "partition", "rpartition", "find", "rfind", "index", "rindex", "count", "replace"),
    *("match", "search", "fullmatch", "findall", "finditer", "sub", "compile"),
}
"""Methods of texts, of Polars' texts and of ``re`` that look into a text."""

PHRASE = re.compile(r"[a-z]{2,},? [a-z]{2,}|^[ .;:,]*(not|must be|is|are|has) |^ [a-z]+ $|: $")
"""A literal that can only be part of a sentence: two words in a row, or a word that wants another or joins two."""

OTHERS = {
    ("base/run/sending.py", "already exists"): "Microsoft Graph's message, whose code is not specific",
    ("base/run/sending.py", "Not a valid reference update"): "Microsoft Graph's message, whose code is not specific",
    ("base/preview.py", " has a problem: "): "Pulumi's diagnostic",
    ("cli/project/previewing.py", "error: "): "Pulumi's output",
    ("cli/project/previewing.py", "preview failed"): "Pulumi's diagnostic",
    ("operate/project/program.py", "error: "): "Pulumi's output",
    ("graph/sign_in.py", "Authentication failed: "): "azure-identity's message",
    (
        "graph/sign_in.py",
        r"(\[SSL[^\]]*\][^'\")]*|\[Errno[^\]]*\] [^'\")]*|Failed to resolve '[^']*'|Connection refused)",
    ): "OpenSSL's, the system's and urllib3's messages",
    ("graph/transport.py", "name or service not known"): "the system's message",
    ("cli/mistakes.py", "str(problem)"): "the message of any exception of Python, cut to its first line",
    (
        "cli/mistakes.py",
        r"\(\) (got an unexpected keyword|got multiple values|missing \d+ required|takes )",
    ): "Python's message of a call that does not fit",
    ("graph/transport.py", "str(problem)"): "OpenSSL's message",
    ("impact/facts/snapshot.py", "str(problem)"): "Polars' and pydantic's messages, of which the first line is shown",
    ("impact/declared/saved.py", "str(problem)"): "Polars' and pydantic's messages, of which the first line is shown",
    ("rule.py", "str(error)"): "the standard library's message, which names a type",
    ("expressions/checks/filters.py", "is null"): "the service's operator",
    ("expressions/checks/filters.py", "is not null"): "the service's operator",
    ("emulator/state/state.py", "group licenses"): "the name of a kind of work, as it is stored",
}
"""What has a blank and is not a sentence of ours: module and literal, and whose it is."""


def test_no_code_looks_into_its_own_sentences() -> None:
    """Rewording a message changes what people read, and nothing else."""
    assert set() == _found() - OTHERS.keys(), "carry a value (a code, a field of the error) to where it is decided"


def test_each_sentence_of_others_is_still_searched() -> None:
    assert set() == OTHERS.keys() - _found()


@pytest.mark.parametrize(
    ("code", "literal"),
    [
        ('reason != "is required"', "is required"),
        ('"be removed" in violation', "be removed"),
        ('text.removeprefix("must be ")', "must be "),
        ('re.sub(", not .*", "", each)', ", not .*"),
        ('pl.col("reason").str.starts_with("not assigned")', "not assigned"),
        ('str(error).partition(": ")', ": "),
        ('f"{where}: is required" == said', ": is required"),
        ('"certificate" in str(error).lower()', "str(error)"),
        ('re.search("AADSTS", str(problem))', "str(problem)"),
        ("match said:\n    case 'there is no argument': pass", "there is no argument"),
        ('said in ("is required", "must be known")', "is required"),
        ("f\"{names} {'use' if ' and ' in names else 'uses'} it\"", " and "),
    ],
)
def test_such_code_is_found(code: str, literal: str) -> None:
    assert literal in {said for _, said in _searched_in("x.py", ast.parse(code))}


@pytest.mark.parametrize(
    "code",
    [
        'path.startswith("/v1.0/")',
        'kind == "extra_forbidden"',
        'text.split(", ")',
        '"IS NOT NULL" + text',
        'raise ValueError("is required")',
        'name.partition("@")',
        'columns["new account"]',
    ],
)
def test_other_code_is_not(code: str) -> None:
    assert set() == set(_searched_in("x.py", ast.parse(code)))


@cache
def _found() -> frozenset[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found.update(_searched_in(path.relative_to(ROOT / package).as_posix(), tree))
    return frozenset(found)


def _searched_in(name: str, tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Module and literal of each place that looks for part of a sentence in a text."""
    caught = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)} | {"error", "problem"}
    for node in ast.walk(tree):
        texts: list[ast.expr] = []
        looked_for: list[ast.expr] = []
        match node:
            case ast.Call(func=ast.Attribute(attr=method, value=value), args=[first, *more]) if method in SEARCHES:
                texts, looked_for = [value, *more], [first]
            case ast.Compare(left=left, comparators=others):
                texts = looked_for = [left, *others]
            case ast.MatchValue(value=value):
                looked_for = [value]
        yield from ((name, text) for text in (_text_of(part, caught) for part in texts) if text)
        for part in looked_for:
            yield from ((name, literal) for literal in _literals(part) if PHRASE.search(literal))


def _literals(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _literals(part)


def _text_of(node: ast.expr, caught: Collection[str | None]) -> str:
    """``str(error)`` if that is what a node is, also in lower case; else empty."""
    match node:
        case ast.Call(func=ast.Name("str"), args=[ast.Name(name)]) if name in caught:
            return f"str({name})"
        case ast.Call(func=ast.Attribute(value=inner, attr="lower" | "casefold" | "strip")):
            return _text_of(inner, caught)
    return ""
