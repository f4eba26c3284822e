"""SynchronizationSecrets: typed settings, written as one set, never readable where they are secret."""

import json

import pytest

from entra_sync.microsoft.assumptions import Facts
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs, SynchronizationSecretsHandler
from tests.resources.lifecycle import Lifecycle, Refused


@pytest.fixture
def secrets(resource) -> Lifecycle:
    """The resource under test."""
    return resource(SynchronizationSecretsHandler())


@pytest.fixture
def declared(contoso, federal, application):
    """Makes arguments for the application's settings."""

    def make(**values) -> SynchronizationSecretsArgs:
        owner = application.outputs["servicePrincipalId"]
        return SynchronizationSecretsArgs(
            tenant=contoso, service_principal_id=owner, target_tenant_id=federal.tenant_id, **values
        )

    return make


def saved(portal, args: SynchronizationSecretsArgs) -> dict[str, str]:
    """What the service has."""
    path = f"/v1.0/servicePrincipals/{args.service_principal_id}/synchronization/secrets"
    return {pair["key"]: pair["value"] for pair in portal("contoso", "GET", path)["value"]}


def test_basic(secrets, declared, federal, portal) -> None:
    """Scope, notification and threshold are in the keys that the portal hides them in."""
    secrets.up(declared(notify=["ops@contoso.com"], deletion_threshold=50))
    found = saved(portal, declared())
    notification = json.loads(found["SyncNotificationSettings"])

    assert (federal.tenant_id, "SyncPolicy", "false") == (
        found["CompanyId"],
        found["AuthenticationType"],
        found["SyncAll"],
    )
    assert ("ops@contoso.com", True, 50) == (
        notification["Recipients"],
        notification["DeleteThresholdEnabled"],
        notification["DeleteThresholdValue"],
    )


def test_a_masked_key_counts_as_it_is_declared(secrets, declared, emulator) -> None:
    """No page promises that Graph shows the target's id: nothing waits for it, and a refresh changes nothing."""
    emulator.assume(Facts({"secrets.readable": ["AuthenticationType", "SyncNotificationSettings"]}))
    secrets.up(declared(sync_all=True))

    assert secrets.refresh()
    assert "same" == secrets.up(declared(sync_all=True))


def test_settings_that_are_as_declared_are_not_sent(secrets, declared) -> None:
    """A link that is imported has them. Secret values cannot be compared, so they are sent."""
    values = {"SecretToken": "hunter2"}
    secrets.up(declared(sync_all=True, values=values))
    same, other, secret = (
        Lifecycle(SynchronizationSecretsHandler(), secrets.emulator).preview(declared(**each))["graphCalls"]
        for each in ({"sync_all": True}, {"sync_all": False}, {"sync_all": True, "values": values})
    )

    assert [] == same
    assert [1, 1] == [len(other), len(secret)]


def test_an_import_says_which_settings_graph_hides(secrets, declared, emulator, capfd) -> None:
    """A refresh of a resource that the state has does not: it counts them as they are declared."""
    secrets.up(declared(sync_all=True))
    emulator.assume(Facts({"secrets.readable": ["CompanyId", "AuthenticationType"]}))
    secrets.refresh()
    refreshed = capfd.readouterr().err
    secrets.handler.read_live("", declared(), {})

    assert "does not show" not in refreshed
    assert "does not show SyncAll and SyncNotificationSettings, so the import assumes" in capfd.readouterr().err


def test_update(secrets, declared, portal) -> None:
    """The whole set is sent again."""
    secrets.up(declared())

    assert "update" == secrets.up(declared(sync_all=True, deletion_threshold=0))
    assert "true" == saved(portal, declared())["SyncAll"]
    assert json.loads(saved(portal, declared())["SyncNotificationSettings"])["DeleteThresholdEnabled"] is False


def test_secret_values_are_sent_and_never_listed(secrets, declared) -> None:
    """The list of calls has a placeholder, the state's other keys have nothing."""
    inputs = secrets.preview(declared(values={"SecretToken": "hunter2"}))
    secrets.up(declared(values={"SecretToken": "hunter2"}))

    assert "hunter2" not in json.dumps(inputs["graphCalls"]) + json.dumps(inputs["deleteCalls"])
    assert "hunter2" not in json.dumps({key: value for key, value in secrets.outputs.items() if key != "values"})
    assert "hunter2" == secrets.outputs["values"]["SecretToken"], "masked by Graph, so kept as declared"


def test_drift(secrets, declared, portal) -> None:
    """A threshold that was changed in the portal."""
    secrets.up(declared(deletion_threshold=50))
    found = saved(portal, declared())
    found["SyncNotificationSettings"] = json.dumps(
        {**json.loads(found["SyncNotificationSettings"]), "DeleteThresholdValue": 5000}
    )
    path = f"/v1.0/servicePrincipals/{declared().service_principal_id}/synchronization/secrets"
    pairs = [{"key": key, "value": value} for key, value in found.items()]
    portal("contoso", "PUT", path, {"value": pairs})

    assert secrets.refresh()
    assert 5000 == secrets.outputs["deletionThreshold"]
    assert "update" == secrets.up(declared(deletion_threshold=50))


