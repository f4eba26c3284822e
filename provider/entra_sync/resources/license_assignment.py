"""LicenseAssignment: licences on a group or a user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

import pulumi
from pydantic import Field

from entra_sync.args import Args, Values, replaces
from entra_sync.calls import GraphCall
from entra_sync.errors import BadArgument
from entra_sync.handler import Handler, Plan
from entra_sync.principals import Principal
from entra_sync.resource import Resource
from entra_sync.unknown import holds_unknown, is_unknown

__all__ = ["License", "LicenseAssignment", "LicenseAssignmentArgs", "LicenseAssignmentHandler"]

JSON = Any


class License(Values):
    """One product, without some of its service plans where wanted."""

    sku: str = Field(description="Part number (e.g. Microsoft_Entra_ID_Governance) or id of the SKU.")
    disabled_plans: list[str] = Field(default=[], description="Service plans to leave out, by name or id.")


class LicenseAssignmentArgs(Args):
    """Licences of one principal. Others that it has, and that are not named here, are left alone."""

    principal: Principal = replaces("The group or user that gets the licences.")
    licenses: list[License] = Field(min_length=1, description="What is assigned.")


class LicenseAssignmentHandler(Handler[LicenseAssignmentArgs]):
    """All changes to a principal go in one assignLicense, since Graph loses changes that are sent side by side.

    Sources of the rules: "user: assignLicense", "group: assignLicense", "List subscribedSkus", "Assign licenses to a
    group" (usage location: a user needs one before a direct assignment, members of a group get the tenant's).
    """

    args = LicenseAssignmentArgs
    computed: ClassVar[tuple[str, ...]] = ("resolved",)

    def verify(self, args: LicenseAssignmentArgs) -> Iterator[tuple[str, str]]:
        """One entry per product."""
        seen: set[str] = set()
        for position, licence in enumerate(args.licenses):
            if is_unknown(licence) or is_unknown(licence.sku):
                continue
            if licence.sku.lower() in seen:
                yield f"licenses[{position}].sku", f'"{licence.sku}" is named twice'
            seen.add(licence.sku.lower())

    def plan(self, old: LicenseAssignmentArgs | None, new: LicenseAssignmentArgs, kept: Mapping[str, JSON]) -> Plan:
        """Resolves products and plans against what the tenant owns, and refuses what it cannot assign."""
        if holds_unknown(new.body()):
            return Plan([self._call(new, new.body()["licenses"], [])], kept.get("existing"))
        resolved = self._resolved(new)
        present = self._present(new)
        existing = kept.get("existing") if old else {"licenses": [each for each in present if each in resolved]}
        before = {entry["skuId"]: entry for entry in kept.get("resolved", [])} if old else {}
        held = {entry["skuId"]: entry for entry in present}
        added = [entry for entry in resolved if held.get(entry["skuId"]) != entry]
        wanted = {entry["skuId"] for entry in resolved}
        kept_before = {entry["skuId"] for entry in (existing or {}).get("licenses", [])}
        removed = [sku for sku in before if sku not in wanted | kept_before and sku in held]
        calls = [self._call(new, added, removed)] if added or removed else []
        return Plan(calls, existing, {"resolved": resolved})

    def existing(self, args: LicenseAssignmentArgs) -> JSON | None:
        """Those of the licences that the principal has already; they stay on delete."""
        present = self._present(args)
        resolved = self._resolved(args)
        return {"licenses": [entry for entry in present if entry in resolved]}

    def calls(
        self, old: LicenseAssignmentArgs | None, new: LicenseAssignmentArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """One assignLicense with what is missing."""
        held = (existing or {}).get("licenses", [])
        added = [entry for entry in self._resolved(new) if entry not in held]
        return [self._call(new, added, [])] if added else []

    def removal(self, args: LicenseAssignmentArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """One assignLicense that takes away what this resource added."""
        stays = {entry["skuId"] for entry in (state.get("existing") or {}).get("licenses", [])}
        ours = [entry["skuId"] for entry in state.get("resolved", []) if entry["skuId"] not in stays]
        return [self._call(args, [], ours)] if ours else []

    def identify(self, args: LicenseAssignmentArgs, answers: Mapping[str, JSON], existing: JSON | None) -> str | None:
        """``<tenant id>/groups/<id>/assignedLicenses`` or ``<tenant id>/users/<id>/assignedLicenses``."""
        return f"{args.tenant.tenant_id}/{args.principal.kind.lower()}s/{args.principal.id}/assignedLicenses"

    def settle(self, id: str, args: LicenseAssignmentArgs) -> None:
        """A group's assignment is accepted first and listed later."""
        wanted = {entry["skuId"] for entry in self._resolved(args)}
        self.graph(args).wait_for(
            f"{args.principal.path}?$select=assignedLicenses",
            f"waiting for the licences of {args.principal}",
            until=lambda body: wanted <= {entry["skuId"] for entry in body["assignedLicenses"]},
        )

    def observe(
        self, id: str, args: LicenseAssignmentArgs, outputs: Mapping[str, JSON]
    ) -> tuple[LicenseAssignmentArgs, dict[str, JSON]] | None:
        """Those of the declared licences that the principal has, and how a group's processing stands."""
        select = "assignedLicenses" + (",licenseProcessingState" if args.principal.kind == "Group" else "")
        found = self.graph(args).find(
            f"{args.principal.path}?$select={select}", f"reading the licences of {args.principal}"
        )
        if found is None:
            return None
        held = {entry["skuId"]: sorted(entry.get("disabledPlans") or []) for entry in found["assignedLicenses"]}
        live, ids = [], {entry["skuId"]: entry for entry in outputs.get("resolved", [])}
        for licence, entry in zip(args.licenses, ids.values(), strict=False):
            if entry["skuId"] in held:
                same = held[entry["skuId"]] == entry["disabledPlans"]
                live.append(licence if same else License(sku=licence.sku, disabled_plans=held[entry["skuId"]]))
        if not live:
            return None
        state = (found.get("licenseProcessingState") or {}).get("state")
        return args.model_copy(update={"licenses": live}), {"processingState": state or "Processed"}

    def _present(self, args: LicenseAssignmentArgs) -> list[dict[str, JSON]]:
        """The principal's direct licences; a user without a usage location cannot get any."""
        select = "assignedLicenses" + (
            ",usageLocation,licenseAssignmentStates" if args.principal.kind == "User" else ""
        )
        found = self.graph(args).find(
            f"{args.principal.path}?$select={select}", f"reading the licences of {args.principal}"
        )
        if found is None:
            raise BadArgument(
                "principal", f"tenant {args.tenant} has no {args.principal}; take the object id from its page"
            )
        if args.principal.kind == "User" and not found.get("usageLocation"):
            raise BadArgument(
                "principal",
                f"{args.principal} has no usage location, without which Graph refuses licences; set its usageLocation",
            )
        by_group = {
            state["skuId"] for state in found.get("licenseAssignmentStates") or [] if state.get("assignedByGroup")
        }
        direct = {
            state["skuId"] for state in found.get("licenseAssignmentStates") or [] if not state.get("assignedByGroup")
        }
        return [
            {"skuId": entry["skuId"], "disabledPlans": sorted(entry.get("disabledPlans") or [])}
            for entry in found["assignedLicenses"]
            if entry["skuId"] not in by_group or entry["skuId"] in direct
        ]

    def _resolved(self, args: LicenseAssignmentArgs) -> list[dict[str, JSON]]:
        """SKU and plan ids for what is declared, from what the tenant owns."""
        skus = list(self.graph(args).pages("/v1.0/subscribedSkus", "listing the tenant's licences"))
        resolved = []
        for position, licence in enumerate(args.licenses):
            sku = _named(skus, licence.sku, "skuPartNumber", "skuId")
            if sku is None:
                raise BadArgument(
                    f"licenses[{position}].sku",
                    f'tenant {args.tenant} owns no SKU "{licence.sku}"; '
                    + _choices(licence.sku, [each["skuPartNumber"] for each in skus]),
                )
            plans = []
            for name in licence.disabled_plans:
                plan = _named(sku["servicePlans"], name, "servicePlanName", "servicePlanId")
                if plan is None:
                    raise BadArgument(
                        f"licenses[{position}].disabledPlans",
                        f'{sku["skuPartNumber"]} has no service plan "{name}"; '
                        + _choices(name, [each["servicePlanName"] for each in sku["servicePlans"]]),
                    )
                plans.append(plan["servicePlanId"])
            resolved.append({"skuId": sku["skuId"], "disabledPlans": sorted(plans)})
        return resolved

    def _call(self, args: LicenseAssignmentArgs, added: Sequence[JSON], removed: Sequence[str]) -> GraphCall:
        body = {"addLicenses": list(added), "removeLicenses": list(removed)}
        path = f"{args.principal.path}/assignLicense"
        return GraphCall(args.tenant.name, "POST", path, body, f"changing the licences of {args.principal}")


def _named(items: Sequence[JSON], wanted: str, name: str, id: str) -> JSON | None:
    matches = (item for item in items if wanted.lower() in {str(item[name]).lower(), str(item[id]).lower()})
    return next(matches, None)


def _choices(wanted: str, known: Sequence[str]) -> str:
    near = get_close_matches(wanted.lower(), [name.lower() for name in known], 1, 0.5)
    for name in known:
        if near and name.lower() == near[0]:
            return f'did you mean "{name}"?'
    return f"it has {', '.join(known) or 'none'}"


class LicenseAssignment(Resource):
    """Licences of a group or user.

    Attributes:
        tenant: As given.
        principal: As given.
        licenses: As given; after a refresh, those that are really assigned.
        resolved: Ids of the SKUs and disabled plans.
        processing_state: How far a group's licences have reached its members; ``Processed`` for a user.
    """

    handler = LicenseAssignmentHandler

    principal: pulumi.Output[dict[str, str]]
    licenses: pulumi.Output[list[dict[str, Any]]]
    resolved: pulumi.Output[list[dict[str, Any]]]
    processing_state: pulumi.Output[str]
