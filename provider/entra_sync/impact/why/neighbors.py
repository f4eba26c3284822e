"""The people and accounts that the plan for one person depends on, instead of two whole tenants.

The user with all others who have the same address, the manager, the account, and the users who hold a value that the
account is to get. People in each other's way are followed one step; a whole plan follows them all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import polars as pl

from entra_sync.expressions import Context
from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Request
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.impact.facts.facts import CONNECTIONS, Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.provisioning_log import last_deleted, passed_over, succeeded
from entra_sync.impact.facts.snapshot import MEMBERS, Snapshot
from entra_sync.impact.facts.users import (
    EXTERNAL_MARK,
    SMTP,
    as_the_service_sees,
    external_name,
    is_nameless,
    mail_addresses,
    name_before_deletion,
    smtp_addresses,
)
from entra_sync.impact.planning.cycle import DROPS_LINKS
from entra_sync.impact.planning.users.flow import flow
from entra_sync.impact.reading.connections import inferred, log_of
from entra_sync.impact.reading.gather import Needs
from entra_sync.impact.reading.users import IN_FILTER, literal
from entra_sync.impact.why.ask import Unread, ask, either, items
from entra_sync.impact.why.find import EVENTUAL, home_of
from entra_sync.impact.why.user_facts import UserFacts
from entra_sync.microsoft.clouds import Cloud

__all__ = ["UNIQUE", "Around", "among", "connection", "log_of", "memberships"]

JSON = Any

STRANGE = 20
"""Accounts whose names do not show whose they are, of which it is asked whether the job has linked them."""

UNIQUE = ("mail", "userPrincipalName")
"""Target attributes in which two people can be in each other's way."""


def memberships(person: str, relation: str = "memberOf") -> Request:
    """Asks for the ids of the groups that a person is a direct member of, or with ``transitiveMemberOf`` of all."""
    path = f"{paths.USERS}/{segment(person)}/{relation}?$select=id&$top=999"
    return Request("GET", path, None, "reading the person's groups")


def connection(owner: str, job_id: str, person: str) -> Request:
    """Asks for the account that a job has linked a person to."""
    path = paths.connections(segment(owner), segment(job_id))
    return Request("GET", f"{path}('{segment(person)}')", None, "reading which account a person is linked to")


