"""The last handshakes as the link lived them: what happened when. Bounded; for people and for benches."""

from collections import OrderedDict, deque
from datetime import datetime
from typing import Final

from inspection.decision import Action, Decision, Frozen
from inspection.line_events import LineEvent, OutcomeReported, PartMissed, PartTriggered, ResultAccepted
from inspection.part import MissedCause, Outcome, Trigger
from inspection.status import Percentiles

LENGTH: Final = 100
"""Handshakes that are kept."""

OVERHEADS: Final = 1000
"""Handshakes whose overhead is kept."""


class Handshake(Frozen):
    """One trigger and what came of it. Times in ms from the trigger as we saw it; None: not come so far."""

    seq: int
    part_id: int
    """0 where the number was skipped: whose it was is unknown."""
    plc_boot_id: int
    seen_at: datetime
    missed: MissedCause | None = None
    """Why the part was not inspected; then nothing but the outcome follows."""
    capture_begun_ms: float | None = None
    """The camera was called."""
    exposed_ms: float | None = None
    """The picture is taken: ExposureComplete."""
    decided_ms: float | None = None
    published_ms: float | None = None
    """The decision is on record and was handed to the link."""
    in_plc_ms: float | None = None
    """The PLC has confirmed the telegram that carried the result."""
    acknowledged_ms: float | None = None
    """``result_ack_seq`` was read."""
    outcome_ms: float | None = None
    """``outcome_seq`` was read."""
    action: Action | None = None
    withheld: bool = False
    """Nothing was published: the PLC default-rejects the part."""
    outcome: Outcome | None = None

    @property
    def overhead_ms(self) -> float | None:
        """What the handshake itself costs: trigger seen → capture, and decision made → result in the PLC."""
        if self.capture_begun_ms is None or self.decided_ms is None or self.in_plc_ms is None:
            return None
        return self.capture_begun_ms + self.in_plc_ms - self.decided_ms


class Overhead(Frozen):
    """What the handshake itself costs, over the last ``OVERHEADS`` published parts, in ms."""

    trigger_to_capture: Percentiles | None
    """From the trigger as we saw it to the call of the camera."""
    decision_to_plc: Percentiles | None
    """From the decision, over its record on disk, to the PLC's answer to the telegram that carried it."""
    together: Percentiles | None
    """Both, part by part."""


_Key = tuple[int, int]


class Timeline:
    """Takes note of handshakes. Lives in the event loop; costs a few microseconds a step."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, tuple[int, Handshake]] = OrderedDict()
        self._overheads: deque[tuple[float, float]] = deque(maxlen=OVERHEADS)
        self._under_way: _Key | None = None

    def all(self) -> tuple[Handshake, ...]:
        """The handshakes that are kept, newest first."""
        return tuple(handshake for _, handshake in reversed(self._kept.values()))

    def overhead(self) -> Overhead:
        """Percentiles of the handshake's own time."""
        return Overhead(
            trigger_to_capture=Percentiles.of(capture for capture, _ in self._overheads),
            decision_to_plc=Percentiles.of(publish for _, publish in self._overheads),
            together=Percentiles.of(capture + publish for capture, publish in self._overheads),
        )

    def note(self, event: LineEvent, now_ns: int) -> None:
        """Take note of what the PLC did."""
        match event:
            case PartTriggered(trigger):
                self._add(trigger, None)
            case PartMissed(trigger, cause):
                self._add(trigger, cause)
            case ResultAccepted(seq, boot):
                self._change((boot, seq), now_ns, "acknowledged_ms")
            case OutcomeReported(seq, boot, outcome):
                self._change((boot, seq), now_ns, "outcome_ms", outcome=outcome)

    def exposed(self, trigger: Trigger, now_ns: int) -> None:
        """The picture is taken."""
        self._change(_key(trigger), now_ns, "exposed_ms")

    def published(self, trigger: Trigger, decision: Decision, now_ns: int) -> None:
        """The decision was handed to the link."""
        timings = decision.timings_ms
        self._change(
            _key(trigger),
            now_ns,
            "published_ms",
            action=decision.action,
            capture_begun_ms=timings.trigger_to_capture,
            decided_ms=timings.total,
        )
        self._under_way = _key(trigger)

    def withheld(self, trigger: Trigger) -> None:
        """Nothing was published for this trigger."""
        self._change(_key(trigger), 0, None, withheld=True)

    def in_plc(self, result_seq: int, now_ns: int) -> None:
        """The PLC has confirmed a telegram that carried ``result_seq``."""
        key = self._under_way
        if key is None or key[1] != result_seq:
            return
        self._under_way = None
        self._change(key, now_ns, "in_plc_ms")
        kept = self._kept.get(key)
        if kept is not None and kept[1].overhead_ms is not None:
            capture_ms = kept[1].capture_begun_ms or 0.0
            self._overheads.append((capture_ms, kept[1].overhead_ms - capture_ms))

    def _add(self, trigger: Trigger, missed: MissedCause | None) -> None:
        self._kept[_key(trigger)] = (
            trigger.seen_ns,
            Handshake(
                seq=trigger.seq,
                part_id=trigger.part_id,
                plc_boot_id=trigger.plc_boot_id,
                seen_at=trigger.seen_at,
                missed=missed,
            ),
        )
        self._kept.move_to_end(_key(trigger))
        if len(self._kept) > LENGTH:
            self._kept.popitem(last=False)

    def _change(self, key: _Key, now_ns: int, moment: str | None, **changes: object) -> None:
        """Set the time of ``moment``, once, and whatever else; nothing where the handshake is not kept."""
        kept = self._kept.get(key)
        if kept is None:
            return
        seen_ns, handshake = kept
        if moment is not None:
            if getattr(handshake, moment) is not None:
                return
            changes[moment] = (now_ns - seen_ns) / 1e6
        self._kept[key] = (seen_ns, handshake.model_copy(update=changes))


def _key(trigger: Trigger) -> _Key:
    return trigger.plc_boot_id, trigger.seq
