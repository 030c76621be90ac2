"""Start, Hold and Reset: what came of each, on record with who asked. A refused one changes nothing."""

import asyncio
from collections.abc import Callable

import structlog

from inspection.alarms.alarm_list import AlarmList
from inspection.alarms.catalogue import AlarmCode
from inspection.events import EventKind
from inspection.messages.codes import Code
from inspection.messages.message import NOTHING, Sentence, joined
from inspection.messages.telling import say
from inspection.ports import Line
from inspection.station.orders.alarm_desk import AlarmDesk
from inspection.station.orders.latches import FAULT, HALTED, HELD, Orders
from inspection.station.readiness import Standing
from inspection.status import Command, CommandResult, Mode

log = structlog.get_logger(__name__)


class CommandDesk:
    """Takes the commands of one station. Lives in the event loop.

    Args:
        orders: The station's latches.
        alarms: Those that a Reset acknowledges.
        line: Told when the station's own fault is cleared.
        standing: Where the station stands now.
        changed: Called when something has changed.
    """

    def __init__(
        self,
        *,
        orders: Orders,
        alarms: AlarmList,
        line: Line,
        standing: Callable[[], Standing],
        changed: Callable[[], None],
    ) -> None:
        self.open = asyncio.Event()
        """Set once it is known what the last run left latched: until then nobody can be shown what a Start or
        Reset would clear, so both are refused; a Hold waits."""
        self.of_alarms = AlarmDesk(
            orders=orders, alarms=alarms, open_=self.open.is_set, standing=standing, changed=changed
        )
        """Takes what is asked of single alarms."""
        self._orders = orders
        self._alarms = alarms
        self._line = line
        self._standing = standing
        self._changed = changed

    @property
    def may_reset(self) -> bool:
        """Reset would do something: the station's own fault can be cleared, or alarms acknowledged."""
        waiting = self._orders.in_force(FAULT) is not None or any(
            not (alarm.acknowledged and alarm.active) for alarm in self._alarms.in_view
        )
        halted = self._orders.why(HALTED)
        return waiting and self.open.is_set() and not halted and self._standing().mode is not Mode.STOPPING

    async def take(self, command: Command, *, by: str) -> CommandResult:
        """Do what a client asks, and put on record who asked.

        Args:
            command: Start, hold or reset.
            by: Who asks, as far as that is known.
        """
        if command is not Command.HOLD and not self.open.is_set():
            said = say(Code.TAKING_UP_RECORD)
            log.info("command", command=command, by=by, accepted=False, message=said)  # no record yet
            return self._result(False, said)
        await self.open.wait()
        accepted, said = await self._obey(command, by)
        log.info("command", command=command, by=by, accepted=accepted, message=said)
        if not accepted:
            self._orders.note(EventKind.REFUSED, by=by, detail=say(Code.REFUSED, command=command, cause=said))
        self._changed()
        return self._result(accepted, said)

    def _result(self, accepted: bool, said: Sentence) -> CommandResult:
        mode = self._standing().mode
        return CommandResult(accepted=accepted, mode=mode, message=said, coded=said.coded)

    async def _obey(self, command: Command, by: str) -> tuple[bool, Sentence]:
        if self._standing().mode is Mode.STOPPING:
            return False, say(Code.STATION_STOPPING)
        match command:
            case Command.HOLD:
                told = self._orders.latch(HELD, by=by)
                self._changed()
                unwritten = await self._orders.on_record(told)
                but = say(Code.NOT_ON_RECORD_YET, cause=unwritten) if unwritten else NOTHING
                return True, joined((say(Code.TAKES_NO_FURTHER_PART), but))
            case Command.START:
                refused = await self._orders.clear(HELD, by=by)
                if refused:
                    return False, say(Code.NOT_STARTED, cause=refused)
                return True, say(Code.TAKES_PARTS)
            case Command.RESET:
                return await self._reset(by)

    async def _reset(self, by: str) -> tuple[bool, Sentence]:
        """Clear the station's own latched fault, and acknowledge the alarms that people are shown.

        The line's latch is the PLC's to reset: until then nothing is cleared, so that nothing is hidden.
        """
        if halted := self._still_halted():
            return False, halted
        shown = self._alarms.in_view
        refused = await self._orders.clear(FAULT, by=by, unless=self._still_halted)
        if halted := self._still_halted():  # it came meanwhile, and nobody has seen it
            return False, halted
        if refused and self._orders.in_force(FAULT) is not None:
            return False, say(Code.NOT_RESET, cause=refused)
        self._line.set_fault(0)
        self._alarms.gone(AlarmCode.RELEASED_WITHOUT_PASS)
        cleared = self._alarms.acknowledge(shown, by=by)
        said = say(Code.ALARMS_CLEARED, cleared=cleared) if cleared != 1 else say(Code.ALARM_CLEARED)
        stays = self._alarms.in_view
        if not stays:
            return True, said
        first = stays[0]
        stay = say(Code.ALARMS_STAY, stay=len(stays), cause=Sentence(first.text, first.coded))
        return True, joined((said, stay))

    def _still_halted(self) -> Sentence:
        halted = self._orders.why(HALTED)
        return say(Code.STILL_HALTED, cause=halted) if halted else NOTHING
