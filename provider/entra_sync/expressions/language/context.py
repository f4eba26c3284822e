"""What an evaluation needs in addition to the attributes: time, randomness, and what the target already holds."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["Context"]


def _nothing_is_taken(value: str) -> bool:
    return False


@dataclass(frozen=True)
class Context:
    """Handed in, so that equal inputs give equal results.

    Attributes:
        now: The instant that Now() gives; it has to know its zone.
        random: Source of RandomString.
        new_guid: Source of Guid(), in lower case with dashes.
        taken: Whether a value exists at the target already, for SelectUniqueValue.
    """

    now: datetime
    random: random.Random
    new_guid: Callable[[], str]
    taken: Callable[[str], bool] = _nothing_is_taken

    @classmethod
    def live(cls, taken: Callable[[str], bool] = _nothing_is_taken) -> Context:
        """The present time and unpredictable randomness."""
        return cls(datetime.now(UTC), random.SystemRandom(), lambda: str(uuid.uuid4()), taken)

    @classmethod
    def fixed(
        cls,
        now: datetime = datetime(2025, 1, 1, tzinfo=UTC),
        seed: int = 0,
        taken: Callable[[str], bool] = _nothing_is_taken,
    ) -> Context:
        """The same time and the same randomness at every call."""
        source = random.Random(seed)
        return cls(now, source, lambda: str(uuid.UUID(int=source.getrandbits(128), version=4)), taken)
