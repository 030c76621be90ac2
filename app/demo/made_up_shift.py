"""A made-up shift in which everything happens, for the report in the documentation. No part of it is real."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from inspection.alarms.catalogue import AlarmCode
from inspection.certification.certificate import CertificateRef
from inspection.decision import (
    Action,
    DecidedBy,
    Decision,
    Defect,
    GaugeReading,
    ModelRef,
    RecipeRef,
    Severity,
    Timings,
)
from inspection.events import Event, EventKind
from inspection.instruments.reading import InstrumentKind, Unreadable
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say
from inspection.part import Frame, Identity, Inspection, MissedCause, Outcome, Trigger
from inspection.reviews.on_record import in_words, subjects_of
from inspection.reviews.review import Answer, Verdict
from inspection.simulation import Variation, cover, draw_part, render
from inspection.simulation.render import Rendering
from inspection.times.shifts import Shift
from reports.settings import StoreSettings
from reports.store.store import SqlStore

ZONE: Final = ZoneInfo("Europe/Berlin")
START: Final = datetime(2026, 3, 2, 5, tzinfo=UTC)
SHIFT: Final = Shift(name="Early 早班", date=date(2026, 3, 2), start=START, end=START + timedelta(hours=8))
STATION: Final = "Line 3 / pump covers 泵盖"
PARTS: Final = 432
TYPES: Final = (
    *("scratch", "scratch", "scratch", "毛刺", "scratch", "dent", "stain", "毛刺", "crack"),
    *('=HYPERLINK("x";1)', "scratch", "dent", "-burr, left; edge", "@pore", "+flash", "scratch"),
)
"""As often as they stand here; such as a spreadsheet or a page might take for something else among them."""
LONG_REASON: Final = (
    "=the operator holds the line because the fixture of the left clamp does not close by itself any more, "
    "maintenance was called at 09:10 and came at 09:22; 左夹具不能自动闭合，已通知维修人员。"
    "https://example.com/tickets/4711?open=yes&line=3 "
    + "the clamp was greased, closed by hand ten times and tried with three scrap parts; "
    * 3
).strip()
"""Of a hold: so long as somebody writes who is angry."""
_OUTCOMES: Final = {
    Action.PASS: Outcome.RELEASED,
    Action.REWORK: Outcome.DIVERTED,
    Action.STOP: Outcome.STOPPED,
    Action.MANUAL_REVIEW: Outcome.HELD,
}
_GOOD, _DEFECT, _DONT_KNOW = Verdict
_REVIEWS: Final = (
    (17, "王芳", 2.1, Answer(verdict=_GOOD, revision=1)),
    (50, "王芳", 2.2, Answer(verdict=_DONT_KNOW, reason="the glare hides the dial", revision=1)),
    (88, "王芳", 3.9, Answer(verdict=_GOOD, revision=1)),
    (15, "Ben Müller", 6.0, Answer(verdict=_GOOD, reason="=dust, wiped off; 擦拭后合格", revision=1)),
    (141, "Ben Müller", 6.1, Answer(verdict=_GOOD, revision=1)),
    (159, "Ben Müller", 6.2, Answer(verdict=_DEFECT, type="毛刺", revision=1)),
    (200, "Ben Müller", 7.5, Answer(verdict=_DEFECT, type="dent", reason="seen at assembly", revision=1)),
)
"""Of which part, who, at which hour, what; some of the held ones wait still."""
_CERTIFICATE: Final = CertificateRef(id="9f1c7a64" * 8, alpha=0.05, delta=0.05, n_defective=60, misses=0)
_MODEL: Final = ModelRef(name="passgate-vla", version="1.4", sha256="5e" * 32)


def made_up_shift(folder: Path, *, parts: int = PARTS) -> StoreSettings:
    """Put the shift, or its first parts and all its events, on record below ``folder``: the same each time.

    Raises:
        StoreError: The disk refuses.
    """
    settings = StoreSettings(folder=folder)
    store = SqlStore(settings)
    store.open()
    try:
        store.prepare_pictures()
        shown = _Shown(store)
        events = sorted((*_events(), *_reviews(parts)), key=lambda event: event.at)
        for intent in _intents(shown, parts):
            while events and events[0].at <= intent.trigger.seen_at:
                store.note(events.pop(0))
            store.append(intent)
            if (outcome := _outcome(intent)) is not None:
                store.append(_closed(intent, outcome))
        for event in events:
            store.note(event)
        _lose(store, shown)
    finally:
        store.close()
    return settings


class _Shown:
    """The pictures that parts are given: of each kind one is rendered, and many parts have the same."""

    def __init__(self, store: SqlStore) -> None:
        self.good = self._kept(store, _first(defective=False))
        self.bad: dict[str, tuple[str, Defect]] = {}
        for number, name in enumerate(dict.fromkeys(TYPES)):
            rendering = _first(defective=True, after=40 * number)
            worst = max(rendering.defects, key=lambda defect: defect.length_mm or 0.0)
            self.bad[name] = self._kept(store, rendering), worst.model_copy(update={"type": name})

    @staticmethod
    def _kept(store: SqlStore, rendering: Rendering) -> str:
        return store.archive_picture(
            Frame(picture=rendering.picture, camera="main", captured_at=START, number=0, simulated=True)
        )


def _first(*, defective: bool, after: int = 0) -> Rendering:
    """The first simulated part that is so."""
    variation = Variation(defect_rate=0.5, contrast=(0.4, 0.6), size=(0.3, 1.0))
    places = cover(variation.label).places
    part = after
    while True:
        rendering = render(draw_part(seed=7, part_id=part, variation=variation, places=places))
        if bool(rendering.defects) == defective:
            return rendering
        part += 1


def _intents(shown: _Shown, parts: int) -> Iterator[Inspection]:
    rng = np.random.default_rng(3)
    seen_at = START + timedelta(seconds=21)
    for number in range(parts):
        seen_at += timedelta(seconds=62 + float(rng.normal(0.0, 2.0)))
        if number == 96:
            seen_at += timedelta(minutes=14)  # held
        missed = {141: MissedCause.OVERRUN, 260: MissedCause.GAP, 261: MissedCause.GAP}.get(number)
        missed = MissedCause.BYPASS if 300 <= number < 306 else missed
        yield _intent(number, seen_at, missed, shown, rng)


def _intent(
    number: int, seen_at: datetime, missed: MissedCause | None, shown: _Shown, rng: np.random.Generator
) -> Inspection:
    bad = missed is None and number % 11 == 4
    name = TYPES[number // 11 % len(TYPES)]
    picture, defect = shown.bad[name] if bad else (shown.good, None)
    action = Action.PASS
    if defect is not None:
        action = {Severity.MINOR: Action.REWORK, Severity.MAJOR: Action.REWORK}.get(
            defect.severity, Action.STOP
        )
    if missed is not None or number % 71 == 17:
        action = Action.MANUAL_REVIEW
    gauges = () if missed is not None else _gauges(number, rng)
    if any(not one.read for one in gauges):
        action = Action.MANUAL_REVIEW
    total_ms = 131.0 + float(rng.gamma(2.0, 14.0)) if number != 212 else 463.0
    reasons = {
        Action.PASS: "nothing that the good parts do not show",
        Action.MANUAL_REVIEW: "too close to tell",
    }
    return Inspection(
        inspection_id=f"{number + 1:032x}",
        trigger=Trigger(seq=number + 1, part_id=70_000 + number, plc_boot_id=9, seen_at=seen_at),
        decision=Decision(
            part_id=70_000 + number,
            trigger_seq=number + 1,
            recipe=RecipeRef(id=3, version=7 if number < 250 else 8, sha256="3c" * 32),
            action=action,
            confidence=0.97,
            decided_by=DecidedBy.GUARD if action is Action.MANUAL_REVIEW else DecidedBy.VLA,
            reason=reasons.get(action, f"{name}: {action.value}"),
            defects=() if defect is None else (defect,),
            gauges=gauges,
            model=_MODEL,
            timings_ms=Timings(capture=11.0, vision=21.0, total=total_ms),
        ),
        pictures=() if missed is not None or number == 330 else (picture,),
        unkept="No space left on device" if number == 330 else "",
        certificate=_CERTIFICATE if number < 250 else None,
        published=missed is None,
        missed=missed,
        identity=None if missed is not None else Identity(serial=f"SN{number:05}", lot=f"L{number // 60:03}"),
        recorded_at=seen_at + timedelta(milliseconds=total_ms),
    )


def _gauges(number: int, rng: np.random.Generator) -> tuple[GaugeReading, ...]:
    """A dial in control, one display that drifts towards its only limit, and a lamp."""
    glare = number % 97 == 50
    pressure = None if glare else round(4.02 + float(rng.normal(0.0, 0.11)), 3)
    heat = round(61.0 + number / 60.0 + float(rng.normal(0.0, 0.5)), 1)
    return (
        GaugeReading(
            name="pressure",
            kind=InstrumentKind.DIAL,
            view="top",
            value=pressure,
            unit="bar",
            low=3.0,
            high=5.0,
            in_range=pressure is not None and 3.0 <= pressure <= 5.0,
            uncertainty=0.0 if glare else 0.03,
            reason=Unreadable.GLARE if glare else None,
        ),
        GaugeReading(
            name="温度",
            kind=InstrumentKind.DISPLAY,
            view="top",
            value=heat,
            unit="°C",
            high=70.0,
            in_range=heat <= 70.0,
            uncertainty=0.03,
            text=f"{heat:.1f}",
        ),
        GaugeReading(
            name="vacuum lamp",
            kind=InstrumentKind.LAMP,
            view="top",
            value=1.0,
            unit="",
            low=1.0,
            high=1.0,
            in_range=True,
            text="green",
        ),
    )


def _outcome(intent: Inspection) -> Outcome | None:
    """What became of it: nobody knows of one, and of another not yet."""
    number = intent.trigger.seq - 1
    if number == 431:
        return None
    if number == 190:
        return Outcome.UNCONFIRMED
    if intent.missed is MissedCause.BYPASS:
        return Outcome.RELEASED
    if intent.missed is not None or number == 212:
        return Outcome.DEFAULT_REJECTED
    return _OUTCOMES[intent.decision.action]


def _closed(intent: Inspection, outcome: Outcome) -> Inspection:
    at = intent.recorded_at + timedelta(seconds=3)
    return intent.model_copy(update={"revision": 1, "outcome": outcome, "outcome_at": at, "recorded_at": at})


def _reviews(parts: int) -> Iterator[Event]:
    for number, by, hours, answer in _REVIEWS:
        if number < parts:
            said = in_words(70_000 + number, answer, None)
            yield Event(
                at=START + timedelta(hours=hours),
                kind=EventKind.REVIEWED,
                by=by,
                detail=said,
                coded=said.coded,
                subjects=subjects_of(f"{number + 1:032x}", 70_000 + number, answer),
            )


def _events() -> Iterator[Event]:
    by, closed = "console of 王芳 on pc-7", say(Code.PLC_CLOSED)
    alarm = ("a1" * 16, f"0x{AlarmCode.LINE_HALTED:04X}", "1")
    for minutes, kind, who, detail, subjects in (
        (-9, EventKind.ENGINE_STARTED, "engine", "", ()),
        (-9, EventKind.LINK_UP, "engine", "", ()),
        (0.5, EventKind.START, by, "", ()),
        (104, EventKind.HOLD, "console of Müller on pc-7", LONG_REASON, ()),
        (117, EventKind.START, "console of Müller on pc-7", "", ()),
        (262.0, EventKind.LINK_LOST, "engine", closed, ()),
        (262.0, EventKind.ALARM_RAISED, "engine", closed, alarm),
        (262.0, EventKind.HALTED, "engine", closed, ()),
        (265.5, EventKind.LINK_UP, "engine", "", ()),
        (266.0, EventKind.RESET, by, "", ()),
        (266.0, EventKind.HALT_CLEARED, by, "", ()),
        (266.0, EventKind.ALARM_CLEARED, "engine", "", alarm),
        (266.2, EventKind.ALARM_ACKNOWLEDGED, by, "", alarm),
        (300, EventKind.REFUSED, "an unnamed client (127.0.0.1:51514)", "start: the line is halted", ()),
        (324, EventKind.BYPASS_BEGAN, "plc", "", ()),
        (331, EventKind.BYPASS_ENDED, "plc", "", ()),
        (402, EventKind.PICTURES_DRIFT, "engine", "the pictures no longer look as taught: darker by 8 %", ()),
    ):
        yield Event(
            at=START + timedelta(minutes=minutes),
            kind=kind,
            by=who,
            detail=detail,
            coded=detail.coded if isinstance(detail, Sentence) else (),
            subjects=subjects,
        )


def _lose(store: SqlStore, shown: _Shown) -> None:
    """Two pictures that are not what was put on record any more."""
    gone, damaged = (store.picture_path(shown.bad[name][0]) for name in ("dent", "stain"))
    assert gone is not None
    assert damaged is not None
    gone.unlink()
    damaged.write_bytes(damaged.read_bytes()[:-200])
