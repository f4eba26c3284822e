"""Throttling by the documented limits ("Microsoft Graph service-specific throttling limits").

Each request to the directory costs resource units, each write also a write unit; they are taken from token buckets of
the application in the tenant, of the application in all tenants, and of the tenant. Logs and on-demand provisioning
have a plain number of requests. Refused requests count too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from entra_sync.emulator.errors import Fault

if TYPE_CHECKING:
    from entra_sync.emulator.http.call import Call
    from entra_sync.emulator.http.router import Route

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
    "GET /serviceprincipals/{id}/memberof": 2,
    "GET /serviceprincipals/{id}/transitivememberof": 2,
    "GET /oauth2permissiongrants": 2,
    "GET /oauth2permissiongrants/{id}": 2,
    "POST /directoryobjects/getbyids": 3,
}
_ACTION_COSTS = {"checkmembergroups": 4, "checkmemberobjects": 4, "getmembergroups": 2, "getmemberobjects": 2}
"""Costs of actions that several kinds of objects have."""
_TENANT_SIZES = ((50, 3_500), (500, 5_000))
_LARGE_TENANT = 8_000
_SHOWN_FROM = 0.8
_LOW_PRIORITY_SHARE = 0.8


def cost(call: Call, route: Route) -> int:
    """Resource units of a request: the base cost of its path, less for a narrow one, more for an expanded one."""
    query = {name.lower(): value for name, value in call.request.query.items()}
    usual = _ACTION_COSTS.get(route.key.rsplit("/", 1)[1], 1)
    units = _COSTS.get(route.key.split("/microsoft.graph.")[0], usual)
    units -= "$select" in query
    units -= re.fullmatch(r"1?[0-9]", query.get("$top", "")) is not None
    units += "$expand" in query
    return max(units, 1)


@dataclass(slots=True)
class _Bucket:
    """A token bucket: *size* units that come back over *seconds*."""

    size: float
    seconds: float
    used: float = 0.0
    at: float = 0.0

    def drain(self, now: float) -> None:
        """Let units come back up to a moment."""
        self.used = max(0.0, self.used - (now - self.at) * self.size / self.seconds)
        self.at = now

    def take(self, units: float) -> None:
        """Use units; what is refused counts as well, up to another bucketful."""
        self.used = min(self.used + units, 2 * self.size)

    def wait(self, units: float, share: float) -> float:
        """Seconds until that many units are free, 0 when they are now."""
        over = self.used + units - self.size * share
        return max(0.0, over * self.seconds / self.size)


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit that applies to a request.

    Attributes:
        scope: The limit as the answer tells it, which names application and tenant whomever the limit is for.
        counted: Ids of the application and the tenant whose requests count together; empty for all.
    """

    scope: str
    counted: tuple[str, str]
    kind: str
    units: int
    size: float
    seconds: float
    reason: str


class Throttling:
    """How much each application and tenant has asked lately; refuses nothing until ``enabled``."""

    def __init__(self) -> None:
        self.enabled = False
        self._buckets: dict[tuple[tuple[str, str], str, str], _Bucket] = {}

    def charge(self, call: Call, route: Route) -> dict[str, str]:
        """Count a request and return the headers that tell of it.

        Raises:
            Fault: 429 with ``Retry-After`` for the first limit that is reached.
        """
        units = cost(call, route)
        headers = {"x-ms-resource-unit": str(units)} if _is_directory(route) else {}
        if not self.enabled:
            return headers
        share = _LOW_PRIORITY_SHARE if call.header("x-ms-throttle-priority").lower() == "low" else 1.0
        now = call.clock.now().timestamp()
        fullest = 0.0
        refused: tuple[_Limit, float] | None = None
        for limit in _limits(call, route, units):
            bucket = self._bucket(limit, now)
            wait = bucket.wait(limit.units, share)
            bucket.take(limit.units)
            if wait > 0 and refused is None:
                refused = (limit, wait)
            fullest = max(fullest, bucket.used / bucket.size)
        if refused is not None:
            raise _too_many(*refused)
        if fullest >= _SHOWN_FROM:
            headers["x-ms-throttle-limit-percentage"] = f"{min(fullest, 1.8):.1f}"
        return headers

    def _bucket(self, limit: _Limit, now: float) -> _Bucket:
        key = (limit.counted, limit.kind, limit.reason)
        bucket = self._buckets.setdefault(key, _Bucket(limit.size, limit.seconds, at=now))
        bucket.size = limit.size
        bucket.drain(now)
        return bucket


def _is_directory(route: Route) -> bool:
    return "/auditlogs/" not in route.key and "/synchronization" not in route.key


def _limits(call: Call, route: Route, units: int) -> list[_Limit]:
    app, tid = call.claims.appid, call.tid
    whose = {"Tenant_Application": (app, tid), "Application": (app, ""), "Tenant": ("", tid)}

    def limit(who: str, access: str, kind: str, units: int, size: float, seconds: float) -> _Limit:
        reason = "ResourceUnitLimitExceeded" if access == "ReadWrite" else f"{access}LimitExceeded"
        return _Limit(f"{who}/{access}/{app}/{tid}", whose[who], kind, units, size, seconds, reason)

    if "/auditlogs/" in route.key:
        return [limit("Tenant_Application", "Read", "logs", 1, 5, 10)]
    if "/synchronization" in route.key:
        on_demand = route.key.endswith("/provisionondemand")
        return [limit("Tenant_Application", "Write", "on demand", 1, 5, 10)] if on_demand else []
    found = [
        limit("Tenant_Application", "ReadWrite", "units", units, _tenant_units(call), 10),
        limit("Application", "ReadWrite", "units", units, 150_000, 20),
    ]
    if call.request.method != "GET":
        found += [
            limit("Tenant_Application", "Write", "writes", 1, 3_000, 150),
            limit("Application", "Write", "writes", 1, 70_000, 300),
            limit("Tenant", "Write", "writes", 1, 18_000, 300),
        ]
    if "keycredentials" in call.request.query.get("$select", "").lower():
        found.append(limit("Tenant", "Read", "key credentials", 1, 150, 60))
    return found


def _tenant_units(call: Call) -> int:
    """Resource units that a tenant of this size gives an application in ten seconds."""
    rows = call.store.query(
        "SELECT count(*) FROM (SELECT 1 FROM objects WHERE tenant = ? AND kind = 'user' AND deleted IS NULL LIMIT 501)",
        [call.tid],
    )
    return next((units for most, units in _TENANT_SIZES if rows[0][0] <= most), _LARGE_TENANT)


def _too_many(limit: _Limit, wait: float) -> Fault:
    return Fault(
        429,
        "TooManyRequests",
        "Too many requests",
        headers={
            "Retry-After": f"{wait:.3f}",
            "x-ms-throttle-scope": limit.scope,
            "x-ms-throttle-information": limit.reason,
        },
        inner={"code": "429", "message": "Please retry after", "status": "429"},
    )
