"""Exceptions of Python that end a command: caused by an answer of Microsoft Graph, or a mistake of this package."""

from __future__ import annotations

import re
import sys

__all__ = ["error_of", "of_the_machine", "tell"]

_OF_VALUES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What code raises if a value of JSON has another type than expected."""

_JSON = (type(None), bool, int, float, str, list, dict)
"""Types of the values in an answer."""

_CALL = re.compile(r"\(\) (got an unexpected keyword|got multiple values|missing \d+ required|takes )")
"""What Python says of a call that does not fit the function. Functions get no arguments from the keys of an answer."""


def error_of(problem: Exception) -> Exception:
    """Returns the error for a *problem* that an answer of Graph can have caused, else *problem* itself.

    It is *problem* itself if no tenant was asked.
    """
    from entra_sync.errors.visible import one_line
    from entra_sync.graph.answers.failures import undocumented
    from entra_sync.graph.gateway import connected

    asked = " or ".join(map(str, connected()))
    if not asked or not _can_be_of_an_answer(problem):
        return problem
    first = str(problem).partition("\n")[0]
    return undocumented(f"tenant {asked}", one_line(f"{type(problem).__name__}: {first}"))


def _can_be_of_an_answer(problem: Exception) -> bool:
    """Whether a value of another JSON type than expected, or one that is missing, raises such an exception."""
    match problem:
        case AttributeError():
            return isinstance(problem.obj, _JSON)
        case TypeError():
            return _CALL.search(str(problem)) is None
        case KeyError():
            return all(type(key) in _JSON for key in problem.args)
    return isinstance(problem, _OF_VALUES)


def of_the_machine(problem: OSError) -> str:
    """Returns what the operating system refused, and for which file."""
    from entra_sync.errors.visible import one_line

    reason = problem.strerror or str(problem) or type(problem).__name__
    return one_line(f"{problem.filename}: {reason}" if problem.filename else reason)


def tell(problem: Exception) -> None:
    """Prints a mistake of this package on standard error: Python's own lines, and what to do with them."""
    import traceback
    from importlib.metadata import version

    traceback.print_exception(problem)
    print(
        f"error: this is a mistake in entra-sync {version('pulumi-entra-sync')}, not in your program or tenant; report "
        "it with the lines above",
        file=sys.stderr,
    )
