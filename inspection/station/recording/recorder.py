"""The station's hand on the store: durable or refused, in order, off the event loop.

What the store refuses, a part's revision or an event, is kept in memory and tried again, in order, until it
is durable; as long as there is any, ``behind`` is true and the station takes no part. So the backlog of parts
is bounded by those that were open when the store failed; that of events by ``MOST_EVENTS``, beyond which one
is refused and not kept. An event whose writing failed half way may come on record twice, never out of order.

The archive's pictures have a hand and a thread of their own, ``pictures``; nothing here waits for them.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import replace
from datetime import datetime
from typing import Final, ParamSpec, TypeVar

import structlog

from inspection.errors import RecordRefusedError, StoreError
from inspection.events import Event, EventKind
from inspection.line_events import KnownPart
from inspection.messages.codes import Code
from inspection.part import Inspection
from inspection.ports import Clock, Store, StoreHealth
from inspection.station.recording.lone_thread import LoneThread
from inspection.station.recording.picture_keeper import PictureKeeper
from inspection.station.waiting import done_within
from inspection.status import Alarm, Counts

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger(__name__)

RETRY_S: Final = 1.0
"""How long, in s, the recorder waits before it tries again what the store refused."""

SILENT_S: Final = 2.0
"""How long, in s, one call of the store may take. Beyond that its disk may be dead, and people are told."""

ANSWER_S: Final = 1.0
"""How long, in s, the pictures' thread waits for what it asks of the record: less than ``SILENT_S``, so that
waiting for the record is never taken for a silent disk of pictures."""

END_S: Final = 5.0
"""How long, in s, the end of the program waits for the store. Then what is not on record is logged, and the
process ends."""

MOST_EVENTS: Final = 256
"""How many events wait in memory, at most, while neither database nor spool takes them."""


class Recorder:
    """Owns the record's thread. Lives in the event loop."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._thread = LoneThread("store", monotonic_ns=clock.monotonic_ns)
        self.pictures = PictureKeeper(store, clock, self._in_record)
        """Keeps the parts' pictures, and deletes old ones."""
        self._backlog: deque[Inspection | Event] = deque()
        self._order = asyncio.Lock()
        self._writing: Inspection | Event | None = None
        """What the thread is at; whoever asked for it may have gone away meanwhile."""
        self._retry: asyncio.Task[None] | None = None
        self._current = asyncio.Event()
        self._current.set()

    @property
    def behind(self) -> bool:
        """Something that happened is not durable, and waits for the store or was not answered in time."""
        return bool(self._backlog) or self.silent_s > 0.0

    @property
    def silent_s(self) -> float:
        """For how long, in s, the store has not answered a call, whichever it is; 0 up to ``SILENT_S``."""
        busy_s = self._thread.busy_s
        return busy_s if busy_s >= SILENT_S else 0.0

    def health(self) -> StoreHealth:
        """The store's own word on its state, and whether it and the disk of the pictures answer."""
        return replace(self._store.health(), silent_s=self.silent_s, pictures_silent_s=self.pictures.silent_s)

    async def open(self) -> None:
        """Open the store.

        A disk of pictures that does not answer within ``END_S`` keeps no station from starting: parts go to
        manual review until it does.

        Raises:
            StoreError: The record cannot be opened, or the archive not be made.
        """
        await self._call(self._store.open)
        preparing = asyncio.create_task(self.pictures.prepare(), name="pictures-prepare")
        if await done_within(END_S, preparing, self._clock):
            preparing.result()
        else:
            log.error("the disk of the pictures does not answer", waited_s=END_S)
            preparing.add_done_callback(_seen)

    async def resume(self) -> tuple[list[Inspection], KnownPart | None]:
        """What a restarted station must know: the parts without an outcome, and the last trigger."""
        open_parts = await self._call(self._store.open_inspections)
        return open_parts, await self._call(self._store.last_part)

    async def recent(self, limit: int) -> list[Inspection]:
        """The last parts on record, newest first."""
        return await self._call(self._store.recent, limit)

    async def counts_since(self, since: datetime) -> Counts:
        """Parts on record whose trigger was seen since then. Raises StoreError."""
        return await self._call(self._store.counts_since, since)

    async def caught_up(self) -> None:
        """Return once all that was appended is durable."""
        await self._current.wait()

    async def append(self, inspection: Inspection) -> None:
        """Make one revision durable.

        Raises:
            RecordRefusedError: It contradicts the record. It is not tried again.
            StoreError: It is not durable yet; it is tried again, in order, until it is.
        """
        await self._write(inspection, part="the part is not released")

    async def note(self, event: Event, *, retry: bool = True) -> None:
        """Make an event durable, behind all that was appended and noted before it.

        What was ordered must not be taken back because the disk fails: obey the stricter order all the same,
        and say that it is not on record yet. What is milder is worth nothing later: it is not kept for that.

        Args:
            event: What was done.
            retry: Where the store refuses it, keep it and try again.

        Raises:
            RecordRefusedError: It cannot be kept. It is not tried again.
            StoreError: It is not durable yet; it is tried again, in order, until it is. With ``MOST_EVENTS``
                waiting it is refused for good.
        """
        if sum(isinstance(waiting, Event) for waiting in self._backlog) >= MOST_EVENTS:
            raise RecordRefusedError(
                f"{MOST_EVENTS} events wait for the store",
                part="this one is not on record; the line takes no part",
                todo="check the disk",
            )
        await self._write(event, part="the line takes no part until it is on record", keep=retry)

    async def last_event(self, kinds: frozenset[EventKind]) -> Event | None:
        """The newest event of any of ``kinds``; None where there is none. What waits in memory counts."""
        async with self._order:
            for waiting in reversed(self._backlog):
                if isinstance(waiting, Event) and waiting.kind in kinds:
                    return waiting
            return await self._call(self._store.last_event, kinds)

    async def alarms_that_stood(self) -> list[Alarm]:
        """The alarms that stood when the last run ended, oldest first; parts are worth more than these."""
        try:
            return await self._call(self._store.alarms_that_stood)
        except StoreError as error:
            log.warning("the list of alarms begins anew", error=str(error))
            return []

    async def heard_beside(self, kinds: frozenset[EventKind]) -> Event | None:
        """The newest event of any of ``kinds``, whoever wrote it. Raises StoreError."""
        return await self._call(self._store.heard_beside, kinds)

    async def maintain(self) -> None:
        """Let the store do the record's housekeeping. Raises StoreError."""
        await self._call(self._store.maintain)

    async def close(self) -> None:
        """Try the backlog once more, then close the store and end the thread, within ``END_S``.

        Raises:
            StoreError: Not all is on record, or the store does not answer. The log says what is not on
                record; what hangs does not keep the process from ending.
        """
        if self._retry is not None:
            self._retry.cancel()
        self.pictures.close()
        ending = asyncio.create_task(self._end(), name="store-end")
        try:
            if not await done_within(END_S, ending, self._clock):
                raise StoreError(
                    f"the record did not answer within {END_S:.0f} s of the end",
                    part="what is not on record is in the log; its parts are not released",
                    todo="check the disk of the record",
                )
            ending.result()
        finally:
            ending.cancel()
            self._thread.shutdown(wait=False, cancel_futures=True)
            lost = [*([self._writing] if self._writing is not None else []), *self._backlog]
            for record in dict.fromkeys(map(_named, lost)):
                log.error("not on record at the end", record=record)

    async def _end(self) -> None:
        trouble: StoreError | None = None
        async with self._order:
            while self._backlog:
                try:
                    await self._in_thread(self._backlog[0])
                except RecordRefusedError as error:
                    log.warning("record refused", error=str(error))
                except StoreError as error:
                    trouble = error
                    break
                self._backlog.popleft()
            await self._call(self._store.close)
        if trouble is not None:
            raise trouble

    async def _write(self, record: Inspection | Event, *, part: str, keep: bool = True) -> None:
        async with self._order:
            if self._backlog:
                if keep:
                    self._backlog.append(record)
                raise StoreError(
                    f"{len(self._backlog)} records wait for the store",
                    part=part,
                    todo="check the disk; the line goes on by itself once the records are written",
                    code=Code.RECORDS_WAIT,
                    params={"waiting": len(self._backlog)},
                )
            try:
                await self._in_thread(record)
            except RecordRefusedError:
                raise
            except StoreError:
                if not keep:
                    raise
                self._backlog.append(record)
                self._current.clear()
                self._retry = asyncio.create_task(self._drain(), name="store-retry")
                raise

    async def _in_thread(self, record: Inspection | Event) -> None:
        try:
            await self._call(self._write_now, record)
        except StoreError:
            raise
        except Exception as error:  # a bug of the store must not lose the record: it waits like any other
            log.exception("the store failed", record=str(record)[:200])
            raise StoreError(
                f"internal error of the store: {error!r}",
                part="the part is not released",
                todo="tell the maker; the line takes no part until the record is written",
            ) from error

    async def _call(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Have the store do something in the record's thread."""
        return await asyncio.wrap_future(self._thread.submit(call, *args, **kwargs))

    def _in_record(self, call: Callable[[], T], /) -> T:
        """See ``InRecord``; in the pictures' thread."""
        try:
            asked = self._thread.submit(call)
        except RuntimeError as error:
            raise StoreError("Old pictures are not deleted now: the station ends") from error
        try:
            return asked.result(ANSWER_S)
        except (TimeoutError, CancelledError) as error:
            asked.cancel()  # or it would be answered when nobody deletes on the word of it any more
            raise StoreError(
                "Old pictures are not deleted now: the record does not answer",
                todo="Check the disk of the record",
            ) from error

    def _write_now(self, record: Inspection | Event) -> None:
        """In the store's thread."""
        self._writing = record
        try:
            if isinstance(record, Event):
                self._store.note(record)
            else:
                self._store.append(record)
        finally:
            self._writing = None

    async def _drain(self) -> None:
        while self._backlog:
            await self._clock.sleep(RETRY_S)
            async with self._order:
                while self._backlog:
                    try:
                        await self._in_thread(self._backlog[0])
                    except RecordRefusedError as error:
                        log.warning("record refused", error=str(error))
                    except StoreError:
                        break
                    self._backlog.popleft()
        self._current.set()


def _seen(task: "asyncio.Task[None]") -> None:
    """Whoever deletes old pictures tries again, and says what fails."""
    if not task.cancelled():
        task.exception()


def _named(record: Inspection | Event) -> str:
    """What a person looks for in the log."""
    if isinstance(record, Event):
        return f"{record.kind} by {record.by} at {record.at.isoformat()}"
    trigger = record.trigger
    return f"part {trigger.part_id}, trigger {trigger.seq}, revision {record.revision}"
