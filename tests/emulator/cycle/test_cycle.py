"""The synchronization cycle: who is created, changed, disabled, deleted and restored, and what the log says."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.emulator.api import Api
from tests.emulator.linking import Link, connect

JSON = Any


@pytest.fixture
def ada(contoso: Api) -> JSON:
    """A member of Contoso."""
    mail = {"mail": "ada@contoso.com", "userPrincipalName": "ada@contoso.com"}
    return contoso.user("Ada Lovelace", department="Research", country="GB", **mail)


def test_assigned_user_is_created_as_external_member(link: Link, ada: JSON) -> None:
    """A person in scope becomes an external member whose principal name has the #EXT# form."""
    link.assign(ada["id"])

    assert {"create": 1} == link.cycle()
    account = link.account(ada)
    assert account is not None
    assert "ada_contoso.com#EXT#@contosofederal.onmicrosoft.us" == account["userPrincipalName"]
    assert (
        "Member",
        "Invitation",
        "Accepted",
    ) == (account["userType"], account["creationType"], account["externalUserState"])
    assert ("ada@contoso.com", "Research") == (account["mail"], account["department"])


def test_direct_members_of_assigned_groups_are_in_scope_and_nested_ones_are_not(
    link: Link, contoso: Api, ada: JSON
) -> None:
    """Of an assigned group the direct members are in scope only."""
    nested = contoso.user("Nested Person")
    inner = contoso.group("Inner", [nested["id"]])
    outer = contoso.group("Outer", [ada["id"], inner["id"]])
    link.assign(outer["id"])
    link.cycle()

    assert link.account(ada) is not None
    assert link.account(nested) is None


@pytest.mark.parametrize(
    ("values", "operator", "found"),
    [(["a"], "EQUALS", True), (["b"], "EQUALS", False), ([], "IS NULL", True), (["a"], "IS NULL", False)],
)
def test_a_filter_reads_a_list_of_a_directory_extension_as_any_list(
    link: Link, contoso: Api, values: list[str], operator: str, found: bool
) -> None:
    """One value is compared as a text; an empty list is no value."""
    name = "extension_0123456789abcdef0123456789abcdef_badges"
    person = contoso.user("Badge Holder", **{name: values})
    link.assign(person["id"])
    schema = contoso.get(f"{link.job}/schema")
    directory = f"{link.job}/schema/directories/{schema['directories'][0]['id']}"
    schema["directories"][0] = contoso.post(f"{directory}/discover")
    contoso.ok("PUT", f"{link.job}/schema", schema)
    link.filter((name, operator, "a"))
    link.cycle()

    assert found == (link.account(person) is not None)


def test_sync_all_takes_all_enabled_internal_members(link: Link, contoso: Api) -> None:
    """With SyncAll internal users are in scope without assignment; guests and disabled users get no account."""
    invited = {"invitedUserEmailAddress": "guest@fabrikam.com", "inviteRedirectUrl": "https://example.com"}
    contoso.post("/invitations", invited)
    link.secrets(sync_all=True)
    counts = link.cycle()
    users = contoso.pages("/users?$select=id,userType,accountEnabled")
    members = [user for user in users if user["userType"] == "Member" and user["accountEnabled"]]

    assert counts["create"] == len(members)
    assert counts["skipped"] == len(users) - len(members)


def test_unchanged_people_are_not_looked_at_in_an_incremental_cycle(link: Link, ada: JSON) -> None:
    """The second cycle of a settled link does nothing."""
    link.assign(ada["id"])
    link.cycle()

    assert {} == link.cycle()


def test_change_in_the_source_is_exported_with_old_and_new_value(link: Link, contoso: Api, ada: JSON) -> None:
    """An update writes what differs, and the log names the property with both values."""
    link.assign(ada["id"])
    link.cycle()
    contoso.patch(f"/users/{ada['id']}", {"department": "Engines"})

    assert {"update": 1} == link.cycle()
    assert [{"displayName": "department", "oldValue": "Research", "newValue": "Engines"}] == link.log(ada)[0][
        "modifiedProperties"
    ]


def test_null_in_the_source_does_not_clear_the_target(link: Link, contoso: Api, ada: JSON) -> None:
    """A null is not sent."""
    link.assign(ada["id"])
    link.cycle()
    contoso.patch(f"/users/{ada['id']}", {"department": None})

    assert {"skipped": 1} == link.cycle()
    assert "Research" == link.account(ada)["department"]


