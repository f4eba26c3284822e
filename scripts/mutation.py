"""Changes the code on purpose, one place at a time, and counts the changes that the tests notice.

    python scripts/mutation.py                     every mutant of tests/release/mutants.txt
    python scripts/mutation.py --name lock         those whose name holds "lock"
    python scripts/mutation.py --sample 30         30 mutants that are made by rule, drawn at random
    python scripts/mutation.py --sample 30 --seed 7 --floor 90

A mutant that no test notices survives. The exit code is 1 if a listed one does that is not accepted there, or if fewer
than --floor percent of a sample are noticed. The code is copied first; the checkout stays as it is.

Mutants by rule turn conditions round, move comparisons, and leave calls out, in the folders of SAMPLED. Each runs
against the tests that run its lines: scripts/covering.py records them first, which takes minutes; --record DIRECTORY
keeps the record. Not made are mutants of a message's text and of ``if TYPE_CHECKING``.
"""

from __future__ import annotations

import argparse
import ast
import math
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from compileall import compile_dir
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from covering import Covering

ROOT = Path(__file__).parents[1]
LIST = ROOT / "tests" / "release" / "mutants.txt"
LONGEST = 300
"""Seconds of processor time that the tests of one mutant may take; other work on the machine does not use them up."""

WAITS = 900
"""Seconds that they may take with what they wait for."""

SAMPLED = (
    "base/",
    "emulator/cycle/",
    "expressions/columns/",
    "graph/",
    "impact/planning/",
    "impact/reading/",
    "licensing/",
    "operate/",
    "resources/",
)
"""Where mutants are made by rule, by the beginning of a path in the package."""

LOOKING = (
    "tests/resources tests/impact tests/licensing tests/faults tests/ownership tests/program/packaged tests/mistakes "
    "tests/base tests/graph tests/microsoft tests/program/test_lookups.py tests/emulator/cycle "
    "tests/expressions/test_columns.py tests/expressions/test_filters.py tests/cli/test_doctor.py "
    "tests/cli/test_graph.py tests/cli/test_import.py tests/cli/test_operating.py tests/cli/test_verify.py "
    "tests/testing tests/programs/examples/test_concepts.py"
)
"""Tests of which the record says what they run; none of them starts Pulumi's engine or a browser."""

LIBRARIES = ("azure.identity", "httpx", "hypothesis", "msgraph_core", "polars", "pulumi.dynamic", "pydantic", "typer")
"""What takes a second to import, and no mutant changes."""

OUTPUT = "output-of-tests.txt"

VERDICTS = ("killed", "endless", "SURVIVES", "NOT RUN")
"""A test fails, the tests reach a limit of time, they all pass, or no test runs the line. The first two are noticed."""

MOST_SECONDS = 40
"""Seconds that the tests of a mutant made by rule take together."""


@dataclass(frozen=True)
class Mutant:
    """One change of the code.

    Attributes:
        name: What would be wrong.
        path: File in the package.
        old: What stands there, once.
        new: What stands there instead.
        tests: Tests that have to notice; those that run its lines if it is made by rule.
        accepted: Why it may survive; empty if it may not.
        line, last: The lines where it is, if it is made by rule.
    """

    name: str
    path: str
    old: str
    new: str
    tests: str = ""
    accepted: str = ""
    line: int = 0
    last: int = 0

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
    """Mutants of a file by rule: conditions turned round, comparisons moved, calls left out."""
    text = (ROOT / "provider/entra_sync" / path).read_text(encoding="utf-8")
    tree = ast.parse(text)
    told = (node for node in ast.walk(tree) if isinstance(node, ast.Raise | ast.JoinedStr))
    texts = {inner for node in told for inner in ast.walk(node)}
    swaps = {"Lt": ("<", "<="), "LtE": ("<=", "<"), "Gt": (">", ">="), "GtE": (">=", ">"), "Eq": ("==", "!="),
             "NotEq": ("!=", "=="), "In": (" in ", " not in "), "NotIn": (" not in ", " in ")}  # fmt: skip
    for node in ast.walk(tree):
        if node in texts:
            continue
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
            first, last = place.lineno, place.end_lineno  # type: ignore[attr-defined]
            if old and old != new and old != "TYPE_CHECKING":
                name = f"{path}:{first}: {' '.join(old.split())} → {' '.join(new.split())}"
                yield Mutant(name, path, old, new, line=first, last=last)


