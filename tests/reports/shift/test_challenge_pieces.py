"""Pieces of challenges are no parts of the line: in no yield and no chart, and yet accounted for."""

import csv
import io

from sqlalchemy import Engine

from inspection.challenge.look import looked_at
from inspection.challenge.plan import Piece
from inspection.decision import Action
from inspection.part import Inspection, MissedCause, Outcome
from reports.shift.as_csv import to_csv
from reports.shift.document.report import shift_report
from reports.shift.query import shift_inspections
from reports.statistics.proportions import proportion
from reports.store.store import SqlStore
from tests.reports.parts import START, closed, part
from tests.reports.postgresql import on_both
from tests.reports.shift.the_shift import DEFECTIVE, END


def piece(number: int, name: str, expects: Action, got: Action) -> Inspection:
    """A piece as the station records it: whatever it got, it goes to a person."""
    asked = Piece(name=name, expects=(expects,))
    judged = part(number, action=got, truth=DEFECTIVE)
    look = looked_at(asked, judged.decision, round_id="r", by="Ann")
    decided = judged.decision.model_copy(update={"action": Action.MANUAL_REVIEW})
    return judged.model_copy(update={"decision": decided, "challenge": look})


@on_both
def test_pieces_are_in_no_yield_and_no_chart_and_with_them_all_parts_are_accounted_for(
    store: SqlStore, reader: Engine
) -> None:
    golden = piece(1, "golden", Action.PASS, Action.PASS)
    scratched = piece(2, "scratched", Action.REWORK, Action.REWORK)
    line = [part(3), part(4), part(5, action=Action.REWORK)]
    missed = part(6, action=Action.MANUAL_REVIEW, missed=MissedCause.GAP, published=False)
    for one in (golden, scratched, *line, missed):
        store.append(one)
    for one in (golden, scratched):
        store.append(closed(one, Outcome.HELD))
    for one, outcome in zip(line, (Outcome.RELEASED, Outcome.RELEASED, Outcome.DIVERTED), strict=True):
        store.append(closed(one, outcome))
    store.append(closed(missed, Outcome.DEFAULT_REJECTED))
    report = shift_report(reader, start=START, end=END, now=END)
    summary = report.summary
    assert (summary.parts, summary.challenge_pieces, summary.missed) == (6, 2, {MissedCause.GAP: 1})
    assert summary.by_action == {Action.PASS: 2, Action.REWORK: 1, Action.MANUAL_REVIEW: 1}  # the missed one
    assert summary.first_pass_yield == proportion(2, 3)
    assert summary.quality_ratio == proportion(2, 4)
    assert [(row.name, row.count) for row in summary.defects] == [("scratch", 1)]
    assert summary.truth_known == 0
    assert sum(one.parts for one in report.became) == summary.parts
    assert [(one.parts, one.by_outcome[Outcome.HELD]) for one in report.became if one.challenge] == [(2, 2)]
    assert sum(hour.parts for hour in report.hours) == 4
    counts = store.counts_since(START)
    assert (counts.triggers, counts.challenged, counts.missed, counts.judged) == (6, 2, 1, 3)
    assert counts.by_action == {Action.PASS: 2, Action.REWORK: 1}


def test_each_line_of_the_csv_says_whether_it_is_a_piece(store: SqlStore, reader: Engine) -> None:
    store.append(piece(1, "golden", Action.PASS, Action.PASS))
    store.append(part(2))
    written = to_csv(shift_inspections(reader, start=START, end=END)).decode("utf-8-sig")
    assert [row["challenge"] for row in csv.DictReader(io.StringIO(written))] == ["golden", ""]


def test_a_shift_without_pieces_says_nothing_of_them(store: SqlStore, reader: Engine) -> None:
    store.append(part(1))
    report = shift_report(reader, start=START, end=END, now=END)
    assert not any(one.challenge for one in report.became)
