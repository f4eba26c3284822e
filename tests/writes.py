"""The promise: the writes that were sent are the writes that were listed, no more and no fewer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from entra_sync.calls import GraphCall, unlisted
from entra_sync.emulator import Emulator

JSON = Any


def differences(listed: Sequence[GraphCall], sent: Sequence[tuple[str, str, JSON]]) -> list[str]:
    """What was listed and not sent, or sent and not listed; empty if the promise was kept.

    Args:
        listed: The calls of a preview.
        sent: Method, path with version and body of the writes that a Graph carried out.
    """
    missing = list(listed)
    surplus = []
    for method, path, body in sent:
        match = next((call for call in missing if _matches(call, method, path, body)), None)
        if match is None:
            surplus.append(f"sent but not listed: {method} {path} {body}")
        else:
            missing.remove(match)
    return [*(f"listed but not sent: {call.method} {call.path} {call.body}" for call in missing), *surplus]


@contextmanager
def assert_sent(emulator: Emulator, listed: Sequence[Mapping[str, JSON]]) -> Iterator[None]:
    """While it lasts exactly the *listed* writes are sent to the emulator."""
    before = len(emulator.requests.writes)
    yield
    sent = [(each.method, each.path, each.body) for each in emulator.requests.writes[before:] if each.status < 400]

    assert differences(unlisted(listed), sent) == []


def _matches(call: GraphCall, method: str, path: str, body: JSON) -> bool:
    pattern = re.sub(r"\\\{[\w.]+\\\}", r"[^/]+", re.escape(call.path))
    if call.method != method or not re.fullmatch(pattern, path):
        return False
    return bool(call.merges) or _covers(call.body, body)


def _covers(listed: JSON, sent: JSON) -> bool:
    """Whether *sent* is *listed* with its placeholders filled in."""
    if isinstance(listed, Mapping):
        if len(listed) == 1 and ("$ref" in listed or "$secret" in listed):
            return True
        return (
            isinstance(sent, Mapping)
            and listed.keys() == sent.keys()
            and all(_covers(listed[k], sent[k]) for k in listed)
        )
    if isinstance(listed, (list, tuple)):
        return isinstance(sent, list) and len(listed) == len(sent) and all(map(_covers, listed, sent))
    return listed == sent or _is_unknown_text(listed)


def _is_unknown_text(value: JSON) -> bool:
    """Whether *value* is the engine's text for what a preview does not know, in JSON output."""
    return value == "04da6b54-80e4-46f7-96ec-b56ff0331ba9" or value == "[unknown]"
