"""Numbers that count round: triggers from 1 to 65535 and again from 1, heartbeats from 0."""

from hypothesis import given
from hypothesis import strategies as st

from plc.register_map.sequence import BEATS_BEHIND, is_behind, next_seq, previous_seq, seq_distance

seqs = st.integers(1, 0xFFFF)
beats = st.integers(0, 0xFFFF)


@given(seqs)
def test_sequence_numbers_never_are_zero_and_have_one_neighbour_each_side(seq: int) -> None:
    assert 1 <= next_seq(seq) <= 0xFFFF
    assert previous_seq(next_seq(seq)) == seq


def test_sequence_numbers_wrap_to_one() -> None:
    assert next_seq(0xFFFF) == 1
    assert previous_seq(1) == 0xFFFF
    assert next_seq(0) == 1


@given(seqs, st.integers(0, 300))
def test_distance_counts_the_steps_across_the_wrap(seq: int, steps: int) -> None:
    later = seq
    for _ in range(steps):
        later = next_seq(later)
    assert seq_distance(older=seq, newer=later) == steps


@given(beats, st.integers(1, BEATS_BEHIND))
def test_a_heartbeat_that_was_counted_a_moment_before_is_behind_across_the_wrap(beat: int, by: int) -> None:
    newest = beat + by & 0xFFFF
    assert is_behind(newest=newest, beat=beat)
    assert not is_behind(newest=beat, beat=newest)
    assert not is_behind(newest=beat, beat=beat)