def record(directory: Path, copy: Path) -> None:
    """Runs the tests of :data:`LOOKING` once, and writes what each of them runs."""
    directory.mkdir(parents=True, exist_ok=True)
    files = os.pathsep.join(str(copy / "provider/entra_sync" / start / "*") for start in SAMPLED)
    environment = {"ENTRA_SYNC_COVERING": str(directory), "ENTRA_SYNC_COVERED": files}
    print("recording what each test runs", flush=True)
    if tests(copy, ["-p", "scripts.covering", *LOOKING.split()], environment=environment):
        sys.exit(f"the tests fail without a mutant:\n{(copy / OUTPUT).read_text()[-2000:]}")


def covered(directory: Path) -> Covering:
    """The record in a directory.

    Raises:
        SystemExit: coverage is not installed; no other command needs it, so that it is not among the dependencies.
    """
    try:
        from covering import Covering
    except ModuleNotFoundError as missing:
        sys.exit(f"a sample needs {missing.name}; run: .venv/bin/uv pip install coverage==7.17.3")
    return Covering(directory)


def tests(
    copy: Path, arguments: list[str], seconds: float | None = None, environment: dict[str, str] | None = None
) -> int | None:
    """Runs tests of the copy in a process that has the libraries already.

    Returns:
        Its exit code; None if it took more than these *seconds* of processor time, or waited for too long.
    """
    child = os.fork()
    if not child:
        code = 3
        try:
            os.chdir(copy)
            if seconds:
                resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds)))
            os.environ.update({"PYTHONDONTWRITEBYTECODE": "1", **(environment or {})})
            paths = [str(copy / "provider"), str(copy / "policies"), str(copy)]
            os.environ["PYTHONPATH"] = os.pathsep.join(paths)
            sys.path[:0] = paths
            output = os.open(copy / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
            code = int(pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", *arguments]))
        finally:
            os._exit(code)
    ends = time.monotonic() + (WAITS if seconds else float("inf"))
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return None if code in (-signal.SIGXCPU, -signal.SIGKILL) else code
        time.sleep(0.2)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def chosen(mutant: Mutant, covering: Covering) -> tuple[list[str], float]:
    """Tests that run the lines of a mutant, and the seconds that they take.

    First those of the file that is named like the module, then the shortest of each other file, the next of each.
    Lines that run when their module is imported are of no test: those of the file named like the module look at them.
    """
    found, seconds, met = list[str](), 0.0, dict[str, int]()
    own = f"test_{Path(mutant.path).stem}.py"

    def rank(test: str) -> tuple[bool, int]:
        file = test.partition("::")[0]
        met[file] = met.get(file, 0) + 1
        return not file.endswith(own), met[file]

    running = covering.tests(f"provider/entra_sync/{mutant.path}", mutant.line, mutant.last)
    if not running:
        return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob(own)), float(LONGEST)
    ranks = {test: rank(test) for test, _ in running}
    for test, takes in sorted(running, key=lambda each: ranks[each[0]]):
        if found and seconds + takes > MOST_SECONDS:
            break
        found, seconds = [*found, test], seconds + takes
    return found, seconds


def verdict(mutant: Mutant, copy: Path, names: list[str], seconds: float) -> str:
    """What the tests make of the wrong code: one of :data:`VERDICTS`."""
    if not names:
        return "NOT RUN"
    file = copy / "provider/entra_sync" / mutant.path
    text = file.read_text(encoding="utf-8")
    listing = copy / "tests-of-a-mutant.txt"
    listing.write_text("\n".join(names), encoding="utf-8")
    file.write_text(mutant.applied(text), encoding="utf-8")
    try:
        code = tests(copy, ["-x", f"@{listing}"], seconds)
    finally:
        file.write_text(text, encoding="utf-8")
    if code == pytest.ExitCode.USAGE_ERROR and "ERROR collecting" in (copy / OUTPUT).read_text():
        code = pytest.ExitCode.TESTS_FAILED  # the wrong code ends the import of the tests
    if code not in (0, 1, 2, None):
        sys.exit(f"{mutant.name}: the tests cannot be run:\n{(copy / OUTPUT).read_text()[-2000:]}")
    return {0: "SURVIVES", None: "endless"}.get(code, "killed")


def sampled(number: int, seed: str) -> list[Mutant]:
    """So many of the mutants by rule, drawn at random."""
    package = ROOT / "provider/entra_sync"
    paths = sorted(str(path.relative_to(package)) for path in package.rglob("*.py"))
    found = [each for path in paths if path.startswith(SAMPLED) for each in made(path)]
    return random.Random(seed).sample(found, min(number, len(found)))


def counts(found: list[tuple[Mutant, str]]) -> str:
    """A line for each folder of :data:`SAMPLED`: how many mutants it had, by verdict."""
    lines = [f"  {'':<20}" + "".join(f"{said:>9}" for said in VERDICTS)]
    for folder in SAMPLED:
        of = [said for mutant, said in found if mutant.path.startswith(folder)]
        lines.append(f"  {folder:<20}" + "".join(f"{of.count(said):>9}" for said in VERDICTS))
    return "\n".join(lines)


def main() -> None:
    """Runs the mutants and prints those that survive."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--name", default="", help="run the mutants whose name holds this")
    options.add_argument("--sample", type=int, default=0, help="run so many mutants made by rule instead")
    options.add_argument("--seed", default="1", help="draws the sample")
    options.add_argument("--floor", type=float, default=0, help="percent of the sample that must be noticed")
    options.add_argument("--record", type=Path, help="where the record is of what each test runs, or is to be kept")
    asked = options.parse_args()
    mutants = sampled(asked.sample, asked.seed) if asked.sample else list(listed())
    mutants = [each for each in mutants if asked.name in each.name]
    found: list[tuple[Mutant, str]] = []
    for library in LIBRARIES:
        import_module(library)
    with tempfile.TemporaryDirectory() as directory:
        copy, kept = Path(directory) / "copy", (asked.record or Path(directory) / "record").absolute()
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "node_modules", "__pycache__"))
        compile_dir(copy / "provider", quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
        if asked.sample and not (kept / "lines").exists():
            record(kept, copy)
        covering = covered(kept) if asked.sample else None
        for number, mutant in enumerate(mutants, 1):
            names, seconds = chosen(mutant, covering) if covering else (mutant.tests.split(), float(LONGEST))
            found.append((mutant, verdict(mutant, copy, names, min(LONGEST, 60 + 5 * seconds))))
            print(f"{number:>3}/{len(mutants)} {found[-1][1]:<8} {mutant.name}", flush=True)
    alive = [mutant for mutant, said in found if said in VERDICTS[2:]]
    noticed = len(mutants) - len(alive)
    print(f"{len(mutants)} mutants: {noticed} noticed ({100 * noticed / len(mutants):.0f} %), {len(alive)} survive")
    if asked.sample:
        print(counts(found))
    for mutant in alive:
        print(f"  {mutant.path}: {mutant.name}: {mutant.accepted or 'NO TEST NOTICES'}")
    if asked.sample:
        sys.exit(100 * noticed < asked.floor * len(mutants))
    sys.exit(any(not mutant.accepted for mutant in alive))


if __name__ == "__main__":
    main()
