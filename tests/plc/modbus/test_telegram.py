"""Telegrams, put together and taken apart: as pymodbus means them, and in every way they can break."""

import contextlib
import struct
from unittest import TestCase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersResponse,
    ReadWriteMultipleRegistersRequest,
    ReadWriteMultipleRegistersResponse,
    WriteMultipleRegistersResponse,
)

from plc.modbus.telegram import (
    Function,
    GarbledError,
    RefusedError,
    ShortError,
    Telegram,
    check_written,
    exchange_request,
    read_request,
    registers_in,
    take,
    write_request,
)
from plc.register_map.layout import RegisterLayout, WordOrder, swapped
from plc.register_map.registers import LINE_SIZE, VISION_SIZE, LineBlock, VisionBlock

WORD = st.integers(0, 0xFFFF)
BYTE = st.integers(0, 0xFF)
WORDS = st.lists(WORD, min_size=1, max_size=100)
TELEGRAMS = st.builds(Telegram, WORD, st.integers(0, 255), st.binary(min_size=1, max_size=253))
LAYOUTS = st.builds(RegisterLayout, st.sampled_from(WordOrder), st.booleans())


@given(address=WORD, count=st.integers(1, 125))
def test_another_stack_understands_our_read(address: int, count: int) -> None:
    request = DecodePDU(True).decode(read_request(address, count))
    assert request is not None
    assert (request.function_code, request.address, request.count) == (3, address, count)


@given(address=WORD, words=WORDS)
def test_another_stack_understands_our_write(address: int, words: list[int]) -> None:
    request = DecodePDU(True).decode(write_request(address, words))
    assert request is not None
    assert (request.function_code, request.address, request.registers) == (16, address, words)


@given(read=WORD, count=st.integers(1, 125), write=WORD, words=WORDS)
def test_another_stack_understands_our_exchange(read: int, count: int, write: int, words: list[int]) -> None:
    pdu = exchange_request(read_address=read, read_count=count, write_address=write, words=words)
    request = DecodePDU(True).decode(pdu)
    assert isinstance(request, ReadWriteMultipleRegistersRequest)
    assert (
        vars(request).items() >= {"read_address": read, "read_count": count, "write_address": write}.items()
    )
    assert request.write_registers == words


@given(transaction=st.integers(1, 0xFFFF), unit=st.integers(1, 255), read=WORD, words=WORDS)
def test_a_server_takes_each_request_apart_as_it_was_meant(
    transaction: int, unit: int, read: int, words: list[int]
) -> None:
    requests = {
        3: read_request(read, len(words)),
        16: write_request(read, words),
        23: exchange_request(read_address=read, read_count=9, write_address=read, words=words),
    }
    for function, pdu in requests.items():
        sent = Telegram(transaction, unit, pdu).pack()
        size, request = FramerSocket(DecodePDU(is_server=True)).handleFrame(sent, 0, 0)
        assert size == len(sent)
        assert request is not None
        assert (request.transaction_id, request.dev_id, request.function_code) == (
            transaction,
            unit,
            function,
        )
        assert bytes((function,)) + request.encode() == pdu


def test_requests_are_the_bytes_of_the_specifications_examples() -> None:
    """V1.1b3, chapters 6.3, 6.12 and 6.17; the header as in the implementation guide, chapter 3.1.3."""
    read = read_request(0x006B, 3)
    assert read.hex(" ") == "03 00 6b 00 03"
    assert write_request(1, [0x000A, 0x0102]).hex(" ") == "10 00 01 00 02 04 00 0a 01 02"
    exchange = exchange_request(read_address=3, read_count=6, write_address=14, words=[0xFF] * 3)
    assert exchange.hex(" ") == "17 00 03 00 06 00 0e 00 03 06 00 ff 00 ff 00 ff"
    assert Telegram(0x1501, 0xFF, read).pack().hex(" ") == "15 01 00 00 00 06 ff 03 00 6b 00 03"


