"""The parts of a stretch of time, as the database has them, and as what waits in the spool makes them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from inspection.decision import Action
from inspection.part import Inspection, MissedCause, Outcome, went_as_decided
from reports.record.entry import Entry, PartEntry
from reports.record.schema import InspectionRow, columns_of, columns_there, without_nul

_BATCH = 500
"""Ids in one question: a database takes only so many."""


class Named(NamedTuple):
    """Which parts are meant, by what names them: those that fit in all that is said."""

    serial: str = ""
    lot: str = ""

    def fits(self, inspection: Inspection) -> bool:
        """Whether a part is meant."""
        identity = inspection.identity
        return identity is not None and all(
            not wanted or wanted == said
            for wanted, said in ((self.serial, identity.serial), (self.lot, identity.lot))
        )


class ShiftRow(NamedTuple):
    """What a report needs of one part: its latest revision, and what its first revision said."""

    position: int
    """0 where it waits in the spool."""
    root: int
    """0 where the part waits in the spool."""
    inspection_id: str
    revision: int
    part_id: int
    trigger_seq: int
    seen_at: datetime
    recipe_id: int
    recipe_version: int
    action: str
    outcome: str | None
    missed: str | None
    published: bool
    simulated: bool
    late: bool
    truth_known: bool
    false_release: bool
    record: str
    first_action: str
    first_late: bool
    first_latency_ms: float

    @property
    def went_as_decided(self) -> bool | None:
        """Whether it went with a judged part as was decided; None where that is open."""
        return went_as_decided(
            Action(self.action),
            published=self.published,
            outcome=None if self.outcome is None else Outcome(self.outcome),
            revision=self.revision,
        )

    @property
    def passed_at_first_look(self) -> bool:
        """Whether a judged part passed at the first look, and its pass held."""
        return bool(self.went_as_decided) and self.first_action == self.action == Action.PASS

    @property
    def mismatched_release(self) -> bool:
        """Whether it was released without a published pass on record (``Inspection.mismatched_release``)."""
        without_pass = self.action != Action.PASS or not self.published
        return self.outcome == Outcome.RELEASED and without_pass and self.missed != MissedCause.BEFORE_RECORD


def stored_parts(
    connection: Connection,
    start: datetime,
    end: datetime,
    *,
    only: Iterable[str] | None = None,
    parts: Iterable[int] | None = None,
    named: Named | None = None,
) -> list[ShiftRow]:
    """The parts seen from ``start`` up to ``end``, in the order of their triggers.

    Args:
        connection: Read only.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone.
        only: Inspection ids: no parts but these, in any order.
        parts: Part ids: no parts but these; at most some hundreds.
        named: No parts but these; none in a record that no Passgate has brought up to date.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    row, first, later = InspectionRow, aliased(InspectionRow), aliased(InspectionRow)
    latest = [getattr(row, name) for name in ShiftRow._fields if not name.startswith("first_")]
    query = (
        select(*latest, first.action, first.late, first.latency_ms)
        .join(first, first.position == row.root)
        .outerjoin(later, later.supersedes == row.position)
        .where(later.position.is_(None), row.seen_at >= start, row.seen_at < end)
        .order_by(row.seen_at, row.root)
    )
    if parts is not None:
        query = query.where(row.part_id.in_(sorted(parts)))
    if named is not None:
        if not {"serial", "lot"} <= columns_there(connection):
            return []
        wanted = ((row.serial, named.serial), (row.lot, named.lot))
        query = query.where(*(column == without_nul(text) for column, text in wanted if text))
    if only is None:
        return [ShiftRow._make(found) for found in connection.execute(query)]
    return [
        ShiftRow._make(found)
        for ids in _batches(sorted(only))
        for found in connection.execute(query.where(row.inspection_id.in_(ids)))
    ]


def _batches(ids: list[str]) -> Iterator[list[str]]:
    return (ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH))


def with_waiting(
    stored: Iterable[ShiftRow], waiting: Iterable[Entry], start: datetime, end: datetime
) -> list[ShiftRow]:
    """The parts as they are once ``waiting``, in order, has followed them, in the order of their triggers."""
    parts = {row.inspection_id: row for row in stored}
    for entry in waiting:
        if not isinstance(entry, PartEntry):
            continue
        inspection = entry.inspection
        before = parts.get(inspection.inspection_id)
        if before is not None:
            parts[inspection.inspection_id] = before._replace(position=0, **_latest(entry))
        elif inspection.revision == 0 and start <= inspection.trigger.seen_at < end:
            parts[inspection.inspection_id] = _new(entry, inspection)
    return sorted(parts.values(), key=lambda row: row.seen_at)


def _latest(entry: PartEntry) -> dict[str, Any]:
    """The fields that follow a later revision."""
    columns = columns_of(entry.inspection) | {"record": entry.record}
    return {name: columns[name] for name in ShiftRow._fields if name in columns}


def _new(entry: PartEntry, inspection: Inspection) -> ShiftRow:
    columns = columns_of(inspection)
    return ShiftRow(
        position=0,
        root=0,
        **_latest(entry),
        first_action=columns["action"],
        first_late=columns["late"],
        first_latency_ms=columns["latency_ms"],
    )
