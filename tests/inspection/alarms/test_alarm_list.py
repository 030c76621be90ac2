"""An alarm leaves the list only when its cause is gone and somebody has seen it."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from inspection.alarms.alarm_list import MOST, AlarmList
from inspection.alarms.catalogue import MOMENTARY, AlarmCode
from tests.fakes import EPOCH


def test_what_came_and_went_while_nobody_looked_is_still_there() -> None:
    alarms = AlarmList()
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
    alarms.gone(AlarmCode.NO_PICTURE)
    (alarm,) = alarms
    assert (alarm.active, alarm.acknowledged) == (False, False)
    assert alarms.acknowledge(alarms) == 1
    assert not alarms


def test_an_alarm_that_was_seen_stays_until_its_cause_is_gone() -> None:
    alarms = AlarmList()
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
    assert alarms.acknowledge(alarms) == 0
    (alarm,) = alarms
    assert (alarm.active, alarm.acknowledged) == (True, True)
    alarms.gone(AlarmCode.NO_PICTURE)
    assert not alarms


def test_the_same_alarm_is_listed_once_and_counted() -> None:
    alarms = AlarmList()
    for seconds in range(3):
        alarms.raise_(AlarmCode.NOT_RECORDED, f"{seconds} records wait", EPOCH + timedelta(seconds=seconds))
    (alarm,) = alarms
    assert (alarm.times, alarm.text) == (3, "2 records wait")
    assert (alarm.raised_at, alarm.last_at) == (EPOCH, EPOCH + timedelta(seconds=2))


def test_each_part_that_was_released_without_a_pass_is_named() -> None:
    alarms = AlarmList()
    for part in (28, 29):
        alarms.raise_(AlarmCode.RELEASED_WITHOUT_PASS, f"the PLC released part {part}", EPOCH)
    assert len(alarms) == 2


def test_an_active_alarm_that_was_seen_asks_for_nobody_again_and_one_that_had_gone_does() -> None:
    alarms = AlarmList()
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
    alarms.acknowledge(alarms)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
    assert alarms[0].acknowledged
    alarms.gone(AlarmCode.NO_PICTURE)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
    assert not alarms[0].acknowledged


def test_what_is_over_as_soon_as_it_has_happened_is_never_active() -> None:
    alarms = AlarmList()
    for code in MOMENTARY:
        alarms.raise_(code, "it happened", EPOCH)
    assert len(alarms) == len(MOMENTARY)
    assert not any(alarm.active for alarm in alarms)


def test_a_full_list_drops_the_oldest_whose_cause_is_gone() -> None:
    alarms = AlarmList()
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
    for letter in "abcdefghijklmnopqrstuvwxyz"[:MOST]:
        alarms.raise_(AlarmCode.INTERNAL, letter, EPOCH)
    assert len(alarms) == MOST
    assert alarms[-1].code == AlarmCode.NO_PICTURE
    assert "a" not in {alarm.text for alarm in alarms}


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["raise", "gone"]), st.sampled_from(AlarmCode)),
            st.just(("seen", AlarmCode.INTERNAL)),
        ),
        max_size=40,
    )
)
def test_nothing_leaves_the_list_but_what_was_seen_and_is_gone(steps: list[tuple[str, AlarmCode]]) -> None:
    alarms = AlarmList()
    there: set[AlarmCode] = set()
    unseen: set[AlarmCode] = set()
    for what, code in steps:
        if what == "raise":
            alarms.raise_(code, code.name, EPOCH)
            if code not in there:
                unseen.add(code)
            there |= {code} - MOMENTARY
        elif what == "gone":
            alarms.gone(code)
            there.discard(code)
        else:
            alarms.acknowledge(alarms)
            unseen.clear()
        assert {alarm.code for alarm in alarms} == there | unseen
        assert all(alarm.standing for alarm in alarms)
