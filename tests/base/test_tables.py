"""Rules that need no tenant, as tables: what a preview compares, merges, lists and says of a change of a link."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from entra_sync.base.calls import GraphCall, listed, unlisted
from entra_sync.base.preview import UNKNOWN_TEXT, differences, known, planned_steps
from entra_sync.base.principals import Group, Principal, User
from entra_sync.base.values.large import MOST, condensed, spread
from entra_sync.base.values.merging import beside, joined, put_back
from entra_sync.base.values.unknown import same
from entra_sync.expressions import AttributeMapping, Context, any_of, clause, defaults, expr, merge_schema
from entra_sync.expressions.language.binding import parse
from entra_sync.expressions.schema.defaults import default_schema
from entra_sync.graph.permissions import least
from entra_sync.graph.synchronization.cross_cloud import APPLICATIONS
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.series import is_empty
from entra_sync.impact.planning.cycle import situation
from entra_sync.impact.planning.users.flow import is_true, typed, unpredictable
from entra_sync.microsoft.clouds import Cloud
from entra_sync.resources.app_role_assignments import AppRoleAssignmentsArgs

JSON = Any
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine's JSON has for a value that a preview does not know."""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, 1, True),
        (1, 1.0, True),
        (1, 2, False),
        (1, True, False),
        (False, 0, False),
        (True, True, True),
        (True, False, False),
        ("a", "a", True),
        ("a", "A", False),
        (None, None, True),
        (None, "", False),
        ([1, 2], (1, 2), True),
        ([1, 2], [2, 1], False),
        ([1], [1, 2], False),
        ({"a": [True]}, {"a": [1]}, False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ({"a": {"b": 1}}, {"a": {"b": 1}}, True),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, False),
    ],
    ids=str,
)
def test_values_of_two_declarations_are_the_same(old: JSON, new: JSON, expected: bool) -> None:
    """True is not 1, and an order counts."""
    assert expected == same(old, new)


@pytest.mark.parametrize(
    ("existing", "declared", "released", "recorded", "expected"),
    [
        (None, {"a": 1}, None, None, {"a": 1}),
        ({"a": 1}, 5, None, None, 5),
        ({"a": 0, "b": 2}, {"a": 1}, None, None, {"a": 1, "b": 2}),
        ({"a": 0, "b": None}, {"a": 1}, None, None, {"a": 1}),
        ({"a": 0, "b": 2}, {"a": 1}, {"b": 2}, None, {"a": 1, "b": None}),
        ({"a": 0, "b": 2}, {"a": 1}, {"b": 2}, {"b": 7}, {"a": 1, "b": 7}),
        ({"a": 0, "b": 3}, {"a": 1}, {"b": 2}, {"b": 7}, {"a": 1, "b": 3}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": 3}}, None, None, {"a": {"x": 3, "y": 2}}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": 3}}, {"a": {"y": 2}}, {"a": {"y": 9}}, {"a": {"x": 3, "y": 9}}),
    ],
    ids=str,
)
def test_a_section_keeps_what_is_not_declared(
    existing: JSON, declared: JSON, released: JSON, recorded: JSON, expected: JSON
) -> None:
    """What was declared before gets the value that it had before that, unless it was changed since."""
    assert expected == joined(existing, declared, released, recorded)


@pytest.mark.parametrize(
    ("declared", "live", "before", "kept", "expected"),
    [
        ({"a": 1}, {"a": 1}, {"a": 0}, {}, {"a": 0}),
        ({"a": 1}, {"a": 1}, {}, {}, {"a": None}),
        ({"a": 1}, {"a": 1}, {"a": 0}, {"a": 1}, {}),
        ({"a": 1}, {"a": 5}, {"a": 0}, {}, {}),
        ({"a": 1}, {"a": 1}, {"a": 1}, {}, {}),
        ({"a": {"x": 1}}, {"a": {"x": 1, "y": 2}}, {"a": {"x": 0, "y": 2}}, {}, {"a": {"x": 0, "y": 2}}),
        ({"a": {"x": True}}, {"a": {"x": True, "y": False}}, {}, {}, {"a": None}),
        ({"a": {"x": True}}, {"a": {"x": False, "y": False}}, {}, {}, {}),
        ({"a": {"x": True}}, {"a": {"x": True, "y": True}}, {}, {"a": {"x": True}}, {}),
        ({"a": {"x": True}}, {"a": {"x": True, "y": True}}, {"a": {"x": None}}, {}, {"a": {"x": None, "y": True}}),
        ({"a": {"x": True}}, {"a": {"x": False, "y": None, "z": True}}, {}, {}, {}),
    ],
    ids=str,
)  # fmt: skip
def test_a_destroy_puts_back_what_is_still_as_declared(
    declared: JSON, live: JSON, before: JSON, kept: JSON, expected: JSON
) -> None:
    """A value that was changed since, or that another declaration needs, stays."""
    assert expected == put_back(declared, live, before, kept)


