"""The default schema, and edits of a schema that touch nothing else."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from entra_sync.errors import ConfigurationError
from entra_sync.expressions import (
    COMPUTED_ATTRIBUTES,
    GRAPH_PROPERTIES,
    AttributeMapping,
    Mappings,
    ScopingFilter,
    add_extension,
    all_of,
    any_of,
    clause,
    constant,
    default_schema,
    defaults,
    expr,
    from_source,
    merge_schema,
    object_definition,
    object_mapping,
    read_filter,
    read_mappings,
    remove_mapping,
    same_schema,
    set_mapping,
    synchronization_rule,
    to_source,
)
from entra_sync.expressions.language.syntax import Attribute, walk
from entra_sync.expressions.schema.edits import is_cross_tenant

US = any_of(all_of(clause("country").equals("US")))
DISPLAY_NAME = AttributeMapping(target="displayName", source=expr('Append([displayName], " (Contoso)")'))
EXTENSION = AttributeMapping(target="extensionAttribute1", source=constant("Contoso"))


def rows(schema: dict[str, Any]) -> dict[str, Any]:
    return {row["targetAttributeName"]: row for row in object_mapping(schema)["attributeMappings"]}


def without_user_part(schema: dict[str, Any]) -> dict[str, Any]:
    rest = deepcopy(schema)
    users = object_mapping(rest)
    users["attributeMappings"], users["scope"]["groups"] = [], []
    return rest


# The default schema


def test_every_mapped_attribute_is_defined() -> None:
    """The rows of the user mapping use only attributes that the directories define, in their case."""
    schema = default_schema()
    source, target = (
        {item["name"] for item in (object_definition(schema, side) or {})["attributes"]}
        for side in ("source", "target")
    )
    mapped = object_mapping(schema)["attributeMappings"]
    read = {node.name for row in mapped for node in walk(from_source(row["source"])) if isinstance(node, Attribute)}

    assert {row["targetAttributeName"] for row in mapped} <= target
    assert read <= source


def test_default_rows_are_written_as_expressions_are() -> None:
    """Every source of the default is what its own expression is written as, parameter keys included."""
    for row in object_mapping(default_schema())["attributeMappings"]:
        assert to_source(from_source(row["source"])) == row["source"]


def test_default_is_the_schema_of_a_real_job() -> None:
    """Row by row: what a public export of a real job says differently from the plain kind of row."""
    read = read_mappings(default_schema())
    plain = {mapping.target for mapping in read if str(mapping) == f"{mapping.target} ← [{mapping.target}]"}

    assert 23 == len(read)
    assert [
        'IsSoftDeleted ← [IsSoftDeleted] (default "False")',
        'accountEnabled ← [accountEnabled] (default "True")',
        'preferredLanguage ← [preferredLanguage] (default "en-US")',
        "alternativeSecurityIds ← AltSecIdFromNetId([netId]) (onCreate, match 1)",
        'showInAddressList ← "true"',
        'userType ← "Member" (onCreate)',
    ] == [str(mapping) for mapping in read if mapping.target not in plain]


def test_every_object_has_one_anchor() -> None:
    """Of each object exactly one attribute is the anchor, which synchronization needs."""
    anchors = [
        [attribute["name"] for attribute in definition["attributes"] if attribute["anchor"]]
        for directory in default_schema()["directories"]
        for definition in directory["objects"]
    ]

    assert [["objectId"], ["objectId"], ["objectId"], ["id"], ["objectId"], ["objectId"]] * 2 == anchors


def test_every_source_attribute_can_be_read() -> None:
    """Each attribute of a source person is a property of Graph's or worked out by the service."""
    names = {attribute["name"] for attribute in (object_definition(default_schema(), "source") or {})["attributes"]}

    assert set() == names - GRAPH_PROPERTIES.keys() - COMPUTED_ATTRIBUTES.keys()


def test_default_is_a_fresh_copy_each_time() -> None:
    """Changing one default schema does not change the next."""
    default_schema()["synchronizationRules"].clear()

    assert "USER_INBOUND_USER" == synchronization_rule(default_schema())["name"]


