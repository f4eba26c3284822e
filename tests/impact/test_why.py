"""`entra-sync why`: who is meant, every branch of the answer, and that it takes a handful of requests."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from entra_sync.cli import app, commands
from entra_sync.expressions import Mappings, any_of, clause
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.impact.facts.remarks import Note, Remark
from entra_sync.impact.planning.reasons import Reason
from entra_sync.impact.why.contract import Answer, NoAnswer
from entra_sync.impact.why.neighbors import among
from entra_sync.impact.words import reason, said
from entra_sync.microsoft.assumptions import Facts
from tests.impact.link_files import link_file
from tests.impact.report.contracts import fits
from tests.impact.world import World

JSON = Any

if not any(command.callback and command.callback.__name__ == "why" for command in app.registered_commands):
    commands.register(app)

ADA = "ada@contoso.onmicrosoft.com"


@pytest.fixture(scope="module")
def built() -> World:
    """One world for all tests, which each set it back first."""
    return World.build()


@pytest.fixture
def world(built: World) -> Iterator[World]:
    """Ada, in Germany, is in a group that is assigned; a cycle has run."""
    built.reset()
    ada = add(built, "ada", country="DE", displayName="Ada Lovelace")
    engineering = built.send("contoso", "POST", "/v1.0/groups", group("Engineering"))["id"]
    member(built, engineering, ada)
    built.assign([engineering])
    built.start()
    built.cycle()

    with built.connected():
        yield built


def add(world: World, alias: str, **properties: Any) -> str:
    """A user of the source."""
    number = zlib.crc32(alias.encode())
    doc = {
        "userPrincipalName": f"{alias}@contoso.onmicrosoft.com",
        "displayName": alias.title(),
        "mail": f"{alias}@contoso.com",
        "accountEnabled": True,
        "_netId": f"{number:016X}",
        **properties,
    }
    return world.add_user("contoso", doc)


def group(name: str) -> JSON:
    """A security group as it is posted."""
    return {"displayName": name, "mailEnabled": False, "mailNickname": name, "securityEnabled": True}


def member(world: World, group: str, person: str) -> None:
    """Puts a user into a group."""
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{person}"}
    world.send("contoso", "POST", f"/v1.0/groups/{group}/members/$ref", reference)


def assigned(world: World) -> str:
    """The group that is assigned."""
    path = f"/v1.0/servicePrincipals/{world.owner}/appRoleAssignedTo"
    return str(world.send("contoso", "GET", path)["value"][0]["principalId"])


def declared(world: World, path: Path, **changes: Any) -> Path:
    """The link as it stands, but for the changes."""
    now = world.now()
    assert now is not None
    return link_file(
        world, path, **{"groups": sorted(now.groups), "deletion_threshold": now.deletion_threshold, **changes}
    )


@pytest.fixture
def ask(world: World, tmp_path: Path) -> Callable[..., JSON]:
    """The answer to one question, as JSON."""

    def asking(person: str = ADA, forbidden: str = "", **changes: Any) -> JSON:
        path = declared(world, tmp_path / "link.json", **changes)
        if forbidden:
            world.emulator.fault(path=forbidden, status=403, times=None)
        result = run(person, "--link", str(path), "--format", "json")

        assert 0 == result.exit_code, result.output + str(result.exception)
        return fits(Answer, json.loads(result.stdout)[0])

    return asking


def run(*arguments: str) -> Result:
    """The command's answer."""
    return CliRunner().invoke(app, ["why", *arguments])


def shown(world: World, tmp_path: Path, person: str = ADA, **changes: Any) -> str:
    """The answer for people, in one line."""
    path = declared(world, tmp_path / "link.json", **changes)
    return " ".join(run(person, "--link", str(path)).output.split())


# Who is meant


@pytest.mark.parametrize("name", ["userPrincipalName", "mail", "id"])
def test_person_is_found_by_name_address_and_id(world: World, ask: Callable[..., JSON], name: str) -> None:
    """Of the source."""
    user = world.send("contoso", "GET", f"/v1.0/users/{ADA}?$select=id,mail,userPrincipalName")

    assert user["id"] == ask(user[name])["person"]["id"]


@pytest.mark.parametrize("name", ["userPrincipalName", "id"])
def test_person_is_found_by_their_account(world: World, ask: Callable[..., JSON], name: str) -> None:
    """An account of the target leads to the user that it was made for."""
    account = next(doc for doc in world.accounts().values() if "ada_" in doc["userPrincipalName"])

    assert ADA == ask(account[name])["person"]["userPrincipalName"]


