"""Plays one life of a link in both forms, side by side: in Python, and as the program in YAML that declares the same.

Each form has tenants of its own, which begin alike. After each act of the table both forms are compared; what a run
generates, such as the id of a job, is a number by the order in which it appears.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from entra_sync.base.preview import differences, failures, planned_steps
from entra_sync.emulator import Emulator
from entra_sync.emulator.cycle.users.records import Journey
from entra_sync.impact.report.planned import planned_impacts
from tests.otherwise import in_values, otherwise
from tests.programs.conftest import Stack, copied, opened
from tests.programs.packaged.forms import listed, said, use_yaml_host
from tests.programs.packaged.translated import as_yaml

__all__ = ["Act", "Form", "Seen", "played"]

JSON = Any
GENERATED = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|DomainAzureAD\w*\.[0-9a-f]+\.[0-9a-f-]+|:\d{5}\b"
    r"|(?<=appRoleAssignedTo/)[\w-]+"
)


@dataclass(frozen=True)
class Seen:
    """What came of an act.

    Attributes:
        code: Exit code, of the last command if the act has several.
        said: All that was printed.
        same: What must be the same in both forms.
    """

    code: int
    said: str
    same: JSON


@dataclass
class Form:
    """A link in one form."""

    stack: Stack
    declare: Callable[[Form, Mapping[str, JSON]], None]
    program: str = ""
    config: dict[str, JSON] = field(default_factory=dict)

    def values(self) -> dict[str, JSON]:
        """The configuration, with ids in place of the names of groups, and of the number of canaries."""
        groups = self.stack.groups(*self.config["groups"])
        canaries = self.stack.passing_the_filter("Engineering")[: self.config.get("canaries", 0)]
        return {**self.config, "groups": groups, "canaries": [*canaries, *self.config.get("strangers", [])]}

    def plan(self, *options: str, destroy: bool = False) -> tuple[int, JSON]:
        """Exit code and result of a preview, also of one that is refused."""
        command = ["destroy", "--preview-only"] if destroy else ["preview"]
        ended = self.stack.workspace.run(*command, "--json", *options, quiet=True)
        return ended.code, json.JSONDecoder().raw_decode(ended.output, ended.output.index("{"))[0]

    def sends(self, act: Callable[[], Any], plan: JSON) -> Any:
        """Runs *act*, which must succeed and send what *plan* lists."""
        start = len(self.stack.emulator.requests)
        ended = act().raise_for_code()
        calls = [call for step in planned_steps(plan) for call in step.calls]
        assert [] == differences(calls, self.stack.emulator.requests.calls(start))
        return ended

    def users(self) -> int:
        """How many users the target has."""
        return sum(1 for _ in self.stack.graphs["federal"].pages("/v1.0/users?$select=id&$top=999"))


@dataclass(frozen=True)
class Act:
    """A row of the table.

    Attributes:
        does: What is run.
        says: What must be printed, as regular expressions.
        program: The program in Python from this act on.
        config: Configuration from this act on; names of groups where the program has ids.
        before: What an administrator does first.
        service: A text that the service writes as another one in this act.
        refused: Whether the act must fail.
        writes: Whether anything may be sent.
    """

    does: Callable[[Form], Seen]
    says: tuple[str, ...] = ()
    program: str = ""
    config: Mapping[str, JSON] = field(default_factory=dict)
    before: Callable[[Form], None] = lambda form: None
    service: tuple[str, str] | None = None
    refused: bool = False
    writes: bool = False


def in_python(form: Form, config: Mapping[str, JSON]) -> None:
    """Writes the program."""
    (form.stack.workspace.project / "__main__.py").write_text(form.program)
    form.stack.configure(**config)


def in_yaml(form: Form, config: Mapping[str, JSON]) -> None:
    """Writes the program that declares the same."""
    source = form.stack.workspace.project.parent / "translated"
    source.mkdir(exist_ok=True)
    (source / "__main__.py").write_text(form.program)
    text = as_yaml(source, "quickstart", {**form.stack.connections, **config})
    (form.stack.workspace.project / "Pulumi.yaml").write_text(text)
    form.stack.workspace.configure({})


def emulated() -> Emulator:
    """Enough people for a share of them to count."""
    made = Emulator.sample("contoso", seed=1, people=120)
    made.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    return made


@contextmanager
def both(directory: Path) -> Iterator[dict[str, Form]]:
    """A stack of each form, without a program."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("ENTRA_SYNC_NO_CACHE", "1")
        use_yaml_host(patch)
        forms = {}
        for name, declare in {"python": in_python, "yaml": in_yaml}.items():
            project = directory / name / "project"
            if declare is in_python:
                copied("quickstart", project)
            else:
                project.mkdir(parents=True)
                (project / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "quickstart", "runtime": "yaml"}))
            opening = opened(project, emulated(), directory / name)
            forms[name] = Form(stack.enter_context(opening), declare)
        yield forms


