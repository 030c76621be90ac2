"""What screens ask beside the pushed state: each request ends in one answer, or in a newer one's."""

from dataclasses import replace

import pytest
from fastapi import HTTPException, Response
from fastapi.responses import JSONResponse
from pytestqt.qtbot import QtBot

from app.api.messages import Failure
from app.console.client.asking import MAX_ANSWER_BYTES, Answer, AskProblem, Request
from app.console.client.client import StationClient
from inspection.access.rights import Proof, Role
from inspection.messages.codes import Code
from inspection.messages.telling import say
from tests.app.console.client.test_client import client, heard
from tests.app.console.fake_engine import FakeEngine

__all__ = ["client"]

PAGE = Request(topic="review page", path="/api/reviews?limit=2")


def asked(qtbot: QtBot, client: StationClient, request: Request) -> Answer:
    with heard(qtbot, client.answered) as answers:
        client.ask(request)
    (answer,) = answers[0]
    assert isinstance(answer, Answer)
    assert answer.request == request
    return answer


def test_an_answer_comes_as_the_engine_sent_it(
    client: StationClient, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.answers["GET /api/reviews"] = JSONResponse({"parts": [1, 2]})
    answer = asked(qtbot, client, PAGE)
    assert (answer.problem, answer.body) == (None, b'{"parts":[1,2]}')
    assert engine.asked == [("GET /api/reviews?limit=2", b"")]


def test_an_order_carries_its_words(client: StationClient, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.answers["POST /api/reviews/7"] = JSONResponse({})
    order = Request(topic="review", path="/api/reviews/7", method="POST", body={"reason": "油渍"})
    assert asked(qtbot, client, order).problem is None
    assert engine.asked == [("POST /api/reviews/7", '{"reason":"油渍"}'.encode())]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (409, AskProblem.REFUSED),
        (503, AskProblem.FAILED),
    ],
)
def test_a_refusal_comes_with_the_engines_reason_in_every_language(
    client: StationClient, engine: FakeEngine, qtbot: QtBot, said: int, problem: AskProblem
) -> None:
    failure = Failure.saying(said, say(Code.ENGINE_SILENT))
    engine.answers["GET /api/reviews"] = JSONResponse(failure.model_dump(), status_code=said)
    answer = asked(qtbot, client, PAGE)
    assert (answer.problem, answer.status) == (problem, said)
    assert (answer.detail, answer.coded) == (failure.detail, failure.coded)


def test_an_endless_answer_is_none(client: StationClient, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.answers["GET /api/reviews"] = Response(b" " * (MAX_ANSWER_BYTES + 1))
    assert asked(qtbot, client, PAGE).problem is AskProblem.BAD_ANSWER


def test_a_page_that_nobody_waits_for_any_more_is_given_up(
    client: StationClient, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.answers["GET /api/reviews"] = JSONResponse([])
    engine.hold_answers = True
    told: list[Answer] = []
    client.answered.connect(told.append)
    client.ask(PAGE)
    qtbot.waitUntil(lambda: len(engine.asked) == 1, timeout=5000)
    newer = Request(topic=PAGE.topic, path="/api/reviews?limit=3")
    client.ask(newer)
    qtbot.waitUntil(lambda: len(engine.asked) == 2, timeout=5000)
    engine.release_answers()
    qtbot.waitUntil(lambda: bool(told), timeout=5000)
    assert [answer.request for answer in told] == [newer]


def test_orders_are_never_given_up(client: StationClient, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.hold_answers = True
    told: list[Answer] = []
    client.answered.connect(told.append)
    orders = [Request(topic="review", path=f"/api/reviews/{n}", method="POST") for n in (1, 2)]
    for order in orders:
        engine.answers[f"POST {order.path}"] = HTTPException(409, "somebody was first")
        client.ask(order)
    qtbot.waitUntil(lambda: len(engine.asked) == 2, timeout=5000)
    engine.release_answers()
    qtbot.waitUntil(lambda: len(told) == 2, timeout=5000)
    assert {answer.request.path for answer in told} == {order.path for order in orders}


def test_silence_and_absence_are_told_apart(client: StationClient, engine: FakeEngine, qtbot: QtBot) -> None:
    engine.hold_answers = True
    hurried = Request(topic="review page", path="/api/reviews", timeout_s=0.05)
    assert asked(qtbot, client, hurried).problem is AskProblem.TIMEOUT
    client.close()
    assert asked(qtbot, client, PAGE).problem is AskProblem.UNREACHABLE


def test_who_proves_himself_in_the_request_is_told_and_nobody_else_is_asked(
    client: StationClient, engine: FakeEngine, qtbot: QtBot
) -> None:
    failure = Failure.saying(403, say(Code.RIGHT_MISSING, user="Ola", role=Role.OPERATOR, proof=Proof.PIN))
    engine.answers["POST /api/reports/shift/signatures"] = JSONResponse(failure.model_dump(), 403)
    order = Request(
        topic="signature", path="/api/reports/shift/signatures", method="POST", body={}, own_proof=True
    )
    assert asked(qtbot, client, order).coded == failure.coded
    with heard(qtbot, client.person_needed) as needed:
        client.ask(replace(order, own_proof=False))
    assert needed
