"""Acknowledge, shelve and unshelve one alarm: what came of it, on record with who asked."""

from collections.abc import Callable
from datetime import timedelta

import structlog

from inspection.alarms.alarm_list import AlarmList
from inspection.alarms.order import AlarmAct, AlarmOrder
from inspection.alarms.shelving import most_minutes
from inspection.events import EventKind
from inspection.messages.codes import Code
from inspection.messages.message import NOTHING, Sentence, joined
from inspection.messages.telling import say
from inspection.station.orders.latches import Orders
from inspection.station.readiness import Standing
from inspection.status import Alarm, CommandResult, Shelf

log = structlog.get_logger(__name__)


class AlarmDesk:
    """Takes what people ask of single alarms. Lives in the event loop.

    Args:
        orders: Puts on record what was done.
        alarms: The station's.
        open_: Whether what the last run left is taken up: until then all is refused.
        standing: Where the station stands now.
        changed: Called when something has changed.
    """

    def __init__(
        self,
        *,
        orders: Orders,
        alarms: AlarmList,
        open_: Callable[[], bool],
        standing: Callable[[], Standing],
        changed: Callable[[], None],
    ) -> None:
        self._orders = orders
        self._alarms = alarms
        self._open = open_
        self._standing = standing
        self._changed = changed

    async def take(self, order: AlarmOrder, *, by: str) -> CommandResult:
        """Do what a client asks, and put on record who asked.

        A shelf makes people see less: where it does not come on record it is taken back. That somebody has
        seen an alarm, or takes it up again, holds all the same.
        """
        if not self._open():
            return self._result(False, say(Code.TAKING_UP_RECORD))
        accepted, said = await self._obey(order, by[:128])
        log.info("alarm order", act=order.act, alarm=order.alarm_id, by=by, accepted=accepted, message=said)
        if not accepted:
            told = say(Code.REFUSED, command=order.act, cause=said)
            self._orders.put(EventKind.REFUSED, by=by, detail=told, subjects=(order.alarm_id,))
        self._changed()
        return self._result(accepted, said)

    def _result(self, accepted: bool, said: Sentence) -> CommandResult:
        mode = self._standing().mode
        return CommandResult(accepted=accepted, mode=mode, message=said, coded=said.coded)

    async def _obey(self, order: AlarmOrder, by: str) -> tuple[bool, Sentence]:
        alarm = self._alarms.named(order.alarm_id)
        if alarm is None:
            return False, say(Code.ALARM_NOT_LISTED)
        match order.act:
            case AlarmAct.ACKNOWLEDGE:
                return await self._acknowledge(alarm, by)
            case AlarmAct.SHELVE:
                return await self._shelve(alarm, order, by)
            case AlarmAct.UNSHELVE:
                if alarm.shelf is None:
                    return False, say(Code.ALARM_NOT_SHELVED)
                self._alarms.unshelve(alarm, by=by)
                return True, await self._told(say(Code.ALARM_UNSHELVED))

    async def _acknowledge(self, alarm: Alarm, by: str) -> tuple[bool, Sentence]:
        if alarm.shelf is not None:
            return False, self._shelved(alarm.shelf)
        if alarm.acknowledged:
            return False, say(Code.ALARM_SEEN_ALREADY)
        self._alarms.acknowledge([alarm], by=by)
        return True, await self._told(say(Code.ALARM_SEEN))

    async def _shelve(self, alarm: Alarm, order: AlarmOrder, by: str) -> tuple[bool, Sentence]:
        if alarm.shelf is not None:
            return False, self._shelved(alarm.shelf)
        most = most_minutes(alarm.code)
        if not most:
            return False, say(Code.ALARM_NEVER_SHELVED)
        if not 1 <= order.minutes <= most:
            return False, say(Code.ALARM_SHELF_TOO_LONG, most=most)
        reason = " ".join(order.reason.split())
        if not reason:
            return False, say(Code.ALARM_REASON_MISSING)
        now = self._orders.now()
        until = now + timedelta(minutes=order.minutes)
        shelf = Shelf(by=by, since=now, until=until, reason=reason)
        self._alarms.shelve(alarm, shelf)
        if refused := await self._on_record():
            listed = self._alarms.named(alarm.alarm_id)
            if listed is not None and listed.shelf == shelf:
                self._alarms.unshelve(listed, by="")
            return False, say(Code.ALARM_NOT_PUT_ASIDE, cause=refused)
        cause = Sentence(alarm.text, alarm.coded)
        return True, say(
            Code.ALARM_SHELVED_UNTIL, until=self._orders.shown(shelf.until), reason=shelf.reason, cause=cause
        )

    async def _told(self, said: Sentence) -> Sentence:
        """What was done, and where it is not on record yet, that too."""
        unwritten = await self._on_record()
        but = say(Code.NOT_ON_RECORD_YET, cause=unwritten) if unwritten else NOTHING
        return joined((said, but))

    async def _on_record(self) -> str:
        """Wait for what was told last; why it is not on record, or empty where it is."""
        newest = self._orders.newest
        self._changed()
        return await self._orders.on_record(newest)

    def _shelved(self, shelf: Shelf) -> Sentence:
        return say(Code.ALARM_IS_SHELVED, until=self._orders.shown(shelf.until))
