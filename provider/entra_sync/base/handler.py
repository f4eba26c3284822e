"""What all resources share: check, diff, create, read, update and delete, written once over a few pure functions.

A handler says how its calls follow from its arguments, and how its object is found and read; the rest is here:

- ``check`` validates the arguments, looks up the object, and adds to the inputs: ``graphCalls`` (what `up` will send),
  ``deleteCalls`` (what a later delete will send), ``existing`` (what was there before) and ``revision`` (how many times
  a list was made). If the program does not change, they are carried over, so that it sends nothing and shows no diff.
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
from fnmatch import fnmatchcase
from typing import Any, Generic, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import UNKNOWN
from pydantic import ValidationError

from entra_sync.base.args import Args, restore_integers
from entra_sync.base.calls import GraphCall, listed, unlisted
from entra_sync.base.hooks import Hooks, Plan
from entra_sync.base.preview import differences
from entra_sync.base.run import claims, unfinished
from entra_sync.base.run.ahead import read_ahead
from entra_sync.base.run.memory import remembered
from entra_sync.base.run.unfinished import Unfinished
from entra_sync.base.values.unknown import holds_unknown, unknown_places
from entra_sync.environment import Environment
from entra_sync.errors import Ambiguous, BadArgument, Conflict, EntraSyncError, GraphError, NotFound, PermissionMissing
from entra_sync.errors.problems import Problem, in_line, problems
from entra_sync.errors.visible import one_line
from entra_sync.graph.answers import together
from entra_sync.graph.answers.failures import undocumented
from entra_sync.graph.answers.fresh import lag, second_look
from entra_sync.graph.gateway import connect
from entra_sync.microsoft.tenant import Tenant

__all__ = ["COMPUTED", "Handler"]

JSON = Any
A = TypeVar("A", bound=Args)

LISTS = ("graphCalls", "deleteCalls")
"""The lists of calls that check() adds to the inputs of every resource."""

COMPUTED = (*LISTS, "existing", "revision")
"""Keys that check() adds to the inputs of every resource; handlers may name more of their own."""

_waiting: dict[str, list[tuple[Handler[Any], str, dict[str, JSON]]]] = remembered({})
"""Deletes that left something because of an object, by that object's id."""


