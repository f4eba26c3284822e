"""Who is in scope of a link, and why somebody is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from entra_sync.expressions import Clause, Failure, FilterGroup
from entra_sync.expressions.columns.filters import clause_columns
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.series import falses, filled, nulls, trues
from entra_sync.impact.facts.snapshot import Snapshot

__all__ = ["Population", "Scoping", "named"]


@dataclass(frozen=True, slots=True)
class Scoping:
    """One value a person, in the order of the people.

    Attributes:
        entitled: Assigned, a direct member of an assigned group, or everybody is in scope; and not deleted.
        read: The service's input filter lets the person pass; whoever fails it is left as they are.
        present: Entitled, and all filters pass: the person is to have a live account in the target.
        via: What entitles: ``everyone``, ``assigned``, or the id of a group; null for those who are not.
    """

    entitled: pl.Series
    read: pl.Series
    present: pl.Series
    via: pl.Series


class Population:
    """The people of the source, of whom several states of a link ask the same things.

    Args:
        source: Memberships of the source.
        people: As the service sees them (:func:`entra_sync.impact.facts.users.as_the_service_sees`).
    """

    def __init__(self, source: Snapshot, people: pl.DataFrame) -> None:
        self.people = people
        self._source = source
        self._answers: dict[Clause, pl.Series] = {}

    def scoping(self, link: LinkState) -> Scoping:
        """Who is in scope of the *link*, whose groups have to be among those whose members were read.

        Raises:
            ConfigurationError: The filter has an attribute that was not read, or an operator that cannot be evaluated.
        """
        people = self.people
        via = self._via(link).set(people["deleted"].is_not_null(), None)
        assigned = via.is_not_null()
        read = present = trues(people.height)
        if link.filter is not None:
            read = self._passes(link.filter.input_filter_groups)
            others = (link.filter.category_filter_groups, link.filter.groups)
            present = read & self._passes(others[0]) & self._passes(others[1])
        return Scoping(assigned, read, assigned & present, via)

    def reasons(self, link: LinkState, scoping: Scoping) -> pl.Series:
        """Why people are not in scope of the *link*; null for those who are."""
        rows = (~scoping.present).arg_true()
        out = self.people.select(
            "deleted", *sorted({clause.source_operand_name for clause in self._answers} - {"deleted"})
        )[rows]
        why: list[tuple[pl.Series, pl.Series]] = [
            (out["deleted"].is_not_null(), _text("deleted in the source", rows.len()))
        ]
        filters = link.filter
        if filters is not None:
            why.append(self._failing(filters.input_filter_groups, out, rows))
        why.append((~scoping.entitled.gather(rows), _text("not assigned", rows.len())))
        if filters is not None:
            why += [self._failing(groups, out, rows) for groups in (filters.category_filter_groups, filters.groups)]
        return nulls(self.people.height).scatter(rows, _first(why, rows.len()))

    def entitled(self, link: LinkState) -> pl.Series:
        """Who is assigned, whether or not they are deleted and whatever the filter says."""
        return self._via(link).is_not_null()

    @cached_property
    def _memberships(self) -> pl.DataFrame:
        """Row of a person, and number of a group of theirs; groups in falling order, so that the first is seen last."""
        members = self._source.members
        numbered = members.lazy().with_columns(pl.col("group").cast(pl.Enum(sorted(members["group"].unique()))))
        rows = self.people.lazy().select("id").with_row_index("row")
        found = numbered.join(rows, left_on="person", right_on="id").select("row", "group")
        return found.sort("group", descending=True).collect()

    def _via(self, link: LinkState) -> pl.Series:
        """What entitles each person, the deleted ones too; an assignment of one's own before that of a group."""
        people = self.people
        if link.everyone:
            return _text("everyone", people.height)
        via = nulls(people.height)
        if link.groups and self._source.members.height:
            known = self._memberships
            wanted = [group for group in known["group"].unique() if group in link.groups]
            if len(wanted) < known["group"].n_unique():
                known = known.filter(pl.col("group").is_in(pl.Series(wanted, dtype=known.schema["group"]).implode()))
            via = via.scatter(known["row"], known["group"].cast(pl.String))
        return via.set(people["id"].is_in(sorted(link.users)), "assigned")

    def _answer(self, clause: Clause) -> pl.Series:
        if clause not in self._answers:
            self._answers[clause] = clause_columns(clause, self.people)
        return self._answers[clause]

    def _passes(self, groups: tuple[FilterGroup, ...] | None) -> pl.Series:
        """Whom one of the groups lets pass; everybody where there is none."""
        if not groups:
            return trues(self.people.height)
        anyone = falses(self.people.height)
        for group in groups:
            everything = trues(self.people.height)
            for clause in group.clauses:
                everything = everything & self._answer(clause)
            anyone = anyone | everything
        return anyone

    def _failing(
        self, groups: tuple[FilterGroup, ...] | None, out: pl.DataFrame, rows: pl.Series
    ) -> tuple[pl.Series, pl.Series]:
        """Whom, of those who are *out*, none of the groups lets pass; and of each group the first clause that fails."""
        whys = []
        for group in groups or ():
            answers = [(~self._answer(clause).gather(rows), clause) for clause in group.clauses]
            whys.append(_first([(fails, _why_not(clause, out)) for fails, clause in answers], rows.len()))
        joined = pl.DataFrame({str(place): why for place, why in enumerate(whys)})
        texts = whys[0] if len(whys) == 1 else nulls(rows.len())
        if len(whys) > 1:
            texts = joined.select(pl.concat_str(pl.all(), separator="; ", ignore_nulls=True)).to_series()
        return ~self._passes(groups).gather(rows), texts


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
