"""The engine's end of the API: tells the station's state, and answers what the API process asks.

It lives in the line's event loop, so it takes little of it whatever is asked of it, by however many clients:
the state is made into bytes once for all of them and pushed, latest wins; a row of the record is made into
bytes once; and after each answer the loop is left alone for nine times as long as the answer took.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, TypeVar

import structlog
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.access.doors.doors import Doors
from app.api.channel import MOST_TOLD, Channel, ChannelClosedError, Kind
from app.api.engine.alarms_end import AlarmsEnd, AlarmsServed, alarm_lanes
from app.api.engine.cannot import CannotError
from app.api.engine.doors_end import DoorsEnd, lanes
from app.api.engine.lane import Lane, leave_alone
from app.api.engine.picture_levels import archived_png, camera_jpeg
from app.api.engine.reports_end import ReportsEnd, ReportsServed, report_lanes
from app.api.engine.reviews_end import ReviewsEnd, ReviewsServed, review_lanes
from app.api.messages import Asked, Failure, HealthReport, Question
from app.api.rate import Rate
from inspection.challenge.shown import ChallengeOrder
from inspection.errors import in_words
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.part import Frame, Inspection
from inspection.station.recording.lone_thread import LoneThread
from inspection.status import Command, StationStatus
from plc.diagnostics.diagnostics import LinkDiagnostics
from plc.diagnostics.register_image import RegisterImage
from plc.diagnostics.timeline import Handshake

PUSH_EVERY_S: Final = 0.1
"""A change is pushed at most so often …"""
PUSH_AT_LEAST_EVERY_S: Final = 1.0
"""… and the state, changed or not, at least so often: silence means that the engine is gone."""
SHARE: Final = 0.1
"""Of the event loop's time, at most, for answers."""
HISTORY: Final = 500
"""Parts that the API process knows, at most."""
ROWS_AT_ONCE: Final = 8
HUNG_S: Final = 20.0
"""The API process says once a second that it lives; it is the first to starve where processors are few."""
FILE_TIMEOUT_S: Final = 2.0
COMMANDS_PER_S: Final = 2.0
COMMANDS_AT_ONCE: Final = 10
FAULTS_LOGGED_PER_S: Final = 0.1
FAULTS_LOGGED_AT_ONCE: Final = 3

_HANDSHAKES: Final = TypeAdapter(tuple[Handshake, ...])

T = TypeVar("T")

log = structlog.get_logger(__name__)


class ServedLink(Protocol):
    """What the API needs of the link."""

    def registers(self) -> RegisterImage:
        """Both blocks by name, with their age."""

    def timeline(self) -> tuple[Handshake, ...]:
        """The last handshakes, newest first."""

    def diagnostics(self) -> LinkDiagnostics:
        """How the link does."""


class ServedStation(AlarmsServed, ReviewsServed, ReportsServed, Protocol):
    """What the API needs of the engine."""

    @property
    def doors(self) -> Doors:
        """Who is let in."""

    @property
    def link(self) -> ServedLink:
        """The link to the PLC."""

    def status(self) -> StationStatus:
        """The station at this moment."""

    def health(self) -> HealthReport:
        """Alive, and how large."""

    async def history(self, limit: int) -> list[Inspection]:
        """The last parts on record, newest first."""

    def picture_path(self, sha256: str) -> Path | None:
        """Where the archive keeps a picture; None where it does not."""


