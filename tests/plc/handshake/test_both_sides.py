"""Both sides of the handshake together: any order of scans, telegrams, losses, cuts, kills and restarts.

The world below is all there is between them: registers that survive either side, telegrams that may be lost,
torn, doubled, held up and overtaken, a store that survives Passgate, and a station that records what the link
tells, in order, before it publishes. Promises 2 and 3 are checked at each verdict and each image, promise 1
at each record and whenever the line has come to rest.
"""

import os
from collections import deque
from dataclasses import dataclass, replace
from typing import NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from inspection.decision import Action
from inspection.line_events import KnownPart, LineEvent, OutcomeReported, PartMissed, PartTriggered
from inspection.part import Outcome, Trigger
from plc.handshake.handshake import VisionHandshake
from plc.register_map.registers import LineBlock, VisionBits, VisionBlock, action_of
from plc.simulator.program.following import MOTION_TIMEOUT_NS, MotionMode
from plc.simulator.program.handshake import VISION_TIMEOUT_NS, PlcHandshake, Rejected, Switches, Verdict
from plc.simulator.program.tracking import OUTCOMES
from tests.plc.handshaking import AT, MS, decision_on

EXAMPLES = int(os.environ.get("PASSGATE_HANDSHAKE_EXAMPLES", "200"))
DEADLINE_MS = 500
TIMEOUT_MS = 150
"""After two telegrams in a row without an answer the link connects anew, and reads before it writes."""

TORN_AT = (3, 5, 6, 8, 9, 10, 15, 19)
"""Words after which a PLC's server may be interrupted while it writes the vision block, upwards."""

SELDOM = st.sampled_from([False, False, False, False, True])

LIFE = (
    *("raise", "scan", "exchange", "record", "publish", "exchange", "scan", "exchange", "record"),
    *("divert", "scan", "exchange", "record", "exchange", "scan"),
)
"""What happens to a part, from the photo-eye to the outcome that is acknowledged."""

TROUBLE = (
    *("passgate_is_killed", "passgate_ends_in_order", "plc_restarts", "connection_is_cut", "plc_scans"),
    *("late", "key", "fault", "another part"),
)


RESULT_WORDS = ("result_seq", "result_seq_tail", "part_id", "decision", "decision_complement")


class Key(NamedTuple):
    """One trigger."""

    plc_boot_id: int
    seq: int


@dataclass(frozen=True)
class Raised:
    """What the PLC knew when it raised a trigger."""

    at_ns: int
    part_id: int
    vision_boot_id: int
    bypassed: bool


@dataclass(frozen=True)
class Published:
    """What Passgate's station gave to the link, and the link took."""

    at_ns: int
    action: Action
    simulated: bool
    part_id: int
    vision_boot_id: int


