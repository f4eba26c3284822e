"""Queries: what is supported, what needs the advanced query parameters, and how the rest is refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

import pytest

from tests.emulator.api import Api

JSON = Any
EVENTUAL = {"ConsistencyLevel": "eventual"}


def names(api: Api, options: str, *, advanced: bool = False) -> set[str]:
    """Display names of the users that a query finds."""
    path = f"/users?$select=displayName&{options}" + ("&$count=true" if advanced else "")
    return {user["displayName"] for user in api.pages(path, headers=EVENTUAL if advanced else None)}


@pytest.fixture
def people(contoso: Api) -> Api:
    """Four people whose city no other user has."""
    contoso.user("Zed Alpha", city="Ulm", department="Tests", jobTitle="One", mail="zed@contoso.com")
    contoso.user("Zed Beta", city="Ulm", department="Tests", jobTitle="Two")
    contoso.user("Yan O'Neill", city="Ulm", department=None, otherMails=["yan@example.com"])
    contoso.user("Yan Delta", city="ulm", department="Other", companyName="Fabrikam")
    return contoso


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("city eq 'Ulm' and department eq 'Tests'", {"Zed Alpha", "Zed Beta"}),
        ("city eq 'ULM'", {"Zed Alpha", "Zed Beta", "Yan O'Neill", "Yan Delta"}),
        ("displayName eq 'Yan O''Neill'", {"Yan O'Neill"}),
        ("startswith(displayName,'zed')", {"Zed Alpha", "Zed Beta"}),
        ("city eq 'Ulm' and (jobTitle eq 'One' or jobTitle eq 'Two')", {"Zed Alpha", "Zed Beta"}),
        ("city eq 'Ulm' and jobTitle in ('Two', 'Three')", {"Zed Beta"}),
        ("otherMails/any(m:m eq 'yan@example.com')", {"Yan O'Neill"}),
        ("city eq 'Ulm' and accountEnabled eq true and jobTitle ge 'Ta'", {"Zed Beta"}),
    ],
)
def test_filters_that_work_by_default(people: Api, condition: str, found: set[str]) -> None:
    """Comparisons are without regard to case, as the directory's are."""
    assert names(people, f"$filter={quote(condition)}") == found


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("city eq 'Ulm' and department ne 'Tests'", {"Yan O'Neill", "Yan Delta"}),
        ("city eq 'Ulm' and not(department eq 'Tests')", {"Yan O'Neill", "Yan Delta"}),
        ("city eq 'Ulm' and department eq null", {"Yan O'Neill"}),
        ("endswith(mail,'zed@contoso.com')", {"Zed Alpha"}),
        ("companyName eq 'Fabrikam'", {"Yan Delta"}),
        ("city eq 'Ulm' and NOT startsWith(displayName,'zed')", {"Yan O'Neill", "Yan Delta"}),
        ("city eq 'Ulm' and assignedLicenses/$count eq 0", {"Zed Alpha", "Zed Beta", "Yan O'Neill", "Yan Delta"}),
        ("otherMails/any(m:endswith(m,'example.com'))", {"Yan O'Neill"}),
    ],
)
def test_filters_that_need_advanced_query_parameters(people: Api, condition: str, found: set[str]) -> None:
    """With ConsistencyLevel and $count they work, without they are refused."""
    assert names(people, f"$filter={quote(condition)}", advanced=True) == found
    status, code, _ = people.error("GET", f"/users?$filter={quote(condition)}")
    assert (400, "Request_UnsupportedQuery") == (status, code)
    status, code, _ = people.error("GET", f"/users?$filter={quote(condition)}&$count=true")
    assert (400, "Request_UnsupportedQuery") == (status, code)


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        (
            "/users?$filter=shoeSize eq 42",
            "BadRequest",
            "Invalid filter clause: Could not find a property named 'shoeSize' on type 'microsoft.graph.user'.",
        ),
        (
            "/users?$select=shoeSize",
            "BadRequest",
            "Parsing OData Select and Expand failed: Could not find a property named 'shoeSize' on type"
            " 'microsoft.graph.user'.",
        ),
        (
            "/users?$filter=onPremisesDomainName eq 'x'",
            "Request_UnsupportedQuery",
            "Unsupported or invalid query filter clause specified for property 'onPremisesDomainName' of"
            " resource 'User'.",
        ),
        ("/users?$orderby=city", "Request_UnsupportedQuery", "Sorting not supported for current query."),
        (
            "/users?$top=1000",
            "Request_BadRequest",
            "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.",
        ),
        (
            "/users?$top=0",
            "Request_BadRequest",
            "Invalid page size specified: '0'. Must be between 1 and 999 inclusive.",
        ),
        ("/users/$count", "Request_BadRequest", "$count is not currently supported."),
        (
            '/users?$search="displayName:a"',
            "Request_UnsupportedQuery",
            "Request with $search query parameter only works through MSGraph with a special request header:"
            " 'ConsistencyLevel: eventual'",
        ),
        ("/users?$skip=5", "Request_BadRequest", "'$skip' is not supported by the service."),
        ("/users?$flavour=x", "BadRequest", "The query parameter '$flavour' is not supported."),
        (
            "/subscribedSkus?$filter=skuId eq 'x'",
            "Request_UnsupportedQuery",
            "Filter is not supported on this resource.",
        ),
    ],
)
def test_what_is_not_supported_is_refused_with_the_services_text(
    contoso: Api, path: str, code: str, message: str
) -> None:
    """Each is a 400 that says what is wrong."""
    assert (400, code, message) == contoso.error("GET", path)


