"""What a PLC's words say of which part it is: a name as it was written, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from inspection.part import Identity
from plc.register_map.layout import RegisterLayout, WordOrder
from plc.register_map.name_words import MOST_WORDS, NameForm, NameWords
from plc.settings import LinkSettings


def packed(text: bytes, words: int) -> list[int]:
    padded = text.ljust(2 * words, b"\0")
    return [int.from_bytes(padded[at : at + 2], "big") for at in range(0, 2 * words, 2)]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=2 * MOST_WORDS))
def test_a_text_reads_back_as_it_was_written(name: str) -> None:
    block = NameWords(base=200, words=MOST_WORDS)
    for fill in (b"\0", b" "):
        words = packed(name.encode().ljust(2 * MOST_WORDS, fill), MOST_WORDS)
        assert block.identity(words) == Identity(serial=name, source="plc")


@given(st.integers(1, 0xFFFFFFFF), st.sampled_from(WordOrder), st.booleans())
def test_a_number_reads_back_in_each_order_of_words_and_bytes(
    number: int, order: WordOrder, swap: bool
) -> None:
    block = NameWords(base=200, form=NameForm.U32, field="lot")
    halves = [number >> 16, number & 0xFFFF]
    lying = halves if order is WordOrder.HIGH_FIRST else halves[::-1]
    lying = [(word & 0xFF) << 8 | word >> 8 for word in lying] if swap else lying
    layout = RegisterLayout(order, swap)
    assert block.identity(layout.number(lying)) == Identity(lot=str(number), source="plc")


@pytest.mark.parametrize(
    "words", [[0, 0], [0x2020, 0x2020], [0x5300, 0x4E31], [0x53FF, 0], [0x0A53, 0], [0x2053, 0]]
)
def test_words_that_hold_no_clean_name_name_nothing(words: list[int]) -> None:
    assert NameWords(base=200, words=2).identity(words) is None
    assert NameWords(base=200, form=NameForm.U32).identity([0, 0]) is None


def test_settings_that_cannot_be_are_refused() -> None:
    for name in (
        {"base": 0xFFFF, "words": 2},
        {"base": 200, "words": 4, "form": "u32"},
        {"base": 110, "words": 2},
        {"base": 200, "words": 17},
    ):
        with pytest.raises(ValidationError):
            LinkSettings.model_validate({"name": name})
    assert LinkSettings.model_validate({"name": {"base": 200, "form": "u32"}}).name == NameWords(
        base=200, words=2, form=NameForm.U32
    )
