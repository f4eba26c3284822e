"""An emulator that cannot be hung, shared by mistake, or ended with a traceback."""

from __future__ import annotations

import gzip
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from entra_sync.emulator import Emulator
from entra_sync.emulator.http.wire import LARGEST_BODY
from entra_sync.emulator.serving.server import Server
from entra_sync.errors import ConfigurationError
from entra_sync.microsoft.clouds import Cloud
from tests.emulator.api import Api

JSON = Any


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Sample tenants that are served; requests are limited by nothing but what these tests look at."""
    with Emulator.sample("contoso", people=5).serve() as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    """A client that trusts the server and waits no longer than a person would."""
    with httpx.Client(verify=ssl.create_default_context(cafile=server.ca_file), timeout=30) as made:
        yield made


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("clock", {"days": 1e308}),
        ("clock", {"days": "inf"}),
        ("clock", {"seconds": "nan"}),
        ("clock", {"hours": -1}),
        ("clock", {"days": [1]}),
        ("settings", {"latencySeconds": "inf"}),
        ("settings", {"latencySeconds": 1e300}),
        ("settings", {"replicationSeconds": "nan"}),
        ("settings", {"replicationSeconds": -5}),
        ("faults", {"path": "(", "status": 500}),
        ("faults", {"path": "x", "status": 500, "delay": "inf"}),
        ("faults", {"path": "x", "status": 500, "rate": "nan"}),
        ("faults", {"path": "x", "status": 500, "times": 1e300}),
        ("faults", {"path": "x", "status": 500, "nothing": 1}),
        ("cross-cloud", {}),
        ("tenants", {}),
        ("tenants", {"name": "x", "cloud": "mars"}),
        ("job-schema", {"tenant": "contoso"}),
        ("reset", {"name": "../x"}),
        ("snapshot", {"name": "a/b"}),
    ],
    ids=str,
)
def test_control_refuses_what_it_cannot_do(server: Server, client: httpx.Client, operation: str, body: JSON) -> None:
    """One line, and the emulator goes on."""
    answer = client.post(f"{server.control}/{operation}", json=body)

    assert 400 == answer.status_code
    assert 1 == len(answer.json()["error"].splitlines())
    assert 200 == client.get(server.control).status_code


@pytest.mark.parametrize("path", ["(a+)+$", "(.*)*b", "(x+x+)+y", "([a-z]+)*[0-9]"])
def test_no_fault_rule_hangs_the_emulator(server: Server, client: httpx.Client, path: str) -> None:
    """A pattern that takes too many steps is an error of the request, and can be cleared."""
    client.post(f"{server.control}/faults", json={"path": path, "status": 503, "times": None})
    url = f"{server.url(Cloud.GLOBAL)}/v1.0/users/{'a' * 60}!xxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    answer = client.get(url)
    client.delete(f"{server.control}/faults")

    assert answer.status_code in {401, 500, 503}
    assert 401 == client.get(url).status_code


@pytest.mark.parametrize(
    "query",
    [
        "(" * 3_000,
        "not " * 3_000 + "true",
        "(" * 3_000 + "a eq 1" + ")" * 3_000,
        "'" * 3_001,
        "a" * 30_000,
        " or ".join(["id eq 'a'"] * 2_000),
        "identities/any(a:" * 90 + "a eq 1" + ")" * 90,
        "tolower(" * 3_000,
        "a/" * 10_000 + "b eq 1",
    ],
    ids=[
        "parentheses",
        "negations",
        "closed parentheses",
        "quotes",
        "letters",
        "conditions",
        "lambdas",
        "functions",
        "path",
    ],
)
def test_no_filter_hangs_the_emulator(server: Server, query: str) -> None:
    emulator = server.emulator
    with httpx.Client(transport=emulator.transport(), base_url="https://graph.microsoft.com") as graph:
        headers = {"Authorization": f"Bearer {emulator.token('contoso')}", "ConsistencyLevel": "eventual"}
        answer = graph.get("/v1.0/users", params={"$filter": query, "$count": "true"}, headers=headers)

    assert 400 == answer.status_code


@pytest.fixture
def graph(server: Server) -> Iterator[httpx.Client]:
    """Contoso's Graph, asked by its administration."""
    headers = {"Authorization": f"Bearer {server.emulator.token('contoso')}", "Content-Type": "application/json"}
    with httpx.Client(
        transport=server.emulator.transport(), base_url="https://graph.microsoft.com/v1.0", headers=headers
    ) as made:
        yield made


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("$expand=" + "a(" * 20_000, 400),
        ("$expand=" + "manager," * 5_000, 200),
        ("$select=" + "id," * 15_000, 200),
        ("$select=" + ",".join(f"a{number}" for number in range(5_000)), 400),
        ("$top=" + "9" * 5_000, 400),
        ("$top=\u00b2", 400),
        ("$skiptoken=W251bGxd", 400),
        ("$orderby=" + "displayName," * 5_000, 200),
    ],
    ids=["expand", "one expand", "one select", "select", "top", "digit", "skip token", "order"],
)
def test_no_option_hangs_the_emulator(graph: httpx.Client, query: str, status: int) -> None:
    """Each takes a time that grows with its length, not with the square of it."""
    assert status == graph.get(f"/users?{query}").status_code


