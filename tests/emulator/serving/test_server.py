"""The emulator as a server: TLS, the control API, a state that survives, and the command that runs it."""

from __future__ import annotations

import gzip
import json
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from entra_sync.emulator import Emulator
from entra_sync.emulator.http.wire import LARGEST_BODY
from entra_sync.emulator.serving.server import Server
from entra_sync.microsoft.clouds import Cloud
from tests.emulator.api import Api
from tests.emulator.linking import connect

JSON = Any
COMMAND = str(Path(sys.executable).parent / "entra-sync")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running emulator with its state in a directory."""
    emulator = Emulator.sample("contoso", people=20, state=tmp_path_factory.mktemp("state"))
    with emulator.serve() as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """A client that trusts the emulator's authority."""
    with httpx.Client(verify=ssl.create_default_context(cafile=server.ca_file)) as made:
        yield made


def control(client: httpx.Client, server: Server, method: str, operation: str, /, **body: Any) -> JSON:
    """A request to the control API that has to succeed."""
    answer = client.request(method, f"{server.control}{operation}", json=body or None)
    assert answer.is_success, answer.text
    return answer.json()


def test_each_cloud_answers_on_its_own_port(server: Server, client: httpx.Client) -> None:
    """Graph and login are at the root of each port, and one cloud's token is refused by another."""
    token = server.emulator.token("contoso", audience=server.url(Cloud.GLOBAL))
    headers = {"Authorization": f"Bearer {token}"}

    assert len(set(server.ports.values())) == len(Cloud)
    assert 200 == client.get(f"{server.url(Cloud.GLOBAL)}/v1.0/organization", headers=headers).status_code
    assert 401 == client.get(f"{server.url(Cloud.USGOV)}/v1.0/organization", headers=headers).status_code


def test_emulator_in_memory_leaves_no_files_behind() -> None:
    """Its certificate is there while it answers, and goes with it."""
    with Emulator().serve() as running:
        there = running.ca_file.exists()

    assert there
    assert not running.ca_file.parent.exists()


def test_failing_block_leaves_no_files_behind() -> None:
    """An exception passes through, and the files go."""
    with pytest.raises(ZeroDivisionError), Emulator().serve() as running:
        raise ZeroDivisionError

    assert not running.ca_file.parent.exists()


def test_emulator_without_its_port_leaves_neither_files_nor_ports_behind() -> None:
    """One that cannot start gives back what it had."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = Emulator().serve(taken.getsockname()[1] - 1)
        with pytest.raises(OSError, match="in use"):
            refused.__enter__()
        for port in refused.ports.values():
            with socket.socket() as again:
                again.bind(("127.0.0.1", port))

    assert not refused.ca_file.parent.exists()


def test_program_that_ends_with_an_emulator_running_leaves_no_files_behind() -> None:
    """As a notebook does, which never leaves the block."""
    program = (
        "from entra_sync.emulator import Emulator\n"
        "running = Emulator().serve().__enter__()\n"
        "assert running.ca_file.exists()\n"
        "print(running.ca_file)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert not Path(ended.stdout.strip()).parent.exists()


def test_certificate_of_an_unknown_issuer_is_not_trusted(server: Server) -> None:
    """Without the emulator's authority a client refuses it."""
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url(Cloud.GLOBAL)}/v1.0/users")


def test_links_in_answers_lead_back_to_the_port(server: Server, client: httpx.Client) -> None:
    """Next links and contexts name the address that the client used."""
    root = server.url(Cloud.GLOBAL)
    headers = {"Authorization": f"Bearer {server.emulator.token('contoso')}"}
    page = client.get(f"{root}/v1.0/users?$top=3", headers=headers).json()

    assert page["@odata.nextLink"].startswith(f"{root}/v1.0/users?")
    assert client.get(page["@odata.nextLink"], headers=headers).json()["value"]


def test_dropped_connection_is_seen_by_a_real_client(server: Server, client: httpx.Client) -> None:
    """The connection closes without an answer."""
    control(client, server, "POST", "/faults", path="/organization", drop="before")
    headers = {"Authorization": f"Bearer {server.emulator.token('contoso')}"}
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(f"{server.url(Cloud.GLOBAL)}/v1.0/organization", headers=headers)

    assert 200 == client.get(f"{server.url(Cloud.GLOBAL)}/v1.0/organization", headers=headers).status_code


