"""Where everything lies on the Run screen, measured on the real widgets, in every state of the window."""

import math
from collections.abc import Callable, Iterator
from itertools import cycle, islice, product
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QFontMetricsF, QHelpEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from app.console.client.replies import CommandProblem, CommandReply, ContactTrouble, Received
from app.console.frame.banners import Banner
from app.console.frame.frame import Frame
from app.console.screens.run.model.room import Piece, kept
from app.console.screens.run.model.shown import RunView
from app.console.screens.run.model.state import Notice, RunState
from app.console.screens.run.model.view import present
from app.console.widgets.basics import Card, ElidedLabel
from app.console.words.choice import LANGUAGES
from app.console.words.words import Words
from inspection.decision import Action
from inspection.messages.message import coded
from inspection.part import Inspection, MissedCause, Outcome
from inspection.status import Alarm, Command, Health, Mode, StationStatus, Subsystem, Tile
from plc.handshake import halts
from plc.handshake.halts import Halt
from plc.register_map.registers import LineBlock
from tests.app.console import samples

SIZES = [(1024, 600), (1280, 800), (1366, 768), (1920, 1080), (1280, 1024)]
URL = "http://passgate-line-14.final-assembly.factory.example:8730"
DARK_ROOM = Alarm(code=0x1301, text="picture too dark: " + "camera left, " * 20, raised_at=samples.NOON)


Opening = Callable[[tuple[int, int], Words], Frame]

HALTS = [
    halts.second_engine(other=65535, own=65534),
    halts.heartbeat_lost("it stood still"),
    halts.counts_anew(last=65535, boot_id=65535),
    halts.foreign_map(9),
    halts.unsent_result(seq=65535, part_id=104_217),
    halts.count_jumped(before=1, now=65535, uncounted=65533),
    halts.number_repeated(LineBlock(trigger_seq=65535, part_id=104_217)),
    halts.station_lags(),
]


def verdicts() -> list[Inspection]:
    """A part with each word that can stand in the decision's place; all its texts as long as they may be."""
    long = samples.crowded().recent[0].decision.reason
    fates: dict[str, Any] = {"reason": long, "outcome": Outcome.DEFAULT_REJECTED}
    parts = [samples.inspection(65535, action, **fates) for action in Action]
    said = parts[-1].decision.model_copy(update={"defect_probability": samples.LABELLED})
    parts[-1] = parts[-1].model_copy(update={"decision": said})
    parts.append(samples.inspection(65535, published=False, **fates))
    for cause in (MissedCause.BEFORE_RECORD, MissedCause.GAP):
        missed = samples.inspection(65535, published=False, missed=cause, **fates)
        parts.append(missed)
    return parts


def statuses() -> Iterator[StationStatus]:
    """Each verdict under each set of banners, with no, one, two or many alarms; all names long."""
    crowded = samples.crowded()
    alarms = cycle([(), crowded.alarms[:1], crowded.alarms, (DARK_ROOM,) * 40])
    modes = cycle(Mode)
    for part, bypassed, simulated in product(verdicts(), (False, True), (False, True)):
        yield crowded.model_copy(
            update={
                "last": part.model_copy(update={"recorded_at": samples.NOON, "simulated": simulated}),
                "recent": (part, *crowded.recent[1:]),
                "bypassed": bypassed,
                "simulated": simulated,
                "alarms": next(alarms),
                "mode": next(modes),
                "may_reset": True,
            }
        )


def notices() -> Iterator[CommandReply | None]:
    """How a command may have ended."""
    yield None
    for problem in CommandProblem:
        yield CommandReply(command=Command.RESET, problem=problem, detail=samples.DISK)


def views(words: Words) -> Iterator[RunView]:
    """Every state of the window, live and without contact."""
    troubles, replies = cycle([None, *ContactTrouble]), cycle(notices())
    yield present(RunState(), now_s=5.0, words=words, url=URL)
    for status, silence_s in product(statuses(), (0.1, 90_000.0)):
        state = RunState()
        state.take(Received(status=status, at_s=0.0))
        reply = next(replies)
        if silence_s > 1:
            state.trouble = next(troubles)
        if reply is not None:
            state.notice = Notice(reply, silence_s)
        yield present(state, now_s=silence_s, words=words, url=URL)


@pytest.fixture
def open_screen(qapp: QApplication, qtbot: QtBot) -> Iterator[Opening]:
    """Opens the screen at a size."""
    screens: list[Frame] = []

    def open_at(size: tuple[int, int], words: Words) -> Frame:
        screen = Frame(words, {})
        screen.resize(*size)
        screen.show()
        qtbot.addWidget(screen)
        screens.append(screen)
        return screen

    yield open_at
    for screen in screens:
        screen.close()


def settle(qapp: QApplication) -> None:
    """Let the layout follow what was said, parent by parent."""
    for _ in range(3):
        qapp.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)


def faults(screen: Frame) -> list[str]:
    """What is cut, overlapped or out of its parent now."""
    found = []
    siblings: dict[QWidget, list[QWidget]] = {}
    for widget in screen.findChildren(QWidget):
        parent = widget.parentWidget()
        if not widget.isVisible() or parent is None or screen.run.pane.isAncestorOf(widget):
            continue
        place = widget.geometry()
        if not parent.rect().contains(place):
            found.append(f"{widget} {place} lies outside its parent, {parent.rect()}")
        if not isinstance(widget, QLabel | QPushButton | Card):
            continue
        near = siblings.setdefault(parent, [])
        found += [f"{widget} overlaps {other}" for other in near if other.geometry().intersects(place)]
        near.append(widget)
        if isinstance(widget, Card):
            continue
        elides = isinstance(widget, ElidedLabel | Banner)
        if not elides and widget.fontMetrics().horizontalAdvance(widget.text()) > place.width() + 1:
            found.append(f"{widget.text()!r} is cut, {place.width()} px are too narrow")
        if widget.text() and place.height() < 1.15 * widget.font().pixelSize():
            found.append(f"{widget.text()!r} is cut, {place.height()} px are too low")
    return found


