"""The Qt binding loses no reference to None, and one that does is refused with words."""

import gc
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.console.binding import (
    CALLS,
    IMMORTAL_NONE,
    TESTED,
    BindingError,
    lost_references,
    refuse_bad_binding,
    refuse_losing_binding,
)
from app.console.window import ConsoleWindow
from app.console.words.choice import other
from tests.app.console import samples
from tests.app.console.conftest import Clock
from tests.app.console.fake_engine import FakeEngine

REFRESHES = 100
MAY_GO = 50
"""Strings and pictures that come and go hold a handful; one lost a refresh would be a hundred."""


@pytest.mark.skipif(sys.version_info >= IMMORTAL_NONE, reason="None is immortal from CPython 3.12 on")
def test_a_hundred_refreshes_lose_no_reference_to_none(
    console: ConsoleWindow, engine: FakeEngine, clock: Clock, qtbot: QtBot
) -> None:
    """All that a console does in ten seconds: states, alarms, old parts, both languages, staleness."""
    states = [samples.status(), samples.crowded()]
    screen = console.run_screen

    def refresh(number: int) -> None:
        status = states[number % 2].model_copy(update={"at": samples.NOON + timedelta(seconds=number + 1)})
        engine.say(status.model_dump_json())
        qtbot.waitUntil(
            lambda: console.state.received is not None and console.state.received.status.at == status.at,
            timeout=5000,
        )
        clock.now_s += 3.0 if number % 10 == 9 else 0.1
        if number % 7 == 0:
            console.speak(other(console.words))
            screen.part_touched.emit(status.recent[3].inspection_id)
        screen.tiles[status.tiles[0].subsystem].touched.emit()
        console.refresh()
        screen.pane_closed.emit()
        screen.grab()
        # what is under way in the network's thread holds None too, some eighty times
        qtbot.waitUntil(lambda: console._wanted is None or console._picture is not None, timeout=5000)

    for number in range(20):  # what is cached is cached now
        refresh(number)
    gc.collect()  # what earlier tests left must not go while we count
    before = sys.getrefcount(None)
    for _ in range(50):  # the least: what the network's thread is at comes and goes
        qtbot.wait(10)
        before = min(before, sys.getrefcount(None))
    for number in range(20, 20 + REFRESHES):
        refresh(number)
        # looked at each time: a binding that loses them aborts before the hundredth refresh
        qtbot.waitUntil(lambda: sys.getrefcount(None) > before - MAY_GO, timeout=5000)


def test_the_measured_calls_lose_nothing(qapp: QApplication) -> None:
    refuse_losing_binding((6, 11, 3))
    assert lost_references(lambda: None) == 0


def test_a_binding_that_loses_references_is_refused_whatever_its_version(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.console.binding.lost_references", lambda call: CALLS)
    with pytest.raises(BindingError, match=r"PySide6 7\.0\.0 .* in 3 of 3 calls.*engine runs without"):
        refuse_losing_binding((7, 0, 0))


@pytest.mark.parametrize(
    ("version", "python", "refused"),
    [
        ((6, 12, 0), (3, 11), True),
        ((6, 12, 0), (3, 12), False),
        ((6, 11, 3), (3, 11), False),
        ((6, 12, 1), (3, 11), False),
    ],
)
def test_the_known_bad_pair_is_refused(
    version: tuple[int, int, int], python: tuple[int, int], refused: bool
) -> None:
    if not refused:
        refuse_bad_binding(version, python)
        return
    with pytest.raises(BindingError, match=r"PySide6 6\.12\.0 .*pip install pyside6-essentials==6\.11\.3"):
        refuse_bad_binding(version, python)


def test_the_program_ends_with_words_and_a_failure_where_the_pair_is_bad() -> None:
    """As a user meets it: the command, with a binding that says that it is 6.12.0."""
    code = (
        "import sys, PySide6; PySide6.__version_info__ = (6, 12, 0, '', ''); sys.version_info = (3, 11, 7)\n"
        "sys.argv = ['passgate', 'console']\n"
        "from app.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("passgate: the console does not start: PySide6 6.12.0")
    assert "Traceback" not in done.stderr


def test_the_refusal_names_the_version_that_is_pinned() -> None:
    pinned = (Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'"pyside6-essentials=={TESTED}"' in pinned
