"""The control API under ``/_emulator/<secret>``: what a test or a demo does that no client of Graph can.

It moves clocks, returns to snapshots and shows secrets, so its address has a secret that each start makes. The printed
address and the file ``control`` of the state directory, which only its owner may read, hold the address.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from entra_sync.emulator.cycle.run import Summary
from entra_sync.emulator.cycle.scheduler import jobs
from entra_sync.emulator.http.wire import ReceivedRequest, Reply

if TYPE_CHECKING:
    from entra_sync.emulator.serving.addresses import Addresses
    from entra_sync.emulator.serving.emulation import Emulation

__all__ = ["answer_control"]

Body = dict[str, Any]


class _Refused(Exception):
    """A request that makes no sense, in one line."""


def answer_control(emulator: Emulation, addresses: Addresses, request: ReceivedRequest) -> Reply:
    """Answer a request to the control API."""
    given, _, name = request.path.removeprefix("/_emulator").strip("/").partition("/")
    if not compare_digest(given.encode(), addresses.secret.encode()):
        where = "it is printed at the start, and stands in the file control of the state directory"
        return Reply(403, {"error": f"the control API's address has a secret: {where}"})
    operation = _OPERATIONS.get((request.method, name))
    if operation is None:
        known = ", ".join(f"{method} {path or '(the root)'}" for method, path in sorted(_OPERATIONS))
        return Reply(404, {"error": f"no such operation; known are {known}"})
    try:
        body = orjson.loads(request.content) if request.content else dict(request.query)
        if not isinstance(body, dict):
            raise _Refused("the body has to be a JSON object")
        with emulator.service.lock:
            return Reply(200, operation(emulator, addresses, body))
    except orjson.JSONDecodeError:
        return Reply(400, {"error": "the body is not JSON"})
    except KeyError as error:
        return Reply(400, {"error": f"{str(error).strip(_QUOTES)}: is missing, or there is none of that name"})
    except (_Refused, TypeError, ValueError, OverflowError) as error:
        return Reply(400, {"error": str(error).strip(_QUOTES) or type(error).__name__})


_QUOTES = "'\""
_LONGEST = {"clock": 36_525 * 86_400.0, "seconds": 3_600.0}
"""Seconds that a request may move the clock, or let anything wait."""


def _seconds(value: Any, name: str, longest: float) -> float:
    """A number of seconds from 0 to *longest*."""
    number = float(value)
    if not (math.isfinite(number) and 0 <= number <= longest):
        raise _Refused(f"{name} has to be a number from 0 to {longest:g}")
    return number


def _describe(emulator: Emulation, addresses: Addresses, body: Body) -> Any:
    found = [
        {
            "tenant": _name(emulator, job.tid),
            "id": job.id,
            "servicePrincipalId": job.owner,
            "state": job.doc["schedule"]["state"],
            "code": job.status["code"],
            "due": job.due.isoformat() if job.due else None,
        }
        for job in jobs(emulator.service)
    ]
    return {**addresses.description(), "now": emulator.clock.now().isoformat(), "jobs": found}


def _name(emulator: Emulation, tid: str) -> str:
    tenant = emulator.service.tenant(tid)
    return tenant.name if tenant is not None else tid


def _requests(emulator: Emulation, addresses: Addresses, body: Body) -> Any:
    """The request log; ``writes`` for what may change something, ``tenant`` for one tenant, ``last`` for the newest."""
    records = emulator.requests.writes if str(body.get("writes", "")).lower() == "true" else list(emulator.requests)
    if body.get("tenant"):
        records = [record for record in records if record.tenant == body["tenant"]]
    if body.get("last"):
        records = records[-int(body["last"]) :]
    return {"requests": [record.as_json() for record in records]}


def _clear_requests(emulator: Emulation, addresses: Addresses, body: Body) -> Any:
    emulator.requests.clear()
    return {}


def _summaries(found: list[Summary]) -> Any:
    return {"cycles": [asdict(summary) for summary in found]}


def _cycle(emulator: Emulation, addresses: Addresses, body: Body) -> Any:
    """Run a cycle now: of ``job``, or of every active job."""
    return _summaries(emulator.run_cycle(body.get("job")))


def _advance(emulator: Emulation, addresses: Addresses, body: Body) -> Any:
    """Move the clock by ``days``, ``hours``, ``minutes``, ``seconds``; with ``cycles`` run what falls due meanwhile."""
    names = ("days", "hours", "minutes", "seconds")
    each = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
    longest = _LONGEST["clock"]
    by = timedelta(**{name: _seconds(body[name], name, longest / each[name]) for name in names if name in body})
    if by <= timedelta(0):
        raise _Refused("say how far, in days, hours, minutes or seconds")
    found = emulator.advance(by) if body.get("cycles") else []
    if not body.get("cycles"):
        emulator.clock.advance(by)
        emulator.service.settle()
    emulator.save_clock()
    return {"now": emulator.clock.now().isoformat(), **_summaries(found)}


def _fault(emulator: Emulation, addresses: Addresses, body: Body) -> Any:
    """Inject a fault, with the fields of ``Injection`` (``retryAfter`` in camel case too)."""
    rule = {("retry_after" if name == "retryAfter" else name): value for name, value in body.items()}
    for name in ("delay", "rate", "skip", "times"):
        if rule.get(name) is not None:
            rule[name] = type(_FAULT_NUMBERS[name])(_seconds(rule[name], name, _FAULT_NUMBERS[name]))
    emulator.fault(**rule)
    return {"faults": len(emulator.service.faults.rules)}


_FAULT_NUMBERS = {"delay": _LONGEST["seconds"], "rate": 1.0, "skip": 1_000_000, "times": 1_000_000}
"""The most that each number of a fault may be."""


def _clear_faults(emulator: Emulation, addresses: Addresses, body: Body) -> Any:
    emulator.service.faults.clear()
    return {"faults": 0}


def _cross_cloud(emulator: Emulation, addresses: Addresses, body: Body) -> Any:
    """Tick or clear the cross-cloud synchronization box of ``tenant`` for the source cloud ``cloud``."""
    tenant = emulator.tenants[body["tenant"]]
    if body.get("allowed", True):
        return {"servicePrincipalId": tenant.allow_cross_cloud_synchronization_from(body["cloud"])}
    tenant.forbid_cross_cloud_synchronization_from(body["cloud"])
    return {}


def _job_schema(emulator: Emulation, addresses: Addresses, body: Body) -> Any:
    """Let new jobs of ``tenant`` start with the synchronization ``schema``, e.g. one exported from a real tenant."""
    emulator.tenants[body["tenant"]].start_jobs_with(body["schema"])
    return {}


def _tenant(emulator: Emulation, addresses: Addresses, body: Body) -> Any:
    """Add a tenant ``name`` in a ``cloud``."""
    tenant = emulator.add_tenant(body["name"], body.get("cloud", "global"), display_name=body.get("displayName"))
    return next(item for item in addresses.description()["tenants"] if item["tenantId"] == tenant.tenant_id)


def _settings(emulator: Emulation, addresses: Addresses, body: Body) -> Any:
    """Switch throttling on or off, and set how late replicas and the service's own work are, in seconds."""
    service = emulator.service
    if "throttling" in body:
        service.throttling.enabled = bool(body["throttling"])
    if "replicationSeconds" in body:
        now = service.clock.now().timestamp()
        service.replication.delay(
            service.store,
            _seconds(body["replicationSeconds"], "replicationSeconds", _LONGEST["seconds"]),
            now=now,
            seed=int(body.get("seed", 1)),
        )
    if "latencySeconds" in body:
        latency = _seconds(body["latencySeconds"], "latencySeconds", _LONGEST["seconds"])
        service.latency = timedelta(seconds=latency)
    return {
        "throttling": service.throttling.enabled,
        "replicationSeconds": service.replication.seconds,
        "latencySeconds": service.latency.total_seconds(),
    }


