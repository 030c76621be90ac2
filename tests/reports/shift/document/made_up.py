"""A made-up shift in which everything happens, with names that are a nuisance."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from inspection.alarms.alarm_list import AlarmList
from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.on_record import subjects_of
from inspection.decision import Action, DecidedBy, Defect, RecipeRef, Severity
from inspection.events import Event, EventKind
from inspection.part import Inspection, MissedCause, Outcome
from inspection.reviews.held import why_held
from inspection.reviews.review import Answer, Review, Verdict
from inspection.status import Alarm
from reports.record.reviews.on_record import put_review
from reports.shift.document.kinds import Language
from reports.shift.document.words.words import Words
from reports.store.store import SqlStore
from tests.reports.gauged import gauged, pressure
from tests.reports.parts import START, closed
from tests.reports.shift.the_shift import END, HELD
from tests.reports.stores import outside

BERLIN = ZoneInfo("Europe/Berlin")
EN, ZH = Words(Language.EN), Words(Language.ZH)
NUISANCES = (
    "scratch",
    "毛刺",
    "=SUM(A1:A9)",
    "+1",
    "-1",
    "@import",
    "#strong[crack] *x* $y$ @ref <label> `raw` // no comment",
    "https://example.com",
    "emoji \U0001f600",
    "W" * 64,
)
"""Types of defects: such as a spreadsheet, Typst or a page might take for something else."""
LONG_DETAIL = "=cmd|' /C calc'!A0 " + "x" * 400
PARTS = 97
"""None of them in the fourth hour, in which the line stood."""
_OUTCOMES = {
    Action.PASS: Outcome.RELEASED,
    Action.REWORK: Outcome.DIVERTED,
    Action.STOP: Outcome.STOPPED,
    Action.MANUAL_REVIEW: Outcome.HELD,
}


def fill(store: SqlStore) -> None:
    """Put the shift on record, and one part before it and one behind."""
    for number in range(PARTS):
        intent = _intent(number)
        store.append(intent)
        if number == 50:
            continue  # the engine died just then
        outcome = _OUTCOMES[intent.decision.action]
        if intent.missed is not None:
            outcome = Outcome.DEFAULT_REJECTED
        store.append(closed(intent, Outcome.UNCONFIRMED if number == 60 else outcome))
    for number, seen_at in ((500, START - timedelta(microseconds=1)), (501, END)):
        outside = gauged(number)
        trigger = outside.trigger.model_copy(update={"seen_at": seen_at})
        store.append(outside.model_copy(update={"trigger": trigger}))
    fill_with_alarms(store)
    for hours, kind, by, detail in (
        (2.0, EventKind.HOLD, "console of Müller on pc-7", LONG_DETAIL),
        (2.2, EventKind.START, "console of 王芳 on pc-7", ""),
        (3.5, EventKind.ENGINE_STARTED, "engine", "run 8 begins, and the one before ended without a word"),
        (3.52, EventKind.LINK_UP, "engine", ""),
        (5.0, EventKind.BYPASS_BEGAN, "plc", ""),
        (8.0, EventKind.FAULT, "engine", "behind the shift's end"),
    ):
        store.note(Event(at=START + timedelta(hours=hours), kind=kind, by=by, detail=detail))


REVIEWED = (
    ("Müller", Verdict.GOOD, "", "dust, wiped off; =A1"),
    ("王芳", Verdict.DEFECT, "毛刺", ""),
    ("王芳", Verdict.DEFECT, "=SUM(A1:A9)", "seen at assembly"),
    ("Müller", Verdict.DONT_KNOW, "", "照片太暗，看不清 " + "x" * 200),
)
"""What people say of the first parts, one each."""


def fill_with_reviews(store: SqlStore) -> None:
    """Of every part that was held the first two, and of one that passed and one that was reworked."""
    settings = store._settings
    held = [one for one in map(_intent, range(PARTS)) if why_held(one) is not None][:2]
    decided = [_first(Action.PASS), _first(Action.REWORK)]
    with outside(settings) as connection:
        for one, (by, verdict, kind, reason) in zip((held[0], held[1], *decided), REVIEWED, strict=True):
            answer = Answer(verdict=verdict, type=kind, reason=reason)
            at = START + timedelta(hours=5)
            assert isinstance(put_review(connection, one.inspection_id, answer, by=by, at=at), Review)


def _first(action: Action) -> Inspection:
    parts = map(_intent, range(PARTS))
    return next(one for one in parts if one.decision.action is action and one.missed is None)


def fill_with_alarms(store: SqlStore) -> None:
    """Of an engine that died and was started anew: its starts, its link, and its alarms."""
    hour = [-1.0]

    def note(hours: float, kind: EventKind, detail: str = "") -> None:
        store.note(Event(at=START + timedelta(hours=hours), kind=kind, by="engine", detail=detail))

    def told(kind: EventKind, alarm: Alarm, by: str) -> None:
        said = {"detail": alarm.text, "coded": alarm.coded, "subjects": subjects_of(alarm, kind)}
        at = START + timedelta(hours=hour[0])
        store.note(Event.model_validate({"at": at, "kind": kind, "by": by or "engine", **said}))

    note(-1.0, EventKind.ENGINE_STARTED)
    note(-0.99, EventKind.LINK_UP)
    alarms = AlarmList(told)
    for hours, step, code in (
        (0.5, alarms.raise_, AlarmCode.NO_PICTURE),
        (0.6, alarms.raise_, AlarmCode.LINE_HALTED),
        (0.7, alarms.gone, AlarmCode.NO_PICTURE),
        (1.0, alarms.gone, AlarmCode.LINE_HALTED),
        (1.1, alarms.raise_, AlarmCode.RECORD_LATE),
    ):
        hour[0] = hours
        if step == alarms.raise_:
            alarms.raise_(code, LONG_DETAIL if code is AlarmCode.NO_PICTURE else NUISANCES[2], START)
        else:
            alarms.gone(code)
    hour[0] = 1.2
    alarms.acknowledge(list(alarms)[:2], by="console of 王芳 on pc-7")
    note(1.5, EventKind.LINK_LOST, "the PLC's heartbeat stood still for 500 ms")
    note(1.6, EventKind.LINK_UP)


def _intent(number: int) -> Inspection:
    action = Action.PASS
    if number % 8 == 3:
        action = (Action.REWORK, Action.STOP, Action.MANUAL_REVIEW)[number // 8 % 3]
    missed = MissedCause.OVERRUN if number % 40 == 13 else None
    if missed:
        action = Action.MANUAL_REVIEW
    reading = pressure(None if number % 30 == 7 else 4.0 + 0.02 * (number % 9))
    intent = gauged(
        number + 1,
        *([] if missed else [reading]),
        action=action,
        missed=missed,
        published=missed is None,
        certificate=HELD if number < 40 else None,
        total_ms=100.0 + number,
        decided_by=DecidedBy.GUARD if number % 8 == 3 else DecidedBy.REFLEX,
    )
    defects = () if missed or action is Action.PASS else _defects(number // 8)
    hours = 8.0 * number / PARTS
    moved = {"seen_at": START + timedelta(hours=hours + 1.0 if 3.0 <= hours < 4.0 else hours)}
    recipe = RecipeRef(id=3, version=7 if number < 60 else 8, sha256="ab" * 32)
    decision = intent.decision.model_copy(update={"defects": defects, "recipe": recipe})
    trigger = intent.trigger.model_copy(update=moved)
    return intent.model_copy(update={"trigger": trigger, "decision": decision})


def _defects(number: int) -> tuple[Defect, ...]:
    names = {NUISANCES[number % len(NUISANCES)], "scratch"}
    return tuple(
        Defect(type=name, severity=tuple(Severity)[number % 3], box=(1, 2, 30, 4), score=0.9)
        for name in sorted(names)
    )


LATEST = (
    "FROM inspections AS one WHERE seen_at >= '2026-03-02 06:00' AND seen_at < '2026-03-02 14:00'"
    " AND NOT EXISTS (SELECT 1 FROM inspections AS later WHERE later.supersedes = one.position)"
)
"""The parts of the shift by hand, as SQL."""


def ask(folder: Path, sql: str) -> list[Any]:
    """What the record's database answers."""
    connection = sqlite3.connect(folder / "inspections.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()
