"""Which users of the source sign in by SMS: synchronization skips them.

"Configure cross-tenant synchronization" ("Users are skipped because SMS sign-in is enabled on the user") says that they
fail the built-in filter of external users, and reads ``smsSignInState`` of their phones to find them. Most tenants do
not let anyone sign in so, which one request tells (smsAuthenticationMethodTarget resource type, ``isUsableForSignIn``).
Only if a tenant does, the phones of the users concerned are read, one request for each user.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from entra_sync.assumptions import SMS_SIGN_IN
from entra_sync.errors import NotFound, PermissionMissing
from entra_sync.graph import paths
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Request
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.remarks import Note, Remark
from entra_sync.impact.reading.users import Reader
from entra_sync.tenant import Tenant

__all__ = ["is_ready", "is_usable", "phones", "sms_policy", "with_sms"]

JSON = Any


def sms_policy(tenant: Tenant) -> Request | None:
    """Asks whether users of a tenant may sign in by SMS; None if its cloud does not have that."""
    if tenant.cloud not in SMS_SIGN_IN:
        return None
    return Request("GET", paths.SMS_POLICY, None, "reading whether users may sign in by SMS")


def is_usable(policy: JSON) -> bool:
    """Whether a policy lets any user sign in by SMS."""
    targets = policy.get("includeTargets") or []
    return policy["state"] == "enabled" and any(target.get("isUsableForSignIn") is not False for target in targets)


def phones(user: str) -> Request:
    """Asks for a user's phones."""
    path = f"{paths.USERS}/{segment(user)}/authentication/phoneMethods"
    return Request("GET", path, None, "reading whether a user signs in by SMS")


def is_ready(found: Sequence[JSON]) -> bool:
    """Whether a user with these phones signs in by SMS."""
    return any(phone.get("smsSignInState") == "ready" for phone in found)


async def with_sms(reader: Reader, facts: Facts, in_scope: pl.Series) -> Facts:
    """The facts with the users who sign in by SMS, of those who are *in_scope* or linked."""
    request = sms_policy(reader.graph.tenant)
    if request is None:
        return facts
    try:
        policy = (await reader.ask(request)).body
    except PermissionMissing as problem:
        return replace(facts, notes=(*facts.notes, Remark(Note.SMS_POLICY_UNREAD, (str(problem),))))
    if not is_usable(policy):
        return facts
    live = facts.source.people.filter(pl.col("deleted").is_null())["id"]
    concerned = pl.concat([in_scope, facts.connections["person"]])
    ids = live.filter(live.is_in(concerned.implode())).to_list()
    found: set[str] = set()
    # The first answer tells whether phones may be read at all.
    for some in (ids[:1], ids[1:]):
        for id, answer in zip(some, await reader.answers([phones(id) for id in some]), strict=True):
            if isinstance(answer, PermissionMissing):
                note = Remark(Note.SMS_UNREAD, (str(answer),))
                return replace(facts, sms_unread=True, notes=(*facts.notes, note))
            if isinstance(answer, NotFound):
                continue  # deleted since the users were read
            if isinstance(answer, Exception):
                raise answer
            if is_ready(answer.body["value"]):
                found.add(id)
    return replace(facts, sms=frozenset(found))
