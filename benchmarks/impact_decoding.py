"""Pages of users as Graph sends them, decoded into columns, beside msgspec decoding the same bytes into typed structs.

    python benchmarks/impact_decoding.py [PEOPLE]

Baselines: (a) msgspec into structs of the same properties, which is the fastest that a person can be had as an object;
(b) msgspec, then the structs into the same columns, which is what it takes to plan with them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import polars as pl

from entra_sync.emulator import Emulator
from entra_sync.expressions import default_schema, read_mappings
from entra_sync.expressions.language.syntax import Attribute, walk
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.microsoft.clouds import Cloud

ROUNDS = 5


def record() -> UserColumns:
    """What the default mappings from the global cloud to the US Government read."""
    rows = read_mappings(default_schema(Cloud.GLOBAL, Cloud.USGOV))
    expressions = [row.expression for row in rows if row.expression is not None]
    names = {node.name for each in expressions for node in walk(each) if isinstance(node, Attribute)}
    return UserColumns.of(names)


def pages(people: int, wanted: UserColumns) -> list[bytes]:
    """All pages of users of a sample tenant, as bytes."""
    emulator = Emulator.sample("contoso", people=people)
    contoso = emulator.tenants["contoso"]
    token = emulator.token(contoso, audience="https://graph.microsoft.com")
    found = []
    with httpx.Client(transport=emulator.transport(), headers={"Authorization": f"Bearer {token}"}) as client:
        link: str | None = f"https://graph.microsoft.com/v1.0/users?{wanted.query}&$top=999"
        while link:
            content = client.get(link).raise_for_status().content
            found.append(content)
            link = msgspec.json.decode(content).get("@odata.nextLink")
    return found


def structs(wanted: UserColumns) -> Any:
    """A msgspec type of a page with the same properties."""
    kinds: dict[str, Any] = {}
    inner: dict[str, dict[str, Any]] = {}
    for name, kind in wanted.schema.items():
        if name == "deleted":
            continue
        root, _, rest = wanted.paths[name].partition(".")
        if rest:
            inner.setdefault(root, {})[rest] = str | None
        elif root.endswith("[0]") or isinstance(kind, pl.List):
            kinds[root.removesuffix("[0]")] = list[str]
        else:
            kinds[root] = bool | None if kind == pl.Boolean else str | None
    for root, fields in inner.items():
        kinds[root] = msgspec.defstruct(root, [(name, kind, None) for name, kind in fields.items()]) | None
    user = msgspec.defstruct("User", [(name, kind, None) for name, kind in kinds.items()])
    return msgspec.defstruct("Page", [("value", list[user])])  # type: ignore[valid-type]


def into_columns(decoded: list[Any], wanted: UserColumns) -> pl.DataFrame:
    """The structs in columns, value by value."""
    people = [user for page in decoded for user in page.value]
    columns: dict[str, list[Any]] = {}
    for name, path in wanted.paths.items():
        root, _, rest = path.partition(".")
        values = [getattr(user, root.removesuffix("[0]")) for user in people]
        if rest:
            values = [getattr(value, rest) if value is not None else None for value in values]
        elif root.endswith("[0]"):
            values = [value[0] if value else None for value in values]
        columns[name] = values
    schema = {name: kind for name, kind in wanted.schema.items() if name != "deleted"}
    return pl.DataFrame(columns, schema=schema)


def seconds(work: Callable[[], object]) -> float:
    """The best of several times."""
    measured = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        measured.append(time.perf_counter() - start)
    return min(measured)


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    wanted = record()
    found = pages(people, wanted)
    decoder = msgspec.json.Decoder(structs(wanted))

    def ours() -> pl.DataFrame:
        return pl.concat([wanted.page(content, "decoding").people for content in found])

    def theirs() -> list[Any]:
        return [decoder.decode(content) for content in found]

    columns, objects = seconds(ours), seconds(theirs)
    both = seconds(lambda: into_columns(theirs(), wanted))
    same = ours().drop("deleted").equals(into_columns(theirs(), wanted))
    size = sum(map(len, found))
    print(f"{people:,} people in {len(found)} pages of {size / 1e6:,.1f} MB, {len(wanted.names)} attributes each")
    print(f"columns                     {columns:6.2f} s  {size / columns / 1e6:6,.0f} MB/s")
    print(f"(a) msgspec, structs        {objects:6.2f} s  columns take {columns / objects:.2f} times as long")
    print(f"(b) msgspec, then columns   {both:6.2f} s  columns take {columns / both:.2f} times as long")
    print(f"the same values: {'yes' if same else 'NO'}")


if __name__ == "__main__":
    main()
