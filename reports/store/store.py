"""The store: database first, spool when it refuses, and never an answer before the record is durable.

How a record gets to the disk is :mod:`reports.store.way_to_disk`'s; what is known without asking the disk is
the ledger's (of the parts) and the journal's (of the events).
"""

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from inspection.alarms.alarm_list import MOST
from inspection.errors import RecordRefusedError, StoreError
from inspection.events import Event, EventKind
from inspection.line_events import KnownPart
from inspection.part import Frame, Inspection
from inspection.ports import InRecord, StoreHealth
from inspection.status import Alarm, Counts
from reports.database.database import DatabaseUnavailableError
from reports.pictures.keeping import NO_ROOM, Pictures, at_once
from reports.pictures.retention import RetentionReport, Standing, standing
from reports.record.alarms.standing import alarms_that_stand
from reports.record.entry import EventEntry, PartEntry, digest
from reports.record.events_chain import event_entry
from reports.record.own_verification import OwnVerification
from reports.record.parts_chain import part_entry
from reports.settings import StoreSettings
from reports.store.journal import Journal, newest_event
from reports.store.ledger import Ledger
from reports.store.lock import WriterLock, lock_record
from reports.store.taking_up import latest_revision, take_up
from reports.store.tally import tally
from reports.store.way_to_disk import WayToDisk


class SqlStore:
    """The record of every part and event: implements ``inspection.ports.Store`` on SQLite or PostgreSQL.

    The store is called from two threads, as ``Store`` says: one for the record, one for the pictures. Only
    ``health`` and ``picture_path`` may be called from any thread. ``open`` must be called before all else.

    Args:
        settings: Where database, spool and pictures lie, and how much room they may take.
        monotonic_ns: Returns the monotonic clock, ns.
        now: Returns the wall clock, with time zone; the age of pictures is counted from it.
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
        self._verification = OwnVerification()
        self._pictures = Pictures(settings, self, monotonic_ns=monotonic_ns)
        self._locks: list[WriterLock] = []
        self._said = False
        """Where the spool lies is said beside the record."""
        self._health = StoreHealth(detail="not open")

    # --- life -----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Become the one writer, bring the schema up to date, drain the spool, and load what is kept at hand.

        A database may take nothing now, because its disk is full or another program holds it. Where it is up
        to date and can be read, the store opens all the same, degraded as it would be while the station runs:
        the records that wait in the spool are loaded from there, and new records go there.

        A record without any event gets its first one, RECORD_BEGAN, together with the table of the events.
        What was done before that event, an older Passgate did without leaving word.

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
        """Close database and spool and release the locks. May be called twice.

        Records that wait in the spool stay there, durable, for the next ``open``.
        """
        self._way.close()
        for lock in self._locks:
            lock.release()
        self._locks = []

    def maintain(self) -> None:
        """Drain one batch of the spool; verify the record a step further (``record.own_verification``).

        To be called in idle moments, about once a second. A full spool stops the line, and only an append
        would otherwise drain it: without this call a spool that was once full would stay full.

        Raises:
            StoreError: The file beside the record that says where the spool lies cannot be written, or the
                record is broken.
        """
        self._way.try_drain()
        if self._way.database_takes and not self._said:
            self._leave_word_later()
        self._note_health()
        if self._way.database_takes and not len(self._way.spool):
            self._verify_on()

    # --- pictures, in their own thread ----------------------------------------------------------------

    def prepare_pictures(self) -> None:
        """Make the archive's folders; see ``Pictures.prepare``. Raises StoreError."""
        self._pictures.prepare()

    def archive_picture(self, frame: Frame) -> str:
        """Keep a picture, once; returns the SHA-256 of its file. Raises StoreError."""
        return self._pictures.keep(frame)

    def retire_pictures(self, in_record: InRecord = at_once, *, units: int = 64) -> RetentionReport | None:
        """Delete old pictures; to be called in idle moments, about once a second.

        Args:
            in_record: Calls in the record's thread; the default calls directly, for callers with one thread.
            units: How much work is done at most: folders listed, or pictures looked up.

        Returns:
            What the last finished sweep through the archive did; None before the first.

        Raises:
            StoreError: Old pictures cannot be deleted, or the record does not answer.
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
        """The newest event of any of ``kinds``; None where there is none. Read from memory.

        Events that wait in the spool count too.
        """
        return self._journal.last_event(kinds)

    def heard_beside(self, kinds: frozenset[EventKind]) -> Event | None:
        """The newest event of any of ``kinds`` in the database, whoever wrote it.

        Raises:
            StoreError: The database cannot be read, or lacks what waits in the spool.
        """
        with self._told_as_unreadable():
            self._way.all_in_database()
            return self._way.database.look(lambda connection: newest_event(connection, kinds))

    def alarms_that_stood(self) -> list[Alarm]:
        """The alarms that stood when the newest events were written, oldest first; the spool's count too.

        Raises:
            StoreError: The database cannot be read.
        """
        waiting = [entry.event for entry in self._way.waiting() if isinstance(entry, EventEntry)]
        with self._told_as_unreadable():
            return self._way.database.look(lambda one: alarms_that_stand(one, waiting, most=MOST))

    def recent_events(self, limit: int) -> list[Event]:
        """The newest events, newest first, at most 200; events in the spool count too. Read from memory."""
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
        """Count the parts whose trigger was seen at ``since`` or later, those in the spool too.

        Raises:
            StoreError: The database cannot be read.
        """
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
            keep = self._settings
            return self._way.database.read(
                lambda connection: standing(
                    connection,
                    sha256,
                    keep_unsigned=keep.keep_unsigned,
                    keep_unreviewed=keep.keep_unreviewed,
                )
            )

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
        """How database and spool did at the last call that used them.

        Never blocks and never raises, and may be called from any thread.
        """
        return self._health

    def _note_health(self) -> None:
        self._health = self._way.health()

    # --- inside ---------------------------------------------------------------------------------------

    def _verify_on(self) -> None:
        """Raises StoreError where the record is broken."""
        try:
            due = self._way.database.read(lambda at: self._verification.step(at, now=self._now()))
        except DatabaseUnavailableError:
            return  # another time; whoever appends finds out, and says so
        if due is not None:
            self.note(due)

    def _leave_word(self) -> None:
        """Say where the spool lies; on a disk that is full or read only now, later. Raises OSError."""
        try:
            self._settings.leave_word()
            self._said = True
        except OSError as error:
            if error.errno not in {*NO_ROOM, errno.EROFS}:
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

    @contextmanager
    def _told_as_unreadable(self) -> Iterator[None]:
        """What keeps events from being read. Raises StoreError."""
        try:
            yield
        except (DatabaseUnavailableError, ValueError) as error:  # ValueError: no event of ours
            raise StoreError(
                f"The events of the record in {self._settings.folder} cannot be read: {error}",
                todo="Check its database and the disk",
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
