"""Lists of Graph calls for people to read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from entra_sync.base.preview import UNKNOWN_TEXT, Step
from entra_sync.errors.visible import visible

__all__ = ["render_steps"]

LONGEST_BODY = 240
"""Characters of a body that are shown in full; of a longer one the beginning is."""

_STYLES = {"GET": "dim", "POST": "green", "PUT": "yellow", "PATCH": "yellow", "DELETE": "red"}


def render_steps(steps: Sequence[Step], *, bodies: bool = True) -> Text:
    """Steps and their calls: resource, then verb, path and changed body, one call a line.

    Names and bodies hold text of a tenant, which is made visible.
    """
    count = sum(len(step.calls) for step in steps)
    text = Text(f"Graph calls that will be sent ({count}):" if steps else "Graph calls that will be sent: none")
    for step in steps:
        tenant = f" → {step.calls[0].tenant}" if step.calls else ""
        text.append("\n" + visible(f"{step.operation} {step.title}{tenant}"), "bold")
        if step.pending:
            pending = visible(" and ".join(step.pending))
            text.append(f"\n    not known yet, because {pending} is not known in preview")
        for call in step.calls:
            text.append("\n    ")
            text.append(f"{visible(call.method):<6} ", _STYLES.get(call.method, ""))
            text.append(visible(call.path.removeprefix("/v1.0")))
            if bodies and call.body is not None:
                text.append(f"  {_short(call.body)}", "dim")
    return text


def _short(body: Any) -> str:
    shown = visible(json.dumps(body, ensure_ascii=False, separators=(",", ":")).replace(UNKNOWN_TEXT, "not known yet"))
    return shown if len(shown) <= LONGEST_BODY else f"{shown[:LONGEST_BODY]}…"
