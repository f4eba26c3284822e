"""Compares assumptions with what two tenants show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from entra_sync.errors import EntraSyncError, GraphError
from entra_sync.graph.gateway import Graph
from entra_sync.microsoft.assumptions import REGISTER, Assumption
from entra_sync.operate.verify.probes import Probe, probes
from entra_sync.operate.verify.reader import NotSeen, Reader
from entra_sync.operate.verify.throwaway import KEYS, ThrowawayLink

__all__ = ["Comparison", "Verdict", "compare"]

JSON = Any


class Verdict(StrEnum):
    """How an assumption compares with what was seen."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True)
class Comparison:
    """An assumption and what the tenants show.

    Attributes:
        assumption: What is assumed.
        seen: What was seen; None if nothing was.
        why: Why nothing was seen, without names and ids; empty otherwise.
        detail: The same with names, for the person who ran it.
    """

    assumption: Assumption
    seen: JSON = None
    why: str = ""
    detail: str = ""

    @property
    def verdict(self) -> Verdict:
        """How it ended."""
        if self.why:
            return Verdict.NOT_SEEN
        return Verdict.SAME if self.seen == self.assumption.value else Verdict.DIFFERENT


def compare(
    source: Graph,
    target: Graph,
    *,
    application: str | None = None,
    write: bool = False,
    told: Callable[[str], None] = lambda text: None,
) -> list[Comparison]:
    """Compares every assumption that concerns a link from one tenant to the other.

    Args:
        source: Gateway to the source.
        target: Gateway to the target.
        application: Name of the synchronization application to look at; if not given, one that the target is saved in.
        write: Make a throw-away application in the source for what reads cannot show, and delete it.
        told: Takes what is under way.

    Raises:
        EntraSyncError: The named application does not exist, or the throw-away application could not be deleted.
    """
    reader = Reader(source, target)
    seen: dict[str, JSON] = {}
    missed: dict[str, EntraSyncError | NotSeen] = {}
    told("looking for an application")
    try:
        reader.application = reader.find(application)
    except EntraSyncError:
        if application is not None:
            raise
    with ExitStack() as stack:
        for key in KEYS:
            missed[key] = NotSeen("only --write shows it")
        if write:
            told("making a throw-away application")
            throwaway = stack.enter_context(ThrowawayLink(reader))
            missed |= dict.fromkeys(KEYS, throwaway.problem or NotSeen("the answer does not show it"))
            seen |= throwaway.seen
        chosen = probes(reader)
        for probe in chosen:
            told(f"comparing {probe.keys[0]}")
            _run(probe, seen, missed)
    seen["permissions.refused"] = reader.refused
    keys = {*(key for probe in chosen for key in probe.keys), *KEYS, "permissions.refused"}
    return [_comparison(each, seen, missed) for each in REGISTER.values() if each.key in keys]


def _run(probe: Probe, seen: dict[str, JSON], missed: dict[str, EntraSyncError | NotSeen]) -> None:
    try:
        found = probe.look()
    except (EntraSyncError, NotSeen) as problem:
        missed |= dict.fromkeys(probe.keys, problem)
        return
    except (AttributeError, IndexError, KeyError, TypeError) as problem:
        unusable = NotSeen(f"the answer has another form than expected ({type(problem).__name__})")
        missed |= dict.fromkeys(probe.keys, unusable)
        return
    for key in probe.keys:
        if key in found:
            seen[key] = found[key]
        else:
            missed[key] = NotSeen("the answer does not show it")


def _comparison(
    assumption: Assumption, seen: Mapping[str, JSON], missed: Mapping[str, EntraSyncError | NotSeen]
) -> Comparison:
    if assumption.key in seen:
        return Comparison(assumption, seen[assumption.key])
    problem = missed[assumption.key]
    if isinstance(problem, GraphError):
        why = f"Graph answered {problem.status} {problem.code}".rstrip()
    else:
        why = "not readable"
    return Comparison(assumption, None, why, str(problem))
