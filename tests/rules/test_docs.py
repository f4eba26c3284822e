"""Pages that say what the code does are made from the code, or run."""

import ast
import json
import re
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.scripts import script

ROOT = Path(__file__).parents[2]


def test_the_page_of_resources_is_what_the_code_says() -> None:
    """After a change of a resource: `python scripts/pages/resource_pages.py`."""
    resource_pages = script("pages/resource_pages")

    assert resource_pages.page() == resource_pages.PAGE.read_text()


def test_the_reference_is_what_the_code_says() -> None:
    """After a change of the link, of a value type or of a rule: `python scripts/pages/reference_pages.py`."""
    reference_pages = script("pages/reference_pages")

    assert reference_pages.page() == reference_pages.PAGE.read_text()


def test_the_page_of_permissions_is_what_the_code_says() -> None:
    """After a change of what a resource or command asks: `python scripts/pages/permission_pages.py`."""
    permission_pages = script("pages/permission_pages")

    assert permission_pages.page() == permission_pages.PAGE.read_text()


def test_the_guesses_on_the_page_are_those_of_the_register() -> None:
    """After a change of an assumption: `python scripts/pages/fidelity_page.py`."""
    fidelity_page = script("pages/fidelity_page")

    assert fidelity_page.page() == fidelity_page.PAGE.read_text()


def test_the_page_of_what_the_emulator_covers_is_what_its_routes_say() -> None:
    """After a new route, or a change of its permissions: `python scripts/pages/coverage_page.py`."""
    coverage_page = script("pages/coverage_page")

    assert coverage_page.page() == coverage_page.PAGE.read_text()


def test_the_picture_of_the_layers_is_what_pyproject_says() -> None:
    """After a change of the layers: `python scripts/pages/layers_picture.py`."""
    layers_picture = script("pages/layers_picture")

    assert layers_picture.picture() == layers_picture.PICTURE.read_text()


def test_the_pictures_of_concepts_are_what_their_script_draws() -> None:
    """After a change of one: `python scripts/pages/concept_pictures.py`. The page shows each."""
    concept_pictures = script("pages/concept_pictures")

    page = (ROOT / "docs" / "guide" / "concepts.md").read_text()
    for name, draw in concept_pictures.PICTURES.items():
        assert draw() == (concept_pictures.IMAGES / name).read_text()
        assert f"(../images/{name})" in page


def test_the_page_of_benchmarks_lists_each_one() -> None:
    """A new benchmark gets a row with its baseline."""
    listed = re.findall(r"^\| `(\w+\.py)` \|", (ROOT / "docs" / "project" / "benchmarks.md").read_text(), re.MULTILINE)

    assert sorted(path.name for path in ROOT.glob("benchmarks/*.py")) == sorted(listed)


@pytest.mark.parametrize(
    "page", ["README.md", "docs/guide/impact.md", "docs/guide/pull-requests.md", "docs/guide/licensing.md"]
)
def test_other_pages_list_no_permissions_of_their_own(page: str) -> None:
    """They link to the generated page, so that there is one list."""
    listed = re.findall(r"`[A-Z]\w+\.Read(?:Write)?\.\w+`(?:,| and) `[A-Z]\w+\.Read", (ROOT / page).read_text())

    assert [] == listed


WRITTEN = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("programs/*/*.md")]
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in WRITTEN)
GUIDE = ROOT / "docs" / "guide"


