"""Pictures of the dashboard for the documentation: ``python -m tests.emulator.dashboard.screenshots docs/images``."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from entra_sync.emulator import Emulator
from tests.emulator.api import Api
from tests.emulator.dashboard.browser import Page, browser
from tests.emulator.linking import Link, connect

JSON = Any


def eventful(people: int = 200) -> Link:
    """Contoso and Contoso Federal after a morning: people came, changed, left, and one could not be provisioned."""
    emulator = Emulator.sample("contoso", seed=4, people=people)
    contoso = Api(emulator, "contoso")
    link = connect(contoso, Api(emulator, "federal"))
    group = next(item["id"] for item in contoso.pages("/groups") if item["displayName"] == "All company")
    found = contoso.pages(f"/groups/{group}/members/microsoft.graph.user?$top=999")
    members = sorted(found, key=lambda person: str(person["id"]))
    link.assign(group)
    link.start()
    block(link, members[2])
    emulator.run_cycle()
    changed, deleted, leaving, disabled, renamed = (f"/users/{members[index]['id']}" for index in (0, 3, 4, 5, 6))
    contoso.patch(changed, {"jobTitle": "Support Lead", "department": "Customer Success"})
    contoso.ok("DELETE", deleted)
    contoso.ok("DELETE", f"/groups/{group}/members/{leaving.removeprefix('/users/')}/$ref")
    contoso.patch(disabled, {"accountEnabled": False})
    emulator.advance(timedelta(minutes=40))
    contoso.patch(renamed, {"displayName": "Sofía 'Sol' Okonkwo"})
    emulator.advance(timedelta(minutes=40))
    emulator.clock.advance(timedelta(minutes=12))
    return link


def block(link: Link, person: JSON) -> None:
    """Give a user of the target the address of a source person, who can then not be invited."""
    target = link.target
    body = {
        "accountEnabled": True,
        "displayName": person["displayName"],
        "mailNickname": "in.the.way",
        "userPrincipalName": f"in.the.way@{target.tenant.domain}",
        "mail": person["mail"],
        "passwordProfile": {"password": "Not-shown-anywhere-1"},
    }
    target.post("/users", body)


def take(folder: Path) -> None:
    """Write the pictures."""
    source = eventful().source
    with source.emulator.serve() as server, browser() as page:
        url = server.url(source.tenant.cloud)
        _open(page, url, ".people tr.row", 1280, 860)
        page.picture(folder / "dashboard-people.png")
        _open(page, f"{url}/#state=failed", ".people tr.row", 1280, 860, "dark")
        page.click("tr.row .source", "")
        page.shows(".attributes")
        page.picture(folder / "dashboard-person-dark.png")
        _open(page, f"{url}/#tab=cycles", ".cycles tr.row", 1280, 640)
        page.picture(folder / "dashboard-cycles.png")
        _open(page, f"{url}/#tab=provisioning", ".provisioning tr.row", 1280, 860)
        page.click("tr.row", "Update")
        page.shows(".steps")
        page.picture(folder / "dashboard-provisioning.png")
        _open(page, f"{url}/#tab=requests", ".requests tr.row", 1280, 860, "dark")
        page.picture(folder / "dashboard-requests-dark.png")
        _open(page, url, ".people tr.row", 390, 844)
        page.picture(folder / "dashboard-phone.png")


def _open(page: Page, url: str, row: str, width: int, height: int, scheme: str = "light") -> None:
    page.size(width, height, scale=2 if width < 600 else 1, phone=width < 600)
    page.colors(scheme)
    page.open(url)
    page.shows(row)
    page.shows(".live.on")


if __name__ == "__main__":
    take(Path(sys.argv[1]))
