"""What was planned, held against what the cycle did."""

from __future__ import annotations

from collections import Counter
from typing import Any

from entra_sync.impact.facts.remarks import Gap
from entra_sync.impact.planning.plan import ImpactPlan
from entra_sync.impact.planning.reasons import Doubt
from tests.impact.world import World

JSON = Any
REACHED: Counter[str] = Counter()
"""Plans of this process that have linked users, planned actions, certain rows, and events that happened."""
WRITING = {"create", "update", "disable", "restore"}
UNDECIDED = {Doubt.OTHERS_TURNS, Doubt.OTHERS_UNCERTAIN, Doubt.CONTESTED}
"""Doubts that leave open what happens, and not only whether it happens now."""
TAKEN_OVER = {Doubt.STRANGERS, Doubt.IDENTITY}
"""Doubts about whether a user gets a new account or one that exists: the values that are written depend on it."""


def done(entry: JSON) -> str:
    """What the log says happened."""
    status, action = entry["provisioningStatusInfo"]["status"], entry["provisioningAction"]
    if status == "failure":
        return "failed"
    if status == "skipped":
        return "nothing"
    if action == "update" and any(item["displayName"] == "IsSoftDeleted" for item in entry["modifiedProperties"]):
        return "restore"
    return str(action)


def meant(row: JSON, changes: dict[str, Any]) -> str:
    """What the log will say of a person of the plan."""
    action = row["action"]
    if row["held"] or action in {"unchanged", "skipped"}:
        return "nothing"
    if action == "conflict":
        return "create" if row["shares"] else "failed"
    if action == "match":
        return "create" if row["redeemed"] else "update" if changes else "nothing"
    return str(action)


def written(entry: JSON) -> dict[str, tuple[str | None, str]]:
    """Attribute → (old, new) of a log entry, without what stands for the person and not for a value."""
    return {
        item["displayName"]: (item["oldValue"], item["newValue"])
        for item in entry["modifiedProperties"]
        if item["displayName"] not in {"alternativeSecurityIds", "IsSoftDeleted"}
    }


def planned(plan: ImpactPlan, links: dict[str, str]) -> dict[str, dict[str, tuple[str | None, str | None]]]:
    """The same of the plan, by person.

    A manager is a person in the plan and an account in the log, which does not say who was the manager before.
    """
    found: dict[str, dict[str, tuple[str | None, str | None]]] = {}
    for row in plan.attribute_changes().iter_rows(named=True):
        values = (row["old"], row["new"])
        if row["attribute"] == "manager":
            values = (None, links.get(row["new"], row["new"]))
        found.setdefault(row["person"], {})[row["attribute"]] = values
    return found


def differences(world: World, plan: ImpactPlan, log: dict[str, JSON]) -> dict[str, tuple[JSON, JSON]]:
    """Person → (what was planned, what happened), where the two differ beyond what the plan calls uncertain."""
    changes = planned(plan, world.links())
    different = {}
    for row in plan.people.iter_rows(named=True):
        entry = log.get(row["person"])
        attributes = changes.get(row["person"], {})
        happens, happened = meant(row, attributes), done(entry) if entry else "nothing"
        REACHED["rows: uncertain" if row["uncertain"] else "rows: certain"] += 1
        REACHED[f"uncertain: {row['uncertain']}"] += 1
        if row["uncertain"] and happened in {"nothing", "failed"}:
            continue
        if _may_be_held(row) and happened == row["action"]:
            happens = happened
        if (
            row["uncertain"] == Doubt.MANAGER
            and happens == "nothing"
            and written(log[row["person"]]).keys() <= {"manager"}
        ):
            happens = happened
        taken_over = row["uncertain"] in TAKEN_OVER and happened in {"create", "update"} - {happens}
        if taken_over or (row["uncertain"] in UNDECIDED and not row["held"]):
            REACHED[f"exempt: {row['uncertain']}"] += 1
            continue
        expected = attributes if happens in WRITING else {}
        logged = written(entry) if entry and happened in WRITING else {}
        if row["redeemed"] or row["shares"]:
            # The log lists all values as new; which of them the account had already only the plan says.
            expected = {name: new for name, (_, new) in expected.items()}
            logged = {name: new for name, (_, new) in logged.items() if name in expected}
        if happens == "restore" or row["uncertain"] == Doubt.MANAGER:
            # Which manager a deleted account still has, Graph does not show.
            expected, logged = ({**each, "manager": None} for each in (expected, logged))
        if (happens, expected) != (happened, logged):
            different[row["person"]] = ((happens, expected), (happened, logged))
    exempt = unnamed(plan, log)
    REACHED["exempt: unnamed"] += len(exempt)
    for person in _beyond(plan, log) - exempt:
        different[person] = (("not in the plan", {}), (done(log[person]), written(log[person])))
    return different


def _beyond(plan: ImpactPlan, log: dict[str, JSON]) -> set[str]:
    """Users to which something happens and that the plan does not have."""
    return {person for person in log.keys() - set(plan.people["person"]) if done(log[person]) != "nothing"}


def unnamed(plan: ImpactPlan, log: dict[str, JSON]) -> set[str]:
    """The same, if the plan says that the job has at least as many synchronized users more than could be named."""
    missing = sum(int(gap.values[0]) - int(gap.values[1]) for gap in plan.gaps if gap.code is Gap.UNNAMED)
    found = _beyond(plan, log)
    return found if len(found) <= missing else set()


def _may_be_held(row: JSON) -> bool:
    """Whether the threshold holds a removal back only if the cycle looks at others, or if nothing forces it."""
    return bool(row["held"]) and row["uncertain"] in {Doubt.OTHERS_TURNS, Doubt.FORCED}


def lost(world: World, before: dict[str, JSON]) -> set[str]:
    """Accounts that the cycle deleted."""
    return {
        id for id, doc in world.accounts().items() if id in before and doc["_deleted"] and not before[id]["_deleted"]
    }


def accounts_to_delete(plan: ImpactPlan) -> set[str]:
    """Accounts that the plan says will be deleted."""
    rows = plan.people.iter_rows(named=True)
    return {row["account"] for row in rows if row["action"] == "delete" and (_may_be_held(row) or not row["held"])}
