"""``entra-sync federate``: a job of GitHub Actions signs in to tenants without any secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from entra_sync.microsoft.tenant import Tenant

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(federate)


def federate(
    tenants: Annotated[
        list[str],
        typer.Argument(help="Each tenant as name=CLIENT_ID, or as name=CLIENT_ID@CLOUD outside the global cloud."),
    ],
    output: Annotated[
        Path | None, typer.Option(envvar="GITHUB_ENV", help="File to which the environment variables are added.")
    ] = None,
) -> None:
    """Sign in with workload identity federation: fetch GitHub's token for each cloud and set the variables.

    The job needs the permission "id-token: write". Each cloud gets its own token, in a file that only its owner can
    read.
    """
    import os

    from entra_sync.cli.ci.services import needed

    applications = [_application(each) for each in tenants]
    directory = os.environ.get("RUNNER_TEMP")
    permission = "a job of GitHub Actions has it with the permission id-token: write, and a fork's never"
    url = needed("ACTIONS_ID_TOKEN_REQUEST_URL", permission)
    bearer = needed("ACTIONS_ID_TOKEN_REQUEST_TOKEN", permission)
    audiences = {tenant.info.exchange for tenant, _ in applications}
    files = {audience: _token_file(url, bearer, audience, directory) for audience in sorted(audiences)}
    lines = []
    for tenant, client_id in applications:
        lines.append(f"{tenant.variable('CLIENT_ID')}={client_id}\n")
        lines.append(f"{tenant.variable('FEDERATED_TOKEN_FILE')}={files[tenant.info.exchange]}\n")
    if output is None:
        print("".join(lines), end="")
        return
    with output.open("a", encoding="utf-8") as variables:
        variables.writelines(lines)


def _token_file(url: str, bearer: str, audience: str, directory: str | None) -> str:
    """Fetches the job's token for one audience; returns the file it is in."""
    import os
    import tempfile
    from urllib.parse import quote

    from entra_sync.cli.ci.services import ask

    token = ask("GET", f"{url}&audience={quote(audience, safe='')}", {"Authorization": f"Bearer {bearer}"})["value"]
    handle, path = tempfile.mkstemp(prefix="entra-sync-", dir=directory)
    with os.fdopen(handle, "w") as file:
        file.write(token)
    return path


def _application(text: str) -> tuple[Tenant, str]:
    """A tenant, as far as its name and cloud tell, and the client id of the application in it.

    Raises:
        ConfigurationError: The text is not name=client id@cloud, or one of the three is wrong.
    """
    from entra_sync.errors import ConfigurationError
    from entra_sync.microsoft.clouds import Cloud
    from entra_sync.microsoft.tenant import Tenant

    found = re.fullmatch(r"([A-Za-z][\w-]*)=([0-9A-Fa-f-]{36})(?:@(\w+))?", text.strip(), re.ASCII)
    if found is None or (found[3] or Cloud.GLOBAL) not in list(Cloud):
        clouds = ", ".join(Cloud)
        raise ConfigurationError(
            f'"{text}" is not a tenant: write name=client id, or name=client id@cloud, where cloud is one of {clouds}'
        )
    return Tenant(found[1], tenant_id=_ANY, cloud=Cloud(found[3] or Cloud.GLOBAL)), found[2]


_ANY = "00000000-0000-0000-0000-000000000000"
"""Neither variables nor audiences depend on the tenant's id."""
