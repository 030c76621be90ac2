"""The Report screen against a real server: a shift is read, saved and signed by touch, in both languages."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from fastapi import Response
from fastapi.responses import JSONResponse
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.api.messages import Failure
from app.console.client.client import StationClient
from app.console.screens.reports.screen import ReportsScreen
from app.console.widgets.theme import TOUCH_PX, Theme, style_sheet
from app.console.words.chinese import ZH
from app.console.words.english import EN
from app.console.words.words import Words
from inspection.access.rights import Meaning, Proof, Role
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.signing.shown import ShiftPage, ShiftShown, SignatureShown, SignedShown
from tests.app.console.fake_engine import FakeEngine

LEFT = Qt.MouseButton.LeftButton
DAY = date(2026, 3, 2)
SIX = datetime(2026, 3, 2, 6, tzinfo=UTC)
BY_BEN = SignatureShown(name="Ben", role=Role.QUALITY, meaning=Meaning.WRITTEN, at=SIX)


def shift(name: str, hours: int, **changes: object) -> ShiftShown:
    start = SIX + timedelta(hours=hours)
    told = ShiftShown(day=DAY, name=name, start=start, end=start + timedelta(hours=8), running=False)
    return told.model_copy(update=changes)


NIGHT, LATE = shift("night", 16, running=True), shift("Spät & lang", 8)
EARLY = shift("early", 0, signatures=(BY_BEN,))
SHIFTS, REPORT, SIGN = "GET /api/shifts", "GET /api/reports/shift", "POST /api/reports/shift/signatures"


def page(*shifts: ShiftShown, more: datetime | None = None) -> Response:
    return Response(ShiftPage(shifts=shifts, next=more).model_dump_json(), media_type="application/json")


def pages() -> Response:
    done, png = cv2.imencode(".png", np.full((2400, 900, 3), 200, np.uint8))
    assert done
    return Response(png.tobytes(), media_type="image/png")


@pytest.fixture
def client(engine: FakeEngine) -> Iterator[StationClient]:
    engine.answers |= {SHIFTS: page(NIGHT, LATE, EARLY), REPORT: pages()}
    opened = StationClient(engine.url)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def chosen(tmp_path: Path) -> list[str]:
    """Names that files were offered under; they go to the test's folder."""
    return []


Opening = Callable[[Words], ReportsScreen]


@pytest.fixture
def open_screen(client: StationClient, qtbot: QtBot, tmp_path: Path, chosen: list[str]) -> Opening:
    def choose(_: str, name: str) -> Path:
        chosen.append(name)
        return tmp_path / "stick" / name

    def opened(words: Words) -> ReportsScreen:
        theme = Theme()
        screen = ReportsScreen(theme, words, client, who=lambda: "Ben", choose=choose, zone=UTC)
        screen.setStyleSheet(style_sheet(theme))
        theme.dress_texts(screen)
        screen.rescale()
        screen.resize(1256, 616)
        screen.show()
        qtbot.addWidget(screen)
        screen.entered()
        return screen

    return opened


@pytest.fixture
def screen(open_screen: Opening, qtbot: QtBot) -> ReportsScreen:
    """The screen in English, with its shifts."""
    opened = open_screen(EN)
    qtbot.waitUntil(lambda: opened.shifts.rowCount() == 3, timeout=5000)
    return opened


def touch(screen: ReportsScreen, row: int) -> None:
    place = screen.list.visualRect(screen.shifts.index(row)).center()
    QTest.mouseClick(screen.list.viewport(), LEFT, pos=place)


def rows(screen: ReportsScreen) -> list[str]:
    model = screen.shifts
    return [str(model.data(model.index(row))) for row in range(model.rowCount())]


def test_the_shifts_say_how_their_reports_stand(screen: ReportsScreen) -> None:
    assert rows(screen) == [
        "2026-03-02  night  22:00–06:00\nruns: provisional",
        "2026-03-02  Spät & lang  14:00–22:00\nunsigned",
        "2026-03-02  early  06:00–14:00\nWritten: Ben",
    ]


