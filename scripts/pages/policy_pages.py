"""Writes docs/policies/<rule>.md, and the table of docs/guide/policies.md, from the rules and their cases.

`python scripts/pages/policy_pages.py` writes the pages; a test compares them with what is there. The messages on a page
are those that the tests of the rule expect.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

from pulumi_policy import Severity

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.policies.cases import CASES  # noqa: E402

from entra_guard import POLICIES, Rule, StackRule  # noqa: E402

INDEX = ROOT / "docs" / "guide" / "policies.md"
PAGES = ROOT / "docs" / "policies"
MOST_EXAMPLES = 3

Policy = Rule | StackRule


def pages() -> dict[Path, str]:
    """Returns every page by its path."""
    made = {PAGES / f"{policy.name}.md": page(policy) for policy in POLICIES}
    text = INDEX.read_text(encoding="utf-8")
    table = f"<!-- rules -->\n{rules()}\n<!-- end of rules -->"
    made[INDEX] = re.sub(r"<!-- rules -->.*<!-- end of rules -->", lambda _: table, text, flags=re.DOTALL)
    return made


def rules() -> str:
    """Returns the table of all rules."""
    rows = [
        f"| [`{each.name}`](../policies/{each.name}.md) | {each.description} | {severity(each)} | {level(each)} |"
        for each in POLICIES
    ]
    return "\n".join(["| rule | what it does | severity | level |", "|---|---|---|---|", *rows])


def page(policy: Policy) -> str:
    """Returns the page of one rule: what it checks, why, its messages, and its configuration."""
    parts = [
        f"# {policy.name}",
        policy.description,
        f"- Applies to: {judged(policy)}\n- Severity: {severity(policy)}\n- Default level: {level(policy)}\n"
        "- [All rules](../guide/policies.md)",
        f"**Why.** {paragraph(inspect.getdoc(policy.condition) or '')}",
        "Examples of messages:\n\n" + "\n".join(f"> {escape(text)}\n>" for text in said(policy)).removesuffix("\n>"),
        configuration(policy),
        remedy(policy),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def judged(policy: Policy) -> str:
    """Returns the resources that the rule applies to."""
    if isinstance(policy, StackRule):
        return "the stack as a whole"
    return ", ".join(f"`{kind.__name__.removesuffix('Args')}`" for kind in policy.kinds)


def severity(policy: Policy) -> str:
    """Returns low, medium, high or critical."""
    return str((policy.severity or Severity.MEDIUM).value)


def level(policy: Policy) -> str:
    """Returns the default level; that of the pack is mandatory."""
    return str(policy.enforcement_level.value) if policy.enforcement_level else "mandatory"


def said(policy: Policy) -> list[str]:
    """Returns messages of its tests, the first of each case."""
    found = [case.expected[0] for case in CASES if case.rule == policy.name and case.kind == "reported"]
    return list(dict.fromkeys(found))[:MOST_EXAMPLES]


def configuration(policy: Policy) -> str:
    """Returns the properties, and an example from the tests."""
    if policy.config_schema is None:
        return "You can configure only the level."
    rows = [
        f"| `{name}` | {kind(schema)} | {default(schema)} | {escape(schema['description'])} |"
        for name, schema in policy.config_schema.properties.items()
    ]
    examples = [
        case.config for case in CASES if case.rule == policy.name and case.config and _is_good(policy, case.config)
    ]
    example = json.dumps({policy.name: {"enforcementLevel": "mandatory", **examples[0]}}, indent=2, ensure_ascii=False)
    table = "\n".join(["| property | type | default | |", "|---|---|---|---|", *rows])
    return f"**Configuration.**\n\n{table}\n\n```json\n{example}\n```"


def remedy(policy: Policy) -> str:
    """Returns what the level remediate does, for a rule that has a remedy."""
    if not isinstance(policy, Rule) or policy.remedy is None:
        return ""
    return (
        "**Remedy.** With the level `remediate`, the engine corrects the resource in preview and in `up`. "
        "The listed Graph calls are those of the corrected resource."
    )


def kind(schema: dict[str, Any]) -> str:
    """Returns the type of a JSON schema in a few words."""
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'])}"
    if schema.get("type") == "object":
        return f"object of {kind(schema['additionalProperties'])}"
    if "anyOf" in schema:
        return " or ".join(kind(each) for each in schema["anyOf"])
    name: str = schema["type"]
    return {"string": "text", "null": "nothing"}.get(name, name)


def default(schema: dict[str, Any]) -> str:
    """Returns a default as JSON; a long list is all values."""
    text = json.dumps(schema["default"], ensure_ascii=False)
    return f"`{text}`" if len(text) <= 60 else "all"


def escape(text: str) -> str:
    """Returns text for a table or quotation."""
    return text.replace("|", "\\|").replace("<", "\\<").replace("*", "\\*").replace("[", "\\[")


def paragraph(text: str) -> str:
    """Returns one line, with code spans as Markdown has them."""
    return re.sub(r"\s+", " ", text.replace("``", "`")).strip()


def _is_good(policy: Policy, values: Any) -> bool:
    from entra_guard.rule import configured

    return configured(policy.config, values)[1] == ""


def main() -> None:
    """Writes the pages, and removes those of rules that are no more."""
    PAGES.mkdir(exist_ok=True)
    made = pages()
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    for path in PAGES.glob("*.md"):
        if path not in made:
            path.unlink()


if __name__ == "__main__":
    main()
