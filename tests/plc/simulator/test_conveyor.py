"""The belt: parts come by distance, wait at the photo-eye, and reach the diverter in order."""

from itertools import pairwise

import pytest

from plc.simulator.conveyor import SPACING_JITTER, Conveyor


def belt(*, parts: int = 5, seed: int = 1) -> Conveyor:
    return Conveyor(speed_mm_s=100.0, spacing_mm=200.0, diverter_mm=150.0, parts=parts, seed=seed)


def arrivals(conveyor: Conveyor, *, seconds: float) -> list[float]:
    """When parts came to the photo-eye and were taken on at once."""
    times: list[float] = []
    for step in range(int(seconds * 100)):
        conveyor.advance(0.01, hold_at_eye=False)
        if conveyor.part_at_eye:
            conveyor.take_on(len(times) + 1)
            times.append(step / 100)
    return times


def test_parts_come_at_their_mean_distance_within_the_jitter() -> None:
    times = arrivals(belt(parts=50), seconds=120)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == 50
    assert all(2.0 * (1 - SPACING_JITTER) - 0.02 <= gap <= 2.0 * (1 + SPACING_JITTER) + 0.02 for gap in gaps)
    assert sum(gaps) / len(gaps) == pytest.approx(2.0, rel=0.05)


def test_the_same_seed_gives_the_same_belt() -> None:
    assert arrivals(belt(seed=7), seconds=20) == arrivals(belt(seed=7), seconds=20)
    assert arrivals(belt(seed=7), seconds=20) != arrivals(belt(seed=8), seconds=20)


def test_a_held_belt_stops_the_part_at_the_photo_eye_and_loses_nothing() -> None:
    conveyor = belt(parts=1)
    held = [conveyor.advance(0.01, hold_at_eye=True) for _ in range(400)]
    assert held.count(True) == pytest.approx(200, abs=1)
    assert conveyor.part_at_eye
    conveyor.take_on(1)
    assert not conveyor.part_at_eye


def test_a_part_reaches_the_diverter_after_its_distance_and_leaves() -> None:
    conveyor = belt(parts=1)
    conveyor.advance(2.0, hold_at_eye=True)
    conveyor.take_on(1)
    conveyor.advance(1.49, hold_at_eye=True)
    assert conveyor.at_diverter() == []
    conveyor.advance(0.02, hold_at_eye=True)
    assert conveyor.at_diverter() == [1]
    assert conveyor.at_diverter() == []


def test_a_part_that_is_taken_out_never_reaches_the_diverter() -> None:
    conveyor = belt(parts=1)
    conveyor.advance(2.0, hold_at_eye=True)
    conveyor.take_on(1)
    conveyor.take_out(1)
    conveyor.advance(10.0, hold_at_eye=True)
    assert conveyor.at_diverter() == []


def test_no_part_comes_after_the_last() -> None:
    conveyor = belt(parts=2)
    assert len(arrivals(conveyor, seconds=30)) == 2
    assert not conveyor.part_at_eye
