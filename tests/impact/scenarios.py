"""Hypothesis strategies for tenants, links and changes that meet every rule of the cycle."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from entra_sync.expressions import AttributeMapping, Clause, FilterGroup, Mappings, ScopingFilter, any_of, clause
from entra_sync.expressions.schema.mappings import NEVER
from tests.expressions.generated import expressions

JSON = Any

__all__ = ["Change", "LinkChange", "Scenario", "scenarios"]

TEXTS = st.sampled_from(
    [
        "",
        "Ada",
        "ada",
        "ÄDA",
        "Ada Lovelace",
        "Łukasz ß",
        "אבג",
        "😀 Σίσυφος ς",
        "US",
        "DE",
        "us",
        "7",
        "True",
        "none",
        "x" * 30,
    ]
)
MAILS = st.sampled_from(
    [
        "a.kim@contoso.com",
        "A.Kim@contoso.com",
        "b@contoso.com",
        "c@contoso.com",
        "boss@federal.us",
        "team@federal.us",
        "",
    ]
)
TEXT_ATTRIBUTES = ("displayName", "givenName", "surname", "country", "city", "department", "jobTitle", "mailNickname")
SHOWN = {"mobile": "mobilePhone", "physicalDeliveryOfficeName": "officeLocation"}

_rarely_none = st.one_of(st.none(), TEXTS, TEXTS, TEXTS)


@st.composite
def source_users(draw: st.DrawFn, number: int) -> JSON:
    """A user of the source as a document; the principal name tells users apart."""
    alias = draw(st.sampled_from(["p", "o'neil", "a_b", "Åsa"]))
    doc: dict[str, JSON] = {
        "userPrincipalName": f"{alias}{number}@contoso.onmicrosoft.com",
        "displayName": draw(TEXTS.filter(bool)),
        "userType": draw(st.sampled_from(["Member"] * 7 + ["Guest"])),
        "accountEnabled": draw(st.sampled_from([True] * 7 + [False])),
        "_netId": f"{number:016X}",
        "mail": draw(st.one_of(st.none(), st.just(f"p{number}@contoso.com"), MAILS)),
        "mobilePhone": draw(_rarely_none),
    }
    doc |= {name: draw(_rarely_none) for name in TEXT_ATTRIBUTES if name != "displayName"}
    doc["proxyAddresses"] = draw(
        st.lists(st.sampled_from(["SMTP:x@contoso.com", "smtp:Y@contoso.com", ""]), max_size=2)
    )
    if draw(st.integers(0, 19)) == 0:
        doc |= {
            "creationType": "Invitation",
            "externalUserState": "Accepted",
            "_alternativeSecurityIds": f"5::{number:x}",
        }
    return {name: value for name, value in doc.items() if value is not None}


@dataclass(frozen=True)
class Guest:
    """An account in the target before the link: of somebody of the source (by number), or of nobody there."""

    person: int | None
    mail: str | None
    accepted: bool
    deleted: bool
    attributes: dict[str, str] = field(default_factory=dict)


guests = st.builds(
    Guest,
    person=st.one_of(st.none(), st.integers(0, 5)),
    mail=st.one_of(st.none(), MAILS),
    accepted=st.booleans(),
    deleted=st.sampled_from([False, False, False, True]),
    attributes=st.dictionaries(st.sampled_from(["displayName", "country", "city"]), TEXTS, max_size=2),
)

EXPRESSIONS = (
    'Append([displayName], " (Contoso)")',
    "ToUpper([surname])",
    'Join(" ", [givenName], [surname])',
    'Switch([country], "other", "US", "domestic", "DE", "abroad")',
    "IgnoreFlowIfNullOrEmpty([city])",
    'IIF([country]="DE", IgnoreObjectFlow, [city])',
    'IIF([department]="7", IgnoreAttributeFlow, [jobTitle])',
    'Item(Split([displayName], " "), 2)',
    'Coalesce([jobTitle], [department], "nobody")',
    "[proxyAddresses]",
    "NormalizeDiacritics([displayName])",
    'Mid([surname], "2", "3")',
    "[IsSoftDeleted]",
    "Not([accountEnabled])",
    '"fixed"',
    '""',
    "CDate([city])",
)
_RENAMED = {
    "text": "displayName",
    "other": "department",
    "date": "city",
    "flag": "accountEnabled",
    "count": "mobile",
    "list": "proxyAddresses",
}


def _about_people(text: str) -> str:
    return re.sub(r"\[(text|other|date|flag|count|list)\]", lambda found: f"[{_RENAMED[found[1]]}]", text)


sources = st.one_of(
    st.sampled_from(EXPRESSIONS),
    st.sampled_from([f"[{name}]" for name in (*TEXT_ATTRIBUTES, "mail", "userPrincipalName", "mobile")]),
    expressions(depth=2).map(str).filter(lambda text: "[text]" in text or "[other]" in text).map(_about_people),
)
plain_targets = st.sampled_from(
    ["displayName", "givenName", "surname", "country", "city", "department", "mobile", "extensionAttribute3"]
)


@st.composite
def rows(draw: st.DrawFn) -> AttributeMapping:
    """One edit of the mappings."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return AttributeMapping(
            target="mail", source=draw(st.sampled_from(["[mail]", "ToLower([mail])", '"shared@contoso.com"']))
        )
    if kind == 1:
        source = draw(
            st.sampled_from(["[userPrincipalName]", 'Replace([userPrincipalName], "p", , , "q", , )', "[mailNickname]"])
        )
        return AttributeMapping(target="userPrincipalName", source=source)
    if kind == 2:
        source = draw(
            st.sampled_from(["[accountEnabled]", '"true"', 'IIF([country]="US", "False", "True")', "[country]"])
        )
        return AttributeMapping(target="accountEnabled", source=source)
    if kind == 3:
        source = draw(st.sampled_from(['"Member"', '"Member"', '"Guest"', '"Guest"', "[displayName]"]))
        return AttributeMapping(target="userType", source=source, apply=draw(st.sampled_from(["always", "onCreate"])))
    if kind == 4:
        return AttributeMapping(target=draw(plain_targets), apply=NEVER)
    return AttributeMapping(
        target=draw(plain_targets),
        source=draw(st.one_of(st.none(), sources, sources, sources)),
        apply=draw(st.sampled_from(["always", "always", "onCreate", "attributeAddOnly"])),
        default=draw(st.sampled_from([None, None, "default", ""])),
    )


