"""Promise 4: the order of a part's life is fixed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.decision import Timings
from inspection.station.passage import IllegalStepError, Passage, Phase
from tests.fakes import decision, trigger


@given(st.lists(st.sampled_from(Phase), max_size=8))
def test_nothing_is_published_that_was_not_recorded_and_nothing_closed_that_was_not_settled(
    steps: list[Phase],
) -> None:
    passage = Passage(trigger())
    taken = [passage.phase]
    for step in steps:
        try:
            passage.advance(step, 0)
        except IllegalStepError:
            continue
        taken.append(step)
    if Phase.PUBLISHED in taken:
        assert taken[taken.index(Phase.PUBLISHED) - 1] is Phase.RECORDED
        assert Phase.WITHHELD not in taken
    if Phase.CLOSED in taken:
        assert taken[-2] in {Phase.PUBLISHED, Phase.WITHHELD}
    assert len(set(taken)) == len(taken)


def test_a_part_may_be_decided_without_a_picture() -> None:
    passage = Passage(trigger())
    passage.advance(Phase.DECIDED, 2_000_000)
    assert passage.elapsed_ms(Phase.DECIDED) == 2.0
    assert passage.elapsed_ms(Phase.CAPTURED) is None


def test_a_closed_part_stays_closed() -> None:
    passage = Passage(trigger())
    for step in (Phase.CAPTURED, Phase.DECIDED, Phase.RECORDED, Phase.PUBLISHED, Phase.CLOSED):
        passage.advance(step, 0)
    with pytest.raises(IllegalStepError):
        passage.advance(Phase.PUBLISHED, 0)


def test_durations_are_counted_from_the_trigger_and_what_did_not_happen_has_none() -> None:
    passage = Passage(trigger(seen_ns=5_000_000))
    assert passage.timed(decision()).timings_ms == Timings(total=0.0)
    assert passage.measured == {}
    passage.called_ns = 6_000_000
    for phase, at_ns in ((Phase.CAPTURED, 17_000_000), (Phase.DECIDED, 105_000_000)):
        passage.advance(phase, at_ns)
    inside = decision(timings_ms=Timings(quality=2.0, vision=40.0))
    assert passage.timed(inside).timings_ms == Timings(
        trigger_to_capture=1.0, capture=12.0, quality=2.0, vision=40.0, total=100.0
    )
    passage.advance(Phase.RECORDED, 109_000_000)
    passage.accepted_ns = 135_000_000
    assert passage.measured == {"recording_ms": 4.0, "accepted_ms": 130.0}
