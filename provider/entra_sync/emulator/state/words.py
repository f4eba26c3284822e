"""Words of properties, as ``$search`` sees them, and an index of them that triggers keep with each write."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import orjson

__all__ = ["define_words", "find_word", "index_words"]

_KINDS = "('user', 'group', 'application', 'servicePrincipal', 'administrativeUnit')"
"""Kinds of objects whose words the index has."""
_WORDS = re.compile(r"[^\W_]+")


def define_words(database: sqlite3.Connection) -> None:
    """Adds the SQL functions that the index and its triggers use."""
    database.create_function("folded", 1, _folded, deterministic=True)
    database.create_function("has_word", 2, _has_word, deterministic=True)
    database.create_function("beginnings", 1, _beginnings, deterministic=True)


def index_words(database: sqlite3.Connection, name: str) -> None:
    """Indexes the words of a property, unless they are indexed."""
    table = f"words_in_{name}"
    if database.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone():
        return

    def value(row: str) -> str:
        return f"json_extract({row}.doc, '$.\"{name}\"')"

    def words(row: str) -> str:
        return (
            f"SELECT {row}.tenant, CAST(word.value AS BLOB), {row}.id FROM json_each(beginnings({value(row)})) AS word"
        )

    add = f"INSERT OR IGNORE INTO {table} {words('new')};"
    drop = f"DELETE FROM {table} WHERE (tenant, word, id) IN ({words('old')});"
    all_words = words("objects").replace("FROM", "FROM objects CROSS JOIN", 1)
    for statement in (
        f"CREATE TABLE {table} (tenant TEXT NOT NULL, word BLOB NOT NULL, id TEXT NOT NULL,"
        " PRIMARY KEY (tenant, word, id)) WITHOUT ROWID",
        f"INSERT OR IGNORE INTO {table} {all_words} WHERE objects.kind IN {_KINDS} ORDER BY 1, 2, 3",
        f"CREATE TRIGGER {table}_added AFTER INSERT ON objects WHEN new.kind IN {_KINDS} BEGIN {add} END",
        f"CREATE TRIGGER {table}_removed AFTER DELETE ON objects WHEN old.kind IN {_KINDS} BEGIN {drop} END",
        f"CREATE TRIGGER {table}_changed AFTER UPDATE OF doc ON objects WHEN new.kind IN {_KINDS}"
        f" AND {value('old')} IS NOT {value('new')} BEGIN {drop} {add} END",
    ):
        database.execute(statement)


def find_word(name: str, tenant: str, start: str) -> tuple[str, list[Any]]:
    """Returns a condition, with its arguments, for objects with a word that begins so in a property that is indexed."""
    first = start.lower().encode()
    # No text in UTF-8 has the byte 255, so all that begins with the first bytes comes before the last ones.
    return (
        f"id IN (SELECT id FROM words_in_{name} WHERE tenant = ? AND word >= ? AND word < ?)",
        [tenant, first, first + b"\xff"],
    )


def _folded(text: Any) -> str | None:
    """Returns a text in lower case."""
    return text.lower() if isinstance(text, str) else None


def _all_beginnings(lowered: str) -> list[str]:
    """Returns a text in lower case with its words; what is searched for begins one of them."""
    return [lowered, *_WORDS.findall(lowered)]


def _has_word(text: Any, start: str) -> bool:
    """Whether a text, or a word of it, begins with *start*, which is in lower case."""
    if not isinstance(text, str):
        return False
    lowered = text.lower()
    return start in lowered and any(word.startswith(start) for word in _all_beginnings(lowered))


def _beginnings(text: Any) -> str:
    """Returns the texts that `find_word` finds a text by, each once, as JSON.

    A word at the beginning of the text is left out, since the text begins so too.
    """
    if not isinstance(text, str):
        return "[]"
    lowered, *words = _all_beginnings(text.lower())
    return orjson.dumps([lowered, *{word for word in words if not lowered.startswith(word)}]).decode()
