"""A Microsoft Graph of several clouds and tenants that official clients cannot tell apart from the service.

From below: ``state`` holds the tenants; ``identity``, ``cycle`` and ``samples`` work on it; ``http`` and ``odata`` are
the wire format; ``conditions`` is what can go wrong; ``graph`` has the routes, one module per area. ``service`` joins
them, ``http.transport`` and ``serving`` are the ways in.
"""

from entra_sync.emulator.serving.emulator import Emulator
from entra_sync.emulator.state.clock import Clock
from entra_sync.emulator.state.tenants import Tenant

__all__ = ["Clock", "Emulator", "Tenant"]
