"""The window is used as a person would: click, type, drag, undo, done, in both languages."""

import re

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.console.clicking import image_of
from app.console.teaching.clicks import Clicks
from app.console.teaching.window import ClickWindow
from app.console.widgets.theme import TOUCH_PX
from app.console.words.choice import LANGUAGES
from app.console.words.words import Words
from inspection.instruments.place import Point
from tests.app.recipes.gauges.dials import CENTRE, at, dial

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def image() -> QImage:
    return image_of(dial(40))


@pytest.fixture(params=LANGUAGES.values(), ids=list(LANGUAGES))
def window(request: pytest.FixtureRequest, qapp: QApplication, qtbot: QtBot, image: QImage) -> ClickWindow:
    words: Words = request.param
    shown = ClickWindow(image, words=words, begun=Clicks(), on_end=lambda: None)
    qtbot.addWidget(shown)
    shown.resize(1280, 800)
    shown.show()
    qapp.processEvents()
    return shown


def click(window: ClickWindow, point: Point) -> None:
    QTest.mouseClick(window.canvas, LEFT, pos=window.canvas.on_screen(point).toPoint())


def test_a_dial_is_clicked_and_typed(window: ClickWindow) -> None:
    first = window.step.text()
    click(window, CENTRE)
    assert window.step.text() != first, "what is to be done next is said"
    for value in (0, 50, 100):
        click(window, at(value))
        assert not window.done.isEnabled()
        QTest.keyClicks(window.values[-1], f"{value}")
    window.unit.setText("bar")
    window.has_second.setChecked(True)
    window.second.setCurrentIndex(window.second.findData("red"))
    assert window.done.isEnabled()
    window.values[1].setText("0")
    assert not window.done.isEnabled()
    assert window.problem.text()
    in_english = window.windowTitle().isascii()
    assert bool(re.search("[a-z]", window.problem.text())) == in_english, "no English on a Chinese window"
    window.values[1].setText("50,0")
    QTest.mouseClick(window.done, LEFT)
    answer = window.answer
    assert answer is not None
    assert [mark.value for mark in answer.marks] == [0, 50, 100]
    for mark in answer.marks:
        assert mark.point == pytest.approx(at(mark.value), abs=0.5), "a click is worth what it is exact"
    assert answer.unit == "bar"
    assert answer.needle.second_needle is not None
    assert answer.needle.second_needle.color == "red"


def test_enlarged_it_is_clicked_more_exactly_and_what_is_there_is_dragged(window: ClickWindow) -> None:
    about = window.canvas.on_screen(CENTRE)
    window.canvas.enlarge(8.0, about)
    assert window.canvas.in_picture(about) == pytest.approx(CENTRE, abs=0.01)
    click(window, CENTRE)
    begun = window.canvas.on_screen(CENTRE).toPoint()
    QTest.mousePress(window.canvas, LEFT, pos=begun)
    QTest.mouseMove(window.canvas, (QPointF(begun) + QPointF(40, 0)).toPoint())
    QTest.mouseRelease(window.canvas, LEFT, pos=(QPointF(begun) + QPointF(40, 0)).toPoint())
    assert window.clicks.centre is not None
    assert window.clicks.centre[0] > CENTRE[0] + 1.0
    assert window.clicks.marks == (), "a drag is no click"
    QTest.mouseClick(window.undo, LEFT)
    assert window.clicks.centre is None


def test_without_a_wheel_it_is_enlarged_and_shifted(window: ClickWindow) -> None:
    for _ in range(10):
        QTest.mouseClick(window.larger, LEFT)
    before = window.canvas.on_screen(CENTRE)
    QTest.mousePress(window.canvas, LEFT, pos=QPoint(300, 300))
    QTest.mouseMove(window.canvas, QPoint(360, 320))
    QTest.mouseRelease(window.canvas, LEFT, pos=QPoint(360, 320))
    assert window.clicks.centre is None, "a drag is no click"
    assert (window.canvas.on_screen(CENTRE) - before).toTuple() == pytest.approx((60.0, 20.0))
    for _ in range(10):
        QTest.mouseClick(window.smaller, LEFT)
    middle = QPointF(window.canvas.width() / 2, window.canvas.height() / 2)
    assert window.canvas.in_picture(middle) == pytest.approx((199.5, 149.5)), "all of it is in sight again"


def test_everything_is_hit_with_gloves_and_the_newest_mark_is_in_sight(
    window: ClickWindow, qapp: QApplication
) -> None:
    window.resize(960, 600)
    click(window, CENTRE)
    for value in range(0, 100, 10):
        click(window, at(value))
        for _ in range(3):
            qapp.processEvents()
    for kind in (QPushButton, QLineEdit, QComboBox, QCheckBox):
        for touched in window.findChildren(kind):
            assert min(touched.width(), touched.height()) >= TOUCH_PX - 4, touched
    newest = window.values[-1]
    assert newest.visibleRegion().boundingRect() == newest.rect()
    assert (window.width(), window.height()) == (960, 600), "nothing is pushed out of a small window"


def test_a_unit_holds_nothing_that_cannot_be_seen(window: ClickWindow) -> None:
    window.unit.setText(" m\u200b\u0007³ ")
    assert window.clicks.unit == "m³"


def test_closed_with_nothing_said_is_no_answer(window: ClickWindow) -> None:
    click(window, (1e4, 1e4))
    assert window.clicks.centre is None, "beside the picture nothing is clicked"
    window.close()
    assert window.answer is None
