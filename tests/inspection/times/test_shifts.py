"""A plant's shifts, in winter, in summer and on the nights between, in zones of every kind."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.times.shifts import (
    EVERY_DAY,
    THREE_SHIFTS,
    NoSuchShiftError,
    ShiftCalendar,
    ShiftRule,
    Weekday,
)

BERLIN = ZoneInfo("Europe/Berlin")
WEEKEND = (Weekday.SATURDAY, Weekday.SUNDAY)
WEEK = tuple(day for day in Weekday if day not in WEEKEND)


def plant(zone: str, *starts: str) -> ShiftCalendar:
    """Shifts named by their starts; without any the usual three."""
    rules = tuple(ShiftRule(start, time.fromisoformat(start)) for start in starts)
    return ShiftCalendar(rules or THREE_SHIFTS.rules, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("at", "began"),
    [
        ("2026-01-15T06:00+01:00", "2026-01-15T06:00+01:00"),
        ("2026-01-15T05:59+01:00", "2026-01-14T22:00+01:00"),
        ("2026-01-15T00:30+01:00", "2026-01-14T22:00+01:00"),
        ("2026-07-15T23:59+02:00", "2026-07-15T22:00+02:00"),
        ("2026-03-29T05:30+02:00", "2026-03-28T22:00+01:00"),  # the night of 7 h
        ("2026-10-25T05:30+01:00", "2026-10-24T22:00+02:00"),  # the night of 9 h
    ],
)
def test_the_shift_that_runs_is_the_one_that_began_last(at: str, began: str) -> None:
    running = plant("Europe/Berlin").shift_of(datetime.fromisoformat(at))
    assert running.start == datetime.fromisoformat(began)
    assert running.start.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "night", "hours"),
    [
        ("Europe/Berlin", "2026-03-28", 7),
        ("Europe/Berlin", "2026-10-24", 9),
        ("Europe/Berlin", "2026-12-31", 8),
        ("America/St_Johns", "2026-03-07", 7),  # offset -03:30
        ("America/St_Johns", "2026-10-31", 9),
        ("Australia/Lord_Howe", "2026-10-03", 7.5),  # summer time of half an hour
        ("Australia/Lord_Howe", "2026-04-04", 8.5),
        ("Asia/Kolkata", "2026-03-28", 8),  # offset +05:30, no summer time
        ("Asia/Kathmandu", "2026-03-28", 8),  # +05:45
        ("Pacific/Apia", "2011-12-29", 8),  # the next day never was
    ],
)
def test_a_night_shift_is_as_long_as_the_night_was(zone: str, night: str, hours: float) -> None:
    shift = plant(zone).shift(date.fromisoformat(night), "22:00")
    assert shift.end - shift.start == timedelta(hours=hours)
    assert shift.start.astimezone(ZoneInfo(zone)).time() == time(22)
    assert plant(zone).shift_of(shift.start) == shift
    assert plant(zone).shift_of(shift.end - timedelta.resolution) == shift
    assert plant(zone).shift_of(shift.end) != shift


def test_a_begin_that_comes_twice_counts_once_and_one_that_is_skipped_counts() -> None:
    half_past_two = plant("Europe/Berlin", "02:30")
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 for the second time
    assert half_past_two.shift_of(second).start == second - timedelta(hours=1)
    skipped = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30, an hour after it did not come
    assert half_past_two.shift_of(skipped).start == skipped
    assert half_past_two.shift(date(2026, 3, 29), "02:30").start == skipped
    before = half_past_two.shift_of(skipped - timedelta(seconds=1))
    assert before.start == datetime(2026, 3, 28, 1, 30, tzinfo=UTC)


def test_half_an_hour_that_lord_howe_skips_and_repeats() -> None:
    island = plant("Australia/Lord_Howe", "01:45", "02:15")
    skipped = island.shift(date(2026, 10, 4), "02:15")  # 02:00 becomes 02:30
    assert skipped.start == datetime.fromisoformat("2026-10-04T02:45+11:00")
    twice = island.shift(date(2026, 4, 5), "01:45")  # 02:00 becomes 01:30
    assert twice.start == datetime.fromisoformat("2026-04-05T01:45+11:00")
    assert twice.end == datetime.fromisoformat("2026-04-05T02:15+10:30")
    assert twice.end - twice.start == timedelta(hours=1)


def test_a_shift_that_the_clocks_skip_does_not_take_place_and_no_later_one_overtakes_it() -> None:
    short = plant("Europe/Berlin", "02:00", "02:30", "03:00")
    day = date(2026, 3, 29)
    (only,) = short.beginning(day, day)
    assert (only.name, only.start) == ("03:00", datetime(2026, 3, 29, 1, tzinfo=UTC))
    with pytest.raises(NoSuchShiftError, match="clocks skip all of the shift '02:30' of 2026-03-29"):
        short.shift(day, "02:30")


def test_a_day_that_never_was_has_no_shifts() -> None:
    with pytest.raises(
        NoSuchShiftError, match="skip all of the shift '06:00' of 2011-12-30; on it begins none"
    ):
        plant("Pacific/Apia").shift(date(2011, 12, 30), "06:00")


def test_a_shift_runs_over_days_on_which_none_begins_and_may_begin_at_another_time_on_some() -> None:
    rules = (
        ShiftRule("early", time(6), WEEK),
        ShiftRule("late", time(14), WEEK),
        ShiftRule("early", time(8), WEEKEND),
    )
    week = ShiftCalendar(rules, BERLIN)
    assert [(s.date.day, s.name) for s in week.beginning(date(2026, 3, 6), date(2026, 3, 9))] == [
        (6, "early"), (6, "late"), (7, "early"), (8, "early"), (9, "early"), (9, "late"),
    ]  # fmt: skip
    assert week.shift(date(2026, 3, 8), "early").end == week.shift(date(2026, 3, 9), "early").start
    with pytest.raises(
        NoSuchShiftError, match="'late' does not begin on Sunday 2026-03-08; on it begin: early"
    ):
        week.shift(date(2026, 3, 8), "late")
    with pytest.raises(NoSuchShiftError, match="there is no shift 'night', only early, late"):
        week.shift(date(2026, 3, 9), "night")
    weekly = ShiftCalendar((ShiftRule("week", time(6), (Weekday.MONDAY,)),), BERLIN)
    assert weekly.shift_of(datetime(2026, 3, 2, 4, 59, tzinfo=UTC)).date == date(2026, 2, 23)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ((), "no shift ever begins"),
        ((ShiftRule("a", time(6)), ShiftRule("b", time(6))), "begin at the same time of a day"),
        ((ShiftRule("a", time(6)), ShiftRule("a", time(7), WEEKEND)), r"the same name \(sat, 'a'\)"),
    ],
)
def test_shifts_that_contradict_each_other_are_no_calendar(rules: tuple[ShiftRule, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ShiftCalendar(rules)


# --- of any plant -----------------------------------------------------------------------------------------

ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
DAYS = st.lists(st.sampled_from(EVERY_DAY), min_size=1, unique=True).map(tuple)
RULES = st.lists(st.tuples(st.times(), DAYS), min_size=1, max_size=4, unique_by=lambda rule: rule[0])


@st.composite
def calendars(draw: st.DrawFn) -> ShiftCalendar:
    """Up to four shifts, each on days of its own, somewhere on Earth."""
    rules = draw(RULES)
    return ShiftCalendar(tuple(ShiftRule(str(n), *rule) for n, rule in enumerate(rules)), draw(ZONES))


@given(plant=calendars(), year=st.integers(1880, 2100), data=st.data())
def test_the_shifts_of_a_year_follow_each_other_without_gap_or_overlap(
    plant: ShiftCalendar, year: int, data: st.DataObject
) -> None:
    shifts = plant.beginning(date(year, 1, 1), date(year, 12, 31))
    assert all(before.end == after.start for before, after in pairwise(shifts))
    assert all(shift.start < shift.end for shift in shifts)
    assert len({(shift.date, shift.name) for shift in shifts}) == len(shifts)
    one = data.draw(st.sampled_from(shifts))
    assert plant.shift(one.date, one.name) == one
    inside = data.draw(st.timedeltas(timedelta(0), one.end - one.start - timedelta.resolution))
    assert plant.shift_of(one.start + inside) == one


@given(plant=calendars(), at=st.datetimes(datetime(1880, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_every_moment_is_in_the_shift_that_runs(plant: ShiftCalendar, at: datetime) -> None:
    running = plant.shift_of(at)
    assert running.start <= at < running.end
    assert plant.shift(running.date, running.name) == running
