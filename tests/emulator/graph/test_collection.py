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
PATH = "/identityGovernance/entitlementManagement/connectedOrganizations"
EVENTUAL = {"ConsistencyLevel": "eventual"}


@pytest.fixture
def graph(contoso: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
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


def test_a_declared_collection_answers_all_its_routes(graph: Api) -> None:
    user = graph.user("Sponsor")["id"]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{user}"}
    made = graph.post(PATH, {"displayName": "Fabrikam", "description": "Those who supply"})
    made_at = f"{PATH}/{made['id']}"
    graph.post(f"{made_at}/internalSponsors/$ref", reference)

    assert [made["id"]] == [item["id"] for item in graph.get(f"{PATH}?$filter=displayName eq 'Fabrikam'")["value"]]
    assert {"description": "Those who supply"} == {
        name: value for name, value in graph.get(f"{made_at}?$select=description").items() if "@" not in name
    }
    assert "1" == graph.send("GET", f"{PATH}/$count", headers=EVENTUAL).text
    assert [user] == [item["id"] for item in graph.get(f"{made_at}/internalSponsors/microsoft.graph.user")["value"]]
    assert [user] == [item["id"] for item in graph.get(f"{made_at}?$expand=internalSponsors")["internalSponsors"]]
    assert "1" == graph.send("GET", f"{made_at}/internalSponsors/$count", headers=EVENTUAL).text
    assert 400 == graph.error("POST", f"{made_at}/internalSponsors/$ref", reference)[0]
    assert (400, "Request_BadRequest", "Invalid property 'x'.") == graph.error("POST", PATH, {"x": 1})

    graph.ok("DELETE", f"{made_at}/internalSponsors/{user}/$ref")
    graph.ok("DELETE", made_at)

    assert 404 == graph.error("GET", made_at)[0]


def test_the_declaration_on_the_page_is_short() -> None:
    """What a new collection costs, creation included."""
    block = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]

    assert 11 == len([line for line in block.splitlines() if line.strip()])
