"""What the attributes of accounts are and will be, computed for the users that are asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from entra_sync.expressions import Context
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.series import filled
from entra_sync.impact.planning.users.claims import WRITES
from entra_sync.impact.planning.users.collected import Collected
from entra_sync.impact.planning.users.decisions.decide import flow_of, seen
from entra_sync.impact.planning.users.flow import FlowRow

__all__ = ["ATTRIBUTES", "Details", "as_text"]

ATTRIBUTES: dict[str, pl.DataType] = {
    "person": pl.String(),
    "attribute": pl.String(),
    "old": pl.String(),
    "new": pl.String(),
    "cause": pl.String(),
}
"""Columns of attribute changes: texts as the log writes them; null for nothing. The cause is ``mapping`` where the
change of the link changes the mapping, ``source`` where the value differs already."""


@dataclass(frozen=True)
class Details:
    """The decisions of a plan with what they were made from. Values are computed again for the users asked about.

    Attributes:
        collected: What the cycle sets out to do.
        link: The link as the cycle finds it.
        table: The decisions as they end, one row a person.
        context: Time and randomness of the evaluation.
        changed_rows: Target attributes whose mapping the change of the link changes.
    """

    collected: Collected
    link: LinkState
    table: pl.DataFrame
    context: Context
    changed_rows: frozenset[str]

    def counts(self) -> pl.DataFrame:
        """``attribute``, ``cause`` and ``people`` over accounts that exist and change, most people first."""
        found = []
        arriving = self.table.select("action", "redeemed")[self.collected.arriving]
        writes = arriving.select(_compared(["update", "disable", "restore", "match"])).to_series()
        for target, mask in self.collected.changes.items():
            people = int((mask & writes).sum())
            if people:
                found.append({"attribute": target, "cause": self._cause(target), "people": people})
        managers = int(self.table["new manager"].is_not_null().sum())
        if managers:
            found.append({"attribute": "manager", "cause": self._cause("manager"), "people": managers})
        frame = pl.DataFrame(found, schema={"attribute": pl.String, "cause": pl.String, "people": pl.UInt32})
        return frame.sort(["people", "attribute"], descending=[True, False])

    def kept_in_case(self, people: Sequence[str] | None = None) -> dict[str, int]:
        """How many accounts of *people*, or of all, keep a value that differs in its case only, by attribute."""
        arriving = self.table.select("person", "action", "redeemed")[self.collected.arriving]
        asked = pl.lit(True) if people is None else pl.col("person").is_in(list(people))
        whose = arriving.select(_compared(["unchanged", "update", "disable", "restore", "match"]) & asked).to_series()
        numbers = {target: int((mask & whose).sum()) for target, mask in self.collected.in_case.items()}
        return {target: number for target, number in numbers.items() if number}

    def changes(self, people: Sequence[str] | None) -> pl.DataFrame:
        """What changes of the accounts of *people*, or of all; see :data:`ATTRIBUTES`."""
        written = pl.col("action").is_in(WRITES) | pl.col("shares").is_not_null() | pl.col("new manager").is_not_null()
        asked = written if people is None else written & pl.col("person").is_in(list(people))
        rows = self.collected.arriving
        rows = rows.filter(self.table.select(asked.fill_null(False)).to_series().gather(rows))
        size = self.collected.parts.size
        frames = [pl.DataFrame(schema=ATTRIBUTES)]
        frames += [self._changes(number, rows.filter(rows // size == number)) for number in (rows // size).unique()]
        return pl.concat(frames).sort("person", "attribute")

    def names(self, people: Sequence[str]) -> pl.DataFrame:
        """``person``, ``displayName`` and ``userPrincipalName`` at home of *people*."""
        return self.collected.parts.facts.source.select(
            pl.col("id").alias("person"), "displayName", "userPrincipalName", where=pl.col("id").is_in(list(people))
        )

    def _changes(self, number: int, rows: pl.Series) -> pl.DataFrame:
        """What changes for the users at some *rows* of one part."""
        parts = self.collected.parts
        part = parts[number]
        users = seen(self.link, parts.facts, part.people[rows - part.start])
        values = flow_of(self.link, parts.facts, users, self.context)
        arriving = self.table[rows].with_row_index("at")
        accounts = parts.accounts(number, arriving["row"])
        places = self.collected.arriving.search_sorted(rows)
        made = arriving.filter(
            (pl.col("action") == "create")
            | pl.col("redeemed")
            | ((pl.col("action") == "conflict") & pl.col("shares").is_not_null())
        )
        kept = arriving.filter(pl.col("action").is_in(["update", "disable", "restore", "match"]) & ~pl.col("redeemed"))
        frames = []
        for row in values.rows:
            current = accounts[row.target]
            frames.append(self._made(row, made, current))
            if row.target in self.collected.changes:
                chosen = kept.filter(self.collected.changes[row.target].gather(places).gather(kept["at"]))
                at = chosen["at"]
                frames.append(self._rows(row.target, chosen, current.gather(at), row.value.gather(at)))
        managed = arriving.filter(pl.col("new manager").is_not_null())
        frames.append(self._rows("manager", managed, managed["old manager"], managed["new manager"]))
        return pl.concat(frames)

    def _made(self, row: FlowRow, made: pl.DataFrame, current: pl.Series) -> pl.DataFrame:
        """What is written to accounts that are new to the link. An invitation that leads to an account that is not
        redeemed yet leaves its name and kind of user as they are."""
        if row.target in {"userPrincipalName", "userType"}:
            made = made.filter(~(pl.col("redeemed") & pl.col("invitation pending")) & pl.col("shares").is_null())
        value, current = row.created.gather(made["at"]), current.gather(made["at"])
        writes = value.is_not_null() & ~current.eq_missing(value)
        return self._rows(row.target, made.filter(writes), current.filter(writes), value.filter(writes))

    def _rows(self, attribute: str, chosen: pl.DataFrame, old: pl.Series, new: pl.Series) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "person": chosen["person"],
                "attribute": filled(attribute, chosen.height),
                "old": as_text(old),
                "new": as_text(new),
                "cause": filled(self._cause(attribute), chosen.height),
            },
            schema=ATTRIBUTES,
        )

    def _cause(self, attribute: str) -> str:
        return "mapping" if attribute in self.changed_rows else "source"


def _compared(actions: Sequence[str]) -> pl.Expr:
    """Whose account is compared with what is mapped; what an invitation leads to is written as it is mapped."""
    return pl.col("action").is_in(actions).fill_null(False) & ~pl.col("redeemed")


def as_text(values: pl.Series) -> pl.Series:
    """Values as the provisioning log writes them."""
    if values.dtype == pl.Boolean:
        return values.replace_strict({True: "True", False: "False"}, return_dtype=pl.String)
    if isinstance(values.dtype, pl.List):
        return values.list.join(", ")
    return values.cast(pl.String)
