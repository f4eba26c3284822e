"""Static checks: what is refused, what is warned of, and where the caret points."""

import re
from pathlib import Path
from typing import Any

import pytest

from entra_sync.expressions import (
    COMPUTED_ATTRIBUTES,
    GRAPH_PROPERTIES,
    AttributeMapping,
    Clause,
    Finding,
    Mappings,
    ScopingFilter,
    add_extension,
    all_of,
    any_of,
    check_mappings,
    clause,
    default_schema,
    defaults,
    merge_schema,
    object_mapping,
    read_mappings,
)
from entra_sync.expressions.checks.filter_questions import FILTER_CHOICES
from entra_sync.expressions.filters.model import FilterGroup, Operand
from entra_sync.expressions.schema.attributes import (
    NOT_IN_FILTERS,
    NOT_SOURCE,
    NOT_TARGET,
    PROTECTED_TARGETS,
    REQUIRED_TARGETS,
)

EXTENSION = f"extension_{'0a' * 16}_costCenter"


def mapping(target: str, source: str | None = None, **fields: Any) -> AttributeMapping:
    return AttributeMapping(target=target, source=source, **fields)


def defined(**changes: Any) -> dict[str, Any]:
    """The default schema with the attribute employeeType of both directories defined otherwise."""
    schema = default_schema()
    for directory in schema["directories"]:
        attributes = directory["objects"][0]["attributes"]
        next(each for each in attributes if each["name"] == "employeeType").update(changes)
    return schema


def without_matching_row() -> dict[str, Any]:
    """The schema of a job that is not of cross-tenant synchronization."""
    schema = default_schema()
    users = object_mapping(schema)
    users["attributeMappings"] = [row for row in users["attributeMappings"] if not row["matchingPriority"]]
    return schema


def check(*mappings: AttributeMapping, across: bool = True, **options: Any) -> list[Finding]:
    return check_mappings(
        mappings,
        source_cloud="global",
        target_cloud="usgov" if across else "global",
        source_name="contoso",
        target_name="federal",
        **options,
    )


def errors(*mappings: AttributeMapping, **options: Any) -> list[tuple[str, str]]:
    return [(found.path, found.message) for found in check(*mappings, **options) if found.severity == "error"]


def warnings(*mappings: AttributeMapping, **options: Any) -> list[tuple[str, str]]:
    found = [(each.path, each.message) for each in check(*mappings, **options) if each.severity == "warning"]
    return [(path, message) for path, message in found if "not documented" not in message]


def made(attribute: str, operator: str, *values: str) -> Clause:
    return Clause(operator_name=operator, source_operand_name=attribute, target_operand=Operand(values=values))


@pytest.mark.parametrize(
    ("source", "target"), [("global", "global"), ("global", "usgov"), ("usgov", "global"), ("global", "china")]
)
def test_default_mapping_has_no_findings(source: str, target: str) -> None:
    """The documented default fits its own directories between every pair of clouds."""
    assert [] == check_mappings(defaults(source, target), source_cloud=source, target_cloud=target)


