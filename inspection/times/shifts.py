"""A plant's shifts: which one runs at a moment, and when the one of a date begins and ends. Pure.

Shifts are planned by the plant's clocks and counted in UTC. Each lasts until the next begins, so that every
moment belongs to exactly one, also in the nights when clocks are set and on days off.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import accumulate, pairwise
from typing import Final, TypeVar

from inspection.times.local_time import moment

_A_WEEK_AND_A_DAY: Final = 8
"""Days within which some shift begins, however clocks are set: all shifts are planned by the week, and the
largest change of clocks there ever was is a day (the date line)."""


_One = TypeVar("_One", bound=Hashable)


class Weekday(StrEnum):
    """A day of the week, in the order of ``date.weekday``."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


EVERY_DAY: Final = tuple(Weekday)


class NoSuchShiftError(ValueError):
    """No shift of that name begins on that date; says which do."""


@dataclass(frozen=True, slots=True)
class ShiftRule:
    """When a shift begins, by the plant's clocks."""

    name: str
    start: time
    """Without time zone."""
    days: tuple[Weekday, ...] = EVERY_DAY
    """On which it begins."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift of one date."""

    name: str
    date: date
    """On which it begins by the plant's clocks, or would begin where they skip its start."""
    start: datetime
    """Inclusive, UTC."""
    end: datetime
    """Exclusive, UTC: when the next begins."""


@dataclass(frozen=True, slots=True)
class ShiftCalendar:
    """The shifts of a plant.

    A start that clocks skip in spring counts as the moment to which they would have come, and of one that
    comes twice in autumn the first counts (RFC 5545, 3.3.5). No shift begins after one that is planned later:
    where clocks skip all of a shift, it does not take place.

    Args:
        rules: At least one; no two begin at the same time of a day, and no two of a day have the same name.
        zone: The plant's time zone; None for this machine's.

    Raises:
        ValueError: The rules contradict each other; says which.

    >>> from datetime import UTC
    >>> from zoneinfo import ZoneInfo
    >>> rules = ShiftRule("day", time(6)), ShiftRule("night", time(22))
    >>> plant = ShiftCalendar(rules, ZoneInfo("Europe/Berlin"))
    >>> night = plant.shift(date(2026, 3, 28), "night")
    >>> night.end - night.start
    datetime.timedelta(seconds=25200)
    >>> plant.shift_of(datetime(2026, 3, 29, 1, tzinfo=UTC)) == night
    True
    """

    rules: tuple[ShiftRule, ...]
    zone: tzinfo | None = None

    def __post_init__(self) -> None:
        if not any(rule.days for rule in self.rules):
            raise ValueError("no shift ever begins")
        for day in Weekday:
            of_day = [rule for rule in self.rules if day in rule.days]
            for start in _twice(rule.start for rule in of_day):
                raise ValueError(f"no two shifts begin at the same time of a day ({day}, {start:%H:%M})")
            for name in _twice(rule.name for rule in of_day):
                raise ValueError(f"no two shifts of a day have the same name ({day}, {name!r})")

    def shift_of(self, at: datetime) -> Shift:
        """The shift that runs at a moment.

        Args:
            at: With time zone.

        Raises:
            OverflowError: At the very ends of the calendar.
        """
        today = at.astimezone(self.zone).date()
        near = self.beginning(today - timedelta(_A_WEEK_AND_A_DAY), today + timedelta(1))
        return next(shift for shift in reversed(near) if shift.start <= at)

    def shift(self, day: date, name: str) -> Shift:
        """The shift of that name which begins on that date by the plant's clocks.

        Raises:
            NoSuchShiftError: There is none.
            OverflowError: At the very ends of the calendar.
        """
        found = {shift.name: shift for shift in self.beginning(day, day)}
        if name in found:
            return found[name]
        known = {rule.name: rule for rule in self.rules}
        if name not in known:
            raise NoSuchShiftError(f"there is no shift {name!r}, only {', '.join(known)}")
        begin = f"on it begin: {', '.join(found)}" if found else "on it begins none"
        if any(rule.name == name for rule in self._on(day)):
            raise NoSuchShiftError(f"the clocks skip all of the shift {name!r} of {day}; {begin}")
        raise NoSuchShiftError(
            f"the shift {name!r} does not begin on {_weekday(day).name.capitalize()} {day}; {begin}"
        )

    def beginning(self, first: date, last: date) -> list[Shift]:
        """The shifts that begin on the dates from ``first`` to ``last``, without gap or overlap, in order.

        Raises:
            OverflowError: At the very ends of the calendar.
        """
        days = (first + timedelta(n) for n in range((last - first).days + 1 + _A_WEEK_AND_A_DAY))
        planned = sorted(
            (datetime.combine(day, rule.start), rule.name) for day in days for rule in self._on(day)
        )
        due = [moment(local, zone=self.zone) for local, _ in planned]
        begins = reversed(list(accumulate(reversed(due), min)))
        return [
            Shift(name, local.date(), start, end)
            for ((local, name), start), (_, end) in pairwise(zip(planned, begins, strict=True))
            if start < end and local.date() <= last
        ]

    def _on(self, day: date) -> list[ShiftRule]:
        return [rule for rule in self.rules if _weekday(day) in rule.days]


def _weekday(day: date) -> Weekday:
    return EVERY_DAY[day.weekday()]


def _twice(values: Iterable[_One]) -> list[_One]:
    return [value for value, times in Counter(values).items() if times > 1]


THREE_SHIFTS: Final = ShiftCalendar(tuple(ShiftRule(f"{hour:02}:00", time(hour)) for hour in (6, 14, 22)))
"""A plant's usual three, named by their begins, by this machine's clock."""
