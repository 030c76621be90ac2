"""Clients of the API that behave badly: what ``passgate bench api`` puts beside a running line."""

import asyncio
import contextlib
import select
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from app.benches.api.fuzz import fuzz

SLOW_CLIENTS: Final = 200
HALF_OPEN: Final = 1500
HISTORIES: Final = 10
GUESSING: Final = 8
SILENT_STREAMS: Final = 20
SILENT_READERS: Final = 20
FUZZED: Final = 345
BODIES: Final = 4
BODY_BYTES: Final = 100_000_000
SLOW_BYTES: Final = 256
"""That a slow client takes or says twice a second."""
MAY_BE_SILENT_S: Final = 10.0
AGAIN_S: Final = 5.0
"""After the server has ended a half-open connection."""
CONNECT_TIMEOUT_S: Final = 10.0


class Load(StrEnum):
    """What the clients do."""

    QUIET = "quiet"
    """Nothing: what the line does by itself."""
    SLOW = "slow"
    """200: half of them say their request byte by byte, the others read the history as slowly."""
    HALF_OPEN = "half_open"
    """1,500 connections with half a request, opened anew when they are ended."""
    SILENT = "silent"
    """20 streams and 20 histories that nobody reads, opened anew when they are ended."""
    BODIES = "bodies"
    """Four at a time send 100 MB each, with and without saying how much."""
    FUZZ = "fuzz"
    """345 requests made by schemathesis from the API's description."""
    HISTORY = "history"
    """Ten ask for the last 500 parts, again and again."""
    SIGN_IN = "sign_in"
    """Eight whom nobody knows try PINs, again and again: some ten thousand in half a minute."""


class Seen:
    """What the clients saw."""

    def __init__(self) -> None:
        self.opened = 0
        self.ended = 0
        """Connections that the server ended."""
        self.answers: Counter[int] = Counter()
        """By HTTP status code."""
        self.rows = 0
        """Parts in the largest answer to a question for history."""
        self.sent_bytes = 0
        """Of bodies, before the server refused them."""
        self.silent_s = 0.0
        """The longest that the server kept a client that reads nothing."""


