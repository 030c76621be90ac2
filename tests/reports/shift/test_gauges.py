"""What gauges read in a shift: how often, and a capability that is the parts' and not the measurement's."""

import csv
import io
import math

import numpy as np
import pytest
from rich.console import Console
from sqlalchemy import Engine

from inspection.decision import GaugeReading
from inspection.instruments.reading import InstrumentKind, Unreadable
from inspection.part import Inspection, MissedCause, Truth
from reports.record.parts_chain import part_entry
from reports.record.rows import ShiftRow
from reports.settings import StoreSettings
from reports.shift.as_csv import to_csv
from reports.shift.as_table import to_table
from reports.shift.figures import shift_summary
from reports.shift.gauges import GaugeFigures, gauge_figures
from reports.statistics.capability import Refused
from reports.statistics.rule_sets import RuleSet
from reports.statistics.variables_charts import Unstable
from reports.store.parts_waiting import with_waiting
from reports.store.store import SqlStore
from reports.store.waiting import read_waiting
from tests.reports.gauged import gauged, pressure
from tests.reports.parts import START, part
from tests.reports.postgresql import on_both
from tests.reports.shift.the_shift import END
from tests.reports.stores import EVER, NEVER, locked


def rows_of(*parts: Inspection) -> list[ShiftRow]:
    return with_waiting([], map(part_entry, parts), EVER, NEVER)


def figures_of(*parts: Inspection) -> tuple[GaugeFigures, ...]:
    return gauge_figures(rows_of(*parts), RuleSet.NELSON_1984)


def test_what_was_read_what_was_not_and_why_and_what_lay_outside() -> None:
    lamp = GaugeReading(
        name="ready", kind=InstrumentKind.LAMP, value=1.0, unit="", in_range=True, text="green"
    )
    readings = [(pressure(value), lamp) for value in (4.0, 4.5, None, 5.5)]
    dial, ready = figures_of(*(gauged(n, *each) for n, each in enumerate(readings, 1)), part(9))
    assert (dial.name, dial.unit, dial.low, dial.high) == ("pressure", "bar", 3.0, 5.0)
    assert (dial.parts, dial.read, dial.unreadable, dial.outside) == (4, 3, {Unreadable.GLARE: 1}, 1)
    assert dial.mean == pytest.approx(14.0 / 3)
    assert dial.s == pytest.approx(math.sqrt(7.0 / 12))
    assert (dial.median_u, dial.control) == (0.04, None)
    assert dial.capability is not None
    assert (dial.capability.ppk, dial.capability.refused) == (None, Refused.TOO_FEW)
    assert (ready.read, ready.mean, ready.capability) == (4, None, None)


def test_limits_that_changed_in_the_shift_have_figures_of_their_own() -> None:
    found = figures_of(gauged(1, pressure(4.0)), gauged(2, pressure(4.0, high=4.8)), gauged(3, pressure(4.1)))
    assert [(one.high, one.parts) for one in found] == [(5.0, 2), (4.8, 1)]


def test_readings_are_held_against_the_truth_where_it_is_known() -> None:
    def known(number: int, value: float | None, true: float) -> Inspection:
        return gauged(number, pressure(value), truth=Truth(defective=False, readings={"pressure": true}))

    (dial,) = figures_of(
        known(1, 4.0, 4.07), known(2, 4.0, 4.1), known(3, None, 4.0), gauged(4, pressure(4.0))
    )
    assert dial.trueness is not None
    assert (dial.trueness.readings, dial.trueness.within_2u) == (2, 0.5)
    assert dial.trueness.worst_error == pytest.approx(0.1)


@on_both
def test_report_table_and_csv_show_gauges_and_names_with_what_waits_in_the_spool(
    store: SqlStore, reader: Engine, settings: StoreSettings
) -> None:
    values = np.random.default_rng(3).normal(4.0, 0.1, 31)
    for number, value in enumerate(values.round(3).tolist(), 1):
        store.append(gauged(number, pressure(value, u=0.01), serial=f"SN{number:04}", lot="L7"))
    store.append(part(40, missed=MissedCause.GAP, published=False))
    with locked(settings, store):
        store.append(gauged(41, pressure(None)))
    waiting = read_waiting(settings)
    summary = shift_summary(reader, start=START, end=END, waiting=waiting)
    (dial,) = summary.gauges
    assert (dial.parts, dial.read) == (32, 31)
    assert dial.control is not None
    assert dial.control.in_control
    assert dial.capability is not None
    assert dial.capability.cpk is not None
    printed = io.StringIO()
    Console(file=printed, width=110).print(to_table(summary))
    for expected in (
        "gauge pressure, 3 to 5 bar",
        "31 of 32 read",
        "unreadable: glare",
        "Ppk",
        "Cpk as measured",
        "Cpk of the parts",
        f"{dial.capability.cpk.value:.2f} ({dial.capability.cpk.low:.2f} to {dial.capability.cpk.high:.2f})",
        "signals (Nelson 1984)",
        "in control",
    ):
        assert expected in printed.getvalue()


