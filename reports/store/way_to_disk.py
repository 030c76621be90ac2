"""The way of a record to the disk: the database first, the spool when it refuses, and in order.

While the database is away, records go to the spool; as long as any wait there the order is kept, and nothing
overtakes them into the database. Whoever adds a record tries, once in ``retry_s``, to drain the spool first.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from inspection.errors import StoreError
from inspection.messages.codes import Code
from inspection.messages.telling import said_as
from inspection.ports import StoreHealth
from reports.database.database import Database, DatabaseUnavailableError
from reports.record.entry import Entry
from reports.settings import StoreSettings
from reports.store.spool import Spool

DRAIN_BATCH = 64
"""Records drained in one transaction: about 60 ms, which an append has to wait."""

SPOOL_RESERVE_BYTES = 64 << 10
"""With less room in the spool no further part is taken: those on the belt must still be closed."""


class WayToDisk:
    """Database and spool seen as one place for records, and how the two are doing. Used by one thread.

    Args:
        settings: Where both lie.
        monotonic_ns: The monotonic clock, ns.
    """

    def __init__(self, settings: StoreSettings, *, monotonic_ns: Callable[[], int]) -> None:
        self._settings = settings
        self._monotonic_ns = monotonic_ns
        self.database = Database(settings.url, busy_timeout_ms=settings.busy_timeout_ms)
        self._opened_spool: Spool | None = None
        self._failing = ""
        """Why the database takes nothing; empty while it works."""
        self._retry_ns = 0
        self._spool_failing = ""
        self._last_write_ns = 0

    # --- life -----------------------------------------------------------------------------------------

    def open(self, *, now: datetime) -> None:
        """Open database and spool. A database that can only be read now counts as failing, not as an error.

        Args:
            now: The wall clock, with time zone.

        Raises:
            StoreError: Database or spool cannot be used.
        """
        self._failing = self._spool_failing = ""
        refusal = self.database.open(now=now)
        self._opened_spool = Spool(self._settings.spool, limit_bytes=self._settings.spool_max_bytes)
        if refusal:
            self.degrade(DatabaseUnavailableError(refusal))

    def close(self) -> None:
        """Let go of both. May be called twice; what waits in the spool stays there, durable."""
        if self._opened_spool is not None:
            self._opened_spool.close()
            self._opened_spool = None
        self.database.close()

    @property
    def is_open(self) -> bool:
        """Whether records can be added."""
        return self._opened_spool is not None

    @property
    def spool(self) -> Spool:
        """The opened spool. Raises StoreError."""
        if self._opened_spool is None:
            raise StoreError("The store is not open", part="Nothing is recorded", todo="Open it first")
        return self._opened_spool

    # --- adding ---------------------------------------------------------------------------------------

    def add(self, entry: Entry) -> None:
        """Make ``entry`` durable, wherever it goes.

        Raises:
            RecordRefusedError: It contradicts what is on record.
            StoreError: Neither database nor spool took it.
        """
        if self.is_clear():
            try:
                self.to_database(entry)
                return
            except DatabaseUnavailableError as error:
                self.degrade(error)
        self.to_spool(entry)

    def is_clear(self) -> bool:
        """Whether the next record may go to the database: it works, and nothing waits in the spool.

        First drains one batch of the spool where that is due.
        """
        self.try_drain()
        return self.database_takes and not len(self.spool)

    def to_database(self, entry: Entry) -> bool:
        """Add ``entry`` to the database. Returns False where it was there already.

        Raises:
            RecordRefusedError: It contradicts what is on record.
            DatabaseUnavailableError: The database took nothing.
        """
        added = self.database.append((entry,))
        self._last_write_ns = self._monotonic_ns()
        return added > 0

    def to_spool(self, entry: Entry) -> None:
        """Add ``entry`` to the spool. Raises StoreError."""
        try:
            self.spool.append(entry)
        except StoreError as error:
            self._spool_failing = error.what_happened
            raise
        self._spool_failing = ""
        self._last_write_ns = self._monotonic_ns()

    # --- draining -------------------------------------------------------------------------------------

    def waiting(self) -> list[Entry]:
        """The entries that are not known to be in the database, oldest first. Raises StoreError."""
        return self.spool.batch(len(self.spool)) if len(self.spool) else []

    def all_in_database(self) -> None:
        """Raise DatabaseUnavailableError where the database does not have all that is on record."""
        if self._failing or len(self.spool):
            raise DatabaseUnavailableError(self._failing or "records wait in the spool")

    def drain_all(self) -> None:
        """Empty the spool, or degrade. Raises StoreError."""
        try:
            while len(self.spool) and not self._failing:
                self._drain()
        except DatabaseUnavailableError as error:
            self.degrade(error)

    def try_drain(self) -> None:
        """Drain one batch where the database may be asked again; ``database_takes`` then says how it is."""
        if self._failing and self._monotonic_ns() < self._retry_ns:
            return
        try:
            if len(self.spool):
                self._drain()
            elif self._failing:
                self.database.read(lambda connection: connection.scalar(select(1)))
            self._failing = self._spool_failing = ""
        except (DatabaseUnavailableError, StoreError) as error:
            self.degrade(error)

    def _drain(self) -> None:
        """Move one batch from the spool into the database, in order.

        Raises:
            StoreError: The spool is damaged, or the database contradicts it.
            DatabaseUnavailableError: The database took nothing; the spool is as it was.
        """
        entries = self.spool.batch(DRAIN_BATCH)
        self.database.append(entries)
        self.spool.drained(entries)

    # --- health ---------------------------------------------------------------------------------------

    @property
    def database_takes(self) -> bool:
        """Whether the database took what it was last given; False until it is asked again with success."""
        return not self._failing

    def degrade(self, error: Exception) -> None:
        """Take note that the database takes nothing, because of ``error``; ask it again in ``retry_s``."""
        self._failing = (
            error.what_happened if isinstance(error, StoreError) else said_as(str(error), Code.DATABASE_FAILS)
        )
        self._retry_ns = self._monotonic_ns() + round(self._settings.retry_s * 1e9)

    def health(self) -> StoreHealth:
        """How both are doing now."""
        degraded = bool(self._failing) or len(self.spool) > 0
        short = bool(self._spool_failing) or self.spool.room_bytes < SPOOL_RESERVE_BYTES
        return StoreHealth(
            degraded=degraded,
            full=degraded and short,
            spooled=len(self.spool),
            last_write_ns=self._last_write_ns,
            detail=self._spool_failing or self._failing,
        )
