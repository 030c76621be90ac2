"""The table of the reviews: append-only, a row for each event that tells of one, derived from it."""

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from reports.record.schema import Base, EventRow, Position


class ReviewRow(Base):
    """What somebody said of a part; who and when stands in its event."""

    __tablename__ = "reviews"

    position: Mapped[int] = mapped_column(Position, ForeignKey(EventRow.position), primary_key=True)
    inspection_id: Mapped[str] = mapped_column(String(32))
    part_id: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(Integer)
    """Of the part's record, as he had it before him."""
    verdict: Mapped[str] = mapped_column(String(16))
    type: Mapped[str] = mapped_column(Text)
    """Of the defect; empty for none."""
    reason: Mapped[str] = mapped_column(Text)
    replaces: Mapped[int] = mapped_column(Position)
    """Position of the review that it takes the place of; 0 for the part's first. With the part it is unique:
    of two who review a part at once one is refused."""

    __table_args__ = (
        UniqueConstraint("inspection_id", "replaces"),
        Index("ix_reviews_replaces", "replaces"),
    )
