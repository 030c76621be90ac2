"""An alarm leaves the list only when its cause is gone and somebody has seen it."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from inspection.alarms.alarm_list import MOST, AlarmList
from inspection.alarms.catalogue import MOMENTARY, AlarmCode
from inspection.events import EventKind
from inspection.status import Alarm, AlarmState, Shelf
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


SHELF = Shelf(by="ann", since=EPOCH, until=EPOCH + timedelta(minutes=30), reason="it is being mended")
STEPS = st.one_of(
    st.tuples(
        st.sampled_from(["raise", "gone", "see", "shelve", "unshelve"]),
        st.sampled_from([AlarmCode.NO_PICTURE, AlarmCode.STORE_DEGRADED, AlarmCode.INTERNAL]),
    ),
    st.just(("see", None)),
    st.just(("wait", None)),
    st.just(("restart", None)),
)


@dataclass
class Expected:
    """What is to be true of one alarm, told without a list."""

    there: bool = False
    unseen: bool = False
    shelved: bool = False

    def do(self, step: str, *, momentary: bool) -> None:
        match step:
            case "raise":
                self.unseen |= not self.there
                self.there = not momentary
            case "gone":
                self.there = False
            case "see" if not self.shelved:
                self.unseen = False
            case "shelve":
                self.shelved = self.there or self.unseen or self.shelved
            case "unshelve" | "wait" if self.shelved:
                self.shelved = False
                self.unseen |= self.there
            case "restart":
                self.there = False
            case _:
                pass

    @property
    def state(self) -> AlarmState | None:
        if self.shelved:
            return AlarmState.SHELVED
        if self.unseen:
            return AlarmState.UNACKNOWLEDGED if self.there else AlarmState.RETURNED
        return AlarmState.ACKNOWLEDGED if self.there else None


def do(alarms: AlarmList, step: str, code: AlarmCode | None) -> AlarmList:
    """One step of people or the station; the list after it."""
    meant = [alarm for alarm in alarms if code is None or alarm.code == code]
    match step:
        case "raise" if code is not None:
            alarms.raise_(code, code.name, EPOCH)
        case "gone" if code is not None:
            alarms.gone(code)
        case "see":
            alarms.acknowledge(meant, by="anna")
        case "shelve":
            for alarm in meant:
                if alarm.shelf is None:
                    alarms.shelve(alarm, SHELF)
        case "unshelve":
            for alarm in meant:
                if alarm.shelf is not None:
                    alarms.unshelve(alarm, by="bert")
        case "wait":
            alarms.look(SHELF.until)
        case "restart":
            stood, alarms = alarms[::-1], AlarmList(unheard)
            alarms.take_up(stood, EPOCH)
    return alarms


@given(st.lists(STEPS, max_size=40))
def test_nothing_leaves_the_list_but_what_was_seen_is_gone_and_is_not_shelved(
    steps: list[tuple[str, AlarmCode | None]],
) -> None:
    alarms = AlarmList(unheard)
    expected = {
        code: Expected() for code in (AlarmCode.NO_PICTURE, AlarmCode.STORE_DEGRADED, AlarmCode.INTERNAL)
    }
    for step, code in steps:
        alarms = do(alarms, step, code)
        for one in expected if code is None else [code]:
            expected[one].do(step, momentary=one in MOMENTARY)
        states = {code: one.state for code, one in expected.items() if one.state is not None}
        assert {alarm.code: alarm.state for alarm in alarms} == states
        first = [alarm for alarm in alarms if alarm.first_out]
        assert len(first) <= 1
        assert not any(alarm.acknowledged or alarm.shelf for alarm in first)


def test_of_a_burst_the_first_is_marked_until_it_is_acknowledged_itself() -> None:
    alarms = AlarmList(unheard)
    for code in (AlarmCode.STORE_DEGRADED, AlarmCode.NO_PICTURE, AlarmCode.LINE_HALTED):
        alarms.raise_(code, code.name, EPOCH)
    assert [alarm.first_out for alarm in alarms] == [False, False, True]
    alarms.acknowledge([alarms[1]], by="anna")
    alarms.gone(AlarmCode.STORE_DEGRADED)
    alarms.raise_(AlarmCode.STORE_DEGRADED, AlarmCode.STORE_DEGRADED.name, EPOCH)
    assert [alarm.code for alarm in alarms if alarm.first_out] == [AlarmCode.STORE_DEGRADED]
    alarms.acknowledge([alarm for alarm in alarms if alarm.first_out], by="anna")
    assert not any(alarm.first_out for alarm in alarms)
    alarms.raise_(AlarmCode.INTERNAL, "it happened", EPOCH)
    assert not alarms[0].first_out, "one of the burst still waits"


def test_a_shelf_ends_by_itself_and_what_is_there_then_asks_anew() -> None:
    alarms = AlarmList(unheard)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
    alarms.acknowledge(alarms, by="anna")
    alarms.shelve(alarms[0], SHELF)
    alarms.look(SHELF.until - timedelta(seconds=1))
    assert alarms[0].state is AlarmState.SHELVED
    alarms.look(SHELF.until)
    assert (alarms[0].state, alarms[0].first_out) == (AlarmState.UNACKNOWLEDGED, True)


def test_a_clock_that_is_set_back_shelves_nothing_for_longer() -> None:
    alarms = AlarmList(unheard)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", EPOCH)
    alarms.shelve(alarms[0], SHELF)
    alarms.look(EPOCH - timedelta(hours=3))
    assert alarms[0].state is AlarmState.UNACKNOWLEDGED


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
            case "shelve":
                alarms.shelve(alarms[0], SHELF)
            case "unshelve":
                alarms.unshelve(alarms[0], by="bert")
            case "wait":
                alarms.look(SHELF.until)
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


def test_a_shelf_is_told_with_who_made_and_who_ended_it_and_so_is_what_becomes_of_the_cause() -> None:
    assert told_by(["come", "shelve", "anna", "go", "come", "unshelve", "shelve", "go", "wait"]) == [
        ("raised", "a", 1, ""),
        ("shelved", "a", 1, "ann"),
        ("cleared", "a", 1, ""),
        ("raised", "a", 2, ""),
        ("unshelved", "a", 2, "bert"),
        ("shelved", "a", 2, "ann"),
        ("cleared", "a", 2, ""),
        ("unshelved", "a", 2, ""),
    ]


def test_who_is_told_may_raise_another_for_which_one_makes_room() -> None:
    def hear(kind: EventKind, *_: object) -> None:
        if kind is EventKind.ALARM_CLEARED and "not" not in [alarm.text for alarm in alarms]:
            alarms.raise_(AlarmCode.NOT_RECORDED, "not", EPOCH)

    alarms = AlarmList(hear)
    for letter in "abcdefghijklmnopqrst":
        alarms.raise_(AlarmCode.NO_PICTURE, letter, EPOCH)
    alarms.gone(AlarmCode.NO_PICTURE)
    assert len(alarms) == MOST
    assert not any(alarm.active for alarm in alarms[1:])


def test_of_an_alarm_that_a_full_list_drops_it_is_told() -> None:
    dropped = []
    alarms = AlarmList(lambda kind, alarm, _: dropped.append(alarm.text) if "drop" in kind else None)
    for letter in "abcdefghijklmnopqrstuvw"[: MOST + 1]:
        alarms.raise_(AlarmCode.RELEASED_WITHOUT_PASS, letter, EPOCH)
    assert dropped == ["a"]
