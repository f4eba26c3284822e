"""Properties as the engine hands them to policies, turned into plain values, with a mark for unknown ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from pulumi.output import Unknown
from pulumi_policy import proxy
from pulumi_policy.proxy import UnknownValueError

__all__ = ["CannotJudge", "NotKnown", "UnknownValueError", "first_unknown", "plain", "wire"]

JSON = Any

_MARKS = frozenset(value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_"))


class CannotJudge(Exception):
    """Something that a rule cannot read, e.g. in a state of another version; it is reported, not passed over."""

    urn: str | None = None

    def __init__(self, reason: str) -> None:
        super().__init__(f"cannot be judged: {reason}")

    def about(self, urn: str) -> CannotJudge:
        """The same, of a resource of the stack."""
        self.urn = urn
        return self


class NotKnown(Unknown):
    """A value that a preview cannot know. It can be passed on. Reading or printing it ends the rule.

    What it raises is the policy library's own error, which the engine shows as an advisory note with the place.
    """

    def __init__(self, mark: str, path: tuple[str, ...]) -> None:
        self.mark, self.path = mark, path

    def __repr__(self) -> str:
        return "(not known yet)"

    def _end(self, *_: object) -> NoReturn:
        raise UnknownValueError(self.mark, list(self.path))

    __bool__ = __str__ = __format__ = __len__ = __iter__ = __contains__ = __getitem__ = __hash__ = _end
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __rsub__ = _end

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._end()


def plain(value: JSON, path: tuple[str, ...] = ()) -> JSON:
    """A copy of *value* out of the policy library's proxies, with :class:`NotKnown` in the place of what is unknown."""
    if isinstance(value, str):
        return NotKnown(value, path) if value in _MARKS else value
    if isinstance(value, Mapping):
        target = _unwrapped(value)
        return {key: plain(_revealed(item), (*path, str(key))) for key, item in target.items()}
    if isinstance(value, Sequence):
        return [plain(_revealed(item), (*path, str(index))) for index, item in enumerate(_unwrapped(value))]
    return value


def wire(value: JSON) -> JSON:
    """The inverse of :func:`plain`: what is not known is the engine's mark again."""
    if isinstance(value, NotKnown):
        return value.mark
    if isinstance(value, Mapping):
        return {key: wire(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [wire(item) for item in value]
    return value


def first_unknown(value: JSON) -> NotKnown | None:
    """Something in *value* that is not known, if there is anything."""
    if isinstance(value, NotKnown):
        return value
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return next((found for part in parts if (found := first_unknown(part)) is not None), None)


def _unwrapped(value: JSON) -> JSON:
    """What a proxy of the policy library guards."""
    return value["__target"] if type(value).__module__.startswith("pulumi_policy.") else value


def _revealed(value: JSON) -> JSON:
    """A secret's value; policies see secrets in clear."""
    from pulumi_policy.secret import Secret

    return value.value if isinstance(value, Secret) else value
