"""Alarms in every state, as the engine lists them and as the record tells them."""

from datetime import timedelta
from typing import Any

from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.history import AlarmOnRecord, AlarmPage
from inspection.alarms.priority import priority_of
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.status import Alarm, Shelf, StationStatus
from tests.app.console import samples

NOON = samples.NOON
SHELF = Shelf(
    by="Ben, console of ben on line3",
    since=NOON,
    until=NOON + timedelta(minutes=30),
    reason="It is being mended",
)
SILENT = say(Code.PLC_SILENT)


def alarm(name: str, code: AlarmCode, *, minutes: float = 1.0, **changes: object) -> Alarm:
    """Raised so many minutes ago, and waiting."""
    said = {"alarm_id": name, "code": code, "text": SILENT, "coded": SILENT.coded, "acknowledged": False}
    return Alarm.model_validate({**said, "raised_at": NOON - timedelta(minutes=minutes), **changes})


EACH = (
    alarm("seen", AlarmCode.STORE_DEGRADED, acknowledged=True),
    alarm("shelved", AlarmCode.NO_PICTURE, shelf=SHELF),
    alarm("gone", AlarmCode.RECORD_LATE, active=False, times=3, last_at=NOON),
    alarm("waits", AlarmCode.PICTURES_SILENT, minutes=2),
    alarm("worst", AlarmCode.NOT_RECORDED, minutes=9, first_out=True),
)


def status(*alarms: Alarm, **changes: Any) -> StationStatus:
    """Of a station with these."""
    return samples.status(alarms=alarms, **changes)


def recorded(number: int, **changes: object) -> AlarmOnRecord:
    """The alarm of that position, raised so many minutes before noon, seen by Ann, and over."""
    at = NOON - timedelta(minutes=number)
    code = list(AlarmCode)[number % len(AlarmCode)]
    values: dict[str, object] = {
        "position": number,
        "alarm_id": f"on record {number}",
        "code": code,
        "priority": priority_of(code),
        "text": SILENT,
        "coded": SILENT.coded,
        "raised_at": at,
        "times": 1,
        "acknowledged_at": at,
        "acknowledged_by": "Ann",
        "cleared_at": at,
    }
    return AlarmOnRecord.model_validate({**values, **changes})


def page(first: int, *, length: int = 100, last: int = 1) -> AlarmPage:
    """Positions ``first``, ``first`` − 1 … of a record that begins at ``last``."""
    numbers = range(first, max(first - length, last - 1), -1)
    more = numbers[-1] if numbers[-1] > last else None
    return AlarmPage(alarms=tuple(map(recorded, numbers)), next=more)
