"""Programs with their declarations renamed, moved or doubled."""

from __future__ import annotations

import ast
from pathlib import Path

PROGRAMS = Path(__file__).parents[2] / "programs"
OTHERS = {"Tenant", "Group", "User", "Access", "Target", "AttributeMapping", "Mappings", "License", "Limits"}


def program(name: str) -> str:
    """The text of a program of this repository."""
    return (PROGRAMS / name / "__main__.py").read_text()


def renamed(text: str, *, alias: bool = False) -> str:
    """The program with another name for each of its declarations; with *alias*, each one tells its former name."""
    return _rewritten(text, suffix="-v2", options="aliases=[pulumi.Alias(name={name})]" if alias else "")


def moved(text: str) -> str:
    """The program with its declarations inside a component."""
    changed = _rewritten(text, options="parent=PLATFORM")
    component = (
        "import pulumi\n\n\nclass Platform(pulumi.ComponentResource):\n    def __init__(self, name):\n"
        "        super().__init__('contoso:index:Platform', name, {})\n\n\nPLATFORM = Platform('platform')\n"
    )
    return component + changed


def with_options(text: str, options: str) -> str:
    """The program with further Pulumi options for each of its declarations."""
    return _rewritten(text, options=options)


def with_application_named(text: str, name: str) -> str:
    """The program with a fixed name for the application of its link."""
    return _rewritten(text, display_name=name)


def doubled(text: str, group: str) -> str:
    """A second copy of the program's declarations, under other names and for the people of another group."""
    copy = _rewritten(text, suffix="-second", display_name_suffix=" second")
    return copy.replace('config.require_object("groups")', f'["{group}"]').replace(
        "pulumi.export(", "(lambda *_: None)("
    )


def without(text: str, name: str) -> str:
    """The program without the declaration that it calls *name*, on which others may only depend."""
    tree = ast.parse(text)
    tree.body = [
        each for each in tree.body if not (isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == name)
    ]
    return ast.unparse(ast.fix_missing_locations(_Independent({name}).visit(tree)))


def without_dependencies(text: str) -> str:
    """The program whose declarations depend only on what they take values from."""
    tree = ast.parse(text)
    names = {ast.unparse(each.targets[0]) for each in tree.body if isinstance(each, ast.Assign)}
    return ast.unparse(ast.fix_missing_locations(_Independent(names).visit(tree)))


class _Independent(ast.NodeTransformer):
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        self.generic_visit(node)
        if node.arg == "depends_on" and isinstance(node.value, ast.List):
            node.value.elts = [each for each in node.value.elts if ast.unparse(each) not in self.names]
        return node


class _Rewriter(ast.NodeTransformer):
    def __init__(self, suffix: str, options: str, display_name: str, display_name_suffix: str) -> None:
        self.suffix, self.options = suffix, options
        self.display_name, self.display_name_suffix = display_name, display_name_suffix

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        function = node.func
        if not (
            isinstance(function, ast.Attribute)
            and isinstance(function.value, ast.Name)
            and function.value.id == "entra"
            and function.attr[0].isupper()
            and function.attr not in OTHERS
            and node.args
            and isinstance(node.args[0], (ast.Constant, ast.JoinedStr))
        ):
            return node
        name = ast.unparse(node.args[0])
        if self.suffix:
            node.args[0] = ast.parse(f"{name} + {self.suffix!r}", mode="eval").body
        if self.options:
            extra = f"pulumi.ResourceOptions({self.options.format(name=name)})"
            given = next((each for each in node.keywords if each.arg == "opts"), None)
            if given is None:
                node.keywords.append(ast.keyword("opts", ast.parse(extra, mode="eval").body))
            else:
                merged = f"pulumi.ResourceOptions.merge({ast.unparse(given.value)}, {extra})"
                given.value = ast.parse(merged, mode="eval").body
        if function.attr == "CrossCloudLink" and self.display_name:
            value = ast.parse(f"{self.display_name!r} + {name}", mode="eval").body
            node.keywords.append(ast.keyword("display_name", value))
        if function.attr == "ServicePrincipal" and self.display_name_suffix:
            given = next(each for each in node.keywords if each.arg == "display_name")
            text = f"{ast.unparse(given.value)} + {self.display_name_suffix!r}"
            given.value = ast.parse(text, mode="eval").body
        return node


def _rewritten(
    text: str, *, suffix: str = "", options: str = "", display_name: str = "", display_name_suffix: str = ""
) -> str:
    tree = _Rewriter(suffix, options, display_name, display_name_suffix).visit(ast.parse(text))
    return ast.unparse(ast.fix_missing_locations(tree))
