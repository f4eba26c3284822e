"""Links in the state of Terraform's azuread provider: which applications synchronize, and what Terraform knows of them.

Sources: the provider's pages of ``azuread_synchronization_job`` and ``azuread_synchronization_secret``
(``service_principal_id``), ``azuread_app_role_assignment`` (``resource_object_id``), ``azuread_service_principal``
(``object_id``, ``client_id``) and ``azuread_application`` (``client_id``); Terraform's state format 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from entra_sync.errors import ConfigurationError

__all__ = ["Resource", "link_resources", "read_state", "synchronizing"]

JSON = Any

_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_OWNERS = {
    "azuread_synchronization_job": "service_principal_id",
    "azuread_synchronization_secret": "service_principal_id",
    "azuread_app_role_assignment": "resource_object_id",
    "azuread_service_principal": "object_id",
}
"""Attribute of each type that names the service principal, as an id or as the end of a path."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the state: its address, type and attributes."""

    address: str
    kind: str
    attributes: Mapping[str, JSON]

    @property
    def owner(self) -> str:
        """The service principal that it belongs to; empty if it names none."""
        found = _GUID.findall(str(self.attributes.get(_OWNERS.get(self.kind, ""), "")))
        return found[-1].lower() if found else ""


def read_state(place: Path) -> list[Resource]:
    """Returns the azuread resources of a state file, or of ``terraform.tfstate`` in a directory.

    Raises:
        ConfigurationError: There is none, or it is not a state of format 4.
    """
    file = place / "terraform.tfstate" if place.is_dir() else place
    try:
        state = orjson.loads(file.read_bytes())
    except OSError as problem:
        hint = "; for a remote state run `terraform state pull > terraform.tfstate`"
        raise ConfigurationError(f"{file}: {problem.strerror}{hint}") from None
    except orjson.JSONDecodeError:
        raise ConfigurationError(f"{file}: it is not JSON; is it a Terraform state?") from None
    if not isinstance(state, dict) or state.get("version") != 4 or not isinstance(state.get("resources"), list):
        raise ConfigurationError(f"{file}: it is not a Terraform state of format 4")
    return list(_resources(state["resources"]))


def synchronizing(resources: list[Resource]) -> set[str]:
    """Returns the service principals that have a synchronization job in the state."""
    return {each.owner for each in resources if each.kind == "azuread_synchronization_job"} - {""}


def link_resources(resources: list[Resource], service_principal_id: str) -> list[str]:
    """Returns the addresses of what Terraform manages of a link's application, sorted."""
    owner = service_principal_id.lower()
    owned = [each for each in resources if each.owner == owner]
    clients = {each.attributes.get("client_id") for each in owned if each.kind == "azuread_service_principal"} - {None}
    applications = [
        each for each in resources if each.kind == "azuread_application" and each.attributes.get("client_id") in clients
    ]
    return sorted(each.address for each in (*owned, *applications))


def _resources(found: list[Mapping[str, JSON]]) -> Iterator[Resource]:
    for each in found:
        if each.get("mode") != "managed" or not str(each.get("type", "")).startswith("azuread_"):
            continue
        module = f"{each['module']}." if each.get("module") else ""
        for instance in each.get("instances") or ():
            key = instance.get("index_key")
            index = "" if key is None else f"[{orjson.dumps(key).decode()}]"
            address = f"{module}{each['type']}.{each['name']}{index}"
            yield Resource(address, each["type"], instance.get("attributes") or {})
