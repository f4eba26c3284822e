"""The README's picture of a plan that names users is what the command prints."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from entra_sync.cli import app, commands
from entra_sync.emulator import Emulator
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.microsoft.tenant import Tenant
from entra_sync.testing import Synchronized

ROOT = Path(__file__).parents[2]
SCOPE = ("Engineering", "Support")


def quickstart(directory: Path) -> tuple[Path, dict[str, str]]:
    """The quickstart with its configuration for the sample tenants, which a snapshot beside it holds; its groups."""
    sample = Emulator.sample("contoso", seed=1, people=200)
    sample.tenants["federal"].allow_cross_cloud_synchronization_from("global")
    sample.snapshot(directory / "emulator.sqlite3")
    contoso = sample.tenants["contoso"]
    found = {group.doc["displayName"]: group.id for group in contoso.store.objects(contoso.tenant_id, "group")}
    groups = {name: found[name] for name in SCOPE}
    tenants = {name: {"tenantId": each.tenant_id, "cloud": each.cloud.value} for name, each in sample.tenants.items()}
    settings = {f"quickstart:{name}": value for name, value in {**tenants, "groups": list(groups.values())}.items()}
    program = directory / "quickstart"
    shutil.copytree(ROOT / "programs" / "quickstart", program)
    (program / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": settings}))
    return program, groups


def test_the_readme_shows_what_the_command_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line by line and in this order; "…" stands for lines that are left out."""
    monkeypatch.setenv("COLUMNS", "120")
    commands.register(app)
    program, groups = quickstart(tmp_path)
    synchronized = Synchronized(program, "test", tmp_path / "emulator.sqlite3")
    [link] = synchronized.links
    change = link.model_copy(update={"groups": frozenset({groups["Engineering"]})})
    (tmp_path / "link.json").write_bytes(change.content())

    def make(tenant: Tenant) -> Graph:
        emulator = synchronized.emulator
        return Graph(tenant, credential=emulator.credential(tenant.name), transport=emulator.transport())

    with connecting(make):
        result = CliRunner().invoke(app, ["impact", "--link", str(tmp_path / "link.json"), "--people", "--no-cache"])
    [picture] = re.findall(r"^\$ entra-sync impact --people\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    shown = [line for line in picture.splitlines() if line != "…"]
    printed = [line.rstrip() for line in result.stdout.splitlines()]

    assert 3 == result.exit_code, result.output
    assert shown == [line for line in printed if line in shown]
