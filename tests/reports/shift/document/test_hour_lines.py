"""A shift hour by hour: no gap, no part twice."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from reports.shift.document.hour_lines import MOST_HOURS, hour_lines
from reports.shift.document.report import ShiftReport, shift_report
from tests.reports.parts import START
from tests.reports.shift.document.made_up import LATEST, ask
from tests.reports.shift.the_shift import END


def test_each_part_stands_in_its_hour(report: ShiftReport, folder: Path) -> None:
    by_hour = dict(ask(folder, f"SELECT strftime('%H', seen_at), count(*) {LATEST} GROUP BY 1"))
    assert {f"{hour.start:%H}": hour.parts for hour in report.hours if hour.parts} == by_hour
    assert [hour.start for hour in report.hours] == [START + timedelta(hours=n) for n in range(8)]
    for hour in report.hours:
        assert hour.parts == sum(hour.by_action.values()) + hour.missed


def test_an_hour_without_a_part_has_its_line_and_no_yield(report: ShiftReport) -> None:
    assert [(hour.parts, hour.first_pass_yield) for hour in report.hours if not hour.parts] == [(0, None)]


def test_the_night_when_clocks_are_set_back_has_nine_hours() -> None:
    start = datetime(2026, 10, 24, 20, tzinfo=UTC)
    assert len(hour_lines((), start=start, end=start + timedelta(hours=9))) == 9


@given(length=st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=2_900_000)))
def test_stretches_follow_each_other_from_begin_to_end(length: timedelta) -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    found = hour_lines((), start=start, end=start + length)
    assert found[0].start == start
    assert found[-1].end == start + length
    assert all(one.end == after.start for one, after in pairwise(found))
    assert 1 <= len(found) <= MOST_HOURS


def test_a_shift_that_ends_within_an_hour_has_a_short_last_line(made_up: Engine) -> None:
    report = shift_report(made_up, start=START, end=END + timedelta(minutes=30))
    assert report.hours[-1].end - report.hours[-1].start == timedelta(minutes=30)