PANELS = [
    # inches, pixels, and what symbol and capitals must be, mm: 17.5 mm at 3 m are 20 minutes of arc
    (10.1, (1280, 800), 25.0, 10.0),
    (15.6, (1920, 1080), 25.0, 17.5),
    (15.6, (1366, 768), 25.0, 17.5),
]


@pytest.mark.parametrize(("inches", "size", "symbol_mm", "capitals_mm"), PANELS, ids=str)
@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_the_verdict_is_read_from_three_metres_whatever_else_is_said(
    open_screen: Opening,
    qapp: QApplication,
    words: Words,
    inches: float,
    size: tuple[int, int],
    symbol_mm: float,
    capitals_mm: float,
) -> None:
    screen = open_screen(size, words)
    sign = screen.run.part.sign
    mm_per_px = 25.4 * inches / math.hypot(*size)
    for view in views(words):
        screen.show_view(view)
        settle(qapp)
        if view.part is None:
            continue
        said = (view.part.sign.word, view.stale_banner, view.bypass_banner, view.simulated_banner)
        assert sign.symbol_rect().width() * mm_per_px >= symbol_mm, said
        assert sign.rect().contains(sign.symbol_rect().toAlignedRect()), said
        assert QFontMetricsF(sign.word_font()).capHeight() * mm_per_px >= capitals_mm, said
        written = QFontMetricsF(sign.word_font()).horizontalAdvance(view.part.sign.word)
        assert written <= sign.word_rect().width(), said


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_nothing_is_cut_overlapped_or_outside_in_any_state(
    open_screen: Opening,
    qapp: QApplication,
    words: Words,
    size: tuple[int, int],
) -> None:
    screen = open_screen(size, words)
    # 5 shares no divisor with the cycles in the states: every alarm, mode, notice and trouble comes by
    for view in islice(views(words), None, None, 1 if size == (1280, 800) else 5):
        screen.show_view(view)
        settle(qapp)
        assert screen.size().toTuple() == size, "the window never outgrows its panel"
        assert faults(screen) == []


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_what_is_said_of_a_score_is_never_cut_since_a_number_cut_short_is_another(
    open_screen: Opening,
    qapp: QApplication,
    words: Words,
    size: tuple[int, int],
) -> None:
    screen = open_screen(size, words)
    for said in (samples.LABELLED, None):
        part = samples.inspection()
        decision = part.decision.model_copy(update={"defect_probability": said, "defect_score": 0.987})
        state = RunState()
        last = part.model_copy(update={"decision": decision})
        state.take(Received(status=samples.status(last=last, recent=(last,)), at_s=0.0))
        view = present(state, now_s=0.1, words=words, url=URL)
        assert view.part is not None
        screen.show_view(view)
        settle(qapp)
        shown = {
            label.text(): label for label in screen.run.part.findChildren(ElidedLabel) if label.isVisible()
        }
        assert not shown[view.part.facts[2][1]].elided


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_what_is_left_out_is_told_to_a_mouse_that_rests_on_it(
    open_screen: Opening, qapp: QApplication, words: Words
) -> None:
    screen = open_screen((1024, 600), words)
    state = RunState()
    state.take(Received(status=samples.crowded(), at_s=0.0))
    state.trouble = ContactTrouble.UNREADABLE
    screen.show_view(present(state, now_s=50.0, words=words, url=URL))
    settle(qapp)
    cut = [label for label in screen.findChildren(ElidedLabel) if label.isVisible() and label.elided]
    assert screen.header.station in cut
    assert screen.run.tiles[Subsystem.PLC].text in cut
    for label in cut:
        qapp.sendEvent(label, QHelpEvent(QEvent.Type.ToolTip, QPoint(2, 2), label.mapToGlobal(QPoint(2, 2))))
        assert label.toolTip() == label.text()
    QToolTip.hideText()


@pytest.mark.parametrize("halt", HALTS)
@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_why_the_line_is_halted_fits_its_tile_with_what_to_do(
    open_screen: Opening, qapp: QApplication, words: Words, halt: Halt
) -> None:
    screen = open_screen((1280, 800), words)
    tile = Tile(
        subsystem=Subsystem.PLC, health=Health.FAULT, text=halt.brief, coded=coded(halt.brief), age_ms=20
    )
    state = RunState()
    state.take(Received(status=samples.status(tiles=(tile,)), at_s=0.0))
    screen.show_view(present(state, now_s=0.1, words=words, url=URL))
    settle(qapp)
    assert not screen.run.tiles[Subsystem.PLC].text.elided, screen.run.tiles[Subsystem.PLC].text.text()


def test_what_is_wanted_most_keeps_its_room() -> None:
    wishes = [(Piece.REASON, 20.0), (Piece.OUTCOMES, 50.0), (Piece.MORE_REASON, 15.0)]
    assert kept(85, wishes) == {Piece.REASON, Piece.OUTCOMES, Piece.MORE_REASON}
    assert kept(84, wishes) == {Piece.REASON, Piece.OUTCOMES}
    assert kept(36, wishes) == {Piece.REASON, Piece.MORE_REASON}
    assert kept(-3, wishes) == frozenset()
