"""Writes docs/emulator/emulator-coverage.md from the emulator's routes and its table of permissions.

`python scripts/pages/coverage_page.py` writes the page; a test compares it with what is there.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from permission_pages import table

from entra_sync.emulator.graph import ROUTES
from entra_sync.emulator.http.router import Route
from entra_sync.emulator.identity.permissions import alternatives
from entra_sync.microsoft.assumptions import Facts
from entra_sync.microsoft.clouds import CLOUDS, Cloud

PAGE = Path(__file__).resolve().parents[2] / "docs" / "emulator" / "emulator-coverage.md"

START = """# What the emulator covers

Made by `scripts/pages/coverage_page.py` from the emulator's routes. It lists every operation of Microsoft Graph that
the emulator answers: {operations} operations on {paths} paths.

- The emulator answers any other path or method with 501 and names it.
  If Graph itself has no such method on the path, the answer is 405.
- Permissions are the ones that Microsoft's tables name first, for an application and for a signed-in user.
  "none" means that any token will do, "not possible" that no permission of this kind allows the operation.
- `$count`, `$ref`, casts and delta queries are listed as paths of their own.
- `$batch` takes any of these operations. `/me` stands for the signed-in user below `/users/{{id}}`.
- How close the answers are to those of Microsoft Graph: [how faithful the emulator is](fidelity.md).
"""


def page() -> str:
    """The whole page."""
    routes = sorted(ROUTES.routes, key=lambda route: (area(route), route.template.lower(), route.method))
    paths = {route.template for route in routes}
    parts = [START.format(operations=len(routes), paths=len(paths))]
    for name, found in groupby(routes, key=area):
        heads = ["method", "path", "version", "clouds", "application", "signed-in user"]
        parts += [f"## {name}\n", table(heads, [row(route) for route in found])]
    return "\n".join(parts)


def area(route: Route) -> str:
    """First segment of a path."""
    return route.template.strip("/").split("/")[0]


def row(route: Route) -> list[str]:
    """One operation."""
    having = [each for each in Cloud if route.answers_in(each, Facts())]
    clouds = "all" if having == list(Cloud) else ", ".join(CLOUDS[each].label for each in having)
    kinds = (permission(route.key, delegated=False), permission(route.key, delegated=True))
    return [route.method, f"`{route.template}`", ", ".join(route.versions), clouds, *kinds]


def permission(key: str, *, delegated: bool) -> str:
    """The permissions that the table names first for an operation."""
    found = alternatives(key, delegated=delegated)
    if not found:
        return "not possible"
    return " and ".join(f"`{each}`" for each in found[0]) or "none"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
