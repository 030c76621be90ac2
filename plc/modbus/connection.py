"""One connection to the PLC at a time, and one question at a time on it. Knows nothing of register blocks.

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

from inspection.messages.codes import Code
from plc.modbus import tls, wire_failures
from plc.modbus.lookup import Lookup
from plc.modbus.stream import Stream
from plc.modbus.telegram import ExcCodes, Function, GarbledError, RefusedError, ShortError, Telegram
from plc.modbus.transactions import Fit, Transactions
from plc.modbus.wire_failures import PART, Failing, WireCounters, WireError
from plc.settings import LinkSettings, TransactionCheck

T = TypeVar("T")

TIMEOUTS_TO_RECONNECT: Final = 2
"""Time-outs in a row after which a connection counts as dead. One may be a busy PLC."""

TLS_CONNECT_S: Final = 3.0
"""A small PLC takes its time over the signatures of a TLS handshake."""


class Connection:
    """One connection at a time: made, asked on, and dropped where it is of no more use.

    Args:
        settings: How to reach the PLC.

    Raises:
        SettingsError: The certificates of ``settings.tls`` cannot be used.
    """

    def __init__(self, settings: LinkSettings) -> None:
        self._settings = settings
        self._tls = None if settings.tls is None else tls.client_context(settings.tls)
        self._lookup = Lookup(settings.host)
        self._stream: Stream | None = None
        self._answers = 0
        """Questions that were answered on this connection, with an exception too."""
        self._timeouts_in_a_row = 0
        self._transactions = Transactions(settings.transaction_check)
        self.counters = WireCounters()
        """What happened so far, on all connections."""

    @property
    def open(self) -> bool:
        """There is a connection, for all that is known."""
        return self._stream is not None

    def peer_certificate(self) -> dict[str, object]:
        """The PLC's certificate as Python's ssl tells it; empty without TLS or connection."""
        return {} if self._stream is None else self._stream.peer_certificate()

    async def connect(self, *, patience_s: float | None = None) -> None:
        """Make a fresh connection. Raises WireError.

        Args:
            patience_s: How long that may take, in seconds; None for as long as an answer may take, or the TLS
                handshake of a small PLC.
        """
        settings = self._settings
        if patience_s is None:
            patience_s = settings.timeout_ms / 1000 if self._tls is None else TLS_CONNECT_S
        try:
            addresses = await self._lookup.addresses(patience_s=patience_s)
        except (OSError, ValueError) as error:  # TimeoutError is an OSError
            self.counters.connect_failures += 1
            raise wire_failures.unknown_host(settings, error) from None
        try:
            async with asyncio.timeout(patience_s):
                self._stream = await self._reach(addresses)
        except OSError as error:
            self._refuse_connection(error)
        self._answers = 0
        self._timeouts_in_a_row = 0
        self._transactions.connected()
        self.counters.connections += 1

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
        self._answers = 0
        if self._stream is not None:
            self._stream.abort()
            self._stream = None

    # --- one question -------------------------------------------------------------------------------------

    async def ask(
        self,
        request: bytes,
        parse: Callable[[bytes], T],
        *,
        refusable: bool = False,
        patience_s: float | None = None,
        unproven: bool = False,
    ) -> T:
        """Send one request and parse its answer.

        Args:
            request: The request's PDU: function code and data, without the TCP header.
            parse: Makes the result of the answer's PDU; may raise RefusedError, ShortError and GarbledError.
            refusable: The caller knows what to do where the PLC refuses the function.
            patience_s: How long to wait, in seconds; None for the settings' time-out.
            unproven: No exchange was carried on this connection yet: the PLC may lack the function.

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
            self._miss_answer(stream, function, unproven=unproven)
        except ConnectionError:
            self._lose(stream.error, function)
        except GarbledError as error:
            raise self._garbled(error) from None
        except ShortError as error:
            self.counters.short += 1
            raise WireError(
                f"the PLC's answer is too short. {PART}. Check the network, and that the PLC serves both "
                "blocks whole",
                Code.PLC_ANSWER_GARBLED,
                dead=True,
                detail=str(error),
                failing=Failing.GARBLED,
            ) from None
        except RefusedError as refused:
            self._was_answered()
            if refusable:
                raise
            raise self.refusal(refused.code, function) from None
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
            self.counters.late_answers += 1
            raise self._doubtful()
        self.counters.padded += stream.drop_padding()
        try:
            while (telegram := stream.at_hand()) is not None:
                self._count_unasked(self._transactions.fit(telegram.transaction))
        except GarbledError as error:
            raise self._garbled(error) from None

    def _count_unasked(self, fit: Fit) -> None:
        if fit is Fit.FOREIGN:
            self.counters.foreign_answers += 1
        else:
            self.counters.late_answers += 1

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
            self.counters.tls_failures += 1
            reason = tls.in_words(error, expected=self._expected_name)
            raise WireError(
                f"no secure connection to the PLC at {where}: {reason}. No part is taken",
                Code.PLC_TLS,
                self._where,
                dead=True,
            ) from None
        self.counters.connect_failures += 1
        raise wire_failures.unreachable(self._settings, error) from None

    @property
    def _where(self) -> dict[str, str | int]:
        """The PLC's address, as messages name it."""
        return {"host": self._settings.host, "port": self._settings.port}

    def _open_stream(self) -> Stream:
        """The connection, where it still lives. Raises WireError."""
        if self._stream is not None and self._stream.flooded:  # since the last answer
            raise self._garbled(GarbledError("a flood of bytes"))
        if self._stream is None or self._stream.lost:
            self._lose(None if self._stream is None else self._stream.error)
        return self._stream

    def _lose(self, error: Exception | None, function: Function | None = None) -> NoReturn:
        if isinstance(error, ssl.SSLError) or (self._tls is not None and self._answers == 0):
            # With TLS 1.3 a server refuses our certificate only after the handshake, some without a word.
            self.counters.tls_failures += 1
            reason = tls.in_words(error or ConnectionError(), expected=self._expected_name)
            raise WireError(f"{reason}. {PART}", Code.PLC_TLS, self._where, dead=True) from None
        self.counters.closed += 1
        raise wire_failures.closed(
            function, answers=self._answers, telegrams=self._settings.telegrams
        ) from None

    def _garbled(self, error: GarbledError) -> WireError:
        self.counters.garbled += 1
        if error.todo:
            return WireError(
                f"the PLC's answers are not as they should be: {error}. {PART}. {error.todo}",
                Code.PLC_ANSWER_GARBLED,
                dead=True,
                failing=Failing.GARBLED,
            )
        return WireError(
            f"what answers at the PLC's address does not speak Modbus TCP as asked. {PART}. "
            "Check host and port in the settings, and the network",
            Code.PLC_ANSWER_GARBLED,
            dead=True,
            detail=str(error),
            failing=Failing.GARBLED,
        )

    def _doubtful(self) -> WireError:
        return WireError(
            "an answer came that nothing was asked for, and this gateway's transaction numbers do not tell "
            f"it from the next one. {PART}. The connection is made anew; find out whether the gateway "
            "answers twice, or serves others on the same connection",
            Code.PLC_ANSWERED_UNASKED,
            dead=True,
        )

    def _miss_answer(self, stream: Stream, function: Function, *, unproven: bool) -> NoReturn:
        settings = self._settings
        if stream.partial:  # where a telegram begins after this cannot be known any more
            self.counters.short += 1
            raise wire_failures.broken_off(settings, held=stream.held, announced=stream.announced) from None
        # Where numbers are not checked as Modbus has them, a late answer must find no connection.
        doubtful = settings.transaction_check is TransactionCheck.GATEWAY
        self._timeouts_in_a_row += 1
        dead = doubtful or self._timeouts_in_a_row >= TIMEOUTS_TO_RECONNECT
        foreign = self._transactions.foreign
        if foreign is not None:
            raise wire_failures.foreign(
                foreign.habit,
                asked=self._transactions.asked,
                answered=foreign.number,
                check=settings.transaction_check,
                dead=dead,
            ) from None
        self.counters.timeouts += 1
        self.counters.given_up += dead
        lacking = unproven and self._answers > 0
        raise wire_failures.unanswered(function, settings, dead=dead, lacking=lacking) from None

    def refusal(self, code: int, function: Function) -> WireError:
        """Count an answer that was a Modbus exception, and say what it means."""
        if code == ExcCodes.DEVICE_BUSY:
            self.counters.busy += 1
        elif code == ExcCodes.ILLEGAL_ADDRESS:
            self.counters.illegal_address += 1
        else:
            self.counters.other_exceptions += 1
        return wire_failures.refused(code, function, self._settings)
