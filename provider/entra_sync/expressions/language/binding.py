"""From a syntax tree to an expression whose functions, parameters and words exist."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache

from entra_sync.errors import ExpressionError
from entra_sync.expressions.language.functions import FUNCTIONS
from entra_sync.expressions.language.registry import WORDS, FunctionDefinition, Parameter
from entra_sync.expressions.language.syntax import Call, Expression, Span, Word, parse_syntax, walk

__all__ = ["bind", "parse", "slots"]


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The expression that *text* writes.

    Every function is known and called with as many arguments as it takes; names are case-sensitive. What the arguments
    are, and whether attributes exist, is for `check_mappings` to say.

    Raises:
        ExpressionError: With the span of what does not fit, what was expected there, and the nearest known name.
    """
    expression = parse_syntax(text)
    for node in walk(expression):
        if isinstance(node, Call):
            _check_call(text, node)
            if FUNCTIONS[node.name].outermost and node is not expression:
                raise ExpressionError(text, node.name_span, f"{node.name} cannot be nested in another expression")
        elif isinstance(node, Word) and node.name not in WORDS:
            near = get_close_matches(node.name, WORDS, 1)
            hint = (
                f"did you mean {near[0]}?"
                if near
                else f'write "{node.name}" for a text, [{node.name}] for an attribute'
            )
            raise ExpressionError(text, node.span, f"{node.name} is not a word of the language", hint)
    return expression


def bind(call: Call, definition: FunctionDefinition) -> list[tuple[Parameter, Expression | None]]:
    """Each parameter of the reference's signature with its argument, or None where that is left out."""
    places = _places(definition, len(call.arguments))
    return [(parameter, None if place is None else call.arguments[place]) for parameter, place in places]


@lru_cache(maxsize=1024)
def _places(definition: FunctionDefinition, count: int) -> list[tuple[Parameter, int | None]]:
    """Each parameter of the reference's signature with the place of its argument among *count* written ones."""
    taken = _slots(definition, count)
    places: list[tuple[Parameter, int | None]] = []
    for parameter in definition.parameters:
        given: list[int | None] = [place for place, slot in enumerate(taken) if slot.name == parameter.name]
        places += [(parameter, place) for place in (given if parameter.repeats else given or [None])]
    return places


def slots(call: Call, definition: FunctionDefinition) -> list[Parameter]:
    """The parameter of each written argument; arguments beyond the last parameter have none."""
    return _slots(definition, len(call.arguments))


def _slots(definition: FunctionDefinition, count: int) -> list[Parameter]:
    signature = definition.signature_for(count)
    taken = list(signature[:count])
    if signature and signature[-1].repeats:
        taken += [signature[-1]] * (count - len(taken))
    return taken


def _check_call(text: str, call: Call) -> None:
    definition = FUNCTIONS.get(call.name)
    if definition is None:
        near = _nearest_function(call.name)
        listed = "see docs/reference/expressions.md for the functions"
        hint = f"did you mean {near}? Names are case-sensitive" if near else listed
        raise ExpressionError(text, call.name_span, f"there is no function {call.name}", hint)

    def fail(span: Span, problem: str) -> None:
        raise ExpressionError(text, span, f"{call.name}: {problem}", _usage(definition))

    taken = slots(call, definition)
    signature = definition.signature_for(len(call.arguments))
    if len(call.arguments) > len(taken):
        fail(call.argument_spans[len(taken)], f"takes at most {len(signature)} arguments, not {len(call.arguments)}")
    for slot, argument, span in zip(taken, call.arguments, call.argument_spans, strict=True):
        if slot.required and argument is None:
            fail(span, f"{slot.name} is left out, and it is required")
    for parameter in signature[len(taken) :]:
        if parameter.required:
            fail((call.span[1] - 1, call.span[1]), f"{parameter.name} is missing")
    if signature and signature[-1].repeats == 2 and (len(taken) - len(signature) + 1) % 2:
        key = call.arguments[-1]
        fail(call.argument_spans[-1], f"key {key} has no value")


def _nearest_function(name: str) -> str | None:
    by_lower = {known.lower(): known for known in FUNCTIONS}
    near = get_close_matches(name.lower(), by_lower, 1)
    return by_lower[near[0]] if near else None


def _usage(definition: FunctionDefinition) -> str:
    names = [parameter.name if parameter.required else f"[{parameter.name}]" for parameter in definition.parameters]
    if definition.parameters and (repeats := definition.parameters[-1].repeats):
        names[-1] = "key, value, …" if repeats == 2 else f"{names[-1]}, …"
    return f"write {definition.name}({', '.join(names)})"