def test_change_in_the_target_stays_until_the_source_changes(link: Link, contoso: Api, federal: Api, ada: JSON) -> None:
    """What an administrator of the target changes is not noticed, but overwritten with the next change."""
    link.assign(ada["id"])
    link.cycle()
    federal.patch(f"/users/{link.account(ada)['id']}", {"department": "Changed", "accountEnabled": False})

    assert {} == link.cycle()
    assert "Changed" == link.account(ada)["department"]

    contoso.patch(f"/users/{ada['id']}", {"jobTitle": "Countess"})
    link.cycle()

    account = link.account(ada)
    assert ("Research", "Countess", True) == (account["department"], account["jobTitle"], account["accountEnabled"])


def test_disabled_user_is_disabled_in_the_target(link: Link, contoso: Api, ada: JSON) -> None:
    """Blocking sign-in in the source blocks it in the target."""
    link.assign(ada["id"])
    link.cycle()
    contoso.patch(f"/users/{ada['id']}", {"accountEnabled": False})

    assert {"disable": 1} == link.cycle()
    assert link.account(ada)["accountEnabled"] is False


def test_disabled_user_that_loses_its_assignment_stays_disabled(link: Link, contoso: Api, ada: JSON) -> None:
    """Disabled, synchronized, then unassigned: the account is not deleted."""
    assignment = link.assign(ada["id"])
    link.cycle()
    contoso.patch(f"/users/{ada['id']}", {"accountEnabled": False})
    link.cycle()
    link.unassign(assignment)

    assert {"skipped": 1} == link.cycle()
    assert link.account(ada)["accountEnabled"] is False


@pytest.mark.parametrize("how", ["unassigned", "filtered", "deleted"])
def test_person_that_leaves_is_soft_deleted(link: Link, contoso: Api, federal: Api, ada: JSON, how: str) -> None:
    """Leaving the assignment, the filter or the source tenant soft-deletes the account."""
    assignment = link.assign(ada["id"])
    link.cycle()
    account = link.account(ada)
    if how == "unassigned":
        link.unassign(assignment)
    elif how == "filtered":
        link.filter(("country", "EQUALS", "US"))
    else:
        contoso.ok("DELETE", f"/users/{ada['id']}")

    assert {"delete": 1} == link.cycle()
    assert federal.get(f"/directory/deletedItems/{account['id']}")["id"] == account["id"]
    assert {} == link.cycle()


def test_person_that_comes_back_within_thirty_days_is_restored(link: Link, ada: JSON) -> None:
    """The account that synchronization deleted comes back with its id."""
    assignment = link.assign(ada["id"])
    link.cycle()
    before = link.account(ada)["id"]
    link.unassign(assignment)
    link.cycle()
    link.assign(ada["id"])

    assert {"update": 1} == link.cycle()
    assert link.account(ada)["id"] == before
    assert {"displayName": "IsSoftDeleted", "oldValue": "True", "newValue": "False"} in link.log(ada)[0][
        "modifiedProperties"
    ]


def test_person_that_comes_back_after_thirty_days_is_created_again(link: Link, ada: JSON) -> None:
    """After thirty days the account is gone for good."""
    assignment = link.assign(ada["id"])
    link.cycle()
    before = link.account(ada)["id"]
    link.unassign(assignment)
    link.cycle()
    link.source.emulator.clock.advance(timedelta(days=31))
    link.assign(ada["id"])

    assert {"create": 1} == link.cycle()
    assert link.account(ada)["id"] != before


def test_account_that_an_administrator_deleted_is_not_restored(
    link: Link, contoso: Api, federal: Api, ada: JSON
) -> None:
    """A soft-deleted account of the target is reported, not restored and not made again."""
    link.assign(ada["id"])
    link.cycle()
    federal.ok("DELETE", f"/users/{link.account(ada)['id']}")
    assert {} == link.cycle()
    contoso.patch(f"/users/{ada['id']}", {"jobTitle": "Countess"})

    assert {"failure": 1} == link.cycle()
    assert "InvalidAnchor" == link.log(ada)[0]["provisioningStatusInfo"]["errorInformation"]["errorCode"]
    assert link.account(ada) is None