@dataclass
class Around:
    """Reads what is around one person.

    Args:
        source, target: Gateways to the two tenants.
        owner: The link's application.
        context: Time and randomness that expressions are evaluated with.
        moment: The time of day.
    """

    source: Graph
    target: Graph
    owner: str
    context: Context
    moment: datetime
    _people: list[pl.DataFrame] = field(default_factory=list)
    _accounts: list[pl.DataFrame] = field(default_factory=list)
    _groups: set[str] = field(default_factory=set)
    _removed: set[str] = field(default_factory=set)
    _removed_last: set[tuple[str, str]] = field(default_factory=set)
    _passed_over: set[str] = field(default_factory=set)

    async def read(self, seen: UserFacts, organization: JSON, home: JSON) -> UserFacts:
        """*seen* with the person's record and the facts.

        Args:
            seen: What was read of the person and the link.
            organization: Answer to the question for the target's domains.
            home: The same of the source.
        """
        states = [state for state in (seen.now, seen.then) if isinstance(state, LinkState)]
        needs = Needs.of(*states, also=[seen.person.id])
        unread = await self._read_person(seen, needs.source)
        if unread is not None:
            return replace(seen, record=unread, facts=unread)
        people = _each_once(self._people, needs.source)
        seen = replace(seen, record=people.filter(pl.col("id") == seen.person.id))
        return replace(seen, facts=await self._facts(seen, states, needs, organization, home))

    async def _facts(
        self, seen: UserFacts, states: Sequence[LinkState], needs: Needs, organization: JSON, home: JSON
    ) -> Facts | Unread:
        for part in (organization, home):
            if isinstance(part, Unread):
                return part
        domains = items(organization)[0]["verifiedDomains"]
        domain = str(next(each["name"] for each in domains if each["isInitial"]))
        linked = {} if isinstance(seen.connection, Unread) or not seen.connection else {seen.person.id: seen.connection}
        members = {seen.person.id: frozenset() if isinstance(seen.direct, Unread) else seen.direct}
        unread = (
            await self._read_accounts(needs.target, {*linked.values(), *seen.logged()}, {})
            or await self._read_values(states, needs, domain)
            or await self._read_strange(seen, states, needs, domain, linked)
            or await self._read_others(seen, needs, domain, linked, members)
        )
        if unread is not None:
            return unread
        verified = items(home)[0]["verifiedDomains"]
        made = self._made(seen, needs, domain, linked, members)
        return replace(made, home_domains=frozenset(each["name"].lower() for each in verified))

    def _made(
        self, seen: UserFacts, needs: Needs, domain: str, linked: dict[str, str], members: dict[str, frozenset[str]]
    ) -> Facts:
        pairs = [(group, person) for person, groups in members.items() for group in groups & needs.groups]
        source = Snapshot(
            tenant_id=self.source.tenant.tenant_id,
            taken=self.moment,
            record=needs.source,
            rows=_each_once(self._people, needs.source),
            memberships=pl.DataFrame(sorted(pairs), schema=MEMBERS, orient="row"),
            everyone=needs.everyone,
            groups=needs.groups,
            users=needs.users,
        )
        target = Snapshot(
            tenant_id=self.target.tenant.tenant_id,
            taken=self.moment,
            record=needs.target,
            rows=_each_once(self._accounts, needs.target),
            everyone=True,
        )
        facts = Facts(
            source=source,
            target=target,
            domain=domain,
            connections=pl.DataFrame(sorted(linked.items()), schema=CONNECTIONS, orient="row"),
            asked=pl.Series(sorted(members), dtype=pl.String),
            removed=None if isinstance(seen.log, Unread) else frozenset(seen.logged("delete")) | self._removed,
            given_up=self._given_up(linked, seen),
            passed_over=frozenset()
            if isinstance(seen.log, Unread)
            else frozenset(passed_over(seen.log) | self._passed_over),
            group_addresses=frozenset(self._groups),
            managers={self.source.tenant.cloud, self.target.tenant.cloud} == {Cloud.GLOBAL},
        )
        if isinstance(seen.connection, Unread) and isinstance(seen.now, LinkState):
            return inferred(replace(facts, asked=pl.Series(dtype=pl.String)), seen.now)
        return facts

    def _given_up(self, linked: Mapping[str, str], seen: UserFacts) -> frozenset[str]:
        """Users whose accounts the job has not managed since it deleted them."""
        mine = set() if isinstance(seen.log, Unread) else last_deleted(seen.log)
        return frozenset(person for person, _ in linked.items() & (self._removed_last | mine))

    # -- people

    async def _read_person(self, seen: UserFacts, record: UserColumns) -> Unread | None:
        """The user, and all others who have the same address."""
        conditions = [f"id in ({literal(seen.person.id)})"]
        if seen.person.mail:
            conditions.append(f"mail eq {literal(seen.person.mail)}")
        requests = {"live": _users(record, " or ".join(conditions), "reading the person")}
        if seen.person.deleted:
            requests["deleted"] = _deleted(record, seen.person.id)
        answers = await ask(self.source, requests)
        return self._keep(answers, self._people, record)

    async def _read_others(
        self, seen: UserFacts, needs: Needs, domain: str, linked: dict[str, str], members: dict[str, frozenset[str]]
    ) -> Unread | None:
        """Who is in the user's way: the links and accounts of those who have, or want, one of the values."""
        requests: dict[str, Request] = {}
        known = _each_once(self._people, needs.source)
        homes = {home_of(name) for name in _each_once(self._accounts, needs.target)["userPrincipalName"]}
        homes -= {"", *(name.lower() for name in known["userPrincipalName"])}
        requests |= among(needs.source, "userPrincipalName", homes, "reading the users with the same value")
        managers = set(known["manager"].drop_nulls()) if "manager" in known.columns else set()
        requests |= among(needs.source, "id", {*managers, *linked} - set(known["id"]), "reading the other users")
        unread = self._keep(await ask(self.source, requests), self._people, needs.source) if requests else None
        others = sorted(set(_each_once(self._people, needs.source)["id"]) - {seen.person.id})
        if unread is not None or not others:
            return unread
        asks = {f"memberOf {other}": memberships(other) for other in others if not needs.everyone}
        if isinstance(seen.now, LinkState) and not isinstance(seen.connection, Unread):
            asks |= {f"link {other}": connection(self.owner, str(seen.now.job_id), other) for other in others}
        if isinstance(seen.now, LinkState) and not isinstance(seen.log, Unread):
            asks |= {f"log {other}": log_of(str(seen.now.job_id), other) for other in others}
        answers = await ask(self.source, asks, {f"memberOf {other}" for other in others})
        unread = either(*answers.values())
        if unread is not None:
            return unread
        for other in others:
            groups = items(answers.get(f"memberOf {other}"))
            members[other] = frozenset(group["id"] for group in groups)
            log = items(answers.get(f"log {other}"))
            self._removed.update(succeeded(log, "delete"))
            self._removed_last |= last_deleted(log)
            self._passed_over |= passed_over(log)
            link: JSON = answers.get(f"link {other}")
            if link is not None:
                linked[other] = link["targetAnchor"]
        people = _each_once(self._people, needs.source).filter(pl.col("id").is_in(others))
        names = people.select(external_name(pl.col("userPrincipalName"), domain)).to_series().to_list()
        return await self._read_accounts(needs.target, linked.values(), {"userPrincipalName": set(names)})

    # -- accounts

    async def _read_strange(
        self, seen: UserFacts, states: Sequence[LinkState], needs: Needs, domain: str, linked: dict[str, str]
    ) -> Unread | None:
        """Accounts whose names do not show whose they are, if the service looks for one of the user.

        It is asked which of them the job has linked, unless they are many: then any of them may be the user's.
        """
        if not linked or any(state.restart & DROPS_LINKS for state in states):
            answers = await ask(self.target, {"strange": _strange(domain)})
            unread = either(*answers.values())
            if unread is not None:
                return unread
            unread = await self._read_accounts(needs.target, [user["id"] for user in items(answers["strange"])], {})
            if unread is not None:
                return unread
        if isinstance(seen.connection, Unread) or not isinstance(seen.now, LinkState):
            return None
        nameless = pl.col("deleted").is_null() & is_nameless() & ~pl.col("id").is_in(list(linked.values()))
        ids = _each_once(self._accounts, needs.target).filter(nameless)["id"]
        if not 0 < ids.len() <= STRANGE:
            return None
        job = str(seen.now.job_id)
        answers = await ask(self.source, {id: connection(self.owner, job, id) for id in ids})
        found: list[JSON] = [answer for answer in answers.values() if answer is not None]
        unread = either(*found)
        if unread is None:
            linked |= {each["sourceAnchor"]: each["targetAnchor"] for each in found}
        return unread

    async def _read_values(self, states: Sequence[LinkState], needs: Needs, domain: str) -> Unread | None:
        """Accounts and groups that have a value which the person's account has, or is to get."""
        people = _each_once(self._people, needs.source).with_columns(pl.lit(False).alias("IsSoftDeleted"))
        wanted = {"mail": set[str](), "userPrincipalName": set[str]()}
        wanted["userPrincipalName"] |= set(
            people.select(external_name(pl.col("userPrincipalName"), domain)).to_series()
        )
        for state in states:
            flows = flow(state, as_the_service_sees(people, state.booleans), domain, self.context)
            for name in UNIQUE:
                row = flows.by_target.get(name)
                wanted[name] |= set() if row is None else {*row.created.drop_nulls(), *row.value.drop_nulls()}
        returning = _each_once(self._accounts, needs.target).filter(pl.col("deleted").is_not_null())
        wanted["userPrincipalName"] |= set(returning["userPrincipalName"].drop_nulls())
        wanted["mail"] |= set(returning["mail"].drop_nulls())
        addresses = returning["proxyAddresses"].explode().drop_nulls()
        wanted["mail"] |= set(smtp_addresses(addresses))
        return await self._read_accounts(needs.target, (), {name: values - {""} for name, values in wanted.items()})

    async def _read_accounts(
        self, record: UserColumns, ids: Collection[str], values: dict[str, set[str]]
    ) -> Unread | None:
        """Accounts by their ids, the deleted ones too, and all that have one of the values."""
        missing = sorted(set(ids) - set(_each_once(self._accounts, record)["id"]))
        requests = among(record, "id", missing, "reading the account")
        deleted = {f"deleted {id}": _deleted(record, id) for id in missing}
        groups: dict[str, Request] = {}
        names = values.get("userPrincipalName", ())
        requests |= among(record, "userPrincipalName", names, "reading accounts by name")
        for number, mail in enumerate(sorted(values.get("mail", ()))):
            held = f"mail eq {literal(mail)} or proxyAddresses/any(p:p eq {literal(f'{SMTP}{mail}')})"
            requests[f"by mail {number}"] = _users(record, held, "reading the users with the address")
            path = f"{paths.GROUPS}?$select=id,mail,proxyAddresses&$filter={held}"
            groups[f"groups {number}"] = Request("GET", path, None, "reading groups' addresses")
        if not requests and not deleted:
            return None
        answers = await ask(self.target, requests | deleted | groups)
        unread = either(*(answers[name] for name in groups))
        unread = unread or self._keep({name: answers[name] for name in (*requests, *deleted)}, self._accounts, record)
        if unread is None:
            self._groups |= mail_addresses([group for name in groups for group in items(answers[name])])
        return unread

    def _keep(self, answers: dict[str, JSON], frames: list[pl.DataFrame], record: UserColumns) -> Unread | None:
        """Adds the users that were read: lists of live ones, and deleted ones by their ids."""
        unread = either(*answers.values())
        if unread is not None:
            return unread
        for answer in filter(None, answers.values()):
            users = items(answer) if "value" in answer else [_undeleted(answer)]
            if users:
                record.require(users[0], "reading users")
                frames.append(record.rows(users))
        return None


