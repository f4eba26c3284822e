"""``entra-sync verify``: what this package assumes about the service, compared with two real tenants."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entra_sync.cli.operate.links import two_tenants
from entra_sync.cli.output import FOUND, INCOMPLETE, AsJson, console, print_json, print_table, progress, writing

if TYPE_CHECKING:
    from entra_sync.operate.verify import Comparison

__all__ = ["register"]

JSON = Any

WIDTH = 48
"""Characters of a value in the table."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(verify)


def verify(
    source: Annotated[
        str, typer.Option(help="Name of the source tenant. Set ENTRA_<NAME>_TENANT_ID and ENTRA_<NAME>_CLOUD.")
    ],
    target: Annotated[str, typer.Option(help="Name of the target tenant. Set the same variables for it.")],
    application: Annotated[
        str | None,
        typer.Option(
            help="Name of a synchronization application in the source. Choose one that was created in the portal."
        ),
    ] = None,
    write: Annotated[
        bool,
        typer.Option("--write", help="Create an application with a paused job in the source, and delete it again."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --write, do not ask for confirmation.")] = False,
    output: Annotated[Path, typer.Option(help="File to write; it holds no names and no ids of your tenants.")] = Path(
        "entra-sync-verify.json"
    ),
    as_json: AsJson = False,
) -> None:
    """Compare what this package assumes about the service with the answers of two real tenants.

    Both tenants are only read, unless --write is given. Use --write in test tenants.
    The file can be attached to an issue, and `entra-sync emulate --facts FILE` makes the emulator behave like it.

    Exit codes: 0 all assumptions hold, 2 an error, 3 one does not hold, 4 none is wrong, but some were not compared.
    """
    import json

    from entra_sync.cli.operate.actions import ask
    from entra_sync.graph.gateway import connect
    from entra_sync.operate.verify import Verdict, compare, report

    here, there = two_tenants(source, target)
    if write:
        ask(f"Create an application in {here}, and delete it again?", yes)
    with progress("comparing") as shown:
        found = compare(connect(here), connect(there), application=application, write=write, told=shown)
    answer = report(found, here.cloud, there.cloud)
    with writing(output, private=False) as file:
        json.dump(answer, file, indent=1)
        file.write("\n")
    if as_json:
        print_json(answer)
    else:
        _print(found, output)
    verdicts = {each.verdict for each in found}
    if Verdict.DIFFERENT in verdicts:
        raise typer.Exit(FOUND)
    if Verdict.NOT_SEEN in verdicts:
        raise typer.Exit(INCOMPLETE)


def _print(found: list[Comparison], output: Path) -> None:
    from collections import Counter

    screen = console()
    heads = ["assumption", "assumed", "seen", "verdict"]
    rows = [
        [
            each.assumption.key,
            _short(each.assumption.value),
            each.why or _difference(each.assumption.value, each.seen),
            str(each.verdict),
        ]
        for each in found
    ]
    print_table(screen, heads, rows)
    for text in dict.fromkeys(each.detail for each in found if each.detail):
        screen.print(f"not seen: {text}", markup=False)
    counts = Counter(str(each.verdict) for each in found)
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    screen.print(f"{told}. Wrote {output}.", markup=False)


def _short(value: JSON) -> str:
    import json

    from entra_sync.errors.visible import visible

    text = value if isinstance(value, str) else json.dumps(value)
    shown = visible(text)
    return shown if len(shown) <= WIDTH else f"{shown[: WIDTH - 1]}…"


def _difference(assumed: JSON, seen: JSON) -> str:
    """What was seen; of a list, what it has and lacks."""
    if isinstance(assumed, list) and isinstance(seen, list):
        changes = [f"+{each}" for each in seen if each not in assumed] + [
            f"-{each}" for each in assumed if each not in seen
        ]
        return _short(" ".join(changes)) if changes else "the same"
    return "the same" if assumed == seen else _short(seen)
