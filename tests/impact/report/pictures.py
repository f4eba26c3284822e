"""A report worth looking at, and pictures of it: ``python -m tests.impact.report.pictures docs/images``."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entra_sync.expressions import Mappings, all_of, any_of, clause
from entra_sync.impact.declared.read import read_declared
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.planning.limits import Limits
from entra_sync.impact.report.data import Who, report
from entra_sync.impact.report.page import page
from tests.emulator.dashboard.browser import Page, browser
from tests.emulator.dashboard.screenshots import eventful
from tests.emulator.linking import Link
from tests.gateways import gateways

JSON = Any


@dataclass(frozen=True)
class Pages:
    """One plan as two pages."""

    plain: str
    named: str
    report: dict[str, JSON]


def pages(people: int = 300) -> Pages:
    """A filter that narrows and a mapping that changes, among people who came, went and are in each other's way."""
    link = eventful(people)
    found = _read(link).plan()
    named = report(found, Limits(), Who(people=True))
    return Pages(page(report(found, Limits())), page(named), named)


def _read(link: Link) -> Any:
    emulator = link.source.emulator
    graphs = gateways(emulator)
    groups = link.source.pages("/groups")
    company = next(group["id"] for group in groups if group["displayName"] == "All company")
    declared = Declaration(
        everyone=False,
        groups=frozenset({company}),
        users=frozenset(),
        mappings=Mappings.model_validate(
            [
                {"target": "displayName", "source": 'Append([displayName], " (Contoso)")'},
                {"target": "jobTitle", "source": 'IIF([jobTitle] = "Support Lead", "Lead", [jobTitle])'},
            ]
        ),
        filters=any_of(all_of(clause("department").not_equals("Legal"), clause("city").is_not_null())),
    )
    return read_declared(graphs["contoso"], graphs["federal"], link.principal, declared, cache=None)


def take(folder: Path) -> None:
    """Write the pictures."""
    made = pages()
    with tempfile.TemporaryDirectory() as directory, browser() as window:
        for name, text, scheme, size in (
            ("impact-report", made.plain, "light", (1280, 1240)),
            ("impact-report-people-dark", made.named, "dark", (1280, 1240)),
        ):
            path = Path(directory) / f"{name}.html"
            path.write_text(text, encoding="utf-8")
            show(window, path, scheme, *size)
            if "people" in name:
                window.evaluate("document.getElementById('people').scrollIntoView()")
            window.picture(folder / f"{name}.png")


def show(window: Page, path: Path, scheme: str = "light", width: int = 1280, height: int = 900) -> None:
    """Opens a report."""
    window.size(width, height, scale=2 if width < 600 else 1, phone=width < 600)
    window.colors(scheme)
    window.open(path.as_uri())
    window.shows("#rows tr")


if __name__ == "__main__":
    take(Path(sys.argv[1]))
