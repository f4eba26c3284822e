"""What Microsoft's pages say happens to one user, cycle by cycle: the plan says it before, and the cycle does it.

All stories are told at the same time, each of a user of its own, in two tenants with one link: a story goes on after
each ``yield`` of what the next cycle does to its user. The link has a filter (country is not ZZ) and maps ``city`` at
creation only.

Pages: OV overview, CFG configure, HOW how provisioning works, KI known issues, LOG provisioning logs, CAA customize
attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import pytest

from entra_sync.expressions import AttributeMapping, Mappings, any_of, clause
from tests.impact.world import World

JSON = Any
Story = Callable[["User"], Generator[str, None, None]]
"""Yields what the next cycle does; ``<plan>? <cycle>`` if the plan says otherwise, and is uncertain."""

STORIES: list[Story] = []
NOTHING = "nothing"
MAPPINGS = Mappings((AttributeMapping(target="city", source="[city]", default="Remote", apply="onCreate"),))
FILTER = any_of(clause("country").not_equals("ZZ"), clause("country").is_null())


def story(told: Story) -> Story:
    """Registers a story."""
    STORIES.append(told)
    return told


@dataclass
class User:
    """A user of the source, who is there before the first cycle, and what is told of the account."""

    world: World
    name: str
    number: int
    assigned: set[str]
    id: str = ""
    expected: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    happened: list[str] = field(default_factory=list)
    problem: Exception | None = None

    def __post_init__(self) -> None:
        self.source = self.world.emulator.service.directory(self.world.emulator.tenants["contoso"].tenant_id)
        self.target = self.world.emulator.service.directory(self.world.emulator.tenants["federal"].tenant_id)
        self.mail = f"{self.name}@contoso.com"
        self.id = self.source.create(
            "user",
            {
                "userPrincipalName": self.mail,
                "displayName": self.name,
                "mailNickname": self.name,
                "mail": self.mail,
                "userType": "Member",
                "accountEnabled": True,
                "_netId": f"{self.number:016X}",
            },
        ).id

    def edit(self, **changes: JSON) -> None:
        """The user is changed in the source."""
        self.source.update("user", self.id, changes)

    def assign(self, *principals: str) -> None:
        """The user, or groups, are assigned."""
        self.assigned.update(principals or [self.id])

    def unassign(self, *principals: str) -> None:
        """The user, or groups, are no longer assigned."""
        self.assigned.difference_update(principals or [self.id])

    def group(self) -> str:
        """An assigned group that the user is in."""
        doc = {"displayName": f"Group of {self.name}", "groupTypes": [], "mailEnabled": False, "securityEnabled": True}
        made = self.source.create("group", doc).id
        self.join(made)
        self.assign(made)
        return made

    def join(self, group: str) -> None:
        """The user comes into a group."""
        root = self.world.emulator.tenants["contoso"].graph_url
        body = {"@odata.id": f"{root}/v1.0/directoryObjects/{self.id}"}
        self.world.send("contoso", "POST", f"/v1.0/groups/{group}/members/$ref", body)

    def leave(self, group: str) -> None:
        """The user leaves a group."""
        self.world.send("contoso", "DELETE", f"/v1.0/groups/{group}/members/{self.id}/$ref")

    def guest(self, *, redeemed: bool = True, **doc: JSON) -> str:
        """An account in the target that an administrator invited."""
        domain = self.world.emulator.tenants["federal"].domain
        made = {
            "userPrincipalName": f"{self.mail.replace('@', '_')}#EXT#@{domain}",
            "displayName": "By hand",
            "userType": "Guest",
            "mail": self.mail,
            "proxyAddresses": [f"SMTP:{self.mail}"],
            "accountEnabled": True,
            "creationType": "Invitation",
            "externalUserState": "Accepted" if redeemed else "PendingAcceptance",
            **({"_alternativeSecurityIds": f"5::{self._doc['_netId']}"} if redeemed else {}),
            **doc,
        }
        return self.target.create("user", made).id

    def neighbor(self, **doc: JSON) -> None:
        """A member of the target."""
        domain = self.world.emulator.tenants["federal"].domain
        base = {"userPrincipalName": f"{self.name}.n@{domain}", "displayName": "N", "accountEnabled": True}
        self.target.create("user", {**base, "userType": "Member", **doc})

    @property
    def _doc(self) -> JSON:
        return self.source.store.kind_of(self.source.tid, self.id, ("user",)).doc  # type: ignore[union-attr]

    @property
    def account_id(self) -> str:
        """The account that the job has linked the user to."""
        return self.world.links()[self.id]

    @property
    def account(self) -> JSON:
        """That account."""
        return self.world.accounts()[self.account_id]

    def edit_account(self, **changes: JSON) -> None:
        """An administrator of the target changes the account."""
        self.target.update("user", self.account_id, changes)


# Scope


@story
def assigned_user_is_created_as_an_external_member(ada: User) -> Generator[str]:
    """CFG, OV: external member by default."""
    ada.assign()
    yield "create"
    assert ("Member", True) == (ada.account["userType"], "#EXT#" in ada.account["userPrincipalName"])
    yield NOTHING


@story
def user_without_assignment_is_left_alone(ada: User) -> Generator[str]:
    """OV."""
    yield NOTHING
    ada.edit(jobTitle="Countess")
    yield NOTHING


@story
def user_stays_in_one_of_two_groups(ada: User) -> Generator[str]:
    """HOW: in scope while a member of an assigned group."""
    first, second = ada.group(), ada.group()
    yield "create"
    ada.leave(first)
    yield NOTHING
    ada.unassign(second)
    yield "delete"


@story
def member_of_a_deleted_group_is_deleted(ada: User) -> Generator[str]:
    """OV: not a member of an assigned group any more."""
    group = ada.group()
    yield "create"
    ada.world.send("contoso", "DELETE", f"/v1.0/groups/{group}")
    ada.unassign(group)
    yield "delete"


@story
def nested_membership_does_not_count(ada: User) -> Generator[str]:
    """HOW: only direct members of assigned groups."""
    outer = ada.group()
    ada.leave(outer)
    inner = ada.group()
    ada.unassign(inner)
    ada.source.store.connect(ada.source.tid, "member", outer, inner)
    yield NOTHING


@story
def attribute_moves_the_user_out_and_back(ada: User) -> Generator[str]:
    """OV: no longer meets the filter; restored within 30 days."""
    ada.assign()
    yield "create"
    ada.edit(country="ZZ")
    yield "delete"
    ada.edit(country="US")
    yield "restore"


@story
def unassigned_user_comes_back_to_the_same_account(ada: User) -> Generator[str]:
    """OV: restoring."""
    ada.assign()
    yield "create"
    first = ada.account_id
    ada.unassign()
    yield "delete"
    ada.assign()
    yield "restore"
    assert first == ada.account_id


# Who may be synchronized


@story
def disabled_user_is_created_once_enabled(ada: User) -> Generator[str]:
    """HOW, known limitations: users must be active first."""
    ada.edit(accountEnabled=False)
    ada.assign()
    yield NOTHING
    ada.edit(accountEnabled=True)
    yield "create"


@story
def disabled_user_with_an_account_by_hand_is_left_alone(ada: User) -> Generator[str]:
    """HOW: as above; the account is not the job's."""
    ada.edit(accountEnabled=False)
    ada.guest()
    ada.assign()
    yield NOTHING


