"""Throttling by the documented limits ("Microsoft Graph service-specific throttling limits", identity and access)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .router import Route
    from .wire import Call

__all__ = ["Throttling", "cost"]

_COSTS = {
    "GET /users": 2,
    "GET /applications": 2,
    "GET /groups/{id}/members": 3,
    "GET /groups/{id}/transitivemembers": 5,
    "GET /subscribedskus": 3,
    "GET /users/{id}/licensedetails": 2,
    "GET /serviceprincipals/{id}/approleassignments": 2,
    "GET /users/{id}/memberof": 2,
    "GET /users/{id}/transitivememberof": 2,
    "POST /directoryobjects/getbyids": 3,
}


def cost(call: Call, route: Route) -> int:
    """Resource units of a request: the base cost of its path, less for a narrow one, more for an expanded one."""
    query = {name.lower(): value for name, value in call.request.query.items()}
    units = _COSTS.get(route.key, 1)
    units -= "$select" in query
    units -= query.get("$top", "").isdigit() and int(query["$top"]) < 20
    units += "$expand" in query
    return max(units, 1)


class Throttling:
    """How much each application and tenant has asked lately; refuses nothing until ``enabled``."""

    def __init__(self) -> None:
        self.enabled = False

    def charge(self, call: Call, route: Route) -> dict[str, str]:
        """Count a request and return the headers that say so."""
        return {"x-ms-resource-unit": str(cost(call, route))}
