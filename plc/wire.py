"""One connection to the PLC at a time, and the telegrams on it. Knows nothing of the handshake.

Written on asyncio's transports, not on pymodbus's client (3.16.1), which raises one class for a time-out, a
lost connection and a foreign answer, hides why TLS failed, and raises inside the transport where an answer
cannot be decoded: here each of these must be told apart, counted and survived. The telegrams are pymodbus's,
see ``plc.telegram``.
"""

import asyncio
import secrets
import ssl
from collections.abc import Callable
from typing import Final, NoReturn, TypeVar

from pydantic import BaseModel

from plc import tls
from plc.registers import LINE_SIZE, VISION_SIZE, VISION_WORDS, LineBlock, VisionBlock
from plc.set_points import MotionWords
from plc.settings import LinkSettings, Telegrams
from plc.stream import Stream
from plc.telegram import (
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

_PART: Final = "An open part is default-rejected"

_REMEDIES: Final[dict[int, str]] = {
    ExcCodes.ILLEGAL_FUNCTION: (
        "The PLC must serve holding registers with functions 3 and 16; check telegrams in the settings"
    ),
    ExcCodes.ILLEGAL_VALUE: "The PLC takes no telegrams of this length: check its Modbus limits",
    ExcCodes.GATEWAY_PATH_UNAVIABLE: "A gateway answers: check unit_id in the settings",
    ExcCodes.GATEWAY_NO_RESPONSE: (
        "A gateway answers, but the device behind it does not: check unit_id in the settings, and the device"
    ),
}
"""What to do about a Modbus exception."""


class WireCounters(BaseModel):
    """What happened on the wire since the start, for maintenance. Each failure counts once."""

    connections: int = 0
    """Connections made."""
    connect_failures: int = 0
    """Attempts that nobody answered, or somebody refused."""
    tls_failures: int = 0
    """Attempts that ended in the TLS handshake: certificates, versions, not TLS at all."""
    closed: int = 0
    """Connections that the PLC, or something between, closed or reset."""
    timeouts: int = 0
    """Telegrams without an answer in time."""
    given_up: int = 0
    """Connections that were dropped after time-outs in a row: half open, or the PLC hangs."""
    late_answers: int = 0
    """Answers to an earlier question, late or sent twice: thrown away."""
    short: int = 0
    """Answers that broke off, or brought fewer registers than asked for."""
    garbled: int = 0
    """Answers that were no Modbus, or not to what was asked."""
    busy: int = 0
    """Exception 6: tried again in the next cycle, on the same connection."""
    illegal_address: int = 0
    """Exception 2: the settings and the PLC's register map differ."""
    other_exceptions: int = 0
    """Any other Modbus exception but the one *illegal function* that FC23 is tried with."""


class WireError(Exception):
    """One exchange brought nothing. The message says what happened, what becomes of the part, what to do."""

    def __init__(self, reason: str, *, dead: bool, exception: int | None = None, detail: str = "") -> None:
        super().__init__(f"{reason} ({detail})" if detail else reason)
        self.reason = reason
        """The message without what changes from one time to the next, so that it is told once."""
        self.dead = dead
        """The connection is of no more use."""
        self.exception = exception
        """The Modbus exception code, where the PLC answered with one."""


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
        self._stream: Stream | None = None
        self._has_read = False
        self._has_fc23 = settings.telegrams is not Telegrams.FC16_FC03
        self._timeouts_in_a_row = 0
        # Not from 1 at each connection: what somebody between us kept of the last one must not fit now.
        self._transaction = secrets.randbelow(0x10000)
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
        return self._has_fc23

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
            async with asyncio.timeout(patience_s):
                _, stream = await asyncio.get_running_loop().create_connection(
                    Stream,
                    settings.host,
                    settings.port,
                    ssl=self._tls,
                    server_hostname=None if self._tls is None else self._expected_name,
                )
        except (OSError, ValueError) as error:  # ValueError: a host that cannot be a name
            self._refuse_connection(error)
        self._stream = stream
        self._has_read = False
        self._has_fc23 = settings.telegrams is not Telegrams.FC16_FC03
        self._timeouts_in_a_row = 0
        self._counters.connections += 1

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
        return line

    async def read_vision(self) -> VisionBlock:
        """Read back our own block. Raises WireError."""
        return self._layout.vision_block(await self.read_words(self._settings.vision_base, VISION_SIZE))

    async def exchange(self, vision: VisionBlock) -> LineBlock:
        """Write ours, then read theirs: FC23, or FC16 and FC03 where the PLC lacks it.

        Raises:
            WireError: It brought no line block.
        """
        settings = self._settings
        if self._has_fc23:
            request = exchange_request(
                read_address=settings.line_base,
                read_count=LINE_SIZE,
                write_address=settings.vision_base,
                words=self._layout.registers(vision),
            )
            try:
                words = await self._ask(
                    request,
                    lambda pdu: registers_in(pdu, function=Function.EXCHANGE, count=LINE_SIZE),
                    may_lack=settings.telegrams is Telegrams.AUTO,
                )
            except _LacksFunctionError:
                self._has_fc23 = False
            else:
                return self._layout.line_block(words)
        await self._write(vision)
        return await self.read()

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
        may_lack: bool = False,
        patience_s: float | None = None,
    ) -> T:
        """Send one request and parse its answer.

        Raises:
            WireError: There is no answer, or none to believe.
            _LacksFunctionError: The PLC lacks the function; only if ``may_lack``.
            TimeoutError: No answer came within ``patience_s``; only if that is set.
        """
        stream = self._open_stream()
        transaction = self._transaction = self._transaction + 1 & 0xFFFF
        stream.send(Telegram(transaction, self._settings.unit_id, request).pack())
        try:
            patience = self._settings.timeout_ms / 1000 if patience_s is None else patience_s
            result = parse(await self._answer_within(patience, stream, transaction))
        except TimeoutError:
            if patience_s is not None:
                raise
            self._miss_answer(stream)
        except ConnectionError:
            self._lose(stream.error)
        except GarbledError as error:
            raise self._garbled(error) from None
        except ShortError as error:
            self._counters.short += 1
            raise WireError(
                f"the PLC's answer is too short. {_PART}. Check the network, and that the PLC serves both "
                "blocks whole",
                dead=True,
                detail=str(error),
            ) from None
        except RefusedError as refused:
            self._timeouts_in_a_row = 0
            if may_lack and refused.code == ExcCodes.ILLEGAL_FUNCTION:
                raise _LacksFunctionError from None
            raise self._exception(refused.code, Function(request[0])) from None
        self._timeouts_in_a_row = 0
        return result

    async def _answer_within(self, seconds: float, stream: Stream, transaction: int) -> bytes:
        """The answer. Raises TimeoutError where it is not there whole after that time.

        Where it was our own loop that was held up, answer and time-out come in the same turn: then it counts.
        """
        try:
            async with asyncio.timeout(seconds):
                while (pdu := self._sift(await stream.next(), transaction)) is None:
                    pass
                return pdu
        except TimeoutError:
            while (telegram := stream.at_hand()) is not None:
                if (pdu := self._sift(telegram, transaction)) is not None:
                    return pdu
            raise

    def _sift(self, telegram: Telegram, transaction: int) -> bytes | None:
        """The answer with this transaction number; None for what belongs to an earlier question."""
        if telegram.transaction != transaction:
            self._counters.late_answers += 1
            return None
        if telegram.unit != self._settings.unit_id:
            raise GarbledError(f"unit {telegram.unit} answers instead of {self._settings.unit_id}")
        return telegram.pdu

    # --- what goes wrong ----------------------------------------------------------------------------------

    @property
    def _expected_name(self) -> str:
        secured = self._settings.tls
        return (secured and secured.server_name) or self._settings.host

    def _refuse_connection(self, error: Exception) -> NoReturn:
        where = f"{self._settings.host}:{self._settings.port}"
        in_handshake = isinstance(error, ssl.SSLError | ConnectionError | TimeoutError)
        if self._tls is not None and in_handshake and not isinstance(error, ConnectionRefusedError):
            self._counters.tls_failures += 1
            reason = tls.in_words(error, expected=self._expected_name)
            raise WireError(
                f"no secure connection to the PLC at {where}: {reason}. No part is taken", dead=True
            ) from None
        self._counters.connect_failures += 1
        raise WireError(
            f"no connection to the PLC at {where}. No part is taken. "
            "Check the PLC, the network and [plc] in the settings",
            dead=True,
        ) from None

    def _open_stream(self) -> Stream:
        """The connection, where it still lives. Raises WireError."""
        if self._stream is not None and self._stream.flooded:  # since the last answer
            raise self._garbled(GarbledError("a flood of bytes"))
        if self._stream is None or self._stream.lost:
            self._lose(None if self._stream is None else self._stream.error)
        return self._stream

    def _lose(self, error: Exception | None) -> NoReturn:
        if isinstance(error, ssl.SSLError) or (self._tls is not None and not self._has_read):
            # With TLS 1.3 a server refuses our certificate only after the handshake, some without a word.
            self._counters.tls_failures += 1
            reason = tls.in_words(error or ConnectionError(), expected=self._expected_name)
            raise WireError(f"{reason}. {_PART}", dead=True) from None
        self._counters.closed += 1
        raise WireError(
            f"the PLC closed the connection. {_PART}. Check the PLC and the network", dead=True
        ) from None

    def _garbled(self, error: GarbledError) -> WireError:
        self._counters.garbled += 1
        return WireError(
            f"what answers at the PLC's address does not speak Modbus TCP as asked. {_PART}. "
            "Check host and port in the settings, and the network",
            dead=True,
            detail=str(error),
        )

    def _miss_answer(self, stream: Stream) -> NoReturn:
        milliseconds = self._settings.timeout_ms
        if stream.partial:  # where a telegram begins after this cannot be known any more
            self._counters.short += 1
            raise WireError(
                f"the PLC's answer broke off and was not whole after {milliseconds} ms. {_PART}. "
                "Check the network",
                dead=True,
            ) from None
        self._counters.timeouts += 1
        self._timeouts_in_a_row += 1
        dead = self._timeouts_in_a_row >= TIMEOUTS_TO_RECONNECT
        self._counters.given_up += dead
        raise WireError(
            f"the PLC did not answer within {milliseconds} ms. {_PART}. Check the PLC and the network",
            dead=dead,
        ) from None

    def _exception(self, code: int, function: Function) -> WireError:
        settings = self._settings
        if code == ExcCodes.DEVICE_BUSY:
            self._counters.busy += 1
            return WireError(
                "the PLC is busy (Modbus exception 6); it is asked again in the next cycle",
                dead=False,
                exception=code,
            )
        if code == ExcCodes.ILLEGAL_ADDRESS:
            self._counters.illegal_address += 1
            todo = (
                f"Check line_base ({settings.line_base}) and vision_base ({settings.vision_base}) in the "
                "settings, which count from 0, and that the PLC serves both blocks"
            )
        else:
            self._counters.other_exceptions += 1
            todo = _REMEDIES.get(code, "Check unit_id in the settings, and the PLC's diagnostics")
        return WireError(
            f"the PLC refused function {function} with Modbus exception {code}. No part is taken. {todo}",
            dead=True,
            exception=code,
        )


class _LacksFunctionError(Exception):
    """The PLC does not know FC23."""
