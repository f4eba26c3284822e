"""No-op previews and states of the two forms, in Python and in YAML, beside as many resources that do nothing.

What is measured is processor time of all processes, which depends less on what else the machine does than the clock.
`--rounds` says how many previews of each the median is of. Both states are measured after an up and a refresh.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from floor import ROOT
from many_links import workspace

from entra_sync.cli.project.workspace import Workspace
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph
from entra_sync.microsoft.tenant import Tenant

sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
import language_hosts  # noqa: E402
from tests.programs.packaged.translated import as_yaml  # noqa: E402

import engine  # noqa: E402

JSON = Any


def in_yaml(program: Path, python: Workspace, directory: Path, config: Mapping[str, JSON]) -> Workspace:
    """The stack of *python* after its program was replaced by one in YAML that declares the same."""
    project = directory / "project"
    project.mkdir(parents=True)
    (project / "Pulumi.yaml").write_text(as_yaml(program, "entra-sync", config))
    moved = Workspace(project, directory, python.environment)
    moved.init()
    moved.configure({})
    state = directory / "state.json"
    state.write_text(json.dumps(python.export()))
    moved.run("stack", "import", "--file", str(state)).raise_for_code()
    moved.up().raise_for_code()
    moved.refresh().raise_for_code()  # takes the references of the dynamic form out of the state
    return moved


def medians(stacks: Mapping[str, Workspace], rounds: int) -> dict[str, float]:
    """Processor seconds of a preview of each, in turn."""
    times: dict[str, list[float]] = {name: [] for name in stacks}
    for _ in range(rounds):
        for name, stack in stacks.items():
            start = spent()
            stack.preview().raise_for_code()
            times[name].append(spent() - start)
    return {name: statistics.median(each) for name, each in times.items()}


def spent() -> float:
    """Processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compare(what: str, program: Path, nothing: Workspace, folder: Path, rounds: int) -> None:
    """Prints what both forms of a program take, beside *nothing*."""
    emulator = Emulator.sample("contoso", people=50)
    emulator.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    with emulator.serve() as server:
        environment = {**server.environment(), "ENTRA_SYNC_REPLICA_LAG": "2"}
        python = workspace(program, folder / "python", environment)
        config: dict[str, JSON] = {name: server.connection(name) for name in emulator.tenants}
        contoso = Tenant("contoso", **config["contoso"])
        graph = Graph(contoso, credential=emulator.credential("contoso"), transport=emulator.transport())
        config["groups"] = [group["id"] for group in graph.pages("/v1.0/groups?$select=id")][:2]
        python.configure({f"entra-sync:{name}": value for name, value in config.items()})
        python.up().raise_for_code()
        python.refresh().raise_for_code()
        stacks = {"Python": python, "YAML": in_yaml(program, python, folder / "yaml", config)}
        asked = len(emulator.requests)
        seconds = medians({**stacks, "nothing": nothing}, rounds)
        sent = len(emulator.requests) - asked
    for name, stack in stacks.items():
        ratio = seconds[name] / seconds["nothing"]
        print(f"no-op preview of {what} in {name}: {seconds[name]:.2f} s; nothing: {seconds['nothing']:.2f} s; "
              f"ratio {ratio:.2f}")  # fmt: skip
        resources = stack.export()["deployment"]["resources"]
        print(f"state of {what} in {name}: {len(json.dumps(resources)) / 1000:.0f} kB, {len(resources)} entries")
    print(f"requests to Graph in {2 * rounds} previews of {what}: {sent}")


def main() -> None:
    """Prints the figures of one link and of 200 resources."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    host = language_hosts.yaml_host(engine.find_or_make() / "pulumi")
    os.environ["PATH"] = f"{host}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, program, count in (
            ("one link", ROOT / "programs/quickstart", 11),
            ("200 resources", ROOT / "benchmarks/programs/two_hundred", 200),
        ):
            nothing = workspace(ROOT / "benchmarks/programs/do_nothing", folder / what / "nothing", {})
            nothing.configure({"entra-sync:count": count})
            nothing.up().raise_for_code()
            compare(what, program, nothing, folder / what, rounds)


if __name__ == "__main__":
    main()
