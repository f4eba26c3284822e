"""The dashboard: the tenants of a cloud as a web page at ``/``, which stays current while people and jobs change.

``overview``, ``people`` and ``logs`` read the state for the page; ``answer`` gives out the page, and below
``/_emulator/dashboard/`` its files and that data. The page only reads: what changes something belongs to Graph or to
the control API.
"""

from entra_sync.emulator.dashboard.answer import answer_dashboard, in_dashboard

__all__ = ["answer_dashboard", "in_dashboard"]
