"""Draws plan.svg and ownership.svg for docs/guide/concepts.md: ``python scripts/pages/concept_pictures.py``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

IMAGES = Path(__file__).parents[2] / "docs" / "images"
STYLE = """
  text { font: 13px system-ui, "Segoe UI", sans-serif; fill: #1b1f24; text-anchor: middle; } .dim { fill: #5f6b7a; }
  .name { font-weight: 600; } .back { fill: #ffffff; } .box { fill: #f5f7fa; stroke: #d8dee6; }
  .good { fill: #f5f7fa; stroke: #1a7f37; } .bad { fill: #f5f7fa; stroke: #c62828; }
  .line { stroke: #1f5fbf; fill: none; } .head { fill: #1f5fbf; }
  @media (prefers-color-scheme: dark) { text { fill: #e6eaf0; } .dim { fill: #9aa7b8; } .back { fill: #14181d; }
    .box { fill: #1c2229; stroke: #333c47; } .good { fill: #1c2229; stroke: #57ab5a; }
    .bad { fill: #1c2229; stroke: #e5534b; } .line { stroke: #90bcff; } .head { fill: #90bcff; } }"""
WIDTH, HEIGHT = 170, 62


def box(x: int, y: int, name: str, *lines: str, kind: str = "box") -> str:
    """A box with a name and lines below it; *x* and *y* are its upper left corner."""
    middle = x + WIDTH / 2
    texts = [f'<text class="name" x="{middle:g}" y="{y + 21}">{name}</text>']
    texts += [
        f'<text class="dim" x="{middle:g}" y="{y + 38 + 16 * row}">{line}</text>' for row, line in enumerate(lines)
    ]
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>' + "".join(texts)


def arrow(*points: tuple[int, int]) -> str:
    """A line through the points, with a head at the last one."""
    path = " ".join(f"{x},{y}" for x, y in points)
    return f'<polyline class="line" points="{path}" marker-end="url(#head)"/>'


def label(x: int, y: int, text: str) -> str:
    """A word beside an arrow."""
    return f'<text class="dim" x="{x}" y="{y}">{text}</text>'


def drawing(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    """The file."""
    head = '<marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{title}">\n'
        f"<style>{STYLE}\n</style>\n"
        f'<defs>{head}<path class="head" d="M0,0 L8,4 L0,8 z"/></marker></defs>\n'
        f'<rect class="back" width="{width}" height="{height}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def plan() -> str:
    """From the program and both tenants to a refusal or to the calls of `up`."""
    return drawing(
        820,
        250,
        "Program and tenants make the plan; the limits refuse it or let up send the listed calls",
        [
            box(20, 20, "Program", "scope, filter,", "mappings"),
            box(20, 94, "Source tenant", "users and groups"),
            box(20, 168, "Target tenant", "accounts"),
            *(arrow((190, y), (220, y), (220, 125), (240, 125)) for y in (51, 199)),
            arrow((190, 125), (240, 125)),
            box(240, 94, "Impact plan", "what happens", "to each user"),
            arrow((410, 125), (440, 125)),
            box(440, 94, "Limits", "too many users", "affected?"),
            arrow((525, 94), (525, 51), (630, 51)),
            label(578, 43, "yes"),
            box(630, 20, "Refused", "nothing is sent", kind="bad"),
            arrow((525, 156), (525, 199), (630, 199)),
            label(578, 191, "no"),
            box(630, 168, "pulumi up", "sends the calls", "of the preview", kind="good"),
        ],
    )


def ownership() -> str:
    """A setting that two links share: the first destroy leaves it, the last one removes it."""
    return drawing(
        820,
        180,
        "A setting that two links share is removed with the last of them",
        [
            box(20, 20, "Link A", "made the setting"),
            box(20, 98, "Link B", "uses it too"),
            *(arrow((190, y), (220, y), (220, 90), (240, 90)) for y in (51, 129)),
            box(240, 59, "Shared setting", "partner entry,", "allowed cloud"),
            arrow((410, 90), (440, 90)),
            box(440, 59, "Destroy link A", "the setting stays:", "link B uses it", kind="good"),
            arrow((610, 90), (630, 90)),
            box(630, 59, "Destroy link B", "the last one removes", "the setting", kind="bad"),
        ],
    )


PICTURES = {"plan.svg": plan, "ownership.svg": ownership}

if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (IMAGES / name).write_text(draw())
