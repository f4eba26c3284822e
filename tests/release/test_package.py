"""The package as users install it: from its wheel, in an empty environment, away from the checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from tests.programs.packaged.forms import yaml_host

pytestmark = pytest.mark.xdist_group("package")

ROOT = Path(__file__).parents[2]
SOURCES = (
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "provider",
    "policies",
    "programs/quickstart",
    "programs/quickstart_yaml",
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSIONS = ("3.11", "3.12", "3.13")
HERE = ".".join(map(str, sys.version_info[:2]))
ALL = os.environ.get("ENTRA_SYNC_PACKAGE") == "all"
"""All installed versions of Python and the demo; `make nightly` sets it."""

UV = Path(sys.executable).with_name("uv")
NETWORK = ("SSL_CERT_FILE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
"""What an installer needs on a machine that reaches an index through a proxy."""

IN_YAML = {
    ".gitignore",
    "Pulumi.yaml",
    "README.md",
    "requirements.txt",
    "policies/PulumiPolicy.yaml",
    "policies/__main__.py",
    "policies/configurations/china-data-residency.json",
    "policies/configurations/evaluation.json",
    "policies/configurations/strict-government.json",
}
NEW_PROJECT = {"python": IN_YAML | {"__main__.py"}, "yaml": IN_YAML}
"""Files of a new project by the language of its program."""


def uv(*arguments: str | Path) -> None:
    """Runs uv, which set-up puts beside this Python; nothing is downloaded in the usual run."""
    network = () if ALL else ("--offline",)
    command = [UV, *arguments, "--quiet", *network]
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
    files = {
        name.removeprefix("entra_sync/cli/project/files/")
        for name in names
        if name.startswith("entra_sync/cli/project/files/")
    }
    for language, project in NEW_PROJECT.items():
        assert set() == {name if name.startswith("policies/") else f"{language}/{name}" for name in project} - files
    assert {"entra_sync/py.typed", "entra_sync/__init__.pyi", "entra_guard/py.typed"} <= names
    assert set() == {name for name in names if "__pycache__" in name or "/tests/" in name or name.endswith(".pyc")}
    assert {"entra_sync", "entra_guard", wheel.name.rpartition("-py3")[0] + ".dist-info"} == {
        name.partition("/")[0] for name in names
    }
    package = ROOT / "provider" / "entra_sync"
    sources = {path.relative_to(package.parent).as_posix() for path in package.rglob("*.py")}
    assert set() == {name for name in sources if not name.startswith("entra_sync/cli/project/files/")} - names


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


def test_pip_finds_the_versions_of_the_policy_pack_at_once() -> None:
    """While the pack's SDK needs protobuf 5, the extra refuses versions of another dependency that need protobuf 6."""
    [protobuf] = [each for each in requires("pulumi-policy") or [] if each.startswith("protobuf")]
    limited = any(each.startswith("googleapis-common-protos<") for each in PROJECT["optional-dependencies"]["policies"])

    assert limited == protobuf.startswith("protobuf~=5."), "remove the limit of googleapis-common-protos"


@pytest.mark.parametrize("language", NEW_PROJECT)
def test_a_new_project_is_the_quickstart_with_its_pack(language: str, tmp_path: Path) -> None:
    """A second project is refused where the first one is, in one line."""
    from entra_sync.cli import app, commands

    commands.register(app)
    directory = tmp_path / "my-link"
    created = CliRunner().invoke(app, ["new", str(directory), "--language", language])
    files = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}
    again = CliRunner().invoke(app, ["new", str(directory)])
    badly_named = CliRunner().invoke(app, ["new", str(tmp_path / "other"), "--name", "a link"])

    assert 0 == created.exit_code, created.output
    assert NEW_PROJECT[language] == files
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
    return [
        pytest.param(version, marks=pytest.mark.skipif(version != HERE and not usable(version), reason="nightly only"))
        for version in VERSIONS
    ]


def usable(version: str) -> bool:
    """Whether the nightly run finds this version of Python."""
    python = shutil.which(f"python{version}") if ALL else None  # a shim may be there without its Python
    return python is not None and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


