"""Keeps the API process alive beside the line, which needs it for nothing.

It dies: it is started again. It hangs, starves or is killed: the line does not notice. The listener stays
here, so that clients who come meanwhile wait in its backlog, and no other program takes the port.
"""

import asyncio
import base64
import errno
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

import structlog

import app
from app.api.channel import MOST_ASKED, Channel
from app.api.engine.engine_end import EngineEnd, ServedStation
from app.api.server.gate import LOOPBACK
from inspection.errors import SettingsError

PROGRAM: Final = "app.api.server.process"
PORT_PATIENCE_S: Final = 5.0
"""The API process of an engine that was killed has the port until it has ended, about a second later."""
FIRST_BACKOFF_S: Final = 0.2
MAX_BACKOFF_S: Final = 5.0
SETTLED_S: Final = 30.0
"""A process that has lived so long was not ended by its start."""
LEAVE_TIMEOUT_S: Final = 3.0

log = structlog.get_logger(__name__)


def bind(port: int, *, address: str = LOOPBACK, patience_s: float = PORT_PATIENCE_S) -> socket.socket:
    """Take the port; 0 takes a free one.

    Raises:
        SettingsError: Another program has it, or this machine has no such address.
    """
    end_s = time.monotonic() + patience_s
    while True:
        try:
            return _bind(port, address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise SettingsError(
                    f"this machine has no address {address}",
                    part="the engine does not start",
                    todo="mend [api] bind, or see that the network is up before the engine",
                ) from error
            if time.monotonic() >= end_s:
                raise SettingsError(
                    f"port {port} is in use",
                    part="the engine does not start",
                    todo="end the other program (another engine?), or set another port under [api]",
                ) from error
            time.sleep(0.05)


def _bind(port: int, address: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows lets two programs share a port otherwise
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen()  # only now Linux refuses the port to others
    except OSError:
        listener.close()
        raise
    return listener


class ServedElsewhere(NamedTuple):
    """Where the API is served beyond this machine."""

    listener: socket.socket
    """Bound and listening; closed at the end."""
    hosts: tuple[str, ...]
    """What clients there call this machine."""
    certificate: Path
    key: Path


class ApiProcess:
    """The API process, started anew whenever it ends.

    Args:
        listener: Bound and listening; closed at the end.
        version: The engine's.
        elsewhere: Where the API is served by TLS as well.
        leave_s: So long it may take to end by itself; then it is killed.
    """

    def __init__(
        self,
        listener: socket.socket,
        *,
        version: str,
        elsewhere: ServedElsewhere | None = None,
        leave_s: float = LEAVE_TIMEOUT_S,
    ) -> None:
        self._leave_s = leave_s
        self._listener = listener
        self._elsewhere = elsewhere
        self._version = version
        self._process: subprocess.Popen[bytes] | None = None
        self._end: socket.socket | None = None
        self.starts = 0
        self.killed = 0
        """How often it had to be killed, since it did not go."""

    @property
    def pid(self) -> int | None:
        """The running one's; None before the start."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it; it is answered once ``run`` is called. Raises OSError."""
        self.starts += 1
        self._end, theirs = socket.socketpair()
        passed = [self._listener, theirs]
        if self._elsewhere is not None:
            passed.append(self._elsewhere.listener)
        root = str(Path(app.__file__).parent.parent)
        paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  (our own program)
                [
                    sys.executable,
                    "-P",
                    "-m",
                    PROGRAM,
                ],  # -P: not what lies in the folder where we were started
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": paths},
                pass_fds=() if sys.platform == "win32" else [one.fileno() for one in passed],
            )
            shared = [_shared(one, self._process.pid) for one in passed]
            told: dict[str, object] = {
                "version": self._version,
                "port": self._listener.getsockname()[1],
                "listener": shared[0],
                "channel": shared[1],
            }
            if self._elsewhere is not None:
                told["elsewhere"] = {
                    "listener": shared[2],
                    "hosts": self._elsewhere.hosts,
                    "certificate": str(self._elsewhere.certificate),
                    "key": str(self._elsewhere.key),
                }
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(told).encode() + b"\n")
            self._process.stdin.close()

    async def run(self, engine: ServedStation) -> None:
        """Answer it, and start it again whenever it ends, until cancelled."""
        backoff_s = FIRST_BACKOFF_S
        try:
            while True:
                began_s = time.monotonic()
                try:
                    if self._end is None:
                        await asyncio.to_thread(self.start)
                    await self._serve(engine)
                except OSError as error:
                    log.warning("the API process cannot be started", error=str(error))
                except Exception:  # a fault of what serves people must not end the line
                    log.exception("the API failed")
                code = await asyncio.to_thread(self._finish)
                if time.monotonic() - began_s >= SETTLED_S:
                    backoff_s = FIRST_BACKOFF_S
                log.warning("the API process ended; it is started again", exit_code=code, after_s=backoff_s)
                await asyncio.sleep(backoff_s)
                backoff_s = min(2 * backoff_s, MAX_BACKOFF_S)
        finally:
            await asyncio.to_thread(self.close)  # the loop must turn meanwhile: only then the channel closes

    async def _serve(self, engine: ServedStation) -> None:
        end, self._end = self._end, None
        assert end is not None
        await EngineEnd(engine, await Channel.over(end, most=MOST_ASKED)).serve()

    def close(self) -> None:
        """End it, and give up the port."""
        self._finish()
        self._listener.close()
        if self._elsewhere is not None:
            self._elsewhere.listener.close()

    def _finish(self) -> int | None:
        """Close the channel, which ends it; wait for it, and kill what does not go."""
        if self._end is not None:
            self._end.close()
            self._end = None
        process, self._process = self._process, None
        if process is None:
            return None
        try:
            return process.wait(self._leave_s)
        except subprocess.TimeoutExpired:
            self.killed += 1
            process.kill()
            return process.wait()


def _shared(one: socket.socket, pid: int) -> str:
    """What ``app.api.server.process.take_socket`` makes a socket of."""
    if sys.platform == "win32":
        return base64.b64encode(one.share(pid)).decode()
    return str(one.fileno())
