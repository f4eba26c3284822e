"""A plan is the same whether all users are in memory or some at a time are read from the files of a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from entra_sync.errors import ConfigurationError
from entra_sync.expressions import AttributeMapping, Context, Mappings, any_of, clause
from entra_sync.impact.declared import saved
from entra_sync.impact.declared.read import Read
from entra_sync.impact.facts import snapshot
from entra_sync.impact.planning.plan import ImpactPlan
from entra_sync.impact.planning.users import parts
from tests.impact.planning.worlds import guest, user
from tests.impact.prediction.settling import settled
from tests.impact.world import World


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Two tenants in two clouds."""
    yield World.build()


@pytest.fixture
def read(world: World) -> Read:
    """A link of eleven users: two lose the scope, all names change, two new users share a mail, and one new user has an
    account that was invited by hand."""
    _, ids = settled(world, people=11)
    guest(world, "invited_contoso.com")
    late = [
        user(world, "invited", 90),
        *(user(world, f"late{number}", 99 + number, displayName="Late") for number in range(2)),
    ]
    now = world.now()
    rows = {
        "displayName": 'Append([displayName], "!")',
        "mail": 'IIF([displayName] = "Late", "late@contoso.onmicrosoft.com", [mail])',
    }
    mappings = Mappings(tuple(AttributeMapping(target=target, source=text) for target, text in rows.items()))
    filters = any_of(clause("displayName").not_matches("1"))
    then = world.then(users=frozenset([*ids, *late]), mappings=mappings, filters=filters)
    facts = world.facts(now, then)
    return Read(world.tenant("contoso"), world.tenant("federal"), now, then, facts)


def in_parts(read: Read, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """The same from files, of which three users are in memory at a time."""
    monkeypatch.setattr(snapshot, "LARGE", 0)
    monkeypatch.setattr(snapshot, "ROW_GROUP", 2)
    monkeypatch.setattr(parts, "STRETCH", 2)
    monkeypatch.setattr(parts, "PART", 3)
    monkeypatch.setattr(parts, "WHOLE", 0)
    saved.save(read, directory)
    return saved.load(directory)


def told(plan: ImpactPlan) -> list[Any]:
    """What a plan says of users."""
    frames = (plan.people, plan.attribute_counts(), plan.attribute_changes(), plan.kept, plan.left_out)
    return [plan.counts, *(frame.rows() for frame in frames), plan.scope_now.to_list(), plan.scope_then.to_list()]


@pytest.mark.parametrize("restart", [frozenset(), frozenset({"Full"})], ids=["as it stands", "links dropped"])
def test_a_plan_in_parts_is_the_plan(
    read: Read, restart: frozenset[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read.then is not None
    read = replace(read, then=replace(read.then, restart=restart))
    whole = told(read.plan(Context.fixed()))
    stored = in_parts(read, tmp_path, monkeypatch)

    assert isinstance(stored.facts.source.rows, pl.LazyFrame)
    assert whole == told(stored.plan(Context.fixed()))
    assert (1, True) == (whole[0]["conflict"], whole[0]["match"] > 0)


def test_the_order_in_which_users_were_read_does_not_matter(read: Read) -> None:
    source = read.facts.source
    assert isinstance(source.rows, pl.DataFrame)
    turned = replace(read, facts=replace(read.facts, source=replace(source, rows=source.rows.reverse())))

    assert source.rows["id"].to_list() != turned.facts.source.select("id")["id"].to_list()
    assert told(read.plan(Context.fixed())) == told(turned.plan(Context.fixed()))


@pytest.mark.parametrize(
    ("stored", "whole", "packs"),
    [(True, 0, True), (True, 1000, False), (False, 0, False)],
    ids=["a large one in files", "a small one in files", "one in memory"],
)
def test_only_a_large_target_that_is_in_files_is_packed(
    stored: bool, whole: int, packs: bool, read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packing takes time, and saves no memory if all users are in memory anyhow."""
    packed, pack = list[int](), parts.packed
    read = in_parts(read, tmp_path, monkeypatch) if stored else read
    monkeypatch.setattr(parts, "WHOLE", whole)
    monkeypatch.setattr(parts, "packed", lambda frame: packed.append(frame.height) or pack(frame))
    told(read.plan(Context.fixed()))

    assert packs == bool(packed)


def test_a_file_that_is_damaged_after_it_was_opened_is_an_error(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = in_parts(read, tmp_path, monkeypatch)
    for file in (tmp_path / "target").glob("people-*.parquet"):
        content = file.read_bytes()
        file.write_bytes(content[:4] + bytes(len(content) // 2) + content[4 + len(content) // 2 :])

    with pytest.raises(ConfigurationError, match=r"is damaged: .*; take it again"):
        stored.plan(Context.fixed())