@given(words=WORDS)
def test_we_understand_another_stacks_answers(words: list[int]) -> None:
    for function, kind in (
        (Function.READ, ReadHoldingRegistersResponse),
        (Function.EXCHANGE, ReadWriteMultipleRegistersResponse),
    ):
        pdu = bytes((function,)) + kind(registers=words).encode()
        assert registers_in(pdu, function=function, count=len(words)) == words
    written = WriteMultipleRegistersResponse(address=7, count=len(words))
    check_written(bytes((Function.WRITE,)) + written.encode(), address=7, count=len(words))


@given(telegrams=st.lists(TELEGRAMS, max_size=5), cut=st.integers(1, 300))
def test_telegrams_come_out_whole_and_in_order_however_the_bytes_are_cut(
    telegrams: list[Telegram], cut: int
) -> None:
    stream = b"".join(telegram.pack() for telegram in telegrams)
    buffer, taken = bytearray(), []
    for start in range(0, len(stream), cut):
        buffer += stream[start : start + cut]
        while (telegram := take(buffer)) is not None:
            taken.append(telegram)
    assert taken == telegrams
    assert not buffer


@given(data=st.binary(max_size=600))
def test_any_bytes_are_a_telegram_or_garbage_or_not_whole_yet(data: bytes) -> None:
    buffer = bytearray(data)
    with contextlib.suppress(GarbledError):
        while (telegram := take(buffer)) is not None:
            assert telegram.pack() in data


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Any bytes; any data behind a right header; and right answers with bytes exchanged, and cut."""
    any_bytes = st.binary(max_size=600)
    word = struct.Struct(">H")
    right = st.sampled_from(
        [
            bytes((3, 8)) + word.pack(7) * 4,
            bytes((23, 8)) + word.pack(7) * 4,
            bytes((16, 0, 100, 0, 4)),
            bytes((0x97, 2)),
        ]
    )
    pdu = st.one_of(st.binary(min_size=1, max_size=253), right)
    data = bytearray(draw(st.one_of(any_bytes, st.builds(Telegram, WORD, BYTE, pdu).map(Telegram.pack))))
    if data:
        for at, byte in draw(st.lists(st.tuples(st.integers(0, len(data) - 1), BYTE), max_size=3)):
            data[at] = byte
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


@given(data=streams())
def test_whatever_comes_only_our_three_errors_escape_and_pymodbus_has_nothing_to_log(data: bytes) -> None:
    buffer = bytearray(data)
    with TestCase().assertNoLogs("pymodbus", "INFO"), contextlib.suppress(GarbledError):
        while (telegram := take(buffer)) is not None:
            for function in (Function.READ, Function.EXCHANGE):
                with contextlib.suppress(RefusedError, ShortError, GarbledError):
                    assert len(registers_in(telegram.pdu, function=function, count=4)) == 4
            with contextlib.suppress(RefusedError, ShortError, GarbledError):
                check_written(telegram.pdu, address=100, count=4)
                assert telegram.pdu == bytes((16, 0, 100, 0, 4))


def test_what_pymodbus_cannot_read_all_the_same_is_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DecodePDU, "decode", lambda *_: None)
    with pytest.raises(GarbledError, match="pymodbus cannot read it"):
        registers_in(bytes((3, 2, 0, 7)), function=Function.READ, count=1)
    with pytest.raises(GarbledError, match="pymodbus cannot read it"):
        check_written(bytes((16, 0, 100, 0, 1)), address=100, count=1)


@given(function=st.integers(0, 255), following=st.binary(min_size=1, max_size=1))
def test_a_telegram_of_one_byte_keeps_its_hands_off_the_next_ones_first(
    function: int, following: bytes
) -> None:
    """pymodbus's framer, shown nine bytes of which eight are announced, takes the ninth as well."""
    telegram = Telegram(7, 1, bytes((function,)))
    buffer = bytearray(telegram.pack() + following)
    assert take(buffer) == telegram
    assert buffer == following


