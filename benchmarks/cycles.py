"""What a synchronization cycle costs per user, by the size of the tenant.

Makes a sample tenant of each size with a link of all its users to another cloud, and runs an initial cycle, a cycle in
which nothing changed, and a cycle after every hundredth user has changed. Prints microseconds of processor time per
user in scope, with the ratio to the smallest size: about 1 where the cost of a user does not depend on their number.
All in this process, without a network:

    python benchmarks/cycles.py [PEOPLE …]

100,000 people take a few minutes and about 4 GB.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.emulator.api import Api
from tests.emulator.linking import Link, connect

from entra_sync.emulator import Emulator

SIZES = (2_000, 20_000)


def main() -> None:
    """Run the cycles of each size, and print."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    smallest = measured(sizes[0])
    for size in sizes:
        costs = smallest if size == sizes[0] else measured(size)
        for what, cost in costs.items():
            print(f"{what}, {size:,} users: {cost:.2f} us per user; ratio {cost / smallest[what]:.2f}", flush=True)


def measured(people: int) -> dict[str, float]:
    """Microseconds per user by what the cycle has to do."""
    emulator = Emulator.sample("contoso", people=people)
    source, target = (Api(emulator, name) for name in ("contoso", "federal"))
    link = connect(source, target, sync_all=True)
    link.start()
    found = {"initial cycle": cost(link, people), "cycle in which nothing changed": cost(link, people)}
    store, tenant = emulator.service.store, source.tenant.tenant_id
    with store.transaction():
        for entry in store.objects(tenant, "user")[::100]:
            store.replace(tenant, "user", entry.id, {**entry.doc, "jobTitle": "Clerk"})
    return {**found, "cycle after 1 % changed": cost(link, people)}


def cost(link: Link, people: int) -> float:
    """Microseconds of processor time per user of one cycle."""
    start = time.process_time()
    link.cycle()
    return (time.process_time() - start) / people * 1e6


if __name__ == "__main__":
    main()
