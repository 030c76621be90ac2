"""A PLC over pyModbusTCP whose program is the Structured Text, PASSGATE_STATION and PASSGATE_TRACK.

``python -m tests.plc.interop.pymodbustcp_plc PARTS LOG`` serves the two blocks; "port N" comes on stdout once
it listens, a JSON summary at the end. Around the two function blocks there is only what is not program: a
belt with two photo-eyes and a gate, and somebody who takes a part from it now and then. What became of a part
is written down from where it physically went, not from what the blocks say.
"""

import json
import secrets
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

from pyModbusTCP.server import DataBank, ModbusServer

from inspection.part import Outcome
from plc.register_map.registers import LINE_BASE, OUTCOME_CODES, VISION_BASE, VISION_SIZE, VisionBlock
from plc.simulator import PartResult
from plc.simulator.program.handshake import Rejected
from tests.plc.peers import free_port
from tests.plc.structured_text.compiler import Clock, instance
from tests.plc.structured_text.station import REASONS, VERDICTS, blocks, line_words, vision_pins

SCAN_S: Final = 0.005
STEP: Final = 5
"""Pulses of the belt's encoder in one scan; one is a millimetre."""
SPACING: Final = 45
LENGTH: Final = 10
TO_DIVERTER: Final = 500
WINDOW: Final = 15
TAKEN_EVERY: Final = 150
"""Of so many parts somebody takes one from the belt."""
FIRST_PART: Final = 70_000
PATIENCE_S: Final = 20.0

_OUTCOMES: Final = {code: outcome for outcome, code in OUTCOME_CODES.items()}


_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass
class OnBelt:
    """One part: where it is, and what is known of it."""

    part_id: int
    at: int
    """Millimetres behind the first photo-eye."""
    seq: int = 0
    triggered_at: datetime = _NEVER
    raised_ns: int = 0
    verdict: int = 0
    reason: int = 0
    latency_ms: float = 0.0
    gate_open: bool = False


