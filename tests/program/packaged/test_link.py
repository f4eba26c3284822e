"""CrossCloudLink through the protocol, in this process: how its arguments arrive in the resources of the link."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Value
from pulumi.output import UNKNOWN
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import alias_pb2, engine_pb2, engine_pb2_grpc, provider_pb2, resource_pb2, resource_pb2_grpc

from entra_sync.base.kinds import COMPONENT
from entra_sync.base.run import claims
from entra_sync.program.link_arguments import LinkArguments
from entra_sync.program.packaged.values import plain_map, wire
from tests.program.packaged.engine import Engine

JSON = Any

ARGUMENTS: dict[str, JSON] = {
    "source": {"name": "contoso", "tenantId": "11111111-1111-1111-1111-111111111111", "cloud": "global"},
    "target": {"name": "federal", "tenantId": "22222222-2222-2222-2222-222222222222", "cloud": "usgov"},
    "scope": [{"kind": "Group", "id": "33333333-3333-3333-3333-333333333333"}],
    "mappings": [{"target": "displayName", "source": "[displayName]"}],
    "filters": {"groups": []},
    "actions": ["create"],
    "enabled": False,
    "deletionThreshold": 5,
    "restart": {"trigger": "CHG1"},
    "limits": {"maxRemoved": 5},
    "canaries": ["44444444-4444-4444-4444-444444444444"],
    "notify": ["ops@contoso.com"],
    "displayName": "To Federal",
    "applicationTemplateId": "55555555-5555-5555-5555-555555555555",
    "jobTemplateId": "Azure2Azure",
    "secretValues": {"SecretToken": "hush"},
    "adopt": True,
    "manageClouds": False,
    "managePartners": False,
    "licenses": [{"sku": "SPE_E5"}],
}


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Records the resources that a component declares, as an engine in preview answers them."""

    def __init__(self) -> None:
        self.declared: dict[str, JSON] = {}
        self.registered: dict[str, Any] = {}
        self.warnings: list[str] = []
        self.checked: Callable[[str], object] | None = None

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        """All that the SDK asks for."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)

    def RegisterResource(self, request: Any, context: Any) -> Any:
        """No id is known yet."""
        self.declared[request.name] = plain_map(PropertyValue.unmarshal_map(request.object))
        self.registered[request.name] = request
        urn = f"urn:pulumi:test::packaged::{request.type}::{request.name}"
        if self.checked is not None and request.custom:
            self.checked(urn)
        return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Empty:
        """Nothing is kept."""
        return Empty()


class Log(engine_pb2_grpc.EngineServicer):
    """Takes what the SDK logs."""

    def __init__(self, recorder: Monitor) -> None:
        self._recorder = recorder

    def Log(self, request: Any, context: Any) -> Empty:
        """Warnings are kept."""
        if request.severity == engine_pb2.WARNING:
            self._recorder.warnings.append(request.message)
        return Empty()


@pytest.fixture
def monitor() -> Iterator[tuple[Monitor, str]]:
    """Where the link's resources are registered, and its address."""
    recorder = Monitor()
    server = grpc.server(ThreadPoolExecutor(4))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(recorder, server)
    engine_pb2_grpc.add_EngineServicer_to_server(Log(recorder), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield recorder, f"127.0.0.1:{port}"
    server.stop(None).wait()


def declared(
    engine: Engine, monitor: tuple[Monitor, str], options: Mapping[str, Any] | None = None, **arguments: PropertyValue
) -> dict[str, JSON]:
    """The inputs of each resource of a link."""
    recorder, address = monitor
    recorder.declared = {}
    given = {**{name: wire(value) for name, value in ARGUMENTS.items()}, **arguments}
    request = provider_pb2.ConstructRequest(
        project="packaged",
        stack="test",
        dryRun=True,
        monitorEndpoint=address,
        type=COMPONENT,
        name="link",
        inputs=PropertyValue.marshal_map(given),
        **(options or {}),
    )
    engine.stub.Construct(request)
    return recorder.declared


def leaves(value: JSON, *, secret: bool = False, unknown: bool = False) -> PropertyValue:
    """*value*, of which each part that holds no other one is secret, or not known."""
    if isinstance(value, dict):
        return PropertyValue({key: leaves(item, secret=secret, unknown=unknown) for key, item in value.items()})
    if isinstance(value, list):
        return PropertyValue([leaves(item, secret=secret, unknown=unknown) for item in value])
    return wire(UNKNOWN if unknown else value).with_secret(secret)


def test_checks_are_answered_while_registrations_wait_for_them(engine: Engine, monitor: tuple[Monitor, str]) -> None:
    """The engine ends the registration of a resource only when the provider has checked it."""
    checks = []

    def checked(urn: str) -> None:
        engine.stub.Check(provider_pb2.CheckRequest(urn=urn), timeout=10)
        checks.append(urn)

    monitor[0].checked = checked

    assert len(declared(engine, monitor)) - 1 == len(checks) > 0


def parts(alias: Any) -> dict[str, JSON]:
    """What an alias says; a part that is empty says nothing."""
    fields = (alias.urn and [("urn", alias.urn)]) or [(field.name, value) for field, value in alias.spec.ListFields()]
    return {name: value for name, value in fields if value}


SPEC = alias_pb2.Alias.Spec
URN = "urn:pulumi:test::packaged::entra:index:CrossCloudLink::old"


@pytest.mark.parametrize(
    "alias",
    [
        alias_pb2.Alias(urn=URN),
        alias_pb2.Alias(spec=SPEC(name="old")),
        alias_pb2.Alias(spec=SPEC(name="old", noParent=True)),
        alias_pb2.Alias(spec=SPEC(parentUrn=URN)),
        alias_pb2.Alias(spec=SPEC(type="my:index:Link", stack="prod", project="other")),
    ],
)
def test_a_former_name_reaches_the_engine_as_the_program_gave_it(
    alias: Any, engine: Engine, monitor: tuple[Monitor, str]
) -> None:
    """A link that was renamed, moved or made by another program goes on."""
    declared(engine, monitor, {"aliases": [alias]})

    assert [parts(alias)] == [parts(each) for each in monitor[0].registered["link"].aliases]


def test_the_engine_gets_the_options_that_it_hands_down_to_the_parts_of_a_link(
    engine: Engine, monitor: tuple[Monitor, str]
) -> None:
    """What a destroy retains, or deletes together with something else; by default neither is said."""
    declared(engine, monitor)
    plain = monitor[0].registered["link"]
    declared(engine, monitor, {"retainOnDelete": True, "deletedWith": URN})
    link = monitor[0].registered["link"]

    assert (True, URN) == (link.retainOnDelete, link.deletedWith)
    assert (False, "") == (plain.retainOnDelete, plain.deletedWith)


CHANGED: dict[str, JSON] = {
    "scope": [{"kind": "User", "id": "66666666-6666-6666-6666-666666666666"}],
    "mappings": [{"target": "city", "source": "[city]"}],
    "filters": {"groups": [{"name": "All", "clauses": []}]},
    "actions": ["create", "update"],
    "enabled": True,
    "deletionThreshold": 6,
    "restart": {"trigger": "CHG2"},
    "limits": {"maxRemoved": 6},
    "notify": ["other@contoso.com"],
    "displayName": "Otherwise",
    "applicationTemplateId": "77777777-7777-7777-7777-777777777777",
    "jobTemplateId": "Azure2AzureCrossCloud",
    "secretValues": {"SecretToken": "quiet"},
}
"""Another value of each argument whose changes can be ignored."""


def differing(one: dict[str, JSON], other: dict[str, JSON]) -> set[tuple[str, str]]:
    """The resources and inputs in which two links differ."""
    return {
        (name, key)
        for name, inputs in one.items()
        for key in inputs.keys() | other[name].keys()
        if key != claims.EARLIER and inputs.get(key) != other[name].get(key)
    }


def ignoring(monitor: tuple[Monitor, str]) -> set[tuple[str, str]]:
    """The resources and inputs of which the engine keeps the old values."""
    return {(name, key) for name, request in monitor[0].registered.items() for key in request.ignoreChanges}


@pytest.mark.parametrize("argument", CHANGED)
def test_a_link_ignores_changes_of_an_argument(argument: str, engine: Engine, monitor: tuple[Monitor, str]) -> None:
    """Each resource ignores those of its inputs that come from it, so that the plan is that of what happens."""
    before = declared(engine, monitor)
    after = declared(engine, monitor, {"ignoreChanges": [argument]}, **{argument: wire(CHANGED[argument])})
    del monitor[0].registered["link"]

    changed = differing(before, after)
    assert changed
    assert changed <= ignoring(monitor)


@pytest.mark.parametrize("named", ["scope", "everyone"])
def test_a_link_of_all_users_ignores_that_it_has_a_list_now(
    named: str, engine: Engine, monitor: tuple[Monitor, str]
) -> None:
    """The restart that comes with such a change is ignored too."""
    given = {"licenses": wire([]), "canaries": wire([])}
    before = declared(engine, monitor, **given, scope=PropertyValue(None), everyone=wire(True))
    after = declared(engine, monitor, {"ignoreChanges": [named]}, **given)
    del monitor[0].registered["link"]

    changed = differing(before, after)
    assert ("link-schedule", "everyone") in changed
    assert changed <= ignoring(monitor)


def test_a_link_ignores_changes_of_a_part_of_an_argument(engine: Engine, monitor: tuple[Monitor, str]) -> None:
    """By its path."""
    paths = ["limits.maxRemoved", "scope[0].id", 'secretValues["a_b"]']
    declared(engine, monitor, {"ignoreChanges": paths})
    del monitor[0].registered["link"]

    assert {
        ("link-impact", "limits.maxRemoved"),
        ("link-impact", "principals[0].id"),
        ("link-assignments", "principals[0].id"),
        ("link-licenses", "principals[0].id"),
        ("link-secrets", 'values["a_b"]'),
    } == ignoring(monitor)


@pytest.mark.parametrize("path", [*sorted(ARGUMENTS.keys() - CHANGED.keys()), "source.cloud", "*"])
def test_changes_of_what_decides_which_resources_there_are_cannot_be_ignored(
    path: str, engine: Engine, monitor: tuple[Monitor, str]
) -> None:
    """They are refused before a resource is declared."""
    with pytest.raises(grpc.RpcError) as refused:
        declared(engine, monitor, {"ignoreChanges": [path]})

    named = path.partition(".")[0]
    expected = f'entra:CrossCloudLink "link": ignoreChanges: changes of "{named}" cannot be ignored: it decides'
    assert refused.value.details().startswith(expected)
    assert {} == monitor[0].declared


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"customTimeouts": provider_pb2.ConstructRequest.CustomTimeouts(create="1h")}, "customTimeouts"),
        ({"replaceOnChanges": ["enabled"]}, "replaceOnChanges"),
        ({"deleteBeforeReplace": True}, "deleteBeforeReplace"),
        ({"additionalSecretOutputs": ["jobId"]}, "additionalSecretOutputs"),
        ({"replace_with": [URN]}, "replaceWith"),
        ({"replacement_trigger": Value(string_value="1")}, "replacementTrigger"),
        ({"ignoreChanges": ["tags"]}, 'ignoreChanges of "tags"'),
    ],
)
def test_an_option_without_effect_is_one_warning(
    options: dict[str, Any], said: str, engine: Engine, monitor: tuple[Monitor, str]
) -> None:
    """Not one for each resource, and none without such an option."""
    declared(engine, monitor, options)

    assert [f'entra:CrossCloudLink "link": no effect on a link: {said}'] == monitor[0].warnings


