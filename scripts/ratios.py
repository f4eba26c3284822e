"""Runs benchmarks and fails if one of their ratios is more than a third above the recorded one, or a count is above it.

    python scripts/ratios.py                  the benchmarks that benchmarks/ratios.json names
    python scripts/ratios.py --record         the same, and then records what they print
    python scripts/ratios.py --from FILE …    figures that were printed before; FILE is named as its benchmark, such as
                                              floor.txt

A ratio is compared, not seconds: a benchmark and its baseline run in turn, so a slower machine slows both. Ratios of
counts are the same on each machine and in each run, so that they may not grow at all.
A ratio has the cost above the baseline's, so a lower one is better; only the rates of ``emulator.py`` are better the
higher they are.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
RECORD = BENCHMARKS / "ratios.json"
ALLOWED = 4 / 3
COUNTS = frozenset({"azuread", "calls"})
"""Benchmarks whose ratios are ratios of counts."""
RATES = frozenset({"emulator"})
"""Benchmarks whose ratios are ratios of rates."""
LEAST = 0.1
LINE = re.compile(r"^(?P<what>.+?): \d.*\bratio (?P<ratio>\d+(?:\.\d+)?)$", re.MULTILINE)

Ratios = Mapping[str, Mapping[str, float]]


def printed(text: str) -> dict[str, float]:
    """The ratios in what a benchmark prints: each by what stands before the line's first figure."""
    return {each["what"]: float(each["ratio"]) for each in LINE.finditer(text)}


def worsened(recorded: Ratios, measured: Ratios) -> list[str]:
    """A line for each recorded ratio that got worse by more than is allowed or was not measured."""
    lines = []
    for benchmark, ratios in recorded.items():
        allowed = 1 if benchmark in COUNTS else ALLOWED
        for what, before in ratios.items():
            now = measured.get(benchmark, {}).get(what)
            if now is None:
                lines.append(f"{benchmark}: {what}: the benchmark printed no ratio; recorded is {before:.2f}")
                continue
            worse = before / max(now, 0.01) if benchmark in RATES else now / before
            if worse > allowed:
                lines.append(f"{benchmark}: {what}: ratio {now:.2f}, recorded {before:.2f}: {worse - 1:.0%} worse")
    return lines


def comparable(measured: Ratios) -> Ratios:
    """What is worth recording: a ratio below 0.1 is printed with too few digits to be compared."""
    return {
        benchmark: {what: ratio for what, ratio in ratios.items() if ratio >= LEAST}
        for benchmark, ratios in measured.items()
    }


def measure(benchmark: str) -> dict[str, float]:
    """Runs a benchmark, shows what it prints, and returns its ratios.

    Raises:
        CalledProcessError: The benchmark failed.
    """
    command = [sys.executable, str(BENCHMARKS / f"{benchmark}.py")]
    text = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True).stdout
    print(text, end="", flush=True)
    return printed(text)


def main() -> int:
    """The exit code: 1 if a ratio got worse by more than is allowed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--record", action="store_true", help="record the measured ratios")
    parser.add_argument("--from", dest="files", nargs="+", type=Path, help="figures that benchmarks printed before")
    options = parser.parse_args()
    recorded: Ratios = json.loads(RECORD.read_text())
    if options.files:
        measured = {file.stem: printed(file.read_text()) for file in options.files}
        if not options.record:
            recorded = {name: ratios for name, ratios in recorded.items() if name in measured}
    else:
        measured = {name: measure(name) for name in recorded}
    if options.record:
        RECORD.write_text(json.dumps({**recorded, **comparable(measured)}, indent=2) + "\n")
        return 0
    problems = worsened(recorded, measured)
    print("\n".join(problems) or "no ratio got worse by more than a third, and no count")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
