"""Changes the code on purpose, one place at a time, and counts the changes that the tests notice.

    python scripts/mutation.py                     every mutant of tests/mutants.txt
    python scripts/mutation.py --name lock         those whose name holds "lock"
    python scripts/mutation.py --sample 30         30 mutants that are made by rule, drawn at random
    python scripts/mutation.py --sample 30 --seed 7

A mutant that no test notices survives. The exit code is 1 if one does that tests/mutants.txt does not list as
accepted. The code is copied first; the checkout stays as it is.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIST = ROOT / "tests" / "mutants.txt"
LONGEST = 300
"""Seconds that the tests of one mutant may take; one that makes them hang is noticed."""

HANDLER = "tests/resources/test_update.py tests/resources/test_unfinished.py tests/resources/test_crash.py"
GRAPH = "tests/test_graph.py tests/test_answers.py tests/test_safety.py tests/test_hosts.py tests/test_sign_in.py"
TESTS = {
    "base/handler.py": HANDLER,
    "base/hooks.py": HANDLER,
    "base/calls.py": "tests/test_calls.py tests/test_safety.py",
    "base/run/sending.py": "tests/test_calls.py tests/test_safety.py",
    "graph/": GRAPH,
    "impact/planning/": "tests/impact/test_prediction.py tests/impact/test_limits.py tests/impact/test_safety.py",
    "licensing/": "tests/licensing tests/resources/test_license_assignment.py tests/resources/test_safety.py",
    "resources/": "tests/resources",
}
"""Which tests look at a file, by the beginning of its path in the package; a resource has its own file first."""


@dataclass(frozen=True)
class Mutant:
    """One change of the code.

    Attributes:
        name: What would be wrong.
        path: File in the package.
        old: What stands there, once.
        new: What stands there instead.
        tests: Tests that have to notice.
        accepted: Why it may survive; empty if it may not.
        line: Where it is, if *old* stands at several places.
    """

    name: str
    path: str
    old: str
    new: str
    tests: str
    accepted: str = ""
    line: int = 0

    def applied(self, text: str) -> str:
        """The file with the change.

        Raises:
            SystemExit: The list is out of date.
        """
        if self.line:
            lines = text.splitlines(keepends=True)
            before, after = "".join(lines[: self.line - 1]), "".join(lines[self.line - 1 :])
            return before + after.replace(self.old, self.new, 1)
        if text.count(self.old) != 1:
            sys.exit(f"{LIST}: {self.name}: {self.path} has {self.old!r} {text.count(self.old)} times, not once")
        return text.replace(self.old, self.new)


def listed() -> Iterator[Mutant]:
    """The mutants of the list: a name, then ``file``, ``-`` and ``+`` lines, ``tests``, and perhaps ``accepted``."""
    for block in re.split(r"^== ", LIST.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, *lines = block.rstrip().split("\n")
        fields = dict(line.split(": ", 1) for line in lines if re.match(r"(file|tests|accepted): ", line))
        old = "\n".join(line[2:] for line in lines if line.startswith("- "))
        new = "\n".join(line[2:] for line in lines if line.startswith("+ "))
        yield Mutant(name, fields["file"], old, new, fields["tests"], fields.get("accepted", ""))


def made(path: str) -> Iterator[Mutant]:
    """Mutants of a file by rule: conditions turned round, comparisons moved, calls and results left out."""
    text = (ROOT / "provider/entra_sync" / path).read_text(encoding="utf-8")
    tests = next(tests for start, tests in TESTS.items() if path.startswith(start))
    own = f"tests/resources/test_{Path(path).stem}.py"
    tests = own if path.startswith("resources/") and (ROOT / own).exists() else tests
    swaps = {"Lt": ("<", "<="), "LtE": ("<=", "<"), "Gt": (">", ">="), "GtE": (">=", ">"), "Eq": ("==", "!="),
             "NotEq": ("!=", "=="), "In": (" in ", " not in "), "NotIn": (" not in ", " in ")}  # fmt: skip
    for node in ast.walk(ast.parse(text)):
        changes: list[tuple[ast.AST, str, str]] = []
        if isinstance(node, ast.If | ast.IfExp | ast.While):
            condition = ast.get_source_segment(text, node.test) or ""
            changes.append((node.test, condition, f"(not ({condition}))"))
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]).__name__ in swaps:
            whole = ast.get_source_segment(text, node) or ""
            sign, other = swaps[type(node.ops[0]).__name__]
            changes.append((node, whole, whole.replace(sign, other, 1)))
        if isinstance(node, ast.BoolOp):
            whole = ast.get_source_segment(text, node) or ""
            signs = (" and ", " or ") if isinstance(node.op, ast.And) else (" or ", " and ")
            changes.append((node, whole, whole.replace(*signs, 1)))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            changes.append((node, ast.get_source_segment(text, node) or "", "pass"))
        for place, old, new in changes:
            line: int = place.lineno  # type: ignore[attr-defined]
            if old and old != new:
                yield Mutant(f"{path}:{line}: {' '.join(old.split())[:70]}", path, old, new, tests, line=line)


def survives(mutant: Mutant, copy: Path) -> bool:
    """Whether the tests pass although the code is wrong."""
    file = copy / "provider/entra_sync" / mutant.path
    text = file.read_text(encoding="utf-8")
    file.write_text(mutant.applied(text), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *mutant.tests.split()]
    environment = {
        **os.environ,
        "PYTHONPATH": f"{copy / 'provider'}:{copy / 'policies'}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        run = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        return False
    finally:
        file.write_text(text, encoding="utf-8")
    if run.returncode not in (0, 1, 2):
        sys.exit(f"{mutant.name}: the tests cannot be run:\n{run.stdout.decode()[-2000:]}")
    return run.returncode == 0


def main() -> None:
    """Runs the mutants and prints those that survive."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--name", default="", help="run the mutants whose name holds this")
    options.add_argument("--sample", type=int, default=0, help="run so many mutants made by rule instead")
    options.add_argument("--seed", default="1", help="draws the sample")
    asked = options.parse_args()
    mutants = [each for each in listed() if asked.name in each.name]
    if asked.sample:
        package = ROOT / "provider/entra_sync"
        paths = sorted(str(path.relative_to(package)) for path in package.rglob("*.py"))
        found = [each for path in paths if path.startswith(tuple(TESTS)) for each in made(path)]
        mutants = random.Random(asked.seed).sample(found, min(asked.sample, len(found)))
    alive = []
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "node_modules", "__pycache__"))
        for number, mutant in enumerate(mutants, 1):
            lives = survives(mutant, copy)
            alive += [mutant] if lives else []
            print(f"{number:>3}/{len(mutants)} {'SURVIVES' if lives else 'killed  '} {mutant.name}", flush=True)
    print(f"{len(mutants)} mutants: {len(mutants) - len(alive)} killed, {len(alive)} survive")
    for mutant in alive:
        print(f"  {mutant.path}: {mutant.name}: {mutant.accepted or 'NO TEST NOTICES'}")
    sys.exit(1 if any(not mutant.accepted for mutant in alive) and not asked.sample else 0)


if __name__ == "__main__":
    main()
