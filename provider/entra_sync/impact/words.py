"""The words for actions, reasons, doubts, remarks and limits: one table for previews, reports, comments and `why`.

Nothing reads these sentences back. Whatever has to be compared is a value of
:mod:`entra_sync.impact.planning.reasons`, :mod:`entra_sync.impact.facts.remarks` or
:mod:`entra_sync.impact.planning.limits`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from entra_sync.expressions import ASSUMED
from entra_sync.graph.synchronization.cross_cloud import Lack, Missing
from entra_sync.impact.facts.remarks import Event, Gap, Note, Remark, Unknown
from entra_sync.impact.planning.limits import Violation
from entra_sync.impact.planning.plan import ImpactPlan
from entra_sync.impact.planning.reasons import Doubt, Reason

__all__ = [
    "ACTIONS",
    "CAUSES",
    "VERBS",
    "crossing",
    "doubted",
    "exceeded",
    "explained",
    "kept_accounts",
    "pause_first",
    "reason",
    "refusal",
    "said",
]

JSON = Any

ACTIONS = {
    "delete": "removed",
    "disable": "blocked",
    "create": "created",
    "match": "taken over",
    "restore": "restored",
    "update": "updated",
    "conflict": "conflicts",
    "failed": "failing",
    "unchanged": "unchanged",
    "skipped": "skipped",
}
"""What is said of the users of an action."""

VERBS = {
    "create": "creates the account",
    "match": "takes over the account that exists",
    "restore": "restores the account",
    "update": "changes the account",
    "disable": "blocks sign-in of the account",
    "delete": "soft-deletes the account",
    "conflict": "fails",
    "failed": "fails",
    "skipped": "nothing to do",
    "unchanged": "nothing to do",
}
"""What the next cycle does with one user."""

CAUSES = {"mapping": "this change of the mapping", "source": "values that differ already"}
"""Why an attribute of an account changes."""

_REASONS = {
    Reason.EVERYONE: "all users are in scope",
    Reason.ASSIGNED: "assigned",
    Reason.MEMBER: "member of {}",
    Reason.DELETED_IN_SOURCE: "deleted in the source",
    Reason.NOT_ASSIGNED: "not assigned",
    Reason.NO_LONGER_EVERYONE: "no longer in scope: all users were",
    Reason.NO_LONGER_ASSIGNED: "no longer in scope: was assigned",
    Reason.NO_LONGER_MEMBER: "no longer in scope: was member of {}",
    Reason.FILTER: "{}",
    Reason.EXTERNAL: "an external user, not a member of the source",
    Reason.SMS_SIGN_IN: "signs in by SMS: the service skips such users until SMS sign-in is disabled for them",
    Reason.UNMANAGED: "the account stays, and nothing manages it any more",
    Reason.DELETES_NOT_MAPPED: "the account stays: the object mapping does not delete",
    Reason.STAYS_DISABLED: "disabled, and no longer assigned; the account stays, disabled",
    Reason.DISABLED: "disabled in the source: a user must be active before an account is created",
    Reason.INTERNAL_GUEST: "an internal guest: only internal members are provisioned",
    Reason.CREATES_NOT_MAPPED: "the object mapping does not create accounts",
    Reason.UPDATES_NOT_MAPPED: "the object mapping does not update accounts",
    Reason.DROPPED: "an expression leaves the user out",
    Reason.NO_INVITATIONS: (
        "the target allows no guest invitations; have its administrator set allowInvitesFrom to another value than none"
    ),
    Reason.NO_VALUE: "the mapping to {} has no value",
    Reason.ONE_VALUE_ONLY: "{} can only have one value",
    Reason.NOT_BOOLEAN: "{} can only be True or False",
    Reason.NOT_A_USER_TYPE: "userType can only be Member or Guest",
    Reason.VALUES_MISSING: "no value for {}, which an account needs",
    Reason.NOT_AN_ADDRESS: "mail is not a valid address",
    Reason.DOMAIN_NOT_VERIFIED: "the domain of mail is not verified in the source: {}",
    Reason.ON_PREMISES: "the account is mastered in an on-premises directory of the target and cannot be updated",
    Reason.SAME_IDENTITY: "an existing account has the user's identity: it is taken over",
    Reason.SAME_IDENTITY_BLOCKED: (
        "an existing account has the user's identity: it is taken over, and its sign-in is blocked"
    ),
    Reason.SIGN_IN_BLOCKED: "sign-in is blocked",
    Reason.DELETED_IN_TARGET: (
        "the account was deleted in the target, not by this job; synchronization does not restore it"
    ),
    Reason.DEPROVISIONED: "synchronization has deleted the account before and does not manage it any more",
    Reason.INVITED: "an invited account in the target has the user's mail: it is taken over",
    Reason.INVITED_AND_BLOCKED: (
        "an account in the target that was invited by the user's mail is disabled, so the invitation fails; "
        "enable it there"
    ),
    Reason.SHARED_MAIL: "another user has the same mail, and both share one account",
    Reason.MAIL_OF_GROUP: "mail belongs to a group in the target",
    Reason.MAIL_OF_MEMBER: "mail belongs to a member of the target",
    Reason.MAIL_TAKEN: "another account in the target has this mail",
    Reason.NAME_TAKEN: "another account in the target has this userPrincipalName",
    Reason.REMOVED_BY_SHARER: "another user who shares the account leaves the scope, which removes the account",
}

_DOUBTS = {
    Doubt.CONTESTED: (
        "several users share one account; after the job forgets its links, the account belongs to the user that the "
        "service gave it to last, which no API shows"
    ),
    Doubt.RESTORE: (
        "Microsoft's pages disagree on whether an account comes back: restore it in the target by hand if it does not"
    ),
    Doubt.RESTORE_REMOVER: (
        "only an account that synchronization itself deleted is restored, and who deleted it is not known; "
        "restore it in the target by hand if it does not come back"
    ),
    Doubt.RESTORED: (
        "the provisioning log could not be read; if synchronization deleted this account before and an administrator "
        "restored it, it is not managed and stays"
    ),
    Doubt.SHARED: (
        "several users share the account, synchronization deleted it for one of them, and an administrator restored "
        "it; no page says whether it is managed for the others since then"
    ),
    Doubt.UNNAMED: "the job has synchronized users that could not be named, and one of them may share the account",
    Doubt.INFERRED: "the link between user and account is inferred from the account's user principal name",
    Doubt.IDENTITY: (
        "the account has the user's mail; whether it also has the user's identity cannot be read. If not, the "
        "invitation may fail, or take over the account without a change of its name and user type"
    ),
    Doubt.STRANGERS: (
        "external accounts in the target have names that do not show which user they belong to; if one of them has "
        "this user's identity, it is taken over instead, or the user fails because two accounts have it"
    ),
    Doubt.CONVERTED: (
        "the user seems to be an external user who was converted to an internal one; no page says how the service "
        "recognizes such users"
    ),
    Doubt.INTERNAL_GUEST: "Microsoft's pages disagree on whether internal guests are provisioned",
    Doubt.BLOCK_READ: (
        "an expression reads IsSoftDeleted, which one page says is true for blocked users; other pages do not"
    ),
    Doubt.EXCHANGE: (
        "if the account has a mailbox, Exchange manages mail and showInAddressList: the service does not write "
        "showInAddressList, and an update of mail fails"
    ),
    Doubt.NARROWED: (
        "the user was in scope only because all users were; Microsoft's pages disagree on whether such users lose "
        "access now or only after a restart of the job"
    ),
    Doubt.THRESHOLD: (
        "removals meet the deletion threshold exactly; Microsoft's pages disagree on whether they are held back then"
    ),
    Doubt.FORCED: (
        "the last cycle failed as a whole; if the job was restarted with ForceDeletes before it, no page says whether "
        "the next cycle holds removals back"
    ),
    Doubt.ESCROWED: (
        "the job retries failed users at growing intervals; if this user failed before, the next cycle may not try"
    ),
    Doubt.INBOUND: (
        "the target does not allow inbound synchronization from the source now; until it does, nothing happens"
    ),
    Doubt.OUTBOUND_CONSENT: (
        "the source does not redeem invitations of the target automatically now (outbound); until it does, the cycle "
        "or this user fails: Microsoft's pages do not say which"
    ),
    Doubt.INBOUND_CONSENT: (
        "the target does not redeem invitations of the source's users automatically now (inbound); until it does, the "
        "cycle or this user fails: Microsoft's pages do not say which"
    ),
    Doubt.SMS: (
        "users of the source may sign in by SMS, and who does could not be read; if this user does, nothing happens"
    ),
    Doubt.WHOLE_PLAN: (
        "run `entra-sync impact` to see whether another user gets the same value, or whether the deletion threshold "
        "holds removals back"
    ),
    Doubt.OTHERS_UNCERTAIN: "another user has or wants the same value, and what happens to that user is uncertain",
    Doubt.MANAGER: "what happens to the manager is uncertain, and so is whether the manager is set",
    Doubt.OTHERS_TURNS: "the result depends on other users, and an incremental cycle may not look at them",
    Doubt.GONE_INCREMENTAL: (
        "the account is gone from the target; an incremental cycle looks at this user only after a change in the "
        "source, although Microsoft says that users who left come back"
    ),
    Doubt.INCREMENTAL: (
        "an incremental cycle looks at this user only after a change in the source; until then a change that was made "
        "in the target stays"
    ),
}


def _people(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


_REMARKS: dict[Event | Note | Gap | Unknown, str | Callable[..., str]] = {
    Event.DESTROYED: "the link is destroyed",
    Event.SET_UP_PAUSED: "the link is set up, paused",
    Event.FIRST_ENABLEMENT: "first enablement",
    Event.STARTED: "the job is started",
    Event.PAUSED: "the job is paused",
    Event.MAPPINGS: lambda *names: f"mappings change: {', '.join(names)}",
    Event.FILTER: "the filter changes",
    Event.EVERYONE: "all users come into scope",
    Event.ASSIGNED_ONLY: "only assigned users stay in scope",
    Event.COMES: "{} comes into scope",
    Event.LEAVES: "{} leaves the scope",
    Event.USERS_COME: lambda number: _people(
        number, "directly assigned user comes into scope", "directly assigned users come into scope"
    ),
    Event.USERS_LEAVE: lambda number: _people(
        number, "directly assigned user leaves the scope", "directly assigned users leave the scope"
    ),
    Event.RESTARTED: lambda *scopes: f"the job is restarted and forgets {', '.join(scopes)}",
    Note.DESTROYED: (
        "Accounts that were synchronized stay in the target, and nothing manages them any more; to remove them, empty "
        "the scope first and wait for a cycle."
    ),
    Note.LAST_CYCLE: "If a cycle runs when the job is paused, the service finishes it, so changes may still follow.",
    Note.PAUSED: (
        "The job is paused, so nothing happens until it is started. The plan shows what a cycle would do then."
    ),
    Note.LINKS_DROPPED: (
        "The restart drops the job's links between users and accounts. Accounts are matched again. Accounts of users "
        "who are out of scope by then stay, but are not managed any more."
    ),
    Note.FORMER_TARGET: lambda former, target, number: (
        f"The target changes from {former} to {target}. {_people(number, 'account stays', 'accounts stay')} in "
        f"{former}, and nothing manages them any more. To remove them, empty the scope first, wait for a cycle, and "
        "then change the target."
    ),
    Note.NOT_AS_DECLARED: lambda *names: (
        f"The link is not as the program declared it the last time ({', '.join(map(str, names))}): an administrator "
        "changed it, or the last run did not finish. The plan counts this as put back, but `up` may leave what an "
        "administrator changed. Run `pulumi refresh` first."
    ),
    Note.LEFT_AS_IT_IS: lambda *names: (
        f"The link is not as the program declared it the last time ({', '.join(map(str, names))}): an administrator "
        "changed it, or the last run did not finish. The plan counts this as left as it is now. Run `pulumi refresh` "
        "first."
    ),
    Note.QUARANTINE: (
        "The job is in quarantine ({}): its next cycle starts some hours later, at most a day. Deletions that the "
        "threshold holds back wait for a restart with ForceDeletes."
    ),
    Note.HELD_BACK: (
        "The job holds deletions back, and a restart does not discard them. Undo the cause first. Otherwise they are "
        "carried out as soon as a cycle has no more deletions than the threshold."
    ),
    Note.SCHEMA_ASSUMED: ASSUMED,
    Note.CROSS_CLOUD: lambda *missing: "{}; {}.".format(*crossing(Missing(*missing))),
    Note.INBOUND_UNREAD: "Whether the target allows inbound synchronization could not be read: {}",
    Note.INVITATIONS_UNREAD: "Whether the target allows guest invitations could not be read: {}",
    Note.OUTBOUND_CONSENT_UNREAD: "Whether the source redeems invitations automatically could not be read: {}",
    Note.INBOUND_CONSENT_UNREAD: "Whether the target redeems invitations automatically could not be read: {}",
    Note.SMS_POLICY_UNREAD: (
        "Whether users of the source may sign in by SMS, so that the service skips them, could not be read: {}"
    ),
    Note.SMS_UNREAD: (
        "Users of the source may sign in by SMS, and the service skips users who do. Who does could not be read: {}"
    ),
    Note.OUT_OF_SCOPE: lambda number: (
        f"{_people(number, 'synchronized user is', 'synchronized users are')} not in scope, and no account carries "
        f"{'that name' if number == 1 else 'those names'}: only the job's links say that there are accounts."
    ),
    Note.STRANGERS: (
        "{:,} accounts in the target use a source-domain name that no source user has. Microsoft Graph does not show "
        "whether the job has linked them."
    ),
    Note.UNPREDICTABLE: "The value of {} cannot be predicted: {}.",
    Note.CASE_ALONE: lambda target, number: (
        f"{_people(number, 'account keeps its', 'accounts keep their')} {target}, whose case alone would change. The "
        "service writes such a change only if caseExact of the target attribute is true in the schema."
    ),
    Note.READ_IN_FULL: "{} was read in full: {}.",
    Note.NOT_KEPT: "The data that was read could not be cached: {}.",
    Note.LINKS_BY_NAME: (
        "Microsoft Graph does not show the job's links in the {} cloud, so they are inferred from the names of "
        "accounts. These are {:,}, as many as the job reports."
    ),
    Note.LINKS_READ_IN_FULL: "The job's links were read in full, because the cached ones are damaged.",
    Note.LINKS_NOT_KEPT: "The job's links could not be cached: {}.",
    Note.EARLIER: "{}",
    Gap.DELETED_USERS: "deleted users could not be read: {}",
    Gap.LINKS: "the job's links could not be read, so they are inferred from the names of accounts: {}",
    Gap.LINKS_BY_NAME: (
        "Microsoft Graph does not show the job's links in the {} cloud, and {:,} accounts have the name of a source "
        "user, while the job reports {} synchronized users. Find the difference in the job's provisioning logs, such "
        "as guests that an administrator invited and users with another name, and allow this change only"
    ),
    Gap.UNNAMED: (
        "the job reports {:,} synchronized users, and only {:,} of them can be named; the others may lose their "
        "accounts without being listed here"
    ),
    Gap.SETTINGS: lambda *names: (
        f"the job's {' and '.join(map(str, names))} could not be read, so the plan assumes that the job has what the "
        "program declares"
    ),
    Gap.EARLIER: "{}",
    Unknown.PRINCIPALS: lambda number: (
        f"{_people(number, 'user or group in scope does', 'of the users and groups in scope do')} not exist yet"
    ),
    Unknown.EARLIER: "{}",
}
"""Events, notes, gaps and what is unknown: a sentence, or a function of the remark's values."""