class EngineEnd:
    """One run of the API process, as the engine sees it.

    Args:
        engine: What is told of.
        channel: To the API process.
        monotonic_ns: The clock that frames are stamped by, ns.
        hung_s: The channel is given up where the API process says nothing for so long.
    """

    def __init__(
        self,
        engine: ServedStation,
        channel: Channel,
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        hung_s: float = HUNG_S,
    ) -> None:
        self._engine = engine
        self._channel = channel
        self._monotonic_ns = monotonic_ns
        self._hung_s = hung_s
        self._thread = LoneThread("api-files")  # the disk of the pictures may hang, and the engine must end
        self._rates = {command: Rate(COMMANDS_PER_S, burst=COMMANDS_AT_ONCE) for command in Command}
        """One each, so that a flood of one command leaves the others to people."""
        self._challenges = Rate(COMMANDS_PER_S, burst=COMMANDS_AT_ONCE)
        self._faults = Rate(FAULTS_LOGGED_PER_S, burst=FAULTS_LOGGED_AT_ONCE)
        self._told: dict[str, int] = {}
        """Revision of each part that the API process knows, by inspection id."""
        self._encoded: tuple[Frame, bytes] | None = None
        self._facts, self._pictures = Lane(self._answer, SHARE), Lane(self._answer, SHARE)
        self._orders = {command.value: Lane(self._answer, 1.0) for command in Command}
        """One each: a Start that waits for the disk keeps no Hold waiting."""
        self._challenge = Lane(self._answer, 1.0)
        self._doors = DoorsEnd(engine.doors)
        self._alarms = AlarmsEnd(engine)
        self._reviews = ReviewsEnd(engine)
        self._reports = ReportsEnd(engine)
        self._beside = {
            **lanes(self._answer),
            **alarm_lanes(self._answer),
            **review_lanes(self._answer),
            **report_lanes(self._answer),
        }
        self._callers_told = -1

    async def serve(self) -> None:
        """Until the API process is gone, or this is cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._push())
                others = (self._facts, self._pictures, self._challenge)
                for lane in {*others, *self._orders.values(), *self._beside.values()}:
                    group.create_task(lane.work())
                group.create_task(self._listen())
        except* ChannelClosedError as closed:
            log.warning("the API's channel is closed", why=str(closed.exceptions[0]))
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._reviews.close()
            self._channel.close()

    async def _listen(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._hung_s):
                    kind, number, payload = await self._channel.receive()
            except TimeoutError as error:
                raise ChannelClosedError(f"the API process hung for {self._hung_s:g} s") from error
            if kind is Kind.ALIVE:
                continue
            if kind is not Kind.QUESTION:
                raise ChannelClosedError(f"the API process sent {kind.name}")
            try:
                asked = Asked.model_validate_json(payload)
            except ValidationError as error:
                raise ChannelClosedError("what the API process asks is no question") from error
            if not self._lane(asked).take(number, asked):
                self._fail(number, Failure.saying(503, say(Code.TOO_MANY_QUESTIONS)))

    def _lane(self, asked: Asked) -> Lane:
        match asked.what:
            case Question.COMMAND:
                return self._orders.get(asked.argument, self._facts)
            case Question.CHALLENGE:
                return self._challenge
            case Question.CAMERA_PICTURE | Question.PICTURE_PATH | Question.PICTURE_IN_8_BITS:
                return self._pictures
            case _:
                return self._beside.get(asked.what, self._facts)

    async def _push(self) -> None:
        """The state, where it changed and the other side has taken the one before."""
        seen, waited_s = -1, 0.0
        while True:
            self._tell_callers()
            version = self._engine.station.version
            if (version != seen or waited_s >= PUSH_AT_LEAST_EVERY_S) and not self._channel.unsent:
                seen, waited_s = version, 0.0
                try:
                    self._channel.send(Kind.STATUS, _json(self._engine.status()))
                except Exception:  # clients see the state grow old; the line goes on
                    self._tell_fault("the API has no state to push")
            await asyncio.sleep(PUSH_EVERY_S)
            waited_s += PUSH_EVERY_S

    def _tell_callers(self) -> None:
        """Who is let in, where that changed."""
        if self._callers_told != self._doors.version:
            self._callers_told = self._doors.version
            self._channel.send(Kind.CALLERS, self._doors.told())

    # --- answers --------------------------------------------------------------------------------------

    async def _answer(self, number: int, asked: Asked) -> None:
        try:
            answer = await self._found(asked)
        except CannotError as cannot:
            self._fail(number, cannot.failure)
        except ChannelClosedError:
            raise
        except (
            Exception
        ) as error:  # a fault in an answer is the client's to hear of, not the line's to end by
            self._tell_fault(f"the API has no answer to {asked.what}")
            self._fail(number, Failure.saying(500, in_words(error)))
        else:
            self._channel.send(Kind.ANSWER, answer, number=number)
            await self._channel.room()

    def _tell_fault(self, what: str) -> None:
        if self._faults.allows():
            log.exception(what)

    def _fail(self, number: int, failure: Failure) -> None:
        self._channel.send(Kind.FAILURE, _json(failure), number=number)

    async def _found(self, asked: Asked) -> bytes:
        engine = self._engine
        match asked.what:
            case Question.STATE:
                return _json(engine.status())
            case Question.HEALTH:
                return _json(engine.health())
            case Question.HISTORY:
                return await self._tell_history()
            case Question.REGISTERS:
                return _json(engine.link.registers())
            case Question.TIMELINE:
                return _HANDSHAKES.dump_json(engine.link.timeline())
            case Question.DIAGNOSTICS:
                return _json(engine.link.diagnostics())
            case Question.CAMERA_PICTURE:
                return await self._camera_picture(asked.argument)
            case Question.PICTURE_PATH:
                return await self._picture_path(asked.argument)
            case Question.PICTURE_IN_8_BITS:
                return await self._picture_in_8_bits(asked.argument)
            case Question.COMMAND:
                return await self._command(asked)
            case Question.REPORT | Question.SHIFTS | Question.SIGN_REPORT:
                return await self._reports.answer(asked)
            case Question.CHALLENGE:
                return await self._challenged(asked)
            case Question.REVIEWS | Question.REVIEW | Question.REVIEW_PUT:
                return await self._reviews.answer(asked)
            case Question.ALARMS | Question.ALARM_HISTORY | Question.ALARM_ORDER:
                return await self._alarms.answer(asked)
            case Question.SIGN_IN | Question.SIGN_OUT | Question.SEEN | Question.ADMIT:
                answer = await self._doors.answer(asked)
                self._tell_callers()  # before the answer, which its client goes on by
                return answer

    async def _tell_history(self) -> bytes:
        """Send each row that the other side does not have, oldest first, a few at a time."""
        parts = await self._engine.history(HISTORY)
        news = [part for part in reversed(parts) if self._told.get(part.inspection_id) != part.revision]
        for first in range(0, len(news), ROWS_AT_ONCE):
            began_s = time.perf_counter()
            for part in news[first : first + ROWS_AT_ONCE]:
                row = part.model_dump_json().encode()
                self._channel.send(Kind.ROW, part.inspection_id.encode() + b"\n" + row)
            await self._channel.room()
            if first + ROWS_AT_ONCE < len(news):
                await leave_alone(began_s, SHARE)
        self._told = {part.inspection_id: part.revision for part in parts}
        return b""

    async def _camera_picture(self, name: str) -> bytes:
        """Its age in ms, a line feed, the JPEG; encoded once a frame, in a thread."""
        frame = self._engine.station.cameras.frames.get(name)
        if frame is None:
            raise CannotError(404, f"camera {name!r} is unknown or has taken no picture yet")
        rule = self._engine.station.recipe.levels.to_8_bits
        if self._encoded is None or self._encoded[0] is not frame:
            encoded = await self._in_thread(lambda: camera_jpeg(frame, rule))
            if encoded is None:
                raise CannotError(500, "the picture cannot be encoded")
            self._encoded = frame, encoded
        return f"{frame.age_ms(self._monotonic_ns()):.0f}\n".encode() + self._encoded[1]

    async def _picture_in_8_bits(self, sha256: str) -> bytes:
        path = Path((await self._picture_path(sha256)).decode())
        shown = await self._in_thread(lambda: archived_png(path))
        if len(shown) > MOST_TOLD:
            raise CannotError(501, "the picture is too large to be shown in 8 bits: ask with ?original=1")
        return shown

    async def _picture_path(self, sha256: str) -> bytes:
        path = await self._in_thread(lambda: self._engine.picture_path(sha256))
        if path is None:
            raise CannotError(404, "no such picture: not archived yet, or past its retention")
        return str(path.absolute()).encode()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(FILE_TIMEOUT_S):
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except TimeoutError as error:
            raise CannotError(503, f"the picture did not come within {FILE_TIMEOUT_S:g} s") from error

    async def _command(self, asked: Asked) -> bytes:
        try:
            command = Command(asked.argument)
        except ValueError as error:
            raise CannotError(422, f"{asked.argument!r} is no command") from error
        if not self._rates[command].allows():
            raise CannotError(429, say(Code.COMMAND_TOO_OFTEN, command=command))
        return _json(await self._engine.station.command(command, by=asked.by))

    async def _challenged(self, asked: Asked) -> bytes:
        try:
            order = ChallengeOrder(asked.argument)
        except ValueError as error:
            raise CannotError(422, f"{asked.argument!r} is no order for a challenge") from error
        if not self._challenges.allows():
            raise CannotError(429, say(Code.COMMAND_TOO_OFTEN, command=order))
        return _json(await self._engine.station.challenged(order, by=asked.by))


def _json(message: BaseModel) -> bytes:
    return message.model_dump_json().encode()
