"""Limits on connections: how many, how long without a request, how slow.

Neither asyncio nor uvicorn (0.54) ever gives up a client that takes nothing: closing waits for what is
unsent. So every connection is looked at twice a second, and one that breaks a limit is ended with a reset.
"""

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

CLOSE_TIMEOUT_S: Final = 1.0
"""For a WebSocket's client to answer our goodbye."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one server."""

    connections: int = 256
    """At a time. The one that has been without a request for longest makes way for a new one."""
    request_s: float = 5.0
    """From the connection, or the last answer, to a whole head of a request."""
    stalled_s: float = 3.0
    """While data wait for a client, it must take all that was handed over (a chunk) in so long."""
    answer_s: float = 60.0
    """For one answer altogether."""


class Phase(Enum):
    """What a connection is doing."""

    WAITING = "waiting"
    """For a request, or for the rest of one."""
    ANSWERING = "answering"
    STREAMING = "streaming"
    """It is a WebSocket."""
    CLOSING = "closing"


class _Connection:
    """One client's, and since when it does what it does."""

    def __init__(self, transport: asyncio.Transport, http: "LimitedHttp", now_s: float) -> None:
        self.transport = transport
        self._http = http
        self._doing: tuple[Phase, int] = (Phase.WAITING, 0)
        self.since_s = now_s
        self.taken = 0
        """Counts how often the client has taken all that was handed over."""
        self._taken_before = 0
        self._pending_since_s: float | None = None

    @property
    def phase(self) -> Phase:
        """What it is doing now."""
        if self.transport.is_closing():
            return Phase.CLOSING
        if self.transport.get_protocol() is not self._http:
            return Phase.STREAMING
        cycle = self._http.cycle
        return Phase.WAITING if cycle is None or cycle.response_complete else Phase.ANSWERING

    @property
    def over(self) -> bool:
        """The socket is closed."""
        return int(self.transport.get_extra_info("socket").fileno()) < 0

    def look(self, now_s: float) -> None:
        """Note since when it does what it does, and has not taken what waits for it."""
        doing = self.phase, id(self._http.cycle)
        if doing != self._doing:
            self._doing, self.since_s = doing, now_s
        if not self.transport.get_write_buffer_size():
            self._pending_since_s = None
        elif self._pending_since_s is None or self.taken != self._taken_before:
            self._pending_since_s = now_s
        self._taken_before = self.taken

    def breaks(self, limits: Limits, now_s: float) -> bool:
        """It has had its time."""
        stalled = self._pending_since_s is not None and now_s - self._pending_since_s >= limits.stalled_s
        for_s = now_s - self.since_s
        match self.phase:
            case Phase.WAITING:
                return stalled or for_s >= limits.request_s
            case Phase.ANSWERING:
                return stalled or for_s >= limits.answer_s
            case Phase.STREAMING:
                return stalled
            case Phase.CLOSING:
                return stalled or for_s >= limits.request_s

    def drop(self) -> None:
        """End it at once: what is unsent is not sent, and the client is told by a reset."""
        reset(self.transport.get_extra_info("socket"))
        self.transport.abort()


def reset(connection: Any) -> None:
    """Have ``connection`` end with a reset when it is closed, whatever is unsent."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        return  # it is closed already


class Connections:
    """All of one server's clients.

    Args:
        limits: What they may.
        monotonic: A clock, in seconds.
    """

    def __init__(self, limits: Limits, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._monotonic = monotonic
        self._all: dict[asyncio.Transport, _Connection] = {}
        """In the order in which they came."""
        self.dropped = 0
        """Clients that broke a limit, or made way."""
        self.refused = 0
        """Clients for whom there was no room, or no descriptor."""

    def __len__(self) -> int:
        return len(self._all)

    def joined(self, transport: asyncio.Transport, http: "LimitedHttp") -> None:
        """A connection was made."""
        # A client takes the whole of a chunk before the next. Not 0: asyncio's TLS pauses at the limit, not
        # above it, and with nothing unsent would be paused for ever.
        transport.set_write_buffer_limits(high=1, low=0)
        self._all[transport] = _Connection(transport, http, self._monotonic())

    def took_all(self, transport: asyncio.Transport) -> None:
        """A client has taken all that was handed over."""
        connection = self._all.get(transport)
        if connection is not None:
            connection.taken += 1

    def look(self) -> None:
        """Drop whoever breaks a limit; forget who has gone."""
        now_s = self._monotonic()
        for transport, connection in list(self._all.items()):
            if connection.over:
                del self._all[transport]
                continue
            connection.look(now_s)
            if connection.breaks(self.limits, now_s):
                self._drop(connection)

    def make_room(self) -> bool:
        """Whether one more may come; whoever has been without a request for longest makes way for it."""
        if len(self._all) < self.limits.connections:
            return True
        self.look()
        if len(self._all) >= self.limits.connections:
            idle = [one for one in self._all.values() if one.phase in {Phase.WAITING, Phase.CLOSING}]
            if not idle:
                return False
            self._drop(min(idle, key=lambda one: one.since_s))
        return True

    def _drop(self, connection: _Connection) -> None:
        connection.drop()
        self._all.pop(connection.transport, None)
        self.dropped += 1


class LimitedHttp(H11Protocol):
    """uvicorn's HTTP, known to ``Connections``."""

    server_state: "LimitedState"

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As uvicorn's."""
        super().connection_made(transport)
        self.server_state.clients.joined(transport, self)

    def resume_writing(self) -> None:
        """As uvicorn's."""
        super().resume_writing()
        self.server_state.clients.took_all(self.transport)


class LimitedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, known to ``Connections``."""

    def __init__(
        self, config: uvicorn.Config, server_state: "LimitedState", app_state: dict[str, Any]
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._clients = server_state.clients
        self.close_timeout = CLOSE_TIMEOUT_S

    def resume_writing(self) -> None:
        """As uvicorn's."""
        super().resume_writing()
        self._clients.took_all(self.transport)


class LimitedState(ServerState):
    """What the connections of one server share."""

    def __init__(self, clients: Connections) -> None:
        super().__init__()
        self.clients = clients
