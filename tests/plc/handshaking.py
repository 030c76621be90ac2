"""Words for tests of the handshake: a PLC's registers that tests write, and a vision side that reads them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from inspection.decision import Action, DecidedBy, Decision, ModelRef, RecipeRef
from inspection.line_events import KnownPart, LineEvent, PartTriggered
from inspection.part import Trigger
from plc.handshake.handshake import VisionHandshake
from plc.register_map.registers import LineBits, LineBlock, VisionBits

AT = datetime(2026, 1, 1, tzinfo=UTC)
MS = 1_000_000
PLC_BOOT = 77
RUNNING = LineBits.ENABLE | LineBits.AUTO | LineBits.RUNNING


def decision_on(trigger: Trigger, action: Action = Action.PASS) -> Decision:
    return Decision(
        part_id=trigger.part_id,
        trigger_seq=trigger.seq,
        recipe=RecipeRef(id=1, version=1),
        action=action,
        confidence=0.97,
        decided_by=DecidedBy.VLA,
        reason="test",
        model=ModelRef(name="test", version="1", sha256="0"),
    )


class Vision:
    """A VisionHandshake before a PLC whose registers the test sets; time passes with each cycle."""

    def __init__(self, *, known: KnownPart | None = None, **line: Any) -> None:
        self.handshake = VisionHandshake(boot_id=5)
        self.handshake.resume_from(known)
        self.line = LineBlock(boot_id=PLC_BOOT, bits=RUNNING, deadline_ms=500)
        self.now_ns = 1_000 * MS
        if line:
            self.set(**line)

    def set(self, **words: Any) -> None:
        """Change words of the line block, as the PLC would."""
        self.line = replace(self.line, **words)

    def cycle(self, *, ms: int = 20, beat: bool = True, **words: Any) -> list[LineEvent]:
        """Let the PLC set ``words`` and beat, then write and read once."""
        self.set(**words)
        if beat:
            self.set(heartbeat=self.line.heartbeat + 1 & 0xFFFF)
        self.now_ns += ms * MS
        self.handshake.image()
        events = list(self.handshake.observe(self.line, now_ns=self.now_ns, at=AT))
        return events + list(self.handshake.tick(self.now_ns))

    def up(self, **words: Any) -> list[LineEvent]:
        """Connect, see the heart beat, and offer to take parts."""
        self.handshake.set_ready(True)
        return self.cycle(**words) + self.cycle()

    def triggered(self, seq: int, part_id: int = 9) -> Trigger:
        """The PLC raises ``seq``; returns the trigger that we took."""
        (event,) = self.cycle(trigger_seq=seq, part_id=part_id)
        assert isinstance(event, PartTriggered)
        return event.trigger

    def publish(self, trigger: Trigger, action: Action = Action.PASS, *, simulated: bool = False) -> bool:
        return self.handshake.publish(
            trigger,
            decision_on(trigger, action),
            defect_code=3,
            simulated=simulated,
            now_ns=self.now_ns,
        )

    def shows(self, bit: VisionBits) -> bool:
        return bit in self.handshake.image().bits
