"""Pages that were read since the last write."""

from __future__ import annotations

from collections.abc import Hashable

from entra_sync.emulator.state.store import Store

__all__ = ["Pages"]


class Pages:
    """Pages as they were answered, for as long as nothing is written; the newest ones, up to a number of bytes.

    Every write, of any tenant, moves the store's version, so none can be missed. A replica that is behind keeps none.
    """

    def __init__(self, most: int = 64 << 20) -> None:
        self.most = most
        self.held: dict[Hashable, bytes] = {}
        self.size = 0
        self._version = -1

    def get(self, key: Hashable, store: Store) -> bytes | None:
        """The page that was answered to the same request, or None."""
        if store.version != self._version:
            self.clear()
            self._version = store.version
        return self.held.get(key) if store.horizon is None else None

    def keep(self, key: Hashable, store: Store, page: bytes) -> None:
        """Note a page that was read at the version that ``get`` saw."""
        if store.horizon is not None or store.version != self._version:
            return
        self.held[key] = page
        self.size += len(page)
        while self.size > self.most:
            self.size -= len(self.held.pop(next(iter(self.held))))

    def clear(self) -> None:
        """Forget every page, as when the state is replaced."""
        self.held.clear()
        self.size = 0
