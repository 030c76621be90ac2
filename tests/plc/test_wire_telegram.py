"""Telegrams, put together and taken apart: as pymodbus means them, and in every way they can break."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersResponse,
    ReadWriteMultipleRegistersResponse,
    WriteMultipleRegistersResponse,
)

from plc.layout import Layout, WordOrder, swapped
from plc.registers import LINE_SIZE, VISION_SIZE, LineBlock, VisionBlock
from plc.telegram import (
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

WORD = st.integers(0, 0xFFFF)
WORDS = st.lists(WORD, min_size=1, max_size=100)
TELEGRAMS = st.builds(Telegram, WORD, st.integers(0, 255), st.binary(min_size=1, max_size=253))
LAYOUTS = st.builds(Layout, st.sampled_from(WordOrder), st.booleans())


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
    assert request is not None
    assert (
        vars(request).items() >= {"read_address": read, "read_count": count, "write_address": write}.items()
    )
    assert request.write_registers == words  # type: ignore[attr-defined]


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


@given(code=st.integers(0, 255))
def test_an_exception_tells_its_code(code: int) -> None:
    with pytest.raises(RefusedError) as refused:
        registers_in(bytes((0x97, code)), function=Function.EXCHANGE, count=1)
    assert refused.value.code == code


@pytest.mark.parametrize("length", [0, 1, 255, 0xFFFF])
def test_a_header_with_a_length_that_modbus_does_not_have_is_garbage(length: int) -> None:
    with pytest.raises(GarbledError, match=f"announces {length} bytes"):
        take(bytearray(struct.pack(">HHHB", 1, 0, length, 1)))


@given(words=st.lists(WORD, min_size=LINE_SIZE, max_size=LINE_SIZE), layout=LAYOUTS)
def test_every_layout_of_the_line_block_is_its_own_inverse(words: list[int], layout: Layout) -> None:
    assert layout.registers(layout.line_block(words)) == words


@given(words=st.lists(WORD, min_size=VISION_SIZE, max_size=VISION_SIZE), layout=LAYOUTS)
def test_every_layout_of_the_vision_block_is_its_own_inverse(words: list[int], layout: Layout) -> None:
    assert layout.registers(layout.vision_block(words)) == words


def test_word_order_and_byte_swap_mean_what_they_say() -> None:
    line, vision = LineBlock(part_id=0x11223344, boot_id=0xAABB), VisionBlock(part_id=0x11223344)
    low_first = Layout(WordOrder.LOW_FIRST)
    assert low_first.registers(line)[4:6] == [0x3344, 0x1122]
    assert low_first.registers(vision)[6:8] == [0x3344, 0x1122]
    assert low_first.registers(line)[12] == 0xAABB
    bytes_swapped = Layout(byte_swap=True)
    assert bytes_swapped.registers(line)[4:6] == [0x2211, 0x4433]
    assert bytes_swapped.registers(line)[0] == swapped(1) == 0x0100