@pytest.mark.parametrize(
    ("declared", "live", "expected"),
    [
        ({}, {"a": 1}, ["a"]),
        ({}, {"a": None}, []),
        ({"a": 1}, {"a": 2}, []),
        ({"a": {"x": 1}}, {"a": {"x": 2, "y": None, "z": False}}, []),
        ({"a": {"x": 1}}, {"a": {"x": 2, "y": True}}, ["a"]),
        ({}, {"a": {"x": None}}, []),
        ({}, {"a": {"x": False}}, ["a"]),
    ],
    ids=str,
)
def test_values_beside_what_is_declared_are_told(declared: JSON, live: JSON, expected: list[str]) -> None:
    """Graph fills a declared section up with false and null."""
    assert expected == beside(declared, live)


def call(number: int, body: JSON = None) -> GraphCall:
    """A batched call about one user."""
    id = f"{number:04x}"
    path, body = f"/v1.0/a/{id}", body or {"principalId": id}
    return GraphCall("contoso", "POST", path, body, f"assigning {id}", batched=True, subject=id)


@pytest.mark.parametrize("count", [1, MOST - 1, MOST, MOST + 1, 3 * MOST])
def test_a_list_of_calls_is_read_as_it_was_written(count: int) -> None:
    """Whether the calls are listed one by one, or as one with the ids of all."""
    first = GraphCall("federal", "PATCH", "/v1.0/x", {"a": [1]}, "first", saves="s", merges="m", patience=30)
    calls = [first, *map(call, range(count)), replace(first, path="/v1.0/y")]
    items = listed(calls)
    read = unlisted(items)

    assert (count if count <= MOST else 1) + 2 == len(items)
    assert first == read[0]
    assert {each.path for each in calls} == {each.path for each in read}
    assert [each.body for each in calls] == [each.body for each in read]
    assert [each.purpose for each in calls] == [each.purpose for each in read]


def test_a_set_of_ids_that_is_an_argument_is_not_repeated_in_the_list() -> None:
    calls = [call(number) for number in range(MOST + 1)]
    ids = [each.subject for each in calls]
    inputs = {"other": "text", "principals": {"groups": condensed(["1"]), "users": condensed(ids)}}

    assert "principals.users" == listed(calls, inputs)[0]["each"]
    assert condensed(ids) == listed(calls, {"principals": {"groups": condensed(["1"])}})[0]["each"]
    assert ids == [each.body["principalId"] for each in unlisted(listed(calls, inputs), inputs)]


def test_calls_without_an_id_of_their_own_are_counted() -> None:
    calls = [replace(call(0), subject="")] * (MOST + 1)
    items = listed(calls)

    assert [MOST + 1] == [each["count"] for each in items]
    assert "each" not in items[0]
    assert [replace(each, subject="") for each in calls] == unlisted(items)


def test_a_batch_of_two_kinds_has_each_kind_in_its_own_form() -> None:
    items = listed([*map(call, range(MOST + 1)), replace(call(1), method="DELETE", body=None)])

    assert [MOST + 1, None] == [each.get("count") for each in items]
    assert "DELETE /v1.0/a/0001" == items[1]["call"]


def test_users_and_groups_of_a_large_scope_stay_apart_after_they_were_condensed() -> None:
    """The state of 60 users and 60 groups has two sets; reading it gives the same principals."""
    ids = [f"{number:08d}-1111-4111-8111-111111111111" for number in range(120)]
    principals = [*map(User, ids[:60]), *map(Group, ids[60:])]
    listing = Principal.listed(principals)

    assert {"groups": condensed(ids[60:]), "users": condensed(ids[:60])} == listing
    tenant = {"name": "contoso", "tenantId": ids[0], "cloud": "global"}
    args = AppRoleAssignmentsArgs.read({"tenant": tenant, "servicePrincipalId": ids[0], "principals": listing})
    assert {(each.kind, each.id) for each in principals} == {(each.kind, each.id) for each in args.principals}


