"""What the store knows without asking the database: open parts, the newest parts, the last triggers.

Loaded once when the store opens and carried along with every record that became durable, in the database or
in the spool; so answers hold and are quick while the database is away. One thread.
"""

from collections import OrderedDict
from itertools import islice

from sqlalchemy import Connection, exists, select
from sqlalchemy.orm import aliased

from inspection.errors import RecordRefusedError
from inspection.line_events import KnownPart
from inspection.part import Inspection, Trigger
from reports.record.rows import batches
from reports.record.schema import DUPLICATE_WINDOW, InspectionRow

RECENT_PARTS = 1000
"""How many of the newest parts are kept at hand."""

_SEQUENCE = 65_535
"""Sequence numbers in one round of the PLC's counter: 1 to 65535."""


class Ledger:
    """What the record holds of the parts that matter now: those without an outcome, and the newest ones."""

    def __init__(self) -> None:
        self._open: dict[str, Inspection] = {}
        self._recent: OrderedDict[str, Inspection] = OrderedDict()
        """Latest revisions by inspection id, oldest part first."""

    def load(self, connection: Connection) -> None:
        """Take over what the database holds. Raises SQLAlchemyError."""
        row, listed, later = InspectionRow, aliased(InspectionRow), aliased(InspectionRow)
        # By indexes alone: which are open, and then only their own records, not those of millions of others.
        unfinished = connection.scalars(
            select(listed.position).where(
                listed.outcome.is_(None), ~exists().where(later.supersedes == listed.position)
            )
        ).all()
        records = sorted(
            (root, record)
            for some in batches(unfinished)
            for root, record in connection.execute(select(row.root, row.record).where(row.position.in_(some)))
        )
        open_parts = [Inspection.model_validate_json(record) for _, record in records]
        self._open = {part.inspection_id: part for part in open_parts}
        newest = connection.scalars(
            select(row.record)
            .outerjoin(later, later.supersedes == row.position)
            .where(later.position.is_(None), row.root >= _recent_from(connection))
            .order_by(row.root.desc())
            .limit(RECENT_PARTS)
        ).all()
        parts = [Inspection.model_validate_json(record) for record in reversed(newest)]
        self._recent = OrderedDict((part.inspection_id, part) for part in parts)

    def latest(self, inspection_id: str) -> Inspection | None:
        """The latest revision, where it is at hand: of open and of recent parts."""
        return self._open.get(inspection_id) or self._recent.get(inspection_id)

    def refuse_second_record(self, inspection: Inspection) -> None:
        """Raise RecordRefusedError where a trigger that has an inspection is about to get another one.

        The rule is that of ``reports.record.schema``: the same boot id and sequence number among the newest
        ``DUPLICATE_WINDOW`` parts is the same trigger.
        """
        if inspection.revision != 0:
            return
        trigger = inspection.trigger
        for part in islice(reversed(self._recent.values()), DUPLICATE_WINDOW):
            same = (part.trigger.plc_boot_id, part.trigger.seq) == (trigger.plc_boot_id, trigger.seq)
            if same and part.inspection_id != inspection.inspection_id:
                raise RecordRefusedError(
                    f"Trigger {trigger.seq} of PLC run {trigger.plc_boot_id} is on record already,"
                    f" as inspection {part.inspection_id}",
                    part="The first record of the part counts; this second one is not kept",
                    todo="If the PLC was restarted, make its program count up boot_id at every start",
                )

    def apply(self, inspection: Inspection, *, before: Inspection | None) -> None:
        """Take note of a revision that became durable; ``before`` is the one that it supersedes."""
        key = inspection.inspection_id
        if inspection.outcome is None:
            self._open[key] = inspection
        else:
            self._open.pop(key, None)
        if before is None or key in self._recent:
            self._recent[key] = inspection
        if len(self._recent) > RECENT_PARTS:
            self._recent.popitem(last=False)

    def open_inspections(self) -> list[Inspection]:
        """Latest revisions without an outcome, oldest part first."""
        return list(self._open.values())

    def recent(self, limit: int) -> list[Inspection]:
        """Latest revisions, newest part first; at most ``RECENT_PARTS``."""
        return list(islice(reversed(self._recent.values()), max(limit, 0)))

    def last_part(self) -> KnownPart | None:
        """The trigger farthest ahead in the newest run of the PLC.

        Records may come out of order (an overrun is recorded while the part before it is judged), so this is
        not simply the newest: among the last parts of that run it is the one ahead of all others in serial
        number arithmetic (RFC 1982).
        """
        farthest: Trigger | None = None
        for part in islice(reversed(self._recent.values()), DUPLICATE_WINDOW):
            trigger = part.trigger
            if farthest is None or (
                trigger.plc_boot_id == farthest.plc_boot_id and _ahead(trigger.seq, farthest.seq)
            ):
                farthest = trigger
        if farthest is None:
            return None
        return KnownPart(plc_boot_id=farthest.plc_boot_id, seq=farthest.seq, part_id=farthest.part_id)


def _ahead(seq: int, other: int) -> bool:
    """Whether ``seq`` comes after ``other`` on the ring of sequence numbers, by less than half a round."""
    return 0 < (seq - other) % _SEQUENCE <= _SEQUENCE // 2


def _recent_from(connection: Connection) -> int:
    """Position of the first of the newest parts; without it PostgreSQL looks for them among all."""
    roots = select(InspectionRow.root).where(InspectionRow.position == InspectionRow.root)
    return connection.scalar(roots.order_by(InspectionRow.root.desc()).offset(RECENT_PARTS - 1).limit(1)) or 0
