"""LinkImpact: which users a change of a link affects, and whether they are too many."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Required, TypedDict, Unpack, overload

import pulumi
from pulumi.dynamic import CheckResult, ReadResult
from pydantic import BaseModel, BeforeValidator, Field

from entra_sync.base.args import Args, Guid
from entra_sync.base.calls import GraphCall
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import Plan
from entra_sync.base.notes import EXPLAINED, say
from entra_sync.base.principals import Canaries, Principal, Principals, User
from entra_sync.base.resource import Resource
from entra_sync.base.run import claims
from entra_sync.base.values.unknown import is_unknown
from entra_sync.environment import Environment
from entra_sync.errors import BadArgument
from entra_sync.expressions import ASSUMED, Mappings, ScopingFilter
from entra_sync.graph.answers.together import reading
from entra_sync.graph.gateway import connect
from entra_sync.impact.facts.declaration import Declaration, LinkOptions
from entra_sync.impact.facts.remarks import Note, Remark, Unknown
from entra_sync.impact.planning.limits import Limits, Violation
from entra_sync.microsoft.restarts import ResetScope
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared import jobs
from entra_sync.resources.shared.jobs import Restart
from entra_sync.resources.shared.validation import looking_for, refuse_mappings, refuse_strangers

if TYPE_CHECKING:
    from entra_sync.impact.declared.read import Read
    from entra_sync.impact.planning.plan import ImpactPlan

__all__ = ["ImpactOptions", "LinkImpact", "LinkImpactArgs", "LinkImpactHandler", "as_list"]

JSON = Any


def as_list(value: Any) -> Any:
    """The value as a list, if it is one; a model would pass for the list of its fields."""
    if isinstance(value, BaseModel):
        raise ValueError("must be a list, as in [...]")
    return list(value) if isinstance(value, tuple) else value


class ImpactOptions(LinkOptions):
    """The options of a link that its program and its impact share: those of a plan, and those that judge and try it."""

    deletion_threshold: Annotated[int, Field(strict=True, ge=0)] = Field(
        default=500,
        description="Number of deletions in one cycle that puts the job into quarantine. 0: no limit.",
    )
    restart: Restart | None = Field(default=None, description="Restarts the job when its `trigger` changes.")
    limits: Limits = Field(
        default=Limits(),
        description="How many users a change may affect. Beyond the limits, preview and `up` refuse the change. "
        "Default: the defaults of `Limits`.",
    )
    canaries: Annotated[Canaries, BeforeValidator(as_list)] = Field(
        default=[],
        description="Object ids of users in scope. A first start and each change of the schema is provisioned on "
        "demand for these users first. If the result differs from the plan, the job stays paused. Their accounts are "
        "changed.",
    )


class LinkImpactArgs(Args, ImpactOptions):
    """A whole link as it is declared; ``tenant`` is its source."""

    target: Tenant = Field(description="Tenant that users are synchronized into.")
    service_principal_id: Guid | None = Field(
        default=None,
        description="Service principal of the link's application. Unknown until the application is created.",
    )
    everyone: bool = Field(default=False, description="Whether all users are in scope.")
    principals: Principals = Field(default=[], description="Users and groups in scope.")


class LinkImpactHandler(Handler[LinkImpactArgs]):
    """Calculates which users a change of the link affects, and refuses a change beyond the limits.

    It only reads. The result is in ``impact``, which the diff and policies show, and in a block of the preview's
    output. It is calculated again from current data whenever the link changes: in preview, and in `up` before
    assignments, schema and schedule change. With canaries, it also says what provisioning on demand should do for each
    canary.
    """

    args = LinkImpactArgs
    placeholders: ClassVar[tuple[str, ...]] = ("servicePrincipalId", "principals[].id", "canaries[]")
    permissions = (("User.Read.All",), ("GroupMember.Read.All",), ("Synchronization.Read.All",))
    computed: ClassVar[tuple[str, ...]] = ("impact", "licensing", "drift")
    outdated_by: ClassVar[tuple[str, ...]] = ("drift",)

    def plan(self, old: LinkImpactArgs | None, new: LinkImpactArgs, previous: Mapping[str, JSON]) -> Plan:
        """The impact of what is declared, and the refusal of one beyond the limits."""
        from entra_sync.impact.reading.ahead import asked_of

        graph, canaries = self.graph(new), [User(id) for id in new.canaries if not is_unknown(id)]
        principals = [each for each in (*new.principals, *canaries) if not is_unknown(each.id)]
        asked = [(graph, looking_for(each)) for each in principals]
        with reading([*asked, *asked_of(graph, connect(new.target), _owner(new), everyone=new.everyone)]):
            return self._plan(old, new, canaries, previous)

    def _plan(
        self,
        old: LinkImpactArgs | None,
        new: LinkImpactArgs,
        canaries: Sequence[Principal],
        previous: Mapping[str, JSON],
    ) -> Plan:
        """:meth:`plan`, after what it reads anyhow was asked for."""
        from entra_sync import licensing
        from entra_sync.impact.canaries.expected import in_summary, outcomes
        from entra_sync.impact.declared.read import read_declared
        from entra_sync.impact.reading.cache import configured
        from entra_sync.impact.reading.users import Patience
        from entra_sync.impact.report.licenses import licenses_of
        from entra_sync.impact.report.summary import block, summary
        from entra_sync.impact.words import pause_first, refusal as refusal_of

        graph = self.graph(new)
        declared = _declared(old, new)
        names = refuse_strangers(graph, new.principals, target=new.target)
        refuse_strangers(graph, canaries, place="canaries")
        environment = Environment.read()

        def approve(schema: JSON | None, template: JSON | None) -> None:
            refuse_mappings(graph, new.mappings, new.filters, schema, template, new.target.cloud)
            _leave(old, new, environment)

        cache = configured(new.tenant, new.target, environment)
        target, report = connect(new.target), Patience()
        read = read_declared(
            graph, target, _owner(new), declared, report=report, cache=cache, approve=approve, names=names
        )
        found = read.plan()
        if old is not None and old.target.tenant_id != new.target.tenant_id:
            stay = (str(old.target), str(new.target), (read.now.synchronized if read.now else None) or 0)
            found = replace(found, notes=(*found.notes, Remark(Note.FORMER_TARGET, stay)))
        if old is not None and (unseen := _unseen(old, new, read, previous.get("drift") or ())):
            found = _with_unseen(found, old, new, read, unseen)
        impact = summary(found)
        if new.canaries:
            impact["canaries"] = in_summary(outcomes(read, [each.id for each in canaries]))
        licenses = licenses_of(graph, new.target.cloud, found, declared.groups)
        counts = block(str(new.tenant), str(new.target), impact)
        say(f"{counts}\n  licenses   {licensing.summary(licenses)}", remark=False)
        EXPLAINED.update({ASSUMED} & set(impact["notes"]))
        refusal: BadArgument | None = None
        if environment.compare_only:
            pass
        elif violations := found.violations(new.limits):
            refusal = BadArgument("limits", refusal_of(violations, found.target))
        elif violations := _violations_until_the_pause(old, new, read):
            refusal = BadArgument("enabled", pause_first(violations, found.target))
        return Plan([], computed={"impact": impact, "licensing": licenses}, refusal=refusal)

    def check(self, olds: dict[str, JSON], news: dict[str, JSON]) -> CheckResult:
        """As for every resource; a link that is as it was is left for `entra-sync impact` too."""
        result = super().check(olds, news)
        claims.note_plan(news)
        if not result.failures and "impact" in olds:
            args = self._args(result.inputs)
            if not (args.changed_from(self._args(olds)) or self.is_outdated(olds)):
                _leave(args, args, Environment.read())
        return result

    def read(self, id: str, props: dict[str, JSON]) -> ReadResult:
        """As it was found out, and what a refresh finds of the link that is not as declared: ``drift``."""
        from entra_sync.impact.declared.drift import drift

        result = super().read(id, {key: value for key, value in props.items() if key != "drift"})
        args = self._args(props)
        owner = _owner(args)
        if owner is None:
            return result
        graph = self.graph(args)
        try:
            with graph.at_hand.used():
                found = drift(graph, args.target, owner, _declared(None, args))
        except Exception as error:
            raise self._ours(args, error) from None
        if not found:
            return result
        self.note(args, f"the link is not as declared: {', '.join(found)}; the next preview plans what puts it back")
        return ReadResult(result.id, {**(result.outs or {}), "drift": found}, {**(result.inputs or {}), "drift": found})

    def find_existing(self, args: LinkImpactArgs) -> JSON | None:
        """Nothing: it is a calculation."""
        return None

    def calls(self, old: LinkImpactArgs | None, new: LinkImpactArgs, existing: JSON | None) -> Sequence[GraphCall]:
        """None: it reads only."""
        return []

    def delete_calls(self, args: LinkImpactArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """None: people who were synchronized stay when a link goes."""
        return []

    def resource_id(self, args: LinkImpactArgs, answers: Mapping[str, JSON], existing: JSON | None) -> str | None:
        """``<source tenant id>/impact/<target tenant id>``."""
        return f"{args.tenant.tenant_id}/impact/{args.target.tenant_id}"

    def read_live(
        self, id: str, args: LinkImpactArgs, outputs: Mapping[str, JSON]
    ) -> tuple[LinkImpactArgs, dict[str, JSON]] | None:
        """As it was found out: no user is read."""
        return args, {}


def _owner(args: LinkImpactArgs) -> str | None:
    """The link's application, once there is one."""
    return None if is_unknown(args.service_principal_id) else args.service_principal_id


