"""What was read for a link, kept in a directory of the owner's, to plan from without asking anybody."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import orjson

from entra_sync.errors import ConfigurationError
from entra_sync.impact.declared.read import Read
from entra_sync.impact.declared.state import declared_state
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.facts import CONNECTIONS, Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.private_files import private_directory, write_privately
from entra_sync.impact.facts.remarks import Gap, Note, Unknown, recalled, recorded
from entra_sync.impact.facts.snapshot import (
    DAMAGE,
    Snapshot,
    read_columns,
    texts,
    write_parquet,
)
from entra_sync.impact.reading.gather import Needs
from entra_sync.microsoft.tenant import Tenant

__all__ = ["load", "redeclare", "save"]

JSON = Any

_SETS = ("groups", "users", "restart", "unread")

_RENAMED = {"running": "enabled", "threshold": "deletion_threshold", "restarts": "restart"}
"""Names that a state had in what earlier versions kept."""


def save(read: Read, directory: Path) -> None:
    """Writes everything that a plan needs into *directory*, readable by its owner only."""
    private_directory(directory)
    facts = read.facts
    facts.source.save(directory / "source")
    facts.target.save(directory / "target")
    write_parquet(directory / "connections.parquet", facts.connections)
    description = {
        "source": read.source.model_dump(mode="json", by_alias=True),
        "target": read.target.model_dump(mode="json", by_alias=True),
        "inferred": not facts.connections["person"].is_in(facts.asked.implode()).all(),
        "now": _state(read.now),
        "then": _state(read.then),
        "domain": facts.domain,
        "removed": None if facts.removed is None else sorted(facts.removed),
        "givenUp": sorted(facts.given_up),
        "passedOver": sorted(facts.passed_over),
        "homeDomains": None if facts.home_domains is None else sorted(facts.home_domains),
        "managers": facts.managers,
        "inbound": facts.inbound,
        "invitations": facts.invitations,
        "sourceConsents": facts.source_consents,
        "targetConsents": facts.target_consents,
        "sms": sorted(facts.sms),
        "smsUnread": facts.sms_unread,
        "groupAddresses": sorted(facts.group_addresses),
        "strangers": facts.strangers,
        "gaps": recorded(facts.gaps),
        "template": read.template,
    }
    write_privately(directory / "read.json", orjson.dumps(description))


def load(directory: Path) -> Read:
    """What :func:`save` wrote.

    Raises:
        ConfigurationError: It is not there, or damaged.
    """
    try:
        found = orjson.loads((directory / "read.json").read_bytes())
        connections = read_columns(directory / "connections.parquet", CONNECTIONS).collect()
        facts = Facts(
            source=Snapshot.load(directory / "source", whole=False),
            target=Snapshot.load(directory / "target", whole=False),
            domain=found["domain"],
            connections=connections,
            asked=connections["person"].clear() if found["inferred"] else connections["person"],
            removed=None if found["removed"] is None else texts(found["removed"]),
            given_up=texts(found["givenUp"]),
            passed_over=texts(found.get("passedOver", ())),
            home_domains=None if found["homeDomains"] is None else texts(found["homeDomains"]),
            managers=found["managers"],
            inbound=found["inbound"],
            invitations=found.get("invitations"),
            source_consents=found.get("sourceConsents"),
            target_consents=found.get("targetConsents"),
            sms=texts(found.get("sms", ())),
            sms_unread=found.get("smsUnread", False),
            group_addresses=texts(found["groupAddresses"]),
            strangers=tuple(found["strangers"]),
            gaps=recalled(Gap, found["gaps"]),
        )
        tenants = [Tenant.model_validate(found[side]) for side in ("source", "target")]
        links = (_link(found["now"]), _link(found["then"]))
        return Read(tenants[0], tenants[1], *links, facts, found.get("template"))
    except FileNotFoundError as problem:
        raise ConfigurationError(
            f"{directory} has no data saved with --save: {problem.filename} does not exist"
        ) from None
    except DAMAGE as problem:
        reason = str(problem).partition("\n")[0]
        raise ConfigurationError(f"what was kept in {directory} is damaged: {reason}; keep it again") from None


def redeclare(read: Read, declared: Declaration | None) -> Read:
    """The same tenants with another declaration of the link.

    Raises:
        ConfigurationError: It is about people or attributes that were not read.
    """
    if declared is None:
        return replace(read, then=None)
    then = declared_state(declared, read.now, read.source, read.target, read.template)
    needs, source = Needs.of(read.now, then), read.facts.source
    missing = sorted(needs.groups - source.groups) if not source.everyone else []
    missing += (
        sorted(needs.users - source.users - set(source.select("id")["id"]) - source.groups)
        if not source.everyone
        else []
    )
    if needs.everyone and not source.everyone:
        raise ConfigurationError(
            "the snapshot covers only some groups, but all users are now in scope; run again with --save"
        )
    if missing:
        raise ConfigurationError(f"the snapshot was taken without {', '.join(missing[:3])}; take it again")
    for snapshot, record, side in ((source, needs.source, "source"), (read.facts.target, needs.target, "target")):
        lacking = sorted(set(record.names) - set(snapshot.record.names))
        if lacking:
            raise ConfigurationError(
                f"the snapshot of the {side} was taken without {', '.join(lacking)}; take it again"
            )
    return replace(read, then=replace(then, names={**(read.then.names if read.then else {}), **then.names}))


def _state(state: LinkState | None) -> JSON:
    if state is None:
        return None
    plain = {**asdict(state), "notes": recorded(state.notes), "unknown": recorded(state.unknown)}
    return {name: sorted(value) if name in _SETS else value for name, value in plain.items()}


def _link(found: JSON) -> LinkState | None:
    if found is None:
        return None
    known = {field.name for field in fields(LinkState)}
    found = {_RENAMED.get(name, name): value for name, value in found.items()}
    values: dict[str, Any] = {
        name: texts(value) if name in _SETS else value for name, value in found.items() if name in known
    }
    unknown, notes = recalled(Unknown, found.get("unknown", ())), recalled(Note, found.get("notes", ()))
    return LinkState(**{**values, "unknown": unknown, "notes": notes})
