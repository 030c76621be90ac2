"""The engine's API, as the console uses it: one thread for the network, latest-wins towards the screen.

Nothing here blocks the screen, and nothing queues up: of statuses only the newest is handed over, of
pictures only the one asked for last, and one command at a time is allowed by the screen.
"""

import asyncio
import getpass
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import httpx
import structlog
from pydantic import ValidationError
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, Signal
from PySide6.QtGui import QImage, QImageReader
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from app.api.clients import CLIENT_HEADER, declared
from app.console.replies import (
    CommandProblem,
    CommandReply,
    ContactTrouble,
    PictureProblem,
    PictureReply,
    Received,
)
from app.console.run_state import COMMAND_TIMEOUT_S
from inspection.status import Command, CommandResult, StationStatus

CONNECT_TIMEOUT_S: Final = 2.0
FIRST_BACKOFF_S: Final = 0.1
MAX_BACKOFF_S: Final = 1.0
PICTURE_RETRY_S: Final = 0.25
PICTURE_TRIES: Final = 12
"""A picture may be missing for a moment while the engine writes it: asked again for 3 s."""
MAX_PICTURE_BYTES: Final = 256 * 1024 * 1024
JOIN_TIMEOUT_S: Final = 5.0

_log = structlog.get_logger(__name__)


