"""Who may ask: no page of another origin, no body that nobody needs; and each answer forbids what it must."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
from starlette.types import Message

from app.api.server import routes as server
from app.api.server.gate import SECURITY_HEADERS, Gate, OriginRules
from inspection.status import Mode
from tests.app.api.serving import PORT, FakeEngine, connected, in_engine

OURS = "http://127.0.0.1:8730"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1.evil.example"},
        {"origin": "http://127.0.0.1:8731"},  # another program's page on this machine
        {"origin": "http://localhost:8730"},  # which may be [::1], where somebody else listens
        {"origin": "https://127.0.0.1:8730"},
        {"origin": "http://127.0.0.1"},
        {"origin": "null"},
        {"origin": "garbage"},
        {"origin": ""},
        {"origin": "http://["},
        {"origin": "http://[::1"},
        {"origin": "http://127.0.0.1:99999999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": OURS, "sec-fetch-site": "same-site"},
        {"host": "evil.example"},
        {"host": "evil.example:8730"},
        {"host": "127.0.0.1:8731"},
        {"host": "127.0.0.1"},
    ],
    ids=str,
)
def test_a_web_page_of_elsewhere_can_neither_command_the_line_nor_read(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    expected = 400 if "host" in headers else 403

    async def refused(engine: FakeEngine, client: httpx.AsyncClient) -> None:
        for answer in (
            await client.post("/api/commands/hold", headers=headers),
            await client.get("/api/state", headers=headers),
        ):
            assert answer.status_code == expected
            assert answer.json()["detail"]
        assert engine.station.mode is Mode.IDLE

    in_engine(refused)(tmp_path)


@in_engine
async def test_our_own_page_and_programs_without_origin_are_let_in(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    for headers in ({}, {"origin": OURS, "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}):
        assert (await client.get("/api/state", headers=headers)).status_code == 200
    local = {"host": f"localhost:{PORT}", "origin": f"http://localhost:{PORT}"}
    assert (await client.post("/api/commands/hold", headers=local)).json()["accepted"]


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8731", "null", "http://["])
def test_the_stream_is_refused_to_pages_of_elsewhere(origin: str) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def never(*_: object) -> NoReturn:
        raise AssertionError("it was let in")

    headers = [(b"host", b"127.0.0.1:8730"), (b"origin", origin.encode())]
    gate = Gate(never, rules=OriginRules(PORT))
    asyncio.run(gate({"type": "websocket", "headers": headers}, never, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


@in_engine
async def test_a_body_that_nobody_needs_is_refused_unread(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield bytes(4096)

    said = await client.post("/api/commands/hold", content=endless(), headers={"content-length": "100000000"})
    assert (said.status_code, said.headers["connection"]) == (413, "close")
    assert read <= 1
    chunked = await client.post("/api/commands/hold", content=endless())
    assert chunked.status_code == 413
    assert read < 10
    odd = await client.post("/api/commands/hold", headers={"content-length": "-1"})
    assert odd.status_code == 413
    assert engine.station.mode is Mode.IDLE


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    answers: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        answers.append(message)

    async def never(*_: object) -> NoReturn:
        raise AssertionError("it was let in")

    gate = Gate(never, rules=OriginRules(PORT), body_timeout_s=0.0)
    scope = {"type": "http", "headers": [(b"host", b"127.0.0.1:8730"), (b"content-length", b"10")]}
    asyncio.run(gate(scope, receive, send))
    assert answers[0]["status"] == 408


@in_engine
async def test_no_answer_may_be_framed_run_or_read_from_elsewhere(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    for answer in (await client.get("/api/state"), await client.get("/nothing")):
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name.decode()] == value.decode()


@in_engine
async def test_nothing_is_served_that_loads_scripts_from_the_internet(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert b"<script" not in answer.content


def test_the_description_is_made_before_anybody_asks(tmp_path: Path) -> None:
    async def go() -> None:
        async with connected(FakeEngine(tmp_path)) as end:
            assert server.build(end, version="0", port=PORT).openapi_schema is not None

    asyncio.run(go())
