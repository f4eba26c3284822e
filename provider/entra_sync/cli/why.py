"""``entra-sync why``: one person of a link, what keeps them in or out, and what comes next."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entra_sync.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from entra_sync.impact.declared.file import LinkFile
    from entra_sync.impact.why.contract import Answer, NoAnswer

__all__ = ["register"]

JSON = Any


class AnswerFormat(StrEnum):
    """How an answer is rendered."""

    TERMINAL = "terminal"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(why)


def why(
    person: Annotated[
        str,
        typer.Argument(
            help="User principal name, mail address or object id of the user or of the account in the target."
        ),
    ],
    program: Annotated[
        Path | None,
        typer.Option(help="Directory of a Pulumi program with one or more links. Default: the current directory."),
    ] = None,
    link: Annotated[list[Path] | None, typer.Option(help="File with a declared link. May be repeated.")] = None,
    stack: Annotated[str | None, typer.Option(help="Stack of the program. Default: the selected stack.")] = None,
    format: Annotated[AnswerFormat, typer.Option(help="Format of the answer.")] = AnswerFormat.TERMINAL,
    as_json: AsJson = False,
) -> None:
    """Show why a user is, or is not, synchronized, and what the next cycle does with the user.

    The command sends a few requests, however large the tenants are. The output has personal data of this user.
    Exit codes: 0 the user was found in at least one link, 2 an error, e.g. an unknown user.
    """
    from entra_sync.cli.impact import declared_links
    from entra_sync.environment import Environment
    from entra_sync.errors import NoSuchPerson
    from entra_sync.impact.why import terminal

    answers: list[Answer | NoAnswer] = []
    problems: list[NoSuchPerson] = []
    for each in declared_links(program, link or [], stack, Environment.read()).links:
        try:
            answers.append(_answer(each, person))
        except NoSuchPerson as problem:
            problems.append(problem)
            answers.append(
                {"source": each.source.name, "target": each.target.name, "found": False, "problem": str(problem)}
            )
    if not any(answer["found"] for answer in answers):
        raise problems[0]
    if as_json or format is AnswerFormat.JSON:
        print_json(answers)
        return
    for answer in answers:
        terminal(answer, console())


def _answer(link: LinkFile, person: str) -> Answer:
    from entra_sync.graph.gateway import connect
    from entra_sync.impact import why

    return why.why(connect(link.source), connect(link.target), link.service_principal_id, link, person)
