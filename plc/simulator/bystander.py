"""A person beside the simulated line: counts what happens to parts, whatever the PLC makes of it. No I/O.

Here it is seen whether a part went straight on without a pass of its own: the PLC's program, which is under
test, is not asked.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

from inspection.decision import Action
from plc.simulator.faults.line_faults import LineFault
from plc.simulator.machine.conveyor import Conveyor, Lane
from plc.simulator.program.part_result import PartResult
from plc.simulator.program.program import PlcProgram
from plc.simulator.program.tracking import Tracked
from plc.simulator.report import BystanderCounts, Numbered

_LAST_PARTS: Final = 8
"""Parts that have left and are remembered."""


class Bystander:
    """What was seen since the bench was built, over all runs of the PLC's program."""

    def __init__(self) -> None:
        self._counted = BystanderCounts()
        self._slid: set[int] = set()
        self._of_uid: dict[int, Tracked] = {}
        self._last: deque[PartResult] = deque(maxlen=_LAST_PARTS)
        self._left: dict[str, int] = {}
        self._held_ns = 0
        self._fault_resets = 0

    @property
    def last(self) -> tuple[PartResult, ...]:
        """The last parts that have left, the latest first."""
        return tuple(self._last)

    @property
    def left(self) -> dict[str, int]:
        """Parts that have left, by outcome."""
        return dict(self._left)

    def counted(self, running: PlcProgram | None) -> BystanderCounts:
        """All counts, those of the ``running`` program included; None while the PLC is off."""
        if running is None:
            return self._counted
        return self._counted.model_copy(
            update={
                "strays": self._counted.strays + running.strays,
                "jams": self._counted.jams + running.jams,
            }
        )

    def held_s(self, running: PlcProgram | None) -> float:
        """How long a part has waited at the photo-eye for Passgate."""
        return (self._held_ns + (0 if running is None else running.held_ns)) / 1e9

    def fault_resets(self, running: PlcProgram | None) -> int:
        """FaultReset pulses of all programs."""
        return self._fault_resets + (0 if running is None else running.fault_resets)

    def tracked(self, uid: int) -> Tracked | None:
        """What the PLC knows of the part on the belt; None where it has no trigger."""
        return self._of_uid.get(uid)

    def see_trigger(self, part: Tracked, *, uid: int | None) -> None:
        """``part`` has got its trigger; ``uid`` is that of what is in the photo-eye's beam, or None."""
        if uid is not None:
            self._of_uid[uid] = part

    def see_result(self, result: PartResult) -> None:
        """The PLC says what became of a part."""
        self._last.appendleft(result)
        self._left[result.outcome] = self._left.get(result.outcome, 0) + 1

    def see_belt(self, conveyor: Conveyor) -> None:
        """Look at the belt after a scan's time."""
        for part in conveyor.parts:
            if part.sliding and part.uid not in self._slid:
                self._slid.add(part.uid)
                self._count(slid=1)
        for left in conveyor.exits:
            self._slid.discard(left.uid)
            tracked = self._of_uid.pop(left.uid, None)
            if left.lane is Lane.STRAIGHT and not _accepted_pass(tracked):
                self._count(released_without_pass=1)
        for uid in conveyor.removed:
            self._of_uid.pop(uid, None)
            self._slid.discard(uid)
            self._count(removed=1)

    def see_fault(self, fault: LineFault) -> None:
        """``fault`` begins."""
        self._counted = self._counted.model_copy(update={"faults": (*self._counted.faults, fault)})

    def see_power_fail(self, program: PlcProgram, *, boot_id: int) -> None:
        """The PLC's ``program``, of that boot id, ends: what it counted and forgot."""
        self.note(
            boot_id,
            forgotten=[part.seq for part in program.triggered],
            lost_outcomes=program.handshake.unacknowledged,
        )
        self._counted = self.counted(program)
        self._count(restarts=1)
        self._held_ns += program.held_ns
        self._fault_resets += program.fault_resets

    def note(self, boot_id: int, **seqs: Iterable[int]) -> None:
        """Remember trigger numbers of the run with ``boot_id``, by ``BystanderCounts``'s field names."""
        for name, found in seqs.items():
            numbered = tuple(Numbered(boot_id=boot_id, seq=seq) for seq in found)
            if numbered:
                self._counted = self._counted.model_copy(
                    update={name: getattr(self._counted, name) + numbered}
                )

    def _count(self, **more: int) -> None:
        self._counted = self._counted.model_copy(
            update={name: getattr(self._counted, name) + count for name, count in more.items()}
        )


def _accepted_pass(part: Tracked | None) -> bool:
    return part is not None and part.verdict is not None and part.verdict.action is Action.PASS
