"""License rules: seats, direct and inherited assignments, and what goes wrong with them.

Sources: "user: assignLicense", "group: assignLicense", licenseAssignmentState resource, and "Identify and resolve
license assignment problems for a group".
"""

from __future__ import annotations

from collections.abc import Iterable

from entra_sync.emulator.errors import bad_request
from entra_sync.emulator.state.clock import Clock, iso
from entra_sync.emulator.state.directory import Directory
from entra_sync.emulator.state.store import Document, Entry, Store

__all__ = ["Licensing", "seats"]


def seats(sku: Document) -> int:
    """How many licenses of a subscription can be assigned."""
    units = sku["prepaidUnits"]
    return int(units["enabled"]) + int(units["warning"])


class Licensing:
    """One tenant's licenses."""

    def __init__(self, store: Store, clock: Clock, tid: str) -> None:
        self.store, self.clock, self.tid = store, clock, tid
        self.directory = Directory(store, clock, tid)
        self.skus = {entry.doc["skuId"]: entry.doc for entry in self.store.objects(tid, "sku")}

    def consumed(self, sku_id: str) -> int:
        """How many live users have a license."""
        return len(self.store.find(self.tid, "license", sku_id))

    # Users

    def assign(self, user: Entry, add: list[Document], remove: list[str]) -> Entry:
        """Change the licenses that a user has directly.

        Raises:
            Fault: 400 with the service's text; nothing is changed then.
        """
        states = list(user.doc.get("_states", []))
        direct = {state["skuId"]: state for state in states if state["assignedByGroup"] is None}
        for sku_id in remove:
            if sku_id not in direct:
                if any(state["skuId"] == sku_id for state in states):
                    raise bad_request(
                        "User license is inherited from a group membership and it cannot be removed directly"
                        " from the user."
                    )
                raise bad_request("User does not have a corresponding license.")
            states.remove(direct.pop(sku_id))
        if add and not user.doc.get("usageLocation"):
            raise bad_request("License assignment cannot be done for user with invalid usage location.")
        for license in add:
            self.check(license)
            sku_id = license["skuId"]
            has = any(state["skuId"] == sku_id for state in user.doc.get("_states", []))
            if not has and self.consumed(sku_id) >= seats(self.skus[sku_id]):
                raise bad_request(f"Subscription with SKU {sku_id} does not have any available licenses.")
            states = [state for state in states if state is not direct.get(sku_id)]
            states.append(self._state(license, None))
        return self._save(user, states)

    def check(self, license: Document) -> None:
        """A license has to be one of the tenant's, and the plans that it leaves out have to be in it.

        Raises:
            Fault: 400 with the service's text.
        """
        sku = self.skus.get(str(license.get("skuId", "")).lower())
        if sku is None:
            raise bad_request(f"License {license.get('skuId')} does not correspond to a valid company License.")
        license["skuId"] = sku["skuId"]
        plans = {plan["servicePlanId"] for plan in sku["servicePlans"]}
        unknown = [plan for plan in license.get("disabledPlans") or [] if plan.lower() not in plans]
        if unknown:
            raise bad_request(
                f"The following service plans are not valid for the license {sku['skuId']}: {', '.join(unknown)}."
            )

    def _state(self, license: Document, group: str | None, error: str = "None") -> Document:
        return {
            "assignedByGroup": group,
            "disabledPlans": [plan.lower() for plan in license.get("disabledPlans") or []],
            "error": error,
            "lastUpdatedDateTime": iso(self.clock.now()),
            "skuId": license["skuId"],
            "state": "Active" if error == "None" else "Error",
        }

    def _save(self, user: Entry, states: list[Document]) -> Entry:
        effective: dict[str, set[str]] = {}
        for state in states:
            if state["state"] == "Active":
                disabled = set(state["disabledPlans"])
                effective[state["skuId"]] = effective.get(state["skuId"], disabled) & disabled
        licenses = [
            {"disabledPlans": sorted(disabled), "skuId": sku_id} for sku_id, disabled in sorted(effective.items())
        ]
        changes: Document = {
            "_states": states,
            "licenseAssignmentStates": states or None,
            "assignedLicenses": licenses or None,
            "assignedPlans": self._plans(effective) or None,
        }
        return self.directory.update("user", user.id, changes)

    def _plans(self, effective: dict[str, set[str]]) -> list[Document]:
        now = iso(self.clock.now())
        return [
            {
                "assignedDateTime": now,
                "capabilityStatus": "Enabled",
                "service": plan["servicePlanName"],
                "servicePlanId": plan["servicePlanId"],
            }
            for sku_id, disabled in sorted(effective.items())
            for plan in self.skus[sku_id]["servicePlans"]
            if plan["servicePlanId"] not in disabled
        ]

    # Groups

    def process_group(self, group: str) -> None:
        """Give each member of a group what the group has, and take away what former members have from it."""
        entry = self.store.get(self.tid, "group", group)
        licenses = entry.doc.get("assignedLicenses", []) if entry is not None else []
        members = (
            [id for id in self.directory.members(group) if self.directory.find(id, ("user",))]
            if entry is not None
            else []
        )
        failed = False
        for id in sorted({*members, *self._holders(group)}):
            failed |= self._inherit(id, group, licenses if id in members else [])
        if entry is not None:
            done = {"licenseProcessingState": {"state": "ProcessingComplete"}, "hasMembersWithLicenseErrors": failed}
            self.directory.update("group", group, done)

    def _holders(self, group: str) -> Iterable[str]:
        """Users who have an inherited assignment from a group."""
        return self.store.find(self.tid, "license.group", group)

    def _inherit(self, id: str, group: str, licenses: list[Document]) -> bool:
        """Brings one user's inherited assignments from a group in line; says whether one of them failed.

        If one product cannot be assigned, the other products of the group are not assigned either ("Identify and
        resolve license assignment problems for a group"). What the user has already stays. The
        state of these products is an assumption.
        """
        user = self.directory.find(id, ("user",))
        if user is None:
            return False
        before = user.doc.get("_states", [])
        states = [state for state in before if state["assignedByGroup"] != group]
        active = [state for state in before if state["state"] == "Active"]
        owned = {state["skuId"] for state in active}
        kept = {state["skuId"] for state in active if state["assignedByGroup"] == group}
        short = {
            license["skuId"]
            for license in licenses
            if license["skuId"] not in owned and self.consumed(license["skuId"]) >= seats(self.skus[license["skuId"]])
        }
        others = self.store.facts["licenses.other-products"]
        for license in licenses:
            sku_id = license["skuId"]
            error = "CountViolation" if sku_id in short else others if short and sku_id not in kept else "None"
            states.append(self._state(license, group, error))
        if states != before:
            self._save(user, states)
        return bool(short)