def test_options_that_the_engine_always_sends_are_no_warning(engine: Engine, monitor: tuple[Monitor, str]) -> None:
    """Such as timeouts that are not set."""
    declared(engine, monitor, {"customTimeouts": provider_pb2.ConstructRequest.CustomTimeouts()})

    assert [] == monitor[0].warnings


def test_each_argument_is_tried() -> None:
    """By the names that other languages use."""
    assert {LinkArguments.wire(name) for name in LinkArguments.model_fields} == set(ARGUMENTS)


FIXED = sorted(map(LinkArguments.wire, LinkArguments.marked("fixed")))
"""They decide which resources there are, so they must be known when the link is built."""


@pytest.mark.parametrize("argument", FIXED)
def test_a_secret_is_known_when_the_link_is_built(argument: str, engine: Engine, monitor: tuple[Monitor, str]) -> None:
    """The whole of an argument, or each of its parts."""
    expected = declared(engine, monitor)
    value = ARGUMENTS[argument]

    assert expected == declared(engine, monitor, **{argument: wire(value).with_secret(True)})
    assert expected == declared(engine, monitor, **{argument: leaves(value, secret=True)})


ALL = {"scope": PropertyValue(None), "everyone": wire(True), "licenses": wire([]), "canaries": wire([])}


def test_everyone_may_be_a_secret(engine: Engine, monitor: tuple[Monitor, str]) -> None:
    """It means all users, secret or not."""
    expected = declared(engine, monitor, **ALL)

    assert expected["link-impact"]["everyone"] is True
    assert expected == declared(engine, monitor, **{**ALL, "everyone": wire(True).with_secret(True)})


