"""Attribute mappings as values: writing them, editing collections of them, and Graph's rows."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import BaseModel, ValidationError

from entra_sync.errors import ConfigurationError, ExpressionError
from entra_sync.expressions import AttributeMapping, Mappings, attribute, constant, defaults, expr, parse, to_source
from entra_sync.microsoft.clouds import Cloud

JOIN = 'Join("-", [department], [city])'


def graph_row(**changes: Any) -> dict[str, Any]:
    return {
        "defaultValue": None,
        "exportMissingReferences": False,
        "flowBehavior": "FlowWhenChanged",
        "flowType": "Always",
        "matchingPriority": 0,
        "targetAttributeName": "displayName",
        "source": to_source(parse("[displayName]")),
    } | changes


def test_helpers_write_sources() -> None:
    """An expression in canonical form, an attribute, and constants of any kind are texts."""
    expected = ['Join("-", [a], [b])', "[employeeId]", '"Member"', '"True"', '"5"', '"a \\"b\\" \\\\c"']
    actual = [
        expr('Join( "-",[a] , [b])'),
        attribute("employeeId"),
        constant("Member"),
        constant(True),
        constant(5),
        constant('a "b" \\c'),
    ]

    assert expected == actual


def test_expression_that_does_not_parse_points_at_the_character() -> None:
    """The mistake is reported on the line that has it."""
    with pytest.raises(ExpressionError) as caught:
        expr("Append([displayName], ")

    assert caught.value.pointed().splitlines()[0].startswith("Append([displayName]")


def test_mapping_writes_graph_row() -> None:
    """Every field of a typed mapping has its place in Graph's row."""
    written = AttributeMapping(target="mailNickname", source=expr(JOIN), apply="onCreate", match=1, default="nobody")
    expected = graph_row(
        targetAttributeName="mailNickname",
        source=to_source(parse(JOIN)),
        flowType="ObjectAddOnly",
        matchingPriority=1,
        defaultValue="nobody",
    )

    assert expected == written.to_graph()


def test_mapping_is_small_in_state() -> None:
    """What state and previews hold is short text, and comes back as the same mapping."""
    written = AttributeMapping(target="displayName", source=expr("[displayName]"))
    held = {"target": "displayName", "source": "[displayName]"}

    assert held == written.model_dump()
    assert written == AttributeMapping.model_validate(held)


def test_row_is_accepted_where_a_mapping_is() -> None:
    """A row pasted from Graph is a mapping."""

    class Holder(BaseModel):
        mappings: Mappings

    held = Holder.model_validate({"mappings": [graph_row(flowType="ObjectAddOnly")]})

    assert AttributeMapping(target="displayName", source="[displayName]", apply="onCreate") == held.mappings[0]


FUTURE_FIELDS = st.sampled_from(["@odata.type", "futureField", "weight"])
UNKNOWN = st.dictionaries(FUTURE_FIELDS, st.none() | st.integers() | st.sampled_from(["", "x"]), max_size=2)
SOURCES = st.sampled_from(
    [
        None,
        {},
        to_source(parse("[mail]")),
        to_source(parse(JOIN)),
        to_source(parse('Replace([preferredLanguage], "-", , , "_", , )')),
        to_source(parse("Mid([mail], 1, 8)")),
        {"expression": '"CU3711"', "name": "CU3711", "type": "Constant"},
        {"expression": "[mail]", "name": "mail", "type": "Attribute", "parameters": None, "future": 1},
        {"expression": "FutureFunction([mail])", "name": "FutureFunction", "type": "Function", "parameters": []},
    ]
)


@st.composite
def graph_rows(draw: st.DrawFn) -> dict[str, Any]:
    optional = {
        "defaultValue": st.none() | st.just("") | st.just("x"),
        "exportMissingReferences": st.booleans(),
        "flowBehavior": st.sampled_from(["FlowWhenChanged", "FlowAlways", "FlowNever", None]),
        "flowType": st.sampled_from(["Always", "ObjectAddOnly", "ValueAddOnly", "SomethingNew", None]),
        "matchingPriority": st.integers(0, 2) | st.none(),
        "source": SOURCES,
    }
    row: dict[str, Any] = {"targetAttributeName": draw(st.sampled_from(["mail", "displayName"]))}
    for name in draw(st.sets(st.sampled_from(sorted(optional)))):
        row[name] = draw(optional[name])
    return draw(UNKNOWN) | row


