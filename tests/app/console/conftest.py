"""The console's tests: no display, a fake engine on a free port, and a clock that tests move."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before any Qt import, whatever the desktop

from collections.abc import Callable, Iterator
from threading import enumerate as threads

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.console.client.client import StationClient
from app.console.widgets.theme import dress
from app.console.window import ConsoleWindow
from app.console.words.english import EN
from tests.app.console.fake_engine import FakeEngine


class Clock:
    """A monotonic clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """The application in the console's dress: once, for to dress it costs a moment a widget that there is."""
    dress(qapp)
    return qapp


@pytest.fixture(autouse=True)
def no_window_of_another_test(qapp: QApplication) -> None:
    """pytest-qt asks for windows to be deleted, which nobody does while no event loop runs."""
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[FakeEngine]:
    fake = FakeEngine()
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def engine(shared_engine: FakeEngine) -> Iterator[FakeEngine]:
    shared_engine.reset()
    yield shared_engine
    shared_engine.release_answers()


@pytest.fixture
def open_console(qtbot: QtBot, clock: Clock) -> Iterator[Callable[[str], ConsoleWindow]]:
    """Opens consoles; closes them after the test and looks for threads that they left."""
    windows: list[ConsoleWindow] = []

    def open_at(url: str) -> ConsoleWindow:
        window = ConsoleWindow(StationClient(url, monotonic=clock), words=EN, monotonic=clock)
        window.resize(1280, 800)
        window.show()
        qtbot.addWidget(window)
        windows.append(window)
        return window

    yield open_at
    for window in windows:
        window.close()
    assert [thread.name for thread in threads() if thread.name == "console-network"] == []


@pytest.fixture
def console(open_console: Callable[[str], ConsoleWindow], engine: FakeEngine, qtbot: QtBot) -> ConsoleWindow:
    """A console that has heard the fake engine."""
    window = open_console(engine.url)
    qtbot.waitUntil(lambda: window.state.received is not None, timeout=5000)
    return window
