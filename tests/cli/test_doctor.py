"""``entra-sync doctor``: one broken thing is one finding, with its fix."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from entra_sync.errors import ConfigurationError
from entra_sync.graph.gateway import connecting
from entra_sync.operate import clock
from entra_sync.operate.project.program import Program
from tests.cli.commands import answer, run
from tests.cli.conftest import Patient, act
from tests.ownership.engine import Stack

JSON = Any
POLICY = "/v1.0/policies/crossTenantAccessPolicy"


def findings(code: int) -> dict[tuple[str, str], JSON]:
    """What the command finds, by subject and check."""
    return {(each["subject"], each["check"]): each for each in answer("doctor", code=code)}


def wrong(found: dict[tuple[str, str], JSON]) -> list[tuple[str, str]]:
    """The checks that are not well."""
    return [key for key, each in found.items() if each["state"] != "ok"]


def test_a_healthy_program_ends_with_code_0(patient: Patient) -> None:
    """Before the first up, too; nothing is written."""
    found = findings(0)

    assert [] == wrong(found)
    assert "not set up yet" in found["contoso → federal", "halves"]["text"]
    assert [] == patient.emulator.requests.writes
    assert {"check", "subject", "state", "text", "fix"} == set(found["contoso", "token"])


def test_a_missing_permission_is_named_with_the_command_that_grants_it(patient: Patient) -> None:
    """Only in the tenant that lacks it."""
    patient.roles["federal"] = [
        "Application.Read.All",
        "GroupMember.Read.All",
        "Organization.Read.All",
        "Policy.Read.All",
        "User.Read.All",
    ]
    found = findings(3)

    assert [("federal", "permissions")] == wrong(found)
    finding = found["federal", "permissions"]
    assert "Policy.ReadWrite.CrossTenantAccess" in finding["text"] and "User.Read.All" not in finding["text"]
    assert "--script az" in finding["fix"]


def test_a_failed_sign_in_is_one_finding_and_the_link_is_unknown(patient: Patient) -> None:
    """The remedy is the one of the cause."""
    patient.broken["contoso"] = ConfigurationError(
        "tenant contoso (global): no token from https://login: AADSTS7000222: expired", remedy="Make a new one"
    )
    found = findings(3)

    assert [("contoso", "token"), ("contoso → federal", "link")] == wrong(found)
    assert "Make a new one" == found["contoso", "token"]["fix"]
    assert "unknown" == found["contoso → federal", "link"]["state"]


def test_a_clock_that_is_wrong_is_found(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """By ten minutes."""
    monkeypatch.setattr(clock, "now", lambda: patient.emulator.clock.now() + timedelta(minutes=10))
    found = findings(3)

    assert "this machine's clock is 600 s ahead of Microsoft Graph's" == found["federal", "clock"]["text"]


def test_the_box_that_is_not_ticked_is_found(patient: Patient) -> None:
    """The service principal that it makes is gone."""
    store, tid = patient.emulator.service.store, patient.emulator.tenants["federal"].tenant_id
    for entry in list(store.objects(tid, "servicePrincipal")):
        if entry.doc.get("displayName", "").startswith("Microsoft.Azure.SyncFabric.CrossCloud."):
            act(patient.emulator, "federal", "DELETE", f"/v1.0/servicePrincipals/{entry.id}")
    found = findings(3)

    assert [("contoso → federal", "cross-cloud")] == wrong(found)
    assert found["contoso → federal", "cross-cloud"]["fix"].startswith("Select cross-cloud synchronization")


def test_a_target_without_guest_invitations_is_found(patient: Patient) -> None:
    """Tenants of US Government are so by default."""
    patient.emulator.tenants["federal"].change(guestInvites="none")
    found = findings(3)

    assert [("contoso → federal", "invitations")] == wrong(found)
    assert "no account can be created" in found["contoso → federal", "invitations"]["text"]


def test_half_a_link_is_found(patient: Patient, stack: Stack) -> None:
    """An administrator removed the target's permission to synchronize users."""
    with connecting(patient.connect):
        assert [] == wrong(findings(0))
        source = patient.emulator.tenants["contoso"].tenant_id
        act(patient.emulator, "federal", "DELETE", f"{POLICY}/partners/{source}/identitySynchronization")
        found = findings(3)

    assert [("contoso → federal", "halves")] == wrong(found)
    assert "federal allows users to be synchronized in" in found["contoso → federal", "halves"]["text"]


def test_what_cannot_be_read_is_unknown(patient: Patient) -> None:
    """Licenses that may not be read are not missing ones; the code says that the answer is not complete."""
    patient.emulator.fault(path="subscribedSkus", status=403, times=None)
    found = findings(4)

    assert [("contoso → federal", "licenses")] == wrong(found)
    assert "unknown" == found["contoso → federal", "licenses"]["state"]


def test_seats_are_compared_with_the_users_in_scope(patient: Patient) -> None:
    """Fewer seats than assigned users may do, because of the filter: the finding says what tells."""
    contoso = patient.emulator.tenants["contoso"]
    enough = findings(0)["contoso → federal", "licenses"]
    contoso.add_subscription("Microsoft_Entra_ID_Governance", 2)
    few = findings(4)["contoso → federal", "licenses"]

    number = re.search(r"and at most (\d+) users in scope", enough["text"])
    assert number is not None and int(number[1]) > 2
    assert few["text"].startswith("2 seats of ") and f"but up to {number[1]} users in scope" in few["text"]
    assert ("unknown", True) == (few["state"], few["fix"].startswith("Run `entra-sync impact`"))


@pytest.mark.parametrize("principals", [None, [None], [{"kind": "Group", "id": None}]])
def test_a_scope_that_is_not_known_before_up_is_said(
    patient: Patient, principals: JSON, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The group is made by the same program: no request asks for its members."""
    declared = Program(Path()).declared()
    impact = next(each for each in declared if each.kind == "LinkImpact")
    other = replace(impact, inputs={**impact.inputs, "principals": principals})
    monkeypatch.setattr(Program, "declared", lambda self: [other if each is impact else each for each in declared])

    finding = findings(0)["contoso → federal", "licenses"]

    assert "ok" == finding["state"]
    assert finding["text"].endswith("; who is in scope is not known before up")


def test_an_engine_that_is_missing_or_old_is_found(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are problems of the machine."""
    monkeypatch.setattr(Program, "version", lambda self: "v2.25.2")

    assert "does not fit SDK" in findings(3)["", "engine"]["text"]


def test_text_has_a_line_for_each_finding_and_its_fix(patient: Patient) -> None:
    """The fix follows an arrow."""
    patient.roles["federal"] = ["User.Read.All", "Organization.Read.All"]
    result = run("doctor")

    assert 3 == result.exit_code
    assert "problem  federal: permissions: missing for up, destroy" in result.stdout
    assert "→ Grant them: `entra-sync permissions" in result.stdout