def test_a_search_clause_without_quotes_is_refused(contoso: Api) -> None:
    """“Use the $search query parameter”: each clause is in double quotes."""
    answer = contoso.error("GET", "/users?$search=displayName:zed", headers=EVENTUAL)

    assert (400, "BadRequest") == answer[:2]


def test_skip_of_other_collections_is_not_ignored(contoso: Api) -> None:
    assert 501 == contoso.error("GET", "/subscribedSkus?$skip=1")[0]


@pytest.mark.parametrize("text", ["city eq", "(city eq 'x'", "city is 'x'", "city eq 'x", "any()", "city eq 'x' city"])
def test_malformed_filter_is_a_bad_request(contoso: Api, text: str) -> None:
    """A filter that is not well formed is an invalid filter clause."""
    status, code, message = contoso.error("GET", f"/users?$filter={quote(text)}")

    assert (400, "BadRequest") == (status, code)
    assert message.startswith("Invalid filter clause:")


def test_filter_and_orderby_together_need_advanced_query_parameters(people: Api) -> None:
    """Sorting a filtered list is an advanced query."""
    path = "/users?$filter=city eq 'Ulm'&$orderby=displayName&$select=displayName"

    assert "Request_UnsupportedQuery" == people.error("GET", path)[1]
    found = people.get(f"{path}&$count=true", headers=EVENTUAL)
    assert ["Yan Delta", "Yan O'Neill", "Zed Alpha", "Zed Beta"] == [user["displayName"] for user in found["value"]]
    assert 4 == found["@odata.count"]


def test_count_is_ignored_without_consistency_level(contoso: Api) -> None:
    """$count=true alone fails silently, as documented."""
    assert "@odata.count" not in contoso.get("/users?$count=true&$top=1")
    assert 40 == contoso.get("/users?$count=true&$top=1", headers=EVENTUAL)["@odata.count"]


def test_search_finds_beginnings_of_words(people: Api) -> None:
    """$search looks for words of a property that begin with the text, and takes AND and OR."""
    path = '/users?$select=displayName&$search="displayName:{}"'

    assert ["Zed Alpha"] == [user["displayName"] for user in people.get(path.format("alph"), headers=EVENTUAL)["value"]]
    both = people.get('/users?$search="displayName:zed" AND "displayName:beta"', headers=EVENTUAL)
    assert ["Zed Beta"] == [user["displayName"] for user in both["value"]]
    either = people.get('/users?$search="displayName:alpha" OR "mail:zed"', headers=EVENTUAL)
    assert ["Zed Alpha"] == [user["displayName"] for user in either["value"]]


@pytest.mark.parametrize("order", ["", "&$orderby=displayName", "&$orderby=displayName desc"])
@pytest.mark.parametrize("size", [1, 7, 39, 40, 41])
def test_pages_hold_all_users_once(contoso: Api, order: str, size: int) -> None:
    """Next links lead through the whole collection, whatever the page size and order."""
    found = contoso.pages(f"/users?$select=id,displayName&$top={size}{order}")

    assert len({user["id"] for user in found}) == len(found) == 40
    if order:
        shown = [user["displayName"].lower() for user in found]
        assert shown == sorted(shown, reverse="desc" in order)


def test_strange_skip_token_is_refused(contoso: Api) -> None:
    """A token that the service did not make is an expired one."""
    assert "Directory_ExpiredPageToken" == contoso.error("GET", "/users?$skiptoken=abc")[1]


def test_select_narrows_the_answer_and_its_context(contoso: Api) -> None:
    """Only what was selected is returned; names are spelt as the type spells them."""
    page = contoso.get("/users?$select=ID,displayname&$top=1")

    assert "https://graph.microsoft.com/v1.0/$metadata#users(id,displayName)" == page["@odata.context"]
    assert {"id", "displayName"} == set(page["value"][0])


def test_beta_returns_more_by_default(contoso: Api) -> None:
    """v1.0 shows eleven properties of a user, beta nearly all."""
    shown = contoso.get("/users?$top=1")["value"][0]
    everything = contoso.get("/users?$top=1", version="beta")["value"][0]

    assert 11 == len(shown)
    assert {"city", "department", "accountEnabled", "usageLocation"} <= set(everything)


