"""The emulator as a program uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from entra_sync.emulator.serving.emulation import Emulation

if TYPE_CHECKING:
    from entra_sync.emulator.serving.server import Server

__all__ = ["Emulator"]


class Emulator(Emulation):
    """An emulation that can be served over TLS."""

    def serve(self, port: int = 0, *, cycles: bool = False) -> Server:
        """A TLS server on localhost, as a context manager: ``with emulator.serve() as server: …``.

        Args:
            port: Port of the global cloud, the other clouds have the next ones; 0 picks free ones.
            cycles: Run cycles by themselves when they are due; otherwise only when asked to.
        """
        # The web server is loaded only if it is used.
        from entra_sync.emulator.serving.server import Server

        return Server(self, port, cycles=cycles)
