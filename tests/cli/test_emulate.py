"""``entra-sync emulate --stack``: the emulated tenants in a stack's configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from entra_sync.cli.emulate import allow_every_cloud, configure_stack, environment_of
from entra_sync.emulator import Emulator
from entra_sync.errors import ConfigurationError
from entra_sync.microsoft.clouds import Cloud
from tests.cli.conftest import objects


def test_the_stack_gets_the_tenants_and_groups_and_keeps_the_rest(emulator: Emulator, tmp_path: Path) -> None:
    """Names have the project's namespace; a salt and other settings stay."""
    (tmp_path / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("encryptionsalt: v1:x\nconfig:\n  mine:other: 1\n  mine:groups: []\n")
    with emulator.serve() as server:
        assert file.resolve() == configure_stack(emulator, server, tmp_path, "dev").resolve()
        expected = {name: server.connection(name) for name in emulator.tenants}
        variables = environment_of(server)
    settings = yaml.safe_load(file.read_text())
    groups = {doc["displayName"]: id for id, doc in objects(emulator, "contoso", "group").items()}

    assert "v1:x" == settings["encryptionsalt"] and 1 == settings["config"]["mine:other"]
    assert expected == {name: settings["config"][f"mine:{name}"] for name in expected}
    assert [groups["Engineering"], groups["Support"]] == settings["config"]["mine:groups"]
    assert emulator.tenants["federal"].tenant_id == variables["ENTRA_FEDERAL_TENANT_ID"]
    assert expected["federal"]["graphUrl"] == variables["ENTRA_FEDERAL_GRAPH_URL"]


def test_a_program_in_another_language_gets_the_names_of_its_tenants(emulator: Emulator, tmp_path: Path) -> None:
    """A program in Python says them itself, and would not take them twice."""
    (tmp_path / "Pulumi.yaml").write_text("name: mine\nruntime: {name: yaml}\n")
    with emulator.serve() as server:
        settings = yaml.safe_load(configure_stack(emulator, server, tmp_path, "dev").read_text())["config"]

    assert {name: name for name in emulator.tenants} == {
        name: settings[f"mine:{name}"]["name"] for name in emulator.tenants
    }


def test_a_file_that_is_no_configuration_is_not_overwritten(emulator: Emulator, tmp_path: Path) -> None:
    """It stays as it is."""
    (tmp_path / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("just a text")
    with emulator.serve() as server, pytest.raises(ConfigurationError, match="is not the configuration of a stack"):
        configure_stack(emulator, server, tmp_path, "dev")
    assert "just a text" == file.read_text()


def test_the_box_is_ticked_for_each_cloud_that_the_service_links() -> None:
    """Not in a direction that it does not support: a China tenant is no source."""
    made = Emulator.sample("worldwide", seed=1, people=5)
    allow_every_cloud(made)

    assert {"contoso": ["usgov", "usgovdod"], "federal": ["global"], "shanghai": ["global"]} == {
        name: [str(cloud) for cloud in Cloud if tenant.is_synchronized_into_from(cloud)]
        for name, tenant in made.tenants.items()
    }
