"""What many links cost if Graph refuses a tenth of the requests, beside the same links without a refusal.

    python benchmarks/many_links.py                    10 and 30 links
    python benchmarks/many_links.py 30 100 300
    python benchmarks/many_links.py --engine 10        the same with Pulumi's engine and a served emulator
    python benchmarks/many_links.py --engine --refused 300    only with refusals

Without ``--engine`` the resources run one by one in this process, on emulated tenants. Seconds are those of the
processor, and a wait is added up instead of waited for, so that other work on the machine counts little. The peak of
memory includes the emulator's; with the engine it is that of its largest process. Each row compares a link's seconds
and requests with those of the first row of the same command, which is the baseline.

Fails if anything is lost: each link has one application with one job that runs, a further run sends nothing, and a
destroy leaves no application, no partner and no allowed cloud.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entra_sync.cli.project.workspace import Workspace

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

SIZES = (10, 30)
REFUSED = 0.1
"""Share of the requests that are answered 429."""
RETRY_AFTER = 1.0
"""Seconds that such an answer asks to wait."""

PROGRAM = """
import pulumi
import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))
mappings = entra.defaults(contoso.cloud, federal.cloud).without("telephoneNumber")
groups = config.require_object("groups")
for number in range(config.require_object("links")):
    entra.CrossCloudLink(
        f"link-{number}",
        source=contoso,
        target=federal,
        scope=[entra.Group(groups[number % len(groups)])],
        mappings=mappings,
        notify="ops@contoso.com",
    )
"""


def emulator() -> Any:
    """Two tenants whose administrators have ticked the cross-cloud box."""
    from entra_sync.emulator import Emulator

    made = Emulator.sample("contoso", people=20)
    made.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    return made


def configuration(tenants: Any, links: int) -> dict[str, Any]:
    """What the program reads."""
    entries = tenants.service.store.objects(tenants.tenants["contoso"].tenant_id, "group")
    groups = [entry.id for entry in entries if not entry.doc.get("groupTypes")]
    return {
        **{name: {"tenant_id": each.tenant_id, "cloud": str(each.cloud)} for name, each in tenants.tenants.items()},
        "groups": groups,
        "links": links,
    }


def check_made(tenants: Any, links: int) -> None:
    """Fails if a link is lost or made twice."""
    store = tenants.service.store
    contoso = tenants.tenants["contoso"].tenant_id
    names = [entry.doc["displayName"] for entry in store.objects(contoso, "application")]
    expected = [f"link-{number}" for number in range(links)]
    assert sorted(expected) == sorted(name for name in names if name.startswith("link-"))
    running = [e for e in store.objects(contoso, "job") if e.doc["schedule"]["state"] == "Active"]
    assert links == len(running), f"{len(running)} jobs run"


def check_gone(tenants: Any) -> None:
    """Fails if a destroy leaves something."""
    store = tenants.service.store
    for tenant in tenants.tenants.values():
        left = [entry.doc for kind in ("partner", "job") for entry in store.objects(tenant.tenant_id, kind)]
        assert left == [], left
        names = [entry.doc["displayName"] for entry in store.objects(tenant.tenant_id, "application")]
        assert not [name for name in names if name.startswith("link-")]


@dataclass(frozen=True)
class Cost:
    """What one command took.

    Attributes:
        seconds: Of the processor; with the engine, those that pass.
        waited: Seconds of those waits.
        requests: Requests to Graph; up to 20 share a batch, which counts once.
        megabytes: Peak of the process's memory so far; with the engine, of its largest process.
        state: Bytes of the stack's state on disk; 0 without the engine.
    """

    seconds: float
    waited: float
    requests: int
    megabytes: float
    state: int = 0


def in_process(links: int, share: float) -> dict[str, Cost]:
    """Makes, repeats and destroys the links, resource by resource."""
    import httpx
    from tests.faults.mini import Engine, program

    from entra_sync.base.run.memory import forget
    from entra_sync.graph.gateway import Graph, connecting
    from entra_sync.microsoft.tenant import Tenant

    os.environ["ENTRA_SYNC_NO_CACHE"] = "1"
    tenants = emulator()
    inner = tenants.transport()
    counts = {"requests": 0, "waited": 0.0}
    known: dict[Tenant, Graph] = {}

    class Counting(httpx.AsyncBaseTransport):
        """Counts the requests."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            """One request."""
            counts["requests"] += 1
            return await inner.handle_async_request(request)

    async def sleep(seconds: float) -> None:
        counts["waited"] += seconds
        tenants.clock.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    def connected(tenant: Tenant) -> Graph:
        if tenant not in known:
            credential = tenants.credential(tenant.name)
            known[tenant] = Graph(tenant, credential=credential, transport=Counting(), sleep=sleep)
        return known[tenant]

    declared = program("quickstart", configuration(tenants, links), edit=lambda _: PROGRAM)
    engine = Engine()
    if share:
        tenants.fault(status=429, retry_after=RETRY_AFTER, times=None, rate=share)

    def command(verb: str) -> Cost:
        forget()
        known.clear()
        counts.update(requests=0, waited=0.0)
        start = time.process_time()
        quiet = io.StringIO()
        with connecting(connected), contextlib.redirect_stderr(quiet), contextlib.redirect_stdout(quiet):
            engine.go_on(engine.start(verb, declared))
        seconds = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return Cost(seconds, counts["waited"], int(counts["requests"]), peak)

    costs = {"up": command("up")}
    check_made(tenants, links)
    tenants.requests.clear()
    costs["up again"] = command("up")
    assert tenants.requests.calls() == [], "a further run sends something"
    costs["refresh"] = command("refresh")
    costs["destroy"] = command("destroy")
    check_gone(tenants)
    return {f"{verb}, {len(declared):,} resources" if verb == "up" else verb: cost for verb, cost in costs.items()}


def workspace(program: Path, directory: Path, environment: dict[str, str]) -> Workspace:
    """A stack of a copy of *program*."""
    from entra_sync.cli.project.workspace import Workspace

    project = directory / "project"
    shutil.copytree(program, project)
    (project / "Pulumi.yaml").write_text("name: entra-sync\nruntime: python\n")
    made = Workspace(project, directory, environment)
    made.init()
    return made


def size(stack: Workspace) -> int:
    """Bytes of the stack's state on disk."""
    (file,) = (stack.directory / "state/.pulumi/stacks").rglob(f"{stack.stack}.json")
    return file.stat().st_size


