"""Which links a command is about: those of a stack's state, of a file, or of a tenant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from entra_sync.microsoft.clouds import Cloud
    from entra_sync.microsoft.tenant import Tenant
    from entra_sync.operate.links import ExistingLink

__all__ = ["File", "InTenant", "Program", "Stack", "chosen_links", "only_link", "tenant_named", "two_tenants"]

Program = Annotated[
    Path | None,
    typer.Option(
        help="Directory of a Pulumi program, whose links are read from the stack. Default: the current directory."
    ),
]
Stack = Annotated[str | None, typer.Option(help="Stack of the program. Default: the selected stack.")]
File = Annotated[list[Path] | None, typer.Option("--link", help="File that names a link. May be repeated.")]
InTenant = Annotated[
    str | None, typer.Option(help="Name of a source tenant, to choose all its links. Set ENTRA_<NAME>_TENANT_ID.")
]


def chosen_links(
    program: Path | None, stack: str | None, files: list[Path] | None, tenant: str | None
) -> list[ExistingLink]:
    """Returns the links that the command line names.

    Raises:
        ConfigurationError: It names them in two ways, or there are none.
    """
    from entra_sync.cli.project.workspace import engine
    from entra_sync.errors import ConfigurationError
    from entra_sync.operate import links
    from entra_sync.operate.project import program as programs

    if sum((program is not None, bool(files), tenant is not None)) > 1:
        raise ConfigurationError("choose one of --program, --link and --tenant")
    if files:
        return [links.from_file(path) for path in files]
    if tenant is not None:
        found = list(links.in_tenant(tenant_named(tenant)))
        where = f"tenant {tenant}"
    else:
        place = program or Path()
        found = links.from_state(programs.Program(place, stack, engine()).state())
        where = f"the state of the stack in {place}"
    if not found:
        raise ConfigurationError(f"there is no link in {where}")
    return found


def only_link(
    name: str | None, program: Path | None, stack: str | None, files: list[Path] | None, tenant: str | None
) -> ExistingLink:
    """Returns the link that an action is about.

    Raises:
        ConfigurationError: The command line names no link, or several, or none of that name.
    """
    from entra_sync.errors import ConfigurationError

    found = chosen_links(program, stack, files, tenant)
    named = [each for each in found if name in (None, each.name)]
    if len(named) == 1:
        return named[0]
    names = ", ".join(each.name for each in found)
    raise ConfigurationError(f"{'there are several links' if name is None else f'no link {name}'}; choose: {names}")


def two_tenants(source: str, target: str) -> tuple[Tenant, Tenant]:
    """Returns the tenants that --source and --target name, each by :func:`tenant_named`.

    Raises:
        ConfigurationError: It is one tenant, or :func:`tenant_named` refuses one.
    """
    from entra_sync.errors import ConfigurationError

    here, there = tenant_named(source), tenant_named(target)
    if here.tenant_id == there.tenant_id:
        raise ConfigurationError(f"--source {source} and --target {target} are the same tenant ({here.tenant_id})")
    return here, there


def tenant_named(name: str) -> Tenant:
    """Returns a tenant by its environment variables ENTRA_<NAME>_TENANT_ID, _CLOUD, _GRAPH_URL and _AUTHORITY_URL.

    Raises:
        ConfigurationError: The tenant id is not set, or a value cannot be used.
    """
    from entra_sync.errors import ConfigurationError
    from entra_sync.errors.argument import ArgumentError
    from entra_sync.microsoft.clouds import Cloud
    from entra_sync.microsoft.tenant import Tenant

    zero = "00000000-0000-0000-0000-000000000000"
    try:
        described = Tenant(name, tenant_id=zero, cloud=Cloud.GLOBAL)
        tenant_id = described.setting("TENANT_ID")
        if tenant_id is None:
            raise ConfigurationError(
                f"{described.variable('TENANT_ID')} is not set; set it to the tenant's id, and "
                f"{described.variable('CLOUD')} to global, usgov, usgovdod or china"
            )
        return Tenant(
            name,
            tenant_id=tenant_id,
            cloud=cast("Cloud", described.setting("CLOUD") or "global"),  # the tenant refuses any other word
            graph_url=described.setting("GRAPH_URL"),
            authority_url=described.setting("AUTHORITY_URL"),
        )
    except ArgumentError as problem:
        raise ConfigurationError(str(problem)) from None