def _leave(old: LinkImpactArgs | None, new: LinkImpactArgs, environment: Environment) -> None:
    """Leaves the declaration as a file if the environment asks for it."""
    if environment.links is not None:
        from entra_sync.impact.declared.file import LinkFile

        declaration = _declared(old, new)
        LinkFile(
            source=new.tenant,
            target=new.target,
            service_principal_id=_owner(new),
            limits=new.limits,
            **{name: getattr(declaration, name) for name in Declaration.model_fields},
        ).leave(environment.links)


def _violations_until_the_pause(old: LinkImpactArgs | None, new: LinkImpactArgs, read: Read) -> list[Violation]:
    """What exceeds the limits if a cycle starts before `up` has paused the job: the job's schedule changes last.

    A pause alone changes nothing else, so it is never refused: it may be urgent.
    """
    pauses = read.now is not None and read.now.enabled and read.then is not None and not read.then.enabled
    if old is None or read.then is None or not pauses or not _DECIDING & set(new.changed_from(old)):
        return []
    return replace(read, then=replace(read.then, enabled=True)).plan().violations(new.limits)


_OF_SCHEMA = {"mappings", "filters", "actions"}
"""Arguments that the schema's resource writes."""

_DECIDING = {"everyone", "principals", *_OF_SCHEMA}
"""Arguments that decide which users are affected, and that `up` changes before it pauses the job."""


