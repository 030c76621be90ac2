"""The station's hand on the picture archive, in a thread of its own: its disk never holds up the record.

The archive is often on another disk than the record, or on a network share; either may be slow or hang. So
pictures are kept, and old ones deleted, by another thread than the record's, one after the other. A part
waits for its own picture, until its deadline, and the record for none; what is kept later joins the part's
record later. ``MOST_WAITING`` pictures may wait for the disk, which bounds the memory; one more is refused at
once: its part goes to a person, and its record says why.
"""

import asyncio
from typing import Final

import structlog

from inspection.errors import StoreError
from inspection.messages.codes import Code
from inspection.part import Frame
from inspection.ports import Clock, InRecord, Store
from inspection.station.recording.lone_thread import LoneThread

log = structlog.get_logger(__name__)

SILENT_S: Final = 2.0
"""How long, in s, one picture may take, or one stretch of deleting old ones. Then the disk may be dead."""

MOST_WAITING: Final = 8
"""How many pictures wait for the disk, at most, with the one that is being written."""


class PictureKeeper:
    """Owns the pictures' thread. Lives in the event loop.

    Args:
        store: Has the archive.
        clock: Time.
        in_record: Where what the archive asks of the record is called.
    """

    def __init__(self, store: Store, clock: Clock, in_record: InRecord) -> None:
        self._store = store
        self._in_record = in_record
        self._thread = LoneThread("pictures", monotonic_ns=clock.monotonic_ns)
        self._waiting = 0

    @property
    def silent_s(self) -> float:
        """For how long, in s, the disk has not answered; 0 up to ``SILENT_S``."""
        busy_s = self._thread.busy_s
        return busy_s if busy_s >= SILENT_S else 0.0

    async def prepare(self) -> None:
        """Make the archive ready, so that no part has to wait for that. Raises StoreError."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._store.prepare_pictures)

    async def keep(self, frame: Frame) -> str:
        """Keep a picture, durable on return; returns its SHA-256.

        Raises:
            StoreError: The archive does not take it, or too many wait for the disk already.
        """
        if self._waiting >= MOST_WAITING:
            raise StoreError(
                f"{self._waiting} pictures wait for their disk already",
                part="this one is not kept, and its part goes to manual review",
                todo="check the disk of the pictures",
                code=Code.PICTURES_WAIT,
                params={"waiting": self._waiting},
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, self._store.archive_picture, frame
            )
        finally:
            self._waiting -= 1

    async def retire(self) -> None:
        """Let the store delete old pictures, for some milliseconds. Raises StoreError."""
        await asyncio.get_running_loop().run_in_executor(
            self._thread, self._store.retire_pictures, self._in_record
        )

    def close(self) -> None:
        """End the thread without waiting for it; what is not kept yet is in the log alone."""
        if self._waiting:
            log.error("pictures not kept at the end", pictures=self._waiting)
        self._thread.shutdown(wait=False, cancel_futures=True)
