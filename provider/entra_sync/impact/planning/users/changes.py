"""What the attributes of accounts are and will be, computed for the users that are asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.series import filled
from entra_sync.impact.planning.users.decide import Decisions
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
    """The decisions of a plan with what they were made from.

    Attributes:
        decisions: What the cycle sets out to do.
        facts: Both tenants.
        table: The decisions as they end, one row a person.
        changed_rows: Target attributes whose mapping the change of the link changes.
    """

    decisions: Decisions
    facts: Facts
    table: pl.DataFrame
    changed_rows: frozenset[str]

    def counts(self) -> pl.DataFrame:
        """``attribute``, ``cause`` and ``people`` over accounts that exist and change, most people first."""
        found = []
        arriving = self.table.select("action", "redeemed")[self.decisions.arriving]
        writes = (
            arriving["action"].is_in(["update", "disable", "restore", "match"]).fill_null(False) & ~arriving["redeemed"]
        )
        for row in self.decisions.flow.rows:
            mask = self.decisions.changes.get(row.target)
            if mask is not None:
                people = int((mask & writes).sum())
                if people:
                    found.append({"attribute": row.target, "cause": self._cause(row.target), "people": people})
        managers = int(self.table["new manager"].is_not_null().sum())
        if managers:
            found.append({"attribute": "manager", "cause": self._cause("manager"), "people": managers})
        frame = pl.DataFrame(found, schema={"attribute": pl.String, "cause": pl.String, "people": pl.UInt32})
        return frame.sort(["people", "attribute"], descending=[True, False])

    def changes(self, people: Sequence[str] | None) -> pl.DataFrame:
        """What changes of the accounts of *people*, or of all; see :data:`ATTRIBUTES`."""
        rows = self.decisions.arriving
        at = pl.int_range(rows.len(), eager=True)
        if people is not None:
            at = self.table["person"].gather(rows).is_in(list(people)).arg_true()
        arriving = self.table[rows.gather(at)].with_columns(at.alias("at"))
        made = arriving.filter(
            (pl.col("action") == "create")
            | pl.col("redeemed")
            | ((pl.col("action") == "conflict") & pl.col("shares").is_not_null())
        )
        kept = arriving.filter(pl.col("action").is_in(["update", "disable", "restore", "match"]) & ~pl.col("redeemed"))
        frames = [pl.DataFrame(schema=ATTRIBUTES)]
        for row in self.decisions.flow.rows:
            frames.append(self._made(row, made))
            if row.target in self.decisions.changes:
                chosen = kept.filter(self.decisions.changes[row.target].gather(kept["at"]))
                frames.append(
                    self._rows(row.target, chosen, self._current(row, chosen), row.value.gather(chosen["at"]))
                )
        managed = arriving.filter(pl.col("new manager").is_not_null())
        frames.append(self._rows("manager", managed, managed["old manager"], managed["new manager"]))
        return pl.concat(frames).sort("person", "attribute")

    def _made(self, row: FlowRow, made: pl.DataFrame) -> pl.DataFrame:
        """What is written to accounts that are new to the link. An invitation that leads to an account that is not
        redeemed yet leaves its name and kind of user as they are."""
        if row.target in {"userPrincipalName", "userType"}:
            made = made.filter(~(pl.col("redeemed") & pl.col("invitation pending")) & pl.col("shares").is_null())
        value = row.created.gather(made["at"])
        current = self._current(row, made)
        writes = value.is_not_null() & ~current.eq_missing(value)
        return self._rows(row.target, made.filter(writes), current.filter(writes), value.filter(writes))

    def _current(self, row: FlowRow, chosen: pl.DataFrame) -> pl.Series:
        target = self.facts.target.people
        if not target.height:
            return row.value.clear().extend_constant(None, chosen.height)
        return target[row.target].gather(chosen["row"])

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


def as_text(values: pl.Series) -> pl.Series:
    """Values as the provisioning log writes them."""
    if values.dtype == pl.Boolean:
        return values.replace_strict({True: "True", False: "False"}, return_dtype=pl.String)
    if isinstance(values.dtype, pl.List):
        return values.list.join(", ")
    return values.cast(pl.String)
