"""What all resources share: check, diff, create, read, update and delete, written once over a few pure functions.

A handler says how its calls follow from its arguments, and how its object is found and read. What comes before anything
is written, check and diff, stands in :mod:`entra_sync.base.checking`; the rest is here:

- ``create`` and ``update`` execute the list in their inputs. The outputs hold the declared arguments and the ids that
  Graph answered; only ``read`` reports drift. The lists of calls stand in the inputs only, unless a run did not finish.
- An update never replays a list that was sent before. If the inputs are unchanged, it computes its calls from the
  object as it is now, and prints how they differ from the list.
- After the first write no failure loses the id. The state records ``provisioningState: incomplete``, and the next `up`
  sends what is left.

The hooks, and when each is called, stand in :mod:`entra_sync.base.hooks`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

from pulumi.dynamic import ConfigureRequest, CreateResult, ReadResult, ResourceProvider, UpdateResult

from entra_sync.base.args import Args
from entra_sync.base.calls import GraphCall, listed, unlisted
from entra_sync.base.checking import Checking, came_from_packaged, is_unfinished
from entra_sync.base.kinds import LISTS
from entra_sync.base.lazy import hand_over
from entra_sync.base.preview import differences
from entra_sync.base.run import claims, unfinished
from entra_sync.base.run.ahead import read_ahead
from entra_sync.base.run.memory import remembered
from entra_sync.base.run.unfinished import Unfinished
from entra_sync.errors import Ambiguous, Conflict, EntraSyncError, GraphError, NotFound, PermissionMissing
from entra_sync.graph.answers import together
from entra_sync.graph.answers.fresh import lag, second_look

__all__ = ["Handler"]

JSON = Any
A = TypeVar("A", bound=Args)

_waiting: dict[str, list[tuple[Handler[Any], str, dict[str, JSON]]]] = remembered({})
"""Deletes that left something because of an object, by that object's id."""

_deleted: set[str] = remembered(set())
"""Ids of the objects that this run has deleted."""


