"""A TCP proxy between Passgate and a PLC that understands Modbus TCP telegrams and does them harm.

For tests and ``passgate bench faults``: what it does, and to which telegram, is ``wire_faults``'s to say. It
counts what it did; it never makes a telegram up.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final, Protocol, Self

from plc.simulator.faults.wire_faults import Direction, WireFault, WireFaultKind, split_telegrams

LINGER_S: Final = 3.0
"""How long the PLC still sees a half-open connection after Passgate has let go of its end."""

CHUNK: Final = 4096
CONNECT_TIMEOUT_S: Final = 1.0


class Schedule(Protocol):
    """Says which telegram meets which fault."""

    def at(self, direction: Direction, number: int) -> WireFault | None:
        """The fault of the ``number``-th telegram in ``direction``."""


class FaultProxy:
    """A proxy in the event loop. A context manager: leaving it closes the port and all connections.

    Args:
        target: Host and port of the PLC.
        schedule: What goes wrong.
        on_fault: Told of each fault as it happens.
        on_telegram: Shown each telegram as it was sent, whatever then becomes of it.
    """

    def __init__(
        self,
        *,
        target: tuple[str, int],
        schedule: Schedule,
        on_fault: Callable[[WireFaultKind, Direction], None] = lambda *_: None,
        on_telegram: Callable[[Direction, bytes], None] = lambda *_: None,
    ) -> None:
        self._target = target
        self._schedule = schedule
        self._on_fault = on_fault
        self._on_telegram = on_telegram
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.telegrams: dict[Direction, int] = dict.fromkeys(Direction, 0)
        """Telegrams seen so far, by direction."""
        self.injected: dict[WireFaultKind, int] = dict.fromkeys(WireFaultKind, 0)
        """Faults so far, by kind."""
        self.connections = 0

    @property
    def port(self) -> int:
        """Where Passgate must connect to."""
        if self._server is None:
            raise RuntimeError("the proxy is not open")
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def draw(self, direction: Direction, telegram: bytes) -> WireFault | None:
        """The fault of the next telegram in ``direction``, which is counted."""
        self._on_telegram(direction, telegram)
        number = self.telegrams[direction]
        self.telegrams[direction] += 1
        fault = self._schedule.at(direction, number)
        if fault is not None:
            self.injected[fault.kind] += 1
            self._on_fault(fault.kind, direction)
        return fault

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: one that asyncio's streams started logs a traceback when it is cancelled (3.11).
        task = asyncio.get_running_loop().create_task(self._serve((reader, writer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1

    async def _serve(self, engine: "_End") -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                plc = await asyncio.open_connection(*self._target)
        except (OSError, TimeoutError):
            engine[1].transport.abort()  # as the PLC's own computer would: nobody listens there
            return
        await _Connection(self, engine, plc).serve()


_End = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Connection:
    """One connection of Passgate's, and ours to the PLC on its behalf."""

    def __init__(self, proxy: FaultProxy, engine: _End, plc: _End) -> None:
        self._proxy = proxy
        self._engine = engine
        self._plc = plc
        self._deaf = False

    async def serve(self) -> None:
        """Pass telegrams on until either side ends it, or a fault does."""
        pumps = (
            asyncio.ensure_future(self._pump(Direction.TO_PLC, self._engine[0], self._plc[1])),
            asyncio.ensure_future(self._pump(Direction.TO_ENGINE, self._plc[0], self._engine[1])),
        )
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if self._deaf:
                await asyncio.sleep(LINGER_S)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for _, writer in (self._engine, self._plc):
                writer.transport.abort()

    async def _pump(
        self, direction: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        rest, held = b"", b""
        with contextlib.suppress(ConnectionError, _Cut):
            while chunk := await reader.read(CHUNK):
                telegrams, rest = split_telegrams(rest + chunk)
                for telegram in telegrams:
                    fault = self._proxy.draw(direction, telegram)
                    if fault is not None and fault.kind is WireFaultKind.REORDER and not held:
                        held = telegram
                        continue
                    await self._deliver(telegram, fault, writer)
                    if held:
                        self._write(writer, held)
                        held = b""
                await writer.drain()

    async def _deliver(self, telegram: bytes, fault: WireFault | None, writer: asyncio.StreamWriter) -> None:
        match fault and fault.kind:
            case None | WireFaultKind.REORDER:  # one is held back already: this one goes before it
                pass
            case WireFaultKind.DELAY if fault is not None:
                await asyncio.sleep(fault.delay_s)
            case WireFaultKind.RANDOM_BYTES if fault is not None:
                self._write(writer, fault.noise)
            case WireFaultKind.DUPLICATE:
                self._write(writer, telegram)
            case WireFaultKind.TRUNCATE | WireFaultKind.CUT if fault is not None:
                self._write(writer, telegram[: round(fault.share * len(telegram))])
                if fault.kind is WireFaultKind.CUT:
                    await writer.drain()
                    raise _Cut
                return
            case WireFaultKind.HALF_OPEN:
                self._deaf = True
        self._write(writer, telegram)

    def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if not self._deaf:
            writer.write(data)


class _Cut(Exception):  # noqa: N818  (no error: what the schedule asked for)
    """The connection ends here."""