def blocks(page: str, *languages: str) -> list[str]:
    """The code blocks of a page in one of the languages, without the indentation of a list around them."""
    found = re.findall(r"^( *)```(\w*)\n(.*?)^ *```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(text) for _, language, text in found if language in languages]


def prose(page: str) -> str:
    """A page without its code blocks."""
    return re.sub(r"^ *```.*?^ *```", "", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and mkdocs make them."""
    headings = re.findall(r"^#+ (.*)$", prose(page.relative_to(ROOT).as_posix()), re.MULTILINE)
    plain = [re.sub(r"[`*]|\[(.*?)\]\(.*?\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    """To a file, and to a heading in it; the web is not asked."""
    targets = re.findall(r"\]\((?!https?:)([^)\s]+)\)", prose(page))
    wrong = []
    for target in targets:
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        if not file.exists() or (anchor and anchor not in anchors(file.resolve())):
            wrong.append(target)

    assert [] == wrong


@pytest.mark.parametrize("page", PAGES)
def test_pages_have_no_markup_of_docstrings_and_no_objects_of_python(page: str) -> None:
    """Roles such as `:func:`, tables of equals signs and `<Kind.NAME: …>` belong to the code that a page is made of."""
    assert [] == re.findall(r":(?:func|meth|class|mod|attr):`|={5,}|\bEllipsis\b|<\w+\.[A-Z_]+: ", prose(page))


@pytest.mark.parametrize("page", PAGES)
def test_python_of_a_page_is_python_with_names_that_exist(page: str) -> None:
    """Of the package, wherever a page calls it `entra`."""
    import entra_sync

    names = {
        node.attr
        for block in blocks(page, "python")
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "entra"
    }

    assert set() == names - set(entra_sync.__all__)


@pytest.mark.parametrize("page", PAGES)
def test_shell_of_a_page_is_shell(page: str) -> None:
    """Bash reads it, without running it."""
    for block in blocks(page, "sh", "bash"):
        checked = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert (0, "") == (checked.returncode, checked.stderr), block


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page_exist_with_their_options(page: str) -> None:
    """Each `entra-sync …` in code, against the commands themselves."""
    from entra_sync.cli import app, commands

    commands.register(app)
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    code = "\n".join([*blocks(page, "sh", "bash", "console", ""), *re.findall(r"`([^`]+)`", prose(page))])
    wrong = []
    for line in re.findall(r"entra-sync ([a-z][a-z-]+[^\n|&;`]*)", code.replace("\\\n", " ")):
        name, _, rest = line.partition(" ")
        command = group.commands.get(name)
        known = {option for each in command.params for option in [*each.opts, *each.secondary_opts]} if command else ()
        wrong += [] if command else [name]
        wrong += [option for option in re.findall(r"(?<!\S)--[a-z-]+", rest) if command and option not in known]

    assert [] == wrong


RUN = {
    "docs/project/architecture.md": (["python"], "tests/emulator/graph/test_collection.py"),
    "docs/guide/concepts.md": (["python"], "tests/programs/examples/test_concepts.py"),
    "docs/guide/cookbook.md": ([""], "tests/rules/test_docs.py"),
    "docs/guide/get-started.md": (["sh"], "tests/release/test_package.py"),
    "docs/reference/languages.md": (["sh"], "tests/release/test_package.py"),
    "docs/reference/mappings.md": (["python"], "tests/expressions/test_checks.py"),
    "docs/guide/policies.md": (["python"], "tests/policies/test_on_the_engine.py"),
    "docs/guide/testing.md": (["toml", "yaml", "csv", "python", "console"], "tests/testing/test_plugin.py"),
}
"""Pages whose code blocks a test runs: their languages, and the test."""


def test_code_blocks_are_run() -> None:
    """Prints how many; those of other pages are only parsed, and their commands and names are looked up."""
    run = {page: len(blocks(page, *languages)) for page, (languages, _) in RUN.items()}
    parsed = sum(len(blocks(page, "sh", "bash", "python")) for page in PAGES)
    print(f"{sum(run.values())} code blocks are run: {run}; {parsed} of shell and Python are parsed")

    assert [] == [test for page, (_, test) in RUN.items() if Path(page).name not in (ROOT / test).read_text()]
    assert [] == [page for page, count in run.items() if count == 0]
    assert 60 <= sum(run.values())


def test_the_permissions_of_your_tenants_are_those_of_the_generated_page() -> None:
    """All that a link needs to preview and to go up; a permission to write includes the one to read."""
    commands = re.findall(
        r"^ +register entra-sync((?: \\\n +[\w.]+)+)$", (GUIDE / "tenants.md").read_text(), re.MULTILINE
    )
    text = (ROOT / "docs" / "reference" / "permissions.md").read_text()
    for command, heading in zip(commands, ("### In the source tenant", "### In the target tenant"), strict=True):
        table = text.partition(heading)[2].partition("\n#")[0]
        needed = set(re.findall(r"^\| `([\w.]+)` \|", table, re.MULTILINE))
        read = {
            name.replace("ReadWrite", "Read") for name in needed if "ReadWrite.C" in name or ".ReadWrite.All" in name
        }
        read |= {"Policy.Read.All"} if "Policy.ReadWrite.CrossTenantAccess" in needed else set()
        assert needed - read | {"Application.Read.All"} == set(re.findall(r"[A-Z][\w.]+", command))


COMMANDS = """
az() {
    echo "az $*" >&2
    case "$1 $2 $3" in
        "login --tenant $3") echo "$3" > tenant ;;
        "ad app create") echo "application of $(cat tenant)" ;;
        "ad sp show") sed "s/.*value=='\\([^']*\\)'.*/role of \\1/" <<< "$*" ;;
        "ad app credential") echo "secret of $6 in $(cat tenant)" ;;
        "ad group show") echo "group of $(cat tenant)" ;;
    esac
}
pulumi() { echo "pulumi $*" >&2; }
entra-sync() { echo "entra-sync $*" >&2; }
"""
"""Azure CLI for a script: it prints its arguments to standard error, and answers as the tenant that is signed in to."""


def test_the_commands_of_your_tenants_can_be_run_one_after_the_other(tmp_path: Path) -> None:
    """Permissions, secret and group come from the tenant that is signed in to, and the program gets all of them."""
    page = (GUIDE / "tenants.md").read_text()
    scripts = [script for script in blocks("docs/guide/tenants.md", "sh") if "pip install" not in script]
    text = "".join(scripts).replace("<directory id of the source>", "S").replace("<directory id of the target>", "T")
    script = f"set -euo pipefail\n{COMMANDS}{text}\nenv | grep -E '^ENTRA_(CONTOSO|FEDERAL)_' | sort\n"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    added = re.findall(
        r"^az ad app permission add --id (.*) --api .* --api-permissions role of (.*)=Role", done.stderr, re.M
    )
    calls = re.findall(r"^ +register entra-sync((?: \\\n +[\w.]+)+)$", page, re.M)

    assert [
        (f"application of {tenant}", permission)
        for tenant, call in zip("ST", calls, strict=True)
        for permission in re.findall(r"[A-Z][\w.]+", call)
    ] == added
    assert [
        "ENTRA_CONTOSO_CLIENT_ID=application of S",
        "ENTRA_CONTOSO_CLIENT_SECRET=secret of application of S in S",
        "ENTRA_FEDERAL_CLIENT_ID=application of T",
        "ENTRA_FEDERAL_CLIENT_SECRET=secret of application of T in T",
    ] == done.stdout.splitlines()[-4:]
    assert "pulumi config set --path groups[0] group of S\n" in done.stderr
    assert 2 == done.stderr.count("az ad app permission admin-consent --id application of")


def test_the_restarts_of_operate_reset_what_the_page_says() -> None:
    """The first one what the portal's restart resets, the second one what holds deletions back."""
    import entra_sync as entra

    code = [block for block in blocks("docs/guide/operate.md", "python") if block.startswith("restart = ")]
    names: list[dict[str, Any]] = [{"entra": entra} for _ in code]
    for block, space in zip(code, names, strict=True):
        exec(block, space)

    assert [["QuarantineState", "Watermark", "Escrows"], ["ForceDeletes", "QuarantineState"]] == [
        space["restart"].reset for space in names
    ]


