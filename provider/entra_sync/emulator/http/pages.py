"""Pages that were read, for as long as they would be answered the same."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from entra_sync.emulator.state.store import Links, Span, Store
from entra_sync.microsoft.assumptions import Facts

__all__ = ["Page", "Pages"]


@dataclass(slots=True)
class Page:
    """A page as it was answered, the store's version at which it was right, and what it depends on if not on all."""

    content: bytes
    version: int
    span: Span | Links | None


class Pages:
    """Pages as they were answered; the newest ones, up to a number of bytes.

    Every write, of any tenant, moves the store's version, so none can be missed. After a write, a page that shows
    nothing but the objects of a span is still right if none of them was written. A replica that is behind keeps none.
    """

    def __init__(self, most: int = 64 << 20) -> None:
        self.most = most
        self.held: dict[Hashable, Page] = {}
        self.size = 0
        self._facts: Facts | None = None
        self._version = -1

    def get(self, key: Hashable, store: Store) -> bytes | None:
        """The page that was answered to the same request and is still right, or None."""
        if store.facts is not self._facts:
            self.clear()
            self._facts = store.facts
        self._version = store.version
        page = self.held.get(key)
        if page is None or store.horizon is not None:
            return None
        if page.version != store.version:
            if page.span is None or store.touched(page.span, page.version):
                self._forget(key)
                return None
            page.version = store.version
        return page.content

    def keep(self, key: Hashable, store: Store, content: bytes, span: Span | Links | None = None) -> None:
        """Note a page that was read at the version that ``get`` saw, and the span whose objects are all it shows."""
        if store.horizon is not None or store.version != self._version:
            return
        self.held[key] = Page(content, store.version, span)
        self.size += len(content)
        while self.size > self.most:
            self._forget(next(iter(self.held)))

    def _forget(self, key: Hashable) -> None:
        self.size -= len(self.held.pop(key).content)

    def clear(self) -> None:
        """Forget every page, as when the state is replaced."""
        self.held.clear()
        self.size = 0
