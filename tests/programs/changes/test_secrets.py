"""Planted secrets: a whole life of a link with the most verbose logs, and then every byte is searched for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs.conftest import Stack
from tests.programs.planted import PLANTED, found

VERBOSE = ("-v=9", "--logtostderr", "--logflow")


def test_no_secret_is_written_anywhere(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Output, state, backups, cache and temporary files of preview, up, refresh and destroy, also of a failed sign-in.

    One exception is Pulumi's own, as docs/project/reliability.md explains: with -v=9 the engine logs what it passes
    between its processes, with `secret_values` in clear. It logs no credential, since none is ever an input.
    """
    program = stack.workspace.project / "__main__.py"
    threshold = "    deletion_threshold=50,"
    planted = f'{threshold}\n    secret_values={{"SecretToken": "{PLANTED}"}},'
    program.write_text(program.read_text().replace(threshold, planted))
    temporary, cache = tmp_path / "temporary", tmp_path / "cache"
    temporary.mkdir()
    environment = {
        **stack.workspace.environment,
        "TMPDIR": str(temporary),
        "ENTRA_SYNC_CACHE": str(cache),
        "ENTRA_SYNC_NO_CACHE": "0",
    }
    object.__setattr__(stack.workspace, "environment", environment)
    credentials = [value for name, value in environment.items() if name.endswith("_CLIENT_SECRET")]
    stack.configure(groups=stack.groups("Engineering"))

    quiet = [stack.workspace.run("up", "--yes"), stack.workspace.run("preview", "--diff")]
    loud = [stack.workspace.run("preview", *VERBOSE), stack.workspace.refresh(*VERBOSE)]
    folders = (stack.workspace.directory, temporary, cache)
    kept = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    wrong = {**environment, "ENTRA_CONTOSO_CLIENT_SECRET": f"{credentials[0]}-wrong"}
    object.__setattr__(stack.workspace, "environment", wrong)
    refused = stack.workspace.run("refresh", "--yes", *VERBOSE)
    object.__setattr__(stack.workspace, "environment", environment)
    loud.append(stack.workspace.run("destroy", "--yes", "--skip-preview", *VERBOSE))

    assert [0] * 5 == [each.code for each in (*quiet, *loud)], quiet[0].output[-2000:]
    assert refused.code
    assert 2 <= len(credentials)
    assert kept
    for outcome in quiet:
        assert [] == found(outcome.output, [*credentials, PLANTED])
    for outcome in (*loud, refused):
        assert [] == found(outcome.output, credentials)
        ours = [line for line in found(outcome.output, [PLANTED]) if "arshaling property for RPC[" not in line]
        assert [] == ours  # only lines of the engine's own log
    for path in kept:
        assert [] == found(path.read_bytes().decode("utf-8", "replace"), [*credentials, PLANTED]), path
