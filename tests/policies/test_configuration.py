"""Configuration: what the engine is told of it, what is refused, and the files for common regimes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from entra_guard import POLICIES, Config, Rule, StackRule, rule
from entra_guard.rule import configured
from entra_guard.rules.mappings import Residency
from entra_guard.rules.names import Names
from entra_guard.rules.tenants import Pairs
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs
from tests.policies.harness import BY_NAME

FILES = sorted((Path(__file__).parents[2] / "policies" / "configurations").glob("*.json"))
LEVELS = {"advisory", "mandatory", "remediate", "disabled"}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_schema_says_what_can_be_configured(policy: Rule | StackRule) -> None:
    """Every property is described and has a default, and none refers to another place of the schema."""
    properties = policy.config_schema.properties if policy.config_schema else {}

    assert [] == [name for name, schema in properties.items() if not {"description", "default"} <= schema.keys()]
    assert "$ref" not in json.dumps(properties)


def test_schema_is_json_schema() -> None:
    """As the engine checks a configuration file with."""
    schema = BY_NAME["members-only-where-allowed"].config_schema

    assert schema is not None
    assert {
        "clouds": {
            "default": ["global", "usgov", "usgovdod", "china"],
            "description": "Clouds in which users may become members.",
            "items": {
                "description": "A Microsoft cloud, by the name that programs use.",
                "enum": ["global", "usgov", "usgovdod", "china"],
                "type": "string",
            },
            "type": "array",
        }
    } == schema.properties


@pytest.mark.parametrize(
    ("model", "values", "problem"),
    [
        (Pairs, {"pairs": ["global->usgov"]}, ""),
        (
            Pairs,
            {"pairs": ["global"]},
            'pairs[0]: "global" is not a pair of clouds; write, for example, "global->usgov"',
        ),
        (Pairs, {"pairs": ["moon->usgov"]}, 'pairs[0]: "moon->usgov" is not a pair'),
        (Pairs, {"pairs": ["usgov->moon"]}, 'pairs[0]: "usgov->moon" is not a pair'),
        (Residency, {"forbidden": {"china": [], "*": []}}, ""),
        (Residency, {"forbidden": {"moon": []}}, 'forbidden: "moon" is not a cloud'),
        (Names, {"displayName": "[a-z]+"}, ""),
        (Names, {"displayName": "["}, 'displayName: "[" is not a regular expression'),
    ],
)
def test_configuration_is_checked(model: type[Config], values: dict[str, Any], problem: str) -> None:
    """A value that cannot be meant is refused by its place, and does not pass for the default."""
    config, found = configured(model, values)

    assert found.startswith(f"configuration: {problem}") if problem else found == ""
    assert (config is None) == bool(problem)


def test_numbers_come_as_the_engine_sends_them() -> None:
    """Every number is a float there."""
    config, problem = configured(BY_NAME["deletion-threshold-set"].config, {"maximum": 25.0})

    assert (25, "") == (config.maximum, problem)  # type: ignore[union-attr]


def test_third_parameter_of_a_rule_is_its_configuration() -> None:
    """Another class there is a mistake of the rule's author, said when the rule is made."""

    def condition(secrets: SynchronizationSecretsArgs, report: Callable[[str], None], wrong: dict) -> None:
        """Never runs."""

    with pytest.raises(TypeError, match="the third parameter is the configuration, a subclass of Config"):
        rule(SynchronizationSecretsArgs, "wrong", "Wrong.")(condition)


def test_enforcement_level_is_not_a_property_of_a_rule() -> None:
    """The name is the engine's."""

    class Taken(Config):
        enforcement_level: str = Field("", description="Taken.")

    def condition(secrets: SynchronizationSecretsArgs, report: Callable[[str], None], config: Taken) -> None:
        """Never runs."""

    condition.__annotations__["config"] = Taken
    with pytest.raises(TypeError, match="enforcementLevel"):
        rule(SynchronizationSecretsArgs, "taken", "Taken.")(condition)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_file_for_a_regime_configures_rules_that_exist(file: Path) -> None:
    """Every name is a rule's, every level the engine's, every value one that the rule takes."""
    for name, entry in json.loads(file.read_text()).items():
        values = {key: value for key, value in entry.items() if key != "enforcementLevel"}

        assert entry["enforcementLevel"] in LEVELS
        assert name == "all" or configured(BY_NAME[name].config, values)[1] == ""
        assert name != "all" or not values


def test_files_are_there_for_the_regimes_of_the_documentation() -> None:
    """Strict government, China data residency, evaluation."""
    assert ["china-data-residency", "evaluation", "strict-government"] == [file.stem for file in FILES]