def invited(federal: Api, mail: str) -> JSON:
    """A guest of the target who has not accepted yet."""
    body = {"invitedUserEmailAddress": mail, "inviteRedirectUrl": "https://example.com"}
    return federal.post("/invitations", body)["invitedUser"]


def test_redeemed_guest_is_matched_and_stays_a_guest(link: Link, contoso: Api, federal: Api, ada: JSON) -> None:
    """An account that matches is taken over; a creation-only mapping such as userType does not touch it."""
    guest = invited(federal, "ada@contoso.com")
    federal.tenant.redeem(guest["id"], contoso.tenant, ada["id"])
    link.assign(ada["id"])

    assert {"update": 1} == link.cycle()
    account = link.account(ada)
    assert (account["id"], account["userType"], account["department"]) == (guest["id"], "Guest", "Research")


def test_only_users_that_exist_redeem_an_invitation(contoso: Api, federal: Api, ada: JSON) -> None:
    """The message names the id and the tenant that has no user with it."""
    guest = invited(federal, "ada@contoso.com")
    missing = "00000000-0000-4000-8000-000000000000"

    with pytest.raises(ValueError, match=f'there is no user with id "{missing}" in federal'):
        federal.tenant.redeem(missing, contoso.tenant, ada["id"])
    with pytest.raises(ValueError, match=f'there is no user with id "{missing}" in contoso'):
        federal.tenant.redeem(guest["id"], contoso.tenant, missing)


def test_pending_guest_is_redeemed_and_keeps_its_principal_name(
    link: Link, contoso: Api, federal: Api, ada: JSON
) -> None:
    """An invitation that was not accepted is found by its address, and the name that it gave stays for now."""
    contoso.patch(f"/users/{ada['id']}", {"mail": "countess@contoso.com"})
    guest = invited(federal, "countess@contoso.com")
    link.assign(ada["id"])

    assert {"create": 1} == link.cycle()
    account = federal.get(f"/users/{guest['id']}?$select=userPrincipalName,externalUserState,department")
    assert account["userPrincipalName"].startswith("countess_contoso.com#EXT#@")
    assert ("Accepted", "Research") == (account["externalUserState"], account["department"])
    assert {} == link.cycle()

    contoso.post(f"{link.job}/restart", {"criteria": {"resetScope": "Watermark"}})
    link.cycle()
    assert link.account(ada)["id"] == guest["id"]


def test_default_value_is_used_at_creation_only(link: Link, contoso: Api, ada: JSON) -> None:
    """A default stands in for a missing value when the account is made, never later."""
    link.map("city", "[city]", defaultValue="Remote")
    link.assign(ada["id"])
    link.cycle()
    assert "Remote" == link.account(ada)["city"]
    contoso.patch(f"/users/{ada['id']}", {"city": "London"})
    link.cycle()
    contoso.patch(f"/users/{ada['id']}", {"city": None})
    link.cycle()

    assert "London" == link.account(ada)["city"]


def test_expression_is_evaluated_person_by_person(link: Link, ada: JSON) -> None:
    """Mappings use the language of the provider's expressions."""
    link.map("displayName", 'Append([displayName], " (Contoso)")')
    link.map("extensionAttribute1", 'IIF([country]="GB", "Europe", "Elsewhere")')
    link.assign(ada["id"])
    link.cycle()

    account = link.account(ada)
    assert "Ada Lovelace (Contoso)" == account["displayName"]
    assert "Europe" == account["onPremisesExtensionAttributes"]["extensionAttribute1"]


def test_mail_of_an_internal_user_in_the_target_is_a_conflict(link: Link, federal: Api, ada: JSON) -> None:
    """An address of an internal user of the target cannot be invited; the person is retried later and later."""
    federal.user("Other Ada", mail="ada@contoso.com")
    link.assign(ada["id"])

    assert {"failure": 1} == link.cycle()
    error = link.log(ada)[0]["provisioningStatusInfo"]["errorInformation"]
    assert "InvitationCreationFailureAmbiguousUser" == error["errorCode"]
    status = link.status()
    assert ("EntryLevelErrors", 1) == (status["lastExecution"]["state"], status["lastExecution"]["countEscrowed"])


