"""Asking the dashboard in process, as its page does."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson

from entra_sync.emulator import Emulator
from entra_sync.emulator.dashboard import answer_dashboard
from entra_sync.emulator.dashboard.query import PAGE_SIZE
from entra_sync.emulator.http.wire import ReceivedRequest, Reply
from entra_sync.microsoft.clouds import Cloud
from tests.emulator.linking import Link

__all__ = ["ADDRESSES", "ask", "every", "persons", "reply"]

JSON = Any

ADDRESSES = {cloud: f"https://localhost:{8443 + number}" for number, cloud in enumerate(Cloud)}


def reply(emulator: Emulator, path: str, method: str = "GET", cloud: Cloud = Cloud.GLOBAL, **query: str) -> Reply:
    """The answer to a browser."""
    url = f"{ADDRESSES[cloud]}{path}?{urlencode(query)}"
    return answer_dashboard(emulator.service, ReceivedRequest(cloud, method, url, {}), ADDRESSES)


def ask(emulator: Emulator, source: str, cloud: Cloud = Cloud.GLOBAL, **query: str) -> JSON:
    """Data of one of the dashboard's sources."""
    answer = reply(emulator, f"/_emulator/dashboard/{source}", cloud=cloud, **query)
    assert 200 == answer.status, answer.body
    return orjson.loads(answer.content)


def every(emulator: Emulator, source: str, **query: str) -> list[JSON]:
    """All rows of a list, page after page."""
    rows: list[JSON] = []
    place: str | None = ""
    while place is not None:
        page = ask(emulator, source, after=place, **query)
        assert len(page["rows"]) <= PAGE_SIZE
        rows += page["rows"]
        place = page["next"]
    return rows


def persons(morning: Link, state: str) -> list[JSON]:
    """Rows of people in a state."""
    return every(morning.source.emulator, "people", job=morning.job_id, state=state)