def test_finding_shows_the_expression_and_the_place() -> None:
    """As an engineer sees it: the property, the expression, a caret under the name, and the way out."""
    found = check(mapping("city", "[city]"), mapping("state", 'Append([Country], "x")'))[0]
    expected = (
        "mappings[1].source:\n"
        '  Append([Country], "x")\n'
        '         ^^^^^^^^^ attribute "Country" does not exist on User in contoso; '
        'names are case-sensitive, did you mean "country"?'
    )

    assert expected == str(found)
    assert ((7, 16), "error") == (found.span, found.severity)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("[displayNam]", 'does not exist on User in contoso; did you mean "displayName"?'),
        ("[mobilePhone]", 'the synchronization service calls Graph\'s mobilePhone "mobile"'),
        ("[businessPhones]", 'the synchronization service calls Graph\'s businessPhones "telephoneNumber"'),
        (f"[{EXTENSION}]", "add the directory extension to the schema's attributes first"),
        ("[userType]", 'attribute "userType" cannot be a source: the service does not read it'),
        ("[SamAccountName]", 'attribute "SamAccountName" cannot be a source'),
        ("[proxyAddresses]", "[proxyAddresses] gives several values and displayName takes one; use Join or Item"),
        ('Split([mail], "@")', "gives several values and displayName takes one"),
        ("[manager]", "[manager] is a reference; it goes only into a reference attribute, and displayName is String"),
        ('Switch([manager], "x", "y", "z")', "[manager] is a reference, which Switch does not take"),
        ('Append([manager], "x")', "[manager] is a reference, which Append does not take"),
        ('InStr([proxyAddresses], "x")', "[proxyAddresses] has several values and InStr takes one as value1"),
        ('[proxyAddresses] & "x"', "[proxyAddresses] has several values and & takes one as each part"),
        ('IIF([proxyAddresses] = "x", "y", "z")', "[proxyAddresses] has several values and a comparison takes one"),
        ('Mid([mail], "first", 2)', 'Mid takes a whole number as start, not "first"'),
        ('DateAdd("d", "x", CDate([mail]))', 'DateAdd takes a whole number as value, not "x"'),
        ('DateDiff("d", "yesterday", Now())', 'DateDiff takes a date and time as date1, not "yesterday"'),
        ("Left([mail], [accountEnabled])", "and [accountEnabled] is Boolean"),
        ("SelectUniqueValue([mail], [displayName])", "SelectUniqueValue does not run in cross-tenant synchronization"),
        ("SingleAppRoleAssignment([appRoleAssignments])", "does not run in cross-tenant synchronization"),
        ('Replace([mail], , "(?<a-b>x)", , "y", , )', "there is no group b"),
    ],
)
def test_source_is_refused(source: str, message: str) -> None:
    """What the source cannot be, with the reason."""
    found = errors(mapping("displayName", source))

    assert ["mappings[0].source"] == [path for path, _ in found]
    assert message in found[0][1]


@pytest.mark.parametrize(
    "source",
    [
        "Item([proxyAddresses], 1)",
        'Join(", ", [proxyAddresses], [mail])',
        "CStr([accountEnabled])",
        'IIF(IsPresent([manager]), "managed", "not")',
        'Mid([mail], 1, InStr([mail], "@"))',
        'DateDiff("d", "2026-01-01", Now())',
        "[showInAddressList]",
    ],
)
def test_source_is_accepted(source: str) -> None:
    """What looks odd and is fine."""
    assert [] == errors(mapping("displayName", source))


@pytest.mark.parametrize(
    ("declared", "path", "message"),
    [
        (
            mapping("DisplayName", "[mail]"),
            "target",
            'on User in federal; names are case-sensitive, did you mean "displayName"?',
        ),
        (mapping("proxyAddresses", "[mail]"), "target", "it may be used as a source"),
        (mapping("otherMails", "[mail]"), "target", "the target tenant computes it"),
        (mapping("TargetAddress", "[mail]"), "target", "set it in the target by hand"),
        (mapping("HiddenFromAddressListEnabled", '"True"'), "target", "map showInAddressList instead"),
        (mapping("objectId", "[objectId]"), "target", "it is the identity of the account"),
        (mapping("manager", "[manager]"), "target", "only between two tenants of the global cloud"),
        (mapping("accountEnabled", '"yes"'), "source", 'accountEnabled is a Boolean; "yes" is neither True nor False'),
        (mapping("userType", '"member"'), "source", 'userType is Member or Guest; an invitation with "member" fails'),
        (mapping("displayName", "[mail]", match=1), "match", "refuses further matching attributes (schemaInvalid)"),
        (mapping("displayName"), "source", 'nothing is written to "displayName"; give a source or a default'),
        (mapping("accountEnabled", "[accountEnabled]", default="maybe"), "default", "neither True nor False"),
        (mapping("IsSoftDeleted", apply="never"), "target", "users who leave the scope are not deprovisioned"),
        (mapping("accountEnabled", apply="never"), "target", "a blocked sign-in in the source stays open"),
        (mapping("displayname", apply="never"), "target", 'did you mean "displayName"?'),
    ],
)
def test_mapping_is_refused(declared: AttributeMapping, path: str, message: str) -> None:
    """What a target cannot carry, with the reason, at the property that says it."""
    found = errors(declared)

    assert [f"mappings[0].{path}"] == [each for each, _ in found]
    assert message in found[0][1]