def test_what_a_preview_does_not_know_is_left_open() -> None:
    value = {"a": [UNKNOWN_TEXT, {"b": UNKNOWN_TEXT, "c": 1}], "d": {}, "e": []}

    assert {"a": [None, {"b": None, "c": 1}], "d": {}, "e": []} == known(value)


def test_a_large_set_is_the_same_after_it_was_condensed() -> None:
    ids = ["aB1", "AB0", "cd2", "ab3"]

    assert ["ab", "cd"] == list(condensed(ids))
    assert sorted(ids) == spread(condensed(ids))


CALLS = {"graphCalls": [{"tenant": "a", "call": "POST /x"}], "deleteCalls": [{"tenant": "a", "call": "DELETE /x/{id}"}]}


def step(op: str, name: str = "one", **more: JSON) -> JSON:
    """A step of a preview of a resource."""
    return {"op": op, "urn": f"urn:pulumi:s::p::pulumi-python:dynamic/entra:SynchronizationJob::{name}", **more}


def state(outputs: JSON = None, **more: JSON) -> JSON:
    """A state with calls in its inputs."""
    return {"inputs": CALLS, "outputs": outputs or {}, **more}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([step("create", newState=state())], ["create POST /x"]),
        ([step("update", newState=state())], ["update POST /x"]),
        ([step("create-replacement", newState=state())], ["create-replacement POST /x"]),
        ([step("same", newState=state())], []),
        ([step("delete", oldState=state({"id": "7"}))], ["delete DELETE /x/7"]),
        ([step("delete-replaced", oldState=state({"id": "7"}))], ["delete-replaced DELETE /x/7"]),
        ([step("delete", oldState=state({"id": UNKNOWN}))], ["delete DELETE /x/{id}"]),
        ([step("delete", oldState=state({"id": 7}))], ["delete DELETE /x/{id}"]),
        ([step("delete", oldState=state())], ["delete DELETE /x/{id}"]),
        ([step("delete")], []),
        ([step("create", newState={"inputs": {**CALLS, "pending": ["cloud"]}})], ["create pending cloud"]),
        (
            [step("delete", "owner", oldState=state({"id": "1"})),
             step("delete", oldState=state({"id": "2"}, deletedWith=step("delete", "owner")["urn"]))],
            ["delete DELETE /x/1"],
        ),
        (
            [step("same", "owner"),
             step("delete", oldState=state({"id": "2"}, deletedWith=step("same", "owner")["urn"]))],
            ["delete DELETE /x/2"],
        ),
        ([{"op": "create", "urn": "urn:pulumi:s::p::other:kind:Of::one", "newState": state()}], []),
    ],
)  # fmt: skip
def test_the_steps_of_a_preview_have_their_calls(steps: list[JSON], expected: list[str]) -> None:
    """A resource that goes with another one sends nothing of its own."""
    found = planned_steps({"steps": steps})

    assert expected == [
        f"{each.operation} {each.calls[0].method} {each.calls[0].path}"
        if each.calls
        else f"{each.operation} pending {' '.join(each.pending)}"
        for each in found
    ]


@pytest.mark.parametrize(
    ("planned", "sent", "kept"),
    [
        (("PATCH", "/x", {"a": 1}), ("PATCH", "/x", {"a": 1}), True),
        (("PATCH", "/x", {"a": 1}), ("POST", "/x", {"a": 1}), False),
        (("PATCH", "/x", {"a": 1}), ("PATCH", "/y", {"a": 1}), False),
        (("PATCH", "/x", {"a": 1}), ("PATCH", "/x", {"a": 2}), False),
        (("PATCH", "/x", {"a": 1}), ("PATCH", "/x", {"a": 1, "b": 2}), False),
        (("PATCH", "/x", {"a": 1}), ("PATCH", "/x", None), False),
        (("PATCH", "/x", {"a": [1, 2]}), ("PATCH", "/x", {"a": [1]}), False),
        (("PATCH", "/x", {"a": [1, 2]}), ("PATCH", "/x", {"a": [1, 2]}), True),
        (("PATCH", "/x", {"a": [1]}), ("PATCH", "/x", {"a": 1}), False),
        (("PATCH", "/x", {"a": UNKNOWN}), ("PATCH", "/x", {"a": 1}), True),
        (("PATCH", "/x", {"a": {"$ref": "b"}}), ("PATCH", "/x", {"a": 1}), True),
        (("PATCH", "/x", {"a": {"$secret": "b"}}), ("PATCH", "/x", {"a": "s"}), True),
        (("PATCH", "/x", {"a": {"$ref": "b", "c": 1}}), ("PATCH", "/x", {"a": 1}), False),
        (("PATCH", "/{a.id}/x", None), ("PATCH", "/7/x", None), True),
        (("PATCH", "/{a.id}/x", None), ("PATCH", "/7/8/x", None), False),
    ],
    ids=str,
)
def test_a_call_is_the_listed_one(planned: JSON, sent: JSON, kept: bool) -> None:
    """Only a placeholder stands for any value."""
    told = differences([GraphCall("a", *planned)], [sent])

    assert ([] if kept else ["listed but not sent", "sent but not listed"]) == [each.partition(":")[0] for each in told]
    assert [] == differences([GraphCall("a", *planned[:2], {"z": 1}, merges="m")], [planned])


