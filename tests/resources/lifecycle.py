"""One resource driven as the engine drives it: check, diff, then create, update, replace, refresh or delete.

Values cross a JSON boundary as in the engine (numbers become floats), and each change asserts the promise of the
product: the writes that were sent are the writes that the list in the inputs named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from entra_sync.base.args import Args
from entra_sync.base.handler import Handler
from tests.writes import Sent, assert_sent

JSON = Any


class Refused(Exception):
    """check() reported problems; the text lists them as the engine does."""


@dataclass
class Lifecycle:
    """A resource of one handler, with the state that the engine would keep of it."""

    handler: Handler[Any]
    emulator: Sent
    id: str = ""
    inputs: dict[str, JSON] = field(default_factory=dict)
    outputs: dict[str, JSON] = field(default_factory=dict)

    def preview(self, args: Args) -> dict[str, JSON]:
        """The checked inputs of a preview."""
        result = self.handler.check(wire(self.inputs), wire(args.body()))
        if result.failures:
            raise Refused("; ".join(failure.reason for failure in result.failures))
        return wire(result.inputs)

    def up(self, args: Args) -> str:
        """Makes *args* real; returns what the engine would have done: create, update, replace or same."""
        inputs = self.preview(args)
        if not self.id:
            self._create(inputs)
            return "create"
        diff = self.handler.diff(self.id, wire(self.outputs), inputs)
        if diff.replaces:
            if diff.delete_before_replace:
                self.delete()
                self._create(self.preview(args))
            else:
                old_id, old_outputs = self.id, self.outputs
                self.inputs = {}
                self._create(self.preview(args))
                self.handler.delete(old_id, wire(old_outputs))
            return "replace"
        if diff.changes:
            with self._promised(inputs, "graphCalls"):
                result = self.handler.update(self.id, wire(self.outputs), inputs)
            self.inputs, self.outputs = inputs, wire(result.outs)
            return "update"
        self.inputs = inputs
        return "same"

    def up_unpromised(self, args: Args) -> None:
        """Creates or updates where something goes wrong on the way: not all that was listed is sent."""
        inputs = self.preview(args)
        if not self.id:
            created = self.handler.create(inputs)
            self.id, outputs = created.id, created.outs
        else:
            assert self.handler.diff(self.id, wire(self.outputs), inputs).changes
            outputs = self.handler.update(self.id, wire(self.outputs), inputs).outs
        self.inputs, self.outputs = inputs, wire(outputs)

    def refresh(self) -> bool:
        """Reads the object; False if it is gone."""
        result = self.handler.read(self.id, wire(self.outputs))
        if not result.id:
            self.id, self.inputs, self.outputs = "", {}, {}
            return False
        self.outputs, self.inputs = wire(result.outs), wire(result.inputs)
        return True

    def delete(self) -> None:
        """Deletes the object; the calls are those that were listed in advance."""
        with self._promised(self.inputs, "deleteCalls"):
            self.handler.delete(self.id, wire(self.outputs))
        self.id, self.inputs, self.outputs = "", {}, {}

    def _create(self, inputs: dict[str, JSON]) -> None:
        with self._promised(inputs, "graphCalls"):
            result = self.handler.create(inputs)
        self.id, self.inputs, self.outputs = result.id, inputs, wire(result.outs)

    def _promised(self, inputs: Mapping[str, JSON], name: str) -> Any:
        return assert_sent(self.emulator, inputs[name], inputs)


def wire(value: Mapping[str, JSON]) -> dict[str, JSON]:
    """*value* as it arrives on the other side of the engine: a copy in which every number is a float."""
    copied: dict[str, JSON] = json.loads(json.dumps(dict(value)), parse_int=float)
    return copied


Make = Callable[..., Lifecycle]
