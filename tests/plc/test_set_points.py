"""Motion set points in the vision block: shown while they are fresh and wanted, and nothing otherwise."""

import math

import pytest

from plc.registers import LineBits
from plc.set_points import NO_MOTION, MotionWords, SetPoints
from tests.plc.handshaking import MS, RUNNING, Vision

FOLLOWING = RUNNING | LineBits.FOLLOW_MOTION


def following() -> Vision:
    vision = Vision(bits=FOLLOWING)
    vision.up()
    return vision


def stream(vision: Vision, speed: float = 200.0, angle: float = 12.34) -> bool:
    return vision.handshake.set_motion(belt_speed_mm_s=speed, diverter_deg=angle, now_ns=vision.now_ns)


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
    for _ in range(0xFFFF):
        points.show(belt_speed_mm_s=1, diverter_deg=0, now_ns=0)
    assert points.words.motion_seq == 0xFFFF
    points.withdraw()
    assert points.words == NO_MOTION
    points.show(belt_speed_mm_s=1, diverter_deg=0, now_ns=0)
    assert points.words.motion_seq == 1


def test_a_stream_that_dries_up_is_gone_after_100_ms() -> None:
    vision = following()
    stream(vision)
    vision.cycle(ms=99)
    assert shown(vision) != NO_MOTION
    vision.cycle(ms=1)
    assert shown(vision) == NO_MOTION


@pytest.mark.parametrize("end", ["ended", "key", "bypass", "disabled", "lost", "halted", "fault", "restart"])
def test_nothing_is_streamed_to_a_plc_that_does_not_follow(end: str) -> None:
    vision = following()
    stream(vision)
    match end:
        case "ended":
            vision.handshake.end_motion()
            assert shown(vision) == NO_MOTION
            return
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
        case "fault":
            vision.handshake.set_fault(0x2101)
        case "restart":
            vision.cycle(boot_id=78)
    assert shown(vision) == NO_MOTION
    if end != "restart":  # a new run may ask for a new stream
        assert not stream(vision)
        assert shown(vision) == NO_MOTION


def test_an_old_pair_does_not_come_back_when_the_plc_follows_again() -> None:
    vision = following()
    stream(vision)
    vision.cycle(ms=10, bits=RUNNING)
    vision.cycle(ms=10, bits=FOLLOWING)
    assert shown(vision) == NO_MOTION


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, 70_000.0])
@pytest.mark.parametrize("which", ["speed", "angle"])
def test_a_set_point_that_cannot_be_meant_ends_the_stream(bad: float, which: str) -> None:
    vision = following()
    stream(vision)
    with pytest.raises(ValueError, match="set point"):
        stream(vision, **{which: bad})
    assert shown(vision) == NO_MOTION
    assert vision.now_ns > 99 * MS
