"""The Alarms screen in a real window before an engine: what is touched, asked and answered."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import HTTPException
from fastapi.responses import JSONResponse
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.console.client.asking import AskProblem
from app.console.screens.alarms.screen import AlarmsScreen
from app.console.widgets.theme import TOUCH_PX
from app.console.window import ConsoleWindow
from app.console.words.chinese import ZH
from app.console.words.choice import LANGUAGES
from app.console.words.english import EN
from app.console.words.words import ScreenName, Words
from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.order import AlarmAct
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.status import Alarm, CommandResult, Mode
from tests.app.console.conftest import Clock
from tests.app.console.fake_engine import FakeEngine
from tests.app.console.screens.alarms.made_up import EACH, NOON, alarm, page, status
from tests.app.console.test_console import tell

LEFT = Qt.MouseButton.LeftButton
TOLD = EN.alarm_list


def shown(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot, *alarms: Alarm, seconds: float = 1.0
) -> AlarmsScreen:
    """The screen, of a station with these alarms."""
    at = NOON + timedelta(seconds=seconds)
    tell(qtbot, engine, console, status(*alarms, at=at))
    console.frame.go_to(ScreenName.ALARMS)
    console.refresh()
    screen = console.frame.shown
    assert isinstance(screen, AlarmsScreen)
    return screen


def touch(screen: AlarmsScreen, key: str) -> None:
    """Touch an alarm of the list of now."""
    place = [row.key for row in screen.now.rows].index(key)
    rect = screen.now_list.visualRect(screen.now.index(place))
    QTest.mouseClick(screen.now_list.viewport(), LEFT, pos=rect.center())


def accepted(code: Code, **params: str) -> JSONResponse:
    said = say(code, **params)
    result = CommandResult(accepted=True, mode=Mode.IDLE, message=said, coded=said.coded)
    return JSONResponse(result.model_dump(mode="json"))


def texts(screen: AlarmsScreen) -> list[str]:
    """What can be read in labels and on buttons."""
    QApplication.processEvents()  # labels that were just made are shown then
    found = [label.text() for label in screen.findChildren(QLabel) if label.isVisible()]
    return found + [button.text() for button in screen.findChildren(QPushButton) if button.isVisible()]


def test_who_comes_to_the_screen_sees_the_worst_and_what_to_do_about_it(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    screen = shown(console, engine, qtbot, *EACH)
    assert "Not acknowledged" in screen.details.sign.word.text()
    assert any("does not come on record" in text for text in texts(screen))
    assert screen.tab_now.text() == "Now (5)"
    assert console.frame.menu._waiting[ScreenName.ALARMS] == 3
    touch(screen, "shelved")
    assert screen.details.sign.word.text() == "Medium · Shelved"
    assert [button.isEnabled() for button in screen.details.buttons.values()] == [False, False, True]


def test_an_alarm_is_acknowledged_by_a_touch_and_the_engines_word_is_told_in_any_language(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    screen = shown(console, engine, qtbot, *EACH)
    engine.answers["POST /api/alarms/waits/acknowledge"] = accepted(Code.ALARM_SEEN)
    touch(screen, "waits")
    console.speak(ZH)
    QTest.mouseClick(screen.details.buttons[AlarmAct.ACKNOWLEDGE], LEFT)
    qtbot.waitUntil(lambda: screen.details.notice.text() == "已确认", timeout=3000)
    assert engine.asked == [("POST /api/alarms/waits/acknowledge", b"")]


def test_to_shelve_time_and_reason_are_chosen_by_touch_and_nothing_is_asked_before(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    screen = shown(console, engine, qtbot, alarm("camera", AlarmCode.NO_PICTURE))
    engine.answers["POST /api/alarms/camera/shelve"] = accepted(Code.ALARM_UNSHELVED)
    QTest.mouseClick(screen.details.buttons[AlarmAct.SHELVE], LEFT)
    shelving = screen.shelving
    assert shelving.isVisible()
    assert [minutes for minutes, button in shelving.times.items() if button.isEnabled()] == [5, 15, 30, 60]
    QTest.mouseClick(shelving.shelve, LEFT)
    QTest.mouseClick(shelving.times[30], LEFT)
    QTest.mouseClick(shelving.shelve, LEFT)
    assert engine.asked == []
    QTest.mouseClick(shelving.reasons[1], LEFT)
    QTest.mouseClick(shelving.shelve, LEFT)
    qtbot.waitUntil(lambda: bool(engine.asked), timeout=3000)
    (path, body), *_ = engine.asked
    assert path == "POST /api/alarms/camera/shelve"
    assert json.loads(body) == {"minutes": 30, "reason": TOLD.reasons[1]}
    assert screen.details.isVisible()


def test_what_is_critical_and_stops_the_line_cannot_be_shelved(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    screen = shown(console, engine, qtbot, *EACH)
    touch(screen, "worst")
    assert not screen.details.buttons[AlarmAct.SHELVE].isEnabled()
    assert TOLD.never_shelved in texts(screen)


def test_an_alarm_that_goes_while_it_is_being_shelved_is_not_shelved(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    screen = shown(console, engine, qtbot, *EACH)
    touch(screen, "waits")
    QTest.mouseClick(screen.details.buttons[AlarmAct.SHELVE], LEFT)
    assert screen.shelving.isVisible()
    tell(qtbot, engine, console, status(EACH[0], at=NOON + timedelta(seconds=2)))
    console.refresh()
    assert not screen.shelving.isVisible()


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_a_refusal_says_why(console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot, words: Words) -> None:
    console.speak(words)
    screen = shown(console, engine, qtbot, *EACH)
    touch(screen, "waits")
    QTest.mouseClick(screen.details.buttons[AlarmAct.ACKNOWLEDGE], LEFT)  # the engine knows no such path
    qtbot.waitUntil(lambda: screen.details.notice.text() != words.alarm_list.sent, timeout=3000)
    refused = words.ask_problems[AskProblem.REFUSED]
    assert screen.details.notice.text().startswith(refused.partition("{")[0])


def test_without_contact_nothing_can_be_asked_and_what_is_seen_looks_old(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot, clock: Clock
) -> None:
    screen = shown(console, engine, qtbot, *EACH)
    touch(screen, "waits")
    clock.now_s += 10
    console.refresh()
    assert screen.card.stale
    assert not any(button.isEnabled() for button in screen.details.buttons.values())


def test_the_history_is_asked_when_it_is_looked_at_and_anew_by_each_filter(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    screen = shown(console, engine, qtbot)
    assert (screen.empty.text(), engine.asked) == (TOLD.none_listed, [])
    engine.answers["GET /api/alarms/history"] = JSONResponse(page(40).model_dump(mode="json"))
    QTest.mouseClick(screen.tab_history, LEFT)
    assert screen.empty.text() == TOLD.loading
    qtbot.waitUntil(lambda: screen.history.rowCount() == 40, timeout=3000)
    assert not screen.empty.isVisible()
    engine.answers["GET /api/alarms/history"] = JSONResponse({"alarms": [], "waiting": 2})
    QTest.mouseClick(screen.priorities[None], LEFT)
    qtbot.waitUntil(lambda: screen.empty.text() == TOLD.none_found, timeout=3000)
    assert screen.headline.text() == TOLD.waiting.format(n=2)
    QTest.mouseClick(screen.periods[-1], LEFT)
    qtbot.waitUntil(lambda: len(engine.asked) == 3, timeout=3000)
    first, _, last = (path for path, _ in engine.asked)
    assert "from=2026" in first
    assert "from=" not in last, "all that there is"


def test_an_alarm_of_the_history_is_told_in_full_and_nothing_can_be_done_with_it(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    screen = shown(console, engine, qtbot, *EACH)
    engine.answers["GET /api/alarms/history"] = JSONResponse(page(40).model_dump(mode="json"))
    QTest.mouseClick(screen.tab_history, LEFT)
    qtbot.waitUntil(lambda: screen.history.rowCount() == 40, timeout=3000)
    rect = screen.history_list.visualRect(screen.history.index(1))
    QTest.mouseClick(screen.history_list.viewport(), LEFT, pos=rect.center())
    assert screen.details.sign.word.text().endswith(TOLD.over)
    assert any(", by Ann" in text for text in texts(screen))
    assert not any(button.isEnabled() for button in screen.details.buttons.values())
    QTest.keyClick(screen.history_list, Qt.Key.Key_Down)
    assert screen.history_list.currentIndex().row() == 2, "by keys as well"


def test_a_record_that_cannot_be_read_is_told_and_asked_again_by_touch(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    screen = shown(console, engine, qtbot)
    engine.answers["GET /api/alarms/history"] = HTTPException(503, "the disk is gone")
    QTest.mouseClick(screen.tab_history, LEFT)
    qtbot.waitUntil(lambda: "the disk is gone" in screen.empty.text(), timeout=3000)
    console.refresh()
    engine.answers["GET /api/alarms/history"] = JSONResponse(page(3).model_dump(mode="json"))
    QTest.mouseClick(screen.again, LEFT)
    qtbot.waitUntil(lambda: screen.history.rowCount() == 3, timeout=3000)
    console.refresh()
    assert not screen.again.isVisible()


def test_escape_leads_out_of_shelving_then_out_of_the_history_then_to_the_run_screen(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    screen = shown(console, engine, qtbot, *EACH)
    QTest.mouseClick(screen.tab_history, LEFT)
    QTest.keyClick(console, Qt.Key.Key_Escape)
    assert screen.lists.currentWidget() is screen.now_list
    touch(screen, "waits")
    QTest.mouseClick(screen.details.buttons[AlarmAct.SHELVE], LEFT)
    QTest.keyClick(console, Qt.Key.Key_Escape)
    assert screen.details.isVisible()
    QTest.keyClick(console, Qt.Key.Key_Escape)
    assert console.frame.name is ScreenName.RUN


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
@pytest.mark.parametrize("size", [(1024, 600), (1280, 800)], ids=str)
def test_gloves_hit_everything_and_no_word_is_cut(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot, words: Words, size: tuple[int, int]
) -> None:
    console.speak(words)
    console.resize(*size)
    screen = shown(console, engine, qtbot, *EACH)
    touch(screen, "waits")
    least = console.frame.theme.px(TOUCH_PX) - 1
    for step in ("now", "shelving", "history"):
        if step == "shelving":
            QTest.mouseClick(screen.details.buttons[AlarmAct.SHELVE], LEFT)
        elif step == "history":
            QTest.mouseClick(screen.tab_history, LEFT)
        QApplication.processEvents()
        console.refresh()
        QApplication.processEvents()
        for button in screen.findChildren(QPushButton):
            if button.isVisible():
                assert button.height() >= least, (step, button.text())
                wide = button.fontMetrics().horizontalAdvance(button.text())
                assert wide <= button.width() - 8, (step, button.text())
                assert screen.rect().contains(button.mapTo(screen, button.rect().center()))
    assert screen.now_list.sizeHintForRow(0) >= least


def test_before_anything_is_known_nothing_is_claimed_and_nothing_asked(
    open_console: Callable[[str], ConsoleWindow],
) -> None:
    console = open_console("http://127.0.0.1:9")
    console.frame.go_to(ScreenName.ALARMS)
    screen = console.frame.shown
    assert isinstance(screen, AlarmsScreen)
    for tab in (screen.tab_now, screen.tab_history):
        QTest.mouseClick(tab, LEFT)
        console.refresh()
        assert screen.empty.text() == EN.nothing_known
        assert not screen.history.loading
