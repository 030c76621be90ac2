"""One connection to the PLC at a time, and the telegrams on it. Knows nothing of the handshake.

Written on asyncio's transports, not on pymodbus's client (3.16.1), which raises one class for a time-out, a
lost connection and a foreign answer, hides why TLS failed, and raises inside the transport where an answer
cannot be decoded: here each of these must be told apart, counted and survived. The telegrams are pymodbus's,
see ``plc.modbus.telegram``.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Final, NoReturn, TypeVar

from plc.modbus import tls, wire_failures
from plc.modbus.fc23 import Fc23
from plc.modbus.lookup import Lookup
from plc.modbus.stream import Stream
from plc.modbus.telegram import (
    ExcCodes,
    Function,
    GarbledError,
    RefusedError,
    ShortError,
    Telegram,
    check_written,
    exchange_request,
    read_request,
    registers_in,
    write_request,
)
from plc.modbus.transactions import Fit, Transactions
from plc.modbus.wire_failures import PART, Failing
from plc.modbus.wire_failures import WireCounters as WireCounters  # as: for the rest of the link
from plc.modbus.wire_failures import WireError as WireError
from plc.register_map.motion_words import MotionWords
from plc.register_map.registers import LINE_SIZE, PLC_WORDS, VISION_SIZE, VISION_WORDS, LineBlock, VisionBlock
from plc.settings import LinkSettings, TransactionCheck

T = TypeVar("T")

TIMEOUTS_TO_RECONNECT: Final = 2
"""Time-outs in a row after which a connection counts as dead. One may be a busy PLC."""

TLS_CONNECT_S: Final = 3.0
"""A small PLC takes its time over the signatures of a TLS handshake."""

MOTION_OFFSET: Final = next(word.offset for word in VISION_WORDS if word.field == "belt_speed_set_mm_s")

REFUSALS: Final = frozenset(
    {ExcCodes.ILLEGAL_FUNCTION, ExcCodes.ILLEGAL_ADDRESS, ExcCodes.ILLEGAL_VALUE, ExcCodes.DEVICE_FAILURE}
)
"""Modbus exceptions by which a PLC says that it never serves what was asked."""


class Wire:
    """One connection at a time, and the telegrams on it.

    Args:
        settings: How to reach the PLC.

    Raises:
        SettingsError: The certificates of ``settings.tls`` cannot be used.
    """

    def __init__(self, settings: LinkSettings) -> None:
        self._settings = settings
        self._layout = settings.layout
        self._tls = None if settings.tls is None else tls.client_context(settings.tls)
        self._lookup = Lookup(settings.host)
        self._stream: Stream | None = None
        self._has_read = False
        self._has_exchanged = False
        self._answers = 0
        """Of this connection."""
        self._fc23 = Fc23(settings.telegrams)
        self._timeouts_in_a_row = 0
        self._transactions = Transactions(settings.transaction_check)
        self._counters = WireCounters()

    @property
    def counters(self) -> WireCounters:
        """What happened so far; a copy."""
        return self._counters.model_copy()

    @property
    def connected(self) -> bool:
        """There is a connection, for all that is known."""
        return self._stream is not None

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
        """A write whose answer is not waited for to the end may be sent between two exchanges."""
        return self._settings.transaction_check is TransactionCheck.STRICT

    @property
    def notice(self) -> str:
        """What is not as it should be though the link works, and which setting helps; or nothing."""
        return self._fc23.found

    def peer_certificate(self) -> dict[str, object]:
        """The PLC's certificate as Python's ssl tells it; empty without TLS or connection."""
        return {} if self._stream is None else self._stream.peer_certificate()

    # --- the connection -----------------------------------------------------------------------------------

    async def connect(self, *, patience_s: float | None = None) -> None:
        """Make a fresh connection. Raises WireError.

        Args:
            patience_s: How long that may take; where nothing is said, as long as an answer, or the TLS
                handshake of a small PLC.
        """
        settings = self._settings
        if patience_s is None:
            patience_s = settings.timeout_ms / 1000 if self._tls is None else TLS_CONNECT_S
        try:
            addresses = await self._lookup.addresses(patience_s=patience_s)
        except (OSError, ValueError) as error:  # TimeoutError is an OSError
            self._counters.connect_failures += 1
            raise wire_failures.unknown_host(settings, error) from None
        try:
            async with asyncio.timeout(patience_s):
                self._stream = await self._reach(addresses)
        except OSError as error:
            self._refuse_connection(error)
        self._has_read = self._has_exchanged = False
        self._answers = 0
        self._timeouts_in_a_row = 0
        self._transactions.connected()
        self._counters.connections += 1

    async def _reach(self, addresses: list[str]) -> Stream:
        """A connection to the first address that takes one. Raises OSError, the last one's."""
        *others, last = addresses
        for address in others:
            with contextlib.suppress(OSError):
                return await self._connection_to(address)
        return await self._connection_to(last)

    async def _connection_to(self, address: str) -> Stream:
        _, stream = await asyncio.get_running_loop().create_connection(
            Stream,
            address,
            self._settings.port,
            ssl=self._tls,
            server_hostname=None if self._tls is None else self._expected_name,
        )
        return stream

    def close(self) -> None:
        """Drop the connection, if there is one."""
        self._has_read = False
        if self._stream is not None:
            self._stream.abort()
            self._stream = None

    async def farewell(self, vision: VisionBlock | None) -> None:
        """Write a last block, where there is one and that works within the time-out, and close."""
        try:
            if self._has_read and vision is not None:
                await self._write(vision)
        except WireError:
            pass  # there is nobody left to tell
        finally:
            self.close()

    # --- telegrams ----------------------------------------------------------------------------------------

    async def read_words(self, address: int, count: int) -> list[int]:
        """Read any holding registers and write nothing. Raises WireError."""
        return await self._ask(
            read_request(address, count), lambda pdu: registers_in(pdu, function=Function.READ, count=count)
        )

    async def read(self) -> LineBlock:
        """Read the line block and write nothing. Raises WireError."""
        line = self._layout.line_block(await self.read_words(self._settings.line_base, LINE_SIZE))
        self._has_read = True
        self._fc23.serves(line.boot_id)
        return line

    async def read_vision(self) -> VisionBlock:
        """Read back our own block. Raises WireError."""
        return self._layout.vision_block(await self.read_words(self._settings.vision_base, VISION_SIZE))

    async def exchange(self, vision: VisionBlock) -> LineBlock:
        """Write ours, then read theirs: FC23, or FC16 and FC03 where the PLC lacks it.

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
            words = await self._ask(
                request,
                lambda pdu: registers_in(pdu, function=Function.EXCHANGE, count=LINE_SIZE),
                refusable=True,
            )
        except RefusedError as refused:
            if self._fc23.refused(refused.code, first=first):
                return None
            raise self._exception(refused.code, Function.EXCHANGE) from None
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
        self._counters.fc23_given_up += self._fc23.carried()
        return line

    async def write_motion(self, motion: MotionWords, *, patience_s: float) -> bool:
        """Write the three motion words alone, between two exchanges.

        Returns:
            False where no answer came within ``patience_s``. That is no time-out of the connection, of which
            the next exchange will tell; an answer that comes later is thrown away.

        Raises:
            WireError: As ``exchange``; one with ``exception`` set says that the PLC takes no such telegram.
        """
        address = self._settings.vision_base + MOTION_OFFSET
        try:
            await self._ask(
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
        await self._ask(
            write_request(address, self._layout.words([boot_id])),
            lambda pdu: check_written(pdu, address=address, count=1),
        )

    async def _write(self, vision: VisionBlock) -> None:
        address = self._settings.vision_base
        await self._ask(
            write_request(address, self._layout.registers(vision)),
            lambda pdu: check_written(pdu, address=address, count=VISION_SIZE),
        )

    async def _ask(
        self,
        request: bytes,
        parse: Callable[[bytes], T],
        *,
        refusable: bool = False,
        patience_s: float | None = None,
    ) -> T:
        """Send one request and parse its answer.

        Raises:
            WireError: There is no answer, or none to believe.
            RefusedError: The PLC answered with an exception; only if ``refusable``, else that is a WireError.
            TimeoutError: No answer came within ``patience_s``; only if that is set.
        """
        stream = self._open_stream()
        self._discard_unasked(stream)
        function = Function(request[0])
        stream.send(Telegram(self._transactions.ask(), self._settings.unit_id, request).pack())
        try:
            patience = self._settings.timeout_ms / 1000 if patience_s is None else patience_s
            result = parse(await self._answer_within(patience, stream))
        except TimeoutError:
            if patience_s is not None:
                raise
            self._miss_answer(stream, function)
        except ConnectionError:
            self._lose(stream.error, function)
        except GarbledError as error:
            raise self._garbled(error) from None
        except ShortError as error:
            self._counters.short += 1
            raise WireError(
                f"the PLC's answer is too short. {PART}. Check the network, and that the PLC serves both "
                "blocks whole",
                dead=True,
                detail=str(error),
                failing=Failing.GARBLED,
            ) from None
        except RefusedError as refused:
            self._was_answered()
            if refusable:
                raise
            raise self._exception(refused.code, function) from None
        self._was_answered()
        return result

    def _was_answered(self) -> None:
        self._timeouts_in_a_row = 0
        self._answers += 1

    def _discard_unasked(self, stream: Stream) -> None:
        """Throw away what came before the question that is asked next: it cannot be its answer.

        Raises:
            WireError: It is not known to be none, where transaction numbers tell nothing.
        """
        if stream.partial and not self._transactions.tells_late_answers:
            self._counters.late_answers += 1
            raise self._doubtful()
        self._counters.padded += stream.drop_padding()
        try:
            while (telegram := stream.at_hand()) is not None:
                self._count_unasked(self._transactions.fit(telegram.transaction))
        except GarbledError as error:
            raise self._garbled(error) from None

    def _count_unasked(self, fit: Fit) -> None:
        if fit is Fit.FOREIGN:
            self._counters.foreign_answers += 1
        else:
            self._counters.late_answers += 1

    async def _answer_within(self, seconds: float, stream: Stream) -> bytes:
        """The answer. Raises TimeoutError where it is not there whole after that time.

        Where it was our own loop that was held up, answer and time-out come in the same turn: then it counts.
        """
        try:
            async with asyncio.timeout(seconds):
                while (pdu := self._sift(await stream.next())) is None:
                    pass
                return pdu
        except TimeoutError:
            while (telegram := stream.at_hand()) is not None:
                if (pdu := self._sift(telegram)) is not None:
                    return pdu
            raise

    def _sift(self, telegram: Telegram) -> bytes | None:
        """The answer that is due; None for what belongs to an earlier question, or to none."""
        fit = self._transactions.fit(telegram.transaction)
        if fit is not Fit.DUE:
            self._count_unasked(fit)
            return None
        if telegram.unit != self._settings.unit_id:
            raise GarbledError(
                f"unit {telegram.unit} answers instead of {self._settings.unit_id}",
                todo=f"Set unit_id = {telegram.unit} under [plc], if that is the PLC",
            )
        return telegram.pdu

    # --- what goes wrong ----------------------------------------------------------------------------------

    @property
    def _expected_name(self) -> str:
        secured = self._settings.tls
        return (secured and secured.server_name) or self._settings.host

    def _refuse_connection(self, error: OSError) -> NoReturn:
        where = f"{self._settings.host}:{self._settings.port}"
        in_handshake = isinstance(error, ssl.SSLError | ConnectionError | TimeoutError)
        if self._tls is not None and in_handshake and not isinstance(error, ConnectionRefusedError):
            self._counters.tls_failures += 1
            reason = tls.in_words(error, expected=self._expected_name)
            raise WireError(
                f"no secure connection to the PLC at {where}: {reason}. No part is taken", dead=True
            ) from None
        self._counters.connect_failures += 1
        raise wire_failures.unreachable(self._settings, error) from None

    def _open_stream(self) -> Stream:
        """The connection, where it still lives. Raises WireError."""
        if self._stream is not None and self._stream.flooded:  # since the last answer
            raise self._garbled(GarbledError("a flood of bytes"))
        if self._stream is None or self._stream.lost:
            self._lose(None if self._stream is None else self._stream.error)
        return self._stream

    def _lose(self, error: Exception | None, function: Function | None = None) -> NoReturn:
        if isinstance(error, ssl.SSLError) or (self._tls is not None and not self._has_read):
            # With TLS 1.3 a server refuses our certificate only after the handshake, some without a word.
            self._counters.tls_failures += 1
            reason = tls.in_words(error or ConnectionError(), expected=self._expected_name)
            raise WireError(f"{reason}. {PART}", dead=True) from None
        self._counters.closed += 1
        raise wire_failures.closed(
            function, answers=self._answers, telegrams=self._settings.telegrams
        ) from None

    def _garbled(self, error: GarbledError) -> WireError:
        self._counters.garbled += 1
        if error.todo:
            return WireError(
                f"the PLC's answers are not as they should be: {error}. {PART}. {error.todo}",
                dead=True,
                failing=Failing.GARBLED,
            )
        return WireError(
            f"what answers at the PLC's address does not speak Modbus TCP as asked. {PART}. "
            "Check host and port in the settings, and the network",
            dead=True,
            detail=str(error),
            failing=Failing.GARBLED,
        )

    def _doubtful(self) -> WireError:
        return WireError(
            "an answer came that nothing was asked for, and this gateway's transaction numbers do not tell "
            f"it from the next one. {PART}. The connection is made anew; find out whether the gateway "
            "answers twice, or serves others on the same connection",
            dead=True,
        )

    def _miss_answer(self, stream: Stream, function: Function) -> NoReturn:
        settings = self._settings
        if stream.partial:  # where a telegram begins after this cannot be known any more
            self._counters.short += 1
            raise wire_failures.broken_off(settings, held=stream.held, announced=stream.announced) from None
        # Where numbers are not checked as Modbus has them, a late answer must find no connection.
        doubtful = settings.transaction_check is TransactionCheck.GATEWAY
        self._timeouts_in_a_row += 1
        dead = doubtful or self._timeouts_in_a_row >= TIMEOUTS_TO_RECONNECT
        stray = self._transactions.foreign
        if stray is not None:
            raise wire_failures.foreign(
                stray.habit,
                asked=self._transactions.asked,
                answered=stray.number,
                check=settings.transaction_check,
                dead=dead,
            ) from None
        self._counters.timeouts += 1
        self._counters.given_up += dead
        lacking = not self._has_exchanged and self._answers > 0
        raise wire_failures.unanswered(function, settings, dead=dead, lacking=lacking) from None

    def _exception(self, code: int, function: Function) -> WireError:
        if code == ExcCodes.DEVICE_BUSY:
            self._counters.busy += 1
        elif code == ExcCodes.ILLEGAL_ADDRESS:
            self._counters.illegal_address += 1
        else:
            self._counters.other_exceptions += 1
        return wire_failures.refused(code, function, self._settings)
