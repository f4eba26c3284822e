"""What a change does to people."""

from typing import Any

from entra_sync.licensing import GOVERNANCE, P1, Requirement, Subscription, coverage, facts, unknown
from entra_sync.resources.link_impact import LinkImpactArgs
from tests.licensing.conftest import governance, p1
from tests.policies.harness import CONTOSO, FEDERAL, UNKNOWN, Case, Res

REMEDY = "; list them with `entra-sync impact --people`, then make the change smaller or raise the limits of this rule"

PROTECTED = "link-protected"
REMOVED, CHANGED = "people-removed-within-limits", "people-changed-within-limits"
WIDE, LICENSES = "wide-change-has-canaries", "licenses-suffice"


def link(impact: Any = None, licensing: Any = None, canaries: Any = (), *, protected: bool = False) -> Res:
    """A link with what its preview found out."""
    also = {key: value for key, value in {"impact": impact, "licensing": licensing}.items() if value is not None}
    if canaries == UNKNOWN:
        also["canaries"] = UNKNOWN
        canaries = ()
    return Res(
        LinkImpactArgs(tenant=CONTOSO, target=FEDERAL, canaries=list(canaries)), also, "link", protected=protected
    )


def touches(
    *, removed: int = 0, existing: int = 0, updated: int = 0, matched: int = 0, cycle: str = "initial", **more: Any
) -> dict[str, Any]:
    """An impact."""
    return {
        "counts": {
            action: count for action, count in {"delete": removed, "update": updated, "match": matched}.items() if count
        },
        "removed": removed,
        "existing": existing,
        "removedPercent": round(100 * removed / existing, 2) if existing else 0.0,
        "changedPercent": round(100 * updated / existing, 2) if existing else 0.0,
        "takenOver": matched,
        "reasons": {},
        "attributes": {},
        "cycle": cycle,
        "gaps": [],
        **more,
    }


def seats(people: int, *owned: Subscription, needs: Requirement = GOVERNANCE) -> dict[str, Any]:
    """Licenses of so many people without one, after a change from no user."""
    after = coverage(needs, [(str(number), ()) for number in range(people)], owned)
    return facts(coverage(needs, [], owned), after)


ADA = "44444444-4444-4444-4444-444444444444"
NOT_CALCULATED = "the impact of the change was not calculated; preview with a newer version of entra_sync"
LABEL = "Entra ID Governance or Entra Suite, on top of P1 or P2"
NOT_ASSIGNED = "have no license assigned: no license (%d); assign licenses to them, or reduce the scope"
REASONS = {"delete": {"not assigned": 2, 'country is not "US"': 29}, "disable": {"accountEnabled": 2}}

