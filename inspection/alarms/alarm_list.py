"""The alarms that ask for a person: ISA-18.2's alarm states.

An alarm is *active* while its cause is there and *acknowledged* once somebody has seen it. It leaves the list
only when its cause is gone **and** it was seen; so what came and went while nobody looked is still there:

    active, unacknowledged   → seen →   active, acknowledged
            ↓ gone                              ↓ gone
    returned, unacknowledged → seen →        off the list

Whatever its state, somebody may put it aside for a while: *shelved* it asks for nobody, while what becomes of
its cause goes on being told. When that is over it asks anew where its cause is there; where it is gone it
stands as it did. Of the alarms that wait to be acknowledged the one that came when no other did is
*first-out*, until it is acknowledged itself (ISA-18.1, first-out sequence).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, overload
from uuid import uuid4

from inspection.alarms.catalogue import MOMENTARY, AlarmCode
from inspection.alarms.flood import FloodWatch, in_view
from inspection.events import EventKind
from inspection.messages.message import coded
from inspection.status import Alarm, AlarmState, Shelf

MOST: Final = 20
"""How many alarms are listed at a time. Beyond that the oldest whose cause is gone is dropped, or the oldest
of all where there is none such; a shelved one last. The record has every one."""

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
        self._flood = FloodWatch()

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

    @property
    def flood_since(self) -> datetime | None:
        """Since when more alarms come than a person takes in; None where they do not."""
        return self._flood.since

    @property
    def in_view(self) -> tuple[Alarm, ...]:
        """Those that people are shown, newest first: neither shelved nor only counted in a flood."""
        return in_view(self, flood=self.flood_since is not None).alarms

    def named(self, alarm_id: str) -> Alarm | None:
        """The alarm of that name; None where none is listed."""
        return next((alarm for alarm in self._alarms if alarm.alarm_id == alarm_id), None)

    # --- what the station says ------------------------------------------------------------------------

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
                first_out=self._none_waits,
            )
        else:
            self._alarms.remove(before)
            seen = before.acknowledged and before.active
            anew = before.acknowledged and not seen
            alarm = before.model_copy(
                update={
                    "text": text,
                    "coded": coded(text),
                    "active": active,
                    "acknowledged": seen,
                    "times": before.times + 1,
                    "last_at": at,
                    "first_out": before.first_out or (anew and before.shelf is None and self._none_waits),
                }
            )
        self._alarms.append(alarm)
        dropped = self._drop() if len(self._alarms) > MOST else None
        if before is None or (active and not before.active):
            if alarm.shelf is None:
                self._flood.count(at)
            self._told(EventKind.ALARM_RAISED, alarm, "")
        if before is None and not active:
            self._told(EventKind.ALARM_CLEARED, alarm, "")
        if dropped is not None:
            self._told(EventKind.ALARM_DROPPED, dropped, "")

    def _drop(self) -> Alarm:
        """Make room for one."""
        dropped = min(self._alarms, key=lambda alarm: (alarm.shelf is not None, alarm.active))
        self._alarms.remove(dropped)
        return dropped

    def gone(self, code: AlarmCode) -> None:
        """The cause of ``code`` is gone; what nobody has seen stays on the list, and what is shelved."""
        for alarm in [alarm for alarm in self._alarms if alarm.active and alarm.code == code]:
            self._put(alarm, EventKind.ALARM_CLEARED, active=False)

    def look(self, now: datetime) -> None:
        """Let time pass: what was shelved until now comes back by itself."""
        self._flood.look(now)
        for alarm in [alarm for alarm in self._alarms if alarm.shelf is not None and alarm.shelf.over(now)]:
            self._take_up_again(alarm, by="")

    def take_up(self, stood: Iterable[Alarm], now: datetime) -> None:
        """At the start, before anything is raised: what stood when the last run ended stands again.

        Nobody knows whether its cause is still there: that is gone until it is raised again. What had been
        seen and is not shelved leaves.

        Args:
            stood: Oldest first.
            now: The wall clock, with time zone.
        """
        self._alarms = list(stood)
        for alarm in [alarm for alarm in self._alarms if alarm.active]:
            self._put(alarm, EventKind.ALARM_CLEARED, active=False)
        self._alarms = [alarm for alarm in self._alarms if alarm.standing]
        self.look(now)

    # --- what people say ------------------------------------------------------------------------------

    def acknowledged(self, code: AlarmCode) -> bool:
        """An alarm of ``code`` is listed, and somebody has seen each."""
        listed = [alarm.acknowledged for alarm in self._alarms if alarm.code == code]
        return bool(listed) and all(listed)

    def acknowledge(self, shown: Iterable[Alarm], *, by: str) -> int:
        """Somebody has seen those of ``shown``; returns how many leave the list, their cause being gone.

        What is shelved is not shown, and stays as it is.
        """
        seen = list(shown)
        before = len(self._alarms)
        fresh = [
            alarm
            for alarm in self._alarms
            if not alarm.acknowledged
            and alarm.shelf is None
            and any(_same(alarm, other.code, other.text) for other in seen)
        ]
        for alarm in fresh:
            self._put(alarm, EventKind.ALARM_ACKNOWLEDGED, by, acknowledged=True, first_out=False)
        return before - len(self._alarms)

    def shelve(self, alarm: Alarm, shelf: Shelf) -> None:
        """Put a listed alarm aside; whether it may be is ``inspection.alarms.shelving``'s."""
        self._put(alarm, EventKind.ALARM_SHELVED, shelf.by, shelf=shelf, first_out=False)

    def unshelve(self, alarm: Alarm, *, by: str) -> None:
        """Somebody takes a shelved alarm up again."""
        self._take_up_again(alarm, by=by)

    # --- inside ---------------------------------------------------------------------------------------

    @property
    def _none_waits(self) -> bool:
        """No alarm that is shown waits to be acknowledged."""
        return all(alarm.acknowledged or alarm.state is AlarmState.SHELVED for alarm in self._alarms)

    def _take_up_again(self, alarm: Alarm, *, by: str) -> None:
        seen = alarm.acknowledged and not alarm.active
        self._put(
            alarm,
            EventKind.ALARM_UNSHELVED,
            by,
            shelf=None,
            acknowledged=seen,
            first_out=not seen and self._none_waits,
        )

    def _put(self, alarm: Alarm, kind: EventKind, by: str = "", /, **changes: object) -> None:
        """An alarm of the list stands otherwise, or leaves; it is told how it stands then.

        Whoever is told may raise another one, for which this one may have been dropped.
        """
        listed = self.named(alarm.alarm_id)
        if listed is None:
            return
        changed = listed.model_copy(update=changes)
        place = self._alarms.index(listed)
        self._alarms[place : place + 1] = [changed] if changed.standing else []
        self._told(kind, changed, by)


def _same(alarm: Alarm, code: int, text: str) -> bool:
    """The same but for its figures, which change while the cause stays. A release names its part by them."""
    if alarm.code != code:
        return False
    if code == AlarmCode.RELEASED_WITHOUT_PASS:
        return alarm.text == text
    return _FIGURES.sub("", alarm.text) == _FIGURES.sub("", text)
