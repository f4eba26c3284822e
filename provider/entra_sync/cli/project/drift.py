"""``entra-sync drift``: whether tenants, program and policies still agree, for nightly jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from entra_sync.cli.output import FOUND, AsJson, console, print_json, progress

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(drift)


def drift(
    program: Annotated[Path, typer.Option(help="Directory of the Pulumi program.")] = Path(),
    stack: Annotated[str | None, typer.Option(help="Stack of the program. Default: the selected stack.")] = None,
    policy_pack: Annotated[Path | None, typer.Option(help="Directory of a policy pack.")] = None,
    policy_config: Annotated[Path | None, typer.Option(help="Configuration of the policy pack.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare both tenants with the program and its policies. Nothing is changed.

    The command reads both tenants and lists the Graph calls that would restore what the program declares.
    With a policy pack, it also checks the rules, e.g. whether the licenses suffice.

    Exit codes: 0 no difference, 2 an error, 3 the tenants differ from the program, or a mandatory rule is violated.
    """
    import tempfile
    from dataclasses import replace

    from entra_sync.base.rendering import render_steps
    from entra_sync.cli.project.calls import step_json
    from entra_sync.cli.project.previewing import preview_program
    from entra_sync.environment import Environment
    from entra_sync.errors import ConfigurationError

    environment = replace(Environment.read(), compare_only=True)
    with tempfile.TemporaryDirectory() as directory, progress("comparing both tenants with the program"):
        found = preview_program(
            program,
            stack,
            Path(directory),
            environment=environment,
            policy_pack=policy_pack,
            policy_config=policy_config,
            refresh=True,
        )
    if found.errors:
        raise ConfigurationError("the comparison failed:\n" + "\n".join(found.errors))
    mandatory = [each for each in found.violations if each.level == "mandatory"]
    if as_json:
        print_json(
            {
                "drift": [step_json(step, bodies=True) for step in found.steps],
                "violations": [
                    {"rule": each.rule, "level": each.level, "resource": each.resource, "message": each.message}
                    for each in found.violations
                ],
            }
        )
    else:
        screen = console()
        screen.print("The tenants differ from the program." if found.steps else "The tenants are as declared.")
        if found.steps:
            screen.print(render_steps(found.steps))
        for each in found.violations:
            screen.print(f"{each.level}: {each.rule}: {each.resource}: {each.message}", markup=False)
    if found.steps or mandatory:
        raise typer.Exit(FOUND)
