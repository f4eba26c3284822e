"""Microsoft Entra cross-cloud synchronization as code: what programs import, loaded when it is first used.

import entra_sync as entra

link = entra.CrossCloudLink("contoso-to-federal", source=..., target=..., scope=[entra.Group("...")])
"""

from __future__ import annotations

import lazy_loader

_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    if name not in __all__:
        from entra_sync.errors.names import missing_name

        raise missing_name("entra_sync", name, __all__)
    return _load(name)
