"""Draws docs/images/layers.svg from the layers of pyproject.toml: ``python scripts/pages/layers_picture.py``."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "images" / "layers.svg"
WIDTH, HEIGHT, GAP, TOP = 720, 34, 8, 16
STYLE = """
  text { font: 14px system-ui, "Segoe UI", sans-serif; fill: #1b1f24; text-anchor: middle; }
  .back { fill: #ffffff; } .box { fill: #f5f7fa; stroke: #1f5fbf; }
  @media (prefers-color-scheme: dark) { text { fill: #e6eaf0; } .back { fill: #14181d; }
    .box { fill: #1c2229; stroke: #90bcff; } }"""


def layers() -> list[list[str]]:
    """The layers of the package, highest first; parts of one layer stand side by side."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    whole = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    return [[part.strip() for part in layer.split("|")] for layer in whole]


def picture() -> str:
    """The drawing: a row for each layer, a box for each part."""
    found = layers()
    height = 2 * TOP + len(found) * (HEIGHT + GAP) - GAP
    boxes = []
    for row, parts in enumerate(found):
        width = (WIDTH - 2 * TOP - GAP * (len(parts) - 1)) / len(parts)
        y = TOP + row * (HEIGHT + GAP)
        for place, part in enumerate(parts):
            x = TOP + place * (width + GAP)
            boxes.append(f'<rect class="box" x="{x:g}" y="{y}" width="{width:g}" height="{HEIGHT}" rx="6"/>')
            boxes.append(f'<text x="{x + width / 2:g}" y="{y + 22}">{part}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="Layers of the package, highest first">\n<style>{STYLE}\n</style>\n'
        f'<rect class="back" width="{WIDTH}" height="{height}"/>\n' + "\n".join(boxes) + "\n</svg>\n"
    )


if __name__ == "__main__":
    PICTURE.write_text(picture())
