"""A Microsoft Graph of several clouds and tenants that official clients cannot tell apart from the service.

Three layers: state (``store``, ``directory``, ``tenants``, ``licensing``, ``cycle``), routes (``router``, ``areas``),
and wire format (``wire``, ``odata``, ``entities``, ``batch``). ``service`` joins them, ``transport`` and ``server``
are the ways in.
"""

from entra_sync.emulator.emulator import Emulator
from entra_sync.emulator.state.clock import Clock
from entra_sync.emulator.state.tenants import Tenant

__all__ = ["Clock", "Emulator", "Tenant"]