def test_a_scope_may_say_that_it_is_not_everyone(engine: Engine, monitor: tuple[Monitor, str]) -> None:
    """As if nothing were said of everyone."""
    assert declared(engine, monitor) == declared(engine, monitor, everyone=wire(False))


LIST = 'scope: must be a list such as [{"kind": "Group", "id": "…"}]; for all users, set everyone: true'


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"scope": PropertyValue(None)}, LIST),
        ({"scope": PropertyValue(None), "everyone": wire(False)}, LIST),
        ({"scope": wire("everyone")}, LIST),
        ({"scope": wire({"kind": "Group", "id": "1"})}, LIST),
        ({"everyone": wire(True)}, "scope: leave it out, since everyone is true"),
        ({"everyone": wire("yes")}, "everyone: must be true or false, not yes"),
        ({**ALL, "everyone": wire(UNKNOWN)}, "everyone: must be known when the program runs, and it is not; take it"),
    ],
)
def test_a_link_has_one_scope(
    arguments: dict[str, PropertyValue], expected: str, engine: Engine, monitor: tuple[Monitor, str]
) -> None:
    """A list or everyone, and never one that the program did not mean."""
    with pytest.raises(grpc.RpcError) as refused:
        declared(engine, monitor, **arguments)

    assert refused.value.details().startswith(expected)
    assert {} == monitor[0].declared