def test_type_and_mutability_of_the_live_schema_count() -> None:
    """An attribute that the live schema defines as a date or as read-only is checked as such."""
    read_only, date = defined(mutability="ReadOnly"), defined(type="DateTime")
    not_a_date = 'employeeType is a date and time; "soon" is none'

    assert "is read-only" in errors(mapping("employeeType", "[mail]"), schema=read_only)[0][1]
    assert [("mappings[0].source", not_a_date)] == errors(mapping("employeeType", '"soon"'), schema=date)
    assert "gives DateTime and" in errors(mapping("accountEnabled", "[employeeType]"), schema=date)[0][1]
    assert "value is not a date and time" in warnings(mapping("employeeType", "[city]"), schema=date)[0][1]
    assert (
        "is a date; the service" in errors(scoping_filter=any_of(clause("employeeType").is_null()), schema=date)[0][1]
    )


def test_schema_without_directories_checks_no_names() -> None:
    """If the schema does not define the attributes, no name is refused; the rest is checked all the same."""
    schema = {**default_schema(), "directories": []}

    assert [] == errors(mapping("anything", "[whatever]"), schema=schema)
    assert [] == errors(mapping("anything", 'Split([whatever], ",")'), schema=schema)
    assert "nothing is written" in errors(mapping("anything"), schema=schema)[0][1]


def test_branch_of_the_wrong_type_is_pointed_at() -> None:
    """Of IIF and Switch the very constant that does not fit is marked."""
    found = [
        each
        for each in check(mapping("accountEnabled", 'IIF([city] = "Oslo", "True", "No")'))
        if each.severity == "error"
    ]

    assert [('"No"', 'accountEnabled is a Boolean; "No" is neither True nor False')] == [
        (each.text[each.span[0] : each.span[1]], each.message) for each in found if each.text and each.span
    ]


def test_manager_goes_within_the_global_cloud() -> None:
    """A manager is a reference, carried only between two tenants of the global cloud, and only as it is."""
    assert [] == errors(mapping("manager", "[manager]"), across=False)
    assert [
        ("mappings[0].source", "manager is a reference; it takes a reference attribute of the source as it is")
    ] == errors(mapping("manager", "[mail]"), across=False)
    assert [] == [
        each
        for each in check_mappings([mapping("manager", "[manager]")], target_cloud=None)
        if each.severity == "error"
    ]


def test_two_mappings_to_one_target_are_refused() -> None:
    """The second one is reported, naming the first."""
    found = errors(mapping("city", "[city]"), mapping("state", "[state]"), mapping("city", '"Oslo"'))

    assert [("mappings[2].target", '"city" is mapped by mappings[0] already')] == found


def test_matching_row_may_be_repeated_but_not_changed() -> None:
    """The service's own row is allowed as it is."""
    assert [] == errors(defaults("global", "usgov")["alternativeSecurityIds"])
    assert "schemaInvalid" in errors(mapping("alternativeSecurityIds", "[netId]"))[0][1]


def test_taking_away_the_last_match_is_an_error_for_jobs_of_other_kinds() -> None:
    """Without a row that finds existing accounts every user would be created again."""
    schema = without_matching_row()
    rows = Mappings((mapping("userPrincipalName", "[userPrincipalName]"),))
    matching = merge_schema(schema, rows.matching("userPrincipalName"))

    assert ["mappings"] == [path for path, _ in errors(*rows, schema=matching)]
    assert [] == errors(*rows.matching("userPrincipalName"), schema=matching)
    assert ["mappings[0].default"] == [
        path for path, _ in errors(mapping("mail", "[mail]", match=1, default="x@y.z"), schema=schema)
    ]