class StationClient(QObject):
    """Speaks with the engine at ``url``; reconnects by itself for as long as it is open.

    ``monotonic`` stamps what arrives, in seconds: ages are counted from the arrival in this process, not
    from when the screen got round to it.
    """

    status_waiting = Signal()
    """A newer status lies ready: fetch it with :meth:`take_status`."""
    trouble = Signal(ContactTrouble)
    command_done = Signal(CommandReply)
    picture_done = Signal(PictureReply)

    def __init__(self, url: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.url = url.rstrip("/")
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._latest: Received | None = None
        self._unreadable = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._started = threading.Event()
        self._thread: threading.Thread | None = None
        self._http: httpx.AsyncClient | None = None
        self._picture: Future[None] | None = None

    def open(self) -> None:
        """Start the network thread. The engine need not be there yet."""
        if self._thread is not None:
            raise RuntimeError("this client has been opened already")
        self._thread = threading.Thread(target=self._run, name="console-network", daemon=True)
        self._thread.start()
        self._started.wait()

    def close(self) -> None:
        """End all exchange and wait for the thread. May be called twice."""
        thread, self._thread = self._thread, None
        if thread is None or self._loop is None or self._stop is None:
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        thread.join(JOIN_TIMEOUT_S)
        if thread.is_alive():
            _log.error("console network thread did not end", waited_s=JOIN_TIMEOUT_S)

    def take_status(self) -> Received | None:
        """The newest status not yet taken, or None."""
        with self._lock:
            latest, self._latest = self._latest, None
        return latest

    def send(self, command: Command) -> None:
        """Ask for ``command``; :attr:`command_done` tells the end, within ``COMMAND_TIMEOUT_S``."""
        if self._submit(self._send(command)) is None:
            self.command_done.emit(CommandReply(command=command, problem=CommandProblem.UNREACHABLE))

    def fetch_picture(self, sha256: str) -> None:
        """Fetch a picture; what was being fetched before is dropped. :attr:`picture_done` tells the end."""
        if self._picture is not None:
            self._picture.cancel()
        self._picture = self._submit(self._fetch_picture(sha256))

    def _submit(self, work: Coroutine[Any, Any, None]) -> Future[None] | None:
        if self._thread is None or self._loop is None:
            work.close()
            return None
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        # trust_env off: a proxy variable of the factory's network must not swallow loopback traffic
        async with httpx.AsyncClient(
            base_url=self.url,
            timeout=CONNECT_TIMEOUT_S,
            trust_env=False,
            headers={CLIENT_HEADER: declared(_own_name())},
        ) as http:
            self._http = http
            self._started.set()
            stream = asyncio.create_task(self._stream())
            await self._stop.wait()
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, stream, return_exceptions=True)

    async def _stream(self) -> None:
        parts = urlsplit(self.url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        address = urlunsplit((scheme, parts.netloc, parts.path + "/api/stream", "", ""))
        backoff_s = FIRST_BACKOFF_S
        while True:
            try:
                async with connect(
                    address, open_timeout=CONNECT_TIMEOUT_S, close_timeout=0.5, proxy=None, max_queue=4
                ) as stream:
                    async for message in stream:
                        if self._hand_over(message):
                            backoff_s = FIRST_BACKOFF_S
                self.trouble.emit(ContactTrouble.CLOSED)
            except ConnectionClosed:
                self.trouble.emit(ContactTrouble.CLOSED)
            except (OSError, TimeoutError, WebSocketException):
                self.trouble.emit(ContactTrouble.UNREACHABLE)
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, MAX_BACKOFF_S)

    def _hand_over(self, message: str | bytes) -> bool:
        """Put a message where the screen fetches it; False where it is not a status."""
        try:
            status = StationStatus.model_validate_json(message)
        except ValidationError as error:
            if not self._unreadable:  # once a streak: the engine may send ten of them a second
                _log.warning("unreadable status", problems=error.error_count(), start=message[:80])
            self._unreadable = True
            self.trouble.emit(ContactTrouble.UNREADABLE)
            return False
        self._unreadable = False
        with self._lock:
            announced = self._latest is not None
            self._latest = Received(status=status, at_s=self._monotonic())
        if not announced:
            self.status_waiting.emit()
        return True

    async def _send(self, command: Command) -> None:
        assert self._http is not None
        problem: CommandProblem | None = None
        detail = ""
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                answer = await self._http.post(f"/api/commands/{command.value}", timeout=COMMAND_TIMEOUT_S)
            if answer.is_success:
                result = CommandResult.model_validate_json(answer.content)
                detail = result.message
                problem = None if result.accepted else CommandProblem.REFUSED
            else:
                problem, detail = CommandProblem.REFUSED, _detail(answer)
        except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout):
            problem = CommandProblem.TIMEOUT
        except (httpx.ConnectError, httpx.ConnectTimeout):
            problem = CommandProblem.UNREACHABLE
        except (httpx.HTTPError, ValidationError):
            # the request went out, so it may have been carried out: the answer is what is missing
            problem = CommandProblem.BAD_ANSWER
        self.command_done.emit(CommandReply(command=command, problem=problem, detail=detail))

    async def _fetch_picture(self, sha256: str) -> None:
        assert self._http is not None
        problem = PictureProblem.MISSING
        for _ in range(PICTURE_TRIES):
            try:
                answer = await self._http.get(f"/api/pictures/{sha256}")
            except httpx.HTTPError:
                problem = PictureProblem.UNREACHABLE
            else:
                if answer.is_success and len(answer.content) <= MAX_PICTURE_BYTES:
                    image = await asyncio.to_thread(decode, answer.content)
                    trouble = None if image is not None else PictureProblem.UNREADABLE
                    self.picture_done.emit(PictureReply(sha256=sha256, image=image, problem=trouble))
                    return
                missing = answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE)
                problem = PictureProblem.MISSING if missing else PictureProblem.UNREACHABLE
            await asyncio.sleep(PICTURE_RETRY_S)
        self.picture_done.emit(PictureReply(sha256=sha256, problem=problem))


def _own_name() -> str:
    """What the record shall call this console: it names who asked for what, as far as that can be known."""
    try:
        user = f" of {getpass.getuser()}"
    except (OSError, KeyError, ImportError):  # no name for the user's number, as in containers
        user = ""
    return f"console{user} on {socket.gethostname()}"


def decode(content: bytes) -> QImage | None:
    """A picture from its file's bytes; None where Qt cannot read it."""
    data = QByteArray(content)
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    image = QImageReader(buffer).read()
    return None if image.isNull() else image


def _detail(answer: httpx.Response) -> str:
    """The engine's words for a refusal, or at least the HTTP status."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    detail = body.get("detail") if isinstance(body, dict) else None
    return detail if isinstance(detail, str) and detail else f"HTTP {answer.status_code}"
