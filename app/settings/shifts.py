"""``shifts`` and ``zone`` in ``[station]``: when each shift begins, by the plant's clocks."""

import difflib
from datetime import time
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticKnownError

from inspection.frozen import Printable
from inspection.times.shifts import EVERY_DAY, THREE_SHIFTS, ShiftCalendar, ShiftRule, Weekday


def _iana(name: str) -> str:
    """Refuse what is no zone that this machine, or the tzdata package, knows."""
    known = available_timezones()
    if name in known:
        return name
    by_lower = {one.lower(): one for one in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1)
    meant = f", did you mean {by_lower[close[0]]!r}?" if close else ""
    raise ValueError(f"{name!r} is no zone of the IANA time zone database, like 'Europe/Berlin'{meant}")


Zone = Annotated[str, AfterValidator(_iana)]
"""An IANA time zone by its name."""


class ShiftTable(BaseModel):
    """One of ``shifts``: a table, or its ``start`` alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Printable = Field(default="", max_length=32)
    """Empty: as its start is written."""
    start: time
    """By the plant's clocks."""
    days: tuple[Weekday, ...] = Field(default=EVERY_DAY, min_length=1)
    """On which it begins."""

    @model_validator(mode="before")
    @classmethod
    def _start_alone(cls, value: Any) -> Any:
        if isinstance(value, dict | BaseModel):
            return value
        if isinstance(value, str):
            try:
                value = time.fromisoformat(value)
            except ValueError as error:
                raise PydanticKnownError("time_parsing", {"error": str(error)}) from error
        return {"start": value}

    @field_validator("start")
    @classmethod
    def _local(cls, start: time) -> time:
        if start.tzinfo is not None:
            raise ValueError("shifts begin at local times: leave the zone out (zone names the plant's)")
        return start

    @property
    def rule(self) -> ShiftRule:
        """What it says, named."""
        return ShiftRule(self.name or self.start.isoformat().removesuffix(":00"), self.start, self.days)


def _no_numbers(shifts: object) -> object:
    """Else pydantic would take them for seconds since midnight."""
    if isinstance(shifts, list | tuple):
        starts = [one.get("start") if isinstance(one, dict) else one for one in shifts]
        if any(isinstance(start, int | float) for start in starts):
            raise ValueError('write times of day, like ["06:00", "18:00"]')
    return shifts


def _one_calendar(shifts: tuple[ShiftTable, ...]) -> tuple[ShiftTable, ...]:
    """Refuse shifts that contradict each other."""
    ShiftCalendar(tuple(one.rule for one in shifts))
    return shifts


Shifts = Annotated[
    tuple[ShiftTable, ...],
    Field(min_length=1, max_length=24),
    BeforeValidator(_no_numbers),
    AfterValidator(_one_calendar),
]
"""All shifts of a plant."""

USUAL_SHIFTS: Final = tuple(ShiftTable(start=rule.start) for rule in THREE_SHIFTS.rules)
"""Where a station names none."""
