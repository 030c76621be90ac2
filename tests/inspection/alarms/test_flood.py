"""In a flood of alarms an operator sees the first-out one and those that are worse than a warning."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from inspection.alarms.alarm_list import AlarmList
from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.flood import FloodWatch, in_view
from inspection.alarms.priority import Priority, priority_of
from inspection.status import Alarm, Shelf
from tests.fakes import EPOCH


def alarm(number: int = 0, code: AlarmCode = AlarmCode.RECORD_LATE, **changes: object) -> Alarm:
    said = {"alarm_id": str(number), "code": code, "text": "it happened", "acknowledged": False}
    at = EPOCH + timedelta(seconds=number)
    return Alarm.model_validate({**said, "raised_at": at, **changes})


@given(st.lists(st.integers(0, 900), max_size=40))
def test_a_flood_begins_above_ten_in_ten_minutes_and_ends_below_five(gaps_s: list[int]) -> None:
    watch, now, flood = FloodWatch(), EPOCH, False
    came: list[datetime] = []
    for gap_s in gaps_s:
        now += timedelta(seconds=gap_s)
        watch.look(now)
        last = [at for at in came if now - at < timedelta(minutes=10)]
        flood = flood and len(last) >= 5
        assert (watch.since is not None) is flood
        came.append(now)
        watch.count(now)
        last = [at for at in came if now - at < timedelta(minutes=10)]
        flood = len(last) > 10 or (flood and len(last) >= 5)
        assert (watch.since is not None) is flood


def test_a_clock_that_is_set_back_leaves_no_flood_for_ever() -> None:
    watch = FloodWatch()
    for _ in range(11):
        watch.count(EPOCH)
    before = watch.since
    watch.look(EPOCH - timedelta(hours=1))
    assert (before, watch.since) == (EPOCH, None)


def test_without_a_flood_every_alarm_is_shown_that_is_not_shelved() -> None:
    shelf = Shelf(by="ann", since=EPOCH, until=EPOCH + timedelta(hours=1), reason="known")
    standing = [alarm(1), alarm(2, shelf=shelf), alarm(3)]
    assert in_view(standing, flood=False) == ((standing[0], standing[2]), 0)


@given(st.lists(st.sampled_from(AlarmCode), min_size=1, max_size=30), st.integers(0, 29))
def test_in_a_flood_nothing_but_warnings_is_only_counted_and_never_all(
    codes: list[AlarmCode], first: int
) -> None:
    standing = [alarm(number, code, first_out=number == first) for number, code in enumerate(codes)]
    shown, suppressed = in_view(standing, flood=True)
    assert shown
    assert len(shown) + suppressed == len(standing)
    for one in set(standing) - set(shown):
        assert priority_of(one.code) is Priority.LOW
        assert not one.first_out


def test_the_list_itself_says_since_when_and_what_is_shelved_makes_no_flood() -> None:
    alarms = AlarmList(lambda *_: None)
    for number, letter in enumerate("abcdefghijk"):
        assert not alarms.flood_since
        alarms.raise_(AlarmCode.INTERNAL, letter, EPOCH + timedelta(seconds=number))
    began = alarms.flood_since
    alarms.look(EPOCH + timedelta(minutes=11))
    assert (began, alarms.flood_since) == (EPOCH + timedelta(seconds=10), None)
    shelf = Shelf(by="ann", since=EPOCH, until=EPOCH + timedelta(hours=1), reason="it flaps")
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH + timedelta(minutes=30))
    alarms.shelve(alarms[0], shelf)
    for _ in range(30):
        alarms.gone(AlarmCode.NO_PICTURE)
        alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH + timedelta(minutes=30))
    assert alarms.flood_since is None
