"""What an administrator changes in a portal, and decides about users: a refresh sees it, and the next `up` repairs it.

Each row is one change of a link that runs. What no resource declares is named, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

import entra_sync as entra
from entra_sync.base.kinds import kind_of_urn
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph
from entra_sync.graph.requests import Request
from tests.ownership.engine import Refused, Stack
from tests.ownership.world import World, make_world

JSON = Any
POLICY = "/v1.0/policies/crossTenantAccessPolicy"


@dataclass
class Portal:
    """A link that runs, as an administrator of both tenants sees it."""

    world: World
    stack: Stack

    def outputs(self, end: str) -> dict[str, JSON]:
        """The outputs of a resource of the link."""
        return self.resource(end).outputs

    def resource(self, end: str) -> Any:
        """The state of a resource of the link."""
        (state,) = [state for urn, state in self.stack.state.items() if urn.endswith(f"::contoso-to-federal-{end}")]
        return state

    def arguments(self) -> dict[str, JSON]:
        """The arguments of every resource, by its name."""
        return {
            urn.rsplit("::", 1)[1]: getattr(entra, kind_of_urn(urn)).handler.args.read(state.inputs).body()
            for urn, state in self.stack.state.items()
        }

    @property
    def owner(self) -> str:
        """Path of the service principal."""
        return f"/v1.0/servicePrincipals/{self.outputs('application')['servicePrincipalId']}"

    @property
    def job(self) -> str:
        """Path of the job."""
        return f"{self.owner}/synchronization/jobs/{self.outputs('job')['jobId']}"

    def ask(self, tenant: str, method: str, path: str, body: JSON = None) -> JSON:
        """One call of an administrator."""
        return self.graph(tenant).send(Request(method, path, body, "acting as an administrator")).body

    def graph(self, tenant: str) -> Graph:
        """The gateway of a tenant."""
        return self.world.graphs[tenant]

    def id(self, tenant: str) -> str:
        """Directory id of a tenant."""
        return self.graph(tenant).tenant.tenant_id

    def edit_schema(self, edit: Callable[[JSON], None]) -> None:
        """Saves the job's schema with a change."""
        schema = self.ask("contoso", "GET", f"{self.job}/schema")
        (users,) = [
            mapping
            for rule in schema["synchronizationRules"]
            for mapping in rule["objectMappings"]
            if mapping["sourceObjectName"] == "User" and mapping["targetObjectName"] == "User"
        ]
        edit(users)
        self.ask("contoso", "PUT", f"{self.job}/schema", schema)

    def edit_settings(self, key: str, value: Callable[[str], str]) -> None:
        """Saves the settings with one that is changed."""
        found = self.ask("contoso", "GET", f"{self.owner}/synchronization/secrets")["value"]
        changed = [{**pair, "value": value(pair["value"])} if pair["key"] == key else pair for pair in found]
        self.ask("contoso", "PUT", f"{self.owner}/synchronization/secrets", {"value": changed})

    def edit_partner(self, tenant: str, other: str, body: JSON) -> None:
        """Changes the partner entry of another tenant."""
        self.ask(tenant, "PATCH", f"{POLICY}/partners/{self.id(other)}", body)

    def unassign(self) -> None:
        """Takes the group out of the scope."""
        assignments = f"{self.owner}/appRoleAssignedTo"
        (found,) = self.ask("contoso", "GET", assignments)["value"]
        self.ask("contoso", "DELETE", f"{assignments}/{found['id']}")

    def assign(self) -> None:
        """Puts another group into the scope."""
        assignments = f"{self.owner}/appRoleAssignedTo"
        (found,) = self.ask("contoso", "GET", assignments)["value"]
        group = self.world.config["sales"]
        body = {"principalId": group, "resourceId": found["resourceId"], "appRoleId": found["appRoleId"]}
        self.ask("contoso", "POST", assignments, body)


@pytest.fixture
def portal() -> Portal:
    """The quickstart's link, after its first cycle."""
    world = make_world("quickstart")
    stack = world.stack()
    stack.up()
    world.works(1)
    return Portal(world, stack)


def disable_mapping(portal: Portal) -> None:
    portal.edit_schema(lambda users: users.update(enabled=False))


def keep_leavers(portal: Portal) -> None:
    portal.edit_schema(lambda users: users.update(flowTypes="Add,Update"))


def lose_input_filter(portal: Portal) -> None:
    portal.edit_schema(lambda users: users["scope"].update(inputFilterGroups=[]))


def change_filter(portal: Portal) -> None:
    portal.edit_schema(lambda users: users["scope"].update(groups=[]))


def change_mapping(portal: Portal) -> None:
    def edit(users: JSON) -> None:
        (row,) = [row for row in users["attributeMappings"] if row["targetAttributeName"] == "displayName"]
        row["source"] = {"type": "Attribute", "name": "mail", "expression": "[mail]", "parameters": []}

    portal.edit_schema(edit)