def _users(record: UserColumns, condition: str, purpose: str) -> Request:
    return Request("GET", f"{paths.USERS}?{record.query}&$filter={condition}&$top=999", None, purpose)


def _strange(domain: str) -> Request:
    """Asks for external users of a tenant whose names do not show whose they are."""
    mark = literal(f"{EXTERNAL_MARK}@{domain}")
    condition = (
        "(creationType eq 'Invitation' or externalUserState eq 'Accepted')"
        f" and externalUserState ne 'PendingAcceptance' and not(endsWith(userPrincipalName,{mark}))"
    )
    path = f"{paths.USERS}?$select=id&$filter={condition}&$count=true&$top={STRANGE + 1}"
    return Request("GET", path, None, "reading accounts whose names do not show whose they are", EVENTUAL)


def _deleted(record: UserColumns, id: str) -> Request:
    path = f"{paths.deleted(segment(id))}?$select=deletedDateTime,{record.select}"
    return Request("GET", path, None, "reading deleted users")


def among(record: UserColumns, name: str, values: Iterable[str], purpose: str) -> dict[str, Request]:
    """Questions for the users whose *name* is among the values, as many to a question as it takes."""
    wanted = sorted(values)
    chunks = [wanted[start : start + IN_FILTER] for start in range(0, len(wanted), IN_FILTER)]
    conditions = [f"{name} in ({','.join(map(literal, chunk))})" for chunk in chunks]
    return {f"{name} {number}": _users(record, condition, purpose) for number, condition in enumerate(conditions)}


def _undeleted(user: JSON) -> JSON:
    """A deleted user with the principal name of before.

    The service puts the id in front of it (examples of "List deletedItems").
    """
    return {**user, "userPrincipalName": name_before_deletion(user)}


def _each_once(frames: Sequence[pl.DataFrame], record: UserColumns) -> pl.DataFrame:
    """All people that were read, each once; a user who was deleted meanwhile is deleted."""
    found = pl.concat([record.empty(), *frames])
    return found.sort("deleted", nulls_last=True).unique("id", keep="first").sort("id")
