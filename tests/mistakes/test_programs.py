"""Mistakes in a program: each is one line of plain English that names the program's own line."""

from __future__ import annotations

from uuid import UUID

import pulumi
import pytest

import entra_sync as entra
from tests.mistakes.running import LINK, declared, rows

CONTOSO = entra.Tenant("contoso", tenant_id=str(UUID(int=1)), cloud="global")
FEDERAL = entra.Tenant("federal", tenant_id=str(UUID(int=2)), cloud="usgov")
NAMES = {
    "pulumi": pulumi,
    "entra": entra,
    "contoso": CONTOSO,
    "federal": FEDERAL,
    "ID": "c00d9779-5f42-4d5c-8c5e-2ad1b6c9d0a1",
}


@pytest.mark.parametrize(("text", "said"), rows("programs.txt"), ids=str)
def test_a_mistake_is_one_line(text: str, said: str) -> None:
    """The program ends before it declares anything, so that nothing can change."""
    with pytest.raises(pulumi.RunError) as ended:
        declared(LINK + text, NAMES)

    assert said == str(ended.value)


@pytest.mark.parametrize(("text", "said"), rows("programs.txt"), ids=str)
def test_what_is_said_is_plain(text: str, said: str) -> None:
    """One sentence or two, and nothing of the libraries below: only carets have lines of their own."""
    line, *below = said.split("\n")

    assert len(line) <= 300
    assert not below or (2 == len(below) and not below[1].strip(" ^"))
    for foreign in ("pydantic", "Traceback", "Input should", "Value error", "NoneType", "__init__", "keyword argument"):
        assert foreign not in line


def test_a_program_without_a_mistake_declares_a_link() -> None:
    """The table's own frame is not what is refused."""
    assert len(declared(LINK + "link()", NAMES)) > 10
