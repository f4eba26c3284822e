"""Two processes change one list of a tenant at once: what Graph loses, the package writes again.

Each process waits at named points until the other has passed its own, so that the order is the same in every run.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from entra_sync.emulator import Emulator

WORKER = """
import sys
import time
from pathlib import Path

from entra_sync.base.calls import GraphCall
from entra_sync.base.run.sending import execute
from entra_sync.graph.gateway import Graph, connect
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpointHandler
from entra_sync.microsoft.tenant import Tenant

name, other, cloud, folder, tenant_id, address = sys.argv[1:]


def reached(point):
    Path(folder, f"{name}-{point}").touch()


def wait_for(point):
    while not Path(folder, f"{other}-{point}").exists():
        time.sleep(0.01)


send = Graph.send
reads = []


def gated_send(self, request):
    if request.method == "GET":
        if not request.path.endswith("crossTenantAccessPolicy"):
            return send(self, request)
        if len(reads) == 1:
            wait_for("written")
        answer = send(self, request)
        reads.append(answer)
        if len(reads) == 1:
            reached("read")
            wait_for("read")
        return answer
    if name == "second" and len(reads) == 1:
        wait_for("written")
    answer = send(self, request)
    reached("written")
    return answer


Graph.send = gated_send
tenant = Tenant("contoso", tenantId=tenant_id, cloud="global", graphUrl=address, authorityUrl=address)
body = {"allowedCloudEndpoints": {"add": [cloud]}}
call = GraphCall("contoso", "PATCH", "/v1.0/policies/crossTenantAccessPolicy", body, "allowing a cloud", merges="list")
execute(connect(tenant), [call], {}, merges=AllowedCloudEndpointHandler.merges)
"""

PATH = "/v1.0/policies/crossTenantAccessPolicy"


def test_two_processes_that_add_to_one_list_lose_nothing(tmp_path: Path) -> None:
    """Both read the empty list, the second one overwrites the first one's entry, and the first one writes it again."""
    emulator = Emulator.sample("contoso", people=1)
    with emulator.serve() as server:
        contoso = server.connection("contoso")
        clouds = {"first": "microsoftonline.us", "second": "partner.microsoftonline.cn"}
        workers = [
            subprocess.Popen(
                [
                    *(sys.executable, "-c", WORKER, name, other, clouds[name]),
                    *(str(tmp_path), contoso["tenantId"], contoso["graphUrl"]),
                ],
                env={**server.environment(), "PATH": ""},
                stderr=subprocess.PIPE,
                text=True,
            )
            for name, other in (("first", "second"), ("second", "first"))
        ]
        problems = [worker.communicate(timeout=120)[1] for worker in workers]
        writes = [record for record in emulator.requests.writes if record.path.endswith("crossTenantAccessPolicy")]

    assert ["", ""] == problems
    assert 3 == len(writes), "the overwritten change is written once more"
    assert sorted(clouds.values()) == sorted(policy(emulator)["allowedCloudEndpoints"])


def policy(emulator: Emulator) -> dict[str, list[str]]:
    """The tenant's policy as it stands now."""
    import httpx

    tenant = emulator.tenants["contoso"]
    with httpx.Client(transport=emulator.transport(), base_url=tenant.graph_url) as client:
        headers = {"Authorization": f"Bearer {emulator.token(tenant)}"}
        found: dict[str, list[str]] = client.get(PATH, headers=headers).raise_for_status().json()
    return found
