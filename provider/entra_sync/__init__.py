"""Microsoft Entra cross-cloud synchronization as code: what programs import, loaded when it is first used.

import entra_sync as entra

link = entra.CrossCloudLink("contoso-to-federal", source=..., target=..., scope=[entra.Group("...")])
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
