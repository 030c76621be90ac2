"""Parts that a stretch of time leaves out although they were recorded in the middle of it, or beside it.

A part belongs to the shift in which it was seen, by the wall clock; its place in the record does not depend
on that clock. Where the clock was set back, the two orders contradict each other, and a report by time would
leave parts out in silence. Counted here as left out:

- parts recorded between the first and the last part of the stretch, but seen outside it;
- the unbroken run of parts just before the first that is out of order: seen after the stretch, or earlier
  than what had been recorded before (a clock that came up in another year, and was then set);
- the unbroken run just after the last that was seen before the stretch;
- parts recorded after the last that were seen later than it is now.

Records of parts seen within ``ORDINARY`` of each other may be exchanged (a part that was missed is recorded
while the one before it is judged), so that much contradiction alone is none. Everything is in UTC: daylight
saving time moves nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, select

from inspection.decision import Frozen
from reports.record.schema import InspectionRow

ORDINARY = timedelta(seconds=10)

_BATCH = 500

_ROW = InspectionRow
_FIRST = _ROW.revision == 0
"""One row a part: its first revision, whose position is its place in the order of recording."""


class LeftOut(Frozen):
    """Parts outside a stretch of time that belong to it by the order in which they were recorded."""

    parts: int
    earliest: datetime
    """When the earliest of them was seen, UTC, by the clock of then."""
    latest: datetime


def left_out(connection: Connection, *, start: datetime, end: datetime, now: datetime) -> LeftOut | None:
    """The parts that the stretch from ``start`` up to ``end`` leaves out; None for none.

    Args:
        connection: Read only, in its transaction.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone.
        now: The wall clock, with time zone.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    inside = (_ROW.seen_at >= start) & (_ROW.seen_at < end)
    position, seen_at = _ROW.position, _ROW.seen_at
    parts_inside, low, high, latest = connection.execute(
        select(func.count(), func.min(position), func.max(position), func.max(seen_at)).where(_FIRST, inside)
    ).one()
    found: list[LeftOut | None] = []
    if parts_inside:
        between = None
        if _parts_recorded(connection, low, high) != parts_inside:
            between = _count(connection, position > low, position < high, ~inside)
        if between and (between.latest >= end + ORDINARY or between.earliest < start - ORDINARY):
            found.append(between)
        first = _run_before(connection, low, end)
        found.append(_count(connection, position >= first, position < low, ~inside))
        found.append(_run_after(connection, high, start=start, end=end, latest=latest))
    future = seen_at >= max(end, now + ORDINARY)
    if connection.scalar(select(position).where(future).limit(1)) is not None:
        last = high if parts_inside else _last_before(connection, start)
        found.append(_count(connection, position + 0 > last, future))
    parts = [each for each in found if each is not None]
    if not parts:
        return None
    return LeftOut(
        parts=sum(each.parts for each in parts),
        earliest=min(each.earliest for each in parts),
        latest=max(each.latest for each in parts),
    )


def _parts_recorded(connection: Connection, low: int, high: int) -> int:
    """How many parts were recorded from ``low`` to ``high``, by an index that has no more than is asked."""
    roots = _ROW.root.between(low, high), _ROW.position == _ROW.root
    return connection.scalar(select(func.count()).where(*roots)) or 0


def _count(connection: Connection, *conditions: ColumnElement[bool]) -> LeftOut | None:
    parts, earliest, latest = connection.execute(
        select(func.count(), func.min(_ROW.seen_at), func.max(_ROW.seen_at)).where(_FIRST, *conditions)
    ).one()
    return LeftOut(parts=parts, earliest=earliest, latest=latest) if parts else None


def _run_before(connection: Connection, low: int, end: datetime) -> int:
    """Where the unbroken run of parts out of order begins that ends just before ``low``; ``low`` for none."""
    for position, seen_at, highest_before in _backwards(connection, low):
        late = highest_before is not None and highest_before > seen_at + ORDINARY
        if not late and seen_at < end + ORDINARY:
            break
        low = position
    return low


def _backwards(connection: Connection, low: int) -> Iterator[tuple[int, datetime, datetime | None]]:
    """Position, time, and highest time before, of each part before ``low``, the last first."""
    size = 1  # in an ordinary record the first part that is looked at ends the run
    while True:
        query = select(_ROW.position, _ROW.seen_at).where(_FIRST, _ROW.position < low)
        rows = connection.execute(query.order_by(_ROW.position.desc()).limit(size)).all()
        if not rows:
            return
        low, size = rows[-1].position, _BATCH
        # `+ 0` makes the database walk the index of times, which ends at once, instead of the whole table.
        highest = connection.scalar(
            select(_ROW.seen_at).where(_ROW.position + 0 < low).order_by(_ROW.seen_at.desc()).limit(1)
        )
        with_highest = []
        for row in reversed(rows):
            with_highest.append((row.position, row.seen_at, highest))
            highest = row.seen_at if highest is None else max(highest, row.seen_at)
        yield from reversed(with_highest)


def _run_after(
    connection: Connection, high: int, *, start: datetime, end: datetime, latest: datetime
) -> LeftOut | None:
    """The run of parts just after ``high`` that were seen before ``start``, where that is out of order."""
    following = _FIRST & (_ROW.position > high)
    ordered = select(_ROW.position, _ROW.seen_at).where(following).order_by(_ROW.position).limit(1)
    first = connection.execute(ordered).first()
    if first is None or first.seen_at >= end:
        return None
    stop = connection.execute(ordered.where(_ROW.seen_at >= end)).first()
    run = _count(
        connection,
        _ROW.position > high,
        _ROW.seen_at < start,
        *([] if stop is None else [_ROW.position < stop.position]),
    )
    return run if run is not None and run.earliest < latest - ORDINARY else None


def _last_before(connection: Connection, start: datetime) -> int:
    """Position of the last part seen before ``start``; 0 for none."""
    query = select(_ROW.position).where(_FIRST, _ROW.seen_at < start)
    return connection.scalar(query.order_by(_ROW.position.desc()).limit(1)) or 0
