"""``entra-sync emulate``: the emulator as a server, until it is interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entra_sync.cli.output import console

if TYPE_CHECKING:
    from entra_sync.emulator.serving.server import Server

__all__ = ["register"]


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
    cycles: Annotated[
        bool, typer.Option(help="Run synchronization cycles when they are due. Otherwise only on request.")
    ] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON when ready, instead of text.")
    ] = False,
) -> None:
    """Run the emulator: Microsoft Graph of several clouds on localhost, over TLS, until interrupted."""
    import signal
    import sqlite3
    import sys
    import threading

    import orjson

    from entra_sync.errors import ConfigurationError

    try:
        from entra_sync.emulator import Emulator
        from entra_sync.emulator.serving.server import Server  # noqa: F401  (fails here rather than after the state)
    except ModuleNotFoundError as missing:
        raise ConfigurationError(
            f'the emulator needs {missing.name}, which is not installed; run pip install "pulumi-entra-sync[emulator]"'
        ) from None
    try:
        emulator = Emulator.sample(sample, seed=seed, people=people, state=state) if sample else Emulator(state)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    except OSError as error:
        raise ConfigurationError(f"{state}: {error.strerror or error}") from None
    except sqlite3.Error as error:
        raise ConfigurationError(
            f"{state}: the state cannot be read ({error}); restore it, or choose an empty directory"
        ) from None
    if emulator.state is not None and not (emulator.state / "snapshots" / "start.sqlite3").exists():
        (emulator.state / "snapshots").mkdir(exist_ok=True)
        emulator.snapshot(emulator.state / "snapshots" / "start.sqlite3")
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        with emulator.serve(port, cycles=cycles) as server:
            if as_json:
                sys.stdout.write(orjson.dumps(server.description()).decode() + "\n")
            else:
                _print(server)
            sys.stdout.flush()
            stopping.wait()
    except OSError as error:
        raise ConfigurationError(f"port {port}: {error.strerror or error}") from None
    finally:
        emulator.close()


def _print(server: Server) -> None:
    from rich.table import Table

    screen = console()
    table = Table("tenant", "tenant id", "cloud", "Graph, login, dashboard", box=None)
    for tenant in server.description()["tenants"]:
        table.add_row(tenant["name"], tenant["tenantId"], tenant["cloud"], tenant["graphUrl"])
    screen.print(table)
    screen.print("\nSet for a client of these tenants:")
    for name, value in server.environment().items():
        screen.print(f"  export {name}={value}")
    screen.print(f"\nControl: {server.control}. Interrupt to stop; the state stays.")
