"""The stretch of time that a command is asked about: from one moment to another, or a shift by its name."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from app.command_line.options import refuse_beside
from app.settings.station import load
from inspection.errors import StoreError
from inspection.times.local_time import moment, moments, shown, zone_named
from inspection.times.shifts import NoSuchShiftError, Shift, ShiftCalendar

if TYPE_CHECKING:
    from reports.record.signatures.table import ClosedShift

_USUAL_LENGTH = timedelta(hours=8)

FindSigned = Callable[[date, str], "ClosedShift | None"]
"""Finds the shift of a date and name that somebody has signed; None where there is none."""

FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        help="ISO 8601; default: when the station's shift began (--config), or eight hours before --to.",
    ),
]
ToOption = Annotated[
    str | None,
    typer.Option(
        "--to", help="ISO 8601; default: now, without --from when the station's running shift ends."
    ),
]
DateOption = Annotated[
    str | None,
    typer.Option("--date", metavar="DATE", help="With --shift: on which the shift began, like 2026-03-02."),
]
NameOption = Annotated[
    str | None,
    typer.Option(
        "--shift",
        metavar="NAME",
        help="With --date and --config, instead of --from and --to: the shift that the station's settings "
        "name so.",
    ),
]


class Stretch(NamedTuple):
    """What was asked for."""

    start: datetime
    """Inclusive, UTC."""
    end: datetime
    """Exclusive, UTC; of a shift that still runs in the future."""
    shift: Shift | None
    """The shift that it is, where it is one."""
    zone: tzinfo | None
    """The plant's, by which it is shown; None for this machine's."""


def find_stretch(
    *,
    config: Path | None,
    start: str | None,
    end: str | None,
    day: str | None,
    name: str | None,
    now: datetime,
    signed: FindSigned = lambda _day, _name: None,
) -> Stretch:
    """The stretch that the options mean; local times are those of the plant that ``config`` names.

    Args:
        config: The station's file; None for none.
        start: ``--from``.
        end: ``--to``.
        day: ``--date``.
        name: ``--shift``.
        now: The wall clock, UTC.
        signed: Finds a shift on record that somebody has signed: its bounds and name stay, whatever the
            station's file has said since.

    Raises:
        BadParameter: Options contradict each other, or one lacks another.
        SettingsError: The station's file cannot be used.
        StoreError: There is no such time or shift, or it has not begun.
    """
    calendar = None if config is None else load(config).station.calendar
    zone = None if calendar is None else calendar.zone
    shift: Shift | None = None
    if day is not None or name is not None:
        refuse_beside(
            {"--from": start, "--to": end}, "the shift that --date and --shift name has its own times"
        )
        if day is None or name is None:
            raise typer.BadParameter("--date and --shift go together: a shift is named by both")
        on_record = signed(_date(day), name)
        if on_record is not None:
            return _on_record(on_record)
        shift = _named(day, name, calendar, now)
    elif start is None and end is None and calendar is not None:
        shift = calendar.shift_of(now)
    if shift is not None:
        return Stretch(shift.start, shift.end, shift, zone)
    until = moment_of(end, "--to", zone) if end else now
    since = moment_of(start, "--from", zone) if start else _begin(until, calendar)
    return Stretch(since, until, None, zone)


def _on_record(signed: "ClosedShift") -> Stretch:
    start, end = signed.started_at.astimezone(UTC), signed.ended_at.astimezone(UTC)
    return Stretch(start, end, Shift(signed.name, signed.day, start, end), zone_named(signed.zone or None))


def _named(day: str, name: str, calendar: ShiftCalendar | None, now: datetime) -> Shift:
    """The shift of that date and name."""
    if calendar is None:
        raise typer.BadParameter("name the station with --config: its settings say when a shift begins")
    try:
        shift = calendar.shift(_date(day), name)
    except NoSuchShiftError as error:
        raise StoreError(str(error), todo="[station] shifts in the settings names them") from error
    except OverflowError as error:
        raise StoreError(f"--date {day} leaves no time for a shift", todo="choose another date") from error
    if now < shift.start:
        raise StoreError(
            f"the shift {name!r} of {shift.date} has not begun: it begins at"
            f" {shown(shift.start, zone=calendar.zone, timespec='minutes')}",
            todo="choose one that has",
        )
    return shift


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise StoreError(
            f"--date {text!r} is no date that ever was", todo="write it like 2026-03-02"
        ) from error


def _begin(until: datetime, calendar: ShiftCalendar | None) -> datetime:
    """When the shift began that ends, or still runs, at ``until``.

    Without a station's shifts it is the eight hours before by the local clock, which are seven or nine in
    the nights when the clock is set.
    """
    try:
        if calendar is not None:
            return calendar.shift_of(until - timedelta.resolution).start
        return moment(until.astimezone().replace(tzinfo=None) - _USUAL_LENGTH)
    except OverflowError as error:
        raise StoreError("--to leaves no time for a shift before it", todo="choose a later time") from error


def moment_of(text: str, option: str, zone: tzinfo | None) -> datetime:
    """The moment that an option names, UTC; without an offset by the plant's clocks. Raises StoreError."""
    try:
        written = datetime.fromisoformat(text)
        if written.tzinfo is not None:
            return written.astimezone(UTC)
        meant = moments(written, zone=zone)
        if len(meant) == 1:
            return meant[0]
        taken_for = moment(written, zone=zone)
    except (ValueError, OverflowError) as error:
        raise StoreError(
            f"{option} {text!r} is not a time",
            todo="write it like 2026-03-02T06:00 or 2026-03-02T06:00+01:00",
        ) from error
    if meant:
        first, second = (_with_offset(one, zone) for one in meant)
        raise StoreError(
            f"{option} {text} comes twice here, because the clock is set back that night",
            todo=f"write which one is meant: {first} (the first) or {second} (the second)",
        )
    raise StoreError(
        f"{option} {text} does not exist here, because the clock is set forward over it",
        todo=f"write a time that exists, with its offset, such as {_with_offset(taken_for, zone)}",
    )


def _with_offset(at: datetime, zone: tzinfo | None) -> str:
    return shown(at, zone=zone, timespec="auto").replace(" ", "T")
