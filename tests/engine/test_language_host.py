"""The engine that the set-up chose, with its Python language host, runs what this project needs of it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, provider_pb2, provider_pb2_grpc

from tests.engine.notes_stack import Stack

HOST = Path(sys.executable).with_name("pulumi").resolve().parent / "pulumi-language-python"
only_our_host = pytest.mark.skipif("-built-" not in HOST.parent.name, reason="the engine in use has Pulumi's own host")


def test_preview_shows_what_check_adds_and_runs_hooks(stack: Stack) -> None:
    """A key that check() adds is in the diff, and a hook with on_dry_run sees it before anything is made."""
    stack.configure(text="hello")

    preview = stack.pulumi("preview", "--diff", "--policy-pack", str(stack.pack))

    assert 0 == preview.code, preview.output
    assert '[0]: "POST /notes hello"' in preview.output
    assert "hook saw POST /notes hello" in preview.output
    assert "+ 2 to create" in preview.output


def test_up_refresh_and_destroy_go_round(stack: Stack) -> None:
    """A stack is made, changed, refreshed and removed; its secret output is encrypted in the state."""
    stack.configure(text="hello")
    assert 0 == stack.pulumi("config", "set", "--secret", "token", "s3cret").code

    up = stack.pulumi("up", "--yes", "--skip-preview", "--policy-pack", str(stack.pack))

    assert 0 == up.code, up.output
    exported = stack.pulumi("stack", "export").output
    note = json.loads(exported)["deployment"]["resources"][-1]
    assert ("note-1", ["POST /notes hello"]) == (note["id"], note["inputs"]["calls"])
    assert "s3cret" not in exported

    unchanged = json.loads(stack.pulumi("preview", "--json").output)["changeSummary"]
    assert {"same": 2} == unchanged

    stack.configure(text="bye")
    update = stack.pulumi("up", "--yes", "--skip-preview")
    assert "~ 1 updated" in update.output
    assert "2 unchanged" in stack.pulumi("refresh", "--yes", "--skip-preview").output
    assert "- 2 deleted" in stack.pulumi("destroy", "--yes", "--skip-preview").output


def test_policy_pack_stops_a_preview(stack: Stack) -> None:
    """A mandatory rule sees the added key, names it, and fails the preview."""
    stack.configure(text="rumour")

    preview = stack.pulumi("preview", "--policy-pack", str(stack.pack))

    assert 0 != preview.code
    assert "[mandatory]  no-rumours" in preview.output
    assert "would send POST /notes rumour" in preview.output


def test_policy_analyze_judges_what_is_in_the_state(stack: Stack) -> None:
    """`pulumi policy analyze` runs the pack on existing resources, without the program."""
    stack.configure(text="rumour")
    assert 0 == stack.pulumi("up", "--yes", "--skip-preview").code

    analysis = stack.pulumi("policy", "analyze", "--policy-pack", str(stack.pack), "--stack", "test")

    assert 0 != analysis.code
    assert "would send POST /notes rumour" in analysis.output


def test_check_failure_names_resource_and_property(stack: Stack) -> None:
    """A CheckFailure ends the preview with one error that says where it is."""
    stack.configure(text="")

    preview = stack.pulumi("preview")

    assert 0 != preview.code
    assert "Note resource 'note': property text value {} has a problem: a note must not be empty" in preview.output


def test_program_that_raises_shows_its_own_traceback_only(stack: Stack) -> None:
    """An exception is shown once, from the program's line on, and the engine adds no error of its own."""
    stack.configure(text="raise")

    preview = stack.pulumi("preview", "--diff")

    assert 0 != preview.code
    assert 1 == preview.output.count("RuntimeError: no note today")
    assert 1 == preview.output.count("error:")


def test_program_without_configuration_says_which_value_it_misses(stack: Stack) -> None:
    """A stack without any configuration runs, and the program's own message about it is shown."""
    preview = stack.pulumi("preview")

    assert 0 != preview.code
    assert "Missing required configuration variable 'notes:text'" in preview.output


def test_program_that_exits_is_reported_with_its_code(stack: Stack) -> None:
    """A program that leaves with a code of its own is an error that names the code."""
    stack.configure(text="exit")

    preview = stack.pulumi("preview")

    assert 0 != preview.code
    assert "Program exited with non-zero exit code: 3" in preview.output


def test_missing_virtual_environment_is_named(stack: Stack) -> None:
    """A virtualenv option that leads nowhere is one error with its path, before the program starts."""
    stack.use_virtualenv("nowhere")

    preview = stack.pulumi("preview")

    assert 0 != preview.code
    assert "nowhere" in preview.output


