"""The table of the users: append-only, one row each time that one is added or changed.

**Verified against the events.** What became of a user is an event in the chain, but his password's hash does
not belong there: events are shown at the console, in the API and in reports. So it stands in this table, and
the event names the SHA-256 of the row that it brought. A row that is changed, absent or foreign contradicts
the chain. Columns are not derived from the event, for it holds no hash; and the table needs no second chain,
since the events' chain already says which rows there are, and in which order.
"""

from typing import Any

from sqlalchemy import Boolean, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from reports.record.chain import hash_of
from reports.record.schema import Base, EventRow


class UserRow(Base):
    """A user as he is since one event."""

    __tablename__ = "users"

    event_id: Mapped[str] = mapped_column(String(32), ForeignKey(EventRow.event_id), primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    """What makes the name one of a kind (``names.key_of``)."""
    revision: Mapped[int] = mapped_column(Integer)
    """0, 1, 2, …; unique, so of two who change a user at once one is refused."""
    name: Mapped[str] = mapped_column(Text)
    """As printed."""
    role: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool] = mapped_column(Boolean)
    password: Mapped[str] = mapped_column(Text)
    """argon2id, as PHC string."""
    own_password: Mapped[bool] = mapped_column(Boolean)
    """Whether he has chosen it himself."""
    pin: Mapped[str | None] = mapped_column(Text)
    """argon2id, as PHC string; None without a PIN."""

    __table_args__ = (UniqueConstraint("key", "revision"),)


def digest_of(columns: dict[str, Any]) -> str:
    """SHA-256 of a row, which its event names; ``event_id`` is not in it, for the event has it already.

    Raises:
        TypeError: A column holds bytes, as no row of ours does.
    """
    return hash_of(
        *(columns[column.name] for column in UserRow.__table__.columns if column.name != "event_id")
    )