@story
def internal_guest_is_not_created(ada: User) -> Generator[str]:
    """OV, KI; the page on topologies says otherwise, so the plan marks it."""
    ada.edit(userType="Guest")
    ada.assign()
    yield NOTHING


@story
def external_member_of_the_source_is_left_alone(ada: User) -> Generator[str]:
    """OV: only internal users are synchronized."""
    ada.edit(externalUserState="Accepted", creationType="Invitation", _alternativeSecurityIds="5::AA")
    ada.assign()
    yield NOTHING


# Blocked, deleted


@story
def blocked_user_who_leaves_later_keeps_the_blocked_account(ada: User) -> Generator[str]:
    """OV: the exception to soft deletion, in five steps."""
    group = ada.group()
    yield "create"
    ada.edit(accountEnabled=False)
    yield "disable"
    ada.leave(group)
    yield NOTHING
    assert (None, False) == (ada.account["_deleted"], ada.account["accountEnabled"])
    ada.join(group)
    ada.edit(accountEnabled=True)
    yield "update"


@story
def user_blocked_and_unassigned_at_once_is_deleted(ada: User) -> Generator[str]:
    """OV: the block has not reached the target, so the exception does not apply."""
    group = ada.group()
    yield "create"
    ada.edit(accountEnabled=False)
    ada.leave(group)
    yield "delete"


