"""Which shifts' reports are due, and what is kept of that over a restart. Pure but for the file."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from inspection.files.atomic import atomic_write
from inspection.times.shifts import Shift, ShiftCalendar

FILE_NAME: Final = "reports.json"
"""In the record's folder."""
MOST_OPEN: Final = 21
"""Shifts that are made up for, the newest: a week of three shifts."""
_OLDEST: Final = timedelta(days=31)
"""What is longer over is not looked for."""
_LONGEST: Final = timedelta(days=8)
"""No shift is longer: all are planned by the week."""


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")

    schema_version: int = 1
    until: datetime
    open: tuple[Shift, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """How far reports have come."""

    until: datetime
    """All shifts that ended by then were seen: their reports are written, or open."""
    open: tuple[Shift, ...] = ()
    """Shifts whose reports are due and not written, in their order."""
    given_up: bool = False
    """Whether the last look left older ones behind, since more were open than are made up for."""

    @classmethod
    def beginning(cls, calendar: ShiftCalendar, now: datetime) -> Self:
        """Where nothing is kept: the running shift's report is the first."""
        return cls(until=calendar.shift_of(now).start)

    @classmethod
    def read(cls, path: Path, calendar: ShiftCalendar, now: datetime) -> Self:
        """As it was kept; a beginning where nothing is, or what is there cannot be read."""
        try:
            kept = _Kept.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return cls.beginning(calendar, now)
        return cls(until=kept.until.astimezone(UTC), open=kept.open)

    def seen(self, calendar: ShiftCalendar, now: datetime, *, grace: timedelta) -> Self:
        """With the shifts that have ended meanwhile.

        Args:
            calendar: The plant's.
            now: The wall clock. Where it was set back over a shift's end, that shift runs again, and its
                report is made again when it is over.
            grace: How long after its end a shift's report is due.
        """
        if self.until > now:
            return replace(self, until=calendar.shift_of(now).start, given_up=False)
        first = max(self.until, now - grace - _OLDEST) - _LONGEST
        near = calendar.beginning(*(at.astimezone(calendar.zone).date() for at in (first, now)))
        ended = [one for one in near if self.until < one.end <= now - grace]
        every = (*self.open, *ended)
        return replace(
            self,
            until=max([self.until, *(one.end for one in ended)]),
            open=every[-MOST_OPEN:],
            given_up=len(every) > MOST_OPEN,
        )

    def without(self, shift: Shift) -> Self:
        """With the report of a shift written."""
        return replace(self, open=tuple(one for one in self.open if one != shift), given_up=False)

    def keep(self, path: Path) -> None:
        """Make it durable. Raises OSError."""
        with atomic_write(path) as unfinished:
            unfinished.write_text(_Kept(until=self.until, open=self.open).model_dump_json(), encoding="utf-8")
