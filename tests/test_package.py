"""The package as users install it: from its wheel, in an empty environment, away from the checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from entra_sync.cli.workspace import Workspace
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph
from entra_sync.tenant import Tenant

pytestmark = pytest.mark.xdist_group("package")

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "provider", "policies", "programs/quickstart")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSIONS = ("3.11", "3.12", "3.13")
ALL = os.environ.get("ENTRA_SYNC_PACKAGE") == "all"
"""All installed versions of Python and the demo; `make nightly` sets it."""

NEW_PROJECT = {
    ".gitignore",
    "Pulumi.yaml",
    "README.md",
    "__main__.py",
    "requirements.txt",
    "policies/PulumiPolicy.yaml",
    "policies/__main__.py",
    "policies/configurations/china-data-residency.json",
    "policies/configurations/evaluation.json",
    "policies/configurations/strict-government.json",
}


def uv(*arguments: str | Path) -> None:
    """Runs uv, which set-up puts beside this Python; nothing is downloaded in the usual run."""
    network = () if ALL else ("--offline",)
    command = [Path(sys.executable).with_name("uv"), *arguments, "--quiet", *network]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == finished.returncode, finished.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, so that the build leaves nothing in the checkout."""
    copy, dist = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    skipped = shutil.ignore_patterns("__pycache__", "*.egg-info", ".venv", ".mypy_cache")
    for name in SOURCES:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore=skipped)
        else:
            shutil.copy(source, target)
    uv("build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", dist, copy)
    [built] = dist.glob("*.whl")
    return built


def test_the_wheel_holds_the_packages_their_types_the_project_and_the_pack(wheel: Path) -> None:
    """Tests, caches and the provider's checkout stay out."""
    names = set(zipfile.ZipFile(wheel).namelist())
    project = {name.removeprefix("entra_sync/project/program/") for name in names} | {
        name.removeprefix("entra_sync/project/") for name in names
    }

    assert NEW_PROJECT == NEW_PROJECT & project
    assert {"entra_sync/py.typed", "entra_sync/__init__.pyi", "entra_guard/py.typed"} <= names
    assert set() == {name for name in names if "__pycache__" in name or "/tests/" in name or name.endswith(".pyc")}
    assert {"entra_sync", "entra_guard", wheel.name.rpartition("-py3")[0] + ".dist-info"} == {
        name.partition("/")[0] for name in names
    }
    sources = {path.relative_to(ROOT / "provider").as_posix() for path in (ROOT / "provider").rglob("*.py")}
    assert set() == {name for name in sources if not name.startswith("entra_sync/project/")} - names


def test_the_metadata_names_license_extras_and_versions(wheel: Path) -> None:
    """What an index shows of the package."""
    archive = zipfile.ZipFile(wheel)
    [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    text = archive.read(metadata).decode()

    assert re.search(r"(?m)^License-Expression: MIT$", text)
    assert {"emulator", "policies", "testing"} <= set(re.findall(r"(?m)^Provides-Extra: (\w+)$", text))
    assert list(VERSIONS) == re.findall(r"(?m)^Classifier: Programming Language :: Python :: (\d\.\d+)$", text)
    assert f"Version: {PROJECT['version']}\n" in text
    assert f"## {PROJECT['version']} " in (ROOT / "CHANGELOG.md").read_text()


def test_a_new_project_is_the_quickstart_with_its_pack(tmp_path: Path) -> None:
    """A second project is refused where the first one is, in one line."""
    from entra_sync.cli import app, commands

    commands.register(app)
    directory = tmp_path / "my-link"
    created = CliRunner().invoke(app, ["new", str(directory)])
    files = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}
    again = CliRunner().invoke(app, ["new", str(directory)])
    badly_named = CliRunner().invoke(app, ["new", str(tmp_path / "other"), "--name", "a link"])

    assert 0 == created.exit_code, created.output
    assert NEW_PROJECT == files
    assert "my-link" == yaml.safe_load((directory / "Pulumi.yaml").read_text())["name"]
    assert f"{directory} is not empty; name a directory that is empty or does not exist" == str(again.exception)
    assert str(badly_named.exception).startswith('"a link" cannot be the name of a Pulumi project: use letters')


