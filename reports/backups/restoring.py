"""A record made anew from a backup: never over another, every file proven, and marked on record.

What was restored has an event RECORD_RESTORED: behind it, positions of the chains may come again with other
contents than those that were lost.
"""

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from inspection.decision import Frozen
from inspection.errors import StoreError
from inspection.events import Event, EventKind
from inspection.messages.codes import Code
from inspection.messages.telling import say
from reports.audit.picture_audit import PicturesReport
from reports.audit.picture_audit import Show as ShowPictures
from reports.audit.verification import RecordReport, verify_record
from reports.backups.copying import Show, copy_file
from reports.backups.manifest import Manifest, read_manifest
from reports.backups.places import refuse_without_room, whole_folder
from reports.pictures.archive import PictureArchive
from reports.record.chain import GENESIS
from reports.settings import StoreSettings
from reports.store.store import SqlStore


class Restored(Frozen):
    """A record that was made anew."""

    folder: Path
    manifest: Manifest
    """Of its backup; ``made_at`` is the moment behind which nothing is in it."""
    intact: bool
    """False only where the backup says so already."""
    reason: str
    """What verification found; empty for nothing."""
    rows: int
    """Of the parts, what had waited in the spool among them."""
    head: str
    events: int
    """The event of this among them."""
    events_head: str
    pictures: PicturesReport | None
    """None: they are not in it."""
    elapsed_s: float


def restore(
    backup: Path,
    to: Path,
    *,
    by: str,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    plan: Callable[[int], None] = lambda _: None,
    show: Show = lambda _: None,
    show_pictures: ShowPictures = lambda *_: None,
) -> Restored:
    """Make the record in ``to`` that the backup holds.

    Args:
        backup: The folder that ``make_backup`` made.
        to: A folder that is not there, or is empty.
        by: The login that restores it.
        now: The wall clock, with time zone.
        plan: Told how many bytes will be copied.
        show: Told of bytes that were copied.
        show_pictures: Told how far the proof of the pictures is.

    Raises:
        StoreError: It is no whole backup, or a newer one; a file is not what the manifest says; something
            lies in ``to``; there is no room; or what came of it does not verify. Nothing is left then.
    """
    began_s = time.perf_counter()
    manifest = read_manifest(backup)
    to = to.absolute()
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise StoreError(
            f"{to} is not empty: a backup is never restored over anything",
            part="nothing was restored, and what lies there is as it was",
            todo="name a folder that is not there yet; then let [store] folder in the station's file name it",
        )
    todo = sum(mark.bytes for mark in manifest.files.values())
    todo += manifest.pictures.bytes if manifest.pictures else 0
    plan(todo)
    try:
        refuse_without_room(to, todo, part="nothing was restored")
        with whole_folder(to) as unfinished:
            _copy(manifest, backup, unfinished, show)
            settings = StoreSettings(folder=unfinished)
            _mark(settings, manifest, by=by, now=now)
            report = _verified(settings, manifest, show_pictures)
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise StoreError(
            f"the record cannot be restored: {getattr(error, 'strerror', None) or error}",
            part="nothing of it is left",
            todo="check that the backup can be read, and that the disk of the new folder has room",
        ) from error
    return Restored(
        folder=to,
        manifest=manifest,
        intact=report.intact,
        reason=report.reason.replace(str(unfinished), str(to)),
        rows=report.rows,
        head=report.head,
        events=report.events.rows,
        events_head=report.events.head,
        pictures=report.pictures,
        elapsed_s=time.perf_counter() - began_s,
    )


def _copy(manifest: Manifest, backup: Path, into: Path, show: Show) -> None:
    for name, mark in manifest.files.items():
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise _not_as_said(backup / name, "lies outside of it")
        try:
            found = copy_file(backup / name, into / name, show=show)
        except FileNotFoundError as error:
            raise _not_as_said(backup / name, "is gone") from error
        if found.bytes < mark.bytes:
            raise _not_as_said(backup / name, f"was cut short: {found.bytes} of {mark.bytes} bytes")
        if found != mark:
            raise _not_as_said(backup / name, "was changed: its hash is not that in the manifest")
    if manifest.pictures is None:
        return
    pictures, files = PictureArchive(into / "pictures"), 0
    for path in PictureArchive(backup / "pictures").files():
        copy_file(path, pictures.path(path.stem), show=show)
        files += 1
    if files != manifest.pictures.files:
        raise _not_as_said(backup / "pictures", f"holds {files} of {manifest.pictures.files} pictures")


def _not_as_said(path: Path, what: str) -> StoreError:
    return StoreError(
        f"the backup is not whole: {path} {what}",
        part="nothing was restored",
        todo="restore another backup; keep this one for whoever examines it",
    )


def _mark(settings: StoreSettings, manifest: Manifest, *, by: str, now: Callable[[], datetime]) -> None:
    """Bring the record up to date as its station would, take in what waited, and put on record what it is."""
    said = say(
        Code.RECORD_RESTORED,
        made=manifest.made_at.isoformat(timespec="seconds"),
        rows=manifest.rows,
        head=_named(manifest.head),
        events=manifest.events,
        events_head=_named(manifest.events_head),
    )
    store = SqlStore(settings, now=now)
    try:
        store.open()
        event = Event(at=now(), kind=EventKind.RECORD_RESTORED, by=by, detail=said, coded=said.coded)
        store.note(event)
        if store.health().degraded:
            raise StoreError(
                f"the record cannot be restored: {store.health().detail}",
                part="nothing of it is left",
                todo="check the disk of the new folder",
            )
    finally:
        store.close()


def _named(head: str) -> str:
    return "-" if head == GENESIS else head


def _verified(settings: StoreSettings, manifest: Manifest, show: ShowPictures) -> RecordReport:
    """What verification found. Raises StoreError where it found more than the backup already says."""
    head = None if manifest.head == GENESIS or not manifest.intact else manifest.head
    report = verify_record(settings, head=head, pictures=manifest.pictures is not None, show=show)
    if manifest.intact and not report.intact:
        raise StoreError(
            f"what was restored does not verify{report.where}: {report.reason}",
            part="nothing of it is left",
            todo="restore another backup; keep this one for whoever examines it",
        )
    return report
