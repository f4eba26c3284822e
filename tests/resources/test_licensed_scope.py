"""LicensedScope: licenses for all users in a link's scope."""

from collections.abc import Callable
from typing import Any

import pytest

from entra_sync.base.principals import Group, Principal, User
from entra_sync.emulator import Emulator
from entra_sync.licensing import PLANS
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.license_assignment import License
from entra_sync.resources.licensed_scope import LicensedScopeArgs, LicensedScopeHandler
from tests.resources.lifecycle import Lifecycle, Refused

JSON = Any
P1 = "AAD_PREMIUM"
P1_ID = "078d2b04-f1bd-4111-bbd4-b4b1b354cef4"
GOVERNANCE = "Microsoft_Entra_ID_Governance"
GOVERNANCE_ID = "cf6b0d46-4093-4546-a0ab-0b1546dcc10e"
Declare = Callable[..., LicensedScopeArgs]


@pytest.fixture(autouse=True)
def seats(emulator: Emulator) -> None:
    """Enough of P1."""
    emulator.tenants["contoso"].add_subscription(P1, 20)


@pytest.fixture
def scope(resource) -> Lifecycle:
    """The resource under test."""
    return resource(LicensedScopeHandler())


@pytest.fixture
def declared(contoso: Tenant) -> Declare:
    """Makes arguments: who, and P1 if nothing else is said."""

    def make(*principals: Principal, products: tuple[str, ...] = (P1,)) -> LicensedScopeArgs:
        licenses = [License(sku=product) for product in products]
        return LicensedScopeArgs(tenant=contoso, principals=list(principals), licenses=licenses)

    return make


@pytest.fixture
def groups(portal) -> dict[str, Principal]:
    """Contoso's groups by name."""
    found = portal("contoso", "GET", "/v1.0/groups?$select=id,displayName&$top=999")["value"]
    return {group["displayName"]: Group(group["id"]) for group in found}


@pytest.fixture
def people_of(portal) -> Callable[[Principal], set[str]]:
    """Object ids of the people who are direct members of a group."""

    def read(group: Principal) -> set[str]:
        path = f"{group.path}/members/microsoft.graph.user?$select=id&$top=999"
        return {person["id"] for person in portal("contoso", "GET", path)["value"]}

    return read


@pytest.fixture
def single(portal, groups, people_of) -> Principal:
    """A user who is in neither of the groups that the tests use."""
    known = people_of(groups["Engineering"]) | people_of(groups["Support"])
    people = portal("contoso", "GET", "/v1.0/users?$select=id,userType&$top=999")["value"]
    return User(next(each["id"] for each in people if each["userType"] == "Member" and each["id"] not in known))


@pytest.fixture
def holders(portal) -> Callable[..., set[str]]:
    """Object ids of the people who have a product."""

    def read(sku_id: str = P1_ID) -> set[str]:
        people = portal("contoso", "GET", "/v1.0/users?$select=id,assignedLicenses&$top=999")["value"]
        return {each["id"] for each in people if sku_id in {entry["skuId"] for entry in each["assignedLicenses"]}}

    return read


def figures(scope: Lifecycle) -> tuple[JSON, ...]:
    """People reached, those who have all, and why the others have not."""
    return tuple(scope.outputs[key] for key in ("people", "licensed", "errorCounts"))


def test_basic(scope, declared, groups, single, people_of, holders) -> None:
    """Exactly the direct members of the groups and the users by name have the license."""
    engineering, support = groups["Engineering"], groups["Support"]
    scope.up(declared(engineering, support, single))
    reached = people_of(engineering) | people_of(support) | {single.id}

    assert reached == holders()
    assert (len(reached), len(reached), {}) == tuple(
        scope.outputs[key] for key in ("people", "licensed", "errorCounts")
    )


def test_one_call_for_each_principal_all_in_a_batch(scope, declared, groups, single, emulator: Emulator) -> None:
    """However many people they are."""
    before = len(emulator.requests.writes)
    scope.up(declared(groups["Engineering"], groups["Support"], single))
    sent = emulator.requests.writes[before:]

    assert 3 == len([each for each in sent if each.path.endswith("/assignLicense")])
    assert 1 == len({each.batch for each in sent})


def test_who_joins_a_group_later_is_licensed_with_it(scope, declared, groups, single, portal, holders) -> None:
    """Without another up."""
    group = groups["Engineering"]
    scope.up(declared(group))
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{single.id}"}
    portal("contoso", "POST", f"{group.path}/members/$ref", body)

    assert single.id in holders()


def test_update_follows_the_scope(scope, declared, groups, single, people_of, holders) -> None:
    """Users who leave give their seats back and users who come get one, in one batch."""
    scope.up(declared(groups["Engineering"], single))

    assert "update" == scope.up(declared(groups["Support"], groups["Engineering"]))
    assert people_of(groups["Support"]) | people_of(groups["Engineering"]) == holders()


def test_update_swaps_products_for_all_users(scope, declared, groups, people_of, holders) -> None:
    """One call a principal adds the one and removes the other."""
    scope.up(declared(groups["Engineering"], products=(P1,)))
    scope.up(declared(groups["Engineering"], products=(GOVERNANCE,)))

    assert (set(), people_of(groups["Engineering"])) == (holders(), holders(GOVERNANCE_ID))
    assert 1 == len(scope.inputs["graphCalls"])


