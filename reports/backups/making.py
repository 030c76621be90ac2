"""A backup of a record whose station runs: consistent, proven, and there whole or not at all.

**What belongs together.** The pictures are copied first, then the spool is read, then the database is copied
as it is at one moment, then the pictures that came meanwhile. A record is in the spool before it is in the
database, and a picture in the archive before either, so nothing that the database's copy names is missed;
what the spool's copy holds beside it is drained when the backup is restored, and what it holds twice is
stored once. What retention deletes meanwhile was copied before, or its deletion is in the copy.
"""

import os
import socket
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from inspection.decision import Frozen
from inspection.errors import StoreError
from inspection.files.atomic import make_folder_durable, sync_folder
from reports.audit.picture_audit import Show as ShowPictures
from reports.audit.verification import verify_record
from reports.backups.copying import Pace, Show, copy_database, copy_file, mark_of
from reports.backups.manifest import DATABASE, FILE_NAME, Manifest, PicturesMark, write_manifest
from reports.backups.on_postgresql import refuse_postgresql
from reports.backups.places import refuse_without_room, whole_folder
from reports.database.connecting import open_reader, parse_url
from reports.database.migrating import revision_of
from reports.database.sqlite import sqlite_file
from reports.pictures.archive import PictureArchive
from reports.record.unreadable import unreadable
from reports.settings import StoreSettings
from reports.store.spool import FILE_NAME as SPOOL_NAME
from reports.store.spool import as_spool
from reports.store.waiting import read_waiting

_NAME: Final = "record-%Y-%m-%dT%H-%M-%SZ"


class Backup(Frozen):
    """A backup that was made."""

    folder: Path
    manifest: Manifest
    bytes: int
    elapsed_s: float
    same_disk: bool
    """It lies on the disk of the record, and goes with it."""
    linked: int
    """Pictures that share their room with an earlier backup beside this one."""


def make_backup(
    settings: StoreSettings,
    out: Path,
    *,
    by: str,
    pictures: bool,
    pace: Pace | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    plan: Callable[[int], None] = lambda _: None,
    show: Show = lambda _: None,
    show_pictures: ShowPictures = lambda *_: None,
) -> Backup:
    """Copy the record that ``settings`` name; its station may run beside.

    Args:
        settings: Where it lies.
        out: A folder that is there: the backup is made in it, named by the time; else the backup itself.
        by: The login that makes it.
        pictures: Whether the archive is copied too.
        pace: When to rest; by default half of the time.
        now: The wall clock, with time zone.
        plan: Told how many bytes will be copied.
        show: Told of bytes that were copied.
        show_pictures: Told how far the proof of the pictures is.

    Raises:
        StoreError: There is no record, it cannot be read, it is no SQLite, there is no room, or the backup
            cannot be written. Nothing of it is left then.
    """
    began_s = time.perf_counter()
    refuse_postgresql(settings)
    database = sqlite_file(parse_url(settings.url))
    assert database is not None
    reader = open_reader(settings.url)
    try:
        folder = _place(out, now().astimezone(UTC))
        earlier = PictureArchive(_earlier(folder.parent) / "pictures") if pictures else None
        todo = _bytes_of(database, settings, earlier)
        refuse_without_room(folder.parent, todo, part="no backup was made; the record is as it was")
        plan(todo)
        pace = pace or Pace()
        with whole_folder(folder) as unfinished:
            linked = 0
            if earlier is not None:
                linked = _copy_pictures(settings, unfinished, earlier, pace=pace, show=show)
            waiting = read_waiting(settings)
            if waiting.fault:
                raise StoreError(waiting.fault, part="no backup was made", todo=waiting.todo)
            made_at = now().astimezone(UTC)
            log = database.with_name(database.name + "-wal")
            copy_database(reader, unfinished / DATABASE, log=log, pace=pace, show=show)
            spool = unfinished / "spool" / SPOOL_NAME
            make_folder_durable(spool.parent)
            spool.write_bytes(as_spool(waiting.entries))
            if earlier is not None:
                linked += _copy_pictures(settings, unfinished, earlier, pace=pace, show=show)
            manifest = _examined(
                unfinished,
                folder,
                made_at=made_at,
                by=by,
                source=settings.folder,
                pictures=pictures,
                show=_in_pace(show_pictures, pace),
            )
            write_manifest(manifest, unfinished)
            for path in (spool, unfinished / FILE_NAME):
                _sync(path)
            sync_folder(unfinished)
    except SQLAlchemyError as error:
        raise unreadable(reader, error) from error
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"the backup cannot be written: {getattr(error, 'strerror', None) or error}",
            part="nothing of it is left; the record is as it was",
            todo="make room on its disk, or name another with --out; check that the record's disk answers",
        ) from error
    finally:
        reader.dispose()
    held = manifest.pictures.bytes if manifest.pictures else 0
    return Backup(
        folder=folder,
        manifest=manifest,
        bytes=held + sum(mark.bytes for mark in manifest.files.values()),
        elapsed_s=time.perf_counter() - began_s,
        same_disk=folder.stat().st_dev == database.stat().st_dev,
        linked=linked,
    )


