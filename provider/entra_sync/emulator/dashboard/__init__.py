"""The window: the tenants of a cloud as a web page at ``/``, which stays current while people and jobs change.

``overview``, ``people`` and ``logs`` read the state for the page; ``answer`` gives out the page, and below
``/_emulator/window/`` its files and that data. The page only looks: whatever changes something belongs to Graph or to
the control API.
"""

from entra_sync.emulator.dashboard.answer import answer_window, in_window

__all__ = ["answer_window", "in_window"]
