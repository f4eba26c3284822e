"""All commands of ``entra-sync``, in the order that help shows them."""

from __future__ import annotations

from importlib import import_module

import typer

__all__ = ["register"]

AREAS = (
    "project.new",
    "project.calls",
    "emulate",
    "project.demo",
    "expressions.mappings",
    "expressions.filters",
    "impact",
    "why",
    "ci.comment",
    "ci.posting",
    "ci.federation",
    "project.doctor",
    "operate.status",
    "operate.logs",
    "operate.actions",
    "project.drift",
    "operate.importing",
    "operate.verify",
    "project.permissions",
    "project.graph",
)
"""Modules of this package; each has ``register(app)``."""


def register(app: typer.Typer) -> None:
    """Adds every area's commands to *app*, once."""
    if app.registered_commands:
        return
    for area in AREAS:
        import_module(f"entra_sync.cli.{area}").register(app)