def disable_service_principal(portal: Portal) -> None:
    portal.ask("contoso", "PATCH", portal.owner, {"accountEnabled": False})


def pause(portal: Portal) -> None:
    portal.ask("contoso", "POST", f"{portal.job}/pause")


def lift_threshold(portal: Portal) -> None:
    portal.edit_settings("SyncNotificationSettings", lambda text: text.replace(":50,", ":5000,"))


def synchronize_everyone(portal: Portal) -> None:
    portal.edit_settings("SyncAll", lambda _: "true")


def point_elsewhere(portal: Portal) -> None:
    portal.edit_settings("CompanyId", lambda _: "11111111-2222-4333-8444-555555555555")


def skip_leavers(portal: Portal) -> None:
    found = portal.ask("contoso", "GET", f"{portal.owner}/synchronization/secrets")["value"]
    more = [*found, {"key": "SkipOutOfScopeDeletions", "value": "True"}]
    portal.ask("contoso", "PUT", f"{portal.owner}/synchronization/secrets", {"value": more})


def withdraw_consent_here(portal: Portal) -> None:
    portal.edit_partner("contoso", "federal", {"automaticUserConsentSettings": {"outboundAllowed": False}})


def withdraw_consent_there(portal: Portal) -> None:
    portal.edit_partner("federal", "contoso", {"automaticUserConsentSettings": {"inboundAllowed": False}})


def refuse_users(portal: Portal) -> None:
    path = f"{POLICY}/partners/{portal.id('contoso')}/identitySynchronization"
    portal.ask("federal", "PATCH", path, {"userSyncInbound": {"isSyncAllowed": False}})


REPAIRED: dict[str, tuple[Callable[[Portal], None], str, str, JSON, str]] = {
    "object mapping disabled": (disable_mapping, "schema", "usersEnabled", False, "PUT"),
    "leavers are kept": (keep_leavers, "schema", "actions", ["create", "update"], "PUT"),
    "input filter gone": (lose_input_filter, "schema", "inputFilter", False, "PUT"),
    "scoping filter gone": (change_filter, "schema", "filters", {"groups": []}, "PUT"),
    "mapping changed": (change_mapping, "schema", "mappings", "[mail]", "PUT"),
    "service principal disabled": (disable_service_principal, "application", "enabled", False, "PATCH"),
    "job paused": (pause, "schedule", "enabled", False, "POST"),
    "threshold lifted": (lift_threshold, "secrets", "deletionThreshold", 5000, "PUT"),
    "everyone in scope": (synchronize_everyone, "secrets", "syncAll", True, "PUT"),
    "another target": (
        point_elsewhere,
        "secrets",
        "targetTenantId",
        "11111111-2222-4333-8444-555555555555",
        "PUT",
    ),
    "leavers are skipped": (
        skip_leavers,
        "secrets",
        "values",
        {"SkipOutOfScopeDeletions": "True"},
        "PUT",
    ),
    "group unassigned": (Portal.unassign, "assignments", "principals", [], "POST"),
    "group assigned": (Portal.assign, "assignments", "principals", "sales", "DELETE"),
    "consent withdrawn in the source": (
        withdraw_consent_here,
        "source-partner",
        "automaticUserConsentSettings",
        {"outboundAllowed": False},
        "PATCH",
    ),
    "consent withdrawn in the target": (
        withdraw_consent_there,
        "target-partner",
        "automaticUserConsentSettings",
        {"inboundAllowed": False},
        "PATCH",
    ),
    "users refused": (refuse_users, "inbound", "userSyncInbound", False, "PATCH"),
}
"""Change → resource whose argument a refresh then has otherwise, and the method of the call that repairs it."""


@pytest.mark.parametrize("change", REPAIRED)
def test_what_is_declared_is_repaired(change: str, portal: Portal) -> None:
    """A refresh has the changed value in the inputs, so the next preview shows it, and `up` sends what repairs it."""
    act, end, argument, value, method = REPAIRED[change]
    declared = portal.arguments()
    act(portal)
    portal.stack.refresh()
    drifted = [name for name, arguments in portal.arguments().items() if arguments != declared[name]]
    emulator: Emulator = portal.world.emulator
    start = len(emulator.requests)
    seen = portal.resource(end).inputs[argument]
    portal.stack.up()
    sent = [call[0] for call in emulator.requests.calls(start)]
    again = len(emulator.requests)
    portal.stack.refresh()
    portal.stack.up()

    assert [f"contoso-to-federal-{end}"] == drifted
    if value == "[mail]":
        assert value in [row.get("source") for row in seen]
    elif value == "sales":
        assert portal.world.config["sales"] in [each["id"] for each in seen]
    else:
        assert value == seen
    assert method == sent[-1]
    assert [] == emulator.requests.calls(again)
    portal.world.works(1)


