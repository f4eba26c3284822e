"""Which changes restart the job: the preview announces what is sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from entra_sync.impact.declared.file import LinkFile
from entra_sync.microsoft.restarts import ResetScope
from entra_sync.resources.link_impact import LinkImpactArgs, LinkImpactHandler
from entra_sync.resources.shared.jobs import USUAL_RESETS, Restart
from entra_sync.resources.synchronization_schedule import SynchronizationScheduleArgs, SynchronizationScheduleHandler

OWNER = "00000000-0000-4000-8000-00000000000a"
FORCED = [ResetScope.FORCE_DELETES]


@dataclass(frozen=True)
class Declared:
    """What decides about a restart."""

    restart: Restart | None = None
    everyone: bool = False


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param(Declared(Restart(trigger="1")), Declared(Restart(trigger="1")), [], id="same"),
        pytest.param(
            Declared(Restart(trigger="1")), Declared(Restart(trigger="1", reset=FORCED)), [], id="another reset only"
        ),
        pytest.param(
            Declared(Restart(trigger="1")), Declared(Restart(trigger="2", reset=FORCED)), FORCED, id="another trigger"
        ),
        pytest.param(Declared(), Declared(Restart(trigger="1", reset=FORCED)), FORCED, id="first trigger"),
        pytest.param(Declared(Restart(trigger="1")), Declared(), [], id="no restart any more"),
        pytest.param(Declared(everyone=True), Declared(), [*USUAL_RESETS], id="from all users to some"),
        pytest.param(Declared(), Declared(everyone=True), [*USUAL_RESETS], id="from some users to all"),
        pytest.param(
            Declared(Restart(trigger="1", reset=FORCED), everyone=True),
            Declared(Restart(trigger="1", reset=FORCED)),
            [*USUAL_RESETS],
            id="another scope, same trigger",
        ),
        pytest.param(
            Declared(Restart(trigger="1"), everyone=True),
            Declared(Restart(trigger="2", reset=FORCED)),
            [*FORCED, *USUAL_RESETS],
            id="another scope, another trigger",
        ),
    ],
)
def test_the_preview_announces_the_restart_that_is_sent(
    before: Declared, now: Declared, expected: list[ResetScope], resource, contoso, federal, tmp_path, monkeypatch
) -> None:
    """Of a link's change, by what the plan takes for reset and by what the schedule sends."""
    tenants = {"tenant": contoso, "target": federal}
    link = resource(LinkImpactHandler())
    link.up(LinkImpactArgs(**tenants, **vars(before)))
    monkeypatch.setenv("ENTRA_SYNC_LINKS", str(tmp_path / "links"))
    link.preview(LinkImpactArgs(**tenants, **vars(now)))
    announced = [LinkFile.read(each).restart for each in Path(tmp_path / "links").iterdir()]
    job = {"tenant": contoso, "service_principal_id": OWNER, "job_id": "job"}
    schedules = [SynchronizationScheduleArgs(**job, **vars(each)) for each in (before, now)]
    sent = [call.body["criteria"]["resetScope"] for call in SynchronizationScheduleHandler().calls(*schedules, None)]

    assert [frozenset(expected)] == announced
    assert ([", ".join(expected)] if expected else []) == sent