def test_escrows_are_retried_less_and_less_often(link: Link, federal: Api, ada: JSON) -> None:
    """A failing person is tried again after one cycle, then after two, then after four."""
    federal.user("Other Ada", mail="ada@contoso.com")
    link.assign(ada["id"])
    tried = [bool(link.cycle()) for _ in range(9)]

    assert [True, True, False, True, False, False, False, True, False] == tried


def test_restart_with_escrows_stops_the_retries(link: Link, contoso: Api, federal: Api, ada: JSON) -> None:
    """Without its escrow a failed user is not retried until the user changes or an initial cycle comes."""
    other = federal.user("Other Ada", mail="ada@contoso.com")
    link.assign(ada["id"])
    link.cycle()
    federal.patch(f"/users/{other['id']}", {"mail": None})
    contoso.post(f"{link.job}/restart", {"criteria": {"resetScope": "Escrows"}})

    assert {} == link.cycle()
    assert 0 == link.status()["lastExecution"]["countEscrowed"]
    contoso.post(f"{link.job}/restart", {"criteria": {"resetScope": "Watermark"}})
    assert {"create": 1} == link.cycle()


def test_deletions_above_the_threshold_are_held_back(contoso: Api, federal: Api) -> None:
    """Too many deletions put the job into quarantine; the other changes are made."""
    link = connect(contoso, federal, threshold=2)
    people = [contoso.user(f"Person {letter}") for letter in "ABCD"]
    group = contoso.group("Everybody", [person["id"] for person in people])
    assignment = link.assign(group["id"])
    link.start()
    link.cycle()
    link.unassign(assignment)
    newcomer = contoso.user("Newcomer")
    link.assign(newcomer["id"])

    assert {"create": 1} == link.cycle()
    assert "TooManyDeletes" == link.status()["quarantine"]["reason"]
    assert all(link.account(person) for person in people)


def test_held_deletions_are_counted_until_they_are_allowed(contoso: Api, federal: Api) -> None:
    """A later cycle that looks at one of them again finds the others still waiting, whatever took them out of scope."""
    link = connect(contoso, federal, threshold=1)
    people = [contoso.user(f"Person {letter}", country="DE") for letter in "AB"]
    for person in people:
        link.assign(person["id"])
    link.start()
    link.cycle()
    link.filter(("country", "EQUALS", "US"))
    held = link.cycle()
    contoso.patch(f"/users/{people[0]['id']}", {"city": "Bonn"})

    assert {} == held
    assert {} == link.cycle()
    assert all(link.account(person) for person in people)
    contoso.post(f"{link.job}/restart", {"criteria": {"resetScope": "ForceDeletes"}})
    assert {"delete": 2} == link.cycle()


def test_force_deletes_lets_them_through(contoso: Api, federal: Api) -> None:
    """A restart with ForceDeletes accepts the deletions."""
    link = connect(contoso, federal, threshold=1)
    people = [contoso.user(f"Person {letter}") for letter in "ABC"]
    assignments = [link.assign(person["id"]) for person in people]
    link.start()
    link.cycle()
    for assignment in assignments:
        link.unassign(assignment)
    link.cycle()
    contoso.post(f"{link.job}/restart", {"criteria": {"resetScope": "ForceDeletes"}})

    assert {"delete": 3} == link.cycle()
    assert "Active" == link.status()["code"]
    assert link.status()["quarantine"] is None


def test_withdrawn_consent_puts_the_job_into_quarantine(link: Link, federal: Api, ada: JSON) -> None:
    """A precondition that goes away stops everything, deletions included."""
    assignment = link.assign(ada["id"])
    link.cycle()
    path = f"/policies/crossTenantAccessPolicy/partners/{link.source.tenant.tenant_id}/identitySynchronization"
    federal.patch(path, {"userSyncInbound": {"isSyncAllowed": False}})
    link.unassign(assignment)
    link.cycle()

    quarantine = link.status()["quarantine"]
    assert "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure" == quarantine["error"]["code"]
    assert link.account(ada) is not None