@story
def blocked_user_who_fails_the_filter_is_deleted(ada: User) -> Generator[str]:
    """OV: does not meet the filter any more. The exception is about assignments."""
    ada.assign()
    yield "create"
    ada.edit(accountEnabled=False)
    yield "disable"
    ada.edit(country="ZZ")
    yield "delete"


@story
def deleted_user_is_deleted_and_comes_back(ada: User) -> Generator[str]:
    """OV: soft deleted; restored with the user."""
    ada.group()
    yield "create"
    ada.source.soft_delete("user", ada.id)
    yield "delete"
    ada.source.restore("user", ada.id)
    yield "restore"


@story
def purged_user_is_deleted(ada: User) -> Generator[str]:
    """HOW: a user who is hard-deleted in the source is deleted in the target."""
    ada.group()
    yield "create"
    ada.source.soft_delete("user", ada.id)
    ada.source.purge("user", ada.id)
    yield "delete"


# Accounts that an administrator of the target touches


@story
def account_deleted_in_the_target_is_not_restored(ada: User) -> Generator[str]:
    """CFG: not restored during the next cycle."""
    ada.assign()
    yield "create"
    ada.target.soft_delete("user", ada.account_id)
    ada.edit(jobTitle="Countess")
    yield "failed"


@story
def account_that_sync_deleted_and_an_administrator_restored_is_left_alone(ada: User) -> Generator[str]:
    """HOW, OV: after its deletion the service does not manage the account."""
    ada.assign()
    yield "create"
    ada.unassign()
    yield "delete"
    ada.target.restore("user", ada.account_id)
    yield NOTHING
    ada.source.soft_delete("user", ada.id)
    yield NOTHING


@story
def account_that_sync_deleted_and_an_administrator_purged_is_created_again(ada: User) -> Generator[str]:
    """OV: only a soft-deleted account can be restored."""
    ada.assign()
    yield "create"
    ada.unassign()
    yield "delete"
    ada.target.purge("user", ada.account_id)
    ada.assign()
    yield "create"


@story
def blocked_account_is_unblocked_with_the_next_change_at_home(ada: User) -> Generator[str]:
    """OV: a block in the target stays until the source changes."""
    ada.assign()
    yield "create"
    ada.edit_account(accountEnabled=False)
    yield f"update? {NOTHING}"
    ada.edit(jobTitle="Countess")
    yield "update"
    assert ada.account["accountEnabled"] is True


# Values


@story
def changed_value_is_written_and_an_empty_one_is_not(ada: User) -> Generator[str]:
    """KI: null values are skipped; nothing clears an attribute of the account."""
    ada.edit(department="Research", jobTitle="Countess")
    ada.assign()
    yield "create"
    ada.edit(department=None)
    yield NOTHING
    ada.edit(jobTitle="Programmer")
    yield "update"
    assert ("Research", "Programmer") == (ada.account["department"], ada.account["jobTitle"])


@story
def changed_mail_is_written(ada: User) -> Generator[str]:
    """OV."""
    ada.assign()
    yield "create"
    ada.edit(mail="countess@contoso.com")
    yield "update"
    assert "countess@contoso.com" == ada.account["mail"]


