"""The frame: the way to every screen and back, whatever is shown."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout
from pytestqt.qtbot import QtBot

from app.benches.console import LANGUAGE_SWITCH, MENU
from app.console.frame.frame import Frame
from app.console.screens.run.model.state import RunState
from app.console.screens.run.model.view import present
from app.console.screens.screen import Screen
from app.console.widgets.theme import TOUCH_PX, Theme
from app.console.window import ConsoleWindow
from app.console.words.chinese import ZH
from app.console.words.english import EN
from app.console.words.words import ScreenName, Words

LEFT = Qt.MouseButton.LeftButton


class Scratch(Screen):
    """A screen that notes what the frame tells it."""

    def __init__(self, theme: Theme, words: Words) -> None:
        super().__init__(theme, words)
        self.told: list[str] = []
        self.steps = 0
        column = QVBoxLayout(self)
        column.addWidget(QLabel("scratch"))

    def rescale(self) -> None:
        self.told.append(f"rescale {self.theme.scale:g}")

    def speak(self, words: Words) -> None:
        super().speak(words)
        self.told.append(f"speak {words.code}")

    def entered(self) -> None:
        self.told.append("entered")

    def left(self) -> None:
        self.told.append("left")

    def escape(self) -> bool:
        self.steps -= 1
        return self.steps >= 0


@pytest.fixture
def made() -> list[Scratch]:
    return []


@pytest.fixture
def frame(qapp: QApplication, qtbot: QtBot, made: list[Scratch], monkeypatch: pytest.MonkeyPatch) -> Frame:
    """A frame with one screen beside Run."""

    def make(theme: Theme, words: Words) -> Screen:
        made.append(Scratch(theme, words))
        return made[-1]

    frame = Frame(EN, {ScreenName.REVIEW: make})
    frame.screen_touched.connect(frame.go_to)
    frame.resize(1280, 800)
    frame.show()
    qtbot.addWidget(frame)
    frame.show_view(present(RunState(), now_s=0.0, words=EN, url="http://127.0.0.1:8730"))
    return frame


def open_menu(frame: Frame) -> None:
    QTest.mouseClick(frame.header.menu, LEFT)
    assert frame.menu.isVisible()


def test_a_screen_is_made_when_it_is_shown_first_and_told_when_it_is_left(
    frame: Frame, made: list[Scratch]
) -> None:
    assert made == []
    for _ in range(2):
        open_menu(frame)
        QTest.mouseClick(frame.menu.screens[ScreenName.REVIEW], LEFT)
        assert not frame.menu.isVisible()
        assert frame.shown is made[0]
        assert made[0].isVisible()
        assert not frame.run.isVisible()
        open_menu(frame)
        QTest.mouseClick(frame.menu.screens[ScreenName.RUN], LEFT)
        assert frame.run.isVisible()
    assert len(made) == 1
    assert made[0].told == ["rescale 1", "entered", "left", "entered", "left"]


def test_every_screen_follows_language_and_size(frame: Frame, made: list[Scratch], qtbot: QtBot) -> None:
    frame.go_to(ScreenName.REVIEW)
    frame.speak(ZH)
    frame.resize(1920, 1200)
    qtbot.waitUntil(lambda: made[0].told[-1] == "rescale 1.5", timeout=3000)
    assert "speak zh" in made[0].told
    open_menu(frame)
    assert frame.menu.screens[ScreenName.REVIEW].text() == ZH.screens[ScreenName.REVIEW]


def test_escape_leads_back_step_by_step(frame: Frame, made: list[Scratch]) -> None:
    frame.go_to(ScreenName.REVIEW)
    made[0].steps = 1
    open_menu(frame)
    assert frame.escape()
    assert not frame.menu.isVisible(), "first out of the menu"
    assert frame.escape()
    assert frame.shown is made[0], "then a step within the screen"
    assert frame.escape()
    assert frame.name is ScreenName.RUN, "then to the Run screen"
    assert not frame.escape()


def test_the_menu_says_what_waits_and_marks_where_one_is(frame: Frame) -> None:
    frame.menu.wait_for(ScreenName.REVIEW, 3)
    frame.go_to(ScreenName.REVIEW)
    open_menu(frame)
    button = frame.menu.screens[ScreenName.REVIEW]
    assert button.text() == "Review\n3 waiting"
    assert button.property("marked")
    assert not frame.menu.screens[ScreenName.RUN].property("marked")


@pytest.mark.parametrize("size", [(1024, 600), (1280, 800), (1920, 1080)], ids=str)
def test_everything_of_the_menu_is_hit_with_gloves_and_lies_on_the_screen(
    frame: Frame, size: tuple[int, int]
) -> None:
    frame.resize(*size)
    QApplication.processEvents()
    open_menu(frame)
    QApplication.processEvents()
    least = frame.theme.px(TOUCH_PX)
    for button in (*frame.menu.screens.values(), frame.menu.language, frame.menu.close_button):
        assert min(button.width(), button.height()) >= least
        assert frame.menu.rect().contains(button.geometry())
    assert frame.header.menu.height() >= least
    assert not frame.menu.geometry().intersects(frame.header.geometry()), "mode and contact stay in sight"
    assert not frame.menu.geometry().intersects(frame.alarms.geometry()), "and so do alarms"


def test_the_soak_bench_touches_the_switch_where_it_is(frame: Frame) -> None:
    open_menu(frame)
    QApplication.processEvents()
    assert frame.childAt(*MENU) is frame.header.menu
    assert frame.childAt(*LANGUAGE_SWITCH) is frame.menu.language


def test_alarms_are_one_touch_away_and_details_open_on_the_run_screen_wherever_one_is(
    console: ConsoleWindow,
) -> None:
    header, line = console.frame.header, console.frame.alarms
    for _ in range(2):
        QTest.mouseClick(line, LEFT, pos=line.rect().center())
        there = console.frame.name
        QTest.mouseClick(header, LEFT, pos=header.rect().center())
        assert (there, console.frame.name) == (ScreenName.ALARMS, ScreenName.RUN)
        assert console.run_screen.pane.isVisible()
        console.run_screen.pane.button.click()
