"""``entra-sync status`` and ``watch``: the jobs of links, and a cycle while it runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entra_sync.cli.operate import links
from entra_sync.cli.output import FOUND, INCOMPLETE, AsJson, console, print_json, progress

if TYPE_CHECKING:
    from rich.console import Console

    from entra_sync.operate.links import ExistingLink

__all__ = ["register"]

JSON = Any


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(status)
    app.command()(watch)


def status(
    program: links.Program = None,
    stack: links.Stack = None,
    link: links.File = None,
    tenant: links.InTenant = None,
    as_json: AsJson = False,
) -> None:
    """Show the job of each link: state, quarantine, last cycle, synchronized users, next cycle, license seats.

    Exit codes: 0 no problem, 2 an error, 3 a quarantine, a failed cycle, or users that the service retries,
    4 something could not be read.
    """
    from entra_sync.errors import EntraSyncError
    from entra_sync.operate.status import healthy, read_status

    answers: list[dict[str, JSON]] = []
    code = 0
    with progress("reading the jobs") as shown:
        for each in links.chosen_links(program, stack, link, tenant):
            shown(f"reading the job of {each.name}")
            try:
                found = {**read_status(each), "seats": _seats(each)}
            except EntraSyncError as problem:
                found, code = {"link": each.name, "source": each.source.name, "problem": str(problem)}, INCOMPLETE
            answers.append(found)
    if any("problem" not in each and not healthy(each) for each in answers):
        code = FOUND
    if as_json:
        print_json(answers)
    else:
        for answer in answers:
            _print(console(), answer)
    raise typer.Exit(code)


def watch(
    program: links.Program = None,
    stack: links.Stack = None,
    link: links.File = None,
    tenant: links.InTenant = None,
    name: Annotated[str | None, typer.Option(help="Name of the link, if there are several.")] = None,
    every: Annotated[float, typer.Option(help="Seconds between two requests.", min=1)] = 10,
    as_json: AsJson = False,
) -> None:
    """Watch a link's job until its next cycle ends. Print each change as one line, or with --json as one JSON line.

    Exit codes: 0 the cycle succeeded, 2 an error, 3 it failed, or the job is in quarantine.
    """
    import orjson

    from entra_sync.errors.visible import visible, visible_values
    from entra_sync.operate.status import healthy, read_status

    chosen = links.only_link(name, program, stack, link, tenant)
    first = found = read_status(chosen)
    told: list[str] = []
    while True:
        line = orjson.dumps(visible_values(found)).decode() if as_json else _line(found)
        if line not in told[-1:]:
            told.append(line)
            typer.echo(visible(line))
        if _ended(found) != _ended(first):
            break
        time.sleep(every)
        found = read_status(chosen)
    if not healthy(found):
        raise typer.Exit(FOUND)


def _ended(found: dict[str, JSON]) -> str:
    return str((found["lastCycle"] or {}).get("ended", ""))


def _line(found: dict[str, JSON]) -> str:
    """The state in one line."""
    last = found["lastCycle"]
    cycle = (
        f"last cycle {last['state']} at {last['ended']}, {_count(last['changed'])} changed" if last else "no cycle yet"
    )
    why = f", quarantine: {found['quarantine']['reason']}" if found["quarantine"] else ""
    return f"{found['link']}: {found['state']}{why}, {cycle}"


def _count(number: int | None) -> str:
    """A number of users that Graph may not say."""
    return "unknown" if number is None else f"{number:,}"


def _next_cycle(found: dict[str, JSON]) -> str:
    if found["nextCycle"]:
        return f"about {found['nextCycle']}"
    return "unknown" if found["schedule"] == "Active" else "none, because the job is paused"


def _seats(link: ExistingLink) -> JSON:
    """Seats of the license, or why they are not known."""
    from entra_sync.errors import EntraSyncError
    from entra_sync.operate.status import seats

    try:
        return seats(link)
    except EntraSyncError as problem:
        return {"problem": str(problem)}


def _print(screen: Console, found: dict[str, JSON]) -> None:
    """One link as lines; what is well is short."""

    def line(name: str, text: object, style: str | None = None) -> None:
        screen.print(f"  {name:13}{text}", markup=False, style=style)

    if "problem" in found:
        screen.print(f"{found['link']} (from {found['source']})", markup=False, style="bold")
        line("not read", found["problem"], "red")
        return
    screen.print(f"{found['link']}: {found['source']} → {found['target']}", markup=False, style="bold")
    line("state", f"{found['state']}, schedule {found['schedule']}")
    quarantine, last = found["quarantine"], found["lastCycle"]
    if quarantine:
        line("quarantine", f"{quarantine['reason']} since {quarantine['since'] or 'unknown'}", "red")
        if quarantine["error"]:
            line("", quarantine["error"])
    if last:
        line("last cycle", f"{last['state']}, {last['began']} to {last['ended']}")
        assigned, changed, retried = (_count(last[each]) for each in ("inScope", "changed", "escrowed"))
        line("", f"{assigned} assigned, {changed} changed, {retried} retried (escrow)")
        if last["error"]:
            line("error", last["error"], "red")
    else:
        line("last cycle", "none yet")
    counts = ", ".join(f"{count:,} ({kind})" for kind, count in found["synchronized"].items())
    line("synchronized", counts or "none")
    line("next cycle", _next_cycle(found))
    held = found["seats"]
    line(
        "licenses",
        held.get("problem") or f"{held['total']:,} seats of {held['license']}, {held['assigned']:,} assigned",
    )
