"""The engine's API, as the console uses it: one thread for the network, latest-wins towards the screen.

Nothing here blocks the screen, and nothing queues up: of statuses only the newest is handed over, of
pictures only the one asked for last, and one command at a time is allowed by the screen.
"""

import asyncio
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import httpx
import structlog
from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException

from app.api.clients import CLIENT_HEADER, declared
from app.console.client.answers import answer_to, command_reply, seen
from app.console.client.asking import Answer, AskProblem, Request
from app.console.client.pictures import TooLargeError, fetched
from app.console.client.replies import (
    COMMAND_TIMEOUT_S,
    CommandProblem,
    CommandReply,
    ContactTrouble,
    PictureReply,
    Received,
)
from app.console.client.session import (
    CHECK,
    PATH,
    SIGN_OUT,
    USE,
    Credentials,
    SignInReply,
    bearer,
    needs_person,
    own_name,
    sign_in_reply,
    sign_in_request,
)
from inspection.access.rights import Proof
from inspection.messages.codes import Code
from inspection.messages.message import Coded
from inspection.messages.telling import say
from inspection.status import Command, StationStatus

CONNECT_TIMEOUT_S: Final = 6.0
"""For a connection and its first answer: an engine that takes 3 s is busy, not gone."""
SILENCE_LIMIT_S: Final = 5.0
"""An engine speaks every second: after this long the connection is dead, whatever the network says of it."""
FIRST_BACKOFF_S: Final = 0.1
MAX_BACKOFF_S: Final = 1.0
MAX_COMMAND_ANSWER_BYTES: Final = 64 * 1024
MAX_STATUS_BYTES: Final = 4 * 1024 * 1024
"""Of one message: 20 parts with all their defects are some 100 KiB."""
JOIN_TIMEOUT_S: Final = 5.0

_log = structlog.get_logger(__name__)


