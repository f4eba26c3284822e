"""Whatever is sent to any route, the answer is one of the service's, and the emulator goes on.

Requests are drawn for every route that the emulator declares: paths with ids of other objects and with hostile text,
query options, headers, and bodies that are close to what the operation accepts, or far from it. ``ENTRA_SYNC_EXAMPLES``
and ``ENTRA_SYNC_SEED`` draw more of them, and others.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, given, seed, settings, strategies as st

from entra_sync.emulator import Emulator
from entra_sync.emulator.graph import ROUTES
from entra_sync.emulator.http.router import Route
from entra_sync.emulator.http.wire import ReceivedRequest, Reply, segments
from entra_sync.emulator.identity.permissions import alternatives
from entra_sync.emulator.state.catalog.entities import DIRECTORY_KINDS, entity
from entra_sync.microsoft.assumptions import Facts
from entra_sync.microsoft.clouds import Cloud
from tests.emulator.api import Api
from tests.emulator.requests.bodies import CASES, PARTNER, SLACK, furnished, state

JSON = Any
EXAMPLES = int(os.environ.get("ENTRA_SYNC_EXAMPLES", "3"))
"""Requests for each route."""
SEED = int(os.environ.get("ENTRA_SYNC_SEED", "0"))
ROOT = "https://graph.microsoft.com"

HOSTILE: tuple[str, ...] = (
    "", " ", ".", "..", "'", "''", "'x", '"', "\\", "%", "%00", "%zz", "\0", "\n", "\x1b[31m", "\ud800",
    "\udfff\ud800",
    "\U0010ffff", "(", ")", "()", "(appId='x')", "(appId=)", "(uniqueName='')", "(x='y')", "$count", "$ref", "$",
    "null", "true", "-1", "1e400", "9" * 400, "a" * 5_000, "@", "a@b", "#EXT#",
    "microsoft.graph.user", "microsoft.graph.x",
    "00000000-0000-0000-0000-000000000000", "İ", "ß", "💥", "xZ",
    "9999-12-31T23:59:59Z", "2027-01-01T00:00:00+99:99", "{id}", "{", "[*]", "_set", "*", "a,b", "a/b",
)  # fmt: skip
"""Text that has broken a parser somewhere."""
VALUES: tuple[JSON, ...] = (
    None, True, False, 0, -1, 2**31, 2**53, 2**63 - 1, 2**64 - 1, -(2**63), 10**30, 0.5, -0.0, 1e308, [], {}, [None],
    [[]], [{}], {"": None}, {"id": 1}, {"@odata.type": 5}, ["x", 1], [{"id": {}}], {"value": []}, [[[[[[]]]]]],
)  # fmt: skip
FILTERS = (
    "displayName eq 'Ada'", "id in ('a','b')", "not(displayName eq null)", "startsWith(displayName,'A')", "id eq 5",
    "accountEnabled eq 'x'", "createdDateTime ge 2020-01-01", "createdDateTime ge 9999-99-99T99:99:99Z",
    "identities/any(c:c/issuer eq 'x')", "proxyAddresses/any(x:startswith(x,'smtp'))", "owners/$count eq 0",
    "tags/any()", "manager/id eq 'x'", "x/y/z eq 1", "displayName eq 1 and mail ne null or not id eq 'x'", "eq", "a eq",
    "displayName in ()", "tolower(displayName) eq 'x'", "activityDateTime gt 2020-01-01T00:00:00Z", "a eq 'it''s'",
    'a"b eq 1', "displayName eq 99999999999999999999999999", "displayName/any(x:y eq 1)", "appRoles/$count gt 1",
    "a/any(b:b/any(c:c eq 1))", "id eq null", "userPrincipalName ge 'a' and userPrincipalName lt 5",
)  # fmt: skip
OPTIONS: dict[str, tuple[str, ...]] = {
    "$filter": FILTERS,
    "$select": ("id", "displayName,id", "x", "*", "id,id", ",,,", "a/b", "members", "extension_x_y", "_netId"),
    "$expand": ("manager", "members", "owners($select=id)", "memberOf", "x", "manager($select=x", "a(b(c(d)))", "*",
                "identitySynchronization", "schema", "federatedIdentityCredentials($select=id)", "((((",
                "manager,manager"),
    "$orderby": ("displayName", "displayName desc", "id x", "x", "createdDateTime,displayName", "a b c",
                 'a"b', "_netId"),
    "$top": ("1", "0", "999", "-1", "x", "9" * 30, "1.5", "²"),
    "$skip": ("1", "x", "9" * 30),
    "$skiptoken": ("x", "W10", "WyJhIl0", "WzFd", "W251bGxd", "WyJhIiwiYiJd", "W1tdLHt9XQ", "é"),
    "$deltatoken": ("x", "latest", "W10", "e30", "eyJzaW5jZSI6MX0", "é"),
    "$count": ("true", "x"),
    "$search": ('"displayName:a"', "displayName:a", '"x:y"', '"', '"displayName:a" AND', "OR", '"displayName:\\"a"'),
    "$format": ("json", "xml"),
    "$x": ("1",),
    "api-version": ("1.6",),
}  # fmt: skip
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"consistencylevel": "eventual"},
    {"prefer": "create-if-missing"},
    {"prefer": "return=minimal"},
)

CASTS = (
    "microsoft.graph.user",
    "microsoft.graph.group",
    "microsoft.graph.directoryRole",
    "graph.user",
    "microsoft.graph.x",
)
KEYS = sorted({route.key for route in ROUTES.routes})
AREAS = sorted({route.template.strip("/").split("/")[0] for route in ROUTES.routes})


def bodies_of(route: Route) -> list[JSON]:
    """Bodies that an operation accepts, with the names of what they refer to."""
    parts = [part for part in route.template.split("/") if not part.startswith("{")]
    return [*_bodies().get((route.method, route.template), []), MORE.get(parts[-1], {})]


@cache
def _bodies() -> dict[tuple[str, str], list[JSON]]:
    places = {"job": "/servicePrincipals/x/synchronization/jobs/x", "slack": "/servicePrincipals/x/synchronization"}
    found: dict[tuple[str, str], list[JSON]] = {}
    for method, path, body in CASES.values():
        parts = segments(path.format_map(_Named(places)))
        match = ROUTES.match(method, "v1.0", parts, Cloud.GLOBAL, Facts())
        found.setdefault((method, match.route.template), []).append(body)
    return found


class _Named(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "x"


REFERENCE = {"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/{other}"}
GRANT = {"clientId": "{principal}", "consentType": "AllPrincipals", "resourceId": "{graph}", "scope": "User.Read"}
MORE: dict[str, JSON] = {
    "$ref": REFERENCE,
    "members": REFERENCE,
    "groups": {"members@odata.bind": ["https://graph.microsoft.com/v1.0/users/{other}"], "displayName": "x",
               "mailEnabled": False, "mailNickname": "x", "securityEnabled": True},
    "applications": {"displayName": "x", "owners@odata.bind": ["https://graph.microsoft.com/v1.0/users/{user}"],
                     "web": {"redirectUris": ["https://x"]}, "passwordCredentials": [{"displayName": "x"}],
                     "identifierUris": ["api://x"], "appRoles": [{"id": "{role}", "value": "x"}]},
    "getMemberGroups": {"securityEnabledOnly": False},
    "getMemberObjects": {"securityEnabledOnly": True},
    "checkMemberGroups": {"groupIds": ["{group}"]},
    "checkMemberObjects": {"ids": ["{group}"]},
    "getByIds": {"ids": ["{user}"], "types": ["user"]},
    "removePassword": {"keyId": "{key}"},
    "phoneMethods": {"phoneNumber": "+1 5555550199", "phoneType": "office"},
    "addTokenSigningCertificate": {"displayName": "CN=x", "endDateTime": "2027-01-01T00:00:00Z"},
    "oauth2PermissionGrants": GRANT,
    "authorizationPolicy": {"allowInvitesFrom": "everyone",
                            "defaultUserRolePermissions": {"allowedToCreateApps": True}},
    "authenticationMethodConfigurations": {"@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration",
                                           "state": "enabled",
                                           "includeTargets": [{"id": "all_users", "targetType": "group"}]},
    "identities": {"identities": [{"signInType": "emailAddress", "issuer": "contoso.com", "issuerAssignedId": "a@b"}],
                   "displayName": "x", "passwordPolicies": None},
}  # fmt: skip
"""Bodies by the last name in a path, for operations that are not among the cases."""


class World:
    """Two linked tenants with something of everything, to which every case returns."""

    def __init__(self, folder: Path) -> None:
        self.emulator = Emulator.sample("contoso", seed=7, people=4)
        self.api = api = Api(self.emulator, "contoso")
        self.places = furnished(api, Api(self.emulator, "federal"))
        user, group, application = (self.places[name] for name in ("user", "group", "application"))
        other, deleted = api.user("Other")["id"], api.user("Deleted")["id"]
        graph = api.get("/servicePrincipals?$filter=appId eq '00000003-0000-0000-c000-000000000000'")["value"][0]["id"]
        self.places |= {"other": other, "graph": graph}
        self.places["key"] = api.post(f"/applications/{application}/addPassword", {})["keyId"]
        api.ok("DELETE", f"/users/{deleted}")
        api.add_member(group, user)
        reference = self.body(REFERENCE)
        for path in (f"/groups/{group}/owners", f"/applications/{application}/owners"):
            api.post(f"{path}/$ref", reference)
        api.ok("PUT", f"/users/{user}/manager/$ref", reference)
        trusted = {"name": "x", "issuer": "https://x", "subject": "x", "audiences": ["x"]}
        api.post(f"/applications/{application}/federatedIdentityCredentials", trusted)
        phone = api.post(
            f"/users/{user}/authentication/phoneMethods", {"phoneNumber": "+1 5555550100", "phoneType": "mobile"}
        )
        grant = api.post("/oauth2PermissionGrants", self.body(GRANT))
        gone = {"tenantId": "2c38da9c-6d47-4620-8397-dcfafd759c17"}
        api.post("/policies/crossTenantAccessPolicy/partners", gone)
        api.ok("DELETE", f"/policies/crossTenantAccessPolicy/partners/{gone['tenantId']}")
        principal, job = self.places["principal"], self.places["job"].rsplit("/", 1)[1]
        slack = self.places["slack"].split("/")[2]
        assigned = api.get(f"/servicePrincipals/{principal}/appRoleAssignedTo")["value"][0]["id"]
        self.known: dict[str, list[str]] = {
            "users": [user, other, api.get(f"/users/{user}")["userPrincipalName"]],
            "groups": [group],
            "applications": [application, api.get("/applications?$filter=displayName ne 'x'&$count=true",
                                                  headers={"ConsistencyLevel": "eventual"})["value"][0]["id"]],
            "serviceprincipals": [principal, slack, graph],
            "jobs": [job],
            "templates": [self.places["template"], api.get(f"{self.places['job']}")["templateId"]],
            "directories": [self.places["directory"]],
            "partners": [PARTNER],
            "crosstenantpartners": [gone["tenantId"]],
            "approleassignments": [assigned],
            "approleassignedto": [assigned],
            "phonemethods": [phone["id"]],
            "deleteditems": [deleted],
            "members": [user],
            "owners": [other],
            "subscribedskus": [f"{api.tenant.tenant_id}_{self.places['sku']}"],
            "organization": [api.tenant.tenant_id],
            "applicationtemplates": [SLACK],
            "directoryobjects": [user, group, principal],
            "oauth2permissiongrants": [grant["id"]],
            "federatedidentitycredentials": ["x"],
            "domains": [api.tenant.domain],
            "objectconnections": [user, other],
            "authenticationmethodconfigurations": ["sms"],
            "findtenantinformationbytenantid": [f"(tenantId='{api.tenant.tenant_id}')"],
            "findtenantinformationbydomainname": [f"(domainName='{api.tenant.domain}')"],
            "memberof": ["microsoft.graph.group", "microsoft.graph.directoryRole", "graph.user"],
            "directreports": ["microsoft.graph.user"],
        }  # fmt: skip
        self.schema = api.get(f"{self.places['job']}/schema")
        self.audit = api.get("/auditLogs/directoryAudits?$top=1")["value"][0]["id"]
        self.known["directoryaudits"] = [self.audit]
        api.post(f"{self.places['job']}/start")
        scopes = {name for key in KEYS for one in alternatives(key, delegated=True) for name in one}
        self.user = self.emulator.token("contoso", scopes, user=user)
        self.file = folder / "state.sqlite3"
        self.emulator.snapshot(self.file)
        self.before = state(api)
        self.ids = sorted({id for ids in self.known.values() for id in ids})

    def body(self, accepted: JSON) -> JSON:
        """An accepted body for this tenant."""
        if isinstance(accepted, str) and accepted == "schema":
            return copy.deepcopy(self.schema)
        text = _NAME.sub(lambda found: self.places.get(found[1], found[0]), json.dumps(accepted))
        return json.loads(text, object_pairs_hook=lambda pairs: {key: value for key, value in pairs if key != "*"})

    def send(self, method: str, url: str, headers: dict[str, str], content: bytes, *, user: bool = False) -> Reply:
        """Answers one request of an application, or of a signed-in user who may do everything."""
        token = self.user if user else self.api.token
        asked = ReceivedRequest(
            Cloud.GLOBAL, method, f"{ROOT}{url}", {"authorization": f"Bearer {token}", **headers}, content
        )
        return self.emulator.service.answer(asked)

    def restore(self) -> None:
        """Returns to the beginning."""
        self.emulator.service.open(self.file)


_NAME = re.compile(r"\{(\w+)\}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """What every case begins with."""
    made = World(tmp_path_factory.mktemp("any"))
    yield made
    made.emulator.close()


@st.composite
def targets(draw: st.DrawFn, world: World, route: Route) -> str:
    """A path for a route, with query options."""
    parts: list[str] = []
    for part in route.template.strip("/").split("/"):
        if part.startswith("{"):
            fitting = CASTS if part == "{cast}" else world.known.get(parts[-1].lower(), world.ids)
            value = draw(st.sampled_from(fitting))
            if draw(st.integers(0, 5)) == 0:
                value = draw(st.sampled_from(world.ids) | st.sampled_from(HOSTILE) | st.text(max_size=5))
            keyed = draw(st.integers(0, 3)) == 0 and parts
            parts.append(quote(value, safe="()'$=,", errors="surrogatepass"))
            if keyed and "(" not in value:
                parts[-2:] = [f"{parts[-2]}('{parts[-1]}')"]
        else:
            parts.append(draw(st.sampled_from([part, part, part.upper()])))
    options = []
    for name in draw(st.lists(st.sampled_from(list(OPTIONS)), max_size=3, unique=True)):
        value = draw(st.sampled_from(OPTIONS[name]) | st.sampled_from(HOSTILE))
        options.append(f"{name}={quote(value, safe='$', errors='surrogatepass')}")
    return f"/{draw(st.sampled_from(route.versions))}/{'/'.join(parts)}" + (f"?{'&'.join(options)}" if options else "")


BROKEN = (b"{", b"[]", b"null", b'"', b"[" * 3_000, b'{"a":' * 900 + b"1" + b"}" * 900, b"[" * 250 + b"]" * 250)
anything = st.recursive(
    st.sampled_from(VALUES) | st.sampled_from(HOSTILE) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(HOSTILE), inner, max_size=3),
    max_leaves=5,
)


def places_in(value: JSON, path: tuple[JSON, ...] = ()) -> Iterator[tuple[JSON, ...]]:
    """Every place in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places_in(item, (*path, key))


