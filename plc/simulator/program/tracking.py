"""The PLC's idea of where each part is: from the photo-eye to the lane, by encoder. No I/O.

The PLC sees no parts, only barriers and the belt's encoder. A part that slid comes to the barrier ahead of
the diverter earlier or later than the encoder says; a part that touches its neighbour looks like one long
part. Whatever is doubtful goes to the side lane: only a part that comes when and where its trigger says,
alone and of its own length, has its pass carried out.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from inspection.decision import Action
from inspection.part import Outcome
from plc.simulator.machine.conveyor import Lane, Layout, Sensors
from plc.simulator.machine.physics import SCAN_S, LinePhysics, stopping_distance
from plc.simulator.program.handshake import Verdict

OUTCOMES: Final = {
    Action.PASS: Outcome.RELEASED,
    Action.REWORK: Outcome.DIVERTED,
    Action.MANUAL_REVIEW: Outcome.HELD,
}
"""What becomes of a part at the diverter. A stop never gets there: it is taken from the standing belt."""


class Doubt(StrEnum):
    """Why the PLC did not carry out the decision that it had accepted, or could have."""

    TOO_CLOSE = "too_close"
    """It touched or nearly touched another part: the decision may be the other's."""
    TRACKING_LOST = "tracking_lost"
    """It came to the diverter too early or too late by the encoder: it has slid, or is another part."""
    JAMMED = "jammed"
    """The line jammed, and people took it from the belt."""
    DIVERTER = "diverter"
    """The diverter stood between its lanes when it had to be at one."""


@dataclass(slots=True, kw_only=True, eq=False)
class Tracked:
    """A part that has broken the photo-eye's beam."""

    eye_edge: int
    edge_mm: float
    """The encoder at that moment."""
    seq: int = 0
    """Its trigger; 0 as long as it has none."""
    part_id: int = 0
    triggered_at: datetime | None = None
    repeated: bool = False
    """Its trigger bears the number of the one before, as a faulty PLC's does."""
    verdict: Verdict | None = None
    doubt: Doubt | None = None

    @property
    def passed(self) -> bool:
        """Its pass was accepted, and nothing speaks against its being this part."""
        return self.doubt is None and self.verdict is not None and self.verdict.action is Action.PASS

    def outcome(self, lane: Lane) -> Outcome:
        """What to report when it has left in ``lane``: what is, not what was meant."""
        if lane is Lane.STRAIGHT:
            return Outcome.RELEASED
        action = None if self.verdict is None or self.doubt is not None else self.verdict.action
        if action is None:
            return Outcome.DEFAULT_REJECTED
        return Outcome.DIVERTED if action is Action.PASS else OUTCOMES.get(action, Outcome.DEFAULT_REJECTED)


@dataclass(slots=True, kw_only=True, eq=False)
class AtGate:
    """Something between the barrier ahead of the diverter and the lanes."""

    rise_mm: float
    """The encoder when its front broke the beam."""
    part: Tracked | None
    """None for a stray: nobody expected anything."""
    fall_mm: float | None = None
    slack_mm: float = 0.0
    """It may have slid on so far without the encoder's seeing it."""
    clear: bool = False
    """It ended where one part ends, and nothing follows closely."""
    exits: list[Lane] = field(default_factory=list)
    """Where it has left so far: what looked like one may be several parts."""

    @property
    def lane(self) -> Lane | None:
        """Where it has to go. None: it has its pass, but is not proven to be that part yet."""
        if self.part is None or not self.part.passed:
            return Lane.SIDE
        return Lane.STRAIGHT if self.clear else None