def test_the_quickstart_is_a_template_of_pulumi_new(tmp_path: Path) -> None:
    """By its folder, as by the address of a repository."""
    home = {"PULUMI_HOME": str(tmp_path / "home"), "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_CONFIG_PASSPHRASE": ""}
    options = ["--generate-only", "--yes", "--name", "my-link", "--dir", str(tmp_path / "my-link")]
    finished = subprocess.run(
        [Path(sys.executable).with_name("pulumi"), "new", ROOT / "programs" / "quickstart", *options],
        env={**os.environ, **home, "PULUMI_BACKEND_URL": f"file://{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == finished.returncode, finished.stderr
    assert "my-link" == yaml.safe_load((tmp_path / "my-link" / "Pulumi.yaml").read_text())["name"]


def pythons() -> list[object]:
    """This Python; in the nightly run each supported version that is installed."""
    here = ".".join(map(str, sys.version_info[:2]))
    return [
        pytest.param(version, marks=pytest.mark.skipif(version != here and not usable(version), reason="nightly only"))
        for version in VERSIONS
    ]


def usable(version: str) -> bool:
    """Whether the nightly run finds this version of Python."""
    return ALL and subprocess.run([f"python{version}", "-c", ""], capture_output=True, check=False).returncode == 0


@dataclass
class Installation:
    """A project that `entra-sync new` of the installed wheel has written, with its own environment."""

    project: Path
    environment: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs the installed `entra-sync`, away from the checkout."""
        command = [self.environment / "bin" / "entra-sync", *arguments]
        return subprocess.run(command, cwd=self.project.parent, capture_output=True, text=True, check=False)


@pytest.fixture
def installed(request: pytest.FixtureRequest, wheel: Path, tmp_path: Path) -> Installation:
    """The wheel in an empty environment; the project's requirements are installed into its own `.venv`."""
    environment, project = tmp_path / "environment", tmp_path / "link"
    constraints = ["--constraint", ROOT / "requirements.lock"]
    uv("venv", "--python", request.param, environment)
    uv("pip", "install", "--python", environment / "bin" / "python", *constraints, f"{wheel}[emulator]")
    made = Installation(project, environment)
    created = made.run("new", str(project))
    assert 0 == created.returncode, created.stderr
    uv("venv", "--python", request.param, project / ".venv")
    uv(
        *("pip", "install", "--python", project / ".venv" / "bin" / "python", *constraints),
        *("--find-links", wheel.parent, "--requirement", project / "requirements.txt"),
    )
    return made


@pytest.mark.parametrize("installed", pythons(), indirect=True)
def test_the_installed_package_previews_a_new_project_with_its_policies(
    installed: Installation, tmp_path: Path
) -> None:
    """The strict configuration rejects the quickstart; without the pack the preview succeeds."""
    emulator = Emulator.sample("contoso", seed=7, people=40)
    emulator.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    # Neither the checkout's environment nor its packages are on the path of the engine.
    outside = {"PYTHONPATH": "", "VIRTUAL_ENV": "", "PATH": f"{installed.environment / 'bin'}{os.pathsep}/usr/bin:/bin"}
    with emulator.serve() as server:
        workspace = Workspace(installed.project, tmp_path / "stack", {**server.environment(), **outside}, stack="dev")
        workspace.init()
        connections = {name: server.connection(name) for name in emulator.tenants}
        contoso = Tenant("contoso", **connections["contoso"])
        graph = Graph(contoso, credential=emulator.credential("contoso"), transport=emulator.transport())
        groups = {group["displayName"]: group["id"] for group in graph.pages("/v1.0/groups")}
        settings = {**connections, "groups": [groups["Support"]]}
        workspace.configure({f"link:{name}": value for name, value in settings.items()})
        preview = workspace.preview()
        strict = ("--policy-pack-config", "policies/configurations/strict-government.json")
        judged = workspace.preview("--policy-pack", "policies", *strict)

    assert 0 == preview.code, preview.output
    assert "contoso (global) → federal (US Government): 0 people in scope now" in preview.output
    assert 0 != judged.code
    assert "members-only-where-allowed" in judged.output, judged.output


@pytest.mark.skipif(not ALL, reason="make nightly runs it")
@pytest.mark.parametrize("people", ["1", "30", "1000"])
@pytest.mark.parametrize("installed", pythons(), indirect=True)
def test_the_installed_demo_runs_with_any_number_of_users(installed: Installation, people: str) -> None:
    """To its last step."""
    engine = Path(sys.executable).with_name("pulumi").resolve()
    (installed.environment / "bin" / "pulumi").symlink_to(engine)
    uv("pip", "install", "--python", installed.environment / "bin" / "python", "--no-deps", "pulumi-policy")
    demo = installed.run("demo", "--people", people)

    assert 0 == demo.returncode, demo.stderr
    assert "Both tenants are configured as before" in demo.stdout


def test_the_version_is_said_once() -> None:
    """In pyproject.toml; the policy pack and the templates name none of their own."""
    others = [ROOT / "policies" / "PulumiPolicy.yaml", *ROOT.glob("programs/*/Pulumi.yaml")]

    assert [] == [path for path in others if "version" in yaml.safe_load(path.read_text())]
    assert json.dumps(PROJECT["version"]) not in "".join(
        path.read_text() for path in (ROOT / "provider").rglob("*.py") if "project" not in path.parts
    )