_SELECT = (
    "select cross-cloud synchronization for the source's cloud in {tenant} (External Identities, cross-tenant access "
    "settings, Microsoft cloud settings)"
)
_LACKS = {
    Lack.NOT_SET_UP: (
        "{tenant} has no cross-cloud synchronization: the service principal of application {subject} is missing",
        _SELECT,
    ),
    Lack.NOT_SET_UP_GUESS: (
        "{tenant} has no cross-cloud synchronization: a service principal {subject}… is missing; that this direction "
        "has one of this name is a guess",
        _SELECT,
    ),
    Lack.DISABLED: ("the service principal {subject} in {tenant} is disabled", "enable it"),
    Lack.PERMISSIONS: (
        "the service principal {subject} in {tenant} lacks {permissions} on Microsoft Graph",
        f"{_SELECT} again",
    ),
    Lack.NOT_READABLE: (
        "whether {tenant} allows cross-cloud synchronization is not known",
        "to read it, grant Application.Read.All there",
    ),
}


def crossing(missing: Missing) -> tuple[str, str]:
    """What a target lacks for synchronization from another cloud, and what to do about it."""
    found, fix = (text.format(**missing._asdict()) for text in _LACKS[Lack(missing.lack)])
    return found, fix


def said(remark: Remark) -> str:
    """An event, a note, a gap or what is unknown, in words."""
    words = _REMARKS[remark.code]
    return words.format(*remark.values) if isinstance(words, str) else words(*remark.values)


