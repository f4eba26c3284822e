"""Scoping filters: reading and printing, writing them in Python, and who passes."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from hypothesis import given, strategies as st
from typer.testing import CliRunner

from entra_sync.cli.expressions.filters import filter_cases, register
from entra_sync.errors import ConfigurationError
from entra_sync.expressions.columns.filters import FilterColumns, clause_columns
from entra_sync.expressions.columns.regex import contains_dotnet
from entra_sync.expressions.filters.evaluation import failing, holds, is_read, passes
from entra_sync.expressions.filters.model import (
    OPERATORS,
    Clause,
    FilterGroup,
    Operand,
    ScopingFilter,
    all_of,
    any_of,
    clause,
)

CASES = json.loads((Path(__file__).parent / "cases" / "filters.json").read_text())["cases"]
GRADED = [case for case in CASES if case["kind"] == "value"]


def attributes(case: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in case["input"].items()}


def scoping_filter(case: dict[str, Any]) -> ScopingFilter | None:
    return None if case["filter"] is None else ScopingFilter.model_validate(case["filter"])


def made(operator: str, *values: str, attribute: str = "a") -> Clause:
    return Clause(operator_name=operator, source_operand_name=attribute, target_operand=Operand(values=values))


@pytest.mark.parametrize("case", GRADED, ids=[case["id"] for case in GRADED])
def test_documented_case_passes_or_not(case: dict[str, Any]) -> None:
    """Person by person, each case of the documentation has its stated answer."""
    actual = passes(scoping_filter(case), attributes(case))

    assert case["expect"] == actual


@pytest.mark.parametrize("case", GRADED, ids=[case["id"] for case in GRADED])
def test_documented_case_over_columns(case: dict[str, Any]) -> None:
    """Over columns, each case has the same answer."""
    wanted = scoping_filter(case)
    names = {item.source_operand_name for group in (wanted.groups if wanted else None) or () for item in group.clauses}
    people = pl.DataFrame([{**dict.fromkeys(names), **case["input"]}])

    assert [case["expect"]] == FilterColumns(people).passing(wanted).to_list()


@pytest.mark.parametrize("case", [case for case in CASES if case["filter"]], ids=lambda case: case["id"])
def test_graph_json_is_printed_as_it_was_read(case: dict[str, Any]) -> None:
    """Reading and printing changes nothing."""
    assert case["filter"] == ScopingFilter.model_validate(case["filter"]).graph()


NAMES = st.sampled_from(["department", "country", "level"])
TEXTS = st.text(alphabet="aB1 .\n\u00e9\u05d0\U0001f600", max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS, lambda inner: st.lists(inner, max_size=2), max_leaves=4
)


@st.composite
def graph_filters(draw: st.DrawFn) -> dict[str, Any]:
    def with_unknown(fields: dict[str, Any]) -> dict[str, Any]:
        return {
            **draw(st.dictionaries(st.sampled_from(["@odata.type", "futureField", "weight"]), JSON, max_size=2)),
            **fields,
        }

    def a_clause() -> dict[str, Any]:
        operand = draw(
            st.sampled_from([None, {"values": []}, {"values": None}, {"values": ["x"]}, {"values": ["x", ""]}, {}])
        )
        fields = {
            "operatorName": draw(st.sampled_from(["EQUALS", "is null", "NEW ONE"])),
            "sourceOperandName": draw(NAMES),
        }
        return with_unknown(fields | draw(st.sampled_from([{}, {"targetOperand": operand}])))

    def a_group() -> dict[str, Any]:
        name = draw(st.sampled_from([{}, {"name": None}, {"name": "g"}]))
        return with_unknown({"clauses": [a_clause() for _ in range(draw(st.integers(0, 2)))]} | name)

    keys = draw(st.sets(st.sampled_from(["groups", "inputFilterGroups", "categoryFilterGroups"])))
    return with_unknown(
        {key: None if draw(st.booleans()) else [a_group() for _ in range(draw(st.integers(0, 2)))] for key in keys}
    )


@given(graph_filters())
def test_any_graph_json_survives(written: dict[str, Any]) -> None:
    """Unknown fields, unknown operators, nulls and missing fields come back as they were."""
    read = ScopingFilter.model_validate(written)

    assert written == read.graph()
    assert read == ScopingFilter.model_validate(json.loads(json.dumps(read.graph())))


def test_python_writes_graph_json() -> None:
    """A filter written in Python is the JSON that Graph takes."""
    written = any_of(
        all_of(clause("country").equals("US"), clause("employeeType").is_not_null(), name="US staff"),
        clause("level").at_least(5),
    )
    expected = {
        "groups": [
            {
                "name": "US staff",
                "clauses": [
                    {"operatorName": "EQUALS", "sourceOperandName": "country", "targetOperand": {"values": ["US"]}},
                    {
                        "operatorName": "IS NOT NULL",
                        "sourceOperandName": "employeeType",
                        "targetOperand": {"values": []},
                    },
                ],
            },
            {
                "name": "Filter 2",
                "clauses": [
                    {
                        "operatorName": "Greater_Than_OR_EQUALS",
                        "sourceOperandName": "level",
                        "targetOperand": {"values": ["5"]},
                    }
                ],
            },
        ]
    }

    assert expected == written.graph()


def test_one_group_is_a_filter() -> None:
    """A group where a filter is expected is the filter of that group."""
    group = all_of(clause("country").equals("US"))

    assert any_of(group) == ScopingFilter.model_validate(group)
    assert any_of(group) == ScopingFilter.any(clause("country").equals("US"))


@pytest.mark.parametrize(
    ("written", "yes", "no"),
    [
        (clause("a").equals("x"), "x", "X"),
        (clause("a").not_equals("x"), "X", "x"),
        (clause("a").is_one_of("a.b", "c+"), "a.b", "aXb"),
        (clause("a").is_one_of("x", "y"), "y", "xy"),
        (clause("a").is_null(), None, "x"),
        (clause("a").is_not_null(), "x", ""),
        (clause("a").is_true(), True, False),
        (clause("a").is_false(), False, None),
        (clause("a").matches("^x+$"), "xx", "xy"),
        (clause("a").not_matches("^x+$"), "xy", "xx"),
        (clause("a").starts_with("a b"), "a bc", "aXb"),
        (clause("a").ends_with("@x.com"), "a@x.com", "a@x.com.de"),
        (clause("a").includes("Manager"), "Sales Manager EU", "manager"),
        (clause("a").greater_than(5), 6, 5),
        (clause("a").greater_than(5), "10", "5"),
        (clause("a").greater_than(5), "0006", "-7"),
        (clause("a").at_least(5), 5, 4),
        (clause("a").at_least("5"), "9" * 5000, "4.9"),
        (made("&", "Sales,Marketing"), "Sales", "HR"),
        (made("!&", "Sales,Marketing"), "HR", "Sales"),
        (made("EQUALS", "05"), 5, 50),
        (made("EQUALS", "x", "y"), "y", "z"),
        (made("greater_than", "5"), 6, 5),
        (made("EQUALS", "a"), ("a", "a"), ("a", "b")),
    ],
    ids=str,
)
def test_operator(written: Clause, yes: Any, no: Any) -> None:
    """Every operator lets one value pass and another one not."""
    assert (True, False) == (holds(written, yes), holds(written, no))


@pytest.mark.parametrize("empty", [None, "", ()])
@pytest.mark.parametrize("operator", [operator.name for operator in OPERATORS.values()])
def test_only_is_null_holds_without_a_value(operator: str, empty: Any) -> None:
    """An absent or empty attribute fails every clause but IS NULL, the negative ones too."""
    assert (operator == "IS NULL") == holds(made(operator, "1"), empty)


def test_groups_are_alternatives_and_clauses_conditions() -> None:
    """One group whose clauses all hold is enough."""
    wanted = any_of(
        all_of(clause("department").equals("Sales"), clause("city").equals("Oslo")), clause("state").equals("WA")
    )

    assert passes(wanted, {"department": "Sales", "city": "Oslo"})
    assert passes(wanted, {"department": "Sales", "city": "Rome", "state": "WA"})
    assert not passes(wanted, {"department": "Sales", "city": "Rome"})


def test_no_user_is_excluded_without_groups() -> None:
    """No filter, a filter without groups and one with an empty list exclude no user."""
    assert [passes(each, {}) for each in (None, ScopingFilter(), ScopingFilter.everybody())] == [True] * 3


def test_input_filter_decides_who_is_read() -> None:
    """A user that the built-in filter leaves out is out of scope, but also not deprovisioned: not read at all."""
    built_in = ScopingFilter(input_filter_groups=(all_of(clause("userState").not_equals("PendingAcceptance")),))

    assert (True, True) == (passes(built_in, {"userState": "None"}), is_read(built_in, {"userState": "None"}))
    pending = {"userState": "PendingAcceptance"}
    assert (False, False) == (passes(built_in, pending), is_read(built_in, pending))


@pytest.mark.parametrize("operator", ["NOT EQUALS", "!&", "NOT REGEX MATCH"])
def test_member_of_the_tenant_passes_the_built_in_filter(operator: str) -> None:
    """A member has neither an external identity nor a state: the service reads None for both."""
    row = Clause(operator_name=operator, source_operand_name="userState", target_operand={"values": ["Pending"]})
    member = all_of(clause("alternativeSecurityIds").equals("None"), row)
    built_in = ScopingFilter(input_filter_groups=(member,))

    assert (True, True, ()) == (passes(built_in, {}), is_read(built_in, {}), failing(built_in, {}))
    assert not is_read(built_in, {"alternativeSecurityIds": "5::100320"})
    assert not passes(any_of(member), {})


def test_reasons_name_value_and_wish() -> None:
    """Why a user is out: of each group, what does not hold, with the value that was found."""
    wanted = any_of(
        all_of(clause("country").equals("US"), clause("employeeType").is_not_null()), clause("vip").is_true()
    )
    person = {"country": "DE", "employeeType": "", "vip": False}
    expected = [
        ('country is "DE", Filter 1 wants "US"', 'country is not "US"'),
        ("employeeType is empty, Filter 1 wants a value", "employeeType is empty"),
        ("vip is False, Filter 2 wants true", "vip is not true"),
    ]

    assert expected == [(str(failure), failure.reason) for failure in failing(wanted, person)]
    assert () == failing(wanted, {"vip": True})


PATTERNS = st.sampled_from(
    [
        "^a",
        "B$",
        ".*",
        "a.B",
        "[^a]",
        r"^\w+$",
        r"\d",
        r"\s",
        "(?i)b",
        "a|B",
        "^(?:a|B1)$",
        "a{2,3}",
        r"\bB",
        "(?=a)",
        "(a)\\1",
    ]
)
VALUES = TEXTS | st.sampled_from(["True", "5", "007", "10", "a", "aB1"])
OPERATOR_NAMES = st.sampled_from([operator.name for operator in OPERATORS.values()])


@st.composite
def clauses(draw: st.DrawFn) -> Clause:
    operator = draw(OPERATOR_NAMES)
    number = operator.startswith("Greater")
    one = PATTERNS if "REGEX" in operator else st.integers(0, 20).map(str) if number else VALUES
    return made(operator, *draw(st.lists(one, min_size=1, max_size=2)), attribute=draw(st.sampled_from("tnbl")))


PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "t": st.none() | VALUES,
            "n": st.none() | st.integers(-5, 20),
            "b": st.none() | st.booleans(),
            "l": st.none() | st.lists(VALUES, max_size=3).map(tuple),
        }
    ),
    max_size=6,
)
TYPES = {"t": pl.String, "n": pl.Int64, "b": pl.Boolean, "l": pl.List(pl.String)}


@given(st.lists(st.lists(clauses(), min_size=1, max_size=3), max_size=3), PEOPLE)
def test_columns_answer_as_person_by_person(groups: list[list[Clause]], people: list[dict[str, Any]]) -> None:
    """The column form gives what the scalar form gives, for every operator and kind of value."""
    wanted = ScopingFilter(groups=tuple(FilterGroup(clauses=tuple(group)) for group in groups))
    frame = pl.DataFrame([{**person, "l": person["l"] and list(person["l"])} for person in people], schema=TYPES)
    expected = [passes(wanted, {**person, "l": () if person["l"] == [] else person["l"]}) for person in people]

    assert expected == FilterColumns(frame).passing(wanted).to_list()


@given(st.lists(st.none() | TEXTS, max_size=8), PATTERNS)
def test_regex_over_columns_matches_as_dotnet(values: list[str | None], pattern: str) -> None:
    """Plain values matched by Polars and the others matched one by one agree with the exact matcher."""
    column = pl.Series("a", values, dtype=pl.String)
    expected = [None if value is None else holds(made("REGEX MATCH", pattern), value or "\0") for value in values]
    actual = contains_dotnet(column.replace("", "\0"), pattern).to_list()

    assert expected == actual


def test_attribute_that_was_not_read_is_an_error() -> None:
    """Over columns a missing column is unknown, not empty."""
    with pytest.raises(ConfigurationError, match='attribute "a" was not read'):
        clause_columns(clause("a").is_null(), pl.DataFrame({"b": [1]}))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: clause(""), "a clause needs the name of an attribute"),
        (lambda: clause("[country]"), 'without brackets: clause("country")'),
        (lambda: clause("country").equals(""), "never holds for an empty value; use is_null() or is_not_null()"),
        (lambda: clause("country").equals(None), "use is_null() or is_not_null()"),
        (lambda: clause("accountEnabled").equals(True), "use is_true() or is_false()"),
        (lambda: clause("country").equals(["US"]), "takes a text, not list"),
        (lambda: clause("country").is_one_of(), "needs at least one value"),
        (lambda: clause("level").greater_than(-1), 'takes an integer of at least 0, not "-1"'),
        (lambda: clause("level").at_least("many"), 'takes an integer of at least 0, not "many"'),
        (lambda: all_of(), "a group of a scoping filter needs at least one clause"),
        (lambda: all_of(clause("country")), "finish it with a comparison"),
        (lambda: any_of(), "a scoping filter needs at least one group"),
        (lambda: any_of("country"), "group 1 of the scoping filter is a text; write a clause"),
        (lambda: holds(made("EQUAL", "x"), "x"), 'operator "EQUAL" does not exist; did you mean "EQUALS"?'),
        (lambda: holds(made("IsMemberOf", "x"), "x"), "assign the group to the application instead"),
        (lambda: holds(made("EQUALS"), "x"), "EQUALS needs a value"),
        (lambda: holds(made("Greater_Than", "x"), "1"), 'compares integers of at least 0, not "x"'),
    ],
)
def test_bad_input_is_refused_with_the_way_out(write: Any, message: str) -> None:
    """One line that says what is wrong and what to write instead."""
    with pytest.raises(ConfigurationError) as caught:
        write()

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"group": []}, 'unknown field "group", did you mean "groups"?'),
        ({"groups": [{"clause": []}]}, 'unknown field "clause", did you mean "clauses"?'),
        ({"groups": [{"clauses": [{"sourceOperandName": "a"}]}]}, "operatorName"),
        (
            {
                "groups": [
                    {
                        "clauses": [
                            {"operatorName": "EQUALS", "sourceOperandName": "a", "targetOperand": {"values": [5]}}
                        ]
                    }
                ]
            },
            "string",
        ),
    ],
)
def test_misspelt_json_is_refused(written: dict[str, Any], message: str) -> None:
    """A field that is almost a known one is a typing error, not something of the future."""
    with pytest.raises(ValueError, match=r"groups|clauses|operatorName") as caught:
        ScopingFilter.model_validate(written)

    assert message in str(caught.value)


def run_filter(cases: Any, tmp_path: Path) -> list[dict[str, Any]]:
    app = typer.Typer()
    register(app)
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(cases))
    result = CliRunner().invoke(app, ["--cases", str(file)])
    assert 0 == result.exit_code, result.output
    return [json.loads(line) for line in result.output.splitlines()]


@pytest.mark.parametrize("wrapped", [True, False])
def test_command_prints_one_line_per_case(wrapped: bool, tmp_path: Path) -> None:
    """`entra-sync filter --cases` answers an array of cases, alone or wrapped."""
    expected = [{"id": case["id"], "result": case["expect"]} for case in GRADED]

    assert expected == run_filter({"cases": GRADED} if wrapped else GRADED, tmp_path)


def test_command_reports_a_case_that_cannot_be_answered(tmp_path: Path) -> None:
    """A filter or attributes that cannot be used are an error of their case, in one line."""
    clauses = [{"operatorName": "EQUAL", "sourceOperandName": "a", "targetOperand": {"values": ["x"]}}]
    cases = [
        {"id": "operator", "filter": {"groups": [{"clauses": clauses}]}, "input": {"a": "x"}},
        {"id": "field", "filter": {"groups": [{"name": "g"}]}, "input": {}},
        {"id": "value", "filter": None, "input": {"a": 1.5}},
    ]
    expected = [
        {"id": "operator", "error": 'operator "EQUAL" does not exist; did you mean "EQUALS"?'},
        {"id": "field", "error": "groups.0.clauses: Field required"},
        {"id": "value", "error": "attribute a is neither a text, a number, a Boolean nor a list of texts"},
    ]

    assert expected == run_filter(cases, tmp_path)


@pytest.mark.parametrize("content", ["{", '{"case": []}', "[1]"])
def test_command_refuses_a_file_without_cases(content: str, tmp_path: Path) -> None:
    """A file that holds no cases is refused by name."""
    file = tmp_path / "cases.json"
    file.write_text(content)

    with pytest.raises(ConfigurationError, match=str(file)):
        filter_cases(file)
