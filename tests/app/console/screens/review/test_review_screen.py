"""The Review screen: in sequence by keyboard or touch, and nothing that is typed is lost."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from fastapi import Response
from pydantic import BaseModel
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.console.client import reviews
from app.console.client.asking import Answer, AskProblem, Request
from app.console.client.replies import PictureReply
from app.console.screens.review.screen import ASK_AGAIN_S, LOOK_FOR_MORE_S, ReviewScreen
from app.console.widgets.theme import TOUCH_PX, Theme
from app.console.window import COUNT_EVERY_S, ConsoleWindow
from app.console.words.chinese import ZH
from app.console.words.english import EN
from app.console.words.words import ScreenName
from inspection.decision import Defect, Severity
from inspection.messages.codes import Code
from inspection.messages.telling import say, tell
from inspection.reviews.review import Verdict
from tests.app.console.conftest import Clock
from tests.app.console.fake_engine import FakeEngine
from tests.app.console.screens.review.queue_samples import GOOD_PICTURE, page, review, whole


class Line:
    """What the screen asks, and answers to it."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.pictures: list[str] = []
        self.places: list[str] = []
        self.screen = ReviewScreen(Theme(), EN, self.asked.append, self.fetch)

    def fetch(self, sha256: str, place: str) -> None:
        self.pictures.append(sha256)
        self.places.append(place)

    def newest(self, topic: str) -> Request:
        return next(one for one in reversed(self.asked) if one.topic == topic)

    def say(self, topic: str, told: BaseModel | None = None, **said: object) -> None:
        body = b"" if told is None else told.model_dump_json().encode()
        self.screen.take_answer(Answer(request=self.newest(topic), body=body, **said))  # type: ignore[arg-type]

    def put(self) -> dict[str, object]:
        """What is to be put on record."""
        body = self.newest(reviews.ANSWER).body
        assert body is not None
        return dict(body)


@pytest.fixture
def line(qtbot: QtBot) -> Line:
    """A screen with three held parts of five, and all that is known of the first."""
    line = Line()
    qtbot.addWidget(line.screen)
    line.screen.resize(1256, 620)
    line.screen.rescale()
    line.screen.show()
    line.screen.entered()
    line.say(reviews.PAGE, page(range(1, 4), more=True, waiting=5))
    line.say(reviews.PART, whole(1))
    return line


def keys(line: Line, text: str) -> None:
    QTest.keyClicks(line.screen, text)


def test_in_sequence_by_keyboard_the_next_part_comes_at_once(line: Line) -> None:
    keys(line, "1")
    QTest.keyClick(line.screen, Qt.Key.Key_Return)
    assert line.newest(reviews.ANSWER).path == f"/api/reviews/{1:032x}"
    assert line.put() == {"verdict": "good", "type": "", "reason": "", "revision": 1, "replaces": 0}
    line.say(reviews.ANSWER, review(1, 11))
    assert line.newest(reviews.PART).path == f"/api/reviews/{2:032x}"
    assert line.pictures == [f"{1:064x}", f"{2:064x}"]
    assert line.screen.answering.message.text() == "Part 1001 is on record: OK"
    line.say(reviews.PART, whole(2))
    keys(line, "22")
    QTest.keyClick(line.screen, Qt.Key.Key_Enter)
    assert line.put() == {"verdict": "defect", "type": "dent", "reason": "", "revision": 1, "replaces": 0}


def test_the_next_part_and_its_picture_are_there_before_they_are_wanted(line: Line) -> None:
    pictures = [QImage(8, 8, QImage.Format.Format_RGB888) for _ in range(2)]
    line.screen.take_picture(PictureReply(sha256=f"{1:064x}", image=pictures[0]))
    assert (line.pictures[-1], line.places[-1]) == (f"{2:064x}", "review/next")
    line.screen.take_picture(PictureReply(sha256=f"{2:064x}", image=pictures[1]))
    line.say(reviews.NEXT, whole(2))
    assert line.screen.looking.picture._image is pictures[0]
    keys(line, "1")
    line.screen.put()
    line.say(reviews.ANSWER, review(1, 11))
    assert line.screen.looking.picture._image is pictures[1]
    assert "A thin line runs" in line.screen.facts.text()
    assert line.pictures.count(f"{2:064x}") == 1
    assert line.newest(reviews.PART).path.endswith(f"{2:032x}"), "asked again: somebody may have reviewed it"