class Handler(Checking[A], ResourceProvider, Generic[A]):
    """Base of the handlers. They hold nothing: state stores them by module and name, which therefore stay for ever."""

    serialize_as_secret_always = False

    # -- what the engine calls, beside check and diff

    def configure(self, req: ConfigureRequest) -> None:
        """Errors are one line: the engine shows the traceback of whatever a handler raises.

        The engine calls this of a handler that a state has without :class:`entra_sync.base.lazy.LazyHandler`.
        """
        sys.tracebacklimit = 0
        hand_over(type(self).__name__)

    def create(self, props: dict[str, JSON]) -> CreateResult:
        """Sends the listed calls, waits until the object is there, and records what was declared."""
        args, existing = self._args(props), props.get("existing")
        self._refuse_what_is_deleted(args, props, existing)
        answers: dict[str, JSON] = {}
        carried_out: list[GraphCall] = []
        try:
            existing = self._made(args, props, answers, existing, carried_out)
        except Exception as error:
            # Whatever went wrong, what may have been created must not be lost.
            id = self._identified(args, answers, existing) if carried_out and not self.starts_over else None
            if id is None:
                raise self._ours(args, error) from None
            known = self.known(answers, existing)
            claims.declare(id, {**props, **known}, created=True)
            return CreateResult(id, self._incomplete(id, props, args, error, known))
        id = self._identified(args, answers, existing)
        if id is None:
            raise EntraSyncError(f"entra:{self.kind()}: Graph answered without an id for what it created; run again")
        known = self.known(answers, existing)
        claims.declare(id, {**props, **known}, created=True)
        return CreateResult(id, self._recorded(id, props, args, known))

    def read(self, id: str, props: dict[str, JSON]) -> ReadResult:
        """What Graph says now, as outputs and as inputs, so that the next `up` corrects drift."""
        args = self._args(props)
        try:
            seen = self._read_ahead(id, args, props) or self.look(id, args, props, second_look())
        except Exception as error:
            raise self._ours(args, error) from None
        if seen is None:
            return ReadResult("", {})
        live, outputs = seen
        if outputs.get("undeclared"):
            self.note(
                args, f"{id.split('/', 1)[1]} has settings that it does not declare: {', '.join(outputs['undeclared'])}"
            )
        recorded = {**live.body(), **self._recorded_inputs(props)}
        state: dict[str, JSON] = {key: props[key] for key in ("provisioningState", "problem") if key in props}
        sent = {"graphCalls": props["graphCalls"]} if is_unfinished(props) and "graphCalls" in props else {}
        inputs = {
            **recorded,
            "graphCalls": [],
            **sent,
            "deleteCalls": listed(self.delete_calls(live, recorded), recorded),
        }
        return ReadResult(id, {**recorded, **sent, **state, **outputs}, inputs)

    def update(self, id: str, olds: dict[str, JSON], news: dict[str, JSON]) -> UpdateResult:
        """Sends the listed calls. If the list was sent before, computes from the tenant what is needed now."""
        args = self._args(news)
        self._refuse_dependents(args)
        calls: Sequence[GraphCall] = unlisted(news["graphCalls"], news)
        incomplete = is_unfinished(olds)
        if came_from_packaged(olds, news) and not incomplete and not self._changed(self._args(olds), args):
            return UpdateResult(self._recorded(id, news, args, self._found_out(olds)))
        answers = dict(olds)
        carried_out: list[GraphCall] = []
        try:
            if incomplete or news.get("revision") == olds.get("revision"):
                needed = self.remaining_calls(args, calls, olds)
                why = "the last run did not finish" if incomplete else "the tenant has changed"
                self._explain(args, calls, needed, why)
                calls = needed
            self.send(args, news, calls, answers, carried_out)
        except Exception as error:
            if self.records_failure(calls, carried_out):
                return UpdateResult(self._incomplete(id, news, args, error, self._found_out(olds)))
            raise self._ours(args, error) from None
        known = {**self._found_out(olds), **self.known(answers, None)}
        return UpdateResult(self._recorded(id, news, args, known))

    def delete(self, id: str, props: dict[str, JSON]) -> None:
        """Sends the calls of :meth:`release`. If the object is gone already, a refused call is a success.

        What stayed because of this object, e.g. if a link gets another target, is tried again once it is gone, the
        latest first.
        """
        if claims.replaced(id, props) or not self._carry_out_delete(id, props):
            return
        _deleted.add(id)
        for handler, other, state in reversed(_waiting.pop(id, [])):
            handler.delete(other, state)

    # -- inside

    def _carry_out_delete(self, id: str, props: dict[str, JSON]) -> bool:
        """Sends the calls of a delete. Returns whether nothing of the object stays."""
        args = self._args(props)
        try:
            release = self.release(id, args, props, claims.others(id, props))
        except Exception as error:
            raise self._ours(args, error) from None
        if release.stays:
            self.note(args, f"{id.split('/', 1)[1]} stays: {release.stays}")
        if release.until:
            _waiting.setdefault(release.until, []).append((self, id, props))
        calls = [replace(call, patience=0) for call in release.calls]
        for pause in (0.0, *self.graph(args).pauses(second_look())):
            self.graph(args).pause(pause)
            carried_out: list[GraphCall] = []
            refusal: Exception | None = None
            try:
                self.send(args, props, calls, {}, carried_out)
            except (NotFound, PermissionMissing, Conflict) as error:
                refusal = error
            except Exception as error:
                raise self._ours(args, error) from None
            if refusal is None and len(carried_out) == len(calls):
                return not release.stays
            # "Not found" may come from a replica that is behind, so a look decides.
            if not self.remains(id, args, props):
                return not release.stays
        raise refusal or EntraSyncError(
            f"tenant {args.tenant}: {id} is still there, although Graph answers that it is not; run again"
        )

    def _refuse_what_is_deleted(self, args: A, props: Mapping[str, JSON], existing: JSON | None) -> None:
        """Refuses to make an object that this run has deleted after check() listed the calls for it.

        Raises:
            EntraSyncError: Programs in other languages may ask the engine to delete before it replaces.
        """
        if self.replace_by_deleting_first or self._identified(args, {}, existing) not in _deleted:
            return
        raise EntraSyncError(
            f"{self._title(props)}: it was deleted before its replacement was made, because "
            "deleteBeforeReplace is set. Leave that out, and run again, which makes the resource"
        )

    def _recorded_inputs(self, properties: Mapping[str, JSON]) -> dict[str, JSON]:
        """What check() computed and the outputs repeat, since read() and delete() get no inputs: not the lists."""
        return {key: value for key, value in self._kept(properties).items() if key not in LISTS}

    def beyond_inputs(self, outputs: Mapping[str, JSON]) -> dict[str, JSON]:
        """The outputs that are neither arguments nor made by check()."""
        arguments = {self.args.wire(name) for name in self.args.model_fields}
        inputs = {*arguments, *self._own_keys(), *self.retired}
        return {key: value for key, value in outputs.items() if key not in inputs}

    def _found_out(self, outputs: Mapping[str, JSON]) -> dict[str, JSON]:
        """Ids and states among the outputs."""
        others = {"provisioningState", "problem", "undeclared"}
        return {key: value for key, value in self.beyond_inputs(outputs).items() if key not in others}

    def _made(
        self,
        args: A,
        props: Mapping[str, JSON],
        answers: dict[str, JSON],
        existing: JSON | None,
        carried_out: list[GraphCall],
    ) -> JSON | None:
        """Sends the listed calls; if an answer was lost, looks at what is there and does what is left.

        Returns what stands for the object where no answer does: *existing*, or what was found on looking.
        """
        calls = unlisted(props["graphCalls"], props)
        try:
            self.send(args, props, calls, answers, carried_out)
            if self._identified(args, answers, existing) is not None:
                return existing
            problem: GraphError = Ambiguous(f"tenant {args.tenant}: the answer does not say what was created")
        except (Ambiguous, Conflict, NotFound) as error:
            problem = error
        creates = any(call.saves for call in calls)
        if isinstance(problem, NotFound) and not creates:
            raise problem
        found = self._find(args, lag() if creates or isinstance(problem, Conflict) else 0.0)
        if isinstance(problem, Conflict) and found is not None and existing is None and not self.owns(args):
            raise EntraSyncError(
                f"tenant {args.tenant}: entra:{self.kind()}: what was to be created is there already, although Graph "
                f"answered before that it is not ({problem}). It was not changed; run again"
            )
        if found is None and not isinstance(problem, Ambiguous):
            raise problem
        needed = calls if found is None else self.missing_calls(args, props, found)
        self._explain(args, calls, needed, f"after a look at the tenant, since {problem}")
        self.send(args, props, needed, answers, carried_out)
        return existing if found is None else found

    def _read_ahead(self, id: str, args: A, props: Mapping[str, JSON]) -> tuple[A, dict[str, JSON]] | None:
        """What answers tell that were read ahead. None if they do not show the object: only a look tells that."""
        stack = claims.stack_of(props)
        if not stack:
            return None
        graph = self.graph(args)
        read_ahead(graph, id, stack, self.partner(args))
        with graph.at_hand.used():
            return self.read_live(id, args, props)

    def _find(self, args: A, seconds: float) -> JSON | None:
        """Repeats :meth:`find_existing` as long as replicas may lag: a second creation would make a second object."""
        graph = self.graph(args)
        for pause in (0.0, *graph.pauses(seconds)):
            graph.pause(pause)
            found = self.find_existing(args)
            if found is not None:
                return found
        return None

    def _identified(self, args: A, answers: Mapping[str, JSON], existing: JSON | None) -> str | None:
        """:meth:`resource_id`, or None if an answer does not have what it should."""
        try:
            return self.resource_id(args, answers, existing)
        except (KeyError, TypeError):
            return None

    def _recorded(self, id: str, props: Mapping[str, JSON], args: A, known: Mapping[str, JSON]) -> dict[str, JSON]:
        """Outputs after a change: what was declared, what check() added, and the ids and states that Graph tells."""
        try:
            with together.taking({}):
                self.wait_until_ready(id, args)
                seen = self.read_live(id, args, props)
            seen = seen or self.look(id, args, props, lag())
        except Exception as error:
            return self._incomplete(id, props, args, error, known)
        if seen is None:
            problem = EntraSyncError(f"it is not visible after {lag():.0f} s")
            return self._incomplete(id, props, args, problem, known)
        unfinished.finished(self.graph(args), id)
        return {**args.body(), **self._recorded_inputs(props), **known, **seen[1], "provisioningState": "succeeded"}

    def _explain(self, args: A, listed: Sequence[GraphCall], needed: Sequence[GraphCall], why: str) -> None:
        """Prints which calls of the preview's list are no longer needed and which are new."""
        words = ("listed but not needed", "to be sent but not listed")
        for difference in differences(listed, [(call.method, call.path, call.body) for call in needed], words):
            self.note(args, f"{difference} ({why})")

    def _incomplete(
        self, id: str, props: Mapping[str, JSON], args: A, error: Exception, known: Mapping[str, JSON]
    ) -> dict[str, JSON]:
        """Outputs of a resource that is not finished: everything that is known of it, and the problem."""
        problem = str(self._ours(args, error))
        ids = frozenset(value for value in known.values() if isinstance(value, str))
        unfinished.note(self.graph(args), Unfinished(self.kind(), id, problem, ids))
        self.note(args, f"warning: not finished: {problem}; run again to finish it")
        sent = {"graphCalls": props["graphCalls"]}
        recorded = {**args.body(), **self._recorded_inputs(props), **known, **sent}
        return {**recorded, "provisioningState": "incomplete", "problem": problem}
