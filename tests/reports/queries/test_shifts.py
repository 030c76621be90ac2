"""The shifts that a record has parts of: a page at a time, with who has signed."""

from datetime import UTC, date, datetime, time, timedelta

from inspection.signing.shown import ShiftsAsked
from inspection.times.shifts import ShiftCalendar, ShiftRule
from reports.queries.shifts import shifts_before, signed_shift_of
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.parts import START, part
from tests.reports.postgresql import on_both

RULES = (ShiftRule("early", time(6)), ShiftRule("late", time(14)), ShiftRule("night", time(22)))
PLANT = ShiftCalendar(RULES, UTC)
NOW = START + timedelta(days=1, hours=2)
"""A day later, in the early shift."""


def names(settings: StoreSettings, asked: ShiftsAsked, now: datetime = NOW) -> list[tuple[date, str]]:
    return [(one.day, one.name) for one in shifts_before(settings, PLANT, asked, now=now).shifts]


@on_both
def test_shifts_go_back_to_that_of_the_first_part(store: SqlStore, settings: StoreSettings) -> None:
    store.append(part(1))
    day, after = START.date(), START.date() + timedelta(days=1)
    everything = [(after, "early"), (day, "night"), (day, "late"), (day, "early")]
    assert names(settings, ShiftsAsked()) == everything
    page = shifts_before(settings, PLANT, ShiftsAsked(limit=3), now=NOW)
    assert [one.name for one in page.shifts] == ["early", "night", "late"]
    assert page.next is not None
    assert names(settings, ShiftsAsked(before=page.next)) == everything[3:]
    assert shifts_before(settings, PLANT, ShiftsAsked(before=page.next), now=NOW).next is None


@on_both
def test_the_running_shift_is_told_and_nothing_of_the_future(
    store: SqlStore, settings: StoreSettings
) -> None:
    store.append(part(1))
    far = ShiftsAsked(before=NOW + timedelta(days=400))
    assert names(settings, far)[0] == (NOW.date(), "early")
    running = shifts_before(settings, PLANT, ShiftsAsked(), now=NOW).shifts
    assert [one.running for one in running] == [True, False, False, False]


def test_an_empty_record_has_the_running_shift_alone(store: SqlStore, settings: StoreSettings) -> None:
    assert names(settings, ShiftsAsked()) == [(NOW.date(), "early")]


def test_a_clock_that_was_set_back_before_the_first_part_hides_no_shift(
    store: SqlStore, settings: StoreSettings
) -> None:
    store.append(part(1))
    back = START - timedelta(hours=5)
    assert names(settings, ShiftsAsked(), now=back) == [(back.date() - timedelta(days=1), "night")]


def test_nobody_has_signed(store: SqlStore, settings: StoreSettings) -> None:
    store.append(part(1))
    assert signed_shift_of(settings, START.date(), "early") is None
