"""Query options of a request, read and checked against what a collection supports."""

from __future__ import annotations

import re
from dataclasses import dataclass

from entra_sync.emulator.errors import Fault, bad_request, not_emulated
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.odata.filters import parse_filter
from entra_sync.emulator.odata.indexes import narrowing
from entra_sync.emulator.odata.sql import Condition, compile_filter
from entra_sync.emulator.state.catalog.entities import DIRECTORY_KINDS, Entity
from entra_sync.emulator.state.spelling import EXTENSION

__all__ = ["Expansion", "Options", "raw_options", "read_options", "read_select"]

_KNOWN = {
    "$select",
    "$filter",
    "$orderby",
    "$top",
    "$skip",
    "$skiptoken",
    "$deltatoken",
    "$count",
    "$expand",
    "$search",
    "$format",
}
_MOST_SELECTED = 500
_SEARCH = re.compile(r'\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>AND|OR)\b)')


_MOST_LEVELS = 1000
"""Managers above a user that ``$levels`` can ask for ("List manager")."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """One ``$expand`` item with the properties selected inside it, and how many levels of it are asked for."""

    name: str
    select: tuple[str, ...] = ()
    levels: int | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What a request asks of a collection or an entity."""

    select: tuple[str, ...] = ()
    where: Condition | None = None
    orderby: tuple[tuple[str, bool], ...] = ()
    top: int | None = None
    skiptoken: str | None = None
    count: bool = False
    expand: tuple[Expansion, ...] = ()
    levels: int | None = None
    advanced: bool = False


def raw_options(call: Call) -> dict[str, str]:
    """Query options by lower-case name; an unknown one without a value is nothing, as "List users" shows.

    Raises:
        Fault: 400 for an option with a dollar that OData does not have.
    """
    found: dict[str, str] = {}
    for name, value in call.request.query.items():
        if name.startswith("$"):
            if name.lower() not in _KNOWN:
                if not value:
                    continue
                raise bad_request(f"The query parameter '{name}' is not supported.", "BadRequest")
            found[name.lower()] = value
    return found


def read_options(
    call: Call,
    entity: Entity | None,
    *,
    most: int = 999,
    live: bool = True,
    whole: bool = False,
    expanding: bool = False,
    counting: bool = False,
) -> Options:
    """The options of a request on a collection (or, for ``$select`` and ``$expand``, on one entity).

    Args:
        call: The request.
        entity: The entity type; None for collections whose properties are not tabled.
        most: The largest ``$top``.
        live: Whether the collection's objects are live, and not soft-deleted ones.
        whole: Whether the collection is every object of a type, so that indexes find them.
        expanding: Whether the caller answers ``$expand``.
        counting: Whether the path ends in ``/$count``, which stands for ``$count=true``.

    Raises:
        Fault: 400 with the service's message for what is malformed or not supported, 501 for a ``$expand`` that the
            caller does not answer.
    """
    raw = raw_options(call)
    entity = entity.of(call.version) if entity is not None else None
    eventual = call.header("ConsistencyLevel").lower() == "eventual"
    count = counting or raw.get("$count", "").lower() == "true"
    advanced = eventual and count
    if "$skip" in raw:
        raise _skipping(entity)
    conditions: list[Condition] = []
    if raw.get("$filter"):
        tenant = call.tid if live else ""
        node = parse_filter(raw["$filter"])
        conditions.append(compile_filter(node, entity, advanced=advanced, tenant=tenant))
        if live and whole and entity is not None and "$orderby" not in raw:
            conditions += narrowing(call, node, entity, whole=count)
    if "$search" in raw:
        if not eventual:
            raise Fault(
                400,
                "Request_UnsupportedQuery",
                "Request with $search query parameter only works through MSGraph with a special request header:"
                " 'ConsistencyLevel: eventual'",
            )
        conditions.append(_search(raw["$search"], entity, call if live and whole else None))
    return Options(
        select=read_select(raw.get("$select", ""), entity),
        where=_all(conditions),
        orderby=_orderby(raw, entity, advanced=advanced),
        top=_top(raw.get("$top"), most),
        skiptoken=raw.get("$skiptoken"),
        count=count and (eventual or entity is None),
        expand=_expanded(call, raw.get("$expand", ""), entity, eventual=eventual, known=expanding),
        advanced=advanced,
    )


def read_select(text: str, entity: Entity | None) -> tuple[str, ...]:
    """Property names of a ``$select``, spelt as the type spells them.

    Raises:
        Fault: 400 for a property that the type does not have.
    """
    names: dict[str, None] = {}
    for part in (piece.strip() for piece in text.split(",")):
        if not part or part == "*":
            continue
        root = part.split("/")[0]
        if entity is not None:
            known = next((name for name in entity.properties if name.lower() == root.lower()), None)
            if known is None and not EXTENSION.match(root):
                raise bad_request(
                    f"Parsing OData Select and Expand failed: Could not find a property named '{root}' on type"
                    f" '{entity.type}'.",
                    "BadRequest",
                )
            root = known or root
        names[root] = None
    if len(names) > _MOST_SELECTED:
        raise bad_request(f"More than {_MOST_SELECTED} properties are selected.", "BadRequest")
    return tuple(names)


def _skipping(entity: Entity | None) -> Fault:
    """What ``$skip`` is answered with: directory objects do not support it ("List users", "List groups")."""
    if entity is not None and entity.kind in DIRECTORY_KINDS:
        return bad_request("'$skip' is not supported by the service.")
    return not_emulated("$skip here")


