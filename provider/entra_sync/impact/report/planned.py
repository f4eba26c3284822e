"""What a preview's output says of each link: the impact of one that changes, and the accounts of one that goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entra_sync.base.kinds import kind_of_urn, link_of
from entra_sync.impact.declared.file import LinkFile
from entra_sync.impact.planning.limits import accounts_after
from entra_sync.impact.report.sentences import unmanaged
from entra_sync.impact.report.summary import block
from entra_sync.microsoft.tenant import Tenant

__all__ = ["planned_impacts", "removed_links", "renamed_links", "unknown_links"]

JSON = Any

_KIND = "LinkImpact"


def planned_impacts(preview: Mapping[str, JSON]) -> list[str]:
    """What a preview says of users: a block for each link whose impact is new or changed, a line for one that goes."""
    blocks = []
    for step in preview.get("steps") or []:
        inputs = (step.get("newState") or {}).get("inputs") or {}
        if step["op"] in {"create", "update", "create-replacement"} and "impact" in inputs:
            source, target = Tenant(**inputs["tenant"]), Tenant(**inputs["target"])
            known = "pending" not in inputs
            blocks.append(block(str(source), str(target), inputs["impact"]) if known else _not_known(inputs))
    blocks += renamed_links(preview)
    for inputs in _removed(preview):
        source, target = Tenant(**inputs["tenant"]), Tenant(**inputs["target"])
        stay = unmanaged(accounts_after(inputs["impact"]), target.name)
        blocks.append(f"{source} → {target}: the link is removed: {stay} (as of its last change)")
    return blocks


def renamed_links(preview: Mapping[str, JSON]) -> list[str]:
    """A sentence for each link that a preview creates under a new name, while it deletes the former one."""
    steps = [step for step in preview.get("steps") or [] if kind_of_urn(step["urn"]) == _KIND]
    new = [_named(step.get("newState") or {}, step["urn"]) for step in steps if step["op"] == "create"]
    old = [_named(step.get("oldState") or {}, step["urn"]) for step in steps if step["op"] == "delete"]
    return [
        f"{name}-* are the same objects as {former}-*; add aliases=[{_alias(name, former)}] to the link to keep them"
        for name, pair in new
        for former, same in old
        if pair == same
    ]


def _alias(name: str, former: str) -> str:
    """The alias for a link that was renamed, or moved under its name into or out of a component."""
    return "pulumi.Alias(parent=…)" if name == former else f'pulumi.Alias(name="{former}")'


def _named(state: Mapping[str, JSON], urn: str) -> tuple[str, tuple[JSON, JSON]]:
    """Name and tenants of the link that the state of an impact belongs to."""
    return link_of(urn, state.get("parent")), _pair(state.get("inputs"))


def unknown_links(preview: Mapping[str, JSON]) -> list[str]:
    """A sentence for each link whose impact a preview cannot tell, because an argument is not known yet."""
    steps = [
        step for step in preview.get("steps") or [] if kind_of_urn(step["urn"]) == _KIND and step["op"] != "delete"
    ]
    found = [(step.get("newState") or {}).get("inputs") or {} for step in steps]
    return [_not_known(inputs) for inputs in found if "pending" in inputs]


def _not_known(inputs: Mapping[str, JSON]) -> str:
    source, target = Tenant(**inputs["tenant"]), Tenant(**inputs["target"])
    return (
        f"{source} → {target}: the users that the change affects are not known, because "
        f"{' and '.join(inputs['pending'])} is not known in preview; `pulumi up` finds them out before it changes "
        "any account, and refuses beyond the limits"
    )


def removed_links(preview: Mapping[str, JSON]) -> list[LinkFile]:
    """The links that a preview removes from the stack, to ask what becomes of their accounts."""
    return [
        LinkFile(
            source=Tenant(**inputs["tenant"]),
            target=Tenant(**inputs["target"]),
            service_principal_id=inputs.get("servicePrincipalId"),
        )
        for inputs in _removed(preview)
    ]


def _removed(preview: Mapping[str, JSON]) -> list[Mapping[str, JSON]]:
    """Inputs of the links that go. One that another link of the same tenants replaces, as by a new name, stays."""
    steps = [step for step in preview.get("steps") or [] if kind_of_urn(step["urn"]) == _KIND]
    staying = [_pair((step.get("newState") or {}).get("inputs")) for step in steps if step["op"] != "delete"]
    going = [((step.get("oldState") or {}).get("inputs") or {}) for step in steps if step["op"] == "delete"]
    return [inputs for inputs in going if "impact" in inputs and _pair(inputs) not in staying]


def _pair(inputs: Mapping[str, JSON] | None) -> tuple[JSON, JSON]:
    sides = ((inputs or {}).get(side) or {} for side in ("tenant", "target"))
    source, target = (side.get("tenantId") for side in sides)
    return source, target
