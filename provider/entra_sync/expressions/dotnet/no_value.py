"""Why a function of the expression language has no value."""

from __future__ import annotations

__all__ = ["NoValue"]


class NoValue(ValueError):
    """Why a function has no value for its arguments, as a clause that goes after the function's name."""
