"""Clients that come in crowds, ask half a question, or take nothing: none keeps the others away."""

import asyncio
import os
import resource
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from app.api.server.accepting import LOOK_EVERY_S
from app.api.server.connections import Limits
from app.api.server.process import PING_EVERY_S, PONG_TIMEOUT_S, allowed_connections
from tests.app.access.doors.people import MES_KEY
from tests.app.api.clients import UPGRADE, Served, received, serving, was_reset
from tests.app.api.serving import FakeEngine, bearer


def run(tmp_path: Path, limits: Limits, body: Callable[[Served], Awaitable[None]]) -> None:
    """Run ``body`` before a server with ``limits``."""

    async def go() -> None:
        async with serving(FakeEngine(tmp_path), limits) as served:
            await body(served)

    asyncio.run(go())


async def state_of(served: Served) -> int:
    """What an honest client's request comes to."""
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{served.port}", trust_env=False, headers=bearer(MES_KEY)
    ) as client:
        return (await client.get("/api/state")).status_code


def test_half_open_connections_are_capped_and_an_honest_client_comes_in(tmp_path: Path) -> None:
    async def body(served: Served) -> None:
        with ExitStack() as crowd:
            half_open = [
                crowd.enter_context(served.connect(served.head("state") if number % 2 else b""))
                for number in range(12)
            ]
            assert await state_of(served) == 200
            assert len(served.clients) <= 4
            assert served.clients.dropped >= 8
            for oldest in half_open[:8]:
                assert await was_reset(oldest)

    run(tmp_path, Limits(connections=4), body)


def test_a_request_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    async def body(served: Served) -> None:
        with served.connect(served.head("state")) as dribbling, served.connect() as silent:
            await served.joined(2)
            served.pass_s(3.0)
            assert len(served.clients) == 2
            dribbling.sendall(b"X-One-More: header\r\n")  # each byte must not buy more time
            served.pass_s(2.0)
            assert len(served.clients) == 0
            assert await was_reset(dribbling)
            assert await was_reset(silent)

    run(tmp_path, Limits(request_s=5.0), body)


def test_who_has_asked_is_not_sent_away_for_a_newcomer(tmp_path: Path) -> None:
    async def body(served: Served) -> None:
        with ExitStack() as clients:
            for _ in range(2):
                stream = clients.enter_context(served.connect(served.head("stream") + UPGRADE + b"\r\n"))
                assert b"101" in await asyncio.get_running_loop().sock_recv(stream, 100)
            newcomer = clients.enter_context(served.connect())
            assert await was_reset(newcomer)
            assert len(served.clients) == 2
            assert served.clients.refused == 1

    run(tmp_path, Limits(connections=2), body)


@pytest.mark.parametrize("what", ["stream", "history"])
def test_a_client_that_takes_nothing_is_dropped(tmp_path: Path, what: str) -> None:
    """Its kernel takes some for it; from then on it has three seconds."""

    async def body(served: Served) -> None:
        ask = served.head(what) + (UPGRADE if what == "stream" else b"") + b"\r\n"
        with served.connect(ask) as client:
            await served.joined(1)
            (connection,) = served.clients._all.values()
            async with asyncio.timeout(20):
                while not connection.transport.get_write_buffer_size():
                    connection.transport.write(bytes(65536))  # as answers that fill what the system keeps
                    await asyncio.sleep(0)
            served.pass_s(2.9)
            assert len(served.clients) == 1
            served.pass_s(0.2)
            assert len(served.clients) == 0
            assert await was_reset(client)

    run(tmp_path, Limits(stalled_s=3.0), body)


def test_a_client_that_takes_what_it_gets_may_be_slow(tmp_path: Path) -> None:
    async def body(served: Served) -> None:
        loop = asyncio.get_running_loop()
        with served.connect(served.head("stream") + UPGRADE + b"\r\n") as client:
            await served.joined(1)
            (connection,) = served.clients._all.values()
            for _ in range(3):
                while not connection.transport.get_write_buffer_size():
                    connection.transport.write(bytes(65536))
                    await asyncio.sleep(0)
                served.pass_s(2.9)
                while connection.transport.get_write_buffer_size():
                    await loop.sock_recv(client, 1 << 20)
                    await asyncio.sleep(0)
            assert len(served.clients) == 1

    run(tmp_path, Limits(stalled_s=3.0), body)


def test_no_stream_is_kept_that_answers_no_ping() -> None:
    """Closing waits for what is unsent: who takes nothing either is dropped for that."""
    assert PING_EVERY_S + PONG_TIMEOUT_S + Limits().stalled_s + LOOK_EVERY_S <= 10.0


def test_a_stream_that_is_spoken_to_is_closed(tmp_path: Path) -> None:
    async def body(served: Served) -> None:
        with served.connect(served.head("stream") + UPGRADE + b"\r\n") as client:
            masked = b"\x81\x82\x00\x00\x00\x00hi"
            client.setblocking(True)
            await asyncio.to_thread(client.recv, 10)
            client.sendall(masked)
            client.setblocking(False)
            assert b"\x88" in await received(client)

    run(tmp_path, Limits(), body)


def test_a_head_without_end_is_refused(tmp_path: Path) -> None:
    async def body(served: Served) -> None:
        with served.connect(served.head("state") + b"X: " + b"a" * 40_000) as client:
            assert b" 400 " in (await received(client))[:20]

    run(tmp_path, Limits(), body)


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_NOFILE"), reason="Windows has no such limit")
def test_without_a_file_descriptor_clients_are_turned_away_and_nothing_else_happens(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def body(served: Served) -> None:
        assert await state_of(served) == 200
        async with asyncio.timeout(20):
            while len(served.clients):
                served.clients.look()
                await asyncio.sleep(0)
        clients = [socket.socket() for _ in range(30)]
        fillers: list[int] = []
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (clients[-1].fileno() + 8, hard))
            with suppress(OSError):
                while True:
                    fillers.append(os.dup(0))
            for client in clients:  # the kernel connects them; nobody can accept them
                client.setblocking(False)
                await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", served.port))
            for client in clients:
                assert await was_reset(client)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for number in fillers:
                os.close(number)
            for client in clients:
                client.close()
        assert served.clients.refused == 30
        assert await state_of(served) == 200
        assert not caplog.records

    run(tmp_path, Limits(), body)


@pytest.mark.parametrize(
    ("soft", "hard", "connections", "asked_for"),
    [
        (1024, 4096, 256, None),
        (256, 4096, 256, 576),
        (256, 320, 128, 320),
        (64, 64, 1, 64),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, 256, None),
        (256, resource.RLIM_INFINITY, 256, 576),
    ],
)
def test_there_are_never_more_clients_than_descriptors_for_them(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, connections: int, asked_for: int | None
) -> None:
    set_to: list[int] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: set_to.append(limits[0]))
    assert allowed_connections(256) == connections
    assert (set_to[0] if set_to else None) == asked_for