def _place(out: Path, moment: datetime) -> Path:
    """Where the backup is to lie. Raises StoreError where something lies there."""
    folder = (out / moment.strftime(_NAME) if out.is_dir() else out).absolute()
    if folder.exists():
        raise StoreError(
            f"{folder} is there already",
            part="no backup was made, and nothing was overwritten",
            todo="name a folder that holds backups, or one that is not there yet",
        )
    return folder


def _earlier(parent: Path) -> Path:
    """The newest backup beside the one that is made; without any, a folder that is not there."""
    found = [path.parent for path in parent.glob(f"*/{FILE_NAME}")] if parent.is_dir() else []
    return max(found, key=lambda path: path.stat().st_mtime, default=parent / "none")


def _bytes_of(database: Path, settings: StoreSettings, earlier: PictureArchive | None) -> int:
    """What has to be written. Raises OSError."""
    log = database.with_name(database.name + "-wal")
    total = sum(
        path.stat().st_size for path in (database, log, settings.spool / SPOOL_NAME) if path.is_file()
    )
    if earlier is None:
        return total
    archive = PictureArchive(settings.pictures)
    return total + sum(_size(path) for path in archive.files() if not _same(path, earlier.path(path.stem)))


def _copy_pictures(
    settings: StoreSettings, into: Path, earlier: PictureArchive, *, pace: Pace, show: Show
) -> int:
    """Copy what the archive holds now and ``into`` does not; how many an earlier backup lent."""
    archive, copies, linked = PictureArchive(settings.pictures), PictureArchive(into / "pictures"), 0
    for source in archive.files():
        target, old = copies.path(source.stem), earlier.path(source.stem)
        if target.exists():
            continue
        try:
            if _same(source, old):
                make_folder_durable(target.parent)
                os.link(old, target)
                linked += 1
                continue
        except OSError:
            pass  # a disk without links: it is copied
        try:
            copy_file(source, target, pace=pace, show=show)
        except FileNotFoundError:  # retention has deleted it since it was listed
            target.unlink(missing_ok=True)
    return linked


def _same(source: Path, old: Path) -> bool:
    """Whether an earlier backup has this picture, as it was last used. Raises OSError."""
    try:
        here, there = source.stat(), old.stat()
    except FileNotFoundError:
        return False
    return (here.st_size, here.st_mtime_ns) == (there.st_size, there.st_mtime_ns)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _examined(
    folder: Path, named: Path, *, made_at: datetime, by: str, source: Path, pictures: bool, show: ShowPictures
) -> Manifest:
    """The manifest of the files in ``folder``, to be called ``named``; they are verified as a record is."""
    copy = StoreSettings(folder=folder)
    report = verify_record(copy, pictures=pictures, show=show)
    reader = open_reader(copy.url)
    try:
        with reader.connect() as connection:
            revision = revision_of(connection)
    finally:
        reader.dispose()
    sizes = [path.stat().st_size for path in PictureArchive(copy.pictures).files()]
    return Manifest(
        made_at=made_at,
        by=by,
        program=version("passgate"),
        database_schema=revision,
        source=f"{socket.gethostname()}:{source.resolve()}",
        rows=report.rows,
        head=report.head,
        events=report.events.rows,
        events_head=report.events.head,
        waiting=report.spool.waiting,
        intact=report.intact,
        reason=report.reason.replace(str(folder), str(named)),
        pictures=PicturesMark(files=len(sizes), bytes=sum(sizes)) if pictures else None,
        files={name: mark_of(folder / name) for name in (DATABASE, f"spool/{SPOOL_NAME}")},
    )


def _in_pace(show: ShowPictures, pace: Pace) -> ShowPictures:
    """Rest behind each picture."""

    def shown(done: int, total: int, read_bytes: int) -> None:
        show(done, total, read_bytes)
        pace.rest()

    return shown


def _sync(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())
