"""The register map: what is written is what is read, and no damaged word reads as a pass."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.decision import Action
from inspection.part import Outcome
from plc.register_map import registers
from plc.register_map.registers import (
    DECISION_CODES,
    LINE_SIZE,
    LINE_WORDS,
    OUTCOME_CODES,
    VISION_SIZE,
    VISION_WORDS,
    ErrorCode,
    LineBlock,
    VisionBits,
    VisionBlock,
    Word,
    action_of,
    complement,
    outcome_of,
)

words = st.integers(0, 0xFFFF)


@given(st.lists(words, min_size=LINE_SIZE, max_size=LINE_SIZE))
def test_every_line_block_survives_unpacking_and_packing(block: list[int]) -> None:
    assert LineBlock.unpack(block).pack() == block


@given(st.lists(words, min_size=VISION_SIZE, max_size=VISION_SIZE))
def test_every_vision_block_survives_unpacking_and_packing(block: list[int]) -> None:
    assert VisionBlock.unpack(block).pack() == block


def test_long_values_travel_high_word_first() -> None:
    assert LineBlock(part_id=0x12345678).pack()[4:6] == [0x1234, 0x5678]
    assert VisionBlock(part_id=0x12345678).pack()[6:8] == [0x1234, 0x5678]


def test_words_lie_where_the_design_puts_them() -> None:
    places = {word.field: word.offset for word in VISION_WORDS}
    assert (places["result_seq"], places["decision"], places["result_seq_tail"]) == (5, 8, 19)
    assert places["outcome_ack_seq"] == 20
    places = {word.field: word.offset for word in LINE_WORDS}
    assert (places["trigger_seq"], places["outcome_seq"], places["boot_id"]) == (3, 9, 12)


@pytest.mark.parametrize("table", [LINE_WORDS, VISION_WORDS])
def test_words_neither_overlap_nor_leave_gaps(table: tuple[Word, ...]) -> None:
    end = 0
    for word in table:
        assert word.offset == end
        end += word.size


@pytest.mark.parametrize("length", [0, LINE_SIZE - 1, LINE_SIZE + 1])
def test_a_block_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="16 words"):
        LineBlock.unpack([0] * length)


@pytest.mark.parametrize("value", [-1, 0x1_0000])
def test_a_value_that_does_not_fit_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="latency_ms"):
        VisionBlock(latency_ms=value)


@pytest.mark.parametrize("action", Action)
def test_a_decision_is_read_back(action: Action) -> None:
    code = DECISION_CODES[action]
    assert action_of(decision=code, decision_complement=complement(code)) is action


@given(words, words)
def test_only_a_code_with_its_exact_complement_is_a_decision(decision: int, inverse: int) -> None:
    expected = decision in DECISION_CODES.values() and decision ^ inverse == 0xFFFF
    assert (action_of(decision=decision, decision_complement=inverse) is not None) == expected


def test_no_seven_flipped_bits_turn_one_decision_into_another() -> None:
    for one, other in combinations(DECISION_CODES.values(), 2):
        assert (one ^ other).bit_count() >= 8


def test_outcomes_are_read_back_and_an_unknown_code_asks_for_a_person() -> None:
    assert {outcome_of(code) for code in OUTCOME_CODES.values()} == set(OUTCOME_CODES)
    assert outcome_of(0) is outcome_of(6) is Outcome.UNCONFIRMED


@given(words)
def test_an_error_code_is_severity_component_and_code(word: int) -> None:
    error = ErrorCode.of(word)
    assert error.word == word
    assert error.severity * 4096 + error.component * 256 + error.code == word


def test_an_error_code_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="one word"):
        _ = ErrorCode(severity=16, component=1, code=1).word


def test_bits_that_the_map_does_not_name_are_kept() -> None:
    block = VisionBlock.unpack([*VisionBlock().pack()[:2], 0x8001, *VisionBlock().pack()[3:]])
    assert VisionBits.ONLINE in block.bits
    assert block.pack()[2] == 0x8001


def test_the_map_knows_every_action_and_every_outcome_that_a_plc_can_report() -> None:
    assert set(registers.DECISION_CODES) == set(Action)
    assert set(registers.OUTCOME_CODES) == set(Outcome) - {Outcome.UNCONFIRMED}