@contextlib.contextmanager
def running(host: Path) -> Iterator[tuple[subprocess.Popen[str], language_pb2_grpc.LanguageRuntimeStub]]:
    """A running language host without an engine, and a client of it."""
    with subprocess.Popen([host], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
                yield process, language_pb2_grpc.LanguageRuntimeStub(channel)
        finally:
            process.kill()


@pytest.fixture
def host() -> Iterator[tuple[subprocess.Popen[str], language_pb2_grpc.LanguageRuntimeStub]]:
    """The host of the engine in use, running, and a client of it."""
    with running(HOST) as process_and_client:
        yield process_and_client


@only_our_host
def test_host_has_the_version_of_its_engine(host) -> None:
    """The host and `pulumi` are of one version."""
    _, client = host
    engine = subprocess.run([HOST.with_name("pulumi"), "version"], capture_output=True, text=True, check=True).stdout

    assert client.GetPluginInfo(Empty()).version == engine.strip()


@only_our_host
def test_host_says_which_python_runs_the_program(host, tmp_path: Path) -> None:
    """Each preview and update asks for it; no other program than that Python is started to answer."""
    _, client = host
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/started\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    options = Struct()
    options.update({"virtualenv": str(tmp_path)})
    info = language_pb2.ProgramInfo(root_directory=str(tmp_path), program_directory=str(tmp_path), options=options)

    about = client.About(language_pb2.AboutRequest(info=info))

    assert (sys.executable, sys.version.split()[0]) == (about.executable, about.version)
    (started,) = (tmp_path / "started").read_text().splitlines()
    assert started.startswith("-c import sys;")


@only_our_host
def test_host_runs_a_provider_from_its_source(host) -> None:
    """The folder with PulumiPlugin.yaml: the first line that the provider prints is the port on which it answers."""
    _, client = host
    options = Struct()
    options.update({"virtualenv": sys.prefix})
    folder = str(Path(__file__).parents[2] / "provider")
    info = language_pb2.ProgramInfo(root_directory=folder, program_directory=folder, options=options)
    request = language_pb2.RunPluginRequest(
        kind="resource", info=info, args=["127.0.0.1:1"], env=[f"PATH={os.defpath}"]
    )

    output = client.RunPlugin(request)
    port = next(output).stdout.decode().strip()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        schema = provider_pb2_grpc.ResourceProviderStub(channel).GetSchema(provider_pb2.GetSchemaRequest()).schema
    output.cancel()

    assert "entra" == json.loads(schema)["name"]


@only_our_host
def test_host_refuses_other_plugins(host) -> None:
    """By their kind; they are not started as something else."""
    _, client = host
    request = language_pb2.RunPluginRequest(kind="converter", info=language_pb2.ProgramInfo())

    with pytest.raises(grpc.RpcError, match='not plugins of the kind "converter"'):
        list(client.RunPlugin(request))


@only_our_host
def test_host_refuses_runtime_options_that_it_does_not_know(host, tmp_path: Path) -> None:
    """An option such as typechecker, which the host would have to ignore, is refused by name."""
    _, client = host
    options = Struct()
    options.update({"typechecker": "mypy"})
    info = language_pb2.ProgramInfo(root_directory=str(tmp_path), program_directory=str(tmp_path), options=options)

    with pytest.raises(grpc.RpcError, match="runtime option typechecker: mypy is not known"):
        client.Run(language_pb2.RunRequest(info=info))


@only_our_host
def test_host_ends_when_it_is_interrupted(host) -> None:
    """The engine interrupts its plugins when it is done, and the host then leaves in order."""
    process, client = host
    client.GetPluginInfo(Empty())

    process.send_signal(signal.SIGINT)

    assert 0 == process.wait(timeout=30)


@only_our_host
def test_program_ends_with_the_call_that_runs_it(tmp_path: Path) -> None:
    """A program that still runs when the engine hangs up is ended, so that it does not hold up the engine's end."""
    copy_of_host = Path(shutil.copy(HOST, tmp_path))
    info = language_pb2.ProgramInfo(root_directory=str(tmp_path), program_directory=str(tmp_path), entry_point=".")
    with socket.create_server(("127.0.0.1", 0)) as listener, running(copy_of_host) as (_, client):
        listener.settimeout(30)
        runner = f"import signal, socket; c = socket.create_connection({listener.getsockname()!r}); signal.pause()"
        copy_of_host.with_name("pulumi-language-python-exec").write_text(runner)
        call = client.Run.future(language_pb2.RunRequest(info=info))
        program, _ = listener.accept()
        program.settimeout(30)

        call.cancel()

        with program:
            assert b"" == program.recv(1)  # the program is gone, and its end of the connection with it
