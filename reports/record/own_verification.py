"""How far the station itself has verified its record, so that figures need hash only what came since.

In idle moments the station looks at the rows that came, as verification does, and each ``NOTED_ROWS`` of them
it notes an event RECORD_VERIFIED: the last row's position and hash. Whoever asks for a shift's figures in a
hurry takes the rows up to there as they were found then, is told up to which row and when that was, and
hashes the others. What is printed or signed hashes all of them.

What is changed behind such an event is found by whole verification alone; a row that is gone is found by
every figure. Whole verification hashes all rows anyhow, and finds an event that says of a row what it is not:
so whoever writes all rows anew must write the events anew as well.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from inspection.decision import Frozen
from inspection.errors import StoreError
from inspection.events import Event, EventKind
from reports.record.chain import EXAMINE_TODO, GENESIS, ChainReport
from reports.record.events_chain import has_events
from reports.record.parts_audit import verify_parts
from reports.record.schema import EventRow, InspectionRow

STEP_ROWS: Final = 200
"""Looked at at once, where there are so many: about 15 ms, which an append has to wait."""
NOTED_ROWS: Final = 2000
"""Figures hash fewer than these, and one step, in about a tenth of a second."""


class VerifiedUpTo(Frozen):
    """A row up to which the station has verified its record."""

    position: int
    row_hash: str
    at: datetime
    """When it noted so, UTC."""


class VerifiedBefore(Frozen):
    """The rows of a stretch that are taken as the station found them."""

    rows: int
    position: int
    """The row up to which the station had verified its record."""
    at: datetime
    """When, UTC."""


class OwnVerification:
    """Goes on through the record, a step at a time, where it had come to. Used by one thread."""

    def __init__(self) -> None:
        self._done: VerifiedUpTo | None = None
        self._noted = 0

    def step(self, connection: Connection, *, now: datetime) -> Event | None:
        """Look at the next rows, where there are enough; the event that is to be noted, where one is due.

        Args:
            connection: Read only, in its transaction.
            now: The wall clock, with time zone.

        Raises:
            StoreError: The record is broken there.
            SQLAlchemyError: The database cannot be read.
        """
        if self._done is None:
            self._done = _newest(connection) or VerifiedUpTo(position=0, row_hash=GENESIS, at=now)
            self._noted = self._done.position
        newest = connection.scalar(select(func.max(InspectionRow.position))) or 0
        done = self._done.position
        if newest < done + STEP_ROWS:
            return None
        found = verify_parts(connection, first=done + 1, last=done + STEP_ROWS)
        if not found.intact:
            raise StoreError(
                f"the record is broken at row {found.broken_at}: {found.reason}", todo=EXAMINE_TODO
            )
        self._done = VerifiedUpTo(position=done + STEP_ROWS, row_hash=found.head, at=now)
        if self._done.position < self._noted + NOTED_ROWS:
            return None
        self._noted = self._done.position
        return verified_event(self._done)


def verify_since(connection: Connection, low: int, high: int) -> tuple[ChainReport, VerifiedBefore | None]:
    """Check the rows from ``low`` to ``high``; those that the station has verified are only counted.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    found = _newest(connection)
    if found is None or found.position < low:
        return verify_parts(connection, first=low, last=high), None
    last = min(found.position, high)
    position = InspectionRow.position
    rows = connection.scalar(select(func.count()).where(position.between(low, last)))
    if rows != last - low + 1:
        return verify_parts(connection, first=low, last=high), None  # says which is gone
    before = VerifiedBefore(rows=rows, position=found.position, at=found.at)
    return verify_parts(connection, first=last + 1, last=high), before


def contradicted(connection: Connection) -> str:
    """What is wrong with the first event that says of a row what it is not; empty for nothing.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    if not has_events(connection):
        return ""
    query = select(EventRow.position, EventRow.record).where(_KIND).order_by(EventRow.position)
    for position, record in connection.execute(query).all():
        said = _said(record)
        if said is None or _hash_of(connection, said.position) != said.row_hash:
            return f"event {position} says of a row that was verified what it is not"
    return ""


_KIND: Final = EventRow.kind == EventKind.RECORD_VERIFIED.value


def verified_event(reached: VerifiedUpTo) -> Event:
    """The event that says so: of a row up to which all were looked at and found good."""
    return Event(
        at=reached.at,
        kind=EventKind.RECORD_VERIFIED,
        by="store",
        detail=f"verified up to row {reached.position}",
        subjects=(str(reached.position), reached.row_hash),
    )


def _said(record: str) -> VerifiedUpTo | None:
    """What an event says; None where it is damaged."""
    try:
        event = Event.model_validate_json(record)
        position, row_hash = event.subjects
        return VerifiedUpTo(position=int(position), row_hash=row_hash, at=event.at)
    except ValueError:
        return None


def _hash_of(connection: Connection, position: int) -> str | None:
    return connection.scalar(select(InspectionRow.row_hash).where(InspectionRow.position == position))


def _newest(connection: Connection) -> VerifiedUpTo | None:
    """The last, where the record bears it out."""
    if not has_events(connection):
        return None
    query = select(EventRow.record).where(_KIND).order_by(EventRow.position.desc()).limit(1)
    record = connection.scalar(query)
    said = None if record is None else _said(record)
    return said if said is not None and _hash_of(connection, said.position) == said.row_hash else None