def test_schema_that_never_matched_is_no_mistake_of_the_program() -> None:
    """What the program does not change is not checked: the rows of another application may match by none."""
    assert [] == errors(mapping("city", '"Oslo"'), schema=without_matching_row())


def test_cross_tenant_rules_do_not_bind_other_jobs() -> None:
    """What only cross-tenant synchronization refuses is fine elsewhere."""
    unique = mapping("displayName", "SelectUniqueValue([mail], [displayName])", match=1)

    assert [] == errors(unique, schema=without_matching_row())


@pytest.mark.parametrize(
    "row",
    [
        {"flowType": "Always"},
        {"defaultValue": ""},
        {"source": {"expression": "Shine([mail])", "name": "Shine", "type": "Function", "parameters": []}},
        {"source": {"expression": "[nowhere]", "name": "nowhere", "type": "Attribute"}},
    ],
)
@pytest.mark.parametrize("target", ["alternativeSecurityIds", "displayName"])
def test_row_that_the_live_schema_has_is_never_checked(target: str, row: dict[str, Any]) -> None:
    """Neither as `defaults` leaves it to the template, nor repeated as it is, whatever the row says."""
    schema = default_schema()
    next(each for each in object_mapping(schema)["attributeMappings"] if each["targetAttributeName"] == target).update(
        row
    )
    repeated = read_mappings(schema)[target]

    assert [] == check(*defaults("global", "usgov"), schema=schema)
    assert [] == check(repeated, schema=schema)


def test_edit_of_a_template_row_keeps_the_rest_of_it() -> None:
    """An edit of the source is checked with the default that the live template has, not with ours."""
    schema = default_schema()
    row = next(
        each for each in object_mapping(schema)["attributeMappings"] if each["targetAttributeName"] == "accountEnabled"
    )
    row["defaultValue"] = "perhaps"
    edited = defaults("global", "usgov").replace("accountEnabled", "[accountEnabled]").replace("city", '"Oslo"')
    other = defaults("global", "usgov").replace("accountEnabled", 'IIF([city] = "Oslo", "True", "False")')

    assert [] == errors(*edited, schema=schema)
    assert ["mappings[1].default"] == [path for path, _ in errors(*other, schema=schema)]


def test_extension_of_the_live_schema_is_known() -> None:
    """Against a live schema the directory extensions are those that it defines."""
    schema = add_extension(default_schema(), "source", EXTENSION)

    assert [] == errors(mapping("extensionAttribute1", f"[{EXTENSION}]"), schema=schema)
    assert [] != errors(mapping("extensionAttribute1", f"[{EXTENSION.upper()}]"), schema=schema)


def test_many_valued_extension_is_refused() -> None:
    """The service does not map directory extensions with many values, not even through Join."""
    schema = add_extension(default_schema(), "source", EXTENSION)
    schema["directories"][0]["objects"][0]["attributes"][-1]["multivalued"] = True

    assert (
        "does not map such directory extensions"
        in errors(mapping("city", f'Join(",", [{EXTENSION}])'), schema=schema)[0][1]
    )


def test_expression_of_the_future_is_reported_not_raised() -> None:
    """A row of Graph's that this version cannot read is a finding."""
    source = {"expression": "Shine([mail])", "name": "Shine", "type": "Function", "parameters": []}
    row = AttributeMapping.from_graph({"targetAttributeName": "displayName", "source": source})

    assert ["mappings[0].source"] == [path for path, _ in errors(row)]


@pytest.mark.parametrize(
    ("declared", "path", "message"),
    [
        (mapping("displayName", 'Switch([city], "x", "y", "z")'), "source", "the service computes Switch as empty"),
        (mapping("displayName", 'Switch(IsPresent([city]), "x", "True", "z")'), "source", "advises against IsPresent"),
        (mapping("showInAddressList", "[city]"), "source", "fails for every user whose value is not True or False"),
        (mapping("userType", '"Member"'), "source", "also turns existing accounts into Members"),
        (mapping("city", "[city]", default=""), "default", "an empty text is a value and is written as it is"),
        (mapping("city", '"Oslo"', default="Rome"), "default", "its default is never used"),
        (mapping("surname", apply="never"), "target", "is marked as required in the schema"),
        (mapping("preferredLanguage", apply="never"), "target", "Try it on canaries first"),
    ],
)
def test_mapping_is_warned_of(declared: AttributeMapping, path: str, message: str) -> None:
    """What works otherwise than it looks."""
    found = warnings(declared)

    assert f"mappings[0].{path}" == found[0][0]
    assert message in found[0][1]


