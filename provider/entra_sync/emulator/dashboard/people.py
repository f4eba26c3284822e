"""People of two tenants side by side: who they are, which account belongs to them, and how that stands.

The list has four stretches, each in its own order and each read from where the last page ended: people of the source by
user principal name, those in its deleted items, those that only the job still remembers, and accounts that are in the
target alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from entra_sync.emulator.cycle.job import Job
from entra_sync.emulator.cycle.users.people import target_value
from entra_sync.emulator.dashboard.query import AT_ONCE, Page, Query, Unknown, place
from entra_sync.emulator.state.store import Document, Entry
from entra_sync.expressions import GRAPH_PROPERTIES

if TYPE_CHECKING:
    from entra_sync.emulator.state.store import Store

__all__ = ["STATES", "people", "person"]

JSON = dict[str, Any]

STATES = ("linked", "synchronized", "failed", "removed", "skipped", "unlinked", "target")
"""How a user stands: known to the job, which is one of the next four; has an account; could not be provisioned; had an
account, which the job deleted; is assigned without an account; is unknown to the job; is an account of the target
without a user in the source."""

_SPARSE = {"forgotten", "target"}
_LEFT_OUT = {"manager", "userPrincipalName", "displayName"}


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A row before anything but its names has been read; one without names is not part of the list."""

    place: str
    id: str
    names: tuple[str | None, ...]
    link: Document | None


@dataclass(frozen=True, slots=True)
class _Sides:
    """Whose people are compared: a job's two tenants, or one tenant that is shown alone."""

    store: Store
    source: str
    target: str | None
    job: str

    @classmethod
    def of(cls, query: Query) -> _Sides:
        job = query.job()
        if job is None:
            return cls(query.store, query.tenant().tenant_id, None, "")
        source, target = query.ends(job)
        return cls(query.store, source.tenant_id, target.tenant_id if target is not None else None, job.id)

    def link(self, id: str) -> Document | None:
        """What the job remembers about a source person."""
        entry = self.store.get(self.source, "link", f"{self.job}/{id}") if self.job else None
        return entry.doc if entry is not None else None


def people(query: Query) -> JSON:
    """A page of people: of the two tenants of ``job``, or of ``tenant`` alone.

    ``find`` looks into names and addresses and knows ids; ``state`` is one of ``STATES``.

    Returns:
        ``rows`` of ``{"state", "code", "source", "target"}``, where each side is a person or null.

    Raises:
        Unknown: no such tenant or job.
        ValueError: an unknown state, or a place that is not of this list.
    """
    sides, state = _Sides.of(query), query.choice("state", STATES)
    stretches = _stretches(sides, state)
    after = query.after(str, list)
    name, begin = (after[0], after[1]) if after else (next(iter(stretches)), ["", ""])
    if name not in stretches or [type(part) for part in begin] != [str, str]:
        raise ValueError(f'after: "{query.query["after"]}" is no place in this list')
    picky = bool(query.wanted or state)
    rows: list[JSON] = []
    examined = 0
    while True:
        limit = AT_ONCE - examined if picky or name in _SPARSE else query.size - len(rows)
        found = stretches[name](sides, begin, limit)
        for candidate in found:
            examined += 1
            begin = [candidate.place, candidate.id]
            if _fits(candidate, query.wanted, name, state):
                rows.append(_row(sides, candidate, name))
                if len(rows) == query.size:
                    return Page(rows, place(name, begin), examined).as_json()
        if examined >= AT_ONCE:
            return Page(rows, place(name, begin), examined).as_json()
        if len(found) < limit:
            following = _following(stretches, name)
            if following is None:
                return Page(rows, None, examined).as_json()
            name, begin = following, ["", ""]


_Stretch = Callable[[_Sides, list[str], int], list[_Candidate]]


def _stretches(sides: _Sides, state: str) -> dict[str, _Stretch]:
    """The stretches of the list that can hold people in a state."""
    if state == "target":
        return {"target": _only_target}
    found: dict[str, _Stretch] = {"live": _live, "deleted": _deleted}
    if sides.job:
        found["forgotten"] = _forgotten
    if sides.target is not None and not state:
        found["target"] = _only_target
    return found