@given(pdu=st.binary(min_size=1, max_size=253), count=st.integers(1, 125))
def test_any_answer_is_understood_exactly_or_not_at_all(pdu: bytes, count: int) -> None:
    for function in (Function.READ, Function.EXCHANGE):
        with contextlib.suppress(RefusedError, ShortError, GarbledError):
            words = registers_in(pdu, function=function, count=count)
            assert pdu == struct.pack(f">BB{count}H", function, 2 * count, *words)
    with contextlib.suppress(RefusedError, ShortError, GarbledError):
        check_written(pdu, address=100, count=count)
        assert pdu == struct.pack(">BHH", Function.WRITE, 100, count)


@given(words=WORDS, cut=st.integers(1, 200))
def test_an_answer_that_breaks_off_is_short(words: list[int], cut: int) -> None:
    pdu = struct.pack(f">BB{len(words)}H", Function.READ, 2 * len(words), *words)
    with pytest.raises(ShortError):
        registers_in(pdu[: max(len(pdu) - cut, 1)], function=Function.READ, count=len(words))


def test_an_exception_that_breaks_off_is_short() -> None:
    with pytest.raises(ShortError, match="without its code"):
        registers_in(bytes((0x83,)), function=Function.READ, count=1)


@given(code=st.integers(0, 255))
def test_an_exception_tells_its_code(code: int) -> None:
    with pytest.raises(RefusedError) as refused:
        registers_in(bytes((0x97, code)), function=Function.EXCHANGE, count=1)
    assert refused.value.code == code


@given(following=st.binary(min_size=1, max_size=100))
def test_an_answer_with_more_behind_it_is_garbage(following: bytes) -> None:
    with pytest.raises(GarbledError):
        registers_in(bytes((3, 2, 0, 7)) + following, function=Function.READ, count=1)
    with pytest.raises(GarbledError):
        registers_in(bytes((0x83, 2)) + following, function=Function.READ, count=1)
    with pytest.raises(GarbledError):
        check_written(bytes((16, 0, 100, 0, 1)) + following, address=100, count=1)


@pytest.mark.parametrize("header", [b"\0\7\0\1", b"\0\7\1\0\0\6\1\3\2\0\7", b"HTTP/1.1 400 Bad Request"])
def test_a_header_with_another_protocol_is_garbage_at_once(header: bytes) -> None:
    with pytest.raises(GarbledError, match="protocol identifier"):
        take(bytearray(header))


@pytest.mark.parametrize("length", [0, 1, 255, 0xFFFF])
def test_a_header_with_a_length_that_modbus_does_not_have_is_garbage(length: int) -> None:
    with pytest.raises(GarbledError, match=f"announces {length} bytes"):
        take(bytearray(struct.pack(">HHHB", 1, 0, length, 1)))


@given(words=st.lists(WORD, min_size=LINE_SIZE, max_size=LINE_SIZE), layout=LAYOUTS)
def test_every_layout_of_the_line_block_is_its_own_inverse(words: list[int], layout: RegisterLayout) -> None:
    assert layout.registers(layout.line_block(words)) == words


@given(words=st.lists(WORD, min_size=VISION_SIZE, max_size=VISION_SIZE), layout=LAYOUTS)
def test_every_layout_of_the_vision_block_is_its_own_inverse(
    words: list[int], layout: RegisterLayout
) -> None:
    assert layout.registers(layout.vision_block(words)) == words


def test_word_order_and_byte_swap_mean_what_they_say() -> None:
    line, vision = LineBlock(part_id=0x11223344, boot_id=0xAABB), VisionBlock(part_id=0x11223344)
    low_first = RegisterLayout(WordOrder.LOW_FIRST)
    assert low_first.registers(line)[4:6] == [0x3344, 0x1122]
    assert low_first.registers(vision)[6:8] == [0x3344, 0x1122]
    assert low_first.registers(line)[12] == 0xAABB
    bytes_swapped = RegisterLayout(byte_swap=True)
    assert bytes_swapped.registers(line)[4:6] == [0x2211, 0x4433]
    assert bytes_swapped.registers(line)[0] == swapped(1) == 0x0100
