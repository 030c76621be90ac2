"""Sign-in over the API: the token, what it opens, and how it ends."""

import asyncio
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import pytest
from starlette.types import Message

from app.access.doors.messages import People
from app.access.doors.sessions import hash_of
from app.api.clients import CLIENT_HEADER
from app.api.engine.doors_end import REFUSALS_AT_ONCE
from app.api.server import routes as server
from app.api.server.doors import OPEN, SIGN_INS_AT_ONCE, OnlyCallers, Who, needs
from app.api.sessions import Whoami
from inspection.access.rights import Right
from inspection.events import EventKind
from inspection.messages.codes import Code
from inspection.messages.telling import tell
from inspection.status import Mode
from tests.app.access.doors.people import MES_KEY, PANEL_KEY, PIN
from tests.app.api.serving import (
    PORT,
    URL,
    FakeEngine,
    bearer,
    client_of,
    connected,
    in_engine_of_strangers,
    signed_in,
)
from tests.fakes import until

SIGN_IN = {"user": "Ola", "secret": PIN, "proof": "PIN"}


@in_engine_of_strangers
async def test_who_signs_in_is_given_a_token_that_says_who_he_is(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    told = await signed_in(client)
    assert (told.user, told.role, told.proof, told.idle_s) == ("Ola", "operator", "PIN", 600.0)
    assert len(told.token) >= 43, "256 bits"
    assert {"read", "hold", "start"} <= set(told.rights)
    me = Whoami.model_validate((await client.get("/api/session", headers=bearer(told.token))).json())
    assert me.model_dump() == told.model_dump(exclude={"token"})
    assert told.token not in str(engine.noted)


@in_engine_of_strangers
async def test_a_token_that_was_signed_out_opens_nothing_when_it_comes_again(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    told = await signed_in(client)
    assert (await client.delete("/api/session", headers=bearer(told.token))).status_code == 204
    assert engine.noted[-1][:2] == (EventKind.SIGNED_OUT, "Ola")
    for answer in (
        await client.get("/api/session", headers=bearer(told.token)),
        await client.delete("/api/session", headers=bearer(told.token)),
    ):
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert tell_in_chinese(answer) == "登录已失效，或密钥未知；请重新登录"


@in_engine_of_strangers
async def test_an_expired_token_opens_nothing(engine: FakeEngine, client: httpx.AsyncClient) -> None:
    told = await signed_in(client)
    engine.seconds.now_s = 600.0
    assert (await client.put("/api/session", headers=bearer(told.token))).status_code == 401
    assert (await client.get("/api/session", headers=bearer(told.token))).status_code == 401


@in_engine_of_strangers
async def test_a_wrong_pin_is_refused_in_words_without_the_pin(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/api/session", json={**SIGN_IN, "secret": "314159"})
    assert answer.status_code == 403
    assert answer.json()["detail"] == "the name or the PIN is wrong"
    assert tell_in_chinese(answer) == "用户名或PIN 码错误"
    for odd in ({**SIGN_IN, "secret": ["314159"]}, {**SIGN_IN, "proof": "314159"}, {}, "314159"):
        answer = await client.post("/api/session", json=odd)
        assert answer.status_code == 422
        assert "314159" not in answer.text


@in_engine_of_strangers
async def test_of_many_attempts_few_are_looked_at_and_a_known_client_is_not_kept_out(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    wrong = {**SIGN_IN, "secret": "314159"}
    codes = [(await client.post("/api/session", json=wrong)).status_code for _ in range(12)]
    assert codes.count(403) <= SIGN_INS_AT_ONCE + 2
    assert codes[-1] == 429
    looked_at = len(engine.looking.asked)
    known = await client.post("/api/session", json=SIGN_IN, headers=bearer(MES_KEY))
    assert known.status_code == 200
    assert len(engine.looking.asked) == looked_at + 1


@in_engine_of_strangers
async def test_what_is_no_token_lets_nobody_in(engine: FakeEngine, client: httpx.AsyncClient) -> None:
    no_tokens = "", "Bearer", "Bearer  ", "Basic b2xhOjI3MTgyOA==", "Bearer " + "x" * 300, "bearer nobody's"
    for header in no_tokens:
        answer = await client.get("/api/session", headers={"Authorization": header})
        assert answer.status_code == 401, header
        assert answer.json()["coded"]


def test_a_route_names_the_right_that_it_needs_and_is_told_who_it_was(tmp_path: Path) -> None:
    async def go() -> None:
        engine = FakeEngine(tmp_path)
        async with connected(engine) as end:
            api = server.build(end, version="0", port=PORT)

            @api.post("/api/reviews")
            async def review(who: Annotated[Who, needs(Right.REVIEW)]) -> dict[str, str]:
                return {"by": who.by, "name": who.name}

            transport = httpx.ASGITransport(api)
            async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
                assert (await client.post("/api/reviews")).status_code == 401
                ola, ben = await signed_in(client), await signed_in(client, "Ben")
                low = await client.post("/api/reviews", headers=bearer(ola.token))
                assert low.status_code == 403
                assert tell_in_chinese(low) == "用户 Ola（操作员）凭PIN 码无权进行此操作"
                assert engine.noted[-1][0] is EventKind.REFUSED
                headers = {**bearer(ben.token), CLIENT_HEADER: "console on line3"}
                said = (await client.post("/api/reviews", headers=headers)).json()
                assert said["name"] == "Ben"
                assert said["by"].startswith("Ben, console on line3 (127.0.0.1:")

    asyncio.run(go())


@in_engine_of_strangers
async def test_who_is_refused_again_and_again_fills_no_record(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    assert hash_of(MES_KEY) in engine.doors.callers()
    token = (await signed_in(client)).token
    first = len(engine.noted)
    for _ in range(REFUSALS_AT_ONCE + 5):
        await client.post("/api/commands/start", headers=bearer(token))
    assert len(engine.noted) - first <= REFUSALS_AT_ONCE + 1


def tell_in_chinese(answer: httpx.Response) -> str:
    from pydantic import TypeAdapter

    from inspection.messages.message import Coded

    said = answer.json()
    return tell(TypeAdapter(Coded).validate_python(said["coded"]), said["detail"], "zh")


@in_engine_of_strangers
async def test_without_token_or_key_nothing_but_the_health_is_readable(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    assert (await client.get("/api/health")).status_code == 200
    described = await client.get("/openapi.json", headers=bearer(MES_KEY))
    for path, operations in described.json()["paths"].items():
        for method in operations:
            if (method.upper(), path) in OPEN:
                continue
            answer = await client.request(method, path.replace("{", "").replace("}", ""))
            assert answer.status_code == 401, f"{method} {path}"
            assert tell_in_chinese(answer) == "尚未登录，也未提供密钥"
    assert (await client.get("/openapi.json")).status_code == 401
    assert (await client.get("/nothing")).status_code == 401
    assert engine.station.mode is Mode.IDLE


def test_the_stream_is_for_those_who_are_known(tmp_path: Path) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def never(*_: object) -> NoReturn:
        raise AssertionError("it was let in")

    async def go() -> None:
        async with connected(FakeEngine(tmp_path)) as end:
            scope = {"type": "websocket", "path": "/api/stream", "headers": [(b"authorization", b"Bearer x")]}
            await OnlyCallers(never, engine=end)(scope, never, send)

    asyncio.run(go())
    assert sent == [{"type": "websocket.close", "code": 1008}]


@in_engine_of_strangers
async def test_hold_is_the_panels_without_a_sign_in_and_start_is_not(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    panel = bearer(PANEL_KEY)
    assert (await client.post("/api/commands/hold", headers=panel)).json()["accepted"]
    refused = await client.post("/api/commands/start", headers=panel)
    assert (refused.status_code, tell_in_chinese(refused)) == (403, "须先由有权限的人员登录")
    assert engine.station.mode is Mode.HELD
    ola = bearer((await signed_in(client)).token)
    headers = {**ola, CLIENT_HEADER: "console on line3"}
    assert (await client.post("/api/commands/start", headers=headers)).json()["accepted"]
    await until(lambda: any(event.kind is EventKind.START for event in engine.store.events))
    started = next(event for event in engine.store.events if event.kind is EventKind.START)
    assert started.by.startswith("Ola, console on line3 (127.0.0.1:")


@in_engine_of_strangers
async def test_as_long_as_the_record_knows_no_user_the_panel_starts_the_line(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    engine.looking.people = People(any_user=False)
    await engine.doors.look()
    panel = bearer(PANEL_KEY)
    await client.post("/api/commands/hold", headers=panel)
    assert engine.doors.first_day
    assert (await client.post("/api/commands/start", headers=panel)).json()["accepted"]


def test_before_the_record_is_read_a_key_is_asked_to_wait_and_not_told_that_it_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never_looked() -> None:
        return None

    async def go() -> None:
        engine = FakeEngine(tmp_path)
        monkeypatch.setattr(engine.doors, "look", never_looked)
        async with client_of(engine) as client:
            answer = await client.get("/api/state")
            assert answer.status_code == 503
            assert answer.json()["coded"][0]["code"] == Code.CALLERS_UNKNOWN
            assert (await client.get("/api/state", headers=bearer(PANEL_KEY))).status_code == 200

    asyncio.run(go())


def test_one_who_asks_too_often_keeps_nobody_else_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.api.server.doors.REQUESTS_AT_ONCE", 5)

    async def hurried(engine: FakeEngine, client: httpx.AsyncClient) -> None:
        asked = [client.get("/api/session", headers=bearer(MES_KEY)) for _ in range(20)]
        assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200, 429}
        assert (await client.get("/api/session", headers=bearer(PANEL_KEY))).status_code == 200

    in_engine_of_strangers(hurried)(tmp_path)


@in_engine_of_strangers
async def test_looking_at_the_session_keeps_it_from_nothing_and_touching_the_console_does(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    ola = bearer((await signed_in(client)).token)
    engine.seconds.now_s = 599.0
    assert (await client.get("/api/session", headers=ola)).status_code == 200
    assert (await client.put("/api/session", headers=ola)).status_code == 204
    engine.seconds.now_s = 1198.0
    assert (await client.get("/api/session", headers=ola)).status_code == 200
    engine.seconds.now_s = 1199.0
    engine.doors.tidy()
    assert (await client.put("/api/session", headers=ola)).status_code == 401
