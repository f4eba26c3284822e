"""The whole matrix of faults: judges every cell, goes on where it was stopped, and fails if a cell is wrong.

    python -m tests.faults.whole                    # all of it
    python -m tests.faults.whole --shard 1/4        # a quarter; the others may run elsewhere
    python -m tests.faults.whole --program quickstart --phase up

Verdicts are kept in a directory, one file for each shard, and count only for the sources that they were made with. Each
run ends with the counts of all verdicts in the directory, by program, phase and fault.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

from tests.faults.faulty import READ_FAULTS, WRITE_FAULTS
from tests.faults.matrix import Case, matrix
from tests.faults.world import PHASES

PROGRAMS = ("quickstart", "single_resources", "licensed_rollout", "hub_and_spoke")
ROOT = Path(__file__).parents[2]
FAULTS = list(dict.fromkeys([*WRITE_FAULTS, *READ_FAULTS]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Judges the cells that have no verdict yet; 1 if one is wrong."""
    options = _options(arguments)
    number, shards = (int(part) for part in options.shard.split("/"))
    folder = Path(options.results) / _sources()
    folder.mkdir(parents=True, exist_ok=True)
    known = dict(_verdicts(folder))
    if known:
        print(f"{len(known):,} verdicts of these sources are in {folder}", flush=True)
    with (folder / f"{number}-of-{shards}.jsonl").open("a") as file:
        for program in options.program or PROGRAMS:
            cells = list(matrix(program).cases(options.phase or PHASES))
            mine = [case for index, case in enumerate(cells) if index % shards == number - 1 and case not in known]
            print(f"{program}: {len(cells):,} cells, {len(mine):,} to judge here", flush=True)
            started = time.monotonic()
            for case in mine:
                wrong = known[case] = _judged(case)
                file.write(json.dumps([*astuple(case), wrong]) + "\n")
                file.flush()
                for problem in wrong:
                    print(f"WRONG {case}: {problem}", flush=True)
            if mine:
                passed = time.monotonic() - started
                print(f"{program}: {passed / len(mine):.2f} s a cell, {matrix(program).known:,} places", flush=True)
    return report(dict(_verdicts(folder)))


def report(verdicts: dict[Case, list[str]]) -> int:
    """Prints the counts by program, phase and fault; 1 if a cell is wrong."""
    tried = Counter((case.program, case.phase, case.what) for case in verdicts)
    right = Counter((case.program, case.phase, case.what) for case, wrong in verdicts.items() if not wrong)
    for program in dict.fromkeys(case.program for case in verdicts):
        print(f"\n{program:<16}" + "".join(f"{phase:>14}" for phase in PHASES))
        for what in FAULTS:
            cells = [(program, phase, what) for phase in PHASES]
            if any(tried[cell] for cell in cells):
                print(f"  {what:<14}" + "".join(f"{_share(right[cell], tried[cell]):>14}" for cell in cells))
        sums = [
            _share(*(sum(of[program, phase, what] for what in FAULTS) for of in (right, tried))) for phase in PHASES
        ]
        print(f"  {'all':<14}" + "".join(f"{each:>14}" for each in sums))
    wrong = len(verdicts) - right.total()
    print(f"\n{right.total():,} of {len(verdicts):,} cells are right")
    return 1 if wrong else 0


def _share(right: int, tried: int) -> str:
    return f"{right:,} of {tried:,}" if tried else "-"


def _judged(case: Case) -> list[str]:
    """The verdict on a cell. A judge that fails is a verdict, too."""
    try:
        return matrix(case.program).judge(case)
    except Exception:
        return [f"(x) the judge failed: {traceback.format_exc()}"]


def _verdicts(folder: Path) -> Iterator[tuple[Case, list[str]]]:
    """What is known of cells. The last line of a run that was killed may be half a line."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            try:
                *fields, wrong = json.loads(line)
            except json.JSONDecodeError:
                continue
            yield Case(*fields), wrong


def _sources() -> str:
    """A short digest of what a verdict depends on: the product, the programs and the judge."""
    digest = hashlib.sha256()
    for folder in ("provider", "programs", "tests/faults"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", action="append", choices=PROGRAMS, help="only this program; may be repeated")
    parser.add_argument("--phase", action="append", choices=PHASES, help="only this phase; may be repeated")
    parser.add_argument("--shard", default="1/1", metavar="N/M", help="every Mth cell, beginning with the Nth")
    parser.add_argument("--results", default=str(ROOT / "build" / "faults"), help="directory of the verdicts")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
