"""People of sample tenants: any number, realistic enough to filter and map, the same ones for the same seed.

Documents are put together from pieces of JSON that were encoded once, because a sample can have a million people.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from typing import Any

import orjson

from entra_sync.emulator.state.catalog.entities import plain_answer
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.directory import security_identifier
from entra_sync.emulator.state.spelling import PENDING, external_alias, guid
from entra_sync.emulator.state.store import Document, Row
from entra_sync.emulator.state.tenants import Tenant

__all__ = ["add_people", "plain"]

_TYPES = ("Employee", "Contractor", "Intern", None)
_TYPE_WEIGHTS = (80, 12, 3, 5)
_GUESTS = 0.04
_DISABLED = 0.03
_WITH_MOBILE_PHONE = 0.6
_TRANSLATION = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "\u0131": "i", "ß": "ss", "æ": "ae", "'": ""})
_WORDS: dict[str, Any] = orjson.loads((files(__package__) / "samples.json").read_bytes())


def plain(text: str) -> str:
    """Letters and digits of a name, as addresses have them."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_TRANSLATION))
    return "".join(ch for ch in decomposed if ch.isascii() and ch.isalnum()).lower()


def add_people(tenant: Tenant, count: int, *, seed: int, company: str, domain: str) -> dict[str, list[str]]:
    """Add people to a tenant. Returns ids of internal people by department, in order of id."""
    by_department: dict[str, list[str]] = {name: [] for name in _WORDS["departments"]}
    rows = _rows(tenant, count, random.Random(f"{seed}/{tenant.name}/people"), company, domain, by_department)
    tenant.store.put_many(tenant.tenant_id, "user", rows, now=tenant.clock.now().timestamp())
    return by_department


def _rows(
    tenant: Tenant, count: int, draw: random.Random, company: str, domain: str, by_department: dict[str, list[str]]
) -> Iterator[Row]:
    now = tenant.clock.now()
    created = iso(now)
    unattended = [
        _piece({"lastNonInteractiveSignInDateTime": iso(now - timedelta(hours=5 * step))}) for step in range(1, 100)
    ]
    signed_in = [_piece({"lastSignInDateTime": iso(now - timedelta(hours=7 * step))}) for step in range(1, 100)]
    aliases = {name: plain(name) for name in {*_WORDS["givenNames"], *_WORDS["surnames"]}}
    titles = {
        name: [
            (_piece({"department": name, "jobTitle": title, "companyName": company}), _value(title))
            for title in known["titles"]
        ]
        for name, known in _WORDS["departments"].items()
    }
    kinds = {kind: f",{_piece({'employeeType': kind})}" if kind else "" for kind in _TYPES}
    taken: dict[str, int] = {}
    drawn = _drawn(draw, count)
    for number, (id, given, surname, department, (place, language), kind, street, chance) in enumerate(drawn, 1):
        alias = f"{aliases[given]}.{aliases[surname]}"
        again = taken.get(alias, 0)
        taken[alias] = again + 1
        if again:
            alias = f"{alias}{again + 1}"
        address = f"{alias}@{domain}"
        disabled = _GUESTS <= chance < _GUESTS + _DISABLED
        mobile = f'"+1 206 555 {number % 10000:04}"' if chance < _WITH_MOBILE_PHONE else "null"
        mobile_phone = f'"mobilePhone":{mobile},' if chance < _WITH_MOBILE_PHONE else ""
        phone, office = f"+1 425 555 {number % 10000:04}", f"{1 + number % 40}/{1000 + number % 900}"
        work, title = titles[department][number % len(titles[department])]
        document = (
            f'{{"id":"{id}","accountEnabled":{"false" if disabled else "true"},"displayName":"{given} {surname}",'
            f'"givenName":"{given}","surname":"{surname}","userPrincipalName":"{address}","mail":"{address}",'
            f'"mailNickname":"{alias}","proxyAddresses":["SMTP:{address}"],"userType":"Member",'
            f'"createdDateTime":"{created}","securityIdentifier":"{security_identifier(id)}",'
            f'{work},{place},"streetAddress":"{1 + number % 198} {street}","officeLocation":"{office}",'
            f'{mobile_phone}"businessPhones":["{phone}"],"employeeId":"{100000 + number}"{kinds[kind]},'
            f'"signInActivity":{{{signed_in[number % len(signed_in)]},"lastSignInRequestId":"{id}",'
            f'{unattended[number % len(unattended)]},"lastNonInteractiveSignInRequestId":"{id}"}},'
            f'"_netId":"1003{number:012X}"}}'
        )
        if chance < _GUESTS:
            guest = _as_guest(orjson.loads(document), tenant, alias, number)
            names = {"userPrincipalName": guest["userPrincipalName"], "address": guest["mail"]}
            yield id, orjson.dumps(guest).decode(), plain_answer("user", guest), names
        else:
            by_department[department].append(id)
            answer = (
                f'"id":"{id}","businessPhones":["{phone}"],"displayName":"{given} {surname}","givenName":"{given}",'
                f'"jobTitle":{title},"mail":"{address}","mobilePhone":{mobile},"officeLocation":"{office}",'
                f'"preferredLanguage":{language},"surname":"{surname}","userPrincipalName":"{address}"}}'
            )
            yield id, document, answer.encode(), {"userPrincipalName": address, "address": address}


def _drawn(draw: random.Random, count: int) -> Iterator[tuple[str, str, str, str, tuple[str, str], Any, str, float]]:
    """What chance decides of each person, in order of id.

    Id, given name, surname, department, place and language, type of employee, street, and a number from 0 to 1.
    """
    departments = _WORDS["departments"]
    return zip(
        sorted(guid(draw.getrandbits(128)) for _ in range(count)),
        draw.choices(_WORDS["givenNames"], k=count),
        draw.choices(_WORDS["surnames"], k=count),
        draw.choices(list(departments), [known["weight"] for known in departments.values()], k=count),
        draw.choices([(_place(city), _value(city["language"])) for city in _WORDS["cities"]], k=count),
        draw.choices(_TYPES, _TYPE_WEIGHTS, k=count),
        draw.choices(_WORDS["streets"], k=count),
        (draw.random() for _ in range(count)),
        strict=True,
    )


def _piece(part: Document) -> str:
    """Properties as they stand inside a JSON object."""
    return orjson.dumps(part).decode()[1:-1]


def _value(value: Any) -> str:
    """A value as it stands in JSON."""
    return orjson.dumps(value).decode()


def _place(city: Document) -> str:
    place = {
        "city": city["city"],
        "state": city["state"],
        "country": city["country"],
        "postalCode": city["postalCode"],
        "preferredLanguage": city["language"],
        "usageLocation": city["country"],
    }
    return _piece({name: value for name, value in place.items() if value is not None})


def _as_guest(doc: Document, tenant: Tenant, alias: str, number: int) -> Document:
    """A user as an external worker from another company."""
    home = ("fabrikam.com", "adatum.com", "woodgrove.com")[number % 3]
    accepted = number % 4 != 0
    for name in ("employeeId", "employeeType", "officeLocation", "companyName"):
        doc.pop(name, None)
    address = f"{alias}@{home}"
    here = external_alias(address)
    doc.update(
        mail=address,
        proxyAddresses=[f"SMTP:{address}"],
        otherMails=[address],
        userPrincipalName=f"{here}@{tenant.domain}",
        mailNickname=here,
        userType="Guest",
        creationType="Invitation",
        externalUserState="Accepted" if accepted else PENDING,
    )
    if accepted:
        doc["_alternativeSecurityIds"] = f"5::9{doc['_netId'][1:]}"
    return doc
