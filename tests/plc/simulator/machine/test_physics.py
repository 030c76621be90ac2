"""Belt, parts and diverter obey mechanics: they slide by µ·g, brake in time, and stall when overloaded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.motion.chunk import GRAVITY_MM_S2
from plc.simulator.machine.diverter import Diverter
from plc.simulator.machine.physics import (
    KINETIC_SHARE,
    SCAN_S,
    LinePhysics,
    carried,
    stopping_distance,
    stopping_speed,
)

frictions = st.floats(0.05, 1.0)
speeds = st.floats(0.0, 2000.0)


@given(friction=frictions, belt_from=speeds, share=st.floats(-1.0, 1.0))
def test_a_part_rides_as_long_as_the_belt_asks_for_no_more_than_friction(
    friction: float, belt_from: float, share: float
) -> None:
    belt_to = belt_from + 0.999 * share * friction * GRAVITY_MM_S2 * SCAN_S
    moved, speed = carried(belt_from, belt_from=belt_from, belt_to=belt_to, seconds=SCAN_S, friction=friction)
    assert speed == belt_to
    assert moved == pytest.approx((belt_from + belt_to) / 2 * SCAN_S)


@given(friction=frictions, belt_from=speeds, more=st.floats(1.01, 20.0), sign=st.sampled_from([-1, 1]))
def test_a_part_slides_where_the_belt_asks_for_more_and_gets_kinetic_friction_only(
    friction: float, belt_from: float, more: float, sign: int
) -> None:
    belt_to = belt_from + sign * more * friction * GRAVITY_MM_S2 * SCAN_S
    _, speed = carried(belt_from, belt_from=belt_from, belt_to=belt_to, seconds=SCAN_S, friction=friction)
    assert speed - belt_from == pytest.approx(sign * KINETIC_SHARE * friction * GRAVITY_MM_S2 * SCAN_S)


@given(friction=frictions, speed=st.floats(10.0, 2000.0))
def test_on_a_belt_that_stands_at_once_a_part_slides_its_stopping_distance(
    friction: float, speed: float
) -> None:
    moved, now = 0.0, speed
    for _ in range(2000):
        step, now = carried(now, belt_from=0.0, belt_to=0.0, seconds=SCAN_S, friction=friction)
        moved += step
        if not now:
            break
    assert now == 0.0
    assert moved == pytest.approx(stopping_distance(speed, KINETIC_SHARE * friction * GRAVITY_MM_S2))


@given(
    friction=frictions,
    speed=st.floats(0.0, 1000.0),
    belt=st.lists(st.floats(0.0, 1000.0), min_size=1, max_size=30),
)
def test_friction_only_ever_brings_a_part_nearer_to_the_belts_speed(
    friction: float, speed: float, belt: list[float]
) -> None:
    belt_from = belt[0]
    for belt_to in belt:
        low, high = min(speed, belt_from, belt_to), max(speed, belt_from, belt_to)
        moved, after = carried(speed, belt_from=belt_from, belt_to=belt_to, seconds=SCAN_S, friction=friction)
        assert low - 1e-6 <= after <= high + 1e-6
        assert low * SCAN_S - 1e-6 <= moved <= high * SCAN_S + 1e-6
        speed, belt_from = after, belt_to


@given(distance=st.floats(0.0, 1000.0), limit=st.floats(100.0, 10_000.0))
def test_braking_by_the_curve_stops_in_time_and_without_creeping(distance: float, limit: float) -> None:
    speed, gone = 0.0, 0.0
    for _ in range(3000):
        wish = min(stopping_speed(distance - gone, speed, limit, SCAN_S), speed + limit * SCAN_S)
        after = max(wish, speed - limit * SCAN_S)
        gone += (speed + after) / 2 * SCAN_S
        speed = after
    last_step = limit * SCAN_S**2 / 8  # the belt comes to rest within a scan, not at its end
    assert distance - 0.1 <= gone <= distance + last_step + 1e-6


@given(target=st.floats(0.0, 45.0), again=st.floats(0.0, 45.0), after=st.integers(0, 40))
def test_the_diverter_reaches_any_place_within_its_range_and_never_overruns(
    target: float, again: float, after: int
) -> None:
    diverter = Diverter(LinePhysics())
    for wish, scans in ((target, after), (again, 60)):
        for _ in range(scans):
            diverter.step(wish, load_n_m=0.0, seconds=SCAN_S)
            assert 0.0 <= diverter.angle_deg <= 45.0
    assert diverter.angle_deg == pytest.approx(again, abs=0.5)


def test_the_diverter_takes_its_time() -> None:
    physics = LinePhysics()
    diverter = Diverter(physics)
    scans = 0
    while diverter.angle_deg > 1.0:
        diverter.step(0.0, load_n_m=0.0, seconds=SCAN_S)
        scans += 1
    assert scans * SCAN_S == pytest.approx(physics.swing_s, rel=0.15)
    assert physics.swing_s == pytest.approx(0.187, abs=0.001)


def test_an_overloaded_diverter_stalls_and_comes_free_again() -> None:
    diverter = Diverter(LinePhysics())

    def stalls(load_n_m: float) -> bool:
        for _ in range(50):
            diverter.step(0.0, load_n_m=load_n_m, seconds=SCAN_S)
        return diverter.stalled

    assert stalls(1.9)
    assert diverter.angle_deg == 45.0
    assert not stalls(1.0)
    assert diverter.angle_deg == pytest.approx(0.0, abs=0.5)


def test_a_diverter_that_is_where_it_should_be_does_not_stall() -> None:
    diverter = Diverter(LinePhysics())
    diverter.step(45.0, load_n_m=100.0, seconds=SCAN_S)
    assert not diverter.stalled


def test_the_plc_brakes_so_that_even_the_most_slippery_part_it_reckons_with_does_not_slide() -> None:
    physics = LinePhysics()
    assert physics.gentle_mm_s2 <= physics.assumed_friction * GRAVITY_MM_S2
    assert physics.gentle_mm_s2 <= physics.belt_acceleration_mm_s2


def test_small_parts_have_a_small_diverter() -> None:
    small = LinePhysics.for_spacing(25.0)
    assert small.part_length_mm == 12.5
    assert small.swing_s < LinePhysics().swing_s / 3
