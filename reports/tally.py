"""What the record counts of the parts since a moment, for the Run screen of an engine that starts."""

from collections import Counter
from datetime import datetime

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.orm import aliased

from inspection.decision import Action
from inspection.part import Inspection, Outcome
from inspection.status import Counts
from reports.schema import InspectionRow


def tally(connection: Connection, since: datetime) -> Counts:
    """Parts whose trigger was seen since then, by their latest revisions. Raises SQLAlchemyError."""
    row, first, later = InspectionRow, aliased(InspectionRow), aliased(InspectionRow)
    late = or_(row.late, first.late)
    latest = (
        select(row)
        .join(first, first.position == row.root)
        .outerjoin(later, later.supersedes == row.position)
        .where(later.position.is_(None), row.seen_at >= since)
    )
    groups = latest.with_only_columns(row.action, row.outcome, row.missed, late, func.count()).group_by(
        row.action, row.outcome, row.missed, late
    )
    by_action: Counter[Action] = Counter()
    by_outcome: Counter[Outcome] = Counter()
    missed = in_vain = 0
    for action, outcome, cause, was_late, parts in connection.execute(groups):
        if cause is None:
            by_action[Action(action)] += parts
        else:
            missed += parts
        if outcome is not None:
            by_outcome[Outcome(outcome)] += parts
        in_vain += parts if was_late else 0
    withheld = latest.where(row.published.is_(False), row.missed.is_(None), ~late)
    records = connection.scalars(withheld.with_only_columns(row.record))
    slow = sum(Inspection.model_validate_json(record).recorded_late for record in records)
    return Counts(
        since=since,
        triggers=by_action.total() + missed,
        by_action=dict(by_action),
        by_outcome=dict(by_outcome),
        missed=missed,
        late=in_vain + slow,
    )
