"""What the engine has as the handler of a dynamic resource: it loads the real one only once something has changed.

A preview runs on every push, and mostly nothing has changed. To find that out needs neither the models of the arguments
nor a gateway, and loading these takes about half of the time that a provider process needs for such a preview.

A resource is as it was if its arguments are those that check() has accepted before, by the same version of the package.
Then the answers are those that its handler would give. With the first resource that is not, each of the run's earlier
resources is handed to its handler after all, because handlers note what the program declares; see
:mod:`entra_sync.base.run.claims`. From then on every resource goes to its handler.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from entra_sync.base.kinds import BESIDE, COMPUTED, EARLIER, PROVIDER
from entra_sync.base.values.unknown import same
from entra_sync.environment import LINKS

__all__ = ["LOADED", "PUT_OFF", "LazyHandler", "hand_over"]

JSON = Any

PUT_OFF: list[Callable[[], object]] = []
"""What this run has asked of handlers while none was loaded, as calls that hand it over."""

LOADED: set[str] = set()
"""Names of the handlers that this run has loaded. Nothing is put off if there is one."""

_lock = threading.Lock()


class LazyHandler(ResourceProvider):
    """Stands for a handler in a program, and in the state and the provider process of the engine.

    Args:
        handler: Module and name of the handler's class.
        version: Version of the package whose program declares the resource.
        computed: Names of the inputs that its check() adds beside those that every check() adds.
        outdated_by: Names of what, once a refresh has added it, makes check() plan again.
    """

    serialize_as_secret_always = False

    def __init__(
        self,
        handler: tuple[str, str],
        version: str,
        computed: tuple[str, ...],
        outdated_by: tuple[str, ...],
    ) -> None:
        self.module, self.name = handler
        self.version, self.computed, self.outdated_by = version, computed, outdated_by

    def __reduce__(self) -> tuple[type[LazyHandler], tuple[object, ...]]:
        """As a call without a dictionary: the SDK wraps the method that pickles one again for each resource.

        With a thousand resources that ended in a RecursionError (``pulumi.dynamic.dynamic.serialize_provider``, 3.259).
        """
        return LazyHandler, ((self.module, self.name), self.version, self.computed, self.outdated_by)

    def configure(self, req: ConfigureRequest) -> None:
        """Errors are one line: the engine shows the traceback of whatever a handler raises."""
        sys.tracebacklimit = 0

    def check(self, olds: dict[str, JSON], news: dict[str, JSON]) -> CheckResult:
        """The inputs as they were, if the program declares what it declared before."""
        declared, before = self._declared(news), self._declared(olds)
        is_same = olds.get(PROVIDER) == news[PROVIDER] and same(before, declared) and not self._is_asked_for(olds)
        if is_same and _puts_off(lambda: self._handler().confirm(olds, news)):
            return CheckResult({key: value for key, value in olds.items() if key != PROVIDER}, [])
        return self._loaded().check(olds, news)

    def diff(self, id: str, olds: dict[str, JSON], news: dict[str, JSON]) -> DiffResult:
        """No change, if the state has what is declared. What is declared no longer, check() has seen in the inputs."""
        kept = all(same(olds.get(name), value) for name, value in self._declared(news).items())
        is_same = kept and PROVIDER in olds and olds.get("provisioningState") != "incomplete"
        is_same = is_same and not self._is_asked_for(olds)
        if is_same and _puts_off(lambda: self._handler().diff(id, olds, news)):
            return DiffResult(changes=False, replaces=[])
        return self._loaded().diff(id, olds, news)

    def create(self, props: dict[str, JSON]) -> CreateResult:
        """As the handler does it."""
        return self._loaded().create(props)

    def read(self, id: str, props: dict[str, JSON]) -> ReadResult:
        """As the handler does it."""
        return self._loaded().read(id, props)

    def update(self, id: str, olds: dict[str, JSON], news: dict[str, JSON]) -> UpdateResult:
        """As the handler does it."""
        return self._loaded().update(id, olds, news)

    def delete(self, id: str, props: dict[str, JSON]) -> None:
        """As the handler does it."""
        self._loaded().delete(id, props)

    # -- inside

    def _handler(self) -> Any:
        return getattr(importlib.import_module(self.module), self.name)()

    def _loaded(self) -> ResourceProvider:
        """The handler, once everything that was put off has been handed over."""
        hand_over(self.name)
        handler: ResourceProvider = self._handler()
        return handler

    def _declared(self, properties: Mapping[str, JSON]) -> dict[str, JSON]:
        """What of some inputs the program declares."""
        others = {*COMPUTED, *self.computed, BESIDE, EARLIER, PROVIDER}
        return {name: value for name, value in properties.items() if name not in others and value is not None}

    def _is_asked_for(self, olds: Mapping[str, JSON]) -> bool:
        """Whether a handler works although nothing has changed: for a report of users, or because of a refresh."""
        return LINKS in os.environ or any(olds.get(each) for each in self.outdated_by)


def hand_over(name: str) -> None:
    """Hands over everything that was put off, because the handler *name* begins to work."""
    with _lock:
        while PUT_OFF:
            PUT_OFF[0]()
            del PUT_OFF[0]
        LOADED.add(name)


def _puts_off(call: Callable[[], object]) -> bool:
    """Whether *call* can wait, because this run has loaded no handler yet."""
    with _lock:
        if not LOADED:
            PUT_OFF.append(call)
        return not LOADED
