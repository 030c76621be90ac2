"""Modbus TCP telegrams as bytes: the three functions of the link, packed and taken apart. No I/O.

After "MODBUS Messaging on TCP/IP Implementation Guide V1.0b" (header) and "MODBUS Application Protocol
Specification V1.1b3" (functions 3, 16 and 23). An answer is believed only where everything that it repeats
of the question is right: transaction, unit, function, number of registers.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_HEADER: Final = struct.Struct(">HHHB")
MAX_PDU: Final = 253
"""Bytes of function code and data in one telegram."""


class Function(IntEnum):
    """The functions that the link uses."""

    READ = 3
    """Read holding registers."""
    WRITE = 16
    """Write multiple registers."""
    EXCHANGE = 23
    """Read/write multiple registers: one telegram that writes, then reads."""


class ExceptionCode(IntEnum):
    """What a server may answer instead (V1.1b3, chapter 7)."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3
    DEVICE_FAILURE = 4
    ACKNOWLEDGE = 5
    BUSY = 6
    GATEWAY_PATH = 10
    GATEWAY_TARGET = 11


class GarbledError(Exception):
    """The bytes are no answer to what was asked; the message says what is wrong with them."""


class ShortError(Exception):
    """The answer is the right one, but holds less than was asked for."""


class RefusedError(Exception):
    """The server answered with a Modbus exception."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Modbus exception {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Telegram:
    """One telegram, whole."""

    transaction: int
    """Chosen by the client, repeated by the server: tells a late answer from the one that is due."""
    unit: int
    pdu: bytes
    """Function code and data."""

    def pack(self) -> bytes:
        """As it goes over the wire."""
        return _HEADER.pack(self.transaction, 0, len(self.pdu) + 1, self.unit) + self.pdu


def take(buffer: bytearray) -> Telegram | None:
    """Take the first telegram out of ``buffer``; None where it is not whole yet.

    Raises:
        GarbledError: The buffer does not begin with a Modbus TCP header.
    """
    if len(buffer) >= 4 and any(buffer[2:4]):
        raise GarbledError("the protocol identifier is not 0")
    if len(buffer) < _HEADER.size:
        return None
    transaction, _, length, unit = _HEADER.unpack_from(buffer)
    if not 2 <= length <= MAX_PDU + 1:
        raise GarbledError(f"the header announces {length} bytes")
    end = _HEADER.size + length - 1
    if len(buffer) < end:
        return None
    pdu = bytes(buffer[_HEADER.size : end])
    del buffer[:end]
    return Telegram(transaction, unit, pdu)


def read_request(address: int, count: int) -> bytes:
    """Function 3: read ``count`` registers from ``address``."""
    return struct.pack(">BHH", Function.READ, address, count)


def write_request(address: int, words: list[int]) -> bytes:
    """Function 16: write ``words`` from ``address``."""
    return struct.pack(f">BHHB{len(words)}H", Function.WRITE, address, len(words), 2 * len(words), *words)


def exchange_request(*, read_address: int, read_count: int, write_address: int, words: list[int]) -> bytes:
    """Function 23: write ``words`` from ``write_address``, then read ``read_count`` registers."""
    return struct.pack(
        f">BHHHHB{len(words)}H",
        Function.EXCHANGE,
        read_address,
        read_count,
        write_address,
        len(words),
        2 * len(words),
        *words,
    )


def registers_in(pdu: bytes, *, function: Function, count: int) -> list[int]:
    """The registers in an answer to ``READ`` or ``EXCHANGE``.

    Raises:
        RefusedError: A Modbus exception.
        ShortError: Fewer registers than asked for.
        GarbledError: Anything else.
    """
    data = _data(pdu, function)
    announced = data[0] if data else 0
    if len(data) - 1 < announced or announced < 2 * count:
        raise ShortError(f"{max(len(data) - 1, 0) // 2} of {count} registers")
    if announced != 2 * count or len(data) != announced + 1:
        raise GarbledError(f"{announced} bytes instead of {2 * count}")
    return list(struct.unpack(f">{count}H", data[1:]))


def check_written(pdu: bytes, *, address: int, count: int) -> None:
    """Make sure that an answer to ``WRITE`` confirms what was written.

    Raises:
        RefusedError: A Modbus exception.
        ShortError: The answer breaks off.
        GarbledError: It confirms something else.
    """
    data = _data(pdu, Function.WRITE)
    if len(data) < 4:
        raise ShortError("the confirmation breaks off")
    if data != struct.pack(">HH", address, count):
        raise GarbledError("another write is confirmed")


def _data(pdu: bytes, function: Function) -> bytes:
    """What follows the function code."""
    if pdu[0] == function | 0x80:
        if len(pdu) < 2:
            raise ShortError("an exception without its code")
        if len(pdu) > 2:
            raise GarbledError("an exception with more than its code")
        raise RefusedError(pdu[1])
    if pdu[0] != function:
        raise GarbledError(f"function {pdu[0]} instead of {function}")
    return pdu[1:]
