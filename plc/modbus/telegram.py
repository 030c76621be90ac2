"""Modbus TCP telegrams as bytes: the three functions of the link. No I/O.

pymodbus makes the telegrams and takes them apart. It is lenient, it waits for the rest of what will never be
whole, and it has one answer, and a line in the log, for all that it cannot read. So it is shown only what was
checked here, after "MODBUS Messaging on TCP/IP Implementation Guide V1.0b" (header) and "MODBUS Application
Protocol Specification V1.1b3" (functions 3, 16 and 23): an answer is believed only where everything that it
repeats of the question is right: transaction, unit, function, number of registers.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pymodbus.constants import ExcCodes as ExcCodes  # as: for the rest of the link
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadWriteMultipleRegistersRequest,
    WriteMultipleRegistersRequest,
)

MAX_PDU: Final = 253
"""Bytes of function code and data in one telegram."""

HEADER: Final = 7
"""Bytes before the function code; the last one, the unit, is counted in the length too."""

_DECODER: Final = DecodePDU(is_server=False)
_FRAMER: Final = FramerSocket(_DECODER)


class Function(IntEnum):
    """The functions that the link uses."""

    READ = ReadHoldingRegistersRequest.function_code
    """3, read holding registers."""
    WRITE = WriteMultipleRegistersRequest.function_code
    """16, write multiple registers."""
    EXCHANGE = ReadWriteMultipleRegistersRequest.function_code
    """23, read/write multiple registers: one telegram that writes, then reads."""


class GarbledError(Exception):
    """The bytes are no answer to what was asked; the message says what is wrong with them."""

    def __init__(self, message: str, *, todo: str = "") -> None:
        super().__init__(message)
        self.todo = todo
        """What to do, where this is a known way of servers, and the same each time."""


class ShortError(Exception):
    """The answer is the right one, but holds less than was asked for."""


class RefusedError(Exception):
    """The server answered with a Modbus exception."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Modbus exception {code}")
        self.code = code
        """One of pymodbus's ``ExcCodes``, or whatever else the server says."""


@dataclass(frozen=True, slots=True)
class Telegram:
    """One telegram, whole."""

    transaction: int
    """Chosen by the client, repeated by the server: tells a late answer from the one that is due."""
    unit: int
    pdu: bytes
    """Function code and data; never empty where ``take`` made it."""

    def pack(self) -> bytes:
        """As it goes over the wire."""
        return _FRAMER.encode(self.pdu, self.unit, self.transaction)


def take(buffer: bytearray) -> Telegram | None:
    """Take the first telegram out of ``buffer``; None where it is not whole yet.

    Raises:
        GarbledError: The buffer does not begin with a Modbus TCP header.
    """
    if len(buffer) >= 4 and any(buffer[2:4]):  # pymodbus would wait for the rest, for ever
        raise GarbledError("the protocol identifier is not 0")
    if len(buffer) < HEADER:
        return None
    length = int.from_bytes(buffer[4:6], "big")
    if not 2 <= length <= MAX_PDU + 1:  # pymodbus takes 0 and 1, and waits for 65535
        todo = "" if length > 1 else "No setting helps against that: mend or replace the gateway or server"
        raise GarbledError(f"the header announces {length} bytes", todo=todo)
    # Never more than the one telegram: of two bytes with a third behind them, pymodbus takes all three.
    size, unit, transaction, pdu = _FRAMER.decode(bytes(buffer[: HEADER - 1 + length]))
    if not size:
        return None
    del buffer[:size]
    return Telegram(transaction, unit, pdu)


def read_request(address: int, count: int) -> bytes:
    """Function 3: read ``count`` registers from ``address``."""
    return _encoded(ReadHoldingRegistersRequest(address=address, count=count))


def write_request(address: int, words: list[int]) -> bytes:
    """Function 16: write ``words`` from ``address``."""
    return _encoded(WriteMultipleRegistersRequest(address=address, registers=words))


def exchange_request(*, read_address: int, read_count: int, write_address: int, words: list[int]) -> bytes:
    """Function 23: write ``words`` from ``write_address``, then read ``read_count`` registers."""
    return _encoded(
        ReadWriteMultipleRegistersRequest(
            read_address=read_address,
            read_count=read_count,
            write_address=write_address,
            write_registers=words,
        )
    )


def registers_in(pdu: bytes, *, function: Function, count: int) -> list[int]:
    """The registers in an answer to ``READ`` or ``EXCHANGE``.

    Raises:
        RefusedError: A Modbus exception.
        ShortError: Fewer registers than asked for.
        GarbledError: Anything else.
    """
    _check_function(pdu, function)
    held = max(len(pdu) - 2, 0)
    announced = pdu[1] if len(pdu) > 1 else 0
    if held < announced or announced < 2 * count:
        raise ShortError(f"{held // 2} of {count} registers")
    if announced != 2 * count or held != announced:  # pymodbus drops half a register, and what follows
        raise GarbledError(f"{announced} bytes instead of {2 * count}")
    return list(_decoded(pdu).registers)


def check_written(pdu: bytes, *, address: int, count: int) -> None:
    """Make sure that an answer to ``WRITE`` confirms what was written.

    Raises:
        RefusedError: A Modbus exception.
        ShortError: The answer breaks off.
        GarbledError: It confirms something else.
    """
    _check_function(pdu, Function.WRITE)
    if len(pdu) < 5:
        raise ShortError("the confirmation breaks off")
    written = _decoded(pdu)
    if len(pdu) > 5 or (written.address, written.count) != (address, count):  # pymodbus drops what follows
        raise GarbledError("another write is confirmed")


def _check_function(pdu: bytes, function: Function) -> None:
    """Let only an answer to ``function`` pass: pymodbus would decode any other one as gladly."""
    if pdu[0] == function:
        return
    if pdu[0] != function | 0x80:
        raise GarbledError(f"function {pdu[0]} instead of {function}")
    if len(pdu) < 2:
        raise ShortError("an exception without its code")
    if len(pdu) > 2:  # pymodbus drops what follows
        raise GarbledError("an exception with more than its code")
    raise RefusedError(_decoded(pdu).exception_code)


def _encoded(request: ModbusPDU) -> bytes:
    """Function code and data, which pymodbus joins only together with the header."""
    return bytes((request.function_code,)) + request.encode()


def _decoded(pdu: bytes) -> ModbusPDU:
    """What pymodbus reads in an answer whose length was checked."""
    answer = _DECODER.decode(pdu)
    if answer is None:  # of nothing that the checks let through, as far as we know pymodbus
        raise GarbledError("pymodbus cannot read it")
    return answer
