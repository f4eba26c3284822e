"""Which users are in scope of a link, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from entra_sync.expressions import Clause, Failure, FilterGroup
from entra_sync.expressions.columns.filters import FilterColumns
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.series import falses, filled, is_empty, nulls, trues
from entra_sync.impact.facts.snapshot import Snapshot
from entra_sync.impact.planning.reasons import Reason, Reasons
from entra_sync.microsoft.assumptions import SMS_IDENTITY

__all__ = ["Population", "Scoping", "memberships"]


def memberships(source: Snapshot, people: pl.Series) -> pl.DataFrame:
    """``row`` (a place among *people*, who are ids) and ``group`` of each membership, in order of the rows.

    Groups of a user are in falling order, so that the first is seen last.
    """
    members = source.members
    groups = pl.Enum(members["group"].unique().sort())
    rows = pl.DataFrame({"person": people}).with_row_index("row")
    found = members.with_columns(pl.col("group").cast(groups)).join(rows, on="person").select("row", "group")
    return found.sort("row", "group", descending=[False, True])


@dataclass(frozen=True, slots=True)
class Scoping:
    """One value a person, in the order of the people.

    Attributes:
        entitled: Assigned, a direct member of an assigned group, or all users are in scope; and not deleted.
        read: The service's input filter lets the user pass; a user who fails it stays as is.
        present: Entitled, and all filters pass: the person is to have a live account in the target.
        via: What entitles: ``EVERYONE``, ``ASSIGNED``, or ``MEMBER`` with the id of the group as its subject.
    """

    entitled: pl.Series
    read: pl.Series
    present: pl.Series
    via: Reasons


class Population:
    """The people of the source. Several states of a link ask the same things of them.

    Args:
        members: What :func:`memberships` gives for them.
        people: As the service sees them (:func:`entra_sync.impact.facts.users.as_the_service_sees`).
    """

    def __init__(self, members: pl.DataFrame, people: pl.DataFrame) -> None:
        self.people = people
        self._members = members
        self._filters = FilterColumns(people)
        self._entitling: dict[tuple[bool, frozenset[str], frozenset[str]], Reasons] = {}

    def scoping(self, link: LinkState) -> Scoping:
        """Who is in scope of the *link*, whose groups have to be among those whose members were read.

        Raises:
            ConfigurationError: The filter has an attribute that was not read, or an operator that cannot be evaluated.
        """
        people = self.people
        via = self._via(link).where(people["deleted"].is_null())
        assigned = via.given
        read, passing = self._filters.read(link.filter), self._filters.passing(link.filter)
        return Scoping(assigned, read, assigned & passing, via)

    def reasons(self, link: LinkState, scoping: Scoping) -> Reasons:
        """Why users are not in scope of the *link*; none for those who are."""
        rows = (~scoping.present).arg_true()
        out = self.people.select("deleted", *sorted(self._filters.attributes - {"deleted"}))[rows]
        why = Reasons.of(Reason.DELETED_IN_SOURCE, out["deleted"].is_not_null())
        filters = link.filter
        if filters is not None:
            why = why.otherwise(self._failing(filters.input_filter_groups, out, rows))
        why = why.otherwise(Reasons.of(Reason.NOT_ASSIGNED, ~scoping.entitled.gather(rows)))
        for groups in (filters.category_filter_groups, filters.groups) if filters is not None else ():
            why = why.otherwise(self._failing(groups, out, rows))
        return why.spread(rows, self.people.height)

    def entitled(self, link: LinkState) -> pl.Series:
        """Who is assigned, whether or not they are deleted and whatever the filter says."""
        return self._via(link).given

    def _via(self, link: LinkState) -> Reasons:
        """What entitles each user, the deleted ones too; a direct assignment comes before that of a group."""
        key = (link.everyone, link.groups, link.users)
        if key not in self._entitling:
            self._entitling[key] = self._entitles(link)
        return self._entitling[key]

    def _entitles(self, link: LinkState) -> Reasons:
        people = self.people
        if link.everyone:
            return Reasons.of(Reason.EVERYONE, trues(people.height))
        group = nulls(people.height)
        if link.groups and self._members.height:
            known = self._members
            wanted = [group for group in known["group"].unique() if group in link.groups]
            if len(wanted) < known["group"].n_unique():
                known = known.filter(pl.col("group").is_in(pl.Series(wanted, dtype=known.schema["group"]).implode()))
            group = group.scatter(known["row"], known["group"].cast(pl.String))
        assigned = Reasons.of(Reason.ASSIGNED, people["id"].is_in(sorted(link.users)))
        return assigned.otherwise(Reasons.of(Reason.MEMBER, group.is_not_null(), group))

    def _failing(self, groups: tuple[FilterGroup, ...] | None, out: pl.DataFrame, rows: pl.Series) -> Reasons:
        """Why none of the groups lets a user of *out* pass: of each group the first clause that fails."""
        height = rows.len()
        failing = ~self._filters.any_holds(groups).gather(rows)
        texts: list[pl.Series] = []
        external = sms = falses(height)
        for group in groups or ():
            first, undecided = nulls(height), trues(height)
            for clause in group.clauses:
                fails = undecided & ~self._filters.holds(clause).gather(rows)
                absent = is_empty(out[clause.source_operand_name])
                if clause.source_operand_name == "alternativeSecurityIds":
                    by_sms = fails & (out[clause.source_operand_name] == SMS_IDENTITY).fill_null(False)
                    external, sms = external | (fails & ~absent & ~by_sms), sms | by_sms
                first = _why_not(clause, absent).zip_with(fails, first)
                undecided = undecided & ~fails
            texts.append(first)
        columns = pl.DataFrame({str(place): text for place, text in enumerate(texts)})
        subject = nulls(height)
        if texts:
            subject = columns.select(pl.concat_str(pl.all(), separator="; ", ignore_nulls=True)).to_series()
        known = Reasons.of(Reason.EXTERNAL, failing & external).otherwise(Reasons.of(Reason.SMS_SIGN_IN, failing & sms))
        return known.otherwise(Reasons.of(Reason.FILTER, failing, subject))


def _why_not(clause: Clause, absent: pl.Series) -> pl.Series:
    """Why a clause does not hold, as the scalar form says it."""
    empty, other = (filled(Failure("", clause, value).reason, absent.len()) for value in (None, "some value"))
    return empty.zip_with(absent, other)
