"""The answer for people: five lines as a rule, more where there is more to say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from entra_sync.errors.visible import visible_values
from entra_sync.impact.why.contract import (
    AccountAnswer,
    Answer,
    Assignment,
    JobAnswer,
    LogEntry,
    NoAnswer,
    NoJob,
    ScopeAnswer,
    Turn,
    UnknownTurn,
    Unreadable,
)
from entra_sync.impact.words import VERBS

__all__ = ["terminal"]

_STYLES = {"no": "bold red", "yes": "bold green", "unknown": "bold yellow"}


def terminal(answer: Answer | NoAnswer, console: Console) -> None:
    """Prints an answer of :func:`entra_sync.impact.why.why`, or that a link has no such person."""
    shown = visible_values(answer)
    if not shown["found"]:
        console.print(Text(f"{shown['source']} → {shown['target']}: {shown['problem']}", "yellow"))
        return
    person = shown["person"]
    console.print(Text(f"{person['userPrincipalName']} ({shown['source']}) → {shown['target']}", "bold"))
    for label, word, text in _lines(shown):
        line = Text(f"  {label:<12}  ")
        line.append(f"{word:<4}  " if word else "", _STYLES.get(word, ""))
        line.append(text)
        console.print(line)


def _lines(answer: Answer) -> Iterator[tuple[str, str, str]]:
    person = answer["person"]
    if person["deleted"]:
        yield "deleted", "", f"in {answer['source']} since {_time(person['deleted'])}"
    yield from _scope(answer["scope"])
    yield from _filter(answer)
    yield "so", "", _so(answer)
    yield from _job(answer["job"])
    yield from _next("nextCycle", answer["nextCycle"], explained=not _in_scope(answer))
    if answer["afterUp"] is not None:
        yield from _next("afterUp", answer["afterUp"], explained=False)
    yield from _log(answer["log"])


def _scope(scope: ScopeAnswer | Unreadable) -> Iterator[tuple[str, str, str]]:
    if "unknown" in scope:
        yield "in scope", "", f"unknown: {scope['unknown']}"
        return
    reasons = [_by(item) for item in scope["by"]]
    yield "in scope", _yes(scope["inScope"]), "; ".join(reasons) or "not assigned"
    ignored = scope["ignored"]
    if not isinstance(ignored, list):
        yield "", "", f"unknown whether a nested group leads to an assignment: {ignored['unknown']}"
        return
    for item in ignored:
        yield "", "", f"a member only of a nested group, {_named(item)}: the service ignores nested membership"


def _by(item: Assignment) -> str:
    since = f" (assigned {item['since'][:10]})" if item["since"] else ""
    if item["kind"] == "everyone":
        return "all users are in scope"
    return f"assigned{since}" if item["kind"] == "user" else f"member of {_named(item)}{since}"


def _named(item: Assignment) -> str:
    return str(item["name"] or item["id"])


def _filter(answer: Answer) -> Iterator[tuple[str, str, str]]:
    rules = answer["filter"]
    if "unknown" in rules:
        yield "filter", "", f"unknown: {rules['unknown']}"
        return
    if rules["passes"]:
        yield "filter", "yes", "passes" if rules["groups"] else "no filter is set"
        return
    for place, failure in enumerate(rules["failing"]):
        text = failure["text"]
        if failure["set"] != "filter":
            text += " (a filter of the service itself)"
        if failure["attribute"] == "alternativeSecurityIds":
            text = f"an external user, not a member of {answer['source']} (a filter of the service itself)"
        yield "" if place else "filter", "" if place else "no", text


def _so(answer: Answer) -> str:
    account, target = answer["account"], answer["target"]
    if "unknown" in account:
        return f"the account in {target} is unknown: {account['unknown']}"
    there = f"the account in {target}"
    match account["state"]:
        case "active":
            text = f"synchronized; {there} is active"
        case "disabled":
            text = f"synchronized; {there} is disabled"
        case "deleted":
            until = account["restorableUntil"][:10]
            text = f"not synchronized; {there} was soft-deleted {_removal(account)}, and can be restored until {until}"
        case "gone":
            text = f"not synchronized; {there} was permanently deleted"
        case "unmanaged":
            text = f"not synchronized; the user has an account in {target}, but the job does not manage it"
        case "pending":
            text = f"not synchronized; an invitation into {target} that another administrator sent is not redeemed yet"
        case _:
            text = f"not synchronized; {_never(account, target)}"
    if account["userPrincipalName"]:
        text += f" [{account['userPrincipalName']}]"
    holder = account["heldBy"]
    if holder:
        whose = "a group" if holder["kind"] == "group" else f"{holder['userPrincipalName']} ({holder['kind']})"
        text += f"; {holder['value']} belongs to {whose} there"
    return text


def _never(account: AccountAnswer, target: str) -> str:
    if account["everCreated"] is None:
        return f"no account in {target} (provisioning log not readable, so earlier accounts are unknown)"
    if account["everCreated"]:
        return f"the account in {target} was created once and was permanently deleted"
    return f"never created in {target}, as far back as the provisioning log goes"


def _removal(account: AccountAnswer) -> str:
    by = account["deletedBy"]
    if "unknown" in by:
        return f"on {_time(account['deleted'])} (the deleting actor is unknown: {by['unknown']})"
    if by["cycle"]:
        return f"in cycle {by['cycle']}, {_time(by['time'])}"
    return f"on {_time(account['deleted'])} not by this job"


def _job(job: JobAnswer | NoJob | Unreadable) -> Iterator[tuple[str, str, str]]:
    if "unknown" in job:
        yield "job", "", f"unknown: {job['unknown']}"
    elif job["state"] == "none":
        yield "job", "", "none yet"
    elif job["quarantine"]:
        text = f"in quarantine since {_time(job['quarantinedSince'])}: {job['quarantine']}"
        if job["quarantine"] == "TooManyDeletes":
            text += (
                f"; more than {job['deletionThreshold']} users leave; deletions wait for a restart with ForceDeletes"
            )
        yield "job", "", text + (f"; next attempt {_time(job['nextAttempt'])}" if job["nextAttempt"] else "")
    elif job["state"] == "paused":
        yield "job", "", "paused: nothing happens until it is started"


def _in_scope(answer: Answer) -> bool:
    """Whether scope and filter both let the user in."""
    scope, rules = answer["scope"], answer["filter"]
    return "unknown" not in scope and scope["inScope"] and "unknown" not in rules and rules["passes"]


def _next(step: str, row: Turn | UnknownTurn, *, explained: bool) -> Iterator[tuple[str, str, str]]:
    """The next turn of the user; *explained*: the lines above say already why the user is skipped."""
    label = "next cycle" if step == "nextCycle" else "after up"
    if "unknown" in row:
        yield label, "", f"unknown: {row['unknown']}"
        return
    text = VERBS[row["action"]]
    details = (row["reason"], row["detail"] if row["action"] in {"conflict", "failed", "skipped"} else None)
    if any(details) and not (row["action"] == "skipped" and explained):
        text += f": {' '.join(filter(None, details))}"
    if row["cycle"] == "none":
        text = f"{text} once the job is started"
    if step == "afterUp":
        text += f" ({'; '.join(row['events'])})"
    yield label, "", text
    for change in row["attributes"]:
        yield "", "", f"{change['attribute']}: {_shown(change['old'])} → {_shown(change['new'])}"
    if row["heldBackBeyond"] is not None:
        yield "", "", f"held back if more than {row['heldBackBeyond']} users leave or are disabled in that cycle"
    if row["sharesAccountWith"]:
        yield "", "", f"shares the account of {row['sharesAccountWith']}"
    if row["uncertain"]:
        yield "", "", f"not certain: {row['uncertain']}"


def _log(log: list[LogEntry] | Unreadable) -> Iterator[tuple[str, str, str]]:
    if not isinstance(log, list):
        yield "log", "", f"unknown: {log['unknown']}"
        return
    for place, entry in enumerate(log):
        text = f"{_time(entry['time'])}  cycle {entry['cycle']}  {entry['action']} {entry['status']}"
        reason = ": ".join(filter(None, (entry["code"], entry["reason"])))
        yield "" if place else "log", "", f"{text}  {reason}".rstrip()
    if log and log[0]["status"] == "failure":
        yield "", "", "the last attempt failed: the service tries again in later cycles, at growing intervals (escrow)"


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


def _shown(value: str | None) -> str:
    return "nothing" if value is None else repr(value)


def _time(text: str | None) -> str:
    if not text:
        return "an unknown time"
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return moment.strftime("%Y-%m-%d %H:%M UTC")
