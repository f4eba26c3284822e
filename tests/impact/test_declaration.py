"""One list of a link's options: programs, plans and link files have the same names, and an option is added once."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
import pytest

from entra_sync.errors import ConfigurationError
from entra_sync.expressions import Mappings, default_schema
from entra_sync.impact.declared import saved
from entra_sync.impact.declared.file import LinkFile
from entra_sync.impact.declared.read import Read
from entra_sync.impact.facts.declaration import Declaration, LinkOptions
from entra_sync.impact.facts.link import LinkState, after
from entra_sync.impact.facts.remarks import Remark, Unknown
from entra_sync.program.link_arguments import LinkArguments
from entra_sync.resources.link_impact import ImpactOptions, LinkImpactArgs
from tests.impact.world import World

ONE = "00000000-0000-4000-8000-00000000000a"

OLDER = {
    "source": {"name": "contoso", "tenantId": ONE, "cloud": "global"},
    "target": {"name": "federal", "tenantId": ONE.replace("a", "b"), "cloud": "usgov"},
    "servicePrincipalId": None,
    "everyone": False,
    "groups": [ONE.upper()],
    "users": [],
    "mappings": [],
    "filters": None,
    "released": ["city"],
    "enabled": False,
    "deletionThreshold": None,
    "restart": ["Watermark", "Escrows"],
    "unknown": [],
    "actions": ["create", "update"],
    "limits": {"maxRemoved": 3},
}
"""A file that a version before :class:`Declaration` left."""


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (LinkArguments, ImpactOptions),
        (LinkImpactArgs, ImpactOptions),
        (ImpactOptions, LinkOptions),
        (Declaration, LinkOptions),
        (LinkFile, Declaration),
    ],
)
def test_an_option_is_written_down_once(model: type[LinkOptions], options: type[LinkOptions]) -> None:
    """No model repeats a field of the list that it takes its options from."""
    assert issubclass(model, options)
    assert {} == {name: kind for name, kind in model.__annotations__.items() if name in options.model_fields}


def test_a_link_file_adds_tenants_and_limits_only() -> None:
    """Everything else in it is the declaration."""
    added = LinkFile.model_fields.keys() - Declaration.model_fields.keys()

    assert {"source", "target", "service_principal_id", "limits"} == added


def test_a_new_option_reaches_the_state_by_its_name() -> None:
    """A state has an option as soon as it has a field of that name; nothing copies it by hand."""
    changed: dict[str, Any] = {
        "everyone": True,
        "groups": frozenset({ONE}),
        "users": frozenset({ONE}),
        "enabled": False,
        "deletion_threshold": 7,
        "restart": frozenset({"Full"}),
        "unknown": (Remark(Unknown.PRINCIPALS, (1,)),),
    }
    state = after(None, Declaration(**changed), default_schema("global", "usgov"))

    assert changed.keys() == {each.name for each in fields(LinkState)} & Declaration.model_fields.keys()
    assert changed == {name: getattr(state, name) for name in changed}


def test_file_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    """The names in a link file are those that it had before; ids are compared in lower case."""
    path = tmp_path / "link.json"
    path.write_bytes(orjson.dumps(OLDER))
    link = LinkFile.read(path)

    assert frozenset({ONE}) == link.groups
    assert (False, None, frozenset({"Escrows", "Watermark"})) == (link.enabled, link.deletion_threshold, link.restart)
    written = orjson.loads(link.content())
    assert OLDER.keys() == written.keys()
    for name in ("enabled", "deletionThreshold", "released", "actions", "mappings", "filters"):
        assert OLDER[name] == written[name], name


def test_what_is_unknown_is_a_code_in_a_link_file(tmp_path: Path) -> None:
    """It comes back as it was left; a sentence of an earlier version is still said, and nonsense is refused."""
    path = tmp_path / "link.json"

    def read(unknown: Any) -> LinkFile:
        path.write_bytes(orjson.dumps({**OLDER, "unknown": unknown}))
        return LinkFile.read(path)

    left = read([["principals-not-created", 2]])
    assert (Remark(Unknown.PRINCIPALS, (2,)),) == left.unknown
    assert [["principals-not-created", 2]] == orjson.loads(left.content())["unknown"]
    assert (Remark(Unknown.EARLIER, ("2 of them do not exist yet",)),) == read(["2 of them do not exist yet"]).unknown
    for nonsense in ([5], [[]], [["misspelled"]]):
        with pytest.raises(ConfigurationError, match="unknown: must be a list of codes, each with its values"):
            read(nonsense)


def test_snapshot_of_an_earlier_version_has_the_same_link(tmp_path: Path) -> None:
    """What was kept with other names for the options is the same state."""
    world = World.build()
    now = world.now()
    assert now is not None
    then = world.then(mappings=Mappings(()), enabled=False, deletion_threshold=7, restart={"Full"})
    tenants = (world.tenant("contoso"), world.tenant("federal"))
    saved.save(Read(*tenants, now, then, world.facts(now, then)), tmp_path)
    path = tmp_path / "read.json"
    kept = orjson.loads(path.read_bytes())
    for older, name in (("running", "enabled"), ("threshold", "deletion_threshold"), ("restarts", "restart")):
        kept["then"][older] = kept["then"].pop(name)
    path.write_bytes(orjson.dumps(kept))

    assert (False, 7, ["Full"]) == tuple(kept["then"][older] for older in ("running", "threshold", "restarts"))
    assert then == saved.load(tmp_path).then
