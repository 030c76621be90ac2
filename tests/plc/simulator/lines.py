"""A whole simulated line for tests: test bench and Passgate's own handshake, in simulated time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count

from inspection.decision import Action
from inspection.line_events import LineEvent, OutcomeReported, PartTriggered
from inspection.part import Outcome, Trigger
from plc.handshake.handshake import VisionHandshake
from plc.register_map.registers import LineBlock, VisionBlock
from plc.simulator import FaultPlan, LineFault, PartResult, SimulatorSettings, TestBench
from tests.plc.handshaking import AT, MS, decision_on

SCAN_MS = 10
CYCLE_SCANS = 2

Stream = Callable[[float], tuple[float, float]]
"""Belt speed and diverter angle that Passgate streams, by time."""


@dataclass
class Pending:
    due_ns: int
    trigger: Trigger


class Line:
    """Bench and vision, exchanging every second scan; a station that answers after ``think_ms``."""

    def __init__(
        self,
        *,
        answer: Callable[[Trigger], Action | None] = lambda _: Action.PASS,
        think_ms: int = 60,
        faults: Iterable[str] = (),
        stream: Stream | None = None,
        **settings: object,
    ) -> None:
        chosen = {"parts": 3, "rate_per_min": 60.0, "first_part_id": 100, "port": 0} | settings
        self.settings = SimulatorSettings.model_validate(
            chosen | {"faults": tuple(LineFault.parse(fault) for fault in faults)}
        )
        self.results: list[PartResult] = []
        self.events: list[LineEvent] = []
        boots = count(7)
        plan: FaultPlan = self.settings.plan()
        self.bench = TestBench(
            self.settings.bench(), boot_ids=lambda: next(boots), faults=plan, on_part=self.results.append
        )
        self.answer = answer
        self.think_ms = think_ms
        self.stream = stream
        self.now_ns = 0
        self.scans = 0
        self.line: LineBlock | None = None
        self.lines: list[LineBlock | None] = []
        self.registers = VisionBlock()
        self.alive = True
        self.boots = 10
        self.waiting: list[Pending] = []
        self.start_vision()

    def start_vision(self) -> None:
        self.boots += 1
        self.vision = VisionHandshake(boot_id=self.boots)
        self.vision.set_ready(True)
        self.waiting.clear()

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 1000 / SCAN_MS)):
            self.scan()

    def run_until(self, reached: Callable[[], bool], *, at_most_s: float = 120.0) -> None:
        for _ in range(round(at_most_s * 1000 / SCAN_MS)):
            if reached():
                return
            self.scan()
        raise AssertionError(f"not within {at_most_s} s: {self.bench.state()}")

    def scan(self) -> None:
        self.now_ns += SCAN_MS * MS
        self.scans += 1
        self.line = self.bench.scan(self.registers, received_ns=self.now_ns, now_ns=self.now_ns, at=AT)
        self.lines.append(self.line)
        if self.alive and self.scans % CYCLE_SCANS == 0:
            if self.line is None:
                self.registers = VisionBlock()
                self.events.extend(self.vision.lost("the PLC is off"))
                self.events.extend(self.vision.tick(self.now_ns))
            else:
                self.exchange(self.line)

    def exchange(self, line: LineBlock) -> None:
        for pending in list(self.waiting):
            if self.now_ns >= pending.due_ns:
                self.waiting.remove(pending)
                self.decide(pending.trigger)
        if self.stream is not None:
            speed, angle = self.stream(self.now_ns / 1e9)
            self.vision.set_points.show(belt_speed_mm_s=speed, diverter_deg=angle, now_ns=self.now_ns)
        self.registers = self.vision.image()
        events = (*self.vision.observe(line, now_ns=self.now_ns, at=AT), *self.vision.tick(self.now_ns))
        self.events.extend(events)
        for event in events:
            if isinstance(event, PartTriggered):
                self.waiting.append(Pending(self.now_ns + self.think_ms * MS, event.trigger))
            elif isinstance(event, OutcomeReported):
                self.vision.outcome_recorded(event.seq, event.plc_boot_id)

    def decide(self, trigger: Trigger) -> None:
        action = self.answer(trigger)
        if action is None:
            self.vision.abandon(trigger)
        else:
            decision = decision_on(trigger, action)
            self.vision.publish(trigger, decision, defect_code=0, simulated=False, now_ns=self.now_ns)

    def finish(self, *, at_most_s: float = 300.0) -> None:
        """Run until every part is through and acknowledged."""
        self.run_until(lambda: self.bench.through and not self.bench.unacknowledged, at_most_s=at_most_s)

    def outcomes(self) -> list[Outcome]:
        return [result.outcome for result in self.results]

    def speeds(self) -> list[int]:
        """Belt speed in the registers, scan by scan."""
        return [line.belt_speed_mm_s for line in self.lines if line is not None]
