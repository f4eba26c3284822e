"""``entra-sync restart``, ``pause``, ``resume`` and ``provision``: what the portal's buttons do with a link's job."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from entra_sync.cli.operate import links
from entra_sync.cli.output import FOUND, AsJson, console, print_json
from entra_sync.microsoft.restarts import ResetScope

__all__ = ["ask", "register"]

JSON = Any

Name = Annotated[str | None, typer.Option(help="Name of the link, if there are several.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (restart, pause, resume, provision):
        app.command()(command)


def restart(
    program: links.Program = None,
    stack: links.Stack = None,
    link: links.File = None,
    tenant: links.InTenant = None,
    name: Name = None,
    reset: Annotated[
        list[ResetScope] | None,
        typer.Option(help="What the job resets. May be repeated. Default: the same as the button in the portal."),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Restart a link's job: the next cycle looks at all users again.

    With --reset Full, the job also forgets which account belongs to which user, and matches them again.
    With --reset ForceDeletes, the job carries out deletions that the deletion threshold holds back.

    Exit codes: 0 success, 2 an error.
    """
    from entra_sync.operate import actions

    chosen = links.only_link(name, program, stack, link, tenant)
    scopes = reset or []
    ask(f"Restart the job of {chosen.name}{', reset ' + ', '.join(scopes) if scopes else ''}?", yes)
    actions.restart(chosen, scopes)
    _switched(chosen.name, "restart", True, "restarted", as_json)


def pause(
    program: links.Program = None,
    stack: links.Stack = None,
    link: links.File = None,
    tenant: links.InTenant = None,
    name: Name = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Pause a link's job. A cycle that is running ends first; the next `pulumi up` with enabled=True starts it again.

    Exit codes: 0 success, also if it was paused before, 2 an error.
    """
    from entra_sync.operate import actions

    chosen = links.only_link(name, program, stack, link, tenant)
    ask(f"Pause the job of {chosen.name}?", yes)
    _switched(chosen.name, "pause", actions.pause(chosen), "paused", as_json)


def resume(
    program: links.Program = None,
    stack: links.Stack = None,
    link: links.File = None,
    tenant: links.InTenant = None,
    name: Name = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Start a link's paused job again, after validating that both tenants allow the link.

    Exit codes: 0 success, also if it was running before, 2 an error.
    """
    from entra_sync.operate import actions

    chosen = links.only_link(name, program, stack, link, tenant)
    ask(f"Start the job of {chosen.name}?", yes)
    done = actions.resume(chosen)
    _switched(chosen.name, "resume", done, "started" if done else "running", as_json)


def provision(
    user: Annotated[str, typer.Argument(help="User principal name or object id of a user of the source tenant.")],
    program: links.Program = None,
    stack: links.Stack = None,
    link: links.File = None,
    tenant: links.InTenant = None,
    name: Name = None,
    yes: Yes = False,
    values: Annotated[bool, typer.Option("--values", help="Show the values that were written: personal data.")] = False,
    as_json: AsJson = False,
) -> None:
    """Provision one user now, whether or not the job runs. This changes the target; it is not a dry run.

    Exit codes: 0 success, also if nothing had to be done, 2 an error, 3 the service could not provision the user.
    """
    from entra_sync.operate import actions

    chosen = links.only_link(name, program, stack, link, tenant)
    ask(f"Provision {user} in {chosen.target_name or 'the target'} now?", yes)
    found = actions.provision(chosen, user)
    answer: dict[str, JSON] = {
        "link": chosen.name,
        "action": found.action,
        "code": found.code,
        "reason": found.reason,
        "attributes": dict(found.values) if values else sorted(found.values),
    }
    why = ": ".join(filter(None, (found.code, found.reason)))
    lines = [f"{chosen.name}: {_DONE[found.action]}{f' ({why})' if why else ''}"]
    lines += [f"  {key} = {value}" for key, value in found.values.items()] if values else []
    _told(answer, "\n".join(lines), as_json)
    if found.action == "failed":
        raise typer.Exit(FOUND)


_DONE = {
    "create": "the account was created",
    "update": "the account was updated",
    "disable": "the account was disabled",
    "delete": "the account was deleted",
    "restore": "the account was restored",
    "failed": "the service could not provision the user",
    "nothing": "nothing was changed",
}
"""What the service says that it did."""


def ask(question: str, yes: bool) -> None:
    """Asks before something is sent. Without a terminal, `--yes` is needed."""
    import sys

    from entra_sync.errors import ConfigurationError
    from entra_sync.errors.visible import visible

    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigurationError("nothing was sent, because there is no terminal to ask on; add --yes")
    typer.confirm(visible(question), abort=True, err=True)


def _switched(link: str, action: str, done: bool, state: str, as_json: bool) -> None:
    """Tells that the job is in a *state*, or was in it before."""
    text = f"{link}: the job {f'is {state}' if done else f'was {state} already'}"
    _told({"link": link, "action": action, "done": done}, text, as_json)


def _told(answer: dict[str, JSON], text: str, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        console().print(text, markup=False)
