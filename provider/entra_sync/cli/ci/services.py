"""What the commands for continuous integration share: variables that a job has, and requests to its service."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from entra_sync.errors import ConfigurationError

__all__ = ["ask", "needed"]

JSON = Any


def needed(name: str, hint: str = "this command runs inside the job of a pull request") -> str:
    """An environment variable that has to be there; *hint* says where it comes from.

    Raises:
        ConfigurationError: It is not, or empty.
    """
    value = os.environ.get(name)
    if not value:
        raise ConfigurationError(f"{name} is not set; {hint}")
    return value


def ask(method: str, url: str, headers: Mapping[str, str], body: JSON = None) -> JSON:
    """The answer to one request.

    Raises:
        ConfigurationError: The service cannot be reached or refuses; the message holds no token.
    """
    import httpx

    place = f"{method} {url.partition('?')[0]}"
    for name, value in headers.items():
        # The client's own message would hold the value.
        if not (value.isascii() and value.isprintable()):
            raise ConfigurationError(f"{place}: the token for {name} has a line end or another character no header has")
    try:
        answer = httpx.request(method, url, headers=dict(headers), json=body, timeout=30)
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise ConfigurationError(f"{place}: {problem}") from None
    if answer.is_error:
        raise ConfigurationError(f"{place}: {answer.status_code} {' '.join(answer.text[:200].split())}")
    try:
        return answer.json()
    except ValueError:
        raise ConfigurationError(f"{place}: the answer is not JSON; is the token one for this service?") from None
