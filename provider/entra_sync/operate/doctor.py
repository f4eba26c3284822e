"""Checks whether a program can run: the machine, each tenant, and both halves of each link. Nothing is changed.

Each finding says what was checked and, if something is wrong, how to fix it. A check that cannot be made is a finding
of its own: unknown is not healthy.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from importlib.metadata import version
from typing import Any

from entra_sync.environment import Environment
from entra_sync.errors import ConfigurationError, EntraSyncError, PermissionMissing
from entra_sync.graph.gateway import Graph, connect
from entra_sync.graph.paths import (
    AUTHORIZATION_POLICY,
    ORGANIZATION,
    PARTNERS,
    USERS,
    identity_synchronization,
    member,
    segment,
)
from entra_sync.graph.permissions import alternatives
from entra_sync.graph.requests import Request
from entra_sync.graph.synchronization.cross_cloud import Lack, allowed_clouds, lacking
from entra_sync.impact.reading.cache import configured
from entra_sync.impact.words import crossing
from entra_sync.licensing.coverage import coverage, requirement
from entra_sync.licensing.reading import read_subscriptions
from entra_sync.microsoft.tenant import Tenant
from entra_sync.operate import clock
from entra_sync.operate.project.purpose import Purpose
from entra_sync.operate.project.requirements import Declared, needs, tenants

__all__ = ["Finding", "State", "diagnose", "machine"]

JSON = Any

SKEW = 300
"""Seconds that a clock may be off: tokens and federated assertions are valid from a moment on ("AADSTS700024")."""


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        check: Name of the check.
        subject: Tenant or link that it is about; empty for the machine.
        state: How it ended.
        text: What was found.
        fix: What to do; empty if nothing has to be done.
    """

    check: str
    subject: str
    state: State
    text: str
    fix: str = ""

    def as_json(self) -> dict[str, JSON]:
        """The finding as JSON."""
        return {
            "check": self.check,
            "subject": self.subject,
            "state": str(self.state),
            "text": self.text,
            "fix": self.fix,
        }


def machine(engine: Callable[[], str]) -> Iterator[Finding]:
    """Checks this machine: Python, the SDK, the engine and the settings.

    Args:
        engine: Returns the engine's version, or raises ConfigurationError.
    """
    python = ".".join(map(str, sys.version_info[:3]))
    sdk = version("pulumi")
    yield Finding("versions", "", State.OK, f"entra-sync {version('pulumi-entra-sync')}, Python {python}")
    try:
        found = engine().strip().removeprefix("v")
    except ConfigurationError as problem:
        yield Finding("engine", "", State.PROBLEM, str(problem), "Install Pulumi, or put it on PATH")
    else:
        if found.split(".")[0] == sdk.split(".")[0]:
            yield Finding("engine", "", State.OK, f"Pulumi {found}, SDK {sdk}")
        else:
            fix = "Install versions of one major number"
            yield Finding("engine", "", State.PROBLEM, f"Pulumi {found} does not fit SDK {sdk}", fix)
    try:
        Environment.read()
        yield Finding("settings", "", State.OK, "the variables ENTRA_SYNC_… can be used")
    except ConfigurationError as problem:
        yield Finding("settings", "", State.PROBLEM, str(problem), "Correct or unset the variable")


def diagnose(
    declared: Sequence[Declared],
    purposes: Sequence[Purpose],
) -> Iterator[Finding]:
    """Checks the tenants and links of a program.

    Args:
        declared: The resources of the program.
        purposes: What the permissions must allow.
    """
    working: set[str] = set()
    for tenant in tenants(declared):
        found = list(_tenant(tenant, declared, purposes))
        yield from found
        if not any(each.check in ("token", "graph") and each.state is not State.OK for each in found):
            working.add(tenant.name)
    for resource in declared:
        if resource.kind == "LinkImpact":
            source, target = Tenant(**resource.inputs["tenant"]), Tenant(**resource.inputs["target"])
            yield from _link(source, target, working, resource.inputs)


def _tenant(tenant: Tenant, declared: Sequence[Declared], purposes: Sequence[Purpose]) -> Iterator[Finding]:
    """Credentials, token, permissions, Graph and clock; a check that needs an earlier one ends with it."""
    name = tenant.name
    graph = connect(tenant)
    try:
        granted, owner = graph.granted(), graph.identity()
    except ConfigurationError as problem:
        yield Finding("token", name, State.PROBLEM, *_told(problem))
        return
    yield Finding("token", name, State.OK, f"signed in to {tenant} as {owner}")
    yield _permissions(name, granted, declared, purposes)
    path = f"{ORGANIZATION}?$select=id,displayName"
    try:
        answer = graph.send(Request("GET", path, purpose="looking for the tenant", expects="value"))
    except PermissionMissing as problem:
        yield Finding("graph", name, State.OK, f"{tenant.graph} answers")
        yield Finding("clock", name, State.UNKNOWN, str(problem), "Grant the permission")
        return
    except EntraSyncError as problem:
        yield Finding("graph", name, State.PROBLEM, *_told(problem))
        return
    ids = {str(each.get("id", "")).lower() for each in answer.body["value"]}
    if tenant.tenant_id in ids:
        yield Finding("graph", name, State.OK, f"{tenant.graph} answers for this tenant")
    else:
        text = f"{tenant.graph} answers for {', '.join(sorted(ids)) or 'no tenant'}, not for {tenant.tenant_id}"
        yield Finding("graph", name, State.PROBLEM, text, "Check tenantId, and the application's tenant")
    yield _clock(tenant, answer.headers, clock.now())


