"""``entra-sync demo``: a link between two emulated tenants, from first preview to tear-down, on the real engine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entra_sync.graph import paths

if TYPE_CHECKING:
    from rich.console import Console

    from entra_sync.base.calls import GraphCall
    from entra_sync.cli.project.workspace import CommandResult, Workspace
    from entra_sync.emulator import Emulator
    from entra_sync.graph.gateway import Graph

__all__ = ["register"]

JSON = Any
PROJECT = "quickstart"
GROUPS = ("Engineering", "Support")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(demo)


def demo(
    people: Annotated[int, typer.Option(help="Number of users in Contoso.", min=1)] = 200,
) -> None:
    """Show a link between two emulated tenants, from the first preview to the tear-down."""
    import tempfile

    from rich.console import Console

    from entra_sync.cli.project.new import Language, write_project
    from entra_sync.emulator import Emulator

    console = Console(highlight=False, soft_wrap=True, width=max(Console().width, 120))
    with tempfile.TemporaryDirectory(prefix="entra-sync-demo-") as directory:
        project = Path(directory) / "project"
        write_project(project, PROJECT, Language.PYTHON)
        _run_with_this_python(project / "Pulumi.yaml")
        emulator = Emulator.sample("contoso", seed=1, people=people)
        with emulator.serve() as server:
            _Demo(console, emulator, server, project, Path(directory)).run()


def _run_with_this_python(settings: Path) -> None:
    """Lets the project use the environment of this command instead of one of its own."""
    import json

    environment = f"virtualenv: {json.dumps(sys.prefix)}"
    settings.write_text(settings.read_text().replace("virtualenv: .venv", environment))


class _Demo:
    """The steps, each explained in one line."""

    def __init__(self, console: Console, emulator: Emulator, server: Any, project: Path, directory: Path) -> None:
        from entra_sync.cli.project.workspace import Workspace
        from entra_sync.environment import REPLICA_LAG
        from entra_sync.graph.gateway import Graph
        from entra_sync.microsoft.tenant import Tenant

        self.console, self.emulator = console, emulator
        self.contoso, self.federal = emulator.tenants["contoso"], emulator.tenants["federal"]
        self.connections: dict[str, dict[str, JSON]] = {
            tenant.name: server.connection(tenant.name) for tenant in (self.contoso, self.federal)
        }
        environment = {**server.environment(), REPLICA_LAG: "2"}  # the emulator has one replica
        self.graphs: dict[str, Graph] = {}
        for name, connection in self.connections.items():
            tenant = Tenant(name, **connection)
            self.graphs[name] = Graph(tenant, credential=emulator.credential(name), transport=emulator.transport())
        self.workspace: Workspace = Workspace(project, directory, environment, stack="demo")
        self.number = 0

    def run(self) -> None:
        """Runs all steps, which leave both tenants as they were."""
        self.residents = self.federal_people().keys()
        groups = {group["displayName"]: group["id"] for group in self.graphs["contoso"].pages(paths.GROUPS)}
        wanted = [groups[name] for name in GROUPS]
        self.prepare()
        before = self.configuration()
        self.create(wanted)
        self.narrow(wanted[:1])
        self.drift()
        self.tear_down(before)

    def prepare(self) -> None:
        """Both tenants, and the one setting that only the portal has."""
        with self.step("Contoso (global) and Contoso Federal (US Government) are emulated on this machine"):
            for name, connection in self.connections.items():
                count = sum(1 for _ in self.graphs[name].pages(f"{paths.USERS}?$select=id&$top=999"))
                self.console.print(f"  {name}: {connection['graphUrl']}, {count} users")
        with self.step(
            "In the portal only: an administrator of Federal ticks cross-cloud synchronization for the global cloud"
        ):
            self.federal.allow_cross_cloud_synchronization_from("global")
            self.console.print(
                "  Done. The link checks it with validateCredentials before it creates and starts the job."
            )

    def create(self, groups: list[str]) -> None:
        """The link's first preview, its first ``up``, and the first cycle of its job."""
        with self.step("pulumi preview: these are the Graph calls that up will send; nothing is sent yet"):
            self.workspace.init()
            self.configure(groups)
            listed = self.show_calls()
        with self.step("pulumi up: sends exactly these calls"):
            self.change(self.workspace.up, listed)
        with self.step("The next synchronization cycle creates the users in the government tenant"):
            self.cycle()
            self.show_people()

    def narrow(self, groups: list[str]) -> None:
        """A change that takes users out of the scope: refused at first, then allowed."""
        with self.step(
            "A change: the group Support is removed from the scope. pulumi preview checks it against the limits"
        ):
            self.configure(groups)
            self.show_refusal()
        with self.step("The change is allowed (allow = removed). pulumi preview counts the users and lists the call"):
            self.configure(groups, allow=["removed"])
            listed = self.show_calls()
        with self.step(
            "pulumi up and a cycle: users who were only in Support are deleted; they can be restored for 30 days"
        ):
            self.change(self.workspace.up, listed)
            self.cycle()
            self.show_removed()

    def drift(self) -> None:
        """A setting that is changed by hand, and set again."""
        with self.step(
            "An administrator edits the deletion threshold in the portal. refresh shows the drift, up fixes it"
        ):
            self.edit_in_portal()
            self.show_drift(self.workspace.run("refresh", "--preview-only", "--diff"))
            self.workspace.refresh().raise_for_code()
            listed = self.show_calls()
            self.change(self.workspace.up, listed)

    def tear_down(self, before: dict[str, JSON]) -> None:
        """The end of the link.

        Raises:
            EntraSyncError: A tenant is not configured as it was *before*.
        """
        from entra_sync.errors import EntraSyncError

        with self.step("pulumi destroy: the job is deleted first, so that no user is deleted"):
            listed = self.show_calls(destroy=True)
            self.change(self.workspace.destroy, listed)
        with self.step(
            "Both tenants are configured as before. Synchronized users stay until an administrator deletes them"
        ):
            after = self.configuration()
            if before != after:
                raise EntraSyncError(f"the tenants are not as they were: {before} / {after}")
            self.console.print("  [green]Compared: allowed clouds, partners, applications and service principals.[/]")

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """One numbered step under its title."""
        self.number += 1
        self.console.print(f"\n[bold cyan]{self.number}. {title}[/]")
        yield

    def configure(self, groups: list[str], allow: Sequence[str] = ()) -> None:
        """The stack's configuration: two tenants, the groups in scope, and what is allowed beyond the limits."""
        values: dict[str, JSON] = {f"{PROJECT}:{name}": values for name, values in self.connections.items()}
        self.workspace.configure({**values, f"{PROJECT}:groups": groups, f"{PROJECT}:allow": list(allow)})

    def show_refusal(self) -> None:
        """Prints why a preview is refused; a small company's change can be within the limits."""
        from entra_sync.errors import EntraSyncError

        start = len(self.emulator.requests)
        try:
            self.workspace.plan()
        except EntraSyncError as refusal:
            self.console.print(f"  {str(refusal).splitlines()[0]}", markup=False, style="red")
        else:
            self.console.print("  Few users are affected, so the change is within the limits.")
        if self.emulator.requests.calls(start):
            raise EntraSyncError("the refused preview sent a call")

    def show_calls(self, *, destroy: bool = False) -> list[GraphCall]:
        """Prints which users a preview affects and the calls that it lists, and returns the calls."""
        from entra_sync.base.preview import planned_steps
        from entra_sync.base.rendering import render_steps
        from entra_sync.impact.report.planned import planned_impacts

        plan = self.workspace.plan(destroy=destroy)
        for block in planned_impacts(plan):
            self.console.print(block, markup=False, style="bold")
        steps = planned_steps(plan)
        self.console.print(render_steps(steps))
        return [call for step in steps for call in step.calls]

    def change(self, act: Callable[[], CommandResult], listed: list[GraphCall]) -> None:
        """Runs a command that changes the tenants, and compares what was sent with what was listed."""
        from entra_sync.base.preview import differences
        from entra_sync.errors import EntraSyncError

        start = len(self.emulator.requests)
        outcome = act().raise_for_code()
        sent = self.emulator.requests.calls(start)
        found = differences(listed, sent)
        if found:
            raise EntraSyncError("\n".join(["up did not send the listed calls:", *found, outcome.output]))
        self.console.print(f"  {len(sent)} {'call' if len(sent) == 1 else 'calls'} sent, each as listed")

    def show_drift(self, outcome: CommandResult) -> None:
        """Prints what a refresh says of the link, and the setting that has changed."""
        for line in map(str.strip, outcome.raise_for_code().output.splitlines()):
            if line.startswith(("entra:LinkImpact ", "~ deletionThreshold ")):
                self.console.print(f"  {line}", markup=False)

    def cycle(self) -> None:
        """One synchronization cycle, forty minutes later."""
        self.emulator.run_cycle()

    def federal_people(self) -> dict[str, JSON]:
        """Returns all users of the government tenant, by user principal name."""
        select = "$select=id,displayName,userPrincipalName,department,country,userType,externalUserState&$top=999"
        return {user["userPrincipalName"]: user for user in self.graphs["federal"].pages(f"{paths.USERS}?{select}")}

    def show_people(self) -> None:
        """Prints a table with a few of the new users, and their number."""
        from rich.box import SIMPLE
        from rich.table import Table

        users = self.federal_people()
        people = {name: user for name, user in users.items() if name not in self.residents}
        self.synchronized = set(people)
        table = Table("in Contoso Federal", "user principal name", "department", "type", box=SIMPLE)
        for user in list(people.values())[:5]:
            columns = ("displayName", "userPrincipalName", "department", "userType")
            table.add_row(*(str(user.get(column) or "") for column in columns))
        self.console.print(table)
        self.console.print(f"  {len(people)} users were synchronized; {min(len(people), 5)} of them are shown")

    def show_removed(self) -> None:
        """Prints which users were deleted, and that they can be restored."""
        people = self.federal_people()
        removed = sorted(self.synchronized - people.keys())
        deleted = list(self.graphs["federal"].pages(f"{paths.DELETED_USERS}?$select=id,displayName"))
        stay = len(self.synchronized) - len(removed)
        self.console.print(
            f"  {len(removed)} removed, {stay} stay; {len(deleted)} can be restored; {min(len(removed), 3)} are shown"
        )
        for name in removed[:3]:
            self.console.print(f"  - {name}", markup=False)

    def edit_in_portal(self) -> None:
        """Sets another deletion threshold, as an administrator does in the portal."""
        import orjson

        from entra_sync.graph.requests import Request

        graph = self.graphs["contoso"]
        application = self.workspace.export()
        owner = next(
            resource["outputs"]["servicePrincipalId"]
            for resource in application["deployment"]["resources"]
            if resource["type"].endswith(":ServicePrincipal")
        )
        path = paths.secrets(owner)
        secrets = graph.get(path)["value"]
        for pair in secrets:
            if pair["key"] == "SyncNotificationSettings":
                pair["value"] = orjson.dumps({**orjson.loads(pair["value"]), "DeleteThresholdValue": 5000}).decode()
        graph.send(Request("PUT", path, {"value": secrets}, "editing as the portal does"))

    def configuration(self) -> dict[str, JSON]:
        """Returns the settings of both tenants that a link changes."""
        found: dict[str, JSON] = {}
        for name, graph in self.graphs.items():
            # v1.0 of the government cloud does not show the allowed clouds.
            policy = graph.get(paths.BETA_ACCESS_POLICY)
            found[name] = {
                "allowedCloudEndpoints": policy["allowedCloudEndpoints"] or [],
                "partners": list(graph.pages(paths.PARTNERS)),
                "applications": sorted(item["id"] for item in graph.pages(f"{paths.APPLICATIONS}?$select=id")),
                "servicePrincipals": sorted(
                    item["id"] for item in graph.pages(f"{paths.SERVICE_PRINCIPALS}?$select=id")
                ),
            }
        return found