@story
def renamed_user_keeps_the_account(ada: User) -> Generator[str]:
    """OV: the link does not depend on names."""
    ada.assign()
    yield "create"
    first = ada.account_id
    ada.edit(userPrincipalName="ada.king@contoso.com")
    yield "update"
    assert first == ada.account_id


@story
def value_only_for_creation_stays(ada: User) -> Generator[str]:
    """CAA: only on creation."""
    ada.edit(city="London")
    ada.assign()
    yield "create"
    ada.edit(city="Paris")
    yield NOTHING
    assert "London" == ada.account["city"]


@story
def default_is_written_for_a_new_account_only(ada: User) -> Generator[str]:
    """CAA: not when an existing user is updated."""
    ada.guest()
    ada.assign()
    yield "match"
    assert ada.account.get("city") is None


@story
def default_is_written_at_creation(ada: User) -> Generator[str]:
    """CAA."""
    ada.assign()
    yield "create"
    assert "Remote" == ada.account["city"]


# Accounts that exist, and values of another user


@story
def account_by_hand_is_taken_over_and_then_deleted_with_the_leaver(ada: User) -> Generator[str]:
    """OV: existing B2B users are matched, and managed from then on."""
    guest = ada.guest()
    ada.assign()
    yield "match"
    assert guest == ada.account_id
    ada.unassign()
    yield "delete"


@story
def converted_internal_user_is_taken_over(ada: User) -> Generator[str]:
    """An invited internal user keeps the name; OV: matched by identity."""
    guest = ada.guest(
        userPrincipalName=f"{ada.name}.local@{ada.world.emulator.tenants['federal'].domain}", creationType=None
    )
    ada.assign()
    yield "match"
    assert guest == ada.account_id


@story
def pending_invitation_is_taken_over_and_keeps_its_name(ada: User) -> Generator[str]:
    """CFG: automatically redeemed, and the name is not updated until a restart."""
    guest = ada.guest(redeemed=False, userPrincipalName=f"x_contoso.com#EXT#@{ada.name}.onmicrosoft.com")
    ada.assign()
    yield "match"
    assert (guest, "Accepted") == (ada.account_id, ada.account["externalUserState"])


@story
def disabled_account_with_a_pending_invitation_fails_until_it_is_enabled(ada: User) -> Generator[str]:
    """LOG: InvitationCreationFailureUserAccountDisabled."""
    guest = ada.guest(redeemed=False, accountEnabled=False)
    ada.assign()
    yield "failed"
    ada.target.update("user", guest, {"accountEnabled": True})
    yield "match"


@story
def mail_of_a_member_of_the_target_fails(ada: User) -> Generator[str]:
    """LOG: InvitationCreationFailureInvalidPropertyValue, EntryConflict."""
    ada.neighbor(mail=ada.mail, proxyAddresses=[f"SMTP:{ada.mail}"])
    ada.assign()
    yield "failed"


@story
def mail_of_a_group_of_the_target_fails(ada: User) -> Generator[str]:
    """LOG: InvitationCreationFailureInvalidPropertyValue."""
    team = {"displayName": "Team", "groupTypes": ["Unified"], "mailEnabled": True, "mail": ada.mail}
    ada.target.create("group", {**team, "proxyAddresses": [f"SMTP:{ada.mail}"]})
    ada.assign()
    yield "failed"


@story
def new_mail_that_is_a_members_fails(ada: User) -> Generator[str]:
    """LOG: EntryConflict."""
    ada.assign()
    yield "create"
    ada.neighbor(mail="taken@contoso.com", proxyAddresses=["SMTP:taken@contoso.com"])
    ada.edit(mail="taken@contoso.com")
    yield "failed"


@story
def mail_of_an_unverified_domain_fails(ada: User) -> Generator[str]:
    """KI: not created successfully."""
    ada.edit(mail="ada@gmail.com")
    ada.assign()
    yield "failed"


@story
def mail_that_is_no_address_fails(ada: User) -> Generator[str]:
    """LOG: the primary SMTP address is an invalid value."""
    ada.edit(mail="not an address")
    ada.assign()
    yield "failed"


