"""Random tenants, links and changes that meet every rule of the cycle; a scenario is a function of its seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import cycle
from random import Random
from typing import Any

from entra_sync.expressions import AttributeMapping, Clause, FilterGroup, Mappings, ScopingFilter, any_of, clause
from entra_sync.expressions.schema.mapping import NEVER

JSON = Any

__all__ = ["EVENTS", "Change", "Guest", "LinkChange", "Scenario", "change", "link", "scenario", "simplest"]

PEOPLE = 6
"""Users of the source."""

TEXTS = (
    *(
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
    ),
    "x" * 30,
)
MAILS = (
    *("a.kim@contoso.com", "A.Kim@contoso.com", "b@contoso.com", "c@contoso.com"),
    *("boss@federal.us", "team@federal.us", "no address", ""),
)
TEXT_ATTRIBUTES = ("displayName", "givenName", "surname", "country", "city", "department", "jobTitle", "mailNickname")


def source_user(random: Random, number: int) -> JSON:
    """A user of the source as a document; the principal name tells users apart."""
    alias = random.choice(["p", "o'neil", "a_b", "Åsa"])
    doc: dict[str, JSON] = {
        "userPrincipalName": f"{alias}{number}@contoso.onmicrosoft.com",
        "displayName": random.choice(TEXTS[1:]),
        "userType": "Guest" if random.random() < 0.05 else "Member",
        "accountEnabled": random.random() > 0.08,
        "_netId": f"{number:016X}",
        "mail": random.choice([*[f"p{number}@contoso.com"] * 5, None, random.choice(MAILS)]),
        "mobilePhone": random.choice([None, *TEXTS]),
    }
    doc |= {name: random.choice([None, *TEXTS]) for name in TEXT_ATTRIBUTES if name != "displayName"}
    doc["proxyAddresses"] = random.choices(["SMTP:x@contoso.com", "smtp:Y@contoso.com", ""], k=random.randrange(3))
    if random.random() < 0.05:
        doc |= {"creationType": "Invitation", "externalUserState": "Accepted", "_alternativeSecurityIds": "5::9"}
    return {name: value for name, value in doc.items() if value is not None}


@dataclass(frozen=True)
class Guest:
    """An account in the target before the link.

    Attributes:
        person: Number of the user of the source whose account it is; None for a user of a third tenant.
        mail: Its address; None for that of the person.
        kind: ``redeemed``; ``pending``: invited and not redeemed; ``converted``: an internal account of the target that
            was invited afterwards, so that its name does not show where its identity comes from.
        deleted: It is soft-deleted.
        attributes: Values that differ from those of the person.
    """

    person: int | None
    mail: str | None
    kind: str
    deleted: bool
    attributes: dict[str, str] = field(default_factory=dict)


def guest(random: Random) -> Guest:
    """An account that is there before the link."""
    names = random.sample(["displayName", "country", "city", "jobTitle"], k=random.randrange(4))
    return Guest(
        person=random.choice([None, *range(PEOPLE), *range(PEOPLE)]),
        mail=random.choice([None, None, None, random.choice(MAILS)]),
        kind=random.choices(["redeemed", "pending", "converted"], weights=[3, 2, 1])[0],
        deleted=random.random() < 0.2,
        attributes={name: random.choice(TEXTS) for name in names},
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
    'Coalesce([jobTitle], [department], "none")',
    "[proxyAddresses]",
    "NormalizeDiacritics([displayName])",
    'Mid([surname], "2", "3")',
    "[IsSoftDeleted]",
    "Not([accountEnabled])",
    'IIF(Not([accountEnabled]), "blocked", ToLower([mailNickname]))',
    'Replace(Append([givenName], [surname]), "a", , , "", , )',
    'Coalesce(Item(Split([city], " "), 1), Left([displayName], "3"))',
    '"fixed"',
    '""',
    "CDate([city])",
    *(f"[{name}]" for name in (*TEXT_ATTRIBUTES, "mail", "userPrincipalName", "mobile")),
)
PLAIN_TARGETS = (
    "displayName",
    "givenName",
    "surname",
    "country",
    "city",
    "department",
    "mobile",
    "extensionAttribute3",
)


def row(random: Random) -> AttributeMapping:
    """One edit of the mappings."""
    kind = random.randrange(12)
    if kind == 0:
        return AttributeMapping(
            target="mail", source=random.choice(["[mail]", "ToLower([mail])", '"shared@contoso.com"'])
        )
    if kind == 1:
        source = random.choice(
            ["[userPrincipalName]", 'Replace([userPrincipalName], "p", , , "q", , )', "[mailNickname]"]
        )
        return AttributeMapping(target="userPrincipalName", source=source)
    if kind == 2:
        source = random.choice(["[accountEnabled]", '"true"', 'IIF([country]="US", "False", "True")', "[country]"])
        return AttributeMapping(target="accountEnabled", source=source)
    if kind == 3:
        source = random.choice(['"Member"', '"Member"', '"Guest"', '"Guest"', "[displayName]"])
        return AttributeMapping(target="userType", source=source, apply=random.choice(["always", "onCreate"]))
    if kind == 4:
        return AttributeMapping(target=random.choice(PLAIN_TARGETS), apply=NEVER)
    return AttributeMapping(
        target=random.choice(PLAIN_TARGETS),
        source=random.choice([None, *[random.choice(EXPRESSIONS)] * 4]),
        apply=random.choice(["always", "always", "onCreate", "attributeAddOnly"]),
        default=random.choice([None, None, "default", ""]),
    )


def mappings(random: Random) -> Mappings:
    """Up to three edits."""
    found = {each.target: each for each in (row(random) for _ in range(random.choice([0, 0, 1, 2, 3])))}
    return Mappings(tuple(found.values()))


def _clause(random: Random) -> Clause:
    """One condition on a user."""
    about = clause(random.choice(["country", "department", "displayName", "mobile"]))
    makers: list[Callable[[], Clause]] = [
        lambda: about.equals("US"),
        lambda: about.not_equals("DE"),
        about.is_null,
        about.is_not_null,
        lambda: about.matches("^[A-Z]"),
        lambda: about.not_matches("a"),
        lambda: about.includes("a"),
        lambda: about.ends_with("S"),
        lambda: about.greater_than(5),
        clause("accountEnabled").is_true,
    ]
    return random.choice(makers)()


def filters(random: Random) -> ScopingFilter | None:
    """Usually none, or one that lets everyone pass."""
    if random.random() < 0.8:
        return random.choice([None, ScopingFilter.everybody()])
    groups = [
        FilterGroup(clauses=tuple(_clause(random) for _ in range(random.randint(1, 2))))
        for _ in range(random.randint(1, 2))
    ]
    return any_of(*groups)


@dataclass(frozen=True)
class Change:
    """Something that happens in a tenant between two cycles: what, to which user (by number), and a value."""

    what: str
    number: int
    value: JSON = None


def _of_source(random: Random) -> JSON:
    names = random.sample([*TEXT_ATTRIBUTES, "mobilePhone"], k=random.randint(1, 3))
    return {name: random.choice(TEXTS) for name in names}


def _of_target(random: Random) -> JSON:
    names = random.sample(["displayName", "country", "city"], k=random.randint(1, 2))
    return {name: random.choice(TEXTS) for name in names}


def _mail(random: Random) -> JSON:
    return {"mail": random.choice(MAILS[:-1])}


def _setting(random: Random) -> JSON:
    return random.choice(SETTINGS)


def _nothing(random: Random) -> JSON:
    return None


SETTINGS = ("synchronization", "invitations", "consent of the source", "consent of the target")
"""What an administrator of one of the tenants may forbid."""

EVENTS: dict[str, tuple[int, Callable[[Random], JSON]]] = {
    "edit source": (8, _of_source),
    "change mail": (3, _mail),
    "block source": (6, _nothing),
    "unblock source": (2, _nothing),
    "rename": (2, _nothing),
    "delete source": (3, _nothing),
    "restore source": (4, _nothing),
    "purge source": (2, _nothing),
    "leave": (8, _nothing),
    "come back": (10, _nothing),
    "leave for a cycle": (4, _nothing),
    "edit target": (2, _of_target),
    "block target": (2, _nothing),
    "unblock target": (3, _nothing),
    "delete target": (2, _nothing),
    "restore target": (3, _nothing),
    "purge target": (2, _nothing),
    "redeem": (3, _nothing),
    "cycle": (2, _nothing),
    "pause": (1, _nothing),
    "a month passes": (1, _nothing),
    "forbid": (1, _setting),
}
"""Everything that can happen between two cycles: how often, and the value that it takes."""


HANDS = 4
"""Scenarios in a row to which the deck of all events is dealt, so that none of them is rare by chance."""


def _dealt(seed: int) -> Iterator[str]:
    """What happens in a scenario, in order: its hand of the deck, in which each event is as often as its weight."""
    block, place = divmod(seed, HANDS)
    deck = [what for what, (often, _) in EVENTS.items() for _ in range(often)]
    Random(f"deck {block}").shuffle(deck)
    return cycle(deck[place::HANDS])


def change(random: Random, what: str) -> Change:
    """Something that happens."""
    return Change(what, random.randrange(PEOPLE), EVENTS[what][1](random))


@dataclass(frozen=True)
class LinkChange:
    """What the link becomes: groups 0 and 1, people one by one, all users, rows, filter, threshold, restart."""

    groups: frozenset[int]
    users: frozenset[int]
    everyone: bool
    mappings: Mappings
    filters: ScopingFilter | None
    threshold: int | None
    restarts: tuple[str, ...] = ()


RESTARTS = (("Watermark",), ("Escrows", "QuarantineState", "Watermark"), ("Full",), ("ForceDeletes",))

_FIELDS: dict[str, Callable[[Random], Any]] = {
    "groups": lambda random: frozenset(random.choice([(0, 1), (0, 1), (0, 1), (0,), (0,), (1,), ()])),
    "users": lambda random: frozenset(random.sample(range(PEOPLE), k=random.randrange(4))),
    "everyone": lambda random: random.random() < 0.1,
    "mappings": mappings,
    "filters": filters,
    "threshold": lambda random: random.choice([None, None, None, 1]),
}


def link(random: Random) -> LinkChange:
    """A link of its own."""
    return LinkChange(**{name: drawn(random) for name, drawn in _FIELDS.items()})


def _varied(random: Random, base: LinkChange) -> LinkChange:
    """The link *base*, sometimes with one or two properties changed, sometimes restarted."""
    names = random.sample(sorted(_FIELDS), k=random.choice([0, 0, 0, 1, 2]))
    restarts = random.choice(RESTARTS) if random.random() < 0.25 else ()
    return replace(base, restarts=restarts, **{name: _FIELDS[name](random) for name in names})


@dataclass(frozen=True)
class Scenario:
    """A world, cycles that have run in it with what happened after each, and what the link is changed to then.

    ``ids``: what object ids are drawn from, which are the order of turns in a cycle.
    """

    users: list[JSON]
    members: list[frozenset[int]]
    nested: bool
    guests: list[Guest]
    bosses: bool
    managers: dict[int, int]
    past: list[tuple[LinkChange, list[Change]]]
    future: LinkChange
    ids: int = 0


def scenario(seed: int) -> Scenario:
    """A source of six users and a target with accounts of its own; usually several cycles have run already."""
    random = Random(seed)
    base, events = link(random), _dealt(seed)
    cycles = random.choice([0, 2, 2, 3, 3, 3, 4, 4, 5, 5])
    members = [frozenset(random.sample(range(PEOPLE), k=random.randint(least, PEOPLE))) for least in (4, 1, 0)]
    return Scenario(
        users=[source_user(random, number) for number in range(PEOPLE)],
        members=members,
        nested=random.random() < 0.5,
        guests=[guest(random) for _ in range(random.choice([0, 1, 2, 3]))],
        bosses=random.random() < 0.5,
        managers={random.randrange(PEOPLE): random.randrange(PEOPLE) for _ in range(random.randrange(4))},
        past=[
            (_varied(random, base), [change(random, next(events)) for _ in range(random.randint(2, 8))])
            for _ in range(cycles)
        ],
        future=_varied(random, base),
        ids=seed,
    )


def simplest(found: Scenario, fails: Callable[[Scenario], bool], tries: int = 40) -> Scenario:
    """A scenario as small as it gets by leaving out one thing at a time, for as long as it *fails*."""
    smaller = True
    while smaller and tries > 0:
        smaller = False
        for candidate in _smaller(found):
            tries -= 1
            if fails(candidate):
                found, smaller = candidate, True
                break
            if tries <= 0:
                break
    return found


def _smaller(found: Scenario) -> Iterator[Scenario]:
    for place in range(len(found.past)):
        yield replace(found, past=[*found.past[:place], *found.past[place + 1 :]])
    for place, (state, happened) in enumerate(found.past):
        for at in range(len(happened)):
            shorter = [*happened[:at], *happened[at + 1 :]]
            yield replace(found, past=[*found.past[:place], (state, shorter), *found.past[place + 1 :]])
    for at in range(len(found.guests)):
        yield replace(found, guests=[*found.guests[:at], *found.guests[at + 1 :]])
    if found.managers:
        yield replace(found, managers={})
    if found.bosses:
        yield replace(found, bosses=False)
    if found.future.mappings.root:
        yield replace(found, future=replace(found.future, mappings=Mappings(())))
    if found.future.filters is not None:
        yield replace(found, future=replace(found.future, filters=None))