DECIDES = {
    "object mapping disabled": "usersEnabled",
    "leavers are kept": "actions",
    "input filter gone": "inputFilter",
    "scoping filter gone": "filters",
    "mapping changed": "mappings",
    "job paused": "enabled",
    "threshold lifted": "deletionThreshold",
    "everyone in scope": "everyone",
    "group unassigned": "principals",
    "group assigned": "principals",
}
"""Changes of :data:`REPAIRED` that decide which users are synchronized, and what a refresh calls them."""


@pytest.mark.parametrize("change", DECIDES)
def test_what_puts_users_back_is_planned_first(change: str, portal: Portal) -> None:
    """A refresh notes the change on the impact of the link, so that the next `up` plans it before it sends anything."""
    act = REPAIRED[change][0]
    before = portal.resource("impact").inputs["revision"]
    act(portal)
    portal.stack.refresh()
    noted = portal.outputs("impact")["drift"]
    portal.stack.up()
    planned = portal.resource("impact").inputs["revision"]
    portal.stack.refresh()

    assert [DECIDES[change]] == noted
    assert before + 1 == planned
    assert "drift" not in portal.outputs("impact")


def test_a_refresh_without_changes_notes_nothing(portal: Portal) -> None:
    """A link that is as declared needs no new plan, also if it declares neither filter nor mappings."""
    text = portal.stack.text
    start, end = text.index("    filters="), text.index("    notify=")
    portal.stack.text = text[:start] + text[end:]
    portal.stack.up()
    portal.stack.refresh()

    assert "drift" not in portal.outputs("impact")


@pytest.mark.parametrize(
    ("key", "value"), [("SyncAll", "*****"), ("SyncNotificationSettings", "*****"), ("SyncNotificationSettings", "[]")]
)
def test_settings_that_cannot_be_read_are_no_change_of_the_link(portal: Portal, key: str, value: str) -> None:
    """A refresh goes on, as that of the settings themselves does."""
    portal.stack.between = lambda transport: Hiding(transport, key, value)
    portal.stack.refresh()

    assert "drift" not in portal.outputs("impact")


class Hiding(httpx.AsyncBaseTransport):
    """Answers of which one setting has another value."""

    def __init__(self, below: httpx.AsyncBaseTransport, key: str, value: str) -> None:
        self._below, self._key, self._value = below, key, value

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer."""
        answer = await self._below.handle_async_request(request)
        await answer.aread()
        body = orjson.loads(answer.content) if answer.content else None
        return httpx.Response(answer.status_code, json=self._hidden(body), headers={"Content-Type": "application/json"})

    def _hidden(self, value: JSON) -> JSON:
        if isinstance(value, list):
            return [self._hidden(item) for item in value]
        if isinstance(value, dict):
            hidden = {name: self._hidden(item) for name, item in value.items()}
            return {**hidden, "value": self._value} if value.get("key") == self._key else hidden
        return value


def test_the_repair_of_a_change_is_refused_beyond_the_limits(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrator assigned a group whose users have accounts now. Only a comparison goes on."""
    portal.stack.text = portal.stack.text.replace("max_removed=25", "max_removed=0")
    portal.stack.up()
    portal.assign()
    portal.world.emulator.clock.advance(timedelta(hours=1))
    portal.world.works(1)
    portal.stack.refresh()
    start = len(portal.world.emulator.requests)
    with pytest.raises(Refused, match=r"limits: \d+ of \d+ users would be removed from federal"):
        portal.stack.up()
    monkeypatch.setenv("ENTRA_SYNC_COMPARE_ONLY", "true")

    assert ["DELETE"] == [call.split()[0] for call in portal.stack.preview()]
    assert [] == portal.world.emulator.requests.calls(start)


@pytest.mark.parametrize(
    ("act", "said"),
    [(Portal.assign, "principals"), (change_filter, "filters"), (lift_threshold, "deletionThreshold"), (pause, "")],
)
def test_a_plan_without_a_refresh_tells_what_it_is_not_sure_of(
    portal: Portal, act: Callable[[Portal], None], said: str
) -> None:
    """The program changes a mapping, and an administrator has changed something else, which `up` may leave as it is."""
    act(portal)
    portal.stack.text = portal.stack.text.replace(" (Contoso)", " (Contoso Ltd)")
    portal.stack.up()
    notes = [note for note in portal.outputs("impact")["impact"]["notes"] if "not as the program declared it" in note]

    assert [f"({said})"] * bool(said) == [re.search(r"\(.*?\)", note)[0] for note in notes]


def start(portal: Portal) -> None:
    portal.ask("contoso", "POST", f"{portal.job}/start")


