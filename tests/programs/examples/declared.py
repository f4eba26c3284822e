"""Prints what a program declares, without an engine: for each resource its type and its known inputs, as JSON.

python -m tests.programs.examples.declared programs/quickstart
"""

from __future__ import annotations

import asyncio
import json
import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks
from pulumi.runtime.stack import wait_for_rpcs

GROUP = "00000000-0000-4000-8000-000000000001"


class Recorder(Mocks):
    """Answers every resource with its own inputs."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        inputs = {key: value for key, value in args.inputs.items() if key != "__provider"}
        self.seen.append({"type": args.typ.rpartition(":")[2], "inputs": inputs})
        return f"{args.name}-id", inputs

    def call(self, args: MockCallArgs) -> dict[Any, Any]:
        return {}


class Group(pulumi.CustomResource):
    """azuread's group, of which the programs use the id: the provider's own package is not installed here."""

    object_id: pulumi.Output[str]

    def __init__(self, name: str, **arguments: Any) -> None:
        super().__init__("azuread:index/group:Group", name, {**arguments, "object_id": GROUP})


def azuread() -> ModuleType:
    """What stands in for ``pulumi_azuread``."""
    module = ModuleType("pulumi_azuread")
    module.__dict__["Group"] = Group
    return module


def main(program: Path) -> None:
    """Runs a program with made-up tenants and groups."""
    clouds = {"contoso": "global", "federal": "usgov", "shanghai": "china"}
    tenants = {
        name: {"cloud": cloud, "tenantId": f"00000000-0000-4000-8000-{number:012}"}
        for number, (name, cloud) in enumerate(clouds.items())
    }
    recorder = Recorder()
    pulumi.runtime.set_mocks(recorder, project="p", stack="s", preview=False)
    sys.modules.setdefault("pulumi_azuread", azuread())
    settings = {**tenants, "groups": [GROUP, GROUP], "federalGroups": [GROUP], "members": [GROUP]}
    pulumi.runtime.set_all_config({f"p:{name}": json.dumps(value) for name, value in settings.items()})
    runpy.run_path(str(program / "__main__.py"), run_name="__main__")
    asyncio.get_event_loop().run_until_complete(wait_for_rpcs())
    json.dump(recorder.seen, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