def test_renamed_person_is_found_by_their_account(world: World, ask: Callable[..., JSON]) -> None:
    """The provisioning log names the user that the account was made for, whatever the account is called."""
    account = next(doc for doc in world.accounts().values() if "ada_" in doc["userPrincipalName"])
    world.send("contoso", "PATCH", f"/v1.0/users/{ADA}", {"userPrincipalName": "countess@contoso.onmicrosoft.com"})

    assert "countess@contoso.onmicrosoft.com" == ask(account["id"])["person"]["userPrincipalName"]


@pytest.mark.parametrize("person", ["nobody@contoso.com", "11111111-2222-3333-4444-555555555555"])
def test_an_unknown_user_is_one_line(world: World, tmp_path: Path, person: str) -> None:
    """No such person is an error, not an empty answer."""
    path = declared(world, tmp_path / "link.json")
    result = run(person, "--link", str(path))
    expected = f'no user and no account "{person}" in contoso or federal; use a user principal name'

    assert str(result.exception).startswith(expected)


def test_address_of_two_people_is_one_line(world: World, tmp_path: Path) -> None:
    """The caller has to name one of them."""
    store, tid = world.emulator.service.store, world.emulator.tenants["contoso"].tenant_id
    doc = {"id": store.new_id(), "userPrincipalName": "ida@contoso.onmicrosoft.com", "displayName": "Ida"}
    store.put(tid, "user", doc["id"], {**doc, "mail": "ada@contoso.com"}, keys={"address": "ada@contoso.com"})
    path = declared(world, tmp_path / "link.json")

    assert "is the address of 2 users in contoso" in str(run("ada@contoso.com", "--link", str(path)).exception)


@pytest.mark.parametrize("side", ["user", "account"])
def test_person_who_is_gone_for_good_is_known_to_the_job_only(world: World, tmp_path: Path, side: str) -> None:
    """Asked by the id of either side: the answer says that the account is still linked, and where to look."""
    ((user, account),) = world.links().items()
    source = world.emulator.service.directory(world.emulator.tenants["contoso"].tenant_id)
    source.soft_delete("user", user)
    source.purge("user", user)
    path = declared(world, tmp_path / "link.json")
    result = run({"user": user, "account": account}[side], "--link", str(path))
    text = result.output + str(result.exception)

    assert 0 != result.exit_code
    assert f"user {user} is gone for good from contoso; the job still links it to account {account} in federal" in text


def test_an_unknown_account_is_one_line(world: World, tmp_path: Path) -> None:
    """A member of the target is no person of the source."""
    domain = world.emulator.tenants["federal"].domain
    boss = world.add_user("federal", {"userPrincipalName": f"boss@{domain}", "displayName": "Boss"})
    path = declared(world, tmp_path / "link.json")
    expected = f"{boss} is an account in federal, but no user of contoso was found for it"

    assert expected == str(run(boss, "--link", str(path)).exception)


# What keeps them in or out


def test_synchronized_person(world: World, ask: Callable[..., JSON]) -> None:
    """In scope by a group since the day that the group was assigned, passes, active, nothing to do."""
    answer = ask()
    group_id = assigned(world)
    since = world.emulator.clock.now().strftime("%Y-%m-%d")

    assert answer["scope"]["inScope"]
    assert [("group", group_id, "Engineering")] == [(by["kind"], by["id"], by["name"]) for by in answer["scope"]["by"]]
    assert answer["scope"]["by"][0]["since"].startswith(since)
    assert {"passes": True, "failing": [], "groups": 0} == answer["filter"]
    assert ("active", True) == (answer["account"]["state"], answer["account"]["managed"])
    assert ["create"] == [entry["action"] for entry in answer["log"]]
    assert ("unchanged", []) == (answer["nextCycle"]["action"], answer["nextCycle"]["attributes"])
    assert answer["afterUp"] is None


def test_direct_assignment_and_all_users(world: World, ask: Callable[..., JSON]) -> None:
    """All that brings the person in is listed."""
    ada = world.send("contoso", "GET", f"/v1.0/users/{ADA}")["id"]
    world.assign([ada, assigned(world)])
    world.settings(everyone=True, threshold=None)

    assert {"everyone", "user", "group"} == {by["kind"] for by in ask(everyone=True)["scope"]["by"]}