def test_switch_at_creation_is_fine() -> None:
    """The defect of Switch is one of incremental cycles: a row that is written once does not have it."""
    assert [] == warnings(mapping("displayName", 'Switch([city], "x", "y", "z")', apply="onCreate"))


def test_choice_of_this_package_is_shown() -> None:
    """An expression whose value the documentation leaves open is marked where it is."""
    found = [each for each in check(mapping("city", "Mid([city], 1, 2)")) if "not documented" in each.message]

    assert {("mappings[0].source", "warning", (0, 3))} == {(each.path, each.severity, each.span) for each in found}


# Filters


def filter_findings(scoping_filter: ScopingFilter, severity: str, **options: Any) -> list[tuple[str, str]]:
    found = check(scoping_filter=scoping_filter, **options)
    return [(each.path, each.message) for each in found if each.severity == severity]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (clause("Country").equals("US"), 'names are case-sensitive, did you mean "country"?'),
        (clause("userType").equals("Member"), "only internal members are synchronized"),
        (clause("appRoleAssignments").is_null(), "assign people or groups instead"),
        (clause("manager").is_not_null(), "references cannot be filtered on"),
        (clause("employeeHireDate").is_null(), "dates cannot be filtered on"),
        (clause("proxyAddresses").includes("x"), "has many values; the service does not support those"),
        (made("country", "EQUAL", "US"), 'operator "EQUAL" does not exist; did you mean "EQUALS"?'),
        (made("country", "IsMemberOf", "x"), "assign the group to the application instead"),
        (made("country", "EQUALS"), "EQUALS needs a value"),
        (made("country", "EQUALS", ""), "never true, an empty attribute fails every clause; use IS NULL"),
        (made("country", "IS NULL", "x"), "IS NULL takes no value"),
        (made("employeeId", "Greater_Than", "-1"), 'compares integers of at least 0, not "-1"'),
        (made("city", "REGEX MATCH", "(?<a-b>x)"), "there is no group b"),
    ],
)
def test_clause_is_refused(written: Clause, message: str) -> None:
    """What the service does not filter on, with the reason, at the clause."""
    found = filter_findings(any_of(clause("city").is_null(), all_of(clause("city").is_not_null(), written)), "error")

    assert ["filters.groups[1].clauses[1]"] == [path for path, _ in found]
    assert message in found[0][1]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (clause("city").matches("Oslo"), "A match anywhere in the value is enough"),
        (clause("city").matches("^a|b$"), "A match anywhere in the value is enough"),
        (made("city", "EQUALS", "a", "b"), "Any one of them is enough"),
        (made("city", "&", "a,b"), "It looks for the attribute's text inside the value"),
        (clause("mail").ends_with("@Contoso.com"), "Is ENDS_WITH case-sensitive?"),
        (made("accountEnabled", "EQUALS", "True"), "use IS TRUE or IS FALSE"),
        (clause("city").not_equals("Oslo"), "users without city are out of scope too"),
        (clause("city").is_true(), "the service lists IS TRUE for Boolean, and city is String"),
        (clause("employeeId").at_least(5), "only true for users whose employeeId is a whole number"),
    ],
)
def test_clause_is_warned_of(written: Clause, message: str) -> None:
    """What works otherwise than it looks, or depends on a choice of this package."""
    found = filter_findings(any_of(written), "warning")

    assert ["filters.groups[0].clauses[0]"] == [path for path, _ in found]
    assert message in found[0][1]