def _all(conditions: list[Condition]) -> Condition | None:
    if not conditions:
        return None
    text = " AND ".join(f"({sql})" for sql, _ in conditions)
    return text, [argument for _, arguments in conditions for argument in arguments]


def _search(text: str, entity: Entity | None, indexed: Call | None) -> Condition:
    """Returns a condition for ``$search``, by index if *indexed* is the call that searches a whole collection."""
    parts: list[str] = []
    arguments: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        found = _SEARCH.match(text, at)
        if found is None:
            raise bad_request(
                f"Syntax error: character '{text[at]}' is not valid at position {at} in '{text}'.", "BadRequest"
            )
        at = found.end()
        if found["word"]:
            parts.append(found["word"])
            continue
        clause = found["quoted"].replace('\\"', '"')
        name, colon, value = clause.partition(":")
        known = entity.properties.get(name) if entity else None
        if not colon:
            raise bad_request(
                f"Search clause '{clause}' must name a property, as in \"displayName:value\".", "Request_BadRequest"
            )
        if known is None or "search" not in known.query:
            raise Fault(400, "Request_UnsupportedQuery", f"Unsupported property '{name}' in search clause.")
        if parts and parts[-1] not in {"AND", "OR"}:
            parts.append("AND")
        if indexed is not None:
            condition, needed = indexed.store.search_by(name, indexed.tid, value)
            parts.append(condition)
            arguments += needed
        else:
            parts.append("has_word(json_extract(doc, ?), ?)")
            arguments += [f'$."{name}"', value.lower()]
    if not arguments or parts[-1] in {"AND", "OR"}:
        raise bad_request(f"Syntax error in search clause '{text}'.", "BadRequest")
    return " ".join(parts), arguments


def _orderby(raw: dict[str, str], entity: Entity | None, *, advanced: bool) -> tuple[tuple[str, bool], ...]:
    found: list[tuple[str, bool]] = []
    for part in (piece.strip() for piece in raw.get("$orderby", "").split(",")):
        if not part:
            continue
        name, _, direction = part.partition(" ")
        if direction.strip().lower() not in {"", "asc", "desc"}:
            raise bad_request(f"Syntax error at position {len(name) + 1} in '{part}'.", "BadRequest")
        if entity is not None:
            _sortable(name, entity, advanced=advanced, filtered="$filter" in raw)
        found.append((name, direction.strip().lower() == "desc"))
    return tuple(found)


def _sortable(name: str, entity: Entity, *, advanced: bool, filtered: bool) -> None:
    known = entity.properties.get(name)
    if known is None:
        raise bad_request(f"Could not find a property named '{name}' on type '{entity.type}'.", "BadRequest")
    allowed = "order" in known.query or ("order!" in known.query and advanced)
    if not allowed or (filtered and not advanced):
        raise Fault(400, "Request_UnsupportedQuery", "Sorting not supported for current query.")


def _top(text: str | None, most: int) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        raise bad_request(f"Invalid page size specified: '{text}'. Must be between 1 and {most} inclusive.")
    return int(text)


def _expanded(call: Call, text: str, entity: Entity | None, *, eventual: bool, known: bool) -> tuple[Expansion, ...]:
    found = tuple(_expansions(text).values())
    if found and not known:
        raise not_emulated(f"$expand={found[0].name} of {call.path}")
    if len(found) > 1 and entity is not None and entity.kind in DIRECTORY_KINDS:
        # Public issues 96 of microsoft-graph-docs and 8352 of microsoft-graph-docs-contrib show the answer.
        raise bad_request(
            f"The result of parsing $expand contained at least {len(found)} items, but the maximum allowed is 1.",
            "BadRequest",
        )
    for item in found:
        if item.levels is not None and (item.name != "manager" or not eventual):
            # "List manager": $levels is for managers, and needs the header.
            raise Fault(400, "Request_UnsupportedQuery", "$levels is not supported for the current query.")
    return found


def _expansions(text: str) -> dict[str, Expansion]:
    found: dict[str, Expansion] = {}
    for part in _apart(text):
        name, _, inner = part.strip().partition("(")
        select: tuple[str, ...] = ()
        levels: int | None = None
        for option in filter(None, (item.strip() for item in inner.removesuffix(")").split(";"))):
            key, _, value = option.partition("=")
            if key.lower() == "$select":
                select = tuple(item.strip() for item in value.split(","))
            elif key.lower() == "$levels":
                levels = _levels(value.strip())
            elif key.startswith("$"):
                raise not_emulated(f"{key} inside of $expand")
            else:
                raise bad_request(
                    f"Parsing OData Select and Expand failed: '{key[:40]}' is not an option.", "BadRequest"
                )
        if name.strip():
            found[name.strip()] = Expansion(name.strip(), select, levels)
    return found


def _levels(text: str) -> int:
    if text.lower() == "max":
        return _MOST_LEVELS
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= _MOST_LEVELS:
        raise bad_request(f"Invalid value specified for $levels: '{text}'.", "BadRequest")
    return int(text)


def _apart(text: str) -> list[str]:
    """Parts of a list whose commas are outside of parentheses."""
    parts, depth = [""], 0
    for piece in re.split(r"([,()])", text):
        depth += (piece == "(") - (piece == ")")
        if piece == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += piece
    return parts
