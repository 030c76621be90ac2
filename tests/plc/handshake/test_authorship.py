"""Two engines at one PLC notice each other; a crashed one, a restart or a slow PLC is not taken for one."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from plc.handshake.authorship import (
    AGAIN_NS,
    BEATS,
    LOOK_EVERY_NS,
    MOST_MISSES,
    STILL_NS,
    SUSPICION_NS,
    Authorship,
)
from plc.register_map.registers import LineBits, VisionBits, VisionBlock
from tests.plc.handshaking import MS, RUNNING

OURS, OTHER = 5, 6
ALIVE = VisionBlock(boot_id=OTHER, heartbeat=10, bits=VisionBits.ONLINE)


def looking() -> Authorship:
    """A fresh engine on a fresh connection."""
    authorship = Authorship(boot_id=OURS)
    authorship.connected(0)
    assert not authorship.may_write
    assert authorship.wants_look(0)
    return authorship


def writes(authorship: Authorship) -> bool:
    return authorship.may_write


def beat(block: VisionBlock, by: int = 1) -> VisionBlock:
    return replace(block, heartbeat=block.heartbeat + by & 0xFFFF)


@pytest.mark.parametrize(
    "found",
    [
        VisionBlock(map_version=0),
        VisionBlock(boot_id=OURS, heartbeat=3, bits=VisionBits.ONLINE),
        VisionBlock(boot_id=OTHER, heartbeat=3),
        replace(ALIVE, map_version=9),
    ],
    ids=["a PLC that just started", "our own, after a cut", "one that took leave", "another map"],
)
def test_where_nobody_lives_it_writes_at_once(found: VisionBlock) -> None:
    authorship = looking()
    authorship.look(found, 0)
    assert authorship.may_write


def test_a_crashed_engines_block_is_written_over_once_its_heart_stood() -> None:
    authorship = looking()
    authorship.look(ALIVE, 0)
    authorship.look(ALIVE, STILL_NS - 1)
    assert not authorship.may_write
    authorship.look(ALIVE, STILL_NS)
    assert authorship.may_write


def test_the_second_engine_writes_nothing_and_names_the_first() -> None:
    authorship = looking()
    taken(authorship)
    assert not authorship.may_write
    assert authorship.taken_by == OTHER
    assert not authorship.wants_look(10**12), "only a person ends it"


def test_a_reset_looks_anew_and_finds_the_other_alive_or_gone() -> None:
    authorship = looking()
    taken(authorship)
    authorship.hear(RUNNING | LineBits.FAULT_RESET)  # it may have been set for long
    assert authorship.taken_by
    authorship.hear(RUNNING)
    authorship.hear(RUNNING | LineBits.FAULT_RESET)
    assert not authorship.taken_by
    taken(authorship, beat(ALIVE, 100))
    assert authorship.taken_by == OTHER
    authorship.hear(RUNNING)
    authorship.hear(RUNNING | LineBits.FAULT_RESET)
    authorship.look(beat(ALIVE, 200), 0)
    authorship.look(beat(ALIVE, 200), STILL_NS)
    assert authorship.may_write


def test_a_new_connection_does_not_end_what_a_person_must() -> None:
    authorship = looking()
    taken(authorship)
    authorship.connected(0)
    assert authorship.taken_by == OTHER


def taken(authorship: Authorship, block: VisionBlock = ALIVE) -> None:
    """Let the other engine's heart be seen to beat."""
    for beats in range(BEATS + 1):
        authorship.look(beat(block, beats), 20 * MS * beats)


def writing() -> Authorship:
    authorship = looking()
    authorship.look(VisionBlock(map_version=0), 0)
    return authorship


def test_while_it_writes_it_looks_once_a_second_and_each_cycle_where_it_saw_a_stranger() -> None:
    authorship = writing()
    assert not authorship.wants_look(LOOK_EVERY_NS - 1)
    assert authorship.wants_look(LOOK_EVERY_NS)
    authorship.look(ALIVE, LOOK_EVERY_NS)
    assert authorship.may_write, "one sight may be a telegram that was held up"
    for beats in range(1, BEATS + 1):
        assert authorship.may_write
        assert authorship.wants_look(LOOK_EVERY_NS + 20 * MS * beats)
        authorship.look(beat(ALIVE, beats), LOOK_EVERY_NS + 20 * MS * beats)
    assert authorship.taken_by == OTHER


def test_what_a_crashed_engine_left_and_one_late_telegram_of_it_are_no_second_engine() -> None:
    authorship = looking()
    authorship.look(ALIVE, 0)
    authorship.look(ALIVE, STILL_NS)
    authorship.look(ALIVE, STILL_NS + 20 * MS)  # a PLC that shows what was written a scan later
    authorship.look(beat(ALIVE), STILL_NS + 40 * MS)
    own = VisionBlock(boot_id=OURS, heartbeat=1, bits=VisionBits.ONLINE)
    authorship.look(own, STILL_NS + 60 * MS)
    assert authorship.may_write
    assert not authorship.wants_look(STILL_NS + 60 * MS + SUSPICION_NS - 1)


