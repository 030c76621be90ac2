"""The store: database first, spool when it refuses, and never an answer before the record is durable.

While the database is away, records go to the spool; as long as any wait there the order is kept, and nothing
overtakes them into the database. Appends (once in ``retry_s``) and ``maintain`` try to drain it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from inspection.decision import Action
from inspection.errors import RecordRefusedError, StoreError
from inspection.events import Event, EventKind
from inspection.files.atomic import make_folder_durable
from inspection.line_events import KnownPart
from inspection.part import Frame, Inspection
from inspection.ports import InRecord, StoreHealth
from inspection.status import Counts
from reports.database.database import Database, DatabaseUnavailableError, parse_url, sqlite_file
from reports.pictures.retention import RetentionReport, Standing, standing
from reports.record.audit import canonical_json
from reports.record.entry import Entry, EventEntry, PartEntry, digest
from reports.record.journal import Journal
from reports.record.journal import entry as event_entry
from reports.record.ledger import Ledger
from reports.settings import StoreSettings
from reports.store.lock import WriterLock
from reports.store.pictures import NO_ROOM, Pictures, at_once
from reports.store.spool import Spool
from reports.store.taking_up import latest_revision, take_up
from reports.store.tally import tally

__all__ = ["SqlStore", "StoreSettings"]

DRAIN_BATCH = 64
"""Records drained in one transaction: about 60 ms, which an append has to wait."""

SPOOL_RESERVE_BYTES = 32 << 10
"""With less room in the spool no further part is taken: those on the belt must still be closed."""


class SqlStore:
    """Implements ``inspection.ports.Store`` on SQLite or PostgreSQL.

    Calls come from two threads, as ``Store`` says, ``health`` and ``picture_path`` from any; ``open`` is the
    first.

    Args:
        settings: Where the record lies.
        monotonic_ns: The monotonic clock, ns.
        now: The wall clock, for the age of pictures.
    """

    def __init__(
        self,
        settings: StoreSettings,
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._monotonic_ns = monotonic_ns
        self._now = now
        self._database = Database(settings.url, busy_timeout_ms=settings.busy_timeout_ms)
        self._ledger = Ledger()
        self._journal = Journal()
        self._pictures = Pictures(settings, self, monotonic_ns=monotonic_ns)
        self._locks: list[WriterLock] = []
        self._opened_spool: Spool | None = None
        self._failing = ""
        """Why the database takes nothing; empty while it works."""
        self._retry_ns = 0
        self._spool_failing = ""
        self._said = False
        """Where the spool lies is said beside the record."""
        self._last_write_ns = 0
        self._health = StoreHealth(detail="not open")

    # --- life -----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Become the one writer, bring the schema up to date, drain the spool, and load what is kept at hand.

        A database that takes nothing now (its disk is full, another program holds it) but is up to date and
        can be read is opened degraded, as it would be while the station runs: what waits in the spool is
        loaded from there, and what comes goes there.

        A record without any event gets its first, RECORD_BEGAN, together with the table of the events: what
        lies before it, an older Passgate did without leaving word.

        Raises:
            StoreError: Another engine writes, or database, spool or archive cannot be used.
        """
        if self._opened_spool is not None:
            return
        self._failing = self._spool_failing = ""
        self._said = False
        try:
            self._take_locks()
            refusal = self._database.open(now=self._now())
            self._opened_spool = Spool(self._settings.spool, limit_bytes=self._settings.spool_max_bytes)
            if refusal:
                self._degrade(DatabaseUnavailableError(refusal))
            self._leave_word()
            self._drain_all()
            self._load()
        except (OSError, ValueError, DatabaseUnavailableError) as error:  # ValueError: no row of ours
            self.close()
            raise StoreError(
                f"The record in {self._settings.folder} cannot be opened: {error}",
                part="Parts could not be recorded, so the station does not start",
                todo="Mend what the message names, or verify the record; what waits in the spool is kept",
            ) from error
        except BaseException:
            self.close()
            raise
        self._note_health()

    def close(self) -> None:
        """Let go of everything. May be called twice; what waits in the spool stays there, durable."""
        if self._opened_spool is not None:
            self._opened_spool.close()
            self._opened_spool = None
        self._database.close()
        for lock in self._locks:
            lock.release()
        self._locks = []

    def maintain(self) -> None:
        """Housekeeping for idle moments, about once a second: drain the spool.

        Without it a full spool would never drain, because a full spool stops the parts whose records would
        make it try.

        Raises:
            StoreError: Where the spool lies cannot be said beside the record.
        """
        self._try_drain()
        if not self._failing and not self._said:
            self._leave_word_later()
        self._note_health()

    # --- pictures, in their own thread ----------------------------------------------------------------

    def prepare_pictures(self) -> None:
        """Make the archive's folders; see ``Pictures.prepare``. Raises StoreError."""
        self._pictures.prepare()

    def archive_picture(self, frame: Frame) -> str:
        """Keep a picture, once; returns the SHA-256 of its file. Raises StoreError."""
        return self._pictures.keep(frame)

    def retire_pictures(self, in_record: InRecord = at_once, *, units: int = 64) -> RetentionReport | None:
        """Retire old pictures, in idle moments about once a second; see ``Pictures.retire``.

        ``in_record`` is where the record is asked; by default here, for who has one thread. Raises
        StoreError.
        """
        return self._pictures.retire(in_record, units=units, now=self._now())

    def picture_path(self, sha256: str) -> Path | None:
        """The picture's file; None where the archive has none. From any thread. Raises ValueError."""
        return self._pictures.path(sha256)

    # --- records --------------------------------------------------------------------------------------

    def append(self, inspection: Inspection) -> None:
        """Make one revision durable: when this returns, it survives kill -9 and loss of power.

        The same revision with the same content may come again; nothing changes then.

        Raises:
            RecordRefusedError: It contradicts what is on record; trying again cannot help.
            StoreError: Neither database nor spool took it; the part must not be released.
        """
        entry = PartEntry(inspection, canonical_json(inspection))
        self._ledger.refuse_second_record(inspection)
        try:
            if not self._append_to_database(entry):
                self._append_to_spool(entry)
        finally:
            self._note_health()

    def note(self, event: Event) -> None:
        """Make an event durable: when this returns, it survives kill -9 and loss of power.

        Raises:
            RecordRefusedError: It cannot be kept as JSON; trying again cannot help.
            StoreError: Neither database nor spool took it.
        """
        entry = event_entry(event)
        try:
            if not self._note_in_database(entry):
                self._to_spool(entry)
            self._journal.apply(event)
        finally:
            self._note_health()

    def last_event(self, kinds: frozenset[EventKind]) -> Event | None:
        """The newest event of any of ``kinds``, in the spool too; None where there is none. From memory."""
        return self._journal.last_event(kinds)

    def recent_events(self, limit: int) -> list[Event]:
        """Newest first, at most 200; those in the spool too. From memory."""
        return self._journal.recent_events(limit)

    def open_inspections(self) -> list[Inspection]:
        """Latest revisions that have no outcome yet, oldest part first; those in the spool too."""
        return self._ledger.open_inspections()

    def last_part(self) -> KnownPart | None:
        """The last trigger on record, in the spool too (see ``Ledger.last_part``)."""
        return self._ledger.last_part()

    def recent(self, limit: int) -> list[Inspection]:
        """Latest revisions, newest part first, at most 1,000; those in the spool too."""
        return self._ledger.recent(limit)

    def counts_since(self, since: datetime) -> Counts:
        """Parts whose trigger was seen since then; those in the spool too. Raises StoreError."""
        waiting = self._waiting()
        try:
            return self._database.look(lambda connection: tally(connection, since, waiting))
        except DatabaseUnavailableError as error:
            raise StoreError(
                f"The parts of the record in {self._settings.folder} cannot be counted: {error}",
                todo="Check the rights and the disk of its database",
            ) from error

    def counts_by_action(self) -> dict[Action, int]:
        """Parts on record by action, latest revisions only; those in the spool too."""
        return self._ledger.counts_by_action()

    # --- what the pictures' half asks, in the record's thread ------------------------------------------

    def all_in_database(self) -> None:
        """Raise DatabaseUnavailableError where the database does not have all that is on record."""
        if self._failing or len(self._spool):
            raise DatabaseUnavailableError(self._failing or "records wait in the spool")

    def standing_of(self, sha256: str) -> Standing:
        """What a picture's parts ask of it. Raises DatabaseUnavailableError."""
        self.all_in_database()
        with self._told_where_it_fails():
            return self._database.read(lambda connection: standing(connection, sha256))

    def expire(self, event: Event) -> None:
        """Put on record, in the database itself, which pictures go now. Raises DatabaseUnavailableError."""
        self.all_in_database()
        with self._told_where_it_fails():
            self._database.append((event_entry(event),))
        self._journal.apply(event)

    @contextmanager
    def _told_where_it_fails(self) -> Iterator[None]:
        """In the record's thread; whatever else is asked there finds out by this as well."""
        try:
            yield
        except DatabaseUnavailableError as error:
            self._degrade(error)
            self._note_health()
            raise

    # --- health ---------------------------------------------------------------------------------------

    def health(self) -> StoreHealth:
        """As of the last call that did something. Never blocks and never raises; from any thread."""
        return self._health

    # --- inside ---------------------------------------------------------------------------------------

    @property
    def _spool(self) -> Spool:
        if self._opened_spool is None:
            raise StoreError("The store is not open", part="Nothing is recorded", todo="Open it first")
        return self._opened_spool

    def _take_locks(self) -> None:
        folder = self._settings.spool
        database = sqlite_file(parse_url(self._settings.url))
        try:
            make_folder_durable(folder)
            if database is not None:
                make_folder_durable(database.parent)
        except OSError as error:
            raise StoreError(
                f"The folders of the record cannot be made: {error}",
                part="Parts could not be recorded, so the station does not start",
                todo="Check the folder in the settings, its rights and its disk",
            ) from error
        if database is not None:
            # Beside the database, and named after it: whoever writes this file meets this lock.
            lock = database.with_name(database.name + ".lock")
            self._locks.append(WriterLock(lock, guarded=f"The database {database}"))
        self._locks.append(WriterLock(folder / "spool.lock", guarded=f"The spool {folder}"))

    def _leave_word(self) -> None:
        """Say where the spool lies; without room, later. Raises OSError."""
        try:
            self._settings.leave_word()
            self._said = True
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            self._degrade(error)

    def _leave_word_later(self) -> None:
        """What there was no room for at the start. Raises StoreError: a station that serves goes on."""
        try:
            self._leave_word()
        except OSError as error:
            self._note_health()
            raise StoreError(
                f"Where the spool lies cannot be said in {self._settings.folder}: {error}",
                part="A report that is not told the station's settings would not find what waits there",
                todo="Check that folder, its rights and its disk",
            ) from error

    def _drain_all(self) -> None:
        """Empty the spool, or degrade. Raises StoreError."""
        try:
            while len(self._spool) and not self._failing:
                self._drain()
        except DatabaseUnavailableError as error:
            self._degrade(error)

    def _load(self) -> None:
        """Take up what database and spool hold. Raises StoreError or DatabaseUnavailableError."""
        waiting = self._waiting()
        self._database.look(lambda connection: take_up(connection, self._ledger, self._journal, waiting))

    def _waiting(self) -> list[Entry]:
        """What is not known to be in the database, in order. Raises StoreError."""
        return self._spool.batch(len(self._spool)) if len(self._spool) else []

    def _note_in_database(self, entry: EventEntry) -> bool:
        """False where it did not take the event, so that the spool must."""
        self._try_drain()
        if self._failing or len(self._spool):
            return False
        try:
            self._database.append((entry,))
        except DatabaseUnavailableError as error:
            self._degrade(error)
            return False
        self._last_write_ns = self._monotonic_ns()
        return True

    def _append_to_database(self, entry: PartEntry) -> bool:
        """False where it did not take the entry, so that the spool must. Raises RecordRefusedError."""
        self._try_drain()
        if self._failing or len(self._spool):
            return False
        inspection = entry.inspection
        try:
            before = self._ledger.latest(inspection.inspection_id)
            if before is None and inspection.revision > 0:
                before = self._database.read(
                    lambda connection: latest_revision(connection, inspection.inspection_id)
                )
            added = self._database.append((entry,))
        except DatabaseUnavailableError as error:
            self._degrade(error)
            return False
        self._last_write_ns = self._monotonic_ns()
        if added:
            self._ledger.apply(inspection, before=before)
        return True

    def _append_to_spool(self, entry: PartEntry) -> None:
        inspection = entry.inspection
        waiting = self._spool.find(entry.key)
        if waiting is not None:
            if waiting != digest(entry.line()):
                raise _contradiction(inspection, "waits in the spool with another content")
            return
        before = self._ledger.latest(inspection.inspection_id)
        if before is not None and inspection.revision <= before.revision:
            if inspection != before:
                raise _contradiction(inspection, "is on record with another content, or superseded")
            return
        expected = 0 if before is None else before.revision + 1
        if inspection.revision != expected or (before and before.trigger != inspection.trigger):
            raise _contradiction(inspection, "does not follow what is known while the database is away")
        self._to_spool(entry)
        self._ledger.apply(inspection, before=before)

    def _to_spool(self, entry: Entry) -> None:
        try:
            self._spool.append(entry)
        except StoreError as error:
            self._spool_failing = error.what
            raise
        self._spool_failing = ""
        self._last_write_ns = self._monotonic_ns()

    def _try_drain(self) -> None:
        """Drain one batch where the database may be asked again; afterwards ``_failing`` says how it is."""
        if self._failing and self._monotonic_ns() < self._retry_ns:
            return
        try:
            if len(self._spool):
                self._drain()
            elif self._failing:
                self._database.read(lambda connection: connection.scalar(select(1)))
            self._failing = self._spool_failing = ""
        except (DatabaseUnavailableError, StoreError) as error:
            self._degrade(error)

    def _drain(self) -> None:
        """Move one batch from the spool into the database, in order.

        Raises:
            StoreError: The spool is damaged, or the database contradicts it.
            DatabaseUnavailableError: The database took nothing; the spool is as it was.
        """
        entries = self._spool.batch(DRAIN_BATCH)
        self._database.append(entries)
        self._spool.drained(entries)

    def _degrade(self, error: Exception) -> None:
        self._failing = error.what if isinstance(error, StoreError) else str(error)
        self._retry_ns = self._monotonic_ns() + round(self._settings.retry_s * 1e9)

    def _note_health(self) -> None:
        spool = self._spool
        degraded = bool(self._failing) or len(spool) > 0
        full = degraded and (bool(self._spool_failing) or spool.room_bytes < SPOOL_RESERVE_BYTES)
        self._health = StoreHealth(
            degraded=degraded,
            full=full,
            spooled=len(spool),
            last_write_ns=self._last_write_ns,
            detail=self._spool_failing or self._failing,
        )


def _contradiction(inspection: Inspection, why: str) -> RecordRefusedError:
    return RecordRefusedError(
        f"Revision {inspection.revision} of inspection {inspection.inspection_id} {why}",
        part="This record is not kept, and the part must not be released on it",
        todo="Bring the database back, then try again if the record is right",
    )
