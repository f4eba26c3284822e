"""Who is in scope of a link, and why somebody is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from entra_sync.expressions import Clause, Failure, FilterGroup
from entra_sync.expressions.filter_columns import clause_columns
from entra_sync.impact.link import LinkState
from entra_sync.impact.series import falses, filled, nulls, trues
from entra_sync.impact.snapshot import Snapshot

__all__ = ["Scoping", "entitled", "named", "scoping"]


@dataclass(frozen=True, slots=True)
class Scoping:
    """One value a person, in the order of the people.

    Attributes:
        entitled: Assigned, a direct member of an assigned group, or everybody is in scope; and not deleted.
        read: The service's input filter lets the person pass; whoever fails it is left as they are.
        passes: All filters let the person pass.
        present: Entitled, and all filters pass: the person is to have a live account in the target.
        reason: Why a person is not in scope; null for those who are.
        via: What entitles: ``everyone``, ``assigned``, or the id of a group; null for those who are not.
    """

    entitled: pl.Series
    read: pl.Series
    passes: pl.Series
    present: pl.Series
    reason: pl.Series
    via: pl.Series


def scoping(link: LinkState, source: Snapshot, people: pl.DataFrame) -> Scoping:
    """Who of the *people* is in scope of the *link*.

    Args:
        link: The link; its groups have to be among those whose members were read.
        source: Memberships of the source.
        people: As the service sees them (:func:`entra_sync.impact.people.as_the_service_sees`).

    Raises:
        ConfigurationError: The filter has an attribute that was not read, or an operator that cannot be evaluated.
    """
    deleted = people["deleted"].is_not_null()
    via = _via(link, source, people).set(deleted, None)
    assigned = via.is_not_null()
    rules = link.filter
    reasons: list[tuple[pl.Series, pl.Series]] = [
        (deleted, _text("deleted in the source", people.height)),
        (~assigned, _text("not assigned", people.height)),
    ]
    read = passes = trues(people.height)
    if rules is not None:
        answers: dict[Clause, pl.Series] = {}
        read, why = _set_of_groups(rules.input_filter_groups, people, answers)
        reasons.insert(1, (~read, why))
        passes = read
        for groups in (rules.category_filter_groups, rules.groups):
            holds, why = _set_of_groups(groups, people, answers)
            passes = passes & holds
            reasons.append((~holds, why))
    present = assigned & passes
    reason = _first(reasons, people.height).set(present, None)
    return Scoping(assigned, read, passes, present, reason, via)


def entitled(link: LinkState, source: Snapshot, people: pl.DataFrame) -> pl.Series:
    """Who of the *people* is assigned, whether or not they are deleted and whatever the filter says."""
    return _via(link, source, people).is_not_null()


def _via(link: LinkState, source: Snapshot, people: pl.DataFrame) -> pl.Series:
    """What entitles each person, the deleted ones too; an assignment of one's own before that of a group."""
    if link.everyone:
        return _text("everyone", people.height)
    members = source.members.filter(pl.col("group").is_in(sorted(link.groups)))
    first = members.group_by("person").agg(pl.col("group").min())
    found = people.select("id").join(first, left_on="id", right_on="person", how="left", maintain_order="left")["group"]
    return found.set(people["id"].is_in(sorted(link.users)), "assigned")


def _set_of_groups(
    groups: tuple[FilterGroup, ...] | None, people: pl.DataFrame, answers: dict[Clause, pl.Series]
) -> tuple[pl.Series, pl.Series]:
    """Whom one of the groups lets pass; and why the others do not pass: of each group its first clause that fails."""
    if not groups:
        everybody = trues(people.height)
        return everybody, nulls(people.height)
    anyone = falses(people.height)
    whys = []
    for group in groups:
        everything = trues(people.height)
        failures: list[tuple[pl.Series, pl.Series]] = []
        for clause in group.clauses:
            if clause not in answers:
                answers[clause] = clause_columns(clause, people)
            failures.append((~answers[clause], _why_not(clause, people)))
            everything = everything & answers[clause]
        anyone = anyone | everything
        whys.append(_first(failures, people.height))
    if len(whys) == 1:
        return anyone, whys[0]
    joined = pl.DataFrame({str(place): why for place, why in enumerate(whys)})
    return anyone, joined.select(pl.concat_str(pl.all(), separator="; ", ignore_nulls=True)).to_series()


def _why_not(clause: Clause, people: pl.DataFrame) -> pl.Series:
    """Why a clause does not hold, as the scalar form says it."""
    values = people[clause.source_operand_name]
    absent = values.is_null()
    if values.dtype == pl.String:
        absent = absent | (values == "").fill_null(False)
    elif isinstance(values.dtype, pl.List):
        absent = absent | (values.list.len() == 0).fill_null(True)
    texts = (Failure("", clause, None).reason, Failure("", clause, "some value").reason)
    if clause.source_operand_name == "alternativeSecurityIds":
        texts = (texts[0], "an external user, not a member of the source")
    return pl.select(pl.when(absent).then(pl.lit(texts[0])).otherwise(pl.lit(texts[1]))).to_series()


def _first(cases: list[tuple[pl.Series, pl.Series]], height: int) -> pl.Series:
    """The text of the first case that is true of each person; null where none is."""
    result = nulls(height)
    for mask, texts in reversed(cases):
        result = texts.zip_with(mask, result)
    return result


def _text(text: str, height: int) -> pl.Series:
    return filled(text, height)


def named(via: pl.Series, names: Mapping[str, str]) -> pl.Series:
    """What entitles, in words."""
    spoken = {"everyone": "everybody is in scope", "assigned": "assigned"}
    distinct = {
        value: spoken.get(value) or f"member of {names.get(value, value)}" for value in via.unique().drop_nulls()
    }
    return via.replace_strict(distinct, default=None, return_dtype=pl.String)