def _with_unseen(
    found: ImpactPlan, old: LinkImpactArgs, new: LinkImpactArgs, read: Read, unseen: tuple[str, ...]
) -> ImpactPlan:
    """The plan, with a note about what is not as declared: if `up` leaves that as it is, the limits hold too.

    Whether it does is not known: after a run that did not finish, it puts back what the resources have not got.
    """
    from entra_sync.impact.declared.drift import not_put_back

    if read.now is None or read.then is None:
        return found
    schema_changes = bool(_OF_SCHEMA & set(new.changed_from(old)))
    left = replace(read, then=not_put_back(read.now, read.then, unseen, schema_changes=schema_changes)).plan()
    if left.violations(new.limits) and not found.violations(new.limits):
        return replace(left, notes=(*left.notes, Remark(Note.LEFT_AS_IT_IS, unseen)))
    return replace(found, notes=(*found.notes, Remark(Note.NOT_AS_DECLARED, unseen)))


def _unseen(old: LinkImpactArgs, new: LinkImpactArgs, read: Read, seen: Collection[str]) -> tuple[str, ...]:
    """What the tenants have otherwise than the program declared it, does not change now, and has not *seen*.

    A paused job is left out: the plan counts the users that a start affects.
    """
    if read.now is None:
        return ()
    from entra_sync.impact.declared.drift import differences
    from entra_sync.impact.declared.state import declared_state

    unchanged = Mappings(tuple(row for row in old.mappings if new.mappings.get(row.target) == row))
    before = old.model_copy(update={"mappings": unchanged})
    then = declared_state(_declared(None, before), read.now, read.source, read.target, read.template)
    changed = {*map(new.wire, new.changed_from(old))} - {"mappings"}
    if changed & {"filters", "actions"} or old.mappings != new.mappings:
        changed |= {"usersEnabled", "actions", "inputFilter"}
    changed |= {"principals", "everyone"} if changed & {"principals", "everyone"} else set()
    changed |= {"enabled"} if old.enabled else set()
    return tuple(name for name in differences(read.now, then) if name not in {*changed, *seen})


