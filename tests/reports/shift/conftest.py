"""A shift of seven parts, each of which went another way."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from inspection.decision import Action, DecidedBy
from inspection.part import MissedCause, Outcome
from reports.shift.figures import ShiftSummary, shift_summary
from reports.store.store import SqlStore
from tests.reports.parts import START, closed, part
from tests.reports.shift.the_shift import DEFECTIVE, END, GOOD, HELD


@pytest.fixture
def shift(store: SqlStore) -> SqlStore:
    passed = part(1, total_ms=100.0, truth=GOOD, simulated=True)
    escaped = part(2, total_ms=120.0, truth=DEFECTIVE, simulated=True)
    reworked = part(3, action=Action.REWORK, total_ms=140.0, certificate=HELD)
    late = part(4, action=Action.MANUAL_REVIEW, decided_by=DecidedBy.TIMEOUT, total_ms=450.0, published=False)
    missed = part(5, action=Action.MANUAL_REVIEW, missed=MissedCause.GAP, published=False, total_ms=0.0)
    still_open, lost = part(6, total_ms=90.0, certificate=HELD), part(7, total_ms=95.0)
    before, after = part(8), part(9)
    early = before.trigger.model_copy(update={"seen_at": START - timedelta(microseconds=1)})
    at_end = after.trigger.model_copy(update={"seen_at": END})
    freed = closed(closed(late, Outcome.HELD), Outcome.RELEASED)
    operators = freed.decision.model_copy(update={"decided_by": DecidedBy.OPERATOR})
    for record in (
        before.model_copy(update={"trigger": early}),
        *(passed, escaped, reworked, late, missed, still_open, lost),
        after.model_copy(update={"trigger": at_end}),
        *(closed(passed), closed(escaped), closed(reworked, Outcome.DIVERTED)),
        *(closed(late, Outcome.HELD), freed.model_copy(update={"decision": operators})),
        *(closed(missed, Outcome.DEFAULT_REJECTED), closed(lost, Outcome.UNCONFIRMED)),
    ):
        store.append(record)
    return store


@pytest.fixture
def summary(shift: SqlStore, reader: Engine) -> ShiftSummary:
    return shift_summary(reader, start=START, end=END)
