"""FollowMotion on the line: set points move belt and diverter within physics, and release nothing."""

from itertools import pairwise

from inspection.decision import Action
from inspection.part import Outcome
from plc.simulator.program.following import MotionMode
from tests.plc.simulator.lines import Line

FULL_DEG = 45.0


def test_the_belt_follows_the_set_points_as_fast_as_its_drive_can() -> None:
    line = Line(parts=0, follow_motion=True, stream=lambda t: (100.0 if t < 3 else 300.0, FULL_DEG))
    line.run(2.9)
    assert line.speeds()[-1] == 100
    line.run(1.1)
    speeds = line.speeds()
    assert speeds[-1] == 300
    steps = [after - before for before, after in pairwise(speeds)]
    assert max(steps) <= 25 + 1, "2500 mm/s² in scans of 10 ms, rounded"


def test_the_belt_brakes_gently_when_the_stream_dries_up_and_goes_on_with_it() -> None:
    line = Line(parts=0, follow_motion=True, stream=lambda _: (200.0, FULL_DEG))
    line.run(2)
    stream, line.stream = line.stream, None
    line.run(1)
    speeds = line.speeds()
    assert line.bench.state().motion == MotionMode.BRAKING
    assert speeds[-1] == 0
    assert min(after - before for before, after in pairwise(speeds)) >= -13
    line.stream = stream
    line.run(0.5)
    assert line.speeds()[-1] == 200


def test_set_points_that_divert_turn_a_pass_aside() -> None:
    line = Line(parts=2, follow_motion=True, stream=lambda _: (250.0, FULL_DEG))
    line.finish()
    assert [(result.action, result.outcome) for result in line.results] == [
        (Action.PASS, Outcome.DIVERTED)
    ] * 2


def test_set_points_that_let_pass_release_nothing_but_a_pass() -> None:
    actions = [Action.PASS, Action.REWORK, Action.MANUAL_REVIEW, None]
    line = Line(
        parts=8,
        follow_motion=True,
        stream=lambda _: (250.0, 0.0),
        answer=lambda trigger: actions[trigger.seq % 4],
    )
    line.finish()
    released = [result.action for result in line.results if result.outcome is Outcome.RELEASED]
    assert released == [Action.PASS] * 2
    assert line.bench.counted.released_without_pass == 0


def test_set_points_between_the_lanes_do_not_hold_the_line_for_ever() -> None:
    line = Line(parts=2, follow_motion=True, stream=lambda _: (250.0, 20.0))
    line.finish()
    assert [(result.outcome, result.doubt) for result in line.results] == [
        (Outcome.DEFAULT_REJECTED, "diverter")
    ] * 2


def test_a_stream_never_carries_a_part_past_a_photo_eye_that_waits() -> None:
    line = Line(parts=3, follow_motion=True, stream=lambda _: (500.0, FULL_DEG))
    line.vision.set_ready(False)
    line.run(6)
    assert line.bench.state().sensors.eye
    assert line.speeds()[-1] == 0
    assert line.bench.triggers == 0
