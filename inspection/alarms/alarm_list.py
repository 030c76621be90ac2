"""The alarms that ask for a person: ISA-18.2's alarm states in miniature.

An alarm is *active* while its cause is there and *acknowledged* once somebody has seen it. It leaves the list
only when its cause is gone **and** it was seen; so what came and went while nobody looked is still there:

    active, unacknowledged   → seen →   active, acknowledged
            ↓ gone                              ↓ gone
    returned, unacknowledged → seen →        off the list
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, overload
from uuid import uuid4

from inspection.alarms.catalogue import MOMENTARY, AlarmCode
from inspection.events import EventKind
from inspection.messages.message import coded
from inspection.status import Alarm

MOST: Final = 20
"""How many alarms are listed at a time. Beyond that the oldest whose cause is gone is dropped, or the oldest
of all where there is none such. The record has every one."""

_FIGURES = re.compile(r"\d+")


Told = Callable[[EventKind, Alarm, str], None]
"""Is told what became of an alarm, and who did it; empty where nobody did."""


class AlarmList(Sequence[Alarm]):
    """The alarms of one station, newest first. Lives in the event loop.

    Args:
        told: Told each change of an alarm's state when the list has it: what is to be on record. One that
            comes again while its cause is there, or while nobody has seen that it came, is no change.
    """

    def __init__(self, told: Told) -> None:
        self._told = told
        self._alarms: list[Alarm] = []

    @overload
    def __getitem__(self, index: int) -> Alarm: ...
    @overload
    def __getitem__(self, index: slice) -> list[Alarm]: ...
    def __getitem__(self, index: int | slice) -> Alarm | list[Alarm]:
        """As it stands."""
        return self._alarms[::-1][index]

    def __len__(self) -> int:
        """How many are listed."""
        return len(self._alarms)

    def raise_(self, code: AlarmCode, text: str, at: datetime) -> None:
        """Raise an alarm, or raise one that is listed again: the same alarm is never listed twice.

        One that is still active keeps its acknowledgement; one whose cause had gone asks for a person anew.
        Best is a ``text`` that is a ``Sentence``, which every language can tell.
        """
        active = code not in MOMENTARY
        before = next((alarm for alarm in self._alarms if _same(alarm, code, text)), None)
        if before is None:
            alarm = Alarm(
                alarm_id=uuid4().hex,
                code=code,
                text=text,
                coded=coded(text),
                raised_at=at,
                active=active,
                acknowledged=False,
            )
        else:
            self._alarms.remove(before)
            alarm = before.model_copy(
                update={
                    "text": text,
                    "coded": coded(text),
                    "active": active,
                    "acknowledged": before.acknowledged and before.active,
                    "times": before.times + 1,
                    "last_at": at,
                }
            )
        self._alarms.append(alarm)
        dropped = self._drop() if len(self._alarms) > MOST else None
        if before is None or (active and not before.active):
            self._told(EventKind.ALARM_RAISED, alarm, "")
        if before is None and not active:
            self._told(EventKind.ALARM_CLEARED, alarm, "")
        if dropped is not None:
            self._told(EventKind.ALARM_DROPPED, dropped, "")

    def _drop(self) -> Alarm:
        """Make room for one."""
        dropped = next((alarm for alarm in self._alarms if not alarm.active), self._alarms[0])
        self._alarms.remove(dropped)
        return dropped

    def gone(self, code: AlarmCode) -> None:
        """The cause of ``code`` is gone; what nobody has seen stays on the list."""
        over = [alarm for alarm in self._alarms if alarm.active and alarm.code == code]
        if over:
            returned = [
                alarm.model_copy(update={"active": False}) if alarm.code == code else alarm
                for alarm in self._alarms
            ]
            self._alarms = [alarm for alarm in returned if alarm.standing]
        for alarm in over:
            self._told(EventKind.ALARM_CLEARED, alarm, "")

    def acknowledged(self, code: AlarmCode) -> bool:
        """An alarm of ``code`` is listed, and somebody has seen each."""
        listed = [alarm.acknowledged for alarm in self._alarms if alarm.code == code]
        return bool(listed) and all(listed)

    def acknowledge(self, shown: Iterable[Alarm], *, by: str) -> int:
        """Somebody has seen those of ``shown``; returns how many leave the list, their cause being gone."""
        seen = list(shown)
        before = len(self._alarms)
        fresh = [
            alarm
            for alarm in self._alarms
            if not alarm.acknowledged and any(_same(alarm, other.code, other.text) for other in seen)
        ]
        marked = [
            alarm.model_copy(update={"acknowledged": True}) if alarm in fresh else alarm
            for alarm in self._alarms
        ]
        self._alarms = [alarm for alarm in marked if alarm.standing]
        for alarm in fresh:
            self._told(EventKind.ALARM_ACKNOWLEDGED, alarm, by)
        return before - len(self._alarms)


def _same(alarm: Alarm, code: int, text: str) -> bool:
    """The same but for its figures, which change while the cause stays. A release names its part by them."""
    if alarm.code != code:
        return False
    if code == AlarmCode.RELEASED_WITHOUT_PASS:
        return alarm.text == text
    return _FIGURES.sub("", alarm.text) == _FIGURES.sub("", text)
