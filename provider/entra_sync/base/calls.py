"""Graph calls as values: what preview lists and what `up` executes.

A resource's handler turns (old arguments, new arguments) into a list of :class:`GraphCall` with pure functions. The
list stands in the resource's inputs as ``graphCalls``, so that it is in the diff, in policies and in hooks; ``up``
reads it back from there and executes it as it stands. What is not known when the list is made has a placeholder:

- ``{"$ref": "created.id"}`` in a body, ``{created.id}`` in a path: taken from the answer to an earlier call;
- ``{"$secret": "values.SecretToken"}`` in a body: taken from the arguments, since the list is stored in clear.

Of more than 100 calls of a batch that differ in one id only, one stands there: ``{each}`` in the place of the id, the
ids in ``each``, and their ``count``. If an input holds the same ids, ``each`` names it: ``principals.users``.

A call that ``merges`` has in its body what it adds to, or takes from, the object at its path: the current object is
read, changed by the named function and sent, one at a time per object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from entra_sync.base.values.large import MOST, condensed, spread
from entra_sync.base.values.unknown import is_unknown, map_leaves
from entra_sync.graph.paths import segment

__all__ = [
    "GraphCall",
    "Merge",
    "Placeholder",
    "Secret",
    "listed",
    "part",
    "ref",
    "unlisted",
]

JSON = Any
Merge = Callable[[JSON, JSON], JSON]
"""Function of (current object, body of the call) that gives the body to send."""


@dataclass(frozen=True, slots=True)
class GraphCall:
    """One call that changes something in a tenant.

    Attributes:
        tenant: Name of the tenant.
        method: HTTP method.
        path: Path with version; segments that are not known yet are ``{name}``.
        body: JSON, with placeholders where needed.
        purpose: What it is for, in words: "creating the job of …".
        saves: Name under which later calls refer to the answer's body.
        merges: Name of the handler's merge function, where the body is a change to the current object.
        batched: May share a JSON batch with its neighbors: their order does not matter.
        subject: The one text by which it differs from other calls of its batch: the id of a user, for example.
        patience: Seconds for which "not found" and a failing policy check are taken for changes that have not reached
            every replica yet, and the call is tried again.
        undoes: It takes something back, so that "not found" means that nothing is left to do, as for a DELETE.
    """

    tenant: str
    method: str
    path: str
    body: JSON = None
    purpose: str = ""
    saves: str = ""
    merges: str = ""
    batched: bool = False
    patience: int = 0
    subject: str = ""
    undoes: bool = False


def ref(name: str) -> dict[str, str]:
    """Placeholder in a body for a value of an earlier call's answer, e.g. ``ref("created.servicePrincipal.id")``."""
    return {"$ref": name}


class Placeholder(str):
    """Placeholder in a path for a value of an earlier call's answer: ``Placeholder("job.id")``."""


class Secret(dict[str, str]):
    """Placeholder in a body for a secret argument: ``Secret("values.SecretToken")``."""

    def __init__(self, path: str) -> None:
        super().__init__({"$secret": path})


def part(value: JSON, name: str) -> str:
    """*value* as one segment of a path, or ``{name}`` while it is not known."""
    if isinstance(value, Placeholder):
        return f"{{{value}}}"
    return f"{{{name}}}" if value is None or is_unknown(value) else segment(str(value))


def listed(calls: Sequence[GraphCall], inputs: Mapping[str, JSON] | None = None) -> list[dict[str, JSON]]:
    """The calls as they stand in ``graphCalls``: tenant, verb and path, body, and what `up` needs to send them.

    Args:
        calls: The calls.
        inputs: The inputs that the list will stand in. A large set of ids that is one of them is not repeated.
    """
    items: list[dict[str, JSON]] = []
    for batched, run in groupby(calls, lambda call: call.batched):
        together = list(run)
        if not batched or len(together) <= MOST:
            items += map(_item, together)
            continue
        alike: dict[str, tuple[GraphCall, list[GraphCall]]] = {}
        for call in together:
            pattern = _with_subject(call, EACH)
            alike.setdefault(repr(pattern), (pattern, []))[1].append(call)
        for pattern, members in alike.values():
            if len(members) <= MOST:
                items += map(_item, members)
                continue
            items.append({**_item(pattern), "count": len(members)})
            if pattern.subject:
                items[-1]["each"] = _place([call.subject for call in members], inputs or {})
    return items


def unlisted(items: Sequence[Mapping[str, JSON]], inputs: Mapping[str, JSON] | None = None) -> list[GraphCall]:
    """The inverse of :func:`listed`. Calls that share a batch may be in another order.

    Args:
        items: The list.
        inputs: The inputs that it stands in.
    """
    calls = []
    for item in items:
        method, path = item["call"].split(" ", 1)
        call = GraphCall(
            tenant=item["tenant"],
            method=method,
            path=path,
            body=item.get("body"),
            purpose=item.get("purpose", ""),
            saves=item.get("saves", ""),
            merges=item.get("merges", ""),
            batched=bool(item.get("batched")),
            patience=int(item.get("patience", 0)),
        )
        if "each" in item:
            calls += [_with_subject(replace(call, subject=EACH), id) for id in spread(_ids(item["each"], inputs or {}))]
        else:
            calls += [call] * int(item.get("count", 1))
    return calls


EACH = "{each}"
"""What stands in a listed call for the id of each."""


def _item(call: GraphCall) -> dict[str, JSON]:
    return {
        "tenant": call.tenant,
        "call": f"{call.method} {call.path}",
        **({"body": call.body} if call.body is not None else {}),
        **({"purpose": call.purpose} if call.purpose else {}),
        **({"saves": call.saves} if call.saves else {}),
        **({"merges": call.merges} if call.merges else {}),
        **({"batched": True} if call.batched else {}),
        **({"patience": call.patience} if call.patience else {}),
    }


def _with_subject(call: GraphCall, subject: str) -> GraphCall:
    """The same call about another *subject*; a call without one stays as it is."""
    before = call.subject
    if not before:
        return call

    def put(leaf: JSON) -> JSON:
        return leaf.replace(before, subject) if isinstance(leaf, str) else leaf

    path, purpose = put(call.path), put(call.purpose)
    return replace(call, path=path, purpose=purpose, body=map_leaves(put, call.body), subject=subject)


def _place(ids: Sequence[str], inputs: Mapping[str, JSON]) -> JSON:
    """The condensed set of *ids*, or the place in *inputs* where it stands."""
    whole = condensed(ids)
    for name, value in inputs.items():
        for part, held in value.items() if isinstance(value, Mapping) else ():
            if held == whole:
                return f"{name}.{part}"
    return whole


def _ids(each: JSON, inputs: Mapping[str, JSON]) -> Mapping[str, str]:
    """The condensed set that ``each`` holds or names."""
    if isinstance(each, str):
        name, part = each.split(".")
        each = inputs[name][part]
    found: Mapping[str, str] = each
    return found