def test_a_gauge_that_drifts_has_no_cpk_and_the_table_says_why(store: SqlStore, reader: Engine) -> None:
    values = np.random.default_rng(3).normal(4.0, 0.05, 60) + np.linspace(-0.3, 0.3, 60)
    for number, value in enumerate(values.round(3).tolist(), 1):
        store.append(gauged(number, pressure(value, u=0.01)))
    summary = shift_summary(reader, start=START, end=END, rule_set=RuleSet.AIAG_2005)
    (dial,) = summary.gauges
    assert dial.control is not None
    assert Unstable.ORDER in dial.control.unstable
    assert dial.capability is not None
    assert dial.capability.ppk is not None
    assert (dial.capability.cpk, dial.capability.refused) == (None, Refused.OUT_OF_CONTROL)
    printed = io.StringIO()
    Console(file=printed, width=160).print(to_table(summary))
    for expected in (
        "neighbours more alike, or less, than by chance",
        "the process was not in control",
        "7 in a row on one side",
        "signals (AIAG 2005)",
    ):
        assert expected in printed.getvalue()
    assert "Cpk as measured" not in printed.getvalue()


def test_the_table_says_of_lamps_and_codes_what_they_are(
    store: SqlStore, reader: Engine, settings: StoreSettings
) -> None:
    lamp = GaugeReading(name="ready", kind=InstrumentKind.LAMP, value=1, low=1, unit="", in_range=True)
    code = GaugeReading(name="id", kind=InstrumentKind.CODE, value=None, unit="", in_range=False, text="X1")
    store.append(gauged(1, lamp, code))
    printed = io.StringIO()
    Console(file=printed, width=110).print(to_table(shift_summary(reader, start=START, end=END)))
    assert "gauge ready, lit or blinking " in printed.getvalue()
    assert printed.getvalue().count("not as wanted") == 2
    assert "outside its limits" not in printed.getvalue()


def test_csv_has_names_and_readings_with_the_wanted_decimal_mark() -> None:
    code = GaugeReading(name="id", kind=InstrumentKind.CODE, value=None, unit="", in_range=True, text="=SN1")
    lamp = GaugeReading(name="ready", kind=InstrumentKind.LAMP, value=1, unit="", in_range=True, text="green")
    parts = [
        gauged(1, pressure(4.25), code, lamp, serial="=SN1", lot="L7"),
        gauged(2, pressure(None)),
        part(3),
    ]
    text = to_csv(parts, separator=";", decimal=",").decode("utf-8-sig")
    one, two, three = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    assert (one["serial"], one["lot"]) == ("'=SN1", "L7")
    assert one["gauges"] == "pressure=4,250±0,040 bar; id==SN1; ready=lit green"
    assert two["gauges"] == "pressure=unreadable (glare)"
    assert (three["gauges"], three["serial"]) == ("", "")


def test_subgroups_decide_where_they_are_asked_for_whether_there_is_a_cpk() -> None:
    """Each subgroup lies elsewhere: single values hide it among each other, means do not."""
    rng = np.random.default_rng(3)
    values = [4.0 + 0.2 * (at // 5 % 2) + rng.normal(0.0, 0.05) for at in range(200)]
    parts = rows_of(*(gauged(n, pressure(value, u=0.001)) for n, value in enumerate(values, 1)))
    (single,) = gauge_figures(parts, RuleSet.NELSON_1984)
    (grouped,) = gauge_figures(parts, RuleSet.NELSON_1984, subgroup=5)
    assert single.subgroups is None
    assert grouped.subgroups is not None
    assert (grouped.subgroups.subgroups, grouped.subgroups.in_control) == (40, False)
    assert grouped.capability is not None
    assert (grouped.capability.refused, grouped.capability.cpk) == (Refused.OUT_OF_CONTROL, None)
    (few,) = gauge_figures(parts[:90], RuleSet.NELSON_1984, subgroup=5)
    assert (few.subgroups, few.control is not None) == (None, True), "18 subgroups are too few"


def test_cpk_goes_by_the_spread_within_subgroups_of_a_process_in_control() -> None:
    values = np.random.default_rng(4).normal(4.0, 0.1, 250)
    parts = rows_of(*(gauged(n, pressure(float(value), u=0.001)) for n, value in enumerate(values, 1)))
    (found,) = gauge_figures(parts, RuleSet.NELSON_1984, subgroup=5)
    assert found.capability is not None
    assert found.capability.cpk_measured is not None
    within = math.sqrt(values.reshape(50, 5).var(axis=1, ddof=1).mean())
    nearest = min(values.mean() - 3.0, 5.0 - values.mean())
    assert found.capability.cpk_measured.value == pytest.approx(nearest / (3.0 * within))
    assert found.capability.cpk is not None