def test_nested_membership_is_ignored_and_named(world: World, tmp_path: Path, ask: Callable[..., JSON]) -> None:
    """A member of a member of the assigned group is not in scope, and the answer says why."""
    add(world, "ida")
    inner = world.send("contoso", "POST", "/v1.0/groups", group("Compilers"))["id"]
    member(world, assigned(world), inner)
    member(world, inner, world.send("contoso", "GET", "/v1.0/users/ida@contoso.onmicrosoft.com")["id"])
    answer = ask("ida@contoso.onmicrosoft.com")
    text = shown(world, tmp_path, "ida@contoso.onmicrosoft.com")

    assert not answer["scope"]["inScope"]
    assert ["Engineering"] == [item["name"] for item in answer["scope"]["ignored"]]
    assert "a member only of a nested group, Engineering: the service ignores nested membership" in text
    assert "never created in federal" in text


def test_filter_that_deprovisioned_names_clause_and_value(
    world: World, tmp_path: Path, ask: Callable[..., JSON]
) -> None:
    """The answer of nine in the morning: clause, value, cycle, and until when the account can be restored."""
    world.schema(Mappings(()), any_of(clause("country").equals("US")))
    world.cycle()
    answer = ask()
    entry = answer["log"][0]
    failing = answer["filter"]["failing"][0]
    text = shown(world, tmp_path)

    assert ("Filter 1", "country", "DE") == (failing["group"], failing["attribute"], failing["value"])
    assert "deleted" == answer["account"]["state"]
    assert {"cycle": entry["cycle"], "time": entry["time"]} == answer["account"]["deletedBy"]
    assert 'filter no country is "DE", Filter 1 wants "US"' in text
    assert f"was soft-deleted in cycle {entry['cycle']}, " in text
    assert f"can be restored until {answer['account']['restorableUntil'][:10]}" in text
    assert "next cycle nothing to do" in text


def test_external_user_is_kept_out_by_the_service(world: World, tmp_path: Path) -> None:
    """The built-in filter is no clause of the program."""
    external = {"creationType": "Invitation", "externalUserState": "Accepted", "_alternativeSecurityIds": "5::1"}
    ida = add(world, "ida", **external)
    member(world, assigned(world), ida)

    assert "an external user, not a member of contoso (a filter of the service itself)" in shown(world, tmp_path, ida)


def test_person_who_is_deleted_in_the_source(world: World, tmp_path: Path, ask: Callable[..., JSON]) -> None:
    """They are found under the name that they had; their account goes with the next cycle."""
    world.send("contoso", "DELETE", f"/v1.0/users/{ADA}")
    answer = ask()

    assert answer["person"]["deleted"]
    assert not answer["scope"]["inScope"]
    assert "delete" == answer["nextCycle"]["action"]
    assert "deleted in contoso since" in shown(world, tmp_path)


# The account