def test_the_fewest_permissions_are_listed_with_what_they_are_for() -> None:
    """Who may write a policy may also read it; what no permission is known for is left out."""
    policy = "/policies/crossTenantAccessPolicy/partners"
    operations = [("GET", policy), ("PATCH", policy), ("GET", "/users"), ("GET", "/unheard-of")]

    assert {
        "Policy.ReadWrite.CrossTenantAccess": [f"PATCH {policy}", f"GET {policy}"],
        "User.Read.All": ["GET /users"],
    } == least(operations)
    assert ["AppRoleAssignment.ReadWrite.All", "Application.Read.All"] == list(
        least([("POST", "/servicePrincipals/1/appRoleAssignedTo"), ("GET", "/servicePrincipals/1")])
    )


def test_the_application_of_a_pair_of_clouds_is_known_only_where_it_is_published() -> None:
    assert {(Cloud.GLOBAL, Cloud.USGOV), (Cloud.GLOBAL, Cloud.USGOV_DOD)} == APPLICATIONS.keys()


def schema(*edits: Any, filters: Any = None) -> JSON:
    """The schema of a link, edited."""
    return merge_schema(default_schema("global", "usgov"), list(edits), filters)


NOW = LinkState(schema=schema(), enabled=True, ran=True, groups=frozenset({"g1"}), users=frozenset({"u1", "u2"}))
CITY = defaults("global", "usgov").replace("city", expr("[country]"))["city"]
GONE = defaults("global", "usgov").without("city")["city"]
US = any_of(clause("country").equals("US"))


