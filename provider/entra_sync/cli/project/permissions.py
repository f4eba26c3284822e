"""``entra-sync permissions``: the least permissions that a program needs, as a table, JSON or a script."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from entra_sync.cli.output import AsJson, console, print_json, print_table
from entra_sync.operate.project.purpose import Purpose

__all__ = ["register"]

JSON = Any


class Script(StrEnum):
    """Shells that a script is written for."""

    AZ = "az"
    POWERSHELL = "powershell"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(permissions)


def permissions(
    program: Annotated[Path, typer.Option(help="Directory of the Pulumi program.")] = Path(),
    stack: Annotated[str | None, typer.Option(help="Stack of the program. Default: the selected stack.")] = None,
    purposes: Annotated[
        list[Purpose] | None,
        typer.Option("--for", help="What the permissions are for. May be repeated. Default: all purposes."),
    ] = None,
    script: Annotated[
        Script | None, typer.Option(help="Print the commands that grant them, for Azure CLI or PowerShell.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the least privileged application permissions that a program needs in each tenant.

    The command asks no tenant, so it needs no credentials. "preview" is a preview that only reads
    (ENTRA_SYNC_READ_ONLY). An ordinary preview also checks the permissions of "up".

    Exit codes: 0 success, 2 an error.
    """
    from entra_sync.cli.project.workspace import engine
    from entra_sync.operate.project import granting
    from entra_sync.operate.project.program import Program
    from entra_sync.operate.project.requirements import needs, tenants

    declared = Program(program, stack, engine()).declared()
    chosen = purposes or [*Purpose]
    found = {purpose: needs(declared, purpose) for purpose in chosen}
    if script is not None:
        write = granting.azure_cli if script is Script.AZ else granting.powershell
        for tenant in tenants(declared):
            wanted = sorted({each.permission for all_ in found.values() for each in all_ if each.tenant == tenant.name})
            print(write(tenant, wanted))
        return
    if as_json:
        print_json(
            [
                {
                    "tenant": tenant.name,
                    "tenantId": tenant.tenant_id,
                    "cloud": tenant.cloud,
                    "permissions": {
                        str(purpose): {
                            each.permission: list(each.operations) for each in all_ if each.tenant == tenant.name
                        }
                        for purpose, all_ in found.items()
                    },
                }
                for tenant in tenants(declared)
            ]
        )
        return
    screen = console()
    for tenant in tenants(declared):
        held = {
            purpose: {each.permission for each in all_ if each.tenant == tenant.name} for purpose, all_ in found.items()
        }
        rows = [
            [permission, *("yes" if permission in held[purpose] else "" for purpose in chosen)]
            for permission in sorted(set().union(*held.values()))
        ]
        print_table(screen, [str(tenant), *map(str, chosen)], rows)
        screen.print()
    screen.print("Grant them as application permissions on Microsoft Graph: --script az, or --script powershell.")
