"""Text from a tenant: nothing is hidden, nothing is obeyed, and JSON keeps its meaning."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import typer
from hypothesis import example, given, strategies as st

from entra_sync.base.calls import GraphCall, listed
from entra_sync.base.preview import Step, failures, planned_steps
from entra_sync.base.rendering import render_steps
from entra_sync.cli.project.calls import calls
from entra_sync.errors import BadArgument, EntraSyncError, ExpressionError, GraphError
from entra_sync.errors.visible import json_text, visible, visible_lines, visible_values
from tests.base.hostile import HOSTILE, is_plain

texts = st.text(st.characters() | st.sampled_from("#:[]\x1b\n\r\u202e vsowarning"), max_size=40)


@given(texts)
@example("")
def test_visible_text_is_plain(text: str) -> None:
    """Whatever a tenant names a group, one line without commands is printed."""
    assert is_plain(visible(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_plain(text: str) -> None:
    assert is_plain(visible(text))


@given(st.text(st.characters(categories=["L", "N", "Zs", "P"], exclude_characters=":"), max_size=40))
def test_ordinary_names_stay(name: str) -> None:
    """Names in any script are shown as they are."""
    assert name == visible(name)


@given(texts)
def test_lines_stay_lines(text: str) -> None:
    """A text of our own keeps its lines."""
    assert text.count("\n") == visible_lines(text).count("\n")
    assert all(map(is_plain, visible_lines(text).split("\n")))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(HOSTILE), inner, max_size=3),
        max_leaves=8,
    )
)
def test_json_keeps_its_meaning(value: object) -> None:
    """A program that reads the report gets every name as it is; a log shows nothing to obey."""
    written = json_text(value)

    assert value == orjson.loads(written)
    assert all(map(is_plain, written.split("\n")))


@pytest.mark.parametrize("half", ["\ud800", "\udcff", "a\udfff\ud800b"], ids=ascii)
def test_json_shows_half_of_a_pair_by_its_code(half: str) -> None:
    """A file name or an argument of the command line can hold one, and no JSON can."""
    written = json_text({half: [half, {"x": (half, 1)}]})

    assert {visible(half): [visible(half), {"x": [visible(half), 1]}]} == orjson.loads(written)
    assert all(map(is_plain, written.split("\n")))


@given(texts)
def test_values_are_plain_at_every_depth(text: str) -> None:
    assert {visible(text): [visible(text), 1, None]} == visible_values({text: (text, 1, None)})


@given(texts)
def test_errors_are_plain(text: str) -> None:
    """An error of Graph is one line; others have only lines of ours."""
    assert is_plain(str(GraphError(f"tenant a: {text}")))
    assert all(map(is_plain, str(EntraSyncError(text)).split("\n")))
    assert all(map(is_plain, str(BadArgument("principals[0]", text)).split("\n")))


@given(texts, st.booleans())
def test_lists_of_calls_are_plain(text: str, bodies: bool) -> None:
    """Paths and bodies quote names of a tenant; a list of calls has a line for each step and each call."""
    call = GraphCall(f"a{text}", "PATCH", f"/v1.0/groups/{text}", {text: [text]})
    lines = render_steps([Step("create", "Partner", text, (call, call))], bodies=bodies).plain.split("\n")

    assert 4 == len(lines)
    assert all(map(is_plain, lines))


@given(texts, st.integers(0, 40), st.integers(0, 40))
def test_a_pointed_expression_is_plain_and_the_carets_stay_below_it(text: str, start: int, length: int) -> None:
    """An expression read from a tenant may hold anything."""
    start = min(start, len(text))
    error = ExpressionError(text, (start, min(start + length, len(text))), "it does not parse")
    shown = error.pointed().split("\n")

    assert 2 == len(shown)
    assert all(map(is_plain, shown))
    line = text.split("\n")[text.count("\n", 0, start)].replace("\t", " ")
    at = start - (text.rfind("\n", 0, start) + 1)
    assert len(visible(line[:at])) == shown[1].index("^")


@pytest.mark.parametrize("text", HOSTILE)
def test_the_calls_command_prints_plain_lines(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it reads is a preview, which quotes names of a tenant; so do the errors of a failed one."""
    urn = "urn:pulumi:dev::p::pulumi-python:dynamic/entra:CrossTenantPartner::partner"
    inputs = {"graphCalls": listed([GraphCall("contoso", "PATCH", "/v1.0/groups/1", {"displayName": text})])}
    preview = tmp_path / "preview.json"
    preview.write_bytes(orjson.dumps({"steps": [{"op": "create", "urn": urn, "newState": {"inputs": inputs}}]}))
    calls(preview)
    failed = {"steps": [], "diagnostics": [{"severity": "error", "message": f"group {text} is not there"}]}
    preview.write_bytes(orjson.dumps(failed))
    with pytest.raises(typer.Exit):
        calls(preview)

    assert all(map(is_plain, capsys.readouterr().out.split("\n")))
    assert 1 == len(planned_steps({"steps": [{"op": "create", "urn": urn, "newState": {"inputs": inputs}}]}))
    assert all(is_plain(line) for message in failures(failed) for line in message.split("\n"))
