"""``entra-sync emulate``: the emulator as a server, until it is interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entra_sync.cli.output import console

if TYPE_CHECKING:
    from entra_sync.emulator import Emulator
    from entra_sync.emulator.serving.server import Server

__all__ = ["allow_every_cloud", "configure_stack", "environment_of", "register"]

PREFERRED = ("Engineering", "Support")
"""Groups of the samples that a new configuration names, as the quickstart does."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(emulate)


def emulate(
    state: Annotated[
        Path,
        typer.Option(help="Directory of the tenants' state. It is created if it does not exist.", resolve_path=True),
    ],
    port: Annotated[
        int,
        typer.Option(
            help="Port of the global cloud. The other clouds use the next three ports. 0 picks free ports.",
            min=0,
            max=65_532,
        ),
    ] = 8443,
    sample: Annotated[
        str | None, typer.Option(help="Sample tenants to create if the directory has none: contoso or worldwide.")
    ] = None,
    people: Annotated[int, typer.Option(help="Number of users in the sample's first tenant.", min=1)] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the sample. The same seed creates the same tenants.")] = 1,
    cycles: Annotated[bool, typer.Option(help="Run each cycle of a job when it is due, or only on request.")] = True,
    stack: Annotated[
        str | None, typer.Option(help="Write the tenants and two groups into the configuration of this stack.")
    ] = None,
    program: Annotated[Path, typer.Option(help="Directory of the Pulumi program, for --stack.")] = Path(),
    cross_cloud: Annotated[
        bool, typer.Option("--cross-cloud", help="Allow cross-cloud synchronization in every tenant, as in the portal.")
    ] = False,
    facts: Annotated[
        Path | None,
        typer.Option(help="File written by `entra-sync verify`. The emulator answers as the tenants in it did."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON when ready, instead of text.")
    ] = False,
) -> None:
    """Run the emulator: Microsoft Graph of several clouds on localhost, over TLS, until interrupted."""
    import signal
    import sys
    import threading

    import orjson

    with closing(_opened(state, sample, seed, people, facts)) as emulator:
        _keep_the_start(emulator)
        if cross_cloud:
            allow_every_cloud(emulator)
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        with _served(emulator, port, cycles) as server:
            if stack is not None:
                configure_stack(emulator, server, program, stack)
            if as_json:
                sys.stdout.write(orjson.dumps(server.description()).decode() + "\n")
            else:
                _print(server)
            sys.stdout.flush()
            stopping.wait()


def _opened(state: Path, sample: str | None, seed: int, people: int, facts: Path | None) -> Emulator:
    """The tenants of the directory *state*, or those of *sample* if it holds none.

    Raises:
        ConfigurationError: The extra is not installed, or the directory or the sample cannot be used.
    """
    import sqlite3

    from entra_sync.errors import ConfigurationError
    from entra_sync.microsoft.assumptions import found

    given = None if facts is None else found(facts)
    try:
        from entra_sync.emulator import Emulator
        from entra_sync.emulator.serving.server import Server  # noqa: F401  (fails here rather than after the state)
    except ModuleNotFoundError as missing:
        raise ConfigurationError(
            f'the emulator needs {missing.name}, which is not installed; run pip install "pulumi-entra-sync[emulator]"'
        ) from None
    try:
        if sample:
            return Emulator.sample(sample, seed=seed, people=people, state=state, facts=given)
        return Emulator(state, facts=given)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    except OSError as error:
        raise ConfigurationError(f"{state}: {error.strerror or error}") from None
    except sqlite3.Error as error:
        raise ConfigurationError(
            f"{state}: the state cannot be read ({error}); restore it, or choose an empty directory"
        ) from None


def _keep_the_start(emulator: Emulator) -> None:
    """Keeps the tenants as they are at the first start of this state, so that a test can go back to them."""
    if emulator.state is None:
        return
    start = emulator.state / "snapshots" / "start.sqlite3"
    if not start.exists():
        start.parent.mkdir(exist_ok=True)
        emulator.snapshot(start)


@contextmanager
def _served(emulator: Emulator, port: int, cycles: bool) -> Iterator[Server]:
    """The emulator's server on *port*, which ends with the block.

    Raises:
        ConfigurationError: Another program has the port, or this one may not have it.
    """
    from entra_sync.errors import ConfigurationError

    with ExitStack() as running:
        try:
            server = running.enter_context(emulator.serve(port, cycles=cycles))
        except OSError as error:
            raise ConfigurationError(
                f"port {port}: {error.strerror or error}; choose another with --port, or any free ones with --port 0"
            ) from None
        yield server


def configure_stack(emulator: Emulator, server: Server, program: Path, stack: str) -> Path:
    """Writes the emulated tenants, and two groups of the first one, into a stack's configuration. Returns the file.

    Raises:
        ConfigurationError: There is no program, or the file cannot be written.
    """
    from entra_sync.operate.project.configuration import configure
    from entra_sync.operate.project.program import Program, language_of

    root, settings = Program(program).project()
    values: dict[str, Any] = {name: server.connection(name) for name in emulator.tenants}
    if language_of(settings) != "python":
        # A program in Python gives a tenant its name; in other languages the name is one of its properties.
        values = {name: {"name": name, **connection} for name, connection in values.items()}
    first = next(iter(emulator.tenants.values()), None)
    if first is not None:
        found = emulator.service.store.objects(first.tenant_id, "group")
        groups = {str(entry.doc["displayName"]): entry.id for entry in found}
        chosen = [name for name in PREFERRED if name in groups] or sorted(groups)[:2]
        values["groups"] = [groups[name] for name in chosen]
    return configure(root, settings, stack, values)


def allow_every_cloud(emulator: Emulator) -> None:
    """Does in every tenant what its administrator does in the portal, for each other cloud."""
    for target in emulator.tenants.values():
        for source in emulator.tenants.values():
            target.allow_links_from(source)


def environment_of(server: Server) -> dict[str, str]:
    """Credentials, and the variables that describe the tenants to `entra-sync status --tenant` and `import`."""
    from entra_sync.microsoft.tenant import Tenant

    found = dict(server.environment())
    for tenant in server.description()["tenants"]:
        connection = server.connection(tenant["name"])
        named = Tenant.model_validate({"name": tenant["name"], **connection})
        pairs = {"TENANT_ID": "tenantId", "CLOUD": "cloud", "GRAPH_URL": "graphUrl", "AUTHORITY_URL": "authorityUrl"}
        found |= {named.variable(suffix): str(connection[key]) for suffix, key in pairs.items() if connection.get(key)}
    return found


def _print(server: Server) -> None:
    from rich.table import Table

    screen = console()
    table = Table("tenant", "tenant id", "cloud", "Graph, login, dashboard", box=None)
    for tenant in server.description()["tenants"]:
        table.add_row(tenant["name"], tenant["tenantId"], tenant["cloud"], tenant["graphUrl"])
    screen.print(table)
    screen.print("\nSet for a client of these tenants:")
    for name, value in environment_of(server).items():
        screen.print(f"  export {name}={value}")
    screen.print(f"\nControl: {server.control}. Interrupt to stop; the state stays.")
