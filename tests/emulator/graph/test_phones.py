"""Phones of users, SMS sign-in, and the policy that allows it."""

from __future__ import annotations

from typing import Any

import pytest

from entra_sync.emulator import Emulator
from tests.emulator.api import Api

JSON = Any
SMS = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/sms"
MOBILE = {"phoneType": "mobile", "phoneNumber": "+1 4255550101"}


def phones(user: str) -> str:
    return f"/users/{user}/authentication/phoneMethods"


def allow(tenant: Api, **policy: JSON) -> None:
    tenant.patch(SMS, {"state": "enabled", "includeTargets": [{"id": "all_users"}], **policy})


def state(tenant: Api, user: str) -> str:
    return str(tenant.get(phones(user))["value"][0]["smsSignInState"])


def test_a_mobile_number_is_registered_if_the_policy_allows_it(contoso: Api) -> None:
    before, after = (contoso.user(name)["id"] for name in ("Before", "After"))
    contoso.post(phones(before), MOBILE)
    first = state(contoso, before)
    allow(contoso)
    contoso.post(phones(after), {**MOBILE, "phoneNumber": "+1 4255550102"})

    assert ("notAllowedByPolicy", "notEnabled", "ready") == (first, state(contoso, before), state(contoso, after))


def test_sms_sign_in_is_enabled_and_disabled(contoso: Api) -> None:
    user = contoso.user("Ada")["id"]
    phone = contoso.post(phones(user), MOBILE)["id"]
    refused = contoso.error("POST", f"{phones(user)}/{phone}/enableSmsSignIn")[0]
    allow(contoso)
    contoso.ok("POST", f"{phones(user)}/{phone}/enableSmsSignIn")
    enabled = state(contoso, user)
    contoso.ok("POST", f"{phones(user)}/{phone}/disableSmsSignIn")

    assert (400, "ready", "notEnabled") == (refused, enabled, state(contoso, user))


def test_a_number_signs_in_one_user_only(contoso: Api) -> None:
    allow(contoso)
    one, other = (contoso.user(name)["id"] for name in ("One", "Other"))
    contoso.post(phones(one), MOBILE)
    second = contoso.post(phones(other), MOBILE)

    assert ("ready", "notEnabled") == (state(contoso, one), second["smsSignInState"])
    assert "phoneNumberNotUnique" in contoso.error("POST", f"{phones(other)}/{second['id']}/enableSmsSignIn")[2]


def test_the_policy_is_about_members_of_groups_at_any_depth(contoso: Api) -> None:
    inside, outside, excluded = (contoso.user(name)["id"] for name in ("Inside", "Outside", "Excluded"))
    inner = contoso.group("Inner", [inside, excluded])["id"]
    outer = contoso.group("Outer", [inner])["id"]
    left_out = contoso.group("Left out", [excluded])["id"]
    allow(contoso, includeTargets=[{"id": outer}], excludeTargets=[{"id": left_out}])
    for number, user in enumerate((inside, outside, excluded)):
        contoso.post(phones(user), {**MOBILE, "phoneNumber": f"+1 425555010{number}"})

    assert ["ready", "notAllowedByPolicy", "notAllowedByPolicy"] == [
        state(contoso, user) for user in (inside, outside, excluded)
    ]


def test_an_office_phone_has_no_sms_sign_in_and_can_be_removed(contoso: Api) -> None:
    user = contoso.user("Ada")["id"]
    made = contoso.post(phones(user), {**MOBILE, "phoneType": "office"})

    assert "notSupported" == contoso.get(f"{phones(user)}/{made['id']}")["smsSignInState"]

    contoso.ok("DELETE", f"{phones(user)}/{made['id']}")

    assert ([], 404) == (
        contoso.get(phones(user))["value"],
        contoso.error("GET", f"{phones(user)}/{made['id']}")[0],
    )


@pytest.mark.parametrize(
    "body", [{**MOBILE, "phoneType": "fax"}, {**MOBILE, "phoneNumber": "425"}, {**MOBILE, "smsSignInState": "ready"}]
)
def test_other_phones_are_refused(contoso: Api, body: JSON) -> None:
    assert 400 == contoso.error("POST", phones(contoso.user("Ada")["id"]), body)[0]


def test_a_user_has_one_phone_of_a_type(contoso: Api) -> None:
    user = contoso.user("Ada")["id"]
    contoso.post(phones(user), MOBILE)

    assert 400 == contoso.error("POST", phones(user), {**MOBILE, "phoneNumber": "+1 4255550102"})[0]


@pytest.mark.parametrize("body", [{"state": "on"}, {"id": "Voice"}, {"includeTargets": [{}]}, {"phones": []}])
def test_the_policy_refuses_other_values_and_names(contoso: Api, body: JSON) -> None:
    assert (400, "Request_BadRequest") == contoso.error("PATCH", SMS, body)[:2]


def test_the_emulator_has_text_messages_of_the_policy_only(contoso: Api) -> None:
    assert 501 == contoso.error("GET", SMS.replace("sms", "email"))[0]
    assert "disabled" == contoso.get(f"{SMS}?$select=state")["state"]


def test_china_has_no_sms_sign_in() -> None:
    """Its v1.0 does not have the policy's part either; beta does."""
    emulator = Emulator()
    emulator.add_tenant("beijing", "china")
    beijing = Api(emulator, "beijing")

    user = beijing.user("Li")["id"]
    phone = beijing.post(phones(user), MOBILE)["id"]

    assert [400, 400] == [
        beijing.error(*operation)[0]
        for operation in (("GET", SMS), ("POST", f"{phones(user)}/{phone}/enableSmsSignIn"))
    ]
    assert "disabled" == beijing.get(SMS, version="beta")["state"]
