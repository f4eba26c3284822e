"""Adds the emulator's missing permission rows, and lists what Graph can do on the emulator's paths and it cannot.

Usage: ``graph_permissions.py permissions.json``, with ``permissions/new/permissions.json`` of
microsoftgraph/microsoft-graph-devx-content. Rows that are there stay as they are: some come from reference pages.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from entra_sync.emulator import http, identity
from entra_sync.emulator.graph import ROUTES

SCHEMES = {"Application": "application", "DelegatedWork": "delegated"}
ROWS = Path(identity.__file__).with_name("permissions.json")
LACKING = Path(http.__file__).with_name("lacking.json")

Rows = dict[str, dict[str, list[list[str]]]]


def read(path: Path) -> Rows:
    """Returns the permissions of each operation of Graph, the least privileged first."""
    found: defaultdict[str, dict[str, list[tuple[bool, list[str]]]]] = defaultdict(
        lambda: {"application": [], "delegated": []}
    )
    for name, known in json.loads(path.read_bytes())["permissions"].items():
        for group in known["pathSets"]:
            for template, notes in group["paths"].items():
                also = re.search(r"AlsoRequires=([\w.,-]+)", notes)
                least = re.search(r"least=([\w,]+)", notes)
                needed = [name, *(also[1].split(",") if also else [])]
                for scheme in SCHEMES.keys() & set(group["schemeKeys"]):
                    higher = least is None or scheme not in least[1].split(",")
                    for method in group["methods"]:
                        found[f"{method} {_key(template)}"][SCHEMES[scheme]].append((higher, needed))
    return {key: {kind: _unique(sets) for kind, sets in row.items()} for key, row in found.items()}


def _key(template: str) -> str:
    return (
        re.sub(r"\{[^}]*\}", "{id}", template.lower()).replace("(appid={id})", "/{id}").replace("microsoft.graph.", "")
    )


def _unique(sets: list[tuple[bool, list[str]]]) -> list[list[str]]:
    ordered = [needed for _, needed in sorted(sets, key=lambda item: item[0])]
    return [needed for at, needed in enumerate(ordered) if needed not in ordered[:at]]


def write(path: Path, lines: dict[str, Any]) -> None:
    """Writes a JSON object with one member a line."""
    rows = [f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in lines.items()]
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def main() -> None:
    """Writes ``permissions.json`` and ``lacking.json``."""
    graph = read(Path(sys.argv[1]))
    rows: Rows = json.loads((ROWS).read_bytes())
    keys = {route.key for route in ROUTES.routes}
    write(ROWS, rows | {key: graph[key] for key in sorted(keys - rows.keys())})
    paths = {key.split(" ", 1)[1] for key in keys}
    lacking: dict[str, list[str]] = {}
    for method, path in sorted((tuple(key.split(" ", 1)) for key in graph.keys() - keys), key=lambda pair: pair[::-1]):
        if path in paths:
            lacking.setdefault(path, []).append(method)
    write(LACKING, lacking)


if __name__ == "__main__":
    main()