def _following(stretches: dict[str, _Stretch], name: str) -> str | None:
    names = list(stretches)
    rest = names[names.index(name) + 1 :]
    return rest[0] if rest else None


# Stretches. Each gives at most *limit* candidates after a place, in order of that place.

_NAMES = (
    "json_extract(u.doc, '$.displayName'), json_extract(u.doc, '$.userPrincipalName'), json_extract(u.doc, '$.mail')"
)
_LINKED = "LEFT JOIN objects l ON l.tenant = u.tenant AND l.kind = 'link' AND l.id = ? || '/' || u.id"


def _live(sides: _Sides, after: list[str], limit: int) -> list[_Candidate]:
    rows = sides.store.query(
        f"SELECT k.value, k.id, {_NAMES}, l.doc FROM keys k"
        f" JOIN objects u ON u.tenant = k.tenant AND u.kind = 'user' AND u.id = k.id {_LINKED}"
        " WHERE k.tenant = ? AND k.name = 'userPrincipalName' AND (k.value, k.id) > (?, ?)"
        " ORDER BY k.value, k.id LIMIT ?",
        [sides.job, sides.source, *after, limit],
    )
    return [_candidate(*row) for row in rows]


def _deleted(sides: _Sides, after: list[str], limit: int) -> list[_Candidate]:
    rows = sides.store.query(
        f"SELECT u.deleted, u.id, {_NAMES}, l.doc FROM objects u {_LINKED}"
        " WHERE u.tenant = ? AND u.kind = 'user' AND u.deleted IS NOT NULL AND (u.deleted, u.id) > (?, ?)"
        " ORDER BY u.deleted, u.id LIMIT ?",
        [sides.job, sides.source, *after, limit],
    )
    return [_candidate(*row) for row in rows]


def _forgotten(sides: _Sides, after: list[str], limit: int) -> list[_Candidate]:
    """Links of users who are gone for good; others have no names here."""
    begin = len(sides.job) + 2
    rows = sides.store.query(
        "SELECT l.id, substr(l.id, ?), iif(u.id IS NULL, json_extract(l.doc, '$.name'), NULL), l.doc FROM objects l"
        " LEFT JOIN objects u ON u.tenant = l.tenant AND u.kind = 'user' AND u.id = substr(l.id, ?)"
        " WHERE l.tenant = ? AND l.kind = 'link' AND l.id > ? AND l.id < ? ORDER BY l.id LIMIT ?",
        [begin, begin, sides.source, after[0] or f"{sides.job}/", f"{sides.job}0", limit],
    )
    return [_Candidate(key, id, (name,), orjson.loads(link)) for key, id, name, link in rows]


def _only_target(sides: _Sides, after: list[str], limit: int) -> list[_Candidate]:
    if sides.target is None:
        return []
    rows = sides.store.query(
        f"SELECT k.value, k.id, {_NAMES}, EXISTS (SELECT 1 FROM keys l WHERE l.tenant = ? AND l.name = 'link.target'"
        " AND l.value = k.id AND l.id > ? AND l.id < ?) FROM keys k"
        " JOIN objects u ON u.tenant = k.tenant AND u.kind = 'user' AND u.id = k.id"
        " WHERE k.tenant = ? AND k.name = 'userPrincipalName' AND (k.value, k.id) > (?, ?)"
        " ORDER BY k.value, k.id LIMIT ?",
        [sides.source, f"{sides.job}/", f"{sides.job}0", sides.target, *after, limit],
    )
    return [_Candidate(value, id, () if linked else tuple(names), None) for value, id, *names, linked in rows]


def _candidate(place: str, id: str, *rest: str | None) -> _Candidate:
    *names, link = rest
    return _Candidate(place, id, tuple(names), orjson.loads(link) if link is not None else None)


# Rows


def _fits(candidate: _Candidate, wanted: str, stretch: str, state: str) -> bool:
    found = stretch if stretch == "target" else _state(candidate.link)
    if not any(candidate.names) or not (
        found not in ("unlinked", "target") if state == "linked" else state in ("", found)
    ):
        return False
    account = (candidate.link or {}).get("target")
    return wanted in (candidate.id, account) or any(wanted in (name or "").casefold() for name in candidate.names)


