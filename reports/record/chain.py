"""What the two hash chains of the record have in common: whoever changes a stored row breaks its chain.

The parts have one (:mod:`reports.record.parts_chain`), the events have another
(:mod:`reports.record.events_chain`).

**Canonical JSON.** What is recorded under its public names, keys sorted, no white space, UTF-8 without
escapes beyond JSON's own, floats as the shortest digits that read back the same (Python's ``repr``), points
in time as ISO 8601 in UTC, nothing that JSON lacks (NaN, infinities).

**Chain.** A row's ``row_hash`` is the SHA-256, in lower-case hex, of a JSON array that begins with the
``prev_hash`` of the row and names its place and its ``record``, the canonical JSON as stored. The first row's
``prev_hash`` is 64 zeros. Columns that follow from the record are not hashed again but compared with it.

**What verification finds:** any changed, inserted, deleted or exchanged row, a column that contradicts its
record, and removed newest rows, because the database remembers the highest position it ever gave: SQLite by
itself (``sqlite_sequence``), PostgreSQL in the table ``rows_given``.

**What it cannot find:** a hash without a secret binds nobody who can write the file and compute anew. Whoever
rewrites all rows from one point on, or removes the newest and resets what remembers them, leaves a chain that
verifies. Against that, shift reports name the head of the parts' chain; given to verification, a printed head
proves that its row is still there, and with it all rows before. Its first ``LEAST_DIGITS`` digits prove it as
well: 2⁶⁴ trials for whoever wants to write another row with the same beginning.
"""

import hashlib
import json
import re
from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Any, Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DataError

from inspection.decision import Frozen
from inspection.errors import StoreError
from reports.record.schema import EventRow, InspectionRow

GENESIS: Final = "0" * 64
"""``prev_hash`` of the first row."""

LEAST_DIGITS: Final = 16
"""Digits of a head that are enough to name it."""

UNREADABLE_VALUE: Final = (TypeError, ValueError, DataError)
"""What reading raises where a column holds what Python has not: no date, or one after the year 9999."""

_JSON_OF: Final[dict[type, Callable[[Any], str]]] = {
    str: encode_basestring,
    int: str,
    type(None): lambda _: "null",
}
"""As ``json.dumps(one, ensure_ascii=False)``, several times as fast: verification waits for it."""

EXAMINE_TODO: Final = "keep the folder as it is, and have the record examined"
"""What to do where a record is broken."""


class ChainReport(Frozen):
    """What verification of a chain, of the parts or of the events, or of a stretch of it found."""

    intact: bool
    rows: int
    """Rows that were checked and found good."""
    head: str
    """``row_hash`` of the last good row, or of the one before the stretch; 64 zeros where there was none."""
    broken_at: int | None = None
    """Position of the first row that is wrong or absent; None where intact, or a named head is absent."""
    reason: str = ""
    named_at: int | None = None
    """Position of the row whose hash was named; None where none was, or it is not here."""


def broken(position: int | None, reason: str, *, rows: int, head: str) -> ChainReport:
    """The report of a chain whose first ``rows`` rows are good, up to ``head``, and no further."""
    return ChainReport(intact=False, rows=rows, head=head, broken_at=position, reason=reason)


def parse_head(text: str) -> str:
    """A head, or the beginning of one, as somebody noted it: in any case, with blanks.

    Raises:
        StoreError: It is no such thing, or too short to prove anything.
    """
    head = "".join(text.split()).lower()
    if not re.fullmatch("[0-9a-f]*", head) or len(head) > len(GENESIS):
        raise StoreError(
            f"{text!r} is not a chain head: a head is {len(GENESIS)} digits, 0 to 9 and a to f",
            todo="copy it from the shift report; the record was not checked",
        )
    if len(head) < LEAST_DIGITS:
        raise StoreError(
            f"{len(head)} digits of a chain head are too few to prove that its row is still there",
            todo=f"give all {len(GENESIS)}, or the first {LEAST_DIGITS} at least; the record was not checked",
        )
    if GENESIS.startswith(head):
        raise StoreError(
            "a head of zeros is that of an empty record: every record begins with it, so it proves nothing",
            todo="name the head of a report that has parts; the record was not checked",
        )
    return head


def lost_events(head: str | None, events: ChainReport) -> str:
    """What an intact chain of events lacks where this head of it was noted; empty where nothing."""
    if head is None or not events.intact or events.named_at is not None:
        return ""
    return f"no event has the head {head}: events were removed or rewritten, unless it was copied wrong"


def words_of_head(head: str) -> str:
    """A head as people are told it: never the zeros before the first row, which prove nothing."""
    return "none: the record is empty" if head == GENESIS else head


def canonical_json(recorded: Frozen) -> str:
    """A model as canonical JSON; its points in time must be in UTC already.

    Raises:
        ValueError: It holds something that JSON cannot keep, such as NaN or half a surrogate pair.
        TypeError: So does this.
    """
    record = json.dumps(
        recorded.model_dump(mode="json", warnings="error"),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )
    record.encode()  # a lone surrogate is refused here, not years later
    return record


def hash_of(*link: object) -> str:
    """SHA-256, in lower-case hex, of what a row hashes, as a JSON array."""
    envelope = "[" + ",".join([_JSON_OF.get(type(one), json.dumps)(one) for one in link]) + "]"
    return hashlib.sha256(envelope.encode()).hexdigest()


def highest_ever_given(connection: Connection, table: type[InspectionRow | EventRow]) -> int | None:
    """The highest position that the database ever gave in ``table``; None where it does not remember it.

    SQLite always does; PostgreSQL in a table of ours, which an older record lacks.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    query = "SELECT seq FROM sqlite_sequence WHERE name = :name"
    if connection.dialect.name != "sqlite":
        if not inspect(connection).has_table("rows_given"):
            return None
        query = "SELECT position FROM rows_given WHERE name = :name"
    found = connection.scalar(text(query), {"name": table.__tablename__})
    return int(found) if found is not None else 0
