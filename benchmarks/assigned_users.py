"""What a link of users that are assigned one by one costs, beside as many dynamic resources that do nothing.

Prints seconds, requests and the size of the state on disk:

    python benchmarks/assigned_users.py [USERS]

5000 users take about two minutes, most of them for `up`.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from many_links import size, workspace

from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph
from entra_sync.microsoft.tenant import Tenant

ROOT = Path(__file__).resolve().parent
ROUNDS = 3


def main() -> None:
    """Makes both stacks, and prints what each step of the link takes."""
    users = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator.sample("contoso", people=users + users // 10)
        emulator.tenants["federal"].allow_cross_cloud_synchronization_from("global")
        with emulator.serve() as server:
            link = workspace(ROOT / "programs" / "assigned_users", Path(folder) / "link", server.environment())
            idle = workspace(ROOT / "programs" / "do_nothing", Path(folder) / "idle", {})
            connections = {name: server.connection(name) for name in emulator.tenants}
            contoso = Tenant("contoso", **connections["contoso"])
            graph = Graph(contoso, credential=emulator.credential("contoso"), transport=emulator.transport())
            ids = [user["id"] for user in graph.pages("/v1.0/users?$select=id&$top=999")][:users]
            assert len(ids) == users
            link.configure({f"entra-sync:{name}": value for name, value in connections.items()})
            # Pulumi hands the configuration to the program in one variable, which holds about 3,000 ids on Linux.
            (link.project / "users.json").write_text(json.dumps(ids))
            idle.configure({})
            idle.up().raise_for_code()

            def step(name: str, *, repeat: int = 1) -> float:
                asked, times = len(emulator.requests), []
                for _ in range(repeat):
                    start = time.perf_counter()
                    getattr(link, name)().raise_for_code()
                    times.append(time.perf_counter() - start)
                sent = (len(emulator.requests) - asked) // repeat
                print(f"{name}: {statistics.median(times):.2f} s, {sent:,} requests, state {size(link):,} bytes")
                return statistics.median(times)

            step("up")
            ours, floor = [], []
            for _ in range(ROUNDS):
                ours.append(step("preview"))
                start = time.perf_counter()
                idle.preview().raise_for_code()
                floor.append(time.perf_counter() - start)
            least = statistics.median(floor)
            print(
                f"no-op preview of {users:,} users: {statistics.median(ours):.2f} s; of do-nothing resources: "
                f"{least:.2f} s; ratio {statistics.median(ours) / least:.2f}"
            )
            step("refresh")
            step("preview")
            step("destroy")


if __name__ == "__main__":
    main()
