"""What the list says of an alarm, and what can be asked for."""

import re
from datetime import timedelta

import pytest

from app.console.screens.alarms.model.rows import (
    PRIORITY_SIGNS,
    listed,
    listed_pane,
    recorded_pane,
    recorded_row,
)
from app.console.widgets.signs import Tone
from app.console.words.chinese import ZH
from app.console.words.english import EN
from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.priority import Priority
from tests.app.console.screens.alarms.made_up import EACH, NOON, SHELF, alarm, recorded, status


def test_what_waits_comes_first_the_worst_of_it_on_top_and_shelved_ones_last() -> None:
    shown = listed(status(*EACH), 0.0, EN)
    assert [row.key for row in shown.rows] == ["worst", "waits", "gone", "seen", "shelved"]
    assert shown.waiting == 3


def test_priority_is_told_by_shape_and_word_and_only_what_asks_for_a_person_has_colour() -> None:
    assert len({shape for shape, _ in PRIORITY_SIGNS.values()}) == len(Priority)
    rows = {row.key: row for row in listed(status(*EACH), 0.0, EN).rows}
    assert rows["worst"].sign.tone is Tone.DANGER
    assert rows["seen"].sign.tone is rows["shelved"].sign.tone is Tone.FADED
    assert rows["worst"].note.startswith("High · Not acknowledged")
    assert rows["gone"].note == "Low · Gone, not acknowledged · 3 times"
    assert rows["worst"].mark == "FIRST"
    assert not rows["waits"].mark


def test_ages_are_counted_on_while_nothing_is_heard() -> None:
    (row,) = listed(status(alarm("a", AlarmCode.NO_PICTURE, minutes=0), at=NOON), 42.0, EN).rows
    assert row.time == "42 s ago"


def test_in_a_flood_warnings_are_counted_and_it_says_so() -> None:
    flood = [alarm(str(n), AlarmCode.BAD_PICTURE, first_out=n == 3) for n in range(12)]
    flooded = status(*flood, alarm("bad", AlarmCode.LINE_HALTED), alarm_flood=NOON)
    shown = listed(flooded, 0.0, EN)
    assert {row.key for row in shown.rows} == {"3", "bad"}
    clock = f"{flooded.by_its_clocks(NOON):%H:%M}"
    assert shown.flood == f"FLOOD since {clock}: 11 warnings are only counted"
    assert shown.waiting == 13, "what is not shown waits all the same"


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("waits", (True, 480, False)),
        ("gone", (True, 480, False)),
        ("seen", (False, 480, False)),
        ("shelved", (False, 0, True)),
        ("worst", (True, 0, False)),
    ],
)
def test_what_can_be_asked_for_follows_from_the_state(name: str, may: tuple[bool, int, bool]) -> None:
    one = next(alarm for alarm in EACH if alarm.alarm_id == name)
    pane = listed_pane(one, status(*EACH), EN)
    assert (pane.acknowledge, pane.shelve_min, pane.unshelve) == may


def test_of_an_engine_that_names_no_alarm_nothing_is_asked() -> None:
    pane = listed_pane(alarm("", AlarmCode.NO_PICTURE), status(), EN)
    assert (pane.acknowledge, pane.shelve_min, pane.unshelve) == (False, 0, False)


def test_the_pane_says_what_it_means_what_to_do_and_why_it_is_shelved_in_both_languages() -> None:
    shelved = next(alarm for alarm in EACH if alarm.shelf)
    english, chinese = (dict(listed_pane(shelved, status(*EACH), words).rows) for words in (EN, ZH))
    assert "camera gives no picture" in english["It means"]
    assert english["Why"] == SHELF.reason
    assert chinese["原因"] == "正在维修", "a reason that was chosen by touch is told in any language"
    assert "相机" in chinese["含义"]
    assert (
        "（line3）" not in chinese["搁置"] and "ben（控制台 line3）" in chinese["搁置"]
    ) or "Ben" in chinese["搁置"]


def test_the_history_says_what_became_of_each() -> None:
    known = status()
    fates: dict[str, dict[str, object]] = {
        "Over": {},
        "Acknowledged": {"cleared_at": None},
        "Gone, not acknowledged": {"acknowledged_at": None, "acknowledged_by": ""},
        "Not acknowledged": {"acknowledged_at": None, "acknowledged_by": "", "cleared_at": None},
        "Dropped from a full list": {"dropped_at": NOON},
    }
    for fate, changes in fates.items():
        row = recorded_row(recorded(1, **changes), known, EN)
        assert f" · {fate}" in row.note
    pane = recorded_pane(recorded(1, shelf=SHELF, first_out=True), known, EN)
    assert (pane.acknowledge, pane.shelve_min, pane.unshelve) == (False, 0, False)
    assert {"Acknowledged", "Cause gone", "Shelved", "Why"} <= {name for name, _ in pane.rows}
    assert pane.sign.word.endswith("FIRST")


def test_a_moment_of_another_day_is_told_with_its_date() -> None:
    until = NOON + timedelta(days=1)
    shelved = alarm("a", AlarmCode.NO_PICTURE, shelf=SHELF.model_copy(update={"until": until}))
    (row,) = listed(status(shelved), 0.0, EN).rows
    assert re.search(r"until \d\d-\d\d \d\d:\d\d", row.note)