@pytest.mark.parametrize(
    ("now", "then", "cycle", "said"),
    [
        (NOW, NOW, "incremental", ""),
        (None, NOW, "initial", "first-enablement"),
        (None, replace(NOW, enabled=False), "none", "set-up-paused | job-paused"),
        (replace(NOW, enabled=False), NOW, "incremental", "started"),
        (replace(NOW, enabled=False, ran=False), NOW, "initial", "first-enablement"),
        (replace(NOW, ran=False), NOW, "initial", ""),
        (NOW, replace(NOW, enabled=False), "none", "paused | last-cycle-finishes job-paused"),
        (replace(NOW, enabled=False), replace(NOW, enabled=False), "none", " | job-paused"),
        (NOW, replace(NOW, schema=schema(CITY)), "initial", "mappings-change city"),
        (NOW, replace(NOW, schema=schema(GONE)), "initial", "mappings-change city"),
        (replace(NOW, schema=schema(GONE)), NOW, "initial", "mappings-change city"),
        (NOW, replace(NOW, schema=schema(filters=US)), "initial", "filter-changes"),
        (NOW, replace(NOW, everyone=True), "incremental", "all-users-in-scope"),
        (replace(NOW, everyone=True), NOW, "incremental", "only-assigned-users-in-scope"),
        (replace(NOW, everyone=True), replace(NOW, everyone=True, groups=frozenset()), "incremental", ""),
        (NOW, replace(NOW, groups=frozenset({"g2"}), names={"g2": "Two"}), "incremental",
         "group-comes-into-scope Two group-leaves-scope g1"),
        (NOW, replace(NOW, users=frozenset({"u3"})), "incremental", "users-come-into-scope 1 users-leave-scope 2"),
        (NOW, replace(NOW, restart=frozenset({"Full"})), "initial", "restarted Full | links-dropped"),
        (NOW, replace(NOW, restart=frozenset({"Watermark"})), "initial", "restarted Watermark"),
        (NOW, replace(NOW, restart=frozenset({"ConnectorDataStore"})), "initial",
         "restarted ConnectorDataStore | links-dropped"),
        (NOW, replace(NOW, restart=frozenset({"Escrows", "ForceDeletes"})), "incremental",
         "restarted Escrows ForceDeletes"),
        (replace(NOW, quarantine="X"), NOW, "incremental", " | quarantine X"),
        (replace(NOW, quarantine="X"), replace(NOW, enabled=False), "none", "paused | last-cycle-finishes job-paused"),
        (replace(NOW, quarantine="X"), replace(NOW, restart=frozenset({"QuarantineState"})), "incremental",
         "restarted QuarantineState"),
        (replace(NOW, quarantine="TooManyDeletes"), replace(NOW, restart=frozenset({"QuarantineState"})), "incremental",
         "restarted QuarantineState | deletions-held-back"),
        (replace(NOW, quarantine="TooManyDeletes"), replace(NOW, restart=frozenset({"ForceDeletes"})), "incremental",
         "restarted ForceDeletes | quarantine TooManyDeletes"),
        (NOW, None, "none", "link-destroyed | accounts-unmanaged"),
    ],
)  # fmt: skip
def test_a_change_of_a_link_is_told_with_the_cycle_that_follows(
    now: LinkState | None, then: LinkState | None, cycle: str, said: str
) -> None:
    """Events, then after a line what else to know."""
    found = situation(now, then)
    words = [" ".join([str(each.code), *map(str, each.values)]) for each in found.events]
    notes = [" ".join([str(each.code), *map(str, each.values)]) for each in found.notes]

    assert cycle == found.cycle
    assert said == " ".join(words) + (f" | {' '.join(notes)}" if notes else "")
    assert (then is None) == found.destroys
    assert found.first == (then is not None and (now is None or not now.ran))
    assert found.drops_links == bool(then and then.restart & {"Full", "ConnectorDataStore"})
    assert found.forces_deletions == bool(then and "ForceDeletes" in then.restart)


TEXTS = pl.Series("t", [None, "", "a"])
LISTS = pl.Series("t", [None, [], ["a"], ["a", "b"]], dtype=pl.List(pl.String))


def test_null_an_empty_text_and_an_empty_list_are_no_value() -> None:
    assert [True, True, False] == is_empty(TEXTS).to_list()
    assert [True, True, False, False] == is_empty(LISTS).to_list()
    assert [True, False] == is_empty(pl.Series("t", [None, False])).to_list()


@pytest.mark.parametrize("values", [["a", None], [["a"], None]], ids=["texts", "lists"])
def test_an_attribute_of_many_values_takes_texts_and_lists(values: list[JSON]) -> None:
    found, misfits = typed(pl.Series(values), pl.List(pl.String()), "otherMails")

    assert ([["a"], None], None) == (found.to_list(), misfits)


def test_a_list_fits_an_attribute_of_one_value_if_it_has_one() -> None:
    values, problem = typed(LISTS, pl.String(), "city")
    lists, of_lists = typed(LISTS, pl.List(pl.String), "city")

    assert [None, None, "a", None] == values.to_list()
    assert problem is not None
    assert [None, None, None, "city"] == problem.subject.to_list()
    assert [None, None, None, "a, b"] == problem.detail.to_list()
    assert (LISTS.to_list(), None) == (lists.to_list(), of_lists)
    assert typed(LISTS.head(3), pl.String(), "city")[1] is None


def test_a_value_that_changes_from_cycle_to_cycle_cannot_be_predicted() -> None:
    assert "Now() differs from cycle to cycle" == unpredictable(parse("Now()"))
    assert "" == unpredictable(parse('Append([city], "x")'))
    assert "" == unpredictable(None)


def test_a_boolean_attribute_is_true_only_by_a_mapping() -> None:
    """Without one it is false for all."""
    people = pl.DataFrame({"id": ["a", "b"], "country": ["Y", "N"]})
    link = replace(NOW, schema=schema(AttributeMapping(target="city", source=expr('IIF([country]="Y", "True", "")'))))

    assert [True, False] == is_true(link, "city", people, Context.live()).to_list()
    assert [False, False] == is_true(link, "none", people, Context.live()).to_list()
