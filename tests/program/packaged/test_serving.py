"""The packaged provider over gRPC, in this process: what its protocol gives that the dynamic form's does not."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.output import UNKNOWN
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import provider_pb2

from entra_sync.base.kinds import PACKAGED
from entra_sync.base.run import claims
from entra_sync.emulator import Emulator
from entra_sync.microsoft.tenant import Tenant
from entra_sync.program.packaged.serving import resource_classes
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpointHandler
from entra_sync.resources.synchronization_job import SynchronizationJobArgs
from tests.program.packaged.engine import Engine, came, sent
from tests.resources.conftest import application, connected, contoso, emulator, federal, ground, job, live
from tests.resources.lifecycle import Lifecycle

__all__ = ["application", "connected", "contoso", "emulator", "federal", "ground", "job", "live"]

JSON = Any
CHANGE = provider_pb2.PropertyDiff.Kind


def urn(kind: str, name: str) -> str:
    """The engine's name of a resource of a stack."""
    return f"urn:pulumi:test::packaged::{PACKAGED}{kind}::{name}"


@pytest.fixture
def source(contoso: Tenant) -> JSON:
    """The source as a program in another language writes it."""
    return contoso.model_dump(mode="json", by_alias=True, exclude_none=True)


def test_a_preview_tells_the_outputs_that_it_knows(
    engine: Engine, source: JSON, application: Lifecycle, emulator: Emulator
) -> None:
    """The arguments and what check() found are known, what Graph will answer is not, and nothing is sent."""
    owner = application.outputs["servicePrincipalId"]
    job = urn("SynchronizationJob", "job")
    writes = len(emulator.requests.writes)
    inputs = engine.check(job, {"tenant": source, "servicePrincipalId": owner, "enabled": False})
    id, outputs = engine.create(job, inputs, preview=True)

    assert "" == id
    assert inputs == {key: value for key, value in outputs.items() if value is not UNKNOWN}
    assert {"jobId", "status", "provisioningState"} <= {key for key, value in outputs.items() if value is UNKNOWN}
    assert writes == len(emulator.requests.writes)


def test_a_preview_of_an_update_forgets_removed_arguments(engine: Engine, source: JSON) -> None:
    """Rules of the stack read arguments there. What the object already told stays known."""
    partner = urn("CrossTenantPartner", "partner")
    arguments = {"tenant": source, "partnerTenantId": "22222222-2222-2222-2222-222222222222"}
    consent = {"inboundAllowed": True, "outboundAllowed": True}
    _, olds, _ = engine.up(partner, **arguments, automaticUserConsentSettings=consent)
    news = engine.check(partner, arguments, olds)
    request = provider_pb2.UpdateRequest(urn=partner, id="id", olds=sent(olds), news=sent(news), preview=True)
    outputs = came(engine.stub.Update(request).properties)

    assert consent == olds["automaticUserConsentSettings"]
    assert "automaticUserConsentSettings" not in outputs
    assert {**news, "isServiceProvider": False, "provisioningState": "succeeded"} == outputs


def test_a_diff_says_what_each_argument_does(engine: Engine, source: JSON, application: Lifecycle) -> None:
    """Added, changed, removed, and which of them replaces the resource."""
    owner = application.outputs["servicePrincipalId"]
    job = urn("SynchronizationJob", "job")
    inputs = engine.check(job, {"tenant": source, "servicePrincipalId": owner, "enabled": False})
    model = SynchronizationJobArgs.model_validate({"tenant": source, "servicePrincipalId": owner, "enabled": False})
    olds = {**inputs, **model.body()}
    news = {
        **olds,
        "enabled": True,
        "restart": {"trigger": "CHG1"},
        "servicePrincipalId": "12345678-1234-1234-1234-123456789012",
    }
    added = engine.diff(job, "id", olds, news)
    removed = engine.diff(job, "id", {**olds, "restart": {"trigger": "CHG1"}}, olds)

    expected = {"enabled": CHANGE.UPDATE, "restart": CHANGE.ADD, "servicePrincipalId": CHANGE.UPDATE_REPLACE}
    assert expected == {key: each.kind for key, each in added.detailedDiff.items()}
    assert ["servicePrincipalId"] == list(added.replaces)
    assert {"restart": CHANGE.DELETE} == {key: each.kind for key, each in removed.detailedDiff.items()}
    assert provider_pb2.DiffResponse.DIFF_NONE == engine.diff(job, "id", olds, olds).changes


def test_the_urn_decides_who_uses_an_object(engine: Engine, source: JSON, emulator: Emulator) -> None:
    """Two declarations of one object have no other name: the first delete leaves it, and the last one removes it."""
    first, second = urn("AllowedCloudEndpoint", "first"), urn("AllowedCloudEndpoint", "second")
    id, outputs, _ = engine.up(first, tenant=source, cloud="usgov")
    again, others, _ = engine.up(second, tenant=source, cloud="usgov", adopt=True)
    writes = len(emulator.requests.writes)

    assert id == again
    assert f"packaged/test/{PACKAGED}AllowedCloudEndpoint/first" == outputs[claims.DECLARATION]
    engine.delete(first, id, outputs)
    assert writes == len(emulator.requests.writes)
    claims.claims_by_id.clear()  # another command, whose program declares neither
    engine.delete(second, id, others)
    assert writes + 1 == len(emulator.requests.writes)
    assert "" == engine.read(first, id, outputs).id


