"""The store: database first, spool when it refuses, and never an answer before the record is durable.

How a record gets to the disk is :mod:`reports.store.way_to_disk`'s; what is known without asking the disk is
the ledger's (of the parts) and the journal's (of the events).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from inspection.errors import RecordRefusedError, StoreError
from inspection.events import Event, EventKind
from inspection.line_events import KnownPart
from inspection.part import Frame, Inspection
from inspection.ports import InRecord, StoreHealth
from inspection.status import Counts
from reports.database.database import DatabaseUnavailableError
from reports.pictures.keeping import NO_ROOM, Pictures, at_once
from reports.pictures.retention import RetentionReport, Standing, standing
from reports.record.entry import PartEntry, digest
from reports.record.events_chain import event_entry
from reports.record.parts_chain import part_entry
from reports.settings import StoreSettings
from reports.store.journal import Journal
from reports.store.ledger import Ledger
from reports.store.lock import WriterLock, lock_record
from reports.store.taking_up import latest_revision, take_up
from reports.store.tally import tally
from reports.store.way_to_disk import WayToDisk


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
        self._now = now
        self._way = WayToDisk(settings, monotonic_ns=monotonic_ns)
        self._ledger = Ledger()
        self._journal = Journal()
        self._pictures = Pictures(settings, self, monotonic_ns=monotonic_ns)
        self._locks: list[WriterLock] = []
        self._said = False
        """Where the spool lies is said beside the record."""
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
        if self._way.is_open:
            return
        self._said = False
        try:
            self._locks = lock_record(self._settings)
            self._way.open(now=self._now())
            self._leave_word()
            self._way.drain_all()
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
        self._way.close()
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
        self._way.try_drain()
        if self._way.database_takes and not self._said:
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
        entry = part_entry(inspection)
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
            self._way.add(entry)
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
        waiting = self._way.waiting()
        try:
            return self._way.database.look(lambda connection: tally(connection, since, waiting))
        except DatabaseUnavailableError as error:
            raise StoreError(
                f"The parts of the record in {self._settings.folder} cannot be counted: {error}",
                todo="Check the rights and the disk of its database",
            ) from error

    # --- what the pictures' half asks, in the record's thread ------------------------------------------

    def all_in_database(self) -> None:
        """Raise DatabaseUnavailableError where the database does not have all that is on record."""
        self._way.all_in_database()

    def standing_of(self, sha256: str) -> Standing:
        """What a picture's parts ask of it. Raises DatabaseUnavailableError."""
        self.all_in_database()
        with self._told_where_it_fails():
            return self._way.database.read(lambda connection: standing(connection, sha256))

    def expire(self, event: Event) -> None:
        """Put on record, in the database itself, which pictures go now. Raises DatabaseUnavailableError."""
        self.all_in_database()
        with self._told_where_it_fails():
            self._way.database.append((event_entry(event),))
        self._journal.apply(event)

    @contextmanager
    def _told_where_it_fails(self) -> Iterator[None]:
        """In the record's thread; whatever else is asked there finds out by this as well."""
        try:
            yield
        except DatabaseUnavailableError as error:
            self._way.degrade(error)
            self._note_health()
            raise

    # --- health ---------------------------------------------------------------------------------------

    def health(self) -> StoreHealth:
        """As of the last call that did something. Never blocks and never raises; from any thread."""
        return self._health

    def _note_health(self) -> None:
        self._health = self._way.health()

    # --- inside ---------------------------------------------------------------------------------------

    def _leave_word(self) -> None:
        """Say where the spool lies; without room, later. Raises OSError."""
        try:
            self._settings.leave_word()
            self._said = True
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            self._way.degrade(error)

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

    def _load(self) -> None:
        """Take up what database and spool hold. Raises StoreError or DatabaseUnavailableError."""
        waiting = self._way.waiting()
        self._way.database.look(lambda connection: take_up(connection, self._ledger, self._journal, waiting))

    def _append_to_database(self, entry: PartEntry) -> bool:
        """False where it did not take the entry, so that the spool must. Raises RecordRefusedError."""
        inspection = entry.inspection
        before = self._ledger.latest(inspection.inspection_id)

        def latest_on_record(connection: Connection) -> Inspection | None:
            return latest_revision(connection, inspection.inspection_id)

        if not self._way.is_clear():
            return False
        try:
            if before is None and inspection.revision > 0:
                before = self._way.database.read(latest_on_record)
            added = self._way.to_database(entry)
        except DatabaseUnavailableError as error:
            self._way.degrade(error)
            return False
        if added:
            self._ledger.apply(inspection, before=before)
        return True

    def _append_to_spool(self, entry: PartEntry) -> None:
        inspection = entry.inspection
        waiting = self._way.spool.find(entry.key)
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
        self._way.to_spool(entry)
        self._ledger.apply(inspection, before=before)


def _contradiction(inspection: Inspection, why: str) -> RecordRefusedError:
    return RecordRefusedError(
        f"Revision {inspection.revision} of inspection {inspection.inspection_id} {why}",
        part="This record is not kept, and the part must not be released on it",
        todo="Bring the database back, then try again if the record is right",
    )
