"""Which reports are due: each shift's once, over restarts and changes of the clock."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from app.reporting.due import MOST_OPEN, Due
from inspection.times.shifts import Shift, ShiftCalendar, ShiftRule

RULES = tuple(ShiftRule(name, time(hour)) for name, hour in (("early", 6), ("late", 14), ("night", 22)))
CALENDAR = ShiftCalendar(RULES, UTC)
GRACE = timedelta(minutes=15)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EARLY = CALENDAR.shift(NOON.date(), "early")


def named(shifts: tuple[Shift, ...]) -> list[tuple[str, date]]:
    return [(one.name, one.date) for one in shifts]


def after(due: Due, **passed: float) -> Due:
    return due.seen(CALENDAR, NOON + timedelta(**passed), grace=GRACE)


def test_a_shift_is_due_once_its_grace_is_over() -> None:
    due = Due.beginning(CALENDAR, NOON)
    assert after(due, hours=2).open == ()
    assert after(due, hours=2, minutes=14).open == ()
    assert after(due, hours=2, minutes=15).open == (EARLY,)
    written = after(due, hours=2, minutes=15).without(EARLY)
    assert after(written, hours=3).open == ()
    assert named(after(written, hours=11).open) == [("late", NOON.date())]


def test_shifts_that_ended_while_nothing_ran_are_made_up_for(tmp_path: Path) -> None:
    due = after(Due.beginning(CALENDAR, NOON), hours=3)
    due.keep(tmp_path / "reports.json")
    later = Due.read(tmp_path / "reports.json", CALENDAR, NOON + timedelta(days=1))
    assert later == due
    assert [name for name, _ in named(after(later, days=1).open)] == ["early", "late", "night"]


def test_of_a_long_stop_only_the_newest_are_made_up_for() -> None:
    due = after(Due.beginning(CALENDAR, NOON), days=400)
    assert (len(due.open), due.given_up) == (MOST_OPEN, True)
    assert due.open[-1].end == (NOON + timedelta(days=400)).replace(hour=6)
    assert after(due, days=400).open == due.open


def test_what_cannot_be_read_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "reports.json"
    for content in (None, b"", b"{}", b"\xff", b'{"schema_version":1,"until":"x","open":[]}'):
        if content is not None:
            path.write_bytes(content)
        assert Due.read(path, CALENDAR, NOON) == Due.beginning(CALENDAR, NOON)


def test_a_shift_whose_end_the_clock_comes_to_twice_is_reported_again() -> None:
    written = after(Due.beginning(CALENDAR, NOON), hours=2.5).without(EARLY)
    back = after(written, hours=1)
    assert back.open == ()
    assert after(back, hours=2.5).open == (EARLY,)
    slightly = after(written, hours=2.1)  # not beyond its end
    assert after(slightly, hours=2.5).open == ()


def test_a_clock_that_was_years_ahead_keeps_no_report_from_being_made() -> None:
    ahead = after(Due.beginning(CALENDAR, NOON), days=3650)
    for shift in ahead.open:
        ahead = ahead.without(shift)
    assert named(after(after(ahead, hours=0), hours=2.5).open) == [("early", NOON.date())]


def test_each_shift_of_the_nights_in_which_clocks_are_set_is_due_once() -> None:
    berlin = ShiftCalendar(RULES, ZoneInfo("Europe/Berlin"))
    for begin in (datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 10, 23, 12, tzinfo=UTC)):
        due = Due.beginning(berlin, begin)
        found: list[Shift] = []
        for hours in range(1, 97):
            due = due.seen(berlin, begin + timedelta(hours=hours), grace=GRACE)
            found += due.open
            for shift in due.open:
                due = due.without(shift)
        assert len(found) == len(set(found)) >= 11
        assert all(one.end == other.start for one, other in itertools.pairwise(found))
        assert {(one.end - one.start) // timedelta(hours=1) for one in found} - {8} in ({7}, {9})