def test_a_touch_shows_the_printed_pages_in_the_screens_language(
    screen: ReportsScreen, engine: FakeEngine, qtbot: QtBot
) -> None:
    touch(screen, 1)
    assert screen.pages.text == EN.reports.making
    qtbot.waitUntil(lambda: screen.pages.image is not None, timeout=5000)
    assert engine.asked[-1][0] == f"{REPORT}?date=2026-03-02&shift=Sp%C3%A4t+%26+lang&format=png&lang=en"
    screen.speak(ZH)
    qtbot.waitUntil(lambda: engine.asked[-1][0].endswith("lang=zh"), timeout=5000)


def test_older_shifts_come_when_somebody_scrolls_to_them(
    screen: ReportsScreen, engine: FakeEngine, qtbot: QtBot
) -> None:
    many = [shift(f"shift {number}", -8 * number) for number in range(40)]
    engine.answers[SHIFTS] = page(*many, more=SIX)
    screen.entered()
    qtbot.waitUntil(lambda: screen.shifts.rowCount() == 40, timeout=5000)
    engine.answers[SHIFTS] = page(NIGHT)
    asked = len(engine.asked)
    screen.list.scrollToBottom()
    qtbot.waitUntil(lambda: screen.shifts.rowCount() == 41, timeout=5000)
    older = f"{SHIFTS}?before=2026-03-02T06%3A00%3A00%2B00%3A00"
    assert [path for path, _ in engine.asked[asked:]] == [older]
    assert not screen.shifts.canFetchMore(screen.list.rootIndex()), "the record begins there"


def test_a_file_is_saved_where_somebody_says(
    screen: ReportsScreen, engine: FakeEngine, qtbot: QtBot, tmp_path: Path, chosen: list[str]
) -> None:
    touch(screen, 2)
    (tmp_path / "stick").mkdir()
    engine.answers[REPORT] = Response(b"%PDF-1.7 as it came", media_type="application/pdf")
    qtbot.waitUntil(lambda: screen.pages.image is not None or bool(screen.pages.text), timeout=5000)
    button = next(button for form, button in screen.files.items() if form.value == "pdf")
    QTest.mouseClick(button, LEFT)
    assert not button.isEnabled(), "one at a time"
    qtbot.waitUntil(lambda: "saved" in screen.notice.text(), timeout=5000)
    assert chosen == ["2026-03-02_early_en.pdf"]
    assert (tmp_path / "stick" / chosen[0]).read_bytes() == b"%PDF-1.7 as it came"
    assert button.isEnabled()


def test_a_stick_that_is_gone_is_told(screen: ReportsScreen, engine: FakeEngine, qtbot: QtBot) -> None:
    touch(screen, 2)
    QTest.mouseClick(next(iter(screen.files.values())), LEFT)
    qtbot.waitUntil(lambda: "not saved" in screen.notice.text(), timeout=5000)
    assert "stick" in screen.notice.text()


def open_signing(screen: ReportsScreen, row: int = 1) -> None:
    touch(screen, row)
    QTest.mouseClick(screen.sign, LEFT)
    assert screen.signing.isVisible()


def test_somebody_signs_by_his_own_password_which_is_kept_nowhere(
    screen: ReportsScreen, engine: FakeEngine, qtbot: QtBot
) -> None:
    shown = SignedShown(signature=BY_BEN, nth=1, report_sha256="0" * 64)
    engine.answers[SIGN] = Response(shown.model_dump_json(), media_type="application/json")
    open_signing(screen)
    assert screen.signing.who.text() == "Ben", "who is signed in at the panel"
    QTest.mouseClick(screen.signing.meanings[Meaning.APPROVED], LEFT)
    QTest.keyClicks(screen.signing.password, "his own words")
    QTest.keyClicks(screen.signing.reason, "one part lay askew")
    QTest.mouseClick(screen.signing.put, LEFT)
    assert screen.signing.password.text() == ""
    qtbot.waitUntil(lambda: "signed by Ben" in screen.notice.text(), timeout=5000)
    (sent,) = [json.loads(body) for path, body in engine.asked if path == SIGN]
    assert sent == {
        "day": "2026-03-02",
        "shift": "Spät & lang",
        "meaning": "approved",
        "reason": "one part lay askew",
        "user": "Ben",
        "password": "his own words",
    }
    assert not screen.signing.isVisible()


