"""The tables of the signed shifts and of their signatures: append-only, a row for each event that brought it.

**Derived from the events.** All columns but ``report`` follow from the event that a row names, and the event
holds the SHA-256 of ``report``. So a row that is changed, absent or foreign contradicts the events' chain,
and neither table needs a chain of its own.

**What is signed.** ``report``: the shift report as canonical JSON, as it was when the first person signed.
All later signatures name the same hash; none can be moved to another shift, for each event names its shift's
event, and each shift's event its bounds, the heads of both chains, and the report.
"""

import hashlib
import json
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from inspection.access.rights import Meaning, Role
from inspection.decision import Frozen
from inspection.events import Event
from reports.record.schema import Base, EventRow, UtcDateTime
from reports.record.users.names import key_of


class ClosedShiftRow(Base):
    """A shift whose figures stand, since its report was first signed."""

    __tablename__ = "shifts"

    event_id: Mapped[str] = mapped_column(String(32), ForeignKey(EventRow.event_id), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    day: Mapped[date] = mapped_column(Date)
    """On which it began by the plant's clocks."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Inclusive."""
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Exclusive."""
    zone: Mapped[str] = mapped_column(Text)
    """The plant's, by its IANA name; empty where none was named."""
    report_sha256: Mapped[str] = mapped_column(String(64))
    parts_position: Mapped[int] = mapped_column(BigInteger)
    """The newest row of the inspections that the report knew; what stands behind came later."""
    parts_head: Mapped[str] = mapped_column(String(64))
    """Its ``row_hash``; 64 zeros in a record without parts."""
    first_position: Mapped[int] = mapped_column(BigInteger)
    """The first row of the shift's parts; 0 without parts."""
    last_position: Mapped[int] = mapped_column(BigInteger)
    """The last; 0 without parts."""
    events_position: Mapped[int] = mapped_column(BigInteger)
    """The newest event that the report knew."""
    events_head: Mapped[str] = mapped_column(String(64))
    report: Mapped[str] = mapped_column(Text)
    """Canonical JSON (``reports.record.chain``)."""

    __table_args__ = (UniqueConstraint("day", "name"), Index("ix_shifts_started_at", "started_at"))


class SignatureRow(Base):
    """One signature below the report of a shift."""

    __tablename__ = "signatures"

    event_id: Mapped[str] = mapped_column(String(32), ForeignKey(EventRow.event_id), primary_key=True)
    shift: Mapped[str] = mapped_column(String(32), ForeignKey(ClosedShiftRow.event_id))
    name: Mapped[str] = mapped_column(Text)
    """As printed."""
    key: Mapped[str] = mapped_column(Text)
    """What makes the name one of a kind (``reports.record.users.names.key_of``)."""
    role: Mapped[str] = mapped_column(String(16))
    """What he was at the station then."""
    meaning: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    report_sha256: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    """What he had to say to it; empty for nothing."""
    parts_position: Mapped[int] = mapped_column(BigInteger)
    """The newest row of the inspections of which he was told."""

    __table_args__ = (UniqueConstraint("shift", "key", "meaning"),)


class ClosedShift(Frozen):
    """A shift whose figures stand."""

    name: str
    day: date
    """On which it began by the plant's clocks."""
    started_at: datetime
    ended_at: datetime
    zone: str
    report_sha256: str
    parts_position: int
    parts_head: str
    first_position: int
    last_position: int
    events_position: int
    events_head: str


class Signature(Frozen):
    """One signature: who, as what, when, what it means, and what was signed (21 CFR 11.50, 11.70)."""

    name: str
    """As printed."""
    role: Role
    meaning: Meaning
    at: datetime
    """UTC."""
    report_sha256: str
    reason: str
    parts_position: int
    """The newest row of the inspections of which he was told."""


_OF_SHIFT: Final = tuple(ClosedShift.model_fields)
_OF_SIGNATURE: Final = ("role", "meaning", "report_sha256", "reason", "parts_position")
"""Fields that stand in ``Event.subjects``; name and time are the event's own."""


def subjects_of_shift(shift: ClosedShift) -> tuple[str, ...]:
    """As the event names it: its name and day first, by which it is found."""
    return tuple(str(value) for value in shift.model_dump(mode="json").values())


def subjects_of_signature(signature: Signature, shift: str) -> tuple[str, ...]:
    """As the event names it: the event of its shift first, by which it is found."""
    fields = signature.model_dump(mode="json")
    return (shift, *(str(fields[name]) for name in _OF_SIGNATURE))


def shift_of(event: Event) -> ClosedShift:
    """The shift that an event closed. Raises ValueError where it is no such event."""
    return ClosedShift.model_validate(dict(zip(_OF_SHIFT, event.subjects, strict=True)), strict=False)


def signature_of(event: Event) -> tuple[Signature, str]:
    """The signature that an event tells, and the event of its shift. Raises ValueError for another event."""
    shift, *said = event.subjects
    fields = dict(zip(_OF_SIGNATURE, said, strict=True))
    return Signature.model_validate({"name": event.by, "at": event.at, **fields}, strict=False), shift


def columns_of_shift(shift: ClosedShift) -> dict[str, Any]:
    """Every column that follows from the event."""
    return shift.model_dump()


def columns_of_signature(signature: Signature, shift: str) -> dict[str, Any]:
    """Every column that follows from the event."""
    plain = {"role": signature.role.value, "meaning": signature.meaning.value}
    return {**signature.model_dump(), **plain, "shift": shift, "key": key_of(signature.name)}


def beginning(*subjects: str) -> str:
    """With what ``EventRow.subjects`` begins where the first subjects are these."""
    return json.dumps(subjects, separators=(",", ":")).removesuffix("]") + ","


def sha256_of(report: str) -> str:
    """Of the report's canonical JSON, hex."""
    return hashlib.sha256(report.encode()).hexdigest()