def _permissions(
    name: str, granted: frozenset[str] | None, declared: Sequence[Declared], purposes: Sequence[Purpose]
) -> Finding:
    what = ", ".join(map(str, purposes))
    if granted is None:
        text = "the token has a user or a directory role, so it does not list what it may do"
        return Finding("permissions", name, State.UNKNOWN, text, "Sign in as an application without directory roles")
    wanted = {each.permission: each for purpose in purposes for each in needs(declared, purpose) if each.tenant == name}
    # A permission that allows the same requests as the listed one does as well.
    missing = [
        permission
        for permission, need in wanted.items()
        if permission not in granted and not _allowed(need.operations, granted)
    ]
    if not missing:
        return Finding("permissions", name, State.OK, f"all {len(wanted)} permissions for {what} are granted")
    text = f"missing for {what}: {', '.join(sorted(missing))}"
    fix = f"Grant them: `entra-sync permissions {' '.join(f'--for {each}' for each in purposes)} --script az`"
    return Finding("permissions", name, State.PROBLEM, text, f"{fix} (or powershell) prints the commands")


def _allowed(operations: Iterable[str], granted: frozenset[str]) -> bool:
    return all(any(granted >= each for each in alternatives(*operation.split(" ", 1))) for operation in operations)


def _clock(tenant: Tenant, headers: Mapping[str, str], now: datetime) -> Finding:
    if tenant.graph_url:
        return Finding("clock", tenant.name, State.OK, "not compared: this Graph has an address of its own")
    try:
        theirs = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return Finding("clock", tenant.name, State.UNKNOWN, "Graph's answer has no date", "Check proxies")
    seconds = (now - theirs).total_seconds()
    if abs(seconds) <= SKEW:
        return Finding("clock", tenant.name, State.OK, "this machine's clock agrees with Microsoft Graph's")
    text = f"this machine's clock is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} Microsoft Graph's"
    return Finding("clock", tenant.name, State.PROBLEM, text, "Synchronize the clock (NTP): tokens depend on it")


def _link(source: Tenant, target: Tenant, working: set[str], declared: Mapping[str, JSON]) -> Iterator[Finding]:
    name = f"{source.name} → {target.name}"
    unusable = [each.name for each in (source, target) if each.name not in working]
    if unusable:
        text = f"not checked, because {' and '.join(unusable)} cannot be used"
        yield Finding("link", name, State.UNKNOWN, text, "Fix the findings above first")
        return
    there, here = connect(target), connect(source)
    yield from _box(name, source, there)
    yield from _tried("halves", name, lambda: _halves(name, here, there))
    yield from _tried("invitations", name, lambda: _invitations(name, there))
    yield from _tried("licenses", name, lambda: _licenses(name, here, target, declared))
    yield from _tried("cache", name, lambda: _cache(name, source, target))


