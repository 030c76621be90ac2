"""The network side: what the engine may do wrong, and what is left when the console closes."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat

import pytest
from fastapi import HTTPException, Response
from fastapi.responses import StreamingResponse
from PySide6.QtCore import SignalInstance
from pytestqt.qtbot import QtBot

import app.console.client.client as client_module
import app.console.client.pictures as pictures_module
from app.api.messages import Failure
from app.console.client.client import StationClient
from app.console.client.replies import (
    CommandProblem,
    CommandReply,
    ContactTrouble,
    PictureProblem,
    PictureReply,
)
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.status import Command, CommandResult, Mode
from tests.app.console import samples
from tests.app.console.conftest import Clock
from tests.app.console.fake_engine import FakeEngine


@contextmanager
def heard(qtbot: QtBot, signal: SignalInstance) -> Iterator[list[tuple[object, ...]]]:
    """Wait at the end of the block until ``signal`` came; gives what it said each time.

    Not pytest-qt's ``waitSignal``: that disconnects while the client's thread may be emitting, which ended a
    test run with a segmentation fault inside PySide 6.12. The console itself never disconnects.
    """
    times: list[tuple[object, ...]] = []
    signal.connect(lambda *said: times.append(said))
    yield times
    qtbot.waitUntil(lambda: bool(times), timeout=5000)


class Stranger:
    """Says the same to whoever connects, then hangs up; ``said`` None: says nothing and keeps the line."""

    def __init__(self, said: bytes | None) -> None:
        self._over = over = threading.Event()

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                if said is None:
                    over.wait(10)
                else:
                    self.request.recv(65_536)
                    self.request.sendall(said)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> "Stranger":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()


@pytest.fixture
def client(engine: FakeEngine, clock: Clock, qtbot: QtBot) -> Iterator[StationClient]:
    opened = StationClient(engine.url, monotonic=clock)
    with heard(qtbot, opened.status_waiting):
        opened.open()
    opened.take_status()
    yield opened
    opened.close()


def reply_to(qtbot: QtBot, client: StationClient, command: Command) -> CommandReply:
    with heard(qtbot, client.command_done) as signal:
        client.send(command)
    ((reply,), *_) = signal
    assert isinstance(reply, CommandReply)
    return reply


def picture_of(qtbot: QtBot, client: StationClient) -> PictureReply:
    with heard(qtbot, client.picture_done) as signal:
        client.fetch_picture("a" * 64)
    ((reply,), *_) = signal
    assert isinstance(reply, PictureReply)
    return reply


def test_only_the_newest_status_is_handed_over(
    client: StationClient, engine: FakeEngine, clock: Clock, qtbot: QtBot
) -> None:
    announced: list[int] = []
    client.status_waiting.connect(lambda: announced.append(1))
    for number in range(50):
        clock.now_s = 2000.0 + number
        engine.say(samples.status(station=f"number {number}").model_dump_json())
    with heard(qtbot, client.picture_done):
        client.fetch_picture("b" * 64)  # what was said before has been read when this is answered
    newest = client.take_status()
    assert newest is not None
    assert newest.status.station.startswith("number ")
    assert len(announced) <= 1
    assert client.take_status() is None


@pytest.mark.parametrize("garbage", ["", "{", "null", '{"at": 1}', b"\xff\x00", "[" * 5000])
def test_garbage_is_trouble_and_no_status(
    client: StationClient, engine: FakeEngine, qtbot: QtBot, garbage: str | bytes
) -> None:
    with heard(qtbot, client.trouble) as signal:
        engine.say(garbage)
    assert signal[0] == (ContactTrouble.UNREADABLE,)
    assert client.take_status() is None
    with heard(qtbot, client.status_waiting):
        engine.say(samples.status().model_dump_json())


def test_a_command_is_posted_and_accepted(client: StationClient, engine: FakeEngine, qtbot: QtBot) -> None:
    reply = reply_to(qtbot, client, Command.HOLD)
    assert engine.commands == [Command.HOLD]
    assert reply == CommandReply(
        command=Command.HOLD, problem=None, detail="the station takes no further part"
    )


@pytest.mark.parametrize(
    ("answer", "problem", "detail"),
    [
        (HTTPException(409, "the latch is set"), CommandProblem.REFUSED, "the latch is set"),
        (HTTPException(500, ""), CommandProblem.FAILED, "HTTP 500"),
        (HTTPException(504, "not answered"), CommandProblem.FAILED, "not answered"),
        (Response("<html>", status_code=502), CommandProblem.FAILED, "HTTP 502"),
        (Response("[" * 60_000, status_code=400), CommandProblem.REFUSED, "HTTP 400"),
        (StreamingResponse(repeat(b"x" * 65_536)), CommandProblem.BAD_ANSWER, ""),
        (Response(headers={"Content-Encoding": "gzip"}, content=b"zip"), CommandProblem.BAD_ANSWER, ""),
        (
            CommandResult(accepted=False, mode=Mode.ABORTED, message="still halted"),
            CommandProblem.REFUSED,
            "still halted",
        ),
        (Response("not json"), CommandProblem.BAD_ANSWER, ""),
    ],
)
def test_a_refusal_comes_in_words(
    client: StationClient,
    engine: FakeEngine,
    qtbot: QtBot,
    answer: CommandResult | HTTPException | Response,
    problem: CommandProblem,
    detail: str,
) -> None:
    engine.answer = answer
    reply = reply_to(qtbot, client, Command.RESET)
    assert (reply.problem, reply.detail) == (problem, detail)


def test_a_refusal_comes_with_what_it_says_for_any_language(
    client: StationClient, engine: FakeEngine, qtbot: QtBot
) -> None:
    said = say(Code.COMMAND_TOO_OFTEN, command=Command.HOLD)
    failure = Failure.saying(429, said)
    engine.answer = Response(failure.model_dump_json(exclude={"status"}), status_code=429)
    reply = reply_to(qtbot, client, Command.HOLD)
    assert (reply.detail, reply.coded) == (said, said.coded)
    result = CommandResult(accepted=True, mode=Mode.HELD, message=said, coded=said.coded)
    engine.answer = result
    assert reply_to(qtbot, client, Command.HOLD).coded == said.coded


def test_a_command_ends_whatever_breaks(
    client: StationClient, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its buttons would stay grey for ever, Hold's too."""

    async def broken(*_asked: object) -> tuple[int, bytes]:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(client, "_asked", broken)
    assert reply_to(qtbot, client, Command.HOLD).problem is CommandProblem.BAD_ANSWER


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        (b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", ContactTrouble.NO_ENGINE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", ContactTrouble.NO_ENGINE),
        (b"220 smtp ready\r\n", ContactTrouble.NO_ENGINE),
        (b"\x00\xff" * 5000, ContactTrouble.NO_ENGINE),
        (None, ContactTrouble.SILENT),
    ],
    ids=["500", "a page", "another protocol", "rubbish", "silence"],
)
def test_what_is_no_engine_is_told_from_none_and_from_a_slow_one(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, said: bytes | None, trouble: ContactTrouble
) -> None:
    monkeypatch.setattr(client_module, "CONNECT_TIMEOUT_S", 2.0 if said else 0.2)
    with Stranger(said) as stranger:
        lost = StationClient(f"http://127.0.0.1:{stranger.port}")
        with heard(qtbot, lost.trouble) as signal:
            lost.open()
        lost.close()
    assert signal[0] == (trouble,)


