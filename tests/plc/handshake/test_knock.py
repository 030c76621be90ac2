"""A second engine that refuses itself is noticed by the first, whatever the PLC makes of the word between."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from inspection.line_events import LineEvent, SecondEngine, SecondEngineGone
from plc.handshake.knock import (
    AGAIN_NS,
    BURST_NS,
    KNOCKS,
    MOST_HEARD,
    MOST_MISSES,
    PERIOD_NS,
    QUIET_NS,
    TURNS_UNSEEN,
    Knocking,
    Listening,
)
from plc.register_map.registers import LineBlock, VisionBits, VisionBlock
from tests.plc.handshaking import MS

FIRST, SECOND = 5, 6
ALIVE = VisionBlock(boot_id=FIRST, heartbeat=10, bits=VisionBits.ONLINE)
LINE = LineBlock(boot_id=77)


def beaten(times: int) -> VisionBlock:
    return replace(ALIVE, heartbeat=ALIVE.heartbeat + times & 0xFFFF)


def refused() -> Knocking:
    """An engine that was just refused by the first."""
    knocking = Knocking(boot_id=SECOND)
    assert knocking.word(LINE, 0) is None, "who was not refused never knocks"
    knocking.begin(ALIVE, 0)
    return knocking


def do(knocking: Knocking, now_ns: int, *, line: LineBlock = LINE) -> int | None:
    """Write what it wants to write, and say that it was taken."""
    word = knocking.word(line, now_ns)
    if word is not None:
        knocking.writing(word)
        knocking.written(word)
    return word


def test_it_knocks_for_half_of_each_second_and_clears_the_word_by_itself() -> None:
    knocking = refused()
    for turn in range(3):
        at = turn * PERIOD_NS
        assert do(knocking, at) == SECOND
        assert do(knocking, at + BURST_NS - 1) == SECOND
        assert do(knocking, at + BURST_NS) == 0
        assert do(knocking, at + BURST_NS + 1) is None, "once is enough"
        assert not knocking.wants_look(at + PERIOD_NS - 1)
        assert knocking.wants_look(at + PERIOD_NS)
        knocking.look(beaten(turn + 1), at + PERIOD_NS)


@pytest.mark.parametrize(
    "found",
    [
        ALIVE,
        VisionBlock(),
        replace(beaten(1), map_version=2),
        replace(beaten(1), bits=VisionBits(0)),
        replace(beaten(1), boot_id=SECOND),
        None,
    ],
    ids=["its heart stands", "an empty block", "another map", "it took leave", "our own", "not to be read"],
)
def test_it_knocks_only_where_a_first_engine_is_seen_to_live(found: VisionBlock | None) -> None:
    knocking = refused()
    do(knocking, 0)
    do(knocking, BURST_NS)
    knocking.look(found, PERIOD_NS)
    assert do(knocking, PERIOD_NS) is None


def test_it_knocks_at_no_plc_that_does_not_speak_our_map() -> None:
    assert refused().word(replace(LINE, map_version=2), 0) is None
    assert refused().word(replace(LINE, map_version=0), 0) is None


def test_a_number_that_is_on_its_way_when_the_refusal_ends_is_cleared_whether_it_was_answered_or_not() -> (
    None
):
    knocking = refused()
    knocking.writing(SECOND)
    knocking.end()
    assert do(knocking, MS) == 0
    assert do(knocking, MS) is None


def test_a_plc_that_refuses_the_word_is_left_alone_for_a_minute_and_it_is_said_who_is_not_told() -> None:
    knocking = refused()
    assert knocking.notice == ""
    knocking.writing(SECOND)
    knocking.failed(0, refused_by=2)
    assert "could not be told" in knocking.notice
    assert "Modbus exception 2" in knocking.notice
    assert knocking.word(LINE, MS) is None
    knocking.look(beaten(1), AGAIN_NS)
    assert do(knocking, AGAIN_NS) == SECOND
    assert knocking.notice == ""


def test_a_plc_that_falls_silent_at_the_word_is_left_alone_likewise() -> None:
    knocking = refused()
    for miss in range(MOST_MISSES):
        assert knocking.word(LINE, miss) == SECOND
        knocking.failed(miss, refused_by=None)
    assert "no answer" in knocking.notice
    assert knocking.word(LINE, MS) is None


def test_a_plc_that_never_shows_the_number_is_named_until_it_does() -> None:
    knocking = refused()
    for turn in range(1, TURNS_UNSEEN + 1):
        assert knocking.notice == ""
        do(knocking, (turn - 1) * PERIOD_NS)
        knocking.look(beaten(turn), turn * PERIOD_NS)
    assert "could not be told" in knocking.notice
    assert "writes over" in knocking.notice
    do(knocking, TURNS_UNSEEN * PERIOD_NS, line=replace(LINE, refused_boot_id=SECOND))
    assert knocking.notice == ""


# --- what the first engine makes of it --------------------------------------------------------------------


def hear(listening: Listening, *words: int, at: int = 0) -> list[LineEvent]:
    """Cycles in which the word has these values, one after the other, at one moment."""
    return [
        event
        for word in words
        for event in (*listening.hear(replace(LINE, refused_boot_id=word), at), *listening.tick(at))
    ]


def test_a_knock_is_told_once_and_names_the_other_engine_and_its_end_is_told() -> None:
    listening = Listening(boot_id=FIRST)
    assert hear(listening, 0, SECOND, 0) == []
    (event,) = hear(listening, SECOND, 0, SECOND, 0, SECOND, 0)
    assert isinstance(event, SecondEngine)
    assert event.boot_id == SECOND
    assert f"boot id {SECOND}" in event.reason
    assert hear(listening, 0, at=QUIET_NS - 1) == []
    assert hear(listening, 0, at=QUIET_NS) == [SecondEngineGone()]
    assert hear(listening, 0, at=2 * QUIET_NS) == []


def test_a_number_that_stands_is_what_a_dead_engine_left_and_ends_like_silence() -> None:
    listening = Listening(boot_id=FIRST)
    assert hear(listening, SECOND, SECOND) == [], "it stood there when we came"
    assert len(hear(listening, 0, SECOND, 0, SECOND)) == 1
    assert hear(listening, SECOND, at=QUIET_NS) == [SecondEngineGone()]
    assert hear(listening, *[SECOND] * 50, at=3 * QUIET_NS) == []


def test_our_own_number_and_one_that_came_once_are_no_knock() -> None:
    listening = Listening(boot_id=FIRST)
    assert hear(listening, *[0, FIRST] * 5) == []
    assert hear(listening, 0, SECOND, 0) == []
    assert hear(listening, 0, SECOND, 0, at=QUIET_NS) == [], "long ago is not twice"


def test_two_refused_engines_that_knock_in_turns_are_both_named_once() -> None:
    told = hear(Listening(boot_id=FIRST), 0, *[SECOND, 7] * 20)
    assert sorted(event.boot_id for event in told if isinstance(event, SecondEngine)) == [SECOND, 7]


@given(st.lists(st.integers(0, 0xFFFF), max_size=300))
def test_whatever_a_plc_writes_there_the_engine_tells_little_and_remembers_little(words: list[int]) -> None:
    listening = Listening(boot_id=FIRST)
    for at, word in enumerate(words):
        assert len(hear(listening, word, at=at * MS)) <= 1
        assert len(listening._heard) <= MOST_HEARD


def test_a_plc_that_counts_in_the_word_is_no_other_engine() -> None:
    listening = Listening(boot_id=FIRST)
    assert [event for n in range(3000) for event in hear(listening, n % 1000, at=n * 20 * MS)] == []


# --- one beats, the other knocks --------------------------------------------------------------------------


@dataclass(frozen=True)
class Plant:
    """Who does what how often, in ms; each begins with its own offset."""

    scan: int
    first: int
    second: int
    offsets: tuple[int, int, int]
    clears: bool
    """The PLC's program writes 0 into the word in each scan."""

    def run(self, seconds: int, *, alive_s: int) -> list[tuple[int, LineEvent]]:
        """What the first engine tells, and when in ms; the second one lives for ``alive_s``."""
        knocking, listening = refused(), Listening(boot_id=FIRST)
        blocks = {word: replace(LINE, refused_boot_id=word) for word in (0, SECOND)}
        word, due, told, read = 0, -1, [], blocks[0]
        for ms in range(seconds * 1000):
            if self.clears and ms % self.scan == self.offsets[0] % self.scan:
                word = 0
            if ms < alive_s * 1000:
                if ms % self.second == self.offsets[1] % self.second:
                    read = blocks[word]
                    if knocking.wants_look(ms * MS):
                        knocking.look(beaten(ms // self.first), ms * MS)
                    due = ms + int(knocking.phase * self.second)
                if ms == due and (written := do(knocking, ms * MS, line=read)) is not None:
                    word = written
            if ms % self.first == self.offsets[2] % self.first:
                events = (*listening.hear(blocks[word], ms * MS), *listening.tick(ms * MS))
                told += [(ms, event) for event in events]
        return told


offsets = st.tuples(*[st.integers(0, 99)] * 3)
cycles = st.integers(5, 100)


@settings(max_examples=15, deadline=None)
@given(cycles, cycles, offsets)
def test_before_a_plc_that_leaves_the_word_alone_the_first_is_told_within_three_seconds_and_once(
    first: int, second: int, begins: tuple[int, int, int]
) -> None:
    plant = Plant(scan=10, first=first, second=second, offsets=begins, clears=False)
    (told_ms, told), (gone_ms, gone) = plant.run(15, alive_s=4)
    assert isinstance(told, SecondEngine)
    assert told_ms <= 1000 * (KNOCKS + 1)
    assert gone == SecondEngineGone()
    assert gone_ms >= 4000


@settings(max_examples=15, deadline=None)
@given(st.sampled_from([5, 10, 20]), st.sampled_from([10, 20]), offsets)
def test_before_a_plc_of_old_that_clears_the_word_in_each_scan_the_first_is_told_all_the_same(
    scan: int, cycle: int, begins: tuple[int, int, int]
) -> None:
    """Also where all three go in step, so that what is met once is met always: the moments move.

    Where each read comes just behind the clearing, nobody can see anything: the second one says so.
    """
    assume((begins[2] - begins[0]) % min(scan, cycle) != 0)
    plant = Plant(scan=scan, first=cycle, second=cycle, offsets=begins, clears=True)
    (told_ms, told), (_, gone) = plant.run(19, alive_s=8)
    assert isinstance(told, SecondEngine)
    assert told_ms <= 6000
    assert gone == SecondEngineGone()


@pytest.mark.parametrize("clears", [False, True])
def test_while_the_second_lives_the_alarm_stays(clears: bool) -> None:
    plant = Plant(scan=10, first=20, second=20, offsets=(0, 3, 7), clears=clears)
    assert [type(event) for _, event in plant.run(40, alive_s=40)] == [SecondEngine]
