"""A program's links as a picture (SVG): both tenants, who is in scope, what is mapped, and what the program manages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from entra_sync.base.kinds import link_of
from entra_sync.errors.visible import visible
from entra_sync.microsoft.tenant import Tenant
from entra_sync.operate.project.requirements import Declared

__all__ = ["DrawnLink", "drawn", "links_in"]

JSON = Any

_WIDTH, _BOX, _LINE, _LONGEST = 960, 360, 20, 44
_SHOWN = 6
"""Groups, clauses and expressions of a link that are written out."""

_MANAGED = {
    "ServicePrincipal": "application",
    "AllowedCloudEndpoint": "allowed cloud",
    "CrossTenantPartner": "partner entry",
    "IdentitySynchronization": "inbound synchronization",
    "AppRoleAssignments": "assignments of the scope",
    "SynchronizationJob": "provisioning job",
    "SynchronizationSecrets": "settings of the job",
    "SynchronizationSchema": "mappings and filter",
    "SynchronizationSchedule": "schedule",
    "LicensedScope": "licenses",
}
"""What a resource manages, in the words of the documentation."""

_STYLE = """
  text { font: 13px system-ui, "Segoe UI", sans-serif; fill: #1b1f24; } .name { font-size: 16px; font-weight: 600; }
  .dim { fill: #5f6b7a; } .back { fill: #ffffff; } .box { fill: #f5f7fa; stroke: #d8dee6; } .line { stroke: #1f5fbf; }
  .head { fill: #1f5fbf; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6eaf0; } .dim { fill: #9aa7b8; } .back { fill: #14181d; } .box { fill: #1c2229; stroke: #333c47; }
    .line { stroke: #90bcff; } .head { fill: #90bcff; }
  }"""

_NOT_KNOWN = "not known before up"


@dataclass(frozen=True, slots=True)
class DrawnLink:
    """A link as it is drawn.

    Attributes:
        name: Name of the link in the program.
        source, target: The tenants.
        scope: Who is in scope, a line for each group or user.
        conditions: What the scoping filter asks for, a line for each clause.
        mappings: Number of attributes that the program maps; None if it is not known before up.
        expressions: Mappings that are an expression, as text.
        runs: Whether the job is started.
        managed: What the program manages, by the name of the tenant.
    """

    name: str
    source: Tenant
    target: Tenant
    scope: Sequence[str]
    conditions: Sequence[str]
    mappings: int | None
    expressions: Sequence[str]
    runs: bool
    managed: Mapping[str, Sequence[str]]


def links_in(declared: Sequence[Declared]) -> list[DrawnLink]:
    """The links that a program declares, in its order."""
    return [_link(each, declared) for each in declared if each.kind == "LinkImpact"]


def drawn(links: Sequence[DrawnLink]) -> str:
    """The picture, one band for each link. It follows the reader's light or dark colors."""
    bands: list[str] = []
    top = 16
    for link in links:
        band, height = _band(link, top)
        bands.append(band)
        top += height + 24
    names = ", ".join(f"{link.name}: {link.source.name} to {link.target.name}" for link in links)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" role="img" '
        f'aria-label="{_text(names)}">\n<style>{_STYLE}\n</style>\n'
        f'<rect class="back" width="{_WIDTH}" height="{top}"/>\n' + "\n".join(bands) + "\n</svg>\n"
    )


def _link(impact: Declared, declared: Sequence[Declared]) -> DrawnLink:
    values = impact.inputs
    source, target = Tenant(**values["tenant"]), Tenant(**values["target"])
    managed: dict[str, list[str]] = {source.name: [], target.name: []}
    for each in declared:
        tenant = (each.inputs.get("tenant") or {}).get("name")
        if each.parent == impact.parent and each.kind in _MANAGED and tenant in managed:
            managed[tenant].append(_MANAGED[each.kind])
    for names in managed.values():
        names.sort(key=list(_MANAGED.values()).index)  # The engine registers resources in no fixed order.
    known = values.get("mappings", [])
    mappings = [each for each in known or () if each.get("apply") != "never"]
    return DrawnLink(
        link_of(impact.urn, impact.parent),
        source,
        target,
        _scope(values),
        _conditions(values.get("filters", {})),
        None if known is None else len(mappings),
        [f"{each['target']} = {each['source']}" for each in mappings if "(" in str(each.get("source"))],
        values.get("enabled") is not False,
        managed,
    )


def _scope(values: Mapping[str, JSON]) -> list[str]:
    if values.get("everyone"):
        return ["all users"]
    found = []
    for each in values.get("principals") or ():
        kind, id = ((each or {}).get(name) for name in ("kind", "id"))
        found.append(f"{str(kind or 'principal').lower()} {id or f'that is {_NOT_KNOWN}'}")
    return found or [_NOT_KNOWN]


def _conditions(filters: JSON) -> list[str]:
    """The clauses of each filter group; a user passes if all clauses of one group hold."""
    if filters is None:
        return [_NOT_KNOWN]
    found: list[str] = []
    for number, group in enumerate(filters.get("groups") or ()):
        for place, clause in enumerate(group["clauses"]):
            values = ", ".join(f'"{value}"' for value in (clause.get("targetOperand") or {}).get("values") or ())
            word = "and" if place else "or" if number else "if"
            found.append(f"{word} {clause['sourceOperandName']} {clause['operatorName'].lower()} {values}".rstrip())
    return found or ["no filter: every user in scope"]


def _band(link: DrawnLink, top: int) -> tuple[str, int]:
    """The drawing of one link, and its height."""
    left: list[tuple[str, Sequence[str]]] = [("In scope", _cut(link.scope)), ("Scoping filter", _cut(link.conditions))]
    left.append(("Managed here", link.managed[link.source.name]))
    right: list[tuple[str, Sequence[str]]] = [
        (
            "Mapped",
            [_NOT_KNOWN if link.mappings is None else f"{link.mappings} declared attributes", *_cut(link.expressions)],
        )
    ]
    right.append(("Managed here", link.managed[link.target.name]))
    height = max(_height(left), _height(right))
    middle = top + 34
    first, last = _BOX + 24, _WIDTH - _BOX - 24
    parts = [
        _box(16, top, height, link.source, left),
        _box(_WIDTH - _BOX - 16, top, height, link.target, right),
        f'<line class="line" x1="{first}" y1="{middle}" x2="{last - 8}" y2="{middle}" stroke-width="2"/>',
        f'<path class="head" d="M{last} {middle} l-10 -5 v10 z"/>',
        _line((first + last) // 2, middle - 12, link.name, "name", anchor="middle", longest=22),
        _line((first + last) // 2, middle + 20, "job runs" if link.runs else "job paused", "dim", anchor="middle"),
    ]
    return "\n".join(parts), height


def _cut(lines: Sequence[str]) -> list[str]:
    left = len(lines) - _SHOWN
    return [*lines[:_SHOWN], *([f"and {left} more"] if left > 0 else [])]


def _height(sections: Sequence[tuple[str, Sequence[str]]]) -> int:
    return 64 + sum(_LINE * (1 + len(lines)) + 10 for _, lines in sections if lines)


def _box(x: int, y: int, height: int, tenant: Tenant, sections: Sequence[tuple[str, Sequence[str]]]) -> str:
    parts = [f'<rect class="box" x="{x}" y="{y}" width="{_BOX}" height="{height}" rx="8"/>']
    parts.append(_line(x + 16, y + 28, tenant.name, "name"))
    parts.append(_line(x + 16, y + 48, tenant.info.label, "dim"))
    place = y + 76
    for title, lines in sections:
        if not lines:
            continue
        parts.append(_line(x + 16, place, title, "dim"))
        for line in lines:
            place += _LINE
            parts.append(_line(x + 16, place, line))
        place += _LINE + 10
    return "\n".join(parts)


def _line(x: int, y: int, text: str, kind: str = "", *, anchor: str = "start", longest: int = _LONGEST) -> str:
    shown = text if len(text) <= longest else f"{text[: longest - 1]}…"
    style = f' class="{kind}"' if kind else ""
    whole = f"<title>{_text(text)}</title>" if shown != text else ""
    return f'<text{style} x="{x}" y="{y}" text-anchor="{anchor}">{_text(shown)}{whole}</text>'


def _text(text: str) -> str:
    return escape(visible(text), {'"': "&quot;"})
