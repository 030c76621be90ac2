"""The count: whatever is read, and when, every number is told exactly once and in order."""

from hypothesis import given
from hypothesis import strategies as st

from inspection.line_events import KnownPart
from plc.handshake.trigger_count import MAX_BACKLOG, MAX_GAP, News, TriggerCount
from plc.register_map.registers import LineBlock
from plc.register_map.sequence import next_seq


def numbers(news: News, line: LineBlock) -> list[int]:
    return [*news.missed, *([line.trigger_seq] if news.newest else [])]


@given(
    start=st.integers(1, 0xFFFF),
    steps=st.lists(st.one_of(st.integers(0, 3), st.integers(0, MAX_GAP + 20)), max_size=4),
    data=st.data(),
)
def test_every_number_is_told_once_and_in_order_across_the_wrap_and_through_restarts(
    start: int, steps: list[int], data: st.DataObject
) -> None:
    count = TriggerCount()
    count.resume_from(KnownPart(plc_boot_id=7, seq=start, part_id=1))
    raised, told, seq = [], [], start
    for step in [*steps, *[0] * (len(steps) * (MAX_GAP + 20))]:
        for _ in range(step):
            seq = next_seq(seq)
            raised.append(seq)
        line = LineBlock(boot_id=7, trigger_seq=seq)
        news = count.take(line, resync=data.draw(st.booleans()) if step else False)
        assert len(news.missed) < MAX_GAP
        told += numbers(news, line)
        if step and data.draw(st.booleans(), label="Passgate is killed"):
            count = TriggerCount()
            count.resume_from(KnownPart(plc_boot_id=7, seq=told[-1] if told else start, part_id=1))
    assert told == raised


@given(last=st.integers(1, 0xFFFF), ahead=st.integers(MAX_BACKLOG + 1, 0xFFFF - 1))
def test_a_count_that_jumps_too_far_is_taken_up_anew(last: int, ahead: int) -> None:
    count = TriggerCount()
    count.resume_from(KnownPart(plc_boot_id=7, seq=last, part_id=1))
    line = LineBlock(boot_id=7, trigger_seq=(last + ahead - 1) % 0xFFFF + 1)
    news = count.take(line, resync=False)
    assert (news.missed, news.newest, news.uncounted) == ((), True, ahead - 1)
    assert count.last == line.trigger_seq
    assert not count.counting_missed


@given(st.integers(0, 0xFFFF))
def test_only_zero_after_a_count_is_a_fall_back(seq: int) -> None:
    count = TriggerCount()
    count.resume_from(KnownPart(plc_boot_id=7, seq=1, part_id=1))
    assert count.fell_back(LineBlock(boot_id=7, trigger_seq=seq)) is (seq == 0)
    assert not count.fell_back(LineBlock(boot_id=8, trigger_seq=seq))
    assert not TriggerCount().fell_back(LineBlock(boot_id=7, trigger_seq=seq))
