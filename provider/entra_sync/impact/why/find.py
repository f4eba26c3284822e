"""Who is meant: by user principal name, address or object id, of a person of the source or of their account."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from entra_sync.errors import NoSuchPerson
from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Request
from entra_sync.impact.facts.users import SMTP, home_name, name_before_deletion
from entra_sync.impact.reading.users import literal
from entra_sync.impact.why.ask import Unread, ask, items

__all__ = ["GUID", "Found", "choose", "questions", "source_of"]

JSON = Any

SELECT = "id,userPrincipalName,displayName,mail,accountEnabled,deletedDateTime"
EVENTUAL = (("ConsistencyLevel", "eventual"),)
GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Found:
    """A user of one tenant: Graph's document, and whether the user is soft-deleted."""

    user: JSON
    deleted: bool

    @property
    def id(self) -> str:
        """Object id."""
        return str(self.user["id"])

    @property
    def name(self) -> str:
        """User principal name; of a deleted user the one that it had."""
        return name_before_deletion(self.user) if self.deleted else str(self.user.get("userPrincipalName") or "")

    @property
    def mail(self) -> str:
        """Mail address; empty where there is none."""
        return str(self.user.get("mail") or "")


def questions(asked: str) -> dict[str, Request]:
    """The requests that find the user in one tenant: ``live`` and ``deleted``.

    A soft-deleted user's principal name has the id in front ("Delete user").
    """
    purpose = f"looking for {asked}"
    if GUID.fullmatch(asked):
        live = f"id in ({literal(asked.lower())})"
        deleted = f"{paths.deleted(segment(asked.lower()))}?$select={SELECT}"
    else:
        name = literal(asked)
        address = literal(f"{SMTP}{asked}")
        live = f"userPrincipalName eq {name} or mail eq {name} or proxyAddresses/any(p:p eq {address})"
        deleted = (
            f"{paths.DELETED_USERS}?$select={SELECT}&$count=true"
            f"&$filter=mail eq {name} or endsWith(userPrincipalName,{name})"
        )
    return {
        "live": Request("GET", f"{paths.USERS}?$select={SELECT}&$filter={live}", None, purpose),
        "deleted": Request("GET", deleted, None, purpose, EVENTUAL),
    }


def choose(asked: str, live: JSON, deleted: JSON, tenant: str) -> Found | None:
    """The user that is meant out of the answers to :func:`questions`; None if there is no such user.

    Raises:
        NoSuchPerson: The address belongs to several.
    """
    for answer, gone in ((live, False), (deleted, True)):
        if isinstance(answer, Unread):
            continue
        users = items(answer) if answer is not None and "value" in answer else [answer] if answer else []
        users = [user for user in users if user.get("@odata.type", "#microsoft.graph.user") == "#microsoft.graph.user"]
        found = [Found(user, gone) for user in users]
        named = [each for each in found if each.name.lower() == asked.lower()]
        meant = named or [each for each in found if not gone or asked.lower() in {each.id.lower(), each.mail.lower()}]
        if len(meant) > 1:
            names = ", ".join(sorted(f"{each.name} ({each.id})" for each in meant))
            raise NoSuchPerson(
                f"{asked} is the address of {len(meant)} users in {tenant}: {names}; ask for one of them by object id"
            )
        if meant:
            return meant[0]
    return None


async def source_of(account: Found, source: Graph, job_id: str | None) -> Found | None:
    """The user of the source that an account of the target was made for.

    The provisioning log says it; where it does not reach so far back, the account's principal name suggests it.
    """
    requests: dict[str, Request] = {}
    if job_id is not None:
        condition = f"jobId eq {literal(job_id)} and targetIdentity/id eq {literal(account.id)}"
        path = f"{paths.PROVISIONING_LOG}?$filter={condition}&$top=1"
        requests["log"] = Request("GET", path, None, "looking for the source user of an account")
    home = home_of(account.name)
    if home:
        requests |= questions(home)
    if not requests:
        return None
    answers = await ask(source, requests)
    log = answers.get("log")
    entries: Sequence[JSON] = [] if isinstance(log, Unread) else items(log)
    if entries and (entries[0].get("sourceIdentity") or {}).get("id"):
        id = str(entries[0]["sourceIdentity"]["id"])
        by_id = await ask(source, questions(id))
        return choose(id, by_id["live"], by_id["deleted"], source.tenant.name)
    return choose(home, answers["live"], answers["deleted"], source.tenant.name) if home else None


def home_of(name: str) -> str:
    """The principal name at home that an invited account's name carries; empty for other accounts."""
    return pl.select(home_name(pl.lit(name))).item() or ""