@story
def account_mastered_on_premises_fails(ada: User) -> Generator[str]:
    """LOG: CannotUpdateObjectsMasteredOnPremises."""
    ada.guest(onPremisesSyncEnabled=True)
    ada.assign()
    yield "failed"


class Telling:
    """All stories at the same time, with one cycle after each of their steps."""

    def __init__(self) -> None:
        self.world = World.build()
        self.assigned: set[str] = set()
        self.users = {told.__name__: self._user(told) for told in STORIES}
        running = {told.__name__: told(self.users[told.__name__]) for told in STORIES}
        while running:
            running = {name: told for name, told in running.items() if self._goes_on(name, told)}
            if running:
                self._cycle()

    def _user(self, told: Story) -> User:
        number = STORIES.index(told)
        return User(self.world, f"user{number}", number, self.assigned)

    def _goes_on(self, name: str, told: Generator[str]) -> bool:
        try:
            self.users[name].expected.append(next(told))
        except StopIteration:
            return False
        except Exception as problem:  # a story that fails must not take the others with it
            self.users[name].problem = problem
            return False
        return True

    def _cycle(self) -> None:
        groups = {id for id in self.assigned if self.users_by_id.get(id) is None}
        directory = next(iter(self.users.values())).source
        present = {id for id in self.assigned if directory.find(id) is not None}
        declared = {"groups": frozenset(groups & present), "users": frozenset(present - groups)}
        planned = self.world.plan(self.world.then(**declared, mappings=MAPPINGS, filters=FILTER, enabled=True))
        self.world.assign(present)
        self.world.schema(MAPPINGS, FILTER)
        if self.world.send("contoso", "GET", self.world.job_path)["schedule"]["state"] != "Active":
            self.world.start()
        before = self.world.accounts()
        links = self.world.links()
        log = {entry["sourceIdentity"]["id"]: entry for entry in self.world.cycle()}
        rows = {row["person"]: row for row in planned.people.iter_rows(named=True)}
        after = self.world.accounts()
        for user in self.users.values():
            user.planned.append(_said(rows.get(user.id)))
            user.happened.append(_done(log.get(user.id), links.get(user.id), before, after))

    @property
    def users_by_id(self) -> dict[str, User]:
        """The users by their ids."""
        return {user.id: user for user in self.users.values()}


def _said(row: JSON) -> str:
    """What the plan says of a user."""
    if row is None or row["action"] in ("unchanged", "skipped"):
        return NOTHING
    action = "failed" if row["action"] == "conflict" else row["action"]
    return f"{action}?" if row["uncertain"] else str(action)


def _done(entry: JSON, linked: str | None, before: JSON, after: JSON) -> str:
    """What the cycle did to a user, by its log and the account."""
    if entry is None or entry["provisioningStatusInfo"]["status"] == "skipped":
        return NOTHING
    if entry["provisioningStatusInfo"]["status"] == "failure":
        return "failed"
    action: str = entry["provisioningAction"]
    id = entry["targetIdentity"]["id"]
    old, new = before.get(id), after[id]
    if action in ("create", "update") and old is not None and id != linked:
        return "match"
    if action == "update" and old["_deleted"] and not new["_deleted"]:
        return "restore"
    if action in ("update", "disable") and old["accountEnabled"] and not new["accountEnabled"]:
        return "disable"
    return action


@pytest.fixture(scope="module")
def telling() -> Telling:
    """All stories, told."""
    return Telling()


@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.__name__)
def test_story(telling: Telling, told: Story) -> None:
    """A plan that is right may be uncertain: accounts of some users are a reason to doubt the turns of others."""
    user = telling.users[told.__name__]
    steps = list(zip(user.expected, user.planned, strict=False))
    if user.problem is not None:
        raise user.problem

    assert [step.split()[-1] for step in user.expected] == user.happened[: len(steps)]
    assert [step.split()[0] for step, _ in steps] == [
        plan if step.split()[0].endswith("?") else plan.rstrip("?") for step, plan in steps
    ]
