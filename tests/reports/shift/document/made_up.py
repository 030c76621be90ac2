"""A made-up shift in which everything happens, with names that are a nuisance."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from inspection.decision import Action, DecidedBy, Defect, RecipeRef, Severity
from inspection.events import Event, EventKind
from inspection.part import Inspection, MissedCause, Outcome
from reports.shift.document.kinds import Language
from reports.shift.document.words.words import Words
from reports.store.store import SqlStore
from tests.reports.gauged import gauged, pressure
from tests.reports.parts import START, closed
from tests.reports.shift.the_shift import END, HELD

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
    for hours, kind, by, detail in (
        (2.0, EventKind.HOLD, "console of Müller on pc-7", LONG_DETAIL),
        (2.2, EventKind.START, "console of 王芳 on pc-7", ""),
        (5.0, EventKind.BYPASS_BEGAN, "plc", ""),
        (8.0, EventKind.FAULT, "engine", "behind the shift's end"),
    ):
        store.note(Event(at=START + timedelta(hours=hours), kind=kind, by=by, detail=detail))


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
