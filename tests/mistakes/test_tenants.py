"""Mistakes that only a tenant can tell: each is one line that names the resource, and nothing is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import pulumi
import pytest
from pulumi.output import Unknown

import entra_sync as entra
from entra_sync.base.run.memory import forget
from entra_sync.base.values.unknown import map_leaves
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.microsoft.tenant import Tenant
from tests.faults.mini import Declared, Failed
from tests.mistakes.running import LINK, declared, rows


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    """Two tenants that nothing changes."""
    made = Emulator.sample("contoso", seed=3, people=20)
    made.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    return made


@pytest.fixture(scope="module")
def names(emulator: Emulator) -> Iterator[dict[str, Any]]:
    """What a program of the table can use; requests go to the emulator."""
    tenants = {
        name: Tenant(name, tenant_id=each.tenant_id, cloud=str(each.cloud)) for name, each in emulator.tenants.items()
    }
    store = emulator.service.store
    ids = {
        kind: {entry.doc["displayName"]: entry.id for entry in store.objects(tenants["contoso"].tenant_id, kind)}
        for kind in ("user", "group")
    }

    async def sleep(seconds: float) -> None:
        pass

    def make(tenant: Tenant) -> Graph:
        return Graph(tenant, credential=emulator.credential(tenant.name), transport=emulator.transport(), sleep=sleep)

    with connecting(make):
        yield {
            "pulumi": pulumi,
            "entra": entra,
            **tenants,
            "SALES": ids["group"]["Engineering"],
            "ADA": next(iter(ids["user"].values())),
            "UNKNOWN": str(UUID(int=7)),
        }


def preview(resources: Sequence[Declared]) -> None:
    """Checks each resource as a preview of a new stack does: outputs of the others are not known yet.

    Raises:
        Failed: The first resource that is refused.
    """
    forget()
    for each in resources:
        inputs = map_leaves(lambda leaf: Unknown() if _MARK.fullmatch(str(leaf)) else leaf, dict(each.inputs))
        refused = each.handler.check({}, inputs).failures
        if refused:
            raise Failed([(f"{each.name}: {refused[0].reason}", None)])


def plain(text: str, names: Mapping[str, Any]) -> str:
    """A message without ids that differ from run to run."""
    text = re.sub(r" \(request [0-9a-f-]+\)", "", text)
    for name in ("UNKNOWN", "SALES", "ADA"):
        text = text.replace(names[name], name)
    return text


_MARK = re.compile("«[^»]+»")


@pytest.mark.parametrize(("text", "said"), rows("tenants.txt"), ids=str)
def test_a_mistake_is_one_line(text: str, said: str, emulator: Emulator, names: dict[str, Any]) -> None:
    """Checked in preview, before anything is sent."""
    start = len(emulator.requests)
    with pytest.raises(Failed) as ended:
        preview(declared(LINK + text, names))

    assert said == plain(str(ended.value), names)
    assert [] == emulator.requests.calls(start)
