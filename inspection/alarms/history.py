"""Alarms as the record tells them: one row an alarm, newest first, a page at a time."""

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, Field

from inspection.alarms.priority import Priority
from inspection.decision import Frozen
from inspection.messages.message import Coded
from inspection.status import Shelf

MOST_A_PAGE: Final = 500


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no such time") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""With its offset; in UTC."""


class AlarmOnRecord(Frozen):
    """One alarm, from when it was raised until it left the list."""

    position: int
    """Of the event that raised it: later ones have higher positions, whatever the clock said."""
    alarm_id: str
    code: int
    """severity·4096 + component·256 + code, as in the register map."""
    priority: Priority
    text: str
    """In English, as it was raised last."""
    coded: Coded = ()
    raised_at: datetime
    """When it came first."""
    first_out: bool = False
    """It came when no other waited to be acknowledged."""
    times: int
    """How often it came, as far as its events tell."""
    acknowledged_at: datetime | None = None
    """When somebody saw it last; None where nobody has since it came last."""
    acknowledged_by: str = ""
    cleared_at: datetime | None = None
    """When its cause was gone, or the engine's end left nobody who knew; None where it is there."""
    dropped_at: datetime | None = None
    """When a full list dropped it: what became of it then is not told."""
    shelf: Shelf | None = None
    """How it was shelved last, whether or not that is over."""


class HistoryAsked(Frozen):
    """Which alarms are asked for."""

    start: Moment | None = None
    """Raised then or later."""
    end: Moment | None = None
    """Raised before."""
    priority: Priority | None = None
    """Of this priority alone."""
    before: int | None = Field(default=None, ge=1, le=2**62)
    """Of positions below; for the next page."""
    limit: int = Field(default=100, ge=1, le=MOST_A_PAGE)


class AlarmPage(Frozen):
    """Some of them, newest first."""

    alarms: tuple[AlarmOnRecord, ...]
    next: int | None = None
    """What to ask for as ``before``; None where there are no more."""
    waiting: int = 0
    """Records that wait in the spool: alarms may be among them, and are in no page until they are in the
    database."""