def test_who_does_not_know_is_led_to_the_reason_and_enter_there_puts_it(line: Line) -> None:
    keys(line, "3")
    QTest.keyClick(line.screen, Qt.Key.Key_Return)
    assert line.screen.answering.message.text() == "Say why."
    assert line.screen.focusWidget() is line.screen.answering.reason
    QTest.keyClicks(line.screen.answering.reason, "g 2 dark")
    QTest.keyClick(line.screen.answering.reason, Qt.Key.Key_Return)
    assert line.put()["reason"] == "g 2 dark", "letters and digits there are text"
    assert line.put()["verdict"] == "dont_know"


def test_by_touch_without_a_keyboard(line: Line) -> None:
    answering = line.screen.answering
    QTest.mouseClick(answering.verdicts[Verdict.DEFECT], Qt.MouseButton.LeftButton)
    assert not answering.put.isEnabled()
    QTest.mouseClick(answering.types[2], Qt.MouseButton.LeftButton)
    QTest.mouseClick(answering.put, Qt.MouseButton.LeftButton)
    assert line.put()["type"] == "毛刺"
    touched = (*answering.verdicts.values(), *answering.types[:3], answering.put, answering.later)
    assert min(one.height() for one in touched) >= TOUCH_PX


def test_six_types_and_all_lines_have_room_beside_a_banner(line: Line) -> None:
    line.screen.resize(1256, 570)
    line.say(reviews.PART, whole(1).model_copy(update={"types": tuple("abcdef")}))
    line.screen.answering.verdicts[Verdict.DEFECT].click()
    QTest.qWait(1)
    answering = line.screen.answering
    column = [answering.types[0], answering.types[3], answering.other, answering.reason, answering.put]
    tops = [(one.mapTo(line.screen, QPoint(0, 0)).y(), one.height()) for one in column]
    assert all(top + height <= below for (top, height), (below, _) in pairwise(tops))
    assert tops[-1][0] + tops[-1][1] <= line.screen.height() == 570


def test_a_type_of_one_s_own_and_a_list_touched_elsewhere(line: Line) -> None:
    answering = line.screen.answering
    answering.verdicts[Verdict.DEFECT].click()
    QTest.keyClicks(answering.other, "chipped  edge")
    answering.put.click()
    assert line.put()["type"] == "chipped edge"


def test_a_part_that_was_reviewed_since_the_list_came_is_passed_over_with_a_word(line: Line) -> None:
    line.say(reviews.PART, whole(1, review(1, 7, Verdict.DONT_KNOW, reason="too dark")))
    message = line.screen.answering.message.text()
    assert message.startswith("Somebody else was first with part 1001. Ben, ")
    assert message.endswith("Don't know · too dark")
    assert line.newest(reviews.PART).path.endswith(f"{2:032x}")
    assert line.screen.queue.row_of(f"{1:032x}") is None


def test_who_has_typed_already_sees_what_was_said_and_may_say_it_anew_in_its_place(line: Line) -> None:
    keys(line, "1")
    line.say(reviews.PART, whole(1, review(1, 7, Verdict.DONT_KNOW, reason="too dark")))
    assert "Somebody else was first" in line.screen.answering.message.text()
    assert "Don't know · too dark" in line.screen.facts.text()
    line.screen.put()
    assert line.put()["replaces"] == 7


def test_where_somebody_else_was_first_it_says_who_and_goes_on(line: Line) -> None:
    keys(line, "1")
    line.screen.put()
    said = say(Code.REVIEW_FORESTALLED, user="Cleo", verdict=Verdict.GOOD)
    line.say(reviews.ANSWER, problem=AskProblem.REFUSED, status=409, detail=said, coded=said.coded)
    assert line.screen.answering.message.text() == (
        "Somebody else was first with part 1001. Cleo has reviewed it since it was looked up: good"
    )
    assert line.newest(reviews.PART).path.endswith(f"{2:032x}")