def test_a_refusal_is_told_in_words_and_the_reason_stays_typed(
    screen: ReportsScreen, engine: FakeEngine, qtbot: QtBot
) -> None:
    failure = Failure.saying(403, say(Code.SIGN_IN_WRONG, proof=Proof.PASSWORD))
    engine.answers[SIGN] = JSONResponse(failure.model_dump(), status_code=403)
    open_signing(screen)
    QTest.keyClicks(screen.signing.reason, "typed with gloves")
    QTest.keyClicks(screen.signing.password, "wrong")
    QTest.keyClick(screen.signing.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: failure.detail in screen.signing.message.text(), timeout=5000)
    assert screen.signing.reason.text() == "typed with gloves"


def test_nothing_is_sent_without_name_and_password(screen: ReportsScreen, engine: FakeEngine) -> None:
    open_signing(screen)
    screen.signing.who.clear()
    QTest.mouseClick(screen.signing.put, LEFT)
    assert screen.signing.message.text() == EN.reports.lacking
    assert SIGN not in [path for path, _ in engine.asked]


def test_a_shift_that_runs_cannot_be_signed_and_the_screen_says_when(screen: ReportsScreen) -> None:
    touch(screen, 0)
    assert not screen.sign.isEnabled()
    assert screen.notice.text() == EN.reports.cannot_sign_running


def test_who_leaves_the_screen_leaves_no_password(screen: ReportsScreen) -> None:
    open_signing(screen)
    QTest.keyClicks(screen.signing.password, "half of")
    screen.left()
    assert screen.signing.password.text() == ""
    open_signing(screen)
    assert screen.escape()
    assert not screen.signing.isVisible()
    assert not screen.escape()


def test_an_engine_that_does_not_answer_is_told_and_asked_again(
    open_screen: Opening, engine: FakeEngine, qtbot: QtBot
) -> None:
    failure = Failure.saying(503, say(Code.ENGINE_SILENT))
    engine.answers[SHIFTS] = JSONResponse(failure.model_dump(), status_code=503)
    screen = open_screen(ZH)
    qtbot.waitUntil(lambda: "引擎" in screen.list_note.text(), timeout=5000)
    assert screen.again.isVisible()
    engine.answers[SHIFTS] = page(EARLY)
    QTest.mouseClick(screen.again, LEFT)
    qtbot.waitUntil(lambda: rows(screen) == ["2026-03-02  early  06:00–14:00\n编写：Ben"], timeout=5000)


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_all_is_hit_with_gloves_and_nothing_is_cut(open_screen: Opening, qtbot: QtBot, words: Words) -> None:
    screen = open_screen(words)
    qtbot.waitUntil(lambda: screen.shifts.rowCount() == 3, timeout=5000)
    open_signing(screen)

    def faults() -> list[str]:
        found = []
        for button in screen.findChildren(QPushButton):
            if button.isVisible() and min(button.width(), button.height()) < TOUCH_PX:
                found.append(f"{button.text()} is {button.width()} x {button.height()}")
            if button.isVisible() and button.fontMetrics().horizontalAdvance(button.text()) > button.width():
                found.append(f"{button.text()} is cut")
        pieces = screen.signing.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        seen = [one for one in pieces if one.isVisible()]
        found += [
            f"{one} lies over {other}"
            for one, other in combinations(seen, 2)
            if one.geometry().intersects(other.geometry())
        ]
        for widget in screen.findChildren(QLabel):
            parent = widget.parentWidget()
            inside = isinstance(parent, QWidget) and parent.rect().contains(widget.geometry())
            if widget.isVisible() and widget.text() and not inside and parent is not screen.pages.viewport():
                found.append(f"{widget.text()} lies outside")
        return found

    qtbot.waitUntil(lambda: faults() == [], timeout=3000)
    assert screen.list.sizeHintForRow(0) >= TOUCH_PX
