"""The alarms that are listed now, each with all that an operator is told of it: GET /api/alarms."""

from collections.abc import Mapping
from datetime import datetime

from inspection.alarms.alarm_list import AlarmList
from inspection.alarms.priority import Priority, priority_of
from inspection.alarms.response import RESPONSES, response_to
from inspection.alarms.shelving import most_minutes
from inspection.decision import Frozen
from inspection.status import Alarm, AlarmState


class ResponseText(Frozen):
    """What an alarm means, and what to do."""

    means: str
    todo: str


class ListedAlarm(Frozen):
    """One alarm of the list."""

    alarm: Alarm
    state: AlarmState
    priority: Priority
    suppressed: bool
    """There is a flood, and this one is only counted for the operator."""
    may_be_shelved_min: int
    """For how many minutes, at most; 0: not at all."""
    response: Mapping[str, ResponseText]
    """By language (ISO 639-1)."""


class ListedAlarms(Frozen):
    """All of them, newest first."""

    at: datetime
    flood_since: datetime | None
    """Since when more alarms come than a person takes in."""
    alarms: tuple[ListedAlarm, ...]


def listed_alarms(alarms: AlarmList, now: datetime) -> ListedAlarms:
    """The list as it stands at ``now``."""
    shown = alarms.in_view
    return ListedAlarms(
        at=now,
        flood_since=alarms.flood_since,
        alarms=tuple(
            ListedAlarm(
                alarm=alarm,
                state=alarm.state,
                priority=priority_of(alarm.code),
                suppressed=alarm.shelf is None and alarm not in shown,
                may_be_shelved_min=most_minutes(alarm.code),
                response={language: _response(alarm.code, language) for language in RESPONSES},
            )
            for alarm in alarms
        ),
    )


def _response(code: int, language: str) -> ResponseText:
    means, todo = response_to(code, language)
    return ResponseText(means=means, todo=todo)