def test_only_users_are_on() -> None:
    """Users are synchronized from the start; the five other object mappings are off."""
    mappings = synchronization_rule(default_schema())["objectMappings"]

    assert ["User"] == [mapping["targetObjectName"] for mapping in mappings if mapping["enabled"]]
    assert 6 == len(mappings)


# Merging


def test_declared_rows_take_their_place_and_others_stay() -> None:
    """A declared row replaces the one to its target, a new one is added, one that is never applied goes."""
    schema = default_schema()
    merged = merge_schema(schema, Mappings((DISPLAY_NAME, EXTENSION)).without("city"), US)
    before, after = rows(schema), rows(merged)
    same = before.keys() - {"displayName", "city"}

    assert {name: before[name] for name in same} == {name: after[name] for name in same}
    assert [*(name for name in before if name != "city"), "extensionAttribute1"] == list(after)
    assert DISPLAY_NAME.source == after["displayName"]["source"]["expression"]
    assert without_user_part(schema) == without_user_part(merged)


def test_built_in_input_filter_survives() -> None:
    """A declared filter, and its removal, leave the groups that keep external users out."""
    built_in = object_mapping(default_schema())["scope"]["inputFilterGroups"]
    filtered = merge_schema(default_schema(), (), US)
    emptied = merge_schema(filtered, (), ScopingFilter.everybody())

    assert built_in == object_mapping(filtered)["scope"]["inputFilterGroups"]
    assert US.graph()["groups"] == object_mapping(filtered)["scope"]["groups"]
    assert default_schema() == emptied


def test_no_declared_filter_leaves_the_filter() -> None:
    """A filter that is not this program's stays as long as none is declared."""
    filtered = merge_schema(default_schema(), (), US)

    assert filtered == merge_schema(filtered, Mappings(()), None)


def test_matching_row_survives_every_declaration() -> None:
    """Whatever is declared for the service's own matching row, it stays."""
    for attempt in ({"source": "[netId]"}, {"apply": "never"}, {"source": "[netId]", "match": 5}):
        merged = merge_schema(default_schema(), [AttributeMapping(target="alternativeSecurityIds", **attempt)])

        assert default_schema() == merged


def test_filter_for_a_mapping_without_one() -> None:
    """Where Graph has no filter yet, the declared one becomes it."""
    schema = default_schema()
    object_mapping(schema)["scope"] = None
    scope = object_mapping(merge_schema(schema, (), US))["scope"]

    assert US.graph() | {"inputFilterGroups": [], "categoryFilterGroups": []} == scope
    assert schema == merge_schema(schema, (), ScopingFilter.everybody())


def test_schema_is_not_changed_in_place() -> None:
    """An edit gives a new schema."""
    schema = default_schema()
    merge_schema(schema, [DISPLAY_NAME], US)
    set_mapping(schema, DISPLAY_NAME)
    remove_mapping(schema, "mobile")
    add_extension(schema, "source", f"extension_{'a' * 32}_costCenter")

    assert default_schema() == schema


FUTURE = st.dictionaries(
    st.sampled_from(["@odata.type", "futureField"]), st.none() | st.integers() | st.just(["x"]), max_size=2
)


@st.composite
def live_schemas(draw: st.DrawFn) -> dict[str, Any]:
    """The default as a tenant may have it: rows missing, added and reordered, with fields of the future everywhere."""
    schema = merge_schema(
        default_schema(), draw(st.sampled_from([(), (DISPLAY_NAME, EXTENSION)])), draw(st.sampled_from([None, US]))
    )
    users = object_mapping(schema)
    kept = [row for row in users["attributeMappings"] if row["matchingPriority"] or draw(st.integers(0, 3))]
    users["attributeMappings"] = [draw(FUTURE) | row for row in draw(st.permutations(kept))]
    for row in users["attributeMappings"]:
        if draw(st.booleans()):
            row["source"] = draw(FUTURE) | {key: value for key, value in row["source"].items() if key != "parameters"}
    for groups in (users["scope"]["groups"], users["scope"]["inputFilterGroups"]):
        for group in groups:
            group.update(draw(FUTURE))
            group["clauses"] = [draw(FUTURE) | item for item in group["clauses"]]
    mappings = schema["synchronizationRules"][0]["objectMappings"]
    unnamed = {"name": None, "sourceObjectName": "Contact", "targetObjectName": "User", "attributeMappings": [{}]}
    schema["synchronizationRules"][0]["objectMappings"] = draw(st.permutations([*mappings, unnamed]))
    return draw(FUTURE) | schema


