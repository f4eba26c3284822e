"""Delta queries on directory objects ("Use delta query to track changes", and the delta page of each kind).

A token carries what the first request asked for and the number of the newest write that it has covered. Which
properties of an object changed after a write is noted with the object (``_made``, ``_set``), so a change of a
property that was not selected stays out, and ``Prefer: return=minimal`` shows what changed only.
"""

from __future__ import annotations

import base64
from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import orjson

from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.emulator.graph.applications.applications import show_application
from entra_sync.emulator.graph.applications.service_principals import show_service_principal
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.shapes import Needed, misfits
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.odata.filters import Comparison, Logical, Node, parse_filter
from entra_sync.emulator.odata.options import Options, raw_options, read_select
from entra_sync.emulator.state.catalog.entities import Entity, entity
from entra_sync.emulator.state.store import Document

__all__ = ["routes"]

routes = Router()

_LIFETIME = timedelta(days=7)
"""How long a token of directory objects is good."""

_PAGE = 200
_MOST_IDS = 50
_RELATIONS: dict[str, dict[str, str]] = {
    "user": {"manager": "manager"},
    "group": {"members": "member", "owners": "owner"},
    "application": {},
    "servicePrincipal": {},
    "administrativeUnit": {"members": "unit.member"},
}
_SHOWN = {"application": show_application, "servicePrincipal": show_service_principal}
"""Kinds whose answers are more than what is stored."""


_TOKEN = dict(enumerate((Needed(int), Needed(int), Needed(str), Needed([str]), Needed([str]), Needed((int, float)))))
"""Types of what a token holds, in order: the attributes of a state."""


@dataclass(frozen=True, slots=True)
class _State:
    """Where a round of change tracking stands.

    Attributes:
        since: Write that the client knows already; -1 in the first round.
        until: Newest write of this round.
        after: Place of the last object that was shown: its id in the first round, the number of its write in others.
        select: Properties and relations that are tracked; empty for the default ones.
        ids: Objects that are tracked; empty for all.
        issued: When the token was made, in seconds.
    """

    since: int
    until: int
    after: str
    select: tuple[str, ...]
    ids: tuple[str, ...]
    issued: float

    def token(self) -> str:
        """The state as a client carries it."""
        values = [self.since, self.until, self.after, self.select, self.ids, self.issued]
        return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


@routes.on("GET", "/users/delta", "/users/microsoft.graph.delta")
def users_delta(call: Call) -> Reply:
    """Users that were created, changed or deleted since the token was given out."""
    return _delta(call, "user")


@routes.on("GET", "/groups/delta", "/groups/microsoft.graph.delta")
def groups_delta(call: Call) -> Reply:
    """Groups that were created, changed or deleted, or whose members changed, since the token was given out."""
    return _delta(call, "group")


@routes.on("GET", "/applications/delta", "/applications/microsoft.graph.delta")
def applications_delta(call: Call) -> Reply:
    """Applications that were registered, changed or deleted since the token was given out."""
    return _delta(call, "application")


@routes.on("GET", "/servicePrincipals/delta", "/servicePrincipals/microsoft.graph.delta")
def service_principals_delta(call: Call) -> Reply:
    """Service principals that were made, changed or deleted since the token was given out."""
    return _delta(call, "servicePrincipal")


@routes.on("GET", "/directory/administrativeUnits/delta", "/directory/administrativeUnits/microsoft.graph.delta")
@routes.on("GET", "/administrativeUnits/delta", "/administrativeUnits/microsoft.graph.delta", versions=("beta",))
def administrative_units_delta(call: Call) -> Reply:
    """Units that were created, changed or deleted, or whose members changed, since the token was given out."""
    return _delta(call, "administrativeUnit")


