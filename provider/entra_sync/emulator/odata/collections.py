"""Pages of a collection: rows that match, in order, with count and next link."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from ..entities import Entity
from ..store import Document
from ..wire import Call, Fault, Reply, bad_request
from .options import Options, read_options
from .sql import Condition, json_path

__all__ = ["Rows", "count", "next_link", "page", "skip_to"]

Project = Callable[[str, Document], Document]


class Rows:
    """Which objects a collection consists of.

    Args:
        tenant: Tenant id.
        kinds: Kinds of objects.
        where: A condition that narrows them down, over the columns of the objects table.
        deleted: Soft-deleted objects instead of live ones.
    """

    def __init__(
        self, tenant: str, kinds: Sequence[str], where: Condition | None = None, *, deleted: bool = False
    ) -> None:
        marks = ",".join("?" * len(kinds))
        self._sql = f"tenant = ? AND kind IN ({marks}) AND deleted IS {'NOT ' if deleted else ''}NULL"
        self._arguments: list[Any] = [tenant, *kinds]
        if where is not None:
            self.narrow(where)

    def narrow(self, where: Condition) -> None:
        """Add a condition."""
        self._sql += f" AND ({where[0]})"
        self._arguments += where[1]

    def count(self, call: Call) -> int:
        """How many objects there are."""
        return int(call.store.query(f"SELECT count(*) FROM objects WHERE {self._sql}", self._arguments)[0][0])

    def fetch(self, call: Call, order: str, after: Condition | None, limit: int) -> list[tuple[Any, ...]]:
        """(id, kind, doc, deleted, sort value) of at most *limit* objects."""
        sql, arguments = self._sql, list(self._arguments)
        sort = order.split(" ")[0] if order != "id" else "id"
        if after is not None:
            sql += f" AND ({after[0]})"
            arguments += after[1]
        return call.store.query(
            f"SELECT id, kind, doc, deleted, {sort} FROM objects WHERE {sql} ORDER BY {order} LIMIT ?",
            [*arguments, limit],
        )


def count(call: Call, rows: Rows, entity: Entity | None) -> Reply:
    """``…/$count`` as plain text."""
    if call.header("ConsistencyLevel").lower() != "eventual":
        raise bad_request("$count is not currently supported.")
    options = read_options_of_count(call, entity)
    if options.where is not None:
        rows.narrow(options.where)
    return Reply(200, str(rows.count(call)).encode(), {"Content-Type": "text/plain"})


def read_options_of_count(call: Call, entity: Entity | None) -> Options:
    """Options of a ``/$count`` request, where the segment itself stands for ``$count=true``."""
    call.request.url += ("&" if "?" in call.request.url else "?") + "$count=true"
    return read_options(call, entity)


def page(
    call: Call,
    rows: Rows,
    context: str,
    entity: Entity | None,
    project: Callable[[str, Document, Options], Document],
    *,
    usual: int = 100,
    most: int = 999,
    orderby: tuple[tuple[str, bool], ...] = (),
) -> Reply:
    """One page of a collection.

    Args:
        call: The request, whose options are read here.
        rows: What the collection consists of.
        context: The collection's name in ``@odata.context``; selected properties are added to it.
        entity: Entity type for checks, or None.
        project: What an object of a kind looks like in the answer.
        usual: Page size where ``$top`` does not say.
        most: Largest page.
        orderby: Order where the request asks for none; by id otherwise.
    """
    options = read_options(call, entity, most=most)
    if options.where is not None:
        rows.narrow(options.where)
    body: dict[str, Any] = {"@odata.context": call.context(context + _selected(options))}
    if options.count:
        body["@odata.count"] = rows.count(call)
    size = options.top or usual
    order, after = _order(options.orderby or orderby, options.skiptoken)
    found = rows.fetch(call, order, after, size + 1)
    if len(found) > size:
        last = found[size - 1]
        token = skip_token([last[4], last[0]] if order != "id" else [last[0]])
        body["@odata.nextLink"] = next_link(call, token)
    body["value"] = [project(kind, _document(doc, deleted), options) for _, kind, doc, deleted, _ in found[:size]]
    return Reply(200, body)


def _document(doc: str, deleted: str | None) -> Document:
    found: Document = orjson.loads(doc)
    if deleted is not None:
        found["deletedDateTime"] = deleted
    return found


def _selected(options: Options) -> str:
    names = [*options.select, *(f"{item.name}()" for item in options.expand)]
    return f"({','.join(names)})" if options.select else ""


def _order(orderby: tuple[tuple[str, bool], ...], token: str | None) -> tuple[str, Condition | None]:
    """An ORDER BY clause and the condition for what comes after a skip token."""
    position = skip_to(token) if token else None
    if not orderby:
        return "id", (None if position is None else ("id > ?", [position[0]]))
    name, descending = orderby[0]
    column = _column(name)
    sign = "<" if descending else ">"
    order = f"{column} {'DESC' if descending else 'ASC'}, id"
    if position is None:
        return order, None
    value, id = position
    return order, (f"{column} {sign} ? OR ({column} = ? AND id > ?)", [value, value, id])


def _column(name: str) -> str:
    if name == "deletedDateTime":
        return "deleted"
    if not all(part.isalnum() for part in name.split("/")):
        raise bad_request(f"Could not find a property named '{name}'.", "BadRequest")
    return f"lower(coalesce(json_extract(doc,'{json_path(tuple(name.split('/')))}'),''))"


def skip_token(position: list[Any]) -> str:
    """An opaque token for a position."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode()


def skip_to(token: str) -> list[Any]:
    """The position that a skip token stands for.

    Raises:
        Fault: 400 as the service answers a token that it did not make.
    """
    try:
        position = orjson.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        position = None
    if not isinstance(position, list) or not position:
        raise Fault(
            400,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and can no longer be included in your request.",
        )
    return position


def next_link(call: Call, token: str, name: str = "$skiptoken", drop: tuple[str, ...] = ()) -> str:
    """The request's own URL with a position in it; ``@odata.count`` is given on the first page only."""
    kept = {
        key: value
        for key, value in call.request.query.items()
        if key.lower() not in {"$skiptoken", "$deltatoken", *drop}
    }
    base = f"{call.request.root}{call.request.path}"
    return f"{base}?{urlencode({**kept, name: token}, quote_via=quote, safe='$,')}"
