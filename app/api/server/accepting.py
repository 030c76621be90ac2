"""Takes clients in, one at a time, in front of the HTTP server.

asyncio's own accepting does not survive a lack of file descriptors: CPython 3.11 logs a traceback for each
place in the backlog, and schedules as many retries (20,480 tracebacks in 3 s were seen).
"""

import asyncio
import errno
import os
import socket
import ssl
from typing import Final

import uvicorn

from app.api.server.connections import Connections, LimitedHttp, LimitedState, reset

LOOK_EVERY_S: Final = 0.5
SEND_BUFFER: Final = 64 * 1024
"""Bytes that the system keeps for a client, so that what it does not take is seen here."""
GREETING_S: Final = 5.0
"""For a client to agree upon TLS, and to say goodbye."""
MOST_GREETING: Final = 32
PAUSE_WITHOUT_DESCRIPTORS_S: Final = 0.05
_NO_DESCRIPTORS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Reserve:
    """A file descriptor kept for the day when there is none: to take a client in, and turn it away.

    Without it the clients in the backlog could be neither accepted nor refused, and each look at the listener
    would be for nothing, as fast as the processor can look.
    """

    def __init__(self) -> None:
        self._kept: int | None = None
        self.refill()

    def refill(self) -> None:
        """Keep one, if there is one."""
        if self._kept is None:
            try:
                self._kept = os.open(os.devnull, os.O_RDONLY)
            except OSError:
                self._kept = None

    def turn_away(self, listener: socket.socket) -> bool:
        """Refuse the next client; whether there was one."""
        self.close()
        try:
            client, _ = listener.accept()
        except OSError:
            return False
        else:
            reset(client)
            client.close()
            return True
        finally:
            self.refill()

    def close(self) -> None:
        """Give it back."""
        if self._kept is not None:
            os.close(self._kept)
            self._kept = None


class LimitedServer(uvicorn.Server):
    """uvicorn behind ``Connections``, without its own accepting and signal handling."""

    def __init__(
        self,
        config: uvicorn.Config,
        listener: socket.socket,
        clients: Connections,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(config)
        self.server_state: LimitedState = LimitedState(clients)
        self._listener = listener
        self._clients = clients
        self._tls = tls
        self._greeting: set[asyncio.Task[None]] = set()
        """Clients with whom TLS is being agreed upon."""
        self._work: list[asyncio.Task[None]] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        await self.lifespan.startup()
        self.servers = []
        self._listener.setblocking(False)
        self._work = [asyncio.create_task(work) for work in (self._accept(), self._look())]
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more; then as uvicorn does."""
        tasks = [*self._work, *self._greeting]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await super().shutdown(sockets)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._clients.look()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        reserve = Reserve()
        try:
            while True:
                try:
                    client, _ = await loop.sock_accept(self._listener)
                except OSError as error:
                    await self._without_descriptor(error, reserve)
                    continue
                if not self._clients.make_room():
                    self._refuse(client)
                    continue
                if self._tls is None:
                    await self._take_in(client)
                elif len(self._greeting) < MOST_GREETING:  # who says nothing keeps nobody else waiting
                    greeting = asyncio.create_task(self._take_in(client))
                    self._greeting.add(greeting)
                    greeting.add_done_callback(self._greeting.discard)
                else:
                    self._refuse(client)
        finally:
            reserve.close()

    async def _take_in(self, client: socket.socket) -> None:
        try:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            await asyncio.get_running_loop().connect_accepted_socket(
                self._protocol,
                client,
                ssl=self._tls,
                ssl_handshake_timeout=None if self._tls is None else GREETING_S,
                ssl_shutdown_timeout=None if self._tls is None else GREETING_S,
            )
        except OSError:
            client.close()  # it has gone again, or speaks no TLS of ours

    async def _without_descriptor(self, error: OSError, reserve: Reserve) -> None:
        if error.errno in _NO_DESCRIPTORS:
            while reserve.turn_away(self._listener):
                self._clients.refused += 1
            self._clients.look()
            await asyncio.sleep(PAUSE_WITHOUT_DESCRIPTORS_S)
        elif error.errno not in {errno.ECONNABORTED, errno.EPROTO, errno.EINTR}:
            raise error

    def _refuse(self, client: socket.socket) -> None:
        reset(client)
        client.close()
        self._clients.refused += 1

    def _protocol(self) -> LimitedHttp:
        return LimitedHttp(self.config, self.server_state, self.lifespan.state)