class StationClient(QObject):
    """Speaks with the engine at ``url``; reconnects by itself for as long as it is open.

    Args:
        url: The engine's API.
        monotonic: Stamps what arrives, in seconds: ages are counted from the arrival in this process, not
            from when the screen got round to it.
        own_key: Finds the key by which the station knows its panel; empty where there is none.
        tls: Trusts the engine's certificate, where it is asked by TLS; None: whom the system trusts.
    """

    status_waiting = Signal()
    """A newer status lies ready: fetch it with :meth:`take_status`."""
    trouble = Signal(ContactTrouble)
    command_done = Signal(CommandReply)
    picture_done = Signal(PictureReply)
    answered = Signal(Answer)
    """Of :meth:`ask`: every screen is told each, and takes those of its topics."""
    person_needed = Signal(object)
    """A CommandReply or an Answer, in place of its own signal: it waits for somebody who may do it."""
    sign_in_done = Signal(SignInReply)
    session_ended = Signal(tuple)
    """Whoever had signed in is signed out; why, in codes; empty where he asked for it."""

    def __init__(
        self,
        url: str,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        own_key: Callable[[], str] = lambda: "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__()
        self._credentials = Credentials(own_key)
        self._tls = tls
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
        self._pictures: dict[str, Future[None]] = {}
        self._reading: dict[str, Future[None]] = {}
        """What was asked last of each topic that only reads."""

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

    def fetch_picture(self, sha256: str, *, place: str = "") -> None:
        """Fetch a picture for a place on a screen; what was being fetched for it before is dropped.

        :attr:`picture_done` tells the end.
        """
        if (before := self._pictures.pop(place, None)) is not None:
            before.cancel()
        if (fetched := self._submit(self._fetch_picture(sha256))) is not None:
            self._pictures[place] = fetched

    def ask(self, request: Request) -> None:
        """Ask for something; :attr:`answered` tells the end, within the request's time."""
        if request.reads and (before := self._reading.get(request.topic)) is not None:
            before.cancel()
        asked = self._submit(self._ask(request))
        if asked is None:
            self.answered.emit(Answer(request=request, problem=AskProblem.UNREACHABLE))
        elif request.reads:
            self._reading[request.topic] = asked

    # --- who is at the console ------------------------------------------------------------------------

    def sign_in(self, user: str, secret: str, proof: Proof) -> None:
        """Sign somebody in; :attr:`sign_in_done` tells the end."""
        request = sign_in_request(user, secret, proof)
        if self._submit(self._sign_in(request)) is None:
            unreachable = Answer(request=request, problem=AskProblem.UNREACHABLE)
            self.sign_in_done.emit(sign_in_reply(unreachable)[0])

    def sign_out(self, why: Coded = ()) -> None:
        """Sign out at once, whether or not the engine hears of it; it does so by itself else."""
        token = self._credentials.token
        if self._credentials.drop(token):
            self._submit(self._tell_session("DELETE", SIGN_OUT, token))
            self.session_ended.emit(why)

    def use_session(self) -> None:
        """Somebody touches the console: his session goes on."""
        if token := self._credentials.token:
            self._submit(self._tell_session("PUT", USE, token))

    def check_session(self) -> None:
        """See that the engine still knows who has signed in; :attr:`session_ended` tells where not."""
        if token := self._credentials.token:
            self._submit(self._tell_session("GET", CHECK, token))

    async def _sign_in(self, request: Request) -> None:
        reply, token = sign_in_reply(await self._answer(request))
        if token:
            before = self._credentials.token
            self._credentials.take(token)
            if before:
                await self._tell_session("DELETE", SIGN_OUT, before)
        self.sign_in_done.emit(reply)

    async def _tell_session(self, method: str, topic: str, token: str) -> None:
        """Whatever is answered: that the token opens nothing any more is noticed by ``_asked``."""
        await self._answer(Request(topic=topic, path=PATH, method=method), secret=token)

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
            verify=True if self._tls is None else self._tls,
            headers={CLIENT_HEADER: declared(own_name()), "Accept-Encoding": "identity"},
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
                    address,
                    open_timeout=CONNECT_TIMEOUT_S,
                    close_timeout=0.5,
                    proxy=None,
                    max_queue=4,
                    max_size=MAX_STATUS_BYTES,
                    ssl=self._tls if scheme == "wss" else None,
                    additional_headers=bearer(self._credentials.of_console),
                ) as stream:
                    self.check_session()  # an engine that was started anew knows nobody
                    async for message in _spoken(stream):
                        if self._hand_over(message):
                            backoff_s = FIRST_BACKOFF_S
            except ConnectionClosed:
                self.trouble.emit(ContactTrouble.CLOSED)
            except TimeoutError:
                self.trouble.emit(ContactTrouble.SILENT)
            except InvalidStatus as error:
                refused = error.response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
                self.trouble.emit(ContactTrouble.NOT_LET_IN if refused else ContactTrouble.NO_ENGINE)
            except InvalidHandshake:  # an answer, but an error or no WebSocket's
                self.trouble.emit(ContactTrouble.NO_ENGINE)
            except (OSError, WebSocketException, ValueError):  # the last: a name that can be none
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
        reply = CommandReply(command=command, problem=CommandProblem.BAD_ANSWER)
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                status_code, body = await self._ordered(command)
            reply = command_reply(command, status_code, body)
        except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout):
            reply = replace(reply, problem=CommandProblem.TIMEOUT)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            reply = replace(reply, problem=CommandProblem.UNREACHABLE)
        except (httpx.HTTPError, ValueError):
            pass  # the request went out, so it may have been carried out: the answer is what is missing
        finally:  # whatever happened: without an end the buttons would stay grey, Hold's too
            (self.person_needed if needs_person(reply.coded) else self.command_done).emit(reply)

    async def _ordered(self, command: Command) -> tuple[int, bytes]:
        """As who has signed in. A Hold goes on as the console's own where his session has just ended."""
        path, secret = f"/api/commands/{command.value}", self._credentials.of_person
        status, body = await self._asked("POST", path, MAX_COMMAND_ANSWER_BYTES, secret=secret)
        again = self._credentials.of_console
        if status == httpx.codes.UNAUTHORIZED and command is Command.HOLD and again != secret:
            status, body = await self._asked("POST", path, MAX_COMMAND_ANSWER_BYTES, secret=again)
        return status, body

    async def _ask(self, request: Request) -> None:
        answer = await self._answer(request)
        # what a screen reads by itself calls nobody: a console that is not known would do so again and again
        other = needs_person(answer.coded) and not (request.own_proof or request.reads)
        (self.person_needed if other else self.answered).emit(answer)

    async def _answer(self, request: Request, *, secret: str | None = None) -> Answer:
        """What becomes of a request, sent with what the console proves itself by, or with ``secret``."""
        answer = Answer(request=request, problem=AskProblem.BAD_ANSWER)
        if secret is None:
            by_itself = request.reads or request.own_proof
            secret = self._credentials.of_console if by_itself else self._credentials.of_person
        try:
            async with asyncio.timeout(request.timeout_s):
                status, body = await self._asked(
                    request.method, request.path, request.most_bytes, body=request.body, secret=secret
                )
            return await seen(answer_to(request, status, body))
        except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout):
            return replace(answer, problem=AskProblem.TIMEOUT)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return replace(answer, problem=AskProblem.UNREACHABLE)
        except (httpx.HTTPError, ValueError):
            return answer  # the request went out, so it may have been carried out: the answer is missing

    async def _fetch_picture(self, sha256: str) -> None:
        self.picture_done.emit(await fetched(sha256, self._asked))

    async def _asked(
        self,
        method: str,
        path: str,
        limit: int,
        *,
        secret: str | None = None,
        body: Mapping[str, object] | None = None,
    ) -> tuple[int, bytes]:
        """The answer's status and body as they came over the wire: nothing is unpacked, which might swell.

        Raises:
            httpx.HTTPError: No answer, or half of one.
            TooLargeError: It is longer than ``limit`` bytes; no more of it was read.
        """
        assert self._http is not None
        came = bytearray()
        secret = self._credentials.of_console if secret is None else secret
        async with self._http.stream(method, path, json=body, headers=bearer(secret)) as answer:
            async for piece in answer.aiter_raw():
                came += piece
                if len(came) > limit:
                    raise TooLargeError(f"more than {limit} bytes")
        if answer.status_code == httpx.codes.UNAUTHORIZED and self._credentials.drop(secret):
            self.session_ended.emit(say(Code.CREDENTIAL_UNKNOWN).coded)
        return answer.status_code, bytes(came)


async def _spoken(stream: ClientConnection) -> AsyncIterator[str | bytes]:
    """What an engine says for as long as it speaks. Raises TimeoutError when it falls silent."""
    while True:
        async with asyncio.timeout(SILENCE_LIMIT_S):
            message = await stream.recv()
        yield message
