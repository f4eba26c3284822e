"""``entra-sync evaluate`` and ``entra-sync explain``: the value of a mapping expression, and its steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entra_sync.cli.expressions.cases import read_attributes, read_cases
from entra_sync.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from datetime import datetime

    from rich.tree import Tree

    from entra_sync.expressions import Expression, Ignored, Value

__all__ = ["register"]

Input = Annotated[
    str | None,
    typer.Option("--input", help='Attributes of a user: JSON such as {"city": "Bath"}, or a file with JSON.'),
]
Now = Annotated[str | None, typer.Option("--now", help="Time that Now() returns, such as 2025-07-30T00:00:00Z.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(evaluate)
    app.command()(explain)


def evaluate(
    expression: Annotated[str | None, typer.Argument(help="A mapping expression.")] = None,
    attributes: Input = None,
    now: Now = None,
    cases: Annotated[
        Path | None,
        typer.Option(help='File with a JSON array of {"id", "expression", "input"}, or {"cases": […]}. - reads stdin.'),
    ] = None,
) -> None:
    """Compute a mapping expression for one user, or for each case of a file. Print each result as one JSON line."""
    import json
    import sys

    from entra_sync.errors import ConfigurationError
    from entra_sync.expressions import choices_touched, evaluate as evaluate_expression, parse

    if (expression is None) == (cases is None):
        raise ConfigurationError("give either an expression or --cases")
    if cases is not None:
        found = read_cases(cases)
        for answer in _answers(found, now):
            sys.stdout.write(json.dumps(answer) + "\n")
        for note in _open_questions(found):
            sys.stderr.write(f"note: {note}\n")
        return
    assert expression is not None  # one of the two is given
    parsed, user = parse(expression), read_attributes(attributes or "{}")
    for choice in choices_touched(parsed):
        sys.stderr.write(f"note: {choice.caution} ({choice.name})\n")
    value = evaluate_expression(parsed, user, _context(now))
    sys.stdout.write(json.dumps(_answer(value), ensure_ascii=False) + "\n")


def explain(
    expression: Annotated[str, typer.Argument(help="A mapping expression.")],
    attributes: Input = None,
    now: Now = None,
    as_json: AsJson = False,
) -> None:
    """Show the structure of a mapping expression, and with --input the value of each step."""
    from entra_sync.errors import EvaluationError
    from entra_sync.expressions import choices_touched, evaluate as evaluate_expression, parse

    parsed = parse(expression)
    steps: dict[int, Value] = {}
    failure: EvaluationError | None = None
    result = ""
    if attributes is not None:
        try:
            value = evaluate_expression(
                parsed, read_attributes(attributes), _context(now), lambda node, found: steps.update({id(node): found})
            )
            result = f"result: {_shown(value)}"
        except EvaluationError as error:
            failure = error
    notes = [f"{choice.caution} ({choice.name})" for choice in choices_touched(parsed)]
    if as_json:
        found = {"tree": _branch(parsed, "", steps), "notes": notes}
        print_json(found if attributes is None or failure is not None else {**found, **_answer(value)})
    else:
        screen = console()
        screen.print(_tree(parsed, "", None if attributes is None else steps))
        if result:
            screen.print(result, markup=False)
        for note in notes:
            screen.print(f"note: {note}", markup=False)
    if failure is not None:
        raise failure


def _answers(cases: list[dict[str, Any]], now: str | None) -> Iterator[dict[str, Any]]:
    """Yields one line for each case, also for a malformed one."""
    from entra_sync.errors import ConfigurationError, EntraSyncError
    from entra_sync.expressions import evaluate as evaluate_expression, parse

    for case in cases:
        number = case.get("id")
        try:
            text, person = case.get("expression"), case.get("input") or {}
            if not isinstance(text, str) or not isinstance(person, dict):
                raise ConfigurationError("a case has an expression, a text, and an input, an object")
            context = _context(case.get("now") or now, case.get("taken") or ())
            yield {"id": number, **_answer(evaluate_expression(parse(text), person, context))}
        except EntraSyncError as error:
            yield {"id": number, "error": str(error)}
        except Exception as error:  # one strange case must not cost the others their lines
            yield {"id": number, "error": f"{type(error).__name__}: {error}"}


def _open_questions(cases: list[dict[str, Any]]) -> Iterator[str]:
    """Yields each open question that the cases depend on once, with the ids of these cases."""
    from entra_sync.errors import EntraSyncError
    from entra_sync.expressions import choices_touched, parse

    touched: dict[str, tuple[str, list[str]]] = {}
    for case in cases:
        text = case.get("expression")
        try:
            choices = choices_touched(parse(text)) if isinstance(text, str) else ()
        except EntraSyncError:  # the case's own line tells why
            continue
        for choice in choices:
            note = f"{choice.caution} ({choice.name})"
            touched.setdefault(choice.name, (note, []))[1].append(str(case.get("id")))
    for note, ids in touched.values():
        yield f"{note} Cases: {', '.join(ids)}"


def _answer(value: Value | Ignored) -> dict[str, Any]:
    from entra_sync.expressions import Ignored, canonical

    return {"flow": value.value} if isinstance(value, Ignored) else {"result": canonical(value)}


def _context(now: str | None, taken: Any = ()) -> Any:
    from dataclasses import replace

    from entra_sync.expressions import Context

    held = {str(value).lower() for value in taken}
    context = Context.live(lambda value: value.lower() in held)
    return context if now is None else replace(context, now=_instant(now))


def _instant(text: str) -> datetime:
    from datetime import UTC, datetime

    from entra_sync.errors import ConfigurationError

    try:
        instant = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise ConfigurationError(f"{text!r} is not an instant such as 2025-07-30T00:00:00Z") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _tree(node: Expression, role: str, steps: dict[int, Value] | None) -> Tree:
    """The node and what is below it; *role* is the parameter it is the argument of."""
    from rich.text import Text
    from rich.tree import Tree

    from entra_sync.expressions import FUNCTIONS
    from entra_sync.expressions.language.binding import slots
    from entra_sync.expressions.language.syntax import Attribute, Call, Comparison, Concatenation

    heads = {Call: getattr(node, "name", ""), Comparison: getattr(node, "operator", ""), Concatenation: "&"}
    label = Text(f"{role}: " if role else "", style="dim")
    label.append(heads.get(type(node)) or str(node), style="bold" if type(node) in heads else "")
    if steps is not None and isinstance(node, Attribute | Call | Comparison | Concatenation):
        label.append(f" → {_shown(steps[id(node)])}" if id(node) in steps else " (not computed)", style="green")
    tree = Tree(label)
    if isinstance(node, Call):
        for slot, argument in zip(slots(node, FUNCTIONS[node.name]), node.arguments, strict=True):
            if argument is not None:
                tree.add(_tree(argument, slot.name, steps))
    else:
        for child in node.children():
            tree.add(_tree(child, "", steps))
    return tree


def _branch(node: Expression, role: str, steps: dict[int, Value]) -> dict[str, Any]:
    """The node and what is below it as JSON; ``value`` is there if it was computed."""
    from entra_sync.expressions import FUNCTIONS
    from entra_sync.expressions.language.binding import slots
    from entra_sync.expressions.language.syntax import Call

    if isinstance(node, Call):
        named = zip(slots(node, FUNCTIONS[node.name]), node.arguments, strict=True)
        below = [_branch(argument, slot.name, steps) for slot, argument in named if argument is not None]
    else:
        below = [_branch(child, "", steps) for child in node.children()]
    return {
        "expression": str(node),
        **({"argument": role} if role else {}),
        **({"value": _answer(steps[id(node)])} if id(node) in steps else {}),
        **({"children": below} if below else {}),
    }


def _shown(value: Value | Ignored) -> str:
    from entra_sync.expressions import Ignored, canonical

    if isinstance(value, Ignored):
        return value.value
    texts = canonical(value)
    if texts is None:
        return "null"
    return f'"{texts}"' if isinstance(texts, str) else "[" + ", ".join(f'"{text}"' for text in texts) + "]"