class Line(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now_ns = 10_000 * MS
        self.boots = 0
        self.parts = 0
        self.without_ids = False
        self.line_words = LineBlock(map_version=0)
        self.vision_words = VisionBlock(map_version=0)
        self.scanned = self.vision_words
        self.took_leave: set[int] = set()
        self.held_up: list[VisionBlock] = []
        self.old_answers: deque[LineBlock] = deque(maxlen=20)
        self.store: dict[Key, str] = {}
        self.outcomes: dict[Key, Outcome] = {}
        self.last: KnownPart | None = None
        self.published: dict[Key, Published] = {}
        self.raised: dict[Key, Raised] = {}
        self.verdicts: dict[Key, Verdict] = {}
        self.shown: dict[Key, tuple[Action | None, int, bool]] = {}
        self.newest_beat_ns = 0
        self.newest_pair_ns = 0
        self._start_plc()
        self._start_vision()

    @initialize(seq=st.sampled_from([0, 0, 65_533]), without_ids=st.booleans())
    def the_count_may_be_about_to_wrap_and_parts_may_have_no_id(self, seq: int, without_ids: bool) -> None:
        self.without_ids = without_ids
        if seq and hasattr(self.plc, "_trigger_seq"):  # the PLC in Structured Text starts at 0
            self.plc._trigger_seq = seq
            self.last = KnownPart(plc_boot_id=self.plc_boot, seq=seq, part_id=0)
            self._start_vision()

    def _start_plc(self) -> None:
        self.boots += 1
        self.plc_boot = self.boots
        self.plc = PlcHandshake(boot_id=self.plc_boot, deadline_ms=DEADLINE_MS, allow_simulated=False)
        self.switches = Switches()
        self.on_belt: list[int] = []
        self.next_reset_ns = 0
        self.alive = False
        # Its sockets died with it, and what was under way on them.
        self.held_up.clear()
        self.old_answers.clear()

    def _start_vision(self) -> None:
        self.boots += 1
        self.vision_boot = self.boots
        self.vision = VisionHandshake(boot_id=self.vision_boot)
        self.vision.resume_from(self.last)
        self.vision.set_ready(True)
        self.queue: deque[LineEvent] = deque()
        self.judging: Trigger | None = None
        self.must_read = True
        self.unanswered = 0
        self.answered_ns = self.now_ns
        self.old_answers.clear()

    # --- the world's parts ----------------------------------------------------------------------------------

    def key(self, seq: int) -> Key:
        return Key(self.plc_boot, seq)

    def wait(self, ms: int) -> None:
        self.now_ns += ms * MS
        if self.now_ns - self.answered_ns >= 2 * TIMEOUT_MS * MS and not self.must_read:
            self._cut("no answer")  # it has asked all that time
        self.queue.extend(self.vision.tick(self.now_ns))

    def scan(self) -> None:
        image, before = self.vision_words, self.scanned
        if (image.boot_id, image.heartbeat) != (before.boot_id, before.heartbeat):
            self.newest_beat_ns = self.now_ns
        if image.motion_seq != before.motion_seq:
            self.newest_pair_ns = self.now_ns
        self.scanned = image
        was_alive, self.alive = self.alive, False
        self._judge(self.plc.step(self.vision_words, received_ns=self.now_ns, now_ns=self.now_ns))
        self.alive = self.plc.vision_alive(self.now_ns)
        if was_alive and not self.alive and self.scanned.boot_id not in self.took_leave:
            assert self.plc.vision_lost, "latched"
        if self.plc.vision_lost:
            assert not self.plc.may_trigger(self.now_ns) or self.switches.bypass
        if self.plc.vision_halted(self.now_ns) and self.now_ns >= self.next_reset_ns:
            self.plc.reset_fault(self.now_ns)
            self.next_reset_ns = self.now_ns + 500 * MS  # pressed, not leant on: only an edge resets
        self.line_words = self.plc.image(belt_speed_mm_s=0, diverter_angle_ddeg=0, now_ns=self.now_ns)
        if self.plc.motion.mode is MotionMode.FOLLOWING:
            assert self.switches.follow_motion
            assert not self.switches.bypass
            assert self.plc.vision_alive(self.now_ns)
            assert not self.plc.vision_lost
            assert self.now_ns < self.newest_pair_ns + MOTION_TIMEOUT_NS, "no longer than the stream flows"

    def image(self) -> VisionBlock:
        """What Passgate writes next; promises 2 and 3 as far as they can be seen in it."""
        image = self.vision.image()
        assert not (
            VisionBits.TRIGGER_READY in image.bits and image.bits & (VisionBits.BUSY | VisionBits.FAULT)
        )
        if VisionBits.RESULT_VALID in image.bits:
            assert image.result_seq == image.result_seq_tail
            key = Key(self.vision.plc_boot_id, image.result_seq)
            action = action_of(decision=image.decision, decision_complement=image.decision_complement)
            result = (action, image.part_id, VisionBits.SIMULATED in image.bits)
            assert self.shown.setdefault(key, result) == result, "a result never changes"
            assert key in self.store, "durable before visible"
            assert self.store[key] == "triggered"
            given = self.published[key]
            assert result == (given.action, given.part_id, given.simulated)
            assert given.vision_boot_id == self.vision_boot, "nothing of an earlier run is replayed"
        return image

    def exchange(self, *, delivered: bool = True, answered: bool = True) -> None:
        if not self.must_read:
            image = self.image()
            if delivered:
                self.vision_words = image
            else:
                self.held_up = [*self.held_up[-7:], image]
        if answered:
            self._read(self.line_words)
            return
        self.unanswered += 1
        self.wait(TIMEOUT_MS)
        if self.unanswered >= 2:
            self._cut("no answer")

    def _read(self, line: LineBlock) -> None:
        self.must_read = False
        self.unanswered = 0
        self.answered_ns = self.now_ns
        self.old_answers.append(line)
        self.queue.extend(self.vision.observe(line, now_ns=self.now_ns, at=AT))

    def _cut(self, reason: str) -> None:
        self.queue.extend(self.vision.lost(reason))
        self.must_read = True
        self.unanswered = 0
        self.old_answers.clear()  # they came by a connection that is gone

    def _judge(self, verdict: Verdict | None) -> None:
        """Promise 2: what the PLC accepts is a fresh, matching, unchanged decision on a real picture."""
        if verdict is None:
            return
        key = self.key(verdict.seq)
        assert key not in self.verdicts, "one verdict a trigger"
        self.verdicts[key] = verdict
        if verdict.action is None:
            return
        raised, given = self.raised[key], self.published[key]
        assert verdict.action is given.action, "neither milder nor stricter: it is the decision"
        assert verdict.part_id == given.part_id == raised.part_id
        assert not given.simulated
        assert given.vision_boot_id == raised.vision_boot_id == self.vision_words.boot_id
        assert raised.at_ns <= given.at_ns <= self.now_ns < raised.at_ns + DEADLINE_MS * MS
        assert self.now_ns < self.newest_beat_ns + VISION_TIMEOUT_NS, "by a live program"
        assert not raised.bypassed
        assert not self.switches.bypass

    def at_rest(self) -> bool:
        mine = {key for key in self.raised if key.plc_boot_id == self.plc_boot}
        return (
            self.plc.may_trigger(self.now_ns)
            and not self.plc.unacknowledged
            and not self.on_belt
            and mine <= self.outcomes.keys()
        )

    def settle(self) -> None:
        """Up to twenty seconds without trouble, in which every event is taken."""
        self.held_up.clear()
        self.old_answers.clear()
        self.vision.set_ready(True)
        self.vision.set_fault(0)
        self._set(Switches())
        for _ in range(1000):
            self.wait(20)
            self.scan()
            self.exchange()
            while self.queue:
                self.station_records()
            if self.judging is not None:
                self.vision.abandon(self.judging)
                self.judging = None
            while self.on_belt and self.key(self.on_belt[0]) in self.verdicts:
                self.diverter()
            if self.at_rest():
                return

    def _set(self, switches: Switches) -> None:
        self.switches = switches
        self.plc.set_switches(switches, now_ns=self.now_ns)

    # --- what may happen: time and telegrams ----------------------------------------------------------------

    @rule(ms=st.sampled_from([1, 10, 20, 20, 20, 150, 290, 310, 510, 1100]))
    def time_passes(self, ms: int) -> None:
        self.wait(ms)

    @rule()
    def plc_scans(self) -> None:
        self.scan()

    @rule(cycles=st.integers(1, 5))
    def all_runs_well(self, cycles: int) -> None:
        for _ in range(cycles):
            self.wait(20)
            self.scan()
            self.exchange()

    @rule(delivered=st.booleans(), answered=st.booleans())
    def telegram_passes(self, delivered: bool, answered: bool) -> None:
        """Or is lost; its answer too. What is not delivered may come later, or never."""
        self.exchange(delivered=delivered, answered=answered and delivered)

    @precondition(lambda self: self.held_up)
    @rule(which=st.integers(0, 7), once_more=st.booleans())
    def telegram_comes_late(self, which: int, once_more: bool) -> None:
        """Overtaken by newer ones, perhaps of a program that is dead, perhaps not for the last time."""
        which %= len(self.held_up)
        self.vision_words = self.held_up[which]
        if not once_more:
            del self.held_up[which]

    @precondition(lambda self: not self.must_read)
    @rule(words=st.sampled_from(TORN_AT))
    def telegram_is_half_written_while_the_plc_scans(self, words: int) -> None:
        image = self.image()
        torn = [*image.pack()[:words], *self.vision_words.pack()[words:]]
        self.vision_words = VisionBlock.unpack(torn)
        self.scan()
        self.vision_words = image
        self._read(self.line_words)

    @rule(word=st.sampled_from(RESULT_WORDS), bit=st.integers(0, 15))
    def a_bit_flips_while_the_plc_scans(self, word: str, bit: int) -> None:
        """Whichever bit of a result it is, the result counts for nothing."""
        accepted = {key for key, verdict in self.verdicts.items() if verdict.action is not None}
        true = self.vision_words
        self.vision_words = replace(true, **{word: getattr(true, word) ^ 1 << bit})
        self.scan()
        self.vision_words = true
        assert accepted == {key for key, verdict in self.verdicts.items() if verdict.action is not None}

    @precondition(lambda self: self.old_answers and not self.must_read)
    @rule(back=st.integers(0, 19))
    def an_old_answer_comes(self, back: int) -> None:
        """Once more, or late: the link takes it for a new one."""
        answer = self.old_answers[-1 - back % len(self.old_answers)]
        self.queue.extend(self.vision.observe(answer, now_ns=self.now_ns, at=AT))

    @rule()
    def connection_is_cut(self) -> None:
        self._cut("cut")

    # --- what may happen: the line --------------------------------------------------------------------------

    @precondition(lambda self: self.plc.may_trigger(self.now_ns))
    @rule()
    def part_reaches_the_photo_eye(self) -> None:
        self.parts += 1
        part_id = 7 if self.without_ids else self.parts
        seq = self.plc.raise_trigger(part_id, now_ns=self.now_ns)
        assert self.key(seq) not in self.raised
        self.on_belt.append(seq)
        self.raised[self.key(seq)] = Raised(self.now_ns, part_id, self.scanned.boot_id, self.switches.bypass)

    @precondition(lambda self: self.on_belt and self.key(self.on_belt[0]) in self.verdicts)
    @rule()
    def diverter(self) -> None:
        seq = self.on_belt.pop(0)
        action = self.verdicts[self.key(seq)].action
        outcome = Outcome.DEFAULT_REJECTED
        if action is not None:
            outcome = OUTCOMES.get(action, Outcome.STOPPED)
        if outcome is Outcome.RELEASED:
            assert self.published[self.key(seq)].action is Action.PASS
        self.plc.report_outcome(seq, outcome)

    @precondition(lambda self: self.on_belt and self.key(self.on_belt[0]) not in self.verdicts)
    @rule()
    def part_reaches_the_diverter_undecided(self) -> None:
        self._judge(self.plc.reject(Rejected.UNDECIDED_AT_DIVERTER))

    @rule(enable=st.sampled_from([True, True, False]), bypass=st.sampled_from([False, False, True]))
    def somebody_is_at_the_panel(self, enable: bool, bypass: bool) -> None:
        self._set(replace(self.switches, enable=enable, bypass=bypass))

    @rule()
    def plc_restarts(self) -> None:
        self._start_plc()

    # --- what may happen: Passgate --------------------------------------------------------------------------

    @precondition(lambda self: self.queue)
    @rule()
    def station_records(self) -> None:
        match self.queue.popleft():
            case PartTriggered(trigger):
                self._record(trigger, "triggered")
                assert self.judging is None or not self.vision.publish(
                    self.judging,
                    decision_on(self.judging),
                    defect_code=0,
                    simulated=False,
                    now_ns=self.now_ns,
                ), "another trigger has come: the one before is over"
                self.judging = trigger
            case PartMissed(trigger, _):
                self._record(trigger, "missed")
            case OutcomeReported(seq, boot, outcome):
                # The station knows the part by now: it is told after its trigger.
                assert Key(boot, seq) in self.store
                assert self.outcomes.setdefault(Key(boot, seq), outcome) is outcome
                self.vision.outcome_recorded(seq, boot)

    @precondition(lambda self: self.queue)
    @rule()
    def station_records_and_is_killed(self) -> None:
        """After the disk, before anything of it was shown."""
        self.station_records()
        self._start_vision()

    def _record(self, trigger: Trigger, how: str) -> None:
        """Promise 1: one record a trigger, of the part that it was."""
        key = Key(trigger.plc_boot_id, trigger.seq)
        assert key in self.raised, "nothing is recorded that never was"
        assert key not in self.store, f"{key} came twice: {self.store[key]}, then {how}"
        assert trigger.part_id in (0, self.raised[key].part_id)
        self.store[key] = how
        self.last = KnownPart(plc_boot_id=key.plc_boot_id, seq=key.seq, part_id=trigger.part_id)

    @precondition(lambda self: self.judging is not None)
    @rule(action=st.sampled_from(Action), simulated=SELDOM)
    def station_publishes(self, action: Action, simulated: bool) -> None:
        trigger, self.judging = self.judging, None
        assert trigger is not None
        if self.vision.publish(
            trigger, decision_on(trigger, action), defect_code=0, simulated=simulated, now_ns=self.now_ns
        ):
            key = Key(trigger.plc_boot_id, trigger.seq)
            assert key not in self.published, "a part is published once"
            assert self.now_ns < trigger.seen_ns + DEADLINE_MS * MS
            self.published[key] = Published(self.now_ns, action, simulated, trigger.part_id, self.vision_boot)

    @precondition(lambda self: self.judging is not None)
    @rule(action=st.sampled_from(Action))
    def publishing_fails_at_the_last_moment(self, action: Action) -> None:
        """The result is taken back before an image was made of it: none may ever show it."""
        trigger, self.judging = self.judging, None
        assert trigger is not None
        self.vision.publish(
            trigger, decision_on(trigger, action), defect_code=0, simulated=False, now_ns=self.now_ns
        )
        self.vision.abandon(trigger)

    @rule(action=st.sampled_from([Action.PASS, Action.PASS, *Action]), simulated=SELDOM)
    def a_part_goes_well(self, action: Action, simulated: bool) -> None:
        """The usual life of a part, so that trouble also finds a line with a history."""
        self._set(Switches())
        self.vision.set_ready(True)
        self.vision.set_fault(0)
        parts = self.parts
        for _ in range(60):
            self.all_runs_well(1)
            while self.queue:
                self.station_records()
            if self.judging is not None:
                self.station_publishes(action, simulated=simulated)
            elif self.parts == parts and self.plc.may_trigger(self.now_ns):
                self.part_reaches_the_photo_eye()
            elif self.on_belt and self.key(self.on_belt[0]) in self.verdicts:
                self.diverter()
            elif self.parts > parts and not self.on_belt:
                break

    def get_ready(self) -> bool:
        """All is in order and the next part may come; False where it takes too long."""
        self._set(replace(self.switches, enable=True, bypass=False))
        self.vision.set_ready(True)
        self.vision.set_fault(0)
        for _ in range(100):
            if self.judging is not None:
                self.vision.abandon(self.judging)
                self.judging = None
            while self.queue:
                self.station_records()
            while self.on_belt and self.key(self.on_belt[0]) in self.verdicts:
                self.diverter()
            if self.plc.may_trigger(self.now_ns):
                return True
            self.all_runs_well(1)
        return False

    @rule(
        steps=st.integers(1, len(LIFE)),
        action=st.sampled_from([Action.PASS, Action.PASS, *Action]),
        simulated=SELDOM,
        trouble=st.sampled_from(TROUBLE),
        torn_at=st.sampled_from([None, None, *TORN_AT, 8]),
        flipped=st.sampled_from([None, None, None, *RESULT_WORDS]),
        pause_ms=st.sampled_from([0, 0, 290]),
        ms=st.sampled_from([0, 0, 20, 310, 510]),
    )
    def trouble_comes_in_the_middle_of_a_part(
        self,
        steps: int,
        action: Action,
        simulated: bool,
        trouble: str,
        torn_at: int | None,
        flipped: str | None,
        pause_ms: int,
        ms: int,
    ) -> None:
        """Wherever a part is in its life, anything may happen, and after it some time with nothing at all."""
        if not self.get_ready():
            return
        for step in LIFE[:steps]:
            if step == "exchange":
                self.wait(pause_ms)
            match step:
                case "raise":
                    self.part_reaches_the_photo_eye()
                case "scan" if flipped is not None:
                    self.a_bit_flips_while_the_plc_scans(flipped, 3)
                case "scan":
                    self.scan()
                case "exchange" if torn_at is not None and not self.must_read:
                    self.telegram_is_half_written_while_the_plc_scans(torn_at)
                case "exchange":
                    self.exchange()
                case "record" if self.queue:
                    self.station_records()
                case "publish" if self.judging is not None:
                    self.station_publishes(action, simulated=simulated)
                case "divert" if self.on_belt and self.key(self.on_belt[0]) in self.verdicts:
                    self.diverter()
        match trouble:
            case "late":
                self.exchange(delivered=False, answered=False)
                self.all_runs_well(1)
                if self.held_up:
                    self.telegram_comes_late(len(self.held_up) - 1, once_more=True)
            case "key":
                self._set(replace(self.switches, bypass=True))
            case "fault":
                self.vision.set_fault(0x5301)
            case "another part":
                self.another_part_comes_all_the_same()
            case _:
                getattr(self, trouble)()
        if ms:
            self.wait(ms)
            self.scan()

    @rule()
    def another_part_comes_all_the_same(self) -> None:
        """A PLC that does not wait for TriggerReady, as under its key."""
        before = self.switches
        self._set(replace(before, bypass=True))
        if self.plc.may_trigger(self.now_ns):
            self.part_reaches_the_photo_eye()
        self._set(before)
        self.scan()

    @rule(action=st.sampled_from([Action.PASS, Action.REWORK]), simulated=SELDOM)
    def a_part_is_decided(self, action: Action, simulated: bool) -> None:
        """As far as the decision in the link: what happens to it then is anybody's guess."""
        for _ in range(10):
            if self.judging is not None:
                self.station_publishes(action, simulated=simulated)
                return
            if self.plc.may_trigger(self.now_ns):
                self.part_reaches_the_photo_eye()
            self.all_runs_well(1)
            while self.queue:
                self.station_records()

    @rule(ready=st.booleans())
    def station_changes_its_mind(self, ready: bool) -> None:
        self.vision.set_ready(ready)

    @rule(error_code=st.sampled_from([0, 0, 0x5301]))
    def station_has_a_fault(self, error_code: int) -> None:
        self.vision.set_fault(error_code)

    @rule(follow=st.sampled_from([True, True, False]), speed=st.integers(0, 500), pairs=st.integers(0, 3))
    def set_points_are_streamed(self, follow: bool, speed: int, pairs: int) -> None:
        self._set(replace(self.switches, follow_motion=follow))
        for _ in range(pairs):
            self.vision.set_points.show(belt_speed_mm_s=speed, diverter_deg=1.0, now_ns=self.now_ns)
            self.all_runs_well(1)

    @rule()
    def passgate_is_killed(self) -> None:
        self._start_vision()

    @rule()
    def passgate_ends_in_order(self) -> None:
        if not self.must_read:
            self.vision_words = self.vision.farewell()
            self.took_leave.add(self.vision_boot)
        self._start_vision()

    # --- the promises ---------------------------------------------------------------------------------------

    @rule()
    def the_line_comes_to_rest(self) -> None:
        """Promise 1. What a PLC forgot by restarting before it was read is known to nobody."""
        self.settle()
        mine = {key for key in self.raised if key.plc_boot_id == self.plc_boot}
        assert mine <= self.store.keys(), f"not on record: {mine - self.store.keys()}"
        assert mine <= self.outcomes.keys(), f"no outcome: {mine - self.outcomes.keys()}"
        assert not self.plc.unacknowledged
        assert self.plc.may_trigger(self.now_ns), "the line is fit to run on"
        for key, outcome in self.outcomes.items():
            if outcome is Outcome.RELEASED:
                assert self.store[key] == "triggered"
                assert self.published[key].action is Action.PASS

    def teardown(self) -> None:
        self.the_line_comes_to_rest()


TestLine = Line.TestCase
TestLine.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=50,
    suppress_health_check=list(HealthCheck),
)
