"""One part's passage as an explicit state machine: which step may follow which, and when each was reached.

    triggered → captured → decided → recorded → published → closed
             ↘ (no picture) ↗      ↘ (store failed) ↘ withheld ↗

The order is promise 4 in code: nothing is published that was not recorded, nothing is closed without an
outcome.
"""

import asyncio
from enum import StrEnum
from typing import NamedTuple

from inspection.challenge.round import Round
from inspection.decision import Decision
from inspection.line_events import NOT_ASKED
from inspection.part import Inspection, Trigger


class Phase(StrEnum):
    """How far one part has come."""

    TRIGGERED = "triggered"
    CAPTURED = "captured"
    DECIDED = "decided"
    RECORDED = "recorded"
    """The intent is durable."""
    PUBLISHED = "published"
    """The decision is offered to the PLC."""
    WITHHELD = "withheld"
    """Nothing is offered to the PLC, which default-rejects the part."""
    CLOSED = "closed"
    """The outcome is durable."""


_NEXT: dict[Phase, frozenset[Phase]] = {
    Phase.TRIGGERED: frozenset({Phase.CAPTURED, Phase.DECIDED}),
    Phase.CAPTURED: frozenset({Phase.DECIDED}),
    Phase.DECIDED: frozenset({Phase.RECORDED, Phase.WITHHELD}),
    Phase.RECORDED: frozenset({Phase.PUBLISHED, Phase.WITHHELD}),
    Phase.PUBLISHED: frozenset({Phase.CLOSED}),
    Phase.WITHHELD: frozenset({Phase.CLOSED}),
    Phase.CLOSED: frozenset(),
}


class PartKey(NamedTuple):
    """What names an open part: a trigger of one run of the PLC."""

    plc_boot_id: int
    seq: int


class IllegalStepError(RuntimeError):
    """The program tried a step that the life of a part does not have: a bug, never a state of the line."""


class Passage:
    """The passage of one part. Lives in the event loop; not thread-safe."""

    def __init__(
        self,
        trigger: Trigger,
        *,
        phase: Phase = Phase.TRIGGERED,
        after: "Passage | None" = None,
    ) -> None:
        self.trigger = trigger
        self.phase = phase
        self.settled = asyncio.Event()
        """Set once nothing more happens to the part before its outcome."""
        self._predecessor = after.settled if after else None
        self.inspection: Inspection | None = None
        """The latest revision, on record or on its way there; None until the part was decided."""
        self.reached_ns: dict[Phase, int] = {phase: trigger.seen_ns}
        self.told = NOT_ASKED
        """What the line says of which part it is."""
        self.challenge: Round | None = None
        """The challenge in which it came; None where it came in none."""
        self.called_ns: int | None = None
        """When the first camera was called."""
        self.accepted_ns: int | None = None
        """When we saw that the PLC has acknowledged the result."""
        self.explanation = ""
        """The model's own words, when it has found them; goes into the record's next revision."""

    @classmethod
    def resumed(cls, inspection: Inspection) -> "Passage":
        """The passage of a part that is on record without an outcome, after a restart."""
        phase = Phase.PUBLISHED if inspection.published else Phase.WITHHELD
        passage = cls(inspection.trigger, phase=phase)
        passage.settled.set()
        passage.inspection = inspection
        return passage

    @property
    def key(self) -> PartKey:
        """What the PLC calls this part."""
        return PartKey(self.trigger.plc_boot_id, self.trigger.seq)

    async def turn(self) -> None:
        """Return when the trigger before this one is settled.

        Intents are recorded in the order of the triggers. Otherwise a crash between a later part's record and
        an earlier one's would hide the earlier one: a restart counts on from the last trigger on record.
        """
        if self._predecessor is not None:
            await self._predecessor.wait()
            self._predecessor = None

    def advance(self, phase: Phase, now_ns: int) -> None:
        """Take one step. Raises IllegalStepError where the step is not in the diagram."""
        if phase not in _NEXT[self.phase]:
            raise IllegalStepError(f"part {self.trigger.part_id}: {self.phase} → {phase}")
        self.phase = phase
        self.reached_ns[phase] = now_ns

    # --- how long it took -----------------------------------------------------------------------------

    def elapsed_ms(self, phase: Phase) -> float | None:
        """Milliseconds from the trigger as we saw it to ``phase``; None where it was not reached."""
        return self._since_trigger_ms(self.reached_ns.get(phase))

    @property
    def accepted_ms(self) -> float | None:
        """Milliseconds from the trigger to the PLC's acknowledgement, both as we saw them; None before it."""
        return self._since_trigger_ms(self.accepted_ns)

    @property
    def recording_ms(self) -> float | None:
        """How long it took to make the intent durable; None where it is not, or was in another run."""
        recorded = self.reached_ns.get(Phase.RECORDED)
        return None if recorded is None else (recorded - self.reached_ns[Phase.DECIDED]) / 1e6

    @property
    def measured(self) -> dict[str, float]:
        """What was measured of the part since its intent, by the names of ``Inspection``'s fields.

        Nothing of what was not measured, or in another run of the program: that stays as it is on record.
        """
        measured = {"recording_ms": self.recording_ms, "accepted_ms": self.accepted_ms}
        return {name: duration_ms for name, duration_ms in measured.items() if duration_ms is not None}

    def timed(self, decision: Decision) -> Decision:
        """The decision with the durations of the part's way up to it.

        Durations inside the inspection (``quality``, ``vision``, …) were measured there, and stay.
        """
        way = {
            "trigger_to_capture": self._since_trigger_ms(self.called_ns),
            "capture": self.elapsed_ms(Phase.CAPTURED),
            "total": self.elapsed_ms(Phase.DECIDED) or 0.0,
        }
        return decision.model_copy(update={"timings_ms": decision.timings_ms.model_copy(update=way)})

    def _since_trigger_ms(self, at_ns: int | None) -> float | None:
        return None if at_ns is None else (at_ns - self.trigger.seen_ns) / 1e6