def test_control_describes_tenants_and_jobs(server: Server, client: httpx.Client) -> None:
    """GET on the control API says who is there and where."""
    found = control(client, server, "GET", "")

    assert ["contoso", "federal"] == [tenant["name"] for tenant in found["tenants"]]
    assert found["tenants"][0]["graphUrl"] == server.url(Cloud.GLOBAL)
    assert {
        "ENTRA_FEDERAL_CLIENT_ID",
        "ENTRA_FEDERAL_CLIENT_SECRET",
        "ENTRA_FEDERAL_CA_FILE",
    } == set(found["tenants"][1]["environment"])


def test_control_runs_cycles_and_moves_the_clock(server: Server, client: httpx.Client) -> None:
    """A cycle now, or those that fall due while the clock advances."""
    control(client, server, "POST", "/snapshot", name="before-cycles")
    contoso, federal = Api(server.emulator, "contoso"), Api(server.emulator, "federal")
    link = connect(contoso, federal)
    link.assign(contoso.user("Controlled")["id"])
    link.start()

    (cycle,) = control(client, server, "POST", "/cycle")["cycles"]
    assert {"create": 1} == cycle["counts"]
    moved = control(client, server, "POST", "/clock", hours=1, cycles=True)
    assert [{}] == [cycle["counts"] for cycle in moved["cycles"]]
    jobs = control(client, server, "GET", "")["jobs"]
    assert [("contoso", "Active")] == [(job["tenant"], job["code"]) for job in jobs]
    control(client, server, "POST", "/reset", name="before-cycles")


def test_control_shows_and_clears_the_request_log(server: Server, client: httpx.Client) -> None:
    """Writes, one tenant's requests, the newest ones; then none."""
    control(client, server, "DELETE", "/requests")
    contoso = Api(server.emulator, "contoso")
    contoso.group("Logged")
    contoso.get("/groups?$top=1")
    log = client.get(f"{server.control}/requests?writes=true&tenant=contoso").json()["requests"]

    assert [("POST", "/v1.0/groups", 201)] == [(record["method"], record["path"], record["status"]) for record in log]
    assert 1 == len(client.get(f"{server.control}/requests?last=1").json()["requests"])
    control(client, server, "DELETE", "/requests")
    assert {"requests": []} == client.get(f"{server.control}/requests").json()


def test_control_returns_to_a_snapshot(server: Server, client: httpx.Client) -> None:
    """Reset brings the state back, and forgets log and faults."""
    contoso = Api(server.emulator, "contoso")
    control(client, server, "POST", "/snapshot", name="kept")
    group = contoso.group("After the snapshot")
    control(client, server, "POST", "/reset", name="kept")

    assert 404 == contoso.error("GET", f"/groups/{group['id']}")[0]
    assert {"error": "there is no snapshot other"} == client.post(
        f"{server.control}/reset", json={"name": "other"}
    ).json()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "/nothing", None, 404, "no such operation"),
        ("POST", "/clock", {"weeks": 1}, 400, "say how far"),
        ("POST", "/faults", {"path": "x"}, 400, "needs a status, a drop or a delay"),
        ("POST", "/cycle", {"job": "none"}, 400, "there is no job none"),
        ("POST", "/cross-cloud", {"tenant": "nobody", "cloud": "global"}, 400, "nobody"),
    ],
)
def test_control_refuses_what_makes_no_sense(
    server: Server, client: httpx.Client, method: str, path: str, body: JSON, status: int, words: str
) -> None:
    """One line says what is wrong."""
    answer = client.request(method, f"{server.control}{path}", json=body)

    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_control_changes_settings(server: Server, client: httpx.Client) -> None:
    """Throttling, late replicas and slow processing are switched on and off."""
    on = control(client, server, "POST", "/settings", throttling=True, replicationSeconds=5, latencySeconds=2)
    off = control(client, server, "POST", "/settings", throttling=False, replicationSeconds=0, latencySeconds=0)

    assert {"throttling": True, "replicationSeconds": 5, "latencySeconds": 2} == on
    assert {"throttling": False, "replicationSeconds": 0, "latencySeconds": 0} == off