def test_no_url_of_a_batch_is_too_long(graph: httpx.Client) -> None:
    item = {"id": "1", "method": "GET", "url": "/users?$filter=" + "a" * 70_000}
    (answer,) = graph.post("/$batch", json={"requests": [item]}).json()["responses"]

    assert (414, "RequestUriTooLong") == (answer["status"], answer["body"]["error"]["code"])


@pytest.mark.parametrize("token", ["W10", "MQ", "bnVsbA", "WzEsMSwiIixbXSxbXSwieCJd", "WzEsMSwiIixbMV0sW10sMV0"])
def test_any_delta_token_is_an_answer(graph: httpx.Client, token: str) -> None:
    """JSON that is no token, and tokens whose parts have other types."""
    assert 400 == graph.get(f"/users/delta?$deltatoken={token}").status_code


@pytest.mark.parametrize("levels", [250, 900, 1_020, 3_000])
@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ("[", "]")], ids=["objects", "lists"])
def test_no_body_is_too_deep(graph: httpx.Client, levels: int, opening: str, closing: str) -> None:
    """Neither for the route nor for the request log."""
    deep = '{"displayName":' + opening * levels + "1" + closing * levels + "}"

    assert 400 == graph.post("/groups", content=deep).status_code


def test_brackets_in_text_are_no_levels(graph: httpx.Client) -> None:
    group = {"mailEnabled": False, "mailNickname": "b", "securityEnabled": True}

    assert 201 == graph.post("/groups", json={"displayName": '[{"' * 80, **group}).status_code


def test_a_batch_holds_no_batch(graph: httpx.Client) -> None:
    """Twenty in each of twenty, and so on, would be any number of requests in one."""
    inner = {"requests": [{"id": "1", "method": "GET", "url": "/users"}]}
    item = {"id": "1", "method": "POST", "url": "/$batch", "body": inner, "headers": {"Content-Type": "x"}}
    (answer,) = graph.post("/$batch", json={"requests": [item]}).json()["responses"]

    assert 501 == answer["status"]


@pytest.mark.parametrize(
    "item", [{"headers": ["x"]}, {"dependsOn": 5}, {"method": 5}, {"url": {}}, {"id": []}, {"dependsOn": [{}]}], ids=str
)
def test_an_item_with_another_shape_is_refused(graph: httpx.Client, item: JSON) -> None:
    batch = {"requests": [{"id": "1", "method": "GET", "url": "/users", **item}]}

    assert 400 == graph.post("/$batch", json=batch).status_code


def test_a_body_that_unpacks_to_too_much_is_refused(server: Server, client: httpx.Client) -> None:
    """A few kilobytes can hold gigabytes; they are not unpacked."""
    packed = gzip.compress(b"0" * (LARGEST_BODY + 1))
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    answer = client.post(f"{server.url(Cloud.GLOBAL)}/v1.0/users", content=packed, headers=headers)

    assert 413 == answer.status_code