def reason(code: str | None, subject: str | None = None, kept: str | None = None) -> str:
    """A reason in words; empty without one. *kept*: why the account outlives the scope."""
    first = _REASONS[Reason(code)].format(subject) if code else ""
    return "; ".join(filter(None, (first, _REASONS[Reason(kept)] if kept else "")))


def explained(row: Mapping[str, JSON]) -> str:
    """The reason of a row of a plan, in words."""
    return reason(row["reason"], row["subject"], row["kept"])


def doubted(code: str | None) -> str | None:
    """Why a user's turn may end differently, in words; None if it is certain."""
    return _DOUBTS[Doubt(code)] if code else None


def kept_accounts(plan: ImpactPlan) -> list[str]:
    """Users who leave the scope and keep their accounts: a sentence for each reason."""
    return [
        f"{row['people']:,} {'user leaves' if row['people'] == 1 else 'users leave'} the scope and "
        f"{'keeps the account' if row['people'] == 1 else 'keep their accounts'}: {explained(row)}."
        for row in plan.kept.iter_rows(named=True)
    ]


def exceeded(violation: Violation, target: str) -> str:
    """An exceeded limit in words: how many, of how many, and what the limit is."""
    found = violation
    of = f"{found.count:,} of {found.existing:,}"
    share = f" ({100 * found.count / found.existing:.1f} %)" if found.existing else ""
    match found.kind:
        case "removed":
            text = f"{of} users would be removed from {target}{share}"
        case "created":
            text = f"{found.count:,} accounts would be created in {target}, which has {found.existing:,} now"
        case "changed":
            text = f"{of} accounts in {target} would change{share}"
        case "matched":
            text = f"{found.count:,} accounts that exist in {target} would be taken over"
        case "partial":
            gap = said(found.gap) if found.gap is not None else "something could not be read"
            return f"the plan is incomplete: {gap}"
    noun = "users" if found.kind == "removed" else "accounts"
    limits = [] if found.limit is None else [f"{found.limit:,} {noun}"]
    limits += [] if found.percent is None else [f"{found.percent:g} %"]
    return f"{text}; the {'limit is' if len(limits) == 1 else 'limits are'} {' and '.join(limits)}"


def pause_first(violations: Sequence[Violation], target: str) -> str:
    """Why a change is refused together with a pause of its link, and how to go on."""
    return (
        f"`up` pauses the job after the other changes, and a cycle may start before that. Then "
        f"{_exceeded(violations, target)}. Set enabled=False in an `up` of its own first. {_allowing(violations)}"
    )


def refusal(violations: Sequence[Violation], target: str) -> str:
    """Why a plan is refused, and how to go on."""
    return (
        f"{_exceeded(violations, target)}. See who is affected with `entra-sync impact --people`. "
        f"{_allowing(violations)}"
    )


def _exceeded(violations: Sequence[Violation], target: str) -> str:
    return "; ".join(exceeded(violation, target) for violation in violations)


def _allowing(violations: Sequence[Violation]) -> str:
    kinds = ", ".join(f'"{violation.kind}"' for violation in violations)
    return f"To go ahead, raise `limits` or set allow=[{kinds}]."