def test_quarantine_backs_off_and_disables_the_job_after_four_weeks(link: Link, federal: Api) -> None:
    """Attempts come after 6, 12 and 24 hours, then daily; after 28 days the job is disabled."""
    path = f"/policies/crossTenantAccessPolicy/partners/{link.source.tenant.tenant_id}/identitySynchronization"
    federal.ok("DELETE", path)
    emulator = link.source.emulator
    began = emulator.clock.now()
    moments = []
    for _ in range(32):
        link.source.emulator.run_cycle()
        quarantine = link.status()["quarantine"]
        if link.source.get(link.job)["schedule"]["state"] == "Disabled":
            break
        moments.append(quarantine["nextAttempt"])
        emulator.advance(timedelta(hours=6) if len(moments) == 1 else timedelta(hours=12 if len(moments) == 2 else 24))

    waits = [(later - earlier) for earlier, later in zip(parsed(moments), parsed(moments)[1:], strict=False)]
    assert parsed(moments)[0] - began == timedelta(hours=6)
    assert waits[:3] == [timedelta(hours=12), timedelta(hours=24), timedelta(hours=24)]
    assert "Disabled" == link.source.get(link.job)["schedule"]["state"]


def parsed(moments: list[str]) -> list[Any]:
    """Moments as the service writes them."""
    return [datetime.fromisoformat(moment) for moment in moments]


def test_cycles_run_every_forty_minutes(link: Link, ada: JSON) -> None:
    """Advancing the clock runs the cycles that fall due, each at its time."""
    link.assign(ada["id"])
    cycles = link.source.emulator.advance(timedelta(hours=2))

    assert [{"create": 1}, {}, {}, {}] == [summary.counts for summary in cycles]


def test_paused_job_does_not_run(link: Link, contoso: Api, ada: JSON) -> None:
    """A paused job has no cycles until it is started again, and then goes on where it was."""
    contoso.post(f"{link.job}/pause")
    link.assign(ada["id"])

    assert [] == link.source.emulator.run_cycle()
    assert "Paused" == link.status()["code"]

    link.start()
    assert [{"create": 1}] == [summary.counts for summary in link.source.emulator.run_cycle()]


def test_saving_the_schema_of_a_paused_job_does_not_start_it(link: Link, contoso: Api) -> None:
    """A schema change makes the next cycle an initial one, whenever that is."""
    contoso.post(f"{link.job}/pause")
    link.map("city", '"Here"')

    assert "Disabled" == contoso.get(link.job)["schedule"]["state"]


def demand(link: Link, user: JSON) -> JSON:
    """Provisions a user on demand. Returns the journey that the answer holds as text."""
    rule = link.source.get(f"{link.job}/schema")["synchronizationRules"][0]["id"]
    body = {"parameters": [{"ruleId": rule, "subjects": [{"objectId": user["id"], "objectTypeName": "User"}]}]}
    answer = link.source.post(f"{link.job}/provisionOnDemand", body)
    assert "Microsoft.Identity.Health.CPP.Common.DataContracts.SyncFabric.StatusInfo" == answer["key"]
    (journey,) = json.loads(answer["value"])
    return journey


def steps(journey: JSON) -> list[tuple[str, str]]:
    """Name and type of each step."""
    return [(step["name"], step["type"]) for step in journey["provisioningSteps"]]


def test_provision_on_demand_answers_its_four_steps(link: Link, contoso: Api, ada: JSON) -> None:
    """Import, scoping, matching and export, as JSON text in key and value."""
    link.assign(ada["id"])
    contoso.post(f"{link.job}/pause")
    journey = demand(link, ada)

    assert [
        ("EntryImport", "Import"),
        ("EntrySynchronizationScoping", "Scoping"),
        ("EntrySynchronizationAdd", "Matching"),
        ("EntryExportAdd", "Export"),
    ] == steps(journey)
    assert "Success" == journey["statusInfo"]["status"]
    assert link.account(ada) is not None


def test_provision_on_demand_shows_the_account_that_it_found(link: Link, ada: JSON) -> None:
    """The account of a synchronized user is retrieved right after the user, with its properties."""
    link.assign(ada["id"])
    link.cycle()
    journey = demand(link, ada)
    matched = journey["provisioningSteps"][1]

    assert [
        ("EntryImport", "Import"),
        ("EntryImport", "Matching"),
        ("EntrySynchronizationScoping", "Scoping"),
        ("EntrySynchronizationSkip", "Export"),
    ] == steps(journey)
    assert (link.account(ada)["id"], "Research") == (matched["details"]["objectId"], matched["details"]["department"])
    assert "RedundantExport" == journey["statusInfo"]["errorCode"]