def _delta(call: Call, kind: str) -> Reply:
    raw = raw_options(call)
    shape = entity(kind)
    body: Document = {"@odata.context": call.context(shape.set)}
    if raw.get("$deltatoken", "").lower() == "latest":
        state = _begin(call, raw, shape)
        return Reply(200, {**body, "@odata.deltaLink": _link(call, "$deltatoken", _done(call, state)), "value": []})
    token = raw.get("$skiptoken") or raw.get("$deltatoken")
    state = _resume(call, token, delta="$deltatoken" in raw) if token else _begin(call, raw, shape)
    minimal = "return=minimal" in call.header("Prefer").lower()
    value, last = _page(call, shape, state, minimal=minimal and state.since >= 0)
    if last is None:
        body["@odata.deltaLink"] = _link(call, "$deltatoken", _done(call, state))
    else:
        body["@odata.nextLink"] = _link(call, "$skiptoken", replace(state, after=last))
    headers = {"Preference-Applied": "return=minimal"} if minimal else {}
    return Reply(200, {**body, "value": value}, headers)


# Tokens


def _begin(call: Call, raw: dict[str, str], shape: Entity) -> _State:
    """The state of a first request.

    Raises:
        Fault: 400 for an option that delta queries do not take.
    """
    for name in ("$expand", "$orderby", "$search", "$count", "$top"):
        if name in raw:
            raise bad_request(f"The query parameter '{name}' is not supported for change tracking.", "BadRequest")
    relations = _RELATIONS[shape.kind]
    asked = raw.get("$select", "").split(",")
    names = [name.strip() for name in asked if name.strip() in relations]
    names += read_select(",".join(name for name in asked if name.strip() not in relations), shape)
    ids = _ids(parse_filter(raw["$filter"])) if raw.get("$filter") else []
    if len(ids) > _MOST_IDS:
        raise bad_request(f"The number of objects in a delta filter cannot be more than {_MOST_IDS}.", "BadRequest")
    return _State(-1, call.store.version, "", tuple(names), tuple(ids), _now(call))


def _ids(node: Node) -> list[str]:
    """Ids in a filter that names objects, which is the only kind that is supported."""
    match node:
        case Comparison(path, "eq", value) if path.text == "id" and isinstance(value, str):
            return [value.lower()]
        case Logical("or", conditions):
            return [id for condition in conditions for id in _ids(condition)]
    raise Fault(400, "Request_UnsupportedQuery", "Change tracking is only supported on a filter by id.")


def _resume(call: Call, token: str, *, delta: bool) -> _State:
    """The state that a token stands for; a delta token begins the next round.

    Raises:
        Fault: 400 for a token that is not one of ours, 410 for one that is too old.
    """
    try:
        held = orjson.loads(base64.urlsafe_b64decode(f"{token}==="))
    except ValueError:
        held = None
    if not isinstance(held, list) or any(misfits(dict(enumerate(held)), _TOKEN)) or len(held) != len(_TOKEN):
        raise bad_request("Badly formed token.", "badRequest")
    since, until, after, select, ids, issued = held
    if _now(call) - issued > _LIFETIME.total_seconds():
        location = f"{call.request.root}{call.request.path}?$deltatoken="
        raise Fault(
            410,
            "syncStateNotFound",
            "The sync state generation is not found; a full synchronization is required.",
            headers={"Location": location},
        )
    if delta:
        since, until, after = until, call.store.version, ""
    return _State(since, until, after, tuple(select), tuple(ids), _now(call))


def _done(call: Call, state: _State) -> _State:
    return replace(state, after="", issued=_now(call))


def _now(call: Call) -> float:
    return call.clock.now().timestamp()


def _link(call: Call, name: str, state: _State) -> str:
    return f"{call.request.root}{call.request.path}?{name}={quote(state.token())}"


# Pages


def _page(call: Call, shape: Entity, state: _State, *, minimal: bool) -> tuple[list[Document], str | None]:
    """Objects of a page, and where to go on, None when the round is over.

    The first round goes by id, and ends with an empty page, as the service's does; later ones go by the order of the
    writes, so that they cost what changed and not what there is.
    """
    after: str | int
    if state.since < 0:
        order, found_by, after = "id", "tenant = ? AND kind = ? AND id > ? AND deleted IS NULL", state.after
    else:
        order, found_by, after = "version", "tenant = ? AND kind = ? AND version > ?", int(state.after or state.since)
    arguments: list[Any] = [call.tid, shape.kind, after]
    if state.ids:
        found_by += f" AND id IN ({','.join('?' * len(state.ids))})"
        arguments += state.ids
    rows = call.store.query(
        f"SELECT {order}, id, doc, deleted FROM objects WHERE {found_by} ORDER BY {order} LIMIT ?",
        [*arguments, _PAGE + 1],
    )
    more = len(rows) > _PAGE or (bool(rows) and state.since < 0)
    shown = rows[:_PAGE]
    value = _entries(call, shape, state, [row[1:] for row in shown], minimal=minimal)
    return (value, str(shown[-1][0])) if more else (value + _gone(call, shape, state), None)


