"""``entra-sync logs``: the provisioning log or the audit log of links."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from entra_sync.cli.operate import links
from entra_sync.cli.output import AsJson, console, print_json, print_table, print_wrapped, progress, writing

__all__ = ["register"]

JSON = Any


class LogFormat(StrEnum):
    """Format of the entries."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(logs)


def logs(
    program: links.Program = None,
    stack: links.Stack = None,
    link: links.File = None,
    tenant: links.InTenant = None,
    since: Annotated[str, typer.Option(help="How far back: 30m, 12h, 1d, 2w, or a date such as 2026-05-01.")] = "1d",
    failed: Annotated[bool, typer.Option("--failed", help="Show failed entries only.")] = False,
    audit: Annotated[
        bool, typer.Option("--audit", help="Show the audit log of the link's application, not the provisioning log.")
    ] = False,
    format: Annotated[LogFormat, typer.Option(help="Format of the entries.")] = LogFormat.TABLE,
    columns: Annotated[
        str | None, typer.Option(help="Columns to show, e.g. time,action,reason. Default: those that fit.")
    ] = None,
    wide: Annotated[bool, typer.Option("--wide", help="Show all columns, one line for each entry.")] = False,
    output: Annotated[Path | None, typer.Option(help="File to write. Default: standard output.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the provisioning log of each link's job, newest entry first. Names are personal data.

    The table has the columns that fit a terminal. CSV, JSON and Parquet have all, unless --columns chooses some.

    Exit codes: 0 success, also if there is no entry, 2 an error.
    """
    from entra_sync.errors import ConfigurationError
    from entra_sync.errors.visible import visible_values
    from entra_sync.operate import clock, logs as log

    chosen = LogFormat.JSON if as_json else format
    if chosen is LogFormat.PARQUET and output is None:
        raise ConfigurationError("--format parquet: name a file with --output")
    begin = log.since(since, clock.now())
    read, known, usual = (
        (log.audit_log, log.AUDIT, log.AUDIT_TABLE)
        if audit
        else (log.provisioning_log, log.PROVISIONING, log.PROVISIONING_TABLE)
    )
    names: tuple[str, ...] = usual if chosen is LogFormat.TABLE and not wide else known
    if columns is not None:
        names = _chosen(columns, known)
    with progress("reading the log") as shown:
        rows: list[dict[str, JSON]] = []
        for each in links.chosen_links(program, stack, link, tenant):
            for row in read(each, begin, failed=failed):
                rows.append({name: row[name] for name in names})
                if len(rows) % 100 == 0:
                    shown(f"reading the log of {each.name}, {len(rows):,} entries so far")
    if chosen is LogFormat.PARQUET and output is not None:
        _parquet(rows, names, output)
        return
    with writing(output, private=True) as file:
        if chosen is LogFormat.JSON:
            print_json(rows, file)
        elif chosen is LogFormat.CSV:
            import csv

            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows({name: no_formula(value) for name, value in row.items()} for row in visible_values(rows))
        elif rows:
            screen = console(file)
            print_rows = print_table if wide or not screen.is_terminal else print_wrapped
            print_rows(screen, names, [[str(value) for value in row.values()] for row in visible_values(rows)])
        else:
            console(file).print(f"no entry since {begin:%Y-%m-%d %H:%M} UTC")


def _chosen(columns: str, known: tuple[str, ...]) -> tuple[str, ...]:
    from entra_sync.errors import ConfigurationError

    names = tuple(each.strip() for each in columns.split(","))
    for name in names:
        if name not in known:
            raise ConfigurationError(f'--columns: the log has no column "{name}"; it has {", ".join(known)}')
    return names


def no_formula(value: JSON) -> JSON:
    """A value that no spreadsheet takes for a formula: names in the logs are chosen by anybody."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _parquet(rows: list[dict[str, JSON]], columns: tuple[str, ...], output: Path) -> None:
    import os

    import polars as pl

    from entra_sync.errors import ConfigurationError

    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String))
    try:
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            frame.write_parquet(file)
    except OSError as problem:
        raise ConfigurationError(f"{output}: {problem.strerror}") from None
