"""What people may do with one alarm."""

from enum import StrEnum

from pydantic import Field

from inspection.alarms.shelving import MOST_REASON
from inspection.decision import Frozen


class AlarmAct(StrEnum):
    """One of the three."""

    ACKNOWLEDGE = "acknowledge"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"


class AlarmOrder(Frozen):
    """Somebody asks for one of them."""

    act: AlarmAct
    alarm_id: str = Field(max_length=64)
    minutes: int = Field(default=0, ge=0, le=100_000)
    """To shelve: for how long."""
    reason: str = Field(default="", max_length=MOST_REASON)
    """To shelve: why."""