def played(directory: Path, table: Mapping[str, Act]) -> dict[str, dict[str, Seen | Exception]]:
    """What came of each act, by form. An act that raised does not end the life."""
    found: dict[str, dict[str, Seen | Exception]] = {}
    with both(directory) as forms, ThreadPoolExecutor() as pool:
        for title, act in table.items():
            with pytest.MonkeyPatch.context() as patch:
                if act.service is not None:
                    patch.setattr(Journey, "on_demand", otherwise(in_values(*act.service)))
                seen = pool.map(lambda form, act=act: _seen(act, form), forms.values())
                found[title] = dict(zip(forms, seen, strict=True))
    return found


def _seen(act: Act, form: Form) -> Seen | Exception:
    try:
        form.program = act.program or form.program
        form.config |= act.config
        if act.program or act.config:
            form.declare(form, form.values())
        act.before(form)
        start = len(form.stack.emulator.requests)
        seen = act.does(form)
        sent = form.stack.emulator.requests.calls(start)
        assert act.writes or not sent, sent
        return Seen(seen.code, seen.said, counted(said(seen.same)))
    except Exception as error:
        return error


def counted(value: JSON) -> JSON:
    """*value* with what was generated as numbers, by the order of appearance."""
    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return numbers.setdefault(match[0], f"#{len(numbers)}")

    return json.loads(GENERATED.sub(number, json.dumps(value, sort_keys=True)))


def previews(form: Form) -> Seen:
    """A preview: calls and users, or the errors. How far a refused preview comes before it ends is chance."""
    code, plan = form.plan()
    if code:
        return Seen(code, "\n".join(failures(plan)), errors(plan))
    steps, users = planned_steps(plan), planned_impacts(plan)
    pending = {step.title: sorted(step.pending) for step in steps if step.pending}
    return Seen(code, "\n".join(users), {"calls": listed(steps), "pending": pending, "users": users})


def errors(plan: JSON) -> list[str]:
    """The errors of a preview by kind and name of the resource, without what the engine's end interrupts."""
    told = (re.sub(r"pulumi-python:dynamic/entra:|entra:index:", "entra:", each) for each in failures(plan))
    return [each for each in told if "the client connection is closing" not in each]


def makes(form: Form) -> Seen:
    """A preview, and an up that sends what the preview lists."""
    code, plan = form.plan()
    assert 0 == code, failures(plan)
    ended = form.sends(form.stack.workspace.up, plan)
    same = {"calls": listed(planned_steps(plan)), "users": planned_impacts(plan), "schedule": form.stack.schedule()}
    return Seen(code, ended.output, same)


def tries(form: Form) -> Seen:
    """An up without a preview, of which something stops in the middle."""
    ended = form.stack.workspace.up()
    return Seen(ended.code, ended.output, {"schedule": form.stack.schedule()})


def cycles(form: Form) -> Seen:
    """A cycle of the service."""
    found = [summary.state for summary in form.stack.emulator.run_cycle()]
    return Seen(0, "", {"states": found, "users": form.users()})


def rests(form: Form) -> Seen:
    """An unchanged program: neither a preview nor an up asks Graph anything, and a refresh finds nothing new."""
    requests = len(form.stack.emulator.requests)
    before = previews(form)
    again = form.stack.workspace.up().raise_for_code()
    asked = len(form.stack.emulator.requests) - requests
    form.stack.workspace.refresh().raise_for_code()
    return Seen(0, again.output, {"asked": asked, "before": before.same, "after": previews(form).same})


def restores(form: Form) -> Seen:
    """A refresh, and an up that undoes what another administrator changed."""
    form.stack.workspace.refresh().raise_for_code()
    return makes(form)


def refuses_all(form: Form) -> Seen:
    """Preview, up and destroy of what is protected."""
    workspace = form.stack.workspace
    ended = [workspace.preview(), workspace.up(), workspace.run("destroy", "--preview-only"), workspace.destroy()]
    codes = [each.code for each in ended]
    said = "\n".join(each.output for each in ended)
    return Seen(min(codes), said, {"codes": codes, "protected": ["protect" in each.output for each in ended]})


def asks(*arguments: str) -> Callable[[Form], Seen]:
    """A command of ours about the program and its stack."""

    def ask(form: Form) -> Seen:
        workspace = form.stack.workspace
        (workspace.project / workspace.config_file.name).write_bytes(workspace.config_file.read_bytes())
        ended = subprocess.run(
            [
                Path(sys.executable).with_name("entra-sync"),
                *arguments,
                "--program",
                workspace.project,
                "--stack",
                "test",
            ],
            env={**os.environ, **workspace.settings(), **workspace.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        shown = re.sub(rf"{re.escape(str(workspace.project))}|[0-9-]{{10}} [0-9:]{{5}} UTC", "", ended.stdout)
        return Seen(ended.returncode, ended.stdout + ended.stderr, shown)

    return ask


def removes(form: Form) -> Seen:
    """A destroy that sends what its preview lists, and leaves nothing."""
    _, plan = form.plan(destroy=True)
    form.sends(form.stack.workspace.destroy, plan)
    left = list(form.stack.graphs["contoso"].pages("/v1.0/policies/crossTenantAccessPolicy/partners"))
    return Seen(0, "", {"calls": listed(planned_steps(plan)), "left": left})