def _snapshot(emulator: Emulation, addresses: Addresses, body: Body) -> Any:
    """Write the state to a file of this ``name`` beside it."""
    path = _snapshot_path(emulator, body)
    emulator.snapshot(path)
    return {"snapshot": path.stem}


def _reset(emulator: Emulation, addresses: Addresses, body: Body) -> Any:
    """Return to the snapshot of this ``name``; ``start`` is the state that the server began with."""
    path = _snapshot_path(emulator, body)
    if not path.exists():
        raise _Refused(f"there is no snapshot {path.stem}")
    emulator.reset(path)
    return {"snapshot": path.stem}


def _snapshot_path(emulator: Emulation, body: Body) -> Path:
    name = str(body.get("name") or "start")
    if not name.replace("-", "").isalnum():
        raise _Refused("a snapshot's name has letters, digits and dashes only")
    if emulator.state is None:
        raise _Refused("an emulator in memory keeps no snapshots; give it a state directory")
    folder = emulator.state / "snapshots"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.sqlite3"


_OPERATIONS: dict[tuple[str, str], Callable[[Emulation, Addresses, Body], Any]] = {
    ("GET", ""): _describe,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _clear_requests,
    ("POST", "cycle"): _cycle,
    ("POST", "clock"): _advance,
    ("POST", "faults"): _fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "cross-cloud"): _cross_cloud,
    ("POST", "job-schema"): _job_schema,
    ("POST", "tenants"): _tenant,
    ("POST", "settings"): _settings,
    ("POST", "snapshot"): _snapshot,
    ("POST", "reset"): _reset,
}
