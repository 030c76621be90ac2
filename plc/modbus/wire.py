"""The two register blocks on the wire: which telegrams carry one exchange. Knows nothing of the handshake.

One exchange writes the vision block and reads the line block, in one telegram (Modbus function 23) or, where
the PLC lacks that, in two (functions 16 and 3). ``connection`` gets each question its answer, or says in a
``WireError`` why there is none; ``fc23`` finds out what the PLC can do.
"""

from typing import Final

from plc.modbus.connection import Connection
from plc.modbus.fc23 import Fc23
from plc.modbus.telegram import (
    ExcCodes,
    Function,
    RefusedError,
    check_written,
    exchange_request,
    read_request,
    registers_in,
    write_request,
)
from plc.modbus.wire_failures import WireCounters, WireError
from plc.register_map.motion_words import MotionWords
from plc.register_map.registers import LINE_SIZE, PLC_WORDS, VISION_SIZE, VISION_WORDS, LineBlock, VisionBlock
from plc.settings import LinkSettings, TransactionCheck

MOTION_OFFSET: Final = next(word.offset for word in VISION_WORDS if word.field == "belt_speed_set_mm_s")
"""Words from the vision block's beginning to the three motion words."""

REFUSALS: Final = frozenset(
    {ExcCodes.ILLEGAL_FUNCTION, ExcCodes.ILLEGAL_ADDRESS, ExcCodes.ILLEGAL_VALUE, ExcCodes.DEVICE_FAILURE}
)
"""Modbus exceptions by which a PLC says that it never serves what was asked."""


