"""What all resources share: check, diff, create, read, update and delete, written once over a few pure functions.

A handler says how its calls follow from its arguments, and how its object is found and read; the rest is here:

- ``check`` validates, looks up what stands there already, and adds ``graphCalls`` (what `up` will send),
  ``deleteCalls`` (what a later delete will send) and ``existing`` (what was there before) to the inputs. While nothing
  that the user wrote changes they are carried over, so an unchanged program sends nothing and shows no diff.
- ``create`` and ``update`` execute the list in their inputs and end in a read: what is recorded is what Graph says.
- After the first write nothing loses the id: a failure is recorded as ``provisioningState: incomplete``, which the next
  diff turns into an update that does what is left.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

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
from pydantic import ValidationError

from entra_sync.args import Args, problems, whole
from entra_sync.calls import GraphCall, Merge, execute, listed, read_only, unlisted
from entra_sync.errors import BadArgument, Conflict, EntraSyncError
from entra_sync.graph import Ambiguous, Graph, connect
from entra_sync.unknown import is_unknown

__all__ = ["COMPUTED", "Handler", "Plan"]

JSON = Any
A = TypeVar("A", bound=Args)

COMPUTED = ("graphCalls", "deleteCalls", "existing")
"""Keys that check() adds to the inputs of every resource; handlers may name more of their own."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What check() found out for one resource.

    Attributes:
        calls: What `up` will send.
        existing: The object as it stood before this resource managed it; None where there was none.
        notes: Further keys for the inputs, which the handler names in ``computed``.
        refusal: Why it must not be carried out, on which property; the notes are shown, and judged by policies, all
            the same.
    """

    calls: Sequence[GraphCall]
    existing: JSON = None
    notes: Mapping[str, JSON] = field(default_factory=dict)
    refusal: BadArgument | None = None


class Handler(ResourceProvider, Generic[A]):
    """Base of the handlers. They hold nothing: state stores them by module and name, which therefore stay for ever."""

    serialize_as_secret_always = False
    args: ClassVar[type[Args]]
    computed: ClassVar[tuple[str, ...]] = ()
    replace_by_deleting_first: ClassVar[bool] = False
    merges: ClassVar[Mapping[str, Merge]] = {}
    permissions: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Application permissions that its calls need: for each, the least privileged one, then others that do as well."""

    # -- what a resource says of itself

    def existing(self, args: A) -> JSON | None:
        """The object that is already there for *args*; None where there is none, or where it cannot be known yet."""
        raise NotImplementedError

    def calls(self, old: A | None, new: A, existing: JSON | None) -> Sequence[GraphCall]:
        """The calls that lead from *old* (None: nothing managed yet) to *new*.

        Pure, but for names that only the tenant can resolve: a role, a template, a licence.
        """
        raise NotImplementedError

    def identify(self, args: A, answers: Mapping[str, JSON], existing: JSON | None) -> str | None:
        """The resource's id, which names the object fully; None while nothing has been created."""
        raise NotImplementedError

    def observe(self, id: str, args: A, outputs: Mapping[str, JSON]) -> tuple[A, dict[str, JSON]] | None:
        """What Graph says now: the arguments as they are in the tenant and further outputs; None if it is gone."""
        raise NotImplementedError

    def removal(self, args: A, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """The calls that take the object away, or put back what stood there before. Pure.

        *state* is the recorded state when it happens, and what check() knows of it when the list is made in advance.
        """
        raise NotImplementedError

    def plan(self, old: A | None, new: A, kept: Mapping[str, JSON]) -> Plan:
        """Calls and notes for a change of the arguments; *kept* are ``existing`` and the notes of the last time."""
        existing = self.existing(new) if old is None else kept.get("existing")
        notes = {} if old is None else {key: value for key, value in kept.items() if key != "existing"}
        return Plan(self.calls(old, new, existing), existing, notes)

    def left(self, args: A, listed: Sequence[GraphCall]) -> Sequence[GraphCall]:
        """The calls that finish an interrupted run; by default what *args* need beside what is there."""
        return self.calls(None, args, self.existing(args))

    def settle(self, id: str, args: A) -> None:
        """Waits until the object is complete everywhere; nothing to wait for by default."""

    def verify(self, args: A) -> Iterator[tuple[str, str]]:
        """Problems of the arguments that the model alone cannot tell, as (property, reason)."""
        yield from ()

    def graph(self, args: A) -> Graph:
        """The gateway to the tenant of *args*."""
        return connect(args.tenant)

    # -- what the engine calls

    def configure(self, req: ConfigureRequest) -> None:
        """Errors are one line: the engine shows the traceback of whatever a handler raises."""
        sys.tracebacklimit = 0

    def check(self, olds: dict[str, JSON], news: dict[str, JSON]) -> CheckResult:
        """Validates *news* and adds the plan; problems are reported on their properties."""
        inputs = {key: value for key, value in news.items() if key not in self._own_keys()}
        try:
            new: A = self.args.model_validate(whole(inputs))  # type: ignore[assignment]
        except ValidationError as error:
            return CheckResult(inputs, [CheckFailure(*problem) for problem in problems(self.args, error)])
        failures = [CheckFailure(*problem) for problem in self.verify(new)]
        if failures:
            return CheckResult(inputs, failures)
        old = self._old_args(olds)
        kept = self._kept(olds)
        if old is not None and not new.changed_from(old):
            return CheckResult({**new.body(), **kept}, [])
        try:
            plan = self.plan(old, new, {key: kept[key] for key in ("existing", *self.computed) if key in kept})
            if plan.calls:
                self._refuse_without_permissions(new)
        except BadArgument as error:
            return CheckResult(inputs, [CheckFailure(error.property, str(error))])
        except EntraSyncError as error:
            return CheckResult(inputs, [CheckFailure("tenant", str(error))])
        notes = {**({"existing": plan.existing} if plan.existing is not None else {}), **plan.notes}
        calls = {"graphCalls": listed(plan.calls), "deleteCalls": listed(self.removal(new, {**new.body(), **notes}))}
        refusals = [CheckFailure(plan.refusal.property, str(plan.refusal))] if plan.refusal else []
        return CheckResult({**new.body(), **notes, **calls}, refusals)

    def diff(self, id: str, olds: dict[str, JSON], news: dict[str, JSON]) -> DiffResult:
        """Compares what the user wrote; what check() computed never causes a change."""
        old, new = self._old_args(olds), self._args(news)
        if old is None:
            return DiffResult(changes=True)
        replaced = [self.args.wire(name) for name in new.replaced_from(old)]
        changed = self._changed(old, new) or olds.get("provisioningState") == "incomplete"
        return DiffResult(
            changes=bool(changed or replaced),
            replaces=replaced,
            delete_before_replace=bool(replaced) and self.replace_by_deleting_first,
        )

    def create(self, props: dict[str, JSON]) -> CreateResult:
        """Sends the listed calls, waits until the object is there, and records what Graph says."""
        args, existing = self._args(props), props.get("existing")
        answers: dict[str, JSON] = {}
        try:
            existing = self._made(args, props, answers, existing)
        except EntraSyncError as error:
            id = self.identify(args, answers, existing) if answers else None
            if id is None:
                raise
            return CreateResult(id, self._incomplete(props, args, error))
        id = self.identify(args, answers, existing)
        if id is None:
            raise EntraSyncError(f"{type(self).__name__}: Graph answered without an id for what it created")
        return CreateResult(id, self._recorded(id, props, args))

    def read(self, id: str, props: dict[str, JSON]) -> ReadResult:
        """What Graph says now, as outputs and as inputs, so that a refresh shows drift and the next `up` mends it."""
        seen = self.observe(id, self._args(props), props)
        if seen is None:
            return ReadResult("", {})
        live, outputs = seen
        inputs = {**live.body(), **self._kept(props)}
        state = props.get("provisioningState", "succeeded")
        return ReadResult(id, {**inputs, **outputs, "provisioningState": state}, dict(inputs))

    def update(self, id: str, olds: dict[str, JSON], news: dict[str, JSON]) -> UpdateResult:
        """Sends the listed calls; after an interrupted run those that are still needed."""
        args = self._args(news)
        calls: Sequence[GraphCall] = unlisted(news["graphCalls"])
        if olds.get("provisioningState") == "incomplete":
            calls = self.left(args, calls)
        self._execute(args, news, calls, dict(olds))
        return UpdateResult(self._recorded(id, news, args))

    def delete(self, id: str, props: dict[str, JSON]) -> None:
        """Sends the calls of :meth:`removal`; an object that is gone already is a success."""
        args = self._args(props)
        self._execute(args, props, self.removal(args, props), {})

    # -- inside

    def _refuse_without_permissions(self, args: A) -> None:
        """Says in preview already which permission the application lacks for what `up` would send.

        Of a review's application nothing is expected: it is not the one that writes.
        """
        granted = None if read_only() else self.graph(args).granted()
        for alternatives in self.permissions if granted is not None else ():
            if granted is not None and granted.isdisjoint(alternatives):
                raise BadArgument(
                    "tenant",
                    f"tenant {args.tenant}: the application lacks the permission {alternatives[0]}; "
                    "add it on Microsoft Graph (application permission) and grant admin consent",
                )

    def _own_keys(self) -> tuple[str, ...]:
        return (*COMPUTED, *self.computed, "__provider")

    def _kept(self, properties: Mapping[str, JSON]) -> dict[str, JSON]:
        """What check() computed, out of inputs or outputs."""
        return {key: properties[key] for key in (*COMPUTED, *self.computed) if key in properties}

    def _args(self, properties: Mapping[str, JSON]) -> A:
        args: A = self.args.read(properties)  # type: ignore[assignment]
        return args

    def _old_args(self, olds: Mapping[str, JSON]) -> A | None:
        try:
            return self._args(olds) if olds else None
        except ValidationError:
            return None

    def _changed(self, old: A, new: A) -> list[str]:
        replaced = set(new.marked("replaces"))
        return [name for name in new.changed_from(old) if not (name in replaced and is_unknown(getattr(new, name)))]

    def _made(self, args: A, props: Mapping[str, JSON], answers: dict[str, JSON], existing: JSON | None) -> JSON | None:
        """Sends the listed calls; where an answer was lost, looks at what is there and does what is left.

        Returns what stands for the object where no answer does: *existing*, or what was found on looking.
        """
        calls = unlisted(props["graphCalls"])
        try:
            self._execute(args, props, calls, answers)
        except (Ambiguous, Conflict):
            found = self.existing(args)
            left = calls if found is None else self.calls(None, args, found)
            self._execute(args, props, left, answers)
            return existing if found is None else found
        return existing

    def _execute(
        self, args: A, props: Mapping[str, JSON], calls: Sequence[GraphCall], answers: dict[str, JSON]
    ) -> None:
        execute(
            self.graph(args),
            calls,
            answers,
            arguments=props,
            merges=self.merges,
        )

    def _recorded(self, id: str, props: Mapping[str, JSON], args: A) -> dict[str, JSON]:
        """Outputs after a change: what was asked for, what check() added, and what Graph says."""
        try:
            self.settle(id, args)
            seen = self.observe(id, args, props)
        except EntraSyncError as error:
            return self._incomplete(props, args, error)
        if seen is None:
            return self._incomplete(props, args, EntraSyncError("it is not visible yet"))
        live, outputs = seen
        return {**live.body(), **self._kept(props), **outputs, "provisioningState": "succeeded"}

    def _incomplete(self, props: Mapping[str, JSON], args: A, error: EntraSyncError) -> dict[str, JSON]:
        print(f"warning: {type(self).__name__}: {error}; run again to finish it", file=sys.stderr)
        return {**args.body(), **self._kept(props), "provisioningState": "incomplete", "problem": str(error)}
