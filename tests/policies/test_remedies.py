"""Remedies: a resource is made to follow a rule, with the Graph calls that this takes."""

import json
from typing import Any

import pytest
from pulumi_policy import ResourceValidationArgs
from pulumi_policy.deserialize import deserialize_properties, serialize_properties
from pulumi_policy.proxy import unknown_checking_proxy

from entra_guard import Rule
from entra_sync.base.calls import listed
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs, SynchronizationSecretsHandler
from tests.policies.cases.settings import OTHER_KIND, secrets
from tests.policies.harness import BY_NAME, UNKNOWN, Res, options

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": {"Domain": "contoso.com"}}


def fixed(name: str, subject: Res, config: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """The properties that the engine gets back; None if they stay."""
    rule = BY_NAME[name]
    assert isinstance(rule, Rule)
    properties = unknown_checking_proxy(deserialize_properties(subject.properties, True))
    args = ResourceValidationArgs(subject.type, properties, subject.urn, subject.name, options(subject), None, config)
    result = rule.remediate(args)
    return None if result is None else json.loads(json.dumps(serialize_properties(result)))


def planned(**changes: Any) -> Res:
    """Settings with what check() adds to them."""
    bare = secrets(**changes)
    assert isinstance(bare.args, SynchronizationSecretsArgs)
    handler = SynchronizationSecretsHandler()
    return Res(
        bare.args,
        {
            "graphCalls": listed(handler.calls(None, bare.args, None)),
            "deleteCalls": listed(handler.delete_calls(bare.args, {})),
            "__provider": "pickled",
            "someone": "else's",
        },
    )


def notification(properties: dict[str, Any]) -> dict[str, Any]:
    """The notification settings in the call that will be sent."""
    pairs = {pair["key"]: pair["value"] for pair in properties["graphCalls"][0]["body"]["value"]}
    return dict(json.loads(pairs["SyncNotificationSettings"]))


@pytest.mark.parametrize(("threshold", "maximum", "result"), [(0, 50, 50), (51, 50, 50), (50, 50, None), (1, 50, None)])
def test_threshold_is_set_in_the_arguments_and_in_the_call(threshold: int, maximum: int, result: int | None) -> None:
    """Remediated inputs are not checked again, so the call is made again; one that is low enough stays."""
    found = fixed("deletion-threshold-set", planned(deletion_threshold=threshold), {"maximum": maximum})

    if result is None:
        assert found is None
    else:
        assert found is not None
        assert found["deletionThreshold"] == result
        settings = notification(found)
        assert (True, result) == (settings["DeleteThresholdEnabled"], settings["DeleteThresholdValue"])


def test_mail_is_set_where_the_configuration_has_an_address() -> None:
    """And if there is no notification address."""
    config = {"address": "ops@contoso.com"}
    found = fixed("notification-mail-set", planned(notify=[]), config)

    assert found is not None
    assert (["ops@contoso.com"], "ops@contoso.com") == (found["notify"], notification(found)["Recipients"])
    assert fixed("notification-mail-set", planned(notify=[])) is None
    assert fixed("notification-mail-set", planned(), config) is None


def test_what_is_not_the_rules_stays() -> None:
    """The provider, and keys that this version does not know."""
    before = planned(deletion_threshold=0)
    found = fixed("deletion-threshold-set", before)

    assert found is not None
    assert {key: found[key] for key in ("__provider", "someone", "tenant", "targetTenantId")} == {
        key: before.properties[key] for key in ("__provider", "someone", "tenant", "targetTenantId")
    }


def test_secrets_stay_secret_and_out_of_the_calls() -> None:
    """The engine's mark stays on the value, and the call has a placeholder."""
    subject = Res(planned(deletion_threshold=0).args, {"values": SECRET})
    found = fixed("deletion-threshold-set", subject)

    assert found is not None
    assert SECRET == found["values"]
    assert {"key": "Domain", "value": {"$secret": "values.Domain"}} in found["graphCalls"][0]["body"]["value"]


def test_unknown_values_stay_unknown() -> None:
    """An application that is not there yet."""
    subject = secrets({"servicePrincipalId": UNKNOWN, "targetTenantId": UNKNOWN}, deletion_threshold=0)
    found = fixed("deletion-threshold-set", subject)

    assert found is not None
    assert (found["servicePrincipalId"], found["targetTenantId"]) == (UNKNOWN, UNKNOWN)
    assert "PUT /v1.0/servicePrincipals/{servicePrincipalId}/synchronization/secrets" == found["graphCalls"][0]["call"]
    assert {"key": "CompanyId", "value": UNKNOWN} in found["graphCalls"][0]["body"]["value"]


def test_another_kind_of_resource_is_left_alone() -> None:
    """And so is one that cannot be read, or whose configuration cannot, which the rule reports."""
    assert fixed("deletion-threshold-set", OTHER_KIND) is None
    assert fixed("deletion-threshold-set", planned(deletion_threshold=0), {"maximun": 5}) is None
    assert fixed("deletion-threshold-set", secrets({"deletionThreshold": "few"})) is None
