"""The API process, ``python -m app.api.server.process``: what faces the clients. The engine starts it.

It is told on stdin, in one line of JSON, where it listens and over what it speaks to the engine. It ends when
the engine does, however that ends: the channel closes then.
"""

import asyncio
import base64
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Final

import psutil
import uvicorn
from pydantic import BaseModel

from app.api.channel import MOST_TOLD, Channel
from app.api.server import routes as server
from app.api.server.accepting import LimitedServer
from app.api.server.api_end import ApiEnd
from app.api.server.connections import Connections, LimitedHttp, LimitedWebSocket, Limits
from app.api.server.quiet_log import log_quietly
from app.api.server.tls import server_context

NICENESS: Final = 10
"""Below the line's: where there are too few processors, the API is what gets slow."""
DESCRIPTORS_EACH: Final = 2
"""File descriptors of a client: its connection, and the picture that it is sent."""
OTHER_DESCRIPTORS: Final = 64
PING_EVERY_S: Final = 1.5
PONG_TIMEOUT_S: Final = 4.5
MOST_HEAD_BYTES: Final = 16 * 1024
MOST_MESSAGE_BYTES: Final = 1024
"""Of a WebSocket's client, who has nothing to say."""
LEAVE_S: Final = 1

log = logging.getLogger("passgate.api")


class Elsewhere(BaseModel):
    """Where the API is served beyond this machine."""

    listener: str
    """As ``Start.listener``."""
    hosts: tuple[str, ...]
    """What clients there call this machine."""
    certificate: Path
    key: Path


class Start(BaseModel):
    """What the engine tells its API process at the start."""

    version: str
    port: int
    listener: str
    """The listening socket: its descriptor's number, or, on Windows, ``socket.share`` in base64."""
    channel: str
    """The connected socket to the engine, likewise."""
    elsewhere: Elsewhere | None = None
    """Where it is served by TLS as well."""


def take_socket(told: str) -> socket.socket:
    """A socket as ``Start`` tells of it."""
    if sys.platform == "win32":
        return socket.fromshare(base64.b64decode(told))
    return socket.socket(fileno=int(told))


def allowed_connections(wanted: int) -> int:
    """As many connections as there are file descriptors for, after asking for enough; at most ``wanted``."""
    if sys.platform == "win32":
        return wanted
    import resource

    needed = wanted * DESCRIPTORS_EACH + OTHER_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    return max((soft - OTHER_DESCRIPTORS) // DESCRIPTORS_EACH, 1)


def step_back() -> None:
    """Leave the processors to the line where both want them."""
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(NICENESS)


def configured(end: ApiEnd, start: Start) -> uvicorn.Config:
    """Uvicorn for this API."""
    return uvicorn.Config(
        server.build(
            end,
            version=start.version,
            port=start.port,
            elsewhere=start.elsewhere.hosts if start.elsewhere else (),
        ),
        http=LimitedHttp,
        ws=LimitedWebSocket,
        ws_max_size=MOST_MESSAGE_BYTES,
        ws_ping_interval=PING_EVERY_S,
        ws_ping_timeout=PONG_TIMEOUT_S,
        ws_per_message_deflate=False,
        h11_max_incomplete_event_size=MOST_HEAD_BYTES,
        timeout_graceful_shutdown=LEAVE_S,
        lifespan="off",
        access_log=False,
        server_header=False,
        log_config=None,
        log_level=logging.WARNING,
    )


async def run(start: Start) -> None:
    """Serve until the engine is gone."""
    end = ApiEnd(await Channel.over(take_socket(start.channel), most=MOST_TOLD))
    wanted = Limits()
    limits = Limits(connections=allowed_connections(wanted.connections))
    if limits.connections < wanted.connections:
        log.warning("only %d clients at a time: there are too few file descriptors", limits.connections)
    config, clients = configured(end, start), Connections(limits)
    servers = [LimitedServer(config, take_socket(start.listener), clients)]
    if start.elsewhere is not None:
        tls = server_context(start.elsewhere.certificate, start.elsewhere.key)
        servers.append(LimitedServer(config, take_socket(start.elsewhere.listener), clients, tls=tls))
    tasks = [asyncio.create_task(one.serve(), name="serve") for one in servers]
    listening = asyncio.create_task(end.listen(), name="engine")
    await asyncio.wait({*tasks, listening}, return_when=asyncio.FIRST_COMPLETED)
    for one in servers:
        one.should_exit = True
    await asyncio.gather(*tasks)


def main() -> None:
    """The process's whole life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the engine's to handle: it ends this process
    log_quietly()
    step_back()
    asyncio.run(run(Start.model_validate_json(sys.stdin.readline())))


if __name__ == "__main__":
    main()
