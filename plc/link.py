"""The link: exchanges both blocks with the PLC each cycle. Decides nothing; implements ``Line``.

pymodbus 3.16.1 is used for its framing only. Its own reconnect is switched off (``reconnect_delay=0``): it
runs beside the caller and would let a write slip out on a fresh connection before anything was read. Here
each lost connection gets a fresh client, whose first telegram is a read.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from pydantic import Field
from pymodbus import ModbusException
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.constants import ExcCodes
from pymodbus.pdu import ModbusPDU

from inspection.decision import Decision, Frozen
from inspection.part import Trigger
from inspection.ports import Clock, KnownPart, LineEvent, LineState
from plc.handshake import MAX_EVENTS, VisionHandshake
from plc.registers import LINE_BASE, LINE_SIZE, VISION_BASE, LineBlock, VisionBlock

QUEUE_SIZE: Final = 4 * MAX_EVENTS
"""Events that may wait for the station.

When fewer than one cycle's worth of places are left, the link halts and stops reading until there is room.
Nothing is dropped: the numbers that the PLC counts meanwhile are reported as missed afterwards.
"""

_ROOM: Final = MAX_EVENTS + 2
"""Places that must be free before a cycle: its own events, the halt of a full queue, and the end."""

TIMEOUTS_TO_RECONNECT: Final = 2
"""Time-outs in a row after which a connection counts as dead. One may be a busy PLC."""

# What goes wrong on the wire reaches people as LinkChanged and Halted, and maintenance as LinkCounters;
# pymodbus would print every time-out with a dump of the last frames.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)


class LinkSettings(Frozen):
    """How to reach the PLC: the table ``[plc]`` of a station's settings."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """Name or address of the PLC."""
    port: int = Field(default=502, ge=1, le=0xFFFF)
    unit_id: int = Field(default=1, ge=1, le=255)
    """Modbus unit identifier; matters only behind a gateway."""
    cycle_ms: int = Field(default=20, ge=5, le=100)
    """Time from one exchange to the next. The PLC calls us dead after 300 ms without a new heartbeat."""
    timeout_ms: int = Field(default=150, ge=20, le=250)
    """How long the PLC may take to answer one telegram."""
    reconnect_ms: int = Field(default=500, ge=50, le=1000)
    """Pause between two attempts to connect."""
    line_base: int = Field(default=LINE_BASE, ge=0, le=0xFFFF - LINE_SIZE)
    """Holding register of the line block's word 0, counted from 0."""
    vision_base: int = Field(default=VISION_BASE, ge=0, le=0xFFFF)
    """Holding register of the vision block's word 0, counted from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCounters:
    """What happened on the wire since the start, for maintenance."""

    cycles: int = 0
    """Exchanges that brought the line block."""
    timeouts: int = 0
    exceptions: int = 0
    """Modbus exceptions that the PLC answered."""
    garbled: int = 0
    """Answers that were no Modbus, or not what was asked for."""
    reconnects: int = 0
    """Connections made after the first."""
    late_cycles: int = 0
    """Cycles that started more than one cycle late: this computer was busy, or the PLC slow."""


class _ExchangeError(Exception):
    """One exchange brought nothing; the message says why."""

    def __init__(self, reason: str, *, dead: bool) -> None:
        super().__init__(reason)
        self.dead = dead
        """The connection is of no more use."""


class ModbusLine:
    """Implements ``Line`` over Modbus TCP.

    Args:
        settings: How to reach the PLC.
        clock: Time; must be the station's own, for ``Trigger.seen_ns`` is read on it.
    """

    def __init__(self, settings: LinkSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._handshake = VisionHandshake(boot_id=1 + secrets.randbelow(0xFFFF))
        self._events: asyncio.Queue[LineEvent | None] = asyncio.Queue(QUEUE_SIZE)
        self._wire = _Wire(settings)
        self._next_connect_ns = 0
        self._cycles = self._late_cycles = 0
        self._read_ns = 0
        self._cycle_ms = 0.0
        self._belt_speed_mm_s = 0

    # --- Line ---------------------------------------------------------------------------------------------

    async def run(self, known: KnownPart | None) -> None:
        """Exchange cyclically until cancelled; then take leave of the PLC. Runs once.

        Never raises for what the PLC or the network does: that is told by events, and mended by trying again.
        """
        self._handshake.resume_from(known)
        cycle_ns = self._settings.cycle_ms * 1_000_000
        due_ns = self._clock.monotonic_ns()
        try:
            while True:
                started_ns = self._clock.monotonic_ns()
                await self._cycle(started_ns)
                _honour_cancellation()
                now_ns = self._clock.monotonic_ns()
                self._cycle_ms = (now_ns - started_ns) / 1e6
                # On a fixed grid, so that delays don't add up; what was missed is skipped, not made up for.
                due_ns += cycle_ns
                if now_ns > due_ns + cycle_ns:
                    self._late_cycles += 1
                    due_ns += (now_ns - due_ns) // cycle_ns * cycle_ns
                await self._clock.sleep(max(due_ns - now_ns, 0) / 1e9)
        finally:
            self._events.put_nowait(None)
            await self._wire.farewell(self._handshake.farewell())

    async def events(self) -> AsyncIterator[LineEvent]:
        """What happened, in order, each once. One consumer. Ends when ``run`` ends."""
        while (event := await self._events.get()) is not None:
            yield event

    def state(self) -> LineState:
        """As last read."""
        handshake = self._handshake
        return LineState(
            connected=handshake.live,
            halted=bool(handshake.halt_reason),
            halt_reason=handshake.halt_reason,
            read_ns=self._read_ns,
            plc_boot_id=handshake.plc_boot_id,
            enabled=handshake.enabled,
            belt_speed_mm_s=self._belt_speed_mm_s,
            cycle_ms=self._cycle_ms,
        )

    def counters(self) -> LinkCounters:
        """What happened on the wire so far."""
        return replace(self._wire.counters, cycles=self._cycles, late_cycles=self._late_cycles)

    def set_ready(self, ready: bool) -> None:
        """Offer to take triggers, or not. Withheld by itself while a part is judged or the line is halted."""
        self._handshake.set_ready(ready)

    def set_recipe(self, recipe_id: int) -> None:
        """Say which recipe is active; 0 for none."""
        self._handshake.set_recipe(recipe_id)

    def set_degraded(self, store_degraded: bool) -> None:
        """Say whether records go to the spool instead of the database."""
        self._handshake.set_degraded(store_degraded)

    def set_fault(self, error_code: int) -> None:
        """Raise a fault, which withholds TriggerReady, or clear it with 0."""
        self._handshake.set_fault(error_code)

    def exposure_complete(self, trigger: Trigger) -> None:
        """The picture is taken: the part may move."""
        self._handshake.exposure_complete(trigger)

    def publish(self, trigger: Trigger, decision: Decision, *, defect_code: int, simulated: bool) -> bool:
        """Offer the decision with the next cycle; False where the trigger is no longer open.

        Raises:
            ValueError: The decision is about another part.
        """
        return self._handshake.publish(
            trigger,
            decision,
            defect_code=defect_code,
            simulated=simulated,
            now_ns=self._clock.monotonic_ns(),
        )

    def outcome_recorded(self, seq: int, plc_boot_id: int) -> None:
        """The outcome is on record: acknowledge it with the next cycle."""
        self._handshake.outcome_recorded(seq, plc_boot_id)

    def abandon(self, trigger: Trigger) -> None:
        """Publish nothing for this trigger: the PLC default-rejects it."""
        self._handshake.abandon(trigger)

    # --- one cycle ----------------------------------------------------------------------------------------

    async def _cycle(self, now_ns: int) -> None:
        if self._events.maxsize - self._events.qsize() < _ROOM:
            self._emit(
                self._handshake.halt(
                    "the station does not take the line's events. Open parts are default-rejected by the "
                    "PLC. Restart the engine, then reset with FaultReset"
                )
            )
            return
        try:
            line = await self._read(now_ns)
        except _ExchangeError as failure:
            if failure.dead:
                self._wire.close()
                self._next_connect_ns = self._clock.monotonic_ns() + self._settings.reconnect_ms * 1_000_000
                self._emit(self._handshake.lost(str(failure)))
        else:
            if line is not None:
                self._cycles += 1
                self._belt_speed_mm_s = line.belt_speed_mm_s
                self._read_ns = self._clock.monotonic_ns()
                self._emit(self._handshake.observe(line, now_ns=self._read_ns, at=self._clock.now()))
        self._emit(self._handshake.tick(self._clock.monotonic_ns()))

    async def _read(self, now_ns: int) -> LineBlock | None:
        """The line block; None while the next attempt to connect is not due."""
        if not self._wire.connected:
            if now_ns < self._next_connect_ns:
                return None
            await self._wire.connect()
        if not self._wire.has_read:
            return await self._wire.read()
        return await self._wire.exchange(self._handshake.image())

    def _emit(self, events: tuple[LineEvent, ...]) -> None:
        for event in events:
            self._events.put_nowait(event)


def _honour_cancellation() -> None:
    """End the task where its cancellation got lost.

    pymodbus waits with ``asyncio.wait_for``. Before Python 3.12 that returns an answer which arrives in
    the same turn of the loop as the cancellation, and forgets the latter (python/cpython#86296).
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class _Wire:
    """One connection at a time, and the telegrams on it."""

    def __init__(self, settings: LinkSettings) -> None:
        self._settings = settings
        self._client: AsyncModbusTcpClient | None = None
        self._has_read = False
        self._has_fc23 = True
        self._timeouts_in_a_row = 0
        self._connections = 0
        self._garbage = False
        self.counters = LinkCounters()

    @property
    def connected(self) -> bool:
        """There is a connection, for all that is known."""
        return self._client is not None

    @property
    def has_read(self) -> bool:
        """The line block was read on this connection; before that nothing may be written."""
        return self._has_read

    async def connect(self) -> None:
        """Make a fresh connection. Raises _ExchangeError."""
        settings = self._settings
        client = AsyncModbusTcpClient(
            settings.host,
            port=settings.port,
            timeout=settings.timeout_ms / 1000,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._inspect_packet,
        )
        if not await client.connect():
            client.close()
            raise _ExchangeError(
                f"no connection to the PLC at {settings.host}:{settings.port}. No part is taken. "
                "Check the PLC, the network and [plc] in the settings",
                dead=True,
            )
        self._client = client
        self._has_read = False
        self._has_fc23 = True
        self._timeouts_in_a_row = 0
        self._connections += 1
        self.counters = replace(self.counters, reconnects=self._connections - 1)

    def close(self) -> None:
        """Drop the connection, if there is one."""
        self._has_read = False
        if self._client is not None:
            self._client.close()
            self._client = None

    async def read(self) -> LineBlock:
        """Read the line block and write nothing. Raises _ExchangeError."""
        settings = self._settings
        answer = await self._ask(
            lambda client: client.read_holding_registers(
                settings.line_base, count=LINE_SIZE, device_id=settings.unit_id
            )
        )
        return self._line_block(answer)

    async def exchange(self, vision: VisionBlock) -> LineBlock:
        """Write ours, then read theirs: FC23, or FC16 and FC03 where the PLC lacks it.

        Raises:
            _ExchangeError: It brought no line block.
        """
        settings = self._settings
        if self._has_fc23:
            answer = await self._ask(
                lambda client: client.readwrite_registers(
                    read_address=settings.line_base,
                    read_count=LINE_SIZE,
                    write_address=settings.vision_base,
                    values=vision.pack(),
                    device_id=settings.unit_id,
                )
            )
            if not (answer.isError() and answer.exception_code == ExcCodes.ILLEGAL_FUNCTION):
                return self._line_block(answer)
            self._has_fc23 = False
        self._refuse_exception(await self._write(vision))
        return await self.read()

    async def farewell(self, vision: VisionBlock) -> None:
        """Write a last block, if that works within the time-out, and close."""
        try:
            if self._has_read:
                with contextlib.suppress(_ExchangeError, TimeoutError):
                    async with asyncio.timeout(self._settings.timeout_ms / 1000):
                        await self._write(vision)
        finally:
            self.close()

    def _connected_client(self) -> AsyncModbusTcpClient:
        # pymodbus would silently connect again, and write before anything was read.
        if self._client is None or not self._client.connected:
            raise _ExchangeError(
                "the PLC closed the connection. An open part is default-rejected. "
                "Check the PLC and the network",
                dead=True,
            )
        return self._client

    async def _write(self, vision: VisionBlock) -> ModbusPDU:
        settings = self._settings
        return await self._ask(
            lambda client: client.write_registers(
                settings.vision_base, vision.pack(), device_id=settings.unit_id
            )
        )

    async def _ask(self, request: Callable[[AsyncModbusTcpClient], Awaitable[ModbusPDU]]) -> ModbusPDU:
        client = self._connected_client()
        self._garbage = False
        try:
            answer = await request(client)
        except ModbusException:
            # 3.16 raises one class for a time-out, for a lost connection and for a foreign answer.
            if self._garbage:
                raise self._garbled() from None
            self._connected_client()  # raises where it was lost while we waited
            self._timeouts_in_a_row += 1
            self.counters = replace(self.counters, timeouts=self.counters.timeouts + 1)
            raise _ExchangeError(
                f"the PLC did not answer within {self._settings.timeout_ms} ms. "
                "An open part is default-rejected. Check the PLC and the network",
                dead=self._timeouts_in_a_row >= TIMEOUTS_TO_RECONNECT,
            ) from None
        self._timeouts_in_a_row = 0
        return answer

    def _refuse_exception(self, answer: ModbusPDU) -> None:
        if not answer.isError():
            return
        self.counters = replace(self.counters, exceptions=self.counters.exceptions + 1)
        raise _ExchangeError(
            f"the PLC refused the exchange with Modbus exception {answer.exception_code}. No part is taken. "
            "Check line_base, vision_base and unit_id in the settings, and the PLC's register map",
            dead=True,
        )

    def _line_block(self, answer: ModbusPDU) -> LineBlock:
        self._refuse_exception(answer)
        if len(answer.registers) != LINE_SIZE:
            raise self._garbled()
        self._has_read = True
        return LineBlock.unpack(list(answer.registers))

    def _garbled(self) -> _ExchangeError:
        self.counters = replace(self.counters, garbled=self.counters.garbled + 1)
        return _ExchangeError(
            "what answers at the PLC's address does not speak Modbus TCP as asked. "
            "An open part is default-rejected. Check host and port in the settings, and the network",
            dead=True,
        )

    def _inspect_packet(self, sending: bool, data: bytes) -> bytes:
        """Keep garbage from pymodbus, which would raise inside asyncio's transport (3.16.1)."""
        if sending or not _is_garbage(data):
            return data
        self._garbage = True
        return b""


def _is_garbage(data: bytes) -> bool:
    """Whether received bytes cannot be the start of an answer to FC03, FC16 or FC23 (MBAP header first)."""
    if any(data[2:4]):
        return True  # protocol identifier: always 0
    if len(data) < 9:
        return False
    length, function = int.from_bytes(data[4:6], "big"), data[7]
    if function in (0x83, 0x90, 0x97):
        return length != 3
    if function == 0x10:
        return length != 6
    return function not in (0x03, 0x17) or data[8] != length - 3