def test_an_engine_that_falls_silent_is_asked_anew(
    client: StationClient, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its host lost power, or the cable was pulled: no network says so."""
    monkeypatch.setattr(client_module, "SILENCE_LIMIT_S", 0.2)
    engine.say(samples.status().model_dump_json())  # the limit holds from the next message on
    with heard(qtbot, client.trouble) as signal:
        pass
    assert signal[0] == (ContactTrouble.SILENT,)
    client.take_status()
    with heard(qtbot, client.status_waiting):
        pass


@pytest.mark.slow
def test_an_engine_that_takes_three_seconds_is_heard(qtbot: QtBot) -> None:
    engine = FakeEngine()
    engine.delay_s = 3.0
    engine.start()
    patient = StationClient(engine.url)
    with heard(qtbot, patient.status_waiting):
        patient.open()
    patient.close()
    engine.stop()


def test_an_unanswered_command_ends(
    client: StationClient, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "COMMAND_TIMEOUT_S", 0.1)
    engine.hold_answers = True
    assert reply_to(qtbot, client, Command.START).problem is CommandProblem.TIMEOUT
    assert engine.commands == [Command.START]


def test_a_command_without_an_engine_was_not_sent(qtbot: QtBot) -> None:
    engine = FakeEngine()
    engine.listener.close()
    lonely = StationClient(engine.url)
    lonely.open()
    assert reply_to(qtbot, lonely, Command.HOLD).problem is CommandProblem.UNREACHABLE
    lonely.close()
    assert reply_to(qtbot, lonely, Command.HOLD).problem is CommandProblem.UNREACHABLE


def test_a_picture_is_decoded(client: StationClient, qtbot: QtBot) -> None:
    reply = picture_of(qtbot, client)
    assert reply.image is not None
    assert (reply.image.width(), reply.image.height(), reply.problem) == (640, 480, None)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Response(b"\x89PNG\r\n\x1a\n broken", media_type="image/png"), PictureProblem.UNREADABLE),
        (Response(b"", media_type="image/png"), PictureProblem.UNREADABLE),
        (Response(status_code=404), PictureProblem.MISSING),
        (Response(status_code=500), PictureProblem.UNREACHABLE),
        (StreamingResponse(repeat(b"x" * 65_536)), PictureProblem.UNREADABLE),
    ],
)
def test_a_missing_picture_is_told(
    client: StationClient,
    engine: FakeEngine,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    answer: Response,
    problem: PictureProblem,
) -> None:
    monkeypatch.setattr(pictures_module, "PICTURE_RETRY_S", 0.001)
    engine.picture = answer
    reply = picture_of(qtbot, client)
    assert (reply.image, reply.problem) == (None, problem)


def test_a_picture_that_is_still_being_written_is_asked_for_again(
    client: StationClient, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures_module, "PICTURE_RETRY_S", 0.001)
    engine.missing_pictures = 3
    assert picture_of(qtbot, client).image is not None
    assert len(engine.pictures_asked) == 4


def test_closing_leaves_no_thread_even_in_the_middle_of_things(engine: FakeEngine, qtbot: QtBot) -> None:
    before = set(threading.enumerate())
    busy = StationClient(engine.url)
    with heard(qtbot, busy.status_waiting):
        busy.open()
    engine.hold_answers = True
    busy.send(Command.START)
    busy.fetch_picture("c" * 64)
    qtbot.waitUntil(lambda: bool(engine.commands), timeout=5000)
    busy.close()
    busy.close()
    assert set(threading.enumerate()) - before == set()


def test_the_console_may_come_first_and_the_engine_may_return(qtbot: QtBot) -> None:
    first = FakeEngine()
    waiting = StationClient(first.url)
    with heard(qtbot, waiting.trouble) as signal:
        waiting.open()
    assert signal[0] == (ContactTrouble.UNREACHABLE,)
    with heard(qtbot, waiting.status_waiting):
        first.start()
    waiting.take_status()
    with heard(qtbot, waiting.trouble):
        first.stop()
    second = FakeEngine(first.port)
    with heard(qtbot, waiting.status_waiting):
        second.start()
    waiting.close()
    second.stop()
