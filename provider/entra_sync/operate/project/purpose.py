"""What a program is run for."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Purpose"]


class Purpose(StrEnum):
    """What a program, or a command about it, is run for."""

    PREVIEW = "preview"
    UP = "up"
    DESTROY = "destroy"
    IMPACT = "impact"
    PULL_REQUEST = "pull-request"
