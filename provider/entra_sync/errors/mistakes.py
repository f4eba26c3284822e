"""Mistakes in a program become one line at the program's own line, whatever notices them.

Python's errors about a call, pydantic's about a value and this package's own would end a program with a traceback.
While a Pulumi program runs, :func:`told`, :func:`told_methods` and :class:`Told` turn each of them into an
:class:`ArgumentError`. Elsewhere, in the command line and in a provider's process, they stay what they are.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

from entra_sync.errors import EntraSyncError
from entra_sync.errors.names import in_program, missing_name
from entra_sync.errors.problems import (
    HALF_A_PAIR,
    Problem,
    call_problems,
    in_line,
    problems,
)

if TYPE_CHECKING:
    # What type checkers know of pydantic's metaclasses, they know of these.
    from pydantic._internal._model_construction import ModelMetaclass as Told
    from pydantic.root_model import _RootModelMetaclass as ToldList

__all__ = ["Told", "ToldList", "told", "told_methods"]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)

MOST = 4
"""Problems of one value that a line tells; of more it says how many."""


def told(title: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates a function that programs call: what is wrong with its arguments is told in one line after *title*."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*arguments: P.args, **named: P.kwargs) -> R:
            try:
                return function(*arguments, **named)
            except (EntraSyncError, ValidationError, TypeError, UnicodeEncodeError) as error:
                own = type(arguments[0]).__name__ if arguments else ""
                _tell(
                    title.format(self=own),
                    error,
                    lambda: call_problems(inspect.signature(function), arguments, named),
                )
                raise

        return call

    return decorate


def told_methods(title: str) -> Callable[[C], C]:
    """Decorates a class whose methods programs call. The nearest method is named if one does not exist."""

    def decorate(kind: C) -> C:
        for name, method in list(vars(kind).items()):
            if name.startswith("_") and name not in ("__getitem__", "__init__"):
                continue
            if inspect.isfunction(method):
                setattr(kind, name, told(title if name.startswith("_") else f"{title}.{name}")(method))
            elif isinstance(method, classmethod):
                setattr(kind, name, classmethod(told(f"{title}.{name}")(method.__func__)))

        def missing(self: object, name: str) -> Any:
            raise missing_name(title, name, [each for each in dir(kind) if not each.startswith(("_", "model_"))])

        # Not in the class body, where a type checker would take it for a declaration of every name.
        setattr(kind, "__getattr__", missing)  # noqa: B010
        return kind

    return decorate


if not TYPE_CHECKING:

    class Told(type(BaseModel)):
        """Metaclass of the values that programs make: what does not fit is told in one line."""

        def __call__(cls, *arguments: Any, **named: Any) -> Any:
            """Makes an instance."""
            try:
                return super().__call__(*arguments, **named)
            except (ValidationError, TypeError, ValueError) as error:
                fields = cls.model_fields
                shown = [name for name, field in fields.items() if field.is_required()] or list(fields)[:1]
                names = ", ".join(f"{name}=…" for name in shown)
                how = f"its arguments have names; write {cls.__name__}({names})" if arguments else ""
                if issubclass(cls, RootModel):
                    how = f"takes one list, as in {cls.__name__}([...])"
                found = [Problem.of(how)] if how else []
                _tell(cls.__name__, error, lambda: found, cls)
                raise

        def __getattr__(cls, name: str) -> Any:
            # While a class is made, pydantic asks its bases for the names of its fields.
            asked_by = sys._getframe(1).f_globals.get("__name__", "")
            if name.startswith(("_", "model_")) or asked_by.startswith("pydantic."):
                return super().__getattr__(name)
            raise missing_name(cls.__name__, name, [each for each in dir(cls) if not each.startswith(("_", "model_"))])

    ToldList = Told
    """The same for a model that is a list."""


def _tell(
    title: str, error: Exception, of_call: Callable[[], list[Problem]], model: type[BaseModel] = BaseModel
) -> None:
    """Raises what a program is told. Returns if none runs, if *error* is told already, or if it is not about a call."""
    if not in_program():
        return
    from entra_sync.errors.argument import ArgumentError

    if isinstance(error, ArgumentError):
        return
    if isinstance(error, EntraSyncError):
        raise ArgumentError(str(error) if error.about else f"{title}: {error}", error.below) from None
    if isinstance(error, ValidationError):
        found = problems(model, error)
    elif isinstance(error, UnicodeEncodeError):
        found = [Problem.of(HALF_A_PAIR)]
    else:
        found = of_call()
    if found:
        line, below = in_line(found, MOST)
        raise ArgumentError(f"{title}: {line}", below) from None
