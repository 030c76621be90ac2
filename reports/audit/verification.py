"""The whole record, verified: the chains of parts and events, the spool, and where asked the pictures."""

from collections.abc import Callable

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from inspection.decision import Frozen
from reports.audit.picture_audit import PicturesReport, Show, audit_pictures
from reports.audit.pictures_kept import count_not_kept_on_record
from reports.audit.side_by_side import side_by_side
from reports.database.connecting import open_reader
from reports.pictures.archive import PictureArchive
from reports.record.chain import EXAMINE_TODO, GENESIS, ChainReport, lost_events, parse_head
from reports.record.events_chain import verify_events
from reports.record.own_verification import contradicted
from reports.record.parts_audit import verify_parts
from reports.record.schema import EventRow, InspectionRow
from reports.record.signatures.on_record import verify_signatures
from reports.record.unreadable import unreadable
from reports.record.users.on_record import verify_users
from reports.settings import StoreSettings
from reports.store.waiting import SpoolReport, check_spool, read_waiting


class NamedHead(Frozen):
    """A chain head that was noted earlier, found again."""

    digits: int
    """How many of its 64 digits were named."""
    row_hash: str
    table: str
    """inspections or events."""
    position: int


class RecordReport(ChainReport):
    """What verification of a record found.

    ``intact`` and ``reason`` speak of the whole; the other fields of its parent of the parts' chain.
    """

    events: ChainReport
    user_rows: int
    """Rows of the users that are as their events say."""
    signatures: int
    """Signatures that are as their events say."""
    spool: SpoolReport
    pictures_checked: bool
    """Whether the pictures were hashed; without it nothing is known of them."""
    pictures: PicturesReport | None
    named_heads: tuple[NamedHead, ...]
    """Those that were named, of the parts and of the events, as far as they are here."""
    pictures_not_kept: int
    """Parts in the database that were looked at and lack a picture, because the archive did not take it."""

    @property
    def where(self) -> str:
        """Where the first fault lies, for people; empty where the reason says it."""
        if self.broken_at is not None:
            return f" at row {self.broken_at}"
        return "" if self.events.broken_at is None else f" at event {self.events.broken_at}"

    @property
    def advice(self) -> str:
        """What to do where it is not intact."""
        return self.spool.todo if self.reason == self.spool.reason else EXAMINE_TODO


def verify_record(
    settings: StoreSettings,
    *,
    head: str | None = None,
    events_head: str | None = None,
    pictures: bool = False,
    show: Show = lambda *_: None,
    show_rows: Callable[[int, int], None] = lambda *_: None,
) -> RecordReport:
    """Check the record that ``settings`` name; it is only read, and its station may run beside.

    Args:
        settings: Where it lies.
        head: A head noted earlier, of the parts or of the events, or its beginning (``parse_head``).
        events_head: One of the events that was noted with it; ``head`` is one of the parts then.
        pictures: Hash every picture that is due.
        show: Told how far the pictures are.
        show_rows: Told how many of the parts' rows were looked at, and how many there are.

    Raises:
        StoreError: There is no record, it cannot be read, or ``head`` is no head.
    """
    named = None if head is None else parse_head(head)
    beside = None if events_head is None else parse_head(events_head)
    waiting = read_waiting(settings)
    reader = open_reader(settings.url)
    try:
        with reader.connect() as connection:
            rows = connection.scalar(select(func.max(InspectionRow.position))) or 0
            show_rows(0, rows)
            with side_by_side(settings.url, rows=rows, named_head=named) as ahead:
                events = verify_events(connection, named_head=beside or named, waiting=waiting.entries)
                not_kept = count_not_kept_on_record(connection)
                chain = verify_parts(
                    connection,
                    expected_head=named if beside or events.named_at is None else None,
                    ahead=ahead,
                    show=lambda position: show_rows(position, rows),
                )
            spool = check_spool(connection, settings.spool, waiting)
            witness = contradicted(connection) if events.intact and chain.intact else ""
            user_rows, users_fault = verify_users(connection) if events.intact else (0, "")
            signatures, signatures_fault = verify_signatures(connection) if events.intact else (0, "")
            found = [
                _named_head(connection, chain, InspectionRow, named),
                _named_head(connection, events, EventRow, beside or named),
            ]
        sound = chain.intact and events.intact
        audit = (
            audit_pictures(
                reader,
                PictureArchive(settings.pictures),
                waiting=waiting.entries,
                show=show,
            )
            if pictures and sound
            else None
        )
    except SQLAlchemyError as error:
        raise unreadable(reader, error) from error
    finally:
        reader.dispose()
    reasons = [
        chain.reason,
        events.reason,
        lost_events(beside, events),
        witness,
        users_fault,
        signatures_fault,
        spool.reason,
        _words(audit),
    ]
    return RecordReport(
        **chain.model_dump(exclude={"intact", "reason"}),
        intact=not any(reasons),
        reason=next(filter(None, reasons), ""),
        events=events,
        user_rows=user_rows,
        signatures=signatures,
        spool=spool,
        pictures_checked=audit is not None,
        pictures=audit,
        named_heads=tuple(filter(None, found)),
        pictures_not_kept=not_kept,
    )


def _named_head(
    connection: Connection,
    chain: ChainReport,
    table: type[InspectionRow | EventRow],
    named: str | None,
) -> NamedHead | None:
    if named is None or chain.named_at is None:
        return None
    row_hash = connection.scalar(select(table.row_hash).where(table.position == chain.named_at)) or GENESIS
    return NamedHead(digits=len(named), row_hash=row_hash, table=table.__tablename__, position=chain.named_at)


def _words(audit: PicturesReport | None) -> str:
    if audit is None or audit.intact:
        return ""
    first = audit.first_broken[0]
    others = f", and {audit.broken - 1} other pictures are broken" if audit.broken > 1 else ""
    return f"the picture {first.file} of part {first.part_id}: {first.reason}{others}"
