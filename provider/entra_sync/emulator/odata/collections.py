"""Pages of a collection: rows that match, in order, with count and next link."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.indexes import sort_key
from entra_sync.emulator.odata.options import Options, read_options
from entra_sync.emulator.odata.sql import Condition
from entra_sync.emulator.state.catalog.entities import DIRECTORY_KINDS, Entity
from entra_sync.emulator.state.store import Document, Links, Span

__all__ = ["Rows", "Through", "count", "few", "next_link", "page"]

Project = Callable[[str, Document, Options], Document]
Through = Callable[[str], Condition]
"""A query for the ids, each once, that come after an id; the empty text for all."""


_MOST_EXPANDING = 100
"""Objects of a page whose objects are expanded ("Known issues", $expand on directory objects)."""


@dataclass(frozen=True, slots=True)
class Order:
    """In which order a collection is read, and from where.

    Attributes:
        clause: ORDER BY.
        position: Columns that say where an object stands in it, those that it goes by.
        after: Condition for what comes after a position, or None.
    """

    clause: str
    position: str
    after: Condition | None


class Rows:
    """Which objects a collection consists of.

    Args:
        tenant: Tenant id.
        kinds: Kinds of objects.
        where: A condition that narrows them down, over the columns of the objects table.
        deleted: Soft-deleted objects instead of live ones.
        through: Queries for the ids, as ``target``, of which the collection consists.
    """

    def __init__(
        self,
        tenant: str,
        kinds: Sequence[str],
        where: Condition | None = None,
        *,
        deleted: bool = False,
        through: Through | None = None,
    ) -> None:
        marks = ",".join("?" * len(kinds))
        self._tenant, self._kinds, self._narrowed = tenant, kinds, False
        self.live = not deleted
        self.indexed = len(kinds) == 1 and through is None
        self.key = "id" if through is None else "target"
        self._through = through
        self._sql = f"tenant = ? AND kind IN ({marks}) AND deleted IS {'NOT ' if deleted else ''}NULL"
        self._arguments: list[Any] = [tenant, *kinds]
        if where is not None:
            self.narrow(where)

    def narrow(self, where: Condition) -> None:
        """Add a condition."""
        self._narrowed = True
        self._sql += f" AND ({where[0]})"
        self._arguments += where[1]

    def span(self, after: str, last: str | None) -> Span | None:
        """What a page in order of id shows, if it is all objects of one kind between two ids."""
        whole = self.indexed and self.live and not self._narrowed
        return Span(self._tenant, self._kinds[0], after, last) if whole else None

    def _seen(self, call: Call) -> None:
        """Leave out what the replica that answers does not know yet."""
        if call.store.horizon is not None:
            self.narrow(("created <= ?", [call.store.horizon]))

    def _table(self, start: str = "") -> Condition:
        """What to select from; of a collection of ids only those after *start*, in order.

        The limit keeps SQLite from dropping the inner order, by which it merges ordered ids without collecting them.
        Without the plus, it takes a position in the ids for one in the objects, and reads all the objects after it.
        """
        if self._through is None:
            return "objects", []
        ids, arguments = self._through(start)
        joined = "CROSS JOIN objects ON objects.id = +linked.target"
        return f"({ids} ORDER BY target LIMIT -1) AS linked {joined}", arguments

    def count(self, call: Call) -> int:
        """How many objects there are."""
        self._seen(call)
        if self.live and not self._narrowed:
            return self._count_all(call)
        table, first = self._table()
        found = call.store.query(f"SELECT count(*) FROM {table} WHERE {self._sql}", [*first, *self._arguments])
        return int(found[0][0])

    def _count_all(self, call: Call) -> int:
        """Counts a collection that no condition narrows, without reading any object.

        The target of an edge exists, if only as a soft-deleted object. So only targets of other kinds and soft-deleted
        ones are left out. The number is kept until an edge or what is soft-deleted changes.
        """
        if self._through is None:
            return call.store.count(self._tenant, self._kinds)
        table, first = self._through("")
        key = (self._tenant, *self._kinds, table, *first)
        known = call.pages.get(key, call.store)
        if known is not None:
            return int(known)
        others = [kind for kind in DIRECTORY_KINDS if kind not in self._kinds]
        left_out = (
            f"SELECT id FROM objects WHERE tenant = ? AND kind IN ({','.join('?' * len(others))})"
            " UNION ALL SELECT id FROM objects WHERE tenant = ? AND deleted IS NOT NULL"
        )
        found = call.store.query(
            f"SELECT count(*) FROM ({table} ORDER BY target LIMIT -1) WHERE target NOT IN ({left_out})",
            [*first, self._tenant, *others, self._tenant],
        )
        call.pages.keep(key, call.store, b"%d" % found[0][0], Links(self._tenant))
        return int(found[0][0])

    def fetch(self, call: Call, order: Order, limit: int, *, plain: bool = False) -> list[tuple[Any, ...]]:
        """(doc, kind, deleted, *position) of at most *limit* objects; with *plain* a kept plain answer instead of doc.

        Documents are text and plain answers bytes.
        """
        self._seen(call)
        condition, arguments = order.after or ("TRUE", [])
        rest = f"AND ({condition}) ORDER BY {order.clause}"
        table, first = self._table()
        if self._through is not None and order.clause == self.key:
            table, first = self._table(*arguments)
            rest, arguments = "", []
        elif self.indexed and order.clause != self.key:
            call.store.order_by(order.position)
        columns = f"{'coalesce(plain, doc)' if plain else 'doc'}, kind, deleted, {order.position}"
        return call.store.query(
            f"SELECT {columns} FROM {table} WHERE {self._sql} {rest} LIMIT ?",
            [*first, *self._arguments, *arguments, limit],
        )

    def first(self, call: Call, limit: int) -> list[tuple[str, Document]]:
        """Returns kind and document of the first objects, in order of id."""
        found = self.fetch(call, Order(self.key, self.key, None), limit)
        return [(row[1], orjson.loads(row[0])) for row in found]


def count(call: Call, rows: Rows, entity: Entity | None) -> Reply:
    """``…/$count`` as plain text."""
    if call.header("ConsistencyLevel").lower() != "eventual":
        raise bad_request("$count is not currently supported.")
    options = read_options(call, entity, live=rows.live, whole=rows.indexed, counting=True)
    if options.where is not None:
        rows.narrow(options.where)
    return Reply(200, str(rows.count(call)).encode(), {"Content-Type": "text/plain"})


def page(
    call: Call,
    rows: Rows,
    context: str,
    entity: Entity | None,
    project: Project,
    *,
    plain: bytes | None = None,
    notes: Document | None = None,
    usual: int = 100,
    most: int = 999,
    largest: int = 999,
    orderby: tuple[tuple[str, bool], ...] = (),
    expanding: bool = False,
) -> Reply:
    """One page of a collection.

    A page that was read is answered as it was until something is written that it may show.

    Args:
        call: The request, whose options are read here.
        rows: What the collection consists of.
        context: The collection's name in ``@odata.context``; selected properties are added to it.
        entity: Entity type for checks, or None.
        project: What an object of a kind looks like in the answer.
        plain: What stands before the properties of a plain answer that is kept in the store, for collections whose
            objects look like that where nothing in particular is asked for; None for others.
        notes: Annotations of the collection in addition to the usual ones.
        usual: Page size where ``$top`` does not say.
        most: Largest ``$top``.
        largest: Most objects of a page, whatever ``$top`` says.
        orderby: Order where the request asks for none; by id otherwise.
        expanding: Whether *project* answers ``$expand``.
    """
    key = (call.request.url, call.claims, call.header("ConsistencyLevel"))
    known = call.pages.get(key, call.store)
    if known is not None:
        return Reply(200, known)
    options = read_options(call, entity, most=most, live=rows.live, whole=rows.indexed, expanding=expanding)
    if options.where is not None:
        rows.narrow(options.where)
    body: dict[str, Any] = {"@odata.context": call.context(context + _selected(options)), **(notes or {})}
    if options.count and options.skiptoken is None:
        body["@odata.count"] = rows.count(call)
    if options.expand and entity is not None:
        largest = usual = _MOST_EXPANDING
    size = min(options.top or usual, max(largest, usual))
    ready = plain is not None and rows.live and not (options.select or options.expand or call.beta)
    order = _order(options.orderby or orderby, options.skiptoken, rows.key)
    found = rows.fetch(call, order, size + 1, plain=ready)
    kept = ready and not options.count and order.clause == rows.key and all(isinstance(row[0], bytes) for row in found)
    # The object after the page's last one counts too: without it the page has no next link.
    end = found[size][3] if len(found) > size else None
    span = rows.span(order.after[1][0] if order.after else "", end) if kept else None
    if len(found) > size:
        body["@odata.nextLink"] = next_link(call, _token(found[size - 1][3:]))
        del found[size:]
    before = plain or b""

    def rendered(row: tuple[Any, ...]) -> bytes:
        doc, kind, deleted = row[:3]
        return orjson.dumps(project(kind, _document(doc, deleted), options))[1:]

    value = [before + row[0] if isinstance(row[0], bytes) else rendered(row) for row in found]
    content = orjson.dumps(body)[:-1] + b',"value":[' + (b"{" + b",{".join(value) if value else b"") + b"]}"
    call.pages.keep(key, call.store, content, span)
    return Reply(200, content)


def few(
    call: Call,
    docs: Sequence[Document],
    context: str,
    show: Callable[[Document, Options], Document],
) -> Reply:
    """Answers with a collection of a few documents that are not rows of the store, filtered, in order, and by pages.

    Args:
        call: The request, whose options are read here.
        docs: What the collection consists of.
        context: The collection's name in ``@odata.context``.
        show: What a document looks like in the answer.
    """
    options = read_options(call, None)
    found = list(docs)
    if options.where is not None:
        sql, arguments = options.where
        rows = "(SELECT key, value AS doc FROM json_each(?))"
        kept = call.store.query(f"SELECT key FROM {rows} WHERE {sql}", [orjson.dumps(found).decode(), *arguments])
        found = [found[number] for number in sorted(int(row[0]) for row in kept)]
    for name, descending in reversed(options.orderby):
        found.sort(key=lambda doc, name=name: str(doc.get(name) or "").lower(), reverse=descending)  # type: ignore[misc]
    body: Document = {"@odata.count": len(found)} if options.count and options.skiptoken is None else {}
    start = int(_position(options.skiptoken, ordered=False)[0]) if options.skiptoken else 0
    last = start + (options.top or len(found))
    if last < len(found):
        body["@odata.nextLink"] = next_link(call, _token((str(last),)))
    value = [show(doc, options) for doc in found[start:last]]
    return call.entity({**body, "value": value}, context + _selected(options))


def _document(doc: str, deleted: str | None) -> Document:
    found: Document = orjson.loads(doc)
    if deleted is not None:
        found["deletedDateTime"] = deleted
    return found


def _selected(options: Options) -> str:
    names = [*options.select, *(f"{item.name}()" for item in options.expand)]
    return f"({','.join(names)})" if options.select else ""


def _order(orderby: tuple[tuple[str, bool], ...], token: str | None, key: str) -> Order:
    """The order of a collection, from where a skip token stands; equal objects come as they were written."""
    position = _position(token, ordered=bool(orderby)) if token else None
    if not orderby:
        after = None if position is None else (f"{key} > ?", [position[0]])
        return Order(key, key, after)
    name, descending = orderby[0]
    column = _column(name)
    direction, sign = ("DESC", "<") if descending else ("ASC", ">")
    clause = f"{column} {direction}, version {direction}"
    # SQLite finds the place in an index by the first condition, and does not by the second, which is the exact one.
    after = None
    if position is not None:
        after = (f"{column} {sign}= ? AND ({column}, version) {sign} (?, ?)", [position[0], *position])
    return Order(clause, f"{column}, version", after)


def _column(name: str) -> str:
    if name == "deletedDateTime":
        return "deleted"
    if not all(part.isalnum() for part in name.split("/")):
        raise bad_request(f"Could not find a property named '{name}'.", "BadRequest")
    return sort_key(name)


def _token(position: tuple[Any, ...]) -> str:
    """An opaque token for a position."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def _position(token: str, *, ordered: bool) -> list[Any]:
    """The position that a skip token stands for: an id, or in an order a value and the number of a write.

    Raises:
        Fault: 400 with the code of an expired token, for one that the emulator did not make; its code is a guess.
    """
    try:
        position = orjson.loads(base64.urlsafe_b64decode(f"{token}==="))
    except ValueError:
        position = None
    kinds: list[Any] = [(str, int, float), int] if ordered else [str]
    if not (
        isinstance(position, list)
        and len(position) == len(kinds)
        and all(isinstance(value, kind) for value, kind in zip(position, kinds, strict=True))
        and all(isinstance(value, str) or abs(value) < 2**63 for value in position)
    ):
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
