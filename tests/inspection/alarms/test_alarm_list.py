"""An alarm leaves the list only when its cause is gone and somebody has seen it."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from inspection.alarms.alarm_list import MOST, AlarmList
from inspection.alarms.catalogue import MOMENTARY, AlarmCode
from inspection.events import EventKind
from inspection.status import Alarm
from tests.fakes import EPOCH


def unheard(kind: EventKind, alarm: Alarm, by: str) -> None:
    """Of a list that nobody puts on record."""


def test_what_came_and_went_while_nobody_looked_is_still_there() -> None:
    alarms = AlarmList(unheard)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
    alarms.gone(AlarmCode.NO_PICTURE)
    (alarm,) = alarms
    assert (alarm.active, alarm.acknowledged) == (False, False)
    assert alarms.acknowledge(alarms, by="anna") == 1
    assert not alarms


def test_an_alarm_that_was_seen_stays_until_its_cause_is_gone() -> None:
    alarms = AlarmList(unheard)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
    assert alarms.acknowledge(alarms, by="anna") == 0
    (alarm,) = alarms
    assert (alarm.active, alarm.acknowledged) == (True, True)
    alarms.gone(AlarmCode.NO_PICTURE)
    assert not alarms


def test_the_same_alarm_is_listed_once_and_counted() -> None:
    alarms = AlarmList(unheard)
    for seconds in range(3):
        alarms.raise_(AlarmCode.NOT_RECORDED, f"{seconds} records wait", EPOCH + timedelta(seconds=seconds))
    (alarm,) = alarms
    assert (alarm.times, alarm.text) == (3, "2 records wait")
    assert (alarm.raised_at, alarm.last_at) == (EPOCH, EPOCH + timedelta(seconds=2))


def test_each_part_that_was_released_without_a_pass_is_named() -> None:
    alarms = AlarmList(unheard)
    for part in (28, 29):
        alarms.raise_(AlarmCode.RELEASED_WITHOUT_PASS, f"the PLC released part {part}", EPOCH)
    assert len(alarms) == 2


def test_an_active_alarm_that_was_seen_asks_for_nobody_again_and_one_that_had_gone_does() -> None:
    alarms = AlarmList(unheard)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
    alarms.acknowledge(alarms, by="anna")
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
    assert alarms[0].acknowledged
    alarms.gone(AlarmCode.NO_PICTURE)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
    assert not alarms[0].acknowledged


def test_what_is_over_as_soon_as_it_has_happened_is_never_active() -> None:
    alarms = AlarmList(unheard)
    for code in MOMENTARY:
        alarms.raise_(code, "it happened", EPOCH)
    assert len(alarms) == len(MOMENTARY)
    assert not any(alarm.active for alarm in alarms)


def test_a_full_list_drops_the_oldest_whose_cause_is_gone() -> None:
    alarms = AlarmList(unheard)
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
    alarms = AlarmList(unheard)
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
            alarms.acknowledge(alarms, by="anna")
            unseen.clear()
        assert {alarm.code for alarm in alarms} == there | unseen
        assert all(alarm.standing for alarm in alarms)


def told_by(steps: list[str]) -> list[tuple[str, str, int, str]]:
    """Kind, state after it, count and who, of each change, while the steps are done."""
    told: list[tuple[str, str, int, str]] = []

    def hear(kind: EventKind, alarm: Alarm, by: str) -> None:
        told.append((kind.removeprefix("alarm_"), alarm.alarm_id, alarm.times, by))

    alarms = AlarmList(hear)
    for step in steps:
        match step:
            case "come":
                alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
            case "happen":
                alarms.raise_(AlarmCode.INTERNAL, "it happened", EPOCH)
            case "go":
                alarms.gone(AlarmCode.NO_PICTURE)
            case _:
                alarms.acknowledge(alarms, by=step)
    names = list(dict.fromkeys(alarm_id for _, alarm_id, _, _ in told))
    return [(kind, "abc"[names.index(name)], times, by) for kind, name, times, by in told]


def test_each_change_is_told_once_with_who_made_it_and_what_only_comes_again_is_none() -> None:
    assert told_by(["come", "come", "anna", "come", "bert", "go", "come"]) == [
        ("raised", "a", 1, ""),
        ("acknowledged", "a", 2, "anna"),
        ("cleared", "a", 3, ""),
        ("raised", "b", 1, ""),
    ]


def test_an_alarm_keeps_its_name_until_it_leaves_the_list() -> None:
    assert told_by(["come", "go", "come", "go", "go", "anna"]) == [
        ("raised", "a", 1, ""),
        ("cleared", "a", 1, ""),
        ("raised", "a", 2, ""),
        ("cleared", "a", 2, ""),
        ("acknowledged", "a", 2, "anna"),
    ]


def test_what_is_over_at_once_is_raised_and_cleared_and_what_it_does_again_unseen_is_counted() -> None:
    assert told_by(["happen", "happen", "happen", "anna", "happen"]) == [
        ("raised", "a", 1, ""),
        ("cleared", "a", 1, ""),
        ("acknowledged", "a", 3, "anna"),
        ("raised", "b", 1, ""),
        ("cleared", "b", 1, ""),
    ]


def test_of_an_alarm_that_a_full_list_drops_it_is_told() -> None:
    dropped = []
    alarms = AlarmList(lambda kind, alarm, _: dropped.append(alarm.text) if "drop" in kind else None)
    for letter in "abcdefghijklmnopqrstuvw"[: MOST + 1]:
        alarms.raise_(AlarmCode.RELEASED_WITHOUT_PASS, letter, EPOCH)
    assert dropped == ["a"]
