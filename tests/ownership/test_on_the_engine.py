"""Each way in which declarations change, share and crash, once on the real engine; ``test_table.py`` has the table.

One story, because each command of the engine takes seconds: three links, two of one pair of tenants and one back, then
a link of a second stack.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from entra_sync.impact.report.planned import planned_impacts
from tests.ownership.tenants import held
from tests.programs.conftest import Stack

HEAD = """
import pulumi

import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))


def link(name, source, target, **options):
    scope = [entra.Group(config.require_object("groups")[name.partition("-")[0]])]
    limits = entra.Limits(allow=["partial"])  # a government tenant as a source does not show its links
    return entra.CrossCloudLink(name, source=source, target=target, scope=scope, limits=limits, **options)


class Branch(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("contoso:index:Branch", name)
        link("back", federal, contoso, opts=pulumi.ResourceOptions(parent=self))

"""
FIRST = f"""{HEAD}
link("sales", contoso, federal)
link("support", contoso, federal)
link("back", federal, contoso)
"""
CHANGED = f"""{HEAD}
link("sales-v2", contoso, federal)
aliases = [pulumi.Alias(name="support")]
link("support-v2", contoso, federal, display_name="support", opts=pulumi.ResourceOptions(aliases=aliases))
Branch("federal")
"""
ONE_LESS = CHANGED.replace('link("sales-v2", contoso, federal)\n', "")
OTHER = f"""{HEAD}
link("engineering", contoso, federal)
"""


def test_declarations_change_share_and_crash(stack: Stack) -> None:
    """After each step every other link works, and after the last destroy the tenants are as they were."""
    stack.emulator.tenants["contoso"].allow_cross_cloud_synchronization_from("usgov")
    before = held(stack.graphs)
    names = ("Sales", "Support", "Engineering")
    groups = dict(zip(map(str.lower, names), stack.groups(*names), strict=True))
    back = next(iter(stack.graphs["federal"].pages("/v1.0/groups?$select=id")))["id"]
    stack.configure(groups={**groups, "back": back})
    other = in_another_stack(stack)

    run(stack, FIRST)
    works(stack, 3)

    # Renamed without and with alias, moved into a component; --replace of one resource, and one lost by the state.
    (partner,) = urns(stack, "::support-source-partner")
    lost = stack.workspace.run("state", "delete", partner, "--yes", "--target-dependents")
    assert 0 == lost.code, lost.output
    write(stack, CHANGED)
    said = planned_impacts(stack.workspace.plan())
    alias = 'aliases=[pulumi.Alias(name="sales")]'
    assert f"sales-v2-* are the same objects as sales-*; add {alias} to the link to keep them" in said
    output = run(stack, CHANGED, "--replace", "**::support-v2-inbound")
    assert "of this program uses it" in output
    works(stack, 3)

    run(stack, ONE_LESS)
    works(stack, 2)

    write(other, OTHER)
    killed(other, writes=6)
    other.workspace.run("cancel", "--yes")
    run(other, OTHER)
    works(stack, 3)

    end(stack)
    works(stack, 1)
    end(other)
    assert before == held(stack.graphs)


def in_another_stack(stack: Stack) -> Stack:
    """A second project and stack, of the same tenants."""
    project = stack.workspace.project.with_name("other")
    shutil.copytree(stack.workspace.project, project)
    directory = stack.workspace.directory.with_name("other-stack")
    made = replace(stack, workspace=replace(stack.workspace, project=project, directory=directory, stack="other"))
    made.workspace.init()
    shutil.copy(stack.workspace.config_file, made.workspace.config_file)
    return made


def write(stack: Stack, text: str) -> None:
    """Writes the stack's program."""
    (stack.workspace.project / "__main__.py").write_text(text)


def run(stack: Stack, text: str, *options: str) -> str:
    """`pulumi up` of a program; returns what it printed."""
    write(stack, text)
    outcome = stack.workspace.up(*options)
    assert 0 == outcome.code, outcome.output
    return outcome.output


def end(stack: Stack) -> None:
    """`pulumi destroy`."""
    outcome = stack.workspace.destroy()
    assert 0 == outcome.code, outcome.output


def works(stack: Stack, links: int) -> None:
    """A cycle of each link's job succeeds, and there are no other jobs."""
    assert ["Succeeded"] * links == [summary.state for summary in stack.emulator.run_cycle()]


def urns(stack: Stack, end: str) -> list[str]:
    """URNs of the stack's resources with this end."""
    resources = stack.workspace.export()["deployment"]["resources"]
    return [each["urn"] for each in resources if each["urn"].endswith(end)]


def killed(stack: Stack, writes: int) -> None:
    """`pulumi up` whose processes die as soon as so many writes have arrived."""
    requests = stack.emulator.requests
    last = len(requests.writes) + writes
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(stack.workspace.up)
        while len(requests.writes) < last:
            assert not running.done(), running.result().output
            time.sleep(0.01)
        for process in started_here(str(stack.workspace.config_file)):
            os.kill(process, signal.SIGKILL)
        outcome = running.result()
    assert 0 != outcome.code, outcome.output


def started_here(argument: str) -> Iterator[int]:
    """The engine that this process started with an argument, and all processes that it started."""
    listed = subprocess.run(["ps", "-axwwo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    processes = [
        (int(pid), int(parent), args) for pid, parent, args in (line.split(None, 2) for line in listed.splitlines())
    ]
    found = {pid for pid, parent, args in processes if parent == os.getpid() and argument in args}
    while more := {pid for pid, parent, _ in processes if parent in found} - found:
        found |= more
    yield from found