@settings(max_examples=40)
@given(live_schemas())
def test_reading_and_merging_gives_the_same_schema(schema: dict[str, Any]) -> None:
    """What a schema says, typed, through state and merged into it again, changes nothing."""
    state = json.loads(json.dumps(read_mappings(schema).model_dump(mode="json")))
    scoping_filter = read_filter(schema)
    assert scoping_filter is not None
    merged = merge_schema(
        schema,
        Mappings.model_validate(state),
        ScopingFilter.model_validate(json.loads(scoping_filter.model_dump_json())),
    )

    assert schema == merged


@settings(max_examples=40)
@given(live_schemas(), st.sampled_from([None, US]))
def test_merging_again_changes_nothing(schema: dict[str, Any], scoping_filter: ScopingFilter | None) -> None:
    """A declaration that is in the schema already is no change; outside the user mapping there never is one."""
    declared = (
        defaults("global", "global").replace("displayName", DISPLAY_NAME.source or "").without("city").add(EXTENSION)
    )
    merged = merge_schema(schema, declared, scoping_filter)
    before, after = read_filter(schema), read_filter(merged)

    assert merged == merge_schema(merged, declared, scoping_filter)
    assert without_user_part(schema) == without_user_part(merged)
    assert before is not None and after is not None
    assert before.input_filter_groups == after.input_filter_groups
    assert declared["alternativeSecurityIds"].source == rows(merged)["alternativeSecurityIds"]["source"]["expression"]


def test_group_that_is_there_keeps_its_unknown_fields() -> None:
    """A declared clause that Graph has already keeps what else Graph wrote into it."""
    schema = merge_schema(default_schema(), (), US)
    group = object_mapping(schema)["scope"]["groups"][0]
    group["future"], group["clauses"][0]["multiValuedComparisonType"] = 1, "All"
    more = any_of(all_of(clause("country").equals("US"), clause("city").equals("Oslo")))
    merged = object_mapping(merge_schema(schema, (), more))["scope"]["groups"]

    assert schema == merge_schema(schema, (), US)
    assert [{**group, "clauses": [group["clauses"][0], more.graph()["groups"][0]["clauses"][1]]}] == merged


# One mapping of a schema that this program does not manage


@pytest.mark.parametrize("mapping", [DISPLAY_NAME, EXTENSION])
def test_one_mapping_is_set_and_put_back(mapping: AttributeMapping) -> None:
    """The row that stood there comes back when the mapping is taken away; where none stood, none is left."""
    edited, previous = set_mapping(default_schema(), mapping)
    restored, removed = remove_mapping(edited, mapping.target, put_back=previous)

    assert rows(default_schema()).get(mapping.target) == previous
    assert rows(edited)[mapping.target] == removed
    assert default_schema() == restored


def test_one_mapping_that_is_never_applied_takes_the_row_out() -> None:
    """Owning a target attribute can mean that it is not mapped."""
    edited, _ = set_mapping(default_schema(), AttributeMapping(target="city", apply="never"))

    assert "mobile" not in rows(edited)


@pytest.mark.parametrize(
    "edit",
    [
        lambda schema: set_mapping(schema, AttributeMapping(target="alternativeSecurityIds", source="[netId]")),
        lambda schema: remove_mapping(schema, "alternativeSecurityIds"),
    ],
)
def test_matching_row_cannot_be_owned(edit: Any) -> None:
    """The service's own matching row belongs to no program."""
    with pytest.raises(ConfigurationError, match="refuses any change of it"):
        edit(default_schema())