def test_expanded_manager_and_members(contoso: Api) -> None:
    """$expand=manager on users and $expand=members on groups, with a selection inside."""
    users = contoso.pages("/users?$select=id&$expand=manager($select=id,displayName)")
    managers = [user["manager"] for user in users if "manager" in user]
    assert managers
    assert all(set(manager) == {"@odata.type", "id", "displayName"} for manager in managers)

    group = contoso.get("/groups?$filter=displayName eq 'Engineering'&$expand=members($select=id)")["value"][0]
    assert 0 < len(group["members"]) <= 20


def test_casts_narrow_members_by_type(contoso: Api) -> None:
    """A cast leaves members of one type; a segment that is no type is refused."""
    person = contoso.user("Member")["id"]
    inner = contoso.group("Inner")["id"]
    group = contoso.group("Outer", [person, inner])["id"]

    assert [item["id"] for item in contoso.pages(f"/groups/{group}/members/microsoft.graph.user")] == [person]
    assert [item["id"] for item in contoso.pages(f"/groups/{group}/members/graph.group")] == [inner]
    assert [] == contoso.get(f"/groups/{group}/members/microsoft.graph.device")["value"]
    assert 400 == contoso.error("GET", f"/groups/{group}/members/everybody")[0]
    assert "2" == contoso.send("GET", f"/groups/{group}/members/$count", headers=EVENTUAL).text


@pytest.mark.parametrize("text", ["(" * 3000 + "id eq 'x'" + ")" * 3000, "not " * 3000 + "id eq 'x'"])
def test_clause_that_nests_too_deep_is_refused(contoso: Api, text: str) -> None:
    """No request reaches the end of Python's stack."""
    assert 400 == contoso.error("GET", f"/users?$filter={text}")[0]


def managed(api: Api) -> list[str]:
    """Three users: the manager of each is the next one, and of the last the first."""
    people = [api.user(name)["id"] for name in ("Lowest", "Middle", "Top")]
    for below, above in zip(people, [*people[1:], people[0]], strict=True):
        api.ok("PUT", f"/users/{below}/manager/$ref", {"@odata.id": f"{api.tenant.graph_url}/v1.0/users/{above}"})
    return people


def test_levels_of_managers_are_nested(contoso: Api) -> None:
    lowest, middle, top = managed(contoso)

    def above(levels: str) -> list[str]:
        path = f"/users/{lowest}?$select=id&$expand=manager($levels={levels};$select=id)"
        found, ids = contoso.get(path, headers=EVENTUAL), []
        while "manager" in found:
            found = found["manager"]
            ids.append(found["id"])
        return ids

    assert [[middle], [middle, top], [middle, top, lowest]] == [above(levels) for levels in ("1", "2", "max")]


def test_a_user_can_be_their_own_manager(contoso: Api) -> None:
    user = contoso.user("Founder")["id"]
    contoso.ok("PUT", f"/users/{user}/manager/$ref", {"@odata.id": f"{contoso.tenant.graph_url}/v1.0/users/{user}"})

    assert user == contoso.get(f"/users/{user}?$expand=manager($select=id)")["manager"]["id"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/users?$expand=manager,memberOf", "BadRequest"),
        ("/groups?$expand=members($select=id),owners", "BadRequest"),
        ("/users?$expand=manager($levels=max)", "Request_UnsupportedQuery"),
        ("/groups?$expand=members($levels=2)", "Request_UnsupportedQuery"),
    ],
)
def test_expansions_that_the_service_refuses(contoso: Api, path: str, code: str) -> None:
    managed(contoso)

    assert (400, code) == contoso.error("GET", path, headers=EVENTUAL)[:2]


@pytest.mark.parametrize(
    "path",
    [
        "/users?$expand=memberOf($filter=startswith(displayName,'A'))",
        "/users?$expand=memberOf($top=1)",
        "/users?$expand=*",
        "/users/{user}/memberOf?$expand=members",
        "/domains?$expand=rootDomain",
        "/directoryObjects/{user}?$expand=memberOf",
    ],
)
def test_no_expansion_is_ignored(contoso: Api, path: str) -> None:
    user = contoso.user("Member")["id"]

    assert (501, "NotImplemented") == contoso.error("GET", path.format(user=user))[:2]


def test_a_page_of_expanded_users_has_at_most_a_hundred(contoso: Api) -> None:
    for number in range(101):
        contoso.user(f"User {number}")

    page = contoso.get("/users?$top=999&$select=id&$expand=manager($select=id)")

    assert (100, True) == (len(page["value"]), "@odata.nextLink" in page)


