"""Statuses to show: an ordinary one, and one in which every text is as long as it may be."""

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from inspection.decision import (
    Action,
    DecidedBy,
    Decision,
    Defect,
    DefectProbability,
    GaugeReading,
    ModelRef,
    RecipeRef,
    Severity,
    Timings,
)
from inspection.part import Inspection, Outcome, Picture, Trigger
from inspection.status import (
    Alarm,
    Counts,
    Health,
    Mode,
    Percentiles,
    StationStatus,
    Subsystem,
    Tile,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

SCRATCH = Defect(type="scratch", severity=Severity.MAJOR, box=(412, 96, 88, 21), length_mm=14.2, score=0.93)
STAIN = Defect(type="stain", severity=Severity.MINOR, box=(180, 300, 60, 48), length_mm=6.1, score=0.71)

LABELLED = DefectProbability(
    among_labelled=0.9934, alike=10_241, labelled_good=12_033, labelled_defective=11_417
)
"""Of very many labels."""


def inspection(
    seq: int = 512,
    action: Action = Action.PASS,
    *,
    outcome: Outcome | None = Outcome.RELEASED,
    reason: str = "no deviation from the taught parts",
    defects: tuple[Defect, ...] = (),
    at: datetime = NOON,
    **more: object,
) -> Inspection:
    """One part's record; its id and its picture's hash are made from ``seq``."""
    decision = Decision(
        part_id=104_217 + seq,
        trigger_seq=seq,
        recipe=RecipeRef(id=3, version=7),
        action=action,
        confidence=0.972,
        defect_score=0.125 if action is Action.PASS else 0.81,
        decided_by=DecidedBy.VLA,
        reason=reason,
        defects=defects,
        gauges=(GaugeReading(name="pressure", value=4.21, unit="bar", low=3, high=5, in_range=True),),
        model=ModelRef(name="passgate-vla", version="0.1.0", sha256="ab" * 32),
        timings_ms=Timings(capture=11, vision=21.4, reasoning=84.2, total=131.9),
    )
    fields: dict[str, object] = {
        "inspection_id": f"{seq:032x}",
        "trigger": Trigger(seq=seq, part_id=decision.part_id, plc_boot_id=1, seen_at=at),
        "decision": decision,
        "pictures": (f"{seq:064x}",),
        "outcome": outcome,
        "recorded_at": at,
    }
    return Inspection.model_validate(fields | more)


def status(*, at: datetime = NOON, last_action: Action = Action.REWORK, **changes: object) -> StationStatus:
    """A station at work. ``changes`` replace fields."""
    reasons = {
        Action.PASS: "no deviation from the taught parts",
        Action.REWORK: "scratch 14.2 mm on the upper face, limit 10 mm",
        Action.STOP: "crack through the housing, critical",
        Action.MANUAL_REVIEW: "model and memory disagree: stain of unknown kind near the bore",
    }
    kinds = [last_action, *([Action.PASS] * 4), Action.MANUAL_REVIEW, *([Action.PASS] * 6), Action.STOP]
    kinds += [Action.PASS, Action.REWORK, *([Action.PASS] * 5)]
    outcomes = {
        Action.PASS: Outcome.RELEASED,
        Action.REWORK: Outcome.DIVERTED,
        Action.STOP: Outcome.STOPPED,
        Action.MANUAL_REVIEW: Outcome.HELD,
    }
    recent = []
    for age, action in enumerate(kinds):
        outcome: Outcome | None = outcomes[action]
        if age == 0:
            outcome = None
        if age == 8:
            outcome = Outcome.DEFAULT_REJECTED
        if age == 17:
            outcome = Outcome.UNCONFIRMED
        recent.append(
            inspection(
                512 - age,
                action,
                outcome=outcome,
                reason=reasons[action],
                defects=() if action is Action.PASS else (SCRATCH, STAIN),
                at=at - timedelta(seconds=1.4 + 3 * age),
            )
        )
    fields: dict[str, object] = {
        "at": at,
        "station": "Line 2 · Housing inspection",
        "engine_version": "0.1.0",
        "mode": Mode.EXECUTE,
        "recipe_name": "Pump housing A4",
        "recipe_id": 3,
        "recipe_version": 7,
        "simulated": False,
        "deadline_ms": 450,
        "tiles": (
            tile(Subsystem.PLC, "Modbus 192.168.0.10, cycle 20 ms", 14),
            tile(Subsystem.CAMERA, "top: 1280 x 800, 38 ms exposure", 212),
            tile(Subsystem.MODEL, "passgate-vla 0.1.0, last 132 ms", 1400),
            tile(Subsystem.STORE, "SQLite, 41.2 GB free", 1300),
        ),
        "counts": Counts(
            triggers=1260,
            by_action={
                Action.PASS: 1204,
                Action.REWORK: 38,
                Action.STOP: 3,
                Action.MANUAL_REVIEW: 13,
            },
            by_outcome={
                Outcome.RELEASED: 1201,
                Outcome.DIVERTED: 38,
                Outcome.STOPPED: 3,
                Outcome.HELD: 13,
                Outcome.DEFAULT_REJECTED: 2,
                Outcome.UNCONFIRMED: 1,
            },
            missed=2,
            late=1,
        ),
        "latency_ms": Percentiles(p50=131, p95=212, p99=288, max=341, n=1000),
        "last": recent[0],
        "recent": tuple(recent),
    }
    return StationStatus.model_validate(fields | changes)


def tile(subsystem: Subsystem, text: str, age_ms: float | None, health: Health = Health.OK) -> Tile:
    """One tile."""
    return Tile(subsystem=subsystem, health=health, text=text, age_ms=age_ms)


def crowded() -> StationStatus:
    """Every text at its greatest length, everything abnormal at once."""
    reason = "The scratch of 14.2 mm on the upper face is longer than the limit of 10 mm; " * 6
    last = inspection(
        65535,
        Action.MANUAL_REVIEW,
        outcome=Outcome.DEFAULT_REJECTED,
        reason=(reason + "x" * 60)[:500],
        defects=(
            SCRATCH,
            SCRATCH.model_copy(update={"box": (420, 110, 90, 40), "severity": Severity.CRITICAL}),
            STAIN.model_copy(
                update={"type": "discolouration_of_the_sealing_surface_near_the_outer_bore_rim_x"}
            ),
        ),
        at=NOON - timedelta(minutes=3),
        published=False,
        simulated=True,
    )
    long = "no answer from 192.168.100.200:502 for 12.4 s, 381 attempts, last error: connection reset by peer"
    before = status()
    return status(
        station="Final assembly hall B, line 14, station 3 (housing, left and right)",
        recipe_name="Pump housing A4 left-hand side with gasket and M6 insert rev 12b",
        mode=Mode.ABORTED,
        mode_reason="PLC heartbeat frozen for 500 ms: every part is rejected. Mend the link, then reset",
        simulated=True,
        bypassed=True,
        tiles=(
            tile(Subsystem.PLC, long, 12_400, Health.FAULT),
            tile(
                Subsystem.CAMERA,
                "exposure drifts: mean grey level 238 of 245, clean the lamp soon",
                212,
                Health.WARNING,
            ),
            tile(Subsystem.MODEL, "passgate-vla 0.1.0 starts", None, Health.UNKNOWN),
            tile(
                Subsystem.STORE,
                "PostgreSQL db.factory.example:5432 does not answer; 118 parts spooled",
                90_000,
                Health.FAULT,
            ),
        ),
        counts=Counts(
            triggers=1_260_433,
            by_action={
                Action.PASS: 1_204_418,
                Action.REWORK: 38_113,
                Action.STOP: 3_021,
                Action.MANUAL_REVIEW: 13_777,
            },
            by_outcome=dict.fromkeys(Outcome, 120433),
            missed=12_345,
            late=6_789,
        ),
        latency_ms=Percentiles(p50=431, p95=912, p99=1288, max=3410, n=1000),
        last=last,
        recent=(last, *before.recent[:19]),
        alarms=(
            Alarm(code=0x3101, text=long, raised_at=NOON - timedelta(seconds=13)),
            Alarm(code=0x2402, text="store degraded", raised_at=NOON - timedelta(seconds=90)),
            Alarm(code=0x1301, text="picture too dark", raised_at=NOON - timedelta(hours=1), active=False),
        ),
    )


DISK = (
    "neither database nor spool takes records: cannot write "
    "/var/lib/passgate/line-14/record/spool/000000000123.json: No space left on device"
)


def full_disk() -> StationStatus:
    """The station takes no part; an alarm came three times, is gone now, and nobody has seen it."""
    why = f"takes no part: the record is full: {DISK}"
    ordinary = status()
    assert ordinary.counts is not None
    store = Tile(
        subsystem=Subsystem.STORE,
        health=Health.FAULT,
        text="takes no part: No space left on device",
        age_ms=1300,
        detail=DISK,
    )
    return status(
        mode=Mode.IDLE,
        takes_parts=False,
        nothing_passes=why,
        mode_reason=why,
        tiles=(*ordinary.tiles[:3], store),
        counts=ordinary.counts.model_copy(update={"since": NOON - timedelta(hours=6)}),
        alarms=(
            Alarm(
                code=0x3401,
                text="the record is full: No space left on device",
                raised_at=NOON - timedelta(minutes=40),
                last_at=NOON - timedelta(seconds=5),
                times=3,
                active=False,
                acknowledged=False,
            ),
        ),
        may_reset=True,
    )


def no_camera() -> StationStatus:
    """Parts are taken, and none can pass; types that nobody can name."""
    gone = "camera top: no picture within 1.0 s from rtsp://192.168.201.154:554/stream1"
    why = f"no camera, every part goes to manual review: {gone}"
    ordinary = status()
    camera = tile(Subsystem.CAMERA, gone, 9000, Health.FAULT)
    unheard = "the language model cannot name crack, porosity, so the reflex judges alone"
    model = tile(Subsystem.MODEL, unheard, 300, Health.WARNING).model_copy(
        update={"detail": f"{unheard}, and what the recipe asks is not done (crack: stop)"}
    )
    return status(
        takes_parts=True,
        nothing_passes=why,
        mode_reason=why,
        tiles=(ordinary.tiles[0], camera, model, ordinary.tiles[3]),
    )


def picture(width: int = 640, height: int = 480) -> Picture:
    """A grey housing with a scratch and a stain, as an RGB array."""
    rng = np.random.default_rng(7)
    grey = np.full((height, width), 96, np.uint8)
    cv2.rectangle(grey, (60, 40), (width - 60, height - 40), 168, -1)
    cv2.circle(grey, (width // 2, height // 2), 90, 60, -1)
    cv2.circle(grey, (width // 2, height // 2), 70, 120, -1)
    for x in (110, width - 110):
        for y in (90, height - 90):
            cv2.circle(grey, (x, y), 16, 40, -1)
    cv2.line(grey, (416, 112), (496, 100), 225, 2, cv2.LINE_AA)
    cv2.ellipse(grey, (210, 324), (26, 20), 20, 0, 360, 132, -1, cv2.LINE_AA)
    noisy = np.clip(cv2.GaussianBlur(grey, (0, 0), 1.2) + rng.normal(0, 3, grey.shape), 0, 255)
    return np.repeat(noisy.astype(np.uint8)[:, :, None], 3, axis=2)
