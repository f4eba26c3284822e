"""``entra-sync import``: an existing link as a program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from entra_sync.cli.operate.links import two_tenants
from entra_sync.cli.output import AsJson, console, print_json, progress

__all__ = ["register"]

_NAME = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]{1,100}"
"""Names of Pulumi's projects and stacks ("Projects", "Stacks"). A stack's may begin with organization and project."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("import")(import_link)


def import_link(
    source: Annotated[
        str, typer.Option(help="Name of the source tenant. Set ENTRA_<NAME>_TENANT_ID and ENTRA_<NAME>_CLOUD.")
    ],
    target: Annotated[str, typer.Option(help="Name of the target tenant. Set the same variables for it.")],
    directory: Annotated[Path, typer.Option(help="Directory to write; it must be empty or not exist.")] = Path("link"),
    name: Annotated[str | None, typer.Option(help="Name of the link's application, if there are several.")] = None,
    terraform: Annotated[
        Path | None,
        typer.Option(help="Terraform state, or a directory with terraform.tfstate: the link that azuread manages."),
    ] = None,
    project: Annotated[str, typer.Option(help="Name of the Pulumi project.")] = "link",
    stack: Annotated[str, typer.Option(help="Stack whose configuration is written.")] = "dev",
    as_json: AsJson = False,
) -> None:
    """Write a Pulumi program for a link that was made in the portal, by PowerShell or by Terraform.

    Both tenants are read and nothing is changed. The first `pulumi up` takes the link over as it is.

    Exit codes: 0 success, 2 an error.
    """
    import shlex

    from entra_sync.errors import ConfigurationError
    from entra_sync.operate import importing
    from entra_sync.operate.terraform import link_resources, read_state, synchronizing

    for option, value, wanted in (("--project", project, _NAME), ("--stack", stack, rf"(?:{_NAME}/){{0,2}}{_NAME}")):
        if not re.fullmatch(wanted, value):
            raise ConfigurationError(
                f'{option}: "{value}" is not a name; use letters, digits, dots, dashes and underscores'
            )
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ConfigurationError(f"{directory} is not empty; name a directory that is empty or does not exist")
    managed = None if terraform is None else read_state(terraform)
    if managed is not None and not synchronizing(managed):
        raise ConfigurationError(f"{terraform}: the state has no azuread_synchronization_job")
    here, there = two_tenants(source, target)
    with progress("looking for the link") as shown:
        owners = None if managed is None else synchronizing(managed)
        link = importing.find_link(here, there, name, owners)
        shown(f"reading link {link.name}")
        files = importing.project(importing.read_existing(link, there), project, stack)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (directory / file).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise ConfigurationError(f"{directory} cannot be written: {problem.strerror}") from None
    addresses = [] if managed is None else link_resources(managed, link.service_principal_id)
    if as_json:
        names = {"link": link.name, "directory": str(directory), "files": sorted(files)}
        print_json({**names, "terraform": addresses})
        return
    console().print(
        f"Wrote {link.name} to {directory}. Next:\n  cd {directory}\n  pulumi install\n  pulumi stack init {stack}\n"
        "  pulumi preview\nThe preview shows which objects it takes over. It should list no other change.",
        markup=False,
    )
    if addresses:
        removals = "\n".join(f"  terraform state rm {shlex.quote(each)}" for each in addresses)
        console().print(
            f"Two tools must not manage one application. Before `pulumi up`, take it out of Terraform and delete its "
            f"blocks:\n{removals}",
            markup=False,
        )
