"""Reports for who asks the API."""

from datetime import date, datetime
from typing import Final

from app.reporting.maker import made
from app.reporting.messages import Wanted
from app.settings.station import Settings
from inspection.times.local_time import shown
from inspection.times.shifts import NoSuchShiftError, Shift, ShiftCalendar
from reports.shift.document.kinds import Kind, Language

LIMIT_S: Final = 60.0
"""How long a report may take; one of a larger shift is written at its end, or by command."""


async def report_asked(
    settings: Settings, day: date | None, name: str, kind: Kind, language: Language, *, now: datetime
) -> tuple[str, bytes]:
    """Make one file of a shift's report, by a process of its own.

    Args:
        settings: The station's.
        day: On which the shift began, by the plant's clocks; None for the shift that runs.
        name: Its name.
        kind: Which file.
        language: In which language.
        now: The wall clock.

    Returns:
        The file's name, and the file.

    Raises:
        NoSuchShiftError: There is no such shift, or it has not begun.
        ReportRefusedError: It cannot be made.
    """
    wanted = Wanted(
        store=settings.store,
        shift=_shift(settings.station.calendar, day, name, now),
        station=settings.station.name,
        zone=settings.station.zone,
        kinds=(kind,),
        languages=(language,),
        rule_set=settings.report.rules,
        subgroup=settings.report.subgroup,
    )
    done, file = await made(wanted, limit_s=LIMIT_S)
    return done.names[0], file


def _shift(calendar: ShiftCalendar, day: date | None, name: str, now: datetime) -> Shift:
    if day is None:
        return calendar.shift_of(now)
    try:
        shift = calendar.shift(day, name)
    except OverflowError as error:
        raise NoSuchShiftError(f"{day} leaves no time for a shift") from error
    if now < shift.start:
        begin = shown(shift.start, zone=calendar.zone, timespec="minutes")
        raise NoSuchShiftError(f"the shift {name!r} of {day} has not begun: it begins at {begin}")
    return shift