def on_the_engine(links: int, share: float) -> dict[str, Cost]:
    """Makes, repeats and destroys the links with Pulumi's engine, which runs up to 16 resources at a time."""
    costs = {}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        source.mkdir()
        (source / "__main__.py").write_text(PROGRAM)
        tenants = emulator()
        with tenants.serve() as server:
            stack = workspace(source, Path(folder) / "stack", server.environment())
            values = {**configuration(tenants, links), **{name: server.connection(name) for name in tenants.tenants}}
            stack.configure({f"entra-sync:{name}": value for name, value in values.items()})
            if share:
                tenants.fault(status=429, retry_after=RETRY_AFTER, times=None, rate=share)
            steps: dict[str, Callable[[], Any]] = {"up": stack.up, "up again": stack.up}
            for name, step in {**steps, "refresh": stack.refresh, "destroy": stack.destroy}.items():
                if name == "destroy":
                    check_made(tenants, links)
                asked, start = len(tenants.requests), time.perf_counter()
                step().raise_for_code()
                peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
                seconds = time.perf_counter() - start
                costs[name] = Cost(seconds, 0.0, len(tenants.requests) - asked, peak, size(stack))
            check_gone(tenants)
    return costs


def main() -> None:
    """Measures each number of links without and with refusals, each in a process of its own."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("links", type=int, nargs="*", default=SIZES, help="numbers of links")
    options.add_argument("--engine", action="store_true", help="use Pulumi's engine")
    options.add_argument("--refused", action="store_true", help="leave out the links without refusals")
    asked = options.parse_args()
    measure = on_the_engine if asked.engine else in_process
    first: dict[str, tuple[float, float]] = {}
    for share in (REFUSED,) if asked.refused else (0.0, REFUSED):
        for links in asked.links:
            with multiprocessing.get_context("spawn").Pool(1) as process:
                costs = process.apply(measure, (links, share))
            print(f"{links} links, {share:.0%} of the requests refused")
            for verb, cost in costs.items():
                seconds, requests = cost.seconds / links, cost.requests / links
                base = first.setdefault(verb.partition(",")[0], (seconds, requests))
                state = f"state {cost.state:,} bytes, " if cost.state else ""
                print(
                    f"  {verb:<24} {cost.seconds:7.1f} s + {cost.waited:6.0f} s of waits, {cost.requests:7,} requests, "
                    f"peak {cost.megabytes:5.0f} MB, {state}a link: {seconds / base[0]:.2f} of the seconds, "
                    f"{requests / (base[1] or 1):.2f} of the requests",
                    flush=True,
                )


if __name__ == "__main__":
    main()
