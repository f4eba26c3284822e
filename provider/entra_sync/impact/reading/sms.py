"""Which users of the source sign in by SMS: synchronization skips them.

"Configure cross-tenant synchronization" ("Users are skipped because SMS sign-in is enabled on the user") says that they
fail the built-in filter of external users, and reads ``smsSignInState`` of their phones to find them. Most tenants do
not let anyone sign in so, which one request tells (smsAuthenticationMethodTarget resource type, ``isUsableForSignIn``).
Others let the members of some groups, who are read then. Only of users who may sign in so and are affected the
phones are read, which takes one request for each user, twenty of them in a batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from entra_sync.errors import GraphError, NotFound, PermissionMissing
from entra_sync.graph import paths
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Request
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.remarks import Note, Remark
from entra_sync.impact.reading.users import Reader
from entra_sync.microsoft.assumptions import SMS_SIGN_IN
from entra_sync.microsoft.tenant import Tenant

__all__ = ["Signing", "is_ready", "phones", "sms_policy", "with_sms"]

JSON = Any

EVERYONE = "all_users"
"""What the policy has instead of a group if it is about all users (smsAuthenticationMethodTarget resource type)."""


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signs in by SMS, as far as it could be read.

    Attributes:
        groups: Groups whose members may sign in so; None if all users may.
        users: The users who do.
        unread: Whether it could not be read who does.
        notes: Why something could not be read.
    """

    groups: frozenset[str] | None = frozenset()
    users: frozenset[str] = frozenset()
    unread: bool = False
    notes: tuple[Remark, ...] = ()

    @classmethod
    def of_policy(cls, policy: JSON | None, unread: str = "") -> Signing:
        """What the tenant's policy says; None if the cloud does not have SMS sign-in.

        Args:
            policy: The answer to :func:`sms_policy`.
            unread: Why there is no answer.
        """
        if unread:
            return cls(notes=(Remark(Note.SMS_POLICY_UNREAD, (unread,)),))
        if policy is None or policy["state"] != "enabled":
            return cls()
        targets = policy.get("includeTargets") or ()
        groups = frozenset(each["id"] for each in targets if each.get("isUsableForSignIn") is not False)
        return cls(None if EVERYONE in groups else groups)

    @property
    def usable(self) -> bool:
        """Whether any user may sign in so."""
        return self.groups is None or bool(self.groups)

    def of_users(self, users: Iterable[str], unread: str = "") -> Signing:
        """The same with the users who sign in so, or with the reason why that is not known."""
        if unread:
            return replace(self, unread=True, notes=(*self.notes, Remark(Note.SMS_UNREAD, (unread,))))
        return replace(self, users=frozenset(users))

    def told(self, facts: Facts) -> Facts:
        """The facts with this."""
        return replace(facts, sms=self.users, sms_unread=self.unread, notes=(*facts.notes, *self.notes))


def sms_policy(tenant: Tenant) -> Request | None:
    """Asks whether users of a tenant may sign in by SMS; None if its cloud does not have that."""
    if tenant.cloud not in SMS_SIGN_IN:
        return None
    return Request("GET", paths.SMS_POLICY, None, "reading whether users may sign in by SMS")


def phones(user: str) -> Request:
    """Asks for a user's phones."""
    path = f"{paths.USERS}/{segment(user)}/authentication/phoneMethods"
    return Request("GET", path, None, "reading whether a user signs in by SMS")


def is_ready(found: Sequence[JSON]) -> bool:
    """Whether a user with these phones signs in by SMS."""
    return any(phone.get("smsSignInState") == "ready" for phone in found)


async def with_sms(reader: Reader, facts: Facts, in_scope: pl.Series) -> Facts:
    """The facts with the users who sign in by SMS, among those that the job has linked, or may link."""
    signing = await _allowed(reader)
    if not signing.usable:
        return signing.told(facts)
    people = facts.source.people
    linked = pl.col("id").is_in(facts.connections["person"].implode())
    # A disabled user without an account gets none, however the user signs in.
    comes = pl.col("id").is_in(in_scope.implode()) & pl.col("accountEnabled").fill_null(True)
    concerned = people.filter(pl.col("deleted").is_null() & (linked | comes))["id"]
    members = await _members(reader, signing.groups) if signing.groups is not None else None
    if members is not None:
        concerned = concerned.filter(concerned.is_in(pl.Series(members, dtype=pl.String).implode()))
    return (await _signing_in(reader, signing, concerned.to_list())).told(facts)


async def _allowed(reader: Reader) -> Signing:
    """What the tenant's policy says."""
    request = sms_policy(reader.graph.tenant)
    if request is None:
        return Signing.of_policy(None)
    try:
        return Signing.of_policy((await reader.ask(request)).body)
    except PermissionMissing as problem:
        return Signing.of_policy(None, str(problem))


async def _members(reader: Reader, groups: Iterable[str]) -> list[str] | None:
    """The ids of all members of groups, also through other groups; None if they may not be read.

    A group that is gone has none.
    """
    found: list[str] = []
    for group in sorted(groups):
        path = f"{paths.GROUPS}/{segment(group)}/transitiveMembers?$select=id&$top=999"
        try:
            found += [each["id"] for each in await reader.objects(path, "reading who may sign in by SMS")]
        except NotFound:
            continue
        except PermissionMissing:
            return None
    return found


async def _signing_in(reader: Reader, signing: Signing, ids: Sequence[str]) -> Signing:
    """Who of some users signs in so. The first answer tells whether phones may be read at all."""
    found: list[str] = []
    for part in (ids[:1], ids[1:]):
        users = iter(part)
        async for answer in reader.one_by_one([phones(id) for id in part], "phones of users"):
            id = next(users)
            if isinstance(answer, PermissionMissing):
                return signing.of_users((), str(answer))
            if isinstance(answer, NotFound):
                continue  # deleted since the users were read
            if isinstance(answer, GraphError):
                raise answer
            if is_ready(answer.body["value"]):
                found.append(id)
    return signing.of_users(found)
