"""Signing in at the console: by touch, what waits for it, and how it ends by itself."""

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from fastapi import Response
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.api.messages import Failure
from app.console.client.asking import Answer, Request
from app.console.signing_in import CHECK_EVERY_S, PAD_STAYS_S
from app.console.widgets.theme import COMMAND_PX, PAD_PX
from app.console.window import ConsoleWindow
from app.console.words.chinese import ZH
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say
from inspection.status import Command, CommandResult, Mode, StationStatus
from tests.app.console import samples
from tests.app.console.conftest import Clock
from tests.app.console.fake_engine import FakeEngine

LEFT = Qt.MouseButton.LeftButton
OLA = {
    "user": "Ola",
    "kind": "person",
    "role": "operator",
    "proof": "PIN",
    "rights": ["start", "hold", "read"],
    "idle_s": 600.0,
    "token": "olas-token",
}
DONE = CommandResult(accepted=True, mode=Mode.IDLE, message="the station takes parts")


def later(seconds: float, **changes: Any) -> StationStatus:
    return samples.status(at=samples.NOON + timedelta(seconds=seconds), **changes)


def answer(status: int, said: Sentence) -> Response:
    body = Failure.saying(status, said).model_dump_json(exclude={"status"})
    return Response(body, status_code=status, media_type="application/json")


@pytest.fixture
def held(console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot) -> ConsoleWindow:
    """A console at a held station that knows Ola, and at which nobody has signed in."""
    engine.answers["GET /api/session/names"] = Response('["Ben", "Ola"]', media_type="application/json")
    engine.answers["POST /api/session"] = Response(json.dumps(OLA), media_type="application/json")
    for method, status in (("GET", 200), ("PUT", 204), ("DELETE", 204)):
        engine.answers[f"{method} /api/session"] = Response(status_code=status)
    engine.say(later(1, mode=Mode.HELD).model_dump_json())
    start = console.run_screen.commands.buttons[Command.START]
    qtbot.waitUntil(start.isEnabled, timeout=5000)
    return console


def touch(widget: QWidget) -> None:
    QTest.mouseClick(widget, LEFT)


def start(console: ConsoleWindow) -> None:
    touch(console.run_screen.commands.buttons[Command.START])


def sign_in(console: ConsoleWindow, qtbot: QtBot, pin: str = "271828") -> None:
    pad = console.frame.pad
    if not pad.isVisible():
        touch(console.frame.header.user)
    qtbot.waitUntil(lambda: pad.names.count() == 2, timeout=5000)
    touch_name(console, 1)
    for digit in pin:
        touch(pad.digits[digit])
    touch(pad.enter)


def touch_name(console: ConsoleWindow, row: int) -> None:
    names = console.frame.pad.names
    place = names.visualItemRect(names.item(row)).center()
    QTest.mouseClick(names.viewport(), LEFT, pos=place)


def sent(engine: FakeEngine, what: str) -> bool:
    return any(asked == what for asked, _ in engine.asked)


