"""What a resource says of itself: the hooks that :class:`entra_sync.base.handler.Handler` calls.

A handler defines these hooks. A hook that may read Graph is called where the engine waits for the tenant anyway; the
others are pure, so that preview and `up` get the same calls from them.

===================  ==========================================================  ==============
Hook                 Called in                                                   May read Graph
===================  ==========================================================  ==============
validate             check, before anything is looked up                         no
plan                 check, if the resource is new or its arguments change       yes
find_existing        plan, if the resource is new; after a call without answer   yes
calls                plan; create and update, after a look at the tenant         names only
delete_calls         check, for the list of a later delete; delete               no
send                 create, update and delete                                   writes
known                create and update, from the answers                         no
resource_id          create; check, to find declarations of the same object      no
wait_until_ready     create and update, after the calls                          yes
read_live            read; create and update, when they have sent their calls    yes
missing_calls        create, if a look found the object; remaining_calls         names only
remaining_calls      update, if the last run did not finish or on drift          yes
needs_plan           check, after plan                                           no
partner              read, to read all settings for the partner at once          no
release              delete                                                      yes
remains              delete, if Graph answers that the object is gone            yes
===================  ==========================================================  ==============
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from entra_sync.base.args import Args
from entra_sync.base.calls import GraphCall, Merge
from entra_sync.base.notes import say
from entra_sync.base.run import claims
from entra_sync.base.run.claims import Claim
from entra_sync.base.run.sending import execute
from entra_sync.errors import BadArgument
from entra_sync.errors.visible import visible_lines
from entra_sync.graph.answers.fresh import second_look
from entra_sync.graph.gateway import Graph, connect

__all__ = ["LEFT", "Hooks", "Plan", "Release", "used_by"]

JSON = Any
A = TypeVar("A", bound=Args)

LEFT = "a destroy leaves it as it was; set adopt=True if this program made it"
"""What a note says about an object that exists already."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What check() found out for one resource.

    Attributes:
        calls: What `up` will send.
        existing: The object as it stood before this resource managed it; None where there was none.
        computed: Further keys for the inputs; the handler names them in its own ``computed``.
        refusal: Why it must not be carried out, on which property; what was computed is still shown, and policies still
            see it.
    """

    calls: Sequence[GraphCall]
    existing: JSON = None
    computed: Mapping[str, JSON] = field(default_factory=dict)
    refusal: BadArgument | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """What a delete does.

    Attributes:
        calls: What it sends.
        stays: Why the object stays, or parts of it; empty if nothing stays.
        until: Id of an object that keeps it. If this run deletes that one later, this delete is tried again then.
    """

    calls: Sequence[GraphCall] = ()
    stays: str = ""
    until: str = ""


def used_by(names: Sequence[str]) -> str:
    """Why an object stays: *names* use it. Empty if there is none."""
    return f"{' and '.join(names)} {'use' if len(names) > 1 else 'uses'} it" if names else ""


class Hooks(Generic[A]):
    """What a handler defines, with what holds for most resources as the default."""

    args: ClassVar[type[Args]]
    computed: ClassVar[tuple[str, ...]] = ()
    replace_by_deleting_first: ClassVar[bool] = False
    merges: ClassVar[Mapping[str, Merge]] = {}
    retired: ClassVar[tuple[str, ...]] = ()
    """Outputs that older versions recorded; an update drops them."""
    starts_over: ClassVar[bool] = False
    """A creation that fails is not recorded, because the next creation finds everything as this one did."""
    placeholders: ClassVar[tuple[str, ...]] = ()
    """Arguments that a list of calls can name before they are known, for example ``principals[].id``. If another one is
    not known in preview, nothing is read or planned, and the list is not known either."""
    outdated_by: ClassVar[tuple[str, ...]] = ()
    """What a refresh adds to the state if check() has to plan again although the arguments are the recorded ones."""
    permissions: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Application permissions that its calls need: for each, the least privileged one, then others that do as well."""

    def find_existing(self, args: A) -> JSON | None:
        """The object that is already there for *args*; None where there is none, or where it cannot be known yet."""
        raise NotImplementedError

    def calls(self, old: A | None, new: A, existing: JSON | None) -> Sequence[GraphCall]:
        """The calls that lead from *old* (None: nothing managed yet) to *new*.

        Pure, but for names that only the tenant can resolve: a role, a template, a license.
        """
        raise NotImplementedError

    def resource_id(self, args: A, answers: Mapping[str, JSON], existing: JSON | None) -> str | None:
        """The resource's id, which names the object fully; None while nothing has been created."""
        raise NotImplementedError

    def read_live(self, id: str, args: A, outputs: Mapping[str, JSON]) -> tuple[A, dict[str, JSON]] | None:
        """What Graph says now: the arguments as they are in the tenant and further outputs; None if it is gone."""
        raise NotImplementedError

    def delete_calls(self, args: A, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """The calls that take the object away, or put back what stood there before. Pure.

        *state* is the recorded state when it happens, and what check() knows of it when the list is made in advance.
        """
        raise NotImplementedError

    def known(self, answers: Mapping[str, JSON], existing: JSON | None) -> dict[str, JSON]:
        """Outputs that the answers to the calls, or the object found first, tell before anything is read again."""
        return {}

    def plan(self, old: A | None, new: A, previous: Mapping[str, JSON]) -> Plan:
        """Calls and computed inputs for a change; *previous*: ``existing`` and the computed inputs of the last time."""
        existing = self.find_existing(new) if old is None else previous.get("existing")
        computed = {} if old is None else {key: value for key, value in previous.items() if key != "existing"}
        return Plan(self.calls(old, new, existing), existing, computed)

    def owns(self, args: A) -> bool:
        """Whether an object that a creation meets, although it was missing before, is known to be this program's.

        By default it is: only an earlier try of this run can have made it.
        """
        return True

    def needs_plan(self, calls: Sequence[GraphCall]) -> bool:
        """Whether the *calls* decide about users, so that a link's own resource needs the link's plan for them.

        By default they do not.
        """
        return False

    def partner(self, args: A) -> str:
        """Id of the tenant that the object is a setting for; empty by default, if there is none or it is not known."""
        return ""

    def release(self, id: str, args: A, state: Mapping[str, JSON], others: Sequence[Claim]) -> Release:
        """What a delete does. By default it leaves an object that *others* declare in this run, and removes any other.

        Resources whose object is shared between links look for its other users, here and in other stacks.
        """
        calls = self.delete_calls(args, state)
        if others and calls:
            return Release(stays=used_by([f"{claims.label(each.declaration)} of this program" for each in others]))
        return Release(calls)

    def remaining_calls(self, args: A, listed: Sequence[GraphCall], state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """The calls that finish an interrupted run. By default they are those that *args* need and the tenant lacks."""
        return self.missing_calls(args, state, self.find_existing(args))

    def missing_calls(self, args: A, state: Mapping[str, JSON], found: JSON | None) -> Sequence[GraphCall]:
        """The calls that *args* need beside what a look has *found* of the object."""
        return self.calls(None, args, found)

    def remains(self, id: str, args: A, state: Mapping[str, JSON]) -> bool:
        """Whether there is still something to delete, after Graph has answered that there is not."""
        return self.look(id, args, state, second_look()) is not None

    def records_failure(self, listed: Sequence[GraphCall], carried_out: Sequence[GraphCall]) -> bool:
        """Whether an update that failed is recorded as incomplete, with its new arguments. By default it is an error.

        *carried_out*: those of the *listed* calls that were carried out, or may have been.
        """
        return False

    def wait_until_ready(self, id: str, args: A) -> None:
        """Waits until the object is complete everywhere; nothing to wait for by default."""

    def validate(self, args: A) -> Iterator[tuple[str, str]]:
        """Problems of the arguments that the model alone cannot tell, as (property, reason)."""
        yield from ()

    def send(
        self,
        args: A,
        props: Mapping[str, JSON],
        calls: Sequence[GraphCall],
        answers: dict[str, JSON],
        carried_out: list[GraphCall] | None = None,
    ) -> None:
        """Sends the calls, and adds their answers to *answers* and those that were sent to *carried_out*.

        Override it to judge an answer before the next call is sent.
        """
        execute(
            self.graph(args),
            calls,
            answers,
            arguments=props,
            merges=self.merges,
            carried_out=carried_out,
        )

    def graph(self, args: A) -> Graph:
        """The gateway to the tenant of *args*."""
        return connect(args.tenant)

    def note(self, args: A, text: str) -> None:
        """Prints a line that the engine shows beside the stack."""
        say(f"entra:{self.kind()} in tenant {args.tenant}: {visible_lines(text)}")

    # -- for the hooks

    def is_outdated(self, state: Mapping[str, JSON]) -> bool:
        """Whether check() plans again although the arguments are the recorded ones: :attr:`outdated_by`."""
        return any(state.get(each) for each in self.outdated_by)

    def look(self, id: str, args: A, props: Mapping[str, JSON], seconds: float) -> tuple[A, dict[str, JSON]] | None:
        """What :meth:`read_live` sees. "Gone" is believed only if it is repeated: one replica may be behind."""
        graph = self.graph(args)
        for pause in (0.0, *graph.pauses(seconds)):
            graph.pause(pause)
            seen = self.read_live(id, args, props)
            if seen is not None:
                return seen
        return None

    def kind(self) -> str:
        """Type of the resource, e.g. ``SynchronizationJob``."""
        return type(self).__name__.removesuffix("Handler")