mappings = st.lists(rows(), max_size=3, unique_by=lambda row: row.target).map(lambda found: Mappings(tuple(found)))


@st.composite
def clauses(draw: st.DrawFn) -> Clause:
    """One condition on a person."""
    about = clause(draw(st.sampled_from(["country", "department", "displayName", "mobile"])))
    return draw(
        st.sampled_from(
            [
                about.equals("US"),
                about.not_equals("DE"),
                about.is_null(),
                about.is_not_null(),
                about.matches("^[A-Z]"),
                about.not_matches("a"),
                about.includes("a"),
                about.ends_with("S"),
                about.greater_than(5),
                clause("accountEnabled").is_true(),
            ]
        )
    )


filters = st.one_of(
    st.just(ScopingFilter.everybody()),
    st.lists(
        st.lists(clauses(), min_size=1, max_size=2).map(lambda found: FilterGroup(clauses=tuple(found))),
        min_size=1,
        max_size=2,
    ).map(lambda groups: any_of(*groups)),
)


@dataclass(frozen=True)
class Change:
    """Something that happens in a tenant between two cycles: what, to whom (by number), and a value."""

    what: str
    number: int
    value: JSON = None


_enabled = st.fixed_dictionaries({"accountEnabled": st.booleans()})

changes = st.one_of(
    st.builds(
        Change,
        st.just("edit source"),
        st.integers(0, 5),
        st.dictionaries(st.sampled_from([*TEXT_ATTRIBUTES, "mobilePhone"]), TEXTS, min_size=1, max_size=2),
    ),
    st.builds(Change, st.just("edit source"), st.integers(0, 5), _enabled),
    st.builds(Change, st.just("edit source"), st.integers(0, 5), st.just({"accountEnabled": False})),
    st.builds(Change, st.sampled_from(["purge source", "leave", "cycle"]), st.integers(0, 5)),
    st.builds(Change, st.just("edit source"), st.integers(0, 5), st.fixed_dictionaries({"mail": MAILS.filter(bool)})),
    st.builds(Change, st.just("rename"), st.integers(0, 5)),
    st.builds(Change, st.sampled_from(["delete source", "restore source", "toggle member"]), st.integers(0, 5)),
    st.builds(
        Change,
        st.just("edit target"),
        st.integers(0, 5),
        st.dictionaries(st.sampled_from(["displayName", "country", "city"]), TEXTS, min_size=1, max_size=2),
    ),
    st.builds(Change, st.just("edit target"), st.integers(0, 5), _enabled),
    st.builds(Change, st.sampled_from(["delete target", "purge target", "restore target"]), st.integers(0, 5)),
)


