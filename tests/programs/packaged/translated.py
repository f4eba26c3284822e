"""Prints a program in Python as the program in YAML that declares the same, as JSON.

python -m tests.programs.packaged.translated programs/quickstart < settings.json

The settings are the stack's configuration, names with their namespace. Each resource of the package and each link
becomes a resource with the packaged type; what one takes from another becomes a reference, and other resources of a
link are left to the component.
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.sync_await import _ensure_event_loop, _sync_await

import entra_sync
from entra_sync.base.kinds import BESIDE, COMPONENT, DECLARATION, EARLIER, PROVIDER, kind_of
from entra_sync.operate.project.running import run_program
from entra_sync.program.link import CrossCloudLink
from entra_sync.program.link_arguments import LinkArguments, Scope

JSON = Any
PARAMETERS = inspect.signature(CrossCloudLink).parameters
HIDDEN = (PROVIDER, DECLARATION, EARLIER, BESIDE)


class Translator(MockMonitor):
    """Takes note of each resource; an output is a reference to it."""

    def __init__(self, links: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(_NoMocks())
        self.resources: dict[str, JSON] = {}
        self._links = links
        self._names: dict[str, str] = {}

    def RegisterResource(self, request: Any) -> Any:
        """Notes a resource that the program itself declares."""
        urn = f"urn:pulumi:test::project::{request.type}::{request.name}"
        _ensure_event_loop()  # type: ignore[no-untyped-call]
        values = rpc.deserialize_properties(request.object)
        inputs = {key: value for key, value in values.items() if value is not None and key not in HIDDEN}
        kind = kind_of(request.type)
        within = f"::{COMPONENT}::" in request.parent
        if request.type == COMPONENT:
            self._note(request, urn, "CrossCloudLink", arguments(self._links[request.name]))
        elif kind is not None and not within:
            self._note(request, urn, kind, inputs)
        outputs = getattr(entra_sync, kind).outputs() if kind is not None else ()
        found = {**{name: f"${{{request.name}.{name}}}" for name in outputs if name not in inputs}, **inputs}
        answer = _sync_await(rpc.serialize_properties(found, {}))
        return resource_pb2.RegisterResourceResponse(urn=urn, id=f"{request.name}-id", object=answer)

    def _note(self, request: Any, urn: str, kind: str, inputs: JSON) -> None:
        after = [f"${{{self._names[each]}}}" for each in request.dependencies if each in self._names]
        self._names[urn] = request.name
        options = ({"dependsOn": sorted(after)} if after else {}) | ({"protect": True} if request.protect else {})
        declared = {"type": f"entra:{kind}", "properties": plain(inputs)}
        self.resources[request.name] = declared | ({"options": options} if options else {})


class _NoMocks(Mocks):
    """Every resource is noted, and functions of other providers answer nothing."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return "", dict(args.inputs)

    def call(self, args: MockCallArgs) -> dict[Any, Any]:
        return {}


def plain(inputs: Mapping[str, JSON]) -> dict[str, JSON]:
    """The inputs as another language writes them: of mappings only those that the program says something about."""
    if not isinstance(inputs.get("mappings"), list):
        return dict(inputs)
    said = [each for each in inputs["mappings"] if each.get("declared") != []]
    mappings = [{key: value for key, value in each.items() if key != "declared"} for each in said]
    return {**inputs, "mappings": mappings}


def arguments(given: Mapping[str, Any]) -> JSON:
    """The arguments of a link as plain data, by the names that other languages use."""
    known = {name: given.get(name, PARAMETERS[name].default) for name in LinkArguments.model_fields}
    body = LinkArguments.model_validate(known).body()
    everyone = given["scope"] is Scope.EVERYONE
    named = {
        key: body[key] for key in map(LinkArguments.wire, given) if key in body and not (everyone and key == "scope")
    }
    return named | ({"everyone": True} if everyone else {})


def translated(program: Path, config: Mapping[str, str]) -> dict[str, JSON]:
    """The resources of a program."""
    links: dict[str, Mapping[str, Any]] = {}
    build = CrossCloudLink.__init__

    def noted(self: CrossCloudLink, name: str, **given: Any) -> None:
        links[name] = {key: value for key, value in given.items() if key != "opts"}
        build(self, name, **given)

    CrossCloudLink.__init__ = noted  # type: ignore[method-assign]
    translator = Translator(links)
    run_program(program.resolve() / "__main__.py", "project", "test", config, translator, dry_run=False)
    return translator.resources


def as_yaml(program: Path, project: str, config: Mapping[str, JSON]) -> str:
    """The file Pulumi.yaml of a project that declares what *program* declares with the values of *config*.

    It is served by the packaged provider beside this Python. Pulumi keeps the run of a program in globals, so another
    process runs it.
    """
    finished = subprocess.run(
        [sys.executable, "-m", "tests.programs.packaged.translated", str(program)],
        cwd=Path(__file__).parents[3],
        input=json.dumps({f"project:{name}": json.dumps(value) for name, value in config.items()}),
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise RuntimeError(finished.stderr)
    provider = {"name": "entra", "path": str(Path(sys.executable).parent)}
    settings = {"name": project, "runtime": "yaml", "plugins": {"providers": [provider]}}
    return yaml.safe_dump({**settings, "resources": json.loads(finished.stdout)}, sort_keys=False)


if __name__ == "__main__":
    json.dump(translated(Path(sys.argv[1]), json.load(sys.stdin)), sys.stdout)
