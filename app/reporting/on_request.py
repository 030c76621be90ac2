"""Reports for who asks the API."""

from datetime import date, datetime
from typing import Final

from app.reporting.maker import answered, made
from app.reporting.messages import SignWanted, Wanted
from app.settings.station import Settings
from inspection.signing.shown import SignedShown, SignOrder
from inspection.times.local_time import shown
from inspection.times.shifts import NoSuchShiftError, Shift
from reports.queries.shifts import signed_shift_of
from reports.shift.document.kinds import Kind, Language

SIGNING_PROGRAM: Final = "app.reporting.signing_process"
LIMIT_S: Final = 60.0
"""How long a report may take; one of a larger shift is written at its end, or by command."""


def shift_asked(settings: Settings, day: date | None, name: str, *, now: datetime) -> Shift:
    """The shift that somebody means; it reads the record, so it is called beside the line.

    Args:
        settings: The station's.
        day: On which the shift began, by the plant's clocks; None for the shift that runs.
        name: Its name. One that somebody has signed is found whatever the settings have said since.
        now: The wall clock.

    Raises:
        NoSuchShiftError: There is no such shift, or it has not begun.
        StoreError: The record cannot be read.
    """
    calendar = settings.station.calendar
    if day is None:
        return calendar.shift_of(now)
    if (signed := signed_shift_of(settings.store, day, name)) is not None:
        return signed
    try:
        shift = calendar.shift(day, name)
    except OverflowError as error:
        raise NoSuchShiftError(f"{day} leaves no time for a shift") from error
    if now < shift.start:
        begin = shown(shift.start, zone=calendar.zone, timespec="minutes")
        raise NoSuchShiftError(f"the shift {name!r} of {day} has not begun: it begins at {begin}")
    return shift


async def report_asked(
    settings: Settings, shift: Shift, kind: Kind | None, language: Language
) -> tuple[str, bytes]:
    """Make one file of a shift's report, by a process of its own.

    Args:
        settings: The station's.
        shift: Which.
        kind: Which file; None for its printed pages as one picture.
        language: In which language.

    Returns:
        The file's name, and the file.

    Raises:
        ReportRefusedError: It cannot be made.
    """
    wanted = Wanted(
        store=settings.store,
        shift=shift,
        station=settings.station.name,
        zone=settings.station.zone,
        kinds=() if kind is None else (kind,),
        pages=kind is None,
        languages=(language,),
        rule_set=settings.report.rules,
        subgroup=settings.report.subgroup,
    )
    done, file = await made(wanted, limit_s=LIMIT_S)
    return done.names[0], file


async def sign_asked(settings: Settings, shift: Shift, order: SignOrder) -> SignedShown:
    """Put somebody's signature below the report of a shift, by a process of its own.

    Args:
        settings: The station's.
        shift: Which.
        order: Whose signature, and what it means.

    Raises:
        ReportDeniedError: Who signs is not who he says, may not, or something stands against it; on record.
        ReportRefusedError: It cannot be signed.
    """
    wanted = SignWanted(
        store=settings.store,
        shift=shift,
        station=settings.station.name,
        zone=settings.station.zone,
        rule_set=settings.report.rules,
        subgroup=settings.report.subgroup,
        order=order,
    )
    done, _ = await answered(SIGNING_PROGRAM, wanted, SignedShown, limit_s=LIMIT_S)
    return done