class Wire:
    """Reads and writes the two blocks of one PLC, in its order of words and bytes.

    Each call asks the PLC and waits for the answer, for as long as the settings say, and raises WireError
    where there is none to believe. Where that error is ``dead``, the caller closes and connects anew.

    Args:
        settings: How to reach the PLC, and how it lays values into registers; see ``Connection`` for errors.
    """

    def __init__(self, settings: LinkSettings) -> None:
        self._settings = settings
        self._layout = settings.layout
        self._connection = Connection(settings)
        self._has_read = False
        self._has_exchanged = False
        self._fc23 = Fc23(settings.telegrams)

    @property
    def counters(self) -> WireCounters:
        """What happened so far; a copy."""
        return self._connection.counters.model_copy()

    @property
    def connected(self) -> bool:
        """There is a connection, for all that is known."""
        return self._connection.open

    @property
    def has_read(self) -> bool:
        """The line block was read on this connection; before that nothing may be written."""
        return self._has_read

    @property
    def uses_fc23(self) -> bool:
        """One telegram an exchange; otherwise FC16 and FC03."""
        return not self._fc23.lacking

    @property
    def writes_between(self) -> bool:
        """A write whose answer is not waited for to the end may be sent between two exchanges.

        Only where transaction numbers tell its late answer from the next exchange's.
        """
        return self._settings.transaction_check is TransactionCheck.STRICT

    @property
    def notice(self) -> str:
        """What is not as it should be though the link works, and which setting helps; or nothing."""
        return self._fc23.notice

    def peer_certificate(self) -> dict[str, object]:
        """The PLC's certificate as Python's ssl tells it; empty without TLS or connection."""
        return self._connection.peer_certificate()

    # --- the connection -----------------------------------------------------------------------------------

    async def connect(self, *, patience_s: float | None = None) -> None:
        """Make a fresh connection. Raises WireError.

        Args:
            patience_s: How long that may take, in seconds; None for as long as an answer may take, or the TLS
                handshake of a small PLC.
        """
        await self._connection.connect(patience_s=patience_s)
        self._has_read = self._has_exchanged = False

    def close(self) -> None:
        """Drop the connection, if there is one."""
        self._has_read = False
        self._connection.close()

    async def farewell(self, vision: VisionBlock | None) -> None:
        """Write ``vision`` as the last image, where that works within the time-out, and close.

        Args:
            vision: The image; None to write nothing, as where another engine writes the block.
        """
        try:
            if self._has_read and vision is not None:
                await self._write(vision)
        except WireError:
            pass  # there is nobody left to tell
        finally:
            self.close()

    # --- telegrams ----------------------------------------------------------------------------------------

    async def read_words(self, address: int, count: int) -> list[int]:
        """Read ``count`` holding registers from ``address`` on, as they lie in the PLC. Raises WireError."""
        return await self._connection.ask(
            read_request(address, count), lambda pdu: registers_in(pdu, function=Function.READ, count=count)
        )

    async def read(self) -> LineBlock:
        """Read the line block, the PLC's, and write nothing. Raises WireError."""
        line = self._layout.line_block(await self.read_words(self._settings.line_base, LINE_SIZE))
        self._has_read = True
        self._fc23.serves(line.boot_id)
        return line

    async def read_vision(self) -> VisionBlock:
        """Read back the vision block, our own, to see who wrote it last. Raises WireError."""
        return self._layout.vision_block(await self.read_words(self._settings.vision_base, VISION_SIZE))

    async def exchange(self, vision: VisionBlock) -> LineBlock:
        """Write ``vision``, our block, then read the PLC's: one cycle's exchange.

        With function 23 in one telegram; with 16 and 3 in two, where the PLC lacks 23 or the settings say so.

        Returns:
            The line block, as it was after the write.

        Raises:
            WireError: It brought no line block. Where FC23 was ignored or cut off, the *next* exchange goes
                with FC16 and FC03: no image is written that grew old while an answer was waited for.
        """
        line = await self._exchange_at_once(vision) if self._fc23.due else None
        if line is None:
            line = await self._write_then_read(vision)
        self._has_exchanged = True
        return line

    async def _exchange_at_once(self, vision: VisionBlock) -> LineBlock | None:
        """FC23; None where it was refused, and FC16 and FC03 are to carry this exchange. Raises WireError."""
        settings = self._settings
        request = exchange_request(
            read_address=settings.line_base,
            read_count=LINE_SIZE,
            write_address=settings.vision_base,
            words=self._layout.registers(vision),
        )
        first = not self._has_exchanged
        try:
            words = await self._connection.ask(
                request,
                lambda pdu: registers_in(pdu, function=Function.EXCHANGE, count=LINE_SIZE),
                refusable=True,
                unproven=first,
            )
        except RefusedError as refused:
            if self._fc23.refused(refused.code, first=first):
                return None
            raise self._connection.refusal(refused.code, Function.EXCHANGE) from None
        except WireError as failure:
            if failure.failing is not None:
                self._fc23.failed(failure.failing, first=first)
            raise
        self._fc23.answered()
        line = self._layout.line_block(words)
        self._fc23.serves(line.boot_id)
        return line

    async def _write_then_read(self, vision: VisionBlock) -> LineBlock:
        """FC16, then FC03. Raises WireError."""
        try:
            await self._write(vision)
            line = await self.read()
        except WireError as failure:
            if failure.exception is not None:
                self._fc23.not_carried()
            raise
        self._connection.counters.fc23_given_up += self._fc23.carried()
        return line

    async def write_motion(self, motion: MotionWords, *, patience_s: float) -> bool:
        """Write the three motion words alone, between two exchanges.

        Args:
            motion: The words.
            patience_s: How long to wait for the answer, in seconds.

        Returns:
            False where no answer came within ``patience_s``. That is no time-out of the connection, of which
            the next exchange will tell; an answer that comes later is thrown away.

        Raises:
            WireError: As ``exchange``; one with ``exception`` set says that the PLC takes no such telegram.
        """
        address = self._settings.vision_base + MOTION_OFFSET
        try:
            await self._connection.ask(
                write_request(address, self._layout.words(list(motion))),
                lambda pdu: check_written(pdu, address=address, count=len(motion)),
                patience_s=patience_s,
            )
        except TimeoutError:
            return False
        return True

    async def write_refused_boot_id(self, boot_id: int) -> None:
        """Write the line block's last word alone, the one of it that is ours. Raises WireError."""
        address = self._settings.line_base + PLC_WORDS
        await self._connection.ask(
            write_request(address, self._layout.words([boot_id])),
            lambda pdu: check_written(pdu, address=address, count=1),
        )

    async def _write(self, vision: VisionBlock) -> None:
        address = self._settings.vision_base
        await self._connection.ask(
            write_request(address, self._layout.registers(vision)),
            lambda pdu: check_written(pdu, address=address, count=VISION_SIZE),
        )
