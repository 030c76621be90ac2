"""Motion set points in the vision block: shown while they are fresh and wanted, and nothing otherwise."""

import math

import pytest

from plc.handshake.set_points import SetPoints
from plc.register_map.motion_words import NO_MOTION, MotionWords
from plc.register_map.registers import LineBits
from tests.plc.handshaking import RUNNING, Vision

FOLLOWING = RUNNING | LineBits.FOLLOW_MOTION


def following() -> Vision:
    vision = Vision(bits=FOLLOWING)
    vision.up()
    return vision


def stream(vision: Vision, speed: float = 200.0, angle: float = 12.34) -> bool:
    return vision.handshake.set_points.show(belt_speed_mm_s=speed, diverter_deg=angle, now_ns=vision.now_ns)


def shown(vision: Vision) -> MotionWords:
    block = vision.handshake.image()
    return MotionWords(block.belt_speed_set_mm_s, block.diverter_set_ddeg, block.motion_seq)


def test_each_pair_of_set_points_has_a_number_of_its_own() -> None:
    vision = following()
    assert shown(vision) == NO_MOTION
    assert stream(vision)
    assert shown(vision) == (200, 123, 1)
    assert stream(vision)
    assert shown(vision) == (200, 123, 2)


def test_the_number_wraps_past_zero_and_goes_on_from_stream_to_stream() -> None:
    points = SetPoints()
    points.heed(asked=True, able=True)
    for _ in range(0xFFFF):
        points.show(belt_speed_mm_s=1, diverter_deg=0, now_ns=0)
    assert points.words.motion_seq == 0xFFFF
    points.end()
    assert points.words == NO_MOTION
    points.show(belt_speed_mm_s=1, diverter_deg=0, now_ns=0)
    assert points.words.motion_seq == 1


def test_a_stream_that_dries_up_stands_still_after_100_ms_and_does_not_swing_the_diverter() -> None:
    vision = following()
    stream(vision)
    vision.cycle(ms=99)
    assert shown(vision) == (200, 123, 1)
    vision.cycle(ms=1)
    assert shown(vision) == (0, 123, 1), "the number stands still: the PLC brakes by itself"
    assert stream(vision)
    assert shown(vision) == (200, 123, 2)


def test_a_stream_that_ends_in_order_says_so() -> None:
    vision = following()
    stream(vision)
    vision.handshake.set_points.end()
    assert shown(vision) == NO_MOTION
    vision.cycle(ms=200)
    assert shown(vision) == NO_MOTION


@pytest.mark.parametrize("end", ["key", "bypass", "disabled", "lost", "halted", "frozen", "fault", "restart"])
def test_a_plc_that_may_not_follow_gets_no_set_point(end: str) -> None:
    vision = following()
    stream(vision)
    match end:
        case "key":
            vision.cycle(bits=RUNNING)
        case "bypass":
            vision.cycle(bits=FOLLOWING | LineBits.BYPASS)
        case "disabled":
            vision.cycle(bits=FOLLOWING & ~LineBits.ENABLE)
        case "lost":
            vision.handshake.lost("cut")
        case "halted":
            vision.handshake.halt("test")
        case "frozen":
            vision.cycle(ms=500, beat=False)
        case "fault":
            vision.handshake.set_fault(0x2101)
        case "restart":
            vision.cycle(boot_id=78)
    expected = NO_MOTION if end in ("key", "restart") else (0, 123, 1)
    assert shown(vision) == expected
    if end != "restart":  # a new run may ask for a new stream at once
        assert not stream(vision)
        assert shown(vision) == expected


def test_an_old_pair_does_not_come_back_when_the_plc_follows_again() -> None:
    vision = following()
    stream(vision)
    vision.cycle(ms=10, bits=FOLLOWING | LineBits.BYPASS)
    vision.cycle(ms=10, bits=FOLLOWING)
    assert shown(vision) == (0, 123, 1)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, 70_000.0])
@pytest.mark.parametrize("which", ["speed", "angle"])
def test_a_set_point_that_cannot_be_meant_dries_the_stream_up(bad: float, which: str) -> None:
    vision = following()
    stream(vision)
    with pytest.raises(ValueError, match="set point"):
        stream(vision, **{which: bad})
    assert shown(vision) == (0, 123, 1)


@pytest.mark.parametrize("end", ["key", "halted"])
def test_a_stop_goes_on_step_by_step_where_the_plc_follows_no_longer(end: str) -> None:
    vision = following()
    stream(vision)
    if end == "key":
        vision.cycle(bits=RUNNING)
    else:
        vision.handshake.halt("test")
    assert vision.handshake.set_points.show(
        belt_speed_mm_s=190.0, diverter_deg=13.0, now_ns=vision.now_ns, stopping=True
    )
    assert shown(vision) == (190, 130, 2), "and not a belt that stands from one moment to the next"
    vision.cycle()
    assert shown(vision).belt_speed_mm_s == 0, "what does not go on ends as any stream does"