class Clients:
    """Who asks the API at ``url`` for bad reasons, until cancelled; let in by ``headers``."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self._known = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        self.seen = Seen()
        self._url = url
        self._address = urlsplit(url).hostname or "", urlsplit(url).port or 80
        self._host = f"Host: {self._address[0]}:{self._address[1]}\r\n".encode()

    async def run(self, load: Load) -> None:
        """Do ``load`` until cancelled; FUZZ ends by itself."""
        async with asyncio.TaskGroup() as group:
            for client, number in self._crowds()[load].items():
                for one in range(number):
                    group.create_task(self._again(client, one / number))

    def _crowds(self) -> Mapping[Load, Mapping[Callable[[], Awaitable[None]], int]]:
        return {
            Load.QUIET: {},
            Load.SLOW: {self._dribble: SLOW_CLIENTS // 2, self._sip: SLOW_CLIENTS // 2},
            Load.HALF_OPEN: {self._half_open: HALF_OPEN},
            Load.SILENT: {self._silent_stream: SILENT_STREAMS, self._silent_reader: SILENT_READERS},
            Load.BODIES: {self._told_body: BODIES // 2, self._chunked_body: BODIES // 2},
            Load.FUZZ: {self._fuzz: 1},
            Load.HISTORY: {self._history: HISTORIES},
            Load.SIGN_IN: {self._guess: GUESSING},
        }

    async def _again(self, client: Callable[[], Awaitable[None]], delay_s: float) -> None:
        """One client, which comes back; all of them within the first second."""
        await asyncio.sleep(delay_s)
        while True:
            with contextlib.suppress(OSError, TimeoutError):
                await client()
                if client == self._fuzz:
                    return
            self.seen.ended += 1
            await asyncio.sleep(0.1)

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[socket.socket]:
        loop = asyncio.get_running_loop()
        with socket.socket() as connection:
            connection.setblocking(False)
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await loop.sock_connect(connection, self._address)
            self.seen.opened += 1
            yield connection

    def _ask(self, method: str, path: str, *lines: str) -> bytes:
        more = "".join(f"{line}\r\n" for line in lines).encode()
        return f"{method} /api/{path} HTTP/1.1\r\n".encode() + self._host + self._known + more + b"\r\n"

    # --- what each does -------------------------------------------------------------------------------

    async def _dribble(self) -> None:
        loop = asyncio.get_running_loop()
        async with self._connection() as connection:
            for letter in self._ask("GET", "state", "X-Slow: " + "a" * 10_000):
                await loop.sock_sendall(connection, bytes([letter]))
                await asyncio.sleep(0.5)

    async def _sip(self) -> None:
        loop = asyncio.get_running_loop()
        async with self._connection() as connection:
            await loop.sock_sendall(connection, self._ask("GET", "history?limit=500"))
            while await loop.sock_recv(connection, SLOW_BYTES):  # noqa: ASYNC110  (slow is what it is)
                await asyncio.sleep(0.5)

    async def _half_open(self) -> None:
        loop = asyncio.get_running_loop()
        async with self._connection() as connection:
            await loop.sock_sendall(connection, self._ask("GET", "state")[:-2])
            with contextlib.suppress(ConnectionError):
                await loop.sock_recv(connection, 1)
            await asyncio.sleep(AGAIN_S)

    async def _silent_stream(self) -> None:
        upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
        await self._say_nothing(
            self._ask("GET", "stream", *upgrade, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
        )

    async def _silent_reader(self) -> None:
        await self._say_nothing(self._ask("GET", "history?limit=500"))

    async def _say_nothing(self, asked: bytes) -> None:
        """Ask, read nothing, and see how long the server keeps that."""
        async with self._connection() as connection:
            await asyncio.get_running_loop().sock_sendall(connection, asked)
            began_s = time.monotonic()
            while not _ended(connection):
                await asyncio.sleep(0.1)
                self.seen.silent_s = max(self.seen.silent_s, time.monotonic() - began_s)

    async def _told_body(self) -> None:
        await self._send_body(f"Content-Length: {BODY_BYTES}", lambda chunk: chunk)

    async def _chunked_body(self) -> None:
        await self._send_body(
            "Transfer-Encoding: chunked", lambda chunk: f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n"
        )

    async def _send_body(self, how: str, framed: Callable[[bytes], bytes]) -> None:
        loop, chunk = asyncio.get_running_loop(), bytes(64 * 1024)
        async with self._connection() as connection:
            answer = asyncio.create_task(loop.sock_recv(connection, 4096))
            try:
                await loop.sock_sendall(connection, self._ask("POST", "commands/start", how))
                for _ in range(BODY_BYTES // len(chunk)):
                    if answer.done():
                        break
                    await loop.sock_sendall(connection, framed(chunk))
                    self.seen.sent_bytes += len(chunk)
            finally:
                await asyncio.wait({answer}, timeout=1.0)
                answer.cancel()
                with contextlib.suppress(asyncio.CancelledError, OSError):
                    self._note(await answer)

    async def _history(self) -> None:
        async for rows in self._answers(self._ask("GET", "history?limit=500")):
            self.seen.rows = max(self.seen.rows, rows.count(b'"inspection_id"'))

    async def _guess(self) -> None:
        body = b'{"user":"anna","secret":"314159","proof":"PIN"}'
        more = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        async for _ in self._answers(b"POST /api/session HTTP/1.1\r\n" + self._host + more + body):
            pass

    async def _answers(self, asked: bytes) -> AsyncIterator[bytes]:
        """The bodies of the answers to one request, sent again and again over one connection."""
        reader, writer = await asyncio.open_connection(*self._address)
        self.seen.opened += 1
        try:
            while True:
                writer.write(asked)
                head = await reader.readuntil(b"\r\n\r\n")
                self._note(head)
                (length,) = (
                    int(line.split(b":")[1])
                    for line in head.splitlines()
                    if line.lower().startswith(b"content-length")
                )
                yield await reader.readexactly(length)
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("the server ended it") from error
        finally:
            writer.transport.abort()

    async def _fuzz(self) -> None:
        self.seen.answers += await asyncio.to_thread(fuzz, self._url, self._headers, requests=FUZZED)
        self.seen.opened += 1

    def _note(self, answer: bytes) -> None:
        """Count an answer by its status line."""
        if answer.startswith(b"HTTP/1.1 "):
            self.seen.answers[int(answer[9:12])] += 1


def _ended(connection: socket.socket) -> bool:
    """The server has ended the connection, whatever it had sent before; nothing is read."""
    poll = select.poll()
    poll.register(connection, getattr(select, "POLLRDHUP", 0))
    return bool(poll.poll(0))
