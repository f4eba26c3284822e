"""A report as a page that stands alone: no other file, nothing fetched, nothing run but its own few lines."""

from __future__ import annotations

from importlib.resources import files
from string import Template

import orjson

from entra_sync.impact.report.contract import ImpactReport

__all__ = ["page"]


def page(report: ImpactReport) -> str:
    """The report as HTML, with charts and a table that can be searched."""
    template = Template((files(__package__) / "page.html").read_text(encoding="utf-8"))
    # Inside a script element nothing but its end tag and comments means anything to the parser.
    data = orjson.dumps(report).decode().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return template.substitute(data=data)