@pytest.mark.parametrize("argument", FIXED)
def test_what_is_not_known_is_refused_by_its_name(argument: str, engine: Engine, monitor: tuple[Monitor, str]) -> None:
    """Before a resource is declared."""
    with pytest.raises(grpc.RpcError) as refused:
        declared(engine, monitor, **{argument: wire(UNKNOWN)})

    assert refused.value.details().startswith(f"{argument}: must be known when the program runs")
    assert {} == monitor[0].declared


@pytest.mark.parametrize("argument", sorted(ARGUMENTS.keys() - set(FIXED)))
def test_any_other_argument_may_be_a_secret(argument: str, engine: Engine, monitor: tuple[Monitor, str]) -> None:
    """The link has the same resources; they take the value when it is known."""
    expected = declared(engine, monitor)
    value = ARGUMENTS[argument]

    assert expected.keys() == declared(engine, monitor, **{argument: wire(value).with_secret(True)}).keys()
    assert expected.keys() == declared(engine, monitor, **{argument: leaves(value, secret=True)}).keys()


@pytest.mark.parametrize("argument", sorted(ARGUMENTS.keys() - set(FIXED)))
def test_a_part_of_any_other_argument_may_be_unknown(
    argument: str, engine: Engine, monitor: tuple[Monitor, str]
) -> None:
    """As an output of another resource in a template, e.g. in the source of a mapping."""
    expected = declared(engine, monitor)

    assert expected.keys() == declared(engine, monitor, **{argument: leaves(ARGUMENTS[argument], unknown=True)}).keys()
