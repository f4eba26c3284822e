"""What the dashboard asks of a tenant of 100,000 people, beside one page of Graph's users of the same size."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from urllib.parse import urlencode

import httpx
import orjson

from entra_sync.emulator import Emulator
from entra_sync.emulator.dashboard import answer_dashboard
from entra_sync.emulator.http.wire import ReceivedRequest
from entra_sync.microsoft.clouds import Cloud

PEOPLE = 100_000
ROUNDS = 20


def main() -> None:
    """Prints the medians and their ratios to the Graph page."""
    emulator = Emulator.sample("contoso", people=PEOPLE)
    contoso = emulator.tenants["contoso"]
    headers = {"Authorization": f"Bearer {emulator.token(contoso)}"}
    client = httpx.Client(transport=emulator.transport(), base_url=contoso.graph_url, headers=headers)

    def graph() -> None:
        assert len(client.get("/v1.0/users?$top=50").json()["value"]) == 50

    def dashboard(source: str, **query: str) -> Callable[[], None]:
        url = f"https://localhost/_emulator/dashboard/{source}?{urlencode({'tenant': contoso.tenant_id, **query})}"

        def ask() -> None:
            answer = answer_dashboard(emulator.service, ReceivedRequest(Cloud.GLOBAL, "GET", url, {}), {})
            assert answer.status == 200, answer.body
            orjson.dumps(answer.body)

        return ask

    baseline = median(graph)
    print(f"one page of 50 of {PEOPLE:,} users by Graph, in process: {baseline * 1000:.1f} ms")
    for name, ask in {
        "pulse, every second while a page is open": dashboard("pulse"),
        "overview, after a change": dashboard("overview"),
        "page of 50 people, after a change": dashboard("people"),
        "one step of a search that finds no user": dashboard("people", find="no such name"),
    }.items():
        taken = median(ask)
        print(f"dashboard: {name}: {taken * 1000:.2f} ms, ratio {taken / baseline:.2f}")


def median(ask: Callable[[], None]) -> float:
    """Seconds that it takes."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        ask()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