def test_delete_leaves_what_was_there_before(scope, declared, groups, portal, people_of, holders) -> None:
    """Support had P1 by its own; Engineering got it from here."""
    body = {"addLicenses": [{"skuId": P1_ID, "disabledPlans": []}], "removeLicenses": []}
    portal("contoso", "POST", f"{groups['Support'].path}/assignLicense", body)
    scope.up(declared(groups["Engineering"], groups["Support"]))
    scope.delete()

    assert people_of(groups["Support"]) == holders()


def test_delete_when_a_user_is_gone(scope, declared, groups, single, portal) -> None:
    """The others still give theirs back."""
    scope.up(declared(groups["Engineering"], single))
    portal("contoso", "DELETE", single.path)
    scope.handler.delete(scope.id, scope.outputs)

    assert [] == portal("contoso", "GET", f"{groups['Engineering'].path}?$select=assignedLicenses")["assignedLicenses"]


def test_drift_is_fixed_where_it_happened(scope, declared, groups, portal, people_of, holders) -> None:
    """A group that lost its license is left out of what a refresh reads, and gets it again."""
    args = declared(groups["Engineering"], groups["Support"])
    scope.up(args)
    body = {"addLicenses": [], "removeLicenses": [P1_ID]}
    portal("contoso", "POST", f"{groups['Support'].path}/assignLicense", body)
    scope.refresh()

    assert [groups["Engineering"].id] == [each["id"] for each in scope.outputs["principals"]]
    assert "update" == scope.up(args)
    assert people_of(groups["Engineering"]) | people_of(groups["Support"]) == holders()


def test_gone_when_no_user_has_it_any_more(scope, declared, groups, portal) -> None:
    """The next up makes it again."""
    scope.up(declared(groups["Engineering"]))
    body = {"addLicenses": [], "removeLicenses": [P1_ID]}
    portal("contoso", "POST", f"{groups['Engineering'].path}/assignLicense", body)

    assert not scope.refresh()


@pytest.mark.parametrize("names", [["Engineering"], ["Engineering", "Support"]])
@pytest.mark.parametrize(
    "changed",
    [
        {"addLicenses": [], "removeLicenses": [GOVERNANCE_ID]},
        {"addLicenses": [{"skuId": P1_ID, "disabledPlans": [PLANS["AAD_PREMIUM"]]}], "removeLicenses": []},
    ],
    ids=["one of two licenses is taken away", "a plan is left out"],
)
def test_what_an_administrator_changed_of_a_group_stays_ours(scope, declared, groups, portal, names, changed) -> None:
    """The next `up` puts it back, and a destroy takes everything away that this resource assigned."""
    mine = [groups[name] for name in names]
    args = declared(*mine, products=(P1, GOVERNANCE))
    scope.up(args)
    portal("contoso", "POST", f"{mine[0].path}/assignLicense", changed)

    assert scope.refresh()
    assert "update" == scope.up(args)
    assert {"licenses": {group.id: [] for group in mine}} == scope.outputs["existing"]

    scope.delete()
    left = [portal("contoso", "GET", f"{group.path}?$select=assignedLicenses")["assignedLicenses"] for group in mine]

    assert [[]] * len(mine) == left


def test_unchanged_program_sends_nothing(scope, declared, groups, emulator: Emulator) -> None:
    """What check() computed is carried over."""
    args = declared(groups["Engineering"])
    scope.up(args)
    before = len(list(emulator.requests))

    assert "same" == scope.up(args)
    assert before == len(list(emulator.requests))


def test_people_without_a_seat_are_counted_by_reason(scope, declared, groups, people_of, emulator: Emulator) -> None:
    """One seat for all of Engineering."""
    emulator.tenants["contoso"].add_subscription("AAD_PREMIUM_USGOV_GCCHIGH", 1)
    scope.up(declared(groups["Engineering"], products=("AAD_PREMIUM_USGOV_GCCHIGH",)))
    people = len(people_of(groups["Engineering"]))

    assert (people, 1, {"CountViolation": people - 1}) == figures(scope)


def test_principal_named_twice_is_refused(scope, declared, groups) -> None:
    """By its place in the list."""
    group = groups["Engineering"]

    with pytest.raises(Refused) as refused:
        scope.preview(declared(group, group))

    assert f"principals[1]: {group} is named twice" == str(refused.value)


def test_principal_that_does_not_exist_is_refused(scope, declared, groups) -> None:
    """By its place in the list, before anything is sent."""
    with pytest.raises(Refused, match=r"principals\[1\]: tenant contoso \(global\) has no group 00000000"):
        scope.preview(declared(groups["Engineering"], Group("00000000-0000-0000-0000-000000000001")))


def test_user_without_a_usage_location_is_refused(scope, declared, groups, single, portal) -> None:
    """By its place in the list; members of groups get the tenant's location."""
    portal("contoso", "PATCH", single.path, {"usageLocation": None})

    with pytest.raises(Refused, match=r"principals\[1\]: user .* has no usage location"):
        scope.preview(declared(groups["Engineering"], single))


def test_preview_says_who_goes_without_if_a_product_of_a_group_has_too_few_seats(
    scope, declared, groups, people_of, emulator: Emulator, capfd: pytest.CaptureFixture[str]
) -> None:
    """A member without a seat of one product gets neither."""
    emulator.tenants["contoso"].add_subscription("AAD_PREMIUM_P2", 1)
    group = groups["Engineering"]
    scope.preview(declared(group, products=(P1, "AAD_PREMIUM_P2")))
    said = capfd.readouterr().err
    lack = len(people_of(group))

    assert f"{lack} members of {group} need AAD_PREMIUM_P2, which has 1 seats left" in said
    assert f"{lack - 1} of them get none of the licenses of this group" in said
    assert "AAD_PREMIUM, which" not in said
