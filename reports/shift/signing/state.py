"""How a report is signed: what stands beside its figures, and is no part of what is signed."""

from datetime import datetime

from pydantic import Field

from inspection.decision import Action, DecidedBy, Frozen
from inspection.events import Event
from inspection.part import Outcome
from reports.record.signatures.table import Signature


class Added(Frozen):
    """A revision of one of the shift's parts that came to the record after the first signature."""

    position: int
    part_id: int
    trigger_seq: int
    seen_at: datetime
    recorded_at: datetime
    action: Action
    action_before: Action | None
    """None: the part itself came later."""
    outcome: Outcome | None
    outcome_before: Outcome | None
    decided_by: DecidedBy
    reason: str
    """Of the decision."""


class Signing(Frozen):
    """How the report of a shift is signed."""

    report_sha256: str
    """Of ``text``: what all have signed."""
    parts_position: int
    """The newest row of the inspections that the figures know."""
    parts_head: str
    """Its ``row_hash``."""
    events_position: int
    """The newest event that the figures know."""
    events_head: str
    signatures: tuple[Signature, ...]
    """In the order in which they were given."""
    added: tuple[Added, ...] = ()
    """What came to the record since, in order; in no figure."""
    added_events: tuple[Event, ...] = ()
    """Events of the shift's time, and reviews of its parts, that did."""
    spooled: int = 0
    """Records that wait in the spool: whether they are of this shift shows when they are drained."""
    fault: str = ""
    """What is wrong with the shift's rows now; empty for nothing."""
    text: str = Field(exclude=True, repr=False)
    """The report as it was signed: canonical JSON of all but ``ShiftReport.signing``."""