@given(graph_rows())
def test_any_row_survives(row: dict[str, Any]) -> None:
    """A row of Graph's, typed, through state and back, is the same row: unknown fields, functions and values too."""
    typed = AttributeMapping.from_graph(row)
    stored = AttributeMapping.model_validate(json.loads(json.dumps(typed.model_dump(mode="json"))))

    assert row == typed.to_graph()
    assert row == stored.to_graph()
    assert row == typed.to_graph(onto=row)


@given(graph_rows())
def test_edit_leaves_the_rest_of_a_row(row: dict[str, Any]) -> None:
    """Another source for a row changes its source and nothing else."""
    edited = AttributeMapping.from_graph(row).model_copy(update={"source": "[givenName]"}).to_graph()
    rest = {key: value for key, value in row.items() if key != "source"}

    assert rest == {key: value for key, value in edited.items() if key != "source"}
    assert "givenName" == edited["source"]["name"]


def test_spelling_of_a_source_is_no_difference() -> None:
    """Numbers in quotes and trailing empty slots, which the service adds, do not make another mapping."""
    one = AttributeMapping(target="a", source='Replace(Mid([mail], 1, 8), "-", , , "_")')
    other = AttributeMapping(target="a", source='Replace(Mid([mail], "1", "8"), "-", , , "_", , )')
    row = other.to_graph()

    assert one.same_as(other)
    assert row == one.to_graph(onto=row)


def test_defaults_are_those_of_the_clouds() -> None:
    """Managers are carried within the global cloud only; the rest of the default is the same everywhere."""
    within, across = defaults("global", "global"), defaults(Cloud.GLOBAL, Cloud.USGOV)

    assert {"manager"} == {mapping.target for mapping in within} - {mapping.target for mapping in across}
    assert 'userType ← "Member" (onCreate)' == str(across["userType"])
    assert all(mapping.untouched for mapping in across)


def test_mappings_are_edited_into_new_ones() -> None:
    """Each edit gives a new collection in the same order; the old one stays."""
    original = defaults("global", "usgov")
    edited = (
        original.replace("displayName", expr('Append([displayName], " (Contoso)")'))
        .constant("userType", "Guest", apply="always")
        .without("telephoneNumber")
        .add(AttributeMapping(target="extensionAttribute1", source=attribute("employeeId")))
    )

    assert original == defaults("global", "usgov")
    assert [*(item.target for item in original), "extensionAttribute1"] == [item.target for item in edited]
    assert 'Append([displayName], " (Contoso)")' == edited["displayName"].source
    assert 'userType ← "Guest"' == str(edited["userType"])
    assert [("source",), ("source", "apply")] == [edited[name].declared for name in ("displayName", "userType")]
    assert edited["telephoneNumber"].declared is None
    assert "never" == edited["telephoneNumber"].apply
    assert edited.active.get("telephoneNumber") is None


def test_template_fills_what_a_program_does_not_say() -> None:
    """An edit of the source keeps the template's moment and default; an untouched row is the template's."""
    template = Mappings(
        (
            AttributeMapping(target="displayName", source="[mail]", apply="onCreate", default="?"),
            AttributeMapping(target="city", source="[state]"),
        )
    )
    declared = defaults("global", "usgov").replace("displayName", "[surname]").replace("mail", "[otherMails]")
    explicit = Mappings((AttributeMapping(target="city", source="[city]"),))

    assert [
        'displayName ← [surname] (onCreate, default "?")',
        "city ← [state]",
        "mail ← [otherMails]",
    ] == sorted(map(str, declared.over(template)), key=lambda text: "dcm".index(text[0]))
    assert explicit == explicit.over(template)