@pytest.mark.parametrize("value", ["Basic \xff\xfe", "Basic ====", "Basic a", "Basic", "Bearer", "Bearer a.b.c", "x"])
def test_any_authorization_is_an_answer(server: Server, client: httpx.Client, value: str) -> None:
    url = f"{server.url(Cloud.GLOBAL)}/{server.emulator.tenants['contoso'].tenant_id}/oauth2/v2.0/token"
    headers = {"Authorization": value.encode("latin-1")}
    answer = client.post(url, data={"grant_type": "client_credentials"}, headers=headers)

    assert 400 <= answer.status_code < 500


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE"]),
    st.sampled_from(["users", "groups", "$batch", "applications", "policies/crossTenantAccessPolicy/partners"]),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["requests", "id", "url", "method", "body", "displayName", "x"]), inner)
        ),
        max_leaves=6,
    )
    | st.binary(max_size=20),
)
def test_any_body_is_an_answer(server: Server, method: str, path: str, body: JSON) -> None:
    """Whatever is sent, the emulator answers as the service would, and makes no mistake of its own."""
    import orjson

    content = body if isinstance(body, bytes) else orjson.dumps(body)
    emulator = server.emulator
    with httpx.Client(transport=emulator.transport(), base_url="https://graph.microsoft.com") as graph:
        headers = {"Authorization": f"Bearer {emulator.token('contoso')}", "Content-Type": "application/json"}
        answer = graph.request(method, f"/v1.0/{path}", content=content, headers=headers)

    assert answer.status_code < 500 or answer.status_code == 501


def test_a_state_directory_has_one_emulator(tmp_path: Path) -> None:
    """Two would write over each other; when the first one stops, the next may begin."""
    first = Emulator(tmp_path)
    with pytest.raises(ConfigurationError, match="is in use by another emulator; stop it, or choose another directory"):
        Emulator(tmp_path)
    first.close()

    Emulator(tmp_path).close()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (b"this is no database" * 100, "the state cannot be read (file is not a database)"),
        (None, "Not a directory"),
    ],
)
def test_a_state_that_cannot_be_used_is_one_line(tmp_path: Path, damage: bytes | None, said: str) -> None:
    state = tmp_path / "state"
    if damage is None:
        (tmp_path / "file").write_text("x")
        state = tmp_path / "file" / "state"
    else:
        state.mkdir()
        (state / "emulator.sqlite3").write_bytes(damage)
    ended = subprocess.run(
        [Path(sys.executable).with_name("entra-sync"), "emulate", "--state", str(state), "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 2 == ended.returncode
    assert f"error: {state}: {said}" in ended.stderr
    assert 1 == len(ended.stderr.splitlines())


def test_no_other_program_locks_the_state(tmp_path: Path) -> None:
    """Requests would wait for it, and then fail."""
    emulator = Emulator.sample("contoso", people=3, state=tmp_path)
    other = sqlite3.connect(tmp_path / "emulator.sqlite3", timeout=0, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        other.execute("BEGIN EXCLUSIVE")
    other.close()

    assert 200 == Api(emulator, "contoso").send("GET", "/users").status_code
    emulator.close()


def test_a_full_disk_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It is answered as a service that is not available, changes nothing, and passes."""
    emulator = Emulator.sample("contoso", people=3, state=tmp_path)
    database = emulator.service.store.database
    group = {"displayName": "x" * 200, "mailEnabled": False, "mailNickname": "x", "securityEnabled": True}
    with emulator.serve() as server:
        trust = ssl.create_default_context(cafile=server.ca_file)
        headers = {"Authorization": f"Bearer {emulator.token('contoso')}"}
        with httpx.Client(verify=trust, base_url=f"{server.url(Cloud.GLOBAL)}/v1.0", headers=headers) as client:
            database.execute("PRAGMA max_page_count = 1")
            answers = [client.post("/groups", json={**group, "description": "x" * 1_000}) for _ in range(30)]
            database.execute("PRAGMA max_page_count = 1000000")
            refused = [answer for answer in answers if answer.status_code != 201]
            held = client.get("/groups?$top=999").json()["value"]
            again = client.post("/groups", json=group)
    said = capfd.readouterr().err.splitlines()
    emulator.close()

    assert {503} == {answer.status_code for answer in refused}
    assert "ServiceUnavailable" == refused[0].json()["error"]["code"]
    assert [f"error: {tmp_path}: cannot be read or written (database or disk is full); nothing was changed"] == (
        sorted(set(said))
    )
    assert 30 - len(refused) == len([found for found in held if found["displayName"] == group["displayName"]])
    assert 201 == again.status_code


def test_the_missing_extra_is_one_line(tmp_path: Path) -> None:
    """The emulator's libraries are an extra of the package."""
    hide = "import sys; sys.modules['uvicorn'] = None; from entra_sync.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", hide, "emulate", "--state", str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert 2 == ended.returncode
    assert ended.stderr.startswith("error: the emulator needs uvicorn, which is not installed; run pip install")
    assert 1 == len(ended.stderr.splitlines())
