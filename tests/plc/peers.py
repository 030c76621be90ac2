"""PLCs for tests of the link over real sockets: one we did not write, one that is deaf, one that babbles."""

import asyncio
import contextlib
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any, Self

from pyModbusTCP.constants import EXP_ILLEGAL_FUNCTION
from pyModbusTCP.server import DataBank, ModbusServer

from inspection.line_events import KnownPart, LineEvent
from inspection.times.clock import SystemClock
from plc.link import ModbusLine
from plc.register_map.registers import (
    LINE_BASE,
    LINE_SIZE,
    PLC_WORDS,
    VISION_BASE,
    VISION_SIZE,
    LineBlock,
    VisionBlock,
)
from plc.settings import LinkSettings

PATIENCE_S = 5.0

Reaction = Callable[[ModbusLine, LineEvent], None]
"""What the station does about an event."""


class ForeignPlc:
    """A pyModbusTCP server: Modbus as somebody else understood it. Each read is a heartbeat."""

    def __init__(self, *, fc23: bool = True) -> None:
        plc = self
        self.line = LineBlock()
        self.beats = True
        self.functions: list[int] = []

        class Registers(DataBank):  # type: ignore[misc]  # the library has no types
            def get_holding_registers(self, address: int, number: int = 1, srv_info: object = None) -> Any:
                if srv_info is not None and address == LINE_BASE:
                    words = plc._next().pack()[:PLC_WORDS]
                    super().set_holding_registers(LINE_BASE, words)
                return super().get_holding_registers(address, number, srv_info)

        class Server(ModbusServer):  # type: ignore[misc]
            def _internal_engine(self, session_data: Any) -> None:
                function = session_data.request.pdu.func_code
                plc.functions.append(function)
                if function == 23 and not fc23:
                    session_data.response.pdu.build_except(function, EXP_ILLEGAL_FUNCTION)
                    return
                super()._internal_engine(session_data)

        self._registers = Registers()
        self._server = Server("127.0.0.1", free_port(), no_block=True, data_bank=self._registers)

    @property
    def port(self) -> int:
        return int(self._server.port)

    def vision(self) -> VisionBlock:
        words = self._registers.get_holding_registers(VISION_BASE, VISION_SIZE)
        assert isinstance(words, list)
        return VisionBlock.unpack(words)

    def set(self, line: LineBlock) -> None:
        self.line = line

    def word(self, register: int) -> int:
        """One register as it stands."""
        (word,) = self._registers.get_holding_registers(register, 1)
        return int(word)

    def _next(self) -> LineBlock:
        if self.beats:
            self.line = replace(self.line, heartbeat=self.line.heartbeat + 1 & 0xFFFF)
        return self.line

    def cut(self) -> None:
        """Close the port and all connections."""
        self._server.stop()

    def open(self) -> None:
        """Listen (again), with the registers as they are."""
        self._server.start()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()


@contextlib.asynccontextmanager
async def raw_server(answer: Callable[[bytes], bytes | None]) -> AsyncIterator[int]:
    """A TCP server that answers each chunk with ``answer``; None closes. Yields its port."""
    writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(1024):
                reply = answer(chunk)
                if reply is None:
                    break
                writer.write(reply)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()


Misbehaviour = Callable[[bytes, bytes], "list[tuple[float, bytes]] | None"]
"""From a request and the right answer to what is sent, each part after so many seconds; None closes."""