def test_replace_keeps_when_a_mapping_applies() -> None:
    """Another source does not silently turn a row that is written once into one that is written always."""
    edited = defaults("global", "usgov").replace("userType", constant("Guest"))

    assert "onCreate" == edited["userType"].apply


def test_matching_sets_and_ends_precedence() -> None:
    """For jobs of other kinds an attribute can be made to find existing accounts."""
    rows = Mappings((AttributeMapping(target="userName", source="[userPrincipalName]"),))

    assert 2 == rows.matching("userName", 2)["userName"].match
    assert rows == rows.matching("userName", 2).matching("userName", 0)


def test_mappings_survive_state() -> None:
    """Through JSON and back a collection says the same, and is frozen. Of a row without edits only the name is kept."""
    original = defaults("global", "usgov").without("mobile").replace("displayName", "[mail]")
    template = Mappings(tuple(mapping.model_copy(update={"declared": None}) for mapping in defaults("global", "usgov")))
    restored = Mappings.model_validate(json.loads(json.dumps(original.model_dump(mode="json"))))

    assert original.over(template) == restored.over(template)
    assert {"target": "city", "declared": []} == original["city"].model_dump()
    with pytest.raises(ValidationError):
        original.root = ()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            lambda rows: rows.replace("displayname", "[mail]"),
            'no mapping to "displayname"; did you mean "displayName"?',
        ),
        (lambda rows: rows["manager"], 'no mapping to "manager"'),
        (lambda rows: rows.without("DISPLAYNAME"), 'names are case-sensitive, "displayName" is one'),
        (lambda rows: rows.add(rows["mail"]), '"mail" is mapped already; use replace("mail", …)'),
        (lambda rows: rows.replace("alternativeSecurityIds", "[mail]"), "refuses any change of it (schemaInvalid)"),
        (lambda rows: rows.without("alternativeSecurityIds"), "refuses any change of it (schemaInvalid)"),
        (lambda rows: rows.constant("alternativeSecurityIds", "x"), "refuses any change of it (schemaInvalid)"),
        (lambda rows: rows.matching("alternativeSecurityIds"), "refuses any change of it (schemaInvalid)"),
        (lambda rows: defaults("global", "usgv"), 'cloud "usgv" does not exist; did you mean "usgov"?'),
        (lambda rows: defaults("contoso", "federal"), 'cloud "contoso" does not exist; known are global, usgov'),
    ],
)
def test_bad_edit_is_refused_with_the_way_out(edit: Any, message: str) -> None:
    """One line that says what is wrong and what to write instead."""
    with pytest.raises(ConfigurationError) as caught:
        edit(defaults("global", "usgov"))

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"source": "Append([a]"}, "is not closed"),
        ({"source": "Contoso"}, 'write "Contoso" for a text'),
        ({"source": constant("x" * 10_000)}, "an expression has at most 10,000 characters"),
        ({"apply": "oncreate"}, '"oncreate" is unknown; did you mean "onCreate"?'),
        ({"flow_behavior": "FlowOften"}, '"FlowOften" is unknown; known are FlowWhenChanged, FlowAlways'),
        ({"match": -1}, "greater than or equal to 0"),
        ({"aply": "always"}, "aply"),
        ({"target": ""}, "at least 1 character"),
    ],
)
def test_bad_field_is_refused(fields: dict[str, Any], message: str) -> None:
    """Typing errors are reported where the mapping is written."""
    with pytest.raises(ValidationError) as caught:
        AttributeMapping(**({"target": "displayName"} | fields))

    assert message in str(caught.value)


def test_a_row_that_was_taken_out_comes_back_with_a_source() -> None:
    """Whichever way the source is given; a row that is mapped is still not added twice."""
    without = defaults("global", "usgov").without("city")
    fresh = AttributeMapping(target="city", source="[state]")

    assert "always" == without.constant("city", "Paris")["city"].apply
    assert "onCreate" == without.constant("city", "Paris", apply="onCreate")["city"].apply
    assert "always" == without.replace("city", "[state]")["city"].apply
    assert fresh == without.add(fresh)["city"]
    with pytest.raises(ConfigurationError, match="mapped already"):
        defaults("global", "usgov").add(fresh)