@pytest.mark.parametrize("problem", [AskProblem.UNREACHABLE, AskProblem.TIMEOUT, AskProblem.FAILED])
def test_what_was_typed_is_kept_where_the_engine_is_gone(line: Line, problem: AskProblem) -> None:
    keys(line, "3")
    QTest.keyClicks(line.screen.answering.reason, "too dark")
    line.screen.put()
    assert not line.screen.answering.put.isEnabled(), "one at a time"
    line.say(reviews.ANSWER, problem=problem)
    answering = line.screen.answering
    assert answering.message.text() == EN.review.problems[problem]
    assert (answering.reason.text(), answering.put.isEnabled()) == ("too dark", True)
    line.screen.later()
    assert answering.reason.text() == ""
    line.screen.list.setCurrentIndex(line.screen.queue.index(0))
    assert answering.reason.text() == "too dark"
    assert answering.verdicts[Verdict.DONT_KNOW].property("marked") is True


def test_a_refusal_says_why_in_the_screen_s_language(line: Line) -> None:
    line.screen.speak(ZH)
    keys(line, "1")
    line.screen.put()
    said = say(Code.NOT_SIGNED_IN)
    line.say(reviews.ANSWER, problem=AskProblem.REFUSED, status=401, detail=said, coded=said.coded)
    message = line.screen.answering.message.text()
    assert message.startswith("未记录: ")
    assert not any("a" <= letter <= "z" for letter in message)
    assert line.screen.queue.row_of(f"{1:032x}") == 0


def test_an_empty_queue_says_so_and_looks_again(qtbot: QtBot) -> None:
    line = Line()
    qtbot.addWidget(line.screen)
    line.screen.entered()
    assert line.screen.looking.picture.accessibleDescription() == EN.review.loading
    line.say(reviews.PAGE, page(range(0)))
    assert line.screen.looking.picture.accessibleDescription() == EN.review.empty
    line.screen.tick(10.0)
    asked = len(line.asked)
    line.screen.tick(10.0 + ASK_AGAIN_S)
    assert len(line.asked) == asked + 1
    line.say(reviews.PAGE, page(range(4, 5)))
    assert line.newest(reviews.PART).path.endswith(f"{4:032x}")


def test_an_engine_that_is_gone_is_said_and_asked_again(line: Line) -> None:
    line.screen.queue.fetchMore()
    line.say(reviews.PAGE, problem=AskProblem.UNREACHABLE)
    assert line.screen.answering.message.text() == EN.review.gone
    line.screen.tick(50.0)
    line.screen.tick(50.0 + ASK_AGAIN_S)
    assert line.newest(reviews.PAGE).path.endswith("cursor=3")
    line.say(reviews.PAGE, page(range(4, 6)))
    assert line.screen.answering.message.text() == ""


def test_why_the_list_does_not_come_is_told_where_the_engine_says_it(line: Line) -> None:
    line.screen.speak(ZH)
    line.screen.queue.fetchMore()
    said = say(Code.NOT_SIGNED_IN)
    line.say(reviews.PAGE, problem=AskProblem.REFUSED, status=401, detail=said, coded=said.coded)
    assert line.screen.answering.message.text() == tell(said.coded, "", "zh")
    line.screen.tick(50.0)
    line.screen.tick(50.0 + ASK_AGAIN_S)
    line.say(reviews.PAGE, page(range(4, 6)))
    assert line.screen.answering.message.text() == ""


def test_pages_are_fetched_as_the_list_is_scrolled_to_them_and_new_parts_join(line: Line) -> None:
    """The view asks for the second page by itself: three rows do not fill it."""
    queue = line.screen.queue
    if not queue.asking:
        queue.fetchMore()
    assert line.newest(reviews.PAGE).path.endswith("&cursor=3")
    line.say(reviews.PAGE, page(range(3, 6)))
    assert [one.part_id for one in queue.parts] == [1001, 1002, 1003, 1004, 1005]
    assert not queue.canFetchMore()
    line.screen.tick(20.0)
    line.screen.tick(20.0 + LOOK_FOR_MORE_S)
    assert line.newest(reviews.PAGE).path.endswith("&cursor=5")