class ScriptedPlc:
    """A Modbus server on asyncio that answers rightly, but for what a test has lined up. Any two blocks.

    Framing and functions are written anew here, and know nothing of ``plc.modbus.telegram``.
    """

    def __init__(self, line: LineBlock | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        self.registers = [0] * 300
        self.lined_up: deque[Misbehaviour] = deque()
        self.always: Misbehaviour | None = None
        self.hangs_up = False
        """Closes the connection after each answer."""
        self.requests: list[bytes] = []
        self.connections = 0
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.show(line or LineBlock(boot_id=77, heartbeat=1))

    def show(self, line: LineBlock) -> None:
        self.registers[LINE_BASE : LINE_BASE + LINE_SIZE] = line.pack()

    @property
    def vision(self) -> VisionBlock:
        return VisionBlock.unpack(self.registers[VISION_BASE : VISION_BASE + VISION_SIZE])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                header = await reader.readexactly(7)
                request = header + await reader.readexactly(int.from_bytes(header[4:6], "big") - 1)
                self.requests.append(request)
                misbehave = self.lined_up.popleft() if self.lined_up else self.always
                answer = self._answer(request)
                parts = [(0.0, answer)] if misbehave is None else misbehave(request, answer)
                if parts is None:
                    break
                task = asyncio.create_task(self._send(writer, parts))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                if self.hangs_up:
                    await task
                    break
        writer.close()

    async def _send(self, writer: asyncio.StreamWriter, parts: list[tuple[float, bytes]]) -> None:
        for after_s, data in parts:
            if after_s:
                await asyncio.sleep(after_s)
            writer.write(data)

    def _answer(self, request: bytes) -> bytes:
        function = request[7]
        if function == 23:
            read, count, write, _, size = struct.unpack(">HHHHB", request[8:17])
            self.registers[write : write + size // 2] = struct.unpack(f">{size // 2}H", request[17:])
        elif function == 16:
            write, words, size = struct.unpack(">HHB", request[8:13])
            self.registers[write : write + words] = struct.unpack(f">{size // 2}H", request[13:])
            return answered(request, request[7:12])
        else:
            read, count = struct.unpack(">HH", request[8:12])
        words = self.registers[read : read + count]
        if len(words) < count:
            return refused(request, 2)
        return answered(request, struct.pack(f">BB{count}H", function, 2 * count, *words))


def answered(request: bytes, pdu: bytes) -> bytes:
    """An answer to ``request``."""
    return request[:4] + struct.pack(">H", len(pdu) + 1) + request[6:7] + pdu


def refused(request: bytes, code: int) -> bytes:
    """A Modbus exception."""
    return answered(request, bytes((request[7] | 0x80, code)))


def says(data: Callable[[bytes, bytes], bytes]) -> Misbehaviour:
    """Something else than the right answer."""
    return lambda request, answer: [(0.0, data(request, answer))]


class Running:
    """A link that runs, and everything it has told."""

    def __init__(self, line: ModbusLine) -> None:
        self.line = line
        self.events: list[LineEvent] = []
        self._news = asyncio.Condition()

    async def listen(self, react: Callable[[LineEvent], None] | None) -> None:
        async for event in self.line.events():
            async with self._news:
                self.events.append(event)
                self._news.notify_all()
                if react is not None:
                    react(event)

    async def until(self, kind: type[LineEvent], *, count: int = 1) -> LineEvent:
        """The ``count``-th event of ``kind``, waiting for it if need be."""

        def found() -> list[LineEvent]:
            return [event for event in self.events if isinstance(event, kind)]

        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: len(found()) >= count)
        return found()[count - 1]


@contextlib.asynccontextmanager
async def running(
    port: int,
    *,
    known: KnownPart | None = None,
    react: Reaction | None = None,
    timeout_ms: int = 150,
    **settings: Any,
) -> AsyncIterator[Running]:
    """Run a link to ``port``; ``react`` plays the station."""
    values = {"port": port, "reconnect_ms": 50, "timeout_ms": timeout_ms} | settings
    line = ModbusLine(LinkSettings.model_validate(values), SystemClock())
    link = Running(line)
    run = asyncio.create_task(line.run(known))
    listen = asyncio.create_task(link.listen(react and (lambda event: react(line, event))))
    try:
        yield link
    finally:
        run.cancel()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(run, listen, return_exceptions=True)


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until ``condition`` holds; for what is only visible in another thread's registers."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(0.005)


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
