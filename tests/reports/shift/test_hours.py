"""A shift hour by hour, and its defects by type, as summary and table tell them."""

import io
from datetime import UTC, datetime, timedelta, timezone

from rich.console import Console
from sqlalchemy import Engine

from inspection.decision import Action, Defect, Severity
from inspection.part import Inspection, MissedCause, Outcome
from reports.shift.as_table import to_table
from reports.shift.figures import shift_summary
from reports.statistics.rule_sets import RuleSet
from reports.store.store import SqlStore
from tests.reports.parts import START, closed, part
from tests.reports.shift.the_shift import END


def at(hour: int, number: int, action: Action = Action.PASS) -> Inspection:
    return part(3600 * hour + number, action=action, seq=100 * hour + number + 1)


def settled(store: SqlStore, *parts: Inspection) -> None:
    for one in parts:
        store.append(one)
        store.append(
            closed(one, Outcome.RELEASED if one.decision.action is Action.PASS else Outcome.DIVERTED)
        )


def test_each_hour_is_a_point_of_its_judged_parts_and_a_bad_one_is_a_signal(
    store: SqlStore, reader: Engine
) -> None:
    for hour in (0, 1, 3):
        settled(store, *(at(hour, number) for number in range(10)))
    settled(store, *(at(4, number, Action.REWORK) for number in range(7)))
    store.append(at(4, 50))  # pending
    store.append(
        part(3600 * 5, seq=600, action=Action.MANUAL_REVIEW, missed=MissedCause.GAP, published=False)
    )
    east = timezone(timedelta(hours=5, minutes=30))
    found = shift_summary(
        reader, start=START.astimezone(east), end=END, rule_set=RuleSet.WESTERN_ELECTRIC_1956
    ).hours
    assert found is not None
    assert found.begins == tuple(START + timedelta(hours=hour) for hour in (0, 1, 3, 4))
    assert {begin.tzinfo for begin in found.begins} == {UTC}
    assert [(point.count, point.of) for point in found.chart.points] == [(0, 10)] * 3 + [(7, 7)]
    assert [(one.rule, one.spans) for one in found.chart.signals] == [("western_electric_1", ((4, 4),))]


def test_without_a_judged_part_there_are_no_hours(reader: Engine) -> None:
    summary = shift_summary(reader, start=START, end=datetime(2026, 3, 3, tzinfo=UTC))
    assert (summary.hours, summary.defects, summary.quality_ratio) == (None, (), None)


def test_defects_are_counted_by_the_parts_that_have_them(store: SqlStore, reader: Engine) -> None:
    dent, scratch = (
        Defect(type=name, severity=Severity.MINOR, box=(1, 2, 30, 4), score=0.9)
        for name in ("dent", "scratch")
    )
    for number, defects in enumerate(((dent, dent, scratch), (dent,), (dent,), ()), 1):
        one = part(number, action=Action.REWORK if defects else Action.PASS)
        settled(
            store,
            one.model_copy(update={"decision": one.decision.model_copy(update={"defects": defects})}),
        )
    summary = shift_summary(reader, start=START, end=END)
    assert [(row.name, row.count, row.cumulative) for row in summary.defects] == [
        ("dent", 3, 0.75),
        ("scratch", 1, 1.0),
    ]


def test_the_table_shows_yields_defects_and_the_chart_of_the_hours(store: SqlStore, reader: Engine) -> None:
    for hour in range(3):
        settled(store, *(at(hour, number) for number in range(10)))
    settled(store, *(at(3, number, Action.REWORK) for number in range(7)))
    printed = io.StringIO()
    summary = shift_summary(reader, start=START, end=END)
    Console(file=printed, width=160).print(to_table(summary, zone=UTC))
    rate = summary.first_pass_yield
    assert rate is not None
    for expected in (
        f"30 of 37 judged, 81.08% ({rate.low:.2%} to {rate.high:.2%}, Wilson)",
        "yield without rework",
        "quality ratio (OEE)",
        "7, 100.0%, 100.0%",  # scratch
        "not passed, by the hour",
        "7 of 7, 100.0%; p 0.0% to 63.3%",
        "signals (p, Nelson 1984)",
        "1 beyond 3 sigma: 1 (by chance 0.0) at 4",
        "signals (p' of Laney, Nelson 1984)",
    ):
        assert expected in printed.getvalue()
