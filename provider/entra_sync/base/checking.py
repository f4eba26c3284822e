"""What a resource does with a program's arguments before anything is written: check and diff.

``check`` validates the arguments, looks up the object, and adds to the inputs: ``graphCalls`` (what `up` will send),
``deleteCalls`` (what a later delete will send), ``existing`` (what was there before) and ``revision`` (how many times
a list was made). If the program does not change, they are carried over, so that it sends nothing and shows no diff.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Generic, TypeVar

from pulumi.dynamic import CheckFailure, CheckResult, DiffResult
from pulumi.output import UNKNOWN
from pydantic import ValidationError

from entra_sync.base.args import Args, restore_integers
from entra_sync.base.calls import GraphCall, listed
from entra_sync.base.hooks import Hooks, Plan
from entra_sync.base.kinds import BESIDE, COMPUTED, EARLIER, PROVIDER
from entra_sync.base.run import claims, unfinished
from entra_sync.base.values.unknown import holds_unknown, unknown_places
from entra_sync.environment import Environment
from entra_sync.errors import BadArgument, EntraSyncError
from entra_sync.errors.problems import Problem, in_line, problems
from entra_sync.errors.visible import one_line
from entra_sync.graph.answers import once
from entra_sync.graph.answers.failures import undocumented
from entra_sync.graph.gateway import connect
from entra_sync.microsoft.tenant import Tenant

__all__ = ["Checking", "came_from_packaged", "is_unfinished"]

JSON = Any
A = TypeVar("A", bound=Args)


class Checking(Hooks[A], Generic[A]):
    """The half of a handler that plans: nothing here writes to a tenant."""

    def check(self, olds: dict[str, JSON], news: dict[str, JSON]) -> CheckResult:
        """Validates *news* and adds the plan; problems are reported on their properties."""
        claims.run_for(news)
        with once.sharing(news.get(claims.DECLARATION)):
            return self._checked(olds, news)

    def confirm(self, olds: dict[str, JSON], news: dict[str, JSON]) -> None:
        """Checks what was accepted without this handler, because nothing of it had changed.

        Raises:
            EntraSyncError: It is refused, because of what else the program declares.
        """
        failures = self.check(olds, news).failures
        if failures:
            raise EntraSyncError(f"{self._title(news)}: {'; '.join(each.reason for each in failures)}")

    def declared(self, news: dict[str, JSON]) -> CheckResult:
        """The arguments that *news* declares. They are validated as in check(), and nothing is looked up or planned."""
        inputs, new, _, failures = self._validated(news)
        return CheckResult(inputs if new is None else {**new.body(), **_named(news)}, failures)

    def diff(self, id: str, olds: dict[str, JSON], news: dict[str, JSON]) -> DiffResult:
        """Compares what the user wrote; what check() computed never causes a change."""
        old, new = self._args(olds), self._args(news)
        claims.declare(id, {**{key: olds[key] for key in self.computed if key in olds}, **news}, olds)
        replaced = [self.args.wire(name) for name in new.replaced_from(old)]
        changed = self._changed(old, new) or is_unfinished(olds) or came_from_packaged(olds, news)
        changed = changed or self.is_outdated(olds)
        return DiffResult(
            changes=bool(changed or replaced),
            replaces=replaced,
            delete_before_replace=self.replace_by_deleting_first,
        )

    # -- inside

    def _checked(self, olds: dict[str, JSON], news: dict[str, JSON]) -> CheckResult:
        """:meth:`check` of one declaration."""
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
        if old is not None and not new.changed_from(old) and not self.is_outdated(olds):
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
                self._refuse_without_plan(plan.calls, news)
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

    def _refuse_without_plan(self, calls: Sequence[GraphCall], news: Mapping[str, JSON]) -> None:
        """Refuses to change what decides about a link's users in a run that leaves out the link's plan.

        Raises:
            EntraSyncError: The engine was told to leave it out, by ``--target`` or ``--exclude``.
        """
        link = claims.link_of(news)
        if link and self.needs_plan(calls) and not claims.planned(link):
            raise EntraSyncError(
                f"{self._title(news)}: this run leaves out the plan of the link, so nothing would count the users that "
                f'are affected. Include "{link[1]}-impact" in what --target names, and do not name it in --exclude'
            )

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

    def _own_keys(self) -> tuple[str, ...]:
        return (*COMPUTED, *self.computed, claims.DECLARATION, BESIDE, EARLIER, "pending", PROVIDER)

    def _kept(self, properties: Mapping[str, JSON]) -> dict[str, JSON]:
        """What check() computed, out of inputs or outputs."""
        return {key: properties[key] for key in (*COMPUTED, *self.computed, claims.DECLARATION) if key in properties}

    def _args(self, properties: Mapping[str, JSON]) -> A:
        """The arguments in a state, or in checked inputs.

        Raises:
            EntraSyncError: They do not fit. Nothing may be planned on a guess about what is managed already.
        """
        try:
            args: A = self.args.read(properties)  # type: ignore[assignment]
        except ValidationError as error:
            found, _ = in_line(problems(self.args, error, json=True))
            raise EntraSyncError(
                f"{self._title(properties)}: its state does not fit this version of the package ({found}), so a "
                "newer version or an edit wrote it. Use that version, or correct the state with `pulumi stack export` "
                "and `pulumi stack import`"
            ) from None
        return args

    def _title(self, properties: Mapping[str, JSON]) -> str:
        """Type and name of a resource. Inputs and state of programs without the engine have no name."""
        return f"entra:{self.kind()} {claims.label(str(properties.get(claims.DECLARATION) or ''))}".rstrip()

    def _changed(self, old: A, new: A) -> list[str]:
        identities = {*new.marked("replaces"), *new.marked("reference")}
        body = new.body()
        return [
            name
            for name in new.changed_from(old)
            if not (name in identities and holds_unknown(body.get(self.args.wire(name))))
        ]

    def _ours(self, args: A, error: Exception) -> EntraSyncError:
        """*error* as one of our own: an answer of another form than documented must not end in a Python message."""
        if isinstance(error, EntraSyncError):
            return error
        found = f"{type(error).__name__}: {error}"
        if isinstance(error, ValidationError):
            found, _ = in_line(problems(self.args, error, json=True))
        return undocumented(f"tenant {args.tenant}: entra:{self.kind()}", found)


def is_unfinished(outputs: Mapping[str, JSON]) -> bool:
    """Whether the last run did not finish the resource."""
    return outputs.get("provisioningState") == "incomplete"


def came_from_packaged(olds: Mapping[str, JSON], news: Mapping[str, JSON]) -> bool:
    """Whether the state lacks the reference to the handler, without which a dynamic resource cannot be deleted."""
    return PROVIDER in news and PROVIDER not in olds


def _named(news: Mapping[str, JSON]) -> dict[str, JSON]:
    """The name of the declaration, as inputs have it."""
    return {claims.DECLARATION: news[claims.DECLARATION]} if claims.DECLARATION in news else {}


def _refused(property: str, reason: str) -> CheckFailure:
    """A refusal that names its property itself: the engine would print the property's whole value before the reason."""
    return CheckFailure("", f"{property}: {reason}" if property else reason)
