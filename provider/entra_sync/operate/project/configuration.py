"""The configuration of a stack, as the file beside Pulumi.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from entra_sync.errors import ConfigurationError

__all__ = ["configure"]

JSON = Any


def configure(root: Path, project: str, stack: str, values: Mapping[str, JSON]) -> Path:
    """Writes values into the configuration of a stack; all others stay. Returns the file.

    Args:
        root: Directory with Pulumi.yaml.
        project: Name of the project.
        stack: Name of the stack.
        values: Names without the project's namespace.

    Raises:
        ConfigurationError: The file is not YAML, or cannot be written.
    """
    file = root / f"Pulumi.{stack}.yaml"
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
        settings = dict(settings or {})
        config = dict(settings.get("config") or {})
        config.update({f"{project}:{name}": value for name, value in values.items()})
        file.write_text(yaml.safe_dump({**settings, "config": config}, sort_keys=False), encoding="utf-8")
    except OSError as problem:
        raise ConfigurationError(f"{file}: {problem.strerror}") from None
    except (yaml.YAMLError, ValueError, TypeError):
        raise ConfigurationError(f"{file}: it is not the configuration of a stack; correct it or delete it") from None
    return file
