"""The API on a real port in this process, and clients that behave badly."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.api.engine.supervisor import bind
from app.api.server.accepting import LimitedServer
from app.api.server.connections import Connections, Limits
from app.api.server.process import Start, configured
from tests.app.access.doors.people import MES_KEY
from tests.app.api.serving import FakeEngine, connected

HEAD = b"GET /api/%%s HTTP/1.1\r\nAuthorization: Bearer %s\r\nHost: 127.0.0.1:%%d\r\n" % MES_KEY.encode()
UPGRADE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
PATIENCE_S = 20.0


class Clock:
    """Seconds, moved by the test."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Served:
    """One server and its port."""

    def __init__(self, port: int, clients: Connections, clock: Clock) -> None:
        self.port = port
        self.clients = clients
        self.clock = clock

    def connect(self, said: bytes = b"") -> socket.socket:
        """A client that has said something, and reads only if the test does."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        client.sendall(said)
        client.setblocking(False)
        return client

    def head(self, what: str) -> bytes:
        """The head of a request for ``what``, without its end."""
        return HEAD % (what.encode(), self.port)

    async def joined(self, number: int) -> None:
        """Wait until so many clients are accepted."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.clients) != number:  # noqa: ASYNC110  (there is no event to wait for)
                await asyncio.sleep(0)

    def pass_s(self, seconds: float) -> None:
        """Time goes by, and the clients are looked at before and after."""
        self.clients.look()
        self.clock.now_s += seconds
        self.clients.look()


@asynccontextmanager
async def serving(engine: FakeEngine, limits: Limits) -> AsyncIterator[Served]:
    """The API of ``engine`` as the API process serves it, but for the process; time stands still."""
    clock = Clock()
    clients = Connections(limits, monotonic=clock)
    listener = bind(0)
    port = listener.getsockname()[1]
    async with connected(engine) as end:
        start = Start(version="0", port=port, listener="", channel="")
        server = LimitedServer(configured(end, start), listener, clients)
        task = asyncio.create_task(server.serve())
        try:
            yield Served(port, clients, clock)
        finally:
            server.should_exit = True
            await task
            listener.close()


async def received(client: socket.socket) -> bytes:
    """All until the server closes; ConnectionResetError where it reset."""
    loop, data = asyncio.get_running_loop(), b""
    async with asyncio.timeout(PATIENCE_S):
        while chunk := await loop.sock_recv(client, 65536):
            data += chunk
    return data


async def was_reset(client: socket.socket) -> bool:
    """The server ended it with a reset, whatever it had sent before."""
    try:
        await received(client)
    except ConnectionResetError:
        return True
    return False
