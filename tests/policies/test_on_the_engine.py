"""The pack on the real engine: previews of the programs, levels, remedies, configuration, recorded state, own rules."""

import json
import re
import sys
from pathlib import Path

import pytest

from tests.programs.conftest import PROGRAMS, Stack

ROOT = Path(__file__).parents[2]
PACK = ("--policy-pack", str(ROOT / "policies"))


def configured(tmp_path: Path, **rules: object) -> tuple[str, str]:
    """The option for a configuration of rules."""
    file = tmp_path / "policies.json"
    file.write_text(json.dumps(rules))
    return "--policy-pack-config", str(file)


def programs() -> list[str]:
    """Programs in Python that need this provider only; `policy_violations` follows the rules until told otherwise."""
    found = sorted(path.parent for path in PROGRAMS.glob("*/__main__.py"))
    return [path.name for path in found if "azuread" not in (path / "requirements.txt").read_text()]


def violations(output: str) -> list[str]:
    """Names of the rules that were reported, with their levels."""
    return [f"{level} {name}" for level, name in re.findall(r"- \[(\w+)\] (?:\[severity: \w+\])?\s+([\w-]+)", output)]


@pytest.mark.parametrize("name", [pytest.param(each, marks=pytest.mark.program(each)) for each in programs()])
def test_program_follows_the_rules(name: str, stack: Stack) -> None:
    """Nothing but the emulator's client secrets is remarked on, in preview and in the `up` after it."""
    federal = stack.groups("Engineering", tenant="federal")
    stack.configure(groups=stack.groups("Engineering", "Support"), federalGroups=federal)
    preview = stack.workspace.preview(*PACK)
    up = stack.workspace.up(*PACK)

    assert (0, {"advisory no-client-secrets"}) == (preview.code, set(violations(preview.output))), preview.output
    assert (0, {"advisory no-client-secrets"}) == (up.code, set(violations(up.output))), up.output


def test_mandatory_violation_fails_the_preview_and_stops_up(stack: Stack, tmp_path: Path) -> None:
    """By a rule's configuration; what was to be changed is not."""
    stack.configure(groups=stack.groups("Engineering"))
    strict = configured(tmp_path, **{"deletion-threshold-set": {"enforcementLevel": "mandatory", "maximum": 10}})
    preview = stack.workspace.preview(*PACK, *strict)
    up = stack.workspace.up(*PACK, *strict)

    assert 0 != preview.code
    assert "mandatory deletion-threshold-set" in violations(preview.output)
    assert "the deletion threshold is 50; set it to at most 10" in preview.output
    assert 0 != up.code
    assert not [each for each in stack.emulator.requests.writes if each.path.endswith("/secrets")]


def test_remedy_is_what_up_sends(stack: Stack, tmp_path: Path) -> None:
    """The threshold goes into the resource and into its call, and a second preview changes nothing."""
    stack.configure(groups=stack.groups("Engineering"))
    remedied = configured(tmp_path, **{"deletion-threshold-set": {"enforcementLevel": "remediate", "maximum": 10}})
    up = stack.workspace.up(*PACK, *remedied)
    sent = [each.body for each in stack.emulator.requests.writes if each.path.endswith("/secrets")]
    settings = [pair["value"] for pair in sent[-1]["value"] if pair["key"] == "SyncNotificationSettings"]
    second = stack.workspace.run("preview", "--json", *PACK, *remedied, quiet=True)

    assert 0 == up.code, up.output
    assert 10 == json.loads(settings[0])["DeleteThresholdValue"]
    assert {"same"} == set(json.loads(second.output)["changeSummary"])


def test_configuration_of_an_unknown_property_is_reported(stack: Stack, tmp_path: Path) -> None:
    """By the engine or by the rule: a typo never passes for the default."""
    stack.configure(groups=stack.groups("Engineering"))
    wrong = configured(tmp_path, **{"deletion-threshold-set": {"enforcementLevel": "mandatory", "maximun": 10}})
    preview = stack.workspace.preview(*PACK, *wrong)

    assert 0 != preview.code
    assert "maximun" in preview.output


@pytest.mark.parametrize("regime", ["strict-government", "china-data-residency"])
def test_strict_regimes_object_to_the_quickstart(regime: str, stack: Stack) -> None:
    """It makes members of people, and their regime says that it must not, or that it must not go there at all."""
    stack.configure(groups=stack.groups("Engineering"))
    file = ROOT / "policies" / "configurations" / f"{regime}.json"
    preview = stack.workspace.preview(*PACK, "--policy-pack-config", str(file))

    assert 0 != preview.code
    expected = {"strict-government": "members-only-where-allowed", "china-data-residency": "cloud-pair-allowed"}
    assert f"mandatory {expected[regime]}" in violations(preview.output)


def test_evaluation_stops_nothing(stack: Stack, tmp_path: Path) -> None:
    """A violation is shown."""
    stack.configure(groups=stack.groups("Engineering"))
    evaluation = json.loads((ROOT / "policies" / "configurations" / "evaluation.json").read_text())
    config = configured(tmp_path, **evaluation, **{"stack-has-tags": {"required": {"owner": ".+"}}})
    preview = stack.workspace.preview(*PACK, *config)

    assert 0 == preview.code, preview.output
    assert "advisory stack-has-tags" in violations(preview.output)


def test_recorded_state_is_judged_with_and_without_a_stack(stack: Stack, tmp_path: Path) -> None:
    """For nightly audits: the state of the stack, and the exported state alone, on a machine without the program."""
    stack.configure(groups=stack.groups("Engineering"))
    stack.up()
    follows = stack.workspace.run("policy", "analyze", *PACK)
    file = tmp_path / "state.json"
    file.write_text(json.dumps(stack.workspace.export()))
    strict = configured(tmp_path, **{"deletion-threshold-set": {"enforcementLevel": "mandatory", "maximum": 10}})
    analysis = stack.workspace.without_stack("policy", "analyze", *PACK, *strict, "--file", str(file))

    assert "no-client-secrets" in follows.output, follows.output
    assert "mandatory" not in follows.output
    assert 0 != analysis.code
    assert "the deletion threshold is 50; set it to at most 10" in analysis.output


def test_own_rule_of_the_documentation_works(stack: Stack, tmp_path: Path) -> None:
    """The ten lines of docs/guide/policies.md are a pack."""
    text = (ROOT / "docs" / "guide" / "policies.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "__main__.py").write_text(code)
    (pack / "PulumiPolicy.yaml").write_text(f"runtime:\n  name: python\n  options:\n    virtualenv: {sys.prefix}\n")
    stack.configure(groups=stack.groups("Engineering"))
    program = stack.workspace.project / "__main__.py"
    threshold = "    deletion_threshold=50,\n"
    restart = '    restart=entra.Restart(trigger="new filter"),\n'
    program.write_text(program.read_text().replace(threshold, threshold + restart))
    preview = stack.workspace.preview("--policy-pack", str(pack))

    assert 0 != preview.code
    assert "mandatory restarts-name-a-ticket" in violations(preview.output)
    assert 'restart "new filter" names no change; begin its trigger with CHG' in preview.output
