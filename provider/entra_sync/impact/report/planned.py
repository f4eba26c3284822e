"""The impact of each link in a preview's output, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entra_sync.impact.report.summary import block
from entra_sync.tenant import Tenant

__all__ = ["planned_impacts"]

JSON = Any


def planned_impacts(preview: Mapping[str, JSON]) -> list[str]:
    """Whom the links of a preview touch: a block of text for each link whose impact is new or changed."""
    blocks = []
    for step in preview.get("steps") or []:
        inputs = (step.get("newState") or {}).get("inputs") or {}
        if step["op"] in {"create", "update", "create-replacement"} and "impact" in inputs:
            source, target = Tenant(**inputs["tenant"]), Tenant(**inputs["target"])
            blocks.append(block(str(source), str(target), inputs["impact"]))
    return blocks
