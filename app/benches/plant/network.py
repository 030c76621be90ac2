"""A network between a station and the plant that breaks off, or swallows everything, where chance says so."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Final, NamedTuple

from sqlalchemy import URL

_CHUNK: Final = 1 << 14
_PORT: Final = 5432


class Life(NamedTuple):
    """How long a connection lives."""

    sent: int | None
    """Bytes from the station, after which it ends; None: it does not."""
    swallows: bool = False
    """It does not break off then: nothing comes through any more, and nobody says so."""


FOR_EVER: Final = Life(None)


class Network:
    """Forwards connections on a port of this machine to a server.

    Args:
        server: The server's URL: a host and port, or the folder of its socket.
        lives: Asked for each connection.
    """

    def __init__(self, server: URL, lives: Callable[[], Life]) -> None:
        self._server = server
        self._lives = lives
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.ended = 0
        """Connections that broke off, or went silent."""
        Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> URL:
        """The server's URL, by way of this network."""
        query = {name: value for name, value in self._server.query.items() if name not in ("host", "port")}
        return self._server.set(host="127.0.0.1", port=self._listener.getsockname()[1], query=query)

    def close(self) -> None:
        """End all connections."""
        for one in (self._listener, *self._open):
            _end(one)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                try:
                    server = self._connected()
                except OSError:
                    _end(client)
                    continue
                self._open.append(server)
                life = self._lives()
                Thread(target=self._forward, args=(client, server, life), daemon=True).start()
                Thread(target=self._forward, args=(server, client, FOR_EVER), daemon=True).start()

    def _connected(self) -> socket.socket:
        host = self._server.host or self._server.query.get("host", "127.0.0.1")
        if not str(host).startswith("/"):
            return socket.create_connection((str(host), self._server.port or _PORT))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{self._server.port or self._server.query.get('port', _PORT)}")
        return server

    def _forward(self, source: socket.socket, target: socket.socket, life: Life) -> None:
        left = life.sent
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                target.sendall(data if left is None else data[: max(left, 0)])
                if left is None:
                    continue
                before, left = left, left - len(data)
                if left <= 0 < before:
                    self.ended += 1
                if left <= 0 and not life.swallows:
                    break
        _end(source)
        _end(target)


@contextmanager
def network(server: URL, lives: Callable[[], Life]) -> Iterator[Network]:
    """A network, until the end of the block."""
    one = Network(server, lives)
    try:
        yield one
    finally:
        one.close()


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
