"""What requests cost in one tenant of many in one process, beside the same requests in an emulator with one tenant.

Prints how long the tenants take to make and how much memory they need, per tenant beside the single one, then
milliseconds per request in both with the ratio of the two. All in this process, without a network:

    python benchmarks/many_tenants.py [TENANTS [PEOPLE]]

Ten tenants of 100,000 people take a few minutes and 4.5 GB.
"""

from __future__ import annotations

import sys
import time

from large_tenant import Tenant, compare, compare_requests, memory

from entra_sync.emulator import Emulator
from entra_sync.emulator.samples.people import add_people
from entra_sync.emulator.samples.tenants import add_group


def main() -> None:
    """Make the single tenant and the many, ask one of each, print."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    people = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    single, one_of_many = made(1, people), made(number, people)
    for what, unit, alone, together in (
        ("make a tenant", "s", single.made, one_of_many.made / number),
        ("memory of a tenant", "GB", single.memory, one_of_many.memory / number),
    ):
        print(f"{what}, alone and as one of {number}: {alone:.2f} {unit}, {together:.2f}; ratio {together / alone:.1f}")
    compare_requests(single, one_of_many)
    compare("a write of a user", single, one_of_many, Tenant.change)


def made(number: int, people: int) -> Tenant:
    """A tenant in the middle of so many."""
    before, start = memory(), time.process_time()
    emulator = Emulator()
    for each in range(number):
        fill(emulator, f"tenant{each}", people, seed=each)
    return Tenant(emulator, f"tenant{number // 2}", time.process_time() - start, memory() - before)


def fill(emulator: Emulator, name: str, people: int, *, seed: int) -> None:
    """Adds a tenant with people, and with two groups of which one has members of the other."""
    tenant = emulator.add_tenant(name)
    departments = add_people(tenant, people, seed=seed, company=name, domain=tenant.domain)
    everyone, engineering, platform = [
        add_group(tenant, group) for group in ("All company", "Engineering", "Platform team")
    ]
    members = {
        everyone: [id for ids in departments.values() for id in ids],
        engineering: [*departments["Engineering"], platform],
        platform: departments["Engineering"][::5],
    }
    pairs = sorted((group, member) for group, ids in members.items() for member in ids)
    tenant.store.connect_many(tenant.tenant_id, "member", pairs)


if __name__ == "__main__":
    main()