def _gone(call: Call, shape: Entity, state: _State) -> list[Document]:
    """Objects that are gone for good; they come last."""
    if state.since < 0:
        return []
    rows = call.store.query(
        "SELECT id FROM tombstones WHERE tenant = ? AND kind = ? AND version > ?", [call.tid, shape.kind, state.since]
    )
    ids = [row[0] for row in rows if not state.ids or row[0] in state.ids]
    return [{"id": id, "@removed": {"reason": "deleted"}} for id in ids]


def _entries(call: Call, shape: Entity, state: _State, rows: list[tuple[Any, ...]], *, minimal: bool) -> list[Document]:
    """What a delta answer says about objects, without those of which nothing that is tracked changed."""
    docs: dict[str, Document] = {id: orjson.loads(text) for id, text, deleted in rows if deleted is None}
    fresh = {id for id, doc in docs.items() if state.since < 0 or doc.get("_made", 0) > state.since}
    relations = _RELATIONS[shape.kind]
    names = tuple(name for name in state.select if name not in relations) or shape.default(call.version)
    tracked = [name for name in relations if name in state.select] if state.select else list(relations)[:1]
    if state.select and all(name in relations for name in state.select):
        names = ()
    related = {
        f"{name}@delta": _related(call, fresh, relations[name], -1)
        | _related(call, docs.keys() - fresh, relations[name], state.since)
        for name in tracked
    }
    found: list[Document] = []
    for id, _, deleted in rows:
        if deleted is not None:
            found.append({"id": id, "@removed": {"reason": "changed"}})
            continue
        doc, new = docs[id], id in fresh
        changed = {name for name, version in doc.get("_set", {}).items() if version > state.since}
        annotations = {name: items[id] for name, items in related.items() if id in items}
        if not (new or annotations or not changed.isdisjoint(names)):
            continue
        shown = _whole(call, shape, doc, names, state)
        if minimal and not new:
            shown = {name: value for name, value in shown.items() if name in changed}
        found.append({**shown, "id": id, **annotations})
    return found


def _whole(call: Call, shape: Entity, doc: Document, names: tuple[str, ...], state: _State) -> Document:
    """Those of some properties that an object has, or had once."""
    once = doc.keys() | doc.get("_set", {}).keys()
    if shape.kind not in _SHOWN:
        return shape.project(doc, tuple(name for name in names if name in once))
    shown = _SHOWN[shape.kind](call, doc, Options(select=state.select))
    return {name: value for name, value in shown.items() if value is not None or name in once}


def _related(call: Call, ids: Set[str], relation: str, since: int) -> dict[str, list[Document]]:
    """Relations of each object: all that it has, or those that were drawn or removed after a write."""
    rows = call.store.query(
        "SELECT source, target, removed, (SELECT kind FROM objects WHERE objects.tenant = edges.tenant AND id = target"
        " AND objects.kind IN ('user', 'group', 'servicePrincipal')) FROM json_each(?) AS one CROSS JOIN edges"
        " ON source = one.value WHERE tenant = ? AND kind = ? AND version > ? AND removed <= ? ORDER BY source, target",
        [orjson.dumps(sorted(ids)).decode(), call.tid, relation, since, since >= 0],
    )
    found: dict[str, list[Document]] = {}
    for source, target, removed, kind in rows:
        item: Document = {"@odata.type": f"#microsoft.graph.{kind or 'user'}", "id": target}
        found.setdefault(source, []).append({**item, "@removed": {"reason": "deleted"}} if removed else item)
    return found
