"""How long each command takes, beside the same command for as many dynamic resources that do nothing.

    python benchmarks/floor.py                      the quickstart's link
    python benchmarks/floor.py --links 1 10 60      so many links of one pair of tenants
    python benchmarks/floor.py --resources 1000     so many small resources, ten for each of a hundred links
    python benchmarks/floor.py --latency 50 200     the same link, with so many milliseconds of latency

The commands are create preview, up, no-op preview, refresh and destroy. A command that leaves all as it is runs several
times in turn with its baseline, and the median counts; `--rounds` says how many times. Seconds are those that pass,
with the pauses between answers that must agree. Each call in a batch counts; `calls.py` counts requests.

Fails if a preview of an unchanged program sends a call, or if the baseline has another number of resources.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from many_links import PROGRAM, configuration, emulator, workspace

from entra_sync.cli.project.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5

LINK = 12
"""Resources of a link that declares no schedule or license of its own."""

SMALL = 10
"""Resources for each link of `benchmarks/programs/two_hundred`."""

Step = Callable[[Workspace], Any]

COMMANDS: Mapping[str, Step] = {
    "create preview": lambda stack: stack.preview(),
    "up": lambda stack: stack.up(),
    "no-op preview": lambda stack: stack.preview(),
    "refresh": lambda stack: stack.refresh(),
    "destroy": lambda stack: stack.destroy(),
}
ONCE = frozenset({"up", "destroy"})
"""Commands that change something, so that they run once."""


def seconds(step: Step, stack: Workspace) -> float:
    """Seconds that a command takes."""
    start = time.perf_counter()
    step(stack).raise_for_code()
    return time.perf_counter() - start


def resources(stack: Workspace) -> int:
    """The dynamic resources of a stack."""
    found = stack.export()["deployment"]["resources"]
    return len([each for each in found if str(each["type"]).startswith("pulumi-python:")])


def compare(what: str, program: Path, values: Mapping[str, Any], count: int, rounds: int, latency: float = 0) -> None:
    """Prints what each command takes for *program*, which declares *count* resources, beside the baseline.

    Each answer of the emulator takes *latency* seconds more.
    """
    with tempfile.TemporaryDirectory() as folder:
        tenants = emulator()
        if latency:
            tenants.fault(delay=latency, times=None)
        with tenants.serve() as server:
            ours = workspace(program, Path(folder) / "ours", server.environment())
            idle = workspace(ROOT / "benchmarks/programs/do_nothing", Path(folder) / "idle", {})
            connections = {name: server.connection(name) for name in tenants.tenants}
            config = {**configuration(tenants, 1), **connections, **values}
            ours.configure({f"entra-sync:{name}": value for name, value in config.items()})
            idle.configure({"entra-sync:count": count})
            for name, step in COMMANDS.items():
                times = 1 if name in ONCE else rounds
                asked = len(tenants.requests)
                pairs = [(seconds(step, ours), seconds(step, idle)) for _ in range(times)]
                calls = (len(tenants.requests) - asked) // times
                taken, least = (statistics.median(each) for each in zip(*pairs, strict=True))
                print(
                    f"{name} of {what}: {taken:.2f} s, {calls:,} calls; of {count:,} do-nothing resources: "
                    f"{least:.2f} s; ratio {taken / least:.2f}",
                    flush=True,
                )
                if name == "up":
                    assert resources(idle) == resources(ours), (resources(idle), resources(ours))
                if name == "no-op preview":
                    assert not calls, f"{calls} calls"


def main() -> None:
    """Compares what the arguments name."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--links", type=int, nargs="*", default=[], help="numbers of links")
    options.add_argument("--resources", type=int, nargs="*", default=[], help="numbers of small resources")
    options.add_argument("--latency", type=int, nargs="*", default=[], help="milliseconds that each answer takes more")
    options.add_argument(
        "--rounds", type=int, default=ROUNDS, help="how many times a command that changes nothing runs"
    )
    asked = options.parse_args()
    os.environ["ENTRA_SYNC_NO_CACHE"] = "1"
    quickstart = ROOT / "programs/quickstart"
    if not asked.links and not asked.resources and not asked.latency:
        compare("the link", quickstart, {}, LINK, asked.rounds)
    for milliseconds in asked.latency:
        compare(f"the link at {milliseconds} ms", quickstart, {}, LINK, asked.rounds, milliseconds / 1000)
    for links in asked.links:
        with tempfile.TemporaryDirectory() as source:
            (Path(source) / "__main__.py").write_text(PROGRAM)
            compare(f"{links:,} links", Path(source), {"links": links}, LINK * links, asked.rounds)
    for number in asked.resources:
        links = -(-number // SMALL)
        program = ROOT / "benchmarks/programs/two_hundred"
        compare(f"{SMALL * links:,} small resources", program, {"links": links}, SMALL * links, asked.rounds)


if __name__ == "__main__":
    main()
