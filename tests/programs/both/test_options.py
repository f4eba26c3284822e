"""Options and parents of a link in both forms, from programs in Python.

A packaged link is declared by its type, as the SDK that Pulumi generates declares it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from tests.programs.conftest import Stack

DYNAMIC = """
import entra_sync as entra


def link(name, opts=None):
    return entra.CrossCloudLink(
        name,
        source=entra.Tenant("contoso", **config.require_object("contoso")),
        target=entra.Tenant("federal", **config.require_object("federal")),
        scope=[entra.Group(group) for group in config.require_object("groups")],
        enabled=config.get_bool("enabled"),
        opts=opts,
    )
"""
PACKAGED = """
class CrossCloudLink(pulumi.ComponentResource):
    def __init__(self, name, opts):
        inputs = {
            "source": {"name": "contoso", **config.require_object("contoso")},
            "target": {"name": "federal", **config.require_object("federal")},
            "scope": [{"kind": "Group", "id": group} for group in config.require_object("groups")],
            "enabled": config.get_bool("enabled"),
        }
        super().__init__("entra:index:CrossCloudLink", name, inputs, opts, remote=True)


class Provider(pulumi.ProviderResource):
    def __init__(self, name):
        super().__init__("entra", name, {})


def link(name, opts=None):
    return CrossCloudLink(name, opts)
"""
WITHIN = """
class Platform(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("acme:index:Platform", name, {}, opts)
        link("contoso-to-federal", pulumi.ResourceOptions(parent=self))
        self.register_outputs({})
"""
IGNORES = """
def ignores(args):
    if args.type_.endswith("SynchronizationSchedule"):
        ignored = pulumi.ResourceOptions(ignore_changes=["enabled"])
        return pulumi.RESULT(args.props, pulumi.ResourceOptions.merge(args.opts, ignored))
"""
FORMS = {"dynamic": DYNAMIC, "packaged": PACKAGED}


def use(stack: Stack, form: str, program: str) -> None:
    """Makes the project a program with this end, in one of the forms."""
    project = stack.workspace.project
    (project / "__main__.py").write_text(f"import pulumi\n\nconfig = pulumi.Config()\n{FORMS[form]}\n{program}")
    settings = yaml.safe_load((project / "Pulumi.yaml").read_text())
    settings["plugins"] = {"providers": [{"name": "entra", "path": str(Path(sys.executable).parent)}]}
    (project / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    stack.configure(groups=stack.groups("Engineering"), enabled=True)


def paused(stack: Stack) -> None:
    """From now on the program wants the job paused."""
    stack.configure(groups=stack.groups("Engineering"), enabled=False)


@pytest.mark.parametrize("form", FORMS)
def test_a_link_ignores_changes(form: str, stack: Stack) -> None:
    """The job goes on, and no plan says otherwise."""
    use(stack, form, 'link("contoso-to-federal", pulumi.ResourceOptions(ignore_changes=["enabled"]))\n')
    stack.up()
    paused(stack)
    preview = stack.workspace.preview().output
    assert "14 unchanged" in preview
    assert "no effect" not in preview
    stack.up()
    assert "Active" == stack.schedule()


@pytest.mark.parametrize("form", FORMS)
def test_a_target_without_the_plan_of_the_link_is_refused(form: str, stack: Stack) -> None:
    """No user loses the account uncounted; with the plan, and for a pause, the same command goes ahead."""
    use(stack, form, 'link("contoso-to-federal")\n')
    stack.up()
    stack.configure(groups=stack.groups("Support"), enabled=False)
    sent = len(stack.emulator.requests.writes)
    outcome = stack.workspace.up("--target", "**::contoso-to-federal-assignments")
    assert 0 != outcome.code
    assert 'Include "contoso-to-federal-impact" in what --target names' in outcome.output
    assert sent == len(stack.emulator.requests.writes)
    stack.workspace.up("--target", "**::contoso-to-federal-schedule").raise_for_code()
    assert "Disabled" == stack.schedule()
    both = "--target", "**::contoso-to-federal-impact", "--target", "**::contoso-to-federal-assignments"
    stack.workspace.up(*both).raise_for_code()


@pytest.mark.parametrize(
    ("form", "how", "result"),
    [
        ("dynamic", "transforms", "ResourceTransformResult"),
        ("dynamic", "transformations", "ResourceTransformationResult"),
        ("packaged", "transforms", "ResourceTransformResult"),
    ],
)
def test_a_component_of_ones_own_contains_a_link(form: str, how: str, result: str, stack: Stack) -> None:
    """Up sends what preview lists; a transform of the component reaches the link's resources; a destroy removes all."""
    platform = f'Platform("platform", pulumi.ResourceOptions({how}=[ignores]))'
    use(stack, form, f"{IGNORES.replace('RESULT', result)}\n{WITHIN}\n{platform}\n")
    stack.up()
    paused(stack)
    stack.up()
    assert "Active" == stack.schedule()
    stack.destroy()


@pytest.mark.parametrize(
    "declared",
    [
        'link("contoso-to-federal", pulumi.ResourceOptions(providers=[Provider("own")]))',
        f'{WITHIN}\nPlatform("platform", pulumi.ResourceOptions(providers=[Provider("own")]))',
    ],
    ids=["of the link", "of its parent"],
)
def test_a_provider_of_ones_own_serves_all_resources_of_a_link(declared: str, stack: Stack) -> None:
    """It is one of a list, and no default provider is made beside it."""
    use(stack, "packaged", f"{declared}\n")
    stack.up()
    resources = stack.workspace.export()["deployment"]["resources"]
    assert ["own"] == [
        each["urn"].rpartition("::")[2] for each in resources if each["type"] == "pulumi:providers:entra"
    ]