def test_log_that_was_not_read_to_its_end_tells_no_beginning(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty entries are read; an account may have been created before them."""
    ida = add(world, "ida")
    before = shown(world, tmp_path, ida)
    monkeypatch.setattr("entra_sync.impact.why.account.LOGGED", 0)

    assert "never created in federal" in before
    assert "provisioning log not readable, so earlier accounts are unknown" in shown(world, tmp_path, ida)


def test_a_setting_that_graph_hides_leaves_the_next_cycle_unknown(world: World, ask: Callable[..., JSON]) -> None:
    """Whether all users are in scope decides about those who are not assigned."""
    add(world, "ida")
    world.emulator.assume(Facts({"secrets.readable": ["CompanyId", "SyncNotificationSettings"]}))
    try:
        answer = ask("ida@contoso.onmicrosoft.com")
    finally:
        world.emulator.assume(Facts())

    assert [{"unknown": "the job's SyncAll could not be read"}] * 2 == [answer["scope"], answer["nextCycle"]]


def test_account_that_is_disabled(world: World, tmp_path: Path) -> None:
    """Synchronized, and blocked."""
    world.send("contoso", "PATCH", f"/v1.0/users/{ADA}", {"accountEnabled": False})
    world.cycle()

    assert "synchronized; the account in federal is disabled" in shown(world, tmp_path)


def test_disabled_user_in_scope_gets_no_account_and_the_answer_says_why(world: World, tmp_path: Path) -> None:
    """Scope and filter let the user in, so neither line explains it."""
    ida = add(world, "ida", accountEnabled=False)
    world.assign([ida])

    assert "next cycle nothing to do: disabled in the source: a user must be active" in shown(world, tmp_path, ida)


def test_account_that_an_administrator_deleted(world: World, tmp_path: Path) -> None:
    """The job has not deleted it, and does not bring it back."""
    account = next(iter(world.links().values()))
    world.send("federal", "DELETE", f"/v1.0/users/{account}")
    text = shown(world, tmp_path)

    assert "not by this job, and can be restored until" in text
    assert reason(Reason.DELETED_IN_TARGET) in text


def test_account_that_is_gone_for_good(world: World, tmp_path: Path) -> None:
    """The link leads nowhere; the account is made again."""
    account = next(iter(world.links().values()))
    world.send("federal", "DELETE", f"/v1.0/users/{account}")
    world.send("federal", "DELETE", f"/v1.0/directory/deletedItems/{account}")
    text = shown(world, tmp_path)

    assert "the account in federal was permanently deleted" in text
    assert "next cycle creates the account" in text


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("Accepted", "the user has an account in federal, but the job does not manage it"),
        ("PendingAcceptance", "an invitation into federal that another administrator sent is not redeemed yet"),
    ],
)
def test_account_that_the_job_does_not_manage(world: World, tmp_path: Path, state: str, text: str) -> None:
    """A user was invited by hand."""
    ida = add(world, "ida")
    domain = world.emulator.tenants["federal"].domain
    name = f"ida_contoso.onmicrosoft.com#EXT#@{domain}"
    doc = {"userPrincipalName": name, "displayName": "Ida", "creationType": "Invitation", "externalUserState": state}
    world.add_user("federal", doc)

    assert text in shown(world, tmp_path, ida)


def test_address_that_belongs_to_another_user(world: World, tmp_path: Path, ask: Callable[..., JSON]) -> None:
    """A member of the target has the person's address: no account can be made."""
    ida = add(world, "ida")
    domain = world.emulator.tenants["federal"].domain
    boss = {"userPrincipalName": f"boss@{domain}", "displayName": "Boss", "mail": "ida@contoso.com"}
    holder = world.add_user("federal", {**boss, "userType": "Member", "proxyAddresses": ["SMTP:ida@contoso.com"]})
    member(world, assigned(world), ida)
    answer = ask(ida)

    assert "conflict" == answer["nextCycle"]["action"]
    assert (holder, "member") == (answer["account"]["heldBy"]["id"], answer["account"]["heldBy"]["kind"])
    assert f"ida@contoso.com belongs to boss@{domain} (member) there" in shown(world, tmp_path, ida)


def test_address_that_belongs_to_a_group(world: World, tmp_path: Path) -> None:
    """The same for a group."""
    ida = add(world, "ida")
    service, tid = world.emulator.service, world.emulator.tenants["federal"].tenant_id
    service.directory(tid).create(
        "group", {"displayName": "Team", "groupTypes": ["Unified"], "mail": "ida@contoso.com"}
    )
    member(world, assigned(world), ida)

    assert "ida@contoso.com belongs to a group there" in shown(world, tmp_path, ida)


def test_more_values_than_a_filter_takes_are_several_questions() -> None:
    """Fifteen at a time, and no user is left out."""
    ids = {f"id-{number:02}" for number in range(32)}
    asked = [request.path for request in among(UserColumns.of([]), "id", ids, "reading").values()]

    assert 3 == len(asked)
    assert sorted(ids) == re.findall(r"id-\d\d", " ".join(asked))


def test_failing_mapping_says_which_and_why(world: World, tmp_path: Path) -> None:
    """Nothing is written to the account: one mapping has no value."""
    rows = Mappings.model_validate([{"target": "userType", "source": "[country]"}])
    text = shown(world, tmp_path, mappings=rows)

    assert "after up fails: userType can only be Member or Guest DE (mappings change: userType)" in text


def test_failed_attempt_is_tried_again(world: World, tmp_path: Path, ask: Callable[..., JSON]) -> None:
    """The log's error, and that the service retries."""
    world.schema(Mappings.model_validate([{"target": "userType", "source": "[country]"}]), None)
    world.cycle()
    answer = ask()

    assert "failure" == answer["log"][0]["status"]
    assert answer["log"][0]["code"]
    assert "the last attempt failed: the service tries again" in shown(world, tmp_path)


# What comes


def test_attributes_that_the_next_cycle_changes(world: World, ask: Callable[..., JSON]) -> None:
    """The person has changed since."""
    world.send("contoso", "PATCH", f"/v1.0/users/{ADA}", {"jobTitle": "Countess"})
    changes = ask()["nextCycle"]["attributes"]

    assert [{"attribute": "jobTitle", "old": None, "new": "Countess", "cause": "source"}] == changes


def test_declared_change_is_told_beside_the_next_cycle(world: World, ask: Callable[..., JSON]) -> None:
    """What the link does as it stands, and what it will do once the declaration is carried out."""
    answer = ask(filters=any_of(clause("country").equals("US")))

    assert "unchanged" == answer["nextCycle"]["action"]
    assert ("delete", ["the filter changes"]) == (answer["afterUp"]["action"], answer["afterUp"]["events"])


def test_a_change_in_the_portal_that_up_undoes_is_undone_in_the_answer(world: World, ask: Callable[..., JSON]) -> None:
    """The service's own filter, which no program declares, is that of the job's template again."""
    schema = world.send("contoso", "GET", f"{world.job_path}/schema")
    scope = schema["synchronizationRules"][0]["objectMappings"][0]["scope"]
    scope["inputFilterGroups"] = any_of(clause("country").equals("US")).graph()["groups"]
    world.send("contoso", "PUT", f"{world.job_path}/schema", schema)
    answer = ask()

    assert "skipped" == answer["nextCycle"]["action"]
    assert ("unchanged", ["the filter changes"]) == (answer["afterUp"]["action"], answer["afterUp"]["events"])


def test_without_the_template_the_answer_after_up_is_unknown(ask: Callable[..., JSON]) -> None:
    """What `up` puts back is not known then; the next cycle is."""
    answer = ask(forbidden="synchronization/templates")

    assert "unchanged" == answer["nextCycle"]["action"]
    assert "needs Synchronization.Read.All in contoso" == answer["afterUp"]["unknown"]


def test_without_a_job_the_template_of_the_application_counts(world: World, tmp_path: Path) -> None:
    """It is what the new job starts with."""
    path = declared(world, tmp_path / "link.json")
    world.send("contoso", "DELETE", world.job_path)
    answer = json.loads(run(ADA, "--link", str(path), "--format", "json").stdout)[0]

    assert said(Remark(Note.SCHEMA_ASSUMED)) not in answer["afterUp"]["notes"]


def test_paused_job_does_nothing(world: World, tmp_path: Path) -> None:
    """Before it is started."""
    world.send("contoso", "POST", f"{world.job_path}/pause")
    world.send("contoso", "PATCH", f"/v1.0/users/{ADA}", {"jobTitle": "Countess"})
    text = shown(world, tmp_path, enabled=False)

    assert "job paused: nothing happens until it is started" in text
    assert "next cycle changes the account once the job is started" in text


def test_deletion_that_the_threshold_holds_back(world: World, tmp_path: Path, ask: Callable[..., JSON]) -> None:
    """The job is in quarantine: too many people leave, and the answer says what they wait for."""
    ida = add(world, "ida")
    member(world, assigned(world), ida)
    world.cycle()
    world.settings(everyone=False, threshold=1)
    for alias in ("ada", "ida"):
        world.send("contoso", "DELETE", f"/v1.0/users/{alias}@contoso.onmicrosoft.com")
    world.cycle()
    answer = ask()
    text = shown(world, tmp_path)

    assert ("TooManyDeletes", 1) == (answer["job"]["quarantine"], answer["job"]["deletionThreshold"])
    assert "deletions wait for a restart with ForceDeletes" in text
    assert "held back if more than 1 users leave or are disabled in that cycle" in text


def test_link_that_is_not_there_yet(world: World, tmp_path: Path) -> None:
    """There is no job; what `up` brings is told."""
    path = declared(world, tmp_path / "link.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "servicePrincipalId": None}))
    answer = json.loads(run(ADA, "--link", str(path), "--format", "json").stdout)[0]

    assert "none" == answer["job"]["state"]
    assert "unknown" in answer["nextCycle"]
    assert ["first enablement"] == answer["afterUp"]["events"]


# Permissions


@pytest.mark.parametrize(
    ("path", "needs", "parts"),
    [
        ("auditLogs/provisioning", "ProvisioningLog.Read.All", ["log"]),
        ("synchronization", "Synchronization.Read.All", ["job", "filter", "nextCycle"]),
        ("appRoleAssignedTo", "Application.Read.All", ["scope", "filter", "nextCycle"]),
        ("emberOf", "User.Read.All", ["scope", "nextCycle"]),
    ],
)
def test_missing_permission_is_unknown_and_not_empty(
    world: World, ask: Callable[..., JSON], path: str, needs: str, parts: list[str]
) -> None:
    """Each part says what it takes; the others are answered."""
    answer = ask(forbidden=path)
    unknown = [part for part in ("job", "scope", "filter", "account", "log", "nextCycle") if "unknown" in answer[part]]

    assert parts == unknown
    assert {f"needs {needs} in contoso"} == {answer[part]["unknown"] for part in unknown}


def test_nested_groups_that_cannot_be_read_are_unknown(world: World, tmp_path: Path, ask: Callable[..., JSON]) -> None:
    """Whether one of them is assigned is not said to be no."""
    ida = add(world, "ida")
    scope = ask(ida, forbidden="transitiveMemberOf")["scope"]

    assert (False, []) == (scope["inScope"], scope["by"])
    assert "unknown" in scope["ignored"]
    assert "unknown whether a nested group leads to an assignment: " in shown(world, tmp_path, ida)


@contextmanager
def denied(world: World, name: str) -> Iterator[None]:
    """In one tenant the application may read everything but users, groups and the tenant itself."""
    roles = ("Application.Read.All", "Synchronization.Read.All", "AuditLog.Read.All", "Organization.Read.All")
    limited = Graph(
        world.tenant(name),
        credential=world.emulator.credential(name, roles),
        transport=world.emulator.transport(),
    )

    def make(tenant: Any) -> Graph:
        return limited if tenant.name == name else world.graphs[tenant.name]

    with connecting(make):
        yield


def test_accounts_that_cannot_be_read(world: World, tmp_path: Path) -> None:
    """The target says nothing: scope and filter are answered all the same."""
    path = declared(world, tmp_path / "link.json")
    with denied(world, "federal"):
        answer = json.loads(run(ADA, "--link", str(path), "--format", "json").stdout)[0]
        text = " ".join(run(ADA, "--link", str(path)).output.split())

    assert answer["scope"]["inScope"]
    assert answer["filter"]["passes"]
    assert {"unknown": "needs User.Read.All in federal"} == answer["account"] == answer["nextCycle"]
    assert "the account in federal is unknown: needs User.Read.All in federal" in text


def test_people_that_cannot_be_read_are_an_error(world: World, tmp_path: Path) -> None:
    """Nothing can be said of anybody."""
    path = declared(world, tmp_path / "link.json")
    with denied(world, "contoso"):
        result = run(ADA, "--link", str(path))

    assert "users of contoso cannot be read: needs User.Read.All in contoso" == str(result.exception)


# Cost, and several links


def test_answer_takes_a_handful_of_requests(world: World, tmp_path: Path) -> None:
    """However many people there are: round trips to both tenants, and the questions in their batches."""
    for number in range(300):
        member(world, assigned(world), add(world, f"p{number}"))
    path = declared(world, tmp_path / "link.json")
    start = len(world.emulator.requests)
    run(ADA, "--link", str(path))
    asked = world.emulator.requests[start:]

    assert [] == [record for record in asked if record.writes]
    assert (4, 3) == tuple(
        sum(record.batch is None and record.tenant == name for record in asked) for name in ("contoso", "federal")
    )
    assert 27 == sum(record.batch is not None for record in asked)


def test_person_of_one_link_of_two(world: World, tmp_path: Path) -> None:
    """The other link says that it has no such person; the command succeeds."""
    forth, back = declared(world, tmp_path / "forth.json"), tmp_path / "back.json"
    content = json.loads(forth.read_text())
    back.write_text(
        json.dumps(
            {
                **content,
                "source": content["target"],
                "target": content["source"],
                "servicePrincipalId": None,
                "groups": [],
            }
        )
    )
    result = run(ADA, "--link", str(forth), "--link", str(back), "--format", "json")

    assert 0 == result.exit_code, result.output
    there, not_there = json.loads(result.stdout)
    assert fits(Answer, there)["found"]
    assert not fits(NoAnswer, not_there)["found"]


def test_every_key_of_the_answer_is_documented(world: World, ask: Callable[..., JSON]) -> None:
    """The page on the JSON has a row for each."""
    text = (Path(__file__).parents[2] / "docs" / "reference" / "impact-json.md").read_text()
    world.schema(Mappings(()), any_of(clause("country").equals("US")))
    world.cycle()
    answer = ask(mappings=Mappings.model_validate([{"target": "city", "source": "[country]"}]))

    assert [] == sorted(key for key in keys(answer) if f"`{key}`" not in text)


def keys(value: JSON) -> set[str]:
    """All keys, at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set[str]().union(*map(keys, value)) if isinstance(value, list) else set()
