"""Figures are read from columns and tables: they are those that the JSON of the records gives."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from inspection.decision import Action, DecidedBy, Defect, GaugeReading, RecipeRef, Severity, Timings
from inspection.instruments.reading import InstrumentKind
from inspection.part import Inspection, MissedCause, Outcome
from reports.database.connecting import open_reader
from reports.settings import StoreSettings
from reports.shift.document.report import ShiftReport, shift_report
from reports.store.store import SqlStore
from tests.reports.gauged import pressure
from tests.reports.parts import START, closed, part
from tests.reports.shift.the_shift import DEFECTIVE, GOOD, HELD

READINGS = (
    pressure(4.25),
    pressure(5.5),
    pressure(None),
    GaugeReading(name="id", kind=InstrumentKind.CODE, value=None, unit="", in_range=False, text="SN0042"),
    GaugeReading(name="ready", kind=InstrumentKind.LAMP, value=0.0, unit="", in_range=False, text="off"),
    GaugeReading(name="of before", value=1.0, unit="bar", in_range=True),
)
DEFECTS = tuple(
    Defect(type=name, severity=severity, box=(1, 2, 3, 4), score=0.5)
    for name, severity in (
        ("scratch", Severity.MAJOR),
        ("scratch", Severity.MINOR),
        ("划痕", Severity.CRITICAL),
    )
)
KNOWN = DEFECTIVE.model_copy(update={"readings": {"pressure": 4.0}})
_day = count()


@pytest.fixture(scope="module")
def record(lasting_settings: StoreSettings) -> Iterator[tuple[SqlStore, Engine]]:
    store = SqlStore(lasting_settings)
    store.open()
    reader = open_reader(lasting_settings.url)
    yield store, reader
    reader.dispose()
    store.close()


@st.composite
def looks(draw: st.DrawFn) -> list[Inspection]:
    """The revisions of a few parts, each as one part may have them, in an order in which they may come."""
    found: list[Inspection] = []
    for number in range(draw(st.integers(0, 7))):
        missed = draw(st.sampled_from([None, None, None, *MissedCause]))
        intent = part(
            number,
            action=draw(st.sampled_from(Action)),
            decided_by=draw(st.sampled_from(DecidedBy)),
            missed=missed,
            published=missed is None and draw(st.booleans()),
            pictures=("ab" * 32,) * draw(st.integers(0, 2)),
            truth=draw(st.sampled_from([None, GOOD, KNOWN])),
            certificate=draw(st.sampled_from([None, HELD])),
        )
        decision = intent.decision.model_copy(
            update={
                "recipe": RecipeRef(id=3, version=draw(st.integers(1, 2))),
                "defects": tuple(draw(st.lists(st.sampled_from(DEFECTS), max_size=3))),
                "gauges": tuple(draw(st.lists(st.sampled_from(READINGS), max_size=3))),
                "timings_ms": Timings(capture=draw(st.sampled_from([None, 11.0])), total=100.0 + number),
            }
        )
        revisions = [intent.model_copy(update={"decision": decision})]
        for _ in range(draw(st.integers(0, 2))):
            again = closed(revisions[-1], draw(st.sampled_from(Outcome)))
            update = {"action": draw(st.sampled_from(Action)), "defects": decision.defects[:1]}
            changed = again.model_copy(update={"decision": again.decision.model_copy(update=update)})
            revisions.append(draw(st.sampled_from([again, changed])))
        found += revisions
    order = draw(st.permutations(found))
    return sorted(order, key=lambda one: one.revision)


@given(revisions=looks())
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_report_by_columns_says_what_one_by_the_json_says(
    record: tuple[SqlStore, Engine], revisions: list[Inspection], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, reader = record
    start = START + timedelta(days=next(_day))
    for one in revisions:
        number, day = one.trigger.seq, (start - START).days
        seen_at = one.trigger.seen_at + (start - START)
        store.append(
            one.model_copy(
                update={
                    "inspection_id": f"{day:016x}{number:016x}",
                    "trigger": one.trigger.model_copy(update={"seen_at": seen_at, "plc_boot_id": day}),
                }
            )
        )

    def told() -> ShiftReport:
        return shift_report(reader, start=start, end=start + timedelta(hours=8), now=START)

    by_columns = told()
    with monkeypatch.context() as patch:
        patch.setattr("reports.record.rows.has_looks", lambda _: False)
        assert told() == by_columns