class Plant:
    """The belt, and the two blocks on it."""

    def __init__(self, parts: int, log: TextIO) -> None:
        self._parts = parts
        self._log = log
        self._clock = Clock()
        self.station: Any = instance(blocks(), "PASSGATE_STATION", self._clock)
        self.track: Any = instance(blocks(), "PASSGATE_TRACK", self._clock)
        self.boot_id = 1 + secrets.randbelow(0xFFFF)
        self._belt: list[OnBelt] = []
        self._known: dict[int, OnBelt] = {}
        self._next_part, self._to_come = FIRST_PART, SPACING
        self._button = self._reset = 0
        self.finished = self.taken = self.released = self.released_without_pass = 0

    @property
    def done(self) -> bool:
        """All parts have left and Passgate has acknowledged their outcomes."""
        return self.finished >= self._parts and self.station.QueueCount == 0

    def scan(self, vision: VisionBlock) -> list[int]:
        """Inputs, both blocks, outputs; returns the line block."""
        self._clock.now_ns = time.monotonic_ns()
        moved = 0 if self.station.HoldBelt or self.track.StopBelt else STEP
        self._move(moved)
        at_eye = next((part for part in self._belt if 0 <= part.at < LENGTH), None)
        # Pressed again and again while something is latched, also where Passgate lives only now and then.
        latched = self.station.VisionLost or self.station.VisionHalted
        self._reset = self._reset + 1 if latched else 0
        station, track = self.station, self.track
        station(
            **vision_pins(vision),
            BootId=self.boot_id,
            Enable=True,
            Auto=True,
            Running=moved > 0,
            BeltSpeed=1000 if moved else 0,
            ResetButton=self._reset % 200 > 100,
            PartAtEye=at_eye is not None,
            PartId=at_eye.part_id if at_eye else 0,
            GiveUp=track.GiveUp,
            OutcomeNew=track.OutcomeNew,
            OutcomeOfSeq=track.OutcomeOfSeq,
            OutcomeCode=track.OutcomeCode,
        )
        if track.OutcomeNew:
            self._finish(self._known.pop(track.OutcomeOfSeq), _OUTCOMES[track.OutcomeCode])
        if station.TriggerNew:
            assert at_eye is not None
            at_eye.seq, at_eye.triggered_at = station.LineTriggerSeq, datetime.now(UTC)
            at_eye.raised_ns = self._clock.now_ns
            self._known[at_eye.seq] = at_eye
        if station.VerdictNew:
            part = self._known.get(station.VerdictSeq)
            if part is not None:
                part.verdict, part.reason = station.Verdict, station.RejectReason
                part.latency_ms = (self._clock.now_ns - part.raised_ns) / 1e6
        self._button = self._button + 1 if track.StopBelt else 0
        track(
            Distance=TO_DIVERTER,
            Window=WINDOW,
            GateLength=LENGTH,
            BeltStep=moved,
            AtDiverter=any(0 <= part.at - TO_DIVERTER < LENGTH for part in self._belt),
            PartTaken=self._button > 4,
            TriggerNew=station.TriggerNew,
            TriggerSeq=station.LineTriggerSeq,
            VerdictNew=station.VerdictNew,
            VerdictSeq=station.VerdictSeq,
            Verdict=station.Verdict,
        )
        for part in self._belt:
            part.gate_open |= track.GateOpen and 0 <= part.at - TO_DIVERTER < LENGTH
        if track.OutcomeNew and track.OutcomeCode == OUTCOME_CODES[Outcome.STOPPED]:
            self._belt.remove(self._known[track.OutcomeOfSeq])  # the operator has it
        return line_words(station)

    def _move(self, moved: int) -> None:
        for part in self._belt:
            part.at += moved
        self._to_come -= moved
        if self._to_come <= 0 and self._next_part < FIRST_PART + self._parts:
            self._belt.append(OnBelt(self._next_part, at=0))
            self._next_part += 1
            self._to_come = SPACING
        for part in [part for part in self._belt if part.at == TO_DIVERTER // 2]:
            if part.part_id % TAKEN_EVERY == 0 and moved:
                self._belt.remove(part)
                self.taken += 1
        self._belt = [part for part in self._belt if part.at <= TO_DIVERTER + 2 * LENGTH]

    def _finish(self, part: OnBelt, said: Outcome) -> None:
        """Write down the part; one that went through the gate is released, whatever was said."""
        outcome = Outcome.RELEASED if part.gate_open else said
        if outcome is Outcome.RELEASED:
            self.released += 1
            self.released_without_pass += part.verdict != 1
        verdict = part.verdict or 5
        action = VERDICTS[verdict]
        reason = REASONS[part.reason] if part.reason else Rejected.UNDECIDED_AT_DIVERTER
        result = PartResult(
            boot_id=self.boot_id,
            seq=part.seq,
            part_id=part.part_id,
            triggered_at=part.triggered_at,
            action=action,
            rejected=None if action is not None else reason,
            latency_ms=None if action is None else part.latency_ms,
            outcome=outcome,
        )
        self._log.write(result.model_dump_json() + "\n")
        self._log.flush()
        self.finished += 1


def main(parts: int, log: Path) -> int:
    """Serve until all parts are through; 0 where they are."""
    registers = DataBank()
    server = ModbusServer("127.0.0.1", free_port(), no_block=True, data_bank=registers)
    server.start()
    try:
        with log.open("a", encoding="utf-8") as out:
            plant = Plant(parts, out)
            print(f"port {server.port}", flush=True)
            due_s = last_s = time.monotonic()
            finished = 0
            while not plant.done and time.monotonic() - last_s < PATIENCE_S:
                words = registers.get_holding_registers(VISION_BASE, VISION_SIZE)
                registers.set_holding_registers(LINE_BASE, plant.scan(VisionBlock.unpack(words)))
                if plant.finished != finished:
                    finished, last_s = plant.finished, time.monotonic()
                due_s = max(due_s + SCAN_S, time.monotonic() - SCAN_S)
                time.sleep(max(due_s - time.monotonic(), 0.0))
    finally:
        server.stop()
    station, track = plant.station, plant.track
    summary = {
        "complete": plant.done,
        "parts": plant.finished,
        "released": plant.released,
        "released_without_pass": plant.released_without_pass,
        "taken": plant.taken,
        "lost": track.LostParts,
        "unknown": track.UnknownParts,
        "skipped": station.SkippedParts,
        "held": station.HoldBelt,
        "stopped": track.StopBelt,
        "vision_alive": station.VisionAlive,
        "vision_lost": station.VisionLost,
        "vision_state": station.State,
        "vision_bits": station.Bits,
        "unacknowledged": station.QueueCount,
        "on_the_way": station.PartsOnTheWay,
    }
    print(json.dumps(summary), flush=True)
    return 0 if plant.done else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
