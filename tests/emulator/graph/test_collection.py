"""A new collection is one declaration: the one in docs/project/architecture.md answers all routes of a collection."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from entra_sync.emulator import service
from entra_sync.emulator.graph import ROUTES
from entra_sync.emulator.graph.bodies import properties
from entra_sync.emulator.graph.collection import Collection, collection
from entra_sync.emulator.graph.relations import Relation, connect, disconnect, edges
from entra_sync.emulator.http.router import Router, merged
from entra_sync.emulator.identity import permissions
from tests.emulator.api import Api

PAGE = Path(__file__).parents[3] / "docs" / "project" / "architecture.md"
UNITS = "/directory/administrativeUnits"
EVENTUAL = {"ConsistencyLevel": "eventual"}


@pytest.fixture
def units(contoso: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Contoso's Graph with the collection of the page; any token will do for it."""
    block = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]
    routes = Router()
    names: dict[str, Any] = {
        "Collection": Collection,
        "Relation": Relation,
        "collection": collection,
        "connect": connect,
        "disconnect": disconnect,
        "edges": edges,
        "partial": partial,
        "properties": properties,
        "routes": routes,
    }
    exec(compile(block, str(PAGE), "exec"), names)
    for route in routes.routes:
        monkeypatch.setitem(permissions.table(), route.key, {"application": [[]], "delegated": [[]]})
    monkeypatch.setattr(service, "ROUTES", merged(ROUTES, routes))
    return contoso


def test_a_declared_collection_answers_all_its_routes(units: Api) -> None:
    user = units.user("Member")["id"]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{user}"}
    made = units.post(UNITS, {"displayName": "Research", "description": "Those who look"})
    unit = f"{UNITS}/{made['id']}"
    units.post(f"{unit}/members/$ref", reference)

    assert [made["id"]] == [item["id"] for item in units.get(f"{UNITS}?$filter=displayName eq 'Research'")["value"]]
    assert {"description": "Those who look"} == {
        name: value for name, value in units.get(f"{unit}?$select=description").items() if "@" not in name
    }
    assert "1" == units.send("GET", f"{UNITS}/$count", headers=EVENTUAL).text
    assert [user] == [item["id"] for item in units.get(f"{unit}/members/microsoft.graph.user")["value"]]
    assert [user] == [item["id"] for item in units.get(f"{unit}?$expand=members")["members"]]
    assert "1" == units.send("GET", f"{unit}/members/$count", headers=EVENTUAL).text
    assert 400 == units.error("POST", f"{unit}/members/$ref", reference)[0]
    assert (400, "Request_BadRequest", "Invalid property 'x'.") == units.error("POST", UNITS, {"x": 1})

    units.ok("DELETE", f"{unit}/members/{user}/$ref")
    units.ok("DELETE", unit)

    assert 404 == units.error("GET", unit)[0]


def test_the_declaration_on_the_page_is_short() -> None:
    """What a new collection costs, creation included."""
    block = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]

    assert 11 == len([line for line in block.splitlines() if line.strip()])