@pytest.mark.parametrize(
    ("key", "value", "argument"),
    [("SyncAll", "true", "syncAll"), ("CompanyId", "11111111-2222-4333-8444-555555555555", "targetTenantId")],
)
def test_what_decides_about_users_is_not_put_back_beside_another_change(
    secrets, declared, portal, emulator, key, value, argument
) -> None:
    """Only after a refresh, by which a link plans it. The address alone changes here."""
    secrets.up(declared(notify=["ops@contoso.com"]))
    path = f"/v1.0/servicePrincipals/{declared().service_principal_id}/synchronization/secrets"
    changed = {**saved(portal, declared()), key: value}
    portal("contoso", "PUT", path, {"value": [{"key": each, "value": text} for each, text in changed.items()]})
    start = len(emulator.requests)
    with pytest.raises(Refused, match=f"{argument}: it was changed outside of this program.*Run `pulumi refresh`"):
        secrets.up(declared(notify=["it@contoso.com"]))
    refused = emulator.requests.calls(start)
    secrets.refresh()
    secrets.up(declared(notify=["it@contoso.com"]))

    assert [] == refused
    assert value != saved(portal, declared())[key]


def test_gone(secrets, declared, application, portal) -> None:
    """The application was deleted."""
    secrets.up(declared())
    portal("contoso", "DELETE", f"/v1.0/applications/{application.outputs['applicationId']}")

    assert not secrets.refresh()


def put(portal, args: SynchronizationSecretsArgs, found: dict[str, str]) -> None:
    """Save a set of settings by hand."""
    path = f"/v1.0/servicePrincipals/{args.service_principal_id}/synchronization/secrets"
    portal("contoso", "PUT", path, {"value": [{"key": key, "value": value} for key, value in found.items()]})


def test_setting_that_keeps_leavers_is_drift(secrets, declared, portal, capfd) -> None:
    """Set by hand it is seen, named and switched off; switched off it is no drift."""
    secrets.up(declared())
    put(portal, declared(), {**saved(portal, declared()), "SkipOutOfScopeDeletions": "True"})

    assert secrets.refresh()
    assert "SkipOutOfScopeDeletions is on and not declared" in capfd.readouterr().err
    assert "update" == secrets.up(declared())
    assert "False" == saved(portal, declared())["SkipOutOfScopeDeletions"]
    assert secrets.refresh()
    assert "same" == secrets.up(declared())


@pytest.mark.parametrize(
    "text", ["half past nine", "[]", '{"DeleteThresholdEnabled": true, "DeleteThresholdValue": "x"}']
)
def test_settings_that_hold_no_json_object_are_named_and_corrected(
    secrets, declared, emulator, portal, text, capfd
) -> None:
    """A refresh goes on, says which key it is about, and `up` writes what is declared."""
    secrets.up(declared(notify=["ops@contoso.com"], deletion_threshold=50))
    store, owner = emulator.service.store, declared().service_principal_id
    tid = declared().tenant.tenant_id
    entry = store.get(tid, "secrets", owner)
    store.replace(
        tid, "secrets", owner, {**entry.doc, "values": {**entry.doc["values"], "SyncNotificationSettings": text}}
    )

    assert secrets.refresh()
    assert "SyncNotificationSettings: the value is not a JSON object" in capfd.readouterr().err
    assert "update" == secrets.up(declared(notify=["ops@contoso.com"], deletion_threshold=50))
    assert 50 == json.loads(saved(portal, declared())["SyncNotificationSettings"])["DeleteThresholdValue"]


def test_delete(secrets, declared, portal) -> None:
    """There is no DELETE: values are blanked, and settings that hold JSON are switched off."""
    secrets.up(declared(values={"SystemOfRecord": '{"a": 1}', "Domain": "contoso.com"}))
    secrets.delete()
    found = saved(portal, declared())

    assert not found.get("CompanyId")
    assert {"Enabled": False, "DeleteThresholdEnabled": False} == {
        key: json.loads(found["SyncNotificationSettings"])[key] for key in ("Enabled", "DeleteThresholdEnabled")
    }
    assert ("", False) == (found.get("Domain", ""), "SystemOfRecord" in found)


def test_delete_after_the_application(secrets, declared, application, portal) -> None:
    """Undoing what is gone already is a success: nothing is sent that the tenant takes, and nothing is raised."""
    secrets.up(declared())
    portal("contoso", "DELETE", f"/v1.0/applications/{application.outputs['applicationId']}")
    secrets.handler.delete(secrets.id, secrets.outputs)

    assert not secrets.refresh()


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"values": {"SkipOutOfScopeDeletions": "true"}}, "has no effect on cross-tenant synchronization"),
        ({"values": {"SyncAll": "true"}}, "has an argument of its own"),
        ({"notify": ["ops"]}, r'notify\[0\]: "ops" is not a mail address'),
        ({"notify": ["a@b;c@d"]}, r'notify\[0\]: "a@b;c@d" is not a mail address'),
        ({"notify": ["a@b", " c@d"]}, r'notify\[1\]: " c@d" is not a mail address'),
    ],
)
def test_what_has_no_effect_or_no_sense_is_refused(secrets, declared, values, problem) -> None:
    """Before anything is sent."""
    with pytest.raises(Refused, match=problem):
        secrets.up(declared(**values))


def test_us_government_limits_the_size(secrets, federal, contoso) -> None:
    """One kilobyte of secrets and mail together."""
    args = SynchronizationSecretsArgs(
        tenant=federal,
        service_principal_id="50000000-0000-0000-0000-000000000001",
        target_tenant_id=contoso.tenant_id,
        notify=[f"{'o' * 60}{number}@contoso.com" for number in range(20)],
    )

    with pytest.raises(Refused, match="US Government keeps 1024 bytes"):
        secrets.up(args)


def test_other_clouds_do_not_limit_the_size(secrets, declared, portal) -> None:
    addresses = [f"{'o' * 60}{number}@contoso.com" for number in range(20)]
    secrets.up(declared(notify=addresses))

    assert addresses == json.loads(saved(portal, declared())["SyncNotificationSettings"])["Recipients"].split(",")