def _declared(old: LinkImpactArgs | None, new: LinkImpactArgs) -> Declaration:
    """The declaration, as far as it is known, and what it changes of the one before."""
    known = [each for each in new.principals if not is_unknown(each.id)]
    hidden = len(new.principals) - len(known)
    released = new.mappings.released_since(old.mappings) if old else []
    # A filter that is taken out of the program is emptied, as the schema's resource does it.
    emptied = new.filters is None and old is not None and old.filters is not None
    reset = _resets(old, new) if old else []
    options: dict[str, Any] = {name: getattr(new, name) for name in LinkOptions.model_fields}
    return Declaration(
        **{**options, "filters": ScopingFilter.everybody() if emptied else new.filters},
        everyone=new.everyone,
        groups=frozenset(each.id for each in known if each.kind == "Group"),
        users=frozenset(each.id for each in known if each.kind == "User"),
        released=tuple(released),
        deletion_threshold=new.deletion_threshold or None,
        restart=frozenset(map(str, reset)),
        unknown=(Remark(Unknown.PRINCIPALS, (hidden,)),) if hidden else (),
    )


def _resets(old: LinkImpactArgs, new: LinkImpactArgs) -> list[ResetScope]:
    """What the restart resets that comes with the change."""
    return jobs.resets(
        new.restart,
        old.restart,
        everyone=new.everyone,
        before=old.everyone,
        target=new.target.tenant_id,
        former=old.target.tenant_id,
    )


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    mappings: pulumi.Input[Mappings]
    filters: pulumi.Input[ScopingFilter] | None
    actions: pulumi.Input[Sequence[pulumi.Input[Literal["create", "update", "delete"]]]] | None
    enabled: pulumi.Input[bool]
    deletion_threshold: pulumi.Input[int]
    restart: pulumi.Input[Restart] | None
    limits: pulumi.Input[Limits]
    canaries: pulumi.Input[Sequence[pulumi.Input[str]]]
    tenant: Required[Tenant]
    target: Required[Tenant]
    service_principal_id: pulumi.Input[str] | None
    everyone: pulumi.Input[bool]
    principals: pulumi.Input[Sequence[pulumi.Input[Principal]]]


# until here


class LinkImpact(Resource):
    """Which users a change of a link affects.

    Let resources that change users depend on it, as :class:`CrossCloudLink` does.

    Attributes:
        tenant: The argument of the same name: the source tenant.
        target: The argument of the same name.
        impact: Counts, reasons, and ids of some users of the last change. With canaries, also what should happen to
            each of them.
        licensing: Seats and licenses of the users in scope, before and after the change.
        drift: Arguments that a refresh found changed in the tenants, such as ``principals``. The next change puts them
            back, and ``impact`` is calculated for it. Absent if there are none.
    """

    handler = LinkImpactHandler

    target: pulumi.Output[dict[str, str]]
    impact: pulumi.Output[dict[str, Any]]
    licensing: pulumi.Output[dict[str, Any]]
    drift: pulumi.Output[list[str]]

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        mappings: pulumi.Output[Any]
        filters: pulumi.Output[Any]
        actions: pulumi.Output[Any]
        enabled: pulumi.Output[bool]
        deletion_threshold: pulumi.Output[int]
        restart: pulumi.Output[Any]
        limits: pulumi.Output[Any]
        canaries: pulumi.Output[Any]
        tenant: pulumi.Output[Any]
        service_principal_id: pulumi.Output[Any]
        everyone: pulumi.Output[bool]
        principals: pulumi.Output[Any]

        @overload
        def __init__(
            self, resource_name: str, args: LinkImpactArgs, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