class Handler(Hooks[A], ResourceProvider, Generic[A]):
    """Base of the handlers. They hold nothing: state stores them by module and name, which therefore stay for ever."""

    serialize_as_secret_always = False

    # -- what the engine calls

    def configure(self, req: ConfigureRequest) -> None:
        """Errors are one line: the engine shows the traceback of whatever a handler raises."""
        sys.tracebacklimit = 0

    def check(self, olds: dict[str, JSON], news: dict[str, JSON]) -> CheckResult:
        """Validates *news* and adds the plan; problems are reported on their properties."""
        claims.run_for(news)
        inputs, new, pending, failures = self._validated(news)
        if new is None or failures:
            return CheckResult(inputs, failures)
        if pending:
            return self._not_known_yet(new, pending, news, olds)
        try:
            old = self._args(olds) if olds else None
        except EntraSyncError as error:
            return CheckResult(inputs, [_refused("", str(error))])
        kept = self._kept(olds)
        name = _named(news)
        if old is not None and not new.changed_from(old):
            return CheckResult({**new.body(), **kept, **name}, [])
        try:
            self._refuse_dependents(new)
            earlier = None if olds else self._replaced(new, news)
            if earlier is not None:
                plan = Plan(self.calls(None, new, earlier.get("existing")), earlier.get("existing"))
            else:
                plan = self.plan(old, new, {key: kept[key] for key in ("existing", *self.computed) if key in kept})
            if plan.calls:
                self._refuse_without_permissions(new)
        except BadArgument as error:
            return CheckResult(inputs, [_refused(error.property, str(error))])
        except Exception as error:
            return CheckResult(inputs, [_refused("", str(self._ours(new, error)))])
        computed = {**({"existing": plan.existing} if plan.existing is not None else {}), **plan.computed}
        declared = {**new.body(), **computed}
        calls = {
            "graphCalls": listed(plan.calls, declared),
            "deleteCalls": listed(self.delete_calls(new, declared), declared),
            "revision": int(kept.get("revision", 0)) + 1,
        }
        refusals = [_refused(plan.refusal.property, str(plan.refusal))] if plan.refusal else []
        return CheckResult({**declared, **calls, **name}, refusals)

    def declared(self, news: dict[str, JSON]) -> CheckResult:
        """The arguments that *news* declares. They are validated as in check(), and nothing is looked up or planned."""
        inputs, new, _, failures = self._validated(news)
        return CheckResult(inputs if new is None else {**new.body(), **_named(news)}, failures)

    def diff(self, id: str, olds: dict[str, JSON], news: dict[str, JSON]) -> DiffResult:
        """Compares what the user wrote; what check() computed never causes a change."""
        old, new = self._args(olds), self._args(news)
        claims.declare(id, {**{key: olds[key] for key in self.computed if key in olds}, **news}, olds)
        replaced = [self.args.wire(name) for name in new.replaced_from(old)]
        changed = self._changed(old, new) or _unfinished(olds) or _came_from_packaged(olds, news)
        return DiffResult(
            changes=bool(changed or replaced),
            replaces=replaced,
            delete_before_replace=self.replace_by_deleting_first,
        )

    def create(self, props: dict[str, JSON]) -> CreateResult:
        """Sends the listed calls, waits until the object is there, and records what was declared."""
        args, existing = self._args(props), props.get("existing")
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
        sent = {"graphCalls": props["graphCalls"]} if _unfinished(props) and "graphCalls" in props else {}
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
        incomplete = _unfinished(olds)
        if _came_from_packaged(olds, news) and not incomplete and not self._changed(self._args(olds), args):
            return UpdateResult(self._recorded(id, news, args, self._found_out(olds)))
        answers = dict(olds)
        try:
            if incomplete or news.get("revision") == olds.get("revision"):
                needed = self.remaining_calls(args, calls, olds)
                why = "the last run did not finish" if incomplete else "the tenant has changed"
                self._explain(args, calls, needed, why)
                calls = needed
            self.send(args, news, calls, answers)
        except Exception as error:
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
        for handler, other, state in reversed(_waiting.pop(id, [])):
            handler.delete(other, state)

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

    # -- inside

    def _validated(self, news: Mapping[str, JSON]) -> tuple[dict[str, JSON], A | None, list[str], list[CheckFailure]]:
        """What the program gave, the arguments if they fit, which of them are pending, and why they are refused."""
        inputs = {key: value for key, value in news.items() if key not in self._own_keys()}
        try:
            new: A = self.args.model_validate(restore_integers(inputs))  # type: ignore[assignment]
        except ValidationError as error:
            found = problems(self.args, error)
            return inputs, None, [], [_refused(each.where, self._cause(inputs, each)) for each in found]
        pending = self._pending(new)
        reasons = () if pending else self.validate(new)
        return inputs, new, pending, [_refused(name, one_line(reason)) for name, reason in reasons]

    def _refuse_without_permissions(self, args: A) -> None:
        """Says in preview already which permission the application lacks for what `up` would send.

        Of a review's application nothing is expected: it is not the one that writes.
        """
        granted = None if Environment.read().read_only else self.graph(args).granted()
        for alternatives in self.permissions if granted is not None else ():
            if granted is not None and granted.isdisjoint(alternatives):
                raise BadArgument(
                    "tenant",
                    f"tenant {args.tenant}: the application lacks the permission {alternatives[0]}; "
                    "add it on Microsoft Graph (application permission) and grant admin consent",
                )

    def _pending(self, args: A) -> list[str]:
        """The arguments without which no calls can be listed, and that are not known yet; never any in `up`."""
        places = dict.fromkeys(unknown_places(args.body()))
        return [each for each in places if not any(fnmatchcase(each, known) for known in self._patterns())]

    def _patterns(self) -> list[str]:
        """:attr:`placeholders` for ``fnmatch``, to which a bracket is a set of characters."""
        return [each.replace("[]", "[[]]") for each in self.placeholders]

    def _not_known_yet(
        self, args: A, pending: Sequence[str], news: Mapping[str, JSON], olds: Mapping[str, JSON]
    ) -> CheckResult:
        """The inputs of a preview that cannot list calls: what would be computed is not known either."""
        self.note(
            args,
            f"{' and '.join(pending)}: not known in preview, so neither are the Graph calls; "
            "`pulumi up` computes them when the value is known, and refuses then what preview would refuse",
        )
        computed = dict.fromkeys(("graphCalls", "deleteCalls", "revision", *self.computed), UNKNOWN)
        kept = {key: olds[key] for key in ("existing",) if key in olds}
        return CheckResult({**args.body(), **kept, **computed, **_named(news), "pending": list(pending)}, [])

    def _own_keys(self) -> tuple[str, ...]:
        return (*COMPUTED, *self.computed, claims.DECLARATION, claims.EARLIER, "pending", "__provider")

    def _replaced(self, new: A, news: Mapping[str, JSON]) -> Mapping[str, JSON] | None:
        """The inputs of the same declaration of the same object, which the engine deletes before it creates it again.

        The engine checks such a declaration a second time, without its old inputs.
        """
        identity = [new.body().get(self.args.wire(name)) for name in new.marked("replaces")]
        if not self.replace_by_deleting_first or holds_unknown(identity):
            return None
        id = self.resource_id(new, {}, None) or ""
        name = news.get(claims.DECLARATION)
        return next((claim.inputs for claim in claims.holders(id) if claim.declaration == name), None)

    def _kept(self, properties: Mapping[str, JSON]) -> dict[str, JSON]:
        """What check() computed, out of inputs or outputs."""
        return {key: properties[key] for key in (*COMPUTED, *self.computed, claims.DECLARATION) if key in properties}

    def _recorded_inputs(self, properties: Mapping[str, JSON]) -> dict[str, JSON]:
        """What check() computed and the outputs repeat, since read() and delete() get no inputs: not the lists."""
        return {key: value for key, value in self._kept(properties).items() if key not in LISTS}

    def _found_out(self, outputs: Mapping[str, JSON]) -> dict[str, JSON]:
        """The outputs that are neither arguments nor made by check(): ids and states."""
        arguments = {self.args.wire(name) for name in self.args.model_fields}
        others = {*arguments, *self._own_keys(), *self.retired, "provisioningState", "problem", "undeclared"}
        return {key: value for key, value in outputs.items() if key not in others}

    def _args(self, properties: Mapping[str, JSON]) -> A:
        """The arguments in a state, or in checked inputs.

        Raises:
            EntraSyncError: They do not fit. Nothing may be planned on a guess about what is managed already.
        """
        try:
            args: A = self.args.read(properties)  # type: ignore[assignment]
        except ValidationError as error:
            found, _ = in_line(problems(self.args, error, json=True))
            name = claims.label(str(properties.get(claims.DECLARATION) or ""))
            raise EntraSyncError(
                f"entra:{self.kind()} {name}: its state does not fit this version of the package ({found}), so a "
                "newer version or an edit wrote it. Use that version, or correct the state with `pulumi stack export` "
                "and `pulumi stack import`"
            ) from None
        return args

    def _changed(self, old: A, new: A) -> list[str]:
        identities = {*new.marked("replaces"), *new.marked("reference")}
        body = new.body()
        return [
            name
            for name in new.changed_from(old)
            if not (name in identities and holds_unknown(body.get(self.args.wire(name))))
        ]

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

    def _ours(self, args: A, error: Exception) -> EntraSyncError:
        """*error* as one of our own: an answer of another form than documented must not end in a Python message."""
        if isinstance(error, EntraSyncError):
            return error
        found = f"{type(error).__name__}: {error}"
        if isinstance(error, ValidationError):
            found, _ = in_line(problems(self.args, error, json=True))
        return undocumented(f"tenant {args.tenant}: entra:{self.kind()}", found)

    def _refuse_dependents(self, args: A) -> None:
        """Refuses to build on a resource that this run could not finish.

        Raises:
            BadArgument: It names that resource and its problem.
        """
        link = getattr(args, "application", None)
        owners = [
            ("service_principal_id", self.graph(args), getattr(args, "service_principal_id", None)),
            ("partner_tenant_id", self.graph(args), getattr(args, "partner_tenant_id", None)),
            *([("application", connect(link.tenant), link.application_id)] if link is not None else []),
        ]
        for name, graph, value in owners:
            cause = unfinished.blocking(graph, self.kind(), [value]) if value else None
            if cause is not None:
                raise BadArgument(self.args.wire(name), f"{cause}; run again")

    def _cause(self, inputs: Mapping[str, JSON], problem: Problem) -> str:
        """Why an argument is refused; if it is missing, the unfinished resource that should give it."""
        why = one_line(problem.why)
        reason = f"{why}\n{problem.below}" if problem.below else why
        if not problem.is_missing or not isinstance(inputs.get("tenant"), Mapping):
            return reason
        try:
            tenant = Tenant(**inputs["tenant"])
        except (ValueError, TypeError):  # it is refused by itself
            return reason
        cause = unfinished.blocking(connect(tenant), self.kind(), None)
        return f"{cause}; run again" if cause else reason

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
        for difference in differences(listed, [(call.method, call.path, call.body) for call in needed]):
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


def _unfinished(outputs: Mapping[str, JSON]) -> bool:
    """Whether the last run did not finish the resource."""
    return outputs.get("provisioningState") == "incomplete"


def _came_from_packaged(olds: Mapping[str, JSON], news: Mapping[str, JSON]) -> bool:
    """Whether the state lacks the reference to the handler, without which a dynamic resource cannot be deleted."""
    return "__provider" in news and "__provider" not in olds


def _named(news: Mapping[str, JSON]) -> dict[str, JSON]:
    """The name of the declaration, as inputs have it."""
    return {claims.DECLARATION: news[claims.DECLARATION]} if claims.DECLARATION in news else {}


def _refused(property: str, reason: str) -> CheckFailure:
    """A refusal that names its property itself: the engine would print the property's whole value before the reason."""
    return CheckFailure("", f"{property}: {reason}" if property else reason)
