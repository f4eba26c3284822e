"""A pytest plugin that runs a program against emulated tenants, so that a team tests its own link.

``-p entra_sync.testing`` switches it on. The fixture ``synchronized`` is the program after its first cycle; ``tenants``
reads the users, ``running`` carries out the program, ``plugin`` has the fixtures.
"""

from entra_sync.testing.plugin import entra_after_first_cycle, pytest_addoption, synchronized
from entra_sync.testing.synchronized import Synchronized

__all__ = ["Synchronized", "entra_after_first_cycle", "pytest_addoption", "synchronized"]