# State


def test_state_survives_a_restart(tmp_path: Path) -> None:
    """Tenants, people, keys and the clock are as they were; old tokens are still good, ids are not used again."""
    first = Emulator.sample("contoso", people=20, state=tmp_path)
    contoso, federal = Api(first, "contoso"), Api(first, "federal")
    link = connect(contoso, federal)
    user = contoso.user("Survivor")
    link.assign(user["id"])
    link.start()
    link.cycle()
    first.clock.advance(timedelta(days=3))
    moment = first.clock.now()
    first.close()

    second = Emulator.sample("contoso", people=20, state=tmp_path)
    again = Api(second, "contoso", contoso.token)
    assert "Survivor" == again.get(f"/users/{user['id']}")["displayName"]
    assert "Active" == again.get(link.job)["status"]["code"]
    assert second.clock.now() >= moment
    assert [{}] == [summary.counts for summary in second.run_cycle(link.job_id)]
    assert again.user("Newcomer")["id"] not in {
        item["id"] for item in contoso_ids(again) if item["displayName"] != "Newcomer"
    }
    second.close()


def test_state_of_an_earlier_version_has_its_licenses(tmp_path: Path) -> None:
    """It calls the keys of licenses by other names; it is opened, or restored from a snapshot."""
    first = Emulator.sample("contoso", people=20, state=tmp_path)
    contoso = Api(first, "contoso")
    license = {"skuId": contoso.get("/subscribedSkus")["value"][0]["skuId"], "disabledPlans": []}
    path = f"/users/{contoso.user('Licensed', usageLocation='US')['id']}/assignLicense"
    contoso.post(path, {"addLicenses": [license], "removeLicenses": []})
    consumed = [each["consumedUnits"] for each in contoso.get("/subscribedSkus")["value"]]
    snapshot = tmp_path / "earlier"
    first.service.store.snapshot(snapshot)
    with closing(sqlite3.connect(snapshot)) as file, file:
        file.execute("UPDATE keys SET name = ? WHERE name = ?", ("licence", "license"))
        file.execute("PRAGMA user_version = 0")

    first.service.store.restore(snapshot)

    assert 1 == sum(consumed)
    assert consumed == [each["consumedUnits"] for each in contoso.get("/subscribedSkus")["value"]]
    first.close()


def contoso_ids(api: Api) -> list[JSON]:
    """Ids and names of all users."""
    return api.pages("/users?$select=id,displayName")


# The command


