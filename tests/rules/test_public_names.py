"""The public surface: what is listed is there, typed, and nothing else is."""

import ast
import inspect
import pkgutil
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import entra_guard
import entra_sync

RECORD = Path(__file__).with_name("public_names.txt")
CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"


def modules(package: ModuleType = entra_sync) -> list[str]:
    """Every module of a package."""
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return sorted(module.name for module in found)


def test_every_name_of_the_package_loads_and_has_a_type() -> None:
    """The stub that type checkers read lists the same names."""
    stub = ast.parse(Path(entra_sync.__file__).with_suffix(".pyi").read_text())
    typed = [alias.asname for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names]

    assert entra_sync.__all__ == sorted(str(name) for name in typed)
    for name in entra_sync.__all__:
        assert getattr(entra_sync, name) is not None


@pytest.mark.parametrize("name", modules())
def test_a_module_lists_names_that_it_has(name: str) -> None:
    """``__all__`` is there, and each of its names is public and defined."""
    module = import_module(name)
    listed = getattr(module, "__all__", [])

    assert [] == [each for each in listed if each.startswith("_") or not hasattr(module, each)]


def record(text: str) -> tuple[set[str], set[str]]:
    """The names that are there, and those that are gone, of a text such as public_names.txt."""
    lines = text.partition("\n\n")[2].splitlines()
    gone = {line.removesuffix(" gone") for line in lines if line.endswith(" gone")}
    return {line for line in lines if not line.endswith(" gone")}, gone


def unsaid(gone: set[str], changelog: str) -> set[str]:
    """Which of the names that are gone the changelog does not name in full."""
    return {name for name in gone if f"`{name}`" not in changelog}


def test_no_name_goes_without_a_line_in_the_changelog() -> None:
    """What programs can import is what the record says; a name that is gone keeps its line there, and gets one here."""
    there, gone = record(RECORD.read_text())
    packages = {name.rpartition(".")[0] for name in there | gone}
    current = {f"{package}.{name}" for package in packages for name in import_module(package).__all__}

    assert there == current
    assert set() == unsaid(gone, CHANGELOG.read_text())


def test_a_name_that_is_gone_needs_its_full_name_in_the_changelog() -> None:
    there, gone = record("About the names.\n\nentra_sync.Kept\nentra_sync.Said gone\nentra_sync.Unsaid gone\n")

    assert ({"entra_sync.Kept"}, {"entra_sync.Unsaid"}) == (
        there,
        unsaid(gone, "- `entra_sync.Said` is `entra_sync.Kept` now; Unsaid is not said.\n"),
    )


INNER_ERRORS = {
    "entra_guard.values.CannotJudge": ["entra_guard.rule", "entra_guard.stack"],
    "entra_sync.emulator.cycle.users.mapping.Failed": [
        "entra_sync.emulator.cycle.ondemand",
        "entra_sync.emulator.cycle.run",
    ],
    "entra_sync.emulator.dashboard.query.Unknown": ["entra_sync.emulator.dashboard.answer"],
    "entra_sync.emulator.errors.Fault": [
        "entra_sync.emulator.cycle.run",
        "entra_sync.emulator.cycle.users.target",
        "entra_sync.emulator.service",
        "entra_sync.testing.saved",
        "entra_sync.testing.tenants",
    ],
    "entra_sync.emulator.identity.login._Refused": ["entra_sync.emulator.identity.login"],
    "entra_sync.emulator.serving.control._Refused": ["entra_sync.emulator.serving.control"],
    "entra_sync.errors.problems.Misfit": [],  # only from validators: pydantic makes a ValidationError of it
    "entra_sync.expressions.dotnet.no_value.NoValue": [
        "entra_sync.expressions.checks.expressions",
        "entra_sync.expressions.columns.evaluation",
        "entra_sync.expressions.columns.forms",
        "entra_sync.expressions.language.evaluation",
        "entra_sync.expressions.language.values",
    ],
    "entra_sync.expressions.language.values.FlowIgnored": [
        "entra_sync.expressions.columns.evaluation",
        "entra_sync.expressions.language.evaluation",
    ],
    "entra_sync.graph.answers.checked.Unusable": [
        "entra_sync.graph.answers.once",
        "entra_sync.graph.answers.together",
        "entra_sync.graph.transport",
    ],
    "entra_sync.operate.verify.reader.NotSeen": [
        "entra_sync.operate.verify.compare",
        "entra_sync.operate.verify.throwaway",
    ],
}
"""Exceptions that no program meets, with every module that catches them by name."""


def exceptions() -> set[type[BaseException]]:
    """Every class of the product that can be raised."""
    found: set[type[BaseException]] = set()
    kinds: list[type[BaseException]] = [BaseException]
    while kinds:
        further = set(kinds.pop().__subclasses__()) - found
        found |= further
        kinds += further
    return {kind for kind in found if kind.__module__.partition(".")[0] in {"entra_sync", "entra_guard"}}


def caught(module: ModuleType) -> set[type[BaseException]]:
    """The exceptions that handlers in a module name."""
    handlers = [
        node.type for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.ExceptHandler)
    ]
    named = {each.id for kind in handlers if kind for each in ast.walk(kind) if isinstance(each, ast.Name)}
    there = [getattr(module, name) for name in named if hasattr(module, name)]
    return {each for each in there if isinstance(each, type) and issubclass(each, BaseException)}


def test_every_error_that_a_program_can_meet_is_exported_from_the_one_tree() -> None:
    """It is defined in ``errors``; every other exception is caught where the list says, and nowhere else."""
    loaded = [import_module(name) for name in modules(entra_sync) + modules(entra_guard)]
    handled = {module.__name__: caught(module) for module in loaded if inspect.getsourcefile(module)}
    exported = {kind for kind in exceptions() if getattr(entra_sync, kind.__name__, None) is kind}
    inner = {
        f"{kind.__module__}.{kind.__qualname__}": sorted(name for name, kinds in handled.items() if kind in kinds)
        for kind in exceptions() - exported
    }

    assert INNER_ERRORS == inner
    assert set() == {kind for kind in exported if not kind.__module__.startswith("entra_sync.errors")}
