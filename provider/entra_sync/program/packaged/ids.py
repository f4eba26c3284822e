"""Ids that `pulumi import` takes: the form of a kind's id, and what may stand in each place of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from entra_sync.errors import EntraSyncError

__all__ = ["Place", "parts_of", "with_parts"]


class Place(StrEnum):
    """A place in the form of an id, as messages and the documentation show it."""

    TENANT = "<tenant id>"
    SOURCE = "<source tenant id>"
    PARTNER = "<partner's tenant id>"
    OBJECT = "<object id>"
    PRINCIPALS = "<object ids of all principals, separated by commas>"
    JOB = "<job id>"
    PRINCIPAL_KIND = "<groups or users>"
    ENDPOINT = "<endpoint>"
    ATTRIBUTE = "<target attribute>"


_GUIDS = frozenset({Place.TENANT, Place.SOURCE, Place.PARTNER, Place.OBJECT, Place.PRINCIPALS})
_PLACE = re.compile(r"(<[^>]+>)")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_JOB = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
"""A template's name, and GUIDs that a dot separates. Graph's pages show no other form."""


def parts_of(id: str, kind: str, form: str) -> tuple[str, ...]:
    """What *id* has in the places of *form*. GUIDs are in lower case, as the state has them.

    Raises:
        EntraSyncError: The id has another form.
    """
    texts = map(re.escape, _PLACE.split(form)[::2])
    found = re.fullmatch("([^/]+)".join(texts), id)
    if found is None:
        raise EntraSyncError(f'"{id}" is not the id of a {kind}, which has the form {form}')
    places = map(Place, _PLACE.findall(form))
    return tuple(_checked(id, kind, place, text) for place, text in zip(places, found.groups(), strict=True))


def with_parts(form: str, parts: Sequence[str]) -> str:
    """The id of this form with *parts* in its places."""
    values = iter(parts)
    return _PLACE.sub(lambda _: next(values), form)


def _checked(id: str, kind: str, place: Place, text: str) -> str:
    if place in _GUIDS:
        guids = text.lower().split(",") if place is Place.PRINCIPALS else [text.lower()]
        wrong = [each for each in guids if not _GUID.fullmatch(each)]
        if wrong:
            raise EntraSyncError(
                f'"{id}" is not the id of a {kind}: "{wrong[0]}" stands in the place of {place}, and is not a GUID '
                "such as 00000000-1111-2222-3333-444444444444"
            )
        return ",".join(guids)
    if not text.isprintable() or text != text.strip() or (place is Place.JOB and not _JOB.fullmatch(text)):
        raise EntraSyncError(f'"{id}" is not the id of a {kind}: "{text}" stands in the place of {place}')
    return text
