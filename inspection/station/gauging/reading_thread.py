"""The thread that reads a recipe's gauges while the model looks at the part.

Reading is pure geometry, bounded by the size of its pictures, but no bound is trusted with the line: what is
not read by the part's deadline is unreadable, and what goes on behind it is a straggler, as in judging. While
there is one, the thread is given no other part's gauges, and the station takes no part. A reader that hangs
would so stop the line: after some seconds it is left to itself and another thread takes over, a few times.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from inspection.alarms.catalogue import AlarmCode
from inspection.decision import GaugeReading
from inspection.gauges.reading_all import read as read_any
from inspection.instruments.reading import Unreadable
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.part import Frame
from inspection.ports import Clock
from inspection.recipe import Recipe
from inspection.station.gauging.likeness import likeness_of
from inspection.station.gauging.reading import GaugeReader, Read, unread
from inspection.station.recording.lone_thread import LoneThread
from inspection.station.waiting import Stragglers, done_within

log = structlog.get_logger(__name__)

_GIVE_UP_S: Final = 5.0
"""So long, in s, late reading is waited for."""
_MOST_GIVEN_UP: Final = 2
"""Threads that may hang beside the one at work. What hangs then stops the line, as each takes computing time
from it."""
_WARM_UP_NS: Final = 5_000_000_000
"""How long a station waits at its start for readers to make themselves ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugesRead:
    """What was read of one part."""

    readings: tuple[GaugeReading, ...] = ()
    """One of each gauge that the recipe describes, in its order."""
    took_ms: float | None = None
    """How long that took; None where there was nothing to read."""


NOTHING_TO_READ: Final = GaugesRead()
"""Of a recipe without gauges, or with none that says how it is read."""


@dataclass(slots=True)
class GaugesUnderWay:
    """The gauges of one part, while they are read."""

    began_ns: int
    read: list[GaugeReading] = field(default_factory=list)
    """Those that are read, in the recipe's order; the thread adds to it."""
    work: "asyncio.Future[int] | None" = None
    """When the thread had done, on the monotonic clock; None where it was given nothing."""


class GaugeThread:
    """Reads the gauges of one recipe. Lives in the event loop; its thread starts with the first gauge.

    Args:
        recipe: The active recipe.
        clock: Time.
        alarm: Told where gauges are late.
        well: Told where they are in time again.
        on_free: Called when reading that was late has come back.
        read: Reads one gauge.
    """

    def __init__(
        self,
        recipe: Recipe,
        clock: Clock,
        *,
        alarm: Callable[[AlarmCode, str], None],
        well: Callable[[AlarmCode], None],
        on_free: Callable[[], None],
        read: Read = read_any,
    ) -> None:
        self._reader = GaugeReader(recipe, read=read)
        self._described = self._reader.described
        self._clock = clock
        self._alarm = alarm
        self._well = well
        self._read = read
        self._thread = LoneThread("gauges", monotonic_ns=clock.monotonic_ns)
        self._late = Stragglers(clock, on_free=on_free)
        self._given_up = 0
        """Threads that were left to themselves; the alarm stays from the first one on."""
        self._watching: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """The thread is still at work on a part that is late."""
        return bool(self._late)

    def close(self) -> None:
        """Let go of the thread; does not wait for what hangs."""
        for watch in self._watching:
            watch.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def prepare(self) -> None:
        """Read each gauge once as it is described, so that the first part takes no longer than any other.

        What fails or takes too long there says nothing of parts; the latter is late work all the same.
        """
        if not self._described:
            return
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._warm_up)
        try:
            await self._late.before(self._clock.monotonic_ns() + _WARM_UP_NS, work)
        except TimeoutError:
            self._watch(work)
        except Exception as error:
            log.warning("the gauges' readers did not warm up", exc_info=error)

    def _warm_up(self) -> int:
        for spec, what in self._described:
            self._read(*likeness_of(spec, what))
        return self._clock.monotonic_ns()

    def begin(self, frames: Mapping[str, Sequence[Frame]], *, deadline_ns: int) -> GaugesUnderWay:
        """Begin to read the gauges of the next part; see ``read_by`` for what comes of it.

        Args:
            frames: The pictures of each view, in the order in which they were taken.
            deadline_ns: The part's, on the monotonic clock: no gauge is begun after it.
        """
        under_way = GaugesUnderWay(began_ns=self._clock.monotonic_ns())
        if self._described and not self.busy:
            under_way.work = asyncio.get_running_loop().run_in_executor(
                self._thread, self._read_all, frames, deadline_ns, under_way.read
            )
        return under_way

    async def read_by(self, deadline_ns: int, under_way: GaugesUnderWay) -> GaugesRead:
        """What was read by the deadline. Never raises: what was not read is unreadable, and says why.

        Args:
            deadline_ns: The part's, on the monotonic clock.
            under_way: What ``begin`` gave for it.
        """
        if not self._described:
            return NOTHING_TO_READ
        ended_ns, why = self._clock.monotonic_ns(), Unreadable.LATE
        if under_way.work is not None:
            try:
                ended_ns = await self._late.before(deadline_ns, under_way.work)
            except TimeoutError:
                ended_ns = self._clock.monotonic_ns()
                self._watch(under_way.work)
            except Exception:  # beside the readers, whose own failures cost one gauge each
                log.exception("reading gauges failed")
                why = Unreadable.FAILED
        readings = tuple(under_way.read)  # what the thread adds from here on is late
        readings += tuple(unread(spec, why) for spec, _ in self._described[len(readings) :])
        if late := [one.name for one in readings if one.reason is Unreadable.LATE]:
            self._alarm(AlarmCode.GAUGES_LATE, say(Code.GAUGES_LATE, gauges=", ".join(late)))
        elif not self._given_up:
            self._well(AlarmCode.GAUGES_LATE)
        return GaugesRead(readings=readings, took_ms=(ended_ns - under_way.began_ns) / 1e6)

    def _watch(self, late: "asyncio.Future[int]") -> None:
        watch = asyncio.create_task(self._leave_if_hung(late), name="gauges-late")
        self._watching.add(watch)
        watch.add_done_callback(self._watching.discard)

    async def _leave_if_hung(self, work: "asyncio.Future[int]") -> None:
        """Have another thread take over from one that does not come back."""
        if await done_within(_GIVE_UP_S, work, self._clock) or self._given_up >= _MOST_GIVEN_UP:
            return
        self._given_up += 1
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._thread = LoneThread("gauges", monotonic_ns=self._clock.monotonic_ns)
        log.error(
            "a gauge's reader hangs and is left to itself", given_up=self._given_up, most=_MOST_GIVEN_UP
        )
        self._alarm(AlarmCode.GAUGES_LATE, say(Code.GAUGE_READER_HANGS))
        self._late.give_up(work)

    def _read_all(
        self, frames: Mapping[str, Sequence[Frame]], deadline_ns: int, read: list[GaugeReading]
    ) -> int:
        """Read one gauge after the other into ``read``, until the deadline; when that was. In the thread."""
        readings = self._reader.readings(frames)
        while self._clock.monotonic_ns() < deadline_ns:
            reading = next(readings, None)
            if reading is None:
                break
            read.append(reading)
        return self._clock.monotonic_ns()
