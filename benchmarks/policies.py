"""What the policy pack adds to a preview of 200 resources, beside a pack of one empty rule and no pack at all."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from entra_sync.cli.project.workspace import Workspace
from entra_sync.emulator import Emulator

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3
EMPTY_PACK = """import pulumi_policy as policy

rule = policy.ResourceValidationPolicy("empty", "Looks at nothing.", lambda resource, report: None)
policy.PolicyPack("empty", [rule])
"""
RUNTIME = f"runtime:\n  name: python\n  options:\n    virtualenv: {sys.prefix}\n"


def main() -> None:
    """Prints the medians and their ratios to the preview without a pack."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty = folder / "empty"
        empty.mkdir()
        (empty / "__main__.py").write_text(EMPTY_PACK)
        (empty / "PulumiPolicy.yaml").write_text(RUNTIME)
        project = folder / "project"
        shutil.copytree(ROOT / "benchmarks" / "programs" / "two_hundred", project)
        (project / "Pulumi.yaml").write_text(f"name: entra-sync\n{RUNTIME}")
        emulator = Emulator.sample("contoso", people=20)
        emulator.tenants["federal"].allow_cross_cloud_synchronization_from("global")
        options: dict[str, tuple[str, ...]] = {
            "no pack": (),
            "pack of one empty rule": ("--policy-pack", str(empty)),
            "entra-guard": ("--policy-pack", str(ROOT / "policies")),
        }
        times: dict[str, list[float]] = {kind: [] for kind in options}
        with emulator.serve() as server:
            workspace = Workspace(project, folder / "stack", server.environment())
            workspace.init()
            workspace.configure({f"entra-sync:{tenant}": server.connection(tenant) for tenant in emulator.tenants})
            for _ in range(ROUNDS):
                for kind, option in options.items():
                    start = time.perf_counter()
                    workspace.preview(*option).raise_for_code()
                    times[kind].append(time.perf_counter() - start)
    medians = {kind: statistics.median(found) for kind, found in times.items()}
    print(f"preview of 200 resources without a pack: {medians['no pack']:.1f} s")
    for kind in list(options)[1:]:
        print(f"with {kind}: {medians[kind]:.1f} s, ratio {medians[kind] / medians['no pack']:.2f}")


if __name__ == "__main__":
    main()