def test_requests_are_answered_side_by_side(engine: Engine, source: JSON, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one process: each creation here ends only once all of them have begun."""
    all_began = threading.Barrier(4)
    create: Callable[..., Any] = AllowedCloudEndpointHandler.create

    def waiting(self: AllowedCloudEndpointHandler, props: dict[str, JSON]) -> Any:
        all_began.wait(timeout=60)
        return create(self, props)

    monkeypatch.setattr(AllowedCloudEndpointHandler, "create", waiting)
    inputs = engine.check(urn("AllowedCloudEndpoint", "it"), {"tenant": source, "cloud": "usgov"})
    requests = [
        provider_pb2.CreateRequest(urn=urn("AllowedCloudEndpoint", f"it-{number}"), properties=sent(inputs))
        for number in range(4)
    ]
    answers = [engine.stub.Create.future(request) for request in requests]

    assert 1 == len({answer.result().id for answer in answers})


def test_a_cancellation_lets_what_runs_end(engine: Engine, source: JSON, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made is recorded: the call that runs is answered with its id after the cancellation."""
    began, go_on = threading.Event(), threading.Event()
    create: Callable[..., Any] = AllowedCloudEndpointHandler.create

    def waiting(self: AllowedCloudEndpointHandler, props: dict[str, JSON]) -> Any:
        began.set()
        assert go_on.wait(timeout=60)
        return create(self, props)

    monkeypatch.setattr(AllowedCloudEndpointHandler, "create", waiting)
    it = urn("AllowedCloudEndpoint", "it")
    inputs = engine.check(it, {"tenant": source, "cloud": "usgov"})
    answer = engine.stub.Create.future(provider_pb2.CreateRequest(urn=it, properties=sent(inputs)))
    assert began.wait(timeout=60)
    engine.stub.Cancel(Empty())
    go_on.set()

    assert answer.result().id.endswith("/allowedCloudEndpoints/microsoftonline.us")


def test_a_state_has_no_code(engine: Engine, source: JSON) -> None:
    """Neither in inputs nor in outputs, and a refresh adds none."""
    it = urn("AllowedCloudEndpoint", "it")
    id, outputs, inputs = engine.up(it, tenant=source, cloud="usgov")
    seen = engine.read(it, id, outputs)

    assert id == seen.id
    for values in (inputs, outputs, came(seen.properties), came(seen.inputs)):
        assert "__provider" not in values
        assert "usgov" == values["cloud"]


def test_an_error_is_one_line(engine: Engine, source: JSON) -> None:
    """Without the frames of this process; what the user got wrong is said on its argument."""
    it = urn("AllowedCloudEndpoint", "it")
    answer = engine.stub.Check(provider_pb2.CheckRequest(urn=it, news=sent({"tenant": source, "cloud": "moon"})))

    assert [True] == ["moon" in failure.reason for failure in answer.failures]
    with pytest.raises(grpc.RpcError) as refused:
        engine.check(urn("Nothing", "it"), {})
    assert "the package entra has no resource of this type" in refused.value.details()
    assert "\n" not in refused.value.details()


UNREACHED = {
    "name": "contoso",
    "tenantId": "12345678-1234-1234-1234-123456789012",
    "cloud": "global",
    "graphUrl": "https://127.0.0.1:1",
}


def test_what_a_program_declares_needs_no_tenant(engine: Engine, declaring: None) -> None:
    """A preview has the arguments, and nothing that a tenant would tell; an update of any state is possible."""
    it = urn("SynchronizationJob", "it")
    arguments = {"tenant": UNREACHED, "servicePrincipalId": UNKNOWN}
    inputs = engine.check(it, arguments)
    _, outputs = engine.create(it, inputs, preview=True)
    diff = engine.diff(it, "id", {"of": "another version"}, inputs)

    assert {*arguments, claims.DECLARATION} == set(inputs)
    assert (UNKNOWN, f"packaged/test/{PACKAGED}SynchronizationJob/it") == (
        inputs["servicePrincipalId"],
        inputs[claims.DECLARATION],
    )
    assert UNKNOWN is outputs["jobId"]
    assert (provider_pb2.DiffResponse.DIFF_SOME, []) == (diff.changes, list(diff.replaces))
    assert "id" == engine.read(it, "id", inputs).id


def test_a_mistake_is_refused_without_a_tenant(engine: Engine, declaring: None) -> None:
    """As in every preview."""
    news = sent({"tenant": UNREACHED, "cloud": "moon"})
    answer = engine.stub.Check(provider_pb2.CheckRequest(urn=urn("AllowedCloudEndpoint", "it"), news=news))

    assert [True] == ["moon" in failure.reason for failure in answer.failures]


@pytest.mark.parametrize("act", ["create", "update", "delete"])
def test_nothing_is_sent_while_only_declarations_are_asked(act: str, engine: Engine, declaring: None) -> None:
    """`up` and `destroy` are refused; the line names the variable."""
    it = urn("AllowedCloudEndpoint", "it")
    inputs = engine.check(it, {"tenant": UNREACHED, "cloud": "usgov"})
    acts: dict[str, Callable[[], Any]] = {
        "create": lambda: engine.create(it, inputs),
        "update": lambda: engine.stub.Update(provider_pb2.UpdateRequest(urn=it, olds=sent(inputs), news=sent(inputs))),
        "delete": lambda: engine.delete(it, "id", inputs),
    }
    with pytest.raises(grpc.RpcError) as refused:
        acts[act]()

    assert "ENTRA_SYNC_DECLARE_ONLY is set, so nothing may be sent; unset it and run again" == refused.value.details()


@pytest.mark.parametrize(
    ("tenants", "message"),
    [
        (5, "entra:tenants must be a list of tenants"),
        ("[" * 50_000, "entra:tenants must be a list of tenants"),
        ('[{"name": "a", "tenantId": "x", "cloud": "global"}]', "entra:tenants[0].tenantId: "),
        ([{"name": 5, "tenantId": str(UUID(int=1)), "cloud": "global"}], "entra:tenants[0].name: must be a text"),
    ],
    ids=["number", "deep", "text", "list"],
)
def test_a_configuration_that_does_not_fit_is_one_line(engine: Engine, tenants: JSON, message: str) -> None:
    """Without the frames of this process, in the command's first request and in its second."""
    for ask in (
        lambda: engine.stub.CheckConfig(provider_pb2.CheckRequest(news=sent({"tenants": tenants}))),
        lambda: engine.stub.Configure(provider_pb2.ConfigureRequest(args=sent({"tenants": tenants}))),
    ):
        with pytest.raises(grpc.RpcError) as refused:
            ask()
        assert refused.value.details().startswith(message)
        assert 1 == len(refused.value.details().splitlines())


def test_an_error_that_quotes_much_reaches_the_engine(engine: Engine) -> None:
    """gRPC replaces a message of that length by one of its own, so the provider shortens it."""
    with pytest.raises(grpc.RpcError) as refused:
        engine.read(urn("SynchronizationJob", "job"), "x" * 20_000, {})

    assert "(19,942 more characters)" in refused.value.details()
    assert "is not the id of a SynchronizationJob" in refused.value.details()


def test_a_secret_is_marked_in_all_that_the_engine_gets(
    engine: Engine,
    source: JSON,
    application: Lifecycle,
    job: Lifecycle,
    federal: Tenant,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The engine encrypts what is marked. Nothing else holds the secret: no call that is listed, no library's log."""
    planted, name = "canary-of-a-secret-value", urn("SynchronizationSecrets", "secrets")
    arguments = {
        "tenant": source,
        "servicePrincipalId": application.outputs["servicePrincipalId"],
        "targetTenantId": federal.tenant_id,
        "values": {"SecretToken": planted},
    }
    with caplog.at_level(logging.DEBUG):
        checked = engine.stub.Check(provider_pb2.CheckRequest(urn=name, news=sent(arguments)))
        preview = engine.stub.Create(
            provider_pb2.CreateRequest(urn=name, properties=checked.inputs, preview=True)
        ).properties
        created = engine.stub.Create(provider_pb2.CreateRequest(urn=name, properties=checked.inputs))
        read = engine.stub.Read(provider_pb2.ReadRequest(urn=name, id=created.id, properties=created.properties))
    answers = (checked.inputs, preview, created.properties, read.properties, read.inputs)
    given = [PropertyValue.unmarshal_map(each) for each in answers]

    assert [] == list(checked.failures)
    assert [True] * len(given) == [each["values"].contains_secret() for each in given]
    assert [{"values"}] * len(given) == [
        {key for key, value in each.items() if planted in str(value)} for each in given
    ]
    assert planted not in caplog.text


@pytest.mark.parametrize("kind", resource_classes())
def test_a_mistake_in_any_resource_is_told_by_its_property(kind: str, engine: Engine) -> None:
    """A name that the resource does not have, and a tenant that is not one: a line each, and no tenant is asked."""
    news = sent({"tenant": "contoso", "nonsense": 1})
    answer = engine.stub.Check(provider_pb2.CheckRequest(urn=urn(kind, "it"), news=news))
    reasons = [failure.reason for failure in answer.failures]

    assert {"nonsense", "tenant"} <= {reason.partition(":")[0] for reason in reasons}
    assert [] == [reason for reason in reasons if "\n" in reason or "Traceback" in reason]