def test_a_plc_that_refuses_its_block_still_runs_says_so_and_is_asked_again_each_minute() -> None:
    authorship = looking()
    authorship.missed(0, refused=True)
    assert authorship.may_write
    assert "refuses" in authorship.notice
    assert "second engine" in authorship.notice
    for minute in range(1, 4):
        at = minute * AGAIN_NS
        authorship.connected(at - 1)
        assert authorship.may_write
        assert not authorship.wants_look(at - 1)
        assert authorship.wants_look(at)
        authorship.missed(at, refused=True)
        assert authorship.may_write
    taken(authorship)
    assert authorship.taken_by == OTHER
    assert authorship.notice == ""


def test_a_plc_that_falls_silent_when_asked_is_asked_again_only_where_a_connection_begins() -> None:
    authorship = looking()
    for left in reversed(range(MOST_MISSES)):
        assert not authorship.may_write
        assert authorship.notice == ""
        authorship.missed(0, refused=False)
        assert authorship.readable == (left > 0)
        authorship.connected(0)
    assert authorship.may_write
    assert "no answer" in authorship.notice
    assert not authorship.wants_look(10 * AGAIN_NS), "that would cost a link that works"
    authorship.connected(AGAIN_NS)
    assert not writes(authorship)
    assert authorship.wants_look(AGAIN_NS)
    authorship.missed(AGAIN_NS, refused=False)
    assert writes(authorship)
    authorship.connected(2 * AGAIN_NS)
    taken(authorship)
    assert authorship.taken_by == OTHER


@pytest.mark.parametrize("before", ["intact", "refused"])
def test_a_link_that_dies_in_each_look_never_ends_the_watch_over_a_plc_that_answered_once(
    before: str,
) -> None:
    authorship = writing()
    if before == "refused":
        authorship.missed(0, refused=True)
    for times in range(1, 10):
        authorship.missed(times * AGAIN_NS, refused=False)
        authorship.connected(times * AGAIN_NS)
        assert not authorship.may_write, "looked at again before anything is written"
        assert authorship.wants_look(times * AGAIN_NS)
    taken(authorship)
    assert authorship.taken_by == OTHER


def test_a_read_that_failed_once_is_forgotten_by_one_that_did_not() -> None:
    authorship = looking()
    authorship.missed(0, refused=False)
    authorship.look(VisionBlock(boot_id=OURS, bits=VisionBits.ONLINE), 0)
    for at in range(10):
        authorship.missed(at, refused=False)
    assert authorship.readable
    assert authorship.notice == ""


class Writer:
    """An engine that found nobody and writes every 20 ms, as the link does it; time in ms."""

    def __init__(self, boot_id: int, *, begins: int) -> None:
        self.authorship = Authorship(boot_id=boot_id)
        self._begins = begins
        self._block = VisionBlock(boot_id=boot_id, bits=VisionBits.ONLINE)
        self._looks_at = 0

    def step(self, shown: VisionBlock, ms: int) -> VisionBlock | None:
        """What it writes in this millisecond; None for nothing."""
        since = ms - self._begins
        if since == 0:
            self.authorship.connected(ms * MS)
            self.authorship.look(VisionBlock(map_version=0), ms * MS)
        if since < 0 or not self.authorship.may_write:
            return None
        if since % 20 == 0:
            self._looks_at = int(16 * self.authorship.moment)
            self._block = beat(self._block)
        if since % 20 == self._looks_at and self.authorship.wants_look(ms * MS):
            self.authorship.look(shown, ms * MS)
        return self._block if since % 20 == 0 else None


@settings(deadline=None, max_examples=40)
@given(st.permutations([OURS, OTHER]), st.integers(1, 59), st.integers(0, 20))
def test_of_two_engines_that_begin_at_the_same_time_one_gives_way_and_the_other_goes_on(
    ids: list[int], apart: int, lag: int
) -> None:
    """Though they go in step with a PLC that shows what was written only ``lag`` ms later, with its scan."""
    assume(apart % 20 != 0)
    engines = one, other = Writer(ids[0], begins=0), Writer(ids[1], begins=apart)
    written = [VisionBlock(map_version=0)] * (lag + 1)
    end = 20_000
    for ms in range(end):
        for engine in engines:
            block = engine.step(written[-1 - lag], ms)
            if block is not None:
                written[-1] = block
        written.append(written[-1])
        if ms > apart and not all(engine.authorship.may_write for engine in engines):
            end = min(end, ms + 500)
        if ms == end:
            break
    assert one.authorship.may_write is not other.authorship.may_write
