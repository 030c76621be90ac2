"""Promises 1 and 2, part by part: the PLC's log, the telegrams on the wire and the record, held together."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import Field

from inspection.decision import Action, Frozen
from inspection.part import Inspection, MissedCause, Outcome
from plc.register_map.registers import (
    DECISION_CODES,
    VISION_BASE,
    VISION_SIZE,
    VisionBits,
    VisionBlock,
)
from plc.simulator import PartResult
from reports.settings import StoreSettings
from reports.shift.query import all_inspections

MOST_TOLD: Final = 20
_MISSED_IN_A_JUMP: Final = 0
_NAMELESS: Final = frozenset({MissedCause.GAP, MissedCause.BEFORE_RECORD})
"""Part id of a trigger that only a jump of the sequence number told of."""


class Account(Frozen):
    """The parts of a run, reconciled."""

    parts: int
    """Parts that left the belt, as the PLC's log says."""
    accounted: int
    """Of them, those with exactly one inspection on record, of that part and with that outcome."""
    unreconciled: int
    """Parts that are not accounted, and inspections on record of parts that the PLC does not know."""
    released: int
    released_without_matching_pass: int
    """Released parts that any of four witnesses contradicts: the PLC's own log (an accepted pass inside the
    deadline), the record (a published pass of this part), the wire (this pass was sent), the truth."""
    by_outcome: dict[Outcome, int]
    missed: dict[MissedCause, int]
    """Triggers on record that were not inspected, by cause."""
    contradictions: tuple[str, ...] = Field(max_length=MOST_TOLD)
    """The first of them, for people."""


class WireWitness:
    """Remembers each pass that went over the wire to the PLC."""

    def __init__(self, *, vision_base: int = VISION_BASE) -> None:
        self._vision_base = vision_base
        self._passes: set[tuple[int, int]] = set()
        self.results = 0
        """Telegrams that carried a valid result of any kind."""

    def saw_pass(self, seq: int, part_id: int) -> bool:
        """A pass for trigger ``seq`` and part ``part_id`` was sent."""
        return (seq, part_id) in self._passes

    def look(self, telegram: bytes) -> None:
        """Take note of a telegram that Passgate sent."""
        vision = written_vision(telegram, base=self._vision_base)
        if vision is None or VisionBits.RESULT_VALID not in vision.bits:
            return
        self.results += 1
        if vision.decision == DECISION_CODES[Action.PASS]:
            self._passes.add((vision.result_seq, vision.part_id))


def written_vision(telegram: bytes, *, base: int) -> VisionBlock | None:
    """The vision block that a Modbus TCP request writes by FC16 or FC23; None where it writes none."""
    function = telegram[7] if len(telegram) > 7 else 0
    if function not in (0x10, 0x17):
        return None
    at = 8 if function == 0x10 else 12  # FC23 says first what it reads
    address, values = int.from_bytes(telegram[at : at + 2], "big"), telegram[at + 5 :]
    if address != base or len(values) != 2 * VISION_SIZE:
        return None
    words = [int.from_bytes(values[n : n + 2], "big") for n in range(0, len(values), 2)]
    return VisionBlock.unpack(words)


def account(
    results: Sequence[PartResult],
    record: Iterable[Inspection],
    *,
    witness: WireWitness | None,
    known_action: Callable[[int], Action] | None,
    deadline_ms: int,
) -> Account:
    """Hold the PLC's log against the record (latest revisions), and the wire and the truth where known."""
    on_record: dict[tuple[int, int], list[Inspection]] = defaultdict(list)
    missed: Counter[MissedCause] = Counter()
    for inspection in record:
        on_record[inspection.trigger.plc_boot_id, inspection.trigger.seq].append(inspection)
        if inspection.missed is not None:
            missed[inspection.missed] += 1
    wrong: list[str] = []
    accounted = released = without_pass = 0
    for part in results:
        stored = on_record.pop((part.boot_id, part.seq), [])
        said = _account_fault(part, stored)
        accounted += not said
        if part.outcome is Outcome.RELEASED:
            released += 1
            truth = None if known_action is None else known_action(part.part_id)
            lies = tuple(_release_faults(part, stored, witness, truth, deadline_ms))
            without_pass += bool(lies)
            said = "; ".join(filter(None, (said, *lies)))
        if said:
            wrong.append(f"trigger {part.seq}, part {part.part_id}: {said}")
    strangers = sum(map(len, on_record.values()))
    wrong += [f"trigger {seq} of PLC run {boot}: on record, unknown to the PLC" for boot, seq in on_record]
    return Account(
        parts=len(results),
        accounted=accounted,
        unreconciled=len(results) - accounted + strangers,
        released=released,
        released_without_matching_pass=without_pass,
        by_outcome=Counter(part.outcome for part in results),
        missed=missed,
        contradictions=tuple(wrong[:MOST_TOLD]),
    )


def read_plc_log(path: Path) -> list[PartResult]:
    """What the simulated PLC did with each part; a last line that was cut off is no part."""
    if not path.is_file():
        return []
    whole = path.read_bytes().rpartition(b"\n")[0]
    return [PartResult.model_validate_json(line) for line in whole.splitlines()]


def read_record(record: Path | StoreSettings) -> list[Inspection]:
    """Latest revisions of every part on record in a folder, or where settings say, those in its spool too.

    Raises:
        StoreError: It cannot be read.
    """
    always = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    settings = record if isinstance(record, StoreSettings) else StoreSettings(folder=record)
    return all_inspections(settings, start=always[0], end=always[1])


def _account_fault(part: PartResult, stored: Sequence[Inspection]) -> str:
    if len(stored) != 1:
        return f"{len(stored)} inspections on record"
    (inspection,) = stored
    nameless = inspection.missed in _NAMELESS and inspection.trigger.part_id == _MISSED_IN_A_JUMP
    if inspection.trigger.part_id != part.part_id and not nameless:
        return f"on record as part {inspection.trigger.part_id}"
    if inspection.outcome is not part.outcome:
        return f"{part.outcome} says the PLC, {inspection.outcome} the record"
    return ""


def _release_faults(
    part: PartResult,
    stored: Sequence[Inspection],
    witness: WireWitness | None,
    truth: Action | None,
    deadline_ms: int,
) -> Iterable[str]:
    if part.action is not Action.PASS or part.latency_ms is None or part.latency_ms > deadline_ms:
        yield "released without an accepted pass inside the deadline"
    if not any(
        s.published and s.decision.action is Action.PASS and s.trigger.part_id == part.part_id for s in stored
    ):
        yield "released without a published pass on record"
    if witness is not None and not witness.saw_pass(part.seq, part.part_id):
        yield "released, and no such pass was sent"
    if truth not in (None, Action.PASS):
        yield f"released, and it is known to be {truth}"
