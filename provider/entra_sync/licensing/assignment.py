"""Assigning licenses: products by name, what a group or user has directly, and the one call that changes it.

Graph loses changes that are sent to one principal side by side, so whatever a resource changes there goes in one
assignLicense, and :func:`one_at_a_time` keeps resources apart. An entry of a product is ``{"skuId", "disabledPlans"}``,
as that call has it. Sources: "user: assignLicense", "group: assignLicense", "licenseAssignmentState resource type".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from difflib import get_close_matches
from typing import Any

from pydantic import Field

from entra_sync.base.args import Values
from entra_sync.base.calls import GraphCall
from entra_sync.base.principals import Principal
from entra_sync.base.run import locks
from entra_sync.errors import BadArgument, EntraSyncError
from entra_sync.graph.gateway import Graph
from entra_sync.licensing.identifiers import product
from entra_sync.licensing.subscriptions import USABLE
from entra_sync.microsoft.tenant import Tenant

__all__ = [
    "License",
    "assign",
    "back",
    "difference",
    "direct",
    "errors",
    "found_first",
    "named_twice",
    "one_at_a_time",
    "properties",
    "refuse",
    "resolve",
    "seats",
]

JSON = Any
Entry = dict[str, JSON]


class License(Values):
    """One product, with all of its service plans or without some."""

    sku: str = Field(description="Part number (e.g. Microsoft_Entra_ID_Governance) or id of the SKU.")
    disabled_plans: list[str] = Field(default=[], description="Service plans to leave out, by name or id.")


def named_twice(licenses: Sequence[License]) -> Iterator[tuple[str, str]]:
    """Problems of products that are named more than once, as (property, reason)."""
    seen: set[str] = set()
    for position, license in enumerate(licenses):
        if license.sku.lower() in seen:
            yield f"licenses[{position}].sku", f'"{license.sku}" is named twice'
        seen.add(license.sku.lower())


def resolve(tenant: Tenant, skus: Sequence[JSON], licenses: Sequence[License]) -> list[Entry]:
    """One entry for each of *licenses*, by what the tenant owns.

    Args:
        tenant: For messages.
        skus: The tenant's ``subscribedSkus``.
        licenses: What is declared; all of it known.

    Raises:
        BadArgument: A product that the tenant does not own or cannot use, or that is named twice, once by its part
            number and once by its id; or a plan that it does not contain.
    """
    entries: list[Entry] = []
    for position, license in enumerate(licenses):
        where = f"licenses[{position}]"
        sku = _named(skus, license.sku, "skuPartNumber", "skuId")
        if sku is None:
            published = product(license.sku)
            also = f" ({published.name})" if published else ""
            choices = _choices(license.sku, [each["skuPartNumber"] for each in skus])
            raise BadArgument(f"{where}.sku", f'tenant {tenant} owns no SKU "{license.sku}"{also}; {choices}')
        if sku["capabilityStatus"] not in USABLE:
            raise BadArgument(
                f"{where}.sku",
                f"the subscription of {sku['skuPartNumber']} is {sku['capabilityStatus']} in tenant {tenant}; renew it",
            )
        same = next((number for number, entry in enumerate(entries) if entry["skuId"] == sku["skuId"]), None)
        if same is not None:
            raise BadArgument(f"{where}.sku", f'"{license.sku}" is the product of licenses[{same}] too; keep one')
        plans = set()
        for name in license.disabled_plans:
            plan = _named(sku["servicePlans"], name, "servicePlanName", "servicePlanId")
            if plan is None:
                choices = _choices(name, [each["servicePlanName"] for each in sku["servicePlans"]])
                raise BadArgument(
                    f"{where}.disabledPlans", f'{sku["skuPartNumber"]} has no service plan "{name}"; {choices}'
                )
            plans.add(plan["servicePlanId"])
        entries.append({"skuId": sku["skuId"], "disabledPlans": sorted(plans)})
    return entries


def properties(principal: Principal) -> str:
    """The ``$select`` that :func:`direct` and the resources need of a principal."""
    if principal.kind == "User":
        return "id,usageLocation,licenseAssignmentStates"
    return "id,assignedLicenses,licenseProcessingState"


def direct(principal: Principal, found: Mapping[str, JSON]) -> list[Entry]:
    """What a principal has itself: a user's licenses by group are not among them, since only the group can change them.

    Args:
        principal: Whose.
        found: Graph's user or group, with :func:`properties`.

    Raises:
        EntraSyncError: It was read without them: unknown is not "no license".
    """
    name = "licenseAssignmentStates" if principal.kind == "User" else "assignedLicenses"
    states = found.get(name)
    if states is None:
        raise EntraSyncError(f"{principal} was read without {name}, so its licenses are not known")
    return [
        {"skuId": state["skuId"], "disabledPlans": sorted(state.get("disabledPlans") or [])}
        for state in states
        if not state.get("assignedByGroup")
    ]


def refuse(
    tenant: Tenant, principal: Principal, found: Mapping[str, JSON], skus: Sequence[JSON], wanted: Sequence[Entry]
) -> None:
    """Refuses what Graph would refuse for a user: no usage location, or no seat left of a product that is new to them.

    Members of a group without a usage location get the tenant's, and their seats are counted one by one later ("Assign
    licenses to a group"), so a group is never refused here.

    Raises:
        BadArgument: On the property ``principal``.
    """
    if principal.kind == "Group":
        return
    if not found.get("usageLocation"):
        raise BadArgument(
            "principal", f"{principal} has no usage location, without which Graph refuses licenses; set usageLocation"
        )
    has = {state["skuId"] for state in found["licenseAssignmentStates"]}
    by_id = {sku["skuId"]: sku for sku in skus}
    for entry in wanted:
        sku = by_id[entry["skuId"]]
        if entry["skuId"] not in has and sku["consumedUnits"] >= seats(sku):
            raise BadArgument(
                "principal",
                f"{sku['skuPartNumber']} has no seat left in tenant {tenant} for {principal}: all {seats(sku):,} are "
                "assigned; buy more, or take one away",
            )


def seats(sku: Mapping[str, JSON]) -> int:
    """How many people can have a product, seats in the grace period included."""
    units = sku["prepaidUnits"]
    return (units.get("enabled") or 0) + (units.get("warning") or 0)


def found_first(
    wanted: Sequence[Entry], held: Sequence[Entry], before: Sequence[Entry], known: Sequence[Entry]
) -> list[Entry]:
    """Entries that were there before this resource managed their products.

    Args:
        wanted: Entries that are declared now.
        held: What the principal has itself.
        before: Entries that were declared the last time.
        known: What this function gave the last time.
    """
    managed = {entry["skuId"] for entry in before}
    named = {entry["skuId"] for entry in wanted}
    kept = [entry for entry in known if entry["skuId"] in managed | named]
    return [*kept, *(entry for entry in held if entry["skuId"] in named - managed)]


def difference(
    wanted: Sequence[Entry], held: Sequence[Entry], before: Sequence[Entry], original: Sequence[Entry]
) -> tuple[list[Entry], list[str]]:
    """What to add (or add again, with other plans) and what to remove, for one assignLicense.

    Args:
        wanted: Entries that are declared now.
        held: What the principal has itself.
        before: Entries that were declared the last time.
        original: Entries of :func:`found_first`: not ours to remove.
    """
    added = [entry for entry in wanted if entry not in held]
    dropped = [entry for entry in before if entry["skuId"] not in {each["skuId"] for each in wanted}]
    restored, removed = back(dropped, held, original)
    return [*added, *restored], removed


def back(
    ours: Sequence[Entry], held: Sequence[Entry] | None, original: Sequence[Entry]
) -> tuple[list[Entry], list[str]]:
    """What to add and what to remove so that *ours* are as they were found first.

    Args:
        ours: Entries that this resource manages.
        held: What the principal has itself; None where that is not looked at: all of *ours* are taken as held.
        original: Entries of :func:`found_first`.
    """
    first = {entry["skuId"]: entry for entry in original}
    present = {entry["skuId"]: entry for entry in (ours if held is None else held)}
    managed = [entry["skuId"] for entry in ours if entry["skuId"] in present]
    restored = [first[sku] for sku in managed if sku in first and present[sku] != first[sku]]
    return restored, [sku for sku in managed if sku not in first]


def assign(
    tenant: Tenant, principal: Principal, added: Sequence[JSON], removed: Sequence[str], *, batched: bool = False
) -> list[GraphCall]:
    """The assignLicense of a principal; nothing where nothing changes."""
    if not added and not removed:
        return []
    body = {"addLicenses": list(added), "removeLicenses": list(removed)}
    purpose = f"changing the licenses of {principal}"
    path, subject = f"{principal.path}/assignLicense", principal.id if isinstance(principal.id, str) else ""
    return [GraphCall(tenant.name, "POST", path, body, purpose, batched=batched, subject=subject)]


def one_at_a_time(tenant: Tenant, principals: Collection[Principal]) -> AbstractContextManager[None]:
    """While it lasts nothing else in this process changes the licenses of these principals."""
    return locks.one_at_a_time(tenant.tenant_id, *(str(principal.id) for principal in principals))


def errors(
    graph: Graph, principal: Principal, found: Mapping[str, JSON], entries: Sequence[Entry]
) -> list[dict[str, str]]:
    """People who did not get one of *entries* from this principal: their object id, the product, and why.

    Reasons are Graph's: CountViolation (no seat left), MutuallyExclusiveViolation, DependencyViolation (a plan that it
    stands on is missing), ProhibitedInUsageLocationViolation, UniquenessViolation, Other.
    """
    ids = {entry["skuId"] for entry in entries}
    if principal.kind == "User":
        people: Sequence[Mapping[str, JSON]] = [found]
        source = None
    else:
        path = f"{principal.path}/membersWithLicenseErrors?$select=id,licenseAssignmentStates"
        people = list(graph.pages(path, f"reading the license errors of {principal}"))
        source = principal.id
    return [
        {"id": person["id"], "skuId": state["skuId"], "error": state.get("error") or "Other"}
        for person in people
        for state in person["licenseAssignmentStates"]
        if state["skuId"] in ids and (state.get("assignedByGroup") or None) == source and state.get("state") == "Error"
    ]


def _named(items: Sequence[JSON], wanted: str, name: str, id: str) -> JSON | None:
    matches = (item for item in items if wanted.lower() in {str(item[name]).lower(), str(item[id]).lower()})
    return next(matches, None)


def _choices(wanted: str, known: Sequence[str]) -> str:
    near = get_close_matches(wanted.lower(), [name.lower() for name in known], 1, 0.5)
    for name in known:
        if near and name.lower() == near[0]:
            return f'did you mean "{name}"?'
    return f"it has {', '.join(known) or 'none'}"
