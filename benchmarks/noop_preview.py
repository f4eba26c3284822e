"""How long a preview of an unchanged link takes, beside one of as many dynamic resources that do nothing."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from entra_sync.cli.project.workspace import Workspace
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph
from entra_sync.microsoft.tenant import Tenant

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5


def workspace(program: Path, directory: Path, environment: dict[str, str]) -> Workspace:
    """A stack of a copy of *program*."""
    project = directory / "project"
    shutil.copytree(program, project)
    (project / "Pulumi.yaml").write_text("name: entra-sync\nruntime: python\n")
    made = Workspace(project, directory, environment)
    made.init()
    return made


def main() -> None:
    """Prints both medians, their ratio, and how many requests the preview sent to Graph."""
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator.sample("contoso", people=50)
        emulator.tenants["federal"].allow_cross_cloud_synchronization_from("global")
        with emulator.serve() as server:
            link = workspace(ROOT / "programs/quickstart", Path(folder) / "link", server.environment())
            idle = workspace(ROOT / "benchmarks/do_nothing", Path(folder) / "idle", {})
            connections = {name: server.connection(name) for name in emulator.tenants}
            contoso = Tenant("contoso", **connections["contoso"])
            graph = Graph(contoso, credential=emulator.credential("contoso"), transport=emulator.transport())
            groups = [group["id"] for group in graph.pages("/v1.0/groups?$select=id")][:2]
            link.configure(
                {**{f"entra-sync:{name}": value for name, value in connections.items()}, "entra-sync:groups": groups}
            )
            idle.configure({})
            for each in (link, idle):
                each.up().raise_for_code()
            asked = len(emulator.requests)
            times: dict[str, list[float]] = {"link": [], "idle": []}
            for _ in range(ROUNDS):
                for name, each in (("link", link), ("idle", idle)):
                    start = time.perf_counter()
                    each.preview().raise_for_code()
                    times[name].append(time.perf_counter() - start)
            sent = len(emulator.requests) - asked
    ours, least = statistics.median(times["link"]), statistics.median(times["idle"])
    print(f"no-op preview of the link: {ours:.2f} s; of do-nothing resources: {least:.2f} s; ratio {ours / least:.2f}")
    print(f"requests to Graph in {ROUNDS} previews: {sent}")


if __name__ == "__main__":
    main()