def delete_leavers(portal: Portal) -> None:
    portal.edit_schema(lambda users: users.update(flowTypes="Add,Update,Delete"))


SMALLER = {'config.require_object("groups")': '[config.require("sales")]'}
WIDER = {'config.require_object("groups")': '[*config.require_object("groups"), config.require("sales")]'}


@pytest.mark.parametrize(
    ("options", "act", "change", "exceeded"),
    [
        ("enabled=False", start, SMALLER, "removed"),
        ('actions=["create", "update"]', delete_leavers, SMALLER, "removed"),
        ("", change_filter, WIDER, "created"),
        ("", change_filter, {**WIDER, " (Contoso)": " (Contoso Ltd)"}, "created"),
    ],
    ids=["started", "deletes leavers", "filter emptied", "filter emptied, mapping changes"],
)
def test_what_a_change_leaves_as_an_administrator_set_it_counts_for_the_limits(
    options: str, act: Callable[[Portal], None], change: dict[str, str], exceeded: str
) -> None:
    """The program relies on a paused job, on accounts that stay or on its filter, which no refresh has corrected."""
    world = make_world("quickstart")
    world.config["allow"] = [{"removed": "changed", "created": "removed"}[exceeded]]
    text = world.text.replace("max_removed=25, max_removed_percent=10", "max_removed=0, max_created=5")
    stack = world.stack(text.replace("scope=", f"{options}, scope=" if options else "scope="))
    stack.up()
    act(Portal(world, stack))
    world.works(1)
    for before, after in change.items():
        stack.text = stack.text.replace(before, after)
    writes = len(world.emulator.requests.writes)
    with pytest.raises(Refused, match=f"would be {exceeded}"):
        stack.up()

    assert writes == len(world.emulator.requests.writes)


def test_a_plan_after_a_refresh_is_sure(portal: Portal) -> None:
    """What the refresh found is put back by the same `up` that changes a mapping."""
    portal.assign()
    portal.stack.refresh()
    portal.stack.text = portal.stack.text.replace(" (Contoso)", " (Contoso Ltd)")
    portal.stack.up()

    assert not any("not as the program declared it" in note for note in portal.outputs("impact")["impact"]["notes"])


def test_an_allowed_cloud_that_is_gone_is_made_again(portal: Portal) -> None:
    """A refresh drops it from the state, so the next preview shows a creation."""
    portal.ask("contoso", "PATCH", POLICY, {"allowedCloudEndpoints": []})
    portal.stack.refresh()
    known = [urn.rsplit("::", 1)[1] for urn in portal.stack.state]
    portal.stack.up()

    assert "contoso-to-federal-source-cloud" not in known
    assert ["microsoftonline.us"] == portal.ask("contoso", "GET", POLICY.replace("v1.0", "beta"))[
        "allowedCloudEndpoints"
    ]
    portal.world.works(1)


@pytest.mark.parametrize(
    ("tenant", "other", "end", "setting"),
    [
        ("contoso", "federal", "source-partner", {"automaticUserConsentSettings": {"inboundAllowed": True}}),
        ("federal", "contoso", "target-partner", {"automaticUserConsentSettings": {"outboundAllowed": True}}),
        ("federal", "contoso", "target-partner", {"inboundTrust": {"isMfaAccepted": True}}),
    ],
)
def test_what_nothing_declares_is_named_and_stays(
    portal: Portal, capsys: pytest.CaptureFixture[str], tenant: str, other: str, end: str, setting: JSON
) -> None:
    """A refresh says which setting it is, and `up` sends nothing."""
    portal.edit_partner(tenant, other, setting)
    portal.stack.refresh()
    said = capsys.readouterr().err
    start = len(portal.world.emulator.requests)
    portal.stack.up()
    ((section, values),) = setting.items()
    name = section if section == "inboundTrust" else f"{section}.{next(iter(values))}"

    assert [name] == portal.outputs(end)["undeclared"]
    assert f"has settings that it does not declare: {name}" in said
    assert [] == portal.world.emulator.requests.calls(start)


def test_a_filter_that_nothing_declares_is_named_and_stays(portal: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    """A link without `filters`, for which an administrator adds one."""
    text = portal.stack.text
    start, end = text.index("    filters="), text.index("    mappings=")
    portal.stack.text = text[:start] + text[end:]
    portal.stack.up()
    portal.edit_schema(
        lambda users: users["scope"].update(groups=entra.any_of(entra.clause("city").equals("Oslo")).graph()["groups"])
    )
    portal.stack.refresh()
    said = capsys.readouterr().err
    before = len(portal.world.emulator.requests)
    portal.stack.up()

    assert ["filters"] == portal.outputs("schema")["undeclared"]
    assert "/schema has settings that it does not declare: filters" in said
    assert [] == portal.world.emulator.requests.calls(before)
