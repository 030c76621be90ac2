"""When the running shift began. Pure."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from inspection.times.local_time import moment

THREE_SHIFTS: Final = (time(6), time(14), time(22))
"""A plant's usual three, in local time."""


def shift_start(at: datetime, starts: Sequence[time], *, zone: tzinfo | None = None) -> datetime:
    """The newest begin of a shift that is not after ``at``, in UTC.

    A begin that the clocks skip in spring counts as the moment to which they would have come; of one that
    comes twice in autumn the first counts.

    Args:
        at: With time zone.
        starts: Local times at which shifts begin, each day; at least one.
        zone: The plant's time zone; None for this machine's.

    >>> from datetime import UTC
    >>> shift_start(datetime(2026, 3, 2, 5, 59, tzinfo=UTC), THREE_SHIFTS, zone=UTC)
    datetime.datetime(2026, 3, 1, 22, 0, tzinfo=datetime.timezone.utc)
    """
    today = at.astimezone(zone).date()
    begun = (
        moment(datetime.combine(today - timedelta(days=days), start), zone=zone)
        for days in (0, 1)
        for start in starts
    )
    return max(begin for begin in begun if begin <= at)
