"""The promise: the calls that were sent are the calls that were listed, no more and no fewer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from entra_sync.base.calls import unlisted
from entra_sync.base.preview import differences
from entra_sync.emulator.http.journal import Journal

JSON = Any


class Sent(Protocol):
    """What knows the requests that were sent: the emulator, or what stands before real tenants."""

    @property
    def requests(self) -> Journal:
        """The requests."""
        ...


@contextmanager
def assert_sent(
    emulator: Sent, listed: Sequence[Mapping[str, JSON]], inputs: Mapping[str, JSON] | None = None
) -> Iterator[None]:
    """While it lasts exactly the *listed* calls, which stand in the *inputs*, are sent."""
    start = len(emulator.requests)
    yield

    assert [] == differences(unlisted(listed, inputs), emulator.requests.calls(start))
