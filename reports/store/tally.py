"""What the record counts of the parts since a moment, for the Run screen of an engine that starts."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.orm import aliased

from inspection.decision import Action
from inspection.part import Inspection, Outcome, went_as_decided
from inspection.status import Counts
from reports.record.entry import Entry, PartEntry
from reports.record.rows import ShiftRow, stored_parts
from reports.record.schema import InspectionRow
from reports.store.parts_waiting import with_waiting
from reports.store.waiting import not_on_record

_NO_END = datetime(9999, 1, 1, tzinfo=UTC)


def tally(connection: Connection, since: datetime, waiting: Sequence[Entry] = ()) -> Counts:
    """Count the parts whose trigger was seen at ``since`` or later, by their latest revisions.

    Parts whose records wait in the spool are counted too.

    Args:
        connection: Read only, in its transaction.
        since: Inclusive, with time zone.
        waiting: What lies in the spool, some of it perhaps in the database already.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    sums = _Sums()
    sums.add_stored(connection, since)
    fresh, _ = not_on_record(connection, waiting)
    parts = {entry.inspection.inspection_id for entry in fresh if isinstance(entry, PartEntry)}
    if parts:
        superseded = stored_parts(connection, since, _NO_END, only=parts)
        for row in superseded:
            sums.add_part(row, -1)
        for row in with_waiting(superseded, fresh, since, _NO_END):
            sums.add_part(row, 1)
    return sums.counts(since)


class _Sums:
    """Parts by what became of them."""

    def __init__(self) -> None:
        self._by_action: Counter[Action] = Counter()
        self._by_outcome: Counter[Outcome] = Counter()
        self._not_as_decided = self._pending = 0
        self._missed = self._late = self._challenged = 0

    def add_stored(self, connection: Connection, since: datetime) -> None:
        """What the database holds. Raises SQLAlchemyError."""
        row, first, later = InspectionRow, aliased(InspectionRow), aliased(InspectionRow)
        late = or_(row.late, first.late)
        latest = (
            select(row)
            .join(first, first.position == row.root)
            .outerjoin(later, later.supersedes == row.position)
            .where(later.position.is_(None), row.seen_at >= since)
        )
        revised = row.revision > 0
        piece = row.challenge.is_not(None)
        what = row.action, row.published, row.outcome, revised, row.missed, piece, late
        for action, published, outcome, was_revised, missed, is_piece, was_late, parts in connection.execute(
            latest.with_only_columns(*what, func.count()).group_by(*what)
        ):
            went = went_as_decided(
                Action(action),
                published=published,
                outcome=None if outcome is None else Outcome(outcome),
                revision=int(was_revised),
            )
            self._add(action, went, outcome, missed, piece=is_piece, late=was_late, parts=parts)
        withheld = latest.where(row.published.is_(False), row.missed.is_(None), ~late)
        self._late += sum(map(_recorded_late, connection.scalars(withheld.with_only_columns(row.record))))

    def add_part(self, row: ShiftRow, parts: int) -> None:
        """One part, once more or (-1) once less."""
        late = row.late or row.first_late
        withheld = not row.published and row.missed is None and not late
        late = late or (withheld and _recorded_late(row.record))
        went, piece = row.went_as_decided, row.challenge is not None
        self._add(row.action, went, row.outcome, row.missed, piece=piece, late=late, parts=parts)

    def _add(
        self,
        action: str,
        went: bool | None,
        outcome: str | None,
        missed: str | None,
        *,
        piece: bool,
        late: bool,
        parts: int,
    ) -> None:
        if missed is not None:
            self._missed += parts
        elif piece:
            self._challenged += parts
        elif went is None:
            self._pending += parts
        elif went:
            self._by_action[Action(action)] += parts
        else:
            self._not_as_decided += parts
        if outcome is not None:
            self._by_outcome[Outcome(outcome)] += parts
        if late:
            self._late += parts

    def counts(self, since: datetime) -> Counts:
        """As the Run screen has them."""
        return Counts(
            since=since,
            triggers=self._by_action.total()
            + self._not_as_decided
            + self._pending
            + self._missed
            + self._challenged,
            by_action={action: parts for action, parts in self._by_action.items() if parts},
            not_as_decided=self._not_as_decided,
            pending=self._pending,
            by_outcome={outcome: parts for outcome, parts in self._by_outcome.items() if parts},
            missed=self._missed,
            challenged=self._challenged,
            late=self._late,
        )


def _recorded_late(record: str) -> bool:
    return Inspection.model_validate_json(record).recorded_late
