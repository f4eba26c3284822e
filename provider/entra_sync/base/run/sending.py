"""Sends the calls of a list, one by one or in batches, and fills in what was not known when the list was made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from entra_sync.base.args import restore_integers
from entra_sync.base.calls import GraphCall, Merge
from entra_sync.base.run.locks import one_at_a_time
from entra_sync.base.values.unknown import map_leaves
from entra_sync.environment import READ_ONLY, Environment
from entra_sync.errors import (
    Ambiguous,
    ConfigurationError,
    Conflict,
    CredentialsRejected,
    EntraSyncError,
    GraphError,
    NotFound,
    Throttled,
)
from entra_sync.graph.answers.fresh import building, lag
from entra_sync.graph.gateway import Graph
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Answer, Request
from entra_sync.graph.transport import BATCH_SIZE

__all__ = ["execute"]

JSON = Any


def execute(
    graph: Graph,
    calls: Sequence[GraphCall],
    answers: dict[str, JSON],
    *,
    arguments: JSON = None,
    merges: Mapping[str, Merge] | None = None,
    carried_out: list[GraphCall] | None = None,
) -> None:
    """Sends the calls in their order.

    Args:
        graph: Gateway to the tenant that all of the calls name.
        calls: What to send.
        answers: Filled with the bodies that calls save; also when a later call fails.
        arguments: The resource's inputs, where ``$secret`` placeholders are taken from.
        merges: The handler's merge functions by name.
        carried_out: Filled with the calls that were carried out, or may have been, also when a later call fails. A
            call that undoes something and was answered "not found" is not among them.

    Raises:
        ConfigurationError: The credentials are for reading only; nothing was sent.
        Ambiguous: The answer to a call that creates something was lost: it may or may not have been carried out.
        GraphError: The first call that failed; calls after it were not sent. Calls in batches were all sent, and the
            error tells how many failed, unless a batch failed as a whole.
    """
    done = [] if carried_out is None else carried_out
    if calls and Environment.read().read_only:
        raise ConfigurationError(f"tenant {graph.tenant}: {READ_ONLY} is set, so nothing is sent; unset it for `up`")
    position = 0
    while position < len(calls):
        call = calls[position]
        if call.batched:
            end = position
            while end < len(calls) and calls[end].batched:
                end += 1
            _send_together(graph, [_filled(each, answers, arguments) for each in calls[position:end]], done)
            position = end
            continue
        call = _filled(call, answers, arguments)
        # One at a time per object in this process: Graph has no compare-and-set here, and loses changes side by side.
        with one_at_a_time(graph.tenant.tenant_id, call.path):
            try:
                if call.merges:
                    body, found = _merge(graph, call, (merges or {})[call.merges])
                else:
                    body, found = _send_patiently(graph, call)
            except Exception as error:
                if _may_be_done(error):
                    done.append(call)
                raise
        if found:
            done.append(call)
        if call.saves:
            answers[call.saves] = body
        position += 1


ROUNDS = 5
"""How often a change that another process has overwritten is written again."""


def _merge(graph: Graph, call: GraphCall, merge: Merge) -> tuple[JSON, bool]:
    """Reads the object, changes it and writes it. Lists that are PATCHed are read back until the change is in them.

    Graph has no compare-and-set here: of two processes that change a list at once, the later writer overwrites the
    other's change. The other one finds its change missing and writes again.
    """
    for _ in range(ROUNDS):
        before = _read_patiently(graph, call)
        sent = replace(call, body=merge(before, call.body))
        answer = _send_patiently(graph, sent)
        if call.method != "PATCH":
            return answer
        problem = "the change is still not visible"
        for pause in (0.0, *graph.pauses(lag())):
            graph.pause(pause)
            now = graph.find(call.path, call.purpose)
            if now is None:
                continue  # a replica that does not know the object
            if _holds(now, sent.body):
                return answer
            if _holds(now, merge(now, call.body)):
                return answer
            if not _holds(now, {key: before.get(key) for key in sent.body}):
                problem = "another process keeps overwriting the change"
                break  # not the object as it was before
    raise GraphError(f"tenant {graph.tenant}: while {call.purpose}: {problem}; run again")


def _holds(object: JSON, values: Mapping[str, JSON]) -> bool:
    """Whether the lists of *object* have the same items as those of *values*."""
    return all(sorted(object.get(key) or ()) == sorted(value or ()) for key, value in values.items())


def _read_patiently(graph: Graph, call: GraphCall) -> JSON:
    """The object at the call's path, which a replica may not know yet."""
    for pause in graph.pauses(call.patience):
        found = graph.find(call.path, call.purpose)
        if found is not None:
            return found
        graph.pause(pause)
    return graph.get(call.path, call.purpose)


