"""What is read for one person and one link: who it is, the job, assignments, memberships, the log, the account."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from entra_sync.errors import ConfigurationError, NoSuchPerson
from entra_sync.expressions import Context
from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Request
from entra_sync.graph.synchronization.job_template import templates_path, usual_template
from entra_sync.impact.declared.state import declared_state
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.reading.link import link_state
from entra_sync.impact.reading.settings import Settings, settings_of_source, settings_of_target
from entra_sync.impact.reading.sms import Signing, is_ready, phones, sms_policy
from entra_sync.impact.why.ask import Unread, ask, either, items
from entra_sync.impact.why.find import GUID, Found, choose, questions, source_of
from entra_sync.impact.why.neighbors import Around, connection, log_of, memberships
from entra_sync.impact.why.user_facts import UserFacts
from entra_sync.microsoft.assumptions import OBJECT_CONNECTIONS

__all__ = ["read_user_facts"]

JSON = Any


async def read_user_facts(
    source: Graph,
    target: Graph,
    service_principal_id: str | None,
    declared: Declaration,
    asked: str,
    *,
    context: Context,
    moment: datetime,
) -> UserFacts:
    """Reads what there is to know of the user that *asked* names.

    Args:
        source, target: Gateways to the two tenants.
        service_principal_id: The link's application; None while it does not exist.
        declared: The link as the program has it.
        asked: User principal name, address or object id of a person of the source, or of an account of the target.
        context: Time and randomness that expressions are evaluated with.
        moment: The time of day.

    Raises:
        NoSuchPerson: No user of either tenant is meant, or several are.
        ConfigurationError: People of the source cannot be read at all.
    """
    return await _Reading(source, target, service_principal_id, declared, context, moment).at(asked)


@dataclass
class _Reading:
    source: Graph
    target: Graph
    owner: str | None
    declared: Declaration
    context: Context
    moment: datetime

    async def at(self, asked: str) -> UserFacts:
        here = settings_of_source(self.target.tenant.tenant_id, ran=True)
        there = settings_of_target(self.source.tenant.tenant_id, ran=True)
        by_sms = sms_policy(self.source.tenant)
        tenant = {**here, **({"sms": by_sms} if by_sms is not None else {})}
        mine, theirs = await asyncio.gather(
            ask(self.source, {**questions(asked), **_organization(), **self._of_link(), **tenant}, {"assigned"}),
            ask(self.target, {**questions(asked), **_organization(), **there}),
        )
        jobs = mine.get("jobs")
        job = jobs if isinstance(jobs, Unread) else next(iter(items(jobs)), None)
        job_id = None if job is None or isinstance(job, Unread) else str(job["id"])
        person = await self._person(asked, mine, theirs, job_id)
        signing = Signing.of_policy(mine.get("sms"), _why(mine.get("sms")))
        template_id = self._template_id(job, mine.get("templates"))
        about = {
            **self._of_person(person, job_id),
            **self._of_template(template_id),
            **({"phones": phones(person.id)} if signing.usable else {}),
        }
        answers = await ask(self.source, about, {"direct", "nested"})
        held = answers.get("phones")
        signing = signing.of_users([person.id] if not _why(held) and is_ready(items(held)) else [], _why(held))
        assigned = mine.get("assigned")
        now = self._state(job, answers, assigned)
        template = template_id if isinstance(template_id, Unread) else answers.get("template")
        then = self._declared_state(now, template)
        linked, log = answers.get("connection"), answers.get("log")
        if job_id is not None and not self._has_connections:
            linked = Unread(f"Graph has no objectConnections in the {self.source.tenant.info.label} cloud")
        seen = UserFacts(
            person=person,
            job=job,
            assigned=assigned if isinstance(assigned, Unread) else items(assigned),
            direct=_ids(answers["direct"]),
            nested=_ids(answers["nested"]),
            log=log if isinstance(log, Unread) else items(log),
            connection=linked if isinstance(linked, Unread) else (linked or {}).get("targetAnchor"),
            now=now,
            then=then,
        )
        around = Around(self.source, self.target, str(self.owner), self.context, self.moment)
        seen = await around.read(seen, theirs["organization"], mine["organization"])
        if isinstance(seen.facts, Unread):
            return seen
        found = {**{name: mine[name] for name in here}, **{name: theirs[name] for name in there}}
        unread = {name: answer.why for name, answer in found.items() if isinstance(answer, Unread)}
        allowed = Settings.of({name: answer for name, answer in found.items() if name not in unread}, unread)
        return replace(seen, facts=signing.told(allowed.told(seen.facts)))

    # -- the questions

    def _of_link(self) -> dict[str, Request]:
        if self.owner is None:
            return {}
        owner = segment(self.owner)
        return {
            "jobs": Request("GET", paths.jobs(owner), None, "reading the job"),
            "assigned": Request(
                "GET",
                f"{paths.service_principal(owner, 'appRoleAssignedTo')}?$top=999",
                None,
                "reading the assigned users and groups",
            ),
            "templates": Request("GET", templates_path(owner), None, "listing the application's job templates"),
        }

    def _template_id(self, job: JSON | Unread | None, templates: JSON | Unread | None) -> str | Unread | None:
        """The template of the job, or that of a new one; None if neither is there."""
        if isinstance(job, Unread) or (job is None and isinstance(templates, Unread)):
            return either(job, templates)
        return job["templateId"] if job is not None else usual_template(items(templates))

    def _declared_state(self, now: LinkState | Unread | None, template: JSON | Unread | None) -> LinkState | Unread:
        if isinstance(now, Unread):
            return now
        if isinstance(template, Unread):
            return template
        return declared_state(self.declared, now, self.source.tenant, self.target.tenant, template)

    def _of_template(self, template_id: str | Unread | None) -> dict[str, Request]:
        if template_id is None or isinstance(template_id, Unread):
            return {}
        path = paths.template_schema(segment(str(self.owner)), segment(template_id))
        return {"template": Request("GET", path, None, "reading the schema of the job's template")}

    def _of_person(self, person: Found, job_id: str | None) -> dict[str, Request]:
        found = {"direct": memberships(person.id), "nested": memberships(person.id, "transitiveMemberOf")}
        if job_id is None:
            return found
        owner = segment(str(self.owner))
        return {
            **found,
            "schema": Request("GET", paths.schema(owner, segment(job_id)), None, "reading the job's schema"),
            "secrets": Request("GET", paths.secrets(owner), None, "reading the job's settings"),
            "log": log_of(job_id, person.id),
            **({"connection": connection(str(self.owner), job_id, person.id)} if self._has_connections else {}),
        }

    @property
    def _has_connections(self) -> bool:
        return self.source.tenant.cloud in OBJECT_CONNECTIONS

    # -- who, and which link

    async def _person(self, asked: str, mine: JSON, theirs: JSON, job_id: str | None) -> Found:
        if isinstance(mine["live"], Unread):
            raise ConfigurationError(f"users of {self.source.tenant.name} cannot be read: {mine['live'].why}")
        person = choose(asked, mine["live"], mine["deleted"], self.source.tenant.name)
        if person is not None:
            return person
        names = f"{self.source.tenant.name} or {self.target.tenant.name}"
        account = choose(asked, theirs["live"], theirs["deleted"], self.target.tenant.name)
        if account is None:
            if not isinstance(mine["deleted"], Unread):
                await self._refuse_purged(asked, job_id)
            unread = either(mine["deleted"], theirs["live"], theirs["deleted"])
            limits = f"; some users could not be read: {unread.why}" if unread else ""
            raise NoSuchPerson(
                f'no user and no account "{asked}" in {names}{limits}; use a user principal name, a mail '
                "address or an object id"
            )
        person = await source_of(account, self.source, job_id)
        if person is None:
            if not isinstance(mine["deleted"], Unread):
                await self._refuse_purged(account.id, job_id)
            raise NoSuchPerson(
                f"{asked} is an account in {self.target.tenant.name}, but no user of {self.source.tenant.name} was "
                "found for it"
            )
        return person

    async def _refuse_purged(self, id: str, job_id: str | None) -> None:
        """Tells if only the job still knows who is meant: a user who is gone for good, by the id of either side.

        Raises:
            NoSuchPerson: The job links such a user to an account.
        """
        if job_id is None or not self._has_connections or not GUID.fullmatch(id):
            return
        found = (await ask(self.source, {"connection": connection(str(self.owner), job_id, id)}))["connection"]
        if isinstance(found, Unread) or found is None:
            return
        raise NoSuchPerson(
            f"user {found['sourceAnchor']} is gone for good from {self.source.tenant.name}; the job still links it to "
            f"account {found['targetAnchor']} in {self.target.tenant.name}. `entra-sync impact --people` lists what "
            "the next cycle does with this account"
        )

    def _state(self, job: JSON | Unread | None, answers: JSON, assigned: JSON) -> LinkState | Unread | None:
        if job is None:
            return None
        unread = either(answers.get("schema"), answers.get("secrets"), assigned)
        if isinstance(job, Unread) or unread is not None:
            return job if isinstance(job, Unread) else unread
        state = link_state(str(self.owner), job, answers["schema"], answers["secrets"]["value"], items(assigned))
        hidden = " and ".join(sorted(state.unread))
        return Unread(f"the job's {hidden} could not be read") if hidden else state


def _why(answer: JSON | Unread | None) -> str:
    return answer.why if isinstance(answer, Unread) else ""


def _organization() -> dict[str, Request]:
    path = f"{paths.ORGANIZATION}?$select=verifiedDomains"
    return {"organization": Request("GET", path, None, "reading the tenant's domains")}


def _ids(answer: JSON | Unread | None) -> frozenset[str] | Unread:
    return answer if isinstance(answer, Unread) else frozenset(each["id"] for each in items(answer))