# Finding things


def test_object_mapping_is_found_by_its_objects() -> None:
    """Neither name nor place matters; what there is, is listed when it is missing."""
    schema = default_schema()
    schema["synchronizationRules"][0]["objectMappings"].reverse()
    object_mapping(schema)["name"] = None

    assert "User" == object_mapping(schema)["sourceObjectName"]
    object_mapping(schema)["sourceObjectName"] = "Device"
    with pytest.raises(ConfigurationError, match=r"no mapping of User to User; it has .*Device to User"):
        object_mapping(schema)
    with pytest.raises(ConfigurationError, match="it has no object mappings"):
        read_mappings({"directories": []})


def test_other_jobs_are_told_from_cross_tenant_ones() -> None:
    """A job whose user mapping lacks the service's matching row is of another kind."""
    schema = default_schema()
    users = object_mapping(schema)
    users["attributeMappings"] = [row for row in users["attributeMappings"] if not row["matchingPriority"]]

    assert (True, False) == (is_cross_tenant(default_schema()), is_cross_tenant(schema))


def test_extension_is_added_once() -> None:
    """A directory extension that the service did not find becomes an attribute of one side."""
    name = f"extension_{'0a' * 16}_costCenter"
    once = add_extension(default_schema(), "source", name)
    added = (object_definition(once, "source") or {})["attributes"][-1]

    assert (name, "String", False, False) == tuple(added[key] for key in ("name", "type", "multivalued", "anchor"))
    assert once == add_extension(once, "source", name)
    assert object_definition(default_schema(), "target") == object_definition(once, "target")
    with pytest.raises(ConfigurationError, match="is not a directory extension"):
        add_extension(once, "source", "costCenter")


# Comparing


def test_stamps_and_order_are_no_difference() -> None:
    """Stamps, metadata, annotations, order of rows and empty properties do not make another schema."""
    one, other = default_schema(), default_schema()
    other["version"], other["@odata.context"] = "v1.9", "https://graph.microsoft.com/…"
    other["directories"][0]["discoveryDateTime"] = "2026-01-01T00:00:00Z"
    other["directories"].reverse()
    other["synchronizationRules"][0]["priority"] = 1
    other["synchronizationRules"][0]["metadata"] = []
    object_mapping(other)["flowTypes"] = "Update, Add, Delete"
    for attribute in other["directories"][0]["objects"][0]["attributes"]:
        attribute["metadata"] = [{"key": "IsSynthetic", "value": "true"}]
    object_mapping(other)["attributeMappings"].reverse()
    for row in object_mapping(other)["attributeMappings"]:
        row["source"]["parameters"] = row["source"]["parameters"] or None

    assert same_schema(one, other)


def groups_enabled(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its mapping of groups enabled."""
    edited = deepcopy(schema)
    found = synchronization_rule(edited)["objectMappings"]
    next(each for each in found if each["targetObjectName"] == "Group")["enabled"] = True
    return edited


@pytest.mark.parametrize(
    "edit",
    [
        lambda schema: merge_schema(schema, Mappings((DISPLAY_NAME,))),
        lambda schema: merge_schema(schema, Mappings((EXTENSION,))),
        lambda schema: remove_mapping(schema, "city"),
        lambda schema: merge_schema(schema, Mappings(()), US),
        groups_enabled,
        lambda schema: add_extension(schema, "source", f"extension_{'a' * 32}_costCenter"),
    ],
    ids=["a mapping", "a new mapping", "no mapping", "a filter", "groups", "an attribute"],
)
def test_an_edit_makes_another_schema(edit: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Whatever part of the schema it is in."""
    assert not same_schema(default_schema(), edit(default_schema()))


@settings(max_examples=40)
@given(live_schemas(), live_schemas())
def test_sameness_has_no_direction(one: dict[str, Any], other: dict[str, Any]) -> None:
    """A schema is the same as itself, and two are the same whichever comes first."""
    assert same_schema(one, one)
    assert same_schema(one, other) == same_schema(other, one)