def test_command_serves_until_it_is_interrupted(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """One line of JSON when ready; interrupting ends it well, and a second run finds the same tenants."""
    seen = []
    for _ in range(2):
        command = [COMMAND, "emulate", "--state", str(tmp_path), "--port", "0"]
        process = subprocess.Popen(
            [*command, "--sample", "contoso", "--people", "10", "--json"], stdout=subprocess.PIPE
        )
        request.addfinalizer(process.kill)
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        tenant = line["tenants"][0]
        with httpx.Client(verify=ssl.create_default_context(cafile=tenant["caFile"])) as client:
            form = {
                "grant_type": "client_credentials",
                "client_id": tenant["environment"]["ENTRA_CONTOSO_CLIENT_ID"],
                "client_secret": tenant["environment"]["ENTRA_CONTOSO_CLIENT_SECRET"],
                "scope": f"{tenant['graphUrl']}/.default",
            }
            answer = client.post(f"{tenant['authorityUrl']}/{tenant['tenantId']}/oauth2/v2.0/token", data=form)
            headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            count = {**headers, "ConsistencyLevel": "eventual"}
            seen.append((tenant["tenantId"], client.get(f"{tenant['graphUrl']}/v1.0/users/$count", headers=count).text))
        process.send_signal(signal.SIGINT)
        assert 0 == process.wait(timeout=20)

    assert seen[0] == seen[1]
    assert "10" == seen[0][1]


def test_command_refuses_an_unknown_sample(tmp_path: Path) -> None:
    """One line says which samples there are."""
    command = [COMMAND, "emulate", "--state", str(tmp_path), "--sample", "northwind"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 2 == done.returncode
    assert 'error: there is no sample "northwind"; known are contoso, worldwide\n' == done.stderr


def test_a_mistake_of_the_emulator_is_an_answer_and_goes_to_standard_error(server, client, monkeypatch, capsys) -> None:
    """A client sees the service's 500, not a connection that breaks, and the next request is answered."""

    def fail(request: Any) -> Any:
        raise LookupError("a mistake")

    url = f"{server.url(Cloud.GLOBAL)}/v1.0/organization"
    with monkeypatch.context() as patch:
        patch.setattr(server.emulator.service, "answer", fail)
        failed = client.get(url)

    assert (500, "InternalServerError") == (failed.status_code, failed.json()["error"]["code"])
    assert "LookupError: a mistake" in capsys.readouterr().err
    assert 401 == client.get(url).status_code


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
@pytest.mark.parametrize("path", ["/_emulator", "/_emulator/requests", "/"])
def test_pages_of_other_sites_cannot_reach_control_or_dashboard(
    server: Server, client: httpx.Client, path: str, headers: dict[str, str]
) -> None:
    """Neither a foreign host name nor a foreign page gets an answer with secrets in it."""
    answer = client.get(f"{server.url(Cloud.GLOBAL)}{path}", headers=headers)

    assert 403 == answer.status_code
    assert "secret" not in answer.text.lower()


@pytest.mark.parametrize("secret", ["", "/cycle", "/wrong/cycle", "/%00/cycle"])
def test_control_needs_the_secret_of_its_address(server: Server, client: httpx.Client, secret: str) -> None:
    """A program on the same machine that does not know it changes nothing and reads nothing."""
    answer = client.post(f"{server.url(Cloud.GLOBAL)}/_emulator{secret}", json={})

    assert (403, ["error"]) == (answer.status_code, list(answer.json()))
    assert server.secret not in answer.text


def test_the_owner_finds_the_address_of_control_in_a_file(server: Server, client: httpx.Client) -> None:
    """It stands beside the state, readable by its owner only."""
    state = server.emulator.state
    assert state is not None
    file = state / "control"

    assert 0o600 == file.stat().st_mode & 0o777
    assert 200 == client.get(file.read_text().strip()).status_code


def test_state_is_readable_by_its_owner_only(server: Server) -> None:
    """It holds signing keys and client secrets."""
    state = server.emulator.state
    assert state is not None

    assert {0o600} == {file.stat().st_mode & 0o777 for file in state.glob("*.sqlite3")}


def test_a_snapshot_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    """It holds what the state holds. The directory is made for the owner alone, and the lock in it too."""
    emulator = Emulator(tmp_path / "state")
    emulator.snapshot(tmp_path / "snapshot.sqlite3")
    emulator.close()
    files = [tmp_path / "snapshot.sqlite3", tmp_path / "state" / "lock"]

    assert [0o600, 0o600] == [file.stat().st_mode & 0o777 for file in files]
    assert 0o700 == (tmp_path / "state").stat().st_mode & 0o777


def test_body_that_is_too_large_is_refused(server: Server, client: httpx.Client) -> None:
    """Whether it is large as sent or as unpacked."""
    url = f"{server.url(Cloud.GLOBAL)}/v1.0/users"
    packed = gzip.compress(b"0" * (LARGEST_BODY + 1))

    assert 413 == client.post(url, content=b"0" * (LARGEST_BODY + 1)).status_code
    assert 413 == client.post(url, content=packed, headers={"Content-Encoding": "gzip"}).status_code


def test_clock_goes_on_after_a_tick_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is locked for a moment does not end the cycles."""
    emulator, ticks = Emulator(seed=1), []
    again = threading.Event()

    def save_clock() -> None:
        ticks.append(1)
        if len(ticks) == 1:
            raise OSError("database is locked")
        again.set()

    monkeypatch.setattr(Server, "tick", 0.01)
    monkeypatch.setattr(emulator, "save_clock", save_clock)
    with emulator.serve():
        assert again.wait(30)