@pytest.mark.parametrize(
    ("condition", "types"),
    [
        ("accountEnabled eq 'true'", "'Edm.Boolean' and 'Edm.String' for operator kind 'Equal'"),
        ("createdDateTime ge '2026-01-01'", "'Edm.DateTimeOffset' and 'Edm.String' for operator kind 'GreaterThan"),
        ("displayName in (1, 2)", "'Edm.String' and 'Edm.Int32' for operator kind 'Equal'"),
        ("id eq 9aaf7827-d63c-4b61-89c3-182f06f82e5c", "'Edm.String' and 'Edm.Guid' for operator kind 'Equal'"),
    ],
)
def test_operands_of_a_filter_have_the_same_type(contoso: Api, condition: str, types: str) -> None:
    status, code, message = contoso.error("GET", f"/users?$filter={condition}")

    assert (400, "BadRequest", True) == (status, code, types in message)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("displayName eq 'élodie ünal'", True),
        ("displayName eq 'ÉLODIE ÜNAL'", True),
        ("displayName eq 'elodie unal'", False),
        ("displayName in ('éLODIE üNAL', 'x')", True),
        ("startsWith(displayName,'élo')", True),
        ("endsWith(mail,'ÜNAL@contoso.com')", True),
        ("mail eq 'ÉLODIE.ünal@contoso.com'", True),
        ("displayName ne 'élodie ünal'", False),
        ("otherMails/any(a:startsWith(a,'éL'))", True),
    ],
)
def test_case_does_not_matter_to_a_filter_beyond_ascii(contoso: Api, condition: str, found: bool) -> None:
    mails = {"mail": "élodie.ünal@contoso.com", "otherMails": ["Élodie@example.com"]}
    contoso.user("Elodie", displayName="Élodie Ünal", city="Ulm", **mails)

    condition = quote(f"city eq 'Ulm' and {condition}")

    assert found == ("Élodie Ünal" in names(contoso, f"$filter={condition}", advanced=True))


@pytest.mark.parametrize("path", ["/users/$count", "/groups/$count?$filter=displayName ne 'x'"])
def test_log_of_requests_has_a_count_as_it_was_sent(contoso: Api, path: str) -> None:
    contoso.ok("GET", path, headers=EVENTUAL)

    assert f"/v1.0{path}" == unquote(contoso.emulator.requests[-1].path)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("eq 2026-01-05T08:00:10Z", {"whole"}),
        ("eq 2026-01-05T08:00:10.000Z", {"whole"}),
        ("eq 2026-01-05T03:00:10-05:00", {"whole"}),
        ("in (2026-01-05T09:00:10.0%2B01:00)", {"whole"}),
        ("eq 2026-01-05T08:00:10.1234567Z", {"precise"}),
        ("lt 2026-01-05T08:00:10Z", {"midnight"}),
        ("le 2026-01-05T08:00:10.1Z", {"midnight", "whole"}),
        ("gt 2026-01-05T08:00:10Z", {"precise", "later"}),
        ("ge 2026-01-05T04:00:00-05:00", {"later"}),
        ("le 2026-01-05", {"midnight"}),
        ("ne 2026-01-05", {"whole", "precise", "later"}),
    ],
)
def test_moments_are_compared_as_moments(contoso: Api, condition: str, found: set[str]) -> None:
    """Whatever their zones and decimals are."""
    dates = {"midnight": "00:00:00Z", "whole": "08:00:10Z", "precise": "08:00:10.1234567Z", "later": "09:30:00Z"}
    for name, time in dates.items():
        contoso.user(name, city="Ulm", employeeHireDate=f"2026-01-05T{time}")

    assert found == names(contoso, f"$filter=city eq 'Ulm' and employeeHireDate {condition}", advanced=True)


def test_a_filter_refuses_a_moment_that_is_none(contoso: Api) -> None:
    for moment in ("2026-02-30", "9999-99-99T99:99:99Z", "0001-01-01T00:00:00%2B14:00"):
        assert 400 == contoso.error("GET", f"/users?$filter=createdDateTime ge {moment}")[0]


def test_lists_of_few_documents_are_filtered_ordered_and_paged(contoso: Api) -> None:
    """No option is ignored: the domains, roles, jobs and federated credentials answer like any collection."""
    path = f"/applications/{contoso.post('/applications', {'displayName': 'A'})['id']}/federatedIdentityCredentials"
    for name in ("beta", "alpha", "gamma"):
        contoso.post(path, {"name": name, "issuer": "https://i.example", "subject": name, "audiences": ["a"]})

    def found(options: str) -> list[str]:
        return [item["name"] for item in contoso.pages(f"{path}?{options}")]

    assert ["alpha"] == found("$filter=name eq 'alpha'")
    assert ["alpha", "beta", "gamma"] == found("$orderby=name&$top=2")
    assert [] == contoso.get("/directoryRoles?$filter=displayName eq 'Reader'")["value"]