def test_every_recipe_gives_what_the_cookbook_says() -> None:
    """At least 30 of them, each a mapping that the checks let pass."""
    from entra_sync.expressions import AttributeMapping, Context, check_mappings, default_schema, evaluate, parse

    recipes = (GUIDE / "cookbook.md").read_text().split("\n### ")[1:]
    for recipe in recipes:
        found = re.search(r"Mapping to `(\w+)`:\n\n```\n(.*?)\n```", recipe, re.DOTALL)
        rows = re.findall(r"^\| `(\{.*?\})` \| `(.*?)` \|$", recipe, re.MULTILINE)
        assert found is not None and rows, recipe
        mapping = AttributeMapping(target=found[1], source=found[2])
        findings = check_mappings([mapping], schema=default_schema())
        assert [] == [str(finding) for finding in findings if finding.severity == "error"]
        for given, expected in rows:
            result = evaluate(parse(found[2]), json.loads(given), Context.fixed())
            shown = json.dumps(result, ensure_ascii=False) if isinstance(result, str) else _flow(result)
            assert expected == shown, recipe

    assert 30 <= len(recipes)


def _flow(result: Any) -> str:
    """The name that the documentation has for "no value"."""
    from entra_sync.expressions import Ignored

    assert isinstance(result, Ignored)
    return result.value


def test_troubleshooting_has_every_code_that_the_package_explains() -> None:
    """Of a sign-in that fails, and of validateCredentials."""
    from entra_sync.graph import sign_in
    from entra_sync.graph.answers import failures

    codes = {*re.findall(r"AADSTS\d+", Path(sign_in.__file__).read_text()), *failures.CREDENTIAL_REMEDIES}
    page = (GUIDE / "troubleshooting.md").read_text()

    assert [] == sorted(code for code in codes if f"`{code}`" not in page)