@st.composite
def bodies(draw: st.DrawFn, world: World, route: Route) -> bytes:
    """A body for a route: one that it accepts with a change in a few places, or anything."""
    kind = {shape.set: shape.kind for shape in map(entity, DIRECTORY_KINDS)}.get(route.template.split("/")[1])
    if kind is not None and route.template.count("/") <= 2 and draw(st.booleans()):
        name, value = draw(st.sampled_from(sorted(entity(kind).properties))), draw(anything)
        return json.dumps({**world.body(draw(st.sampled_from(bodies_of(route)))), name: value}).encode()
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=20) | st.sampled_from(BROKEN))
    body: JSON = world.body(draw(st.sampled_from(bodies_of(route))))
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(list(places_in(body))))
        value = copy.deepcopy(draw(anything))
        if not path:
            body = value if draw(st.booleans()) or not isinstance(body, dict) else {**body, "displayName": value}
            continue
        parent = body
        for key in path[:-1]:
            parent = parent[key]
        if draw(st.integers(0, 3)):
            parent[path[-1]] = value
        else:
            del parent[path[-1]]
    return json.dumps(body).encode()


def judged(reply: Reply, asked: str) -> None:
    """An answer of the service: a success, an error in Graph's shape, or the 501 that the emulator promises."""
    body = reply.content
    assert reply.status < 500 or reply.status == 501, asked
    if reply.status >= 400:
        error = orjson.loads(body)["error"]
        assert isinstance(error["code"], str) and error["code"], asked
        assert isinstance(error["message"], str) and error["message"], asked
        assert {"date", "request-id", "client-request-id"} <= error["innerError"].keys(), asked
    for name, value in reply.headers.items():
        assert not set("\r\n\0") & set(name + value), asked
        value.encode("latin-1", "replace")


@pytest.mark.parametrize("area", AREAS)
def test_any_request_is_answered(world: World, area: str) -> None:
    """A refused request changes nothing, and the next one is answered."""
    routes = [route for route in ROUTES.routes if route.template.strip("/").split("/")[0] == area]

    @seed(SEED)
    @settings(max_examples=EXAMPLES * len(routes), suppress_health_check=list(HealthCheck))
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        route = data.draw(st.sampled_from(routes), "route")
        url = data.draw(targets(world, route), "url")
        content = data.draw(bodies(world, route), "body") if route.method != "GET" else b""
        headers = data.draw(st.sampled_from(HEADERS), "headers")
        asked = f"{route.method} {url[:300]!r} {content[:300]!r} {headers}"
        user = data.draw(st.integers(0, 9), "user") == 0 or not alternatives(route.key, delegated=False)
        reply = world.send(route.method, url, headers, content, user=user)

        judged(reply, asked)
        if reply.status >= 400:
            assert world.before == state(world.api), asked
        elif route.method != "GET":
            world.emulator.run_cycle()
            world.restore()
        assert 200 == world.send("GET", "/v1.0/organization", {}, b"").status, asked

    holds()
