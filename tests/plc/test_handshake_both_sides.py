"""Both sides of the handshake together: any order of scans, telegrams, losses, cuts, kills and restarts.

The world below is all there is between them: registers that survive either side, a store that survives
Passgate, and a station that records what the link tells, in order, before it publishes. Promises 1 to 3 are
checked after each step; promise 1 once the line has come to rest.
"""

from collections import deque

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from inspection.decision import Action
from inspection.part import Outcome, Trigger
from inspection.ports import KnownPart, LineEvent, OutcomeReported, PartMissed, PartTriggered
from plc.handshake import VisionHandshake
from plc.registers import LineBlock, VisionBits, VisionBlock
from plc.simulator.handshake import PlcHandshake, Verdict
from plc.simulator.program import OUTCOMES
from tests.plc.handshaking import AT, MS, decision_on

DEADLINE_MS = 500
Key = tuple[int, int]
"""PLC boot id and sequence number."""


class Line(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now_ns = 10_000 * MS
        self.boots = 0
        self.parts = 0
        self.line_words = LineBlock(map_version=0)
        self.vision_words = VisionBlock(map_version=0)
        self.telegram = self.vision_words
        self.store: dict[Key, str] = {}
        self.outcomes: dict[Key, Outcome] = {}
        self.last: KnownPart | None = None
        self.published: dict[Key, tuple[Action, bool, int, int]] = {}
        self.raised: dict[Key, tuple[int, int]] = {}
        self.verdicts: dict[Key, Verdict] = {}
        self._start_plc()
        self._start_vision()

    def _start_plc(self) -> None:
        self.boots += 1
        self.plc_boot = self.boots
        self.plc = PlcHandshake(boot_id=self.plc_boot, deadline_ms=DEADLINE_MS, allow_simulated=False)
        self.on_belt: list[int] = []
        self.next_reset_ns = 0

    def _start_vision(self) -> None:
        self.boots += 1
        self.vision_boot = self.boots
        self.vision = VisionHandshake(boot_id=self.vision_boot)
        self.vision.resume_from(self.last)
        self.vision.set_ready(True)
        self.queue: deque[LineEvent] = deque()
        self.told: set[Key] = set()
        self.judging: Trigger | None = None
        self.must_read = True

    # --- the world's parts ----------------------------------------------------------------------------------

    def scan(self) -> None:
        verdict = self.plc.step(self.vision_words, received_ns=self.now_ns, now_ns=self.now_ns)
        if verdict is not None:
            assert (self.plc_boot, verdict.seq) not in self.verdicts
            self.verdicts[self.plc_boot, verdict.seq] = verdict
        if self.plc.vision_halted(self.now_ns) and self.now_ns >= self.next_reset_ns:
            self.plc.reset_fault(self.now_ns)
            self.next_reset_ns = self.now_ns + 500 * MS  # pressed, not leant on: only an edge resets
        self.line_words = self.plc.image(belt_speed_mm_s=0, diverter_angle_ddeg=0, now_ns=self.now_ns)

    def exchange(self, *, answered: bool) -> None:
        if not self.must_read:
            self.telegram = self.vision.image()
            self.vision_words = self.telegram
        if answered:
            self.must_read = False
            self.queue.extend(self.vision.observe(self.line_words, now_ns=self.now_ns, at=AT))

    def settle(self) -> None:
        """Twenty seconds without trouble, in which every event is taken."""
        for _ in range(1000):
            self.now_ns += 20 * MS
            self.scan()
            self.exchange(answered=True)
            self.queue.extend(self.vision.tick(self.now_ns))
            while self.queue:
                self.station_records()
            if self.judging is not None:
                self.vision.abandon(self.judging)
                self.judging = None
            while self.on_belt and (self.plc_boot, self.on_belt[0]) in self.verdicts:
                self.diverter()

    # --- what may happen -----------------------------------------------------------------------------------

    @rule(ms=st.sampled_from([1, 10, 20, 20, 20, 150, 290, 310, 510]))
    def time_passes(self, ms: int) -> None:
        self.now_ns += ms * MS
        self.queue.extend(self.vision.tick(self.now_ns))

    @rule()
    def plc_scans(self) -> None:
        self.scan()

    @rule(cycles=st.integers(1, 5))
    def all_runs_well(self, cycles: int) -> None:
        for _ in range(cycles):
            self.now_ns += 20 * MS
            self.scan()
            self.exchange(answered=True)

    @rule(action=st.sampled_from(Action), simulated=st.booleans())
    def a_part_goes_well(self, action: Action, simulated: bool) -> None:
        """The usual life of a part, so that trouble also finds a line with a history."""
        self.vision.set_ready(True)
        parts = self.parts
        for _ in range(60):
            self.all_runs_well(1)
            self.queue.extend(self.vision.tick(self.now_ns))
            while self.queue:
                self.station_records()
            if self.judging is not None:
                self.station_publishes(action, simulated=simulated)
            elif self.parts == parts and self.plc.may_trigger(self.now_ns):
                self.part_reaches_the_photo_eye()
            elif self.on_belt and (self.plc_boot, self.on_belt[0]) in self.verdicts:
                self.diverter()

    @rule(answered=st.booleans())
    def telegram_passes(self, answered: bool) -> None:
        self.exchange(answered=answered)

    @rule()
    def telegram_is_repeated(self) -> None:
        self.vision_words = self.telegram

    @rule()
    def connection_is_cut(self) -> None:
        self.queue.extend(self.vision.lost("cut"))
        self.must_read = True

    @precondition(lambda self: self.plc.may_trigger(self.now_ns))
    @rule()
    def part_reaches_the_photo_eye(self) -> None:
        self.parts += 1
        seq = self.plc.raise_trigger(self.parts, now_ns=self.now_ns)
        self.on_belt.append(seq)
        self.raised[self.plc_boot, seq] = (self.now_ns, self.vision_words.boot_id)

    @precondition(lambda self: self.on_belt and (self.plc_boot, self.on_belt[0]) in self.verdicts)
    @rule()
    def diverter(self) -> None:
        seq = self.on_belt.pop(0)
        action = self.verdicts[self.plc_boot, seq].action
        outcome = Outcome.DEFAULT_REJECTED
        if action is not None:
            outcome = OUTCOMES.get(action, Outcome.STOPPED)
        if outcome is Outcome.RELEASED:
            assert self.published[self.plc_boot, seq][0] is Action.PASS
        self.plc.report_outcome(seq, outcome)

    @precondition(lambda self: self.queue)
    @rule()
    def station_records(self) -> None:
        match self.queue.popleft():
            case PartTriggered(trigger):
                self._record(trigger, "triggered")
                self.judging = trigger
            case PartMissed(trigger):
                self._record(trigger, "missed")
            case OutcomeReported(seq, boot, outcome):
                # The station knows the part by now, unless it belongs to the time before its record began.
                assert self.outcomes.setdefault((boot, seq), outcome) is outcome
                self.vision.outcome_recorded(seq, boot)

    def _record(self, trigger: Trigger, how: str) -> None:
        key = (trigger.plc_boot_id, trigger.seq)
        assert key not in self.store, f"{key} came twice: {self.store[key]}, then {how}"
        self.store[key] = how
        self.last = KnownPart(plc_boot_id=key[0], seq=key[1], part_id=trigger.part_id)

    @precondition(lambda self: self.judging is not None)
    @rule(action=st.sampled_from(Action), simulated=st.sampled_from([False, False, False, True]))
    def station_publishes(self, action: Action, simulated: bool) -> None:
        trigger, self.judging = self.judging, None
        assert trigger is not None
        if self.vision.publish(
            trigger, decision_on(trigger, action), defect_code=0, simulated=simulated, now_ns=self.now_ns
        ):
            key = (trigger.plc_boot_id, trigger.seq)
            assert key not in self.published, "a part is published once"
            self.published[key] = (action, simulated, trigger.part_id, self.vision_boot)

    @rule(ready=st.booleans())
    def station_changes_its_mind(self, ready: bool) -> None:
        self.vision.set_ready(ready)

    @rule()
    def passgate_is_killed(self) -> None:
        self._start_vision()

    @rule()
    def plc_restarts(self) -> None:
        self._start_plc()

    # --- the promises ---------------------------------------------------------------------------------------

    @invariant()
    def promise_2_and_3_what_the_plc_accepts_was_published_fresh_and_unchanged(self) -> None:
        for key, verdict in self.verdicts.items():
            if verdict.action is None:
                continue
            action, simulated, part_id, vision_boot = self.published[key]
            _, boot_at_trigger = self.raised[key]
            assert (verdict.action, verdict.part_id) == (action, part_id)
            assert not simulated
            assert vision_boot == boot_at_trigger
            assert verdict.latency_ns is not None
            assert verdict.latency_ns < DEADLINE_MS * MS

    @invariant()
    def we_never_offer_while_we_are_busy_or_halted(self) -> None:
        bits = self.telegram.bits
        assert not (VisionBits.TRIGGER_READY in bits and bits & (VisionBits.BUSY | VisionBits.FAULT))

    def teardown(self) -> None:
        # Promise 1. What a PLC forgot by restarting before we read it is known to nobody.
        self.vision.set_ready(True)
        self.settle()
        mine = {key for key in self.raised if key[0] == self.plc_boot}
        assert mine <= self.store.keys(), f"not on record: {mine - self.store.keys()}"
        assert mine <= self.outcomes.keys(), f"no outcome: {mine - self.outcomes.keys()}"
        assert not self.plc.unacknowledged
        assert self.plc.may_trigger(self.now_ns), "the line is fit to run on"


TestLine = Line.TestCase
TestLine.settings = settings(
    max_examples=60, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)