@pytest.mark.parametrize(
    "written",
    [
        clause("country").equals("US"),
        clause("country").is_one_of("US", "CA"),
        clause("mail").starts_with("a."),
        clause("mail").ends_with("@contoso.com"),
        clause("mail").matches(r".*@contoso\.com$"),
        clause("mail").matches(r"^(?:a|b)@contoso\.com$"),
        clause("accountEnabled").is_true(),
        clause("userPrincipalName").not_equals("x"),
    ],
    ids=str,
)
def test_plain_clause_has_no_findings(written: Clause) -> None:
    """What the helpers write does not depend on anything open."""
    assert [] == check(scoping_filter=any_of(written))


def test_negative_clause_with_a_decision_on_null_is_fine() -> None:
    """A program that decides what happens to users without a value gets no warning."""
    kept = any_of(clause("city").not_equals("Oslo"), clause("city").is_null())
    left_out = any_of(all_of(clause("city").not_equals("Oslo"), clause("city").is_not_null()))

    assert [] == check(scoping_filter=kept) + check(scoping_filter=left_out)


def test_group_without_clauses_is_refused() -> None:
    """It would let all users pass."""
    found = filter_findings(ScopingFilter(groups=(FilterGroup(name="g", clauses=()),)), "error")

    assert [("filters.groups[0]", 'group "g" has no clauses, so every user passes; remove the group')] == found


def test_input_filter_is_the_service_s() -> None:
    """Its own groups may be repeated, others not."""
    built_in = ScopingFilter.model_validate(object_mapping(default_schema())["scope"])
    own = ScopingFilter(input_filter_groups=(all_of(clause("city").is_null()),))

    assert [] == check(scoping_filter=built_in)
    assert ["filters.inputFilterGroups"] == [path for path, _ in filter_findings(own, "error")]


def test_paths_follow_the_program() -> None:
    """A component that holds the values under other names gets findings under those."""
    found = check_mappings(
        [mapping("nobody", "[mail]")], any_of(clause("nobody").is_null()), path="rows", filter_path="who"
    )

    assert ["rows[0].target", "who.groups[0].clauses[0]"] == [each.path for each in found]


# The page of documentation


PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "mappings.md").read_text()


def test_examples_of_the_page_run_without_findings() -> None:
    """What the page shows is what the package takes."""
    shown: dict[str, Any] = {}
    for example in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(example, shown)
    findings = check(*shown["mappings"], scoping_filter=shown["filters"])

    assert [] == [each for each in findings if "not documented" not in each.message]


def test_page_names_everything_that_is_refused_or_open() -> None:
    """Every attribute with a rule of its own and every open question about filters is on the page."""
    ruled = [*NOT_TARGET, *NOT_SOURCE, *NOT_IN_FILTERS, *PROTECTED_TARGETS, *REQUIRED_TARGETS, *COMPUTED_ATTRIBUTES]
    renamed = [name for name, graph in GRAPH_PROPERTIES.items() if name != graph and "extension" not in name]

    assert [] == [name for name in [*ruled, *renamed] if f"`{name}`" not in PAGE]
    assert [] == [each.name for each in FILTER_CHOICES if f"| {each.question} | {each.answer} |" not in PAGE]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            'Switch([accountEnabled], "x", "false", "y")',
            '[accountEnabled] is the text True or False, so it never equals "false"; write "False"',
        ),
        (
            'IIF([IsSoftDeleted] = "1", "x", "y")',
            '[IsSoftDeleted] is the text True or False, so it never equals "1"',
        ),
        (
            'Switch(CBool([city]), "x", "yes", "y")',
            'CBool([city]) is the text True or False, so it never equals "yes"',
        ),
    ],
)
def test_boolean_that_is_compared_with_another_text_is_a_warning(source: str, message: str) -> None:
    assert message in [text for _, text in warnings(mapping("displayName", source))]


@pytest.mark.parametrize(
    "source", ['Switch([IsSoftDeleted], , "False", "True", "True", "False")', 'IIF([accountEnabled] = "", "x", "y")']
)
def test_boolean_that_is_compared_as_it_is_written_is_fine(source: str) -> None:
    assert [] == [text for _, text in warnings(mapping("displayName", source)) if "never equals" in text]