def _send_patiently(graph: Graph, call: GraphCall) -> tuple[JSON, bool]:
    """Sends a call, and again while the tenant has not caught up with the calls before it.

    Returns the answer's body, and whether there was an object: False for an undoing call that was answered "not found".
    """
    for pause in graph.pauses(call.patience):
        try:
            return _send_once(graph, call)
        except NotFound:
            graph.pause(pause)
        except CredentialsRejected as rejection:
            if rejection.code != "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure":
                raise
            graph.pause(pause)
    return _send_once(graph, call)


def _send_once(graph: Graph, call: GraphCall) -> tuple[JSON, bool]:
    try:
        body = graph.send(_request(call)).body
    except NotFound:
        if call.method == "DELETE" or call.undoes:
            return None, False
        raise
    except Ambiguous:
        if call.saves:
            raise
        # An action on an object that exists, e.g. start: a second one does not make a second object.
        body = graph.send(_request(call)).body
    if call.saves and not isinstance(body, Mapping):
        raise Ambiguous(f"tenant {graph.tenant}: while {call.purpose}: the answer does not say what was created")
    return body, True


def _send_together(graph: Graph, calls: Sequence[GraphCall], done: list[GraphCall]) -> None:
    """Sends calls by JSON batches; items that fail for a reason that may pass are sent again, with patience.

    If a batch fails as a whole, those after it are not sent.
    """
    pending = [*calls]
    problems: list[tuple[GraphCall, GraphError]] = []
    refused: list[GraphError] = []
    for pause in (0.0, *graph.pauses(building())):
        graph.pause(pause)
        problems = []
        for start in range(0, len(pending), BATCH_SIZE):
            batch = pending[start : start + BATCH_SIZE]
            try:
                results = _results(graph, batch)
            except Exception as error:
                done.extend(call for call, problem in problems if _may_be_done(problem))
                done.extend(batch if _may_be_done(error) else ())
                raise
            for call, result in zip(batch, results, strict=True):
                if isinstance(result, Answer) or (call.method == "POST" and _exists_already(result)):
                    done.append(call)
                elif call.method == "DELETE" and isinstance(result, NotFound):
                    continue
                elif _may_pass(result):
                    problems.append((call, result))
                else:
                    refused.append(result)
        pending = [call for call, _ in problems]
        if not pending or refused:
            break
    done.extend(call for call, problem in problems if _may_be_done(problem))
    failures = [*refused, *(problem for _, problem in problems)]
    if failures:
        first = failures[0]
        others = f" ({len(failures)} of {len(calls)} failed; the others were carried out)" if len(calls) > 1 else ""
        first.args = (f"{first}{others}",)
        raise first


def _results(graph: Graph, batch: Sequence[GraphCall]) -> Sequence[Answer | GraphError]:
    """What one batch comes to; each call may have been carried out if the batch's answer was lost."""
    try:
        return graph.batch([_request(call) for call in batch])
    except Ambiguous as lost:
        return [lost] * len(batch)


def _exists_already(error: GraphError) -> bool:
    """Whether what a POST was to make is there: from an earlier try whose answer was lost, or made elsewhere."""
    return isinstance(error, Conflict) or error.code == "Permission_Duplicate" or "already exists" in error.said


def _may_pass(error: GraphError) -> bool:
    """Whether a call that failed so may succeed later: replicas that are behind, a service that is busy or broken."""
    lagging = isinstance(error, NotFound) or "Not a valid reference update" in error.said
    return lagging or isinstance(error, (Ambiguous, Throttled)) or error.status >= 500


def _may_be_done(error: Exception) -> bool:
    """Whether a call that failed so may have been carried out all the same: it was sent, and not plainly refused.

    "Not found" is not a plain refusal: Graph has answered it for creations that it carried out.
    """
    if isinstance(error, GraphError):
        return error.sent and (isinstance(error, NotFound) or not 400 <= error.status < 500)
    return not isinstance(error, EntraSyncError)


def _request(call: GraphCall) -> Request:
    return Request(call.method, call.path, call.body, call.purpose or f"sending {call.method} {call.path}")


_PLACEHOLDER = re.compile(r"\{([A-Za-z][\w.]*)\}")


def _filled(call: GraphCall, answers: Mapping[str, JSON], arguments: JSON) -> GraphCall:
    """The call with its placeholders replaced by what is known now."""
    path = _PLACEHOLDER.sub(lambda match: segment(str(_follow(answers, match[1], call))), call.path)

    def fill(leaf: JSON) -> JSON:
        if isinstance(leaf, Mapping) and len(leaf) == 1:
            if "$ref" in leaf:
                return _follow(answers, leaf["$ref"], call)
            if "$secret" in leaf:
                return _follow(arguments, leaf["$secret"], call)
        return leaf

    return replace(call, path=path, body=restore_integers(map_leaves(fill, call.body)))


def _follow(root: JSON, path: str, call: GraphCall) -> JSON:
    value = root
    for name in path.split("."):
        try:
            value = value[name]
        except (KeyError, TypeError):
            raise EntraSyncError(f"{call.method} {call.path}: nothing stands for {{{path}}}") from None
    return value
