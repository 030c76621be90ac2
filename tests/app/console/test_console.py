"""The console as the operator sees it: real widgets, a real engine's API, touched with the finger."""

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException, Response
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QRawFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.console.client.replies import ContactTrouble
from app.console.main import screenshot
from app.console.screens.run.model.state import Contact
from app.console.widgets.basics import Card, ElidedLabel
from app.console.widgets.theme import BYPASSED, Theme
from app.console.window import ConsoleWindow
from app.console.words.chinese import ZH
from app.console.words.choice import LANGUAGES, words_for
from app.console.words.english import EN
from app.console.words.words import Words
from inspection.decision import Action, Timings
from inspection.part import Inspection, MissedCause
from inspection.status import Alarm, Command, Counts, Mode, StationStatus, Subsystem
from tests.app.console import samples
from tests.app.console.conftest import Clock
from tests.app.console.fake_engine import FakeEngine

SIZES = [(1280, 800), (1920, 1080)]
WEST, EAST = timezone(timedelta(hours=-14)), timezone(timedelta(hours=14))
LEFT = Qt.MouseButton.LeftButton


def tell(qtbot: QtBot, engine: FakeEngine, console: ConsoleWindow, status: StationStatus) -> None:
    """Let the engine say ``status`` and wait until the console has taken it."""
    engine.say(status.model_dump_json())
    qtbot.waitUntil(
        lambda: console.state.received is not None and console.state.received.status.at == status.at,
        timeout=5000,
    )


def later(seconds: float, **changes: Any) -> StationStatus:
    return samples.status(at=samples.NOON + timedelta(seconds=seconds), **changes)


def touch_part(qtbot: QtBot, console: ConsoleWindow, place: int) -> None:
    cells = console.run_screen.strip.cells
    QTest.mouseClick(cells, LEFT, pos=cells.cell_rect(place).center().toPoint())


def cards(console: ConsoleWindow) -> list[Card]:
    screen = console.run_screen
    return [screen.part, screen.strip, screen.production, console.frame.alarms, *screen.tiles.values()]


def text_width(widget: QLabel | QPushButton) -> int:
    return widget.fontMetrics().horizontalAdvance(widget.text())


def texts(root: QWidget) -> set[str]:
    """Everything that is written on the screen now: labels, buttons, and what painted widgets say."""
    found = set()
    for widget in root.findChildren(QWidget):
        if not widget.isVisible():
            continue
        if isinstance(widget, QLabel | QPushButton):
            found.add(widget.text())
        found |= {*widget.accessibleName().split("\n"), widget.accessibleDescription()}
    return found - {""}


def test_silence_ages_everything_in_sight(
    console: ConsoleWindow, engine: FakeEngine, clock: Clock, qtbot: QtBot
) -> None:
    tell(qtbot, engine, console, later(1, last_action=Action.PASS))
    screen = console.run_screen
    assert screen.part.sign.accessibleName() == "PASS"
    assert not any(card.stale for card in cards(console))
    assert not console.frame.stale.isVisible()
    fresh = screen.grab().toImage()

    clock.now_s += 12.4
    assert console.refresh().contact is Contact.STALE
    assert console.frame.stale.isVisible()
    assert console.frame.stale.text() == "STALE 12 s – no contact with the engine"
    assert all(card.stale for card in cards(console))
    assert screen.part.sign.accessibleName() == "STALE"
    assert screen.grab().toImage() != fresh

    clock.now_s += 60
    console.refresh()
    assert console.frame.stale.text().startswith("STALE 72 s")
    tell(qtbot, engine, console, later(80, last_action=Action.PASS))
    assert not any(card.stale for card in cards(console))