@dataclass(frozen=True)
class LinkChange:
    """What the link becomes: groups 0 and 1, people one by one, everybody, rows, filter, threshold, restart."""

    groups: frozenset[int]
    users: frozenset[int]
    everyone: bool
    mappings: Mappings
    filters: ScopingFilter | None
    threshold: int | None
    restarts: tuple[str, ...] = ()


RESTARTS = (
    (),
    (),
    (),
    ("Watermark",),
    ("Escrows", "QuarantineState", "Watermark"),
    ("Full",),
    ("ForceDeletes",),
)

_fields: dict[str, st.SearchStrategy[Any]] = {
    "groups": st.one_of(st.just(frozenset({0, 1})), st.frozensets(st.integers(0, 1))),
    "users": st.one_of(*[st.just(frozenset(range(6)))] * 2, st.frozensets(st.integers(0, 5), max_size=3)),
    "everyone": st.sampled_from([False, False, False, True]),
    "mappings": mappings,
    "filters": st.one_of(*[st.none()] * 4, st.just(ScopingFilter.everybody()), filters),
    "threshold": st.sampled_from([None, None, None, 1]),
}

links = st.builds(LinkChange, **_fields)
"""A link of its own."""


@st.composite
def varied(draw: st.DrawFn, base: LinkChange) -> LinkChange:
    """A link that has most properties of *base*, so that people leave and come back."""
    kept = {name: draw(st.one_of(st.just(getattr(base, name)), strategy)) for name, strategy in _fields.items()}
    return LinkChange(**kept)


@dataclass(frozen=True)
class Scenario:
    """A world, cycles that have run in it with what happened after each, and what the link is changed to then."""

    users: list[JSON]
    members: list[frozenset[int]]
    nested: bool
    guests: list[Guest]
    bosses: bool
    managers: dict[int, int]
    past: list[tuple[LinkChange, list[Change]]]
    future: LinkChange


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """A source of up to six people and a target with accounts of its own; mostly a cycle has run already."""
    users = [draw(source_users(number)) for number in range(draw(st.integers(2, 6)))]
    base = draw(links)
    past = st.tuples(st.one_of(st.just(base), varied(base)), st.lists(changes, max_size=3))
    return Scenario(
        users=users,
        members=[draw(st.frozensets(st.integers(0, len(users) - 1))) for _ in range(3)],
        nested=draw(st.booleans()),
        guests=draw(st.lists(guests, max_size=3)),
        bosses=draw(st.booleans()),
        managers=draw(st.dictionaries(st.integers(0, len(users) - 1), st.integers(0, len(users) - 1), max_size=4)),
        past=draw(st.lists(past, min_size=draw(st.sampled_from([0, 1, 1, 1])), max_size=4)),
        future=replace(draw(varied(base)), restarts=draw(st.sampled_from(RESTARTS))),
    )