def _state(link: Document | None) -> str:
    if link is None:
        return "unlinked"
    if link["escrow"] is not None:
        return "failed"
    if link["removed"]:
        return "removed"
    if link["target"]:
        return "synchronized"
    return "skipped" if link["entitled"] else "unlinked"


def _row(sides: _Sides, candidate: _Candidate, stretch: str) -> JSON:
    if stretch == "target":
        account = sides.store.kind_of(sides.target or "", candidate.id, ("user",))
        return {"state": "target", "code": None, "source": None, "target": _person(account)}
    link = candidate.link
    source = _person(sides.store.kind_of(sides.source, candidate.id, ("user",)))
    return {
        "state": _state(link) if sides.job else None,
        "code": link["escrow"]["code"] if link is not None and link["escrow"] is not None else None,
        "source": source or _remembered(candidate.id, candidate.names[0]),
        "target": _account(sides, link),
    }


def _account(sides: _Sides, link: Document | None) -> JSON | None:
    if link is None or not link["target"] or sides.target is None:
        return None
    entry = sides.store.kind_of(sides.target, link["target"], ("user",))
    return _person(entry) or _remembered(link["target"], None)


def _person(entry: Entry | None) -> JSON | None:
    if entry is None:
        return None
    doc = entry.doc
    return {
        "id": entry.id,
        "displayName": doc.get("displayName"),
        "principalName": doc.get("userPrincipalName"),
        "userType": doc.get("userType"),
        "enabled": doc.get("accountEnabled", True),
        "deleted": entry.deleted,
        "gone": False,
    }


def _remembered(id: str, name: str | None) -> JSON:
    """A user who has been deleted for good."""
    unknown = dict.fromkeys(("displayName", "userType", "enabled", "deleted"))
    return {"id": id, "principalName": name, **unknown, "gone": True}


# One person


def person(query: Query) -> JSON:
    """The source person ``id``, or the account ``account`` of the target, with attributes of both sides.

    Returns:
        The row as in ``people``; ``failure`` with its code, how often in a row, and the next cycle that tries again, or
        null; ``attributes`` of ``{"name", "source", "target"}`` where one side has a value;
        ``assigned``, names of what puts the person into scope.

    Raises:
        Unknown: there is no user of that id.
    """
    sides = _Sides.of(query)
    id, account_id = query.query.get("id", ""), query.query.get("account", "")
    link = sides.link(id) if id else None
    source = sides.store.kind_of(sides.source, id, ("user",)) if id else None
    target_id = (link or {}).get("target") or account_id
    target = sides.store.kind_of(sides.target, target_id, ("user",)) if sides.target and target_id else None
    if source is None and target is None and link is None:
        raise Unknown(f'there is no user with id "{id or account_id}"')
    if id:
        name = str(link["name"]) if link is not None else None
        row = _row(sides, _Candidate("", id, (name, None, None), link), "live")
    else:
        row = {"state": "target", "code": None, "source": None, "target": _person(target)}
    job = query.job()
    escrow = link["escrow"] if link is not None else None
    return {
        **row,
        "failure": {"code": escrow["code"], "count": escrow["count"], "nextCycle": escrow["next"]} if escrow else None,
        "attributes": _attributes(source, target),
        "assigned": _assigned(query, job, id) if job is not None and id else [],
    }


def _attributes(source: Entry | None, target: Entry | None) -> list[JSON]:
    """What both sides have, in the names that mappings use; the reader sees at once what differs."""
    found: list[JSON] = []
    for name in ("displayName", "userPrincipalName", *(item for item in GRAPH_PROPERTIES if item not in _LEFT_OUT)):
        values = [target_value(entry.doc, name) if entry is not None else None for entry in (source, target)]
        if any(value not in (None, [], "") for value in values):
            found.append({"name": name, "source": _text(values[0]), "target": _text(values[1])})
    return found


def _text(value: Any) -> str | None:
    if value in (None, [], ""):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _assigned(query: Query, job: Job, id: str) -> list[str]:
    directory = query.service.directory(job.tid)
    groups = set(query.store.sources(job.tid, "member", id))
    return [
        "directly" if entry.doc["principalId"] == id else str(entry.doc["principalDisplayName"])
        for entry in directory.assigned_to(job.owner)
        if entry.doc["principalId"] == id or entry.doc["principalId"] in groups
    ]