@dataclass
class Machine:
    """A user's machine: `entra-sync` from the wheel, the engine, and a directory away from the checkout."""

    directory: Path
    tools: Path
    python: str
    wheel: Path

    def install(self, environment: Path, *requirements: str | Path) -> None:
        """Makes an environment with what the requirements name, in the versions of the lock."""
        uv("venv", "--python", self.python, environment)
        constraints = ("--constraint", ROOT / "requirements.lock", "--find-links", self.wheel.parent)
        uv("pip", "install", "--python", environment / "bin" / "python", *constraints, *requirements)

    @property
    def environment(self) -> str:
        """The command that makes `.venv`."""
        return f"{UV} venv --quiet --python {self.python} .venv"

    @property
    def pip(self) -> str:
        """The command that installs into `.venv`, without an index."""
        network = "" if ALL else "--offline"
        where = f"--python .venv/bin/python --constraint {ROOT}/requirements.lock --find-links {self.wheel.parent}"
        return f"{UV} pip install --quiet {network} {where}"

    def printed(self, script: str) -> str:
        """The commands of a page that make `.venv`, as this machine runs them."""
        return script.replace("python3 -m venv .venv", self.environment).replace(".venv/bin/pip install", self.pip)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Runs a shell script that sees the installed commands, and nothing of the checkout."""
        path = os.pathsep.join(
            [str(self.tools / "bin"), str(self.directory / "engine"), "/usr/local/bin:/usr/bin:/bin"]
        )
        settings = {"PULUMI_HOME": str(self.directory / "home"), "PULUMI_SKIP_UPDATE_CHECK": "true"}
        settings |= {name: os.environ[name] for name in NETWORK if name in os.environ}
        return subprocess.run(
            ["bash", "-euc", script],
            cwd=self.directory,
            env={"PATH": path, "HOME": str(Path.home()), "ENTRA_SYNC_NO_CACHE": "true", **settings},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(request: pytest.FixtureRequest, wheel: Path, tmp_path: Path) -> Machine:
    """With the wheel in an empty environment."""
    # By its path, because the commands of a page see no other Python than the system's.
    python = sys.executable if request.param == HERE else shutil.which(f"python{request.param}")
    assert python is not None
    made = Machine(tmp_path, tmp_path / "tools", python, wheel)
    made.install(made.tools, f"{wheel}[emulator]")
    (tmp_path / "engine").symlink_to(Path(sys.executable).with_name("pulumi").resolve().parent)
    return made


def page(name: str, last: str = "") -> str:
    """The commands of a page of the documentation, up to the heading *last*, without those that install."""
    text = (ROOT / "docs" / name).read_text().partition(last or "\0")[0]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return "\n".join(block for block in blocks if "pip install" not in block)


def section(name: str, heading: str) -> str:
    """The commands of one section of a page."""
    text = (ROOT / "docs" / name).read_text().partition(f"{heading}\n")[2].partition("\n#")[0]
    return "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))


def on_free_ports(script: str) -> str:
    """The script with ports that nothing else uses: four in a row, as the emulator takes them."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        first = probe.getsockname()[1] % 50_000 + 10_000
    script = script.replace("--sample contoso", f"--sample contoso --port {first}")
    return re.sub(r"localhost:844(\d)", lambda port: f"localhost:{first + int(port[1]) - 3}", script)


STRICT = """
pulumi preview --policy-pack policies --policy-pack-config policies/configurations/strict-government.json || true
"""


@pytest.mark.parametrize("machine", pythons(), indirect=True)
def test_the_page_get_started_works_as_printed_from_the_wheel(machine: Machine) -> None:
    """Up to the first preview, and with the strict policy configuration; the whole page in `make nightly`."""
    first = page("guide/get-started.md", "## 5.")
    first, last = (
        (first, page("guide/get-started.md").removeprefix(first)) if ALL else (first.partition("pulumi up")[0], "")
    )
    # What `pulumi install` does, without an index: the environment and the requirements of the project.
    install = f"{machine.environment}\n{machine.pip} --requirement requirements.txt"
    script = on_free_ports("\n".join((first, STRICT, last))).replace("pulumi install", install)
    finished = machine.run("set -m; trap 'kill %1 2>/dev/null || true' EXIT\n" + script)

    assert 0 == finished.returncode, finished.stdout + finished.stderr
    assert "contoso (global) → federal (US Government): 0 users in scope now, 22 after" in finished.stdout
    assert "created        21   member of Engineering (15), member of Support (6)" in finished.stdout
    assert "members-only-where-allowed" in finished.stdout


