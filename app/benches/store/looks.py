"""What a made-up line's parts look like on record: a few hundred, of which each further part is one again."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from inspection import decision as judging
from inspection.certification.certificate import CertificateRef
from inspection.decision import Action, Decision, Defect, GaugeReading
from inspection.instruments.reading import InstrumentKind, Unreadable
from inspection.part import Inspection, MissedCause, Outcome, Trigger

BEGAN: Final = datetime(2026, 3, 2, 6, 0, 0, 1, tzinfo=UTC)
"""When the line's first part was seen: some microsecond, so that no point in time is a shorter text."""
LOOKS: Final = 400
"""So many parts differ in more than their names and times."""
_MODEL: Final = judging.ModelRef(name="passgate-vla", version="2", sha256="7" * 64)
_HELD: Final = CertificateRef(id="c" * 64, alpha=0.01, delta=0.05, n_defective=299, misses=0)
_TYPES: Final = ("scratch", "dent", "crack", "stain", "burr", "chip", "missing screw", "划痕")
_ENDS: Final[Sequence[tuple[int, Action | None, Outcome]]] = (
    # of a thousand parts, what was decided, what became of it
    (925, Action.PASS, Outcome.RELEASED),
    (35, Action.REWORK, Outcome.DIVERTED),
    (10, Action.STOP, Outcome.STOPPED),
    (12, Action.MANUAL_REVIEW, Outcome.HELD),
    (8, Action.PASS, Outcome.DEFAULT_REJECTED),
    (2, Action.PASS, Outcome.UNCONFIRMED),
    (8, None, Outcome.DEFAULT_REJECTED),
)


def looks(seed: int = 7) -> Iterator[tuple[Inspection, Inspection]]:
    """Intent and outcome of each, in no order."""
    chance = random.Random(seed)  # noqa: S311
    ends = [(action, outcome) for many, action, outcome in _ENDS for _ in range(many)]
    for _ in range(LOOKS):
        action, outcome = chance.choice(ends)
        yield _look(chance, action, outcome)


def _look(chance: random.Random, action: Action | None, outcome: Outcome) -> tuple[Inspection, Inspection]:
    total = chance.gammavariate(30.0, 5.0)
    passed, missed = action is Action.PASS, action is None
    decision = Decision(
        part_id=0,
        trigger_seq=1,
        recipe=judging.RecipeRef(id=3, version=7, sha256="e" * 64),
        action=action or Action.MANUAL_REVIEW,
        confidence=0.0 if missed else round(chance.uniform(0.9, 1.0), 4),
        defect_score=None if missed else round(chance.betavariate(2, 12), 6),
        decided_by=judging.DecidedBy.GUARD if missed else judging.DecidedBy.VLA,
        reason="nothing that the good parts do not show (normality 0.98)" if passed else "see the defects",
        defects=() if passed or missed else tuple(_defects(chance)),
        gauges=() if missed else tuple(_gauges(chance)),
        model=_MODEL,
        timings_ms=judging.Timings()
        if missed
        else judging.Timings(capture=13.1, quality=9.3, vision=44.4, total=total),
    )
    intent = Inspection(
        inspection_id="0" * 32,
        trigger=Trigger(seq=1, part_id=0, plc_boot_id=7, seen_at=BEGAN),
        decision=decision,
        pictures=() if missed else ("0" * 64,),
        certificate=_HELD,
        published=not missed,
        missed=MissedCause.OVERRUN if missed else None,
        recorded_at=BEGAN + timedelta(seconds=0.2),
    )
    at = BEGAN + timedelta(seconds=1.4)
    known: dict[str, Any] = {} if missed else {"recording_ms": 4.0, "accepted_ms": total + 25.0}
    ended = {"revision": 1, "outcome": outcome, "outcome_at": at, "recorded_at": at, **known}
    return intent, intent.model_copy(update=ended)


def _defects(chance: random.Random) -> Iterator[Defect]:
    for _ in range(chance.choice((1, 1, 2, 3))):
        yield Defect(
            type=chance.choices(_TYPES, range(len(_TYPES), 0, -1))[0],
            severity=chance.choice(tuple(judging.Severity)),
            box=(chance.randrange(400), chance.randrange(300), 40, 20),
            length_mm=round(chance.uniform(1, 30), 2),
            score=round(chance.uniform(0.5, 1.0), 4),
        )


def _gauges(chance: random.Random) -> Iterator[GaugeReading]:
    value = None if chance.random() < 0.005 else chance.gauss(4.0, 0.2)
    yield GaugeReading(
        name="pressure",
        kind=InstrumentKind.DIAL,
        view="top",
        value=value,
        unit="bar",
        low=3.0,
        high=5.0,
        in_range=value is not None and 3.0 <= value <= 5.0,
        uncertainty=0.0 if value is None else 0.026,
        reason=Unreadable.GLARE if value is None else None,
    )
