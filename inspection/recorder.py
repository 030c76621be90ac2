"""The station's hand on the store: durable or refused, in order, off the event loop.

A revision that the store refuses is kept in memory and tried again, in order, until it is durable; as long
as there are any, ``behind`` is true and the station takes no part. So the backlog is bounded by the parts
that were open when the store failed.
"""

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import structlog

from inspection.errors import RecordRefusedError, StoreError
from inspection.part import Frame, Inspection
from inspection.ports import Clock, KnownPart, Store, StoreHealth

log = structlog.get_logger(__name__)

RETRY_S = 1.0


class Recorder:
    """Owns the store's thread. Lives in the event loop."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._backlog: deque[Inspection] = deque()
        self._order = asyncio.Lock()
        self._retry: asyncio.Task[None] | None = None
        self._current = asyncio.Event()
        self._current.set()

    @property
    def behind(self) -> bool:
        """Something that happened is not durable yet."""
        return bool(self._backlog)

    def health(self) -> StoreHealth:
        """The store's own word on its state."""
        return self._store.health()

    async def open(self) -> None:
        """Open the store. Raises StoreError."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._store.open)

    async def resume(self) -> tuple[list[Inspection], KnownPart | None]:
        """What a restarted station must know: the parts without an outcome, and the last trigger."""
        loop = asyncio.get_running_loop()
        open_parts = await loop.run_in_executor(self._thread, self._store.open_inspections)
        return open_parts, await loop.run_in_executor(self._thread, self._store.last_part)

    async def recent(self, limit: int) -> list[Inspection]:
        """The last parts on record, newest first."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._store.recent, limit)

    async def caught_up(self) -> None:
        """Return once all that was appended is durable."""
        await self._current.wait()

    async def append(self, inspection: Inspection) -> None:
        """Make one revision durable.

        Raises:
            RecordRefusedError: It contradicts the record. It is not tried again.
            StoreError: It is not durable yet; it is tried again, in order, until it is.
        """
        async with self._order:
            if self._backlog:
                self._backlog.append(inspection)
                raise StoreError(
                    f"{len(self._backlog)} records wait for the store",
                    part="the part is not released",
                    todo="check the disk; the line goes on by itself once the records are written",
                )
            try:
                await self._in_thread(inspection)
            except RecordRefusedError:
                raise
            except StoreError:
                self._backlog.append(inspection)
                self._current.clear()
                self._retry = asyncio.create_task(self._drain(), name="store-retry")
                raise

    async def archive(self, frame: Frame) -> str:
        """Keep a picture; returns its SHA-256. Raises StoreError."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._store.archive_picture, frame
        )

    async def maintain(self) -> None:
        """Let the store do its housekeeping. Raises StoreError."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._store.maintain)

    async def close(self) -> None:
        """Try the backlog once more, then close the store and end the thread."""
        if self._retry is not None:
            self._retry.cancel()
        loop = asyncio.get_running_loop()
        try:
            async with self._order:
                while self._backlog:
                    await self._in_thread(self._backlog[0])
                    self._backlog.popleft()
        finally:
            await loop.run_in_executor(self._thread, self._store.close)
            self._thread.shutdown(wait=False)

    async def _in_thread(self, inspection: Inspection) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._store.append, inspection)
        except StoreError:
            raise
        except Exception as error:  # a bug of the store must not lose the record: it waits like any other
            log.exception("the store failed", inspection=inspection.inspection_id)
            raise StoreError(
                f"internal error of the store: {error!r}",
                part="the part is not released",
                todo="tell the maker; the line takes no part until the record is written",
            ) from error

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
