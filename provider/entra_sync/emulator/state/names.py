"""Names that follow a pattern."""

from __future__ import annotations

import re

__all__ = ["EXTENSION", "GUID"]

EXTENSION = re.compile(r"(extension_[0-9a-f]{32}|ext[0-9a-z]{8})_\w+\Z")
"""Directory extensions and schema extensions."""

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
