"""What requests cost in a large tenant, beside the same requests in one with a hundredth of the people.

Prints how long a sample tenant takes to make and how much memory it needs, then milliseconds per request in both
tenants with the ratio of the two: about 1 where the cost does not depend on the size of the tenant, about 100 where
every object is looked at. A page that is asked for again was not read since the last write. All in this process,
without a network:

    python benchmarks/large_tenant.py [PEOPLE]

1000000 people take about a minute and 3 GB.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx

from entra_sync.emulator import Emulator

EVENTUAL = {"ConsistencyLevel": "eventual"}
ROUNDS = 5


class Tenant:
    """A tenant of an emulator, and a client of it.

    Args:
        emulator: The emulator.
        name: The tenant's name.
        made: Seconds that it took to make what the emulator holds.
        memory: Gigabytes that this needs.
    """

    def __init__(self, emulator: Emulator, name: str, made: float, memory: float) -> None:
        self.emulator, self.made, self.memory = emulator, made, memory
        tenant = emulator.tenants[name]
        self.client = httpx.Client(
            transport=emulator.transport(),
            base_url=tenant.graph_url,
            headers={"Authorization": f"Bearer {emulator.token(tenant)}"},
        )
        people = self.get("/users/$count").json()
        query = emulator.service.store.query
        self.middle = query(
            "SELECT id FROM objects WHERE tenant = ? AND kind = 'user' ORDER BY id LIMIT 1 OFFSET ?",
            [tenant.tenant_id, people // 2],
        )[0][0]
        groups = {item["displayName"]: item["id"] for item in self.get("/groups").json()["value"]}
        user = self.get(f"/users/{self.middle}").json()
        self.names = {"group": groups["All company"], "nested": groups["Engineering"], **user}

    @classmethod
    def sample(cls, people: int) -> Tenant:
        """The larger tenant of a new sample."""
        before, start = memory(), time.process_time()
        emulator = Emulator.sample("contoso", people=people)
        return cls(emulator, "contoso", time.process_time() - start, memory() - before)

    def get(self, path: str) -> httpx.Response:
        """A request that has to succeed, answered again."""
        self.emulator.service.pages.clear()
        url = path if path.startswith("https:") else f"/v1.0{path}"
        return self.client.get(url, headers=EVENTUAL).raise_for_status()

    def change(self) -> None:
        """A write of one user."""
        self.client.patch(f"/v1.0/users/{self.middle}", json={"jobTitle": "Clerk"}).raise_for_status()

    def walk(self, path: str) -> tuple[int, str]:
        """Number of pages of a collection, and its delta link if it has one."""
        pages, link = 0, path
        while True:
            # The links stand before the objects; parsing a page would take longer than making it.
            head, pages = self.get(link).content[:2000].decode(errors="ignore"), pages + 1
            if '"@odata.nextLink":"' not in head:
                return pages, head.partition('"@odata.deltaLink":"')[2].partition('"')[0]
            link = head.partition('"@odata.nextLink":"')[2].partition('"')[0]


def memory() -> float:
    """Gigabytes that this process has needed at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def cost(request: Callable[[], Any]) -> float:
    """Milliseconds of the best round."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        request()
        best = min(best, time.process_time() - start)
    return best * 1000


QUOTED = "'{userPrincipalName}'"
REQUESTS = {
    "one user by id": "/users/{id}",
    "one user by userPrincipalName": "/users/{userPrincipalName}",
    "users by fifteen names with in": f"/users?$filter=userPrincipalName in ({','.join([QUOTED] * 15)})",
    "one user by $filter on mail": "/users?$filter=mail eq '{mail}'",
    "$count of users": "/users/$count",
    "first page of 999": "/users?$top=999",
    "page of 999 with $select": "/users?$top=999&$select=id,displayName,department,accountEnabled",
    "page of 999 with $count": "/users?$top=999&$count=true",
    "page of 999 with $orderby": "/users?$top=999&$orderby=displayName",
    "page of 999 with $filter eq": "/users?$top=999&$filter=department eq 'Engineering'",
    "page of 999 with $filter startsWith": "/users?$top=999&$filter=startsWith(surname,'B')",
    "$filter startsWith that finds no user": "/users?$top=999&$filter=startsWith(surname,'Bzz')",
    "$search of a given name": '/users?$top=999&$search="displayName:ada"',
    "$search that finds no user": '/users?$search="displayName:nobody"',
    "page of 999 members": "/groups/{group}/members?$top=999",
    "page of 999 transitive members": "/groups/{nested}/transitiveMembers?$top=999",
}
NUMBER = "/groups/{nested}/transitiveMembers/$count"


def main() -> None:
    """Make both tenants, ask both, print."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    small, large = Tenant.sample(people // 100), Tenant.sample(people)
    print(
        f"sample of {people:,} people: {large.made:.1f} s, {large.memory:.1f} GB; ratio {large.made / small.made:.0f}"
    )
    compare_requests(small, large)
    compare("$count of transitive members", small, large, lambda tenant: tenant.get(NUMBER.format(**tenant.names)))
    compare("the same again after a write of a user", small, large, count_after_a_write)
    for what, path in {"users": "/users?$top=999", "delta": "/users/delta"}.items():
        spent = []
        for tenant in (small, large):
            start = time.process_time()
            pages, link = tenant.walk(path)
            spent.append((time.process_time() - start) * 1000 / pages)
            if link:
                tenant.change()
                tenant.delta = link
        print(
            f"each page of a walk through {what}: {spent[0]:.2f} ms, {spent[1]:.2f} ms; ratio {spent[1] / spent[0]:.1f}"
        )
    compare("delta after one change", small, large, lambda tenant: tenant.get(tenant.delta))


def count_after_a_write(tenant: Tenant) -> None:
    """A number of members that was asked for before, and the write of a user since."""
    tenant.change()
    tenant.client.get("/v1.0" + NUMBER.format(**tenant.names), headers=EVENTUAL).raise_for_status()


def compare_requests(small: Tenant, large: Tenant) -> None:
    """Print what each request costs in both tenants."""
    for what, path in REQUESTS.items():
        compare(what, small, large, lambda tenant, path=path: tenant.get(path.format(**tenant.names)))


def compare(what: str, small: Tenant, large: Tenant, request: Callable[[Tenant], Any]) -> None:
    """Print what a request costs in both tenants."""
    low, high = (cost(lambda tenant=tenant: request(tenant)) for tenant in (small, large))
    print(f"{what}: {low:.2f} ms, {high:.2f} ms; ratio {high / low:.1f}")


if __name__ == "__main__":
    main()
