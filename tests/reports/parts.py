"""Parts for the tests of the record."""

from datetime import UTC, datetime, timedelta

import numpy as np

from inspection.decision import Action, DecidedBy, Decision, Defect, ModelRef, RecipeRef, Severity, Timings
from inspection.part import Frame, Inspection, Outcome, Trigger

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
MODEL = ModelRef(name="passgate-reflex", version="1", sha256="0" * 64)


def part(
    number: int,
    *,
    seq: int | None = None,
    boot: int = 7,
    part_id: int | None = None,
    action: Action = Action.PASS,
    decided_by: DecidedBy = DecidedBy.REFLEX,
    total_ms: float = 100.0,
    reason: str = "no defect",
    **other: object,
) -> Inspection:
    """The intent of the ``number``-th part; one a second from START."""
    seq = (number - 1) % 65_535 + 1 if seq is None else seq
    part_id = 1000 + number if part_id is None else part_id
    seen_at = START + timedelta(seconds=number)
    defects = (
        ()
        if action is Action.PASS
        else (Defect(type="scratch", severity=Severity.MAJOR, box=(1, 2, 30, 4), length_mm=14.2, score=0.9),)
    )
    return Inspection.model_validate(
        {
            "inspection_id": f"{number:032x}",
            "trigger": Trigger(seq=seq, part_id=part_id, plc_boot_id=boot, seen_at=seen_at),
            "decision": Decision(
                part_id=part_id,
                trigger_seq=seq,
                recipe=RecipeRef(id=3, version=7),
                action=action,
                confidence=0.97,
                decided_by=decided_by,
                reason=reason,
                defects=defects,
                model=MODEL,
                timings_ms=Timings(capture=11.0, vision=20.5, total=total_ms),
            ),
            "recorded_at": seen_at + timedelta(milliseconds=total_ms),
            **other,
        }
    )


def closed(inspection: Inspection, outcome: Outcome = Outcome.RELEASED, **other: object) -> Inspection:
    """The next revision of ``inspection``, with an outcome."""
    moment = inspection.recorded_at + timedelta(seconds=1)
    return inspection.model_copy(
        update={
            "revision": inspection.revision + 1,
            "outcome": outcome,
            "outcome_at": moment,
            "recorded_at": moment,
            **other,
        }
    )


def frame(seed: int, *, width: int = 64, height: int = 48) -> Frame:
    """A picture of noise."""
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Frame(picture=picture, camera="main", captured_at=START, number=seed, simulated=True)
