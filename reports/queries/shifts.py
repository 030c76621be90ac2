"""The shifts that a record has parts of, with the signatures below their reports."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, func, select

from inspection.errors import StoreError
from inspection.signing.shown import ShiftPage, ShiftsAsked, ShiftShown, SignatureShown
from inspection.times.shifts import Shift, ShiftCalendar
from reports.queries.reading import reading
from reports.record.schema import InspectionRow
from reports.record.signatures.on_record import find_signed
from reports.settings import StoreSettings


def shifts_before(
    settings: StoreSettings, calendar: ShiftCalendar, asked: ShiftsAsked, *, now: datetime
) -> ShiftPage:
    """A page of the shifts, newest first, back to that of the first part on record.

    Args:
        settings: Of the record.
        calendar: The plant's.
        asked: Which.
        now: The wall clock, with time zone.

    Raises:
        StoreError: The record cannot be read.
    """
    newest = calendar.shift_of(now)
    with reading(settings) as connection:
        first = connection.scalar(select(func.min(InspectionRow.seen_at)))
        oldest = newest.start if first is None else calendar.shift_of(min(first, now)).start
        shifts = _back_from(calendar, newest, asked, oldest)
        shown = tuple(_shown(connection, one, now) for one in shifts[: asked.limit])
    more = len(shifts) > asked.limit
    return ShiftPage(shifts=shown, next=shifts[asked.limit - 1].start if more else None)


def signed_shift_of(settings: StoreSettings, day: date, name: str) -> Shift | None:
    """The shift of that date and name as it was signed; None where nobody has signed it.

    Raises:
        StoreError: The record cannot be read, or contradicts itself.
    """
    with reading(settings) as connection:
        found = find_signed(connection, day, name)
    if found is None:
        return None
    start, end = (at.astimezone(UTC) for at in (found.shift.started_at, found.shift.ended_at))
    return Shift(found.shift.name, found.shift.day, start, end)


def _back_from(calendar: ShiftCalendar, newest: Shift, asked: ShiftsAsked, oldest: datetime) -> list[Shift]:
    """One more than a page, where there is one, newest first."""
    shift = newest if asked.before is None else calendar.shift_of(asked.before - timedelta(microseconds=1))
    if shift.start > newest.start:
        shift = newest
    found: list[Shift] = []
    while shift.start >= oldest and len(found) <= asked.limit:
        found.append(shift)
        shift = calendar.shift_of(shift.start - timedelta(microseconds=1))
    return found


def _shown(connection: Connection, shift: Shift, now: datetime) -> ShiftShown:
    told = ShiftShown(
        day=shift.date, name=shift.name, start=shift.start, end=shift.end, running=now < shift.end
    )
    try:
        signed = find_signed(connection, shift.date, shift.name)
    except (StoreError, ValueError) as error:
        return told.model_copy(update={"fault": str(error)})
    if signed is None:
        return told
    return told.model_copy(
        update={
            "start": signed.shift.started_at,
            "end": signed.shift.ended_at,
            "signatures": tuple(
                SignatureShown(
                    name=one.name, role=one.role, meaning=one.meaning, at=one.at, reason=one.reason
                )
                for one in signed.signatures
            ),
        }
    )
