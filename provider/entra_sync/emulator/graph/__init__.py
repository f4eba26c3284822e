"""The Graph surface, one module per area; ``ROUTES`` is all of it."""

from entra_sync.emulator.graph import applications, directory, logs, policies, synchronization
from entra_sync.emulator.http.router import merged

__all__ = ["ROUTES"]

ROUTES = merged(*policies.ROUTES, *applications.ROUTES, *synchronization.ROUTES, *directory.ROUTES, logs.routes)