def _tried(check: str, name: str, make: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """The findings, or one that says why there is none."""
    try:
        yield from list(make())
    except EntraSyncError as problem:
        yield Finding(check, name, State.UNKNOWN, str(problem), "Fix the cause, and run again")


def _box(name: str, source: Tenant, target: Graph) -> Iterator[Finding]:
    granted = target.granted()
    if granted is not None and not _allowed(["GET /servicePrincipals"], granted):
        text = f"whether {target.tenant.name} allows cross-cloud synchronization cannot be read"
        yield Finding("cross-cloud", name, State.UNKNOWN, text, "Grant Application.Read.All in the target")
        return

    def look() -> Iterator[Finding]:
        problems = lacking(target, source.cloud)
        for each in problems:
            state = State.UNKNOWN if each.lack is Lack.NOT_READABLE else State.PROBLEM
            found, fix = crossing(each)
            yield Finding("cross-cloud", name, state, found, fix[:1].upper() + fix[1:])
        if not problems:
            yield Finding("cross-cloud", name, State.OK, "the target allows synchronization from the source's cloud")

    yield from _tried("cross-cloud", name, look)


def _halves(name: str, source: Graph, target: Graph) -> Iterator[Finding]:
    """Both tenants' settings for each other. Before the first `up` there are none, and nothing is wrong."""
    facts: dict[str, bool] = {}
    if source.tenant.cloud is not target.tenant.cloud:
        for graph, other in ((source, target), (target, source)):
            endpoint = other.tenant.info.endpoint
            facts[f"{graph.tenant.name} allows the cloud {endpoint}"] = endpoint in allowed_clouds(graph)[1]
    for graph, other, direction in ((source, target, "outbound"), (target, source, "inbound")):
        path = f"{PARTNERS}/{segment(other.tenant.tenant_id)}"
        partner = graph.find(path, "reading the partner settings") or {}
        consent = partner.get("automaticUserConsentSettings") or {}
        said = f"{graph.tenant.name} redeems invitations automatically ({direction})"
        facts[said] = consent.get(f"{direction}Allowed") is True
    path = identity_synchronization(segment(source.tenant.tenant_id))
    inbound = target.find(path, "reading the inbound synchronization settings") or {}
    allowed = (inbound.get("userSyncInbound") or {}).get("isSyncAllowed") is True
    facts[f"{target.tenant.name} allows users to be synchronized in"] = allowed
    missing = [said for said, true in facts.items() if not true]
    if not missing:
        yield Finding("halves", name, State.OK, "both tenants are set up for each other")
    elif len(missing) == len(facts):
        yield Finding("halves", name, State.OK, "not set up yet; `pulumi up` does this")
    else:
        fix = "Run `pulumi refresh` and `pulumi up`"
        yield Finding("halves", name, State.PROBLEM, f"not so: {'; '.join(missing)}", fix)


def _invitations(name: str, target: Graph) -> Iterator[Finding]:
    """Whether anyone may be invited into the target; in US Government the default is that no one may."""
    path = f"{AUTHORIZATION_POLICY}?$select=allowInvitesFrom"
    policy = target.get(path, "reading whether the target allows guest invitations")
    if policy["allowInvitesFrom"] == "none":
        text = f"{target.tenant.name} allows no guest invitations, so no account can be created"
        fix = f"Set allowInvitesFrom of {AUTHORIZATION_POLICY} to another value than none"
        yield Finding("invitations", name, State.PROBLEM, text, fix)
    else:
        yield Finding("invitations", name, State.OK, f"{target.tenant.name} allows guest invitations")


def _licenses(name: str, source: Graph, target: Tenant, declared: Mapping[str, JSON]) -> Iterator[Finding]:
    """Seats against the users in scope. The filter is not applied here, so that only a few numbers are read."""
    needed = requirement(source.tenant.cloud, target.cloud)
    seats = coverage(needed, [], read_subscriptions(source)).seats.total
    text = f"{seats:,} seats of {needed.label} in {source.tenant.name}"
    if not seats:
        fix = "Buy one for each user in scope; `entra-sync impact` counts them"
        yield Finding("licenses", name, State.PROBLEM, text, fix)
        return
    assigned = _assigned(source, declared)
    if assigned is None:
        yield Finding("licenses", name, State.OK, f"{text}; who is in scope is not known before up")
    elif assigned <= seats:
        yield Finding("licenses", name, State.OK, f"{text}, and at most {assigned:,} users in scope")
    else:
        fix = "Run `entra-sync impact`: it applies the filter and says how many seats are missing"
        yield Finding("licenses", name, State.UNKNOWN, f"{text}, but up to {assigned:,} users in scope", fix)


def _assigned(source: Graph, declared: Mapping[str, JSON]) -> int | None:
    """The most users that can be in scope: a user of two groups counts twice; None if the scope is not known yet.

    Source: "List group members" and "List users", ``$count`` as an advanced query.
    """
    if declared.get("everyone"):
        return _count(source, USERS)
    principals = declared.get("principals")
    if principals is None or not all(isinstance(each, Mapping) and each.get("id") for each in principals):
        return None
    groups = {str(each["id"]) for each in principals if each["kind"] == "Group"}
    users = {str(each["id"]) for each in principals if each["kind"] == "User"}
    members = (_count(source, member("Group", segment(id), "members/microsoft.graph.user")) for id in sorted(groups))
    return len(users) + sum(members)


def _count(source: Graph, path: str) -> int:
    request = Request(
        "GET",
        f"{path}?$count=true&$top=1&$select=id",
        purpose="counting the users in scope",
        headers=(("ConsistencyLevel", "eventual"),),
        expects="value",
    )
    number = source.send(request).body.get("@odata.count")
    if not isinstance(number, int):
        raise ConfigurationError(f"tenant {source.tenant}: the answer to {path} has no @odata.count")
    return number


def _cache(name: str, source: Tenant, target: Tenant) -> Iterator[Finding]:
    cache = configured(source, target, Environment.read())
    text = f"what is read is kept in {cache.directory}" if cache else "nothing that is read is kept"
    yield Finding("cache", name, State.OK, text)


def _told(problem: EntraSyncError) -> tuple[str, str]:
    """What happened, and what to do."""
    return (problem.reason, problem.remedy) if problem.remedy else (str(problem), "Fix the cause, and run again")
