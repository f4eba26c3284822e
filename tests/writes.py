"""The promise: the calls that were sent are the calls that were listed, no more and no fewer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from entra_sync.calls import unlisted
from entra_sync.emulator import Emulator
from entra_sync.preview import differences

JSON = Any


def calls_since(emulator: Emulator, start: int) -> list[tuple[str, str, JSON]]:
    """Method, path and body of the calls that the emulator carried out since its request number *start*.

    Reads and sign-ins are no calls; of a JSON batch each item is one.
    """
    return [
        (each.method, each.path, each.body)
        for each in emulator.requests[start:]
        if each.method not in {"GET", "HEAD"}
        and each.path.startswith(("/v1.0/", "/beta/"))
        and not each.path.endswith("/$batch")
        and 0 < each.status < 400
    ]


@contextmanager
def assert_sent(emulator: Emulator, listed: Sequence[Mapping[str, JSON]]) -> Iterator[None]:
    """While it lasts exactly the *listed* calls are sent to the emulator."""
    start = len(emulator.requests)
    yield

    assert [] == differences(unlisted(listed), calls_since(emulator, start))
