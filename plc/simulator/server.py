"""The PLC's Modbus server: holding registers in memory, written over the network only where they may be."""

import asyncio
import time
from typing import Final

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from inspection.errors import LineError
from plc.register_map.registers import (
    LINE_BASE,
    LINE_SIZE,
    PLC_WORDS,
    VISION_BASE,
    VISION_SIZE,
    VISION_WORDS,
    LineBlock,
    VisionBlock,
)

_READING: Final = (3, 23)
_WRITING: Final = (6, 16, 23)
_HEARTBEAT: Final = next(word.offset for word in VISION_WORDS if word.field == "heartbeat")


class PlcServer:
    """Serves the two blocks. All in one event loop, so each telegram sees and leaves whole blocks.

    Args:
        host: Address to listen at.
        port: 0 takes a free one.
    """

    def __init__(self, *, host: str, port: int) -> None:
        self._address = (host, port)
        self._line = LineBlock().pack()
        self._vision = [0] * VISION_SIZE
        self._server: ModbusTcpServer | None = None
        self.received_ns = 0
        """When the vision block was last written to, on the monotonic clock; 0 for never."""
        self.vision_still_ns = 0
        """The longest time between two beats of the vision heartbeat, by the telegrams as they came."""
        self._still_since_asked_ns = 0
        self._beat_ns = 0
        self.delay_s = 0.0
        """How long each answer is held back."""

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._address[1]

    @property
    def vision(self) -> VisionBlock:
        """The vision block as it stands."""
        return VisionBlock.unpack(self._vision)

    def show(self, line: LineBlock) -> None:
        """Put the line block into the registers, but for its last word, which is not the PLC's."""
        self._line[:PLC_WORDS] = line.pack()[:PLC_WORDS]

    @property
    def listening(self) -> bool:
        """The port is open."""
        return self._server is not None

    def take_still_ns(self) -> int:
        """As ``vision_still_ns``, of the beats since this was called last."""
        still_ns, self._still_since_asked_ns = self._still_since_asked_ns, 0
        return still_ns

    def clear(self) -> None:
        """Forget what was written: a PLC that starts has its registers at 0."""
        self._line = LineBlock().pack()
        self._vision = [0] * VISION_SIZE
        self.received_ns = self._beat_ns = 0

    async def start(self) -> None:
        """Listen. Raises LineError where the port is taken."""
        host, port = self._address
        device = SimDevice(
            id=0,  # any unit identifier
            simdata=[
                SimData(LINE_BASE, count=LINE_SIZE, values=0, datatype=DataType.REGISTERS),
                SimData(VISION_BASE, count=VISION_SIZE, values=0, datatype=DataType.REGISTERS),
            ],
            action=self._access,
        )
        server = ModbusTcpServer(device, address=self._address)
        try:
            await server.serve_forever(background=True)
        except RuntimeError:
            raise LineError(
                f"the simulated PLC cannot listen at {host}:{port}",
                todo="end the program that uses this port, or choose another with --port",
            ) from None
        self._server = server
        self._address = (host, server.transport.sockets[0].getsockname()[1])  # type: ignore[attr-defined]

    async def stop(self) -> None:
        """Close all connections and the port. May be called twice."""
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call]
            self._server = None

    async def _access(
        self,
        function_code: int,
        start_address: int,
        address: int,
        count: int,
        current_registers: list[int],
        set_values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Called by pymodbus before each access. Nothing awaits after the delay, so nothing comes between."""
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if set_values is None:
            if function_code not in _READING:
                return ExcCodes.ILLEGAL_FUNCTION
            line = LINE_BASE - start_address
            current_registers[line : line + LINE_SIZE] = self._line
            return None
        if function_code not in _WRITING:
            return ExcCodes.ILLEGAL_FUNCTION
        if (address, count) == (LINE_BASE + PLC_WORDS, 1):
            self._line[PLC_WORDS] = int(set_values[0])
            return None
        offset = address - VISION_BASE
        if offset < 0 or offset + count > VISION_SIZE:
            return ExcCodes.ILLEGAL_ADDRESS  # the rest of the line block is the PLC's own
        before = self._vision[_HEARTBEAT]
        self._vision[offset : offset + count] = [int(value) for value in set_values]
        self.received_ns = time.monotonic_ns()
        if self._vision[_HEARTBEAT] != before:
            if self._beat_ns:
                still_ns = self.received_ns - self._beat_ns
                self.vision_still_ns = max(self.vision_still_ns, still_ns)
                self._still_since_asked_ns = max(self._still_since_asked_ns, still_ns)
            self._beat_ns = self.received_ns
        return None
