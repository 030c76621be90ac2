"""The figures of a report are those that SQL by hand counts."""

from pathlib import Path

from inspection.events import Event, EventKind
from reports.shift.document.content import content
from reports.shift.document.kinds import Language
from reports.shift.document.report import ShiftReport
from reports.shift.document.words.words import Words
from tests.reports.parts import START
from tests.reports.shift.document.made_up import LATEST, LONG_DETAIL, ask


def test_every_part_stands_in_one_line_of_decisions_and_outcomes(report: ShiftReport, folder: Path) -> None:
    counted = ask(
        folder,
        f"SELECT CASE WHEN missed IS NULL THEN action END, outcome, count(*) {LATEST} GROUP BY 1, 2",
    )
    said = {
        (one.action, outcome): n for one in report.became for outcome, n in one.by_outcome.items() if n
    } | {(one.action, None): one.open for one in report.became if one.open}
    assert said == {(action, outcome): n for action, outcome, n in counted}
    assert sum(said.values()) == report.summary.parts
    assert all(sum(one.by_outcome.values()) + one.open == one.parts for one in report.became)


def test_defects_are_counted_by_part_and_by_severity(report: ShiftReport, folder: Path) -> None:
    counted = ask(
        folder,
        "SELECT found.value ->> 'type', count(DISTINCT position), count(*) FROM"
        f" (SELECT position, record {LATEST} AND missed IS NULL),"
        " json_each(record, '$.decision.defects') AS found GROUP BY 1 ORDER BY 2 DESC, 1",
    )
    assert [
        (row.name, row.count, one.defects)
        for row, one in zip(report.summary.defects, report.severities, strict=True)
    ] == counted
    assert all(
        row.name == one.type for row, one in zip(report.summary.defects, report.severities, strict=True)
    )
    assert len(counted) > 5
    assert all(sum(one.by_severity.values()) == one.defects for one in report.severities)


def test_recipes_models_and_deciders_are_those_of_the_judged_parts(report: ShiftReport, folder: Path) -> None:
    ((judged,),) = ask(folder, f"SELECT count(*) {LATEST} AND missed IS NULL")
    assert sum(one.parts for one in report.judged_by) == sum(report.decided_by.values()) == judged
    assert [one.recipe.version for one in report.judged_by] == [7, 8]


def test_parts_to_look_for_have_no_outcome_or_an_unconfirmed_one(report: ShiftReport, folder: Path) -> None:
    lost = ask(
        folder,
        f"SELECT part_id {LATEST} AND (outcome IS NULL OR outcome = 'unconfirmed') ORDER BY seen_at",
    )
    assert [(one.part_id,) for one in report.to_look_for] == lost
    assert len(lost) == report.summary.unreconciled == 2


def test_events_are_those_of_the_shift_s_time(report: ShiftReport) -> None:
    orders = {EventKind.HOLD, EventKind.START, EventKind.BYPASS_BEGAN, EventKind.FAULT}
    assert [event.detail for event in report.events if event.kind in orders] == [LONG_DETAIL, "", ""]


def test_who_shelved_an_alarm_stands_among_the_events_and_its_life_does_not(report: ShiftReport) -> None:
    shelved = Event(at=START, kind=EventKind.ALARM_SHELVED, by="ben", detail="shelved until 08:00 (known)")
    raised = shelved.model_copy(update={"kind": EventKind.ALARM_RAISED, "detail": "raised"})
    told = report.model_copy(update={"events": (raised, shelved)})
    (events,) = (table for table in content(told, Words(Language.EN)).tables if table.key == "events")
    assert len(events.rows) == 1
    assert events.rows[0][1].text == "Alarm shelved"