def test_a_command_that_needs_somebody_waits_at_the_pad_and_is_done_behind_it(
    held: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.answer = answer(403, say(Code.PERSON_NEEDED))
    start(held)
    pad = held.frame.pad
    qtbot.waitUntil(pad.isVisible, timeout=5000)
    assert "somebody who may do this must sign in first" in pad.why.text()
    qtbot.waitUntil(lambda: held.state.in_flight is None, timeout=5000)  # Hold does not wait with it
    engine.answer = DONE
    sign_in(held, qtbot)
    qtbot.waitUntil(lambda: engine.commands == [Command.START] * 2, timeout=5000)
    assert engine.bearers[-1] == ("start", "Bearer olas-token")
    (body,) = [body for asked, body in engine.asked if asked == "POST /api/session"]
    assert json.loads(body) == {"user": "Ola", "secret": "271828", "proof": "PIN"}
    qtbot.waitUntil(lambda: held.frame.header.user.text() == "Ola", timeout=5000)
    assert not pad.isVisible()
    assert pad.secret.text() == ""


def test_who_goes_back_is_told_why_it_was_not_done(
    held: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.answer = answer(403, say(Code.PERSON_NEEDED))
    start(held)
    qtbot.waitUntil(held.frame.pad.isVisible, timeout=5000)
    QTest.keyClick(held, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: held.state.notice is not None, timeout=5000)
    assert not held.frame.pad.isVisible()
    assert "must sign in first" in held.run_screen.commands.notice.text()
    assert engine.commands == [Command.START]


def test_what_a_screen_asks_waits_likewise(held: ConsoleWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.answers["POST /api/reviews"] = answer(403, say(Code.PERSON_NEEDED))
    answers: list[Answer] = []
    held._client.answered.connect(answers.append, Qt.ConnectionType.QueuedConnection)
    held._client.ask(Request(topic="review", path="/api/reviews", method="POST", body={"verdict": "ok"}))
    qtbot.waitUntil(held.frame.pad.isVisible, timeout=5000)
    engine.answers["POST /api/reviews"] = Response("{}", media_type="application/json")
    sign_in(held, qtbot)
    qtbot.waitUntil(lambda: any(one.request.topic == "review" for one in answers), timeout=5000)
    (review,) = [one for one in answers if one.request.topic == "review"]
    assert review.problem is None


def test_what_a_screen_reads_by_itself_calls_nobody_to_the_pad(
    held: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    """Else a console that the engine does not know would ask who may sign in again and again."""
    engine.answers["GET /api/session/names"] = answer(401, say(Code.NOT_SIGNED_IN))
    answers: list[Answer] = []
    held._client.answered.connect(answers.append, Qt.ConnectionType.QueuedConnection)
    touch(held.frame.header.user)
    qtbot.waitUntil(lambda: len(answers) == 1, timeout=5000)
    assert answers[0].coded[0].code == Code.NOT_SIGNED_IN
    assert [asked for asked, _ in engine.asked] == ["GET /api/session/names"]


@pytest.mark.parametrize(
    ("why", "english", "chinese"),
    [
        (
            say(Code.SIGN_IN_WRONG, proof="PIN"),
            "Not signed in: the name or the PIN is wrong",
            "未登录：用户名或PIN 码错误",
        ),
        (
            say(Code.SIGN_IN_LOCKED, failures=4, wait_s=60),
            "Not signed in: locked after 4 failed sign-ins, for 60 s",
            "未登录：登录失败 4 次，锁定 60 秒",
        ),
        (
            say(Code.PIN_USED_UP, failures=100),
            "Not signed in: the PIN opens nothing after 100 failed sign-ins, until the password has",
            "未登录：登录失败 100 次，PIN 码暂停使用，须先用密码登录",
        ),
    ],
    ids=["wrong", "locked", "used up"],
)
def test_why_somebody_is_not_let_in_is_said_in_words(
    held: ConsoleWindow, engine: FakeEngine, qtbot: QtBot, why: Sentence, english: str, chinese: str
) -> None:
    pad = held.frame.pad
    engine.answers["POST /api/session"] = answer(403, why)
    sign_in(held, qtbot)
    qtbot.waitUntil(lambda: pad.why.text() == english, timeout=5000)
    assert pad.secret.text() == ""
    assert pad.isVisible()
    held.speak(ZH)
    sign_in(held, qtbot)
    qtbot.waitUntil(lambda: pad.why.text() == chinese, timeout=5000)
    assert held.frame.header.user.text() == "登录"


def test_who_touches_nothing_is_signed_out_after_a_count_down_and_that_is_shown(
    held: ConsoleWindow, engine: FakeEngine, clock: Clock, qtbot: QtBot
) -> None:
    sign_in(held, qtbot)
    user = held.frame.header.user
    qtbot.waitUntil(lambda: user.text() == "Ola", timeout=5000)
    clock.now_s += 560.0
    held.refresh()
    assert user.text() == "Ola: 40 s"
    held.signing_in.touched()
    qtbot.waitUntil(lambda: sent(engine, "PUT /api/session"), timeout=5000)
    held.refresh()
    assert user.text() == "Ola"
    clock.now_s += 600.0
    held.refresh()
    qtbot.waitUntil(lambda: user.text() == "Signed out", timeout=5000)
    qtbot.waitUntil(lambda: sent(engine, "DELETE /api/session"), timeout=5000)
    clock.now_s += 30.0
    held.refresh()
    assert user.text() == "Sign in"


def test_a_session_that_the_engine_has_ended_is_no_session_here(
    held: ConsoleWindow, engine: FakeEngine, clock: Clock, qtbot: QtBot
) -> None:
    sign_in(held, qtbot)
    user = held.frame.header.user
    qtbot.waitUntil(lambda: user.text() == "Ola", timeout=5000)
    engine.answers["GET /api/session"] = answer(401, say(Code.CREDENTIAL_UNKNOWN))
    clock.now_s += CHECK_EVERY_S
    held.refresh()
    qtbot.waitUntil(lambda: user.text() == "Signed out", timeout=5000)
    assert held.signing_in.session is None


def test_a_hold_goes_on_as_the_consoles_own_where_the_session_has_just_ended(
    held: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    held._client._credentials._own_key = lambda: "the-panels"
    sign_in(held, qtbot)
    qtbot.waitUntil(lambda: held.signing_in.session is not None, timeout=5000)
    engine.answer = answer(401, say(Code.CREDENTIAL_UNKNOWN))
    engine.say(later(2, mode=Mode.IDLE).model_dump_json())
    hold = held.run_screen.commands.buttons[Command.HOLD]
    qtbot.waitUntil(hold.isEnabled, timeout=5000)
    touch(hold)
    qtbot.waitUntil(lambda: engine.commands == [Command.HOLD] * 2, timeout=5000)
    assert engine.bearers[-2:] == [("hold", "Bearer olas-token"), ("hold", "Bearer the-panels")]


def test_by_hand_somebody_signs_out(held: ConsoleWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    sign_in(held, qtbot)
    user, pad = held.frame.header.user, held.frame.pad
    qtbot.waitUntil(lambda: user.text() == "Ola", timeout=5000)
    touch(user)
    assert pad.title.text() == "Ola, operator, has signed in by PIN"
    touch(pad.sign_out)
    qtbot.waitUntil(lambda: user.text() == "Sign in", timeout=5000)
    qtbot.waitUntil(lambda: ("DELETE", "Bearer olas-token") in engine.bearers, timeout=5000)
    assert not pad.isVisible()


def test_a_pad_that_nobody_touches_goes_and_takes_what_was_typed_with_it(
    held: ConsoleWindow, engine: FakeEngine, clock: Clock, qtbot: QtBot
) -> None:
    touch(held.frame.header.user)
    touch(held.frame.pad.digits["7"])
    clock.now_s += PAD_STAYS_S
    held.refresh()
    assert not held.frame.pad.isVisible()
    assert held.frame.pad.secret.text() == ""


def test_while_the_record_knows_no_user_the_console_says_so(
    console: ConsoleWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.say(later(1, without_users=True).model_dump_json())
    user = console.frame.header.user
    qtbot.waitUntil(lambda: user.text() == "No users", timeout=5000)
    touch(user)
    assert "started without a sign-in" in console.frame.pad.why.text()
    console.speak(ZH)
    console.refresh()
    assert user.text() == "尚无用户"


@pytest.mark.parametrize("size", [(1024, 600), (1280, 800), (1920, 1080)])
def test_the_pad_is_hit_with_thick_gloves_on_every_panel(
    held: ConsoleWindow, engine: FakeEngine, qtbot: QtBot, size: tuple[int, int]
) -> None:
    banners = {"at": later(2).at, "bypassed": True, "simulated": True}
    engine.say(samples.crowded().model_copy(update=banners).model_dump_json())
    qtbot.waitUntil(held.frame.bypassed.isVisible, timeout=5000)
    held.resize(*size)
    touch(held.frame.header.user)
    pad = held.frame.pad
    edge = held.frame.theme.px(PAD_PX)
    keys = [*pad.digits.values(), pad.delete, pad.enter]
    assert {(key.width(), key.height()) for key in keys} == {(edge, edge)}
    seen = [widget for widget in pad.findChildren(QPushButton) if widget.isVisible()]
    for widget in (*seen, pad.name, pad.secret, pad.names):
        assert pad.rect().contains(widget.geometry()), widget
    rows = [[pad.digits[digit].geometry() for digit in row] for row in ("123", "456", "789")]
    for row in rows:
        assert all(not left.intersects(right) for left, right in pairwise(row))
    qtbot.waitUntil(lambda: pad.names.count() == 2, timeout=5000)
    places = [pad.names.visualItemRect(pad.names.item(row)) for row in range(2)]
    assert all(place.height() >= held.frame.theme.px(COMMAND_PX) - 1 for place in places)
    assert all(pad.names.viewport().rect().contains(place) for place in places)
