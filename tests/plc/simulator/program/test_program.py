"""The PLC's program with its line, before Passgate's own handshake, in simulated time."""

from typing import Any

import pytest

from inspection.decision import Action
from inspection.line_events import HaltCleared, Halted, OutcomeReported, PartMissed, PartTriggered
from inspection.part import Outcome
from plc.simulator import LineFault
from plc.simulator.program.handshake import Rejected
from plc.simulator.program.tracking import Doubt
from tests.plc.simulator.lines import SCAN_MS, Line

ALL = [Action.PASS, Action.REWORK, Action.PASS, Action.MANUAL_REVIEW]


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        (Action.PASS, Outcome.RELEASED),
        (Action.REWORK, Outcome.DIVERTED),
        (Action.STOP, Outcome.STOPPED),
        (Action.MANUAL_REVIEW, Outcome.HELD),
        (None, Outcome.DEFAULT_REJECTED),
    ],
)
def test_each_decision_has_its_outcome_and_silence_is_a_reject(
    action: Action | None, outcome: Outcome
) -> None:
    line = Line(parts=1, answer=lambda _: action)
    line.finish()
    (result,) = line.results
    assert (result.outcome, result.action, result.doubt) == (outcome, action, None)
    assert result.rejected is (Rejected.DEADLINE if action is None else None)
    assert [event.outcome for event in line.events if isinstance(event, OutcomeReported)] == [outcome]


def test_parts_are_numbered_and_ask_for_their_recipe() -> None:
    line = Line(recipe_request=4)
    line.finish()
    triggers = [event.trigger for event in line.events if isinstance(event, PartTriggered)]
    assert [(t.seq, t.part_id, t.recipe_request) for t in triggers] == [(1, 100, 4), (2, 101, 4), (3, 102, 4)]
    assert line.outcomes() == [Outcome.RELEASED] * 3


@pytest.mark.parametrize(
    "settings",
    [
        {"rate_per_min": 60.0},
        {"rate_per_min": 150.0},
        {"rate_per_min": 600.0},
        {"rate_per_min": 600.0, "belt_speed_mm_s": 1000},
        {"rate_per_min": 300.0, "belt_speed_mm_s": 500, "diverter_mm": 1500.0},
        {"rate_per_min": 300.0, "belt_speed_mm_s": 500, "diverter_mm": 200.0},
    ],
)
def test_parts_keep_their_decisions_at_any_rate_and_distance(settings: dict[str, Any]) -> None:
    line = Line(parts=24, answer=lambda trigger: ALL[trigger.seq % 4], think_ms=20, **settings)
    line.finish()
    assert [result.action for result in line.results] == [ALL[seq % 4] for seq in range(1, 25)]
    assert line.outcomes().count(Outcome.RELEASED) == 12
    assert not any(result.doubt for result in line.results)
    assert line.bench.counted.released_without_pass == 0


def test_a_stop_holds_the_belt_until_the_part_is_taken_out() -> None:
    line = Line(parts=1, answer=lambda _: Action.STOP)
    line.finish()
    speeds = line.speeds()
    moving = [index for index, speed in enumerate(speeds) if speed]
    stood = speeds[moving[0] : moving[-1]].count(0) * SCAN_MS
    braking = 250 / line.settings.bench().physics.gentle_mm_s2 * 1000
    assert stood == pytest.approx(500 - braking, abs=40) or moving[-1] == len(speeds) - 1
    assert line.bench.counted.removed == 1
    assert not line.bench.state().parts


def test_without_passgate_the_belt_waits_and_no_part_is_lost() -> None:
    line = Line()
    line.alive = False
    line.run(10)
    assert (line.bench.triggers, line.results) == (0, [])
    assert line.bench.held_s > 7
    assert line.bench.state().sensors.eye, "it stands under the photo-eye"
    line.alive = True
    line.finish()
    assert line.outcomes() == [Outcome.RELEASED] * 3


def test_a_killed_passgate_costs_the_open_part_and_nothing_else() -> None:
    line = Line(think_ms=200)
    line.run_until(lambda: bool(line.waiting))
    line.alive = False
    line.run(3)
    line.alive = True
    line.start_vision()
    line.finish()
    assert [result.rejected for result in line.results] == [Rejected.VISION_LOST, None, None]
    told = [event.seq for event in line.events if isinstance(event, OutcomeReported)]
    assert told == [1, 2, 3]
    assert [event.trigger.seq for event in line.events if isinstance(event, PartMissed)] == [1]


def test_a_restart_between_trigger_and_result_rejects_the_part() -> None:
    line = Line(parts=1)
    line.run_until(lambda: bool(line.waiting))
    line.start_vision()
    line.run(8)
    assert [result.rejected for result in line.results] == [Rejected.VISION_RESTARTED]


def test_a_part_that_leaves_undecided_is_rejected() -> None:
    line = Line(parts=1, think_ms=900, deadline_ms=2000, diverter_mm=160.0)
    line.finish()
    assert [(result.rejected, result.outcome) for result in line.results] == [
        (Rejected.UNDECIDED_AT_DIVERTER, Outcome.DEFAULT_REJECTED)
    ]


