"""What a preview says: the Graph calls that each step of `pulumi preview --json` will send."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from entra_sync.base.calls import GraphCall, unlisted
from entra_sync.base.kinds import kind_of_urn, name_of_urn, titled
from entra_sync.base.values.unknown import is_unknown
from entra_sync.errors.visible import visible_lines

__all__ = ["UNKNOWN_TEXT", "Step", "differences", "failures", "known", "planned_steps", "reason"]

JSON = Any
UNKNOWN_TEXT: str = UNKNOWN
"""What the engine writes for a value that a preview does not know."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a preview that touches a resource of this provider.

    Attributes:
        operation: The engine's word: create, update, delete, create-replacement, delete-replaced.
        kind: Type of the resource, e.g. ``SynchronizationJob``.
        name: Name of the resource in the program.
        calls: What `up` will send for it, in order.
        pending: Arguments that are not known in preview. Then neither are the calls.
    """

    operation: str
    kind: str
    name: str
    calls: tuple[GraphCall, ...]
    pending: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Type and name as messages have them."""
        return f"entra:{self.kind} {self.name}"


def planned_steps(preview: Mapping[str, JSON]) -> list[Step]:
    """The steps of a preview that send something, in the engine's order.

    Args:
        preview: The object that ``pulumi preview --json`` (or ``pulumi destroy --preview-only --json``) prints.
    """
    steps = preview.get("steps") or []
    deleted = {step["urn"] for step in steps if step["op"] in {"delete", "delete-replaced"}}
    planned = []
    for step in steps:
        calls: tuple[GraphCall, ...]
        pending: tuple[str, ...] = ()
        if step["op"] in {"create", "update", "create-replacement"}:
            inputs = (step.get("newState") or {}).get("inputs") or {}
            pending = tuple(inputs.get("pending") or ())
            calls = () if pending else _calls(step.get("newState"), "graphCalls", "inputs")
        elif step["op"] in {"delete", "delete-replaced"}:
            old = step.get("oldState") or {}
            calls = () if old.get("deletedWith") in deleted else _calls(old, "deleteCalls", "outputs")
        else:
            continue
        kind = kind_of_urn(step["urn"])
        if kind is not None and (calls or pending):
            planned.append(Step(step["op"], kind, name_of_urn(step["urn"]), calls, pending))
    return planned


def _calls(state: Mapping[str, JSON] | None, key: str, known: str) -> tuple[GraphCall, ...]:
    """The calls in a state's inputs, with the ids that its *known* properties have filled in."""
    state = state or {}
    values = state.get(known) or {}

    def fill(match: re.Match[str]) -> str:
        value = values.get(match[1])
        return value if isinstance(value, str) and not _is_unknown_text(value) else match[0]

    inputs = state.get("inputs") or {}
    calls = unlisted(inputs.get(key) or [], inputs)
    return tuple(replace(call, path=re.sub(r"\{(\w+)\}", fill, call.path)) for call in calls)


def failures(preview: Mapping[str, JSON]) -> list[str]:
    """The errors in the output of `pulumi preview --json`, each once.

    Raises:
        KeyError: It is not such an output.
    """
    if "steps" not in preview and "diagnostics" not in preview:
        raise KeyError("steps")
    said = [each["message"] for each in preview.get("diagnostics") or () if each["severity"] == "error"]
    return list(dict.fromkeys(filter(None, map(reason, said))))


def reason(message: str) -> str:
    """An error without the engine's own words: resource and reason, which begins with the property."""
    text = visible_lines(titled(message.strip()))
    before, found, why = text.partition(" has a problem: ")
    return f"{before}: {why}" if found else text


def known(value: JSON) -> JSON:
    """*value* with None in place of what a preview does not know."""
    if isinstance(value, Mapping):
        return {key: known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [known(item) for item in value]
    return None if is_unknown(value) or _is_unknown_text(value) else value


def differences(
    listed: Sequence[GraphCall],
    sent: Sequence[tuple[str, str, JSON]],
    words: tuple[str, str] = ("listed but not sent", "sent but not listed"),
) -> list[str]:
    """What was listed and not sent, or sent and not listed; empty if the promise was kept.

    Args:
        listed: The calls of a preview.
        sent: Method, path with version and body of the writes that a Graph carried out, or is to carry out.
        words: What is said of a call that is only among the first, and only among the second.
    """
    missing = list(listed)
    surplus = []
    for method, path, body in sent:
        match = next((call for call in missing if _matches(call, method, path, body)), None)
        if match is None:
            surplus.append(f"{words[1]}: {method} {path} {body}")
        else:
            missing.remove(match)
    return [*(f"{words[0]}: {call.method} {call.path} {call.body}" for call in missing), *surplus]


def _matches(call: GraphCall, method: str, path: str, body: JSON) -> bool:
    pattern = re.sub(r"\\\{[\w.\\]+\\\}", r"[^/]+", re.escape(call.path))
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
    return bool(value == UNKNOWN_TEXT)
