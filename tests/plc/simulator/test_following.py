"""FollowMotion on the PLC's side: a stream is followed while it flows, and braked away when it breaks off."""

from dataclasses import replace
from typing import Any

import pytest

from plc.registers import VisionBits, VisionBlock
from plc.simulator.following import Motion, MotionMode
from plc.simulator.handshake import PlcHandshake, Switches
from tests.plc.handshaking import MS

OWN, BRAKING = Motion(), Motion(mode=MotionMode.BRAKING)
FOLLOWING = Motion(mode=MotionMode.FOLLOWING, belt_speed_mm_s=200, diverter_ddeg=123)


class Plc:
    """A PLC with FollowMotion set, before a vision block that the test sets."""

    def __init__(self) -> None:
        self.handshake = PlcHandshake(
            boot_id=3, deadline_ms=500, allow_simulated=False, max_speed_mm_s=500, max_angle_ddeg=450
        )
        self.now_ns = 0
        self.switch(follow_motion=True)
        self.vision = VisionBlock(
            bits=VisionBits.ONLINE, boot_id=5, belt_speed_set_mm_s=200, diverter_set_ddeg=123
        )
        self.scan()
        self.scan()

    def switch(self, **switches: bool) -> None:
        self.handshake.set_switches(Switches(**switches), now_ns=self.now_ns)

    def scan(self, *, ms: int = 10, beat: bool = True, **words: Any) -> Motion:
        self.now_ns += ms * MS
        if beat:
            words.setdefault("heartbeat", self.vision.heartbeat + 1 & 0xFFFF)
        self.vision = replace(self.vision, **words)
        self.handshake.step(self.vision, received_ns=self.now_ns, now_ns=self.now_ns)
        return self.handshake.motion

    def follow(self) -> None:
        assert self.scan(motion_seq=1) == FOLLOWING


def test_without_a_stream_the_plc_drives_by_its_own_program() -> None:
    assert Plc().scan() == OWN


def test_a_number_that_stood_there_at_the_start_is_no_stream() -> None:
    plc = Plc()
    plc.switch()
    plc.scan(motion_seq=7)
    plc.switch(follow_motion=True)
    assert plc.scan() == OWN
    assert plc.scan() == OWN
    assert plc.scan(motion_seq=8) == FOLLOWING


def test_set_points_are_followed_while_their_number_changes() -> None:
    plc = Plc()
    plc.follow()
    assert plc.scan(ms=99) == FOLLOWING
    plc.scan(motion_seq=0xFFFF)
    assert plc.scan(motion_seq=1, belt_speed_set_mm_s=190).belt_speed_mm_s == 190


def test_a_stream_that_dries_up_is_braked_away_after_100_ms() -> None:
    plc = Plc()
    plc.follow()
    assert plc.scan(ms=100) == BRAKING
    assert plc.scan(ms=1000) != OWN, "the belt does not start again by itself"


def test_a_stream_that_ends_in_order_gives_the_belt_back() -> None:
    plc = Plc()
    plc.follow()
    assert plc.scan(motion_seq=0) == OWN


@pytest.mark.parametrize(
    "words",
    [
        {"bits": VisionBits.ONLINE | VisionBits.FAULT},
        {"bits": VisionBits(0)},
        {"boot_id": 6, "motion_seq": 2},
        {"motion_seq": 2, "belt_speed_set_mm_s": 501},
        {"motion_seq": 2, "diverter_set_ddeg": 451},
    ],
    ids=["fault", "offline", "restarted", "too fast", "too far"],
)
def test_a_stream_that_cannot_be_trusted_is_braked_away(words: dict[str, Any]) -> None:
    plc = Plc()
    plc.follow()
    assert plc.scan(**words) == BRAKING


def test_a_dead_passgate_is_not_followed_and_comes_back_only_by_a_reset() -> None:
    plc = Plc()
    plc.follow()
    assert plc.scan(ms=300, beat=False, motion_seq=2) == BRAKING
    for seq in (3, 4, 5):
        assert plc.scan(motion_seq=seq) == BRAKING, "its heartbeat froze: latched"
    plc.handshake.reset_fault(plc.now_ns)
    assert plc.handshake.motion == OWN
    plc.scan(motion_seq=6)
    assert plc.scan(motion_seq=7) == FOLLOWING


def test_a_stream_that_flows_again_is_followed_again() -> None:
    plc = Plc()
    plc.follow()
    plc.scan(ms=100)
    assert plc.scan(motion_seq=2) == FOLLOWING


@pytest.mark.parametrize("switches", [{}, {"follow_motion": True, "bypass": True}], ids=["switch", "bypass"])
def test_a_person_takes_the_belt_back_at_once(switches: dict[str, bool]) -> None:
    plc = Plc()
    plc.follow()
    plc.switch(**switches)
    assert plc.scan(motion_seq=2) == OWN