def test_a_halted_passgate_is_reset_and_the_line_goes_on() -> None:
    line = Line()
    line.run(0.2)
    line.events.extend(line.vision.halt("test"))
    line.finish()
    assert [type(event) for event in line.events if isinstance(event, Halted | HaltCleared)] == [
        Halted,
        HaltCleared,
    ]
    assert line.bench.fault_resets == 1
    assert line.outcomes() == [Outcome.RELEASED] * 3


def test_the_diverter_rests_where_it_rejects() -> None:
    line = Line(answer=lambda _: None)
    line.finish()
    assert {block.diverter_angle_ddeg for block in line.lines if block is not None} == {450}


def test_two_parts_that_touch_look_like_one_and_both_go_aside() -> None:
    line = Line(parts=6, faults=["crowd-parts@0s=0"])
    line.finish()
    assert [result.doubt for result in line.results] == [Doubt.TOO_CLOSE, None, None, None, None]
    assert line.outcomes() == [Outcome.DEFAULT_REJECTED] + [Outcome.RELEASED] * 4
    assert line.bench.counted.released_without_pass == 0


def test_two_parts_that_nearly_touch_are_both_rejected() -> None:
    line = Line(parts=6, faults=["crowd-parts@0s=5"])
    line.finish()
    assert [result.doubt for result in line.results].count(Doubt.TOO_CLOSE) == 2
    assert line.outcomes().count(Outcome.RELEASED) == 4


@pytest.mark.parametrize("scans", range(61, 155, 3))
def test_a_part_whose_offer_is_withdrawn_at_the_last_moment_stops_in_the_beam_and_is_triggered_later(
    scans: int,
) -> None:
    """Parts so small that the belt brakes for longer than one: none may roll past the eye."""
    line = Line(parts=12, rate_per_min=600.0, operator_delay_s=0.05)
    for _ in range(scans):
        line.scan()
    line.vision.set_ready(False)
    line.run(0.5)
    line.vision.set_ready(True)
    line.finish()
    assert line.bench.counted.strays == 0
    assert line.bench.triggers == len(line.results) == 12


def test_a_part_that_never_leaves_is_a_jam_that_people_clear() -> None:
    line = Line(parts=4, faults=["stick-part@0s"])
    line.run_until(lambda: line.bench.counted.jams == 1)
    assert line.bench.state().light.reason.startswith("jam: part 100")
    line.finish()
    assert line.outcomes() == [Outcome.DEFAULT_REJECTED] + [Outcome.RELEASED] * 3
    assert line.results[0].doubt is Doubt.JAMMED


def test_a_stalled_diverter_stops_the_belt_and_releases_nothing_wrong() -> None:
    line = Line(parts=8, answer=lambda trigger: ALL[trigger.seq % 4], faults=["stall-diverter@2s:6s"])
    line.run_until(lambda: line.bench.state().sensors.diverter_stalled)
    line.run(0.8)
    assert line.speeds()[-1] == 0
    line.finish()
    assert line.bench.counted.jams >= 1
    assert line.bench.counted.released_without_pass == 0
    assert len(line.results) == 8


def stopped_hard(*, friction: float) -> Line:
    """Three parts; the first is on its way to the diverter as somebody presses the emergency stop."""
    line = Line(belt_speed_mm_s=400, faults=[f"slippery-belt@0s:600s={friction}"])
    line.run_until(lambda: line.bench.triggers == 1)
    line.run(0.2)
    line.bench.inject(LineFault.parse("emergency-stop@0s:500ms"))
    line.finish()
    assert line.bench.counted.slid >= 1
    assert line.bench.counted.released_without_pass == 0
    return line


def test_a_part_that_slid_comes_too_early_and_is_not_trusted() -> None:
    line = stopped_hard(friction=0.2)
    assert line.results[0].doubt is Doubt.TRACKING_LOST
    assert line.outcomes() == [Outcome.DEFAULT_REJECTED, Outcome.RELEASED, Outcome.RELEASED]


def test_a_part_that_slid_by_more_than_itself_is_a_stray_and_its_trigger_a_jam() -> None:
    line = stopped_hard(friction=0.1)
    assert line.results[0].doubt is Doubt.JAMMED
    assert line.bench.counted.strays == 1
    assert line.outcomes()[0] is Outcome.DEFAULT_REJECTED


def test_what_a_restarted_plc_does_not_know_goes_aside_even_as_the_next_part_has_its_pass() -> None:
    line = Line(
        parts=4,
        diverter_mm=380.0,
        answer=lambda trigger: Action.REWORK if trigger.part_id == 100 else Action.PASS,
    )
    line.run_until(lambda: line.bench.state().sensors.gate_edges == 1)
    line.bench.inject(LineFault.parse("restart@0s:300ms"))
    line.finish()
    assert [gone.seq for gone in line.bench.counted.forgotten] == [1]
    assert line.outcomes() == [Outcome.RELEASED] * 3
    assert line.bench.counted.released_without_pass == 0
