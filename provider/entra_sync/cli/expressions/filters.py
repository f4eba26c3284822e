"""``entra-sync filter``: who passes a scoping filter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from entra_sync.cli.expressions.cases import read_cases

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("filter")(filter_cases)


def filter_cases(
    cases: Annotated[
        Path,
        typer.Option(help='File with a JSON array of {"id", "filter", "input"}, or {"cases": […]}. - reads stdin.'),
    ],
) -> None:
    """Check for each case whether a user passes the filter. Print each result as one JSON line."""
    import sys

    import orjson

    for answer in answers(read_cases(cases)):
        sys.stdout.write(orjson.dumps(answer).decode() + "\n")


def answers(cases: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """``{"id", "result"}`` for each case, or ``{"id", "error"}`` where the filter or the attributes cannot be used."""
    from pydantic import ValidationError

    from entra_sync.errors import EntraSyncError
    from entra_sync.expressions import ScopingFilter, passes

    for case in cases:
        number = case.get("id")
        try:
            written = case.get("filter")
            scoping_filter = None if written is None else ScopingFilter.model_validate(written)
            yield {"id": number, "result": passes(scoping_filter, _attributes(case.get("input") or {}))}
        except ValidationError as error:
            problems = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
            yield {"id": number, "error": "; ".join(problems)}
        except EntraSyncError as error:
            yield {"id": number, "error": str(error)}


def _attributes(values: dict[str, Any]) -> dict[str, Any]:
    from entra_sync.errors import ConfigurationError

    attributes: dict[str, Any] = {}
    for name, value in values.items():
        many = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if not (many or value is None or isinstance(value, str | bool | int)):
            raise ConfigurationError(f"attribute {name} is neither a text, a number, a Boolean nor a list of texts")
        attributes[name] = tuple(value) if many else value
    return attributes
