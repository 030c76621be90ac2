"""Start, Hold and Reset: what came of each, on record with who asked. A refused one changes nothing."""

import asyncio
from collections.abc import Callable

import structlog

from inspection.alarms.alarm_list import AlarmList
from inspection.alarms.catalogue import AlarmCode
from inspection.events import EventKind
from inspection.ports import Line
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
        self._orders = orders
        self._alarms = alarms
        self._line = line
        self._standing = standing
        self._changed = changed

    @property
    def may_reset(self) -> bool:
        """Reset would do something: the station's own fault can be cleared, or alarms acknowledged."""
        waiting = self._orders.in_force(FAULT) is not None or any(
            not alarm.acknowledged or not alarm.active for alarm in self._alarms
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
            message = "the station is still taking up its record"
            log.info("command", command=command, by=by, accepted=False, message=message)  # no record yet
            return CommandResult(accepted=False, mode=self._standing().mode, message=message)
        await self.open.wait()
        accepted, message = await self._obey(command, by)
        log.info("command", command=command, by=by, accepted=accepted, message=message)
        if not accepted:
            self._orders.note(EventKind.REFUSED, by=by, detail=f"{command}: {message}")
        self._changed()
        return CommandResult(accepted=accepted, mode=self._standing().mode, message=message)

    async def _obey(self, command: Command, by: str) -> tuple[bool, str]:
        if self._standing().mode is Mode.STOPPING:
            return False, "the station is stopping"
        match command:
            case Command.HOLD:
                told = self._orders.latch(HELD, by=by)
                self._changed()
                unwritten = await self._orders.on_record(told)
                but = f"; not on record, so not after a restart: {unwritten}" if unwritten else ""
                return True, f"the station takes no further part{but}"
            case Command.START:
                refused = await self._orders.clear(HELD, by=by)
                if refused:
                    return False, f"not started: {refused}"
                return True, "the station takes parts"
            case Command.RESET:
                return await self._reset(by)

    async def _reset(self, by: str) -> tuple[bool, str]:
        """Clear the station's own latched fault, and acknowledge its alarms.

        The line's latch is the PLC's to reset: until then nothing is cleared, so that nothing is hidden.
        """
        if halted := self._still_halted():
            return False, halted
        shown = list(self._alarms)
        refused = await self._orders.clear(FAULT, by=by, unless=self._still_halted)
        if halted := self._still_halted():  # it came meanwhile, and nobody has seen it
            return False, halted
        if refused and self._orders.in_force(FAULT) is not None:
            return False, f"not reset: {refused}"
        self._line.set_fault(0)
        self._alarms.gone(AlarmCode.RELEASED_WITHOUT_PASS)
        cleared = self._alarms.acknowledge(shown)
        said = f"{cleared} alarms cleared" if cleared != 1 else "1 alarm cleared"
        still = [alarm.text for alarm in self._alarms]
        if still:
            said += f"; {len(still)} stay until their cause is gone: {still[0]}"
        return True, said

    def _still_halted(self) -> str:
        halted = self._orders.why(HALTED)
        return f"still halted: {halted}. Reset the fault at the PLC" if halted else ""