@pytest.mark.parametrize("machine", [HERE], indirect=True)
def test_the_page_languages_works_as_printed_from_the_wheel(machine: Machine) -> None:
    """A project in YAML up to its first preview, and its `up`."""
    first = f"set -m; trap 'kill %1 2>/dev/null || true' EXIT\nPATH={yaml_host()}:$PATH\n"
    script = on_free_ports(page("reference/languages.md", "### Use"))
    finished = machine.run(f"{first}{script}\npulumi up --yes --skip-preview\n")

    assert 0 == finished.returncode, finished.stdout + finished.stderr
    assert "contoso (global) → federal (US Government): 0 users in scope now, 22 after" in finished.stdout
    assert "14 created" in finished.stdout


CLONE = """
git init --quiet my-link
git -C my-link add --all
git -C my-link -c user.name=Test -c user.email=test@localhost commit --quiet --message Link
git clone --quiet my-link colleague
cd colleague
export PULUMI_HOME="$PWD/home"
"""
"""A second user's copy of a program; this user has installed nothing in Pulumi."""

DECLARED = """
export PULUMI_BACKEND_URL="file://$PWD" PULUMI_CONFIG_PASSPHRASE="" ENTRA_SYNC_DECLARE_ONLY=true
pulumi stack init colleague
pulumi preview
"""
"""A preview that asks no tenant."""


@pytest.mark.parametrize("added", [False, True], ids=["as it is", "with the package"])
@pytest.mark.parametrize("machine", [HERE], indirect=True)
def test_a_colleague_runs_a_program_after_git_clone(machine: Machine, added: bool) -> None:
    """By the commands of the page, without the provider on PATH, also if `pulumi package add` has named the package."""
    languages, tenants = "reference/languages.md", section("reference/languages.md", "### Use your own tenants")
    add = section(languages, "## TypeScript, Go, Java and C#").replace(
        "pulumi-entra-sync", "'pulumi-entra-sync[policies]'"
    )
    project = f"""
        entra-sync new my-link --language yaml
        rm -f {machine.tools}/bin/pulumi-resource-entra
        PATH={yaml_host()}:$PATH
        cd my-link
        {machine.printed(add) if added else ""}
        cd ..
    """
    configured = tenants.replace("pulumi config set", "pulumi config set --stack colleague")
    colleague = machine.printed(section(languages, "### Work in a team"))
    finished = machine.run(
        f"{project}{CLONE}{colleague}{DECLARED.replace('pulumi preview', configured + 'pulumi preview')}"
    )

    assert 0 == finished.returncode, finished.stdout + finished.stderr
    assert "entra:index:SynchronizationJob" in finished.stdout
    assert f"entra {PROJECT['version']} --file" in colleague


@pytest.mark.skipif(not ALL, reason="make nightly runs it")
@pytest.mark.parametrize("people", ["1", "30", "1000"])
@pytest.mark.parametrize("machine", pythons(), indirect=True)
def test_the_installed_demo_runs_with_any_number_of_users(machine: Machine, people: str) -> None:
    """To its last step."""
    demo = machine.run(f"entra-sync demo --people {people}")

    assert 0 == demo.returncode, demo.stderr
    assert "Both tenants are configured as before" in demo.stdout


def test_the_version_is_said_once() -> None:
    """In pyproject.toml; the policy pack and the templates name none of their own."""
    others = [ROOT / "policies" / "PulumiPolicy.yaml", *ROOT.glob("programs/*/Pulumi.yaml")]

    assert [] == [path for path in others if "version" in yaml.safe_load(path.read_text())]
    assert json.dumps(PROJECT["version"]) not in "".join(
        path.read_text() for path in (ROOT / "provider").rglob("*.py") if "files" not in path.parts
    )
