"""Writes docs/reference/schema.json: the schema from which `pulumi package gen-sdk` makes SDKs for other languages.

`python scripts/pages/package_schema.py` writes the file; a test compares it with what is there.
"""

from __future__ import annotations

import json
from pathlib import Path

from entra_sync.program.packaged.schema import package_schema
from entra_sync.program.packaged.serving import resource_classes

FILE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "schema.json"


def text() -> str:
    """The schema as the file has it."""
    return json.dumps(package_schema(resource_classes()), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