def test_an_old_part_never_looks_live(
    console: ConsoleWindow, engine: FakeEngine, clock: Clock, qtbot: QtBot
) -> None:
    screen = console.run_screen
    assert not screen.strip.live.isEnabled()
    touch_part(qtbot, console, 1)
    assert screen.picture.accessibleName().startswith("OLD PART – trigger 511")
    assert screen.part.sign.accessibleDescription().startswith("OLD PART")
    assert screen.strip.live.isEnabled()
    assert screen.strip.live.text() == "Live (15)"
    qtbot.waitUntil(lambda: f"{511:064x}" in engine.pictures_asked, timeout=5000)

    QTest.mouseClick(screen.strip.live, LEFT)
    assert screen.picture.accessibleName() == ""
    assert screen.part.sign.accessibleName() == "REWORK"

    touch_part(qtbot, console, 1)
    clock.now_s += 15
    console.refresh()
    assert screen.picture.accessibleName() == ""


def test_the_picture_of_another_part_goes_at_once(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    picture = console.run_screen.picture
    qtbot.waitUntil(lambda: not picture.picture_rect().isEmpty(), timeout=5000)
    engine.missing_pictures = 100
    tell(qtbot, engine, console, later(1, last=samples.inspection(513)))
    assert picture.picture_rect().isEmpty()
    assert picture.accessibleDescription() == EN.picture_loading


def test_boxes_lie_where_the_defects_are(console: ConsoleWindow, qtbot: QtBot) -> None:
    picture = console.run_screen.picture
    qtbot.waitUntil(lambda: not picture.picture_rect().isEmpty(), timeout=5000)
    area, box = picture.picture_rect(), picture.box_rect((320, 240, 64, 48))
    assert area.width() / area.height() == pytest.approx(640 / 480, rel=0.01)
    assert box.topLeft().x() == pytest.approx(area.center().x(), abs=1)
    assert box.topLeft().y() == pytest.approx(area.center().y(), abs=1)
    assert box.width() == pytest.approx(area.width() / 10, abs=1)


def test_several_views_show_no_boxes_on_the_wrong_one(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    two = samples.inspection(513, Action.REWORK, defects=(samples.SCRATCH,), pictures=("a" * 64, "b" * 64))
    tell(qtbot, engine, console, later(1, last=two))
    qtbot.waitUntil(lambda: "a" * 64 in engine.pictures_asked, timeout=5000)
    QTest.mouseClick(console.run_screen.picture, LEFT)
    qtbot.waitUntil(lambda: "b" * 64 in engine.pictures_asked, timeout=5000)
    assert console.run_screen.picture.boxes == ()


def test_a_button_posts_its_command_and_a_refusal_is_shown(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    commands = console.run_screen.commands
    tell(qtbot, engine, console, later(1, mode=Mode.HELD))
    engine.answer = HTTPException(409, "no recipe is taught")
    engine.hold_answers = True
    QTest.mouseClick(commands.buttons[Command.START], LEFT)
    assert not any(button.isEnabled() for button in commands.buttons.values())
    assert commands.notice.text() == "Start …"
    console.run_screen.command_touched.emit(Command.START)  # a touch that was already on its way
    engine.release_answers()
    qtbot.waitUntil(lambda: "refused" in commands.notice.text(), timeout=5000)
    assert commands.notice.text() == "Start refused: no recipe is taught"
    assert engine.commands == [Command.START]
    assert commands.buttons[Command.START].isEnabled()


def test_no_key_fires_a_command(console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    commands = console.run_screen.commands
    tell(qtbot, engine, console, later(1, mode=Mode.IDLE, may_reset=True))
    for _ in range(12):
        for key in (Qt.Key.Key_Tab, Qt.Key.Key_Space, Qt.Key.Key_Return):
            QTest.keyClick(console.focusWidget() or console, key)
        assert console.focusWidget() not in commands.buttons.values()
    assert engine.commands == []
    assert commands.notice.text() == ""


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_why_nothing_can_pass_is_read_without_a_touch(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot, words: Words, size: tuple[int, int]
) -> None:
    console.speak(words)
    console.resize(*size)
    screen = console.run_screen
    status = samples.full_disk().model_copy(update={"at": samples.NOON + timedelta(seconds=1)})
    tell(qtbot, engine, console, status)
    console.refresh()
    mode, store = console.frame.header.mode.word, screen.tiles[Subsystem.STORE]
    judged = screen.production.totals[0].caption
    assert mode.text() == words.not_ready
    qtbot.waitUntil(lambda: text_width(mode) <= mode.width() and text_width(judged) <= judged.width())
    assert text_width(store.text) <= 2 * 0.9 * store.text.width(), "two lines hold the reason"
    assert "/" not in store.text.text(), "no path in the reason's place"
    assert screen.commands.buttons[Command.RESET].isEnabled()
    QTest.mouseClick(store, LEFT, pos=QPoint(20, 20))
    assert samples.DISK in {label.text() for label in screen.pane.rows.findChildren(QLabel)}


def test_a_touch_shows_the_full_text(console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    screen = console.run_screen
    status = samples.crowded().model_copy(update={"at": samples.NOON + timedelta(seconds=1)})
    tell(qtbot, engine, console, status)
    for card, text in (
        (screen.part, status.recent[0].decision.reason),
        (screen.tiles[status.tiles[0].subsystem], status.tiles[0].text),
        (console.frame.header, str(status.recipe_name)),
    ):
        QTest.mouseClick(card, LEFT, pos=QPoint(20, card.height() - 8))
        assert screen.pane.isVisible()
        assert any(text in label.text() for label in screen.pane.rows.findChildren(QLabel))
        QTest.mouseClick(screen.pane.button, LEFT)
        assert not screen.pane.isVisible()
    assert screen.part.isVisible()


def test_a_short_tile_tells_the_whole_on_a_touch(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    screen, status = console.run_screen, samples.status()
    plc = status.tiles[0].model_copy(update={"text": "PLC restarted", "detail": "what happened, what to do"})
    tell(qtbot, engine, console, later(1, tiles=(plc, *status.tiles[1:])))
    QTest.mouseClick(screen.tiles[plc.subsystem], LEFT, pos=QPoint(20, 20))
    told = [label.text() for label in screen.pane.rows.findChildren(QLabel)]
    assert {"PLC restarted", "what happened, what to do"} <= set(told)


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_under_the_bypass_key_the_screen_says_so_over_its_whole_width(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot, words: Words
) -> None:
    console.speak(words)
    screen = console.run_screen
    assert not console.frame.bypassed.isVisible()
    tell(qtbot, engine, console, later(1, bypassed=True, mode=Mode.SUSPENDED, last_action=Action.PASS))
    assert console.frame.bypassed.text() == words.bypassed
    qtbot.waitUntil(lambda: console.frame.bypassed.width() > 0.95 * screen.width(), timeout=3000)
    amber = (
        console.frame.grab()
        .toImage()
        .pixelColor(console.frame.bypassed.geometry().center().x(), console.frame.bypassed.y() + 2)
    )
    assert amber == BYPASSED
    tell(qtbot, engine, console, later(2))
    assert not console.frame.bypassed.isVisible()


def test_the_console_survives_what_the_engine_says(
    console: ConsoleWindow, engine: FakeEngine, clock: Clock, qtbot: QtBot
) -> None:
    screen = console.run_screen
    engine.picture = Response(b"no picture", media_type="image/png")
    truncated = samples.status().model_dump_json()[:-40]
    strange = json.loads(samples.status().model_dump_json()) | {"mode": "dancing"}
    for garbage in ("", truncated, json.dumps(strange), b"\x00\xff"):
        console.state.trouble = None
        engine.say(garbage)
        qtbot.waitUntil(lambda: console.state.trouble is not None, timeout=5000)
    clock.now_s += 5
    console.refresh()
    assert "cannot be read" in console.frame.stale.text()
    tell(qtbot, engine, console, later(7, last=samples.inspection(513)))
    qtbot.waitUntil(
        lambda: screen.picture.accessibleDescription() == "The picture cannot be decoded", timeout=5000
    )
    assert not console.frame.stale.isVisible()


@pytest.mark.parametrize(
    "changes",
    [
        {"at": datetime(2026, 3, 2, 12, 0, 1)},
        {"alarms": (Alarm(code=1, text="far away", raised_at=datetime.max.replace(tzinfo=WEST)),)},
        {"counts": Counts(since=datetime.min.replace(tzinfo=EAST))},
        {"last": samples.inspection(513, at=datetime(2026, 3, 2))},
    ],
    ids=["no zone", "year 9999", "year 1", "a part without zone"],
)
def test_a_status_that_makes_no_sense_stops_no_age(
    console: ConsoleWindow, engine: FakeEngine, clock: Clock, qtbot: QtBot, changes: dict[str, object]
) -> None:
    """Promise 6: a screen that cannot be painted any more must not go on saying that it is live."""
    engine.say(later(1).model_copy(update=changes).model_dump_json())
    qtbot.waitUntil(lambda: console.state.trouble is ContactTrouble.UNREADABLE, timeout=5000)
    clock.now_s += 5
    assert console.refresh().contact is Contact.STALE
    assert EN.contact_troubles[ContactTrouble.UNREADABLE] in console.frame.stale.text()
    tell(qtbot, engine, console, later(9))
    assert not console.frame.stale.isVisible()


def test_escape_leads_back_and_closes_nothing(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    screen = console.run_screen
    touch_part(qtbot, console, 1)
    QTest.mouseClick(screen.part, LEFT, pos=QPoint(20, screen.part.height() - 8))
    assert screen.pane.isVisible()
    QTest.keyClick(console, Qt.Key.Key_Escape)
    assert not screen.pane.isVisible()
    assert console.state.look_back is not None
    for _ in range(3):
        QTest.keyClick(console, Qt.Key.Key_Escape)
        assert console.state.look_back is None
    assert console.isVisible()
    assert engine.commands == []


def test_what_commands_the_station_is_hit_with_gloves(console: ConsoleWindow) -> None:
    """15 mm on a panel of 10.1 inches, and a gap between them."""
    mm_per_px = 25.4 * 10.1 / math.hypot(1280, 800)
    buttons = [button.geometry() for button in console.run_screen.commands.buttons.values()]
    assert all(min(button.width(), button.height()) * mm_per_px >= 15 for button in buttons)
    assert all(b.left() - a.right() > 1.5 / mm_per_px for a, b in pairwise(buttons))


def test_a_station_without_anything_is_shown(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    bare = later(1, last=None, recent=(), tiles=(), latency_ms=None, recipe_name=None)
    tell(qtbot, engine, console, bare)
    touch_part(qtbot, console, 3)
    QTest.mouseClick(console.run_screen.part, LEFT, pos=QPoint(20, 20))
    assert console.run_screen.pane.title.text() == EN.no_part
    assert console.frame.header.recipe.text() == EN.no_recipe


def test_the_language_switch_leaves_no_word_behind(
    console: ConsoleWindow, engine: FakeEngine, clock: Clock, qtbot: QtBot
) -> None:
    data = {"station": "1", "recipe_name": "2", "mode_reason": "", "alarms": (), "tiles": ()}
    parts: list[Inspection] = [
        part.model_copy(update={"decision": part.decision.model_copy(update={"reason": "3", "defects": ()})})
        for part in samples.status().recent
    ]
    tell(qtbot, engine, console, later(1, last=parts[0], recent=tuple(parts), simulated=True, **data))
    switch = console.frame.menu.language
    QTest.mouseClick(console.frame.header.menu, LEFT)
    QTest.mouseClick(switch, LEFT)
    touch_part(qtbot, console, 1)
    assert console.words is ZH
    names = re.compile(r"English|PLC|Passgate|p95|\bms\b|\bv7\b")
    assert [text for text in texts(console) if re.search("[A-Za-z]", names.sub("", text))] == []
    clock.now_s += 9
    console.refresh()
    assert [text for text in texts(console) if re.search("[A-Za-z]", names.sub("", text))] == []
    QTest.mouseClick(switch, LEFT)
    assert [text for text in texts(console) if re.search("[\u4e00-\u9fff]", text)] == ["中文"]


def said_in(words: Any) -> Iterator[tuple[str, str | tuple[str, ...] | Mapping[Any, str]]]:
    """Each field, those of a screen's own words among them."""
    for field in fields(words):
        value = getattr(words, field.name)
        if is_dataclass(value):
            yield from said_in(value)
        else:
            yield field.name, value


def every_word(words: Words) -> list[str]:
    found: list[str] = []
    for _, value in said_in(words):
        texts = value.values() if isinstance(value, Mapping) else value
        found += [value] if isinstance(value, str) else texts
    return found


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_every_word_is_there_and_has_its_glyphs(words: Words, console: ConsoleWindow) -> None:
    for name, value in said_in(words):
        if isinstance(value, Mapping):
            kind: type[Enum] = type(next(iter(value)))
            names = set(Timings.model_fields) if name == "stages" else set(kind)
            assert set(value) == names, name
    assert all(every_word(words))
    for bold in (False, True):
        font = QRawFont.fromFont(Theme().font(20, bold=bold))
        assert font.familyName() == "Noto Sans CJK SC"
        assert not font.supportsCharacter(0x1F600), "this test would not see a missing glyph"
        characters = set("".join(every_word(words))) | set("0123456789%–\u00a0 …·°µ×")
        assert [character for character in characters if not font.supportsCharacter(ord(character))] == []


def test_both_languages_fill_in_the_same_blanks() -> None:
    def blanks(words: Words) -> list[list[str]]:
        return [sorted(re.findall(r"{\w+", text)) for text in every_word(words)]

    assert blanks(EN) == blanks(ZH)


def test_an_unknown_language_is_english() -> None:
    assert (words_for("zh_CN"), words_for("fr"), words_for("C")) == (ZH, EN, EN)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_long_texts_clip_nothing_and_gloves_hit_everything(
    console: ConsoleWindow,
    engine: FakeEngine,
    clock: Clock,
    qtbot: QtBot,
    words: Words,
    size: tuple[int, int],
) -> None:
    console.speak(words)
    console.resize(*size)
    status = samples.crowded().model_copy(update={"at": samples.NOON + timedelta(seconds=1)})
    tell(qtbot, engine, console, status)
    clock.now_s += 1000
    console.refresh()  # stale: all three banners under the header are there
    touch_part(qtbot, console, 5)
    screen = console.frame
    assert screen.size().toTuple() == size
    banners = (console.frame.stale, console.frame.bypassed, console.frame.simulated)
    assert all(banner.isVisible() and text_width(banner) < banner.width() for banner in banners)
    elide = [*screen.findChildren(ElidedLabel), *banners]
    whole = [label for label in screen.findChildren(QLabel) if label.isVisible() and label not in elide]

    def clipped() -> list[str]:
        return [label.text() for label in whole if text_width(label) > label.width() + 1]

    qtbot.waitUntil(lambda: clipped() == [], timeout=3000)  # the layout follows in the event loop
    assert screen.run.part.sign.height() >= console.frame.theme.px(80), (
        "what is read from afar keeps its room"
    )
    for card in screen.findChildren(Card):
        for child in card.findChildren(QLabel):
            if card.isVisible() and child.isVisible() and not screen.run.pane.isAncestorOf(child):
                place = child.mapTo(card, child.rect().bottomRight())
                assert card.rect().contains(place), child.text()
    for button in screen.findChildren(QPushButton):
        assert min(button.width(), button.height()) >= 48 or not button.isVisible()
        assert text_width(button) < button.width() - 12
    cells = screen.run.strip.cells
    assert all(min(cells.cell_rect(n).width(), cells.cell_rect(n).height()) >= 48 for n in range(20))


@pytest.mark.parametrize(
    ("inches", "size", "symbol_mm", "capitals_mm"),
    [(10.1, (1280, 800), 25.0, 10.0), (15.6, (1920, 1080), 25.0, 17.5)],
)
@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_the_verdict_is_read_from_three_metres(
    console: ConsoleWindow,
    engine: FakeEngine,
    qtbot: QtBot,
    words: Words,
    inches: float,
    size: tuple[int, int],
    symbol_mm: float,
    capitals_mm: float,
) -> None:
    """17.5 mm at 3 m are 20 minutes of arc. Every verdict, its reason as long as it may be."""
    console.speak(words)
    console.resize(*size)
    mm_per_px = 25.4 * inches / math.hypot(*size)
    long = samples.crowded().recent[0].decision.reason
    parts = [samples.inspection(513, action, outcome=None, reason=long) for action in Action]
    parts.append(samples.inspection(513, outcome=None, reason=long, published=False))
    parts.append(samples.inspection(513, outcome=None, published=False, missed=MissedCause.OVERRUN))
    sign = console.run_screen.part.sign
    for second, part in enumerate(parts, start=1):
        tell(qtbot, engine, console, later(second, last=part, recent=(part,)))
        view = console.refresh()
        assert view.part is not None
        qtbot.waitUntil(lambda: sign.symbol_rect().width() * mm_per_px >= symbol_mm, timeout=3000)
        capitals = QFontMetricsF(sign.word_font()).capHeight() * mm_per_px
        assert capitals >= capitals_mm, view.part.sign.word
        warning = console.run_screen.part.warning.word
        assert not warning.isVisible() or text_width(warning) <= warning.width()


def test_the_documentation_gets_its_screenshot(tmp_path: Path, console: ConsoleWindow) -> None:
    path = tmp_path / "run.png"
    for picture in (samples.picture(), None):
        screenshot(path, size=(1280, 800), language="zh", status=samples.status(), picture=picture)
        image = QImage(str(path))
        assert (image.width(), image.height()) == (1280, 800)
    with pytest.raises(OSError, match="could not be written"):
        screenshot(
            tmp_path / "no" / "run.png", size=(800, 600), language="en", status=samples.status(), picture=None
        )


def test_the_program_starts_and_ends_as_a_service_does(engine: FakeEngine, qtbot: QtBot) -> None:
    code = f"import sys; from app.console.main import run; sys.exit(run({engine.url!r}, 'zh'))"
    with subprocess.Popen([sys.executable, "-c", code]) as program:
        qtbot.waitUntil(lambda: bool(engine.pictures_asked), timeout=20_000)
        program.terminate()
        assert program.wait(10) == 0


def test_a_fault_of_its_own_ends_the_program(engine: FakeEngine) -> None:
    """Qt would go on after it, with a screen that still says that it is live (promise 6)."""
    code = (
        "import sys, app.console.screens.run.screen as s; from app.console.main import run\n"
        "def show_picture(*a, **k): raise KeyError('nobody thought of this')\n"
        "from PySide6.QtCore import QTimer; from PySide6.QtWidgets import QApplication\n"
        "def spoil(): s.RunScreen.show_picture = show_picture\n"
        "a = QApplication([]); QTimer.singleShot(0, spoil)\n"
        f"sys.exit(run({engine.url!r}, 'zh'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "nobody thought of this" in done.stderr
    assert "the line does not notice" in done.stderr


def test_the_window_waits_for_its_engine(open_console: Callable[[str], ConsoleWindow], qtbot: QtBot) -> None:
    engine = FakeEngine()
    window = open_console(engine.url)
    assert window.frame.stale.text().startswith(f"Waiting for the engine at {engine.url}")
    engine.start()
    qtbot.waitUntil(lambda: not window.frame.stale.isVisible(), timeout=5000)
    engine.stop()
    qtbot.waitUntil(lambda: window.state.trouble is not None, timeout=5000)
