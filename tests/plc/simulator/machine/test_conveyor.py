"""The line without its PLC: parts come by distance, ride on the belt or slide, and leave by the diverter."""

from dataclasses import replace
from itertools import pairwise

import pytest

from plc.simulator.machine.conveyor import SPACING_JITTER, Commands, Conveyor, Exit, Lane, Layout
from plc.simulator.machine.physics import SCAN_S, LinePhysics

LAYOUT = Layout(gate_eye_mm=150.0, diverter_mm=300.0)
RUN = Commands(belt_speed_mm_s=100.0, diverter_deg=0.0)


def belt(*, parts: int = 5, seed: int = 1, spacing_mm: float = 200.0) -> Conveyor:
    return Conveyor(physics=LinePhysics(), layout=LAYOUT, spacing_mm=spacing_mm, parts=parts, seed=seed)


def arrivals(conveyor: Conveyor, *, seconds: float) -> list[float]:
    """When parts broke the photo-eye's beam."""
    times: list[float] = []
    for step in range(int(seconds / SCAN_S)):
        before = conveyor.sensors.eye_edges
        if conveyor.step(RUN).eye_edges != before:
            times.append(step * SCAN_S)
    return times


def run_until_exit(conveyor: Conveyor, commands: Commands = RUN, *, at_most_s: float = 60.0) -> list[Exit]:
    for _ in range(int(at_most_s / SCAN_S)):
        conveyor.step(commands)
        if conveyor.exits:
            return conveyor.exits
    return []


def test_parts_come_at_their_mean_distance_within_the_jitter() -> None:
    times = arrivals(belt(parts=50), seconds=120)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == 50
    assert all(2.0 * (1 - SPACING_JITTER) - 0.02 <= gap <= 2.0 * (1 + SPACING_JITTER) + 0.02 for gap in gaps)
    assert sum(gaps) / len(gaps) == pytest.approx(2.0, rel=0.05)


def test_the_same_seed_gives_the_same_belt() -> None:
    assert arrivals(belt(seed=7), seconds=20) == arrivals(belt(seed=7), seconds=20)
    assert arrivals(belt(seed=7), seconds=20) != arrivals(belt(seed=8), seconds=20)


def test_the_belt_speeds_up_and_brakes_as_its_drive_can() -> None:
    conveyor = belt()
    conveyor.step(replace(RUN, belt_speed_mm_s=500.0))
    assert conveyor.belt_speed_mm_s == pytest.approx(25.0)
    conveyor.step(replace(RUN, belt_speed_mm_s=500.0, belt_ramp_mm_s2=1000.0))
    assert conveyor.belt_speed_mm_s == pytest.approx(35.0)


def test_a_belt_never_runs_faster_than_it_can() -> None:
    conveyor = belt()
    for _ in range(200):
        conveyor.step(replace(RUN, belt_speed_mm_s=1e6))
    assert conveyor.belt_speed_mm_s == 500.0


@pytest.mark.parametrize(("angle", "lane"), [(0.0, Lane.STRAIGHT), (45.0, Lane.SIDE)])
def test_the_diverters_place_decides_the_lane(angle: float, lane: Lane) -> None:
    assert run_until_exit(belt(parts=1), replace(RUN, diverter_deg=angle)) == [Exit(uid=1, lane=lane)]


def test_a_diverter_between_its_lanes_wedges_the_part() -> None:
    conveyor = belt(parts=1)
    assert run_until_exit(conveyor, replace(RUN, diverter_deg=15.0), at_most_s=30.0) == []
    assert conveyor.parts[0].stuck


def test_an_emergency_stop_lets_parts_slide_and_a_gentle_one_does_not() -> None:
    for emergency in (False, True):
        conveyor = belt()
        for _ in range(300):
            conveyor.step(replace(RUN, belt_speed_mm_s=400.0))
        before = [part.front_mm for part in conveyor.parts]
        travel = conveyor.sensors.encoder_mm
        conveyor.hazards.emergency_stop = emergency
        for _ in range(100):
            conveyor.step(replace(RUN, belt_speed_mm_s=0.0, belt_ramp_mm_s2=1000.0))
        ran = conveyor.sensors.encoder_mm - travel
        slid = [part.front_mm - start - ran for part, start in zip(conveyor.parts, before, strict=True)]
        if emergency:
            assert all(distance > 10.0 for distance in slid)
        else:
            assert slid == pytest.approx([0.0] * len(slid), abs=1e-6)


def test_no_part_goes_through_another() -> None:
    conveyor = belt(parts=8, spacing_mm=80.0)
    conveyor.hazards.stick = 1
    for _ in range(1500):
        conveyor.step(RUN)
        for ahead, behind in pairwise(conveyor.parts):
            assert ahead.front_mm - behind.front_mm >= 60.0 - 1e-9
    assert not conveyor.exits
    assert conveyor.parts[0].stuck


def test_parts_that_touch_are_one_to_the_photo_eye() -> None:
    conveyor = belt(parts=2)
    conveyor.hazards.crowd_mm.append(0.0)
    assert len(arrivals(conveyor, seconds=30)) == 1


def test_the_part_that_is_asked_for_is_taken_out_and_no_other() -> None:
    conveyor = belt(parts=3)
    while conveyor.sensors.eye_edges < 2:
        conveyor.step(RUN)
    first = conveyor.parts[0].front_mm
    conveyor.step(replace(RUN, take_out_mm=first + 5.0))
    assert conveyor.removed == [1]
    conveyor.step(replace(RUN, take_out_mm=first + 5.0))
    assert conveyor.removed == []


def test_clearing_takes_what_has_passed_the_eye_and_leaves_the_infeed() -> None:
    conveyor = belt(parts=5)
    while conveyor.sensors.eye_edges < 2:
        conveyor.step(RUN)
    conveyor.step(replace(RUN, clear_from_mm=0.0))
    assert conveyor.removed == [1, 2]
    assert all(part.front_mm < 5.0 for part in conveyor.parts)


def test_no_part_comes_after_the_last() -> None:
    conveyor = belt(parts=2)
    assert len(arrivals(conveyor, seconds=30)) == 2
    assert conveyor.empty
