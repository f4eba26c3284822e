"""All commands of ``entra-sync``, in the order that help shows them."""

from __future__ import annotations

from importlib import import_module

import typer

__all__ = ["register"]

AREAS = (
    "new",
    "calls",
    "emulate",
    "demo",
    "expressions",
    "filters",
    "impact",
    "why",
    "comment",
    "posting",
    "federation",
    "doctor",
    "status",
    "logs",
    "actions",
    "drift",
    "importing",
    "permissions",
)
"""Modules of this package; each has ``register(app)``."""


def register(app: typer.Typer) -> None:
    """Adds every area's commands to *app*, once."""
    if app.registered_commands:
        return
    for area in AREAS:
        import_module(f"entra_sync.cli.{area}").register(app)