def test_the_picture_is_zoomed_and_panned_and_never_leaves_the_view(line: Line) -> None:
    picture = line.screen.looking.picture
    image = QImage(400, 300, QImage.Format.Format_RGB888)
    line.screen.take_picture(PictureReply(sha256=f"{1:064x}", image=image))
    fitted = picture.picture_rect()
    line.screen.looking.closer.click()
    assert picture.picture_rect().width() == pytest.approx(1.5 * fitted.width())
    at = QPointF(picture.width() / 4, picture.height() / 3)
    before = picture.picture_rect()
    share = (at.x() - before.left()) / before.width()
    picture.zoom_by(2.0, at)
    after = picture.picture_rect()
    assert (at.x() - after.left()) / after.width() == pytest.approx(share), "the point under the finger stays"
    start = picture.rect().center()
    QTest.mousePress(picture, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(picture, start + QPoint(5000, 5000))
    QTest.mouseRelease(picture, Qt.MouseButton.LeftButton)
    moved = picture.picture_rect()
    assert [moved.left(), moved.top()] == pytest.approx([0, 0])
    picture.zoom_by(1000.0)
    assert picture.zoom == 16.0
    line.screen.looking.fit.click()
    assert picture.picture_rect() == fitted


def test_marks_are_drawn_as_strongly_as_the_slider_says(line: Line) -> None:
    image = QImage(400, 300, QImage.Format.Format_RGB888)
    image.fill(0x808080)
    told = whole(1)
    marked = Defect(type="scratch", severity=Severity.MAJOR, box=(100, 100, 200, 100), score=0.9)
    decision = told.inspection.decision.model_copy(update={"defects": (marked,)})
    inspection = told.inspection.model_copy(update={"decision": decision})
    line.say(reviews.PART, told.model_copy(update={"inspection": inspection}))
    line.screen.take_picture(PictureReply(sha256=f"{1:064x}", image=image))
    looking = line.screen.looking
    edge = looking.picture.box_rect(marked.box).topLeft().toPoint() + QPoint(20, 0)

    def seen() -> int:
        return looking.picture.grab().toImage().pixelColor(edge).saturation()

    strong = seen()
    looking.strength.setValue(0)
    assert (strong > 100, seen()) == (True, 0)


def test_it_is_compared_with_a_part_that_passed(line: Line) -> None:
    line.screen.looking.compare.click()
    assert line.pictures[-1] == GOOD_PICTURE
    assert line.screen.escape()
    assert line.pictures[-1] == f"{1:064x}"
    assert not line.screen.escape()


def test_a_missed_part_has_no_picture_and_can_be_reviewed(line: Line) -> None:
    line.say(reviews.PAGE, page(range(5, 6)))
    line.screen.list.setCurrentIndex(line.screen.queue.index(3))
    line.say(reviews.PART, whole(5))
    assert line.screen.looking.picture.accessibleDescription() == EN.picture_none
    assert not line.screen.looking.compare.isEnabled()
    keys(line, "1")
    line.screen.put()
    assert line.put()["verdict"] == "good"


def test_in_the_window_over_the_wire(
    open_console: Callable[[str], ConsoleWindow], engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.answers["GET /api/reviews"] = _json(page(range(1, 4), waiting=3))
    engine.answers[f"GET /api/reviews/{1:032x}"] = _json(whole(1))
    engine.answers[f"POST /api/reviews/{1:032x}"] = _json(review(1, 9))
    window = open_console(engine.url)
    qtbot.waitUntil(lambda: window.state.received is not None, timeout=5000)
    window._go_to(ScreenName.REVIEW)
    screen = window.review
    assert screen is not None
    qtbot.waitUntil(lambda: screen._whole is not None and bool(screen._images), timeout=5000)
    QTest.keyClicks(screen, "g")
    QTest.keyClick(screen, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: screen.open == 2, timeout=5000)
    posted = [body for asked, body in engine.asked if asked.startswith("POST")]
    assert b'"verdict":"good"' in posted[0].replace(b" ", b"")
    assert [one.part_id for one in screen.queue.parts] == [1002, 1003]


def test_the_menu_says_how_many_parts_wait_before_anybody_looks(
    console: ConsoleWindow, clock: Clock, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.answers["GET /api/reviews"] = _json(page(range(1, 2), more=True, waiting=7))
    clock.now_s += COUNT_EVERY_S
    console.refresh()
    qtbot.waitUntil(lambda: console.frame.menu._waiting.get(ScreenName.REVIEW) == 7, timeout=5000)


def _json(told: BaseModel) -> Response:
    return Response(told.model_dump_json(), media_type="application/json")
