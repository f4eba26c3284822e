"""Checks that a success of Microsoft Graph is the JSON object that was asked for, before anyone reads it.

Proxies, gateways and broken connections answer 200 with an HTML page, with half an object, or with nothing. Taken at
its word, such an answer would mean that a list is empty or that an object is gone.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from entra_sync.graph.requests import Request

__all__ = ["ATTEMPTS", "LONGEST_WAIT", "Unusable", "checked", "decoded", "error_body", "pause_before", "whole"]

JSON = Any

ATTEMPTS = 6
"""How often a throttled or failed request is sent in all."""

LONGEST_WAIT = 300.0
"""Seconds that a Retry-After may ask for before we rather report it."""

SHORTEST_WAIT = 0.1
"""Seconds that are waited for a ``Retry-After`` that is over already."""

ENDLESS = 1e9
"""Seconds that stand for every longer wait."""


class Unusable(Exception):
    """A success whose body is not what was asked for; the text says what it is instead."""


def decoded(request: Request, content: bytes, content_type: str) -> JSON:
    """The body of a success.

    Raises:
        Unusable: It is not JSON, not complete, or not the object that *request* asks for.
    """
    if content and "json" not in content_type:
        raise Unusable(f"it is {content_type or 'of no declared type'}, not JSON")
    try:
        body = orjson.loads(content) if content else None
    except orjson.JSONDecodeError:
        raise Unusable(f"its JSON is damaged or cut off after {len(content)} bytes") from None
    return checked(request, body)


def checked(request: Request, body: JSON) -> JSON:
    """*body*, if it is the kind of object that *request* asks for. A GET asks for one; a write may answer nothing.

    Raises:
        Unusable: It is not.
    """
    if body is None and request.method != "GET" and not request.expects:
        return None
    if not isinstance(body, Mapping):
        raise Unusable("it is empty" if not body else f"it is a {_NAMES.get(type(body), 'value')}, not an object")
    if request.method == "GET" and not body:
        raise Unusable("it is an object without properties")
    if request.expects and not isinstance(body.get(request.expects), list):
        raise Unusable(f'it has no list "{request.expects}"')
    return body


def whole(content: bytes) -> bytes:
    """The *content* of an answer that its reader decodes: a JSON object from its first to its last brace.

    Raises:
        Unusable: It is not.
    """
    trimmed = content.strip()
    if not (trimmed.startswith(b"{") and trimmed.endswith(b"}")):
        raise Unusable(f"it is not a whole JSON object ({len(content)} bytes)")
    return content


def error_body(content: bytes) -> JSON:
    """The body of an error: JSON if it is, else its text."""
    try:
        return orjson.loads(content) if content else None
    except orjson.JSONDecodeError:
        return content.decode(errors="replace")


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Returns the seconds that ``Retry-After`` asks for, as a number or as a date.

    None if there is none, or if it is neither (RFC 9110, "Retry-After").
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return min(max(float(text), SHORTEST_WAIT), ENDLESS)
    try:
        due = parsedate_to_datetime(text)
        now = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        return min(max((due - now).total_seconds(), SHORTEST_WAIT), ENDLESS)
    except (ValueError, TypeError, OverflowError):
        return None


def pause_before(attempt: int, headers: Mapping[str, str]) -> float:
    """Returns the seconds to wait before the next attempt; the first attempt has the number 0.

    They are what ``Retry-After`` asks for, or grow exponentially with jitter ("Microsoft Graph throttling guidance").
    """
    asked = asked_wait(headers)
    return float(2**attempt) * random.uniform(0.5, 1.0) if asked is None else asked


_NAMES = {list: "list", str: "text", bool: "boolean", int: "number", float: "number"}
