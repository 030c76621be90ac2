"""The picture archive held against the record, both ways: what the record names, and what nobody names.

``picture_audit`` hashes every picture that is due. Here the archive's files are looked up in turn: one that
no row names and no record in the spool is an **orphan**. That is no fault: a part whose engine was killed
between its picture and its record leaves one, and retention takes it with the held ones. But many tell that
pictures of another record were copied in here, or that rows are gone.
"""

import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from inspection.decision import Frozen
from inspection.errors import StoreError
from reports.audit.picture_audit import MOST_NAMED, PicturesReport, Show, audit_pictures
from reports.database.connecting import open_reader
from reports.pictures.archive import PictureArchive
from reports.record.entry import Entry, PartEntry
from reports.record.schema import PictureRow
from reports.record.unreadable import unreadable
from reports.settings import StoreSettings
from reports.store.waiting import read_waiting

IN_FLIGHT_S = 600.0
"""A picture that was used so recently may be that of a part whose record is only being written."""

_BATCH = 200


class Orphans(Frozen):
    """Pictures in the archive that no record names."""

    files: int
    bytes: int
    in_flight: int
    """Others, used in the last ten minutes: their part's record may be on its way."""
    first: tuple[Path, ...]
    """The first of them."""


class ArchiveReport(Frozen):
    """What was found of record and archive."""

    intact: bool
    """Every picture that is due is there, and is what the record says; orphans are no fault."""
    pictures: PicturesReport
    orphans: Orphans
    elapsed_s: float


def check_archive(
    settings: StoreSettings,
    *,
    now_s: Callable[[], float] = time.time,
    show: Show = lambda *_: None,
    show_files: Callable[[int], None] = lambda _: None,
) -> ArchiveReport:
    """Hash every picture that is due, and find those that nobody names; the station may run beside.

    The chains are not verified (``record verify`` does that).

    Args:
        settings: Where the record lies.
        now_s: Seconds since 1970.
        show: Told how far the hashing is.
        show_files: Told how many files were looked up.

    Raises:
        StoreError: There is no record, or it, its spool or its archive cannot be read.
    """
    began_s = time.perf_counter()
    archive = PictureArchive(settings.pictures)
    waiting = read_waiting(settings)
    if waiting.fault:
        raise StoreError(waiting.fault, todo=waiting.todo)
    reader = open_reader(settings.url)
    try:
        pictures = audit_pictures(reader, archive, waiting=waiting.entries, show=show)
        orphans = find_orphans(
            reader, archive, waiting=waiting.entries, since_s=now_s() - IN_FLIGHT_S, show=show_files
        )
    except SQLAlchemyError as error:
        raise unreadable(reader, error) from error
    except OSError as error:
        raise StoreError(
            f"the archive {archive.root} cannot be read: {error.strerror or error}",
            todo="check its disk and its rights, then ask again",
        ) from error
    finally:
        reader.dispose()
    return ArchiveReport(
        intact=pictures.intact, pictures=pictures, orphans=orphans, elapsed_s=time.perf_counter() - began_s
    )


def find_orphans(
    engine: Engine,
    archive: PictureArchive,
    *,
    waiting: Sequence[Entry],
    since_s: float,
    show: Callable[[int], None],
) -> Orphans:
    """Look up every file of the archive; short transactions, bounded memory.

    Args:
        engine: The database; it is only read.
        archive: Where the pictures lie.
        waiting: What lies in the spool.
        since_s: What was used later, in seconds since 1970, may be in flight.
        show: Told how many files were looked up.

    Raises:
        SQLAlchemyError: The database cannot be read.
        OSError: The archive cannot be read.
    """
    spooled = {
        sha256 for entry in waiting if isinstance(entry, PartEntry) for sha256 in entry.inspection.pictures
    }
    files = size = in_flight = looked_up = 0
    first: list[Path] = []
    found = archive.files()
    while paths := list(islice(found, _BATCH)):
        hashes = [path.stem for path in paths]
        query = select(PictureRow.sha256).distinct().where(PictureRow.sha256.in_(hashes))
        with engine.connect() as connection:
            named = {*connection.scalars(query), *spooled}
        for path in paths:
            if path.stem in named:
                continue
            try:
                status = path.stat()
            except FileNotFoundError:  # retention has deleted it since it was listed
                continue
            if status.st_mtime > since_s:
                in_flight += 1
                continue
            files, size = files + 1, size + status.st_size
            if len(first) < MOST_NAMED:
                first.append(path)
        looked_up += len(paths)
        show(looked_up)
    return Orphans(files=files, bytes=size, in_flight=in_flight, first=tuple(first))
