"""The configuration of a stack, as the file beside Pulumi.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import yaml

from entra_sync.errors import ConfigurationError

__all__ = ["configuration", "configure", "project_name"]

JSON = Any


def project_name(root: Path, project: Mapping[str, JSON]) -> str:
    """The name of a project: the one in Pulumi.yaml, or that of the directory with it."""
    return str(project.get("name") or root.name)


def configure(root: Path, project: Mapping[str, JSON], stack: str, values: Mapping[str, JSON]) -> Path:
    """Writes values into the configuration of a stack; all others stay. Returns the file.

    Args:
        root: Directory with Pulumi.yaml.
        project: What is in Pulumi.yaml.
        stack: Name of the stack.
        values: Names without the project's namespace.

    Raises:
        ConfigurationError: The file is not YAML, or cannot be written.
    """
    file, space = root / f"Pulumi.{stack}.yaml", project_name(root, project)
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
        settings = dict(settings or {})
        config = dict(settings.get("config") or {})
        config.update({f"{space}:{name}": value for name, value in values.items()})
        file.write_text(yaml.safe_dump({**settings, "config": config}, sort_keys=False), encoding="utf-8")
    except OSError as problem:
        raise ConfigurationError(f"{file}: {problem.strerror}") from None
    except (yaml.YAMLError, ValueError, TypeError):
        raise ConfigurationError(f"{file}: it is not the configuration of a stack; correct it or delete it") from None
    return file


def configuration(root: Path, project: Mapping[str, JSON], stack: str) -> dict[str, str]:
    """Returns the configuration of a stack as the engine hands it to a program, without asking the engine.

    A secret is the text ``secret``, because only the engine can decrypt it.

    Args:
        root: Directory with Pulumi.yaml.
        project: What is in Pulumi.yaml.
        stack: Name of the stack.

    Raises:
        ConfigurationError: The file is missing, or is not YAML.
    """
    file = root / f"Pulumi.{stack}.yaml"
    try:
        settings = dict(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
        values = dict(settings.get("config") or {})
    except OSError as problem:
        raise ConfigurationError(f"{file}: {problem.strerror}") from None
    except (yaml.YAMLError, ValueError, TypeError):
        raise ConfigurationError(f"{file}: it is not the configuration of a stack; correct it or delete it") from None
    defaults = {name: _default(each) for name, each in dict(project.get("config") or {}).items()}
    name = project_name(root, project)
    found = {key: each for key, each in {**defaults, **values}.items() if each is not None}
    return {key if ":" in key else f"{name}:{key}": _text(_revealed(each)) for key, each in found.items()}


def _default(value: JSON) -> JSON:
    """The value of a setting in Pulumi.yaml, which may be given together with its type."""
    return value.get("value", value.get("default")) if isinstance(value, dict) else value


def _revealed(value: JSON) -> JSON:
    if isinstance(value, dict):
        return "secret" if set(value) == {"secure"} else {key: _revealed(each) for key, each in value.items()}
    return [_revealed(each) for each in value] if isinstance(value, list) else value


def _text(value: JSON) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
