"""A network that breaks off: a proxy between a station and the plant, which cuts where it is told."""

import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread


class Network:
    """Forwards TCP connections to a server's socket, and cuts each after so many bytes from its client.

    Args:
        folder: Where the server's socket lies.
        budgets: Bytes that each connection lives for; the last one's holds for all others, None for no end.
    """

    def __init__(self, folder: Path, budgets: Iterator[int | None]) -> None:
        self._server = str(folder / ".s.PGSQL.5432")
        self._budgets = budgets
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cuts = 0
        self.silent = False
        """It forwards nothing any more, and says nothing either."""
        self._open: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                self._open += [client, server]
                budget = next(self._budgets)
                Thread(target=self._forward, args=(client, server, budget), daemon=True).start()
                Thread(target=self._forward, args=(server, client, None), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, budget: int | None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 14):
                if self.silent:
                    continue
                if budget is not None:
                    target.sendall(data[:budget])
                    budget -= len(data)
                    if budget <= 0:
                        self.cuts += 1
                        break
                else:
                    target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def network(folder: Path, budgets: Iterator[int | None]) -> Iterator[Network]:
    one = Network(folder, budgets)
    try:
        yield one
    finally:
        one.close()