CASES = (
    Case(REMOVED, "passes", "no user", link(touches())),
    Case(REMOVED, "passes", "a few of many", link(touches(removed=25, existing=250))),
    Case(REMOVED, "passes", "one of a handful", link(touches(removed=1, existing=5))),
    Case(
        REMOVED,
        "reported",
        "two of a handful",
        link(touches(removed=2, existing=5)),
        ["2 of 5 users would lose access to federal (40 %); the limits are 25 users and 10 %" + REMEDY],
    ),
    Case(
        REMOVED, "passes", "a job that does not run does nothing", link(touches(removed=99, existing=100, cycle="none"))
    ),
    Case(
        REMOVED,
        "reported",
        "many people",
        link(touches(removed=33, existing=1204, reasons=REASONS)),
        [
            '33 of 1,204 users would lose access to federal (2.74 %): country is not "US" (29), accountEnabled (2), '
            "not assigned (2); the limits are 25 users and 10 %" + REMEDY
        ],
    ),
    Case(
        REMOVED,
        "reported",
        "a large share",
        link(touches(removed=2, existing=10)),
        ["2 of 10 users would lose access to federal (20 %); the limits are 25 users and 10 %" + REMEDY],
    ),
    Case(
        REMOVED,
        "reported",
        "what could not be read",
        link(touches(gaps=["the members of group X could not be read"])),
        ["it is unknown how many users would lose access to federal: the members of group X could not be read"],
    ),
    Case(REMOVED, "reported", "nothing was calculated", link(), [NOT_CALCULATED]),
    Case(REMOVED, "unknown", "the impact is not known yet", link(UNKNOWN), ["? impact"]),
    Case(
        REMOVED,
        "configured",
        "fewer people",
        link(touches(removed=3, existing=1000)),
        ["3 of 1,000 users would lose access to federal (0.3 %); the limits are 2 users and 100 %" + REMEDY],
        {"maximum": 2, "percent": 100},
    ),
    Case(REMOVED, "configured", "just at the limit", link(touches(removed=2, existing=10)), config={"percent": 20}),
    Case(CHANGED, "passes", "half of the accounts", link(touches(updated=5, existing=10))),
    Case(CHANGED, "passes", "all of a handful", link(touches(updated=5, existing=5))),
    Case(CHANGED, "passes", "a job that does not run", link(touches(updated=99, existing=99, matched=9, cycle="none"))),
    Case(
        CHANGED,
        "reported",
        "most accounts",
        link(touches(updated=6, existing=10, attributes={"displayName": 6, "city": 2})),
        ["6 of 10 accounts in federal would change (60 %): displayName (6), city (2); the limit is 50 %" + REMEDY],
    ),
    Case(
        CHANGED,
        "reported",
        "guests of another tenant",
        link(touches(matched=2, existing=10, reasons={"match": {"an existing guest": 2}})),
        ["2 accounts that exist in federal would be taken over: an existing guest (2); the limit is 0" + REMEDY],
    ),
    Case(CHANGED, "reported", "nothing was calculated", link(), [NOT_CALCULATED]),
    Case(CHANGED, "unknown", "the impact is not known yet", link(UNKNOWN), ["? impact"]),
    Case(
        CHANGED,
        "configured",
        "fewer accounts, and more to take over",
        link(touches(updated=2, existing=10, matched=2, attributes={"city": 2})),
        ["2 of 10 accounts in federal would change (20 %): city (2); the limit is 10 %" + REMEDY],
        {"percent": 10, "takenOver": 2},
    ),
    Case(WIDE, "passes", "a few people", link(touches(updated=25, existing=99))),
    Case(WIDE, "passes", "removals have limits of their own", link(touches(removed=99, existing=99))),
    Case(WIDE, "passes", "a job that does not run", link(touches(updated=99, existing=99, cycle="none"))),
    Case(WIDE, "passes", "many people, and canaries", link(touches(updated=99, existing=99), canaries=[ADA])),
    Case(
        WIDE,
        "reported",
        "many people at once",
        link(touches(counts={"create": 1200, "restore": 1, "match": 2, "update": 30, "unchanged": 5})),
        [
            "1,233 users in federal would be affected at once (create 1,200, restore 1, match 2, update 30); declare "
            "canaries, or change at most 25 at a time"
        ],
    ),
    Case(WIDE, "reported", "nothing was calculated", link(), [NOT_CALCULATED]),
    Case(WIDE, "unknown", "the impact is not known yet", link(UNKNOWN), ["? impact"]),
    Case(
        WIDE,
        "unknown",
        "who the canaries are",
        link(touches(updated=99, existing=99), canaries=UNKNOWN),
        ["? canaries"],
    ),
    Case(WIDE, "passes", "a few people, whichever the canaries are", link(touches(updated=25), canaries=UNKNOWN)),
    Case(WIDE, "configured", "more people", link(touches(updated=99, existing=99)), config={"people": 99}),
    Case(LICENSES, "passes", "as many seats as people", link(licensing=seats(5, p1(enabled=5), governance(enabled=5)))),
    Case(LICENSES, "passes", "within a cloud P1 is enough", link(licensing=seats(5, p1(enabled=5), needs=P1))),
    Case(
        LICENSES,
        "reported",
        "seats that end soon",
        link(licensing=seats(1204, p1(enabled=2000), governance(enabled=1200, warning=50))),
        [
            f"1,204 users of contoso need {LABEL}, and 50 of the tenant's 1,250 seats are in the grace period, after "
            "which they stop counting; renew the subscription, or reduce the scope"
        ],
    ),
    Case(
        LICENSES,
        "reported",
        "too few seats",
        link(licensing=seats(1204, p1(enabled=2000), governance(enabled=1200))),
        [f"1,204 users of contoso need {LABEL}, but the tenant has 1,200 seats; buy 4 more, or reduce the scope"],
    ),
    Case(
        LICENSES,
        "reported",
        "too few seats below them",
        link(licensing=seats(5, p1(enabled=3), governance(enabled=5))),
        [
            "5 users of contoso need P1 or P2, the prerequisite of Entra ID Governance and Entra Suite, but the "
            "tenant has 3 seats; buy 2 more, or reduce the scope"
        ],
    ),
    Case(
        LICENSES,
        "reported",
        "they could not be read",
        link(licensing=unknown("403")),
        ["the number of licenses is unknown: 403"],
    ),
    Case(
        LICENSES,
        "reported",
        "they were not counted",
        link(),
        ["licenses were not counted; preview with a newer version of entra_sync"],
    ),
    Case(LICENSES, "unknown", "they are not known yet", link(licensing=UNKNOWN), ["? licensing"]),
    Case(
        LICENSES,
        "configured",
        "seats to spare",
        link(licensing=seats(5, p1(enabled=20), governance(enabled=6))),
        [
            f"5 users of contoso need {LABEL}, and 5 seats must stay free, but the tenant has 6 seats; buy 4 more, or "
            "reduce the scope"
        ],
        {"spare": 5},
    ),
    Case(
        LICENSES,
        "configured",
        "assignments, and not seats",
        link(licensing=seats(5, p1(enabled=1), governance(enabled=1))),
        [f"5 of 5 users of contoso {NOT_ASSIGNED % 5}"],
        {"count": "assignments"},
    ),
    Case(
        LICENSES,
        "configured",
        "both",
        link(licensing=seats(2, p1(enabled=2), governance(enabled=1))),
        [
            f"2 users of contoso need {LABEL}, but the tenant has 1 seats; buy 1 more, or reduce the scope",
            f"2 of 2 users of contoso {NOT_ASSIGNED % 2}",
        ],
        {"count": "both"},
    ),
    Case(LICENSES, "configured", "no user to assign to", link(licensing=seats(0)), config={"count": "assignments"}),
    Case(PROTECTED, "passes", "a link with few accounts", link(touches(existing=25))),
    Case(PROTECTED, "passes", "a protected link", link(touches(existing=40), protected=True)),
    Case(
        PROTECTED,
        "reported",
        "accounts that are there, and those that come",
        link(touches(existing=1200, removed=3, matched=4)),
        [
            "1,201 accounts in federal would be unmanaged if this link were removed; protect the link with "
            "opts=pulumi.ResourceOptions(protect=True)"
        ],
    ),
    Case(PROTECTED, "reported", "nothing was calculated", link(), [NOT_CALCULATED]),
    Case(PROTECTED, "unknown", "the impact is not known yet", link(UNKNOWN), ["? impact"]),
    Case(PROTECTED, "configured", "a small link", link(touches(existing=40)), config={"accounts": 40}),
)
