"""``entra-sync new``: a project with a link, its policy pack and its instructions, ready to be edited."""

from __future__ import annotations

import re
import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from entra_sync.errors import ConfigurationError

__all__ = ["Language", "register", "write_project"]

FILES = Path(__file__).with_name("files")


class Language(StrEnum):
    """Language of the program in a new project."""

    PYTHON = "python"
    YAML = "yaml"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(new)


def new(
    directory: Annotated[Path, typer.Argument(help="Directory of the project. It must be empty or not exist yet.")],
    name: Annotated[str | None, typer.Option(help="Name of the project. Default: the directory's name.")] = None,
    language: Annotated[Language, typer.Option(help="Language of the program.")] = Language.PYTHON,
) -> None:
    """Create a Pulumi project with a cross-cloud link and the policy pack."""
    write_project(directory, name or directory.resolve().name, language)
    install = "  pulumi install\n" if language is Language.PYTHON else ""
    print(f"Created {directory}. Next:\n  cd {directory}\n{install}Then follow README.md in that directory.")


def write_project(directory: Path, name: str, language: Language) -> None:
    """Writes the project that this package ships: program, requirements, instructions and policy pack.

    Raises:
        ConfigurationError: The name is not one that Pulumi accepts, or the directory cannot be written or has files.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", name):
        raise ConfigurationError(
            f'"{name}" cannot be the name of a Pulumi project: '
            "use letters, digits, hyphens, underscores and periods, at most 100"
        )
    try:
        if directory.exists() and any(directory.iterdir()):
            raise ConfigurationError(f"{directory} is not empty; name a directory that is empty or does not exist")
        shutil.copytree(
            FILES / language, directory, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".venv")
        )
        pack = directory / "policies"
        pack.mkdir()
        for file in ("__main__.py", "PulumiPolicy.yaml"):
            shutil.copy(FILES / "policies" / file, pack)
        shutil.copytree(FILES / "policies" / "configurations", pack / "configurations")
        settings = directory / "Pulumi.yaml"
        settings.write_text(re.sub(r"(?m)^name: .*$", f"name: {name}", settings.read_text(), count=1))
    except OSError as error:
        raise ConfigurationError(f"{directory} cannot be written: {error.strerror}") from None