def test_provision_on_demand_says_that_an_account_was_updated(link: Link, contoso: Api, ada: JSON) -> None:
    """The last two steps say what is to be done, and that it was."""
    link.assign(ada["id"])
    link.cycle()
    contoso.patch(f"/users/{ada['id']}", {"department": "Sales"})
    journey = demand(link, ada)

    assert ["EntrySynchronizationUpdate", "EntryExportUpdate"] == [name for name, _ in steps(journey)][-2:]
    assert " was updated in " in journey["provisioningSteps"][-1]["description"]


def test_provision_on_demand_says_why_a_user_is_skipped(link: Link, ada: JSON) -> None:
    """A user who is not assigned is skipped as not effectively entitled."""
    journey = demand(link, ada)

    assert ("Skipped", "NotEffectivelyEntitled") == (journey["statusInfo"]["status"], journey["statusInfo"]["reason"])
    scoping = next(step for step in journey["provisioningSteps"] if step["type"] == "Scoping")
    assert "False" == scoping["details"]["Assigned to the application"]


def test_group_cannot_be_provisioned_on_demand(link: Link, contoso: Api, federal: Api, ada: JSON) -> None:
    """Cross-tenant synchronization takes one user at a time ("On-demand provisioning"); no group user is made."""
    group = contoso.group("Everybody", [ada["id"]])["id"]
    link.assign(group)
    rule = contoso.get(f"{link.job}/schema")["synchronizationRules"][0]["id"]
    member = {"objectId": ada["id"], "objectTypeName": "User"}
    subject = {"objectId": group, "objectTypeName": "Group", "links": {"members": [member]}}
    body = {"parameters": [{"ruleId": rule, "subjects": [subject]}]}
    before = federal.pages("/users")

    assert (400, "EntityTypeNotSupported") == contoso.error("POST", f"{link.job}/provisionOnDemand", body)[:2]
    assert before == federal.pages("/users")
    assert link.account(ada) is None


def test_target_audit_log_names_the_synchronization_service(link: Link, federal: Api, ada: JSON) -> None:
    """What synchronization does in the target is logged there as done by Microsoft.Azure.SyncFabric."""
    link.assign(ada["id"])
    link.cycle()
    entries = federal.get("/auditLogs/directoryAudits")["value"]
    actors = {entry["activityDisplayName"]: entry["initiatedBy"]["app"]["displayName"] for entry in entries}

    assert "Microsoft.Azure.SyncFabric" == actors["Invite external user"]


@pytest.fixture
def fabrikam(contoso: Api) -> Api:
    """A second tenant of the global cloud."""
    contoso.emulator.add_tenant("fabrikam", "global")
    return Api(contoso.emulator, "fabrikam")


def managed(contoso: Api) -> tuple[JSON, JSON]:
    """A manager and an employee of Contoso."""
    boss, worker = contoso.user("The Boss"), contoso.user("A Worker")
    reference = f"{contoso.tenant.graph_url}/v1.0/users/{boss['id']}"
    contoso.ok("PUT", f"/users/{worker['id']}/manager/$ref", {"@odata.id": reference})
    return boss, worker


def manager(target: Api, account: JSON) -> str | None:
    """Id of the manager of an account, or None."""
    answer = target.send("GET", f"/users/{account['id']}/manager")
    return answer.json()["id"] if answer.is_success else None


def test_manager_is_set_in_the_cycle_that_creates_both(contoso: Api, fabrikam: Api) -> None:
    """References follow after every account is there, whichever user was created first."""
    link = connect(contoso, fabrikam)
    boss, worker = managed(contoso)
    link.assign(contoso.group("Both", [boss["id"], worker["id"]])["id"])
    link.start()
    link.cycle()

    assert link.account(boss)["id"] == manager(fabrikam, link.account(worker))


def test_manager_who_comes_into_scope_later_is_set_by_a_restart(contoso: Api, fabrikam: Api) -> None:
    """Users who were provisioned before are not updated by themselves when the manager comes into scope."""
    link = connect(contoso, fabrikam)
    boss, worker = managed(contoso)
    link.assign(worker["id"])
    link.start()
    link.cycle()
    link.assign(boss["id"])
    link.cycle()
    link.cycle()

    assert manager(fabrikam, link.account(worker)) is None
    contoso.post(f"{link.job}/restart", {"criteria": {"resetScope": "Watermark"}})
    link.cycle()
    assert link.account(boss)["id"] == manager(fabrikam, link.account(worker))