@dataclass(slots=True, kw_only=True)
class Tracking:
    """Everything between photo-eye and lanes.

    Args:
        physics: What it is made of.
        layout: Where the barriers are.
    """

    physics: LinePhysics
    layout: Layout
    waiting: Tracked | None = None
    """At the photo-eye, without a trigger yet."""
    expected: deque[Tracked] = field(default_factory=deque)
    """Triggered, on their way to the diverter's barrier."""
    gate: deque[AtGate] = field(default_factory=deque)
    """Between that barrier and the lanes, the farthest first."""
    strays: int = 0
    """Things that came to the diverter and that nobody expected; they went aside."""
    _sensors: Sensors | None = None
    _purged_mm: float = 0.0
    _eye_part: Tracked | None = None
    _eye_fall_mm: float | None = None
    _eye_before: Tracked | None = None

    @property
    def triggered(self) -> list[Tracked]:
        """Every part with a trigger that has not left."""
        return [thing.part for thing in self.gate if thing.part is not None] + list(self.expected)

    def take_on(self, part: Tracked) -> None:
        """The part that waited at the photo-eye has got its trigger."""
        self.waiting = None
        self.expected.append(part)

    def forget(self, part: Tracked) -> None:
        """It was taken from the belt."""
        self.gate = deque(thing for thing in self.gate if thing.part is not part)
        self.expected = deque(other for other in self.expected if other is not part)

    def clear(self) -> list[Tracked]:
        """All but a part that waits at the photo-eye was taken from the belt.

        Returns:
            What had a trigger, each with its doubt.
        """
        gone = self.triggered
        for part in gone:
            part.doubt = Doubt.JAMMED
        self._eye_part, self._eye_before, self._eye_fall_mm = self.waiting, None, None
        self.expected.clear()
        self.gate.clear()
        return gone

    def front_mm(self, thing: AtGate, encoder_mm: float) -> float:
        """Where its front is by the encoder, from the photo-eye; the farthest that it can be."""
        return self.layout.gate_eye_mm + encoder_mm - thing.rise_mm + thing.slack_mm

    def see(self, now: Sensors) -> list[tuple[AtGate, Lane]]:
        """Take in a scan's sensors; returns what has left, and where."""
        before, self._sensors = self._sensors, now
        if before is None:
            # What lies there as the program starts is nobody's: the diverter stays aside until it is gone.
            way_mm = self.layout.diverter_mm - self.layout.gate_eye_mm
            self._purged_mm = now.encoder_mm + way_mm + 2.0 * self.physics.part_length_mm
            return []
        if now.emergency_stop and not before.emergency_stop:
            self._stopped_hard(before)
        self._see_eye(before, now)
        self._see_gate(before, now)
        return [left for lane in now.exits if (left := self._exit(lane)) is not None]

    @property
    def purging(self) -> bool:
        """Something may be ahead of the diverter that this program has not seen coming."""
        return self._sensors is None or self._sensors.encoder_mm < self._purged_mm

    def _exit(self, lane: Lane) -> tuple[AtGate, Lane] | None:
        """Something has left; returns the first at the gate where that was it, and all of it."""
        assert self._sensors is not None
        if not self.gate:
            return None
        thing, length_mm = self.gate[0], self.physics.part_length_mm
        ahead_mm = self.front_mm(thing, self._sensors.encoder_mm) - self.layout.diverter_mm - length_mm
        tolerance_mm = length_mm / 2.0 + self._resolution_mm()
        # What a program before this one had on the belt leaves as well, and is not ours.
        if not -tolerance_mm <= ahead_mm <= tolerance_mm + thing.slack_mm + self._excess_mm(thing):
            return None
        thing.exits.append(lane)
        if len(thing.exits) <= round(self._excess_mm(thing) / length_mm):
            return None
        self.gate.popleft()
        return thing, Lane.STRAIGHT if Lane.STRAIGHT in thing.exits else lane

    def _excess_mm(self, thing: AtGate) -> float:
        """How much longer it is than a part: others touch it."""
        assert self._sensors is not None
        until_mm = self._sensors.encoder_mm if thing.fall_mm is None else thing.fall_mm
        return max(until_mm - thing.rise_mm - self.physics.part_length_mm, 0.0)

    def _stopped_hard(self, before: Sensors) -> None:
        """Parts may slide now: what is not within the diverter's reach yet is no longer sure to be there."""
        slid_mm = stopping_distance(before.belt_speed_mm_s, self.physics.gentle_mm_s2)
        for thing in self.gate:
            thing.slack_mm += slid_mm
            if self.front_mm(thing, before.encoder_mm) < self.layout.diverter_mm:
                self._doubt(thing, Doubt.TRACKING_LOST)

    def jam(self) -> str:
        """What does not move on as it should, in words; empty where all does."""
        if self._sensors is None:
            return ""
        encoder_mm = self._sensors.encoder_mm
        late = self.physics.part_length_mm + self._resolution_mm()
        if self.expected and self._deviation_mm(self.expected[0]) > late:
            return f"part {self.expected[0].part_id} did not come to the diverter"
        if self.gate:
            first = self.gate[0]
            if (
                first.fall_mm is None
                and encoder_mm - first.rise_mm > 3.0 * self.physics.part_length_mm + late
            ):
                return "something blocks the barrier ahead of the diverter"
            way_mm = self.layout.diverter_mm - self.layout.gate_eye_mm + self.physics.part_length_mm
            if encoder_mm - first.rise_mm > way_mm + self._excess_mm(first) + 2.0 * late:
                return "a part does not leave the diverter"
        return ""

    # --- the two barriers ---------------------------------------------------------------------------------

    def _see_eye(self, before: Sensors, now: Sensors) -> None:
        part = self._eye_part
        if part is not None and (before.eye or now.eye) and self._too_long(part.edge_mm):
            part.doubt = Doubt.TOO_CLOSE
        if before.eye and (not now.eye or now.eye_edges != before.eye_edges):
            self._eye_fall_mm, self._eye_before, self._eye_part = now.encoder_mm, part, None
            self.waiting = None  # gone by untriggered: a stray from now on
        if now.eye_edges == before.eye_edges:
            return
        fresh = Tracked(eye_edge=now.eye_edges, edge_mm=now.encoder_mm)
        near = self._eye_fall_mm is not None and now.encoder_mm - self._eye_fall_mm < self.physics.clear_mm
        if near or now.eye_edges - before.eye_edges > 1:
            fresh.doubt = Doubt.TOO_CLOSE
            if self._eye_before is not None:
                self._eye_before.doubt = Doubt.TOO_CLOSE
        self.waiting = self._eye_part = fresh

    def _see_gate(self, before: Sensors, now: Sensors) -> None:
        last = self.gate[-1] if self.gate else None
        if last is not None:
            if last.fall_mm is None:
                if self._too_long(last.rise_mm):
                    self._doubt(last, Doubt.TOO_CLOSE)
                if not now.gate_eye or now.gate_edges != before.gate_edges:
                    last.fall_mm = now.encoder_mm
            elif not last.clear and now.encoder_mm - last.fall_mm >= self.physics.clear_mm:
                last.clear = True
        for _ in range(now.gate_edges - before.gate_edges):
            fresh = AtGate(rise_mm=now.encoder_mm, part=self._expected_now())
            if last is not None and not last.clear:
                self._doubt(last, Doubt.TOO_CLOSE)
                self._doubt(fresh, Doubt.TOO_CLOSE)
            self.strays += fresh.part is None
            self.gate.append(fresh)
            last = fresh

    def _expected_now(self) -> Tracked | None:
        """Which part it is that has just broken the gate's beam; with its doubt, where it comes amiss."""
        if not self.expected or self._deviation_mm(self.expected[0]) < -self.physics.part_length_mm:
            return None
        part = self.expected.popleft()
        if abs(self._deviation_mm(part)) > self.physics.part_length_mm / 4.0 + self._resolution_mm():
            part.doubt = part.doubt or Doubt.TRACKING_LOST
        return part

    def _deviation_mm(self, part: Tracked) -> float:
        """How much farther the belt has run than to bring ``part`` to the gate's barrier."""
        assert self._sensors is not None
        return self._sensors.encoder_mm - part.edge_mm - self.layout.gate_eye_mm

    def _too_long(self, since_mm: float) -> bool:
        assert self._sensors is not None
        return (
            self._sensors.encoder_mm - since_mm > 1.25 * self.physics.part_length_mm + self._resolution_mm()
        )

    def _resolution_mm(self) -> float:
        """How far two edges, each known to a scan, can seem apart from what they are."""
        assert self._sensors is not None
        return 2.0 * self._sensors.belt_speed_mm_s * SCAN_S

    @staticmethod
    def _doubt(thing: AtGate, doubt: Doubt) -> None:
        if thing.part is not None:
            thing.part.doubt = thing.part.doubt or doubt
