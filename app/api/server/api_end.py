"""The API process's end: what the engine told last, and questions to it, however many clients ask the same.

One question of a kind is on its way at a time. Clients that come meanwhile share the next one, so what each
is told was true after it asked, and the engine's work does not grow with their number.
"""

import asyncio
from collections import OrderedDict
from typing import Final

from app.api.channel import Channel, ChannelClosedError, Kind
from app.api.messages import Asked, Failure, Question
from app.api.sessions import CallersTold
from inspection.access.rights import Right
from inspection.messages.codes import Code
from inspection.messages.telling import say

ALIVE_EVERY_S: Final = 1.0
ANSWER_TIMEOUT_S: Final = 5.0
ROWS: Final = 500
"""Parts of the record that are kept to be shown, the newest."""
REPORT_TIMEOUT_S: Final = 75.0
"""How long a client waits for a report: the engine gives it up before."""
SIGN_IN_TIMEOUT_S: Final = 30.0
"""How long a client waits for a sign-in, where others are being looked at before."""
REPORTS_ASKED: Final = 4
"""Different reports that clients wait for at a time; more are refused."""


class NoAnswerError(Exception):
    """The engine answers with a failure, or not at all."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.detail)


class ApiEnd:
    """Lives in the API process's event loop.

    Args:
        channel: To the engine.
        answer_timeout_s: How long a client waits for the engine.
    """

    def __init__(self, channel: Channel, *, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._channel = channel
        self._answer_timeout_s = answer_timeout_s
        self._rows: OrderedDict[bytes, bytes] = OrderedDict()
        """Parts on record as JSON by id, oldest first."""
        self._listing: dict[int, bytes] = {}
        """The history as it was asked for last, by its length; emptied when a row changes."""
        self.callers = CallersTold()
        """Who is let in, as the engine told last."""
        self._callers_told = asyncio.Event()
        self._status = b""
        self._told = 0
        self._news = asyncio.Event()
        self._number = 0
        self._asked: dict[int, asyncio.Future[bytes]] = {}
        self._next: dict[tuple[Question, str], asyncio.Task[bytes]] = {}
        self._turns = {what: asyncio.Lock() for what in Question}

    async def listen(self) -> None:
        """Take in what the engine tells, and let it know that we live, until it is gone."""
        living = asyncio.create_task(self._live(), name="alive")
        try:
            while True:
                kind, number, payload = await self._channel.receive()
                match kind:
                    case Kind.STATUS:
                        self._status, self._told = payload, self._told + 1
                        self._news.set()
                        self._news = asyncio.Event()
                    case Kind.CALLERS:
                        self.callers = CallersTold.model_validate_json(payload)
                        self._callers_told.set()
                    case Kind.ROW:
                        self._keep(*payload.split(b"\n", 1))
                    case Kind.ANSWER | Kind.FAILURE:
                        self._settle(number, payload, failed=kind is Kind.FAILURE)
                    case Kind.QUESTION | Kind.ALIVE:
                        raise ChannelClosedError("the engine asks")
        except ChannelClosedError:
            return
        finally:
            living.cancel()
            self._channel.close()

    async def _live(self) -> None:
        while True:
            self._channel.send(Kind.ALIVE, b"")
            await asyncio.sleep(ALIVE_EVERY_S)

    def _keep(self, part: bytes, row: bytes) -> None:
        self._rows[part] = row
        if len(self._rows) > ROWS:
            self._rows.popitem(last=False)
        self._listing.clear()

    def _settle(self, number: int, payload: bytes, *, failed: bool) -> None:
        waiting = self._asked.pop(number, None)
        if waiting is None or waiting.done():
            return  # nobody waits for it any more
        if failed:
            waiting.set_exception(NoAnswerError(Failure.model_validate_json(payload)))
        else:
            waiting.set_result(payload)

    # --- for clients ----------------------------------------------------------------------------------

    async def status_after(self, seen: int) -> tuple[int, bytes]:
        """The newest state, once there is one newer than number ``seen``; 0 for any. JSON."""
        while self._told <= seen:
            await self._news.wait()
        return self._told, self._status

    async def history(self, limit: int) -> bytes:
        """The last parts on record, newest first, as a JSON list; one and the same for all who ask.

        Raises:
            NoAnswerError: The engine does not answer.
        """
        await self.ask(Question.HISTORY)
        if limit not in self._listing:
            rows = list(self._rows.values())[-limit:]
            self._listing[limit] = b"[" + b",".join(reversed(rows)) + b"]"
        return self._listing[limit]

    async def report(self, argument: str) -> bytes:
        """A shift report, shared with everybody who asked for the same. Raises NoAnswerError."""
        key = Question.REPORT, argument
        if key not in self._next and sum(what is Question.REPORT for what, _ in self._next) >= REPORTS_ASKED:
            raise NoAnswerError(_TOO_MANY)
        return await self._shared(key, REPORT_TIMEOUT_S)

    async def ask(self, what: Question, argument: str = "") -> bytes:
        """The engine's answer, shared with everybody who asked the same. Raises NoAnswerError."""
        return await self._shared((what, argument), self._answer_timeout_s)

    async def _shared(self, key: tuple[Question, str], timeout_s: float) -> bytes:
        turn = self._next.get(key)
        if turn is None:
            turn = self._next[key] = asyncio.create_task(self._turn(key, timeout_s))
            turn.add_done_callback(_heard)
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(turn)
        except TimeoutError as error:
            raise NoAnswerError(_SILENT) from error

    async def order(
        self, command: str, *, by: str, what: Question = Question.COMMAND, timeout_s: float | None = None
    ) -> bytes:
        """Have the engine do something; shared with nobody. Raises NoAnswerError."""
        asked = Asked(what=what, argument=command, by=by)
        return await self._exchange(asked, timeout_s or self._answer_timeout_s, silent=_UNSURE)

    async def know_callers(self) -> None:
        """Wait until the engine has told who is let in. Raises NoAnswerError."""
        if not self._callers_told.is_set():
            try:
                async with asyncio.timeout(self._answer_timeout_s):
                    await self._callers_told.wait()
            except TimeoutError as error:
                raise NoAnswerError(_SILENT) from error

    async def admit(self, credential: str, right: Right, *, client: str) -> str:
        """Who somebody is, in words for the record, where the engine lets him. Raises NoAnswerError."""
        asked = Asked(what=Question.ADMIT, argument=right.word, by=client, credential=credential)
        return (await self._exchange(asked, self._answer_timeout_s)).decode()

    async def sign_in(self, argument: str, *, client: str) -> bytes:
        """A session, as JSON. Raises NoAnswerError."""
        asked = Asked(what=Question.SIGN_IN, argument=argument, by=client)
        return await self._exchange(asked, SIGN_IN_TIMEOUT_S)

    async def sign_out(self, credential: str) -> None:
        """End a session. Raises NoAnswerError."""
        await self._exchange(Asked(what=Question.SIGN_OUT, credential=credential), self._answer_timeout_s)

    def seen(self, credential: str) -> None:
        """Let the engine know that a session is in use; nothing is answered to anybody."""
        asked = Asked(what=Question.SEEN, credential=credential)
        self._channel.send(Kind.QUESTION, asked.model_dump_json().encode())

    async def _turn(self, key: tuple[Question, str], timeout_s: float) -> bytes:
        what, argument = key
        async with self._turns[what]:
            del self._next[key]  # who comes now is told what is true after this
            return await self._exchange(Asked(what=what, argument=argument), timeout_s)

    async def _exchange(self, asked: Asked, timeout_s: float, silent: Failure | None = None) -> bytes:
        self._number = self._number % 0xFFFFFFFF + 1
        number = self._number
        waiting = self._asked[number] = asyncio.get_running_loop().create_future()
        self._channel.send(Kind.QUESTION, asked.model_dump_json().encode(), number=number)
        try:
            async with asyncio.timeout(timeout_s):
                answer: bytes = await waiting
                return answer
        except TimeoutError as error:
            raise NoAnswerError(silent or _SILENT) from error
        finally:
            self._asked.pop(number, None)


_SILENT: Final = Failure.saying(503, say(Code.ENGINE_SILENT))

_TOO_MANY: Final = Failure.saying(503, say(Code.TOO_MANY_QUESTIONS))

_UNSURE: Final = Failure.saying(504, say(Code.COMMAND_UNSURE))


def _heard(turn: "asyncio.Task[bytes]") -> None:
    """Whoever asked may have gone: a failure that nobody hears is none to be logged."""
    if not turn.cancelled():
        turn.exception()
